/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_pool.c A pool of worlds on threads of their own, with a real server (test_server.h)
 * and libunbound. Run it with ./dev test --tsan too.
 */
#include "world/pool.h"

#include "base/limits.h"
#include "fact/fact.h"
#include "world/clock.h"
#include "world/own.h"
#include "world/test_lab.h"
#include "world/test_server.h"

#include <event2/event_struct.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MEMBERS = 4, THOUSAND = 1000, HAMMER_MS = 4000 };

struct rig;

/** One member's thread and what belongs to it. */
struct worker {
    struct rig *rig;
    assay_world *world;
    pthread_t thread;
    unsigned number, seed;
    char name[64]; /**< what is asked next */
    size_t asked, told, forgotten, by[WORLD_HOWS], left;
    bool asking; /**< inside world_ask(): nobody may be told */
    struct event tick;
    struct open *open; /**< questions that are not told */
    bool stops;
};

/** Everything a test needs. */
struct rig {
    struct server *server;
    struct world_pool *pool;
    struct worker w[MEMBERS];
    pthread_barrier_t barrier;
    atomic_size_t open; /**< what is still to be told */
};

/** The thread of a member. */
static void *run(void *arg)
{
    event_base_dispatch(world_loop(((struct worker *)arg)->world));
    return NULL;
}

/** NSD with signed zones, for all tests; it may not be there. */
static struct lab lab;
static bool has_lab;

static int start_lab(void **state)
{
    (void)state;
    has_lab = lab_enter() && lab_start(&lab);
    return 0;
}

static int stop_lab(void **state)
{
    (void)state;
    lab_stop(&lab);
    return 0;
}

/** Start the server, a pool and its threads. \param options  without resolvers: the server */
static int set_up_with(void **state, const struct assay_world_options *options)
{
    struct rig *r = calloc(1, sizeof *r);
    struct assay_world_options o = *options;
    const char *why = "";

    r->server = server_start("127.0.0.1", 0);
    atomic_store(&r->server->root, ROOT_SIGNED);
    o.size = sizeof o;
    o.cache_bytes = 4 << 20;
    if (!o.resolvers)
        o.resolvers = r->server->at;
    if (world_pool_new(&o, MEMBERS, &r->pool, &why) != ASSAY_DONE)
        fail_msg("no pool: %s", why);
    pthread_barrier_init(&r->barrier, NULL, MEMBERS);
    for (unsigned i = 0; i < MEMBERS; i++) {
        r->w[i] = (struct worker){.rig = r, .number = i, .seed = i + 1};
        r->w[i].world = world_pool_member(r->pool, i);
        if (pthread_create(&r->w[i].thread, NULL, run, &r->w[i]) != 0)
            return -1;
    }
    *state = r;
    return 0;
}

static int set_up(void **state)
{
    struct assay_world_options o = {.trust_anchor = "none", .question_ms = 200};

    return set_up_with(state, &o);
}

static int set_up_probing(void **state)
{
    struct assay_world_options o = {.question_ms = 200};

    return set_up_with(state, &o);
}

static int set_up_recursive(void **state)
{
    struct assay_world_options o = {.resolvers = "recursive",
                                    .trust_anchor = lab.anchor,
                                    .root_hints = lab.hints};
    struct assay_world_options none = {.trust_anchor = "none"};

    return set_up_with(state, has_lab ? &o : &none);
}

static void stop(void *arg)
{
    event_base_loopbreak(world_loop(arg));
}

/** Have all threads end. */
static void stop_all(struct rig *r)
{
    for (unsigned i = 0; i < MEMBERS; i++) {
        assert_int_equal(world_post(r->w[i].world, stop, r->w[i].world), ASSAY_DONE);
        pthread_join(r->w[i].thread, NULL);
    }
}

static int tear_down(void **state)
{
    struct rig *r = *state;

    stop_all(r);
    world_pool_free(r->pool);
    server_stop(r->server);
    pthread_barrier_destroy(&r->barrier);
    free(r);
    return 0;
}

