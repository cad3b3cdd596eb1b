/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file near.h
 * "Did you mean": the nearest word to one that is not known.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

/** A search for the nearest word. */
struct near {
    const char *word;
    const char *best; /**< the nearest so far, or NULL when none is near enough */
    unsigned distance;
};

/** Begin a search. Words over 64 octets are near to nothing. */
struct near near_new(const char *word);

/** Offer a candidate; `candidate` is kept by pointer. */
void near_try(struct near *near, const char *candidate);

#endif
