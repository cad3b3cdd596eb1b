/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/scan_far.h"

#include "base/span.h"

#include <stdlib.h>

enum { DOCUMENTS, SERVERS, POOLS, DEADLINE_MS = 20000 /* of one document, or one server */ };

/** One kind: those in line, and how many are on their way. */
struct pool {
    TAILQ_HEAD(, scan_far_ask) line;
    unsigned out;
};

struct scan_far {
    assay_world *world;
    unsigned most;
    struct pool pools[POOLS];
    size_t open;
};

static struct pool *pool_of(const struct scan_far_ask *ask)
{
    return &ask->far->pools[ask->kind == ASSAY_PROBE ? SERVERS : DOCUMENTS];
}

struct scan_far *scan_far_new(assay_world *world, unsigned most)
{
    struct scan_far *far = calloc(1, sizeof *far);

    if (!far)
        return NULL;
    far->world = world;
    far->most = most;
    for (size_t i = 0; i < POOLS; i++)
        TAILQ_INIT(&far->pools[i].line);
    return far;
}

void scan_far_free(struct scan_far *far)
{
    free(far);
}

void scan_far_ask(struct scan_far *far, struct scan_far_ask *ask)
{
    ask->far = far;
    ask->waiter = NULL;
    TAILQ_INSERT_TAIL(&pool_of(ask)->line, ask, line);
    far->open++;
}

/** It is nowhere any more. */
static void leave(struct scan_far_ask *ask)
{
    if (ask->waiter)
        pool_of(ask)->out--;
    else
        TAILQ_REMOVE(&pool_of(ask)->line, ask, line);
    ask->waiter = NULL;
    ask->far->open--;
}

void scan_far_cancel(struct scan_far_ask *ask)
{
    if (ask->waiter)
        world_forget(ask->waiter);
    leave(ask);
}

static void answered(void *arg, assay_fact *fact)
{
    struct scan_far_ask *ask = arg;

    leave(ask);
    ask->done(ask, fact ? assay_fact_ref(fact) : NULL);
}

/** Send those in line while there is room. */
static void give_out(struct scan_far *far, struct pool *pool)
{
    struct scan_far_ask *ask;

    while (pool->out < far->most && (ask = TAILQ_FIRST(&pool->line))) {
        struct assay_question q = {.kind = ask->kind, .name = ask->name, .data = SPAN_EMPTY};
        struct waiter *waiter;

        if (world_ask(far->world, &q, DEADLINE_MS, answered, ask, &waiter) != ASSAY_DONE) {
            leave(ask);
            ask->done(ask, NULL);
            continue;
        }
        TAILQ_REMOVE(&pool->line, ask, line);
        ask->waiter = waiter;
        pool->out++;
    }
}

void scan_far_turn(struct scan_far *far)
{
    if (!far->open)
        return;
    for (size_t i = 0; i < POOLS; i++)
        give_out(far, &far->pools[i]);
    event_base_loop(world_loop(far->world), EVLOOP_NONBLOCK);
}

size_t scan_far_open(const struct scan_far *far)
{
    return far->open;
}
