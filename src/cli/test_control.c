/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void the_first_line_of_an_answer_says_how_long_it_is(void **state)
{
    static const struct {
        const char *octets;
        assay_status want;
        bool ok;
        size_t length, n;
    } ROWS[] = {
        {"", ASSAY_MORE, false, 0, 0},
        {"OK 12", ASSAY_MORE, false, 0, 0},
        {"OK 12\n", ASSAY_DONE, true, 12, 6},
        {"NO 3\nabc", ASSAY_DONE, false, 3, 5},
        {"OK 0\n", ASSAY_DONE, true, 0, 5},
        {"OK 17825792\n", ASSAY_DONE, true, CONTROL_ANSWER, 12},
        {"OK 17825793\n", ASSAY_EINVAL, false, 0, 0},
        {"OK 99999999999999999999\n", ASSAY_EINVAL, false, 0, 0},
        {"OK -1\n", ASSAY_EINVAL, false, 0, 0},
        {"OK\n", ASSAY_EINVAL, false, 0, 0},
        {"ok 1\n", ASSAY_EINVAL, false, 0, 0},
        {"220 mx.example ESMTP\r\n", ASSAY_EINVAL, false, 0, 0},
        {"OK 1                              ", ASSAY_EINVAL, false, 0, 0},
        {"\n", ASSAY_EINVAL, false, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        bool ok = false;
        size_t length = 0, n = 0;
        assay_status s = control_head(span_of(ROWS[i].octets), &ok, &length, &n);

        if (s != ROWS[i].want || ok != ROWS[i].ok || length != ROWS[i].length || n != ROWS[i].n)
            fail_msg("%s: wanted %d %d %zu %zu, got %d %d %zu %zu", ROWS[i].octets, ROWS[i].want,
                     ROWS[i].ok, ROWS[i].length, ROWS[i].n, s, ok, length, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_of_an_answer_says_how_long_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
