/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file cache.h Answers that are still good: counted facts by question, bounded by octets, the
 * longest unused going first.
 *
 * How long an answer is kept: data as long as their TTL says, a day at most; a denial as RFC 2308 5
 * says, three hours at most; a failure a second, and twice as long each time it comes again, up to
 * 30 s (RFC 9520 3.2). No clock, no network: the time is an argument, in milliseconds.
 *
 * Any number of threads may use one cache at once. It is cut into parts by the hash of the question,
 * each with its lock, its share of the octets and its own order of use.
 */
#ifndef WORLD_CACHE_H
#define WORLD_CACHE_H

#include "world/table.h"

/** Parts of a cache for many threads; a power of two. Octets that one has at least. */
enum { CACHE_PARTS = 16, CACHE_PART_LEAST = 512 * 1024 };

/** A cache of facts. */
struct cache;

/**
 * Make a cache.
 *
 * \param max_bytes  octets it may hold, its bookkeeping included
 * \param seed       random, or the names' senders can make it slow
 * \return NULL when memory is out
 */
struct cache *cache_new(size_t max_bytes, const struct table_seed *seed);

/**
 * As cache_new(), for many threads: in up to CACHE_PARTS parts, as many as leave each
 * CACHE_PART_LEAST octets.
 */
struct cache *cache_new_shared(size_t max_bytes, const struct table_seed *seed);

/** Free a cache; NULL is taken. Facts that others count live on. */
void cache_free(struct cache *c);

/**
 * The answer to a question, counted once for the caller; NULL when there is none that is still
 * good.
 */
assay_fact *cache_get(struct cache *c, const struct assay_question *q, int64_t now);

/**
 * Remember an answer in place of any other to this question. The cache counts the fact itself. An
 * answer that may not be kept, or for which there is no memory, is not.
 */
void cache_put(struct cache *c, const struct assay_question *q, assay_fact *fact, int64_t now);

/**
 * As cache_put(), unless there is an answer that is still good: where what is to be remembered may
 * have been overtaken.
 */
void cache_add(struct cache *c, const struct assay_question *q, assay_fact *fact, int64_t now);

/** Octets in use, as cache_new() counts them. */
size_t cache_bytes(struct cache *c);

#endif
