/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/front.h"

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

/** Addresses at which monitors are served, at most. */
enum { HTTP_MOST = 8 };

/** A listening socket with what the configuration says of it; one for all workers, counted. */
struct door {
    atomic_uint refs;
    int fd;
    struct config *config;
    const struct config_listener *listener;
};

/** A door as one worker watches it. */
struct watch {
    LIST_ENTRY(watch) link;
    struct worker *worker;
    struct door *door;
    struct event event;
};

/** A worker with what only front.c knows of it. */
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

/* ---- doors ---- */

static void door_free(struct door *d)
{
    if (atomic_fetch_sub(&d->refs, 1) > 1)
        return;
    close(d->fd);
    config_free(d->config);
    free(d);
}

/** A connection waits at a door; another worker may have taken it already. */
static void accept_one(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;
    int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)what;
    if (peer >= 0)
        stream_open(w->worker, w->door->config, w->door->listener, peer);
    else if (errno == EMFILE || errno == ENFILE)
        usleep(1000); /* Robustness: else the loop spins until a descriptor is free */
}

/** Doors that a worker is to watch in place of those it does. */
struct change {
    struct post_of_worker *worker;
    struct config *config;
    struct door **doors;
    size_t ndoors;
    int keys; /* -1: the keys process stays */
};

/** Watch one door. */
static void watch_door(struct post_of_worker *pw, struct door *door)
{
    struct watch *w = calloc(1, sizeof *w);

    if (!w)
        return;
    w->worker = &pw->w;
    w->door = door;
    atomic_fetch_add(&door->refs, 1);
    event_assign(&w->event, pw->w.loop, door->fd, EV_READ | EV_PERSIST, accept_one, w);
    event_add(&w->event, NULL);
    LIST_INSERT_HEAD(&pw->watches, w, link);
}

/** Watch no door any more. */
static void unwatch_doors(struct post_of_worker *pw)
{
    struct watch *w;

    while ((w = LIST_FIRST(&pw->watches))) {
        LIST_REMOVE(w, link);
        event_del(&w->event);
        door_free(w->door);
        free(w);
    }
}

/** On a worker's loop: go over to another configuration. Messages under way keep theirs. */
static void take_change(void *arg)
{
    struct change *c = arg;
    struct worker *w = &c->worker->w;

    if (c->config) {
        unwatch_doors(c->worker);
        for (size_t i = 0; i < c->ndoors; i++) {
            if (c->doors[i]->listener->protocol)
                watch_door(c->worker, c->doors[i]);
            door_free(c->doors[i]);
        }
        config_free(w->config);
        w->config = c->config;
        why_resize(w->why, w->config->why_keep);
    }
    if (c->keys >= 0)
        keyclient_use(w->keys, c->keys);
    free(c->doors);
    free(c);
}

/** Make the change of one worker. */
static struct change *new_change(struct front *f, unsigned i, struct config *config,
                                 struct door **doors, int keys)
{
    struct change *c = calloc(1, sizeof *c);
    size_t n = config ? config->nlisteners : 0;

    if (!c || (n && !(c->doors = calloc(n, sizeof(*c->doors))))) {
        free(c);
        return NULL;
    }
    c->worker = &f->workers[i];
    c->config = config ? config_ref(config) : NULL;
    c->ndoors = n;
    c->keys = keys;
    for (size_t k = 0; k < n; k++) {
        c->doors[k] = doors[k];
        atomic_fetch_add(&doors[k]->refs, 1);
    }
    return c;
}

/** Have every worker go over; memory that is short is fatal here: half a configuration is none. */
static void change_all(struct front *f, struct config *config, struct door **doors, const int *keys)
{
    for (unsigned i = 0; i < f->nworkers; i++) {
        struct change *c = new_change(f, i, config, doors, keys ? keys[i] : -1);

        if (!c || world_post(f->workers[i].w.world, take_change, c) != ASSAY_DONE)
            abort();
    }
}

/** Serve monitors where this configuration says, and nowhere else. */
static void open_http(struct front *f, const struct config *config, const int *fds)
{
    while (f->nhttp)
        http_stop(f->http[--f->nhttp]);
    for (size_t i = 0; i < config->nlisteners; i++) {
        if (config->listeners[i].protocol || f->nhttp == HTTP_MOST)
            continue;
        if (!(f->http[f->nhttp] = http_start(f, fds[i])))
            log_words(f->log, LOG_IS_ERROR, "http", "cannot serve at %s",
                      config->listeners[i].address);
        else
            f->nhttp++;
    }
}

/** Open the doors of a configuration. \param fds  taken over */
static void open_doors(struct front *f, struct config *config, const int *fds, const int *keys)
{
    struct door **doors = calloc(config->nlisteners + 1, sizeof(*doors));

    for (size_t i = 0; doors && i < config->nlisteners; i++) {
        if (!(doors[i] = calloc(1, sizeof **doors)))
            abort();
        doors[i]->refs = 1;
        doors[i]->fd = fds[i];
        doors[i]->config = config_ref(config);
        doors[i]->listener = &config->listeners[i];
    }
    if (!doors)
        abort();
    open_http(f, config, fds);
    change_all(f, config, doors, keys);
    for (size_t i = 0; i < config->nlisteners; i++)
        door_free(doors[i]);
    free(doors);
}

