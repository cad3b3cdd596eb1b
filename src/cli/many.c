/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/many.h"

#include "base/limits.h"
#include "world/clock.h"
#include "world/world.h"

#include <event2/event_struct.h>

#include <stdlib.h>
#include <sys/queue.h>

enum { TELL_MS = 200 };

struct run;

/** One question on its way. */
struct many_ask {
    LIST_ENTRY(many_ask) link;
    struct slot *slot;
    struct waiter *waiter;
    uint32_t id;
    uint16_t rrtype;
    struct zone_steps steps; /* of the zone, before the name that is asked */
};

/** One evaluation. */
struct slot {
    struct run *run;
    size_t index;
    assay_eval *eval;
    assay_status status;
    int64_t began, took;
    bool used, over, gave_up;
    bool stir; /* answers have come: step */
    LIST_HEAD(, many_ask) asks;
};

/** The run. */
struct run {
    const struct many *m;
    struct slot *slots; /* a ring, by index */
    size_t nslots, begun, handed, running;
    size_t asked, answered; /* of the world */
    struct event wake;
};

/* ---- answers ---- */

/** Nothing is asked of this one any more. */
static void forget_all(struct slot *s)
{
    struct many_ask *a;

    while ((a = LIST_FIRST(&s->asks))) {
        LIST_REMOVE(a, link);
        world_forget(a->waiter);
        free(a);
    }
}

/** Give a fact to an evaluation; it is stepped when the turn of the loop is over. */
static void give(struct slot *s, uint32_t id, assay_fact *fact)
{
    if (assay_answer_question(s->eval, id, fact) < 0)
        assay_give_up(s->eval);
    s->stir = true;
}

/** The world has an answer; NULL: memory was out. */
static void answered(void *arg, assay_fact *fact)
{
    struct many_ask *a = arg;
    struct slot *s = a->slot;
    assay_fact *joined = NULL;

    LIST_REMOVE(a, link);
    s->stir = true;
    s->run->answered++;
    if (fact && a->steps.n && zone_join(&a->steps, a->rrtype, fact, &joined) == ASSAY_DONE)
        fact = joined;
    else if (a->steps.n)
        fact = NULL;
    if (fact)
        give(s, a->id, fact);
    else
        assay_give_up(s->eval);
    assay_fact_free(joined);
    free(a);
}

/** A fact that says that nobody was asked. */
static assay_status nobody(const struct assay_question *q, assay_fact **ret)
{
    struct assay_answer a = {.size = sizeof a, .secure = ASSAY_UNKNOWN};

    if (q->kind == ASSAY_RECALL) {
        a.how = ASSAY_NODATA;
        a.reason = SPAN("nothing is remembered");
    } else {
        a.how = ASSAY_TIMEOUT; /* REFUSED would say that a server refuses connections */
        a.reason = SPAN("not asked: --offline");
    }
    return assay_fact_new(q->kind, q->rrtype, &a, ret);
}

/** Somebody else would have to be asked. */
static bool is_remote(const struct assay_question *q)
{
    return q->kind == ASSAY_DNS || q->kind == ASSAY_GET || q->kind == ASSAY_PROBE;
}

/**
 * What is known at once.
 *
 * \param ret  NULL: the world is to be asked, for the target of `steps` where there is one
 */
static assay_status look(const struct many *m, const struct assay_question *q, assay_fact **ret,
                         struct zone_steps *steps)
{
    assay_status s;

    *ret = NULL;
    if (m->zone && q->kind == ASSAY_DNS && (s = zone_look(m->zone, q, ret, steps)) != ASSAY_DONE)
        return s;
    if (!*ret && (q->kind == ASSAY_RECALL || (m->offline && is_remote(q))))
        return nobody(q, ret);
    if (!*ret && !steps->n)
        *ret = world_look(m->world, q);
    return ASSAY_DONE;
}

/** Send a question on its way. */
static assay_status send_question(struct slot *s, const struct assay_question *q,
                                  const struct zone_steps *steps)
{
    const struct many *m = s->run->m;
    struct many_ask *a = calloc(1, sizeof *a);
    struct assay_question asked = *q;
    assay_status status;

    if (!a)
        return ASSAY_ENOMEM;
    *a = (struct many_ask){.slot = s, .id = q->id, .rrtype = q->rrtype, .steps = *steps};
    if (steps->n)
        asked.name = steps->target;
    status = world_ask(m->world, &asked,
                       q->kind == ASSAY_GET || q->kind == ASSAY_PROBE ? m->web_ms : m->question_ms,
                       answered, a, &a->waiter);
    if (status != ASSAY_DONE) {
        free(a);
        return status;
    }
    LIST_INSERT_HEAD(&s->asks, a, link);
    s->run->asked++;
    return ASSAY_DONE;
}

