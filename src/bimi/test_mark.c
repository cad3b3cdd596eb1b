/* SPDX-License-Identifier: BSD-2-Clause */
#include "bimi/test_marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define YEAR         ((int64_t)365 * MARK_DAY)

static assay_engine *engine;
static struct arena arena;

static int make_engine(void **state)
{
    (void)state;
    return assay_engine_new(0, &engine) == ASSAY_DONE ? 0 : -1;
}

static int free_engine(void **state)
{
    (void)state;
    arena_done(&arena);
    assay_engine_free(engine);
    return 0;
}

/** Check what was made. */
static struct mark_report check(const struct marks *m)
{
    struct mark_request request = {.pem = buf_span(&m->pem),
                                   .roots = buf_span(&m->roots),
                                   .logs = buf_span(&m->logs),
                                   .selector = SPAN("default"),
                                   .record_domain = SPAN("example.com"),
                                   .author = SPAN("example.com"),
                                   .org = SPAN("example.com"),
                                   .now = MARK_NOW};
    struct mark_report r;

    assert_int_equal(mark_check(engine, &arena, &request, &r), ASSAY_DONE);
    return r;
}

/** What is not well, as text: steps, then sentences. */
static const char *told(const struct mark_report *r)
{
    static const char *const TRUTHS[] = {"no", "yes", "?"};
    static char out[8192];
    const struct {
        const char *name;
        enum mark_truth truth;
        assay_span text;
    } STEPS[] = {{"chain", r->chain, r->chain_problem},
                 {"sct", r->sct, r->sct_problem},
                 {"domain", r->domain, r->names},
                 {"logo", r->logo, r->logo_problem}};
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < COUNT(STEPS); i++)
        if (STEPS[i].truth != MARK_YES)
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%s=%s: %.*s", n ? "; " : "",
                                  STEPS[i].name, TRUTHS[STEPS[i].truth], SPAN_ARG(STEPS[i].text));
    for (size_t i = 0; i < r->nlints; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%slint: %.*s", n ? "; " : "",
                              SPAN_ARG(r->lints[i].text));
    return out;
}

/** A recipe and what is told. */
struct row {
    struct recipe recipe;
    const char *want;
};

/** Make and check each of a table. */
static void check_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct marks m;
        struct mark_report r;

        arena_rewind(&arena);
        marks_make(&rows[i].recipe, &m);
        r = check(&m);
        if (!r.is_chain || strcmp(told(&r), rows[i].want) != 0) {
            printf("row %zu\n  wanted %s\n  got    %s\n", i, rows[i].want, told(&r));
            wrong++;
        }
        marks_done(&m);
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_TABLE(rows) check_table(rows, COUNT(rows))
#define MARK(type)                    \
    {                                 \
        .subject = MARK_SUBJECT(type) \
    }

static void a_good_certificate_proves_its_logo(void **state)
{
    struct marks m;
    struct mark_report r;

    (void)state;
    marks_make(&(struct recipe){0}, &m);
    r = check(&m);
    assert_string_equal(told(&r), "");
    assert_true(span_is(r.svg, MARK_SVG));
    assert_true(r.drawing.is_svg && r.drawing.gzip && !r.drawing.nproblems);
    assert_true(span_is(r.mark_type, "Registered Mark") && !r.common && !r.pilot && !r.sha1_only);
    assert_true(span_is(r.root, "Example Mark Root, Example Authority") && !r.cut_off);
    assert_true(span_is(r.subject, "Example Ltd"));
    assert_true(span_is(r.issuer, "Example Mark CA, Example Authority"));
    assert_true(span_is(r.names, "example.com") && span_is(r.sct_log, "Example"));
    assert_true(span_is(r.crl_url, "https://crl.example/mark.crl"));
    assert_true(span_starts(r.serial, SPAN("11223344556677080102030405060")));
    assert_int_equal(r.from, MARK_NOW - 100 * MARK_DAY);
    assert_int_equal(r.to, MARK_NOW + 265 * MARK_DAY);
    marks_done(&m);
}

