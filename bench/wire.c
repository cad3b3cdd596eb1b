/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include "world/world.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * SPF over the wire: a name server beside, and a domain of its own for each check, so that no cache
 * helps.
 */

extern char **environ;

enum { DOMAINS = 4000, TIMES = 300, PORT = 5367 };

/** What both sides use. */
struct wire {
    assay_world *world;
    assay_engine *engine;
    assay_policy *policy;
    unsigned next; /**< the domain of the next check */
    unsigned open; /**< questions of a wave that are not answered */
    bool failed;
};

/* ---- the name server ---- */

/** The zone: for each domain what spf.8lookups has. */
static void write_zone(FILE *f)
{
    fputs(
        "$ORIGIN bench.example.\n$TTL 3600\n@ SOA ns host 1 3600 900 604800 60\n@ NS ns\nns A 127.0.0.1\n",
        f);
    for (int d = 0; d < DOMAINS; d++) {
        fprintf(f, "d%d TXT \"v=spf1", d);
        for (int i = 1; i <= 6; i++)
            fprintf(f, " include:i%d.d%d.bench.example", i, d);
        fprintf(f,
                "\" \" a:out.d%d.bench.example mx -all\"\nd%d MX 10 mx1.d%d\nd%d MX 20 mx2.d%d\n",
                d, d, d, d, d);
        for (int i = 1; i <= 6; i++) {
            fprintf(f, "i%d.d%d TXT \"v=spf1", i, d);
            for (int k = 0; k < (i == 6 ? 11 : 10); k++)
                fprintf(f, " ip4:198.%d.%d.0/24%s", 50 + i, k * 7, k == 4 ? "\" \"" : "");
            fputs(" ~all\"\n", f);
        }
        fprintf(f, "out.d%d A 203.0.113.1\nmx1.d%d A 203.0.113.2\nmx2.d%d A 192.0.2.55\n", d, d, d);
    }
}

/** Write a file into a folder. */
static FILE *create(const char *folder, const char *name)
{
    char path[PATH_MAX];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!(f = fopen(path, "w")))
        bench_fail("no temporary file");
    return f;
}

/** Start the name server. \return its process, or 0 when there is none to start */
static pid_t start_server(const char *folder)
{
    char conf[PATH_MAX];
    char *argv[] = {"/usr/sbin/nsd", "-d", "-c", conf, NULL};
    FILE *f = create(folder, "zone");
    pid_t pid;

    write_zone(f);
    fclose(f);
    f = create(folder, "nsd.conf");
    fprintf(
        f,
        "server:\n ip-address: 127.0.0.1@%d\n do-ip6: no\n server-count: 1\n username: \"\"\n chroot: \"\"\n"
        " database: \"\"\n zonesdir: \"%s\"\n pidfile: \"%s/pid\"\n zonelistfile: \"%s/list\"\n"
        " xfrdfile: \"%s/xfrd\"\n xfrdir: \"%s\"\n logfile: \"%s/log\"\n rrl-ratelimit: 0\n"
        "remote-control:\n control-enable: no\nzone:\n name: bench.example\n zonefile: zone\n",
        PORT, folder, folder, folder, folder, folder, folder);
    fclose(f);
    snprintf(conf, sizeof conf, "%s/nsd.conf", folder);
    return posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0 ? pid : 0;
}

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

    snprintf(from, sizeof from, "bob@d%u.bench.example", w->next++ % DOMAINS);
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
    unsigned d = w->next++ % DOMAINS;

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
    char resolver[32];
    const char *why;

    snprintf(resolver, sizeof resolver, "127.0.0.1@%d", PORT);
    options.resolvers = resolver;
    if (assay_world_new(&options, &w->world, &why) || assay_engine_new(0, &w->engine) ||
        assay_policy_new(&w->policy) || assay_policy_set(w->policy, "iprev.check", "no", &why))
        bench_fail("no world");
    assay_policy_seal(w->policy);
}

void bench_wire(void)
{
    const char *name = "spf.8lookups.wire";
    char folder[] = "/tmp/assay-bench-XXXXXX", command[64];
    struct wire w = {0};
    pid_t server;

    if (bench_skipped(name))
        return;
    if (!mkdtemp(folder))
        bench_fail("no temporary folder");
    if (!(server = start_server(folder))) {
        printf("# %s: there is no nsd\n", name);
        return;
    }
    sleep(2); /* it reads the zone */
    make(&w);
    bench_wall = true;
    bench_pair(name, check, &w, waves, &w, TIMES, BENCH_AT_LEAST, 0.6);
    bench_wall = false;
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    assay_world_free(w.world);
    assay_policy_free(w.policy);
    assay_engine_free(w.engine);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        printf("# %s is left behind\n", folder);
}
