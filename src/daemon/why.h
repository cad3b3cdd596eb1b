/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file why.h The last messages of a worker, with their whole evaluations: what `assay why` shows.
 *
 * An evaluation is written as a .case, and whoever asked runs that: so the answer is the reasoning
 * itself, not a memory of it.
 */
#ifndef DAEMON_WHY_H
#define DAEMON_WHY_H

#include "daemon/outcome.h"
#include "dns/name.h"

#include <stdatomic.h>

/** The last messages of one worker. Any thread may look. */
struct why_ring;

/**
 * Make a ring of so many.
 *
 * \param order  counts the messages of all rings; outlives them
 * \return NULL when memory is out
 */
struct why_ring *why_new(unsigned keep, atomic_ullong *order);

/** Keep so many from now on. */
void why_resize(struct why_ring *r, unsigned keep);

/** Free a ring; NULL is taken. */
void why_free(struct why_ring *r);

/**
 * Keep an evaluation; the oldest one goes.
 *
 * \param now   when it was decided
 * \param eval  taken over
 */
void why_keep(struct why_ring *r, const struct message_facts *facts, assay_span message_id,
              int64_t now, assay_eval *eval);

/**
 * Find the newest message of that queue id or Message-ID (with or without brackets).
 *
 * \param id      empty: any message
 * \param before  only those that were kept before this one; UINT64_MAX: all
 * \return its place in the order of all messages, from 1; 0: there is none
 */
uint64_t why_seek(struct why_ring *r, assay_span id, uint64_t before);

/** Append the message at that place as a .case. \return false: it is not there any more */
bool why_case(struct why_ring *r, uint64_t place, struct buf *out);

/** Append the message at that place as a line of JSON. \return false: it is not there any more */
bool why_line(struct why_ring *r, uint64_t place, struct buf *out);

/** What a key did last, as far as the messages tell that are kept. */
struct why_key {
    char name[DNS_NAME_TEXT + 80]; /**< SELECTOR._domainkey.DOMAIN */
    bool known;
    uint64_t place;
    int64_t time;
    char result[16];  /**< signed, sealed, skipped, failed */
    char reason[256]; /**< cut; empty: none */
};

/** Look what keys did last; what another ring told is replaced by what is newer. */
void why_keys(struct why_ring *r, struct why_key *keys, size_t n);

#endif