static void each_defect_of_a_path_is_told(void **state)
{
    static const struct row ROWS[] = {
        {{.with_root = true}, ""},
        {{.alone = true},
         "chain=no: the file holds one certificate, and its issuer is no root of marks: the chain is not"
         " complete; sct=no: its timestamp cannot be verified without the issuer's certificate"},
        {{.wrong_signature = true},
         "chain=no: a signature in the chain is wrong: a certificate was changed; sct=no: its"
         " timestamp cannot be verified without the issuer's certificate"},
        {{.issuer_to = MARK_NOW - 1},
         "chain=no: certificate 2 of the path: certificate has expired"},
        {{.issuer_no_ca = true}, "chain=no: certificate 2 of the path: invalid CA certificate"},
        {{.no_usage = true},
         "chain=no: the certificate is not for marks: its extended key usage lacks 1.3.6.1.5.5.7.3.31"},
        {{.issuer_no_usage = true},
         "chain=no: its issuer may not issue for marks: its extended key usage lacks 1.3.6.1.5.5.7.3.31"},
        {{.critical_other = true},
         "chain=no: certificate 1 of the path: unhandled critical extension"},
        {{.critical_pilot = true}, "lint: it is marked as a pilot, which ended on 2025-03-15"},
        {{.critical_pilot = true, .from = 1741996799, .to = 1741996799 + YEAR},
         ""}, /* dates are told apart */
        {{.from = MARK_NOW + MARK_DAY, .to = MARK_NOW + YEAR}, ""},
        {{.to = MARK_NOW - MARK_DAY}, ""},
    };

    (void)state;
    CHECK_TABLE(ROWS);
}

static void each_defect_of_a_timestamp_is_told(void **state)
{
    static const struct row ROWS[] = {
        {{.no_sct = true}, "sct=no: no log of certificate transparency has stamped it"},
        {{.wrong_sct = true},
         "sct=no: the signature of the log Example is wrong: the certificate is not what it saw"},
        {{.change_signed = true},
         "sct=no: the signature of the log Example is wrong: the certificate is not what it saw"},
        {{.other_log = true}, "sct=no: its timestamp is of a log that is not known"},
        {{.late_sct = true}, "sct=no: its timestamp lies in the future"},
        {{.odd_algorithm = true},
         "sct=no: its timestamp is signed by an algorithm that RFC 6962 does not have"},
    };

    (void)state;
    CHECK_TABLE(ROWS);
}

static void each_defect_of_a_logotype_is_told(void **state)
{
    static const struct row ROWS[] = {
        {{.no_sha1 = true}, ""},
        {{.no_sha256 = true}, ""},
        {{.no_sha1 = true, .no_sha256 = true},
         "logo=no: the certificate lists neither SHA-1 nor SHA-256 of the logo inside"},
        {{.wrong_sha1 = true},
         "logo=no: the SHA-1 that the certificate lists is not that of the logo inside"},
        {{.wrong_sha256 = true},
         "logo=no: the SHA-256 that the certificate lists is not that of the logo inside"},
        {{.change_logo = true},
         "logo=no: the SHA-256 that the certificate lists is not that of the logo inside"},
        {{.change_logo = true, .no_sha256 = true},
         "logo=no: the SHA-1 that the certificate lists is not that of the logo inside"},
        {{.no_logo = true}, "logo=no: the certificate has no logotype: no logo is inside"},
        {{.indirect = true},
         "logo=no: the logotype only points to a logo elsewhere; it has to hold it"},
        {{.uri = "https://example.com/logo.svg"},
         "logo=no: the logo inside is no data URI of an SVG"},
        {{.uri = "data:image/svg+xml;base64,*"},
         "logo=no: the base64 of the logo inside is damaged"},
        {{.uri = "data:image/svg+xml,<svg/>"}, "logo=no: the logo inside is no data URI of an SVG"},
        {{.media_type = "image/png"}, "logo=no: the logo inside is no data URI of an SVG"},
        {{.svg = "no drawing at all, long enough"}, "logo=no: what is inside is no SVG"},
        {{.plain = true}, "lint: the logo inside is not compressed"},
    };

    (void)state;
    CHECK_TABLE(ROWS);
}

