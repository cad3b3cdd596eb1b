/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/baseline.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "cli/expect.h"
#include "cli/test_posture.h"

#include "base/json_read.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <expat.h>

enum { TEXT_MAX = 4 << 20 };

/** A report of the posture of test_posture.h. */
struct made {
    struct test_posture t;
    struct check_report r;
    struct arena arena;
    struct baseline *baseline;
    struct expect *expect;
};

/** Make a report. */
static void make(struct made *m, const char *baseline_text, const char *expect_text)
{
    struct expect_error error;
    const char *why;

    memset(m, 0, sizeof *m);
    test_posture(&m->t);
    m->r = (struct check_report){.asked = "b\xC3\xBC"
                                          "cher.example",
                                 .posture = &m->t.p,
                                 .took = 1840,
                                 .too_little = SPAN_EMPTY,
                                 .error = SPAN_EMPTY,
                                 .expect_file = expect_text ? "want" : NULL};
    if (baseline_text)
        assert_int_equal(baseline_read(span_of(baseline_text), &m->baseline, &why), ASSAY_DONE);
    if (expect_text && expect_read(span_of(expect_text), &m->expect, &error) != ASSAY_DONE)
        fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
    assert_int_equal(check_judge(&m->r, NULL, ASSAY_ERROR, m->baseline, m->expect, &m->arena),
                     ASSAY_DONE);
}

/** Give it back. */
static void made_done(struct made *m)
{
    baseline_free(m->baseline);
    expect_free(m->expect);
    arena_done(&m->arena);
}

/** Write a report, and one of a domain that could not be looked at. */
static void write(const struct check_writer *w, const struct check_report *r, unsigned width,
                  bool verbose, struct buf *out)
{
    struct check_report bad = {.asked = "-.example",
                               .error = SPAN("it is no domain name"),
                               .status = EXIT_USAGE,
                               .too_little = SPAN_EMPTY,
                               .took = -1};
    struct check_output o = {.writer = w,
                             .term = {.utf8 = true, .width = width},
                             .verbose = verbose,
                             .fail_on = ASSAY_ERROR,
                             .total = 2,
                             .out = buf_new(TEXT_MAX)};

    if (w->begin)
        w->begin(&o);
    w->one(&o, r);
    o.done++;
    w->one(&o, &bad);
    o.done++;
    if (w->end)
        w->end(&o);
    assert_int_equal(o.out.status, ASSAY_DONE);
    arena_done(&o.arena);
    *out = o.out;
}

/** Nothing in a text disturbs a terminal or a reader. */
static void must_be_harmless(const char *name, assay_span text)
{
    assay_span rest = text;

    assert_true(utf8_ok(text));
    while (rest.n) {
        uint32_t code;
        size_t n = utf8_next(rest, &code);

        if (code != '\n' && code != '\r' && utf8_harmful(code))
            fail_msg("%s: U+%04X at %zu", name, code, (size_t)(rest.p - text.p));
        rest = span_from(rest, n);
    }
}

/** The text has the piece. */
static void must_have(const char *name, assay_span text, const char *piece)
{
    if (!span_contains(text, span_of(piece)))
        fail_msg("%s has no \"%s\":\n%.*s", name, piece, SPAN_ARG(span_first(text, 4000)));
}

/** And not this one. */
static void must_lack(const char *name, assay_span text, const char *piece)
{
    if (span_contains(text, span_of(piece)))
        fail_msg("%s has \"%s\"", name, piece);
}

/* ---- for people ---- */

static void a_report_fits_its_terminal(void **state)
{
    static const unsigned WIDTHS[] = {30, 59, 60, 80, 120, 200};
    struct made m;

    (void)state;
    make(&m, NULL, NULL);
    for (size_t i = 0; i < sizeof WIDTHS / sizeof *WIDTHS; i++)
        for (int verbose = 0; verbose < 2; verbose++) {
            struct buf out;
            assay_span rest, line;

            write(&CHECK_SHOW, &m.r, WIDTHS[i], verbose, &out);
            must_be_harmless("text", buf_span(&out));
            rest = buf_span(&out);
            for (size_t k = 0; span_line(&rest, &line); k++)
                if (k && term_columns(line) > WIDTHS[i] && !span_contains(line, SPAN("  xn--")) &&
                    !span_contains(line, SPAN("SPF-SYNTAX")) &&
                    !span_contains(line, SPAN("MX-PTR")) && WIDTHS[i] > 59)
                    fail_msg("%u columns: \"%.*s\"", WIDTHS[i], SPAN_ARG(line));
            if (getenv("SHOW") && WIDTHS[i] == 80)
                printf("%.*s\n", SPAN_ARG(buf_span(&out)));
            buf_done(&out);
        }
    made_done(&m);
}

