/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include "server.h"

#include "world/pool.h"

#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The pool of worlds: what a hit costs with one and with two threads hammering, and misses through a
 * name server beside. A hit is asked and told: world_ask(), a turn of the loop, `done`.
 */

enum { MOST = 2, HOT = 64, HITS = 1000000, WINDOW = 128, MISSES = 12000, ROUNDS = 5 };

/** The most that a hit may cost, in microseconds on the wall. */
#define HIT_REACH 1.0

/** One thread. */
struct hammer {
    struct world_pool *pool;
    assay_world *world;
    pthread_t thread;
    atomic_uint *running; /**< threads that are not done */
    unsigned number, threads, left, open, next;
    bool hot, wrong;
};

/** The name to ask next: one of a few, or one that nobody asked. */
static size_t name_of(struct hammer *h, char name[64])
{
    unsigned k = h->next++;

    if (h->hot)
        return (size_t)snprintf(name, 64, "d%u.bench.example", k % HOT);
    k = k * h->threads + h->number;
    return (size_t)snprintf(name, 64, "i%u.d%u.bench.example", 1 + k / SERVER_DOMAINS % 6,
                            k % SERVER_DOMAINS);
}

static void told(void *arg, assay_fact *fact);

/** Ask once more. */
static void ask(struct hammer *h)
{
    char name[64];
    struct assay_question q = {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .data = SPAN_EMPTY};
    struct waiter *waiter;

    q.name = (assay_span){name, name_of(h, name)};
    h->left--;
    h->open++;
    if (world_ask(h->world, &q, 5000, told, h, &waiter) != ASSAY_DONE)
        bench_fail("world_ask");
}

static void told(void *arg, assay_fact *fact)
{
    struct hammer *h = arg;
    struct assay_answer a = {0};

    if (fact)
        assay_fact_read(fact, &a);
    h->wrong |= a.how != ASSAY_OK;
    h->open--;
    if (h->left)
        ask(h);
    else if (!h->open)
        event_base_loopbreak(world_loop(h->world));
}

static void stop(void *arg)
{
    event_base_loopbreak(world_loop(arg));
}

/** The last that is done ends all. */
static void end(struct hammer *h)
{
    if (atomic_fetch_sub(h->running, 1) == 1)
        for (unsigned i = 0; i < h->threads; i++) {
            assay_world *w = world_pool_member(h->pool, i);

            if (world_post(w, stop, w) != ASSAY_DONE)
                bench_fail("no memory");
        }
}

/** Ask all, WINDOW at a time. */
static void *run(void *arg)
{
    struct hammer *h = arg;

    for (unsigned i = 0; i < WINDOW && h->left; i++)
        ask(h);
    event_base_dispatch(world_loop(h->world));
    end(h);
    event_base_dispatch(world_loop(h->world)); /* for the others, until all are done */
    return NULL;
}

/** Let all threads ask. \return microseconds on the wall until the last had its answers */
static double hammer(struct hammer *h, unsigned threads, bool hot, unsigned each)
{
    atomic_uint running = threads;
    double begin;

    bench_wall = true;
    begin = bench_clock();
    for (unsigned i = 0; i < threads; i++) {
        h[i].running = &running;
        h[i].hot = hot;
        h[i].left = each;
        if (pthread_create(&h[i].thread, NULL, run, &h[i]) != 0)
            bench_fail("no thread");
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(h[i].thread, NULL);
        if (h[i].wrong)
            bench_fail("an answer was wrong");
    }
    begin = bench_clock() - begin;
    bench_wall = false;
    return begin;
}

/** Make a pool and its hammers. */
static struct world_pool *make(struct hammer *h, unsigned threads)
{
    struct assay_world_options options = {.size = sizeof options,
                                          .resolvers = SERVER_AT,
                                          .trust_anchor = "none"};
    struct world_pool *pool;
    const char *why;

    if (world_pool_new(&options, threads, &pool, &why) != ASSAY_DONE)
        bench_fail("no pool");
    for (unsigned i = 0; i < threads; i++)
        h[i] = (struct hammer){
            .pool = pool, .world = world_pool_member(pool, i), .number = i, .threads = threads};
    return pool;
}

/**
 * Print a line: the best of the rounds, which the machine disturbed least.
 *
 * \param limit  microseconds to compare with
 * \param most   the ratio there may be; 0: none is set
 */
static void line(const char *what, unsigned threads, double us, double limit, double most)
{
    printf("pool.%s.%u\t%.3f\t%.3f\t%.2f\tus\t", what, threads, us, limit, us / limit);
    if (most > 0)
        printf("<= %.2f %s", most, us <= limit * most ? "reached" : "MISSED");
    printf("\n# pool.%s.%u: %.0f/s\n", what, threads,
           (strcmp(what, "hits") == 0 ? threads : 1) * 1e6 / us);
    fflush(stdout);
}

/** Hits: time on the wall of a thread for each, while the others hammer too. */
static void hits(unsigned threads)
{
    struct hammer h[MOST];
    struct world_pool *pool = make(h, threads);
    double wall = 0;

    hammer(h, threads, true, HOT * WINDOW); /* learn them */
    for (unsigned round = 0; round < ROUNDS; round++) {
        double now = hammer(h, threads, true, HITS);

        wall = round && wall < now ? wall : now;
    }
    line("hits", threads, wall / HITS, HIT_REACH, 1);
    world_pool_free(pool);
}

/**
 * Misses: time on the wall for each, name server and all; beside those of one thread. \return it
 */
static double misses(unsigned threads, double alone)
{
    double wall = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct hammer h[MOST];
        struct world_pool *pool = make(h, threads);
        double now = hammer(h, threads, false, MISSES / threads);

        wall = round && wall < now ? wall : now;
        world_pool_free(pool);
    }
    wall /= MISSES;
    line("misses", threads, wall, alone > 0 ? alone : wall, 0);
    return wall;
}

void bench_pool(void)
{
    struct server *server;
    double alone = 0;

    if (bench_skipped("pool.hits.misses") || !(server = server_start("pool")))
        return;
    for (unsigned threads = 1; threads <= MOST; threads++)
        hits(threads);
    for (unsigned threads = 1; threads <= MOST; threads++)
        alone = misses(threads, alone);
    server_stop(server);
}
