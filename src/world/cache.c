/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cache.h"

#include "fact/fact.h"

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

/** No answer may take more than this part of the cache. */
enum { LARGEST_PART = 8 };

/** One answer. */
struct entry {
    struct table_node node;
    TAILQ_ENTRY(entry) used;
    assay_fact *fact;
    int64_t until; /* it is good before then */
    int64_t hold;  /* how long a failure was remembered; 0 for an answer */
    size_t bytes;
    char name[];
};

struct cache {
    struct table table;
    TAILQ_HEAD(used, entry) used; /* the last used first */
    size_t bytes, max;
};

struct cache *cache_new(size_t max_bytes, const struct table_seed *seed)
{
    struct cache *c = calloc(1, sizeof *c);

    if (!c || !table_init(&c->table, seed)) {
        free(c);
        return NULL;
    }
    TAILQ_INIT(&c->used);
    c->max = max_bytes;
    return c;
}

/** Drop one answer. */
static void drop(struct cache *c, struct entry *e)
{
    table_remove(&c->table, &e->node);
    TAILQ_REMOVE(&c->used, e, used);
    c->bytes -= e->bytes;
    assay_fact_free(e->fact);
    free(e);
}

void cache_free(struct cache *c)
{
    struct entry *e;

    if (!c)
        return;
    while ((e = TAILQ_FIRST(&c->used)))
        drop(c, e);
    table_done(&c->table);
    free(c);
}

size_t cache_bytes(const struct cache *c)
{
    return c->bytes;
}

/** The entry of a question, good or not. */
static struct entry *find(const struct cache *c, const struct assay_question *q)
{
    return (struct entry *)(void *)table_find(&c->table, q->kind, q->rrtype, q->name);
}

assay_fact *cache_get(struct cache *c, const struct assay_question *q, int64_t now)
{
    struct entry *e = find(c, q);

    if (!e)
        return NULL;
    if (e->until <= now) {
        if (!e->hold) /* a failure stays: it tells how long the next is remembered */
            drop(c, e);
        return NULL;
    }
    TAILQ_REMOVE(&c->used, e, used);
    TAILQ_INSERT_HEAD(&c->used, e, used);
    return assay_fact_ref(e->fact);
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
    struct entry *e = malloc(sizeof *e + q->name.n + 1);

    if (!e)
        return NULL;
    memcpy(e->name, q->name.p, q->name.n);
    e->name[q->name.n] = '\0';
    e->node =
        (struct table_node){.kind = q->kind, .rrtype = q->rrtype, .name = {e->name, q->name.n}};
    e->bytes = sizeof *e + q->name.n + 1 + sizeof(struct table_node *) + fact_size(fact);
    e->fact = fact;
    return e;
}

void cache_put(struct cache *c, const struct assay_question *q, assay_fact *fact, int64_t now)
{
    bool failure = fact_state(fact) == FACT_UNKNOWN;
    struct entry *last = find(c, q), *e;
    int64_t life = failure ? failure_hold(last, now) : answer_life(fact);

    if (last)
        drop(c, last);
    if (life <= 0 || !(e = new_entry(q, fact)))
        return;
    if (e->bytes > c->max / LARGEST_PART) {
        free(e);
        return;
    }
    assay_fact_ref(fact);
    e->until = now + life;
    e->hold = failure ? life : 0;
    while (c->bytes + e->bytes > c->max)
        drop(c, TAILQ_LAST(&c->used, used));
    table_add(&c->table, &e->node);
    TAILQ_INSERT_HEAD(&c->used, e, used);
    c->bytes += e->bytes;
}