static void the_short_report_says_what_to_do_first(void **state)
{
    struct made m;
    struct buf out;
    assay_span text, rest, line;
    size_t lines = 0;

    (void)state;
    make(&m, NULL, NULL);
    write(&CHECK_SHOW, &m.r, 200, false, &out);
    text = rest = buf_span(&out);
    must_have("text", text,
              "b\xC3\xBC"
              "cher.example   74 C? (63\xE2\x80\x93"
              "78, confidence 85 %)");
    must_have("text", text, "sends and receives mail (inferred)");
    must_have("text", text, "1.8 s, 41 questions");
    must_have(
        "text", text,
        "First  Leave out what sends no mail.  (SPF-LOOKUPS)\n         xn--bcher-kva.example  TXT\n");
    must_have("text", text, "MX reports.example: TIMEOUT: DMARC-RUA-NO-MX, DMARC-RUA-EXTERNAL");
    must_have("text", text,
              "p=quarantine of _dmarc.b\xC3\xBC"
              "cher.example for receivers by RFC 9989; no policy for receivers by RFC 7489");
    while (span_line(&rest, &line))
        lines++;
    assert_in_range(lines, 10, 60); /* readable in a minute */
    buf_done(&out);
    made_done(&m);
}

/* ---- for programs ---- */

static void json_is_json_and_has_every_finding(void **state)
{
    struct made m;
    struct buf out;
    struct json_value all, domains, one, findings, f;
    size_t at = 0, n = 0;

    (void)state;
    make(&m, NULL, NULL);
    write(&CHECK_JSON, &m.r, 80, false, &out);
    must_be_harmless("json", buf_span(&out));
    assert_true(json_read(buf_span(&out), &all));
    assert_true(json_member(&all, "domains", &domains));
    assert_true(json_next(&domains, &at, &one));
    assert_true(json_member(&one, "findings", &findings));
    for (size_t k = 0; json_next(&findings, &k, &f);)
        n++;
    assert_int_equal(n, m.t.p.nfindings);
    assert_true(json_next(&domains, &at, &one));
    assert_true(json_member(&one, "error", &f));
    buf_done(&out);
    write(&CHECK_JSONL, &m.r, 80, false, &out);
    for (assay_span rest = buf_span(&out), line; span_line(&rest, &line);)
        assert_true(!line.n || json_read(line, &all));
    buf_done(&out);
    made_done(&m);
}

static void sarif_points_to_the_record(void **state)
{
    struct made m;
    struct buf out;
    struct json_value all;

    (void)state;
    make(&m, NULL, NULL);
    write(&CHECK_SARIF, &m.r, 80, true, &out);
    must_be_harmless("sarif", buf_span(&out));
    assert_true(json_read(buf_span(&out), &all));
    must_have("sarif", buf_span(&out), "\"version\":\"2.1.0\"");
    must_have("sarif", buf_span(&out), "\"uri\":\"dns:xn--bcher-kva.example?type=TXT\"");
    must_have(
        "sarif", buf_span(&out),
        "\"startLine\":1,\"startColumn\":8,\"endColumn\":30,\"charOffset\":7,\"charLength\":22,\"snippet\":{\"text\":\"include:_spf.a.example\"}");
    must_have("sarif", buf_span(&out), "\"ruleId\":\"SPF-LOOKUPS\"");
    buf_done(&out);
    made_done(&m);
}

/** Stops at what is no XML. */
static bool is_xml(assay_span text)
{
    XML_Parser p = XML_ParserCreate("UTF-8");
    bool ok = XML_Parse(p, text.p, (int)text.n, 1) == XML_STATUS_OK;

    if (!ok)
        printf("line %lu: %s\n", XML_GetCurrentLineNumber(p), XML_ErrorString(XML_GetErrorCode(p)));
    XML_ParserFree(p);
    return ok;
}

static void junit_is_xml_whatever_records_hold(void **state)
{
    struct made m;
    struct buf out;

    (void)state;
    make(&m, NULL, "score >= 90\nconfidence >= 10\n");
    write(&CHECK_JUNIT, &m.r, 80, false, &out);
    must_be_harmless("junit", buf_span(&out));
    assert_true(is_xml(buf_span(&out)));
    must_have("junit", buf_span(&out), "<failure type=\"error\"");
    must_have("junit", buf_span(&out), "<skipped message=\"not known: ");
    must_have("junit", buf_span(&out), "name=\"want:1: score &gt;= 90\"");
    must_lack("junit", buf_span(&out), "<script");
    buf_done(&out);
    made_done(&m);
}

