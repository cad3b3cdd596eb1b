/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/buf.c"
#include "mail/header.c"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- making headers ---- */

/** A header of these lines, each as received. header_done() it. */
static struct header lines_of(const assay_span *lines, size_t n)
{
    struct header h;

    header_init(&h);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(header_line(&h, lines[i]), ASSAY_DONE);
    return h;
}

/** Octets as C writes them, but for those of a line end. */
static void put_shown(struct buf *out, assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        switch (s.p[i]) {
        case '\r': buf_puts(out, "\\r"); break;
        case '\n': buf_puts(out, "\\n"); break;
        case '\0': buf_puts(out, "\\0"); break;
        default: buf_putc(out, s.p[i]); break;
        }
}

/** A header as one text: `name|value|raw` for each field. */
static void describe(const struct header *h, struct buf *out)
{
    for (size_t i = 0; i < h->n; i++) {
        buf_puts(out, i ? "  " : "");
        put_shown(out, field_name(h, i));
        buf_putc(out, '|');
        put_shown(out, field_value(h, i));
        buf_putc(out, '|');
        put_shown(out, field_raw(h, i));
    }
}

/** The header is as wanted; says both when it is not. */
static void must_be(const struct header *h, const char *want)
{
    struct buf got = buf_new(1 << 16);

    describe(h, &got);
    if (!span_is(buf_span(&got), want))
        fail_msg("wanted %s\n  got    %.*s", want, SPAN_ARG(buf_span(&got)));
    buf_done(&got);
}

/* ---- lines ---- */

static void a_line_is_a_field_as_received_byte_for_byte(void **state)
{
    static const struct {
        assay_span line;
        const char *want;
    } ROWS[] = {
        {SPAN("From: a@b\r\n"), "From| a@b|From: a@b\\r\\n"},
        {SPAN("From:a@b\n"), "From|a@b|From:a@b\\n"},
        {SPAN("From:a@b"), "From|a@b|From:a@b"},
        {SPAN("a:\r\n"), "a||a:\\r\\n"},
        {SPAN("a:"), "a||a:"},
        {SPAN("a::b:c\r\n"), "a|:b:c|a::b:c\\r\\n"},
        /* blanks before the colon (RFC 5322 4.5) */
        {SPAN("Subject \t : x\r\n"), "Subject| x|Subject \t : x\\r\\n"},
        /* one line end is taken off a value, no more */
        {SPAN("a:b\r\r\n"), "a|b\\r|a:b\\r\\r\\n"},
        {SPAN("a:b\r"), "a|b|a:b\\r"},
        {SPAN("a:\0\377\r\n"), "a|\\0\377|a:\\0\377\\r\\n"},
        /* what is no field is kept, without a name */
        {SPAN("no colon\r\n"), "|no colon|no colon\\r\\n"},
        {SPAN(":no name\r\n"), "|:no name|:no name\\r\\n"},
        {SPAN("\t: x\r\n"), "|\t: x|\t: x\\r\\n"},
        {SPAN(" a: b\r\n"), "| a: b| a: b\\r\\n"}, /* it continues nothing, and is no field */
        {SPAN("two words: x\r\n"), "two words| x|two words: x\\r\\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct header h = lines_of(&ROWS[i].line, 1);

        assert_int_equal(h.n, 1);
        must_be(&h, ROWS[i].want);
        header_done(&h);
    }
}

static void a_line_that_begins_with_a_blank_continues_the_field_above(void **state)
{
    static const assay_span LINES[] = {SPAN("a: 1\r\n"), SPAN(" 2\r\n"),    SPAN("\t3\n"),
                                       SPAN("b:\r\n"),   SPAN(" x: y\r\n"), SPAN("nothing\r\n"),
                                       SPAN(" more\r\n")};
    struct header h = lines_of(LINES, COUNT(LINES));

    (void)state;
    must_be(&h, "a| 1\\r\\n 2\\r\\n\t3|a: 1\\r\\n 2\\r\\n\t3\\n  "
                "b|\\r\\n x: y|b:\\r\\n x: y\\r\\n  "
                "|nothing\\r\\n more|nothing\\r\\n more\\r\\n");
    header_done(&h);
}

static void an_empty_line_is_a_field_without_anything(void **state)
{
    static const assay_span LINES[] = {SPAN(""), SPAN("a:b\r\n"), SPAN("")};
    struct header h = lines_of(LINES, COUNT(LINES));

    (void)state;
    must_be(&h, "||  a|b|a:b\\r\\n  ||");
    header_done(&h);
}

/* ---- fields as a milter gives them ---- */

static void a_field_of_two_parts_is_joined_and_ended(void **state)
{
    static const struct {
        assay_span name, value;
        const char *want;
    } ROWS[] = {
        {SPAN("From"), SPAN(" a@b"), "From| a@b|From: a@b\\r\\n"},
        {SPAN("a"), SPAN("x\n y"), "a|x\\n y|a:x\\n y\\r\\n"},
        {SPAN("a"), SPAN(""), "a||a:\\r\\n"},
        {SPAN("a"), SPAN("b:c"), "a|b:c|a:b:c\\r\\n"},
        /* blanks at the end of a name are no part of it, as in a line */
        {SPAN("From \t"), SPAN(" a@b"), "From| a@b|From \t: a@b\\r\\n"},
        {SPAN(""), SPAN(" x"), "|: x|: x\\r\\n"},
        {SPAN(" "), SPAN(" x"), "| : x| : x\\r\\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct header h;

        header_init(&h);
        assert_int_equal(header_field(&h, ROWS[i].name, ROWS[i].value), ASSAY_DONE);
        must_be(&h, ROWS[i].want);
        header_done(&h);
    }
}

static void fields_and_lines_give_the_same_header(void **state)
{
    static const struct {
        assay_span name, value, line;
    } ROWS[] = {
        {SPAN("From"), SPAN(" a@b"), SPAN("From: a@b\r\n")},
        {SPAN("X-Long"), SPAN(" a\r\n b"), SPAN("X-Long: a\r\n b\r\n")},
        {SPAN("Subject "), SPAN(""), SPAN("Subject :\r\n")},
        {SPAN("\303\204"), SPAN(" \377"), SPAN("\303\204: \377\r\n")},
    };
    struct header a, b;

    (void)state;
    header_init(&a);
    header_init(&b);
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assert_int_equal(header_field(&a, ROWS[i].name, ROWS[i].value), ASSAY_DONE);
        assert_int_equal(header_line(&b, ROWS[i].line), ASSAY_DONE);
    }
    assert_true(span_eq(buf_span(&a.text), buf_span(&b.text)));
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.fields, b.fields, a.n * sizeof *a.fields);
    header_done(&a);
    header_done(&b);
}

