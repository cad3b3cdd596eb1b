/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/base64.h"

static const char ALPHABET[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { NO = 0x80 }; /* not in the alphabet; no value has this bit */

#define NO16 NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO

/** The six bits of each character. */
static const uint8_t VALUE[256] = {
    /* clang-format off */
    NO16,
    NO16,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    NO16, NO16, NO16, NO16, NO16, NO16, NO16, NO16,
    /* clang-format on */
};

/** The six bits of a character, or NO. */
static inline unsigned value_of(char c)
{
    return VALUE[(unsigned char)c];
}

/**
 * Only padding and white space is left, and the padding fills the last group of `have` characters.
 */
static bool padded(assay_span rest, unsigned have)
{
    unsigned pads = 0;

    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] == '=')
            pads++;
        else if (!ascii_fws(rest.p[i]))
            return false;
    }
    return have == 0 ? pads == 0 : have + pads == 4 && pads <= 2;
}

/**
 * Decode whole groups of four characters of the alphabet. \return characters read; `*n` octets were
 * written
 */
static size_t decode_groups(assay_span in, uint8_t *out, size_t *n)
{
    const char *p = in.p;
    uint8_t *to = out + *n;

    for (; (size_t)(p - in.p) + 4 <= in.n; p += 4, to += 3) {
        unsigned a = value_of(p[0]), b = value_of(p[1]), c = value_of(p[2]), d = value_of(p[3]);
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;

        if ((a | b | c | d) & NO)
            break;
        to[0] = (uint8_t)(bits >> 16);
        to[1] = (uint8_t)(bits >> 8);
        to[2] = (uint8_t)bits;
    }
    *n = (size_t)(to - out);
    return (size_t)(p - in.p);
}

bool base64_decode(assay_span in, uint8_t *out, size_t *ret_n)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    while (in.n) {
        unsigned value;

        if (have == 0 && value_of(in.p[0]) != NO)
            in = span_from(in, decode_groups(in, out, &n));
        if (!in.n || ((value = value_of(in.p[0])) == NO && !ascii_fws(in.p[0])))
            break;
        in = span_from(in, 1);
        if (value == NO)
            continue;
        bits = bits << 6 | value;
        if (++have == 4) {
            out[n++] = (uint8_t)(bits >> 16);
            out[n++] = (uint8_t)(bits >> 8);
            out[n++] = (uint8_t)bits;
            have = 0;
        }
    }
    if (!padded(in, have))
        return false;
    if (have >= 2)
        out[n++] = (uint8_t)(have == 2 ? bits >> 4 : bits >> 10);
    if (have == 3)
        out[n++] = (uint8_t)(bits >> 2);
    *ret_n = n;
    return true;
}

void base64_encode(const uint8_t *in, size_t n, char *out)
{
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)in[i] << 16 | (i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0) |
                        (i + 2 < n ? in[i + 2] : 0);

        *out++ = ALPHABET[bits >> 18];
        *out++ = ALPHABET[bits >> 12 & 63];
        *out++ = i + 1 < n ? ALPHABET[bits >> 6 & 63] : '=';
        *out++ = i + 2 < n ? ALPHABET[bits & 63] : '=';
    }
}
