/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_message.h Messages that were judged, for tests of what is kept of them.
 */
#ifndef DAEMON_TEST_MESSAGE_H
#define DAEMON_TEST_MESSAGE_H

#include "base/buf.h"
#include "daemon/outcome.h"

#include <assay/assay.h>

/** The DNS of the tests: a name and its TXT record. */
static const char *const MESSAGE_NAMES[][2] = {
    {"good.example", "v=spf1 ip4:192.0.2.7 -all"},
    {"_dmarc.good.example", "v=DMARC1; p=reject"},
    {"own.example", "v=spf1 -all"},
};

/** The TXT record of a name, or NULL. */
static inline const char *message_record(const struct assay_question *q)
{
    for (size_t i = 0; i < sizeof MESSAGE_NAMES / sizeof *MESSAGE_NAMES; i++)
        if (q->kind == ASSAY_DNS && q->rrtype == ASSAY_RR_TXT &&
            span_is(q->name, MESSAGE_NAMES[i][0]))
            return MESSAGE_NAMES[i][1];
    return NULL;
}

/** Answers for assay_run(). */
static inline assay_status message_answer(void *arg, assay_eval *eval,
                                          const struct assay_question *questions, size_t n)
{
    (void)arg;
    for (size_t i = 0; i < n; i++) {
        const char *text = message_record(&questions[i]);
        char rdata[256];
        assay_span item = {rdata, 0};
        struct assay_answer a = {.size = sizeof a,
                                 .how = ASSAY_NXDOMAIN,
                                 .secure = ASSAY_INSECURE,
                                 .reason = SPAN_EMPTY};
        assay_fact *fact;
        assay_status s;

        if (questions[i].kind != ASSAY_DNS)
            a.how = ASSAY_NODATA;
        if (text) {
            rdata[0] = (char)strlen(text);
            memcpy(rdata + 1, text, strlen(text));
            item.n = strlen(text) + 1;
            a.how = ASSAY_OK;
            a.data = &item;
            a.n = 1;
        }
        if ((s = assay_fact_new(questions[i].kind, questions[i].rrtype, &a, &fact)) != ASSAY_DONE)
            return s;
        s = assay_answer_question(eval, questions[i].id, fact);
        assay_fact_free(fact);
        if (s < 0) /* above zero: nobody waits for it */
            return s;
    }
    return ASSAY_DONE;
}

/** Judge a message as a door would. \return NULL: it cannot be */
static inline assay_eval *message_judge(assay_engine *engine, const assay_policy *policy,
                                        const struct message_facts *f, assay_span message)
{
    struct assay_envelope envelope = {.size = sizeof envelope,
                                      .now = 1762000000,
                                      .ip = f->ip,
                                      .helo = f->helo,
                                      .mail_from = f->mail_from,
                                      .hostname = SPAN("mx.example.org"),
                                      .listener = f->listener,
                                      .user = f->user};
    assay_eval *eval = NULL;

    if ((f->outbound ? assay_send_new : assay_receive_new)(engine, policy, &envelope, &eval) !=
        ASSAY_DONE)
        return NULL;
    if (assay_run(eval, message, message_answer, NULL) == ASSAY_DONE)
        return eval;
    assay_eval_free(eval);
    return NULL;
}

/** Facts with nothing in them. */
static inline struct message_facts message_facts(struct config *config)
{
    return (struct message_facts){.config = config,
                                  .listener = SPAN("in"),
                                  .hostname = SPAN("mx.example.org"),
                                  .ip = SPAN_EMPTY,
                                  .helo = SPAN("mail.good.example"),
                                  .mail_from = SPAN_EMPTY,
                                  .user = SPAN_EMPTY,
                                  .queue_id = SPAN_EMPTY,
                                  .recipient_domain = SPAN_EMPTY};
}

#endif
