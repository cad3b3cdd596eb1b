/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file world.h
 * The world: whatever answers questions. The only code that meets the network.
 *
 * One question on its way:
 *
 *     world_ask(w, &q, done, arg)      the cache has it: the answer is queued, the loop delivers it
 *                                      somebody asks it already: one more waiter on that flight
 *                                      else a new flight, given to the transport
 *     transport (unbound.c)            resolves; its completion becomes a fact
 *     flight.c                         the fact goes into the cache and to every waiter, from the loop
 *                                      a waiter's deadline: it gets TIMEOUT; without waiters the flight is cancelled
 *
 * Completions come only from the loop, never inside world_ask(). One world belongs to one thread.
 */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include <assay/world.h>

#include <event2/event.h>

/** A question that somebody waits for; names its waiter to world_forget(). */
struct waiter;

/**
 * Called from the loop with the answer; count the fact to keep it. NULL: memory was out, nothing is
 * known.
 */
typedef void world_answered(void *arg, assay_fact *fact);

/** The event loop of a world: run it, or add to it. */
struct event_base *world_loop(assay_world *w);

/**
 * Ask.
 *
 * \param q    copied
 * \param ms   the deadline, in milliseconds; then the answer is ASSAY_TIMEOUT
 * \param done called once from the loop, unless world_forget() comes before
 * \param ret  set on ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status world_ask(assay_world *w, const struct assay_question *q, unsigned ms,
                                       world_answered *done, void *arg, struct waiter **ret);

/**
 * The answer that is known without asking anybody, counted for the caller; NULL: ask. Who drives many
 * evaluations looks first: that costs no turn of the loop.
 */
assay_fact *world_look(assay_world *w, const struct assay_question *q);

/** Wait no longer; `done` is not called any more. */
void world_forget(struct waiter *waiter);

#endif
