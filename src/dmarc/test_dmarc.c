/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMARC by RFC 7489 when nobody knows the public suffixes: a .case always does.
 */
#include "base/buf.h"

#include <assay/assay.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** Names that have TXT records; all other names have none, and no list answers. */
struct record {
    const char *name, *text;
};

static const struct record RECORDS[] = {
    {"_dmarc.news.example", "v=DMARC1; p=reject"},
    {"news.example", "v=spf1 ip4:192.0.2.1 -all"},
    {"bounce.news.example", "v=spf1 ip4:192.0.2.1 -all"},
    {"elsewhere.test", "v=spf1 ip4:192.0.2.1 -all"},
};

/** The fact that answers a question. */
static assay_fact *make_fact(const struct assay_question *q)
{
    struct assay_answer a = {.size = sizeof a,
                             .how = q->kind == ASSAY_DNS ? ASSAY_NXDOMAIN : ASSAY_TIMEOUT,
                             .secure = ASSAY_INSECURE};
    assay_fact *fact;
    char octets[256];
    assay_span rdata;

    for (size_t i = 0; i < COUNT(RECORDS) && q->rrtype == ASSAY_RR_TXT; i++) {
        size_t n = strlen(RECORDS[i].text);

        if (!span_is(q->name, RECORDS[i].name))
            continue;
        octets[0] = (char)n;
        memcpy(octets + 1, RECORDS[i].text, n);
        rdata = (assay_span){octets, n + 1};
        a.how = ASSAY_OK;
        a.data = &rdata;
        a.n = 1;
    }
    assert_int_equal(assay_fact_new(q->kind, q->rrtype, &a, &fact), ASSAY_DONE);
    return fact;
}

static assay_status answer(void *arg, assay_eval *eval, const struct assay_question *q, size_t n)
{
    (void)arg;
    for (size_t i = 0; i < n; i++) {
        assay_fact *fact = make_fact(&q[i]);

        (void)assay_answer_question(eval, q[i].id, fact);
        assay_fact_free(fact);
    }
    return ASSAY_DONE;
}

/** The result of DMARC in a verdict, and what is done. */
static void describe(const struct assay_verdict *v, struct buf *out)
{
    static const char *const WHAT[] = {"accept", "quarantine", "reject", "defer"};

    for (size_t i = 0; i < v->nchecks; i++)
        if (span_is(v->checks[i]->method, "dmarc"))
            buf_printf(out, "%.*s %s: %.*s", SPAN_ARG(v->checks[i]->result), WHAT[v->what],
                       SPAN_ARG(v->checks[i]->reason));
}

/** Judge a message by an author, with a sender whose SPF passes. */
static void judge(const char *sender, const char *author, struct buf *out)
{
    const struct assay_envelope envelope = {.size = sizeof envelope,
                                            .now = 1795435200,
                                            .ip = SPAN("192.0.2.1"),
                                            .mail_from = span_of(sender)};
    struct buf text = buf_new(1024);
    assay_engine *engine;
    assay_policy *policy;
    assay_eval *eval;

    buf_printf(&text, "From: a@%s\r\n\r\ntext\r\n", author);
    assert_int_equal(assay_engine_new(0, &engine), ASSAY_DONE);
    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assert_int_equal(assay_policy_set(policy, "dmarc.mode", "7489", NULL), ASSAY_DONE);
    assay_policy_seal(policy);
    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_DONE);
    assert_int_equal(assay_run(eval, buf_span(&text), answer, NULL), ASSAY_DONE);
    describe(assay_result(eval), out);
    assay_eval_free(eval);
    assay_policy_free(policy);
    assay_engine_free(engine);
    buf_done(&text);
}

static void without_a_list_only_what_depends_on_it_is_unknown(void **state)
{
    static const struct {
        const char *sender, *author, *want;
    } ROWS[] = {
        {"x@news.example", "news.example", "pass accept: aligned by SPF news.example"},
        {"x@bounce.news.example", "news.example",
         "temperror defer: SPF passed for bounce.news.example, but it could not be asked whether that is the "
         "organization of news.example"},
        {"x@elsewhere.test", "news.example", "fail quarantine: nothing proves news.example"},
        {"x@elsewhere.test", "mail.news.example",
         "temperror defer: the policy of mail.news.example could not be asked"},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf got = buf_new(1024);

        judge(ROWS[i].sender, ROWS[i].author, &got);
        if (!span_is(buf_span(&got), ROWS[i].want)) {
            printf("  %s, %s: wanted \"%s\", got \"%.*s\"\n", ROWS[i].sender, ROWS[i].author,
                   ROWS[i].want, SPAN_ARG(buf_span(&got)));
            wrong++;
        }
        buf_done(&got);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_list_only_what_depends_on_it_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