static void a_certificate_is_for_the_names_it_has(void **state)
{
    static const struct {
        const char *names[3];
        const char *record, *author, *org, *selector;
        enum mark_truth want;
    } ROWS[] = {
        {{"example.com"}, "example.com", "example.com", "example.com", "default", MARK_YES},
        {{"EXAMPLE.com"}, "example.com", "example.com", "example.com", "default", MARK_YES},
        {{"example.com"}, "example.com", "news.example.com", "example.com", "default", MARK_YES},
        {{"example.com"},
         "news.example.com",
         "news.example.com",
         "example.com",
         "default",
         MARK_YES},
        {{"news.example.com"}, "example.com", "example.com", "example.com", "default", MARK_NO},
        {{"default._bimi.example.com"},
         "example.com",
         "example.com",
         "example.com",
         "default",
         MARK_YES},
        {{"default._bimi.example.com"},
         "example.com",
         "example.com",
         "example.com",
         "other",
         MARK_NO},
        {{"a.example", "b.example", "example.com"},
         "example.com",
         "example.com",
         "example.com",
         "default",
         MARK_YES},
        {{"*.example.com"}, "example.com", "example.com", "example.com", "default", MARK_NO},
        {{"example.com.evil.example"},
         "example.com",
         "example.com",
         "example.com",
         "default",
         MARK_NO},
        {{"example.com"}, "", "", "", "default", MARK_UNKNOWN},
        {{"xn--bcher-kva.example"},
         "xn--bcher-kva.example",
         "xn--bcher-kva.example",
         "",
         "default",
         MARK_YES},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct recipe recipe = {.names = {ROWS[i].names[0], ROWS[i].names[1], ROWS[i].names[2]}};
        struct marks m;
        struct mark_report r;
        struct mark_request request;

        marks_make(&recipe, &m);
        request = (struct mark_request){.pem = buf_span(&m.pem),
                                        .selector = span_of(ROWS[i].selector),
                                        .record_domain = span_of(ROWS[i].record),
                                        .author = span_of(ROWS[i].author),
                                        .org = span_of(ROWS[i].org),
                                        .now = MARK_NOW};
        assert_int_equal(mark_check(engine, &arena, &request, &r), ASSAY_DONE);
        if (r.domain != ROWS[i].want)
            fail_msg("row %zu: %d", i, r.domain);
        assert_int_equal(r.chain, MARK_UNKNOWN); /* no roots were given, and no logs */
        assert_int_equal(r.sct, MARK_UNKNOWN);
        marks_done(&m);
    }
}

static void what_is_outside_the_profile_is_told(void **state)
{
    static const struct row ROWS[] = {
        {{.other_usage = true}, "lint: its extended key usage names more than marks"},
        {{.no_policy = true},
         "lint: it lacks the policy of mark certificates, 1.3.6.1.4.1.53087.1.1"},
        {{.one_policy = true}, "lint: it lacks a policy of its authority"},
        {{.no_cps = true}, "lint: no policy says where its practice statement is"},
        {{.small_key = true}, "lint: its RSA key has 1024 bits; 2,048 are wanted"},
        {{.odd_curve = true}, "lint: its key is neither RSA nor of the curves P-256 and P-384"},
        {{.short_serial = true}, "lint: its serial number has 4 octets; 8 are wanted"},
        {{.from = MARK_NOW - YEAR, .to = MARK_NOW - YEAR + 825 * MARK_DAY}, ""},
        {{.from = MARK_NOW - YEAR, .to = MARK_NOW - YEAR + 826 * MARK_DAY},
         "lint: it is valid for 826 days; 825 are the most"},
        {{.pilot = true}, "lint: it is marked as a pilot, which ended on 2025-03-15"},
        {{.pilot = true, .from = 1741996800, .to = 1741996800 + YEAR},
         "lint: it is marked as a pilot, which ended on 2025-03-15"},
        {{.pilot = true, .from = 1741996799, .to = 1741996799 + YEAR}, ""},
        {{.reversed = true}, "lint: the mark certificate is not the first one in the file"},
        {{.twice = true}, "lint: a certificate stands in the file twice"},
        {MARK("Modified Registered Mark"), ""},
        {MARK("Government Mark"), "lint: the country or the citation of the statute is missing"},
        {MARK("Prior Use Mark"), "lint: it does not say where the prior use is seen"},
        {MARK("Nice Mark"), "lint: \"Nice Mark\" is no type of mark that is known"},
        {{.subject = {{"2.5.4.3", "Example Ltd"}}}, ""}, /* before 2023 there was no type */
        {{.subject = {{"1.3.6.1.4.1.53087.1.13", "Pending Registration Mark"},
                      {"1.3.6.1.4.1.311.60.2.1.1", "London"}}},
         "lint: the subject has no organization (O); lint: the subject has no street address; lint: the subject has no"
         " country (C); lint: the subject has no business category; lint: the subject has no registration number"
         " (serialNumber); lint: the subject has no country of incorporation; lint: the subject has neither a town (L)"
         " nor a state (ST); lint: the subject has a town of incorporation, but no state"},
    };

    (void)state;
    CHECK_TABLE(ROWS);
}

