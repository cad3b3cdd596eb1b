/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file host.h
 * The addresses of a host that is to be connected to: A and AAAA by the world's own resolver.
 */
#ifndef WORLD_HOST_H
#define WORLD_HOST_H

#include "base/limits.h"
#include "world/address.h"
#include "world/flight.h"

/** A host whose addresses are asked. All zero: nothing is. */
struct host {
    struct waiter *waiter[2]; /**< NULL: not on its way */
    assay_fact *fact[2];      /**< A and AAAA; counted */
    unsigned open;
    bool no_memory;
    void (*done)(void *arg);
    void *arg;
};

/**
 * Ask for both.
 *
 * \param h     all zero
 * \param name  canonical; copied
 * \param done  called once from the loop, unless host_forget() comes before
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status host_ask(struct host *h, struct flights *fs, assay_span name,
                                      unsigned ms, void (*done)(void *arg), void *arg);

/** Wait no longer, and give the answers back; all zero then. */
void host_forget(struct host *h);

/** What may be connected to. */
struct host_addresses {
    struct ip at[LIMIT_HOST_ADDRESSES]; /**< IPv4 and IPv6 in turn */
    size_t n;
};

/**
 * What the answers come to.
 *
 * \param q              the question that the host is needed for
 * \param allow_private  addresses that are not public count too
 * \param ret            set when true is returned; one address at least
 * \param ret_fact       set when false is returned: the answer to `q`; NULL: memory is out
 */
bool host_addresses(const struct host *h, const struct assay_question *q, bool allow_private,
                    struct host_addresses *ret, assay_fact **ret_fact);

#endif
