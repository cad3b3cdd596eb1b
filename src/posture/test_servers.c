/* SPDX-License-Identifier: BSD-2-Clause */
/* What name servers answer one by one: a .case has one world, so that this is shown here. */
#include "dns/rdata.h"
#include "posture/posture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NOW = 1795435200 };

/** One answer of a server. */
struct said {
    const char *server; /* "": of the resolver; "recall": of the memory */
    const char *name;   /* with "recall": `TYPE NAME@ADDRESS` */
    uint16_t rrtype;
    const char *rdata; /* NULL: none */
    enum assay_how how;
    const char *reason;
    int64_t until;
};

/* ns1 and ns2 of example.com, and what the resolver says of it */
#define ZONE                                                                                \
    {"", "example.com", ASSAY_RR_NS, "ns1.example.net. ns2.example.net.", ASSAY_OK, "", 0}, \
        {"", "ns1.example.net", ASSAY_RR_A, "192.0.2.1", ASSAY_OK, "", 0},                  \
        {"", "ns2.example.net", ASSAY_RR_A, "192.0.2.2", ASSAY_OK, "", 0},                  \
    {                                                                                       \
        "", "example.com", ASSAY_RR_TXT, "\"v=spf1 -all\"", ASSAY_OK, "", 0                 \
    }

/** Make the fact of a row, or of one that is not there. */
static assay_fact *fact_of(const struct assay_question *q, const struct said *row, bool server)
{
    struct buf rdata[3] = {buf_new(512), buf_new(512), buf_new(512)};
    assay_span text = span_of(row && row->rdata ? row->rdata : ""), word, data[3];
    struct assay_answer a = {.size = sizeof a, .secure = ASSAY_INSECURE, .data = data};
    assay_fact *fact = NULL;
    const char *why;

    a.how = row ? row->how : span_is(q->name, "example.com") ? ASSAY_NODATA : ASSAY_NXDOMAIN;
    a.reason = row ? span_of(row->reason) : server ? SPAN("aa") : SPAN_EMPTY;
    a.until = row ? row->until : 0;
    while (row && row->rdata && a.n < 3) {
        if (q->rrtype != ASSAY_RR_NS)
            word = text;
        else if (!span_cut(&text, ' ', &word))
            break;
        if (q->kind == ASSAY_DNS)
            assert_true(dns_rdata_read(q->rrtype, word, &rdata[a.n], &why));
        else
            buf_put(&rdata[a.n], word);
        data[a.n] = buf_span(&rdata[a.n]);
        a.n++;
        if (q->rrtype != ASSAY_RR_NS)
            break;
    }
    assert_int_equal(assay_fact_new(q->kind, q->rrtype, &a, &fact), ASSAY_DONE);
    buf_done(&rdata[0]);
    buf_done(&rdata[1]);
    buf_done(&rdata[2]);
    return fact;
}

/** Answer a question from rows. */
static void answer(assay_eval *ev, const struct assay_question *q, const struct said *rows,
                   size_t n)
{
    const struct said *found = NULL;
    assay_fact *fact;

    for (size_t i = 0; i < n; i++) {
        bool it = q->kind == ASSAY_RECALL
                      ? span_is(q->name, rows[i].name) && rows[i].server[0] == 'r'
                  : q->kind == ASSAY_DNS
                      ? span_is(q->name, rows[i].name) && span_is(q->data, rows[i].server) &&
                            q->rrtype == rows[i].rrtype
                      : false;
        if (it)
            found = &rows[i];
    }
    fact = fact_of(q, found, q->data.n > 0);
    assert_true(assay_answer_question(ev, q->id, fact) >= 0);
    assay_fact_free(fact);
}

/** Check example.com in this world. */
static assay_eval *check(assay_engine *engine, const struct said *rows, size_t n)
{
    struct assay_domain asked = {.size = sizeof asked,
                                 .now = NOW,
                                 .domain = SPAN("example.com"),
                                 .depth = ASSAY_DEPTH_DEEP,
                                 .each_server = true};
    struct assay_question q;
    assay_eval *ev = NULL;
    assay_status s;

    assert_int_equal(assay_domain_new(engine, &asked, &ev), ASSAY_DONE);
    while ((s = assay_step(ev)) == ASSAY_NEED)
        while (assay_next_question(ev, &q))
            answer(ev, &q, rows, n);
    assert_int_equal(s, ASSAY_DONE);
    return ev;
}

/** The outcome of a check for a subject, "" for any: the worst; 0: it does not apply. */
static enum assay_outcome outcome(const assay_eval *ev, enum finding_id id, const char *subject)
{
    const struct assay_posture *p = assay_domain_result(ev);
    enum assay_outcome worst = (enum assay_outcome)0;