static void the_type_of_a_mark_tells_vmc_and_cmc_apart(void **state)
{
    static const struct {
        struct recipe recipe;
        bool common;
    } ROWS[] = {{MARK("Registered Mark"), false},
                {MARK("Government Mark"), false},
                {MARK("Prior Use Mark"), true},
                {MARK("Modified Registered Mark"), true},
                {MARK("Pending Registration Mark"), true}};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct marks m;

        marks_make(&ROWS[i].recipe, &m);
        assert_int_equal(check(&m).common, ROWS[i].common);
        marks_done(&m);
    }
}

static void a_root_may_be_cut_off_from_a_day_on(void **state)
{
    /* MARK_NOW - 100 days is 2026-08-15 */
    static const struct {
        const char *before;
        bool want;
    } ROWS[] = {{"# cut-off=2026-08-14 Some\n", true},
                {"# cut-off=2026-08-15 Some\n", false},
                {"# cut-off=2026-08-16 Some\n", false},
                {"# cut-off=never\n", false},
                {"# cut off\n", false}};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct marks m;
        struct mark_report r;

        marks_make(&(struct recipe){.before = ROWS[i].before}, &m);
        r = check(&m);
        assert_int_equal(r.chain, MARK_YES);
        assert_int_equal(r.cut_off, ROWS[i].want);
        assert_true(!r.cut_off || span_is(r.cut_off_text, "2026-08-14 Some"));
        marks_done(&m);
    }
}

static void a_revocation_list_is_of_the_issuer_and_in_time(void **state)
{
    static const struct {
        struct recipe recipe;
        enum mark_truth want;
    } ROWS[] = {{{0}, MARK_NO},
                {{.revoked = true}, MARK_YES},
                {{.revoked = true, .reversed = true}, MARK_YES},
                {{.revoked = true, .other_crl = true}, MARK_UNKNOWN},
                {{.revoked = true, .old_crl = true}, MARK_UNKNOWN},
                {{.revoked = true, .whole_crl_not = true}, MARK_UNKNOWN},
                {{.revoked = true, .alone = true}, MARK_UNKNOWN}};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        enum mark_truth got = MARK_YES;
        struct marks m;

        marks_make(&ROWS[i].recipe, &m);
        assert_int_equal(mark_revoked(engine, buf_span(&m.pem), buf_span(&m.crl), MARK_NOW, &got),
                         ASSAY_DONE);
        if (got != ROWS[i].want)
            fail_msg("row %zu: %d", i, got);
        m.crl.p[m.crl.n / 2] ^= 1;
        assert_int_equal(mark_revoked(engine, buf_span(&m.pem), buf_span(&m.crl), MARK_NOW, &got),
                         ASSAY_DONE);
        assert_int_equal(got, MARK_UNKNOWN);
        assert_int_equal(mark_revoked(engine, buf_span(&m.pem), SPAN("<html>"), MARK_NOW, &got),
                         ASSAY_DONE);
        assert_int_equal(got, MARK_UNKNOWN);
        marks_done(&m);
    }
}

