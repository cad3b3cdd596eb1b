/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/** Whether a span is what was wanted; says so when not. */
static bool same(const char *what, assay_span got, const char *want)
{
    if (span_is(got, want))
        return true;
    printf("%s: wanted \"%s\", got \"%.*s\"\n", what, want, SPAN_ARG(got));
    return false;
}

static void pieces_are_cut_as_often_as_the_separator_says(void **state)
{
    static const struct {
        const char *text, *pieces[4];
    } ROWS[] = {
        {"a.b.c", {"a", "b", "c"}}, {"a", {"a"}},      {"", {""}}, {".", {"", ""}},
        {"a..b", {"a", "", "b"}},   {"a.", {"a", ""}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assay_span rest = span_of(ROWS[i].text), piece;
        size_t n = 0;

        for (; span_cut(&rest, '.', &piece); n++) {
            assert_true(n < 4 && ROWS[i].pieces[n]);
            assert_true(same(ROWS[i].text, piece, ROWS[i].pieces[n]));
        }
        assert_true(n == 4 || !ROWS[i].pieces[n]);
    }
}

static void a_span_of_nothing_can_be_searched_cut_and_trimmed(void **state)
{
    assay_span none = {NULL, 0}, piece = SPAN("kept");

    (void)state;
    assert_false(span_cut(&none, '.', &piece));
    assert_false(span_line(&none, &piece));
    assert_true(span_is(piece, "kept"));
    assert_int_equal(span_from(none, 3).n, 0);
    assert_int_equal(span_trim(none).n, 0);
    assert_int_equal(span_find(none, 'a'), 0);
    assert_int_equal(span_rfind(none, 'a'), 0);
    assert_true(span_contains(none, SPAN_EMPTY));
    assert_false(span_contains(none, SPAN("a")));
    assert_true(span_eq(none, SPAN_EMPTY));
    assert_true(span_ieq(none, span_of(NULL)));
    assert_true(span_printable(none));
    assert_true(span_ascii(none));
    assert_int_equal(span_compare(none, SPAN_EMPTY), 0);
    assert_int_equal(span_hash(none), span_hash(SPAN_EMPTY));
}

static void lines_lose_their_crlf_or_lf_and_nothing_else(void **state)
{
    static const struct {
        assay_span text;
        const char *lines[4];
    } ROWS[] = {
        {SPAN("a\r\nb\n"), {"a", "b"}},
        {SPAN("a"), {"a"}},
        {SPAN("a\n\nb"), {"a", "", "b"}},
        {SPAN("\r\n"), {""}},
        {SPAN("a\rb\r\n"), {"a\rb"}},
        {SPAN(""), {NULL}},
        {SPAN("a\r\r\n"), {"a\r"}},
        {SPAN("a\nb\r"), {"a", "b\r"}}, /* a CR alone is no line end */
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assay_span rest = ROWS[i].text, line;
        size_t n = 0;

        for (; span_line(&rest, &line); n++) {
            assert_true(n < 4 && ROWS[i].lines[n]);
            assert_true(same(ROWS[i].text.p, line, ROWS[i].lines[n]));
        }
        assert_true(n == 4 || !ROWS[i].lines[n]);
    }
}

static void letters_compare_without_case_and_other_octets_with(void **state)
{
    (void)state;
    assert_true(span_ieq(SPAN("DKIM-Signature"), SPAN("dkim-signature")));
    assert_false(span_ieq(SPAN("dkim"), SPAN("dkim-")));
    assert_false(
        span_ieq(SPAN("@"), SPAN("`"))); /* they differ in the bit of case, but are no letters */
    assert_false(span_ieq(SPAN("[\xC4"), SPAN("{\xE4")));
    assert_true(span_istarts(SPAN("V=SPF1 -all"), SPAN("v=spf1")));
    assert_false(span_starts(SPAN("V=SPF1"), SPAN("v=spf1")));
    assert_true(span_iends(SPAN("mail.EXAMPLE.com"), SPAN(".example.COM")));
    assert_false(span_iends(SPAN("com"), SPAN(".com")));
    assert_true(span_iis(SPAN("Pass"), "pASS"));
    assert_int_equal(span_hash(SPAN("Example.COM")), span_hash(SPAN("example.com")));
    assert_int_not_equal(span_hash(SPAN("example.com")), span_hash(SPAN("example.org")));
}

static void letters_have_no_case_and_other_octets_have_their_own(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 17; n++)
        for (size_t at = 0; at < n; at++)
            for (unsigned a = 0; a < 256; a++)
                for (unsigned b = a & 0x1F; b < 256;
                     b += 0x20) { /* differ in the upper bits only */
                    char one[17], two[17];
                    bool want = ascii_lower((char)a) == ascii_lower((char)b);

                    memset(one, 'm', n);
                    memset(two, 'M', n);
                    one[at] = (char)a;
                    two[at] = (char)b;
                    if (span_ieq((assay_span){one, n}, (assay_span){two, n}) != want)
                        fail_msg("octets %02x and %02x at %zu of %zu", a, b, at, n);
                }
}

