/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/model.h" /* domain cases: test_case_domain.c */
#include "case/test_case.h"

#include <dirent.h>

static size_t told; /* of the replays: those whose file says that they may give another verdict */

/** Run a case, or stop. */
static struct case_outcome must_run(const struct case_one *one)
{
    struct case_outcome outcome;
    struct case_error error;

    if (case_run(test_engine, one, &outcome, &error) != ASSAY_DONE)
        fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
    return outcome;
}

/** Write a verdict, or stop. */
static struct buf must_write(assay_eval *eval, assay_span body, unsigned flags)
{
    struct buf text = buf_new(1 << 26);

    assert_int_equal(assay_case_write(eval, body, flags, test_put, &text), ASSAY_DONE);
    return text;
}

/** The first and the second verdict, and how the second was written again, are the same. */
static bool same(const struct case_one *one, unsigned flags, struct case_outcome *first,
                 struct case_outcome *second, assay_span text)
{
    struct buf again = must_write(second->eval, test_body(case_message(one)), flags);
    bool good =
        !test_verdicts_differ(assay_result(first->eval), assay_result(second->eval)) &&
        second->nmisses == 0 && second->nunanswered == 0 &&
        (span_eq(text, buf_span(&again)) || span_contains(text, SPAN("no line here can hold")));

    for (size_t i = 0; i < second->nmisses; i++)
        printf("  %.*s: wanted %.*s, got %.*s\n", SPAN_ARG(second->misses[i].key),
               SPAN_ARG(second->misses[i].wanted), SPAN_ARG(second->misses[i].got));
    buf_done(&again);
    return good && (flags != ASSAY_CASE_BODY || !test_traces_differ(first->eval, second->eval));
}

/** Write the verdict of a case, read it, run it: everything must be the same. \return faults */
static size_t write_and_replay(const struct case_one *one, unsigned flags)
{
    struct case_outcome first = must_run(one), second;
    struct buf text = must_write(first.eval, test_body(case_message(one)), flags);
    struct case_set *set = test_read(buf_span(&text));
    bool good, other = span_contains(buf_span(&text), SPAN("a replay may give another verdict")) ||
                       span_contains(buf_span(&text), SPAN("a replay writes another"));

    second = must_run(case_at(set, 0));
    told += other;
    good = other || same(case_at(set, 0), flags, &first, &second, buf_span(&text));
    if (!good)
        printf("%.*s: flags %u: not the same after\n%.*s\n", SPAN_ARG(case_name(one)), flags,
               SPAN_ARG(buf_span(&text)));
    buf_done(&text);
    case_outcome_done(&first);
    case_outcome_done(&second);
    case_set_free(set);
    return !good;
}

/** All cases of a file there and back, in the three ways. */
static size_t replay_file(const char *path, size_t *ret_n)
{
    struct buf text = buf_new(1 << 26);
    struct case_set *set;
    size_t faults = 0;

    assert_true(test_load(path, &text));
    set = test_read(buf_span(&text));
    for (size_t i = 0; i < case_count(set) && case_at(set, i)->kind != CASE_DOMAIN; i++, ++*ret_n)
        for (unsigned flags = ASSAY_CASE_BODY; flags <= ASSAY_CASE_REDACT; flags++)
            faults += write_and_replay(case_at(set, i), flags);
    case_set_free(set);
    buf_done(&text);
    return faults;
}

static void every_verdict_written_and_replayed_is_the_same(void **state)
{
    DIR *dir = opendir(test_folder());
    const struct dirent *entry;
    size_t faults = 0, n = 0;
    char path[1024];

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        snprintf(path, sizeof path, "%s/%s", test_folder(), entry->d_name);
        if (span_iends(span_of(path), SPAN(".case")))
            faults += replay_file(path, &n);
    }
    closedir(dir);
    printf("%zu cases there and back, three ways; %zu files say that they may differ\n", n, told);
    assert_true(n > 0 && told < n / 2);
    assert_int_equal(faults, 0);
}

/* ---- what the text looks like ---- */

