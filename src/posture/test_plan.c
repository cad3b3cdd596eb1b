/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/test_case.h"

#include <assay/posture.h>

#include <time.h>

/* ---- plans ---- */

/** What all rows have: a domain that sends and receives, with a key, TLS reports, a signed zone or not. */
#define WORLD                                                                                                                                                         \
    "[case]\n[envelope]\nnow = 2026-11-29T00:00:00Z\ndomain = shop.example\nprofile = mail\nselector = s1\n"                                                          \
    "[dns]\nshop.example. MX 10 mx.shop.example.\nmx.shop.example. A 192.0.2.1\n"                                                                                     \
    "shop.example. TXT \"v=spf1 mx -all\"\n"                                                                                                                          \
    "[smtp]\nPROBE mx.shop.example:25\nstarttls = yes\ntls = 1.3\n"                                                                                                   \
    "cert = leaf names=mx.shop.example from=2026-01-01 to=2027-06-30 key=ec:256 sig=sha256 spki256=1111111111111111111111111111111111111111111111111111111111111111 " \
    "cert256=3333333333333333333333333333333333333333333333333333333333333333\ntrust = yes\n[dns]\n"

#define DMARC(record) "_dmarc.shop.example. TXT \"" record "\"\n"
#define RUA           "; rua=mailto:d@shop.example"
#define TLSRPT        "_smtp._tls.shop.example. TXT \"v=TLSRPTv1; rua=mailto:t@shop.example\"\n"
#define STS(mode, age)                                                                   \
    "_mta-sts.shop.example. TXT \"v=STSv1; id=1;\"\nmta-sts.shop.example. A 192.0.2.2\n" \
    "[web]\nGET https://mta-sts.shop.example/.well-known/mta-sts.txt\n200 text/plain\n"  \
    "| version: STSv1\n| mode: " mode "\n| mx: mx.shop.example\n| max_age: " age "\n"

/** Metrics: days, own mail, of it passing, by DKIM; and what else. */
#define EVIDENCE(last, days, legit, pass, dkim, more)                                                                \
    "[evidence]\n| {\"version\": 1, \"domain\": \"shop.example\", \"end\": \"2026-11-29\", \"last_change\": \"" last \
    "\",\n"                                                                                                          \
    "| \"mail\": {\"days\": " #days ", \"days_with_reports\": " #days                                                \
    ", \"reporters\": 5, \"messages\": 20000,\n"                                                                     \
    "| \"legit\": " #legit ", \"legit_pass\": " #pass ", \"legit_dkim_pass\": " #dkim more "},\n"                    \
    "| \"tls\": {\"days\": 30, \"days_with_reports\": 30, \"reporters\": 3, \"sessions\": 9000, \"failed\": 0}}\n"

#define GOOD(last) EVIDENCE(last, 28, 10000, 9990, 9950, ", \"list_posters\": false")

