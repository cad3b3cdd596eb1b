/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of TLS reporting are read as RFC 8460 3 writes them, and each item of rua is looked at by itself. */
#include "tlsrpt/tlsrpt.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** A record; its items as `m:host` `h:host` or `!`, parted by blanks; the piece that is wrong. */
static const struct {
    const char *text;
    enum tlsrpt_found found;
    const char *uris, *where;
    bool space;
} RECORDS[] = {
    /* the records of RFC 8460 appendix A */
    {"v=TLSRPTv1;rua=mailto:reports@example.com", TLSRPT_RECORD_ONE, "m:example.com", "", false},
    {"v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt", TLSRPT_RECORD_ONE,
     "h:reporting.example.com", "", false},
    {"v=TLSRPTv1 ; rua=mailto:a@b.example ;", TLSRPT_RECORD_ONE, "m:b.example", "", true},
    {"v=TLSRPTv1; x=y; rua=mailto:a@b.example,\thttps://c.example:8443/x?y", TLSRPT_RECORD_ONE,
     "m:b.example h:c.example", "", false},
    {"v=TLSRPTv1; rua=MAILTO:a@B.example?subject=x", TLSRPT_RECORD_ONE, "m:B.example", "", false},
    {"v=TLSRPTv1; rua=mailto:a@b.example; rua=mailto:c@d.example", TLSRPT_RECORD_ONE, "m:b.example",
     "", false},
    {"v=TLSRPTv1; rua=https://user@c.example#x,https://[2001:db8::1]/", TLSRPT_RECORD_ONE,
     "h:c.example h:[2001:db8::1]", "", false},
    {"v=TLSRPTv1; rua=mailto:a%2Cb@c.example", TLSRPT_RECORD_ONE, "m:c.example", "", false},
    {"v=TLSRPTv1; rua=a@b.example", TLSRPT_RECORD_ONE, "!", "", false},
    {"v=TLSRPTv1; rua=mailto:a@b.example!10m", TLSRPT_RECORD_ONE, "!", "", false},
    {"v=TLSRPTv1; rua=http://a.example/,ftp://b.example/", TLSRPT_RECORD_ONE, "! !", "", false},
    {"v=TLSRPTv1; rua=mailto:a@b.example,", TLSRPT_RECORD_ONE, "m:b.example !", "", false},
    {"v=TLSRPTv1; rua=mailto:a,mailto:@b,mailto:a@", TLSRPT_RECORD_ONE, "! ! !", "", false},
    {"v=TLSRPTv1; rua=https:/a.example,https://,https:///x", TLSRPT_RECORD_ONE, "! ! !", "", false},
    {"v=TLSRPTv1; rua=mailto:a b@c.example,mailto:a%zz@c.example", TLSRPT_RECORD_ONE, "! !", "",
     false},
    {"v=TLSRPTv1; rua=:x,1a:b@c", TLSRPT_RECORD_ONE, "! !", "", false},
    {"v=spf1 -all", TLSRPT_RECORD_NONE, "", "", false},
    {"v=TLSRPTv2; rua=mailto:a@b.example", TLSRPT_RECORD_NONE, "", "", false},
    {"v=TLSRPTv1", TLSRPT_RECORD_SYNTAX, "", "v=TLSRPTv1", false},
    {"v=TLSRPTv1; rua=", TLSRPT_RECORD_SYNTAX, "", "rua=", false},
    {"v=TLSRPTv1; RUA=mailto:a@b.example", TLSRPT_RECORD_SYNTAX, "",
     "v=TLSRPTv1; RUA=mailto:a@b.example", false},
    {"v=TLSRPTv1 rua=mailto:a@b.example", TLSRPT_RECORD_SYNTAX, "", "rua=mailto:a@b.example",
     false},
    {"v=TLSRPTv1; rua=mailto:a@b.example; note", TLSRPT_RECORD_SYNTAX, "m:b.example", "note",
     false},
    {"v=tlsrptv1; rua=mailto:a@b.example", TLSRPT_RECORD_SYNTAX, "", "v=tlsrptv1", false},
    {"v= TLSRPTv1; rua=mailto:a@b.example", TLSRPT_RECORD_SYNTAX, "", "v= TLSRPTv1", false},
};