/** The written text of a case. */
static struct buf text_of(const char *text, unsigned flags)
{
    struct case_set *set = test_read(span_of(text));
    struct case_outcome outcome = must_run(case_at(set, 0));
    struct buf out = must_write(outcome.eval, test_body(case_message(case_at(set, 0))), flags);

    case_outcome_done(&outcome);
    case_set_free(set);
    return out;
}

/** A row: what is judged, how it is written, and lines that must or must not be in the file. */
struct row {
    const char *claim, *text;
    unsigned flags;
    const char *with[6], *without[6];
};

#define ENVELOPE                                                                                        \
    "[envelope]\nnow = 1000000000\nip = 192.0.2.1\nhelo = mail.example.com\nfrom = alice@example.com\n" \
    "to = bob@example.net\nhostname = mx.example.net\n"

static const struct row ROWS[] = {
    {"the envelope, the clock and every option are written",
     ENVELOPE "sample = 7\n[policy]\narc.trusted = a.example, b.example\n",
     0,
     {"now = 2001-09-09T01:46:40Z\n", "ip = 192.0.2.1\n", "from = alice@example.com\n",
      "sample = 7\n", "arc.trusted = a.example, b.example\n", "temperror.action = defer\n"},
     {"[message]", "disposition"}},
    {"a null reverse-path stays one",
     "[envelope]\nfrom = <>\nhelo = mail.example.com\n",
     0,
     {"from = <>\n", "now = 1970-01-01T00:00:00Z\n"},
     {"\nip ="}},
    {"records are absolute, without TTL, and denials are explicit",
     ENVELOPE
     "[dns]\nexample.com 17 IN TXT \"v=spf1 mx \" \"-all\"\nexample.com MX 10 a.example.com\n"
     "example.com MX 5 B.example.com\n",
     0,
     {"example.com. IN TXT \"v=spf1 mx \" \"-all\"\n",
      "example.com. IN MX 5 b.example.com.\nexample.com. IN MX 10 a.example.com.\n",
      "a.example.com. IN A NXDOMAIN\n"},
     {" 17 ", "\n@"}},
    {"aliases are records of their own, with their own security",
     ENVELOPE
     "[dns]\nexample.com CNAME x.example.net\nx.example.net TXT \"v=spf1 -all\"\n@secure example.com\n",
     0,
     {"example.com. IN CNAME x.example.net.\n", "x.example.net. IN TXT \"v=spf1 -all\"\n",
      "@secure example.com.\n"},
     {"@secure x", "@secure mail", "\nexample.com. IN TXT"}},
    {"a resolver that does not validate is one line",
     ENVELOPE "[dns]\n@unknown .\nexample.com TXT \"v=spf1 -all\"\n",
     0,
     {"@unknown .\n"},
     {"@unknown e", "@insecure", "@secure"}},
    {"failures are words",
     ENVELOPE
     "[dns]\nexample.com TXT TIMEOUT\nmail.example.com TXT BOGUS\n1.2.0.192.in-addr.arpa PTR SERVFAIL\n",
     0,
     {"example.com. IN TXT TIMEOUT\n", "mail.example.com. IN TXT BOGUS\n",
      "1.2.0.192.in-addr.arpa. IN PTR SERVFAIL\n"},
     {"\n@"}},
    {"names that would begin another kind of line are escaped",
     "[envelope]\nip = 192.0.2.1\nfrom = a@example.com\nhelo = h\n"
     "[dns]\nexample.com TXT \"v=spf1 exists:%{l}.example.com ?exists:@%{l}.example.com ?exists:[%{l}.example.com -all\"\n",
     0,
     {"\\064a.example.com. IN A NXDOMAIN\n", "\\091a.example.com. IN A NXDOMAIN\n"},
     {"\n@a", "\n[a"}},
    {"public suffixes are written where they are not the last label",
     "[envelope]\n[policy]\ndmarc.mode = 7489\n[dns]\n@suffix co.example\n[message]\n| From: a@b.c.co.example\n",
     0,
     {"@suffix co.example.\n"},
     {NULL}},
    {"a body is written as lines",
     ENVELOPE "[message]\n| From: a@example.com\n|\n|  one space more\n|\n| | bar\n",
     0,
     {"| From: a@example.com\n|\n|  one space more\n|\n| | bar\n"},
     {"[digests]"}},
    {"digests may stand for the body",
     ENVELOPE "[message]\n| From: a@example.com\n|\n| body\n",
     ASSAY_CASE_DIGESTS,
     {"| From: a@example.com\n\n[digests]\n; there is no signature that needs one\n"},
     {"body\n|", "| body"}},
    {"redacted, local parts and free text are filler of the same length",
     ENVELOPE
     "[message]\n| From: \"Alice (the) B\" <alice@example.com>, bob@example.net (Bob \\) C)\n"
     "| Subject: a very\n|  private matter\n| To: carol@example.org\n"
     "| Authentication-Results: other.example; spf=pass smtp.mailfrom=alice@example.com\n|\n| secret\n",
     ASSAY_CASE_REDACT,
     {"from = xxxxx@example.com\n", "to = xxx@example.net\n",
      "| From: \"xxxxx xxxxx x\" <xxxxx@example.com>, xxx@example.net (xxx xx x)\n",
      "| Subject: x xxxx\n|  xxxxxxx xxxxxx\n", "| To: xxxxxxxxxxxxxxxxx\n",
      "| Authentication-Results: other.example; xxxxxxxx xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"},
     {"secret", "private", "alice", "carol", "not redacted"}},
    {"redacted, a local part that an SPF record reads stays",
     ENVELOPE "[dns]\nexample.com TXT \"v=spf1 exists:%{L}.example.com -all\"\n",
     ASSAY_CASE_REDACT,
     {"; not redacted, because the local part stands in an SPF record's macro\nfrom = alice@example.com\n"},
     {NULL}},
    {"redacted, a forged field in our name is still removed",
     ENVELOPE
     "[message]\n| Authentication-Results: (a;b) mx.example.net; dkim=pass\n| From: a@example.com\n",
     ASSAY_CASE_REDACT,
     {"; not redacted, because a check reads them: Authentication-Results\n",
      "| Authentication-Results: (a;b) mx.example.net; dkim=pass\n"},
     {NULL}},
    {"redacted, what signatures cover stays, and they themselves",
     "[envelope]\n[message]\n| DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s; i=alice@example.com; "
     "h=from:subject:to; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\n| To: first\n| From: alice@example.com\n"
     "| To: second\n| Subject: signed\n| Cc: not signed\n",
     ASSAY_CASE_REDACT,
     {"; not redacted, because a signature covers them: From, To, Subject\n",
      "; not redacted, because a check reads them: DKIM-Signature\n", "i=alice@example.com; ",
      "| To: xxxxx\n| From: alice@example.com\n| To: second\n| Subject: signed\n| Cc: xxx xxxxxx\n"},
     {NULL}},
    {"redacted, the sign of a rewritten path (SRS) stays",
     "[envelope]\nfrom = SRS0=abc=de=example.net=alice@example.com\n",
     ASSAY_CASE_REDACT,
     {"from = SRS0xxxxxxxxxxxxxxxxxxxxxxxxx@example.com\n"},
     {"alice"}},
    {"redacted, a From too odd to change stays",
     "[envelope]\n[message]\n| From: alice @ example . com\n",
     ASSAY_CASE_REDACT,
     {"; not redacted, because a check reads them: From\n", "| From: alice @ example . com\n"},
     {NULL}},
};

