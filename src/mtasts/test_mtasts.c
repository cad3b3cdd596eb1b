/* SPDX-License-Identifier: BSD-2-Clause */
/* Records and policies of MTA-STS are read as RFC 8461 3 writes them; what is wrong is told apart. */
#include "mtasts/mtasts.h"

#include "dns/rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- records ---- */

/** A TXT answer of up to three records, and what is found. `where` and `reason` of a fault. */
static const struct {
    const char *texts[3];
    enum mtasts_found found;
    const char *id, *reason, *where;
    bool space;
} RECORDS[] = {
    /* the record of RFC 8461 appendix A */
    {{"v=STSv1; id=20160831085700Z;"}, MTASTS_RECORD_ONE, "20160831085700Z", "", "", false},
    {{"v=STSv1;id=1"}, MTASTS_RECORD_ONE, "1", "", "", false},
    {{"v=STSv1 ; id=1 ;"}, MTASTS_RECORD_ONE, "1", "", "", true},
    {{"v=STSv1; x=y; id=a; z.1=!"}, MTASTS_RECORD_ONE, "a", "", "", false},
    {{"v=STSv1; id=12345678901234567890123456789012"},
     MTASTS_RECORD_ONE,
     "12345678901234567890123456789012",
     "",
     "",
     false},
    {{"v=STSv1; id=a; id=b"}, MTASTS_RECORD_ONE, "a", "", "", false},
    {{"google-site=x", "v=STSv1; id=a", "v=spf1 -all"}, MTASTS_RECORD_ONE, "a", "", "", false},
    {{"v=STSv1; id=a", "V=stsv1; id=b"}, MTASTS_RECORD_ONE, "a", "", "", false},
    {{"v=spf1 -all"}, MTASTS_RECORD_NONE, "", "", "", false},
    {{"v=STSv2; id=a"}, MTASTS_RECORD_NONE, "", "", "", false},
    {{"v=STSv1; id=a", "v=STSv1; id=b"}, MTASTS_RECORD_SEVERAL, "a", "", "", false},
    {{"v=STSv1; id=a", "v=STSv1"}, MTASTS_RECORD_SEVERAL, NULL, NULL, NULL, false},
    {{"v=STSv1"}, MTASTS_RECORD_SYNTAX, "", "id", "v=STSv1", false},
    {{"v=STSv1;"}, MTASTS_RECORD_SYNTAX, "", "id", "v=STSv1;", false},
    {{"v=STSv1; id="}, MTASTS_RECORD_SYNTAX, "", "id", "id=", false},
    {{"v=STSv1; ID=a"}, MTASTS_RECORD_SYNTAX, "", "id", "v=STSv1; ID=a", false},
    {{"v=STSv1; id=2026-11-23"}, MTASTS_RECORD_SYNTAX, "", "id", "id=2026-11-23", false},
    {{"v=STSv1; id=123456789012345678901234567890123"},
     MTASTS_RECORD_SYNTAX,
     "",
     "id",
     "id=123456789012345678901234567890123",
     false},
    {{"v=STSv1 id=a;"}, MTASTS_RECORD_SYNTAX, "", "field", "id=a;", false},
    {{"v=STSv1; id=a;; x=y"}, MTASTS_RECORD_SYNTAX, "a", "field", ";", false},
    {{"v=STSv1; id=a; note=two words"},
     MTASTS_RECORD_SYNTAX,
     "a",
     "field",
     "note=two words",
     false},
    {{"v=STSv1; id=a; note"}, MTASTS_RECORD_SYNTAX, "a", "field", "note", false},
    {{"v=STSv1; id=a "}, MTASTS_RECORD_SYNTAX, "a", "field", " ", false},
    {{"V=STSv1; id=a"}, MTASTS_RECORD_SYNTAX, "", "version", "V=STSv1", false},
    {{"v = STSv1; id=a"}, MTASTS_RECORD_SYNTAX, "", "version", "v = STSv1", false},
};

