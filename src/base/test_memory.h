/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_memory.h
 * Memory that runs out when a test says so.
 *
 * A test program includes this first and then the .c files whose allocations are to fail; what they
 * define takes the place of the same files in the library:
 *
 *     #include "base/test_memory.h"
 *
 *     #include "base/arena.c"
 */
#ifndef BASE_TEST_MEMORY_H
#define BASE_TEST_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/** How many allocations from now on succeed; then they fail. SIZE_MAX: memory is plenty. */
static _Atomic size_t memory_left = SIZE_MAX;

/** How many fail then, before memory is plenty again. SIZE_MAX: all. */
static _Atomic size_t memory_gap = SIZE_MAX;

/** Whether the next allocation may succeed; counts it. */
static inline bool memory_granted(void)
{
    size_t left = memory_left, gap = memory_gap;

    if (left == SIZE_MAX)
        return true;
    if (left > 0)
        memory_left = left - 1;
    else if (gap != SIZE_MAX && gap > 0)
        memory_gap = gap - 1;
    return left > 0 || gap == 0;
}

/** malloc() as long as memory lasts. */
static inline void *scarce_malloc(size_t n)
{
    return memory_granted() ? malloc(n) : NULL;
}

/** calloc() as long as memory lasts. */
static inline void *scarce_calloc(size_t n, size_t size)
{
    return memory_granted() ? calloc(n, size) : NULL;
}

/** realloc() as long as memory lasts. */
static inline void *scarce_realloc(void *p, size_t n)
{
    return memory_granted() ? realloc(p, n) : NULL;
}

/** realloc() for what a test itself has to keep. */
static inline void *plentiful_realloc(void *p, size_t n)
{
    return realloc(p, n);
}

#define malloc  scarce_malloc
#define calloc  scarce_calloc
#define realloc scarce_realloc

#endif
