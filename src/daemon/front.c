/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/front_own.h"

#include "base/number.h"
#include "conf/conf.h"
#include "daemon/channel.h"
#include "daemon/http.h"
#include "daemon/keyclient.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"
#include "daemon/stream.h"
#include "daemon/title.h"
#include "daemon/why.h"
#include "store/store.h"
#include "world/clock.h"
#include "world/pool.h"
#include "world/recall.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/** How long a deferral is remembered, and how often that is saved. */
enum { RECALL_KEEP_S = 14 * 86400, RECALL_SAVE_MS = 60000 };

/** How long open connections may go on when the program is told to end. */
enum { FAREWELL_MS = 5000 };

/** A worker whose loop has not turned for so long stands still; it ticks every second. */
enum { STILL_MS = 5000 };

/** How often the store is looked at. */
enum { LOOK_MS = 1000 };

struct log *front_log(const struct front *f)
{
    return f->log;
}

struct store *front_store(const struct front *f)
{
    return f->store;
}

struct worker *front_worker(const struct front *f, unsigned i)
{
    return i < f->nworkers ? &f->workers[i].w : NULL;
}

void front_metrics(const struct front *f, struct buf *out)
{
    metrics_write(f->metrics, f->nworkers, out);
}

void front_world_stats(const struct front *f, struct world_stats *ret)
{
    world_pool_stats(f->pool, ret);
}

long long front_count(const struct front *f, enum metric which)
{
    long long sum = 0;

    for (unsigned i = 0; i < f->nworkers; i++)
        sum += atomic_load_explicit(&f->metrics[i].values[which], memory_order_relaxed);
    return sum;
}

void front_facts(struct front *f, struct front_facts *ret)
{
    pthread_mutex_lock(&f->lock);
    *ret = f->facts;
    pthread_mutex_unlock(&f->lock);
    ret->threads = f->nworkers;
}

/* ---- its state ---- */

bool front_is_alive(const struct front *f, char why[FRONT_WHY])
{
    for (unsigned i = 0; i < f->nworkers; i++) {
        int64_t still = world_now() - atomic_load(&f->workers[i].w.ticked);

        if (still <= STILL_MS)
            continue;
        snprintf(why, FRONT_WHY, "worker %u has stood still for %lld s", i,
                 (long long)(still / 1000));
        return false;
    }
    return true;
}

/** Every worker has a keys process to ask. */
static bool has_keys(const struct front *f)
{
    for (unsigned i = 0; i < f->nworkers; i++)
        if (!keyclient_is_up(f->workers[i].w.keys))
            return false;
    return true;
}

bool front_is_ready(const struct front *f, char why[FRONT_WHY])
{
    struct store_stats s = {0};

    if (f->store)
        store_stats(f->store, &s);
    if (atomic_load(&f->ending))
        snprintf(why, FRONT_WHY, "it is ending");
    else if (!atomic_load(&f->serving))
        snprintf(why, FRONT_WHY, "it is starting");
    else if (!has_keys(f))
        snprintf(why, FRONT_WHY, "the keys process is gone; nothing can be signed");
    else if (f->config->store && !f->store)
        snprintf(why, FRONT_WHY, "the store could not be opened; the log says why");
    else if (s.waiting > 0)
        snprintf(why, FRONT_WHY, "the store cannot be written: %s", s.spill_why);
    else
        return true;
    return false;
}

void front_state(const struct front *f, struct front_state *ret)
{
    char why[FRONT_WHY];

    *ret = (struct front_state){f->nworkers, has_keys(f), front_is_ready(f, why)};
}

bool front_admit(struct front *f, unsigned most)
{
    if (atomic_fetch_add(&f->connections, 1) < most)
        return true;
    atomic_fetch_sub(&f->connections, 1);
    return false;
}

void front_dismiss(struct front *f)
{
    atomic_fetch_sub(&f->connections, 1);
}

/* ---- the beginning and the end ---- */

/** The file of what is recalled, beside the store. \return false: there is none */
static bool recall_path(const struct front *f, char path[4096])
{
    int n = f->config->store ? snprintf(path, 4096, "%s.deferred", f->config->store) : 0;

    return n > 0 && n < 4096;
}

/** Recall what was known when the program ran last. */
static void load_recall(struct front *f)
{
    char path[4096];
    int error = recall_path(f, path) ? recall_load(f->recall, path, time(NULL)) : 0;

    if (error)
        log_words(f->log, LOG_IS_WARNING, "recall", "%s: %s", path, strerror(error));
}

/** Save what is recalled. */
static void save_recall(struct front *f)
{
    char path[4096];
    int error = recall_path(f, path) ? recall_save(f->recall, path) : 0;

    if (error)
        log_words(f->log, LOG_IS_WARNING, "recall", "%s: %s", path, strerror(error));
}