/** Run a function on each member's loop. */
static void on_all(struct rig *r, void (*fn)(void *arg))
{
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_int_equal(world_post(r->w[i].world, fn, &r->w[i]), ASSAY_DONE);
}

/** Wait until all is told. \return false: it takes too long */
static bool wait_for_all(struct rig *r)
{
    for (unsigned i = 0; i < 3000 && atomic_load(&r->open); i++)
        usleep(10000);
    return atomic_load(&r->open) == 0;
}

/** Queries that the server got. */
static unsigned queries(const struct rig *r)
{
    return atomic_load(&r->server->udp_queries) + atomic_load(&r->server->tcp_queries);
}

/* ---- single flight ---- */

static void told(void *arg, assay_fact *fact)
{
    struct worker *w = arg;

    w->told++;
    w->by[fact ? fact->how : 0]++;
    atomic_fetch_sub(&w->rig->open, 1);
}

/** Ask for TXT, far from any deadline. */
static void ask(struct worker *w, const char *name)
{
    struct assay_question q = {
        .kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .name = span_of(name), .data = SPAN_EMPTY};
    struct waiter *waiter;

    if (world_ask(w->world, &q, 20000, told, w, &waiter) != ASSAY_DONE)
        abort(); /* on another thread cmocka cannot fail */
}

/** All members at the same moment. */
static void ask_many(void *arg)
{
    struct worker *w = arg;

    pthread_barrier_wait(&w->rig->barrier);
    for (unsigned i = 0; i < THOUSAND / MEMBERS; i++)
        ask(w, w->name);
}

static void a_thousand_waiters_on_four_threads_cost_one_query(void **state)
{
    struct rig *r = *state;
    struct world_stats s;

    for (unsigned round = 0; round < 50; round++) {
        unsigned before = queries(r);

        for (unsigned i = 0; i < MEMBERS; i++)
            snprintf(r->w[i].name, sizeof r->w[i].name, "ok.r%u.example", round);
        atomic_store(&r->open, THOUSAND);
        on_all(r, ask_many);
        assert_true(wait_for_all(r));
        assert_int_equal(queries(r) - before, 1);
    }
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_int_equal(r->w[i].by[ASSAY_OK], 50 * THOUSAND / MEMBERS);
    world_pool_stats(r->pool, &s);
    printf("# of %d questions %llu hits, %llu joined, %llu flights\n", 50 * THOUSAND,
           (unsigned long long)s.hits, (unsigned long long)s.joined, (unsigned long long)s.flights);
    assert_int_equal(s.hits + s.misses, 50 * THOUSAND);
    assert_int_equal(s.flights, 50);
    assert_int_equal(s.landed[ASSAY_OK], 50);
    assert_int_equal(s.open, 0);
    assert_true(s.cache_bytes > 0 && s.cache_bytes <= 4 << 20);
}

static void denials_and_failures_are_shared_too(void **state)
{
    static const char *const NAMES[] = {"nx.shared.example", "servfail.shared.example"};
    struct rig *r = *state;
    struct world_stats s;

    for (unsigned k = 0; k < 2; k++) {
        unsigned first;

        atomic_store(&r->open, THOUSAND);
        for (unsigned i = 0; i < MEMBERS; i++)
            snprintf(r->w[i].name, sizeof r->w[i].name, "%s", NAMES[k]);
        on_all(r, ask_many);
        assert_true(wait_for_all(r));
        first = queries(r);
        atomic_store(&r->open, THOUSAND);
        on_all(r, ask_many);
        assert_true(wait_for_all(r));
        assert_int_equal(queries(r), first);
    }
    world_pool_stats(r->pool, &s);
    assert_int_equal(s.landed[ASSAY_NXDOMAIN], 1);
    assert_int_equal(s.landed[ASSAY_SERVFAIL], 1);
    assert_in_range(s.negative, THOUSAND, 2 * THOUSAND);
    assert_in_range(s.remembered, THOUSAND, 2 * THOUSAND);
    assert_int_equal(s.negative + s.remembered, s.hits);
}

