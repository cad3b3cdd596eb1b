/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/drive.h"

#include "daemon/keyclient.h"
#include "daemon/worker.h"
#include "world/clock.h"
#include "world/recall.h"
#include "world/world.h"

#include <stdlib.h>

struct drive_ask {
    LIST_ENTRY(drive_ask) link;
    struct drive *drive;
    struct waiter *of_world;
    struct key_waiter *of_keys;
    uint32_t id;
};

/* ---- answers ---- */

/** Step in this turn of the loop, behind the answers that are still to be told in it. */
static void step_soon(struct drive *d)
{
    event_active(&d->again, EV_TIMEOUT, 1);
}

/** An answer has come; NULL: memory was out. */
static void answered(void *arg, assay_fact *fact)
{
    struct drive_ask *a = arg;
    struct drive *d = a->drive;

    LIST_REMOVE(a, link);
    /* Without an answer nobody would ask again: the evaluation goes on without one. */
    if (!fact)
        assay_give_up(d->eval);
    if (!fact || assay_answer_question(d->eval, a->id, fact) == ASSAY_DONE)
        step_soon(d);
    free(a);
}

/** Wait no longer for a question. */
static void forget(struct drive_ask *a)
{
    LIST_REMOVE(a, link);
    if (a->of_world)
        world_forget(a->of_world);
    if (a->of_keys)
        keyclient_forget(a->of_keys);
    free(a);
}

/* ---- questions ---- */

/** The answer that is known at once, counted, or NULL. */
static assay_fact *look(const struct drive *d, const struct assay_question *q)
{
    if (q->kind == ASSAY_RECALL)
        return recall_answer(d->worker->recall, q, d->worker->now);
    if (q->kind == ASSAY_SIGN || q->kind == ASSAY_MAC)
        return NULL;
    return world_look(d->worker->world, q);
}

/** Send a question on its way. */
static assay_status send_question(struct drive *d, const struct assay_question *q)
{
    struct drive_ask *a = calloc(1, sizeof *a);
    struct worker *w = d->worker;
    assay_status s;

    if (!a)
        return ASSAY_ENOMEM;
    a->drive = d;
    a->id = q->id;
    if (q->kind == ASSAY_SIGN || q->kind == ASSAY_MAC)
        s = keyclient_ask(w->keys, q, w->config->keys_ms, answered, a, &a->of_keys);
    else
        s = world_ask(w->world, q, w->config->question_ms, answered, a, &a->of_world);
    if (s != ASSAY_DONE) {
        free(a);
        return s;
    }
    LIST_INSERT_HEAD(&d->asks, a, link);
    return ASSAY_DONE;
}

/**
 * Ask all that is new.
 *
 * \param ret_further  set when something was answered at once, and a step gets further
 */
static assay_status ask_all(struct drive *d, bool *ret_further)
{
    struct assay_question q;

    while (assay_next_question(d->eval, &q)) {
        assay_fact *fact = look(d, &q);
        assay_status s;

        if (fact) {
            *ret_further |= assay_answer_question(d->eval, q.id, fact) == ASSAY_DONE;
            assay_fact_free(fact);
            continue;
        }
        if ((s = send_question(d, &q)) != ASSAY_DONE && !q.hint)
            return s;
    }
    return ASSAY_DONE;
}

assay_status drive_step(struct drive *d)
{
    bool further;
    assay_status s;

    do {
        further = false;
        if ((s = assay_step(d->eval)) < 0)
            return s;
        if (s != ASSAY_DONE && ask_all(d, &further) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    } while (further);
    return s;
}

/* ---- the loop's side ---- */

/** Step because answers have come. */
static void again(evutil_socket_t fd, short what, void *arg)
{
    struct drive *d = arg;
    struct metrics *m = d->worker->metrics;
    int64_t began = world_now_us();
    assay_status s = drive_step(d);

    (void)fd;
    (void)what;
    metrics_add(m, METRIC_STAGE_WORK, world_now_us() - began);
    if (s != ASSAY_NEED)
        d->ready(d->arg, s);
}

/** The message's time is up. */
static void late(evutil_socket_t fd, short what, void *arg)
{
    struct drive *d = arg;

    (void)fd;
    (void)what;
    assay_give_up(d->eval);
    again(-1, 0, d);
}

void drive_init(struct drive *d, struct worker *worker, drive_ready *ready, void *arg)
{
    *d = (struct drive){.worker = worker, .ready = ready, .arg = arg};
    LIST_INIT(&d->asks);
    event_assign(&d->again, worker->loop, -1, 0, again, d);
    evtimer_assign(&d->late, worker->loop, late, d);
}

void drive_begin(struct drive *d, assay_eval *eval)
{
    drive_end(d);
    d->eval = eval;
}

void drive_hurry(struct drive *d, unsigned ms)
{
    struct timeval wait = world_wait(ms);

    if (evtimer_add(&d->late, &wait) != 0) {
        assay_give_up(d->eval);
        step_soon(d);
    }
}

assay_eval *drive_take(struct drive *d)
{
    assay_eval *eval = d->eval;
    struct drive_ask *a;

    while ((a = LIST_FIRST(&d->asks)))
        forget(a);
    if (eval) {
        event_del(&d->again);
        event_del(&d->late);
    }
    d->eval = NULL;
    return eval;
}

void drive_end(struct drive *d)
{
    assay_eval_free(drive_take(d));
}