/** A TXT fact of texts, each in strings of 255 octets at most. */
static assay_fact *txt_fact(const char *const texts[3])
{
    struct buf rdata[3];
    assay_span data[3];
    struct assay_answer answer = {.size = sizeof answer, .how = ASSAY_OK, .data = data};
    assay_fact *fact = NULL;

    for (; answer.n < 3 && texts[answer.n]; answer.n++) {
        assay_span rest = span_of(texts[answer.n]);
        struct buf *b = &rdata[answer.n];

        *b = buf_new(4096);
        do {
            assay_span piece = span_first(rest, 7); /* strings are joined without blanks */

            buf_putc(b, (char)piece.n);
            buf_put(b, piece);
            rest = span_from(rest, piece.n);
        } while (rest.n);
        data[answer.n] = buf_span(b);
    }
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &answer, &fact), ASSAY_DONE);
    for (size_t i = 0; i < answer.n; i++)
        buf_done(&rdata[i]);
    return fact;
}

static void the_one_record_is_found_and_its_fault_told(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(RECORDS); i++) {
        assay_fact *fact = txt_fact(RECORDS[i].texts);
        const struct mtasts_record *r = NULL;
        bool ok;

        assert_int_equal(mtasts_record_of(fact, &r), ASSAY_DONE);
        ok = r->found == RECORDS[i].found;
        if (ok && RECORDS[i].id)
            ok = span_is(r->id, RECORDS[i].id) && span_is(r->where, RECORDS[i].where) &&
                 span_is(span_of(r->reason), RECORDS[i].reason) && r->space == RECORDS[i].space &&
                 !r->problem == !*RECORDS[i].reason;
        if (!ok) {
            printf("  \"%s\": found %d, id %.*s, %s, \"%.*s\"\n", RECORDS[i].texts[0], r->found,
                   SPAN_ARG(r->id), r->reason ? r->reason : "", SPAN_ARG(r->where));
            wrong++;
        }
        assay_fact_free(fact);
    }
    assert_int_equal(wrong, 0);
}

/* ---- policies ---- */

#define HEAD "version: STSv1\nmode: enforce\nmax_age: 604800\n"

