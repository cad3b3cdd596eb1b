/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/stats.h"

/* From a resolver beside us, that knows, to the deadline of a question. */
const uint32_t WORLD_BUCKET_US[WORLD_BUCKETS - 1] = {
    250,   500,    1000,   2500,   5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000,
};

void count_landed(struct world_counts *counts, enum assay_how how, int64_t us)
{
    unsigned i = 0;

    us = us > 0 ? us : 0;
    while (i < WORLD_BUCKETS - 1 && us > (int64_t)WORLD_BUCKET_US[i])
        i++;
    count_add(&counts->landed[how], 1);
    count_add(&counts->latency[i], 1);
    count_add(&counts->latency_us, (uint64_t)us);
}

/** Read a counter; from any thread. */
static uint64_t value(world_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void stats_add(struct world_stats *sum, struct world_counts *counts)
{
    sum->hits += value(&counts->hits);
    sum->negative += value(&counts->negative);
    sum->remembered += value(&counts->remembered);
    sum->misses += value(&counts->misses);
    sum->joined += value(&counts->joined);
    sum->flights += value(&counts->flights);
    sum->timeouts += value(&counts->timeouts);
    sum->crowded += value(&counts->crowded);
    for (unsigned i = 0; i < WORLD_HOWS; i++)
        sum->landed[i] += value(&counts->landed[i]);
    for (unsigned i = 0; i < WORLD_BUCKETS; i++)
        sum->latency[i] += value(&counts->latency[i]);
    sum->latency_us += value(&counts->latency_us);
    sum->open += value(&counts->open);
    sum->in_line += value(&counts->in_line);
}