static void what_is_no_chain_is_told(void **state)
{
    static const struct {
        const char *pem, *problem;
    } ROWS[] = {
        {"", "it is empty"},
        {"<svg/>", "it is a page or a picture, no certificate in PEM"},
        {"0\x82\x01", "it is DER; PEM is wanted"},
        {"hello", "there is no certificate in PEM"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
         "there is a PEM block, but no certificate that can be read"},
        {"-----BEGIN CERTIFICATE-----\nMIIB",
         "there is a PEM block, but no certificate that can be read"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
         "there is a PEM block, but no certificate that can be read"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct mark_request request = {.pem = span_of(ROWS[i].pem), .selector = SPAN("default")};
        struct mark_report r;

        assert_int_equal(mark_check(engine, &arena, &request, &r), ASSAY_DONE);
        assert_false(r.is_chain);
        assert_string_equal(r.problem, ROWS[i].problem);
    }
}

static void every_octet_of_a_certificate_counts(void **state)
{
    struct marks m;
    unsigned char *der = NULL;
    int n;

    (void)state;
    marks_make(&(struct recipe){0}, &m);
    n = i2d_X509(m.leaf, &der);
    for (int i = 0; i < n; i += 7) {
        struct buf pem = buf_new(MARK_OUT);
        struct mark_request request = {.roots = buf_span(&m.roots),
                                       .logs = buf_span(&m.logs),
                                       .selector = SPAN("default"),
                                       .record_domain = SPAN("example.com"),
                                       .now = MARK_NOW};
        struct mark_report r;

        arena_rewind(&arena);
        der[i] ^= 0x04;
        buf_puts(&pem, "-----BEGIN CERTIFICATE-----\n");
        put_base64(&pem, (assay_span){(const char *)der, (size_t)n});
        buf_puts(&pem, "\n-----END CERTIFICATE-----\n");
        put_pem(&pem, m.issuer, false);
        request.pem = buf_span(&pem);
        assert_int_equal(mark_check(engine, &arena, &request, &r), ASSAY_DONE);
        if (r.is_chain && r.chain == MARK_YES)
            fail_msg("octet %d", i);
        der[i] ^= 0x04;
        buf_done(&pem);
    }
    OPENSSL_free(der);
    marks_done(&m);
}

static void logos_are_compared_but_for_line_ends(void **state)
{
    (void)state;
    assert_true(mark_same_logo(SPAN("a\nb"), SPAN("a\r\nb")));
    assert_true(mark_same_logo(SPAN("a\rb\n"), SPAN("a\nb\r\n")));
    assert_true(mark_same_logo(SPAN_EMPTY, SPAN_EMPTY));
    assert_false(mark_same_logo(SPAN("a\n\nb"), SPAN("a\r\nb")));
    assert_false(mark_same_logo(SPAN("a"), SPAN("ab")));
    assert_false(mark_same_logo(SPAN("a\n"), SPAN("a")));
    assert_false(mark_same_logo(SPAN("\xFF"), SPAN_EMPTY));
}

/* ---- the files of cases ---- */

/** Write a file. */
static void write_file(const char *folder, const char *name, assay_span octets)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "wb");
    if (!file || fwrite(octets.p, 1, octets.n, file) != octets.n || fclose(file) != 0)
        abort();
}

/** `bimi-test_mark write src/posture/cases/bimi`: certificates for the cases of posture. Their keys are kept nowhere. */
static int write_files(const char *folder)
{
    static const struct {
        const char *name;
        struct recipe recipe;
        const char *crl; /**< its name; NULL: none */
    } FILES[] = {
        {"mark.pem", {0}, "mark.crl"},
        {"common.pem", MARK("Modified Registered Mark"), NULL},
        {"revoked.pem", {.revoked = true}, "revoked.crl"},
        {"alone.pem", {.alone = true}, NULL},
        {"other.pem", {.names = {"other.example", "www.other.example"}}, NULL},
        {"no-logo.pem", {.no_logo = true}, NULL},
        {"wrong-hash.pem", {.wrong_sha256 = true}, NULL},
        {"no-stamp.pem", {.no_sct = true}, NULL},
        {"wrong-stamp.pem", {.wrong_sct = true}, NULL},
        {"no-crl.pem", {.no_crl = true}, NULL},
        {"plain-crl.pem", {.plain_crl = true}, NULL},
        {"profile.pem", MARK("Nice Mark"), NULL},
    };

    for (size_t i = 0; i < COUNT(FILES); i++) {
        struct marks m;

        marks_make(&FILES[i].recipe, &m);
        write_file(folder, FILES[i].name, buf_span(&m.pem));
        if (FILES[i].crl)
            write_file(folder, FILES[i].crl, buf_span(&m.crl));
        if (i == 0) {
            write_file(folder, "roots.pem", buf_span(&m.roots));
            write_file(folder, "logs", buf_span(&m.logs));
            write_file(folder, "logo.svg", SPAN(MARK_SVG));
        }
        marks_done(&m);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_certificate_proves_its_logo),
        cmocka_unit_test(each_defect_of_a_path_is_told),
        cmocka_unit_test(each_defect_of_a_timestamp_is_told),
        cmocka_unit_test(each_defect_of_a_logotype_is_told),
        cmocka_unit_test(a_certificate_is_for_the_names_it_has),
        cmocka_unit_test(what_is_outside_the_profile_is_told),
        cmocka_unit_test(the_type_of_a_mark_tells_vmc_and_cmc_apart),
        cmocka_unit_test(a_root_may_be_cut_off_from_a_day_on),
        cmocka_unit_test(a_revocation_list_is_of_the_issuer_and_in_time),
        cmocka_unit_test(what_is_no_chain_is_told),
        cmocka_unit_test(every_octet_of_a_certificate_counts),
        cmocka_unit_test(logos_are_compared_but_for_line_ends),
    };

    if (argc == 3 && strcmp(argv[1], "write") == 0)
        return write_files(argv[2]);
    return cmocka_run_group_tests(tests, make_engine, free_engine);
}
