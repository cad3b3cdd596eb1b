/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter.h"

#include <openssl/rsa.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/*
 * CPU time of milters for each message, in interleaved rounds, each beside the null milter's of the
 * same round: what a milter costs that is built on libmilter and does nothing.
 */

enum { ROUNDS = 5, MOST = 5, CONNECTIONS = 4, CROWD = 200 };

/** Lines of the table that are measured in alternating rounds. */
struct group {
    const char *name;
    enum bench_task task;
    bool tcp;
    size_t size;       /**< octets of the message, about */
    unsigned messages; /**< of one round */
    unsigned each;     /**< messages on one connection */
    double at_most;    /**< ours, in times of the null milter's; 0: see reach_of() */
};

static const struct group GROUPS[] = {
    {"milter.verify.2k", BENCH_VERIFY, false, 2048, 1000, 1, 1.0},
    {"milter.verify.2k.ten", BENCH_VERIFY, false, 2048, 1000, 10, 1.0},
    {"milter.verify.20k", BENCH_VERIFY, false, 20480, 1000, 1, 1.3},
    {"milter.verify.1m", BENCH_VERIFY, false, 1 << 20, 100, 1, 0},
    {"milter.verify.2k.tcp", BENCH_VERIFY, true, 2048, 200, 1, 1.0},
    {"milter.sign.2k", BENCH_SIGN, false, 2048, 500, 1, 0},
    {"milter.sign.20k", BENCH_SIGN, false, 20480, 500, 1, 0},
    {"milter.sign.1m", BENCH_SIGN, false, 1 << 20, 100, 1, 0},
};

/** One milter of a group, and what was measured. */
struct subject {
    enum bench_program program;
    const char *name;
    const char *expect[4];
    struct bench_milter milter;
    double cpu[ROUNDS], ratio[ROUNDS], p50[ROUNDS], p99[ROUNDS], rate[ROUNDS];
    long rss;
};

/** The milters that can do a task, the null milter first. \return how many */
static size_t subjects_of(enum bench_task task, struct subject s[MOST])
{
    size_t n = 0;
    const char *dkim = task == BENCH_SIGN ? "DKIM-Signature" : "dkim=pass";

    s[n++] = (struct subject){.program = BENCH_NULL, .name = "null", .expect = {"X-Null"}};
    s[n++] = (struct subject){.program = BENCH_OURS, .name = "assayd", .expect = {dkim}};
    if (task == BENCH_VERIFY) {
        s[1].expect[1] = "spf=pass";
        s[1].expect[2] = "dmarc=pass";
    }
    if (!bench_peers)
        return n;
    s[n++] = (struct subject){.program = BENCH_OPENDKIM, .name = "opendkim", .expect = {dkim}};
    if (task == BENCH_SIGN)
        return n;
    s[n++] =
        (struct subject){.program = BENCH_OPENDMARC, .name = "opendmarc", .expect = {"dmarc=pass"}};
    s[n++] = (struct subject){.program = BENCH_RSPAMD,
                              .name = "rspamd",
                              .expect = {"dkim=pass", "spf=pass", "dmarc=pass"}};
    return n;
}

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/** The median of the rounds. */
static double median(const double figures[ROUNDS])
{
    double sorted[ROUNDS];

    memcpy(sorted, figures, sizeof sorted);
    qsort(sorted, ROUNDS, sizeof *sorted, compare);
    return sorted[ROUNDS / 2];
}

/** Microseconds of this thread for something done `times` times. */
static double time_of(bench_fn *fn, void *arg, unsigned times)
{
    double begin = bench_clock();

    for (unsigned i = 0; i < times; i++)
        if (!fn(arg))
            bench_fail("a limit");
    return (bench_clock() - begin) / times;
}

/** One signature of RSA-2048, the context at hand. */
static bool sign_once(void *arg)
{
    uint8_t digest[32] = {7}, out[512];
    size_t n = sizeof out;

    return EVP_PKEY_sign(arg, out, &n, digest, sizeof digest) == 1;
}

