/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/flight.h"

#include "base/limits.h"
#include "world/clock.h"
#include "world/failure.h"
#include "world/transport.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

/** One who waits: for a flight, or, with the answer in hand, for the loop to tell it. */
struct waiter {
    TAILQ_ENTRY(waiter) link; /* of its flight's waiters, or of those to be told */
    struct flights *flights;
    struct flight *flight; /* NULL: to be told */
    assay_fact *fact;      /* counted; NULL with flight NULL: memory was out */
    world_answered *done;
    void *arg;
    unsigned ms;
    struct event timer;
};

struct flights {
    struct flights_options o;
    struct table table;
    TAILQ_HEAD(, flight) line; /* not taken by the transport yet, the oldest first */
    size_t in_line;
    TAILQ_HEAD(, waiter) told; /* answered; the loop will say so */
    size_t to_tell;
    struct event tell_event, room_event;
};

/**
 * Run an event at the loop's next turn. A timer of nothing, for event_active() would let it run in
 * this turn, before any socket; but that needs no memory.
 */
static void next_turn(struct event *event)
{
    struct timeval now = {0, 0};

    if (evtimer_add(event, &now) != 0)
        event_active(event, EV_TIMEOUT, 1);
}

/* ---- telling ---- */

/**
 * Tell the answers that were there when the loop came to it; what comes meanwhile waits for the
 * next round.
 */
static void tell(evutil_socket_t fd, short what, void *arg)
{
    struct flights *fs = arg;
    struct waiter *w;

    (void)fd;
    (void)what;
    for (size_t n = fs->to_tell; n > 0 && (w = TAILQ_FIRST(&fs->told)); n--) {
        world_answered *done = w->done;
        void *done_arg = w->arg;
        assay_fact *fact = w->fact;

        TAILQ_REMOVE(&fs->told, w, link);
        fs->to_tell--;
        free(w);
        done(done_arg, fact);
        assay_fact_free(fact);
    }
    if (fs->to_tell)
        next_turn(&fs->tell_event);
}

/** Put a waiter among those to be told. \param fact  counted for it */
static void tell_soon(struct waiter *w, assay_fact *fact)
{
    struct flights *fs = w->flights;

    w->flight = NULL;
    w->fact = fact;
    TAILQ_INSERT_TAIL(&fs->told, w, link);
    if (!fs->to_tell++)
        next_turn(&fs->tell_event);
}

/* ---- flights ---- */

/** The question of a flight. */
static struct assay_question question_of(const struct flight *f)
{
    return (struct assay_question){
        .kind = f->node.kind, .rrtype = f->node.rrtype, .name = f->node.name, .data = SPAN_EMPTY};
}

/** Take a flight out of line. */
static void leave_line(struct flight *f)
{
    TAILQ_REMOVE(&f->flights->line, f, turn);
    f->flights->in_line--;
}

/** Free a flight that has neither waiters nor a place in line. */
static void free_flight(struct flight *f)
{
    table_remove(&f->flights->table, &f->node);
    free(f);
}

/** The last waiter has gone. */
static void cancel(struct flight *f)
{
    struct flights *fs = f->flights;

    if (f->taken) {
        fs->o.transport->cancel(fs->o.transport_self, f);
        flights_room(fs);
    } else {
        leave_line(f);
    }
    free_flight(f);
}

void flight_land(struct flight *f, assay_fact *fact)
{
    struct flights *fs = f->flights;
    struct assay_question q = question_of(f);
    struct waiter *w;

    if (fact)
        cache_put(fs->o.cache, &q, fact, world_now());
    while ((w = TAILQ_FIRST(&f->waiters))) {
        TAILQ_REMOVE(&f->waiters, w, link);
        evtimer_del(&w->timer);
        tell_soon(w, fact ? assay_fact_ref(fact) : NULL);
    }
    assay_fact_free(fact);
    free_flight(f);
    flights_room(fs);
}

void flight_again(struct flight *f)
{
    f->taken = false;
    TAILQ_INSERT_HEAD(&f->flights->line, f, turn);
    f->flights->in_line++;
    flights_room(f->flights);
}

/** Give those in line to the transport, as many as it takes. */
static void serve_line(struct flights *fs)
{
    struct flight *f;

    while ((f = TAILQ_FIRST(&fs->line))) {
        assay_status s;

        leave_line(f);
        f->taken = true; /* it may land, and be gone, inside start() */
        s = fs->o.transport->start(fs->o.transport_self, f);
        if (s == ASSAY_NEED) {
            f->taken = false;
            TAILQ_INSERT_HEAD(&fs->line, f, turn);
            fs->in_line++;
            return; /* until flights_room() */
        }
        if (s < 0)
            flight_land(f, NULL);
    }
}

/** The loop's side of flights_room(). */
static void have_room(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    serve_line(arg);
}

void flights_room(struct flights *fs)
{
    if (fs->in_line)
        next_turn(&fs->room_event);
}

size_t flights_in_line(const struct flights *fs)
{
    return fs->in_line;
}

size_t flights_open(const struct flights *fs)
{
    return fs->table.n;
}

/* ---- waiters ---- */

/** A waiter goes from its flight; the last one ends it. */
static void leave(struct waiter *w)
{
    struct flight *f = w->flight;

    TAILQ_REMOVE(&f->waiters, w, link);
    w->flight = NULL;
    if (TAILQ_EMPTY(&f->waiters))
        cancel(f);
}

/** The answer to a waiter whose time is up. */
static assay_fact *out_of_time(const struct waiter *w)
{
    const struct flight *f = w->flight;
    const struct flights_options *o = &f->flights->o;

    return failure_new(f->node.kind, f->node.rrtype, ASSAY_TIMEOUT, "%s did not answer in %g s%s%s",
                       o->silent, w->ms / 1000.0, f->taken ? "" : " (the question stood in line)",
                       o->advice);
}

