/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cache.h"

#include "fact/fact.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

/** Milliseconds. */
enum {
    SECOND = 1000,
    DATA_MOST =
        86400 * SECOND, /* RFC 8767 4 advises a limit; a day is kind to whoever repairs a record */
    DENIAL_MOST = 10800 * SECOND, /* RFC 2308 5: one to three hours */
    FAILURE_FIRST = SECOND,       /* RFC 9520 3.2: at least a second */
    FAILURE_MOST = 30 * SECOND,
    FAILURE_FORGIVEN = 300 * SECOND /* a failure so long ago does not lengthen the next */
};

/** No answer may take more than this part of the cache, nor more than this share of a part of it. */
enum { LARGEST_PART = 8, LARGEST_SHARE = 2 };

/** Parts are told apart by the hash's top bits; the table of each uses those at its other end. */
enum { PART_SHIFT = 56 };

/** Octets that two processors do not fight for. */
enum { LINE = 64 };

/** One answer. */
struct entry {
    struct table_node node;
    TAILQ_ENTRY(entry) used;
    assay_fact *fact;
    int64_t until; /* it is good before then */
    int64_t hold;  /* how long a failure was remembered; 0 for an answer */
    size_t bytes;
    char key[];
};

/** One part of a cache. */
struct part {
    _Alignas(LINE) pthread_mutex_t lock;
    struct table table;
    TAILQ_HEAD(used, entry) used; /* the last used first */
    size_t bytes, max, largest;
};

struct cache {
    size_t nparts; /* a power of two */
    struct table_seed seed;
    struct part parts[];
};

/** Set up a part that is all zero. */
static bool part_init(struct part *p, size_t max, size_t largest, const struct table_seed *seed)
{
    if (!table_init(&p->table, seed))
        return false;
    pthread_mutex_init(&p->lock, NULL);
    TAILQ_INIT(&p->used);
    p->max = max;
    p->largest = largest < max / LARGEST_SHARE ? largest : max / LARGEST_SHARE;
    return true;
}

/** Make a cache of so many parts. */
static struct cache *new_cache(size_t nparts, size_t max_bytes, const struct table_seed *seed)
{
    size_t size = (sizeof(struct cache) + nparts * sizeof(struct part) + LINE - 1) / LINE * LINE;
    struct cache *c = aligned_alloc(LINE, size);

    if (!c)
        return NULL;
    memset(c, 0, size);
    c->seed = *seed;
    for (; c->nparts < nparts; c->nparts++)
        if (!part_init(&c->parts[c->nparts], max_bytes / nparts, max_bytes / LARGEST_PART, seed)) {
            cache_free(c);
            return NULL;
        }
    return c;
}

struct cache *cache_new(size_t max_bytes, const struct table_seed *seed)
{
    return new_cache(1, max_bytes, seed);
}

struct cache *cache_new_shared(size_t max_bytes, const struct table_seed *seed)
{
    size_t nparts = CACHE_PARTS;

    while (nparts > 1 && max_bytes / nparts < CACHE_PART_LEAST)
        nparts /= 2;
    return new_cache(nparts, max_bytes, seed);
}

/** Drop one answer. */
static void drop(struct part *p, struct entry *e)
{
    table_remove(&p->table, &e->node);
    TAILQ_REMOVE(&p->used, e, used);
    p->bytes -= e->bytes;
    assay_fact_free(e->fact);
    free(e);
}

void cache_free(struct cache *c)
{
    struct entry *e;

    for (size_t i = 0; c && i < c->nparts; i++) {
        struct part *p = &c->parts[i];

        while ((e = TAILQ_FIRST(&p->used)))
            drop(p, e);
        table_done(&p->table);
        pthread_mutex_destroy(&p->lock);
    }
    free(c);
}

size_t cache_bytes(struct cache *c)
{
    size_t bytes = 0;

    for (size_t i = 0; i < c->nparts; i++) {
        pthread_mutex_lock(&c->parts[i].lock);
        bytes += c->parts[i].bytes;
        pthread_mutex_unlock(&c->parts[i].lock);
    }
    return bytes;
}

/** The part that a question falls to, locked. */
static struct part *enter(struct cache *c, uint64_t hash)
{
    struct part *p = &c->parts[hash >> PART_SHIFT & (c->nparts - 1)];

    pthread_mutex_lock(&p->lock);
    return p;
}

/** The hash of a question. */
static uint64_t hash_of(const struct cache *c, const struct assay_question *q)
{
    return table_hash(&c->seed, q);
}

