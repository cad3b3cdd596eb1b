/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file grow.h
 * Arrays in an arena that grow.
 */
#ifndef CONF_GROW_H
#define CONF_GROW_H

#include "base/arena.h"

/** Elements of an array when it gets its first. */
enum { CONF_GROW_FIRST = 4 };

/**
 * Make room for one more element.
 *
 * \param array_at  where the pointer to the first element is; any pointer to an object
 * \param n         elements it has
 * \param cap       elements it has room for
 * \param size      octets of one
 * \return false when memory is out; all is as it was
 */
static inline bool conf_grow(struct arena *a, void *array_at, size_t n, size_t *cap, size_t size)
{
    size_t wider = *cap ? *cap * 2 : CONF_GROW_FIRST;
    void *old, *more;

    if (n < *cap)
        return true;
    if (!(more = arena_get(a, wider * size)))
        return false;
    memcpy(&old, array_at, sizeof old);
    if (n)
        memcpy(more, old, n * size);
    memcpy(array_at, &more, sizeof more);
    *cap = wider;
    return true;
}

#endif