/** Open the store, where there is one. */
static bool open_store(struct front *f)
{
    const struct store_options options = {.days = f->config->retention_days, .sync = 1000};
    char why[STORE_WHY];

    if (!f->config->store || store_open(f->config->store, &options, &f->store, why))
        return true;
    log_words(f->log, LOG_IS_ERROR, "store", "%s: %s", f->config->store, why);
    return false;
}

/** What was said of the store last: words are written when they change, not for every message. */
struct said {
    bool spill, database; /* that it cannot be written */
};

/** Say what becomes of a part of the store. */
static void say(struct front *f, bool *said, bool wrong, const char *place, const char *why)
{
    if (wrong == *said)
        return;
    *said = wrong;
    if (wrong)
        log_words(f->log, LOG_IS_ERROR, "store", "%s cannot be written: %s", place, why);
    else
        log_words(f->log, LOG_IS_NOTICE, "store", "%s can be written again", place);
}

/** Look whether the store can be written. */
static void look_at_store(struct front *f, struct said *said)
{
    struct store_stats s;

    if (!f->store)
        return;
    store_stats(f->store, &s);
    say(f, &said->spill, s.waiting > 0, "the spill (rows wait in memory)", s.spill_why);
    say(f, &said->database, s.database_why[0] != '\0', "the database (rows wait in the spill)",
        s.database_why);
}

/** Make all that workers share, and the workers. */
static bool make(struct front *f, const struct front_start *start)
{
    const struct config *c = start->config;
    const char *why = "out of memory";

    f->config = config_ref(start->config);
    f->nworkers = c->threads;
    if (!(f->log = log_new(c)))
        return false;
    if (assay_engine_new(c->engine_keys, &f->engine) != ASSAY_DONE ||
        world_pool_new(&c->world, f->nworkers, &f->pool, &why) != ASSAY_DONE ||
        !(f->recall = recall_new(c->recall_names, RECALL_KEEP_S)) ||
        !(f->metrics = calloc(f->nworkers, sizeof *f->metrics)) ||
        !(f->workers = calloc(f->nworkers, sizeof *f->workers))) {
        log_words(f->log, LOG_IS_ERROR, "start", "%s", why);
        return false;
    }
    for (unsigned i = 0; i < f->nworkers; i++)
        if (!worker_make(f, i, start->keys[i]))
            return false;
    return open_store(f) || start->again;
}

/** Start the threads; signals are the master's. */
static bool start_threads(struct front *f)
{
    for (unsigned i = 0; i < f->nworkers; i++)
        if (pthread_create(&f->workers[i].w.thread, NULL, worker_run, &f->workers[i].w) != 0)
            return false;
    return true;
}

/** Connections that are open go on for a while; then all ends. */
static void end(struct front *f)
{
    atomic_store(&f->ending, true);
    for (unsigned i = 0; i < f->nworkers; i++)
        if (world_post(f->workers[i].w.world, worker_shut, &f->workers[i]) != ASSAY_DONE)
            log_words(f->log, LOG_IS_WARNING, "end", "out of memory");
    for (int ms = 0; ms < FAREWELL_MS && atomic_load(&f->connections) > 0; ms += 20)
        usleep(20000);
    for (unsigned i = 0; i < f->nworkers; i++)
        if (world_post(f->workers[i].w.world, worker_stop, &f->workers[i]) == ASSAY_DONE)
            pthread_join(f->workers[i].w.thread, NULL);
    while (f->nhttp)
        http_stop(f->http[--f->nhttp]);
    store_close(f->store);
    for (unsigned i = 0; i < f->nworkers; i++)
        worker_free(&f->workers[i]);
    world_pool_free(f->pool);
    recall_free(f->recall);
    assay_engine_free(f->engine);
    config_free(f->config);
    log_free(f->log);
    free(f->workers);
    free(f->metrics);
}

int front_run(const struct front_start *start)
{
    static struct channel_packet packet;
    struct front f = {.master = start->master,
                      .lock = PTHREAD_MUTEX_INITIALIZER,
                      .facts = {.started = time(NULL), .keys = start->keys_pid}};
    struct said said = {0};

    title_set("assayd: front");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN); /* whoever ends us all at once: what is under way is finished first */
    if (!make(&f, start) || (start->config->sandbox && !sandbox_filter(SANDBOX_FRONT)) ||
        !start_threads(&f))
        return 1;
    doors_open(&f, start->config, start->listeners, NULL);
    atomic_store(&f.serving, true);
    channel_say(f.master, CHANNEL_READY, SPAN_EMPTY);
    load_recall(&f);
    for (int64_t saved = world_now();;) {
        struct pollfd master = {.fd = f.master, .events = POLLIN};
        int n = poll(&master, 1, LOOK_MS);

        if (n > 0 && !channel_receive(f.master, &packet))
            break;
        if (n > 0)
            front_obey(&f, &packet);
        look_at_store(&f, &said);
        if (world_now() - saved < RECALL_SAVE_MS)
            continue;
        save_recall(&f);
        saved = world_now();
    }
    save_recall(&f);
    end(&f);
    return 0;
}
