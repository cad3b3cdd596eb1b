/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_arena.h Arenas that are about to need memory, so that with none left
 * (base/test_memory.h) each piece can be the one that fails.
 */
#ifndef BASE_TEST_ARENA_H
#define BASE_TEST_ARENA_H

#include "base/arena.h"

/**
 * Leave room for `n` octets, less than 8,000, in the first block of an empty arena; for more it
 * needs another block.
 */
static inline void arena_leave(struct arena *a, size_t n)
{
    const size_t unit = 16;

    do
        arena_get(a, 1);
    while ((size_t)(a->end - a->next) >= n + unit);
}

#endif