static const struct {
    const char *claim, *text;
    const char *
        step; /* ID STATE of the step that is looked for, and its date; -ID: it is not there, but E is */
    const char *after;   /* what it publishes; "": nothing */
    const char *missing; /* a part of what is missing; "": nothing is */
} ROWS[] = {
    {"without a record, the first one", WORLD, "0 now 2026-11-29",
     "v=DMARC1; p=none; rua=mailto:dmarc-reports@shop.example", ""},
    {"without rua, rua", WORLD DMARC("v=DMARC1; p=none"), "1 now 2026-11-29", "*rua=mailto:", ""},
    {"without metrics nothing beyond p=none", WORLD DMARC("v=DMARC1; p=none" RUA),
     "2 not yet 2026-11-29", "", "metrics of the reports"},
    {"nor beyond quarantine", WORLD DMARC("v=DMARC1; p=quarantine" RUA), "5 not yet 2026-11-29", "",
     "metrics of the reports"},
    {"a week of reports first",
     WORLD DMARC("v=DMARC1; p=none" RUA) EVIDENCE("2026-01-01", 3, 1000, 999, 999, ""),
     "2 not yet 2026-12-03", "", "reports of 7 days (so far 3)"},
    {"sources are named",
     WORLD DMARC("v=DMARC1; p=none" RUA)
         EVIDENCE("2026-01-01", 10, 1000, 999, 999, ", \"unclassified\": 300"),
     "2 not yet 2026-11-29", "", "300 of 20000"},
    {"28 days for quarantine",
     WORLD DMARC("v=DMARC1; p=none" RUA) EVIDENCE("2026-01-01", 14, 1000, 999, 999, ""),
     "3 not yet 2026-12-13", "", "reports of 28 days"},
    {"98 % of own mail for quarantine",
     WORLD DMARC("v=DMARC1; p=none" RUA) EVIDENCE("2026-01-01", 28, 1000, 979, 979, ""),
     "3 not yet 2026-11-29", "", "98.0 % of own mail passing (97.9 %)"},
    {"95 % by DKIM for quarantine",
     WORLD DMARC("v=DMARC1; p=none" RUA) EVIDENCE("2026-01-01", 28, 1000, 980, 949, ""),
     "3 not yet 2026-11-29", "", "95 % of own mail passing by DKIM (949 of 1000)"},
    {"no new source for quarantine",
     WORLD DMARC("v=DMARC1; p=none" RUA) EVIDENCE(
         "2026-01-01", 28, 1000, 999, 999,
         ", \"sources\": [{\"name\": \"x\", \"messages\": 9, \"pass\": 1, \"new\": true}]"),
     "3 not yet 2026-11-29", "", "no source that appeared"},
    {"quarantine as a trial", WORLD DMARC("v=DMARC1; p=none" RUA) GOOD("2026-01-01"),
     "3 now 2026-11-29", "v=DMARC1; p=quarantine; rua=mailto:d@shop.example; np=reject; t=y; pct=0",
     ""},
    {"sp goes with p", WORLD DMARC("v=DMARC1; p=none; sp=none" RUA) GOOD("2026-01-01"),
     "3 now 2026-11-29",
     "v=DMARC1; p=quarantine; sp=quarantine; rua=mailto:d@shop.example; np=reject; t=y; pct=0", ""},
    {"no step within 14 days of the last", WORLD DMARC("v=DMARC1; p=none" RUA) GOOD("2026-11-20"),
     "3 wait 2026-12-04",
     "v=DMARC1; p=quarantine; rua=mailto:d@shop.example; np=reject; t=y; pct=0", ""},
    {"quarantine for all mail",
     WORLD DMARC("v=DMARC1; p=quarantine; t=y; pct=0; np=reject" RUA) GOOD("2026-11-01"),
     "4 now 2026-11-29", "v=DMARC1; p=quarantine; np=reject; rua=mailto:d@shop.example", ""},
    {"when the last step was has to be known",
     WORLD DMARC("v=DMARC1; p=quarantine; t=y; pct=0; np=reject" RUA)
         EVIDENCE("", 28, 1000, 999, 999, ""),
     "4 not yet 2026-11-29", "", "last_change"},
    {"mail that fails for a day is no reason to go back",
     WORLD DMARC("v=DMARC1; p=quarantine; t=y; pct=0" RUA)
         EVIDENCE("2026-11-01", 28, 1000, 900, 900, ", \"failing_days\": 1"),
     "4 not yet 2026-11-29", "", "99.0 % of own mail passing (90.0 %)"},
    {"mail that fails for two days is",
     WORLD DMARC("v=DMARC1; p=quarantine; t=y; pct=0; np=reject" RUA)
         EVIDENCE("2026-11-01", 28, 1000, 900, 900, ", \"failing_days\": 2"),
     "4 back 2026-11-29", "v=DMARC1; p=none; np=reject; rua=mailto:d@shop.example", ""},
    {"reject as a trial", WORLD DMARC("v=DMARC1; p=quarantine; np=reject" RUA) GOOD("2026-10-01"),
     "5 now 2026-11-29", "v=DMARC1; p=reject; np=reject; rua=mailto:d@shop.example; t=y; pct=0",
     ""},
    {"not for people who write to mailing lists",
     WORLD DMARC("v=DMARC1; p=quarantine; np=reject" RUA)
         EVIDENCE("2026-10-01", 28, 10000, 9990, 9950, ", \"list_posters\": true"),
     "5 keep 2026-11-29", "", ""},
    {"whether they do has to be known",
     WORLD DMARC("v=DMARC1; p=quarantine; np=reject" RUA)
         EVIDENCE("2026-10-01", 28, 10000, 9990, 9950, ""),
     "5 not yet 2026-11-29", "", "list_posters"},
    {"reject for all mail",
     WORLD DMARC("v=DMARC1; p=reject; np=reject; t=y; pct=0" RUA) GOOD("2026-11-01"),
     "6 now 2026-11-29", "v=DMARC1; p=reject; np=reject; rua=mailto:d@shop.example", ""},
    {"reject is kept", WORLD DMARC("v=DMARC1; p=reject; np=reject" RUA) GOOD("2026-11-01"),
     "7 keep 2026-11-29", "", ""},
    {"reject is taken back to a trial",
     WORLD DMARC("v=DMARC1; p=reject; np=reject" RUA)
         EVIDENCE("2026-11-01", 28, 1000, 900, 900, ", \"failing_days\": 3"),
     "7 back 2026-11-29", "v=DMARC1; p=reject; np=reject; rua=mailto:d@shop.example; t=y; pct=0",
     ""},
    {"sub-domains follow", WORLD DMARC("v=DMARC1; p=reject; sp=none" RUA) GOOD("2026-11-01"),
     "S now 2026-11-29", "v=DMARC1; p=reject; sp=reject; rua=mailto:d@shop.example; np=reject", ""},
    {"one that is not ready gets a record of its own first",
     WORLD DMARC("v=DMARC1; p=reject; sp=none" RUA) EVIDENCE(
         "2026-11-01", 28, 10000, 9990, 9950,
         ", \"subdomains\": [{\"domain\": \"news.shop.example\", \"messages\": 100, \"legit\": 100, \"legit_pass\": 90}]"),
     "S now 2026-11-29", "v=DMARC1; p=none", ""},
    {"sub-domains come before reject", WORLD DMARC("v=DMARC1; p=quarantine; sp=none" RUA),
     "S not yet 2026-11-29", "", "metrics of the reports"},
    {"names that do not exist come before reject",
     WORLD DMARC("v=DMARC1; p=quarantine; np=none" RUA) GOOD("2026-11-01"), "S now 2026-11-29",
     "v=DMARC1; p=quarantine; np=reject; rua=mailto:d@shop.example", ""},
    {"a step back comes before sub-domains",
     WORLD DMARC("v=DMARC1; p=reject; sp=none" RUA)
         EVIDENCE("2026-11-01", 28, 1000, 900, 900, ", \"failing_days\": 3"),
     "7 back 2026-11-29", "*p=reject;", ""},
    {"a policy that did not answer", WORLD "_dmarc.shop.example. TXT TIMEOUT\n", "U now 2026-11-29",
     "", ""},

    {"TLS reports first", WORLD, "T1 now 2026-11-29",
     "v=TLSRPTv1; rua=mailto:tls-reports@shop.example", ""},
    {"no MTA-STS without reports", WORLD TLSRPT, "T2 not yet 2026-11-29", "",
     "metrics of the TLS reports"},
    {"MTA-STS in testing", WORLD TLSRPT GOOD("2026-11-01"), "T2 now 2026-11-29",
     "version: STSv1\nmode: testing\nmx: mx.shop.example\nmax_age: 86400\n", ""},
    {"no MTA-STS step while the record is broken",
     WORLD TLSRPT "_mta-sts.shop.example. TXT \"v=STSv1\"\n" GOOD("2026-11-01"), "-T2", "", ""},
    {"nor while the policy cannot be fetched",
     WORLD TLSRPT
     "_mta-sts.shop.example. TXT \"v=STSv1; id=1;\"\nmta-sts.shop.example. A 192.0.2.2\n"
     "[web]\nGET https://mta-sts.shop.example/.well-known/mta-sts.txt\nTLS-ERROR expired\n" GOOD(
         "2026-11-01"),
     "-T2", "", ""},
    {"nor while a policy is served and no record is there",
     WORLD TLSRPT
     "mta-sts.shop.example. A 192.0.2.2\n"
     "[web]\nGET https://mta-sts.shop.example/.well-known/mta-sts.txt\n200 text/plain\n"
     "| version: STSv1\n| mode: testing\n| mx: mx.shop.example\n| max_age: 86400\n" GOOD(
         "2026-11-01"),
     "-T2", "", ""},
    {"MTA-STS enforced", WORLD TLSRPT STS("testing", "86400") GOOD("2026-11-01"),
     "T3 now 2026-11-29", "version: STSv1\nmode: enforce\nmx: mx.shop.example\nmax_age: 604800\n",
     ""},
    {"not within 14 days", WORLD TLSRPT STS("testing", "86400") GOOD("2026-11-28"),
     "T3 wait 2026-12-12", "version: STSv1\nmode: enforce\nmx: mx.shop.example\nmax_age: 604800\n",
     ""},
    {"MTA-STS for longer", WORLD TLSRPT STS("enforce", "604800") GOOD("2026-11-01"),
     "T4 now 2026-11-29", "version: STSv1\nmode: enforce\nmx: mx.shop.example\nmax_age: 2592000\n",
     ""},
    {"MTA-STS kept", WORLD TLSRPT STS("enforce", "31557600") GOOD("2026-11-01"),
     "T4 keep 2026-11-29", "", ""},
};

