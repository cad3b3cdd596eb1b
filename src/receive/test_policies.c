/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages judged by policies with conditions: which is taken, when its options count, and that the
 * file written of such a verdict gives it again though it knows of one policy only.
 */
#include "case/test_case.h"
#include "receive/verdict.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** What is known of the world, and a message that news.example signed. */
static const char WORLD[] =
    "[dns]\n"
    "_dmarc.news.example. IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.soft.example. IN TXT \"v=DMARC1; p=quarantine\"\n"
    "news.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "ed._domainkey.news.example. IN TXT \"v=DKIM1; k=ed25519; p=hvCreGHV90tfCaNrnzn1L1TSG9a+a9SJwztEI845Auk=\"\n"
    "66.2.0.192.in-addr.arpa. IN PTR out.forward.example.\n"
    "out.forward.example. IN A 192.0.2.66\n"
    "67.2.0.192.in-addr.arpa. IN PTR TIMEOUT\n"
    "slow._domainkey.news.example. IN TXT TIMEOUT\n"
    "[envelope]\n"
    "now = 2026-11-23T12:00:00Z\n"
    "helo = mail.evil.example\n"
    "hostname = mx.example.net\n";

#define SIGNED                                                                          \
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=news.example; s=ed;\n" \
    "  h=from:subject; bh=eDCyaw7m810RhFf0TmGWGkTYiT/1GwL4/PCOGIr3ew4=; b=\n"           \
    "  0DoIH507SNQrfDy1vqQnb8rgOzswKxWLSk8RqhcmQFuLK0UYWa1RCX+ZpELj8M1lKZ\n"            \
    "  OKFvTebR7ldt8ZGDlkDA==\n"
#define UNKNOWN                                                                           \
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=news.example; s=slow;\n" \
    "  h=from:subject; bh=eDCyaw7m810RhFf0TmGWGkTYiT/1GwL4/PCOGIr3ew4=; b=\n"             \
    "  0DoIH507SNQrfDy1vqQnb8rgOzswKxWLSk8RqhcmQFuLK0UYWa1RCX+ZpELj8M1lKZ\n"              \
    "  OKFvTebR7ldt8ZGDlkDA==\n"
#define FORGED "From: Someone <someone@news.example>\nSubject: hello\n\ntext\n"
#define TWO    "From: a@news.example, b@soft.example\nSubject: hello\n\ntext\n"
#define GOOD   "From: Someone <someone@news.example>\nSubject: hello\n\ntext\n"
#define SILENT "From: Someone <someone@silent.example>\nSubject: hello\n\ntext\n"

enum { MOST_LINES = 8 };

/** A line of a policy: `name` begins a child of the topmost, `name <parent` one of another. */
struct line {
    const char *key, *value;
};

/** A row: the policies, what is judged, and what comes out. */
struct row {
    const char *claim;
    struct line lines[MOST_LINES + 4];
    const char *ip, *from, *to, *listener, *message;
    const char *policy; /**< its name */
    const char *what, *cause;
    const char *trace; /**< some line contains it; NULL: any */
};

