/* SPDX-License-Identifier: BSD-2-Clause */
/** \file bimi_logo.c The logo that l= names (BIMI 7.5, 7.6). */
#include "posture/bimi_judge.h"

enum { HTTP_OK = 200 };

/** The answer is one, though not the document. */
static enum truth failed(const struct asked *q)
{
    if (!q->fact)
        return UNKNOWN;
    switch (q->fact->how) {
    case ASSAY_OK: return truth_of(q->fact->http != HTTP_OK || !q->fact->n);
    case ASSAY_TLSERROR:
    case ASSAY_NXDOMAIN:
    case ASSAY_NODATA: return YES;
    default: return UNKNOWN;
    }
}

/** In words, why there is no document. */
static void say_failed(struct posture *p, struct finding *f, const struct asked *q,
                       const char *what)
{
    const struct assay_fact *fact = q->fact;

    if (fact->how == ASSAY_TLSERROR)
        say(p, f, "the %s cannot be fetched: the server's certificate or TLS fails (%.*s)", what,
            SPAN_ARG(fact->reason));
    else if (fact->how != ASSAY_OK)
        say(p, f, "the %s cannot be fetched: its host has no address", what);
    else
        say(p, f, "the %s cannot be fetched: the server answers %d where 200 is wanted%s", what,
            fact->http,
            fact->http >= 300 && fact->http < 400 ? " (receivers need not follow it elsewhere)"
                                                  : "");
}

enum truth bimi_judge_fetch(struct posture *p, const struct asked *q, assay_span uri,
                            const char *what, const char *wrong)
{
    const char *name = *what == 'l' ? "logo" : "mark certificate";
    enum truth fails = failed(q);
    struct finding *f;

    if (fails == UNKNOWN) {
        if (q->fact || p->depth == ASSAY_DEPTH_CHECK)
            unknown(p, F_BIMI_FETCH, uri, q, NULL);
        return UNKNOWN;
    }
    if (fails == NO && !wrong) {
        pass(p, F_BIMI_FETCH, uri);
        return YES;
    }
    f = hit(p, F_BIMI_FETCH, ASSAY_ERROR, uri, what);
    if (fails == YES)
        say_failed(p, f, q, name);
    else
        say(p, f, "what %.*s gives is no %s: %s", SPAN_ARG(uri), name, wrong);
    show(p, f, q, SPAN_EMPTY, SPAN_EMPTY);
    advise(
        p, f,
        "Serve the %s itself at that address by https, with status 200, to everyone: a wall against robots keeps receivers out, too.",
        name);
    return NO;
}

/* ---- the drawing ---- */

/** Each problem of a class, as something to do. */
static void tell_problems(struct posture *p, struct finding *f, const struct svg_report *r,
                          enum svg_class class)
{
    size_t told = 0, kinds = 0;

    for (size_t i = 0; i < r->nproblems; i++) {
        const struct svg_problem *problem = &r->problems[i];
        char times[32] = "";

        if (problem->class != class)
            continue;
        kinds++;
        if (told == FINDING_FIXES - 1)
            continue;
        told++;
        advise(p, f, "Line %zu, column %zu: %.*s%s", problem->line, problem->column,
               SPAN_ARG(problem->text),
               problem->times > 1 ? posture_printf(p, " (%zu times)", problem->times).p : times);
    }
    if (kinds > told)
        advise(p, f, "And %zu more: assay bimi svg FILE lists them all.", kinds - told);
}

/** One of the three checks of the drawing. */
static void judge_class(struct posture *p, enum finding_id id, enum assay_outcome severity,
                        enum svg_class class, const char *what)
{
    const struct topic_bimi *t = &p->bimi;
    const struct svg_problem *first = svg_first(&t->svg, class);
    struct finding *f;

    if (!first) {
        pass(p, id, t->record->l);
        return;
    }
    f = hit(p, id, severity, t->record->l, NULL);
    say(p, f, "%s, %zu place%s; the first, at line %zu, column %zu: %.*s", what,
        t->svg.counts[class], t->svg.counts[class] == 1 ? "" : "s", first->line, first->column,
        SPAN_ARG(first->text));
    show(p, f, &t->logo, SPAN_EMPTY, SPAN_EMPTY);
    tell_problems(p, f, &t->svg, class);
}

void bimi_judge_logo(struct posture *p)
{
    struct topic_bimi *t = &p->bimi;
    enum truth had;

    t->logo_ok = NO;
    if (!t->record->l.n || (t->record->faults & BIMI_FAULT_L))
        return;
    had = bimi_judge_fetch(p, &t->logo, t->record->l, "logo",
                           t->has_svg && !t->svg.is_svg
                               ? t->svg.nproblems ? t->svg.problems[0].text.p : "it is no SVG"
                               : NULL);
    t->logo_ok = truth_and(truth_of(!(t->record->faults & BIMI_FAULT_SUFFIX)), had);
    if (had != YES)
        return;
    judge_class(p, F_BIMI_SVG, ASSAY_ERROR, SVG_INVALID, "the logo is not valid SVG Tiny P/S");
    judge_class(p, F_BIMI_SVG_ACTIVE, ASSAY_ERROR, SVG_ACTIVE,
                "the logo has parts that run or fetch something");
    judge_class(p, F_BIMI_SVG_SHAPE, ASSAY_WARNING, SVG_SHAPE,
                "receivers may not show a logo of this shape or size");
    if (t->svg.counts[SVG_INVALID] || t->svg.counts[SVG_ACTIVE] || t->svg.over)
        t->logo_ok = NO;
}