/** Ask all that is new. \param ret_further  set when something was answered at once */
static assay_status ask_all(struct slot *s, bool *ret_further)
{
    struct assay_question q;
    assay_status status;

    while (assay_next_question(s->eval, &q)) {
        struct zone_steps steps = {.target = SPAN_EMPTY};
        assay_fact *fact = NULL;

        if ((status = look(s->run->m, &q, &fact, &steps)) != ASSAY_DONE)
            return status;
        if (fact) {
            status = assay_answer_question(s->eval, q.id, fact);
            assay_fact_free(fact);
            if (status < 0)
                return status;
            *ret_further = true;
        } else if ((status = send_question(s, &q, &steps)) != ASSAY_DONE && !q.hint) {
            return status;
        }
    }
    return ASSAY_DONE;
}

/* ---- one evaluation ---- */

/** It is over. */
static void finish(struct slot *s, assay_status status)
{
    forget_all(s);
    s->status = status;
    s->over = true;
    s->took = world_now() - s->began;
    s->run->running--;
}

/** Go on without what is open. */
static void give_up(struct slot *s)
{
    if (s->gave_up) { /* it cannot be: what was given up is not asked again */
        finish(s, ASSAY_EORDER);
        return;
    }
    forget_all(s);
    assay_give_up(s->eval);
    s->gave_up = s->stir = true;
}

/** Step as far as the answers reach. */
static void step(struct slot *s)
{
    assay_status status;
    bool further;

    s->stir = false;
    do {
        further = false;
        status = assay_step(s->eval);
        if (status == ASSAY_NEED)
            status = ask_all(s, &further) == ASSAY_DONE ? ASSAY_NEED : ASSAY_ENOMEM;
    } while (further && status == ASSAY_NEED);
    if (status != ASSAY_NEED)
        finish(s, status == ASSAY_MORE ? ASSAY_EORDER : status);
    else if (LIST_EMPTY(&s->asks)) /* nothing will come any more */
        give_up(s);
}

/** Begin the next one. */
static void begin(struct run *r)
{
    struct slot *s = &r->slots[r->begun % r->nslots];

    *s = (struct slot){.run = r, .index = r->begun++, .used = true, .began = world_now()};
    LIST_INIT(&s->asks);
    r->running++;
    s->status = r->m->begin(r->m->arg, s->index, &s->eval);
    if (s->status != ASSAY_DONE) {
        s->eval = NULL;
        finish(s, s->status);
        return;
    }
    step(s);
}

/* ---- all of them ---- */

/** Hand out what is over, in order. */
static void hand_out(struct run *r)
{
    while (r->handed < r->begun && r->slots[r->handed % r->nslots].over) {
        struct slot *s = &r->slots[r->handed++ % r->nslots];

        r->m->done(r->m->arg, s->index, s->eval, s->status, s->took);
        assay_eval_free(s->eval);
        *s = (struct slot){0};
    }
}

/** The time of a round is up. */
static void awake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

/** End those whose time is up. \return milliseconds until the next one's is, at least 1 */
static int64_t end_late(struct run *r)
{
    int64_t now = world_now(), next = r->m->deadline_ms;

    for (size_t i = 0; i < r->nslots; i++) {
        struct slot *s = &r->slots[i];
        int64_t left = s->began + r->m->deadline_ms - now;

        if (!s->used || s->over)
            continue;
        if (left <= 0 && !s->gave_up) {
            give_up(s);
        } else if (left < next) {
            next = left;
        }
    }
    return next > 1 ? next : 1;
}

/** Step those that have got answers. \return whether there was one */
static bool step_stirred(struct run *r)
{
    bool any = false;

    for (size_t i = 0; i < r->nslots; i++)
        if (r->slots[i].used && !r->slots[i].over && r->slots[i].stir) {
            step(&r->slots[i]);
            any = true;
        }
    return any;
}

/** Wait for answers, or until somebody's time is up. */
static void wait_for_answers(struct run *r)
{
    int64_t ms = end_late(r);
    struct timeval wait = world_wait((unsigned)(r->m->tell && ms > TELL_MS ? TELL_MS : ms));

    if (step_stirred(r) || !r->running)
        return;
    evtimer_add(&r->wake, &wait);
    event_base_loop(world_loop(r->m->world), EVLOOP_ONCE);
    evtimer_del(&r->wake);
    while (step_stirred(r))
        ;
    if (r->m->tell)
        r->m->tell(r->m->arg, r->asked, r->answered);
}

/** Run until all are handed out. */
static void run(struct run *r)
{
    while (r->handed < r->m->total) {
        while (r->begun < r->m->total && r->running < r->m->jobs &&
               r->begun - r->handed < r->nslots) {
            begin(r);
            hand_out(r);
        }
        wait_for_answers(r);
        hand_out(r);
    }
}

assay_status many_run(const struct many *m)
{
    struct run r = {.m = m, .nslots = (size_t)m->jobs * MANY_AHEAD};

    if (!(r.slots = calloc(r.nslots, sizeof *r.slots)))
        return ASSAY_ENOMEM;
    evtimer_assign(&r.wake, world_loop(m->world), awake, NULL);
    run(&r);
    free(r.slots);
    return ASSAY_DONE;
}