static void nothing_in_a_record_becomes_markup(void **state)
{
    struct made m;
    struct buf out;

    (void)state;
    make(&m, NULL, NULL);
    write(&CHECK_HTML, &m.r, 80, false, &out);
    must_be_harmless("html", buf_span(&out));
    must_lack("html", buf_span(&out), "<script");
    must_lack("html", buf_span(&out), "\" onmouseover");
    must_lack("html", buf_span(&out), "http://");
    must_have("html", buf_span(&out), "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
    must_have("html", buf_span(&out), "<mark>include:_spf.a.example</mark>");
    must_have("html", buf_span(&out), "default-src 'none'");
    must_have("html", buf_span(&out), "<ins>+ version: STSv1</ins>\n<ins>+ mode: testing</ins>\n");
    buf_done(&out);
    write(&CHECK_MARKDOWN, &m.r, 80, false, &out);
    must_be_harmless("markdown", buf_span(&out));
    must_lack("markdown", buf_span(&out), "\n+next");
    must_have("markdown", buf_span(&out), "&lt;script&gt;");
    must_have("markdown", buf_span(&out), "+ version: STSv1\n+ mode: testing\n");
    must_have("markdown", buf_span(&out), "````diff"); /* longer than any fence in the record */
    buf_done(&out);
    made_done(&m);
}

/** The check of an id. */
static const struct assay_check_kind *kind_of(const char *id)
{
    const struct assay_check_kind *kind = NULL;

    for (size_t i = 0; (kind = assay_check_kind_at(i)) && strcmp(kind->id, id) != 0; i++)
        ;
    assert_non_null(kind);
    return kind;
}

static void what_our_own_texts_mark_as_code_is_code(void **state)
{
    struct made m;
    struct buf out;
    size_t i = 0;

    (void)state;
    make(&m, NULL, NULL);
    while (m.t.findings[i].outcome < ASSAY_NOTICE)
        i++;
    m.t.findings[i].kind = kind_of("TLSRPT-RECORD-WSP");
    m.t.findings[i].text = SPAN("theirs is `v=x`");
    write(&CHECK_MARKDOWN, &m.r, 80, false, &out);
    must_have("markdown", buf_span(&out), "some senders look for ` v=TLSRPTv1; ` exactly");
    must_have("markdown", buf_span(&out), "theirs is \\`v=x\\`");
    buf_done(&out);
    made_done(&m);
}

/** The cells of a line of CSV, as a reader by RFC 4180 sees them. */
static size_t csv_cells(assay_span line, bool *ret_formula)
{
    size_t n = 0, i = 0;

    while (i < line.n) {
        assert_int_equal(line.p[i], '"');
        *ret_formula |= i + 1 < line.n && strchr("=+-@", line.p[i + 1]) && line.p[i + 1];
        for (i++; i < line.n && !(line.p[i] == '"' && (i + 1 == line.n || line.p[i + 1] == ','));
             i++)
            if (line.p[i] == '"')
                i++;
        n++;
        i += 2;
    }
    return n;
}

static void no_cell_is_a_formula(void **state)
{
    struct made m;
    struct buf out;
    bool formula = false;
    size_t lines = 0;

    (void)state;
    make(&m, NULL, NULL);
    write(&CHECK_CSV, &m.r, 80, true, &out);
    must_be_harmless("csv", buf_span(&out));
    for (assay_span rest = buf_span(&out), line; span_line(&rest, &line); lines++)
        if (line.n)
            assert_int_equal(csv_cells(line, &formula), 18);
    assert_false(formula);
    assert_int_equal(lines, m.t.p.nfindings + 2); /* the head, and the domain that is none */
    buf_done(&out);
    made_done(&m);
}

/* ---- --baseline ---- */

static void a_baseline_leaves_only_what_changed(void **state)
{
    static const char FORMER[] =
        "{\"version\":1,\"domains\":[{\"domain\":\"other.example\",\"findings\":[{\"id\":\"SPF-REACH\",\"subject\":"
        "\"xn--bcher-kva.example\",\"outcome\":\"warning\"}]},{\"domain\":\"xn--bcher-kva.example\",\"findings\":["
        "{\"id\":\"SPF-LOOKUPS\",\"subject\":\"xn--bcher-kva.example\",\"outcome\":\"error\"},"
        "{\"id\":\"MTASTS-MODE\",\"subject\":\"xn--bcher-kva.example\",\"outcome\":\"notice\"},"
        "{\"id\":\"DMARC-RUA-NO-MX\",\"subject\":\"reports.example\",\"outcome\":\"error\"},"
        "{\"id\":\"TLSRPT-MISSING\",\"subject\":\"xn--bcher-kva.example\",\"outcome\":\"notice\"},"
        "{\"id\":\"MX-PTR\",\"subject\":\"mx1.xn--bcher-kva.example\",\"outcome\":\"notice\"},"
        "{\"id\":\"SPF-MISSING\",\"subject\":\"xn--bcher-kva.example\",\"outcome\":\"pass\"}]}]}";
    struct made m;
    struct buf out;
    size_t added = 0;

    (void)state;
    make(&m, FORMER, NULL);
    assert_true(m.r.compared);
    assert_false(m.r.is_new);
    for (size_t i = 0; i < m.t.p.nfindings; i++)
        added += (m.r.marks[i] & MARK_ADDED) != 0;
    assert_int_equal(added, m.r.added);
    assert_int_equal(m.r.added, 6); /* REACH SYNTAX SP-WEAK CERT MODE BIMI */
    assert_int_equal(m.r.sustained, 35);
    assert_int_equal(m.r.ngone,
                     3); /* MODE as a notice, TLSRPT, and RUA-NO-MX of which nobody can tell */
    for (size_t i = 0; i < m.r.ngone; i++)
        assert_int_equal(m.r.gone[i].unclear, span_is(m.r.gone[i].id, "DMARC-RUA-NO-MX"));
    assert_int_equal(m.r.status, EXIT_FAILS);
    write(&CHECK_SHOW, &m.r, 100, false, &out);
    must_have("text", buf_span(&out), "removed  TLSRPT-MISSING");
    must_have("text", buf_span(&out), "not known now  DMARC-RUA-NO-MX");
    must_lack("text", buf_span(&out), "SPF-LOOKUPS");
    buf_done(&out);
    made_done(&m);
}

static void a_report_is_its_own_baseline(void **state)
{
    static const struct check_writer *const WRITERS[] = {&CHECK_JSON, &CHECK_JSONL};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct made m, again;
        struct buf out;

        make(&m, NULL, NULL);
        write(WRITERS[i], &m.r, 80, false, &out);
        buf_putc(&out, '\0');
        make(&again, out.p, NULL);
        assert_int_equal(again.r.added, 1); /* the subject whose octets are no text */
        assert_int_equal(again.r.ngone, 1);
        buf_done(&out);
        made_done(&m);
        made_done(&again);
    }
}