/** Microseconds that signing a digest takes. */
static double time_of_signing(const struct bench_key *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    double us;

    if (EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
        bench_fail("no context");
    us = time_of(sign_once, ctx, 200);
    EVP_PKEY_CTX_free(ctx);
    return us;
}

/**
 * The most that ours may take, in microseconds: of the null milter's and of the least work. Hashing
 * counts where there is much to hash.
 */
static double reach_of(const struct group *g, const struct bench_lab *lab, assay_span message,
                       double null)
{
    struct bench_least least;
    double hash = 0;

    if (g->at_most > 0)
        return null * g->at_most;
    if (g->size >= 1 << 20) {
        bench_least_make(&lab->key, false, message, 0, &least);
        hash = 1.5 * time_of(bench_least_run, &least, 50);
    }
    return hash + (g->task == BENCH_SIGN ? 1.15 * (time_of_signing(&lab->key) + null) : null);
}

/** Print a line. \param most  what `ours` may be; 0: none is set */
static void print(const char *name, const char *who, double ours, double limit, double ratio,
                  double most)
{
    printf("%s.%s\t%.1f\t%.1f\t%.2f\tus\t", name, who, ours, limit, ratio);
    if (most > 0)
        printf("<= %.1f us %s", most, ours <= most ? "reached" : "MISSED");
}

/** Print a milter's line. */
static void print_subject(const struct group *g, const struct subject *s,
                          const struct subject *null, double most)
{
    print(g->name, s->name, median(s->cpu), median(null->cpu), median(s->ratio), most);
    printf("\t%.0f\t%.0f\t%.0f\t%.1f\n", median(s->p50), median(s->p99), median(s->rate),
           (double)s->rss / 1024);
    fflush(stdout);
}

/* ---- the load ---- */

/** A message; for one that is told what DKIM found, with that on top. */
static void make_message(const struct bench_lab *lab, const struct group *g, bool told,
                         struct buf *ret)
{
    struct buf message;

    bench_message_make(&lab->key, false, g->size, g->task == BENCH_SIGN ? 0 : 1, &message);
    *ret = buf_new(64 << 20);
    if (told)
        buf_puts(
            ret,
            "Authentication-Results: mx.test.example; dkim=pass (2048-bit key) header.d=example.com "
            "header.i=@example.com header.b=abcd\r\n");
    buf_put(ret, buf_span(&message));
    buf_done(&message);
}

/** One round of one milter. */
static void measure(const struct group *g, struct subject *s, assay_span message, unsigned messages,
                    unsigned connections, int round)
{
    struct bench_load load = {.where = s->milter.where,
                              .message = message,
                              .expect = s->expect,
                              .connections = connections,
                              .messages = messages,
                              .each = g->each,
                              .authenticated = g->task == BENCH_SIGN};
    struct bench_figures f;
    double begin = bench_process_cpu(s->milter.pid);

    bench_load_run(&load, &f);
    if (round < 0)
        return;
    usleep(20000); /* what a milter does behind its answer is its work too */
    s->cpu[round] = (bench_process_cpu(s->milter.pid) - begin) / messages;
    s->p50[round] = f.p50;
    s->p99[round] = f.p99;
    s->rate[round] = messages / f.wall;
    s->rss = bench_process_rss(s->milter.pid);
}

/** Print what opendkim and opendmarc take together. */
static void print_sum(const struct group *g, const struct subject *s, size_t n)
{
    const struct subject *a = NULL, *b = NULL;
    double sum[ROUNDS], ratio[ROUNDS];

    for (size_t i = 0; i < n; i++) {
        a = s[i].program == BENCH_OPENDKIM && s[i].milter.pid ? &s[i] : a;
        b = s[i].program == BENCH_OPENDMARC && s[i].milter.pid ? &s[i] : b;
    }
    if (!a || !b)
        return;
    for (int r = 0; r < ROUNDS; r++) {
        sum[r] = a->cpu[r] + b->cpu[r];
        ratio[r] = a->ratio[r] + b->ratio[r];
    }
    print(g->name, "opendkim+opendmarc", median(sum), median(s[0].cpu), median(ratio), 0);
    puts("");
}

/** All rounds of a group whose milters run. */
static void run_rounds(const struct bench_lab *lab, const struct group *g, struct subject *s,
                       size_t n)
{
    struct buf plain, told;

    bench_lab_check(lab);
    make_message(lab, g, false, &plain);
    make_message(lab, g, true, &told);
    for (int round = -1; round < ROUNDS; bench_lab_check(lab), round++)
        for (size_t i = 0; i < n; i++)
            if (s[i].milter.pid) {
                measure(g, &s[i], buf_span(s[i].program == BENCH_OPENDMARC ? &told : &plain),
                        round < 0 ? g->messages / 5 + 1 : g->messages, CONNECTIONS, round);
                if (round >= 0)
                    s[i].ratio[round] = s[i].cpu[round] / s[0].cpu[round];
            }
    for (size_t i = 0; i < n; i++)
        if (s[i].milter.pid)
            print_subject(g, &s[i], &s[0],
                          s[i].program == BENCH_OURS
                              ? reach_of(g, lab, buf_span(&plain), median(s[0].cpu))
                              : 0);
    print_sum(g, s, n);
    buf_done(&plain);
    buf_done(&told);
}

/** Memory of ours with many connections that all have a message. */
static void run_crowd(const struct bench_lab *lab, struct subject *s)
{
    static const struct group CROWDED = {"milter.crowd", BENCH_VERIFY, false, 2048, 4000, 1, 0};
    struct buf message;
    struct bench_load load = {.where = s->milter.where,
                              .expect = s->expect,
                              .connections = CROWD,
                              .messages = 4000,
                              .each = 20};
    struct bench_figures f;
    long rss;

    if (bench_skipped(CROWDED.name) || !s->milter.pid)
        return;
    make_message(lab, &CROWDED, false, &message);
    load.message = buf_span(&message);
    bench_load_run(&load, &f);
    rss = bench_process_rss(s->milter.pid);
    printf("%s.%s.rss\t%.1f\t32\t%.2f\tMiB\t%s\t%.0f\t%.0f\t%.0f\n", CROWDED.name, s->name,
           (double)rss / 1024, (double)rss / 1024 / 32,
           s->program != BENCH_OURS ? ""
           : rss < 32 << 10         ? "<= 32 reached"
                                    : "<= 32 MISSED",
           f.p50, f.p99, load.messages / f.wall);
    fflush(stdout);
    buf_done(&message);
}

/** Print what TCP costs in latency. */
static void print_latency(const struct group *g, const struct subject *local,
                          const struct subject *tcp)
{
    double ratio[ROUNDS], m;

    for (int r = 0; r < ROUNDS; r++)
        ratio[r] = tcp->p50[r] / local->p50[r];
    m = median(ratio);
    printf("%s.%s\t%.1f\t%.1f\t%.2f\tus\t", g->name, tcp->name, median(tcp->p50),
           median(local->p50), m);
    printf("%s\n", tcp->program != BENCH_OURS ? ""
                   : m <= 1.3                 ? "<= 1.30 reached"
                                              : "<= 1.30 MISSED");
    fflush(stdout);
}

/** Latency over TCP beside that over a UNIX socket, one connection at a time. */
static void run_latency(const struct bench_lab *lab, enum bench_program program, const char *name,
                        const char *expect)
{
    static const struct group EACH[] = {
        {"milter.latency.tcp", BENCH_VERIFY, false, 2048, 300, 1, 0},
        {"milter.latency.tcp.ten", BENCH_VERIFY, false, 2048, 300, 10, 0}};
    struct subject s[2] = {{.program = program, .name = name, .expect = {expect}},
                           {.program = program, .name = name, .expect = {expect}}};
    struct buf message;

    if (bench_skipped(EACH[0].name) && bench_skipped(EACH[1].name))
        return;
    make_message(lab, &EACH[0], false, &message);
    if (bench_milter_start(lab, program, BENCH_VERIFY, false, &s[0].milter) &&
        bench_milter_start(lab, program, BENCH_VERIFY, true, &s[1].milter))
        for (size_t i = 0; i < 2; i++) {
            for (int round = -1; round < ROUNDS; bench_lab_check(lab), round++)
                for (size_t k = 0; k < 2; k++)
                    measure(&EACH[i], &s[k], buf_span(&message),
                            EACH[i].messages / (program == BENCH_OURS ? 1 : 6), 1, round);
            print_latency(&EACH[i], &s[0], &s[1]);
        }
    bench_milter_stop(&s[0].milter);
    bench_milter_stop(&s[1].milter);
    buf_done(&message);
}

/** Whether anything of a task and a kind of socket is asked for. */
static bool wanted(enum bench_task task, bool tcp)
{
    bool any = !tcp && task == BENCH_VERIFY && !bench_skipped("milter.crowd");

    for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++)
        any |= GROUPS[i].task == task && GROUPS[i].tcp == tcp && !bench_skipped(GROUPS[i].name);
    return any;
}

