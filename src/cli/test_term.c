/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct term UTF8 = {.utf8 = true, .width = 40}, ASCII = {.width = 40};

/** Compare what a buffer holds. */
static void same(struct buf *out, const char *want)
{
    if (!span_is(buf_span(out), want))
        fail_msg("wanted \"%s\", got \"%.*s\"", want, SPAN_ARG(buf_span(out)));
    buf_done(out);
}

/** Clean a text and compare. */
static void cleans_to(const struct term *t, assay_span text, const char *want)
{
    struct buf out = buf_new(1024);

    term_clean(t, text, &out);
    same(&out, want);
}

static void nothing_from_outside_disturbs_a_terminal(void **state)
{
    (void)state;
    cleans_to(&UTF8, SPAN("\033[31mred\a\b\x7F"), "?[31mred???");
    cleans_to(&UTF8, SPAN("a\tb\r\nc\0d"), "a b  c?d");
    cleans_to(&UTF8,
              SPAN("\xC2\x9B"
                   "31m"),
              "?31m"); /* CSI of C1 */
    cleans_to(&UTF8,
              SPAN("a\xE2\x80\xAE"
                   "b"),
              "a?b"); /* RIGHT-TO-LEFT OVERRIDE */
    cleans_to(&UTF8,
              SPAN("a\xE2\x81\xA6"
                   "b\xE2\x81\xA9"),
              "a?b?"); /* isolates */
    cleans_to(&UTF8,
              SPAN("a\xE2\x80\x8B"
                   "b\xEF\xBB\xBF"),
              "a?b?"); /* invisible ones */
    cleans_to(&UTF8, SPAN("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
    cleans_to(&UTF8, SPAN("\xFF\xC3"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    cleans_to(&ASCII, SPAN("gr\xC3\xBC\xE2\x82\xAC\xFF"), "gr???");
}

static void a_labels_are_shown_as_people_read_them(void **state)
{
    struct buf out = buf_new(1024);

    (void)state;
    term_people(&UTF8, SPAN("asks xn--mnchen-3ya.example (ip4:192.0.2.1)"), &out);
    same(&out, "asks m\xC3\xBCnchen.example (ip4:192.0.2.1)");
    term_people(&ASCII, SPAN("asks xn--mnchen-3ya.example"), &out);
    same(&out, "asks xn--mnchen-3ya.example");
    term_people(&UTF8, SPAN("xn--a, xn--\xFF, \xFF"), &out); /* no A-labels */
    same(&out, "xn--a, xn--\xEF\xBF\xBD, \xEF\xBF\xBD");
}

static void columns_are_what_a_terminal_takes(void **state)
{
    (void)state;
    assert_int_equal(term_columns(SPAN("abc")), 3);
    assert_int_equal(term_columns(SPAN("gr\xC3\xBC\xC3\x9F")), 4);
    assert_int_equal(term_columns(SPAN("e\xCC\x81")), 1); /* e and a combining accent */
    assert_int_equal(term_columns(SPAN("\xE4\xB8\xAD\xE6\x96\x87")), 4); /* two wide characters */
    assert_int_equal(term_columns(SPAN("\xF0\x9F\x93\xA7")), 2);         /* an emoji */
    assert_int_equal(term_columns(SPAN("")), 0);
}

static void text_is_cut_at_blanks(void **state)
{
    static const char *const WANT[] = {"one two", "three", "fourfivesi", "x"};
    assay_span rest = SPAN("  one two three  fourfivesix "), line;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_true(term_line(&rest, 10, &line));
        if (!span_is(line, WANT[i]))
            fail_msg("wanted \"%s\", got \"%.*s\"", WANT[i], SPAN_ARG(line));
    }
    assert_false(term_line(&rest, 10, &line));
}

static void long_words_are_cut_behind_a_mark(void **state)
{
    assay_span rest = SPAN("selector._domainkey.example.com"), line;

    (void)state;
    assert_true(term_line(&rest, 22, &line));
    assert_true(span_is(line, "selector._domainkey."));
    assert_true(term_line(&rest, 22, &line));
    assert_true(span_is(line, "example.com"));
}

static void a_line_takes_one_character_at_least(void **state)
{
    assay_span rest = SPAN("\xE4\xB8\xAD\xE6\x96\x87"), line;

    (void)state;
    assert_true(term_line(&rest, 1, &line));
    assert_int_equal(line.n, 3);
    assert_true(term_line(&rest, 0, &line));
    assert_int_equal(line.n, 3);
    assert_false(term_line(&rest, 1, &line));
}

static void cells_stand_side_by_side_and_wrap(void **state)
{
    const struct term_cell cells[] = {
        {.text = SPAN("SPF"), .columns = 5},
        {.text = SPAN("one two three"), .columns = 8},
        {.text = SPAN("ref"), .columns = 6, .right = true},
    };
    struct buf out = buf_new(1024);

    (void)state;
    term_row(&UTF8, 2, cells, 3, &out);
    same(&out, "  SPF    one two      ref\n         three\n");
}

static void styles_are_seen_only_where_colour_is_wanted(void **state)
{
    struct term color = {.color = true, .utf8 = true, .width = 80};
    struct buf out = buf_new(1024);

    (void)state;
    term_styled(&color, TERM_GOOD, SPAN("pass"), &out);
    term_styled(&color, TERM_PLAIN, SPAN(" x"), &out);
    same(&out, "\033[32mpass\033[0m x");
    term_styled(&UTF8, TERM_GOOD, SPAN("pass"), &out);
    same(&out, "pass");
}

static void thousands_are_parted_on_a_terminal_only(void **state)
{
    struct term tty = {.tty = true};
    struct buf out = buf_new(1024);

    (void)state;
    term_number(&tty, 999, &out);
    term_number(&tty, 1000, &out);
    term_number(&tty, 1234567, &out);
    same(&out, "9991,0001,234,567");
    term_number(&ASCII, 1234567, &out);
    same(&out, "1234567");
}

static void the_environment_says_width_characters_and_colour(void **state)
{
    static const struct {
        struct term_env env;
        const char *color;
        unsigned width;
        bool utf8, colored;
    } TABLE[] = {
        {{0}, "auto", 80, false, false}, /* the output of a test is no terminal */
        {{.columns = "100", .lang = "C.UTF-8"}, "auto", 100, true, false},
        {{.columns = "7", .lang = "de_DE.utf8@euro"}, "never", TERM_LEAST, true, false},
        {{.columns = "9999", .lc_all = "C", .lang = "C.UTF-8"}, "always", TERM_MOST, false, true},
        {{.columns = "wide", .lc_ctype = "en_US.UTF-8", .lang = "C"}, "always", 80, true, true},
        {{.columns = "", .no_color = "1", .lc_all = ""}, "always", 80, false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        int fds[2];
        struct term t;

        assert_int_equal(pipe(fds), 0);
        t = term_of(fds[1], TABLE[i].color, &TABLE[i].env);
        close(fds[0]);
        close(fds[1]);
        if (t.width != TABLE[i].width || t.utf8 != TABLE[i].utf8 || t.color != TABLE[i].colored ||
            t.tty)
            fail_msg("row %zu: wanted %u %d %d, got %u %d %d", i, TABLE[i].width, TABLE[i].utf8,
                     TABLE[i].colored, t.width, t.utf8, t.color);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_from_outside_disturbs_a_terminal),
        cmocka_unit_test(a_labels_are_shown_as_people_read_them),
        cmocka_unit_test(columns_are_what_a_terminal_takes),
        cmocka_unit_test(text_is_cut_at_blanks),
        cmocka_unit_test(long_words_are_cut_behind_a_mark),
        cmocka_unit_test(a_line_takes_one_character_at_least),
        cmocka_unit_test(cells_stand_side_by_side_and_wrap),
        cmocka_unit_test(styles_are_seen_only_where_colour_is_wanted),
        cmocka_unit_test(thousands_are_parted_on_a_terminal_only),
        cmocka_unit_test(the_environment_says_width_characters_and_colour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
