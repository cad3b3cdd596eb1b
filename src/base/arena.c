/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include <stdlib.h>

enum { FIRST_CHUNK = 8192, LARGEST_CHUNK = 262144, JUNK = 0xDB };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used;
    alignas(max_align_t) char octets[];
};

/** The size of a block that follows `last` and holds `n` octets. */
static size_t chunk_size(const struct arena_chunk *last, size_t n)
{
    size_t size = last ? last->size * 2 : FIRST_CHUNK;

    if (size > LARGEST_CHUNK)
        size = LARGEST_CHUNK;
    return n > size ? n : size;
}

/** Cut pieces from this block from now on, all of it. */
static void *enter(struct arena *a, struct arena_chunk *c)
{
    a->now = c;
    a->next = c->octets;
    a->end = c->octets + c->size;
    return c;
}

/** Make room for `n` octets: an old block that is large enough, or a new one behind the current. */
static void *grow(struct arena *a, size_t n)
{
    struct arena_chunk *c = a->now ? a->now->next : NULL;
    size_t size;

    if (a->now)
        a->now->used = (size_t)(a->next - a->now->octets);
    if (c && c->size >= n)
        return enter(a, c);
    size = chunk_size(a->now, n);
    if (!(c = malloc(sizeof *c + size)))
        return NULL;
    c->size = size;
    c->next = a->now ? a->now->next : NULL;
    if (a->now)
        a->now->next = c;
    else
        a->first = c;
    return enter(a, c);
}

void *arena_get_more(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 4 || !grow(a, n + alignof(max_align_t)))
        return NULL;
    return arena_get(a, n);
}

void *arena_zero(struct arena *a, size_t n)
{
    void *p = arena_get(a, n);

    return p ? memset(p, 0, n) : NULL;
}

bool arena_copy(struct arena *a, assay_span s, assay_span *ret)
{
    char *p = arena_get(a, s.n + 1);

    if (!p)
        return false;
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    *ret = (assay_span){p, s.n};
    return true;
}

char *arena_text(struct arena *a, const char *text)
{
    size_t n = strlen(text) + 1;
    char *p = arena_get(a, n);

    return p ? memcpy(p, text, n) : NULL;
}

/** Octets given out of a block, which lies at or before the present one. */
static size_t used_of(const struct arena *a, const struct arena_chunk *c)
{
    return c == a->now ? (size_t)(a->next - c->octets) : c->used;
}

size_t arena_used(const struct arena *a)
{
    size_t n = 0;

    for (const struct arena_chunk *c = a->first; c; c = c == a->now ? NULL : c->next)
        n += used_of(a, c);
    return n;
}

bool arena_owns(const struct arena *a, const void *p)
{
    uintptr_t at = (uintptr_t)p;

    for (const struct arena_chunk *c = a->first; c; c = c == a->now ? NULL : c->next)
        if (at - (uintptr_t)c->octets < used_of(a, c))
            return true;
    return false;
}

void arena_rewind(struct arena *a)
{
#ifdef ASSAY_DEBUG
    for (struct arena_chunk *c = a->first; c; c = c->next)
        memset(c->octets, JUNK, c->size);
#endif
    if (a->first)
        enter(a, a->first);
}

void arena_done(struct arena *a)
{
    for (struct arena_chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    *a = (struct arena){0};
}