/** Wait until they have done what they do at their beginning: rspamd compiles. */
static void settle(const struct subject *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double before = -1e9, now = 0;

        for (int k = 0; s[i].milter.pid && k < 120 && now - before > 20000; k++) {
            before = bench_process_cpu(s[i].milter.pid);
            sleep(1);
            now = bench_process_cpu(s[i].milter.pid);
        }
    }
}

/** The groups of one task over one kind of socket: their milters stay up. */
static void run_task(const struct bench_lab *lab, enum bench_task task, bool tcp)
{
    struct subject s[MOST];
    size_t n = wanted(task, tcp) ? subjects_of(task, s) : 0;

    for (size_t i = 0; i < n; i++)
        bench_milter_start(lab, s[i].program, task, tcp, &s[i].milter);
    if (n && !s[0].milter.pid)
        bench_fail("the null milter does not run");
    settle(s, n);
    for (size_t i = 0; n && i < sizeof GROUPS / sizeof *GROUPS; i++)
        if (GROUPS[i].task == task && GROUPS[i].tcp == tcp && !bench_skipped(GROUPS[i].name))
            run_rounds(lab, &GROUPS[i], s, n);
    for (size_t i = 0; i < n; i++) {
        if (!tcp && task == BENCH_VERIFY)
            run_crowd(lab, &s[i]);
        bench_milter_stop(&s[i].milter);
    }
}

void bench_milter(void)
{
    struct bench_lab lab;

    if (!bench_asked("milter"))
        return;
    puts("# name\tours\tlimit\tratio\tunit\treach\tp50 us\tp99 us\tmessages/s\tPSS MiB");
    if (bench_lab_open(&lab)) {
        run_task(&lab, BENCH_VERIFY, false);
        run_task(&lab, BENCH_VERIFY, true);
        run_task(&lab, BENCH_SIGN, false);
        run_latency(&lab, BENCH_NULL, "null", "X-Null");
        run_latency(&lab, BENCH_OURS, "assayd", "dmarc=pass");
    }
    bench_lab_close(&lab);
}
