/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file stats.h
 * What a world counts of its questions. Each loop writes counters of its own, without a lock and
 * without an atomic read-modify-write; who reads adds them up, from any thread and at any time.
 */
#ifndef WORLD_STATS_H
#define WORLD_STATS_H

#include <assay/assay.h>

#include <stdatomic.h>

/** Outcomes to count by: every enum assay_how, and 0. */
enum { WORLD_HOWS = ASSAY_TLSERROR + 1 };

/** Buckets of the time that flights took; the last one has no bound. */
enum { WORLD_BUCKETS = 15 };

/** The upper bounds of the buckets but the last, in microseconds, each included. */
extern const uint32_t WORLD_BUCKET_US[WORLD_BUCKETS - 1];

/**
 * What was counted since the world began. Questions are hits or misses; misses join a flight or
 * begin one, but for the few whose answer came in between.
 */
struct world_stats {
    uint64_t hits;       /**< answered from memory */
    uint64_t negative;   /**< of these: that there is no such record or name */
    uint64_t remembered; /**< of these: that there was no answer a moment ago */
    uint64_t misses;     /**< not in memory */
    uint64_t joined;     /**< of these: asked already by somebody else (single flight) */
    uint64_t flights;    /**< begun */
    uint64_t
        landed[WORLD_HOWS]; /**< flights that were answered, by enum assay_how; [0]: no memory */
    uint64_t timeouts;      /**< who waited in vain */
    uint64_t crowded;       /**< turned away: too many questions were open */
    uint64_t latency[WORLD_BUCKETS]; /**< flights that landed, by the time they took */
    uint64_t latency_us;             /**< the sum of these times */
    uint64_t open;                   /**< flights that are open now, those in line included */
    uint64_t in_line;                /**< of these: not given to the resolver yet */
    uint64_t cache_bytes;            /**< octets of the answer cache in use now */
};

/** A counter that one thread writes and any thread reads. */
typedef _Atomic uint64_t world_counter;

/** The counters of one loop, as in struct world_stats. */
struct world_counts {
    world_counter hits, negative, remembered, misses, joined, flights, timeouts, crowded;
    world_counter landed[WORLD_HOWS], latency[WORLD_BUCKETS], latency_us;
    world_counter open, in_line;
};

/** Set a counter; by its loop's thread. */
static inline void count_set(world_counter *counter, uint64_t n)
{
    atomic_store_explicit(counter, n, memory_order_relaxed);
}

/** Add to a counter; by its loop's thread. */
static inline void count_add(world_counter *counter, uint64_t n)
{
    count_set(counter, atomic_load_explicit(counter, memory_order_relaxed) + n);
}

/** Count a flight that landed after so many microseconds. */
void count_landed(struct world_counts *counts, enum assay_how how, int64_t us);

/** Add a loop's counters to a sum. */
void stats_add(struct world_stats *sum, struct world_counts *counts);

#endif
