/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_wrap.h The allocations of a whole program, one of which fails when a test says so. For a
 * test_memory.c, which is linked with --wrap for malloc, calloc and realloc: include this once.
 */
#ifndef BASE_TEST_WRAP_H
#define BASE_TEST_WRAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static _Atomic unsigned long made; /**< allocations since the last arming */
static unsigned long fail_at;      /**< the one that fails; 0: none */
static bool fail_on;               /**< all behind it fail, too */

void *__real_malloc(size_t n);              /**< the C library's */
void *__real_calloc(size_t n, size_t size); /**< the C library's */
void *__real_realloc(void *p, size_t n);    /**< the C library's */
void *__wrap_malloc(size_t n);              /**< what the program calls */
void *__wrap_calloc(size_t n, size_t size); /**< what the program calls */
void *__wrap_realloc(void *p, size_t n);    /**< what the program calls */

/** This allocation is to fail. */
static bool fails(void)
{
    unsigned long n = atomic_fetch_add(&made, 1) + 1;

    return fail_at && (n == fail_at || (fail_on && n > fail_at));
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

#endif
