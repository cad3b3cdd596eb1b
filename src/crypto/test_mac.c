/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/test_random.h"
#include "crypto/mac.h"
#include "crypto/test_openssl.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static assay_engine *engine;

static void the_test_cases_of_rfc_2202_have_their_macs(void **state)
{
    static const struct {
        const char *key,
            *octets; /* one octet alone stands for as many as the number beside it says */
        size_t nkey, noctets;
        const char *hex;
    } ROWS[] = {
        {"\x0b", "Hi There", 20, 0, "b617318655057264e28bc0b6fb378c8ef146be00"},
        {"Jefe", "what do ya want for nothing?", 0, 0, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {"\xaa", "\xdd", 20, 50, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
        {"\x0c", "Test With Truncation", 20, 0, "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
        {"\xaa", "Test Using Larger Than Block-Size Key - Hash Key First", 80, 0,
         "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
        {"\xaa", "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data", 80, 0,
         "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char key[80], octets[80], got[2 * MAC_SIZE + 1];
        assay_span secret = span_of(ROWS[i].key), text = span_of(ROWS[i].octets);
        uint8_t mac[MAC_SIZE];

        if (ROWS[i].nkey)
            secret = (assay_span){memset(key, ROWS[i].key[0], sizeof key), ROWS[i].nkey};
        if (ROWS[i].noctets)
            text = (assay_span){memset(octets, ROWS[i].octets[0], sizeof octets), ROWS[i].noctets};
        assert_int_equal(mac_of(engine, secret, text, mac), ASSAY_DONE);
        for (size_t k = 0; k < MAC_SIZE; k++)
            snprintf(got + 2 * k, 3, "%02x", mac[k]);
        assert_string_equal(got, ROWS[i].hex);
    }
}

static void secrets_and_texts_of_any_length_have_the_mac_of_openssl(void **state)
{
    static char secret[200], text[500];

    (void)state;
    for (size_t round = 0; round < 3000; round++) {
        size_t nsecret = round < 200 ? round : random_below(sizeof secret);
        size_t ntext = random_below(sizeof text);
        uint8_t got[MAC_SIZE], want[MAC_SIZE];
        unsigned n = 0;

        for (size_t i = 0; i < sizeof secret; i++)
            secret[i] = (char)random_below(256);
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = (char)random_below(256);
        HMAC(EVP_sha1(), secret, (int)nsecret, (const uint8_t *)text, ntext, want, &n);
        assert_int_equal(n, MAC_SIZE);
        assert_int_equal(mac_of(engine, (assay_span){secret, nsecret}, (assay_span){text, ntext},
                                got),
                         ASSAY_DONE);
        assert_memory_equal(got, want, MAC_SIZE);
    }
}

static void nothing_is_a_secret_and_a_text(void **state)
{
    uint8_t got[MAC_SIZE], want[MAC_SIZE];
    unsigned n;

    (void)state;
    HMAC(EVP_sha1(), "", 0, (const uint8_t *)"", 0, want, &n);
    assert_int_equal(mac_of(engine, (assay_span){NULL, 0}, (assay_span){NULL, 0}, got), ASSAY_DONE);
    assert_memory_equal(got, want, MAC_SIZE);
}

static void memory_that_is_short_is_said_and_leaves_no_wrong_mac(void **state)
{
    static const uint8_t UNTOUCHED[MAC_SIZE] = {7, 7, 7};
    size_t failures = 0;
    uint8_t want[MAC_SIZE];

    (void)state;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 77);
    assert_int_equal(mac_of(engine, SPAN("secret"), SPAN("text"), want), ASSAY_DONE);
    for (size_t gap = 1; gap != 0; gap = gap == 1 ? SIZE_MAX : 0) {
        assay_status s = ASSAY_ENOMEM;

        for (size_t left = 0; s == ASSAY_ENOMEM; left++) {
            uint8_t got[MAC_SIZE];

            memcpy(got, UNTOUCHED, MAC_SIZE);
            memory_left = left;
            memory_gap = gap;
            s = mac_of(engine, SPAN("secret"), SPAN("text"), got);
            memory_left = memory_gap = SIZE_MAX;
            assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM);
            assert_memory_equal(got, s == ASSAY_DONE ? want : UNTOUCHED, MAC_SIZE);
            failures += s == ASSAY_ENOMEM;
            assert_in_range(left, 0, 20);
        }
    }
    assert_in_range(failures, 2, 40);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 77);
    assert_int_equal(ERR_get_error(), 0);
}

/** One engine for all tests. */
static int make_engine(void **state)
{
    (void)state;
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
        cmocka_unit_test(the_test_cases_of_rfc_2202_have_their_macs),
        cmocka_unit_test(secrets_and_texts_of_any_length_have_the_mac_of_openssl),
        cmocka_unit_test(nothing_is_a_secret_and_a_text),
        cmocka_unit_test(memory_that_is_short_is_said_and_leaves_no_wrong_mac),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