    for (size_t i = 0; i < p->nfindings; i++)
        if (p->findings[i].kind == assay_check_kind_at(id) &&
            (!*subject || span_is(p->findings[i].subject, subject)) &&
            p->findings[i].outcome > worst)
            worst = p->findings[i].outcome;
    return worst;
}

#define RUN(rows) check(*state, rows, sizeof(rows) / sizeof *(rows))

static void servers_that_answer_alike_pass(void **state)
{
    static const struct said ROWS[] = {
        ZONE,
        {"192.0.2.1", "example.com", ASSAY_RR_TXT, "\"v=spf1 -all\"", ASSAY_OK, "aa", 0},
        {"192.0.2.2", "example.com", ASSAY_RR_TXT, "\"v=spf1 -all\"", ASSAY_OK, "aa", 0},
    };
    assay_eval *ev = RUN(ROWS);

    assert_int_equal(outcome(ev, F_DNS_NS_FAILING, ""), ASSAY_PASS);
    assert_int_equal(outcome(ev, F_DNS_NS_DISAGREE, ""), ASSAY_PASS);
    assert_int_equal(outcome(ev, F_DNS_TCP, ""), ASSAY_PASS);
    assay_eval_free(ev);
}

/* all that a server is asked, answered in one way */
#define ALL(address, how, reason)                                         \
    {address, "example.com", ASSAY_RR_SOA, NULL, how, reason, 0},         \
        {address, "example.com", ASSAY_RR_TXT, NULL, how, reason, 0},     \
        {address, "example.com", ASSAY_RR_MX, NULL, how, reason, 0},      \
    {                                                                     \
        address, "_dmarc.example.com", ASSAY_RR_TXT, NULL, how, reason, 0 \
    }

static void a_server_that_is_silent_fails_while_another_answers(void **state)
{
    static const struct said ROWS[] = {ZONE, ALL("192.0.2.2", ASSAY_TIMEOUT, "")};
    assay_eval *ev = RUN(ROWS);

    assert_int_equal(outcome(ev, F_DNS_NS_FAILING, "ns2.example.net (192.0.2.2)"), ASSAY_WARNING);
    assert_int_equal(outcome(ev, F_DNS_NS_FAILING, "ns1.example.net (192.0.2.1)"), ASSAY_PASS);
    assay_eval_free(ev);
}

static void a_server_without_authority_fails(void **state)
{
    static const struct said ROWS[] = {ZONE, ALL("192.0.2.2", ASSAY_NODATA, "")};
    assay_eval *ev = RUN(ROWS);

    assert_int_equal(outcome(ev, F_DNS_NS_FAILING, "ns2.example.net (192.0.2.2)"), ASSAY_WARNING);
    assert_int_equal(outcome(ev, F_DNS_NS_DISAGREE, ""), 0); /* nobody to compare with */
    assay_eval_free(ev);
}

static void when_no_server_answers_nothing_is_known(void **state)
{
    static const struct said ROWS[] = {ZONE, ALL("192.0.2.1", ASSAY_TIMEOUT, ""),
                                       ALL("192.0.2.2", ASSAY_TIMEOUT, "")};
    assay_eval *ev = RUN(ROWS);

    assert_int_equal(outcome(ev, F_DNS_NS_FAILING, ""), ASSAY_UNKNOWN_OUTCOME);
    assert_int_equal(outcome(ev, F_DNS_NS_DISAGREE, ""), ASSAY_UNKNOWN_OUTCOME);
    assert_int_equal(outcome(ev, F_DNS_TCP, ""), ASSAY_UNKNOWN_OUTCOME);
    assay_eval_free(ev);
}

/* two servers that differ on TXT, and what they said before, at this time */
#define DIFFER(before1, before2, at)                                                        \
    ZONE, {"192.0.2.1", "example.com", ASSAY_RR_TXT, "\"v=spf1 -all\"", ASSAY_OK, "aa", 0}, \
        {"192.0.2.2", "example.com", ASSAY_RR_TXT, "\"v=spf1 a -all\"", ASSAY_OK, "aa", 0}, \
        {"recall", "TXT example.com@192.0.2.1", 0, before1, ASSAY_OK, "", at},              \
    {                                                                                       \
        "recall", "TXT example.com@192.0.2.2", 0, before2, ASSAY_OK, "", at                 \
    }

static void servers_disagree_when_they_did_before(void **state)
{
    static const struct said ROWS[] = {DIFFER("x", "y", NOW - 600)};
    assay_eval *ev = RUN(ROWS);

    assert_int_equal(outcome(ev, F_DNS_NS_DISAGREE, ""), ASSAY_WARNING);
    assay_eval_free(ev);
}

