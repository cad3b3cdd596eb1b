/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file mailbox.h
 * How threads speak to a loop: whatever is put in runs on the loop, in order.
 *
 *     any thread       mailbox_put(), mailbox_post()     under the lock: to the end of the queue; the first one
 *                                                        rings (an eventfd)
 *     the loop         reads the bell, takes all that is there, and runs it outside the lock
 *
 * Nothing is lost, and what one thread puts in runs in the order in which it was put. What is put in
 * while a batch runs waits for the loop's next turn, so that nobody holds it up.
 */
#ifndef WORLD_MAILBOX_H
#define WORLD_MAILBOX_H

#include <assay/assay.h>

#include <event2/event.h>
#include <sys/queue.h>

/**
 * One thing to do, in memory of the one who puts it in: it must not be touched from mailbox_put() on
 * until `fn` runs, and is free for another use then.
 */
struct post {
    STAILQ_ENTRY(post) next; /**< the mailbox's own */
    void (*fn)(void *arg);
    void *arg;
};

/** The mailbox of one loop. */
struct mailbox;

/** Make a mailbox. Its event keeps the loop going. \return NULL when memory or descriptors are out */
struct mailbox *mailbox_new(struct event_base *loop);

/** Free a mailbox, nobody using it any more; NULL is taken. What is still in it never runs. */
void mailbox_free(struct mailbox *m);

/** Put something in: from any thread, and it cannot fail. */
void mailbox_put(struct mailbox *m, struct post *post);

/** As mailbox_put(), with memory of the mailbox's. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status mailbox_post(struct mailbox *m, void (*fn)(void *arg), void *arg);

#endif
