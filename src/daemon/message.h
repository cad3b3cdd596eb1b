/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file message.h A message, whichever protocol tells of it: what is known beside its evaluation, and how
 * that begins.
 */
#ifndef DAEMON_MESSAGE_H
#define DAEMON_MESSAGE_H

#include "daemon/drive.h"
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
 * Begin to judge or to sign a message; `facts` says which.
 *
 * \param policy  the topmost for it, of facts->config
 * \return ASSAY_DONE: the drive has the evaluation; ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status message_begin(struct drive *d, const assay_policy *policy,
                                           const struct message_facts *facts);

#endif
