/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include "server.h"

#include "world/world.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * SPF over the wire: a name server beside, and a domain of its own for each check, so that no cache
 * helps.
 */

enum { TIMES = 300 };

/** What both sides use. */
struct wire {
    assay_world *world;
    assay_engine *engine;
    assay_policy *policy;
    unsigned next; /**< the domain of the next check */
    unsigned open; /**< questions of a wave that are not answered */
    bool failed;
};

/* ---- ours ---- */

static bool check(void *arg)
{
    struct wire *w = arg;
    char from[64];
    struct assay_envelope envelope = {.size = sizeof envelope,
                                      .now = 1764000000,
                                      .ip = SPAN("192.0.2.55")};
    assay_eval *eval;
    bool ok;

    snprintf(from, sizeof from, "bob@d%u.bench.example", w->next++ % SERVER_DOMAINS);
    envelope.mail_from = span_of(from);
    if (assay_envelope_new(w->engine, w->policy, &envelope, &eval) != ASSAY_DONE)
        return false;
    ok = assay_run(eval, SPAN_EMPTY, assay_world_answer, w->world) == ASSAY_DONE &&
         span_is(assay_result(eval)->checks[0]->result, "pass");
    assay_eval_free(eval);
    return ok;
}

/* ---- the limit: the same questions in the same waves, and no thought ---- */

static void answered(void *arg, assay_fact *fact)
{
    struct wire *w = arg;
    struct assay_answer a;

    assay_fact_read(fact, &a);
    w->failed |= a.how != ASSAY_OK;
    if (--w->open == 0)
        event_base_loopbreak(world_loop(w->world));
}

/** Ask one question of a wave. */
static void ask(struct wire *w, const char *format, unsigned number, uint16_t rrtype)
{
    char name[64];
    struct assay_question q = {.kind = ASSAY_DNS, .rrtype = rrtype};
    struct waiter *waiter;

    snprintf(name, sizeof name, format, number);
    q.name = span_of(name);
    q.data = SPAN_EMPTY;
    w->open++;
    if (world_ask(w->world, &q, 5000, answered, w, &waiter) != ASSAY_DONE)
        bench_fail("world_ask");
}

/** Wait for a wave. */
static void wait_for_wave(struct wire *w)
{
    while (w->open)
        event_base_dispatch(world_loop(w->world));
}

static bool waves(void *arg)
{
    static const char *const INCLUDES[] = {"i1.d%u.bench.example", "i2.d%u.bench.example",
                                           "i3.d%u.bench.example", "i4.d%u.bench.example",
                                           "i5.d%u.bench.example", "i6.d%u.bench.example"};
    struct wire *w = arg;
    unsigned d = w->next++ % SERVER_DOMAINS;

    w->failed = false;
    ask(w, "d%u.bench.example", d, ASSAY_RR_TXT);
    wait_for_wave(w);
    for (int i = 0; i < 6; i++)
        ask(w, INCLUDES[i], d, ASSAY_RR_TXT);
    ask(w, "out.d%u.bench.example", d, ASSAY_RR_A);
    ask(w, "d%u.bench.example", d, ASSAY_RR_MX);
    wait_for_wave(w);
    ask(w, "mx1.d%u.bench.example", d, ASSAY_RR_A);
    ask(w, "mx2.d%u.bench.example", d, ASSAY_RR_A);
    wait_for_wave(w);
    return !w->failed;
}

/** Make what both sides use. */
static void make(struct wire *w)
{
    struct assay_world_options options = {.size = sizeof options, .trust_anchor = "none"};
    const char *why;

    options.resolvers = SERVER_AT;
    if (assay_world_new(&options, &w->world, &why) || assay_engine_new(0, &w->engine) ||
        assay_policy_new(&w->policy) || assay_policy_set(w->policy, "iprev.check", "no", &why))
        bench_fail("no world");
    assay_policy_seal(w->policy);
}

void bench_wire(void)
{
    const char *name = "spf.8lookups.wire";
    struct wire w = {0};
    struct server *server;

    if (bench_skipped(name) || !(server = server_start(name)))
        return;
    make(&w);
    bench_wall = true;
    bench_pair(name, check, &w, waves, &w, TIMES, BENCH_AT_LEAST, 0.6);
    bench_wall = false;
    server_stop(server);
    assay_world_free(w.world);
    assay_policy_free(w.policy);
    assay_engine_free(w.engine);
}
