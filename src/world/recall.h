/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file recall.h
 * Since when mail of a domain is deferred, so that it is not deferred for ever: the answers to
 * RECALL questions.
 *
 *     a message is deferred because of a domain     recall_seen(r, domain, now)
 *     the next one asks `deferred DOMAIN`           recall_answer(): the seconds of the first deferral
 *
 * A domain that was not deferred for some time is forgotten, so that its next trouble counts anew;
 * beyond a number of domains, the one whose last deferral is the longest ago goes. Any number of threads may
 * use one table. Times are seconds since 1970, and come from the caller.
 */
#ifndef WORLD_RECALL_H
#define WORLD_RECALL_H

#include "base/span.h"

#include <assay/assay.h>

#include <stdio.h>

/** What is remembered of domains that are deferred. */
struct recall;

/**
 * Make a table.
 *
 * \param most    domains; the daemon takes LIMIT_RECALL
 * \param forget  seconds after the last deferral
 * \return NULL when memory is out
 */
struct recall *recall_new(size_t most, int64_t forget);

/** Free a table; NULL is taken. */
void recall_free(struct recall *r);

/**
 * Mail of a domain is deferred.
 *
 * \param domain  in any case
 * \return ASSAY_DONE; ASSAY_EINVAL: no domain name, or longer than RECALL_NAME; ASSAY_ENOMEM
 */
assay_status recall_seen(struct recall *r, assay_span domain, int64_t now);

/** Octets of a domain that is remembered: all have fewer but those of escaped octets. */
enum { RECALL_NAME = 255 };

/**
 * Answer a question of kind ASSAY_RECALL, `deferred DOMAIN`: OK with the seconds since 1970 of the
 * first deferral as decimal digits, or NODATA. Another question is REFUSED, with a reason.
 *
 * \return NULL when memory is out
 */
assay_fact *recall_answer(struct recall *r, const struct assay_question *q, int64_t now);

/** Domains that are remembered. */
size_t recall_count(struct recall *r);

/**
 * Write the table to a file, which is there whole or not at all (written beside, synced, renamed).
 * Other threads wait only while it is copied.
 *
 * \param path  `path.new` is used too
 * \return 0, or an errno
 */
int recall_save(struct recall *r, const char *path);

/**
 * Read what recall_save() wrote into an empty table. What is too old is left out, and what is no
 * entry; a file that is not there is empty.
 *
 * \return 0, or an errno; what was read until then stays
 */
int recall_load(struct recall *r, const char *path, int64_t now);

/** recall_load() from a stream: a line for each domain, `FIRST LAST DOMAIN`. */
int recall_read(struct recall *r, FILE *file, int64_t now);

/** The text that recall_read() takes; free() it. \return NULL when memory is out */
char *recall_text(struct recall *r, size_t *ret_n);

#endif
