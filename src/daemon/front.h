/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file front.h The front process: its workers, what they share, and its line to the master.
 *
 * SECURITY: it is the only process that meets the network, parses mail and DNS, and it runs as the
 * configured user without privileges: it can start no program, trace no process, change no identity
 * (sandbox.h). It holds no key and no secret. It reads no file of the configuration: the master gives
 * it the text and the listening sockets. What it writes: the store's directory, the log.
 */
#ifndef DAEMON_FRONT_H
#define DAEMON_FRONT_H

#include "daemon/config.h"
#include "daemon/metrics.h"

/** What a front process is started with. */
struct front_start {
    struct config *config;
    const int *listeners; /**< one for each of config->listeners */
    const int *keys;      /**< one for each of config->threads */
    int master;           /**< its end of the channel */
    pid_t keys_pid;       /**< of the keys process */
    bool again; /**< one served before it: it has to serve, whatever is wrong with the store */
};

/** Run the front process to its end. \return its exit status */
int front_run(const struct front_start *start);

/* ---- for what runs in its workers ---- */

/** All of the front process: private to front.c. */
struct front;
struct log;
struct worker;

/** Where events are logged. */
struct log *front_log(const struct front *f);

/** The store, or NULL: there is none. */
struct store *front_store(const struct front *f);

/** The worker at `i`, or NULL behind the last. */
struct worker *front_worker(const struct front *f, unsigned i);

struct buf;
struct world_stats;

/** Append what the workers have counted. */
void front_metrics(const struct front *f, struct buf *out);

/** What the world has counted. */
void front_world_stats(const struct front *f, struct world_stats *ret);

/** What the workers have counted of one kind. */
long long front_count(const struct front *f, enum metric which);

/** What is known of the processes and of the configuration in use. */
struct front_facts {
    int64_t started; /**< seconds since 1970 */
    pid_t keys;      /**< of the keys process */
    unsigned threads;
    int64_t reloaded;      /**< when a reload was last tried; 0: never */
    char complaints[1024]; /**< what was wrong with it, cut; empty: it is in use */
};

/** Tell them. */
void front_facts(struct front *f, struct front_facts *ret);

/** Room for the words of the next two. */
enum { FRONT_WHY = 512 };

/** Every worker's loop turns. \param why  set on false, to words */
bool front_is_alive(const struct front *f, char why[FRONT_WHY]);

/** It may be given mail. \param why  set on false, to words */
bool front_is_ready(const struct front *f, char why[FRONT_WHY]);

/** What state the front is in; 1 for yes. */
struct front_state {
    unsigned workers;
    bool keys;  /**< every worker has a keys process to ask */
    bool ready; /**< front_is_ready() */
};

/** Look. */
void front_state(const struct front *f, struct front_state *ret);

/** One connection more, unless there are too many. */
bool front_admit(struct front *f, unsigned most);

/** One connection less. */
void front_dismiss(struct front *f);

/**
 * Ask the master for a reload.
 *
 * \param done  called later, on the loop of `w`, with what it came to: empty, or complaints
 * \return NULL: `done` will be called; or why it cannot be asked
 */
const char *front_reload(struct front *f, struct worker *w, void (*done)(void *arg, assay_span why),
                         void *arg);

#endif