static void the_text_is_as_the_manual_says(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const struct row *row = &ROWS[i];
        struct buf text = text_of(row->text, row->flags);
        size_t before = faults;

        for (size_t k = 0; k < 6 && row->with[k]; k++)
            faults += !span_contains(buf_span(&text), span_of(row->with[k]));
        for (size_t k = 0; k < 6 && row->without[k]; k++)
            faults += span_contains(buf_span(&text), span_of(row->without[k]));
        if (faults != before)
            printf("%s: got\n%.*s\n", row->claim, SPAN_ARG(buf_span(&text)));
        buf_done(&text);
    }
    assert_int_equal(faults, 0);
}

/** Feed octets as they are, with options, and write. */
static struct buf write_raw(const char *option, const char *value, const char *message,
                            unsigned flags)
{
    struct assay_envelope e = {.size = sizeof e};
    struct case_set *world = test_read(SPAN("[dns]\n"));
    assay_span body = test_body(span_of(message));
    assay_policy *policy;
    assay_eval *eval;
    struct buf text;

    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assert_int_equal(assay_policy_set(policy, option, value, NULL), ASSAY_DONE);
    assay_policy_seal(policy);
    assert_int_equal(assay_receive_new(test_engine, policy, &e, &eval), ASSAY_DONE);
    assert_int_equal(assay_run(eval, span_of(message), case_answer, (void *)case_at(world, 0)),
                     ASSAY_DONE);
    text = must_write(eval, body, flags);
    assay_eval_free(eval);
    assay_policy_free(policy);
    case_set_free(world);
    return text;
}

