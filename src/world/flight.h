/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file flight.h
 * Questions on their way: who waits for which, and for how long.
 *
 * However many ask the same, one flight is under way (single flight). An answer, wherever it comes
 * from, is told to its waiters by the loop alone: nobody's `done` runs inside a call that asks. A
 * waiter's deadline is a timer of its own; when the last waiter of a flight has gone, the flight is
 * cancelled.
 *
 * In a pool (pool.h) a flight may be one that another member's loop carries out; relay.h stands in
 * the transport's place then, and everything else is the same.
 */
#ifndef WORLD_FLIGHT_H
#define WORLD_FLIGHT_H

#include "world/cache.h"
#include "world/stats.h"
#include "world/world.h"

#include <sys/queue.h>

struct transport;
struct relay;
struct relays;

/** All questions on their way. */
struct flights;

/** One question on its way. */
struct flight {
    struct table_node node; /**< the question */
    struct flights *flights;
    void *handle;             /**< the transport's own */
    bool taken;               /**< the transport has it */
    struct relay *relay;      /**< another member asks; NULL: the transport does */
    int64_t began;            /**< microseconds */
    TAILQ_ENTRY(flight) turn; /* in line for the transport, while it is not taken */
    TAILQ_HEAD(, waiter) waiters;
    char key[]; /**< of the node: the name, which ends in NUL, then the data */
};

/** How the world is set up. */
struct flights_options {
    struct event_base *loop;
    struct cache *cache;
    const struct transport *transport;
    void *transport_self; /**< freed with the flights */
    struct table_seed seed;
    /** a TIMEOUT is remembered only when this many milliseconds were spent on it */
    unsigned patience;
    /** who did not answer, such as "the resolver 192.0.2.53"; must outlive the flights */
    const char *silent;
    const char *advice; /**< what to try then, such as "; --resolver names another", or "" */
    /** of a member of a pool: other members' questions go there; NULL: all questions are ours. Freed
     *  by others, later */
    struct relays *relays;
};

/** Make a set of flights. \return NULL when memory is out; then the transport is not freed */
struct flights *flights_new(const struct flights_options *options);

/** Forget all flights and waiters, no `done` being called. */
void flights_forget(struct flights *fs);

/** flights_forget(), then free the flights and the transport; NULL is taken. */
void flights_free(struct flights *fs);

/** What the cache has, counted for the caller, or NULL. */
assay_fact *flights_look(struct flights *fs, const struct assay_question *q);

/** Ask, as world_ask() does. */
ASSAY_NODISCARD assay_status flights_ask(struct flights *fs, const struct assay_question *q,
                                         unsigned ms, world_answered *done, void *arg,
                                         struct waiter **ret);

/**
 * Ask on behalf of another member, which has the deadlines. Counts neither as hit nor as miss.
 *
 * \param taken  kept up to date with whether the transport has the question, until `done` or
 *               world_forget()
 */
ASSAY_NODISCARD assay_status flights_join(struct flights *fs, const struct assay_question *q,
                                          atomic_bool *taken, world_answered *done, void *arg,
                                          struct waiter **ret);

/**
 * Let the loop tell an answer that is known already.
 *
 * \param fact  counted for the call on success; NULL: memory was out when it was made
 */
ASSAY_NODISCARD assay_status flights_tell(struct flights *fs, assay_fact *fact,
                                          world_answered *done, void *arg, struct waiter **ret);

/** Flights whose turn has not come: the transport is busy. */
size_t flights_in_line(const struct flights *fs);

/** Flights that are open, those in line and those of other members included. */
size_t flights_open(const struct flights *fs);

/** What was counted. */
struct world_counts *flights_counts(struct flights *fs);

/**
 * A transport has the answer: remember it, and let the loop tell it. The flight is gone after this
 * call.
 *
 * \param fact  taken over from the caller; NULL: memory was out
 */
void flight_land(struct flight *f, assay_fact *fact);

/**
 * Another member has the answer, which is in the cache already: let the loop tell it. The flight is
 * gone after this call.
 *
 * \param fact  as of flight_land()
 */
void flight_pass(struct flight *f, assay_fact *fact);

/** A transport lost a flight that it had taken: it goes to the front of the line. */
void flight_again(struct flight *f);

/** The transport has room again. Those in line are given to it by the loop. */
void flights_room(struct flights *fs);

#endif
