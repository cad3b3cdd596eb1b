/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file verdict.h From the branches' results to the verdict: what to do (dispose.c), the checks
 * (checks.c), the header (results.c).
 */
#ifndef RECEIVE_VERDICT_H
#define RECEIVE_VERDICT_H

#include "receive/receive.h"

/**
 * Make the verdict of an evaluation whose branches are done; ev.verdict is set on ASSAY_DONE.
 *
 * \return ASSAY_DONE, ASSAY_NEED (the disposition asks SPF of the author domain), ASSAY_ENOMEM
 */
assay_status verdict_make(struct receive *r);

/**
 * Decide what to do with the message: a branch_fn over a struct receive. Sets what, reason, cause,
 * code, enhanced and text of the verdict.
 */
assay_status verdict_dispose(struct assay_eval *ev, void *receive);

/** Write the checks of the verdict. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status verdict_checks(struct receive *r);

/** Write Authentication-Results and the edits, from the checks. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status verdict_results(struct receive *r);

#endif
