/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UTF-8: every code point, every form that is none, and where a text may be cut.
 */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** A code point that a character may have (RFC 3629 3). */
static bool is_character(uint32_t code)
{
    return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

static void every_character_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        char octets[4];
        uint32_t got;
        size_t n;

        if (!is_character(code))
            continue;
        n = utf8_put(code, octets);
        assert_int_equal(n, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
        assert_int_equal(utf8_next((assay_span){octets, n}, &got), n);
        assert_int_equal(got, code);
        assert_true(utf8_ok((assay_span){octets, n}));
        assert_false(utf8_ok((assay_span){octets, n - 1}) && n > 1);
    }
}

static void ill_formed_octets_are_taken_up_to_where_none_could_follow(void **state)
{
    static const struct {
        assay_span text;
        size_t want;
    } ROWS[] = {
        {SPAN("\x80"), 1},
        {SPAN("\xC0\xAF"), 1},
        {SPAN("\xC1\xBF"), 1},
        {SPAN("\xC3"), 1},
        {SPAN("\xC3"
              "A"),
         1},
        {SPAN("\xE0\x80\x80"), 1},
        {SPAN("\xE2\x82"), 2},
        {SPAN("\xE2\x82"
              "A"),
         2},
        {SPAN("\xED\xA0\x80"), 1},
        {SPAN("\xF0\x80\x80\x80"), 1},
        {SPAN("\xF0\x9F\x92"), 3},
        {SPAN("\xF4\x90\x80\x80"), 1},
        {SPAN("\xF5\x80\x80\x80"), 1},
        {SPAN("\xFF"), 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        uint32_t code;
        size_t n = utf8_next(ROWS[i].text, &code);

        if (n != ROWS[i].want)
            fail_msg("row %zu: wanted %zu octets, got %zu", i, ROWS[i].want, n);
        assert_int_equal(code, UTF8_REPLACEMENT);
        assert_false(utf8_ok(ROWS[i].text));
    }
}

static void a_text_is_cut_between_characters(void **state)
{
    static const size_t WANT[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    assay_span text = SPAN("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x92\xA9");

    (void)state;
    for (size_t most = 0; most < COUNT(WANT); most++)
        if (utf8_first(text, most).n != WANT[most])
            fail_msg("%zu: wanted %zu, got %zu", most, WANT[most], utf8_first(text, most).n);
}

static void harm_is_done_by_controls_and_by_what_is_not_seen(void **state)
{
    static const uint32_t HARMFUL[] = {0,      '\r',   0x1F,   0x7F,    0x80,   0x9F,   0xAD,
                                       0x61C,  0x200B, 0x200F, 0x2028,  0x202E, 0x2060, 0x2069,
                                       0xFEFF, 0xFFFE, 0xFFFF, 0x1FFFE, 0xE0041};
    static const uint32_t PLAIN[] = {' ',    'a',    '~',    0xA0,   0xFC,
                                     0x20AC, 0x2010, 0x202F, 0xFFFD, 0x1F4A9};

    (void)state;
    for (size_t i = 0; i < COUNT(HARMFUL); i++)
        if (!utf8_harmful(HARMFUL[i]))
            fail_msg("U+%04X does no harm", HARMFUL[i]);
    for (size_t i = 0; i < COUNT(PLAIN); i++)
        if (utf8_harmful(PLAIN[i]))
            fail_msg("U+%04X does harm", PLAIN[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_read_as_it_was_written),
        cmocka_unit_test(ill_formed_octets_are_taken_up_to_where_none_could_follow),
        cmocka_unit_test(a_text_is_cut_between_characters),
        cmocka_unit_test(harm_is_done_by_controls_and_by_what_is_not_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
