/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void digits_are_read_up_to_the_largest_number(void **state)
{
    static const struct {
        const char *text;
        uint64_t max, want;
    } ROWS[] = {
        {"0", 0, 0},
        {"007", 7, 7},
        {"255", 255, 255},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX},
        {"000000000000000000000000000000000000001", 1, 1},
        {"9223372036854775807", INT64_MAX, INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        uint64_t got = 4711;
        bool read = number_read(span_of(ROWS[i].text), ROWS[i].max, &got);

        if (!read || got != ROWS[i].want)
            fail_msg("%s: wanted %" PRIu64 ", got %" PRIu64, ROWS[i].text, ROWS[i].want, got);
    }
}

static void anything_else_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        assay_span text;
        uint64_t max;
    } ROWS[] = {
        {SPAN(""), 9},
        {SPAN("-1"), 9},
        {SPAN("+1"), 9},
        {SPAN(" 1"), 9},
        {SPAN("1 "), 9},
        {SPAN("0x1"), 9},
        {SPAN("1\0"), 9},
        {SPAN("\xB2"), 9},
        {SPAN("256"), 255},
        {SPAN("1"), 0},
        {SPAN("18446744073709551616"), UINT64_MAX},
        {SPAN("184467440737095516150"), UINT64_MAX},
        {SPAN("99999999999999999999999999999999999999"), UINT64_MAX},
        {SPAN("9223372036854775808"), INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        uint64_t got = 4711;

        if (number_read(ROWS[i].text, ROWS[i].max, &got) || got != 4711)
            fail_msg("\"%.*s\" was read as %" PRIu64, SPAN_ARG(ROWS[i].text), got);
    }
    assert_false(number_read((assay_span){NULL, 0}, 9, &(uint64_t){0}));
}

static void what_is_written_is_read_again(void **state)
{
    char digits[NUMBER_DIGITS], wanted[32];

    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        for (uint64_t near = 0; near < 3; near++) {
            uint64_t number = ((uint64_t)1 << shift) - 1 + near, again = 0;
            assay_span text = number_text(number, digits);

            snprintf(wanted, sizeof wanted, "%" PRIu64, number);
            assert_true(span_is(text, wanted));
            assert_true(number_read(text, UINT64_MAX, &again));
            assert_true(again == number);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_read_up_to_the_largest_number),
        cmocka_unit_test(anything_else_is_refused_and_changes_nothing),
        cmocka_unit_test(what_is_written_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
