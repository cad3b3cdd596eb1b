/* SPDX-License-Identifier: BSD-2-Clause */
/* The owner's reader: each part with its fault, and what a record was meant to be. */
#include "dmarc/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void each_part_has_its_fault(void **state)
{
    /* the part at `place`, from 0 */
    static const struct {
        const char *record;
        size_t place;
        enum dmarc_tag tag;
        enum dmarc_fault fault;
    } ROWS[] = {
        {"v=DMARC1", 0, DMARC_TAG_V, DMARC_WELL},
        {"v=DMARC1; p=none", 1, DMARC_TAG_P, DMARC_WELL},
        {"v=DMARC1; P = None ", 1, DMARC_TAG_P, DMARC_WELL},
        {"v=DMARC1; p=block", 1, DMARC_TAG_P, DMARC_WELL}, /* a row of its own */
        {"v=DMARC1;; p=none", 1, DMARC_TAG_OTHER, DMARC_FAULT_EMPTY},
        {"v=DMARC1; ; p=none", 2, DMARC_TAG_P, DMARC_WELL},
        {"v=DMARC1; none", 1, DMARC_TAG_OTHER, DMARC_FAULT_NO_EQUALS},
        {"v=DMARC1; x1=2", 1, DMARC_TAG_OTHER, DMARC_FAULT_NAME},
        {"v=DMARC1; =2", 1, DMARC_TAG_OTHER, DMARC_FAULT_NAME},
        {"v=DMARC1; p=", 1, DMARC_TAG_P, DMARC_FAULT_NO_VALUE},
        {"v=DMARC1; p= \t", 1, DMARC_TAG_P, DMARC_FAULT_NO_VALUE},
        {"v=DMARC1; sp=\xC3\x9F", 1, DMARC_TAG_SP, DMARC_FAULT_OCTET},
        {"v=DMARC1; x=a\tb", 1, DMARC_TAG_OTHER, DMARC_FAULT_OCTET},
        {"v=DMARC1; adkim=x", 1, DMARC_TAG_ADKIM, DMARC_FAULT_VALUE},
        {"v=DMARC1; aspf=S", 1, DMARC_TAG_ASPF, DMARC_WELL},
        {"v=DMARC1; t=Y", 1, DMARC_TAG_T, DMARC_WELL},
        {"v=DMARC1; t=yes", 1, DMARC_TAG_T, DMARC_FAULT_VALUE},
        {"v=DMARC1; psd=u", 1, DMARC_TAG_PSD, DMARC_WELL},
        {"v=DMARC1; psd=x", 1, DMARC_TAG_PSD, DMARC_FAULT_VALUE},
        {"v=DMARC1; fo=1:d:s", 1, DMARC_TAG_FO, DMARC_WELL},
        {"v=DMARC1; fo=0:1", 1, DMARC_TAG_FO, DMARC_FAULT_VALUE},
        {"v=DMARC1; fo=d:d", 1, DMARC_TAG_FO, DMARC_FAULT_VALUE},
        {"v=DMARC1; pct=x", 1, DMARC_TAG_PCT, DMARC_WELL},
        {"v=DMARC1; rf=afrf", 1, DMARC_TAG_RF, DMARC_WELL},
        {"v=DMARC1; ri=1", 1, DMARC_TAG_RI, DMARC_WELL},
        {"v=DMARC1; foo=bar", 1, DMARC_TAG_OTHER, DMARC_WELL},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct dmarc_parts parts;
        const struct dmarc_part *part = &parts.parts[ROWS[i].place];

        dmarc_parts_read(span_of(ROWS[i].record), &parts);
        assert_true(ROWS[i].place < parts.n);
        if (part->tag == ROWS[i].tag && part->fault == ROWS[i].fault)
            continue;
        printf("  \"%s\": wanted tag %d, %s; got tag %d, %s\n", ROWS[i].record, (int)ROWS[i].tag,
               dmarc_fault_text(ROWS[i].fault), (int)part->tag, dmarc_fault_text(part->fault));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void a_last_separator_is_no_part(void **state)
{
    struct dmarc_parts parts;

    (void)state;
    dmarc_parts_read(SPAN("v=DMARC1; p=none ; "), &parts);
    assert_int_equal(parts.n, 2);
    dmarc_parts_read(SPAN("v=DMARC1;;"), &parts);
    assert_int_equal(parts.n, 2);
    assert_int_equal(parts.parts[1].fault, DMARC_FAULT_EMPTY);
}

static void a_name_that_stands_again_is_told_without_case(void **state)
{
    struct dmarc_parts parts;

    (void)state;
    dmarc_parts_read(SPAN("v=DMARC1; x=1; X=2; p=none; =; =; x; p=reject"), &parts);
    assert_int_equal(parts.n, 8);
    for (size_t i = 0; i < parts.n; i++)
        assert_int_equal(parts.parts[i].again, i == 2 || i == 7);
    assert_ptr_equal(dmarc_part_of(&parts, DMARC_TAG_P), &parts.parts[3]);
    assert_null(dmarc_part_of(&parts, DMARC_TAG_OTHER));
    assert_null(dmarc_part_of(&parts, DMARC_TAG_RUA));
}

static void what_is_behind_the_limit_is_kept_whole(void **state)
{
    char text[2 * LIMIT_TAGS * 8];
    struct dmarc_parts parts;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < LIMIT_TAGS + 3; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%sa=%d", i ? ";" : "", i);
    dmarc_parts_read((assay_span){text, n}, &parts);
    assert_int_equal(parts.n, LIMIT_TAGS);
    assert_true(span_is(parts.rest, ";a=64;a=65;a=66"));
}

static void what_was_meant_for_a_record_is_seen(void **state)
{
    static const struct {
        const char *text;
        enum dmarc_near_miss want;
        const char *rest;
    } ROWS[] = {
        {"v=DMARC1; p=none", DMARC_NOT_MEANT, ""}, /* it is one */
        {"hello", DMARC_NOT_MEANT, ""},
        {"", DMARC_NOT_MEANT, ""},
        {"v=spf1 -all", DMARC_NOT_MEANT, ""},
        {"v=DMARC2; p=none", DMARC_NOT_MEANT, ""},
        {"v=DMARC10; p=none", DMARC_NOT_MEANT, ""},
        {"v=dmarc1; p=none", DMARC_MISS_VERSION, "p=none"},
        {"v=DMARC 1; p=none", DMARC_MISS_VERSION, "p=none"},
        {"v = Dmarc1", DMARC_MISS_VERSION, ""},
        {"p=none; v=DMARC1", DMARC_MISS_NOT_FIRST, "p=none; v=DMARC1"},
        {"p=none; v = DMARC1 ; x=1", DMARC_MISS_NOT_FIRST, "p=none; v = DMARC1 ; x=1"},
        {" v=DMARC1; p=none", DMARC_MISS_LEAD, "p=none"},
        {"\"v=DMARC1; p=none", DMARC_MISS_LEAD, "p=none"},
        {"\\\"v=DMARC1; p=none", DMARC_MISS_LEAD, "p=none"},
        {"\xEF\xBB\xBFv=DMARC1; p=none", DMARC_MISS_LEAD, "p=none"},
        {"\"v=dmarc1; p=none", DMARC_MISS_LEAD, "p=none"},
        {"DMARC1; p=none", DMARC_MISS_SPELLING, "p=none"},
        {"dmarc1", DMARC_MISS_SPELLING, ""},
        {"v=DMARC1, p=none", DMARC_MISS_SPELLING, "p=none"},
        {"v=DMARC1 p=none", DMARC_MISS_SPELLING, "p=none"},
        {"v=DMARC1p=none", DMARC_MISS_SPELLING, "p=none"},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assay_span rest = SPAN_EMPTY;
        enum dmarc_near_miss got = dmarc_near_miss(span_of(ROWS[i].text), &rest);

        if (got == ROWS[i].want && span_is(rest, ROWS[i].rest))
            continue;
        printf("  \"%s\": wanted %d \"%s\", got %d \"%.*s\"\n", ROWS[i].text, (int)ROWS[i].want,
               ROWS[i].rest, (int)got, SPAN_ARG(rest));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_has_its_fault),
        cmocka_unit_test(a_last_separator_is_no_part),
        cmocka_unit_test(a_name_that_stands_again_is_told_without_case),
        cmocka_unit_test(what_is_behind_the_limit_is_kept_whole),
        cmocka_unit_test(what_was_meant_for_a_record_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