/** The items as the table writes them. */
static struct buf uris_text(const struct tlsrpt_record *r)
{
    struct buf out = buf_new(4096);

    for (size_t i = 0; i < r->nuris; i++) {
        const struct tlsrpt_uri *u = &r->uris[i];

        buf_puts(&out, i ? " " : "");
        buf_puts(&out, u->problem ? "!" : u->mailto ? "m:" : "h:");
        if (!u->problem)
            buf_put(&out, u->host);
    }
    return out;
}

static void records_are_read_and_their_items_one_by_one(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(RECORDS); i++) {
        struct tlsrpt_record r;
        struct buf uris;

        tlsrpt_record_read(span_of(RECORDS[i].text), &r);
        uris = uris_text(&r);
        if (r.found != RECORDS[i].found || !span_is(buf_span(&uris), RECORDS[i].uris) ||
            !span_is(r.where, RECORDS[i].where) || r.space != RECORDS[i].space ||
            !r.problem != !*RECORDS[i].where) {
            printf("  \"%s\": found %d, \"%.*s\", \"%.*s\" %s\n", RECORDS[i].text, r.found,
                   SPAN_ARG(buf_span(&uris)), SPAN_ARG(r.where), r.problem ? r.problem : "");
            wrong++;
        }
        buf_done(&uris);
    }
    assert_int_equal(wrong, 0);
}

static void items_have_a_limit(void **state)
{
    struct buf text = buf_new(8192);
    struct tlsrpt_record r;

    (void)state;
    buf_puts(&text, "v=TLSRPTv1; rua=mailto:a@b.example");
    for (int i = 1; i < LIMIT_TLSRPT_URIS; i++)
        buf_puts(&text, ",mailto:a@b.example");
    tlsrpt_record_read(buf_span(&text), &r);
    assert_false(r.more_uris);
    buf_puts(&text, ",mailto:a@b.example");
    tlsrpt_record_read(buf_span(&text), &r);
    assert_true(r.more_uris && r.nuris == LIMIT_TLSRPT_URIS);
    buf_done(&text);
}

static void of_several_records_none_counts(void **state)
{
    static const struct {
        assay_span data[2];
        size_t n;
        enum tlsrpt_found found;
    } ROWS[] = {
        {{SPAN("\x0bv=TLSRPTv1;"), SPAN("\x0cv=TLSRPTv1; ")}, 2, TLSRPT_RECORD_SEVERAL},
        {{SPAN("\x0bv=TLSRPTv1;"), SPAN("\x05other")}, 2, TLSRPT_RECORD_SYNTAX},
        {{SPAN("\x1bv=TLSRPTv1;rua=mailto:a@b.c"), SPAN("\x0bv=tlsrptv1;")}, 2, TLSRPT_RECORD_ONE},
        {{SPAN("\x05other"), SPAN("\x0bv=tlsrptv1;")}, 2, TLSRPT_RECORD_SYNTAX},
        {{SPAN("\x05other")}, 1, TLSRPT_RECORD_NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_answer answer = {
            .size = sizeof answer, .how = ASSAY_OK, .data = ROWS[i].data, .n = ROWS[i].n};
        const struct tlsrpt_record *r = NULL;
        assay_fact *fact = NULL;

        assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &answer, &fact), ASSAY_DONE);
        assert_int_equal(tlsrpt_record_of(fact, &r), ASSAY_DONE);
        assert_int_equal(r->found, ROWS[i].found);
        assay_fact_free(fact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_and_their_items_one_by_one),
        cmocka_unit_test(items_have_a_limit),
        cmocka_unit_test(of_several_records_none_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
