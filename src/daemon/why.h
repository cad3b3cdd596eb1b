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

/** The last messages of one worker. Any thread may look. */
struct why_ring;

/** Make a ring of so many. \return NULL when memory is out */
struct why_ring *why_new(unsigned keep);

/** Keep so many from now on. */
void why_resize(struct why_ring *r, unsigned keep);

/** Free a ring; NULL is taken. */
void why_free(struct why_ring *r);

/**
 * Keep an evaluation; the oldest one goes.
 *
 * \param eval  taken over
 */
void why_keep(struct why_ring *r, const struct message_facts *facts, assay_span message_id,
              assay_eval *eval);

/**
 * Write the newest message of that queue id or Message-ID (with or without brackets) as a .case.
 *
 * \return false: there is none here
 */
bool why_find(struct why_ring *r, assay_span id, struct buf *out);

#endif
