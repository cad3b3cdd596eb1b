/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/test_random.h"
#include "crypto/digest.h"
#include "crypto/test_openssl.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { TEXT = 5000 };

static assay_engine *engine;

/** Octets to hash. */
static char text[TEXT];

/** The digest of the first `n` octets of the text, by one call of OpenSSL. */
static void reference(size_t n, uint8_t out[SHA256_SIZE])
{
    SHA256((const unsigned char *)text, n, out);
}

/** Add octets of the text from one place to another, in pieces of up to `most`. */
static void add_pieces(struct digest *d, size_t from, size_t to, size_t most)
{
    while (from < to) {
        size_t n = random_below(most + 1);

        if (n > to - from)
            n = to - from;
        assert_int_equal(digest_add(d, (assay_span){text + from, n}), ASSAY_DONE);
        from += n;
    }
}

/* ---- digests ---- */

static void the_examples_of_fips_180_have_their_digests(void **state)
{
    static const struct {
        const char *text, *hex;
    } ROWS[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        uint8_t sha256[SHA256_SIZE];
        char got[2 * SHA256_SIZE + 1];

        assert_int_equal(digest_of(engine, span_of(ROWS[i].text), sha256), ASSAY_DONE);
        for (size_t k = 0; k < SHA256_SIZE; k++)
            snprintf(got + 2 * k, 3, "%02x", sha256[k]);
        assert_string_equal(got, ROWS[i].hex);
    }
}

static void pieces_of_any_size_give_the_digest_of_the_whole(void **state)
{
    static const size_t MOST[] = {1,   10, DIGEST_STAGE / 2, DIGEST_STAGE / 2 + 1, DIGEST_STAGE,
                                  3000};

    (void)state;
    for (size_t round = 0; round < 1500; round++) {
        size_t n = round < 600 ? round * 2 : random_below(TEXT + 1);
        uint8_t want[SHA256_SIZE], got[SHA256_SIZE];
        struct digest d;

        assert_int_equal(digest_begin(&d, engine), ASSAY_DONE);
        add_pieces(&d, 0, n, MOST[round % COUNT(MOST)]);
        assert_int_equal(digest_end(&d, got), ASSAY_DONE);
        digest_done(&d);
        reference(n, want);
        assert_memory_equal(got, want, SHA256_SIZE);
        assert_int_equal(digest_of(engine, (assay_span){text, n}, got), ASSAY_DONE);
        assert_memory_equal(got, want, SHA256_SIZE);
    }
}

static void nothing_added_changes_nothing(void **state)
{
    uint8_t want[SHA256_SIZE], got[SHA256_SIZE];
    struct digest d;

    (void)state;
    assert_int_equal(digest_begin(&d, engine), ASSAY_DONE);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(digest_add(&d, (assay_span){NULL, 0}), ASSAY_DONE);
        assert_int_equal(digest_add(&d, SPAN_EMPTY), ASSAY_DONE);
        assert_int_equal(digest_so_far(&d, got), ASSAY_DONE);
        reference(0, want);
        assert_memory_equal(got, want, SHA256_SIZE);
    }
    digest_done(&d);
}

static void a_digest_so_far_is_that_of_the_prefix_and_what_follows_goes_on(void **state)
{
    (void)state;
    for (size_t round = 0; round < 300; round++) {
        uint8_t want[SHA256_SIZE], got[SHA256_SIZE];
        struct digest d;
        size_t at = 0;

        assert_int_equal(digest_begin(&d, engine), ASSAY_DONE);
        while (at < TEXT) {
            size_t next = at + random_below(1500);

            next = next < TEXT ? next : TEXT;
            add_pieces(&d, at, next, 1 + random_below(1200));
            at = next;
            assert_int_equal(digest_so_far(&d, got), ASSAY_DONE);
            reference(at, want);
            assert_memory_equal(got, want, SHA256_SIZE);
        }
        assert_int_equal(digest_end(&d, got), ASSAY_DONE);
        assert_memory_equal(got, want, SHA256_SIZE);
        digest_done(&d);
    }
}

