/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include <stdalign.h>
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

/** Make room for `n` octets: an old block that is large enough, or a new one behind the current. */
static struct arena_chunk *grow(struct arena *a, size_t n)
{
    struct arena_chunk *c = a->now ? a->now->next : NULL;
    size_t size;

    if (c && c->size >= n) {
        c->used = 0;
        return a->now = c;
    }
    size = chunk_size(a->now, n);
    if (size > SIZE_MAX - sizeof *c || !(c = malloc(sizeof *c + size)))
        return NULL;
    c->size = size;
    c->used = 0;
    c->next = a->now ? a->now->next : NULL;
    if (a->now)
        a->now->next = c;
    else
        a->first = c;
    return a->now = c;
}

void *arena_get(struct arena *a, size_t n)
{
    const size_t unit = alignof(max_align_t);
    struct arena_chunk *c = a->now;
    void *p;

    if (n > SIZE_MAX / 2)
        return NULL;
    n = n ? (n + unit - 1) / unit * unit : unit;
    if ((!c || c->size - c->used < n) && !(c = grow(a, n)))
        return NULL;
    p = c->octets + c->used;
    c->used += n;
    a->total += n;
    return p;
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

bool arena_owns(const struct arena *a, const void *p)
{
    uintptr_t at = (uintptr_t)p;

    for (const struct arena_chunk *c = a->first; c; c = c->next) {
        if (at - (uintptr_t)c->octets < c->used)
            return true;
        if (c == a->now)
            break;
    }
    return false;
}

void arena_rewind(struct arena *a)
{
    for (struct arena_chunk *c = a->first; c; c = c->next) {
#ifdef ASSAY_DEBUG
        memset(c->octets, JUNK, c->size);
#endif
        c->used = 0;
    }
    a->now = a->first;
    a->total = 0;
}

void arena_done(struct arena *a)
{
    for (struct arena_chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    *a = (struct arena){0};
}