static void what_is_no_report_is_no_baseline(void **state)
{
    static const char *const TEXTS[] = {"",
                                        "{}",
                                        "[]",
                                        "x",
                                        "{\"domains\":[{}]}",
                                        "{\"domain\":\"a\"}",
                                        "{\"domain\":\"a\",\"findings\":[{\"id\":\"X\"}]}",
                                        "{\"domain\":\"a\",\"findings\":3}"};

    (void)state;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        struct baseline *b = NULL;
        const char *why = NULL;

        if (baseline_read(span_of(TEXTS[i]), &b, &why) != ASSAY_EINVAL || !why)
            fail_msg("%s", TEXTS[i]);
    }
}

/* ---- --expect ---- */

static void expectations_are_held_against_the_domain(void **state)
{
    static const struct {
        const char *text, *missed; /* what it is; "": it holds; "?": nobody can tell */
    } TABLE[] = {
        {"score >= 74", ""},
        {"score >= 75", "74"},
        {"score > 73  # drift", ""},
        {"grade >= C", ""},
        {"grade >= B", "C"},
        {"confidence < 90", ""},
        {"profile = mail", ""},
        {"profile != mail", "mail"},
        {"spf.lookups <= 8", "11"},
        {"dmarc.policy = quarantine", ""},
        {"dmarc.policy = reject", "quarantine"},
        {"dmarc.policy.7489 = missing", ""},
        {"mtasts.mode = enforce", "testing"},
        {"phase.auth >= 3", ""},
        {"phase.transport >= 3", "1"},
        {"errors = 0", "3"},
        {"finding SPF-REACH = warning", ""},
        {"finding spf-reach = none", "warning"},
        {"finding SPF-MISSING = pass", ""},
        {"finding SPF-MISSING = none", ""},
        {"finding SPF-VOID = none", ""},
        {"finding DMARC-RUA-NO-MX = pass", "?"},
        {"finding DMARC-RUA-NO-MX = unknown", ""},
        {"finding SPF-REACH other.example = warning", "none"},
        {"[other.example]\nscore >= 100", ""},
        {"[B\xC3\xBC"
         "cher.example]\nscore >= 100",
         "74"},
    };
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        struct made m;
        assay_span got;

        make(&m, NULL, TABLE[i].text);
        got = !m.r.nmissed ? SPAN_EMPTY : m.r.missed[0].unknown ? SPAN("?") : m.r.missed[0].got;
        if (!span_is(got, TABLE[i].missed)) {
            printf("%s: wanted \"%s\", got \"%.*s\"\n", TABLE[i].text, TABLE[i].missed,
                   SPAN_ARG(got));
            wrong++;
        }
        made_done(&m);
    }
    assert_int_equal(wrong, 0);
}

