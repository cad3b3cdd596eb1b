/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"
#include "base/test_random.h"
#include "mail/taglist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- reading lists ---- */

/**
 * A list and what is read from it: `name=[value]` for each tag; `!what[piece]` when something is
 * wrong.
 */
struct row {
    assay_span text;
    assay_span want;
};

/** A fault in a word. */
static const char *fault_text(enum taglist_fault fault)
{
    static const char *const TEXTS[] = {"ok", "syntax", "duplicate", "limit"};

    return TEXTS[fault];
}

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.p >= text.p && s.p + s.n <= text.p + text.n;
}

/** Read a list, from memory that ends where it ends, and write what was read. */
static void describe(assay_span text, struct buf *out)
{
    char *copy = malloc(text.n + 1);
    assay_span all = {copy, text.n}, where = SPAN("untouched");
    struct taglist list;
    enum taglist_fault fault;

    assert_non_null(copy);
    copy = realloc(copy, text.n ? text.n : 1);
    assert_non_null(copy);
    memcpy(copy, text.p, text.n);
    all.p = copy;
    fault = taglist_read(all, &list, &where);
    for (size_t i = 0; i < list.n; i++) {
        assert_true(lies_in(list.tags[i].name, all) && lies_in(list.tags[i].value, all));
        buf_put(out, list.tags[i].name);
        buf_puts(out, "=[");
        buf_put(out, list.tags[i].value);
        buf_puts(out, "]");
    }
    assert_true(fault == TAGLIST_OK ? span_is(where, "untouched") : lies_in(where, all));
    if (fault != TAGLIST_OK) {
        buf_printf(out, "!%s[", fault_text(fault));
        buf_put(out, where);
        buf_puts(out, "]");
    }
    free(copy);
}

/** Read each row of a table. */
static void read_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct buf got = buf_new(1 << 16);

        describe(rows[i].text, &got);
        if (!span_eq(buf_span(&got), rows[i].want)) {
            printf("%.*s\n  wanted %.*s\n  got    %.*s\n", SPAN_ARG(rows[i].text),
                   SPAN_ARG(rows[i].want), SPAN_ARG(buf_span(&got)));
            wrong++;
        }
        buf_done(&got);
    }
    assert_int_equal(wrong, 0);
}

static void lists_by_the_grammar_of_rfc_6376_are_read(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("v=1"), SPAN("v=[1]")},
        {SPAN("v=1;"), SPAN("v=[1]")},
        {SPAN("v=1; a=b"), SPAN("v=[1]a=[b]")},
        {SPAN("v=1;a=b;"), SPAN("v=[1]a=[b]")},
        {SPAN(" v = 1 ; a = b ; "), SPAN("v=[1]a=[b]")},
        {SPAN("\r\n\tv\r\n =\r\n 1\r\n\t;\r\n a=b\r\n "), SPAN("v=[1]a=[b]")},
        {SPAN("a=b;\r\n "), SPAN("a=[b]")},
        /* a value may be empty (RFC 6376 3.2) */
        {SPAN("p="), SPAN("p=[]")},
        {SPAN("p=; v=1"), SPAN("p=[]v=[1]")},
        {SPAN("p= \r\n ;v=1"), SPAN("p=[]v=[1]")},
        /* white space inside a value belongs to it, an equals sign too */
        {SPAN("n=some  words\there;b=YWJj\r\n ZGVm"),
         SPAN("n=[some  words\there]b=[YWJj\r\n ZGVm]")},
        {SPAN("a=b=c==; d=="), SPAN("a=[b=c==]d=[=]")},
        {SPAN("h=from : to:\r\n subject"), SPAN("h=[from : to:\r\n subject]")},
        /* names: a letter, then letters, digits, underscores; case counts */
        {SPAN("a_1Z=x;B=y;b=z"), SPAN("a_1Z=[x]B=[y]b=[z]")},
        /* RFC 8616 4: octets beyond ASCII in values */
        {SPAN("d=b\303\274cher.example; i=\377"), SPAN("d=[b\303\274cher.example]i=[\377]")},
        {SPAN("a=~!\"#$%&'()*+,-./:<>?@[\\]^_`{|}"), SPAN("a=[~!\"#$%&'()*+,-./:<>?@[\\]^_`{|}]")},
        /* nothing at all is a list of no tags: who needs a tag will miss it */
        {SPAN(""), SPAN("")},
        {SPAN(" \r\n\t "), SPAN("")},
    };

    (void)state;
    read_table(ROWS, COUNT(ROWS));
}