/** The step of an id, or NULL. */
static const struct assay_plan_step *find_step(const struct assay_plan *plan, assay_span id)
{
    for (size_t i = 0; i < plan->nsteps; i++)
        if (span_is(id, plan->steps[i].row->id))
            return &plan->steps[i];
    return NULL;
}

/** A step as a row has it: ID STATE DATE. */
static void step_text(const struct assay_plan_step *s, char *text, size_t size)
{
    time_t t = (time_t)s->earliest;
    struct tm tm;
    char date[16];

    gmtime_r(&t, &tm);
    strftime(date, sizeof date, "%Y-%m-%d", &tm);
    snprintf(text, size, "%s %s %s", s->row->id, assay_step_text(s->step), date);
}

/** What the first record of a step becomes. */
static assay_span after_of(const struct assay_plan_step *s)
{
    for (size_t i = 0; i < s->nfixes; i++)
        if (s->fixes[i].after.n)
            return s->fixes[i].after;
    return SPAN_EMPTY;
}

/** What is wanted is what there is; behind a star, a part of it. */
static bool is_after(assay_span got, const char *wanted)
{
    return *wanted == '*' ? span_contains(got, span_of(wanted + 1)) : span_is(got, wanted);
}

/** Something that is missing has this part; or nothing is. */
static bool is_missing(const struct assay_plan_step *s, const char *part)
{
    for (size_t i = 0; i < s->nmissing; i++)
        if (span_contains(s->missing[i], span_of(part)))
            return *part != '\0';
    return !*part && !s->nmissing;
}

