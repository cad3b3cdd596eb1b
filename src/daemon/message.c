/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/message.h"

assay_status message_begin(struct drive *d, const assay_policy *policy,
                           const struct message_facts *facts)
{
    struct worker *w = d->worker;
    const struct assay_envelope envelope = {
        .size = sizeof envelope,
        .now = w->now,
        .ip = facts->ip,
        .helo = facts->helo,
        .mail_from = facts->mail_from,
        .hostname = facts->config->hostname.n ? facts->config->hostname : facts->hostname,
        .sample = worker_sample(w),
        .listener = facts->listener,
        .user = facts->user,
    };
    assay_eval *eval;
    assay_status s =
        (facts->outbound ? assay_send_new : assay_receive_new)(w->engine, policy, &envelope, &eval);

    if (s == ASSAY_DONE)
        drive_begin(d, eval);
    return s;
}