static void octets_that_no_line_can_hold_are_told(void **state)
{
    static const struct {
        const char *claim, *option, *value, *message, *with, *without;
    } RAW[] = {
        {"bare LF is what CRLF is, unless the policy looks at it", "message.bare_lf", "accept",
         "From: a@example.com\n\none\ntwo\n", "|\n| one\n| two\n", "digests"},
        {"bare LF that the policy looks at", "message.bare_lf", "reject",
         "From: a@example.com\r\n\r\none\n", "; the body had a LF without CR", "| one"},
        {"bare LF in the header that the policy looks at", "message.bare_lf", "reject",
         "From: a@example.com\n", "; the header had a LF without CR", "digests"},
        {"a bare CR in the body", "message.bare_cr", "accept",
         "From: a@example.com\r\n\r\none\rtwo\r\n", "; the body had a CR without LF", "| one"},
        {"a CR that ends the body", "message.bare_cr", "accept", "From: a@example.com\r\n\r\none\r",
         "; the body had a CR without LF", "| one"},
        {"a bare CR in the header", "message.bare_cr", "accept", "From: a\r@example.com\r\n",
         "| From: a?@example.com\n", "digests"},
        {"no line end at the end", "message.bare_lf", "accept", "From: a@example.com\r\n\r\none",
         "| one\n; the body ended without CRLF", "digests"},
        {"a first field that looks like the separator of an mbox", "message.bare_lf", "accept",
         "From x\r\nFrom : a@example.com\r\n", "| From \n| From : a@example.com\n", "digests"},
        {"an option with octets that would begin a line", "authserv_id", "a\n[expect]\nspf = pass",
         "From: a@example.com\r\n",
         "; the next value had octets that no line can hold\nauthserv_id = a?[expect]?spf = pass\n",
         "\nspf = pass"},
    };
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof RAW / sizeof *RAW; i++) {
        struct buf text = write_raw(RAW[i].option, RAW[i].value, RAW[i].message, 0);
        bool good = span_contains(buf_span(&text), span_of(RAW[i].with)) &&
                    !span_contains(buf_span(&text), span_of(RAW[i].without));

        if (!good)
            printf("%s: wanted \"%s\", got\n%.*s\n", RAW[i].claim, RAW[i].with,
                   SPAN_ARG(buf_span(&text)));
        faults += !good;
        case_set_free(test_read(buf_span(&text)));
        buf_done(&text);
    }
    assert_int_equal(faults, 0);
}

/* ---- facts that do not fit each other ---- */