static void what_breaks_the_grammar_is_found_and_shown(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("v"), SPAN("!syntax[v]")},
        {SPAN("v=1; abc ; d=e"), SPAN("v=[1]!syntax[abc]")},
        {SPAN("=1"), SPAN("!syntax[=1]")},
        {SPAN(" = "), SPAN("!syntax[=]")},
        {SPAN("1a=b"), SPAN("!syntax[1a=b]")},
        {SPAN("_a=b"), SPAN("!syntax[_a=b]")},
        {SPAN("a-b=c"), SPAN("!syntax[a-b=c]")},
        {SPAN("a.b=c"), SPAN("!syntax[a.b=c]")},
        {SPAN("a b=c"), SPAN("!syntax[a b=c]")},
        {SPAN("a\r\n b=c"), SPAN("!syntax[a\r\n b=c]")},
        {SPAN("b\303\274=c"), SPAN("!syntax[b\303\274=c]")},
        {SPAN("v=1;;a=b"), SPAN("v=[1]!syntax[]")},
        {SPAN(";a=b"), SPAN("!syntax[]")},
        {SPAN("v=1;;"), SPAN("v=[1]!syntax[]")},
        {SPAN("v=1; ;"), SPAN("v=[1]!syntax[]")},
        {SPAN("v=1; ;\t; "), SPAN("v=[1]!syntax[]")},
        {SPAN(";"), SPAN("!syntax[]")},
        {SPAN(" ; "), SPAN("!syntax[]")},
        {SPAN("a=b\0"), SPAN("!syntax[a=b\0]")},
        {SPAN("a=\177"), SPAN("!syntax[a=\177]")},
        {SPAN("a=b\vc"), SPAN("!syntax[a=b\vc]")},
        {SPAN("a=b\fc; d=e"), SPAN("!syntax[a=b\fc]")},
        {SPAN("a=\033[1m"), SPAN("!syntax[a=\033[1m]")},
        {SPAN("x=y; a\0=b"), SPAN("x=[y]!syntax[a\0=b]")},
    };

    (void)state;
    read_table(ROWS, COUNT(ROWS));
}

static void a_tag_twice_makes_the_list_invalid_whatever_its_values(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("a=1; a=1"), SPAN("a=[1]!duplicate[a=1]")},
        {SPAN("a=1; b=2; a=3; c=4"), SPAN("a=[1]b=[2]!duplicate[a=3]")},
        {SPAN("ab=1; a=2; ab =3"), SPAN("ab=[1]a=[2]!duplicate[ab =3]")},
        {SPAN("unknown=; unknown="), SPAN("unknown=[]!duplicate[unknown=]")},
        {SPAN("a=1; A=1"), SPAN("a=[1]A=[1]")},
    };

    (void)state;
    read_table(ROWS, COUNT(ROWS));
}

static void octets_that_no_value_may_hold_are_found_at_every_place(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++)
        for (size_t n = 1; n < 28; n++)
            for (size_t at = 0; at < n; at += 1 + n / 12) {
                char text[40] = "a=";
                bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
                bool good = c == ';' || space || (c > ' ' && c != 0x7F);
                struct taglist list;
                assay_span where;
                enum taglist_fault got;

                memset(text + 2, 'x', n);
                text[2 + at] = (char)c;
                got = taglist_read((assay_span){text, n + 2}, &list, &where);
                if (c == ';') /* what follows is a piece without equals sign, unless nothing does */
                    good = at == n - 1;
                if ((got == TAGLIST_OK) != good)
                    fail_msg("octet %d at %zu of %zu: wanted %s, got %s", c, at, n,
                             good ? "ok" : "a fault", fault_text(got));
            }
}

static void sixty_four_tags_are_read_and_not_one_more(void **state)
{
    (void)state;
    for (unsigned n = LIMIT_TAGS - 1; n <= LIMIT_TAGS + 1; n++) {
        struct buf text = buf_new(4000);
        struct taglist list;
        assay_span where = SPAN_EMPTY;
        enum taglist_fault fault;

        for (unsigned i = 0; i < n; i++)
            buf_printf(&text, "%st%u=%u", i ? ";" : "", i, i);
        fault = taglist_read(buf_span(&text), &list, &where);
        assert_int_equal(fault, n > LIMIT_TAGS ? TAGLIST_LIMIT : TAGLIST_OK);
        assert_int_equal(list.n, n > LIMIT_TAGS ? LIMIT_TAGS : n);
        assert_true(n <= LIMIT_TAGS || span_is(where, "t64=64"));
        assert_true(span_is(*taglist_find(&list, "t62"), "62"));
        assert_null(taglist_find(&list, "t64"));
        buf_done(&text);
    }
}