static void what_is_accepted_does_not_fail_until_its_day(void **state)
{
    static const char *const ACCEPT =
        "finding SPF-LOOKUPS = accepted\nfinding SPF-SYNTAX = accepted\n"
        "finding MTASTS-CERT mta-sts.xn--bcher-kva.example = accepted until ";
    static const struct {
        const char *until;
        int status;
    } TABLE[] = {{"2027-01-01", EXIT_ACCEPT}, {"2026-01-01", EXIT_FAILS}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct made m;
        char text[512];

        snprintf(text, sizeof text, "%s%s\n", ACCEPT, TABLE[i].until);
        make(&m, NULL, text);
        assert_int_equal(m.r.status, TABLE[i].status);
        made_done(&m);
    }
}

static void a_wrong_expectation_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *want;
    } TABLE[] = {
        {"\n  scor >= 3", "2:3: nothing is known of \"scor\"; did you mean \"score\"?"},
        {"score 3", "1:7: here stands one of = != <= >= < >, not \"3\""},
        {"score >= many", "1:10: \"score\" is compared with a number, not \"many\""},
        {"score >= 3 4", "1:12: nothing may follow here: \"4\""},
        {"dmarc.policy >= none", "1:14: \"dmarc.policy\" is a word: compare it by = or !="},
        {"dmarc.policy = rejekt",
         "1:16: \"dmarc.policy\" is one of: none quarantine reject missing; not \"rejekt\""},
        {"finding SPF-NONSENSE = pass",
         "1:9: there is no check \"SPF-NONSENSE\"; docs/findings.md lists them"},
        {"finding SPF-REACH = fine",
         "1:21: an outcome is one of: pass unknown notice warning error none accepted; not \"fine\""},
        {"finding SPF-REACH = accepted till 2027",
         "1:30: behind \"accepted\" stands `until DATE`, or nothing"},
        {"finding SPF-REACH = accepted until soon",
         "1:36: \"soon\" is no date, such as 2027-01-01"},
        {"[a..b]", "1:2: \"a..b\" is no domain name"},
        {"[", "1:1: a section is [DOMAIN]"},
    };
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        struct expect *e = NULL;
        struct expect_error error = {0};
        char got[320];
        assay_status s = expect_read(span_of(TABLE[i].text), &e, &error);

        snprintf(got, sizeof got, "%zu:%zu: %s", error.line, error.column, error.text);
        if (s != ASSAY_EINVAL || strcmp(got, TABLE[i].want) != 0) {
            printf("%s\n  wanted %s\n  got    %s\n", TABLE[i].text, TABLE[i].want, got);
            wrong++;
        }
        if (s == ASSAY_DONE)
            expect_free(e);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_fits_its_terminal),
        cmocka_unit_test(the_short_report_says_what_to_do_first),
        cmocka_unit_test(json_is_json_and_has_every_finding),
        cmocka_unit_test(sarif_points_to_the_record),
        cmocka_unit_test(junit_is_xml_whatever_records_hold),
        cmocka_unit_test(nothing_in_a_record_becomes_markup),
        cmocka_unit_test(what_our_own_texts_mark_as_code_is_code),
        cmocka_unit_test(no_cell_is_a_formula),
        cmocka_unit_test(a_baseline_leaves_only_what_changed),
        cmocka_unit_test(a_report_is_its_own_baseline),
        cmocka_unit_test(what_is_no_report_is_no_baseline),
        cmocka_unit_test(expectations_are_held_against_the_domain),
        cmocka_unit_test(what_is_accepted_does_not_fail_until_its_day),
        cmocka_unit_test(a_wrong_expectation_is_told_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
