/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/base64.h"

static const char ALPHABET[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The six bits of each character plus one; 0: not in the alphabet. */
static const uint8_t VALUE[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/** Only padding and white space is left, and the padding fills the last group of `have` characters. */
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

bool base64_decode(assay_span in, uint8_t *out, size_t *ret_n)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0, i;

    for (i = 0; i < in.n; i++) {
        unsigned value = VALUE[(unsigned char)in.p[i]];

        if (value == 0) {
            if (ascii_fws(in.p[i]))
                continue;
            break;
        }
        bits = bits << 6 | (value - 1);
        if (++have == 4) {
            out[n++] = (uint8_t)(bits >> 16);
            out[n++] = (uint8_t)(bits >> 8);
            out[n++] = (uint8_t)bits;
            have = 0;
        }
    }
    if (!padded(span_from(in, i), have))
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
