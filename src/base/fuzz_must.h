/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_must.h
 * How a fuzzer says what must hold.
 */
#ifndef BASE_FUZZ_MUST_H
#define BASE_FUZZ_MUST_H

#include <stdbool.h>
#include <stdlib.h>

/** Stop when a promise is broken. */
static inline void must(bool holds)
{
    if (!holds)
        abort();
}

#endif
