/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file own.h
 * The parts of a world, for world.c and run.c; and for tests, which look inside.
 */
#ifndef WORLD_OWN_H
#define WORLD_OWN_H

#include "world/flight.h"
#include "world/resolv.h"

#include <event2/event_struct.h>

struct suffixes;

/** Evaluations whose first question is remembered at a time. */
enum { RECENT = 16 };

/** An evaluation and when it asked first. */
struct recent {
    const assay_eval *eval;
    int64_t began;
};

/** One question of an evaluation that is on its way. */
struct asked {
    TAILQ_ENTRY(asked) link;
    assay_world *world;
    struct waiter *waiter;
    /** NULL: nobody wants to know any more; the answer only goes into the cache */
    assay_eval *eval;
    uint32_t id;
    bool hint;
};

struct assay_world {
    struct event_base *loop;
    struct cache *cache;
    struct flights *flights;
    void *unbound; /**< the `self` of unbound_transport; the flights' once there are any */
    struct suffixes *suffixes;
    unsigned question_ms, evaluation_ms;
    char who[RESOLVERS_WORDS]; /**< who answers, in words */
    TAILQ_HEAD(, asked) asked; /**< run.c: what is on its way */
    size_t blocking;           /**< run.c: of these, not hints */
    bool no_memory;            /**< run.c: an answer found no memory */
    struct event wake;         /**< run.c: ends a round of the loop at the evaluation's deadline */
    struct recent recent[RECENT];
    unsigned next_recent;
};

/** Set up what run.c needs; the loop is there. */
void run_init(assay_world *w);

/** Wait for nothing any more that run.c asked. */
void run_done(assay_world *w);

#endif
