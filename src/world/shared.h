/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file shared.h
 * Answers that many domains of a scan want: records that are included, names of providers, the domains
 * above. Asked once (single flight), and kept as long as cache.h does.
 *
 *     shared_ask()   the answer is there: at once; else it comes to waiter->done, from within udp_turn()
 */
#ifndef WORLD_SHARED_H
#define WORLD_SHARED_H

#include "world/udp.h"

/** Answers and who waits for them. */
struct shared;

struct shared_waiter;

/** The answer came. \param fact  counted for the callee; NULL: memory is out */
typedef void shared_done(struct shared_waiter *waiter, assay_fact *fact);

/** Someone who waits, in memory of the asker. Set `done` before shared_ask(). */
struct shared_waiter {
    shared_done *done;
    TAILQ_ENTRY(shared_waiter) next;
    struct shared_flight *flight;
};

/** Make one over a client. \return NULL when memory is out */
struct shared *shared_new(struct udp *udp, size_t cache_bytes);

/** Free it, before its client; who waits is not told. NULL is taken. */
void shared_free(struct shared *s);

/**
 * Ask.
 *
 * \param name  canonical; copied if need be
 * \param ret   set on ASSAY_DONE, counted for the caller
 * \return ASSAY_DONE; ASSAY_NEED: it waits; ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status shared_ask(struct shared *s, uint16_t rrtype, assay_span name,
                                        struct shared_waiter *waiter, assay_fact **ret);

/** What is at hand, counted for the caller; or NULL. */
assay_fact *shared_look(struct shared *s, uint16_t rrtype, assay_span name);

/** Wait no more. */
void shared_cancel(struct shared_waiter *waiter);

/** Questions that the cache answered, and those that went out. */
struct shared_counts {
    uint64_t hits, joined, asked; /**< joined: one was on its way already */
};

/** What was counted. */
const struct shared_counts *shared_counts(const struct shared *s);

#endif
