/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/test_case.h"

#include <dirent.h>
#include <pthread.h>

/* ---- files ---- */

/** Run all cases of a file. \return how many did not pass */
static size_t run_file(const char *path, size_t *ret_n)
{
    struct buf text = buf_new(1 << 26);
    struct case_set *set;
    size_t faults = 0;

    assert_true(test_load(path, &text));
    set = test_read(buf_span(&text));
    for (size_t i = 0; i < case_count(set); i++, ++*ret_n) {
        struct case_outcome outcome = {0};
        struct case_error error = {0};
        assay_status s = case_run(test_engine, case_at(set, i), &outcome, &error);

        if (s != ASSAY_DONE)
            printf("%s:%zu:%zu: %s\n", path, error.line, error.column, error.text);
        for (size_t k = 0; s == ASSAY_DONE && k < outcome.nmisses; k++)
            printf("%s: %.*s: %.*s: wanted %.*s, got %.*s\n", path,
                   SPAN_ARG(case_name(case_at(set, i))), SPAN_ARG(outcome.misses[k].key),
                   SPAN_ARG(outcome.misses[k].wanted), SPAN_ARG(outcome.misses[k].got));
        faults += s != ASSAY_DONE || outcome.nmisses;
        case_outcome_done(&outcome);
    }
    case_set_free(set);
    buf_done(&text);
    return faults;
}

static void all_cases_pass(void **state)
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
            faults += run_file(path, &n);
    }
    closedir(dir);
    printf("%zu cases\n", n);
    assert_true(n > 0);
    assert_int_equal(faults, 0);
}

/* ---- what does not hold is told ---- */

#define SPF                                                                                               \
    "[envelope]\nip = 192.0.2.1\nfrom = a@example.com\nhelo = h.example.com\nhostname = mx.example.net\n" \
    "[dns]\nexample.com TXT \"v=spf1 -all\"\n[policy]\niprev.check = no\n[expect]\n"
#define MSG                                                                                                \
    "[envelope]\nfrom = a@example.com\nhostname = mx.example.net\n[policy]\niprev.check = no\n[message]\n" \
    "| From: a@example.com\n[expect]\n"