static void octets_have_the_classes_of_their_grammar(void **state)
{
    (void)state;
    for (int i = -128; i < 256; i++) {
        char c = (char)i;
        unsigned char u = (unsigned char)c;
        bool upper = u >= 'A' && u <= 'Z', lower = u >= 'a' && u <= 'z',
             digit = u >= '0' && u <= '9';

        assert_int_equal(ascii_alpha(c), upper || lower);
        assert_int_equal(ascii_digit(c), digit);
        assert_int_equal(ascii_alnum(c), upper || lower || digit);
        assert_int_equal((unsigned char)ascii_lower(c), upper ? u + 32 : u);
        assert_int_equal(ascii_fws(c), u == ' ' || u == '\t' || u == '\r' || u == '\n');
        assert_int_equal(ascii_wsp(c), u == ' ' || u == '\t');
        assert_int_equal(span_ascii((assay_span){&c, 1}), u < 128);
        assert_int_equal(span_printable((assay_span){&c, 1}), u >= 32 && u < 127);
        if (ascii_hex(c) >= 0)
            assert_int_equal(ascii_hex(c), digit ? u - '0' : (u | 32) - 'a' + 10);
        assert_int_equal(ascii_hex(c) >= 0, digit || ((upper || lower) && (u | 32) <= 'f'));
    }
}

static void one_high_octet_anywhere_makes_a_span_not_ascii(void **state)
{
    char text[40];

    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t n = 0; n <= sizeof text; n++) {
        assert_true(span_ascii((assay_span){text, n}));
        for (size_t i = 0; i < n; i++) {
            text[i] = '\x80';
            assert_false(span_ascii((assay_span){text, n}));
            text[i] = 'a';
        }
    }
}

static void order_is_by_octet_and_a_beginning_sorts_first(void **state)
{
    static const assay_span SORTED[] = {SPAN(""),   SPAN("\0"), SPAN("a"),   SPAN("a\0"),
                                        SPAN("ab"), SPAN("b"),  SPAN("\x80")};

    (void)state;
    for (size_t i = 0; i < sizeof SORTED / sizeof *SORTED; i++) {
        for (size_t k = 0; k < sizeof SORTED / sizeof *SORTED; k++) {
            int order = span_compare(SORTED[i], SORTED[k]);

            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}

static void searches_say_where_and_the_length_when_nowhere(void **state)
{
    assay_span s = SPAN("a@b@c");

    (void)state;
    assert_int_equal(span_find(s, '@'), 1);
    assert_int_equal(span_rfind(s, '@'), 3);
    assert_int_equal(span_find(s, 'x'), 5);
    assert_int_equal(span_rfind(s, 'x'), 5);
    assert_true(span_contains(s, SPAN("b@c")));
    assert_false(span_contains(s, SPAN("b@cd")));
    assert_true(span_is(span_trim(SPAN(" \t\r\n a b \r\n")), "a b"));
    assert_int_equal(span_trim(SPAN(" \t ")).n, 0);
    assert_true(span_is(span_from(s, 2), "b@c"));
    assert_int_equal(span_from(s, 9).n, 0);
    assert_true(span_is(span_first(s, 1), "a"));
    assert_true(span_is(span_first(s, 9), "a@b@c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_have_no_case_and_other_octets_have_their_own),
        cmocka_unit_test(pieces_are_cut_as_often_as_the_separator_says),
        cmocka_unit_test(a_span_of_nothing_can_be_searched_cut_and_trimmed),
        cmocka_unit_test(lines_lose_their_crlf_or_lf_and_nothing_else),
        cmocka_unit_test(letters_compare_without_case_and_other_octets_with),
        cmocka_unit_test(octets_have_the_classes_of_their_grammar),
        cmocka_unit_test(one_high_octet_anywhere_makes_a_span_not_ascii),
        cmocka_unit_test(order_is_by_octet_and_a_beginning_sorts_first),
        cmocka_unit_test(searches_say_where_and_the_length_when_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