static void a_digest_can_be_dropped_at_any_point_and_twice(void **state)
{
    struct digest d;
    uint8_t out[SHA256_SIZE];

    (void)state;
    memset(&d, 0, sizeof d);
    digest_done(&d);
    for (int how_far = 0; how_far < 4; how_far++) {
        assert_int_equal(digest_begin(&d, engine), ASSAY_DONE);
        if (how_far > 0)
            add_pieces(&d, 0, 700, 700);
        if (how_far > 1)
            assert_int_equal(digest_so_far(&d, out), ASSAY_DONE);
        if (how_far > 2)
            assert_int_equal(digest_end(&d, out), ASSAY_DONE);
        digest_done(&d);
        digest_done(&d);
    }
}

/* ---- memory ---- */

/**
 * Make two digests of the text with some allocations. \return whether memory was short; a digest
 * that came is right
 */
static bool digest_scarcely(size_t left, size_t gap)
{
    uint8_t want[SHA256_SIZE], half[SHA256_SIZE] = {0}, all[SHA256_SIZE] = {0};
    struct digest d;
    assay_status s[5] = {ASSAY_DONE, ASSAY_DONE, ASSAY_DONE, ASSAY_DONE, ASSAY_DONE};
    bool failed = false;

    memory_left = left;
    memory_gap = gap;
    if ((s[0] = digest_begin(&d, engine)) == ASSAY_DONE) {
        s[1] = digest_add(&d, (assay_span){text, 300});
        s[2] = digest_so_far(&d, half);
        s[3] = digest_add(&d, (assay_span){text + 300, TEXT - 300});
        s[4] = digest_end(&d, all);
        digest_done(&d);
    }
    memory_left = memory_gap = SIZE_MAX;
    for (size_t i = 0; i < COUNT(s); i++) {
        assert_true(s[i] == ASSAY_DONE || s[i] == ASSAY_ENOMEM);
        failed |= s[i] == ASSAY_ENOMEM;
    }
    assert_int_equal(ERR_peek_error(), 0);
    reference(300, want);
    assert_true(s[0] != ASSAY_DONE || s[2] != ASSAY_DONE || memcmp(want, half, SHA256_SIZE) == 0);
    reference(TEXT, want);
    assert_true(failed || memcmp(want, all, SHA256_SIZE) == 0);
    return failed;
}

static void memory_that_is_short_is_said_and_leaves_no_wrong_digest(void **state)
{
    (void)state;
    for (size_t gap = 1; gap != 0; gap = gap == 1 ? SIZE_MAX : 0) {
        size_t left = 0;

        while (digest_scarcely(left, gap))
            left++;
        assert_in_range(left, 3, 20);
    }
}

static void what_openssl_had_to_say_before_is_still_there(void **state)
{
    uint8_t out[SHA256_SIZE];
    struct digest d;

    (void)state;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 77);
    assert_int_equal(digest_begin(&d, engine), ASSAY_DONE);
    add_pieces(&d, 0, TEXT, 3000);
    assert_int_equal(digest_end(&d, out), ASSAY_DONE);
    digest_done(&d);
    memory_left = 0;
    assert_int_equal(digest_begin(&d, engine), ASSAY_ENOMEM);
    memory_left = SIZE_MAX;
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 77);
    assert_int_equal(ERR_get_error(), 0);
}

/** One engine and one text for all tests. */
static int make_engine(void **state)
{
    (void)state;
    random_fill(text, sizeof text, "abcdefghijklmnop", 16, 3);
    return openssl_memory_is_scarce() && assay_engine_new(0, &engine) == ASSAY_DONE ? 0 : -1;
}

static int drop_engine(void **state)
{
    (void)state;
    assay_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_fips_180_have_their_digests),
        cmocka_unit_test(pieces_of_any_size_give_the_digest_of_the_whole),
        cmocka_unit_test(nothing_added_changes_nothing),
        cmocka_unit_test(a_digest_so_far_is_that_of_the_prefix_and_what_follows_goes_on),
        cmocka_unit_test(a_digest_can_be_dropped_at_any_point_and_twice),
        cmocka_unit_test(memory_that_is_short_is_said_and_leaves_no_wrong_digest),
        cmocka_unit_test(what_openssl_had_to_say_before_is_still_there),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