/** A case that does not pass: its first miss. A NULL key: it does pass. */
static const struct {
    const char *text, *key, *wanted, *got;
} MISSES[] = {
    {SPF "spf = pass\n", "spf", "pass", NULL},
    {SPF "spf = pass | fail\n", NULL, NULL, NULL},
    {SPF "spf = pass|fail\n", NULL, NULL, NULL},
    {SPF "spf = FAIL\n", "spf", "FAIL", NULL},
    {SPF "spf = fail mailfrom=EXAMPLE.com smtp.mailfrom=example.com lookups=0\n", NULL, NULL, NULL},
    {SPF "spf = fail mailfrom=example.org\n", "spf", "fail mailfrom=example.org", NULL},
    {SPF "spf = fail header.mailfrom=example.com\n", "spf", NULL, NULL},
    {SPF "spf = fail d=\n", NULL, NULL, NULL},
    {SPF "spf = fail reason=not allowed to send\n", NULL, NULL, NULL},
    {SPF "spf = fail reason=\"matches nothing\"\n", "spf", NULL, NULL},
    {SPF "spf = fail\nspf = fail\n", "spf", "fail", "nothing"},
    {SPF "spf.helo = pass\n", "spf.helo", "pass", NULL},
    {SPF "spf.lookups = 00\n", NULL, NULL, NULL},
    {SPF "spf.lookups = 1 | 2\n", "spf.lookups", "1 | 2", "0"},
    {SPF "spf.void = 1\n", "spf.void", "1", "0"},
    {SPF "spf.exp = no\n", "spf.exp", "no", ""},
    {SPF "spf.exp =\n", NULL, NULL, NULL},
    {SPF "dkim = none\ndmarc = none\narc = none\niprev = none\nbimi = none\n", NULL, NULL, NULL},
    {SPF "bimi = pass\n", "bimi", "pass", "none"},
    {SPF "iprev = pass\n", "iprev", "pass", "none"},
    {SPF "questions = 2\n", NULL, NULL, NULL},
    {SPF "questions = 3\n", "questions", "3", "2"},
    {SPF "asked = TXT h.example.com\nasked = TXT example.com\n", NULL, NULL, NULL},
    {SPF "asked = A example.com\n", "asked", "A example.com", "not asked"},
    {SPF "not_asked = A example.com\n", NULL, NULL, NULL},
    {SPF "not_asked = TXT EXAMPLE.com.\n", "not_asked", "TXT EXAMPLE.com.", "asked"},
    {SPF "trace = -all\ntrace = RFC 7208\n", NULL, NULL, NULL},
    {SPF "trace = of sunshine\n", "trace", "of sunshine", "no line of the trace contains it"},
    {MSG "dkim = none\n", NULL, NULL, NULL},
    {MSG "dkim = pass\n", "dkim", "pass", NULL},
    {MSG "dkim = none\ndkim = pass\n", "dkim", "pass", "nothing"},
    {MSG "dmarc = none from=example.com\ndmarc.policy = none\ndmarc.org = EXAMPLE.com.\n", NULL,
     NULL, NULL},
    {MSG "dmarc.org = com\n", "dmarc.org", "com", "example.com"},
    {MSG "dmarc.policy = reject\n", "dmarc.policy", "reject", "none"},
    {MSG "arc.sealer = example.com\n", "arc.sealer", "example.com", ""},
    {MSG "disposition = reject\n", "disposition", "reject", "accept"},
    {MSG "message = malformed\n", "message", "malformed", "ok"},
    {MSG
     "ar =  mx.example.net;\tspf=none smtp.mailfrom=example.com;   spf=none; dkim=none; arc=none; dmarc=none "
     "header.from=example.com\n",
     NULL, NULL, NULL},
    {MSG "ar = mx.example.net; none\n", "ar", "mx.example.net; none", NULL},
    {MSG "edit = insert authentication-results\n", NULL, NULL, NULL},
    {MSG "edit = insert Authentication-Results: mx.example.net; none\n", "edit", NULL, NULL},
    {MSG "edit = remove Authentication-Results\n", "edit", NULL, NULL},
    {MSG "edit = insert Authentication-Results\nedit = insert Authentication-Results\n", "edit",
     NULL, NULL},
};

static void what_does_not_hold_is_told(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof MISSES / sizeof *MISSES; i++) {
        struct case_set *set = test_read(span_of(MISSES[i].text));
        struct case_outcome o = {0};
        struct case_error error = {0};
        bool good;

        assert_int_equal(case_run(test_engine, case_at(set, 0), &o, &error), ASSAY_DONE);
        good = o.nmisses == (MISSES[i].key ? 1 : 0) &&
               (!MISSES[i].key || span_is(o.misses[0].key, MISSES[i].key)) &&
               (!MISSES[i].wanted || span_is(o.misses[0].wanted, MISSES[i].wanted)) &&
               (!MISSES[i].got || span_is(o.misses[0].got, MISSES[i].got));
        if (!good)
            printf("%s: %zu misses; wanted %s (%s), got %.*s (%.*s)\n", MISSES[i].text, o.nmisses,
                   MISSES[i].key ? MISSES[i].key : "none",
                   MISSES[i].got ? MISSES[i].got : "anything",
                   SPAN_ARG(o.nmisses ? o.misses[0].key : SPAN("none")),
                   SPAN_ARG(o.nmisses ? o.misses[0].got : SPAN_EMPTY));
        faults += !good;
        case_outcome_done(&o);
        case_set_free(set);
    }
    assert_int_equal(faults, 0);
}

/* ---- what cannot be run ---- */