/** A policy and its faults as `line:reason`, parted by blanks. */
static const struct {
    const char *name, *text, *faults;
    enum mtasts_mode mode;
    size_t nmx;
    const char *duplicate;
} POLICIES[] = {
    {"that of RFC 8461 appendix A",
     "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
     "mx: mx.backup-example.com\r\nmax_age: 1296000\r\n",
     "", MTASTS_TESTING, 3, ""},
    {"LF, no last line end", HEAD "mx: *.shop.example", "", MTASTS_ENFORCE, 1, ""},
    {"blanks behind values and none behind colons",
     "version:STSv1 \nmode:\t enforce\t\nmax_age:0\nmx:a\n", "", MTASTS_ENFORCE, 1, ""},
    {"none needs no mx", "version: STSv1\nmode: none\nmax_age: 0\n", "", MTASTS_NONE, 0, ""},
    {"unknown keys are ignored", HEAD "mx: a.example\nx-note: two words, \xc3\xa9\n", "",
     MTASTS_ENFORCE, 1, ""},
    {"empty lines at the end", HEAD "mx: a.example\n\n\n", "", MTASTS_ENFORCE, 1, ""},
    {"ten digits", "version: STSv1\nmode: enforce\nmax_age: 9999999999\nmx: a.example", "",
     MTASTS_ENFORCE, 1, ""},
    {"the first of a key counts", HEAD "mode: rubbish\nmx: a.example\n", "", MTASTS_ENFORCE, 1,
     "mode"},
    {"unknown keys stand twice, too", HEAD "mx: a.example\nx: 1\nx: 2\n", "", MTASTS_ENFORCE, 1,
     "x"},
    {"nothing", "", "0:version 0:mode 0:max_age 0:mx-absent", MTASTS_NO_MODE, 0, ""},
    {"a web page", "<html>\n", "1:line 0:version 0:mode 0:max_age 0:mx-absent", MTASTS_NO_MODE, 0,
     ""},
    {"no mx", HEAD, "0:mx-absent", MTASTS_ENFORCE, 0, ""},
    {"another version", "version: STSv2\nmode: enforce\nmax_age: 1\nmx: a\n", "1:version",
     MTASTS_ENFORCE, 1, ""},
    {"another mode", "version: STSv1\nmode: Enforce\nmax_age: 1\nmx: a\n", "2:mode", MTASTS_NO_MODE,
     1, ""},
    {"keys have case", "Version: STSv1\nmode: none\nmax_age: 1\n", "0:version", MTASTS_NONE, 0, ""},
    {"eleven digits", "version: STSv1\nmode: none\nmax_age: 00000000001\n", "3:max_age",
     MTASTS_NONE, 0, ""},
    {"no number", "version: STSv1\nmode: none\nmax_age: 1d\n", "3:max_age", MTASTS_NONE, 0, ""},
    {"a blank before the colon", HEAD "mx : a.example\n", "4:line 0:mx-absent", MTASTS_ENFORCE, 0,
     ""},
    {"a line begins with a blank", HEAD " mx: a.example\n", "4:line 0:mx-absent", MTASTS_ENFORCE, 0,
     ""},
    {"no value", HEAD "mx:\n", "4:line 0:mx-absent", MTASTS_ENFORCE, 0, ""},
    {"an empty line between", HEAD "\nmx: a.example\n", "4:line", MTASTS_ENFORCE, 1, ""},
    {"a control character", HEAD "mx: a.example\nx: \001\n", "5:line", MTASTS_ENFORCE, 1, ""},
    {"no UTF-8", HEAD "mx: a.example\nx: \xff\n", "5:line", MTASTS_ENFORCE, 1, ""},
    {"a bare CR", HEAD "mx: a.example\rmx: b.example\n", "4:line 0:mx-absent", MTASTS_ENFORCE, 0,
     ""},
    {"an address", HEAD "mx: 192.0.2.1\n", "4:mx", MTASTS_ENFORCE, 0, ""},
    {"a final dot", HEAD "mx: a.example.\n", "4:mx", MTASTS_ENFORCE, 0, ""},
    {"a leading dot", HEAD "mx: .example\n", "4:mx", MTASTS_ENFORCE, 0, ""},
    {"a star alone", HEAD "mx: *\n", "4:mx", MTASTS_ENFORCE, 0, ""},
    {"a star inside", HEAD "mx: mx.*.example\n", "4:mx", MTASTS_ENFORCE, 0, ""},
    {"a star of half a label", HEAD "mx: m*.example\n", "4:mx", MTASTS_ENFORCE, 0, ""},
    {"two stars", HEAD "mx: *.*.example\n", "4:mx", MTASTS_ENFORCE, 0, ""},
    {"an underscore", HEAD "mx: a_b.example\n", "4:mx", MTASTS_ENFORCE, 0, ""},
    {"a U-label",
     HEAD "mx: b\xc3\xbc"
          "cher.example\n",
     "4:mx", MTASTS_ENFORCE, 0, ""},
    {"several in one line", HEAD "mx: a.example, b.example\n", "4:mx", MTASTS_ENFORCE, 0, ""},
};

/** The faults as the table writes them. */
static struct buf faults_text(const struct mtasts_policy *p)
{
    struct buf out = buf_new(4096);

    for (size_t i = 0; i < p->nfaults; i++)
        buf_printf(&out, "%s%zu:%s", i ? " " : "", p->faults[i].line, p->faults[i].reason);
    return out;
}

