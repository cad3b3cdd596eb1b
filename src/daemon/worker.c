/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/front_own.h"

#include "daemon/keyclient.h"
#include "daemon/stream.h"
#include "daemon/why.h"
#include "world/clock.h"
#include "world/pool.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <time.h>

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
void *worker_run(void *arg)
{
    struct worker *w = arg;

    prctl(PR_SET_NAME, "assayd: worker", 0, 0, 0); /* as top(1) shows threads */
    event_base_loop(w->loop, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

/** Set up one worker. */
bool worker_make(struct front *f, unsigned i, int keys)
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
void worker_stop(void *arg)
{
    struct post_of_worker *pw = arg;
    struct stream *s;

    doors_unwatch(pw);
    while ((s = LIST_FIRST(&pw->w.streams)))
        stream_close(s);
    event_base_loopbreak(pw->w.loop);
}

/** On a worker's loop: let nobody in any more. */
void worker_shut(void *arg)
{
    doors_unwatch(arg);
}

/** Free what a worker has, its thread having ended. */
void worker_free(struct post_of_worker *pw)
{
    struct worker *w = &pw->w;

    keyclient_free(w->keys);
    why_free(w->why);
    event_del(&w->tick);
    config_free(w->config);
    free(w->input);
}