/** A step of a ladder; repairs and keys stand beside it, and DANE is a way of its own. */
static bool is_rung(const struct assay_plan_step *s, const char *ladder)
{
    return strcmp(s->row->ladder, ladder) == 0 && strcmp(s->row->id, "K") != 0 &&
           strcmp(s->row->id, "T5") != 0;
}

/** Each ladder has one next rung, or none. */
static bool is_one_a_ladder(const struct assay_plan *plan)
{
    static const char *const LADDERS[] = {"auth", "transport", "brand"};

    for (size_t k = 0; k < sizeof LADDERS / sizeof *LADDERS; k++) {
        size_t n = 0;

        for (size_t i = 0; i < plan->nsteps; i++)
            n += is_rung(&plan->steps[i], LADDERS[k]);
        if (n > 1)
            return false;
    }
    return true;
}

/** Compare one row. \return whether it differs */
static bool differs(size_t row)
{
    struct case_set *set = test_read(span_of(ROWS[row].text));
    struct case_outcome o = {0};
    struct case_error error = {0};
    const struct assay_plan *plan;
    const struct assay_plan_step *s;
    char got[64] = "none";
    bool bad;

    if (case_run(test_engine, case_at(set, 0), &o, &error) != ASSAY_DONE)
        fail_msg("%s: %zu:%zu: %s", ROWS[row].claim, error.line, error.column, error.text);
    assert_int_equal(assay_domain_plan(o.eval, &plan), ASSAY_DONE);
    s = find_step(plan, span_first(span_of(ROWS[row].step), strcspn(ROWS[row].step, " ")));
    if (s)
        step_text(s, got, sizeof got);
    if (ROWS[row].step[0] == '-')
        bad = find_step(plan, span_of(ROWS[row].step + 1)) || !find_step(plan, SPAN("E"));
    else
        bad = strcmp(got, ROWS[row].step) != 0 || !is_after(after_of(s), ROWS[row].after) ||
              !is_missing(s, ROWS[row].missing);
    bad |= !is_one_a_ladder(plan);
    if (bad) {
        printf("%s: wanted %s \"%s\" missing \"%s\", got %s \"%.*s\"", ROWS[row].claim,
               ROWS[row].step, ROWS[row].after, ROWS[row].missing, got,
               SPAN_ARG(s ? after_of(s) : SPAN_EMPTY));
        for (size_t i = 0; s && i < s->nmissing; i++)
            printf(" missing \"%.*s\"", SPAN_ARG(s->missing[i]));
        for (size_t i = 0; i < plan->nsteps; i++)
            printf(" [%s]", plan->steps[i].row->id);
        printf("\n");
    }
    case_outcome_done(&o);
    case_set_free(set);
    return bad;
}

