/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/base64.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/** Text, and what it decodes to; NULL: it does not. */
static const struct {
    assay_span text;
    const char *octets;
} ROWS[] = {
    /* RFC 4648 10 */
    {SPAN(""), ""},
    {SPAN("Zg=="), "f"},
    {SPAN("Zm8="), "fo"},
    {SPAN("Zm9v"), "foo"},
    {SPAN("Zm9vYg=="), "foob"},
    {SPAN("Zm9vYmE="), "fooba"},
    {SPAN("Zm9vYmFy"), "foobar"},
    /* folding white space anywhere (RFC 6376 2.10), inside the padding too */
    {SPAN(" \r\n\t"), ""},
    {SPAN("Zm9v\r\n YmFy"), "foobar"},
    {SPAN("Z m\t9\r\n v\nYmFy "), "foobar"},
    {SPAN("Zm9vYg\r\n = ="), "foob"},
    {SPAN("Zm9vYg=\t=\r\n"), "foob"},
    {SPAN("  Zm8="), "fo"},
    /* padding is required, once, and only where it belongs */
    {SPAN("Zg"), NULL},
    {SPAN("Zg="), NULL},
    {SPAN("Zg==="), NULL},
    {SPAN("Zm8"), NULL},
    {SPAN("Zm8=="), NULL},
    {SPAN("Zm9v="), NULL},
    {SPAN("Zm9v===="), NULL},
    {SPAN("="), NULL},
    {SPAN("===="), NULL},
    {SPAN("Z"), NULL},
    {SPAN("Z==="), NULL},
    {SPAN("Zg==Zg=="), NULL},
    {SPAN("Zg= =Z"), NULL},
    /* octets that are not of the alphabet */
    {SPAN("Zm9v-YmFy"), NULL},
    {SPAN("Zm9_YmFy"), NULL},
    {SPAN("Zm9v\0"), NULL},
    {SPAN("Zm9\xF6"), NULL},
    {SPAN("Zm9v;"), NULL},
    {SPAN("\vZm9v"), NULL},
};

static void only_text_with_exact_padding_is_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        uint8_t out[32];
        size_t n = 4711;
        bool read = base64_decode(ROWS[i].text, out, &n);
        assay_span got = read ? (assay_span){(const char *)out, n} : SPAN("(refused)");
        const char *want = ROWS[i].octets ? ROWS[i].octets : "(refused)";

        if (!span_is(got, want))
            fail_msg("\"%.*s\": wanted \"%s\", got \"%.*s\"", SPAN_ARG(ROWS[i].text), want,
                     SPAN_ARG(got));
        assert_true(read || n == 4711);
    }
}

static void every_value_has_the_character_of_openssl(void **state)
{
    unsigned char want[8];

    (void)state;
    for (unsigned bits = 0; bits < 1 << 12; bits++) {
        uint8_t octets[3] = {(uint8_t)(bits >> 4), (uint8_t)(bits << 4), (uint8_t)bits}, back[6];
        char text[4];
        size_t n;

        EVP_EncodeBlock(want, octets, 3);
        base64_encode(octets, 3, text);
        assert_memory_equal(text, want, 4);
        assert_true(base64_decode((assay_span){text, 4}, back, &n));
        assert_int_equal(n, 3);
        assert_memory_equal(back, octets, 3);
    }
}

/** Decode `text` with a fold after each `step` characters. */
static void decode_folded(const char *text, size_t length, size_t step, const uint8_t *octets,
                          size_t n)
{
    char folded[800];
    uint8_t *out;
    size_t at = 0, got;

    for (size_t i = 0; i < length; i++) {
        if (i && i % step == 0) {
            memcpy(folded + at, "\r\n ", 3);
            at += 3;
        }
        folded[at++] = text[i];
    }
    assert_non_null(out = malloc(base64_decoded_max(at)));
    assert_true(base64_decode((assay_span){folded, at}, out, &got));
    assert_int_equal(got, n);
    assert_memory_equal(out, octets, n);
    free(out);
}

static void any_octets_come_back_wherever_the_text_is_folded(void **state)
{
    uint8_t octets[130];
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 151 + 7);
    for (size_t n = 0; n <= sizeof octets; n++) {
        base64_encode(octets, n, text);
        for (size_t step = 1; step < 80; step += 3)
            decode_folded(text, base64_encoded(n), step, octets, n);
    }
}

static void no_octet_is_written_behind_the_room_promised(void **state)
{
    (void)state;
    for (size_t length = 0; length < 64; length++) {
        char *text = malloc(length + 1);
        uint8_t *out =
            malloc(base64_decoded_max(length)); /* exact: the sanitizer sees one octet more */
        size_t n = 0;

        assert_non_null(text);
        assert_non_null(out);
        memset(text, 'Q', length);
        assert_int_equal(base64_decode((assay_span){text, length}, out, &n), length % 4 == 0);
        assert_true(n <= base64_decoded_max(length));
        free(text);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_text_with_exact_padding_is_decoded),
        cmocka_unit_test(every_value_has_the_character_of_openssl),
        cmocka_unit_test(any_octets_come_back_wherever_the_text_is_folded),
        cmocka_unit_test(no_octet_is_written_behind_the_room_promised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