static const struct {
    const char *claim, *text;
    size_t line, column;
    const char *words;
} REFUSED[] = {
    {"an unknown option", "[envelope]\n[policy]\n dkim.min_rsa_bit = 1024\n", 3, 2,
     "did you mean \"dkim.min_rsa_bits\"?"},
    {"a value out of range", "[envelope]\n[policy]\ndkim.min_rsa_bits = 1023\n", 3, 21,
     "1024-4096"},
    {"a shared option", "[policy]\ndmarc.mode = 7490\n[case]\n[envelope]\n", 2, 14, "9989 7489"},
    {"a case with nothing to judge", "[case]\nname = a\n [case]\nname = b\n[dns]\n", 3, 2,
     "nothing to judge"},
    {"a domain that is none", "[envelope]\nnow = 5\ndomain = \xC3\xBC..example\n", 3, 10,
     "no domain name"},
    {"a selector that is none", "[envelope]\ndomain = a.example\nselector = \xC3\xBC..b\n", 3, 12,
     "no domain name"},
    {"a destination case", "[envelope]\nnexthop = a.example\n", 2, 1,
     "a destination case: this version"},
    {"an SRS case without a forwarder", "[envelope]\nsrs = reverse\n", 2, 1,
     "an SRS case has forwarder = DOMAIN"},
};

static void what_cannot_be_run_is_refused_where_it_stands(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        struct case_set *set = test_read(span_of(REFUSED[i].text));
        struct case_outcome o = {0};
        struct case_error error = {0};
        assay_status s = case_run(test_engine, case_at(set, case_count(set) - 1), &o, &error);

        if (s != ASSAY_EINVAL || error.line != REFUSED[i].line ||
            error.column != REFUSED[i].column ||
            !span_contains(span_of(error.text), span_of(REFUSED[i].words))) {
            printf("%s: wanted %zu:%zu: ...%s..., got %zu:%zu: %s\n", REFUSED[i].claim,
                   REFUSED[i].line, REFUSED[i].column, REFUSED[i].words, error.line, error.column,
                   error.text);
            faults++;
        }
        case_outcome_done(&o);
        case_set_free(set);
    }
    assert_int_equal(faults, 0);
}

static void questions_without_an_answer_are_told_and_hints_are_not(void **state)
{
    struct case_set *set = test_read(
        SPAN("[envelope]\nip = 192.0.2.1\nfrom = a@example.com\nhelo = h.example.com\n"
             "[dns]\nexample.com TXT \"v=spf1 a:x.example.com ip4:192.0.2.1 a:y.example.com\"\n"
             "h.example.com TXT NXDOMAIN\n"));
    struct case_outcome o = {0};
    struct case_error error;

    (void)state;
    assert_int_equal(case_run(test_engine, case_at(set, 0), &o, &error), ASSAY_DONE);
    assert_int_equal(o.nunanswered, 2);
    assert_true(span_is(o.unanswered[0], "PTR 1.2.0.192.in-addr.arpa"));
    assert_true(span_is(o.unanswered[1], "A x.example.com"));
    case_outcome_done(&o);
    case_set_free(set);
}

/** Run every case of a set some times; one thread of several. */
static void *run_often(void *set)
{
    size_t faults = 0;

    for (size_t round = 0; round < 20; round++)
        for (size_t i = 0; i < case_count(set); i++) {
            struct case_outcome o = {0};
            struct case_error error;

            faults +=
                case_run(test_engine, case_at(set, i), &o, &error) != ASSAY_DONE || o.nmisses != 0;
            case_outcome_done(&o);
        }
    return (void *)faults;
}

static void threads_may_run_one_case_at_once(void **state)
{
    struct buf text = buf_new(1 << 26);
    struct case_set *set;
    pthread_t threads[4];

    (void)state;
    assert_true(test_load("src/case/cases/dkim.case", &text));
    set = test_read(buf_span(&text));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_often, set), 0);
    for (size_t i = 0; i < 4; i++) {
        void *faults;

        assert_int_equal(pthread_join(threads[i], &faults), 0);
        assert_null(faults);
    }
    case_set_free(set);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_cases_pass),
        cmocka_unit_test(what_does_not_hold_is_told),
        cmocka_unit_test(what_cannot_be_run_is_refused_where_it_stands),
        cmocka_unit_test(questions_without_an_answer_are_told_and_hints_are_not),
        cmocka_unit_test(threads_may_run_one_case_at_once),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