static void each_state_has_its_next_step(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        faults += differs(i);
    assert_int_equal(faults, 0);
}

static void there_is_no_plan_before_the_end(void **state)
{
    struct assay_domain d = {.size = sizeof d, .domain = SPAN("a.example")};
    const struct assay_plan *plan;
    assay_eval *eval;

    (void)state;
    assert_int_equal(assay_domain_new(test_engine, &d, &eval), ASSAY_DONE);
    assert_int_equal(assay_domain_plan(eval, &plan), ASSAY_EORDER);
    assay_eval_free(eval);
}

/* ---- metrics ---- */

static const struct {
    const char *claim, *text;
} BAD[] = {
    {"no JSON", "{"},
    {"no object", "[]"},
    {"no version", "{}"},
    {"another version", "{\"version\": 2}"},
    {"another domain", "{\"version\": 1, \"domain\": \"other.example\"}"},
    {"a count below 0", "{\"version\": 1, \"mail\": {\"days\": -1}}"},
    {"a count that is none", "{\"version\": 1, \"mail\": {\"days\": 1.5}}"},
    {"more days with reports than days",
     "{\"version\": 1, \"mail\": {\"days\": 1, \"days_with_reports\": 2}}"},
    {"more passes than there is", "{\"version\": 1, \"mail\": {\"messages\": 1, \"legit\": 2}}"},
    {"more passes by DKIM",
     "{\"version\": 1, \"mail\": {\"messages\": 5, \"legit\": 2, \"legit_pass\": 1, \"legit_dkim_pass\": 2}}"},
    {"a time that is none", "{\"version\": 1, \"end\": \"soon\"}"},
    {"a truth that is none", "{\"version\": 1, \"mail\": {\"list_posters\": 1}}"},
    {"a list that is none", "{\"version\": 1, \"mail\": {\"sources\": {}}}"},
    {"an item that is none", "{\"version\": 1, \"mail\": {\"sources\": [1]}}"},
    {"a source that passes more than it sends",
     "{\"version\": 1, \"mail\": {\"sources\": [{\"messages\": 1, \"pass\": 2}]}}"},
    {"a selector that is none",
     "{\"version\": 1, \"mail\": {\"selectors\": [{\"selector\": \"a..b\"}]}}"},
    {"a selector without its name", "{\"version\": 1, \"mail\": {\"selectors\": [{}]}}"},
    {"a sub-domain of another domain",
     "{\"version\": 1, \"mail\": {\"subdomains\": [{\"domain\": \"a.other.example\"}]}}"},
    {"more failures than sessions", "{\"version\": 1, \"tls\": {\"sessions\": 1, \"failed\": 2}}"},
    {"a wish that is none", "{\"version\": 1, \"brand\": {\"wanted\": \"all\"}}"},
    {"a logo without TLS", "{\"version\": 1, \"brand\": {\"logo\": \"http://a/\"}}"},
    {"a NUL in a name", "{\"version\": 1, \"mail\": {\"sources\": [{\"name\": \"a\\u0000b\"}]}}"},
};

