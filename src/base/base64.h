/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file base64.h
 * Base64 as mail tags hold it (RFC 4648 4, with the folding white space of RFC 6376 2.10).
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/span.h"

/** Octets that decoding `n` characters can give at most. */
static inline size_t base64_decoded_max(size_t n)
{
    return n / 4 * 3 + 3;
}

/** Characters that encoding `n` octets gives. */
static inline size_t base64_encoded(size_t n)
{
    return (n + 2) / 3 * 4;
}

/**
 * Decode, skipping white space anywhere. Padding is required and ends the text (RFC 6376 2.10).
 *
 * \param out    base64_decoded_max(in.n) octets
 * \param ret_n  set to the octets decoded when true is returned
 */
bool base64_decode(assay_span in, uint8_t *out, size_t *ret_n);

/** Encode with padding, without line ends. \param out  base64_encoded(n) characters, no NUL */
void base64_encode(const uint8_t *in, size_t n, char *out);

#endif