/** Answers that no one zone gives: an alias leads to different data each time it is asked for. */
static assay_status answer_oddly(void *arg, assay_eval *eval, const struct assay_question *q,
                                 size_t n)
{
    static const struct assay_link X = {SPAN("x.example.com"), SPAN("z.example.com"), ASSAY_SECURE};
    static const struct assay_link Y = {SPAN("y.example.com"), SPAN("z.example.com"),
                                        ASSAY_INSECURE};

    (void)arg;
    for (size_t i = 0; i < n; i++) {
        bool first = span_is(q[i].name, "example.com"), x = span_is(q[i].name, "x.example.com");
        bool y = span_is(q[i].name, "y.example.com");
        assay_span data = first
                              ? SPAN("\x37v=spf1 include:x.example.com include:y.example.com -all")
                          : x ? SPAN("\x19v=spf1 ip4:192.0.2.9 -all")
                              : SPAN("\x19v=spf1 ip4:192.0.2.1 -all");
        struct assay_answer a = {.size = sizeof a,
                                 .how = first || x || y ? ASSAY_OK : ASSAY_NXDOMAIN,
                                 .secure = ASSAY_SECURE,
                                 .chain = x ? &X : &Y,
                                 .nchain = x || y,
                                 .data = &data,
                                 .n = 1};
        assay_fact *fact;

        assert_int_equal(assay_fact_new(q[i].kind, q[i].rrtype, &a, &fact), ASSAY_DONE);
        assay_answer_question(eval, q[i].id, fact);
        assay_fact_free(fact);
    }
    return ASSAY_DONE;
}

static void facts_that_do_not_fit_each_other_give_the_same_verdict(void **state)
{
    struct assay_envelope e = {.size = sizeof e,
                               .ip = SPAN("192.0.2.1"),
                               .mail_from = SPAN("a@example.com")};
    struct case_outcome again;
    struct case_set *set;
    assay_policy *policy;
    assay_eval *eval;
    struct buf text;

    (void)state;
    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assay_policy_seal(policy);
    assert_int_equal(assay_envelope_new(test_engine, policy, &e, &eval), ASSAY_DONE);
    assert_int_equal(assay_run(eval, SPAN_EMPTY, answer_oddly, NULL), ASSAY_DONE);
    assert_true(span_is(assay_result(eval)->checks[0]->result, "pass"));
    text = must_write(eval, SPAN_EMPTY, 0);
    set = test_read(buf_span(&text));
    again = must_run(case_at(set, 0));
    assert_false(test_verdicts_differ(assay_result(eval), assay_result(again.eval)));
    case_outcome_done(&again);
    case_set_free(set);
    buf_done(&text);
    assay_eval_free(eval);
    assay_policy_free(policy);
}

/** A taker that has had enough. */
static assay_status refuse(void *arg, assay_span text)
{
    (void)text;
    ++*(int *)arg;
    return ASSAY_EORDER;
}

static void the_taker_ends_the_writing(void **state)
{
    struct case_set *set = test_read(SPAN("[envelope]\n"));
    struct case_outcome outcome = must_run(case_at(set, 0));
    int calls = 0;

    (void)state;
    assert_int_equal(assay_case_write(outcome.eval, SPAN_EMPTY, 0, refuse, &calls), ASSAY_EORDER);
    assert_int_equal(calls, 1);
    case_outcome_done(&outcome);
    case_set_free(set);
}

static void there_is_nothing_to_write_before_the_verdict(void **state)
{
    struct assay_envelope e = {.size = sizeof e};
    assay_policy *policy;
    assay_eval *eval;
    int calls = 0;

    (void)state;
    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assay_policy_seal(policy);
    assert_int_equal(assay_receive_new(test_engine, policy, &e, &eval), ASSAY_DONE);
    assert_int_equal(assay_case_write(eval, SPAN_EMPTY, 0, refuse, &calls), ASSAY_EORDER);
    assert_int_equal(calls, 0);
    assay_eval_free(eval);
    assay_policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_written_and_replayed_is_the_same),
        cmocka_unit_test(the_text_is_as_the_manual_says),
        cmocka_unit_test(octets_that_no_line_can_hold_are_told),
        cmocka_unit_test(facts_that_do_not_fit_each_other_give_the_same_verdict),
        cmocka_unit_test(the_taker_ends_the_writing),
        cmocka_unit_test(there_is_nothing_to_write_before_the_verdict),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
