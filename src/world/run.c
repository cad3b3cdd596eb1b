/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file run.c
 * assay_world_answer(): ask everything at once, then run the loop until what blocks is answered.
 *
 * A hint that is not answered by then stays on its way: most likely it is asked next, and then
 * joins its flight.
 */
#include "world/clock.h"
#include "world/own.h"

#include <stdlib.h>

/** End one question. */
static void drop(struct asked *a)
{
    if (a->eval && !a->hint)
        a->world->blocking--;
    TAILQ_REMOVE(&a->world->asked, a, link);
    free(a);
}

/** Time is up; the round of the loop ends, that is all. */
static void awake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

void run_init(assay_world *w)
{
    TAILQ_INIT(&w->asked);
    evtimer_assign(&w->wake, w->loop, awake, NULL);
}

void run_done(assay_world *w)
{
    struct asked *a;

    while ((a = TAILQ_FIRST(&w->asked))) {
        world_forget(a->waiter);
        drop(a);
    }
}

/** The loop has an answer. */
static void answered(void *arg, assay_fact *fact)
{
    struct asked *a = arg;

    if (!fact)
        a->world->no_memory |= a->eval && !a->hint;
    else if (a->eval)
        assay_answer_question(a->eval, a->id, fact);
    drop(a);
}

/** Send one question on its way. */
static assay_status send_one(assay_world *w, assay_eval *eval, const struct assay_question *q,
                             unsigned ms)
{
    struct asked *a = calloc(1, sizeof *a);
    assay_status s;

    if (!a)
        return ASSAY_ENOMEM;
    *a = (struct asked){.world = w, .eval = eval, .id = q->id, .hint = q->hint};
    if (q->kind == ASSAY_GET || q->kind == ASSAY_PROBE)
        ms = w->web_ms;
    if ((s = world_ask(w, q, ms, answered, a, &a->waiter)) != ASSAY_DONE) {
        free(a);
        return s;
    }
    TAILQ_INSERT_TAIL(&w->asked, a, link);
    w->blocking += !a->hint;
    return ASSAY_DONE;
}

/**
 * The evaluation asks for the first time: none of its questions has an answer yet. Its address
 * alone would not tell, for a new one may stand where an old one was.
 */
static bool asks_first(const assay_eval *eval)
{
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;

    while (assay_evidence(eval, &cursor, &q, &fact))
        if (fact)
            return false;
    return true;
}

/** When the evaluation asked first: now, if it was not seen before. */
static int64_t first_asked(assay_world *w, const assay_eval *eval, int64_t now)
{
    struct recent *r = NULL;

    for (size_t i = 0; i < RECENT; i++)
        if (w->recent[i].eval == eval)
            r = &w->recent[i];
    if (r && !asks_first(eval))
        return r->began;
    if (!r)
        r = &w->recent[w->next_recent++ % RECENT];
    *r = (struct recent){eval, now};
    return now;
}

/** Ask all; hints only while nothing stands in line. */
static assay_status send_all(assay_world *w, assay_eval *eval,
                             const struct assay_question *question, size_t n, unsigned ms)
{
    for (size_t i = 0; i < n; i++) {
        assay_status s;

        if (question[i].hint && flights_in_line(w->flights))
            continue;
        if ((s = send_one(w, eval, &question[i], ms)) < 0 && !question[i].hint)
            return s;
    }
    return ASSAY_DONE;
}

/** Run the loop until nothing blocks or the time is up. \return whether it was in time */
static bool run(assay_world *w, int64_t until)
{
    int64_t left = until - world_now();

    while (w->blocking && left > 0) {
        struct timeval wait = world_wait((unsigned)left);

        evtimer_add(&w->wake, &wait);
        event_base_loop(w->loop, EVLOOP_ONCE);
        left = until - world_now();
    }
    evtimer_del(&w->wake);
    return !w->blocking;
}

/**
 * What is still open of an evaluation is no more its own: hints go on for the cache, the rest is
 * forgotten.
 */
static void let_go(assay_world *w, const assay_eval *eval)
{
    struct asked *a, *next;

    for (a = TAILQ_FIRST(&w->asked); a; a = next) {
        next = TAILQ_NEXT(a, link);
        if (a->eval != eval)
            continue;
        if (a->hint) {
            a->eval = NULL;
        } else {
            world_forget(a->waiter);
            drop(a);
        }
    }
}

assay_status assay_world_answer(void *world, assay_eval *eval,
                                const struct assay_question *question, size_t n)
{
    assay_world *w = world;
    int64_t now = world_now(), until = first_asked(w, eval, now) + w->evaluation_ms;
    assay_status s;

    w->no_memory = false;
    if ((s = send_all(w, eval, question, n, w->question_ms)) == ASSAY_DONE && !run(w, until))
        assay_give_up(eval);
    let_go(w, eval);
    return s == ASSAY_DONE && w->no_memory ? ASSAY_ENOMEM : s;
}