/* clang-format off */
static const struct row ROWS[] = {
    {"the topmost policy is taken where no child holds",
     {{"dmarc.reject", "reject"}, {"policy", "inside"}, {"when", "client=10.0.0.0/8"}, {"dmarc.reject", "accept"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", FORGED, "", "reject", "policy", NULL},
    {"by the client's network",
     {{"policy", "inside"}, {"when", "client=192.0.2.64/26"}, {"dmarc.reject", "accept"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", FORGED, "inside", "accept", "policy", "policy inside"},
    {"by the client's name, which iprev proves",
     {{"iprev.check", "no"}, {"policy", "partner"}, {"when", "client=.forward.example"}, {"dmarc.reject", "tag"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", FORGED, "partner", "tag", "policy", "policy partner"},
    {"by the listener",
     {{"policy", "submission"}, {"when", "listener=submission"}, {"dmarc.reject", "discard"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "submission", FORGED, "submission", "discard", "policy", NULL},
    {"by the sender",
     {{"dmarc.reject", "reject"}, {"policy", "s"}, {"when", "sender=evil.example"}, {"dmarc.reject", "quarantine"}},
     "192.0.2.66", "x@EVIL.example", "bob@example.net", "in", FORGED, "s", "quarantine", "policy", NULL},
    {"by the null reverse-path",
     {{"dmarc.reject", "reject"}, {"policy", "bounces"}, {"when", "sender=<>"}, {"dmarc.reject", "quarantine"}},
     "192.0.2.66", "<>", "bob@example.net", "in", FORGED, "bounces", "quarantine", "policy", NULL},
    {"by the recipient",
     {{"dmarc.reject", "reject"}, {"policy", "bob"}, {"when", "recipient=bob@example.net"}, {"dmarc.reject", "accept"}},
     "192.0.2.66", "x@evil.example", "BOB@example.net", "in", FORGED, "bob", "accept", "policy", NULL},
    {"by the author",
     {{"dmarc.reject", "reject"}, {"policy", "news"}, {"when", "author=news.example"}, {"dmarc.reject", "accept"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", FORGED, "news", "accept", "policy", NULL},
    {"two authors, of whom one is meant, are not",
     {{"dmarc.reject", "reject"}, {"policy", "news"}, {"when", "author=news.example"}, {"dmarc.reject", "accept"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", TWO, "", "reject", "policy", NULL},
    {"by a field",
     {{"dmarc.reject", "reject"}, {"policy", "lists"}, {"when", "header=List-Id: talk"}, {"dmarc.reject", "tag"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", "List-Id: <TALK.lists.example>\n" FORGED,
     "lists", "tag", "policy", NULL},
    {"by a signature that passes",
     {{"policy", "known"}, {"when", "dkim=news.example"}, {"spf.fail", "reject"}, {"authserv_id", "known.example.net"}},
     "192.0.2.66", "x@news.example", "bob@example.net", "in", SIGNED GOOD, "known", "accept", "none", NULL},
    {"not by one that does not",
     {{"policy", "known"}, {"when", "dkim=news.example"}, {"dmarc.reject", "accept"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", "X: 1\n" SIGNED "From: Other <x@news.example>\nSubject: hello\n\ntext\n",
     "", "quarantine", "policy", NULL},
    {"options of the checks are those of the policy by envelope and header",
     {{"policy", "large keys"}, {"when", "sender=news.example"}, {"dmarc.mode", "7489"}, {"dmarc.second_view", "yes"}},
     "192.0.2.1", "x@news.example", "bob@example.net", "in", GOOD, "large keys", "accept", "none", NULL},
    {"the first child that holds is taken, and of its children the first",
     {{"policy", "a"}, {"when", "listener=in"}, {"dmarc.reject", "tag"}, {"policy", "b"}, {"when", "listener=in"},
      {"dmarc.reject", "accept"}, {"below", "a"}, {"when", "sender=evil.example"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", FORGED, "a/below", "tag", "policy", NULL},
    {"what could not be told does not matter where all that may apply agree",
     {{"policy", "known"}, {"when", "client=.forward.example"}, {"dmarc.reject", "accept"}},
     "192.0.2.67", "x@evil.example", "bob@example.net", "in", SILENT, "", "accept", "none", NULL},
    {"where they differ it is deferred",
     {{"dmarc.reject", "reject"}, {"policy", "known"}, {"when", "client=.forward.example"}, {"dmarc.reject", "accept"}},
     "192.0.2.67", "x@evil.example", "bob@example.net", "in", FORGED, "", "defer", "temperror",
     "which policy applies could not be told: the topmost or known"},
    {"or what temperror.action says",
     {{"temperror.action", "tag"}, {"dmarc.reject", "reject"}, {"policy", "known"}, {"when", "client=.forward.example"},
      {"dmarc.reject", "accept"}},
     "192.0.2.67", "x@evil.example", "bob@example.net", "in", FORGED, "", "tag", "temperror", NULL},
    {"a signature that could not be checked may hold as well",
     {{"policy", "strict"}, {"when", "dkim=news.example"}, {"message.no_from", "reject"}},
     "192.0.2.1", "x@news.example", "bob@example.net", "in", UNKNOWN "Subject: no author\n\ntext\n",
     "", "defer", "temperror", "which policy applies could not be told: the topmost or strict"},
    {"a dry run of one policy alone",
     {{"policy", "trial"}, {"when", "recipient=example.net"}, {"enforce", "no"}, {"dmarc.reject", "reject"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", FORGED, "trial", "accept", "policy",
     "not done (reject), because enforce = no"},
    {"a forwarder for one recipient",
     {{"dmarc.reject", "reject"}, {"policy", "bob"}, {"when", "recipient=bob@example.net"},
      {"forwarders", "name=out.forward.example recipients=bob@example.net"}},
     "192.0.2.66", "x@evil.example", "bob@example.net", "in", FORGED, "bob", "accept", "forwarded", NULL},
};
/* clang-format on */

/* ---- making ---- */

/** A child of the topmost policy, or `below` another child: named after it. */
static assay_policy *begin_child(assay_policy *top, const struct line *l)
{
    assay_policy *parent = top, *child = NULL;
    char name[64];

    snprintf(name, sizeof name, "%s", l->value);
    if (strcmp(l->key, "below") == 0) {
        for (parent = top->children; !span_is(parent->name, l->value); parent = parent->next)
            ;
        snprintf(name, sizeof name, "%s/below", l->value);
    }
    assert_int_equal(assay_policy_child(parent, name, &child), ASSAY_DONE);
    return child;
}

/** Take one line. */
static assay_policy *take_line(assay_policy *top, assay_policy *at, const struct line *l)
{
    const char *why = "", *equals = strchr(l->value, '=');
    char condition[32];
    assay_status s;

    if (strcmp(l->key, "policy") == 0 || strcmp(l->key, "below") == 0)
        return begin_child(top, l);
    if (strcmp(l->key, "when") == 0) {
        snprintf(condition, sizeof condition, "%.*s", (int)(equals - l->value), l->value);
        s = assay_policy_when(at, condition, equals + 1, &why);
    } else {
        s = assay_policy_set(at, l->key, l->value, &why);
    }
    if (s != ASSAY_DONE)
        fail_msg("%s = %s: %s", l->key, l->value, why);
    return at;
}

/** The policies of a row. */
static assay_policy *policies_of(const struct row *row)
{
    assay_policy *top = NULL, *at;

    assert_int_equal(assay_policy_new(&top), ASSAY_DONE);
    at = top;
    for (size_t i = 0; row->lines[i].key; i++)
        at = take_line(top, at, &row->lines[i]);
    assay_policy_seal(top);
    return top;
}

/** A message with the line ends of mail. */
static void put_message(const char *text, struct buf *out)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_putc(out, '\r');
        buf_putc(out, *text);
    }
}

/** Ask and answer until the verdict is there. */
static void drive(const struct case_one *world, assay_eval *eval)
{
    struct assay_question q;
    assay_status s;

    while ((s = assay_step(eval)) == ASSAY_NEED)
        while (assay_next_question(eval, &q))
            assert_int_equal(case_answer((void *)world, eval, &q, 1), ASSAY_DONE);
    assert_int_equal(s, ASSAY_DONE);
}

/** Judge a row's message. */
static assay_eval *judge(const struct case_one *world, const assay_policy *policy,
                         const struct row *row)
{
    struct assay_envelope e = *case_envelope(world);
    struct buf message = buf_new(1 << 16);
    assay_eval *eval;

    e.ip = span_of(row->ip);
    e.mail_from = span_of(strcmp(row->from, "<>") == 0 ? "" : row->from);
    e.listener = span_of(row->listener);
    put_message(row->message, &message);
    assert_int_equal(assay_receive_new(test_engine, policy, &e, &eval), ASSAY_DONE);
    assert_int_equal(assay_rcpt(eval, span_of(row->to)), ASSAY_DONE);
    assert_int_equal(assay_feed(eval, buf_span(&message)), ASSAY_DONE);
    assert_int_equal(assay_eom(eval), ASSAY_DONE);
    drive(world, eval);
    buf_done(&message);
    return eval;
}

/* ---- comparing ---- */

/** Some line of the reasoning contains a text. */
static bool traces(assay_eval *eval, const char *text)
{
    const struct assay_trace_line *lines;
    size_t n;

    assert_int_equal(assay_trace(eval, &lines, &n), ASSAY_DONE);
    for (size_t i = 0; i < n; i++) {
        struct buf line = buf_new(1 << 16);
        bool found;

        buf_printf(&line, "%.*s %.*s %.*s", SPAN_ARG(lines[i].what), SPAN_ARG(lines[i].gave),
                   SPAN_ARG(lines[i].then));
        found = span_contains(buf_span(&line), span_of(text));
        buf_done(&line);
        if (found)
            return true;
    }
    return false;
}

/** A verdict is as a row wants it. */
static bool is_as_wanted(const struct row *row, assay_eval *eval)
{
    const struct assay_verdict *v = assay_result(eval);
    bool differs = test_differs("policy", span_of(row->policy), v->policy);

    differs |= test_differs("what", span_of(row->what), span_of(verdict_word(v->what)));
    differs |= test_differs("cause", span_of(row->cause), v->cause);
    if (row->trace && !traces(eval, row->trace)) {
        printf("  no line has %s; the reason is %.*s\n", row->trace, SPAN_ARG(v->reason));
        differs = true;
    }
    return !differs;
}

/** The file written of a verdict gives it again, and is written again as it was. */
static bool replays(assay_eval *eval, const struct row *row)
{
    struct buf text = buf_new(1 << 20), again = buf_new(1 << 20), message = buf_new(1 << 16);
    struct case_set *set;
    struct case_outcome outcome;
    struct case_error error = {0};
    bool same;

    put_message(row->message, &message);
    assert_int_equal(assay_case_write(eval, test_body(buf_span(&message)), 0, test_put, &text),
                     ASSAY_DONE);
    set = test_read(buf_span(&text));
    if (case_run(test_engine, case_at(set, 0), &outcome, &error) != ASSAY_DONE)
        fail_msg("%zu: %s", error.line, error.text);
    assert_int_equal(assay_case_write(outcome.eval, test_body(buf_span(&message)), 0, test_put,
                                      &again),
                     ASSAY_DONE);
    same = !test_verdicts_differ(assay_result(eval), assay_result(outcome.eval)) &&
           !test_traces_differ(eval, outcome.eval) && outcome.nmisses == 0 &&
           outcome.nunanswered == 0 && span_eq(buf_span(&text), buf_span(&again));
    if (!same)
        printf("%.*s", SPAN_ARG(buf_span(&text)));
    case_outcome_done(&outcome);
    case_set_free(set);
    buf_done(&text);
    buf_done(&again);
    buf_done(&message);
    return same;
}

/** All rows. */
static void each_row(bool (*holds)(assay_eval *eval, const struct row *row))
{
    struct case_set *set = test_read(SPAN(WORLD));
    size_t wrong = 0;

    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assay_policy *policy = policies_of(&ROWS[i]);
        assay_eval *eval = judge(case_at(set, 0), policy, &ROWS[i]);

        if (!holds(eval, &ROWS[i])) {
            printf("  in: %s\n", ROWS[i].claim);
            wrong++;
        }
        assay_eval_free(eval);
        assay_policy_free(policy);
    }
    case_set_free(set);
    assert_int_equal(wrong, 0);
}

static bool row_is_as_wanted(assay_eval *eval, const struct row *row)
{
    return is_as_wanted(row, eval);
}

static void the_nearest_policy_decides(void **state)
{
    (void)state;
    each_row(row_is_as_wanted);
}

static void a_verdict_by_some_policy_replays_without_the_others(void **state)
{
    (void)state;
    each_row(replays);
}

static void results_are_by_the_name_of_the_policy_that_decided(void **state)
{
    struct case_set *set = test_read(SPAN(WORLD));

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assay_policy *policy = policies_of(&ROWS[i]);
        assay_eval *eval = judge(case_at(set, 0), policy, &ROWS[i]);
        bool known = span_starts(assay_result(eval)->authres, SPAN("known.example.net;"));

        assert_int_equal(known, strcmp(ROWS[i].claim, "by a signature that passes") == 0);
        assay_eval_free(eval);
        assay_policy_free(policy);
    }
    case_set_free(set);
}

static void an_envelope_alone_is_judged_by_the_topmost_policy(void **state)
{
    struct case_set *set = test_read(SPAN(WORLD));
    assay_policy *policy = policies_of(&ROWS[1]);
    struct assay_envelope e = *case_envelope(case_at(set, 0));
    assay_eval *eval;

    (void)state;
    e.ip = span_of(ROWS[1].ip);
    assert_int_equal(assay_envelope_new(test_engine, policy, &e, &eval), ASSAY_DONE);
    drive(case_at(set, 0), eval);
    assert_int_equal(assay_result(eval)->policy.n, 0);
    assert_int_equal(assay_result(eval)->what, ASSAY_ACCEPT);
    assay_eval_free(eval);
    assay_policy_free(policy);
    case_set_free(set);
}

static void what_the_hold_queue_takes_is_not_marked(void **state)
{
    static const struct row HELD = {
        "",   {{"quarantine.by", "hold"}},      "192.0.2.66", "x@evil.example", "bob@example.net",
        "in", "From: a@soft.example\n\ntext\n", "",           "quarantine",     "policy",
        NULL};
    struct case_set *set = test_read(SPAN(WORLD));
    assay_policy *policy = policies_of(&HELD);
    assay_eval *eval = judge(case_at(set, 0), policy, &HELD);
    const struct assay_verdict *v = assay_result(eval);

    (void)state;
    assert_true(is_as_wanted(&HELD, eval));
    assert_true(v->hold);
    for (size_t i = 0; i < v->nedits; i++)
        assert_true(span_is(v->edits[i].name, "Authentication-Results"));
    assert_true(replays(eval, &HELD));
    assay_eval_free(eval);
    assay_policy_free(policy);
    case_set_free(set);
}

static void a_reverse_path_is_given_or_unknown_but_not_both(void **state)
{
    assay_policy *policy = policies_of(&ROWS[0]);
    struct assay_envelope e = {.size = sizeof e,
                               .mail_from = SPAN("x@a.example"),
                               .mail_from_unknown = true};
    assay_eval *eval = NULL;

    (void)state;
    assert_int_equal(assay_receive_new(test_engine, policy, &e, &eval), ASSAY_EINVAL);
    e.mail_from = SPAN_EMPTY;
    assert_int_equal(assay_receive_new(test_engine, policy, &e, &eval), ASSAY_DONE);
    assay_eval_free(eval);
    assay_policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_policy_decides),
        cmocka_unit_test(a_verdict_by_some_policy_replays_without_the_others),
        cmocka_unit_test(results_are_by_the_name_of_the_policy_that_decided),
        cmocka_unit_test(an_envelope_alone_is_judged_by_the_topmost_policy),
        cmocka_unit_test(what_the_hold_queue_takes_is_not_marked),
        cmocka_unit_test(a_reverse_path_is_given_or_unknown_but_not_both),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
