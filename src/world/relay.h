/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file relay.h
 * Single flight across the threads of a pool: a question belongs to one member, by its hash; the
 * other members have it asked there.
 *
 *     the asker's loop                            the owner's loop
 *     flights_ask(): not in the cache; a flight
 *     with waiters and deadlines as any other,
 *     but in place of the transport:
 *     relay_start()        -- ask -->             flights_join(): the cache, or one more waiter of
 *                                                 the one flight that goes to the transport
 *     flight_pass()        <-- ask, answer --     the flight landed: into the cache, to each relay
 *     or, nobody waits any more:
 *     relay_cancel()       -- cancel -->          world_forget(): the last one cancels the flight
 *                          <-- ask, cancel --
 *
 * A relay's memory is the asker's, from start to end: it holds the posts that go to and fro, so once
 * there is a relay its answer cannot be lost, and it is freed when all that went out is back.
 */
#ifndef WORLD_RELAY_H
#define WORLD_RELAY_H

#include "world/flight.h"
#include "world/mailbox.h"

/** One question that another member asks for us. */
struct relay;

/** All of them of one member. */
struct relays;

/** The members of a pool. */
struct relay_peers {
    unsigned n;
    struct table_seed seed; /**< of the hash that says to whom a question belongs */
    struct relays *at[];
};

/**
 * Make the relays of a member, and enter them among the peers.
 *
 * \param mailbox  the member's own
 * \return NULL when memory is out
 */
struct relays *relays_new(struct relay_peers *peers, unsigned member, struct mailbox *mailbox);

/** Say whose flights these are: needed before the first question. */
void relays_serve(struct relays *rs, struct flights *flights);

/** Free them and what is still out, all threads and mailboxes having ended; NULL is taken. */
void relays_free(struct relays *rs);

/** The member that a question belongs to; NULL: we do. */
struct relays *relays_owner(const struct relays *rs, const struct assay_question *q);

/** Relays that are out, those that nobody waits for included. */
size_t relays_out(const struct relays *rs);

/**
 * Have the owner ask. Sets `f->relay`; flight_pass() will be called by the loop, unless
 * relay_cancel() comes first.
 */
ASSAY_NODISCARD assay_status relay_start(struct relays *rs, struct relays *owner, struct flight *f);

/** Nobody waits for it any more; the flight may go. */
void relay_cancel(struct relay *r);

/** The owner's transport has the question now. */
bool relay_taken(struct relay *r);

#endif
