/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file many.h
 * Many evaluations over one world: a few at a time, each with its own deadline, handed out in the
 * order they were asked for.
 *
 *     many_run(&m)         begin() as many as may run
 *                          a step asks: what is known at once (the zone, the cache) is answered at once, and it
 *                          steps on; the rest goes into the world, whose loop brings the answers
 *                          done() of each, in order; then its evaluation is freed
 *
 * One that takes long does not stop others from beginning, but for every one that may run no more
 * than MANY_AHEAD wait for their turn to be handed out: memory stays bounded.
 */
#ifndef CLI_MANY_H
#define CLI_MANY_H

#include "cli/zone.h"

#include <assay/world.h>

/** How many are begun before the first unfinished one, for each that may run. */
enum { MANY_AHEAD = 4, MANY_JOBS_MAX = 64 };

/** Begin the evaluation `i`. \return ASSAY_DONE; anything else is handed to done() */
typedef assay_status many_begin(void *arg, size_t i, assay_eval **ret);

/**
 * An evaluation is over.
 *
 * \param eval  NULL when it could not begin
 * \param s     ASSAY_DONE, or why there is no result
 * \param ms    how long it took
 */
typedef void many_done(void *arg, size_t i, assay_eval *eval, assay_status s, int64_t ms);

/** A run. */
struct many {
    assay_world *world;
    bool offline; /**< neither the DNS nor web nor mail servers are asked: no answer (TIMEOUT) */
    const struct zone *zone;      /**< answers what lies in it; NULL: none */
    unsigned jobs;                /**< at once, 1 to MANY_JOBS_MAX */
    unsigned question_ms, web_ms; /**< of a question to the DNS; to a web or mail server */
    unsigned deadline_ms;         /**< of one evaluation */
    size_t total;
    many_begin *begin;
    many_done *done;
    void (*tell)(void *arg, size_t asked,
                 size_t answered); /**< now and then; NULL: nobody wants to know */
    void *arg;
};

/** Run them all. \return ASSAY_DONE, ASSAY_ENOMEM: not all were begun */
ASSAY_NODISCARD assay_status many_run(const struct many *m);

#endif
