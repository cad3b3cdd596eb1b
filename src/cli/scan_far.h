/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file scan_far.h
 * What a scan asks of others than the resolver: documents of the web (--web) and TLS of mail servers (--probe).
 *
 *     scan_far_ask()     in line, one line for each kind; it cannot fail
 *     scan_far_turn()    as many of each kind as may be at once go to the world (world/world.h); one turn of its
 *                        loop, without waiting: the scan's own loop is that of its UDP client, which turns so
 *                        often while anything is on its way
 *     ask->done()        from within scan_far_turn()
 *
 * The world looks up the hosts, refuses addresses that are not public, and asks the same server once for all
 * who want to know the same.
 */
#ifndef CLI_SCAN_FAR_H
#define CLI_SCAN_FAR_H

#include "world/world.h"

#include <sys/queue.h>

/** The lines, and those on their way. */
struct scan_far;

struct scan_far_ask;

/** It was answered. \param fact  counted for the callee; NULL: memory is out */
typedef void scan_far_done(struct scan_far_ask *ask, assay_fact *fact);

/** A question, in memory of the asker. Set the first three before scan_far_ask(). */
struct scan_far_ask {
    enum assay_kind kind; /**< ASSAY_GET or ASSAY_PROBE */
    assay_span name;      /**< it must live until `done` or scan_far_cancel() */
    scan_far_done *done;
    /* private */
    struct scan_far *far;
    struct waiter *waiter; /* NULL: it is in line */
    TAILQ_ENTRY(scan_far_ask) line;
};

/** Make them. \param most  at once, of each kind \return NULL when memory is out */
struct scan_far *scan_far_new(assay_world *world, unsigned most);

/** Free them before the world; who waits is not told. NULL is taken. */
void scan_far_free(struct scan_far *far);

/** Ask. `done` is never called from within. */
void scan_far_ask(struct scan_far *far, struct scan_far_ask *ask);

/** Nobody wants to know any more. Only for what was asked and is not done. */
void scan_far_cancel(struct scan_far_ask *ask);

/** Send those in line, take in what is there, wait for nothing. */
void scan_far_turn(struct scan_far *far);

/** Questions that are not done. */
size_t scan_far_open(const struct scan_far *far);

#endif