static void metrics_that_cannot_be_are_refused(void **state)
{
    struct assay_domain d = {.size = sizeof d, .domain = SPAN("shop.example")};

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assay_eval *eval = NULL;

        d.evidence = span_of(BAD[i].text);
        if (assay_domain_new(test_engine, &d, &eval) != ASSAY_EINVAL)
            fail_msg("%s is taken", BAD[i].claim);
    }
    d.evidence =
        SPAN("{\"version\": 1, \"other\": [1, {}], \"mail\": null, \"end\": \"2026-11-29\"}");
    {
        assay_eval *eval = NULL;

        assert_int_equal(assay_domain_new(test_engine, &d, &eval), ASSAY_DONE);
        assay_eval_free(eval);
    }
}

/* ---- docs/plan.md ---- */

/** The table of the ladder in Markdown. */
static void put_rows(struct buf *out)
{
    const struct assay_plan_row *row;

    buf_puts(out,
             "| | where the domain is | what has to be known | next | what could break | undo |\n"
             "|---|---|---|---|---|---|\n");
    for (size_t i = 0; (row = assay_plan_row_at(i)); i++) {
        const char *cells[] = {row->id,   row->state,  row->evidence,
                               row->next, row->breaks, row->undo};

        for (size_t k = 0; k < 6; k++) {
            buf_puts(out, "| ");
            buf_puts(out, cells[k]);
            buf_putc(out, ' ');
        }
        buf_puts(out, "|\n");
    }
}

/** With ASSAY_WRITE_DOCS set, print what has to stand there. */
static void the_document_has_the_table(void **state)
{
    struct buf rows = buf_new(1 << 20), document = buf_new(1 << 20);

    (void)state;
    put_rows(&rows);
    if (getenv("ASSAY_WRITE_DOCS"))
        printf("%.*s", SPAN_ARG(buf_span(&rows)));
    assert_true(test_load("docs/plan.md", &document));
    if (!span_contains(buf_span(&document), buf_span(&rows)))
        fail_msg("docs/plan.md has not the table of src/posture/plan_rows.h, which is:\n%.*s",
                 SPAN_ARG(buf_span(&rows)));
    buf_done(&rows);
    buf_done(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_has_its_next_step),
        cmocka_unit_test(there_is_no_plan_before_the_end),
        cmocka_unit_test(metrics_that_cannot_be_are_refused),
        cmocka_unit_test(the_document_has_the_table),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
