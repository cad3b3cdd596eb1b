/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file pool.h
 * The world for many threads: a member for each, and what one of them asked, all know.
 *
 *     world_pool_new(&options, threads, &pool, &why);
 *     for each thread i:  event_base_dispatch(world_loop(world_pool_member(pool, i)));
 *     from any thread:    world_post(world_pool_member(pool, i), fn, arg);    runs fn on that loop
 *     to stop a thread:   world_post() of a function that calls event_base_loopbreak(); then join it
 *     world_pool_free(pool);
 *
 * A member is a world with a loop and a resolver of its own, and is used by one thread; world_ask(),
 * world_forget() and assay_world_answer() are as for any world. The answer cache is one for all
 * (cache.h). What it does not know is asked once for all: each question belongs to one member, where
 * its only flight is under way, and the others wait for that (relay.h). `done` is called by the
 * asker's loop; deadlines are the asker's. A loop that stands still holds up the questions that
 * belong to it, for everybody, until their deadlines: what blocks is not for a member's thread.
 *
 * The loop of a member never runs out of events.
 */
#ifndef WORLD_POOL_H
#define WORLD_POOL_H

#include "world/mailbox.h"
#include "world/stats.h"
#include "world/world.h"

/** Members that share a cache. */
struct world_pool;

/**
 * Make a pool.
 *
 * Sockets and memory of the resolvers, and LIMIT_FLIGHTS, are for all members together, but for a
 * least share that each has.
 *
 * \param options  NULL: all defaults; `cache_bytes` is for all members together
 * \param n        members; 1 to LIMIT_THREADS
 * \param ret_why  set on ASSAY_EINVAL to what is wrong; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status world_pool_new(const struct assay_world_options *options, unsigned n,
                                            struct world_pool **ret, const char **ret_why);

/** A member; it is freed with the pool. */
assay_world *world_pool_member(const struct world_pool *pool, unsigned i);

/**
 * Free a pool, all its threads having ended; NULL is taken. No `done` is called, and what was posted
 * and did not run never runs.
 */
void world_pool_free(struct world_pool *pool);

/** What was counted; from any thread. */
void world_pool_stats(const struct world_pool *pool, struct world_stats *ret);

/**
 * Run a function on a member's loop: from any thread. What one thread posts to a member runs in that
 * order, and never inside world_post().
 *
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status world_post(assay_world *member, void (*fn)(void *arg), void *arg);

/** As world_post(), in memory of the caller's, so that it cannot fail: see struct post. */
void world_post_node(assay_world *member, struct post *post);

#endif
