/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file keyclient.h The front's side of the keys process: one for each worker, on its loop.
 *
 * A keys process that is gone or silent is an answer too: ASSAY_TIMEOUT with words. Questions are
 * answered from the loop alone, never inside keyclient_ask().
 */
#ifndef DAEMON_KEYCLIENT_H
#define DAEMON_KEYCLIENT_H

#include "world/world.h"

/** The client. */
struct keyclient;

/** One question on its way. */
struct key_waiter;

/**
 * Make a client.
 *
 * \param socket  of keyproc_start(), taken over; -1: none yet
 * \return NULL when memory is out
 */
struct keyclient *keyclient_new(struct event_base *loop, int socket);

/** Free it; questions on their way are forgotten. */
void keyclient_free(struct keyclient *c);

/** There is a keys process to ask; from any thread. */
bool keyclient_is_up(const struct keyclient *c);

/** Use another keys process from now on. What is on its way is answered by the old one, or not. */
void keyclient_use(struct keyclient *c, int socket);

/**
 * Ask.
 *
 * \param q     ASSAY_SIGN or ASSAY_MAC; copied
 * \param done  called once from the loop, unless keyclient_forget() comes before
 * \param ret   set on ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status keyclient_ask(struct keyclient *c, const struct assay_question *q,
                                           unsigned ms, world_answered *done, void *arg,
                                           struct key_waiter **ret);

/** Wait no longer; `done` is not called any more. */
void keyclient_forget(struct key_waiter *waiter);

#endif
