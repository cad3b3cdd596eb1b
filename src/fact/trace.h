/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file trace.h
 * What eval.c needs of trace.c; evaluators use trace() of eval.h.
 */
#ifndef FACT_TRACE_H
#define FACT_TRACE_H

#include "fact/eval.h"

/** A branch stands at this place of the running branch's lines. */
void trace_child(struct assay_eval *ev, const struct branch *child);

/** Move the lines of a branch from pass to keep. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status trace_freeze(struct assay_eval *ev, struct branch *b);

#endif