/** The entry of a question, good or not. */
static struct entry *find(const struct part *p, uint64_t hash, const struct assay_question *q)
{
    return (struct entry *)(void *)table_find_hashed(&p->table, hash, q);
}

/** cache_get() in a part. */
static assay_fact *get(struct part *p, uint64_t hash, const struct assay_question *q, int64_t now)
{
    struct entry *e = find(p, hash, q);

    if (!e)
        return NULL;
    if (e->until <= now) {
        if (!e->hold) /* a failure stays: it tells how long the next is remembered */
            drop(p, e);
        return NULL;
    }
    TAILQ_REMOVE(&p->used, e, used);
    TAILQ_INSERT_HEAD(&p->used, e, used);
    return assay_fact_ref(e->fact);
}

assay_fact *cache_get(struct cache *c, const struct assay_question *q, int64_t now)
{
    uint64_t hash = hash_of(c, q);
    struct part *p = enter(c, hash);
    assay_fact *fact = get(p, hash, q, now);

    pthread_mutex_unlock(&p->lock);
    return fact;
}

/**
 * Octets that a fact takes. What evaluators will have parsed of it (fact/fact.h, memos) lives and
 * dies with it; it is counted as once more its data.
 */
static size_t fact_size(const struct assay_fact *f)
{
    size_t n = sizeof *f + f->reason.n + f->media_type.n + f->bytes;

    for (size_t i = 0; i < f->nchain; i++)
        n += sizeof *f->chain + f->chain[i].owner.n + f->chain[i].target.n;
    for (size_t i = 0; i < f->n; i++)
        n += sizeof *f->data + sizeof *f->records + f->data[i].n + f->records[i].text.n;
    return n;
}

/** How long a failure is remembered, given how the last try ended. */
static int64_t failure_hold(const struct entry *last, int64_t now)
{
    if (!last || !last->hold || now - last->until > FAILURE_FORGIVEN)
        return FAILURE_FIRST;
    return last->hold * 2 < FAILURE_MOST ? last->hold * 2 : FAILURE_MOST;
}

/** How long an answer is good; 0: it may not be kept. */
static int64_t answer_life(const struct assay_fact *f)
{
    int64_t life = (int64_t)f->ttl * SECOND,
            most = fact_state(f) == FACT_DATA ? DATA_MOST : DENIAL_MOST;

    return life < most ? life : most;
}

/** A new entry, in no list yet. */
static struct entry *new_entry(const struct assay_question *q, assay_fact *fact)
{
    struct entry *e = malloc(sizeof *e + table_key_size(q));

    if (!e)
        return NULL;
    e->node = table_node_new(q, e->key);
    e->bytes = sizeof *e + table_key_size(q) + sizeof(struct table_node *) + fact_size(fact);
    e->fact = fact;
    return e;
}

/** cache_put() into a part. */
static void put(struct part *p, uint64_t hash, const struct assay_question *q, assay_fact *fact,
                int64_t now)
{
    bool failure = fact_state(fact) == FACT_UNKNOWN;
    struct entry *last = find(p, hash, q), *e;
    int64_t life = failure ? failure_hold(last, now) : answer_life(fact);

    if (last)
        drop(p, last);
    if (life <= 0 || !(e = new_entry(q, fact)))
        return;
    if (e->bytes > p->largest) {
        free(e);
        return;
    }
    assay_fact_ref(fact);
    e->until = now + life;
    e->hold = failure ? life : 0;
    while (p->bytes + e->bytes > p->max)
        drop(p, TAILQ_LAST(&p->used, used));
    table_add(&p->table, &e->node);
    TAILQ_INSERT_HEAD(&p->used, e, used);
    p->bytes += e->bytes;
}

void cache_put(struct cache *c, const struct assay_question *q, assay_fact *fact, int64_t now)
{
    uint64_t hash = hash_of(c, q);
    struct part *p = enter(c, hash);

    put(p, hash, q, fact, now);
    pthread_mutex_unlock(&p->lock);
}

void cache_add(struct cache *c, const struct assay_question *q, assay_fact *fact, int64_t now)
{
    uint64_t hash = hash_of(c, q);
    struct part *p = enter(c, hash);
    assay_fact *there = get(p, hash, q, now);

    if (!there)
        put(p, hash, q, fact, now);
    pthread_mutex_unlock(&p->lock);
    assay_fact_free(there);
}
