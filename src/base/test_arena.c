/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
    struct arena a = {0};
    char *pieces[300];

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        assert_non_null(pieces[i] = arena_get(&a, i));
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_equal((unsigned char)pieces[i][k], i & 255);
    arena_done(&a);
}

static void pieces_larger_than_a_block_are_given(void **state)
{
    static const size_t SIZES[] = {1, 8192, 8193, 100000, 1 << 20, 3 << 20};
    struct arena a = {0};

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
            char *p = arena_get(&a, SIZES[i]);

            assert_non_null(p);
            memset(p, 1, SIZES[i]);
        }
        arena_rewind(&a);
    }
    arena_done(&a);
}

/** Take 1,000 pieces and note where they are. */
static void take_pieces(struct arena *a, const void *pieces[1000])
{
    for (int i = 0; i < 1000; i++)
        assert_non_null(pieces[i] = arena_get(a, 1000));
}

static void a_rewind_uses_the_same_memory_again(void **state)
{
    static const void *before[1000], *after[1000];
    struct arena a = {0};

    (void)state;
    take_pieces(&a, before);
    assert_true(arena_used(&a) >= 1000 * 1000);
    arena_rewind(&a);
    assert_int_equal(arena_used(&a), 0);
    take_pieces(&a, after);
    assert_memory_equal(before, after, sizeof before);
    arena_done(&a);
}

#ifdef ASSAY_DEBUG
static void a_pointer_kept_over_a_rewind_shows_junk(void **state)
{
    struct arena a = {0};
    const unsigned char *p = arena_zero(&a, 16);

    (void)state;
    assert_non_null(p);
    arena_rewind(&a);
    for (int i = 0; i < 16; i++)
        assert_int_equal(p[i], 0xDB);
    arena_done(&a);
}
#endif

static void zeroed_pieces_are_zero_after_a_rewind_too(void **state)
{
    struct arena a = {0};
    char *p;

    (void)state;
    memset(arena_get(&a, 500), 7, 500);
    arena_rewind(&a);
    p = arena_zero(&a, 500);
    for (int i = 0; i < 500; i++)
        assert_int_equal(p[i], 0);
    arena_done(&a);
}

static void copies_end_with_nul_and_keep_inner_nul(void **state)
{
    struct arena a = {0};
    assay_span copy;

    (void)state;
    assert_true(arena_copy(&a, SPAN("a\0b"), &copy));
    assert_true(span_eq(copy, SPAN("a\0b")));
    assert_int_equal(copy.p[3], 0);
    assert_true(arena_copy(&a, (assay_span){NULL, 0}, &copy));
    assert_int_equal(copy.n, 0);
    assert_string_equal(copy.p, "");
    assert_string_equal(arena_text(&a, "text"), "text");
    arena_done(&a);
}

static void an_arena_knows_what_it_gave_out(void **state)
{
    struct arena a = {0}, b = {0};
    char *p = arena_get(&a, 10), *far, *other = arena_get(&b, 10), here;

    (void)state;
    far = arena_get(&a, 50000);
    assert_true(arena_owns(&a, p));
    assert_true(arena_owns(&a, far + 49999));
    assert_false(arena_owns(&a, other));
    assert_false(arena_owns(&a, &here));
    assert_false(arena_owns(&a, NULL));
    assert_false(arena_owns(&(struct arena){0}, p));
    arena_rewind(&a);
    assert_false(arena_owns(&a, p)); /* it was taken back */
    arena_done(&a);
    arena_done(&b);
}

static void a_size_that_cannot_be_is_refused_and_nothing_changes(void **state)
{
    struct arena a = {0};
    assay_span copy = SPAN("kept");

    (void)state;
    assert_null(arena_get(&a, SIZE_MAX));
    assert_null(arena_get(&a, SIZE_MAX / 2 + 1));
    assert_null(arena_zero(&a, SIZE_MAX - 15));
    assert_int_equal(arena_used(&a), 0);
    assert_true(span_is(copy, "kept"));
    assert_non_null(arena_get(&a, 1));
    arena_done(&a);
    arena_done(&a); /* again is harmless */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(pieces_larger_than_a_block_are_given),
        cmocka_unit_test(a_rewind_uses_the_same_memory_again),
#ifdef ASSAY_DEBUG
        cmocka_unit_test(a_pointer_kept_over_a_rewind_shows_junk),
#endif
        cmocka_unit_test(zeroed_pieces_are_zero_after_a_rewind_too),
        cmocka_unit_test(copies_end_with_nul_and_keep_inner_nul),
        cmocka_unit_test(an_arena_knows_what_it_gave_out),
        cmocka_unit_test(a_size_that_cannot_be_is_refused_and_nothing_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
