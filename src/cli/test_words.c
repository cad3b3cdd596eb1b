/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/** A value, and what people read. */
struct row {
    const char *value, *want;
};

/** Compare a table. */
static void compare_all(const struct row *rows, size_t n)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct buf out = buf_new(4096);

        words_decode(span_of(rows[i].value), &out);
        if (!span_is(buf_span(&out), rows[i].want)) {
            printf("%s: wanted \"%s\", got \"%.*s\"\n", rows[i].value, rows[i].want,
                   SPAN_ARG(buf_span(&out)));
            wrong++;
        }
        buf_done(&out);
    }
    assert_int_equal(wrong, 0);
}

#define ROWS(rows) rows, sizeof(rows) / sizeof *(rows)

static void encoded_words_are_decoded(void **state)
{
    static const struct row TABLE[] = {
        {" Your invoice 4711\r\n", "Your invoice 4711"},
        {"=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", "Gr\xC3\xBC\xC3\x9F"
                                                      "e aus K\xC3\xB6ln"},
        {"=?utf-8?B?R3LDvMOfZQ==?=", "Gr\xC3\xBC\xC3\x9F"
                                     "e"},
        {"=?ISO-8859-1?Q?Gr=FC=DFe?=", "Gr\xC3\xBC\xC3\x9F"
                                       "e"},
        {"=?iso-8859-1?q?=93=80=94?=", "\xE2\x80\x9C\xE2\x82\xAC\xE2\x80\x9D"},
        {"=?Windows-1252?q?=80=81=FC?=", "\xE2\x82\xAC\xC2\x81\xC3\xBC"},
        {"=?ISO-8859-15?q?=A4=BD=FC?=", "\xE2\x82\xAC\xC5\x93\xC3\xBC"},
        {"=?us-ascii?q?a?=", "a"},
        {"=?UTF-8*de?Q?a?=", "a"},
        {"Re: =?utf-8?q?a?= b", "Re: a b"},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

/* The examples of RFC 2047 8. */
static void blanks_between_encoded_words_are_none(void **state)
{
    static const struct row TABLE[] = {
        {"=?ISO-8859-1?Q?a?= b", "a b"},
        {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a_b?=", "a b"},
        {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?_b?=", "a b"},
        {"=?UTF-8?B?4oI=?= =?UTF-8?B?rA==?=", "\xE2\x82\xAC"}, /* a character cut in two */
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void folded_lines_are_joined(void **state)
{
    static const struct row TABLE[] = {
        {"one\r\n two\n\tthree", "one two three"},
        {"  at both ends  ", "at both ends"},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void what_is_no_encoded_word_stays(void **state)
{
    static const struct row TABLE[] = {
        {"=?", "=?"},
        {"=?utf-8?q?a", "=?utf-8?q?a"},
        {"=?utf-8?q?a?", "=?utf-8?q?a?"},
        {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
        {"=?koi8-r?q?a?=", "=?koi8-r?q?a?="},
        {"=?utf-8?b?!?=", "=?utf-8?b?!?="},
        {"=?utf-8?q?a b?=", "=?utf-8?q?a b?="},
        {"=?utf-8?q?=4?=", "=4"},
        {"=?utf-8?q?=zz=?=", "=zz="},
        {"", ""},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoded_words_are_decoded),
        cmocka_unit_test(blanks_between_encoded_words_are_none),
        cmocka_unit_test(folded_lines_are_joined),
        cmocka_unit_test(what_is_no_encoded_word_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
