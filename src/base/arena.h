/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file arena.h
 * Memory that is given out piece by piece and taken back all at once.
 *
 * An arena can be rewound to empty and used again; then what it gave out is filled with junk in
 * debug builds, so that a pointer kept too long shows at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

#include <stdalign.h>

/** One block of an arena; private to arena.c. */
struct arena_chunk;

/** An arena. All zero is a valid empty one. */
struct arena {
    char *next, *end;          /**< what is left of the block that pieces are cut from */
    struct arena_chunk *now;   /**< that block */
    struct arena_chunk *first; /**< the oldest block */
};

/** arena_get() where the present block is too short. */
void *arena_get_more(struct arena *a, size_t n);

/**
 * Get `n` octets, aligned for any object, not initialised.
 *
 * \return NULL when memory is out; the arena is as it was
 */
static inline void *arena_get(struct arena *a, size_t n)
{
    const size_t unit = alignof(max_align_t), padded = (n + unit) & ~(unit - 1);
    void *p = a->next;

    if (padded <= n || padded > (size_t)(a->end - a->next))
        return arena_get_more(a, n);
    a->next += padded;
    return p;
}

/** Get `n` octets of zero, or NULL. */
void *arena_zero(struct arena *a, size_t n);

/**
 * Copy octets into the arena and end them by NUL, which the span does not count.
 *
 * \return false when memory is out; `*ret` is untouched
 */
bool arena_copy(struct arena *a, assay_span s, assay_span *ret);

/** Copy text ended by NUL. \return NULL when memory is out */
char *arena_text(struct arena *a, const char *text);

/** Octets given out since the last rewind, with what alignment added. */
size_t arena_used(const struct arena *a) ASSAY_PURE;

/** The pointer lies in octets that the arena gave out. */
bool arena_owns(const struct arena *a, const void *p) ASSAY_PURE;

/** Take everything back, but keep the blocks for the next round. */
void arena_rewind(struct arena *a);

/** Give the blocks back; the arena is empty and may be used again. */
void arena_done(struct arena *a);

/** One zeroed object of a type from an arena, or NULL. */
#define ARENA_NEW(a, type) ((type *)arena_zero((a), sizeof(type)))

#endif