/* ---- the hammer ---- */

/** One question of the hammer. */
struct open {
    struct open *next, **at;
    struct worker *worker;
    struct waiter *waiter;
};

/** Take a question out of the worker's list. */
static void take_out(struct open *o)
{
    *o->at = o->next;
    if (o->next)
        o->next->at = o->at;
    o->worker->left--;
}

static void hammer_told(void *arg, assay_fact *fact)
{
    struct open *o = arg;
    struct worker *w = o->worker;

    if (w->asking)
        abort();
    w->told++;
    w->by[fact ? fact->how : 0]++;
    take_out(o);
    free(o);
}

/** Ask something, of a hundred names of each behaviour. */
static void hammer_ask(struct worker *w)
{
    static const char *const LABELS[] = {"ok",     "ok",     "ok",     "nx", "ttl0",
                                         "ttl0",   "silent", "late",   "tc", "servfail",
                                         "chain3", "large",  "refused"};
    struct open *o = calloc(1, sizeof *o);
    struct assay_question q = {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .data = SPAN_EMPTY};
    char name[64];

    snprintf(name, sizeof name, "%s.h%d.example",
             LABELS[(size_t)rand_r(&w->seed) % (sizeof LABELS / sizeof *LABELS)],
             rand_r(&w->seed) % 100);
    q.name = span_of(name);
    o->worker = w;
    w->asking = true;
    if (world_ask(w->world, &q, 1 + (unsigned)rand_r(&w->seed) % 300, hammer_told, o, &o->waiter) !=
        ASSAY_DONE)
        abort();
    w->asking = false;
    w->asked++;
    w->left++;
    o->at = &w->open;
    if ((o->next = w->open))
        o->next->at = &o->next;
    w->open = o;
}

/** Wait no longer for one of the last that were asked. */
static void hammer_forget(struct worker *w)
{
    struct open *o = w->open;

    for (int n = rand_r(&w->seed) % 8; o && n > 0 && o->next; n--)
        o = o->next;
    if (!o)
        return;
    world_forget(o->waiter);
    w->forgotten++;
    take_out(o);
    free(o);
}

/** A millisecond of the hammer. */
static void hammer(evutil_socket_t fd, short what, void *arg)
{
    struct worker *w = arg;
    struct timeval wait = world_wait(1);

    (void)fd;
    (void)what;
    for (unsigned i = 0; i < 10 && !w->stops && w->left < 500; i++) {
        hammer_ask(w);
        if (rand_r(&w->seed) % 3 == 0)
            hammer_forget(w);
    }
    if (!w->stops)
        evtimer_add(&w->tick, &wait);
    else if (w->left)
        evtimer_add(&w->tick, &(struct timeval){.tv_usec = 10000});
    else
        atomic_fetch_sub(&w->rig->open, 1);
}

static void start_hammer(void *arg)
{
    struct worker *w = arg;

    evtimer_assign(&w->tick, world_loop(w->world), hammer, w);
    hammer(-1, 0, w);
}

static void stop_hammer(void *arg)
{
    ((struct worker *)arg)->stops = true;
}

/** The server dies and comes back, over and over. */
static void kill_server_for(struct rig *r, int64_t ms)
{
    struct world_stats s;
    int64_t until = world_now() + ms;
    uint64_t port;

    assert_true(number_read(span_of(strchr(r->server->at, '@') + 1), UINT16_MAX, &port));
    while (world_now() < until) {
        usleep(150000);
        world_pool_stats(r->pool, &s); /* while all run */
        server_stop(r->server);
        usleep(100000);
        r->server = server_start("127.0.0.1", (uint16_t)port);
        assert_non_null(r->server);
    }
}

