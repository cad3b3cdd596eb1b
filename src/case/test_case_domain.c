/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/test_laws.h"
#include "posture/posture.h"

/** Write what was found of a domain. */
static struct buf must_write(assay_eval *eval)
{
    struct buf text = buf_new(1 << 26);

    assert_int_equal(assay_case_write(eval, SPAN_EMPTY, 0, test_put, &text), ASSAY_DONE);
    return text;
}

/** Run a case, or stop. */
static struct case_outcome must_run(const struct case_one *one)
{
    struct case_outcome outcome;
    struct case_error error;

    if (case_run(test_engine, one, &outcome, &error) != ASSAY_DONE)
        fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
    return outcome;
}

/** Write a case that was run, run what was written: all is the same, and nobody else is asked. */
static void there_and_back(const struct case_one *one, uint32_t *random)
{
    struct case_outcome first = must_run(one), second;
    struct buf text = must_write(first.eval), again, x, y;
    struct case_set *set = test_read(buf_span(&text));

    (void)random;
    second = must_run(case_at(set, 0));
    for (size_t i = 0; i < second.nmisses; i++)
        fail_msg("%.*s: wanted %.*s = %.*s, got %.*s after\n%.*s", SPAN_ARG(one->name),
                 SPAN_ARG(second.misses[i].key), SPAN_ARG(second.misses[i].wanted),
                 SPAN_ARG(second.misses[i].got), SPAN_ARG(buf_span(&text)));
    if (second.nunanswered)
        fail_msg("%.*s: %.*s is not in\n%.*s", SPAN_ARG(one->name), SPAN_ARG(second.unanswered[0]),
                 SPAN_ARG(buf_span(&text)));
    x = law_octets(first.eval);
    y = law_octets(second.eval);
    law_assert_same(one, "written and replayed", &x, &y);
    again = must_write(second.eval);
    law_assert_same(one, "written twice", &text, &again);
    buf_done(&again);
    buf_done(&x);
    buf_done(&y);
    buf_done(&text);
    case_outcome_done(&first);
    case_outcome_done(&second);
    case_set_free(set);
}

static void every_posture_written_and_replayed_is_the_same(void **state)
{
    (void)state;
    law_each(CASE_DOMAIN, there_and_back, 1);
}

/* ---- answers of every kind ---- */

static const char WORLD[] =
    "[dns]\n@server 192.0.2.1\na.example IN SOA n.example. h.example. 1 2 3 4 5\n@secure example\n"
    "@server 192.0.2.2\na.example ANY REFUSED\n@server\nb.example TXT \"x\"\n@secure b.example until 77\n"
    "c.example CNAME d.test\nd.test TXT \"y\"\n@secure d.test until 99\n"
    "[web]\nGET https://lf/\n200 text/plain until=5\n| a\n|  b \n|\n"
    "GET https://crlf/\n301\nlines = crlf\n| a\n|\nGET https://octets/\n200 image/svg+xml\nbase64 AA0KDQ0=\n"
    "GET https://noend/\n200\nbase64 YQpi\nGET https://empty/\n404 text/html\n"
    "GET https://bad/\nTLS-ERROR name until=2026-11-29T00:00:00Z\nGET https://gone/\nNXDOMAIN\n"
    "GET https://big/\nTOOBIG\nGET https://shut/\nREFUSED port 443\n"
    "[smtp]\nPROBE a.example:25\nstarttls = yes\ntls = 1.3\nPROBE b.example:25\n554 5.7.1 no\n"
    "PROBE c.example:25\nREFUSED\nPROBE d.example:25\nSERVFAIL of d.example\n"
    "[lists]\nwords = lines\n| a = builtin\n| [x]\n|\noctets = lines\nbase64 AAEC\nlost = TIMEOUT\n"
    "[recall]\nat = 2026-11-20T00:00:00Z\na.example TXT \"v=STSv1; \\\"id\\\"\" \"=1;\\009\\\\\"\na.example TXT \"\"\n"
    "a.example MX 5 b.example.\nb.example TXT NXDOMAIN\nGET https://lf/\n200 text/plain\n| x\n"
    "[envelope]\nnow = 7\ndomain = example.test\n";