/** A waiter's deadline. Silence is remembered when the question had its full time. */
static void deadline(evutil_socket_t fd, short what, void *arg)
{
    struct waiter *w = arg;
    struct flight *f = w->flight;
    struct flights *fs = w->flights;
    struct assay_question q = question_of(f);
    assay_fact *fact = out_of_time(w);
    int64_t now = world_now();

    (void)fd;
    (void)what;
    if (fact && f->taken && now - f->began >= (int64_t)fs->o.patience)
        cache_put(fs->o.cache, &q, fact, now);
    leave(w);
    tell_soon(w, fact);
}

/** A waiter who is in no list yet. */
static struct waiter *new_waiter(struct flights *fs, world_answered *done, void *arg)
{
    struct waiter *w = calloc(1, sizeof *w);

    if (w) {
        w->flights = fs;
        w->done = done;
        w->arg = arg;
        evtimer_assign(&w->timer, fs->o.loop, deadline, w);
    }
    return w;
}

assay_status flights_tell(struct flights *fs, assay_fact *fact, world_answered *done, void *arg,
                          struct waiter **ret)
{
    struct waiter *w = new_waiter(fs, done, arg);

    if (!w)
        return ASSAY_ENOMEM;
    tell_soon(w, fact);
    *ret = w;
    return ASSAY_DONE;
}

/** A flight for a question, at the end of the line. */
static struct flight *new_flight(struct flights *fs, const struct assay_question *q)
{
    struct flight *f = calloc(1, sizeof *f + q->name.n + 1);

    if (!f)
        return NULL;
    memcpy(f->name, q->name.p, q->name.n);
    f->node =
        (struct table_node){.kind = q->kind, .rrtype = q->rrtype, .name = {f->name, q->name.n}};
    f->flights = fs;
    f->began = world_now();
    TAILQ_INIT(&f->waiters);
    table_add(&fs->table, &f->node);
    TAILQ_INSERT_TAIL(&fs->line, f, turn);
    fs->in_line++;
    return f;
}

/** Answer at once; \param fact  taken over */
static assay_status answer_now(struct flights *fs, assay_fact *fact, world_answered *done,
                               void *arg, struct waiter **ret)
{
    assay_status s = fact ? flights_tell(fs, fact, done, arg, ret) : ASSAY_ENOMEM;

    if (s != ASSAY_DONE)
        assay_fact_free(fact);
    return s;
}

/** Wait for the flight of a question, which may have to begin. */
static assay_status join_flight(struct flights *fs, const struct assay_question *q,
                                struct waiter *w)
{
    struct flight *f = (struct flight *)(void *)table_find(&fs->table, q->kind, q->rrtype, q->name);
    struct timeval wait = world_wait(w->ms);
    bool begins = !f;

    if (evtimer_add(&w->timer, &wait) != 0)
        return ASSAY_ENOMEM;
    if (begins && !(f = new_flight(fs, q))) {
        evtimer_del(&w->timer);
        return ASSAY_ENOMEM;
    }
    w->flight = f;
    TAILQ_INSERT_TAIL(&f->waiters, w, link);
    if (begins)
        serve_line(fs);
    return ASSAY_DONE;
}

assay_status flights_ask(struct flights *fs, const struct assay_question *q, unsigned ms,
                         world_answered *done, void *arg, struct waiter **ret)
{
    assay_fact *fact = cache_get(fs->o.cache, q, world_now());
    struct waiter *w;
    assay_status s;

    if (!fact && fs->table.n >= LIMIT_OPEN)
        fact = failure_new(q->kind, q->rrtype, ASSAY_TIMEOUT, "too many questions are open");
    if (fact || fs->table.n >= LIMIT_OPEN)
        return answer_now(fs, fact, done, arg, ret);
    if (!(w = new_waiter(fs, done, arg)))
        return ASSAY_ENOMEM;
    w->ms = ms;
    if ((s = join_flight(fs, q, w)) == ASSAY_DONE)
        *ret = w;
    else
        free(w);
    return s;
}

void world_forget(struct waiter *w)
{
    if (w->flight) {
        evtimer_del(&w->timer);
        leave(w);
    } else {
        TAILQ_REMOVE(&w->flights->told, w, link);
        w->flights->to_tell--;
        assay_fact_free(w->fact);
    }
    free(w);
}

/* ---- all of it ---- */

struct flights *flights_new(const struct flights_options *options)
{
    struct flights *fs = calloc(1, sizeof *fs);

    if (!fs || !table_init(&fs->table, &options->seed)) {
        free(fs);
        return NULL;
    }
    fs->o = *options;
    TAILQ_INIT(&fs->line);
    TAILQ_INIT(&fs->told);
    evtimer_assign(&fs->tell_event, options->loop, tell, fs);
    evtimer_assign(&fs->room_event, options->loop, have_room, fs);
    return fs;
}

/** Forget all who wait for a flight; that ends it. */
static void forget_all(struct flight *f)
{
    struct waiter *w, *next;

    for (w = TAILQ_FIRST(&f->waiters); w; w = next) {
        next = TAILQ_NEXT(w, link);
        world_forget(w);
    }
}

void flights_free(struct flights *fs)
{
    struct waiter *w;
    struct table_node *node;

    if (!fs)
        return;
    while ((w = TAILQ_FIRST(&fs->told)))
        world_forget(w);
    while ((node = table_any(&fs->table)))
        forget_all((struct flight *)(void *)node);
    evtimer_del(&fs->tell_event);
    evtimer_del(&fs->room_event);
    fs->o.transport->free(fs->o.transport_self);
    table_done(&fs->table);
    free(fs);
}