static void a_hammer_of_questions_deadlines_and_deaths_loses_nothing(void **state)
{
    struct rig *r = *state;
    size_t asked = 0, told_n = 0, forgotten = 0, by[WORLD_HOWS] = {0};
    struct world_stats s;

    atomic_store(&r->open, MEMBERS);
    on_all(r, start_hammer);
    kill_server_for(r, HAMMER_MS);
    on_all(r, stop_hammer);
    assert_true(wait_for_all(r)); /* each question was told or forgotten */
    for (unsigned i = 0; i < MEMBERS; i++) {
        asked += r->w[i].asked;
        told_n += r->w[i].told;
        forgotten += r->w[i].forgotten;
        for (unsigned k = 0; k < WORLD_HOWS; k++)
            by[k] += r->w[i].by[k];
    }
    usleep(300000); /* the last cancellations cross */
    world_pool_stats(r->pool, &s);
    printf("# %zu asked, %zu told (%zu OK, %zu TIMEOUT, %zu SERVFAIL), %zu forgotten; %llu hits, "
           "%llu joined, %llu flights\n",
           asked, told_n, by[ASSAY_OK], by[ASSAY_TIMEOUT], by[ASSAY_SERVFAIL], forgotten,
           (unsigned long long)s.hits, (unsigned long long)s.joined, (unsigned long long)s.flights);
    assert_int_equal(asked, told_n + forgotten);
    assert_int_equal(by[0], 0); /* memory was never out */
    assert_true(by[ASSAY_OK] && by[ASSAY_TIMEOUT] && by[ASSAY_NXDOMAIN] && forgotten);
    assert_int_equal(s.hits + s.misses, asked);
    assert_int_equal(s.open, 0);
    assert_int_equal(s.in_line, 0);
}

static void a_pool_may_be_freed_with_everything_open(void **state)
{
    struct rig *r = *state;

    for (unsigned i = 0; i < MEMBERS; i++)
        r->w[i].left = 0;
    on_all(r, start_hammer);
    usleep(300000);
    stop_all(r);
    for (unsigned i = 0; i < MEMBERS; i++) { /* world_pool_free() forgets the waiters */
        struct worker *w = &r->w[i];
        struct open *o;

        evtimer_del(&w->tick);
        while ((o = w->open)) {
            take_out(o);
            free(o);
        }
    }
    world_pool_free(r->pool);
    server_stop(r->server);
    pthread_barrier_destroy(&r->barrier);
    free(r);
}

/* ---- contexts of libunbound that come and go ---- */

/** All members at the same moment, names of their own. */
static void ask_each(void *arg)
{
    struct worker *w = arg;

    pthread_barrier_wait(&w->rig->barrier);
    for (unsigned i = 0; i < THOUSAND / MEMBERS; i++) {
        snprintf(w->name, sizeof w->name, "ok.t%u.n%u.example", w->number, i);
        ask(w, w->name);
    }
}

static void members_switch_to_validation_at_the_same_time(void **state)
{
    struct rig *r = *state;

    if (access("/usr/share/dns/root.key", R_OK) != 0)
        skip();
    atomic_store(&r->open, THOUSAND);
    on_all(r, ask_each);
    assert_true(wait_for_all(r));
    for (unsigned i = 0; i < MEMBERS; i++) /* the server's signature is none */
        assert_int_equal(r->w[i].by[ASSAY_BOGUS] + r->w[i].by[ASSAY_SERVFAIL] +
                             r->w[i].by[ASSAY_TIMEOUT],
                         THOUSAND / MEMBERS);
}

/** All members at the same moment: what is signed, broken, not signed and not there. */
static void ask_lab(void *arg)
{
    static const char *const NAMES[] = {
        "secure.example",       "bogus.example",          "insecure.example",
        "empty.secure.example", "nothing.secure.example", "nothing.insecure.example",
    };
    struct worker *w = arg;

    pthread_barrier_wait(&w->rig->barrier);
    for (unsigned i = 0; i < 6; i++)
        ask(w, NAMES[(i + w->number) % 6]);
}

