/* SPDX-License-Identifier: BSD-2-Clause */
#include "fact/eval.h"

#include "base/limits.h"
#include "fact/trace.h"

#include <stdlib.h>

const char *assay_version(void)
{
    return ASSAY_VERSION;
}

const char *assay_strstatus(assay_status s)
{
    switch (s) {
    case ASSAY_DONE: return "done";
    case ASSAY_NEED: return "an answer is missing";
    case ASSAY_MORE: return "the message goes on";
    case ASSAY_ENOMEM: return "out of memory";
    case ASSAY_EINVAL: return "invalid argument";
    case ASSAY_EORDER: return "call out of order";
    }
    return "unknown status";
}

/** A fact that lives in the evaluation itself. */
static void own_fact(struct assay_fact *fact, enum assay_how how)
{
    fact->kind = ASSAY_DNS;
    fact->how = how;
    fact->secure = ASSAY_UNKNOWN;
    fact->media_type = fact->reason = SPAN_EMPTY;
    atomic_init(&fact->refs, 1);
}

void eval_init(struct assay_eval *ev, const struct eval_ops *ops, struct assay_engine *engine,
               int64_t now)
{
    ev->ops = ops;
    ev->engine = engine;
    ev->now = now;
    own_fact(&ev->timeout, ASSAY_TIMEOUT);
    own_fact(&ev->toobig, ASSAY_TOOBIG);
    ev->root.always = true;
    ev->most_questions = LIMIT_QUESTIONS;
    ev->most_asks = LIMIT_BRANCH_ASKS;
    ev->most_bytes = LIMIT_BRANCH_BYTES;
}

void eval_settle(struct assay_eval *ev)
{
    arena_done(&ev->pass);
    if (ev->ops->settle)
        ev->ops->settle(ev);
}

void eval_done(struct assay_eval *ev)
{
    for (size_t i = 0; i < ev->questions.n; i++)
        if (ev->questions.all[i]->fact != &ev->timeout)
            assay_fact_free(ev->questions.all[i]->fact);
    arena_done(&ev->keep);
    arena_done(&ev->pass);
}

/** Something the branch looks at has changed since it last ran. */
static bool awake(const struct assay_eval *ev, const struct branch *b)
{
    if (!b->ran || b->always || b->waits_over || b->status < 0 || b->epoch != ev->epoch)
        return true;
    for (unsigned i = 0; i < b->nwaits; i++)
        if (b->waits[i]->fact)
            return true;
    return false;
}

/** The waits of a branch that was not run again are still those of the branches around it. */
static void await_again(struct branch *b)
{
    for (struct branch *outer = b->parent; outer; outer = outer->parent) {
        outer->waits_over |= b->waits_over;
        for (unsigned i = 0; i < b->nwaits; i++) {
            if (outer->nwaits < BRANCH_WAITS)
                outer->waits[outer->nwaits++] = b->waits[i];
            else
                outer->waits_over = true;
        }
    }
}

/** Forget the last run. */
static void cut(struct branch *b, const struct assay_eval *ev)
{
    b->trace = (struct trace){0};
    b->nwaits = 0;
    b->waits_over = false;
    b->asks = b->bytes = 0;
    b->depth = 0;
    b->ran = true;
    b->epoch = ev->epoch;
}

assay_status branch_run(struct assay_eval *ev, struct branch *b, branch_fn *fn, void *arg)
{
    b->parent = ev->branch;
    if (!b->frozen && awake(ev, b)) {
        cut(b, ev);
        ev->branch = b;
        b->status = fn(ev, arg);
        if (ev->no_memory)
            b->status = ASSAY_ENOMEM;
        if (b->status == ASSAY_DONE)
            b->status = trace_freeze(ev, b);
        b->frozen = b->status == ASSAY_DONE;
        ev->branch = b->parent;
    } else if (!b->frozen) {
        await_again(b);
    }
    if (b->frozen && b->parent)
        trace_child(ev, b);
    return ev->no_memory ? ASSAY_ENOMEM : b->status;
}

/** The root branch: the whole flow. */
static assay_status run_flow(struct assay_eval *ev, void *unused)
{
    (void)unused;
    return ev->ops->step(ev);
}

assay_status assay_step(assay_eval *ev)
{
    assay_status s;

    if (ev->done)
        return ASSAY_DONE;
    arena_rewind(&ev->pass);
    ev->no_memory = false;
    s = branch_run(ev, &ev->root, run_flow, NULL);
    ev->done = s == ASSAY_DONE;
    return s;
}

const struct assay_verdict *assay_result(const assay_eval *ev)
{
    return ev->done ? ev->verdict : NULL;
}

void assay_eval_free(assay_eval *ev)
{
    if (ev)
        ev->ops->free(ev);
}

assay_status assay_rcpt(assay_eval *ev, assay_span address)
{
    return ev->ops->rcpt ? ev->ops->rcpt(ev, address) : ASSAY_EORDER;
}

assay_status assay_header(assay_eval *ev, assay_span name, assay_span value)
{
    return ev->ops->header ? ev->ops->header(ev, name, value) : ASSAY_EORDER;
}

assay_status assay_eoh(assay_eval *ev)
{
    return ev->ops->eoh ? ev->ops->eoh(ev) : ASSAY_EORDER;
}

assay_status assay_body(assay_eval *ev, assay_span chunk)
{
    return ev->ops->body ? ev->ops->body(ev, chunk) : ASSAY_EORDER;
}

assay_status assay_body_digest(assay_eval *ev, assay_span canonicalization, uint64_t length,
                               assay_span sha256)
{
    return ev->ops->body_digest ? ev->ops->body_digest(ev, canonicalization, length, sha256)
                                : ASSAY_EORDER;
}

assay_status assay_eom(assay_eval *ev)
{
    return ev->ops->eom ? ev->ops->eom(ev) : ASSAY_EORDER;
}

assay_status assay_feed(assay_eval *ev, assay_span raw)
{
    return ev->ops->feed ? ev->ops->feed(ev, raw) : ASSAY_EORDER;
}

bool assay_wants_body(const assay_eval *ev)
{
    return ev->ops->wants_body && ev->ops->wants_body(ev);
}

/** Questions handed to the caller of assay_run() at once. */
enum { BATCH = 64 };

/** Have everything answered that is asked now. */
static assay_status answer_all(assay_eval *ev, assay_answer_fn *answer, void *arg)
{
    struct assay_question batch[BATCH];
    size_t n;
    assay_status s;

    do {
        for (n = 0; n < BATCH && assay_next_question(ev, &batch[n]); n++)
            ;
        if (n && (s = answer(arg, ev, batch, n)) < 0)
            return s;
    } while (n == BATCH);
    return ASSAY_DONE;
}

assay_status assay_run(assay_eval *ev, assay_span message, assay_answer_fn *answer, void *arg)
{
    assay_status s = ASSAY_DONE;

    if (ev->ops->feed) {
        if ((s = assay_feed(ev, message)) < 0 || (s = assay_eom(ev)) < 0)
            return s;
    }
    while ((s = assay_step(ev)) == ASSAY_NEED)
        if ((s = answer_all(ev, answer, arg)) < 0)
            return s;
    return s;
}
