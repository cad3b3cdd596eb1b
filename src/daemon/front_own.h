/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file front_own.h The front process from inside: what front.c and its parts share.
 *
 *     front.c    the beginning, the end, and the state that others ask for
 *     worker.c   a worker's life
 *     doors.c    listening sockets: each worker watches all of them; a reload gives it others
 *     orders.c   what the master says: another configuration, another keys process
 */
#ifndef DAEMON_FRONT_OWN_H
#define DAEMON_FRONT_OWN_H

#include "daemon/channel.h"
#include "daemon/front.h"
#include "daemon/worker.h"

/** A listening socket; private to doors.c, as is struct watch. */
struct door;

/** One that a worker watches. */
struct watch;

/** Addresses at which monitors are served, at most. */
enum { HTTP_MOST = 8 };

/** A worker with what only the front knows of it. */
struct post_of_worker {
    struct worker w;
    LIST_HEAD(, watch) watches;
};

struct front {
    struct world_pool *pool;
    assay_engine *engine;
    struct recall *recall;
    struct store *store;
    struct log *log;
    struct config *config;
    struct metrics *metrics;
    struct post_of_worker *workers;
    unsigned nworkers;
    atomic_uint connections;
    atomic_bool serving, ending;
    struct http *http[HTTP_MOST];
    size_t nhttp;
    int master;
    atomic_ullong kept;   /* messages, for why.h */
    pthread_mutex_t lock; /* of what follows */
    struct front_facts facts;
    struct {
        struct worker *worker;
        void (*done)(void *arg, assay_span why);
        void *arg;
    } asked; /* who waits for a reload; worker NULL: nobody */
};

/** Watch no door any more; on the worker's loop. */
void doors_unwatch(struct post_of_worker *pw);

/**
 * Have every worker go over to a configuration and its doors, or to other sockets of a keys process.
 *
 * \param config  NULL: it stays
 * \param keys    one for each worker, taken over; NULL: they stay
 */
void doors_change(struct front *f, struct config *config, struct door **doors, const int *keys);

/** Open the doors of a configuration. \param fds  one for each listener, taken over */
void doors_open(struct front *f, struct config *config, const int *fds, const int *keys);

/** Set up one worker. \return false: memory or descriptors are out */
bool worker_make(struct front *f, unsigned i, int keys);

/** The life of a worker's thread. \param worker  a struct worker */
void *worker_run(void *worker);

/** On a worker's loop: let nobody in any more. \param post  a struct post_of_worker */
void worker_shut(void *post);

/** On a worker's loop: end. \param post  as worker_shut() */
void worker_stop(void *post);

/** Free what a worker has, its thread having ended. */
void worker_free(struct post_of_worker *pw);

/** Act on a packet of the master. */
void front_obey(struct front *f, const struct channel_packet *p);

#endif