/** Questions that all of it answers. */
static const struct {
    enum assay_kind kind;
    uint16_t rrtype;
    const char *name, *data;
} QUESTIONS[] = {
    {ASSAY_DNS, ASSAY_RR_SOA, "a.example", "192.0.2.1"},
    {ASSAY_DNS, ASSAY_RR_NS, "a.example", "192.0.2.1"},
    {ASSAY_DNS, ASSAY_RR_SOA, "a.example", "192.0.2.2"},
    {ASSAY_DNS, ASSAY_RR_TXT, "b.example", ""},
    {ASSAY_DNS, ASSAY_RR_TXT, "c.example", ""},
    {ASSAY_GET, 0, "https://lf/", ""},
    {ASSAY_GET, 0, "https://crlf/", ""},
    {ASSAY_GET, 0, "https://octets/", ""},
    {ASSAY_GET, 0, "https://noend/", ""},
    {ASSAY_GET, 0, "https://empty/", ""},
    {ASSAY_GET, 0, "https://bad/", ""},
    {ASSAY_GET, 0, "https://gone/", ""},
    {ASSAY_GET, 0, "https://big/", ""},
    {ASSAY_GET, 0, "https://shut/", ""},
    {ASSAY_GET, 0, "https://nobody/", ""},
    {ASSAY_PROBE, 0, "a.example:25", ""},
    {ASSAY_PROBE, 0, "b.example:25", ""},
    {ASSAY_PROBE, 0, "c.example:25", ""},
    {ASSAY_PROBE, 0, "d.example:25", ""},
    {ASSAY_PROBE, 0, "e.example:25", ""},
    {ASSAY_LIST, 0, "words", ""},
    {ASSAY_LIST, 0, "octets", ""},
    {ASSAY_LIST, 0, "lost", ""},
    {ASSAY_LIST, 0, "nowhere", ""},
    {ASSAY_RECALL, 0, "TXT a.example", ""},
    {ASSAY_RECALL, 0, "MX a.example", ""},
    {ASSAY_RECALL, 0, "TXT b.example", ""},
    {ASSAY_RECALL, 0, "TXT c.example", ""},
    {ASSAY_RECALL, 0, "GET https://lf/", ""},
    {ASSAY_RECALL, 0, "GET https://crlf/", ""},
};

enum { N_QUESTIONS = sizeof QUESTIONS / sizeof *QUESTIONS };

/** A question of the table. */
static struct assay_question question(size_t i)
{
    return (struct assay_question){.kind = QUESTIONS[i].kind,
                                   .rrtype = QUESTIONS[i].rrtype,
                                   .name = span_of(QUESTIONS[i].name),
                                   .data = span_of(QUESTIONS[i].data)};
}

/** Ask all of them, as a flow would. */
static void ask_all(const struct case_one *one, assay_eval *eval)
{
    struct case_worlds worlds = case_worlds_of(one);
    const struct assay_fact *had;
    struct assay_question q;

    eval->branch = &eval->root;
    for (size_t i = 0; i < N_QUESTIONS; i++) {
        q = question(i);
        assert_int_equal(ask_about(eval, q.kind, q.rrtype, q.name, q.data, &had), ASSAY_NEED);
    }
    while (assay_next_question(eval, &q)) {
        assay_fact *fact;

        assert_int_equal(case_world_ask(&worlds, &q, &fact, NULL), ASSAY_DONE);
        assay_answer_question(eval, q.id, fact);
        assay_fact_free(fact);
    }
}

/** Two answers are the same, but for what nobody looks at. */
static bool same(const assay_fact *x, const assay_fact *y)
{
    bool web = x->kind == ASSAY_GET || x->kind == ASSAY_PROBE;
    bool good = x->how == y->how && x->n == y->n && x->nchain == y->nchain;

    good = good && (x->kind != ASSAY_DNS || x->secure == y->secure) && x->http == y->http &&
           x->until == y->until && span_eq(x->media_type, y->media_type) &&
           (!web || span_eq(x->reason, y->reason));
    for (size_t i = 0; good && i < x->n; i++)
        good = span_eq(x->data[i], y->data[i]);
    return good;
}

static void answers_of_every_kind_come_back(void **state)
{
    struct case_set *set = test_read(SPAN(WORLD)), *again;
    struct case_outcome outcome = must_run(case_at(set, 0));
    struct case_worlds first = case_worlds_of(case_at(set, 0)), second;
    struct buf text;

    (void)state;
    ask_all(case_at(set, 0), outcome.eval);
    text = must_write(outcome.eval);
    again = test_read(buf_span(&text));
    second = case_worlds_of(case_at(again, 0));
    for (size_t i = 0; i < N_QUESTIONS; i++) {
        struct assay_question q = question(i);
        assay_fact *x, *y;

        assert_int_equal(case_world_ask(&first, &q, &x, NULL), ASSAY_DONE);
        assert_int_equal(case_world_ask(&second, &q, &y, NULL), ASSAY_DONE);
        if (!same(x, y))
            fail_msg("%s %s: wanted %s \"%.*s\" until %lld, got %s \"%.*s\" until %lld from\n%.*s",
                     QUESTIONS[i].name, QUESTIONS[i].data, fact_how_text(x->how),
                     SPAN_ARG(x->reason), (long long)x->until, fact_how_text(y->how),
                     SPAN_ARG(y->reason), (long long)y->until, SPAN_ARG(buf_span(&text)));
        assay_fact_free(x);
        assay_fact_free(y);
    }
    if (span_contains(buf_span(&text), SPAN("; not as")))
        fail_msg("something was not written:\n%.*s", SPAN_ARG(buf_span(&text)));
    buf_done(&text);
    case_outcome_done(&outcome);
    case_set_free(set);
    case_set_free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_posture_written_and_replayed_is_the_same),
        cmocka_unit_test(answers_of_every_kind_come_back),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
