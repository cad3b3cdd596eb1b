/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file transport.h Where answers come from once the cache has none: three functions that a
 * resolver offers to flight.c.
 */
#ifndef WORLD_TRANSPORT_H
#define WORLD_TRANSPORT_H

#include "world/flight.h"

/** A way to resolve. All calls come from the thread of the loop. */
struct transport {
    /**
     * Begin to find the answer to a flight's question. `flight->handle` is the transport's own.
     *
     * \return ASSAY_DONE: taken; flight_land() will be called once, be it before this returns,
     *         unless cancel() comes first. ASSAY_NEED: no room now; flights_room() will be called.
     *         ASSAY_ENOMEM: not taken
     */
    assay_status (*start)(void *self, struct flight *flight);

    /**
     * Nobody waits for a flight that was taken; it must not land any more, and is gone after this
     * call.
     */
    void (*cancel)(void *self, struct flight *flight);

    /** Free the transport; no flight is open. */
    void (*free)(void *self);

    /**
     * All flights and waiters are about to be forgotten: forget what was asked of the flights on
     * their way, for it goes first. NULL: nothing is.
     */
    void (*stop)(void *self);
};

#endif