static void members_resolve_and_validate_side_by_side(void **state)
{
    struct rig *r = *state;
    struct world_stats s;

    if (!has_lab)
        skip();
    atomic_store(&r->open, 6 * MEMBERS);
    on_all(r, ask_lab);
    assert_true(wait_for_all(r));
    for (unsigned i = 0; i < MEMBERS; i++) {
        assert_int_equal(r->w[i].by[ASSAY_OK], 3);
        assert_int_equal(r->w[i].by[ASSAY_BOGUS], 1);
        assert_int_equal(r->w[i].by[ASSAY_NXDOMAIN], 2);
    }
    world_pool_stats(r->pool, &s);
    assert_int_equal(s.flights, 6);
}

/* ---- evaluations ---- */

/** A thread that judges an envelope by its member, and then serves the others. */
static void *judge(void *arg)
{
    struct worker *w = arg;
    struct assay_envelope e = {.size = sizeof e, .now = 1764000000, .ip = SPAN("192.0.2.55")};
    assay_engine *engine;
    assay_policy *policy;
    assay_eval *eval;

    if (assay_engine_new(0, &engine) != ASSAY_DONE || assay_policy_new(&policy) != ASSAY_DONE)
        abort();
    assay_policy_seal(policy);
    e.mail_from = SPAN("bob@ok.judged.example");
    for (unsigned i = 0; i < 20; i++) {
        if (assay_envelope_new(engine, policy, &e, &eval) != ASSAY_DONE)
            abort();
        w->told += assay_run(eval, SPAN_EMPTY, assay_world_answer, w->world) == ASSAY_DONE &&
                   span_is(assay_result(eval)->checks[0]->result, "none");
        assay_eval_free(eval);
    }
    assay_policy_free(policy);
    assay_engine_free(engine);
    atomic_fetch_sub(&w->rig->open, 1);
    return run(w);
}

static void members_answer_evaluations_by_themselves(void **state)
{
    struct rig *r = *state;

    stop_all(r);
    atomic_store(&r->open, MEMBERS);
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_int_equal(pthread_create(&r->w[i].thread, NULL, judge, &r->w[i]), 0);
    assert_true(wait_for_all(r));
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_int_equal(r->w[i].told, 20);
}

/* ---- making one ---- */

static void options_that_cannot_hold_are_told(void **state)
{
    struct assay_world_options bad = {.size = sizeof bad, .resolvers = "dns.example"};
    struct world_pool *pool = NULL;
    const char *why = NULL;

    (void)state;
    assert_int_equal(world_pool_new(&bad, 2, &pool, &why), ASSAY_EINVAL);
    assert_non_null(why);
    assert_int_equal(world_pool_new(NULL, 0, &pool, &why), ASSAY_EINVAL);
    assert_int_equal(world_pool_new(NULL, LIMIT_THREADS + 1, &pool, &why), ASSAY_EINVAL);
    assert_null(pool);
    assert_int_equal(world_pool_new(NULL, 1, &pool, &why), ASSAY_DONE);
    world_pool_free(pool);
    world_pool_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_thousand_waiters_on_four_threads_cost_one_query),
        TEST(denials_and_failures_are_shared_too),
        TEST(a_hammer_of_questions_deadlines_and_deaths_loses_nothing),
        cmocka_unit_test_setup(a_pool_may_be_freed_with_everything_open, set_up),
        cmocka_unit_test_setup_teardown(members_switch_to_validation_at_the_same_time,
                                        set_up_probing, tear_down),
        cmocka_unit_test_setup_teardown(members_resolve_and_validate_side_by_side, set_up_recursive,
                                        tear_down),
        TEST(members_answer_evaluations_by_themselves),
        cmocka_unit_test(options_that_cannot_hold_are_told),
    };

    return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
