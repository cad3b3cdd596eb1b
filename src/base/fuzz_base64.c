/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_base64.c Base64 against its own encoder and against OpenSSL: what decodes encodes to
 * the same text without white space, and any octets come back.
 */
#include "base/base64.h"
#include "base/fuzz_must.h"

#include <openssl/evp.h>
#include <stdlib.h>

/** The text without white space. \return its length */
static size_t squeeze(assay_span in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++)
        if (!ascii_fws(in.p[i]))
            out[n++] = in.p[i];
    return n;
}

/**
 * A text that decodes is, white space aside, the encoding of its octets, but for bits that do not
 * count.
 */
static void check_decoding(assay_span text)
{
    uint8_t *octets = malloc(base64_decoded_max(text.n));
    char *again = malloc(text.n + 4), *squeezed = malloc(text.n + 1);
    size_t n, length;

    must(octets && again && squeezed);
    if (base64_decode(text, octets, &n)) {
        length = squeeze(text, squeezed);
        must(base64_encoded(n) == length);
        base64_encode(octets, n, again);
        for (size_t i = 0; i < length;
             i++) { /* the last character before the padding may hold unused bits */
            bool last = i + 1 < length ? squeezed[i + 1] == '=' : false;

            must(again[i] == squeezed[i] || last);
        }
    }
    free(octets);
    free(again);
    free(squeezed);
}

/** Octets encode as OpenSSL encodes them, and come back. */
static void check_encoding(const uint8_t *data, size_t n)
{
    size_t length = base64_encoded(n), got;
    char *text = malloc(length + 1);
    unsigned char *other = malloc(length + 1);
    uint8_t *back = malloc(base64_decoded_max(length));

    must(text && other && back);
    base64_encode(data, n, text);
    must(EVP_EncodeBlock(other, data, (int)n) == (int)length && memcmp(text, other, length) == 0);
    must(base64_decode((assay_span){text, length}, back, &got));
    must(got == n && (n == 0 || memcmp(back, data, n) == 0));
    free(text);
    free(other);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    check_decoding((assay_span){(const char *)data, n});
    check_encoding(data, n);
    return 0;
}
