/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_openssl.h
 * OpenSSL on memory that runs out when a test says so (base/test_memory.h).
 */
#ifndef CRYPTO_TEST_OPENSSL_H
#define CRYPTO_TEST_OPENSSL_H

#include "base/test_memory.h"

#include <openssl/crypto.h>

/**
 * OpenSSL forgets to free some of its memory when it runs out in the middle of making a library
 * context. While this is set, its blocks are remembered, so that they are nobody's leak.
 */
static bool openssl_forgets;

/** Remember a block, if that is wanted. \return the block */
static inline void *openssl_block(void *p)
{
    static void **blocks;
    static size_t n, most;

    if (!openssl_forgets)
        return p;
    if (n == most)
        blocks = plentiful_realloc(blocks, (most = 2 * most + 1000) * sizeof *blocks);
    if (blocks)
        blocks[n++] = p;
    return p;
}

/** malloc() for OpenSSL. */
static inline void *openssl_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return openssl_block(scarce_malloc(n));
}

/** realloc() for OpenSSL. */
static inline void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return openssl_block(scarce_realloc(p, n));
}

/** free() for OpenSSL. */
static inline void openssl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/**
 * Have OpenSSL allocate here. \return false: something of OpenSSL was called before, so it is too
 * late
 */
static inline bool openssl_memory_is_scarce(void)
{
    return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;
}

#endif