static void policies_are_read_line_by_line(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(POLICIES); i++) {
        struct mtasts_policy p;
        struct buf faults;

        mtasts_policy_read(span_of(POLICIES[i].text), &p);
        faults = faults_text(&p);
        if (!span_is(buf_span(&faults), POLICIES[i].faults) || p.valid != !*POLICIES[i].faults ||
            p.mode != POLICIES[i].mode || p.nmx != POLICIES[i].nmx ||
            !span_is(p.duplicate, POLICIES[i].duplicate)) {
            printf("  %s: faults \"%.*s\", mode %d, %zu mx, twice \"%.*s\"\n", POLICIES[i].name,
                   SPAN_ARG(buf_span(&faults)), p.mode, p.nmx, SPAN_ARG(p.duplicate));
            wrong++;
        }
        buf_done(&faults);
    }
    assert_int_equal(wrong, 0);
}

static void max_age_has_a_limit_that_is_told(void **state)
{
    struct mtasts_policy p;

    (void)state;
    mtasts_policy_read(SPAN("version: STSv1\nmode: none\nmax_age: 31557600"), &p);
    assert_true(p.valid && p.has_max_age && !p.over && p.max_age == 31557600);
    mtasts_policy_read(SPAN("version: STSv1\nmode: none\nmax_age: 31557601"), &p);
    assert_true(p.valid && p.over && p.max_age == 31557601);
}

static void patterns_and_faults_have_limits(void **state)
{
    struct buf text = buf_new(1 << 20);
    struct mtasts_policy p;

    (void)state;
    buf_puts(&text, HEAD);
    for (int i = 0; i <= LIMIT_MTASTS_MX; i++)
        buf_printf(&text, "mx: mx%d.shop.example\n", i);
    mtasts_policy_read(buf_span(&text), &p);
    assert_true(p.valid && p.more_mx);
    assert_int_equal(p.nmx, LIMIT_MTASTS_MX);
    for (int i = 0; i < 2 * LIMIT_MTASTS_FAULTS; i++)
        buf_puts(&text, "rubbish\n");
    mtasts_policy_read(buf_span(&text), &p);
    assert_false(p.valid);
    assert_int_equal(p.nfaults, LIMIT_MTASTS_FAULTS);
    buf_done(&text);
}

static void a_star_is_exactly_one_label(void **state)
{
    static const struct {
        const char *pattern, *host;
        bool want;
    } ROWS[] = {
        {"mail.example.com", "mail.example.com", true},
        {"Mail.Example.COM", "mail.example.com", true},
        {"*.example.com", "mail.example.com", true},
        {"*.EXAMPLE.com", "mail.example.com", true},
        {"*.example.com", "a.mail.example.com", false},
        {"*.example.com", "example.com", false},
        {"*.example.com", ".example.com", false},
        {"mail.example.com", "mail.example.com.evil", false},
        {"example.com", "mail.example.com", false},
        {"*.", "mail.", false},
        {"", "", false},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++)
        if (mtasts_mx_matches(span_of(ROWS[i].pattern), span_of(ROWS[i].host)) != ROWS[i].want) {
            printf("  %s / %s\n", ROWS[i].pattern, ROWS[i].host);
            wrong++;
        }
    assert_int_equal(wrong, 0);
}

static void the_policy_has_one_url(void **state)
{
    struct buf url = buf_new(2048);
    char label[256];

    (void)state;
    assert_true(mtasts_policy_url(SPAN("shop.example"), &url));
    assert_true(span_is(buf_span(&url), "https://mta-sts.shop.example/.well-known/mta-sts.txt"));
    memset(label, 'a', sizeof label);
    label[62] = label[125] = label[188] = '.';
    buf_clear(&url);
    assert_false(mtasts_policy_url((assay_span){label, 250}, &url));
    buf_done(&url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_record_is_found_and_its_fault_told),
        cmocka_unit_test(policies_are_read_line_by_line),
        cmocka_unit_test(max_age_has_a_limit_that_is_told),
        cmocka_unit_test(patterns_and_faults_have_limits),
        cmocka_unit_test(a_star_is_exactly_one_label),
        cmocka_unit_test(the_policy_has_one_url),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
