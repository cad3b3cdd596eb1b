/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file drive.h One evaluation being driven: it is stepped, and what it asks is asked of the world,
 * of the keys process and of what is remembered.
 *
 *     drive_begin(d, eval)     an evaluation has begun
 *     drive_step(d)            judge as far as the answers reach; what is known at once (a cached answer, what is
 *                              remembered) is answered at once, and the evaluation steps on
 *                              NEED: questions are on their way; d->ready is called from the loop when a step got further
 *     drive_hurry(d, ms)       the message is complete: in `ms` it is over, whatever has not answered
 *     drive_take(d)            the evaluation with its verdict; or drive_end(d): it is thrown away
 */
#ifndef DAEMON_DRIVE_H
#define DAEMON_DRIVE_H

#include <assay/assay.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

struct worker;

/** One question on its way. */
struct drive_ask;

/** Called from the loop when a step has brought the evaluation further than NEED. */
typedef void drive_ready(void *arg, assay_status s);

/** An evaluation on its way. One message of a connection after the other uses it. */
struct drive {
    struct worker *worker;
    assay_eval *eval; /**< NULL: none */
    drive_ready *ready;
    void *arg;
    LIST_HEAD(drive_asks, drive_ask) asks;
    struct event again; /**< steps, once all answers of this turn of the loop are in */
    struct event late;  /**< the message's time is up */
};

/** Set up, without an evaluation. */
void drive_init(struct drive *d, struct worker *worker, drive_ready *ready, void *arg);

/** Take over an evaluation. */
void drive_begin(struct drive *d, assay_eval *eval);

/**
 * Step, and ask what is asked.
 *
 * \return ASSAY_DONE, ASSAY_MORE; ASSAY_NEED: `ready` will be called; ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status drive_step(struct drive *d);

/** In `ms` milliseconds, everything that is not answered is answered by TIMEOUT. */
void drive_hurry(struct drive *d, unsigned ms);

/** Give the evaluation away; what is on its way is forgotten. */
assay_eval *drive_take(struct drive *d);

/** Free the evaluation, if there is one; what is on its way is forgotten. */
void drive_end(struct drive *d);

#endif
