/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file unbound.h
 * Resolving through libunbound, with DNSSEC validation.
 */
#ifndef WORLD_UNBOUND_H
#define WORLD_UNBOUND_H

#include "world/resolv.h"
#include "world/transport.h"

/** How to resolve. Texts must outlive the transport. */
struct unbound_options {
    struct resolvers resolvers; /**< none: recursively */
    const char *trust_anchor;   /**< a file of DS or DNSKEY records; NULL: nothing is validated */
    /** do not validate when the resolvers keep signatures from us: see unbound.c */
    bool may_fall_back;
    unsigned probe_wait, probe_again; /**< milliseconds for that; 0: 2,000 and 30,000 */
    const char *root_hints;           /**< NULL: the root servers that libunbound knows */
    const char *who;                  /**< who answers, for reasons: resolvers_words() */
    const char *advice;               /**< what to try when they don't */
    unsigned members; /**< of the pool: each takes its share of sockets, memory and LIMIT_FLIGHTS;
                         0: no pool */
};

/** The functions of this transport. */
extern const struct transport unbound_transport;

/**
 * Make a transport.
 *
 * \param ret      the `self` of unbound_transport
 * \param ret_why  set to what is wrong on ASSAY_EINVAL; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status unbound_new(const struct unbound_options *options,
                                         struct event_base *loop, void **ret, const char **ret_why);

/** Say whose flights these are: needed before the first start(). */
void unbound_serve(void *self, struct flights *flights);

/** Queries that libunbound works on, those included that nobody waits for any more. */
size_t unbound_busy(const void *self);

#endif