/* ---- finding ---- */

static void fields_are_found_by_name_without_case_from_above_and_below(void **state)
{
    static const assay_span LINES[] = {SPAN("Received: 1\r\n"), SPAN("from: 2\r\n"),
                                       SPAN("RECEIVED: 3\r\n"), SPAN("received : 4\r\n"),
                                       SPAN("Receive: 5\r\n"),  SPAN("From\r\n"),
                                       SPAN("Received2: 6\r\n")};
    const assay_span name = SPAN("rEceived");
    uint32_t hash = span_hash(name);
    struct header h = lines_of(LINES, COUNT(LINES));

    (void)state;
    assert_int_equal(header_count(&h, name), 3);
    assert_int_equal(header_count(&h, SPAN("From")), 1);
    assert_int_equal(header_count(&h, SPAN("To")), 0);
    assert_int_equal(header_find(&h, name, 0), 0);
    assert_int_equal(header_find(&h, name, 1), 2);
    assert_int_equal(header_find(&h, name, 3), 3);
    assert_int_equal(header_find(&h, name, 4), h.n);
    assert_int_equal(header_find(&h, name, h.n), h.n);
    assert_int_equal(header_rfind(&h, name, hash, h.n), 3);
    assert_int_equal(header_rfind(&h, name, hash, 3), 2);
    assert_int_equal(header_rfind(&h, name, hash, 2), 0);
    assert_int_equal(header_rfind(&h, name, hash, 0), h.n);
    assert_int_equal(header_rfind(&h, SPAN("To"), span_hash(SPAN("To")), h.n), h.n);
    assert_true(field_is(&h, 1, SPAN("FROM")));
    assert_false(field_is(&h, 5, SPAN("From"))); /* it has no colon */
    assert_false(field_is(&h, 5, SPAN("")) && field_is(&h, 1, SPAN("")));
    header_done(&h);
}

static void a_field_is_found_from_below_whatever_the_case_of_its_letters(void **state)
{
    (void)state;
    for (size_t n = 1; n < 40;
         n++) { /* names of every length: the hash takes eight octets at once */
        char lower[41] = "", upper[41] = "";
        struct header h;

        for (size_t i = 0; i < n; i++) {
            lower[i] = (char)('a' + i % 26);
            upper[i] = (char)('A' + i % 26);
        }
        header_init(&h);
        assert_int_equal(header_field(&h, span_of(upper), SPAN("x")), ASSAY_DONE);
        assert_int_equal(header_rfind(&h, span_of(lower), span_hash(span_of(lower)), 1), 0);
        assert_int_equal(header_find(&h, span_of(lower), 0), 0);
        header_done(&h);
    }
}

static void in_an_empty_header_nothing_is_found(void **state)
{
    struct header h;

    (void)state;
    header_init(&h);
    assert_int_equal(header_find(&h, SPAN("From"), 0), 0);
    assert_int_equal(header_rfind(&h, SPAN("From"), 0, 0), 0);
    assert_int_equal(header_count(&h, SPAN("From")), 0);
    header_done(&h);
    header_done(&h); /* again is harmless */
}