static void a_tag_is_found_by_its_whole_name_with_its_case(void **state)
{
    struct taglist list;
    assay_span where;

    (void)state;
    assert_int_equal(taglist_read(SPAN("b=1; bh=2; B=3; empty="), &list, &where), TAGLIST_OK);
    assert_true(span_is(*taglist_find(&list, "b"), "1"));
    assert_true(span_is(*taglist_find(&list, "bh"), "2"));
    assert_true(span_is(*taglist_find(&list, "B"), "3"));
    assert_true(span_is(*taglist_find(&list, "empty"), ""));
    assert_null(taglist_find(&list, "h"));
    assert_null(taglist_find(&list, "BH"));
    assert_null(taglist_find(&list, "bhh"));
    assert_null(taglist_find(&list, ""));
}

/* ---- inside a value ---- */

static void items_between_colons_are_taken_one_by_one(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("from:to"), SPAN("[from][to]")},
        {SPAN("from"), SPAN("[from]")},
        {SPAN(" from :\r\n to\t: subject "), SPAN("[from][to][subject]")},
        {SPAN("a::b"), SPAN("[a][][b]")},
        {SPAN(":a:"), SPAN("[][a][]")},
        {SPAN(""), SPAN("[]")},
        {SPAN(" "), SPAN("[]")},
        {SPAN("a b:c"), SPAN("[a b][c]")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf got = buf_new(1000);
        assay_span rest = ROWS[i].text, item;

        while (taglist_item(&rest, &item))
            buf_printf(&got, "[%.*s]", SPAN_ARG(item));
        if (!span_eq(buf_span(&got), ROWS[i].want))
            fail_msg("%.*s: wanted %.*s, got %.*s", SPAN_ARG(ROWS[i].text), SPAN_ARG(ROWS[i].want),
                     SPAN_ARG(buf_span(&got)));
        buf_done(&got);
    }
}

static void a_value_is_squeezed_up_to_the_room_there_is(void **state)
{
    static const assay_span VALUE = SPAN(" a\tb\r\n c d\303\274\0e ");
    static const assay_span WANT = SPAN("abcd\303\274\0e");

    (void)state;
    for (size_t most = 0; most < WANT.n + 3; most++) {
        char *out = malloc(most ? most : 1);
        assay_span got;

        assert_non_null(out);
        got = taglist_squeeze(VALUE, out, most);
        assert_true(span_eq(got, span_first(WANT, most)));
        free(out);
    }
}

/* ---- random lists ---- */

static void what_is_read_can_be_written_and_read_again(void **state)
{
    struct buf again = buf_new(1 << 13);
    size_t good = 0;

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        char octets[60];
        size_t n = random_below(sizeof octets);
        struct taglist list, second;
        assay_span where;

        random_fill(octets, n, "abv1==;; \r\n:", 12, 2);
        if (taglist_read((assay_span){octets, n}, &list, &where) != TAGLIST_OK)
            continue;
        good += list.n > 0;
        buf_clear(&again);
        for (size_t i = 0; i < list.n; i++) {
            buf_put(&again, list.tags[i].name);
            buf_putc(&again, '=');
            buf_put(&again, list.tags[i].value);
            buf_putc(&again, ';');
        }
        assert_int_equal(taglist_read(buf_span(&again), &second, &where), TAGLIST_OK);
        assert_int_equal(second.n, list.n);
        for (size_t i = 0; i < list.n; i++) {
            assert_true(span_eq(second.tags[i].name, list.tags[i].name));
            assert_true(span_eq(second.tags[i].value, list.tags[i].value));
        }
    }
    assert_in_range(good, 200, 20000);
    buf_done(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_by_the_grammar_of_rfc_6376_are_read),
        cmocka_unit_test(what_breaks_the_grammar_is_found_and_shown),
        cmocka_unit_test(a_tag_twice_makes_the_list_invalid_whatever_its_values),
        cmocka_unit_test(octets_that_no_value_may_hold_are_found_at_every_place),
        cmocka_unit_test(sixty_four_tags_are_read_and_not_one_more),
        cmocka_unit_test(a_tag_is_found_by_its_whole_name_with_its_case),
        cmocka_unit_test(items_between_colons_are_taken_one_by_one),
        cmocka_unit_test(a_value_is_squeezed_up_to_the_room_there_is),
        cmocka_unit_test(what_is_read_can_be_written_and_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
