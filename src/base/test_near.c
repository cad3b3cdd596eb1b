/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/near.h"

#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void the_nearest_option_is_found_or_none(void **state)
{
    static const char *const WORDS[] = {"selector", "domain", "arc.trusted", "dkim.max_signatures",
                                        "--json"};
    static const struct {
        const char *word, *want;
    } ROWS[] = {
        {"selecter", "selector"},
        {"SELECTOR", "selector"},
        {"slector", "selector"},
        {"doamin", "domain"},
        {"--jsno", "--json"},
        {"arc.trust", "arc.trusted"},
        {"dkim.max_signature", "dkim.max_signatures"},
        {"zzzzzzzzzz", NULL},
        {"selector", "selector"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct near near = near_new(ROWS[i].word);

        for (size_t k = 0; k < sizeof WORDS / sizeof *WORDS; k++)
            near_try(&near, WORDS[k]);
        if (!span_eq(span_of(near.best), span_of(ROWS[i].want)))
            fail_msg("%s: wanted %s, got %s", ROWS[i].word, ROWS[i].want ? ROWS[i].want : "none",
                     near.best ? near.best : "none");
    }
}

static void words_too_long_to_be_typed_are_near_to_nothing(void **state)
{
    char word[300];
    struct near near;

    (void)state;
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    near = near_new(word);
    near_try(&near, word);
    near_try(&near, "a");
    assert_null(near.best);
    word[64] = '\0'; /* 64 octets are the most */
    near = near_new(word);
    near_try(&near, word);
    assert_ptr_equal(near.best, word);
    near = near_new("");
    near_try(&near, "");
    assert_string_equal(near.best, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_option_is_found_or_none),
        cmocka_unit_test(words_too_long_to_be_typed_are_near_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
