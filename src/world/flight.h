/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file flight.h
 * Questions on their way: who waits for which, and for how long.
 *
 * However many ask the same, one flight is under way (single flight). An answer, wherever it comes
 * from, is told to its waiters by the loop alone: nobody's `done` runs inside a call that asks. A
 * waiter's deadline is a timer of its own; when the last waiter of a flight has gone, the flight is
 * cancelled.
 */
#ifndef WORLD_FLIGHT_H
#define WORLD_FLIGHT_H

#include "world/cache.h"
#include "world/world.h"

#include <sys/queue.h>

struct transport;

/** All questions on their way. */
struct flights;

/** One question on its way. */
struct flight {
    struct table_node node; /**< the question */
    struct flights *flights;
    void *handle; /**< the transport's own */
    bool taken;   /**< the transport has it */
    int64_t began;
    TAILQ_ENTRY(flight) turn; /* in line for the transport, while it is not taken */
    TAILQ_HEAD(, waiter) waiters;
    char name[];
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
};

/** Make a set of flights. \return NULL when memory is out; then the transport is not freed */
struct flights *flights_new(const struct flights_options *options);

/** Free all flights and waiters, no `done` being called, and the transport; NULL is taken. */
void flights_free(struct flights *fs);

/** Ask, as world_ask() does. */
ASSAY_NODISCARD assay_status flights_ask(struct flights *fs, const struct assay_question *q,
                                         unsigned ms, world_answered *done, void *arg,
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

/** Flights that are open, those in line included. */
size_t flights_open(const struct flights *fs);

/**
 * A transport has the answer: remember it, and let the loop tell it. The flight is gone after this
 * call.
 *
 * \param fact  taken over from the caller; NULL: memory was out
 */
void flight_land(struct flight *f, assay_fact *fact);

/** A transport lost a flight that it had taken: it goes to the front of the line. */
void flight_again(struct flight *f);

/** The transport has room again. Those in line are given to it by the loop. */
void flights_room(struct flights *fs);

#endif
