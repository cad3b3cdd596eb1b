/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file outcome.h What is kept of a message that has its verdict: a row of the store, an event of the
 * log, counts, and for a while the whole evaluation, for `assay why`.
 */
#ifndef DAEMON_OUTCOME_H
#define DAEMON_OUTCOME_H

#include "daemon/worker.h"

/** What the door knows of a message beside its evaluation. Spans are the caller's. */
struct message_facts {
    struct config *config; /**< counted by the owner */
    assay_span listener, hostname, ip, helo, mail_from, user, queue_id;
    assay_span recipient_domain; /**< of the first recipient */
    size_t nrecipients;
    bool local;    /**< it came from this host itself, not over the network */
    bool outbound; /**< it is sent, not received */
    int64_t began; /**< world_now() at its MAIL */
    int64_t came;  /**< world_now_us() when all of it had come */
};

/**
 * Before the answer is sent: append the row, count, log. What cannot be kept never keeps a message
 * from being answered.
 */
void outcome_keep(struct worker *w, const struct message_facts *facts, assay_eval *eval);

/** After it: keep the evaluation among the last ones, or free it. */
void outcome_remember(struct worker *w, const struct message_facts *facts, assay_eval *eval);

#endif
