/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "bimi/record.c"
#include "fact/fact.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define L            "l=https://a.example/logo.svg"

/** A record, what is wrong with it, and where. */
struct row {
    const char *text;
    unsigned faults;
    const char *where;
};

/** Read each record of a table. */
static void read_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct bimi_record r;
        const char *where = rows[i].where ? rows[i].where : "";

        bimi_record_read(span_of(rows[i].text), &r);
        if (r.faults != rows[i].faults || !span_is(r.where, where)) {
            printf("%s\n  wanted %#x at \"%s\"\n  got    %#x at \"%.*s\"\n", rows[i].text,
                   rows[i].faults, where, r.faults, SPAN_ARG(r.where));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void every_fault_of_a_record_is_told(void **state)
{
    static const struct row ROWS[] = {
        {"v=BIMI1; " L, 0, NULL},
        {"v=BIMI1; " L "; a=https://a.example/vmc.pem;", 0, NULL},
        {" v = BIMI1 ;\tl = https://a.example/x ; z=1", 0, NULL}, /* unknown tags are ignored */
        {"v=BIMI1; a=; " L "; avp=personal; lps=brand-, x1", 0, NULL},
        {"v=BIMI1; " L "; lps=", 0, NULL},
        {"v=bimi1; " L, BIMI_FAULT_VERSION, "bimi1"},
        {"v=BIMI2; " L, BIMI_FAULT_VERSION, "BIMI2"},
        {L "; v=BIMI1", BIMI_FAULT_VERSION, "https://a.example/logo.svg"},
        {"v=BIMI1", BIMI_FAULT_NO_L, "v=BIMI1"},
        {"v=BIMI1; L=https://a.example/", BIMI_FAULT_NO_L, "v=BIMI1; L=https://a.example/"},
        {"v=BIMI1; a=https://a.example/v.pem", BIMI_FAULT_NO_L,
         "v=BIMI1; a=https://a.example/v.pem"},
        {"v=BIMI1; l=; a=https://a.example/v.pem", BIMI_FAULT_EMPTY_L, "https://a.example/v.pem"},
        {"v=BIMI1; " L "; " L, BIMI_FAULT_LIST, L},
        {"v=BIMI1 " L, BIMI_FAULT_VERSION | BIMI_FAULT_NO_L, "BIMI1 " L},
        {"v=BIMI1; " L "; avp=Brand", BIMI_FAULT_AVP, "Brand"},
        {"v=BIMI1; " L "; avp=", BIMI_FAULT_AVP, ""},
        {"v=BIMI1; " L "; lps=a_b", BIMI_FAULT_LPS, "a_b"},
        {"v=BIMI1; " L "; lps=a,,b", BIMI_FAULT_LPS, ""},
        {"v=BIMI1; " L "; lps=a234567890b234567890c234567890d234567890e234567890f234567890x234",
         BIMI_FAULT_LPS, "a234567890b234567890c234567890d234567890e234567890f234567890x234"},
    };

    (void)state;
    read_table(ROWS, COUNT(ROWS));
}

static void a_uri_is_https_with_a_domain_name(void **state)
{
    static const struct {
        const char *uri;
        unsigned faults;
    } ROWS[] = {
        {"https://a.example/", 0},
        {"HTTPS://A.Example", 0},
        {"https://a.example:8443/x?y=z,#", BIMI_FAULT_L},
        {"https://a.example:8443/x?y=z%2C#f", 0},
        {"https://a.example./x", 0},
        {"http://a.example/x.svg", BIMI_FAULT_L},
        {"//a.example/x.svg", BIMI_FAULT_L},
        {"https://a/x.svg", BIMI_FAULT_L},
        {"https://192.0.2.1/x.svg", BIMI_FAULT_L},
        {"https://[2001:db8::1]/x.svg", BIMI_FAULT_L},
        {"https:///x.svg", BIMI_FAULT_L},
        {"https://user@a.example/x.svg", BIMI_FAULT_L},
        {"https://a.example:http/x.svg", BIMI_FAULT_L},
        {"https://a..example/x.svg", BIMI_FAULT_L},
        {"https://a.example/x y.svg", BIMI_FAULT_L},
        {"https://a.example/x,https://b.example/y", BIMI_FAULT_L},
        {"https://b\xC3\xBC"
         "cher.example/x",
         BIMI_FAULT_L},
        {"https://a.example/x.svgz", 0},
        {"https://a.example/x.PNG", BIMI_FAULT_SUFFIX},
        {"https://a.example/x.png?as=.svg", BIMI_FAULT_SUFFIX},
        {"https://a.example/x.svg?was=.png", 0},
        {"https://a.example/x.html", 0},
        {"http://a.example/x.jpg", BIMI_FAULT_L | BIMI_FAULT_SUFFIX},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char text[200];
        struct bimi_record r;

        snprintf(text, sizeof text, "v=BIMI1; l=%s", ROWS[i].uri);
        bimi_record_read(span_of(text), &r);
        if (r.faults != ROWS[i].faults || !span_is(r.l, ROWS[i].uri)) {
            printf("%s: wanted %#x, got %#x\n", ROWS[i].uri, ROWS[i].faults, r.faults);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void a_record_declines_when_both_places_are_empty(void **state)
{
    static const struct {
        const char *text;
        bool declined;
    } ROWS[] = {
        {"v=BIMI1; l=; a=;", true},
        {"v=BIMI1; l=", true},
        {"v=BIMI1; l=; a=; lps=brand-;", true},
        {"v=BIMI1; " L, false},
        {"v=BIMI1;", false},
        {"v=BIMI1; a=; ", false},
        {"v=BIMI1; l=; a=https://a.example/", false},
        {"v=BIMI1; l=; l=" L, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct bimi_record r;

        bimi_record_read(span_of(ROWS[i].text), &r);
        if (r.declined != ROWS[i].declined)
            fail_msg("%s", ROWS[i].text);
    }
}

/** A TXT answer. */
static assay_fact *answer(const assay_span *data, size_t n)
{
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .data = data, .n = n};
    assay_fact *fact = NULL;

    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &a, &fact), ASSAY_DONE);
    return fact;
}

static void one_record_is_found_among_others(void **state)
{
    static const struct {
        assay_span data[3];
        size_t n;
        enum bimi_found found;
    } ROWS[] = {
        {{SPAN("\x0Bv=spf1 -all")}, 1, BIMI_RECORD_NONE},
        {{SPAN("\x0Fv=DMARC1; p=noX"), SPAN("\x0Bv=BIMI1; l=")}, 2, BIMI_RECORD_ONE},
        {{SPAN("\x0B v = bimi1;")}, 1, BIMI_RECORD_ONE},
        {{SPAN("\x09v=BIMI1;l"), SPAN("\x09v=BIMI1;m")}, 2, BIMI_RECORD_SEVERAL},
        {{SPAN("\x08v=BIMI10")}, 1, BIMI_RECORD_NONE},
        {{SPAN("\x0Cl=;v=BIMI1;;")}, 1, BIMI_RECORD_NONE},
        {{SPAN("\x05v=BIM\x02I1")}, 1, BIMI_RECORD_ONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assay_fact *fact = answer(ROWS[i].data, ROWS[i].n);
        const struct bimi_record *r = NULL;

        memory_left = 0;
        assert_int_equal(bimi_record_of(fact, &r), ASSAY_ENOMEM);
        memory_left = SIZE_MAX;
        assert_int_equal(bimi_record_of(fact, &r), ASSAY_DONE);
        assert_int_equal(r->found, ROWS[i].found);
        assay_fact_free(fact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_of_a_record_is_told),
        cmocka_unit_test(a_uri_is_https_with_a_domain_name),
        cmocka_unit_test(a_record_declines_when_both_places_are_empty),
        cmocka_unit_test(one_record_is_found_among_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
