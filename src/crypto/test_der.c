/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"
#include "base/test_random.h"
#include "crypto/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** A copy in a block of memory that ends where it ends. free() its octets. */
static assay_span copied(assay_span s)
{
    char *p = malloc(s.n ? s.n : 1);

    assert_non_null(p);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (assay_span){p, s.n};
}

/** Free a copy. */
static void drop(assay_span s)
{
    free((void *)(uintptr_t)s.p);
}

/** Octets, and what is taken off their front: the content, or nothing when `ok` is false. */
struct row {
    assay_span in;
    bool ok;
    assay_span content;
    size_t left; /**< octets behind the element */
};

static void an_element_of_minimal_length_is_taken(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("\x30\x00"), true, SPAN(""), 0},
        {SPAN("\x30\x01x"), true, SPAN("x"), 0},
        {SPAN("\x30\x02xyzzy"), true, SPAN("xy"), 3},
        {SPAN("\x30\x00\x30\x00"), true, SPAN(""), 2},
        /* nothing, or only a tag */
        {SPAN(""), false, SPAN(""), 0},
        {SPAN("\x30"), false, SPAN(""), 0},
        /* another tag; the low bits alone do not make it the same */
        {SPAN("\x31\x00"), false, SPAN(""), 0},
        {SPAN("\x10\x00"), false, SPAN(""), 0},
        {SPAN("\x02\x00"), false, SPAN(""), 0},
        /* content cut short */
        {SPAN("\x30\x01"), false, SPAN(""), 0},
        {SPAN("\x30\x03xy"), false, SPAN(""), 0},
        {SPAN("\x30\x7Fx"), false, SPAN(""), 0},
        /* lengths that are not minimal (X.690 10.1) */
        {SPAN("\x30\x81\x01x"), false, SPAN(""), 0},
        {SPAN("\x30\x81\x00"), false, SPAN(""), 0},
        {SPAN("\x30\x82\x00\x01x"), false, SPAN(""), 0},
        {SPAN("\x30\x83\x00\x00\x01x"), false, SPAN(""), 0},
        /* the indefinite form, the reserved one, and more than any key has */
        {SPAN("\x30\x80\x00\x00"), false, SPAN(""), 0},
        {SPAN("\x30\xFF"), false, SPAN(""), 0},
        {SPAN("\x30\x84\x01\x00\x00\x00"), false, SPAN(""), 0},
        {SPAN("\x30\x88\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), false, SPAN(""), 0},
        /* a length cut short */
        {SPAN("\x30\x81"), false, SPAN(""), 0},
        {SPAN("\x30\x82\x01"), false, SPAN(""), 0},
        {SPAN("\x30\x83\x01\x00"), false, SPAN(""), 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assay_span in = copied(ROWS[i].in), rest = in, content = SPAN("untouched");
        bool ok = der_take(&rest, DER_SEQUENCE, &content);

        if (ok != ROWS[i].ok)
            fail_msg("row %zu: wanted %d, got %d", i, ROWS[i].ok, ok);
        assert_true(span_eq(content, ok ? ROWS[i].content : SPAN("untouched")));
        assert_int_equal(rest.n, ok ? ROWS[i].left : in.n);
        assert_ptr_equal(rest.p + rest.n, in.p + in.n);
        drop(in);
    }
}

static void content_of_every_length_is_taken_and_none_that_lacks_an_octet(void **state)
{
    static const size_t SIZES[] = {0, 1, 127, 128, 129, 255, 256, 257, 1000, 65535, 65536, 100000};

    (void)state;
    for (size_t i = 0; i < COUNT(SIZES); i++)
        for (size_t lack = 0; lack < 2; lack++) {
            size_t n = SIZES[i], octets = n < 128 ? 0 : n < 256 ? 1 : n < 65536 ? 2 : 3;
            struct buf b = buf_new(200000);
            assay_span in, rest, content;

            buf_putc(&b, DER_BIT_STRING);
            buf_putc(&b, (char)(octets ? 0x80 | octets : n));
            for (size_t k = octets; k-- > 0;)
                buf_putc(&b, (char)(n >> 8 * k));
            while (b.n < 2 + octets + n)
                buf_putc(&b, 'c');
            in = rest = copied(span_first(buf_span(&b), b.n - lack));
            assert_int_equal(der_take(&rest, DER_BIT_STRING, &content), !lack);
            assert_int_equal(rest.n, lack ? in.n : 0);
            assert_true(lack || content.n == n);
            drop(in);
            buf_done(&b);
        }
}

static void a_positive_number_is_taken_without_its_sign_octet(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("\x02\x01\x01"), true, SPAN("\x01"), 0},
        {SPAN("\x02\x01\x7F."), true, SPAN("\x7F"), 1},
        {SPAN("\x02\x02\x00\x80"), true, SPAN("\x80"), 0},
        {SPAN("\x02\x03\x01\x00\x01"), true, SPAN("\x01\x00\x01"), 0},
        {SPAN("\x02\x03\x00\xFF\x00"), true, SPAN("\xFF\x00"), 0},
        /* zero, nothing, negative */
        {SPAN("\x02\x01\x00"), false, SPAN(""), 0},
        {SPAN("\x02\x00"), false, SPAN(""), 0},
        {SPAN("\x02\x01\x80"), false, SPAN(""), 0},
        {SPAN("\x02\x01\xFF"), false, SPAN(""), 0},
        {SPAN("\x02\x02\xFF\x7F"), false, SPAN(""), 0},
        /* a zero octet too many (X.690 8.3.2) */
        {SPAN("\x02\x02\x00\x01"), false, SPAN(""), 0},
        {SPAN("\x02\x02\x00\x7F"), false, SPAN(""), 0},
        {SPAN("\x02\x02\x00\x00"), false, SPAN(""), 0},
        {SPAN("\x02\x03\x00\x00\x80"), false, SPAN(""), 0},
        /* no number at all */
        {SPAN("\x03\x01\x01"), false, SPAN(""), 0},
        {SPAN("\x02\x02\x01"), false, SPAN(""), 0},
        {SPAN(""), false, SPAN(""), 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assay_span in = copied(ROWS[i].in), rest = in, number = SPAN("untouched");
        bool ok = der_take_positive(&rest, &number);

        if (ok != ROWS[i].ok)
            fail_msg("row %zu: wanted %d, got %d", i, ROWS[i].ok, ok);
        assert_true(span_eq(number, ok ? ROWS[i].content : SPAN("untouched")));
        assert_int_equal(rest.n, ok ? ROWS[i].left : in.n);
        drop(in);
    }
}

static void random_octets_give_content_that_lies_in_them(void **state)
{
    (void)state;
    for (size_t round = 0; round < 200000; round++) {
        static const char CHOICE[] = {0x02, 0x30, 0x03,       0,          1,          2,
                                      3,    5,    (char)0x80, (char)0x81, (char)0x82, 0x7F};
        char octets[24];
        size_t n = random_below(sizeof octets);
        assay_span in, rest, content;

        random_fill(octets, n, CHOICE, sizeof CHOICE, 2);
        in = rest = copied((assay_span){octets, n});
        while (der_take(&rest, DER_SEQUENCE, &content) || der_take_positive(&rest, &content)) {
            assert_true(content.p >= in.p && content.p + content.n <= in.p + in.n);
            assert_ptr_equal(content.p + content.n, rest.p);
        }
        drop(in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_element_of_minimal_length_is_taken),
        cmocka_unit_test(content_of_every_length_is_taken_and_none_that_lacks_an_octet),
        cmocka_unit_test(a_positive_number_is_taken_without_its_sign_octet),
        cmocka_unit_test(random_octets_give_content_that_lies_in_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
