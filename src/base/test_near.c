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

/** The distance of two words: that of the nearest one, when nothing is too far. */
static unsigned distance_of(const char *word, const char *candidate)
{
    struct near near = near_new(word);

    near.distance = 1000;
    near_try(&near, candidate);
    return near.distance;
}

static void a_swap_of_neighbours_is_one_change_whatever_the_case(void **state)
{
    static const struct {
        const char *word, *candidate;
        unsigned want;
    } ROWS[] = {
        {"", "", 0},         {"a", "", 1},        {"", "abc", 3},
        {"abc", "abc", 0},   {"abc", "ABC", 0},   {"abc", "abd", 1},
        {"abc", "ab", 1},    {"abc", "xabc", 1},  {"abc", "acb", 1},
        {"abc", "ACB", 1},   {"ABC", "bac", 1},   {"aBc", "bAc", 1},
        {"ab", "ba", 1},     {"AB", "ba", 1},     {"abcd", "badc", 2},
        {"ABCD", "badc", 2}, {"abcd", "dcba", 3}, {"kitten", "sitting", 3},
        {"flaw", "lawn", 2}, {"abc", "cab", 2},   {"SLEECTOR", "selector", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        for (int turned = 0; turned < 2; turned++) { /* it is the same both ways */
            unsigned got = turned ? distance_of(ROWS[i].candidate, ROWS[i].word)
                                  : distance_of(ROWS[i].word, ROWS[i].candidate);

            if (got != ROWS[i].want)
                fail_msg("%s and %s: wanted %u, got %u", ROWS[i].word, ROWS[i].candidate,
                         ROWS[i].want, got);
        }
}

static void the_first_of_the_nearest_stays_and_far_words_are_none(void **state)
{
    struct near near = near_new("abc");

    (void)state;
    assert_null(near.best);
    near_try(&near, "xyz");
    assert_null(near.best);
    near_try(&near, "abd");
    near_try(&near, "abe");
    assert_string_equal(near.best, "abd");
    near_try(&near, "abc");
    assert_string_equal(near.best, "abc");
    near = near_new("abcdef");
    near_try(&near, "abcxyz"); /* a third of the letters and one may differ */
    assert_string_equal(near.best, "abcxyz");
    near = near_new("abcdef");
    near_try(&near, "abwxyz");
    assert_null(near.best);
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
        cmocka_unit_test(a_swap_of_neighbours_is_one_change_whatever_the_case),
        cmocka_unit_test(the_first_of_the_nearest_stays_and_far_words_are_none),
        cmocka_unit_test(words_too_long_to_be_typed_are_near_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
