/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file outcome.h What is kept of a message that has its verdict: a row of the store, an event of the
 * log, counts, and for a while the whole evaluation, for `assay why`.
 */
#ifndef DAEMON_OUTCOME_H
#define DAEMON_OUTCOME_H

#include "daemon/message.h"

/**
 * Before the answer is sent: append the row, count, log. What cannot be kept never keeps a message
 * from being answered.
 */
void outcome_keep(struct worker *w, const struct message_facts *facts, assay_eval *eval);

/** After it: keep the evaluation among the last ones, or free it. */
void outcome_remember(struct worker *w, const struct message_facts *facts, assay_eval *eval);

#endif
