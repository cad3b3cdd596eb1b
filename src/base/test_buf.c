/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void what_is_appended_is_held_in_order(void **state)
{
    struct buf b = buf_new(1000);

    (void)state;
    buf_put(&b, SPAN("a\0b"));
    buf_putc(&b, ' ');
    buf_puts(&b, "text ");
    buf_putu(&b, UINT64_MAX);
    buf_printf(&b, " %02x", 10);
    assert_int_equal(b.status, ASSAY_DONE);
    assert_true(span_eq(buf_span(&b), SPAN("a\0b text 18446744073709551615 0a")));
    buf_done(&b);
}

static void an_empty_buffer_gives_an_empty_span_and_takes_nothing(void **state)
{
    struct buf b = buf_new(10);

    (void)state;
    assert_true(span_eq(buf_span(&b), SPAN_EMPTY));
    buf_put(&b, (assay_span){NULL, 0});
    buf_puts(&b, "");
    assert_int_equal(b.n, 0);
    assert_int_equal(b.status, ASSAY_DONE);
    assert_non_null(buf_room(&b, 0));
    buf_done(&b);
}

static void every_limit_is_met_exactly_and_passing_it_sticks(void **state)
{
    (void)state;
    for (size_t max = 0; max < 1100; max++) {
        struct buf b = buf_new(max);

        for (size_t i = 0; i < max; i++)
            buf_putc(&b, (char)('a' + i % 26));
        assert_int_equal(b.n, max);
        assert_int_equal(b.status, ASSAY_DONE);
        buf_putc(&b, '!');
        buf_puts(&b, "");
        buf_puts(&b, "more");
        assert_int_equal(b.status, ASSAY_EINVAL);
        assert_int_equal(b.n, max);
        assert_null(buf_room(&b, 1));
        buf_clear(&b);
        assert_int_equal(b.status, ASSAY_DONE);
        assert_int_equal(b.n, 0);
        buf_done(&b);
    }
}

static void one_append_over_the_limit_leaves_what_was_there(void **state)
{
    struct buf b = buf_new(300);
    char text[400];

    (void)state;
    memset(text, 'x', sizeof text);
    buf_puts(&b, "kept");
    buf_put(&b, (assay_span){text, 297});
    assert_int_equal(b.status, ASSAY_EINVAL);
    assert_true(span_is(buf_span(&b), "kept"));
    buf_clear(&b);
    buf_put(&b, (assay_span){text, 300});
    assert_int_equal(b.status, ASSAY_DONE);
    assert_int_equal(b.n, 300);
    buf_done(&b);
}

static void room_can_be_filled_by_the_caller(void **state)
{
    struct buf b = buf_new(1 << 20);
    char *room;

    (void)state;
    for (size_t n = 1; n < 1 << 19; n *= 3) {
        assert_non_null(room = buf_room(&b, n));
        memset(room, 'r', n);
        b.n += n;
    }
    assert_int_equal(span_find(buf_span(&b), 'x'), b.n);
    buf_done(&b);
}

static void a_formatted_text_is_cut_at_1023_octets(void **state)
{
    struct buf b = buf_new(5000);
    char text[2000];

    (void)state;
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    buf_printf(&b, "%s", text);
    assert_int_equal(b.n, 1023);
    buf_done(&b);
}

static void a_buffer_that_was_done_can_be_used_again(void **state)
{
    struct buf b = buf_new(4);

    (void)state;
    buf_puts(&b, "too long");
    buf_done(&b);
    assert_int_equal(b.status, ASSAY_DONE);
    buf_puts(&b, "four");
    assert_true(span_is(buf_span(&b), "four"));
    buf_done(&b);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_is_held_in_order),
        cmocka_unit_test(an_empty_buffer_gives_an_empty_span_and_takes_nothing),
        cmocka_unit_test(every_limit_is_met_exactly_and_passing_it_sticks),
        cmocka_unit_test(one_append_over_the_limit_leaves_what_was_there),
        cmocka_unit_test(room_can_be_filled_by_the_caller),
        cmocka_unit_test(a_formatted_text_is_cut_at_1023_octets),
        cmocka_unit_test(a_buffer_that_was_done_can_be_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
