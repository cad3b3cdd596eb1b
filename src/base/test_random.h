/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_random.h
 * Random input that is the same in every run.
 */
#ifndef BASE_TEST_RANDOM_H
#define BASE_TEST_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** Where the row of numbers is (xorshift64). */
static uint64_t random_state = 0x9E3779B97F4A7C15u;

/** A number below `n`, which is not 0. */
static inline size_t random_below(size_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state >> 11) % n;
}

/** Fill `n` octets, in runs of up to `run` equal ones, each octet one of `choice`. */
static inline void random_fill(char *out, size_t n, const char *choice, size_t nchoice, size_t run)
{
    for (size_t i = 0; i < n;) {
        char c = choice[random_below(nchoice)];

        for (size_t k = 1 + random_below(run); k > 0 && i < n; k--)
            out[i++] = c;
    }
}

#endif
