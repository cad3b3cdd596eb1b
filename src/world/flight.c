/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/flight.h"

#include "base/limits.h"
#include "fact/fact.h"
#include "world/clock.h"
#include "world/failure.h"
#include "world/relay.h"
#include "world/transport.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

/** Octets of a name that a reason shows. */
enum { SHOWN = 150 };

/** One who waits: for a flight, or, with the answer in hand, for the loop to tell it. */
struct waiter {
    TAILQ_ENTRY(waiter) link; /* of its flight's waiters, or of those to be told */
    struct flights *flights;
    struct flight *flight; /* NULL: to be told */
    assay_fact *fact;      /* counted; NULL with flight NULL: memory was out */
    world_answered *done;
    void *arg;
    unsigned ms;        /* the deadline; 0: another member has it */
    atomic_bool *taken; /* of a relay: whether the transport has the question; NULL: none */
    struct event timer; /* of one with a flight */
};

struct flights {
    struct flights_options o;
    struct table table;
    size_t ours;               /* flights in it that are no other member's */
    TAILQ_HEAD(, flight) line; /* not taken by the transport yet, the oldest first */
    size_t in_line;
    bool serving; /* serve_line() runs: what comes into line meanwhile it finds itself */
    TAILQ_HEAD(, waiter) told; /* answered; the loop will say so */
    size_t to_tell;
    struct event tell_event, room_event;
    struct world_counts counts;
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

/** The line became longer or shorter by one. */
static void line_is(struct flights *fs, size_t n)
{
    fs->in_line = n;
    count_set(&fs->counts.in_line, n);
}

/** Put a flight to the front of the line. */
static void to_front(struct flight *f)
{
    TAILQ_INSERT_HEAD(&f->flights->line, f, turn);
    line_is(f->flights, f->flights->in_line + 1);
}

/** Put a flight to the end of the line. */
static void to_end(struct flight *f)
{
    TAILQ_INSERT_TAIL(&f->flights->line, f, turn);
    line_is(f->flights, f->flights->in_line + 1);
}

/** Take a flight out of line. */
static void leave_line(struct flight *f)
{
    TAILQ_REMOVE(&f->flights->line, f, turn);
    line_is(f->flights, f->flights->in_line - 1);
}

/** The transport has a flight, or has it no more; who waits in other threads wants to know. */
static void set_taken(struct flight *f, bool taken)
{
    struct waiter *w;

    f->taken = taken;
    if (f->flights->o.relays)
        TAILQ_FOREACH(w, &f->waiters, link)
    if (w->taken)
        atomic_store_explicit(w->taken, taken, memory_order_relaxed);
}

/** Free a flight that has neither waiters nor a place in line. */
static void free_flight(struct flight *f)
{
    struct flights *fs = f->flights;

    table_remove(&fs->table, &f->node);
    fs->ours -= !f->relay;
    count_set(&fs->counts.open, fs->ours);
    free(f);
}

/** The last waiter has gone. */
static void cancel(struct flight *f)
{
    struct flights *fs = f->flights;

    if (f->relay) {
        relay_cancel(f->relay);
    } else if (f->taken) {
        fs->o.transport->cancel(fs->o.transport_self, f);
        flights_room(fs);
    } else {
        leave_line(f);
    }
    free_flight(f);
}

/** The answer of a flight goes to all its waiters, and the flight ends. \param fact  taken over */
static void end_flight(struct flight *f, assay_fact *fact)
{
    struct waiter *w;

    while ((w = TAILQ_FIRST(&f->waiters))) {
        TAILQ_REMOVE(&f->waiters, w, link);
        evtimer_del(&w->timer);
        tell_soon(w, fact ? assay_fact_ref(fact) : NULL);
    }
    assay_fact_free(fact);
    free_flight(f);
}

void flight_land(struct flight *f, assay_fact *fact)
{
    struct flights *fs = f->flights;
    struct assay_question q = table_question(&f->node);

    count_landed(&fs->counts, fact ? fact->how : 0, world_now_us() - f->began);
    if (fact)
        cache_put(fs->o.cache, &q, fact, world_now());
    end_flight(f, fact);
    flights_room(fs);
}

void flight_pass(struct flight *f, assay_fact *fact)
{
    end_flight(f, fact);
}

void flight_again(struct flight *f)
{
    set_taken(f, false);
    to_front(f);
    flights_room(f->flights);
}

/** Give those in line to the transport, as many as it takes. */
static void serve_line(struct flights *fs)
{
    struct flight *f;
    bool room = !fs->serving;

    fs->serving = true;
    while (room && (f = TAILQ_FIRST(&fs->line))) {
        assay_status s;

        leave_line(f);
        set_taken(f, true); /* it may land, and be gone, inside start() */
        s = fs->o.transport->start(fs->o.transport_self, f);
        if (s == ASSAY_NEED) {
            set_taken(f, false);
            to_front(f);
            room = false; /* until flights_room() */
        } else if (s < 0) {
            flight_land(f, NULL);
        }
    }
    fs->serving = false;
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

struct world_counts *flights_counts(struct flights *fs)
{
    return &fs->counts;
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
static assay_fact *out_of_time(const struct waiter *w, bool taken)
{
    const struct table_node *node = &w->flight->node;
    const struct flights_options *o = &w->flights->o;
    const char *line = taken ? "" : " (the question stood in line)";
    double seconds = w->ms / 1000.0;

    if (node->kind == ASSAY_DNS && !node->data.n)
        return failure_new(node->kind, node->rrtype, ASSAY_TIMEOUT, "%s did not answer in %g s%s%s",
                           o->silent, seconds, line, o->advice);
    return failure_new(node->kind, node->rrtype, ASSAY_TIMEOUT, "%.*s did not answer in %g s%s",
                       SPAN_ARG(span_first(node->data.n ? node->data : node->name, SHOWN)), seconds,
                       line);
}

/**
 * Nobody answered in time. It is remembered when the question had its full time, unless there is an
 * answer now: one that another member has, or what the waiter before this one left.
 */
static assay_fact *silence(const struct waiter *w)
{
    struct flight *f = w->flight;
    struct flights *fs = w->flights;
    struct assay_question q = table_question(&f->node);
    bool taken = f->relay ? relay_taken(f->relay) : f->taken;
    assay_fact *fact = out_of_time(w, taken);

    if (fact && taken && world_now_us() - f->began >= (int64_t)fs->o.patience * 1000)
        cache_add(fs->o.cache, &q, fact, world_now());
    return fact;
}

/** The answer that another member has while the message about it is under way; or NULL. */
static assay_fact *overtaken(const struct waiter *w)
{
    struct assay_question q = table_question(&w->flight->node);

    return w->flight->relay ? cache_get(w->flights->o.cache, &q, world_now()) : NULL;
}

/** A waiter's deadline. */
static void deadline(evutil_socket_t fd, short what, void *arg)
{
    struct waiter *w = arg;
    assay_fact *fact = overtaken(w);

    (void)fd;
    (void)what;
    if (!fact)
        fact = silence(w);
    if (!fact || fact->how == ASSAY_TIMEOUT)
        count_add(&w->flights->counts.timeouts, 1);
    leave(w);
    tell_soon(w, fact);
}

/** A waiter who is in no list yet. */
static struct waiter *new_waiter(struct flights *fs, world_answered *done, void *arg)
{
    struct waiter *w = malloc(sizeof *w);

    if (w) {
        w->flights = fs;
        w->flight = NULL;
        w->fact = NULL;
        w->done = done;
        w->arg = arg;
        w->ms = 0;
        w->taken = NULL;
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

/** Send a flight on its way: to its owner, or to the end of our line. */
static assay_status send_off(struct flight *f, const struct assay_question *q)
{
    struct flights *fs = f->flights;
    struct relays *owner = fs->o.relays ? relays_owner(fs->o.relays, q) : NULL;

    if (owner)
        return relay_start(fs->o.relays, owner, f);
    to_end(f);
    fs->ours++;
    count_set(&fs->counts.open, fs->ours);
    count_add(&fs->counts.flights, 1);
    return ASSAY_DONE;
}

/** A flight for a question, on its way or in line. */
static struct flight *new_flight(struct flights *fs, const struct assay_question *q)
{
    struct flight *f = calloc(1, sizeof *f + table_key_size(q));

    if (!f)
        return NULL;
    f->node = table_node_new(q, f->key);
    f->flights = fs;
    f->began = world_now_us();
    TAILQ_INIT(&f->waiters);
    if (send_off(f, q) != ASSAY_DONE) {
        free(f);
        return NULL;
    }
    table_add(&fs->table, &f->node);
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

/** Set a waiter's timer. */
static bool set_timer(struct waiter *w)
{
    struct timeval wait = world_wait(w->ms);

    evtimer_assign(&w->timer, w->flights->o.loop, deadline, w);
    return w->taken || evtimer_add(&w->timer, &wait) == 0;
}

/** Wait for the flight of a question, which may have to begin. */
static assay_status join_flight(struct flights *fs, const struct assay_question *q,
                                struct waiter *w)
{
    struct flight *f = (struct flight *)(void *)table_find(&fs->table, q);
    bool begins = !f;

    if (!set_timer(w))
        return ASSAY_ENOMEM;
    if (begins && !(f = new_flight(fs, q))) {
        evtimer_del(&w->timer);
        return ASSAY_ENOMEM;
    }
    w->flight = f;
    if (w->taken)
        atomic_store_explicit(w->taken, f->taken, memory_order_relaxed);
    TAILQ_INSERT_TAIL(&f->waiters, w, link);
    if (!begins)
        count_add(&fs->counts.joined, 1);
    else if (!f->relay)
        serve_line(fs);
    return ASSAY_DONE;
}

/** So much is on its way that nothing more is let in. */
static bool crowded(const struct flights *fs)
{
    return fs->table.n >= LIMIT_OPEN || (fs->o.relays && relays_out(fs->o.relays) >= LIMIT_OPEN);
}

/** Ask what the cache does not know. \param taken  NULL: with a deadline of `ms` */
static assay_status ask(struct flights *fs, const struct assay_question *q, unsigned ms,
                        atomic_bool *taken, world_answered *done, void *arg, struct waiter **ret)
{
    struct waiter *w;
    assay_status s;

    if (crowded(fs)) {
        count_add(&fs->counts.crowded, 1);
        return answer_now(
            fs, failure_new(q->kind, q->rrtype, ASSAY_TIMEOUT, "too many questions are open"), done,
            arg, ret);
    }
    if (!(w = new_waiter(fs, done, arg)))
        return ASSAY_ENOMEM;
    w->ms = ms;
    w->taken = taken;
    if ((s = join_flight(fs, q, w)) == ASSAY_DONE)
        *ret = w;
    else
        free(w);
    return s;
}

/** Count a question that the cache answered. */
static void count_hit(struct world_counts *counts, const assay_fact *fact)
{
    enum fact_state state = fact_state(fact);

    count_add(&counts->hits, 1);
    if (state == FACT_NONE)
        count_add(&counts->negative, 1);
    else if (state == FACT_UNKNOWN)
        count_add(&counts->remembered, 1);
}

assay_fact *flights_look(struct flights *fs, const struct assay_question *q)
{
    assay_fact *fact = cache_get(fs->o.cache, q, world_now());

    if (fact)
        count_hit(&fs->counts, fact);
    return fact;
}

assay_status flights_ask(struct flights *fs, const struct assay_question *q, unsigned ms,
                         world_answered *done, void *arg, struct waiter **ret)
{
    assay_fact *fact = flights_look(fs, q);

    if (fact)
        return answer_now(fs, fact, done, arg, ret);
    count_add(&fs->counts.misses, 1);
    return ask(fs, q, ms, NULL, done, arg, ret);
}

assay_status flights_join(struct flights *fs, const struct assay_question *q, atomic_bool *taken,
                          world_answered *done, void *arg, struct waiter **ret)
{
    assay_fact *fact = cache_get(fs->o.cache, q, world_now());

    if (fact)
        return answer_now(fs, fact, done, arg, ret);
    return ask(fs, q, 0, taken, done, arg, ret);
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

void flights_forget(struct flights *fs)
{
    struct waiter *w;
    struct table_node *node;

    if (fs->o.transport->stop)
        fs->o.transport->stop(fs->o.transport_self);
    while ((w = TAILQ_FIRST(&fs->told)))
        world_forget(w);
    while ((node = table_any(&fs->table)))
        forget_all((struct flight *)(void *)node);
}

void flights_free(struct flights *fs)
{
    if (!fs)
        return;
    flights_forget(fs);
    evtimer_del(&fs->tell_event);
    evtimer_del(&fs->room_event);
    fs->o.transport->free(fs->o.transport_self);
    table_done(&fs->table);
    free(fs);
}
