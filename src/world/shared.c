/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/shared.h"

#include "world/cache.h"
#include "world/clock.h"

#include <stdlib.h>
#include <sys/random.h>

struct shared {
    struct udp *udp;
    struct cache *cache;
    struct table flights;
    struct shared_counts counts;
};

/** One question on its way. */
struct shared_flight {
    struct table_node node; /* first: a node of the table is one of these */
    struct shared *shared;
    struct udp_query query;
    TAILQ_HEAD(, shared_waiter) waiters;
    char name[];
};

struct shared *shared_new(struct udp *udp, size_t cache_bytes)
{
    struct table_seed seed;
    struct shared *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->udp = udp;
    if (getrandom(&seed, sizeof seed, 0) == sizeof seed && table_init(&s->flights, &seed) &&
        (s->cache = cache_new(cache_bytes, &seed)))
        return s;
    shared_free(s);
    return NULL;
}

void shared_free(struct shared *s)
{
    struct table_node *node;

    if (!s)
        return;
    while ((node = table_any(&s->flights))) {
        struct shared_flight *f = (struct shared_flight *)node;

        table_remove(&s->flights, node);
        udp_cancel(s->udp, &f->query);
        free(f);
    }
    table_done(&s->flights);
    cache_free(s->cache);
    free(s);
}

/** The flight has landed: remember the answer, and tell it. */
static void land(struct udp_query *query, assay_fact *fact)
{
    struct shared_flight *f =
        (struct shared_flight *)(void *)((char *)query - offsetof(struct shared_flight, query));
    struct shared *s = f->shared;
    struct assay_question q = {
        .kind = ASSAY_DNS, .rrtype = f->node.rrtype, .name = f->node.name, .data = SPAN_EMPTY};
    struct shared_waiter *w;

    table_remove(&s->flights, &f->node);
    if (fact)
        cache_put(s->cache, &q, fact, world_now());
    while ((w = TAILQ_FIRST(&f->waiters))) {
        TAILQ_REMOVE(&f->waiters, w, next);
        w->flight = NULL;
        w->done(w, fact ? assay_fact_ref(fact) : NULL);
    }
    assay_fact_free(fact);
    free(f);
}

/** A flight that begins. \return NULL when memory is out */
static struct shared_flight *begin(struct shared *s, uint16_t rrtype, assay_span name)
{
    struct shared_flight *f = calloc(1, sizeof *f + name.n + 1);

    if (!f)
        return NULL;
    memcpy(f->name, name.p, name.n);
    f->shared = s;
    f->node = (struct table_node){.kind = ASSAY_DNS, .rrtype = rrtype, .name = {f->name, name.n}};
    f->query = (struct udp_query){.name = f->node.name, .rrtype = rrtype, .done = land};
    TAILQ_INIT(&f->waiters);
    table_add(&s->flights, &f->node);
    udp_ask(s->udp, &f->query);
    return f;
}

assay_fact *shared_look(struct shared *s, uint16_t rrtype, assay_span name)
{
    struct assay_question q = {
        .kind = ASSAY_DNS, .rrtype = rrtype, .name = name, .data = SPAN_EMPTY};
    assay_fact *fact = cache_get(s->cache, &q, world_now());

    s->counts.hits += fact != NULL;
    return fact;
}

assay_status shared_ask(struct shared *s, uint16_t rrtype, assay_span name,
                        struct shared_waiter *waiter, assay_fact **ret)
{
    struct assay_question q = {
        .kind = ASSAY_DNS, .rrtype = rrtype, .name = name, .data = SPAN_EMPTY};
    assay_fact *fact = shared_look(s, rrtype, name);
    struct shared_flight *f;

    if (fact) {
        *ret = fact;
        return ASSAY_DONE;
    }
    f = (struct shared_flight *)(void *)table_find(&s->flights, &q);
    if (f)
        s->counts.joined++;
    else if ((f = begin(s, rrtype, name)))
        s->counts.asked++;
    else
        return ASSAY_ENOMEM;
    waiter->flight = f;
    TAILQ_INSERT_TAIL(&f->waiters, waiter, next);
    return ASSAY_NEED;
}

void shared_cancel(struct shared_waiter *waiter)
{
    if (waiter->flight) /* the flight itself goes on: its answer will be wanted */
        TAILQ_REMOVE(&waiter->flight->waiters, waiter, next);
    waiter->flight = NULL;
}

const struct shared_counts *shared_counts(const struct shared *s)
{
    return &s->counts;
}