static void a_difference_that_is_new_may_be_a_transfer(void **state)
{
    static const struct said YOUNG[] = {DIFFER("x", "y", NOW - 60)};
    static const struct said ALIKE[] = {DIFFER("x", "x", NOW - 600)};
    static const struct said FIRST[] = {
        ZONE,
        {"192.0.2.1", "example.com", ASSAY_RR_TXT, "\"v=spf1 -all\"", ASSAY_OK, "aa", 0},
        {"192.0.2.2", "example.com", ASSAY_RR_TXT, "\"v=spf1 a -all\"", ASSAY_OK, "aa", 0}};
    assay_eval *ev = RUN(YOUNG);

    assert_int_equal(outcome(ev, F_DNS_NS_DISAGREE, ""), ASSAY_UNKNOWN_OUTCOME);
    assay_eval_free(ev);
    ev = RUN(FIRST);
    assert_int_equal(outcome(ev, F_DNS_NS_DISAGREE, ""), ASSAY_UNKNOWN_OUTCOME);
    assay_eval_free(ev);
    ev = RUN(ALIKE);
    assert_int_equal(outcome(ev, F_DNS_NS_DISAGREE, ""), ASSAY_PASS);
    assay_eval_free(ev);
}

static void servers_are_compared_though_the_first_is_silent(void **state)
{
    static const struct said ROWS[] = {
        ZONE,
        {"", "example.com", ASSAY_RR_NS, "ns1.example.net. ns2.example.net. ns3.example.net.",
         ASSAY_OK, "", 0},
        {"", "ns3.example.net", ASSAY_RR_A, "192.0.2.3", ASSAY_OK, "", 0},
        ALL("192.0.2.1", ASSAY_TIMEOUT, ""),
        {"192.0.2.2", "example.com", ASSAY_RR_TXT, "\"v=spf1 -all\"", ASSAY_OK, "aa", 0},
        {"192.0.2.3", "example.com", ASSAY_RR_TXT, "\"v=spf1 a -all\"", ASSAY_OK, "aa", 0},
        {"recall", "TXT example.com@192.0.2.2", 0, "x", ASSAY_OK, "", NOW - 600},
        {"recall", "TXT example.com@192.0.2.3", 0, "y", ASSAY_OK, "", NOW - 600}};
    assay_eval *ev = RUN(ROWS);

    assert_int_equal(outcome(ev, F_DNS_NS_DISAGREE, ""), ASSAY_WARNING);
    assert_int_equal(outcome(ev, F_DNS_NS_FAILING, "ns1.example.net (192.0.2.1)"), ASSAY_WARNING);
    assay_eval_free(ev);
}

static void an_answer_that_is_owed_may_differ(void **state)
{
    static const struct said ROWS[] = {
        ZONE,
        {"192.0.2.1", "example.com", ASSAY_RR_TXT, "\"v=spf1 -all\"", ASSAY_OK, "aa", 0},
        {"192.0.2.2", "example.com", ASSAY_RR_TXT, NULL, ASSAY_TIMEOUT, "", 0}};
    assay_eval *ev = RUN(ROWS);

    assert_int_equal(outcome(ev, F_DNS_NS_DISAGREE, ""), ASSAY_UNKNOWN_OUTCOME);
    assert_int_equal(outcome(ev, F_DNS_NS_FAILING, ""), ASSAY_PASS);
    assay_eval_free(ev);
}

static void a_server_that_refuses_tcp_is_told(void **state)
{
    static const struct said ROWS[] = {ZONE,
                                       {"192.0.2.2", "example.com", ASSAY_RR_TXT, NULL,
                                        ASSAY_TIMEOUT,
                                        "the server 192.0.2.2 takes no connection over TCP", 0}};
    assay_eval *ev = RUN(ROWS);

    assert_int_equal(outcome(ev, F_DNS_TCP, "ns2.example.net (192.0.2.2)"), ASSAY_ERROR);
    assert_int_equal(outcome(ev, F_DNS_TCP, "ns1.example.net (192.0.2.1)"), ASSAY_PASS);
    assay_eval_free(ev);
}

static int make_engine(void **state)
{
    assay_engine *engine;

    if (assay_engine_new(4, &engine) != ASSAY_DONE)
        return -1;
    *state = engine;
    return 0;
}

static int free_engine(void **state)
{
    assay_engine_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_that_answer_alike_pass),
        cmocka_unit_test(a_server_that_is_silent_fails_while_another_answers),
        cmocka_unit_test(a_server_without_authority_fails),
        cmocka_unit_test(when_no_server_answers_nothing_is_known),
        cmocka_unit_test(servers_disagree_when_they_did_before),
        cmocka_unit_test(a_difference_that_is_new_may_be_a_transfer),
        cmocka_unit_test(servers_are_compared_though_the_first_is_silent),
        cmocka_unit_test(an_answer_that_is_owed_may_differ),
        cmocka_unit_test(a_server_that_refuses_tcp_is_told),
    };

    return cmocka_run_group_tests(tests, make_engine, free_engine);
}
