/* SPDX-License-Identifier: BSD-2-Clause */
/* Small factors and common factors against OpenSSL's arithmetic. */
#include "crypto/weak.h"

#include <openssl/bn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 60 };

/** A number as octets. */
static assay_span octets_of(const BIGNUM *n, unsigned char *out)
{
    return (assay_span){(const char *)out, (size_t)BN_bn2bin(n, out)};
}

static void a_small_factor_is_found_and_a_large_one_is_not(void **state)
{
    static const unsigned FACTORS[] = {2, 3, 5, 251, 257, 65519, 65521};
    unsigned char out[600];
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = BN_new(), *n = BN_new();

    (void)state;
    assert_true(BN_generate_prime_ex(p, 512, 0, NULL, NULL, NULL));
    assert_int_equal(weak_small_factor(octets_of(p, out)), 0);
    assert_true(BN_sqr(n, p, ctx));
    assert_int_equal(weak_small_factor(octets_of(n, out)), 0);
    for (size_t i = 0; i < sizeof FACTORS / sizeof *FACTORS; i++) {
        assert_true(BN_copy(n, p) && BN_mul_word(n, FACTORS[i]));
        assert_int_equal(weak_small_factor(octets_of(n, out)), FACTORS[i]);
    }
    assert_true(BN_copy(n, p) && BN_mul_word(n, 65537)); /* the first prime beyond */
    assert_int_equal(weak_small_factor(octets_of(n, out)), 0);
    BN_free(p);
    BN_free(n);
    BN_CTX_free(ctx);
}

static void a_common_factor_is_found_as_openssl_finds_it(void **state)
{
    BIGNUM *a = BN_new(), *b = BN_new(), *g = BN_new();
    unsigned char out_a[600], out_b[600];
    BN_CTX *ctx = BN_CTX_new();
    size_t shared = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        bool want;

        assert_true(BN_rand(a, 40 + i * 17, BN_RAND_TOP_ONE,
                            i % 7 ? BN_RAND_BOTTOM_ODD : BN_RAND_BOTTOM_ANY));
        assert_true(BN_rand(b, 900 - i * 13, BN_RAND_TOP_ONE,
                            i % 5 ? BN_RAND_BOTTOM_ODD : BN_RAND_BOTTOM_ANY));
        if (i % 2)
            assert_true(BN_mul_word(a, 65537) && BN_mul_word(b, 65537));
        assert_true(BN_gcd(g, a, b, ctx));
        want = !BN_is_one(g);
        if (BN_is_odd(a) != BN_is_odd(b))
            continue; /* an even modulus is told as such: what it shares besides is not looked for */
        if (!BN_is_odd(a))
            want = true;
        assert_int_equal(weak_share_factor(octets_of(a, out_a), octets_of(b, out_b)), want);
        shared += want;
    }
    assert_true(shared > ROUNDS / 4);
    assert_false(weak_share_factor(octets_of(a, out_a), octets_of(a, out_b)));
    BN_free(a);
    BN_free(b);
    BN_free(g);
    BN_CTX_free(ctx);
}

static void what_is_no_modulus_is_sound(void **state)
{
    static const char LONG[WEAK_MODULUS + 1] = {1};
    assay_span far = {LONG, sizeof LONG};

    (void)state;
    assert_int_equal(weak_small_factor(SPAN_EMPTY), 0);
    assert_int_equal(weak_small_factor(SPAN("\x0F")), 0);
    assert_int_equal(weak_small_factor(far), 0);
    assert_false(weak_share_factor(SPAN_EMPTY, SPAN("\x0F")));
    assert_false(weak_share_factor(far, SPAN("\x0F")));
    assert_false(weak_share_factor(SPAN("\0\0\x0F"), SPAN("\x0F")));
    assert_true(weak_share_factor(SPAN("\x0F"), SPAN("\x15")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_factor_is_found_and_a_large_one_is_not),
        cmocka_unit_test(a_common_factor_is_found_as_openssl_finds_it),
        cmocka_unit_test(what_is_no_modulus_is_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