/* ---- limits ---- */

static void four_thousand_and_ninety_six_fields_are_taken_and_not_one_more(void **state)
{
    struct header h;

    (void)state;
    header_init(&h);
    for (size_t i = 0; i < LIMIT_FIELDS; i++)
        assert_int_equal(i % 2 ? header_line(&h, SPAN("a:b\r\n"))
                               : header_field(&h, SPAN("c"), SPAN("d")),
                         ASSAY_DONE);
    assert_int_equal(header_line(&h, SPAN("e:f\r\n")), ASSAY_EINVAL);
    assert_int_equal(header_field(&h, SPAN("e"), SPAN("f")), ASSAY_EINVAL);
    assert_int_equal(h.n, LIMIT_FIELDS);
    assert_int_equal(h.text.n, LIMIT_FIELDS * 5);
    assert_int_equal(header_count(&h, SPAN("e")), 0);
    assert_int_equal(header_line(&h, SPAN(" g\r\n")), ASSAY_DONE); /* it is no field of its own */
    assert_true(span_is(field_value(&h, LIMIT_FIELDS - 1), "b\r\n g"));
    header_done(&h);
}

static void a_megabyte_is_taken_and_not_one_octet_more(void **state)
{
    static char line[1 << 17];
    struct header h;

    (void)state;
    memset(line, 'x', sizeof line);
    memcpy(line, "x:", 2);
    header_init(&h);
    for (size_t i = 0; i < LIMIT_HEADER / sizeof line - 1; i++)
        assert_int_equal(header_line(&h, (assay_span){line, sizeof line}), ASSAY_DONE);
    assert_int_equal(header_line(&h, (assay_span){line, sizeof line - 6}), ASSAY_DONE);
    assert_int_equal(header_line(&h, SPAN("a:bcdef")), ASSAY_EINVAL); /* room for 6 */
    assert_int_equal(header_line(&h, SPAN(" bcdef\n")), ASSAY_EINVAL);
    assert_int_equal(header_field(&h, SPAN("a"), SPAN("bcd")), ASSAY_EINVAL);
    assert_int_equal(h.n, LIMIT_HEADER / sizeof line);
    assert_int_equal(header_field(&h, SPAN("a"), SPAN("bc")), ASSAY_DONE);
    assert_int_equal(h.text.n, LIMIT_HEADER);
    assert_true(span_is(field_raw(&h, h.n - 1), "a:bc\r\n"));
    header_done(&h);
}

/* ---- memory ---- */

static void a_line_for_which_there_is_no_memory_can_be_added_again(void **state)
{
    struct header h, plenty;
    size_t failures = 0;

    (void)state;
    header_init(&h);
    header_init(&plenty);
    for (size_t i = 0; i < 1000; i++) {
        const assay_span line =
            i % 3 == 2 ? SPAN(" and more of it\r\n") : SPAN("A-Field: with a value\r\n");
        size_t left = 0;
        assay_status s;

        do {
            size_t n = h.n, octets = h.text.n;

            memory_left = left++;
            s = i % 3 == 1 ? header_field(&h, SPAN("A"), SPAN("b")) : header_line(&h, line);
            memory_left = SIZE_MAX;
            assert_true(s == ASSAY_DONE || (s == ASSAY_ENOMEM && h.n == n && h.text.n == octets));
            failures += s == ASSAY_ENOMEM;
        } while (s == ASSAY_ENOMEM);
        assert_int_equal(i % 3 == 1 ? header_field(&plenty, SPAN("A"), SPAN("b"))
                                    : header_line(&plenty, line),
                         ASSAY_DONE);
    }
    assert_in_range(failures, 10, 40); /* both arrays grew a few times */
    assert_true(span_eq(buf_span(&h.text), buf_span(&plenty.text)));
    assert_int_equal(h.n, plenty.n);
    assert_memory_equal(h.fields, plenty.fields, h.n * sizeof *h.fields);
    header_done(&h);
    header_done(&plenty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_field_as_received_byte_for_byte),
        cmocka_unit_test(a_line_that_begins_with_a_blank_continues_the_field_above),
        cmocka_unit_test(an_empty_line_is_a_field_without_anything),
        cmocka_unit_test(a_field_of_two_parts_is_joined_and_ended),
        cmocka_unit_test(fields_and_lines_give_the_same_header),
        cmocka_unit_test(fields_are_found_by_name_without_case_from_above_and_below),
        cmocka_unit_test(a_field_is_found_from_below_whatever_the_case_of_its_letters),
        cmocka_unit_test(in_an_empty_header_nothing_is_found),
        cmocka_unit_test(four_thousand_and_ninety_six_fields_are_taken_and_not_one_more),
        cmocka_unit_test(a_megabyte_is_taken_and_not_one_octet_more),
        cmocka_unit_test(a_line_for_which_there_is_no_memory_can_be_added_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
