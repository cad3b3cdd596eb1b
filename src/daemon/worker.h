/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file worker.h A worker: one thread, one event loop, its connections and their messages.
 *
 * A connection belongs to one worker for its life, so nothing of it is locked. Shared by all
 * workers are the engine's key memo, the pool's answers, what is recalled, the store, the log; each
 * looks after itself.
 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include "daemon/config.h"
#include "daemon/metrics.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <sys/queue.h>

struct stream;
struct front;
struct keyclient;
struct recall;
struct why_ring;

/** One worker. */
struct worker {
    struct front *front;
    unsigned number;
    pthread_t thread;
    assay_engine *engine;
    assay_world *world; /**< of the pool */
    struct event_base *loop;
    struct keyclient *keys;
    struct recall *recall;   /**< of the front */
    struct config *config;   /**< what new messages are judged by; counted */
    struct metrics *metrics; /**< of this worker */
    struct why_ring *why;    /**< of this worker */
    int64_t now;             /**< seconds since 1970, of this turn of the loop */
    struct event tick;       /**< keeps `now` and `ticked` */
    _Atomic int64_t ticked;  /**< world_now() of the last tick; read by any thread */
    LIST_HEAD(, stream) streams;
    unsigned nstreams;
    uint64_t reloads; /**< asked for at control sockets of this worker */
    char *input;      /**< WORKER_INPUT octets: what is read from a socket is parsed here */
    uint32_t random;
    int64_t lost_said; /**< when the log was last told of lost rows; 0: never */
};

/** Octets that are read from a socket at a time. */
enum { WORKER_INPUT = 128 * 1024 };

/** A number below 100, for `pct` under RFC 7489; not for secrets. */
uint8_t worker_sample(struct worker *w);

#endif
