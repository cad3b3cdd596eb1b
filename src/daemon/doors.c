/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/front_own.h"

#include "daemon/http.h"
#include "daemon/keyclient.h"
#include "daemon/log.h"
#include "daemon/stream.h"
#include "daemon/why.h"
#include "world/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

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
void doors_unwatch(struct post_of_worker *pw)
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
        doors_unwatch(c->worker);
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
void doors_change(struct front *f, struct config *config, struct door **doors, const int *keys)
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
void doors_open(struct front *f, struct config *config, const int *fds, const int *keys)
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
    doors_change(f, config, doors, keys);
    for (size_t i = 0; i < config->nlisteners; i++)
        door_free(doors[i]);
    free(doors);
}
