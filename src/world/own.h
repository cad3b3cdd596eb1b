/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file own.h
 * The parts of a world, for world.c and run.c; and for tests, which look inside.
 */
#ifndef WORLD_OWN_H
#define WORLD_OWN_H

#include "world/flight.h"
#include "world/mailbox.h"
#include "world/relay.h"
#include "world/resolv.h"
#include "world/ways.h"
#include "world/web.h"

#include <event2/event_struct.h>

struct suffixes;
struct lists;

/** Texts of options that a world copies; room for its name as a client of SMTP. */
enum { WORLD_TEXTS = 3, WORLD_HELO = 256 };

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

/** What the members of a pool share; a world of its own has it alone. */
struct common {
    struct cache *cache;
    struct suffixes *suffixes;
    struct table_seed seed;
    struct relay_peers *peers; /**< NULL: no pool */
};

struct assay_world {
    struct common alone; /**< empty in a pool's member */
    struct event_base *loop;
    struct cache *cache;     /**< of `alone`, or of the pool */
    struct mailbox *mailbox; /**< NULL: no pool's member */
    struct relays *relays;   /**< NULL: no pool's member */
    struct flights *flights;
    struct ways ways; /**< the transports; the flights free them once there are any */
    struct web web;
    struct lists *lists;
    char *texts[WORLD_TEXTS]; /**< copies of options that are looked at later */
    char helo[WORLD_HELO];
    const struct suffixes *suffixes; /**< as `cache` */
    unsigned question_ms, evaluation_ms, web_ms;
    char who[RESOLVERS_WORDS]; /**< who answers, in words */
    TAILQ_HEAD(, asked) asked; /**< run.c: what is on its way */
    size_t blocking;           /**< run.c: of these, not hints */
    bool no_memory;            /**< run.c: an answer found no memory */
    struct event wake;         /**< run.c: ends a round of the loop at the evaluation's deadline */
    struct recent recent[RECENT];
    unsigned next_recent;
};

/** Take the options with their defaults. */
assay_status world_options(const struct assay_world_options *given, struct assay_world_options *ret,
                           const char **ret_why);

/**
 * Make what worlds share. What was made when it fails, common_done() takes back.
 *
 * \param o  as world_options() gives them
 * \param n  members; 0: a world of its own
 */
assay_status common_init(struct common *c, const struct assay_world_options *o, unsigned n,
                         const char **ret_why);

/** Give it back. */
void common_done(struct common *c);

/**
 * Make the parts of a world, which is all zero. What was made when it fails, assay_world_free()
 * takes back.
 *
 * \param member  its number in a pool
 */
assay_status world_open(assay_world *w, const struct assay_world_options *o,
                        const struct common *common, unsigned member, const char **ret_why);

/** Forget everything that is asked of a world. */
void world_stop(assay_world *w);

/** Set up what run.c needs; the loop is there. */
void run_init(assay_world *w);

/** Wait for nothing any more that run.c asked. */
void run_done(assay_world *w);

#endif