/* ---- workers ---- */

/** Once a second: what time is it? Mail needs no finer clock. */
static void tick(evutil_socket_t fd, short what, void *arg)
{
    struct worker *w = arg;

    (void)fd;
    (void)what;
    w->now = time(NULL);
    atomic_store(&w->ticked, world_now());
}

uint8_t worker_sample(struct worker *w)
{
    w->random ^= w->random << 13; /* xorshift32 (Marsaglia 2003) */
    w->random ^= w->random >> 17;
    w->random ^= w->random << 5;
    return (uint8_t)(w->random % 100);
}

/** The life of a worker's thread. */
static void *work(void *arg)
{
    struct worker *w = arg;

    prctl(PR_SET_NAME, "assayd: worker", 0, 0, 0); /* as top(1) shows threads */
    event_base_loop(w->loop, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

/** Set up one worker. */
static bool make_worker(struct front *f, unsigned i, int keys)
{
    struct worker *w = &f->workers[i].w;
    const struct timeval second = {1, 0};

    *w = (struct worker){.front = f,
                         .number = i,
                         .engine = f->engine,
                         .world = world_pool_member(f->pool, i),
                         .recall = f->recall,
                         .config = config_ref(f->config),
                         .metrics = &f->metrics[i],
                         .now = time(NULL),
                         .ticked = world_now()};
    LIST_INIT(&f->workers[i].watches);
    LIST_INIT(&w->streams);
    w->loop = world_loop(w->world);
    if (getrandom(&w->random, sizeof w->random, 0) != sizeof w->random || !w->random)
        w->random = 1;
    event_assign(&w->tick, w->loop, -1, EV_PERSIST, tick, w);
    return (w->keys = keyclient_new(w->loop, keys)) &&
           (w->why = why_new(f->config->why_keep, &f->kept)) && (w->input = malloc(WORKER_INPUT)) &&
           event_add(&w->tick, &second) == 0;
}

/** On a worker's loop: end. */
static void stop(void *arg)
{
    struct post_of_worker *pw = arg;
    struct stream *s;

    unwatch_doors(pw);
    while ((s = LIST_FIRST(&pw->w.streams)))
        stream_close(s);
    event_base_loopbreak(pw->w.loop);
}

/** On a worker's loop: let nobody in any more. */
static void shut(void *arg)
{
    unwatch_doors(arg);
}

/** Free what a worker has, its thread having ended. */
static void free_worker(struct post_of_worker *pw)
{
    struct worker *w = &pw->w;

    keyclient_free(w->keys);
    why_free(w->why);
    event_del(&w->tick);
    config_free(w->config);
    free(w->input);
}

/* ---- reload ---- */

/** What a reload came to, on its way to who asked for it. */
struct told {
    void (*done)(void *arg, assay_span why);
    void *arg;
    size_t n;
    char why[];
};

static void tell(void *arg)
{
    struct told *t = arg;

    t->done(t->arg, (assay_span){t->why, t->n});
    free(t);
}

/** Tell it on the loop of a worker, never inside the call that asks. */
static void tell_soon(struct worker *w, void (*done)(void *arg, assay_span why), void *arg,
                      assay_span why)
{
    struct told *t = malloc(sizeof *t + why.n + 1);

    if (!t)
        return;
    *t = (struct told){done, arg, why.n};
    memcpy(t->why, why.p, why.n);
    if (world_post(w->world, tell, t) != ASSAY_DONE)
        free(t);
}

const char *front_reload(struct front *f, struct worker *w, void (*done)(void *arg, assay_span why),
                         void *arg)
{
    bool busy;

    pthread_mutex_lock(&f->lock);
    busy = f->asked.worker != NULL;
    if (!busy) {
        f->asked.worker = w;
        f->asked.done = done;
        f->asked.arg = arg;
    }
    pthread_mutex_unlock(&f->lock);
    if (busy)
        return "a reload is under way already";
    return channel_say(f->master, CHANNEL_RELOAD, SPAN_EMPTY) ? NULL : "the master process is gone";
}

/** The master says what a reload came to. */
static void take_result(struct front *f, const struct channel_packet *p)
{
    struct worker *w;
    void (*done)(void *arg, assay_span why);
    void *arg;

    pthread_mutex_lock(&f->lock);
    f->facts.reloaded = time(NULL);
    snprintf(f->facts.complaints, sizeof f->facts.complaints, "%.*s", (int)p->n, p->text);
    w = f->asked.worker;
    done = f->asked.done;
    arg = f->asked.arg;
    f->asked.worker = NULL;
    pthread_mutex_unlock(&f->lock);
    if (w)
        tell_soon(w, done, arg, (assay_span){p->text, p->n});
}

/** All of an open file. */
static assay_span read_all(int fd, struct buf *out)
{
    ssize_t n = 1;

    while (n > 0) {
        char *room = buf_room(out, 65536);

        if (!room || (n = pread(fd, room, 65536, (off_t)out->n)) < 0)
            break;
        out->n += (size_t)n;
    }
    return buf_span(out);
}

/** Another keys process answers from now on: the text of the packet is its number. */
static void note_keys(struct front *f, const struct channel_packet *p)
{
    uint64_t pid = 0;

    (void)number_read((assay_span){p->text, p->n}, INT32_MAX, &pid);
    pthread_mutex_lock(&f->lock);
    f->facts.keys = (pid_t)pid;
    pthread_mutex_unlock(&f->lock);
}

/** Another configuration has come. \return NULL; or what is wrong with it */
static const char *take_config(struct front *f, const struct channel_packet *p)
{
    struct buf text = buf_new(LIMIT_CONF_TEXT), why = buf_new(CHANNEL_TEXT);
    struct config *config = NULL;
    const char *wrong = NULL;
    unsigned nkeys = (unsigned)p->nfiles - 1 - p->nlisteners;

    if (config_read(read_all(p->files[0], &text), SPAN("assayd.conf"), NULL, NULL, &config, &why) !=
        ASSAY_DONE)
        wrong = "the front process does not understand the master's configuration";
    else if (config->threads != f->nworkers)
        wrong = "the number of threads changed: that needs a restart";
    else if (config->nlisteners != p->nlisteners || nkeys != f->nworkers)
        wrong = "the master's sockets are not those of its configuration";
    close(p->files[0]);
    if (!wrong) {
        open_doors(f, config, p->files + 1, p->files + 1 + p->nlisteners);
        note_keys(f, p);
        metrics_add(f->metrics, METRIC_RELOADS, 1);
        log_words(f->log, LOG_IS_NOTICE, "reloaded", "the new configuration is in use");
        config_free(f->config);
        f->config = config;
    } else {
        config_free(config);
    }
    buf_done(&text);
    buf_done(&why);
    return wrong;
}

/** Close the files of a packet from the i-th on. */
static void close_files(const struct channel_packet *p, size_t i)
{
    for (; i < p->nfiles; i++)
        close(p->files[i]);
}

/** Act on a packet of the master. */
static void obey(struct front *f, const struct channel_packet *p)
{
    const char *wrong;

    switch (p->what) {
    case CHANNEL_KEYS:
        if (p->nfiles == f->nworkers)
            change_all(f, NULL, NULL, p->files);
        else
            close_files(p, 0);
        note_keys(f, p);
        break;
    case CHANNEL_CONFIG:
        if ((wrong = p->nfiles > p->nlisteners ? take_config(f, p) : "a packet without files"))
            close_files(p, 1);
        channel_say(f->master, CHANNEL_TAKEN, span_of(wrong));
        break;
    case CHANNEL_RESULT: take_result(f, p); break;
    case CHANNEL_READY:
    case CHANNEL_RELOAD:
    case CHANNEL_TAKEN: break;
    }
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
        if (!make_worker(f, i, start->keys[i]))
            return false;
    return open_store(f);
}

/** Start the threads; signals are the master's. */
static bool start_threads(struct front *f)
{
    for (unsigned i = 0; i < f->nworkers; i++)
        if (pthread_create(&f->workers[i].w.thread, NULL, work, &f->workers[i].w) != 0)
            return false;
    return true;
}

/** Connections that are open go on for a while; then all ends. */
static void end(struct front *f)
{
    atomic_store(&f->ending, true);
    for (unsigned i = 0; i < f->nworkers; i++)
        if (world_post(f->workers[i].w.world, shut, &f->workers[i]) != ASSAY_DONE)
            log_words(f->log, LOG_IS_WARNING, "end", "out of memory");
    for (int ms = 0; ms < FAREWELL_MS && atomic_load(&f->connections) > 0; ms += 20)
        usleep(20000);
    for (unsigned i = 0; i < f->nworkers; i++)
        if (world_post(f->workers[i].w.world, stop, &f->workers[i]) == ASSAY_DONE)
            pthread_join(f->workers[i].w.thread, NULL);
    while (f->nhttp)
        http_stop(f->http[--f->nhttp]);
    store_close(f->store);
    for (unsigned i = 0; i < f->nworkers; i++)
        free_worker(&f->workers[i]);
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
    open_doors(&f, start->config, start->listeners, NULL);
    atomic_store(&f.serving, true);
    channel_say(f.master, CHANNEL_READY, SPAN_EMPTY);
    load_recall(&f);
    for (int64_t saved = world_now();;) {
        struct pollfd master = {.fd = f.master, .events = POLLIN};
        int n = poll(&master, 1, LOOK_MS);

        if (n > 0 && !channel_receive(f.master, &packet))
            break;
        if (n > 0)
            obey(&f, &packet);
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
