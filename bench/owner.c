/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include "bimi/svg.h"
#include "case/case.h"
#include "spf/survey.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * What an owner of a domain waits for when all answers are there: the check of a good domain, the reach of a large SPF
 * tree, the check of a logo. The limit is a figure, not something that is measured. And the rounds of questions that
 * the check takes, beside the longest chain of questions each of which needs the answer to the one before.
 */

enum {
    ROUNDS = 5,
    ROUND_MAX = 100,
    CASE_MAX = 1 << 20,
    NODES = 200,
    RANGES = 25, /* of each: 5,000 in all */
    LOGO = 32 << 10,
    /* MX; addresses of its host; the names of those, and the probe */
    LONGEST_CHAIN = 3,
    ROUNDS_MORE = 3
};

/** Limits in microseconds. */
#define CHECK_US 5000.0
#define REACH_US 50000.0
#define LOGO_US  1000.0

/** A domain and the case that answers for it. */
struct owner {
    assay_engine *engine;
    struct case_set *set;
    assay_span logo;
    unsigned rounds, questions;
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/** Print a line. */
static void tell(const char *name, double ours, double limit, const char *unit)
{
    printf("%s\t%.2f\t%.2f\t%.2f\t%s\t<= 1.00 %s\n", name, ours, limit, ours / limit, unit,
           ours <= limit ? "reached" : "MISSED");
    fflush(stdout);
}

/** The median of some rounds beside a figure. */
static void at_most(const char *name, bench_fn *fn, struct owner *o, unsigned times, double limit)
{
    double us[ROUNDS];

    if (bench_skipped(name))
        return;
    if (!fn(o))
        bench_fail(name);
    for (int i = 0; i < ROUNDS; i++) {
        double begin = bench_clock();

        for (unsigned k = 0; k < times; k++)
            if (!fn(o))
                bench_fail(name);
        us[i] = (bench_clock() - begin) / times;
    }
    qsort(us, ROUNDS, sizeof *us, compare);
    tell(name, us[ROUNDS / 2], limit, "us");
}

/** Step an evaluation to its end; the case has made each answer once before. */
static bool drive(struct owner *o, assay_eval *ev)
{
    void *one = (void *)(uintptr_t)case_at(o->set, 0);
    assay_status s;

    o->rounds = o->questions = 0;
    while ((s = assay_step(ev)) == ASSAY_NEED && o->rounds < ROUND_MAX) {
        struct assay_question q;

        o->rounds++;
        while (assay_next_question(ev, &q)) {
            o->questions++;
            if (getenv("BENCH_TRACE"))
                fprintf(stderr, "%u: kind %d type %u %.*s\n", o->rounds, (int)q.kind, q.rrtype,
                        SPAN_ARG(q.name));
            if (case_answer(one, ev, &q, 1) < 0)
                return false;
        }
    }
    return s == ASSAY_DONE;
}

/** Check the good domain. */
static bool check(void *arg)
{
    struct owner *o = arg;
    assay_eval *ev = NULL;
    bool good = assay_domain_new(o->engine, case_domain(case_at(o->set, 0)), &ev) == ASSAY_DONE &&
                drive(o, ev) && assay_domain_result(ev)->score.score == 100;

    assay_eval_free(ev);
    return good;
}

/** Walk the tree. */
static bool reach(void *arg)
{
    struct owner *o = arg;
    assay_eval *ev = NULL;
    bool good =
        spf_survey_new(o->engine, SPAN("example.com"), 1, &ev) == ASSAY_DONE && drive(o, ev);
    const struct spf_walk *walk = good ? spf_survey_walk(ev) : NULL;

    good = good && !walk->over && !walk->unknown && walk->nnodes == NODES + 1 &&
           ipset_size(&walk->pass[SPF_IPV4]) == (ip_number)NODES * RANGES * 2;
    assay_eval_free(ev);
    return good;
}

/** Check the logo. */
static bool logo(void *arg)
{
    struct owner *o = arg;
    struct arena arena = {0};
    struct svg_report report;
    bool good = svg_check(o->engine, &arena, o->logo, &report) == ASSAY_DONE && report.is_svg &&
                report.counts[SVG_INVALID] == 0;

    arena_done(&arena);
    return good;
}

/* ---- what they are done with ---- */

/** Take a case. */
static void take(struct owner *o, assay_span text)
{
    struct case_error error = {0};

    case_set_free(o->set);
    o->set = NULL;
    if (case_read(text, NULL, NULL, &o->set, &error) != ASSAY_DONE)
        bench_fail(error.text);
}

/** Read the domain's case. */
static void take_domain(struct owner *o)
{
    struct buf text = buf_new(CASE_MAX);
    FILE *f = fopen("bench/owner.case", "re");
    char *room = buf_room(&text, CASE_MAX);

    if (!f || !room)
        bench_fail("bench/owner.case is not here; run this where the sources are");
    text.n += fread(room, 1, CASE_MAX, f);
    fclose(f);
    take(o, buf_span(&text));
    buf_done(&text);
}

/** Write the tree: ten includes, each of which has nineteen; networks of two addresses, none beside another. */
static void take_tree(struct owner *o)
{
    struct buf text = buf_new(CASE_MAX);

    buf_puts(&text, "[case]\n[envelope]\ndomain = example.com\n[dns]\n"
                    "example.com. TXT \"v=spf1");
    for (int top = 0; top < NODES; top += 20)
        buf_printf(&text, " include:n%d.example", top);
    buf_puts(&text, " -all\"\n");
    for (unsigned i = 0; i < NODES; i++) {
        buf_printf(&text, "n%u.example. TXT \"v=spf1", i);
        for (unsigned k = 0; k < RANGES; k++)
            buf_printf(&text, " ip4:20.%u.%u.0/31", i, k * 2);
        for (unsigned k = 1; i % 20 == 0 && k < 20; k++)
            buf_printf(&text, " include:n%u.example", i + k);
        buf_puts(&text, " -all\"\n");
    }
    if (text.status != ASSAY_DONE)
        bench_fail("no tree");
    take(o, buf_span(&text));
    buf_done(&text);
}

/** Draw a logo of paths. */
static void draw(struct buf *out)
{
    buf_puts(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.2\" baseProfile=\"tiny-ps\" "
             "viewBox=\"0 0 64 64\"><title>Example</title>");
    for (unsigned i = 0; out->n < LOGO - 120; i++)
        buf_printf(out, "<path fill=\"#%06x\" d=\"M%u %uL32.5 17.25C3 4 5 6 7 8Z\"/>\n", i * 997,
                   i % 64, i * 7 % 64);
    buf_puts(out, "</svg>");
}

void bench_owner(void)
{
    struct owner o = {0};
    struct buf drawing = buf_new(2 * LOGO);

    if (assay_engine_new(4, &o.engine) != ASSAY_DONE)
        bench_fail("no engine");
    take_domain(&o);
    at_most("owner.check", check, &o, 100, CHECK_US);
    if (!bench_skipped("owner.check.rounds") && check(&o))
        tell("owner.check.rounds", o.rounds, LONGEST_CHAIN + ROUNDS_MORE, "rounds");
    take_tree(&o);
    at_most("owner.reach.200", reach, &o, 10, REACH_US);
    draw(&drawing);
    o.logo = buf_span(&drawing);
    at_most("owner.logo.32k", logo, &o, 100, LOGO_US);
    buf_done(&drawing);
    case_set_free(o.set);
    assay_engine_free(o.engine);
}
