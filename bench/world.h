/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file world.h
 * Facts ready in memory, for benchmarks: made once, handed out by pointer.
 */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include "bench.h"

/** Facts by name and type. */
struct bench_world {
    struct bench_entry *entries; /**< open addressing */
    size_t n, cap;
    assay_fact *none; /**< NXDOMAIN, by type: see world.c */
};

/** Add a record as a zone file writes it. */
void bench_world_add(struct bench_world *w, const char *name, uint16_t rrtype, const char *data);

/** The fact for a question. */
assay_fact *bench_world_find(struct bench_world *w, const struct assay_question *q);

/** How facts arrive. */
enum bench_arrival {
    BENCH_READY,     /**< all that is asked, hints too, before the next step */
    BENCH_ONE_BY_ONE /**< one answer, then a step if it is worth one */
};

/**
 * Step an evaluation to its end. \return rounds: steps that needed something, or 0 when it failed
 */
unsigned bench_world_drive(struct bench_world *w, assay_eval *eval, enum bench_arrival arrival);

#endif
