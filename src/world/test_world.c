/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_world.c The whole world against real servers: NSD with a root of its own (test_lab.h)
 * and a server that misbehaves (test_server.h). Where there may be no network namespace, what needs
 * NSD is skipped.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "dns/rdata.h"
#include "fact/eval.h"
#include "world/clock.h"
#include "world/own.h"
#include "world/test_lab.h"
#include "world/test_server.h"
#include "world/unbound.h"
#include "world/world.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>

#include <cmocka.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/** What the tests share. */
struct rig {
    struct lab lab;
    bool has_lab;
    struct server *bad;
};

static int start_servers(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    bool inside = lab_enter();

    r->has_lab = inside && lab_start(&r->lab);
    if (!r->has_lab)
        printf("# no lab: %s\n",
               inside ? "NSD or the ldns tools are missing or fail" : "no network namespace");
    r->bad = inside ? server_start(LAB_BAD, 53) : server_start("127.0.0.1", 0);
    *state = r;
    return r->bad ? 0 : -1;
}

static int stop_servers(void **state)
{
    struct rig *r = *state;

    server_stop(r->bad);
    lab_stop(&r->lab);
    free(r);
    return 0;
}

/** Skip a test that needs NSD. */
#define NEEDS_LAB(r)       \
    do {                   \
        if (!(r)->has_lab) \
            skip();        \
    } while (0)

/** Queries that the misbehaving server got. */
static unsigned packets(const struct rig *r)
{
    return atomic_load(&r->bad->udp_queries);
}

/* ---- worlds and questions ---- */

/** A world that forwards to the misbehaving server, without validation. */
static assay_world *forwarding_world(const struct rig *r, unsigned ms)
{
    struct assay_world_options o = {
        .size = sizeof o, .resolvers = r->bad->at, .trust_anchor = "none", .question_ms = ms};
    assay_world *w = NULL;
    const char *why = "";

    if (assay_world_new(&o, &w, &why) != ASSAY_DONE)
        fail_msg("no world: %s", why);
    return w;
}

/** A world that resolves recursively from the lab's root. */
static assay_world *recursive_world(const struct rig *r, unsigned ms)
{
    struct assay_world_options o = {.size = sizeof o,
                                    .resolvers = "recursive",
                                    .trust_anchor = r->lab.anchor,
                                    .root_hints = r->lab.hints,
                                    .question_ms = ms};
    assay_world *w = NULL;
    const char *why = "";

    if (assay_world_new(&o, &w, &why) != ASSAY_DONE)
        fail_msg("no world: %s", why);
    return w;
}

/** One question and what came. */
struct asking {
    const char *name;
    uint16_t rrtype;
    assay_fact *fact;
    size_t *open;
};

static void came(void *arg, assay_fact *fact)
{
    struct asking *a = arg;

    assert_non_null(fact);
    a->fact = assay_fact_ref(fact);
    --*a->open;
}

/** Ask and wait for all answers. */
static void ask_through(struct flights *flights, struct event_base *loop, struct asking *asking,
                        size_t n, unsigned ms)
{
    size_t open = n;

    for (size_t i = 0; i < n; i++) {
        struct assay_question q = {.kind = ASSAY_DNS,
                                   .rrtype = asking[i].rrtype,
                                   .name = span_of(asking[i].name)};
        struct waiter *w;

        asking[i].open = &open;
        assert_int_equal(flights_ask(flights, &q, ms, came, &asking[i], &w), ASSAY_DONE);
    }
    while (open)
        event_base_loop(loop, EVLOOP_ONCE);
}

/** As ask_through() with a world's own deadline. */
static void ask_world(assay_world *w, struct asking *asking, size_t n)
{
    ask_through(w->flights, w->loop, asking, n, w->question_ms);
}

/** Ask one question. \return its fact; free it */
static assay_fact *ask_one(assay_world *w, uint16_t rrtype, const char *name)
{
    struct asking a = {.name = name, .rrtype = rrtype};

    ask_world(w, &a, 1);
    return a.fact;
}

/** The outcomes that a row allows, as bits. */
#define BIT(how) (1u << (how))

enum {
    SERVFAIL = BIT(ASSAY_SERVFAIL),
    TIMEOUT = BIT(ASSAY_TIMEOUT),
    NO_ANSWER = BIT(ASSAY_SERVFAIL) | BIT(ASSAY_TIMEOUT) /* whichever is found out first */
};

/**
 * A question, what must come, and of what security; `data`: the first record as text, NULL: not
 * compared.
 */
struct row {
    uint16_t rrtype;
    const char *name;
    unsigned how;
    enum assay_secure secure;
    const char *data;
};

/** The fact is what the row wants. */
static bool as_wanted(const struct row *row, const assay_fact *f)
{
    struct buf text = buf_new(1 << 20);
    bool same = row->how & BIT(f->how) && (!row->secure || f->secure == row->secure);

    if (f->n)
        dns_rdata_text(f->rrtype, f->data[0], &text);
    if (row->data)
        same = same && span_is(buf_span(&text), row->data);
    if (fact_state(f) == FACT_UNKNOWN && f->how != ASSAY_TOOBIG)
        same = same && f->reason.n > 0;
    for (size_t i = 0; i < f->nchain; i++)
        same = same && f->chain[i].secure == f->secure;
    if (!same)
        printf("%s %s: wanted bits %#x, security %d, %s; got %s, %d, %.*s (%.*s)\n",
               dns_type_text(row->rrtype), row->name, row->how, (int)row->secure,
               row->data ? row->data : "anything", fact_how_text(f->how), (int)f->secure,
               SPAN_ARG(span_first(buf_span(&text), 60)), SPAN_ARG(f->reason));
    buf_done(&text);
    return same;
}

/** Ask all rows at once. */
static void ask_table(assay_world *w, const struct row *rows, size_t n)
{
    struct asking *asking = calloc(n, sizeof *asking);
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++)
        asking[i] = (struct asking){.name = rows[i].name, .rrtype = rows[i].rrtype};
    ask_world(w, asking, n);
    for (size_t i = 0; i < n; i++) {
        wrong += !as_wanted(&rows[i], asking[i].fact);
        assay_fact_free(asking[i].fact);
    }
    free(asking);
    assert_int_equal(wrong, 0);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- servers that misbehave ---- */

/** What must come of each misbehaviour. */
static const struct row MISBEHAVIOUR[] = {
    {ASSAY_RR_TXT, "ok.bad.example", BIT(ASSAY_OK), 0, "\"hello\""},
    {ASSAY_RR_A, "ok.bad.example", BIT(ASSAY_OK), 0, "192.0.2.1"},
    {ASSAY_RR_MX, "ok.bad.example", BIT(ASSAY_NODATA), 0, ""},
    {ASSAY_RR_TXT, "nx.bad.example", BIT(ASSAY_NXDOMAIN), 0, ""},
    {ASSAY_RR_TXT, "silent.bad.example", TIMEOUT, 0, ""},
    {ASSAY_RR_TXT, "late.bad.example", TIMEOUT, 0, ""},
    {ASSAY_RR_TXT, "wrongid.bad.example", TIMEOUT, 0, ""},
    {ASSAY_RR_TXT, "tc.bad.example", BIT(ASSAY_OK), 0, "\"hello\""},
    {ASSAY_RR_TXT, "servfail.bad.example", SERVFAIL, 0, ""},
    {ASSAY_RR_TXT, "refused.bad.example", SERVFAIL, 0, ""}, /* what libunbound makes of it */
    {ASSAY_RR_TXT, "formerr.bad.example", SERVFAIL, 0, ""},
    {ASSAY_RR_TXT, "notimp.bad.example", SERVFAIL, 0, ""},
    {ASSAY_RR_TXT, "wrongname.bad.example", SERVFAIL, 0, ""},
    {ASSAY_RR_TXT, "query.bad.example", SERVFAIL, 0, ""},
    {ASSAY_RR_TXT, "garbage.bad.example", NO_ANSWER, 0, ""},
    {ASSAY_RR_TXT, "cut.bad.example", NO_ANSWER, 0, ""},
    {ASSAY_RR_TXT, "badtxt.bad.example", SERVFAIL, 0, ""},
    {ASSAY_RR_TXT, "loop.bad.example", SERVFAIL, 0, ""},
    {ASSAY_RR_TXT, "chain1.bad.example", BIT(ASSAY_OK), 0, "\"hello\""},
    {ASSAY_RR_TXT, "chain16.bad.example", BIT(ASSAY_OK), 0, "\"hello\""},
    {ASSAY_RR_TXT, "chain17.bad.example", SERVFAIL, 0, ""},
    {ASSAY_RR_TXT, "large.bad.example", BIT(ASSAY_OK), 0, NULL},
    {ASSAY_RR_TXT, "fat.bad.example", BIT(ASSAY_TOOBIG), 0, ""},
    {ASSAY_RR_TXT, "huge.bad.example", BIT(ASSAY_TOOBIG), 0, ""},
};

/** On its own, for libunbound puts several queries on one connection, and all end with it. */
static const struct row HANGING_UP[] = {{ASSAY_RR_TXT, "tcdead.bad.example", NO_ANSWER, 0, ""}};

static void a_misbehaving_forwarder_gives_what_it_must(void **state)
{
    assay_world *w = forwarding_world(*state, 1200);

    ask_table(w, MISBEHAVIOUR, COUNT(MISBEHAVIOUR));
    ask_table(w, HANGING_UP, COUNT(HANGING_UP));
    assay_world_free(w);
}

static void a_misbehaving_authoritative_server_gives_what_it_must(void **state)
{
    const struct rig *r = *state;
    assay_world *w;

    NEEDS_LAB(r);
    w = recursive_world(r, 1200);
    ask_table(w, MISBEHAVIOUR, COUNT(MISBEHAVIOUR));
    ask_table(w, HANGING_UP, COUNT(HANGING_UP));
    assay_world_free(w);
}

static void silence_says_who_was_silent_and_what_to_try(void **state)
{
    const struct rig *r = *state;
    assay_world *w = forwarding_world(r, 200);
    assay_fact *f = ask_one(w, ASSAY_RR_TXT, "silent.example");
    char want[RESOLVERS_WORDS + 100];

    assert_int_equal(f->how, ASSAY_TIMEOUT);
    snprintf(want, sizeof want, "%s did not answer in 0.2 s; --resolver names another", w->who);
    assert_true(span_is(f->reason, want));
    assert_non_null(strstr(w->who, "127.0.0."));
    assay_fact_free(f);
    assay_world_free(w);
}

static void an_answer_too_late_for_one_is_there_for_the_next(void **state)
{
    assay_world *w = forwarding_world(*state, LATE_MS / 2);
    struct timeval wait =
        world_wait(LATE_MS * 24 / 10); /* libunbound's third try waits long enough */
    assay_fact *f = ask_one(w, ASSAY_RR_TXT, "late.then.example");

    assert_int_equal(f->how, ASSAY_TIMEOUT);
    assay_fact_free(f);
    event_base_loopexit(w->loop, &wait);
    event_base_dispatch(w->loop);
    f = ask_one(w, ASSAY_RR_TXT, "late.then.example");
    assert_int_equal(f->how, ASSAY_OK);
    assay_fact_free(f);
    assay_world_free(w);
}

/* ---- DNSSEC ---- */

static void dnssec_is_told_for_each_answer(void **state)
{
    static const struct row ROWS[] = {
        {ASSAY_RR_TXT, "secure.example", BIT(ASSAY_OK), ASSAY_SECURE, "\"honest\""},
        {ASSAY_RR_MX, "secure.example", BIT(ASSAY_OK), ASSAY_SECURE, "10 mail.secure.example."},
        {ASSAY_RR_TLSA, "_25._tcp.mail.secure.example", BIT(ASSAY_OK), ASSAY_SECURE, "3 1 1 abcd"},
        {ASSAY_RR_TXT, "odd\\032\\059name.secure.example", BIT(ASSAY_OK), ASSAY_SECURE, "\"odd\""},
        {ASSAY_RR_TXT, "empty.secure.example", BIT(ASSAY_OK), ASSAY_SECURE, "\"\""},
        {ASSAY_RR_A, "alias.secure.example", BIT(ASSAY_OK), ASSAY_SECURE, "192.0.2.1"},
        {ASSAY_RR_A, "out.secure.example", BIT(ASSAY_OK), ASSAY_INSECURE, "192.0.2.1"},
        {ASSAY_RR_TXT, "mail.secure.example", BIT(ASSAY_NODATA), ASSAY_SECURE, ""},
        {ASSAY_RR_TXT, "nothing.secure.example", BIT(ASSAY_NXDOMAIN), ASSAY_SECURE, ""},
        {ASSAY_RR_A, "gone.secure.example", BIT(ASSAY_NXDOMAIN), ASSAY_SECURE, ""},
        {ASSAY_RR_NS, "", BIT(ASSAY_OK), ASSAY_SECURE, "a.root."},
        {ASSAY_RR_A, "nothing", BIT(ASSAY_NXDOMAIN), ASSAY_SECURE, ""},
        {ASSAY_RR_TXT, "insecure.example", BIT(ASSAY_OK), ASSAY_INSECURE, "\"honest\""},
        {ASSAY_RR_A, "in.insecure.example", BIT(ASSAY_OK), ASSAY_INSECURE, "192.0.2.1"},
        {ASSAY_RR_A, "nothing.insecure.example", BIT(ASSAY_NXDOMAIN), ASSAY_INSECURE, ""},
        {ASSAY_RR_TXT, "bogus.example", BIT(ASSAY_BOGUS), 0, ""},
        {ASSAY_RR_MX, "bogus.example", BIT(ASSAY_OK), ASSAY_SECURE, "10 mail.bogus.example."},
        {ASSAY_RR_TXT, "lame.example", SERVFAIL, 0, ""},
        {ASSAY_RR_A, "www.lame.example", SERVFAIL, 0, ""},
        {ASSAY_RR_TXT, "dead.example", TIMEOUT, 0, ""},
    };
    const struct rig *r = *state;
    assay_world *w;

    NEEDS_LAB(r);
    w = recursive_world(r, 2000);
    ask_table(w, ROWS, COUNT(ROWS));
    assay_world_free(w);
}

static void what_is_bogus_says_why(void **state)
{
    const struct rig *r = *state;
    assay_world *w;
    assay_fact *f;

    NEEDS_LAB(r);
    w = recursive_world(r, 2000);
    f = ask_one(w, ASSAY_RR_TXT, "bogus.example");
    assert_int_equal(f->how, ASSAY_BOGUS);
    assert_int_equal(f->n, 0);
    assert_true(span_contains(f->reason, SPAN("bogus.example")) &&
                span_contains(f->reason, SPAN("signature")));
    assay_fact_free(f);
    assay_world_free(w);
}

/** Resolving alone, with options that a world would not choose here. */
struct resolving {
    struct event_base *loop;
    struct cache *cache;
    struct flights *flights;
    void *unbound;
};

/** Waits of the question whether signatures come, in milliseconds: short ones, for a test. */
enum { PROBE_WAIT = 150, PROBE_AGAIN = 300 };

/**
 * Resolve behind a forwarder with the lab's key. \param fall_back  as with the system's resolvers
 */
static struct resolving resolving_behind(const struct rig *r, const char *forwarder, bool fall_back)
{
    struct unbound_options o = {.trust_anchor = r->lab.anchor,
                                .may_fall_back = fall_back,
                                .probe_wait = PROBE_WAIT,
                                .probe_again = PROBE_AGAIN,
                                .who = "the resolver",
                                .advice = ""};
    struct resolving s = {.loop = event_base_new()};
    struct flights_options f = {
        .loop = s.loop, .transport = &unbound_transport, .silent = "the resolver", .advice = ""};
    const char *why = "";

    assert_true(resolvers_read(span_of(forwarder), &o.resolvers, &why));
    if (unbound_new(&o, s.loop, &s.unbound, &why) != ASSAY_DONE)
        fail_msg("%s", why);
    f.transport_self = s.unbound;
    f.cache = s.cache = cache_new(1 << 20, &f.seed);
    s.flights = flights_new(&f);
    unbound_serve(s.unbound, s.flights);
    return s;
}

static void resolving_done(struct resolving *s)
{
    flights_free(s->flights);
    cache_free(s->cache);
    event_base_free(s->loop);
}

/** Ask a table behind a forwarder. */
static void ask_behind(struct resolving *s, const struct row *rows, size_t n)
{
    struct asking asking[8];
    size_t wrong = 0;

    assert_true(n <= COUNT(asking));
    for (size_t i = 0; i < n; i++)
        asking[i] = (struct asking){.name = rows[i].name, .rrtype = rows[i].rrtype};
    ask_through(s->flights, s->loop, asking, n, 5000);
    for (size_t i = 0; i < n; i++) {
        wrong += !as_wanted(&rows[i], asking[i].fact);
        assay_fact_free(asking[i].fact);
    }
    assert_int_equal(wrong, 0);
}

static void a_forwarder_that_passes_signatures_on_is_validated(void **state)
{
    static const struct row ROWS[] = {
        {ASSAY_RR_TXT, "secure.example", BIT(ASSAY_OK), ASSAY_SECURE, "\"honest\""},
        {ASSAY_RR_TXT, "bogus.example", BIT(ASSAY_BOGUS), 0, ""},
        {ASSAY_RR_TXT, "insecure.example", BIT(ASSAY_OK), ASSAY_INSECURE, "\"honest\""},
        {ASSAY_RR_TXT, "nothing.secure.example", BIT(ASSAY_NXDOMAIN), ASSAY_SECURE, ""},
    };
    const struct rig *r = *state;

    NEEDS_LAB(r);
    for (int fall_back = 0; fall_back <= 1; fall_back++) { /* it changes nothing */
        struct resolving s = resolving_behind(r, LAB_NSD, fall_back);

        ask_behind(&s, ROWS, COUNT(ROWS));
        resolving_done(&s);
    }
}

static void a_forwarder_that_drops_signatures_leaves_security_unknown(void **state)
{
    static const struct row ROWS[] = {
        {ASSAY_RR_TXT, "ok.example", BIT(ASSAY_OK), ASSAY_UNKNOWN, "\"hello\""},
        {ASSAY_RR_TXT, "nx.example", BIT(ASSAY_NXDOMAIN), ASSAY_UNKNOWN, ""},
    };
    const struct rig *r = *state;
    struct resolving s;

    NEEDS_LAB(r);
    s = resolving_behind(r, LAB_BAD, true);
    ask_behind(&s, ROWS, COUNT(ROWS));
    resolving_done(&s);
}

static void who_insists_on_validation_gets_no_answer_without(void **state)
{
    static const struct row ROWS[] = {{ASSAY_RR_TXT, "ok.example", BIT(ASSAY_BOGUS), 0, ""}};
    const struct rig *r = *state;
    struct resolving s;

    NEEDS_LAB(r);
    s = resolving_behind(r, LAB_BAD, false);
    ask_behind(&s, ROWS, COUNT(ROWS));
    resolving_done(&s);
}

static void validation_begins_once_signatures_are_seen(void **state)
{
    static const struct row BEFORE[] = {
        {ASSAY_RR_TXT, "ok.v1.example", BIT(ASSAY_OK), ASSAY_UNKNOWN, "\"hello\""},
    };
    static const struct row UNDER_WAY[] = {
        {ASSAY_RR_TXT, "second.v2.example", BIT(ASSAY_BOGUS), 0, ""},
    };
    const struct rig *r = *state;
    struct timeval wait = world_wait(PROBE_AGAIN + 50);
    struct resolving s;

    NEEDS_LAB(r);
    atomic_store(&r->bad->root, ROOT_SILENT);
    s = resolving_behind(r, LAB_BAD, true);
    ask_behind(&s, BEFORE, COUNT(BEFORE)); /* nothing is known, so on without */
    atomic_store(&r->bad->root, ROOT_SIGNED);
    event_base_loopexit(s.loop, &wait);
    event_base_dispatch(s.loop);
    ask_behind(&s, UNDER_WAY, COUNT(UNDER_WAY)); /* asked before, answered behind the change */
    atomic_store(&r->bad->root, ROOT_UNSIGNED);
    resolving_done(&s);
}

static void a_dead_forwarder_is_a_timeout_in_time(void **state)
{
    const struct rig *r = *state;
    struct asking a = {.name = "www.example", .rrtype = ASSAY_RR_A};
    int64_t began = world_now();
    struct resolving s;

    NEEDS_LAB(r);
    s = resolving_behind(r, "127.0.0.9", true); /* not even whether signatures come is answered */
    ask_through(s.flights, s.loop, &a, 1, 700);
    assert_int_equal(a.fact->how, ASSAY_TIMEOUT);
    assert_true(span_starts(a.fact->reason, SPAN("the resolver did not answer in 0.7 s")));
    assert_in_range(world_now() - began, 600, 3000);
    assay_fact_free(a.fact);
    resolving_done(&s);
}

/* ---- the cache and single flight, in packets ---- */

static void a_thousand_askers_cost_one_packet(void **state)
{
    struct rig *r = *state;
    assay_world *w = forwarding_world(r, 5000);
    struct asking *asking = calloc(1000, sizeof *asking);
    unsigned before = packets(r);

    for (int i = 0; i < 1000; i++)
        asking[i] = (struct asking){.name = "one.flight.example", .rrtype = ASSAY_RR_TXT};
    ask_world(w, asking, 1000);
    assert_int_equal(packets(r) - before, 1);
    for (int i = 0; i < 1000; i++) {
        assert_ptr_equal(asking[i].fact, asking[0].fact); /* one fact, counted */
        assay_fact_free(asking[i].fact);
    }
    free(asking);
    assay_world_free(w);
}

/** Ask twice. \return packets that the second time cost */
static unsigned second_time(struct rig *r, const char *name, enum assay_how how)
{
    assay_world *w = forwarding_world(r, 5000);
    assay_fact *first = ask_one(w, ASSAY_RR_TXT, name), *second;
    unsigned before = packets(r), after;

    assert_int_equal(first->how, how);
    second = ask_one(w, ASSAY_RR_TXT, name);
    assert_int_equal(second->how, how);
    after = packets(r);
    assay_fact_free(first);
    assay_fact_free(second);
    assay_world_free(w);
    return after - before;
}

static void what_is_known_costs_no_packet(void **state)
{
    assert_int_equal(second_time(*state, "ok.again.example", ASSAY_OK), 0);
    assert_int_equal(second_time(*state, "nx.again.example", ASSAY_NXDOMAIN), 0);
    assert_int_equal(second_time(*state, "servfail.again.example", ASSAY_SERVFAIL), 0);
    assert_int_equal(second_time(*state, "ttl0.again.example", ASSAY_OK), 1);
}

static void forgotten_questions_leave_nothing_behind(void **state)
{
    enum { ROUNDS = 6, EACH = LIMIT_FLIGHTS + 100 };
    assay_world *w = forwarding_world(*state, 5000);
    struct waiter *waiters[EACH];
    struct asking a = {.open = NULL};

    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < EACH; i++) {
            char name[40];
            struct assay_question q = {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT};

            snprintf(name, sizeof name, "silent.n%zu.example", i);
            q.name = span_of(name);
            assert_int_equal(world_ask(w, &q, 5000, came, &a, &waiters[i]), ASSAY_DONE);
        }
        event_base_loop(w->loop, EVLOOP_NONBLOCK);
        assert_true(flights_in_line(w->flights) >= 100);
        /* libunbound still works on what nobody waits for any more; that is bounded too */
        assert_int_equal(unbound_busy(w->ways.self[WAY_DNS]),
                         (round < 4 ? round + 1 : 4) * LIMIT_FLIGHTS);
        for (size_t i = 0; round + 1 < ROUNDS && i < EACH;
             i++) /* the last round is freed under way */
            world_forget(waiters[i]);
        assert_int_equal(flights_open(w->flights), round + 1 < ROUNDS ? 0 : EACH);
    }
    assay_world_free(w);
}

/* ---- many questions ---- */

/** Every tenth goes over the wire; the others libunbound answers itself, at once. */
enum { FLOOD = 100000, WINDOW = 500, WIRE_EVERY = 10 };

/** A stream of questions, a window of them open at a time. */
struct flood {
    assay_world *world;
    size_t asked, answered, ok, most_cached, most_busy;
};

static void flood_answered(void *arg, assay_fact *fact);

/** Ask the next. */
static void flood_next(struct flood *f)
{
    struct assay_question q = {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT};
    struct waiter *w;
    char name[40];

    snprintf(name, sizeof name, "n%zu.%s", f->asked,
             f->asked % WIRE_EVERY ? "localhost" : "flood.example");
    f->asked++;
    q.name = span_of(name);
    assert_int_equal(world_ask(f->world, &q, 20000, flood_answered, f, &w), ASSAY_DONE);
}

static void flood_answered(void *arg, assay_fact *fact)
{
    struct flood *f = arg;
    size_t cached = cache_bytes(f->world->cache), busy = unbound_busy(f->world->ways.self[WAY_DNS]);

    f->answered++;
    f->ok += fact && fact->how == ASSAY_OK;
    f->most_cached = cached > f->most_cached ? cached : f->most_cached;
    f->most_busy = busy > f->most_busy ? busy : f->most_busy;
    if (f->asked < FLOOD)
        flood_next(f);
}

/** Memory of this process at its most, in KB. */
static long peak_memory(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static void a_hundred_thousand_questions_stay_in_bounds(void **state)
{
    const struct rig *r = *state;
    struct assay_world_options o = {
        .size = sizeof o, .resolvers = r->bad->at, .trust_anchor = "none", .cache_bytes = 2 << 20};
    struct flood f = {0};
    long before = peak_memory();
    const char *why;

    assert_int_equal(assay_world_new(&o, &f.world, &why), ASSAY_DONE);
    while (f.asked < WINDOW)
        flood_next(&f);
    while (f.answered < FLOOD)
        event_base_loop(f.world->loop, EVLOOP_ONCE);
    printf("# %d questions: cache at most %zu octets, in flight at most %zu, memory +%ld KB\n",
           FLOOD, f.most_cached, f.most_busy, peak_memory() - before);
    assert_true(f.ok > FLOOD / WIRE_EVERY * 99 / 100);
    assert_true(f.most_cached <= 2 << 20);
    assert_true(f.most_busy <= LIMIT_FLIGHTS);
    assert_int_equal(flights_open(f.world->flights), 0);
    if (!SANITIZED) /* a sanitizer keeps what is freed */
        assert_true(peak_memory() - before < 64 * 1024);
    assay_world_free(f.world);
}

/* ---- evaluations ---- */

/** An evaluation that asks `n` names, one after the other or all at once, and then is done. */
struct asker {
    struct assay_eval ev;
    struct assay_verdict verdict;
    const char *const *names;
    size_t n;
    bool one_by_one, hints;
    const struct assay_fact *facts[40];
};

static assay_status asker_step(struct assay_eval *ev)
{
    struct asker *a = (struct asker *)ev;
    assay_status all = ASSAY_DONE;

    for (size_t i = 0; a->hints && i < a->n; i++)
        hint_dns(ev, ASSAY_RR_TXT, span_of(a->names[i]));
    for (size_t i = 0; i < a->n; i++) {
        assay_status s = ask_dns(ev, ASSAY_RR_TXT, span_of(a->names[i]), &a->facts[i]);

        if (s != ASSAY_DONE && a->one_by_one)
            return s;
        all = join(all, s);
    }
    ev->verdict = &a->verdict;
    return all;
}

static void asker_free(struct assay_eval *ev)
{
    eval_done(ev);
}

static const struct eval_ops ASKER = {.step = asker_step, .free = asker_free};

/** Run an evaluation in a world to its end. */
static void run_asker(struct asker *a, assay_world *w)
{
    eval_init(&a->ev, &ASKER, NULL, 0);
    assert_int_equal(assay_run(&a->ev, SPAN_EMPTY, assay_world_answer, w), ASSAY_DONE);
}

static void an_evaluation_gets_all_its_answers(void **state)
{
    static const char *const NAMES[] = {"ok.e1.example", "nx.e1.example", "servfail.e1.example",
                                        "ok.e1.example"};
    assay_world *w = forwarding_world(*state, 5000);

    for (int way = 0; way < 4; way++) {
        struct asker a = {
            .names = NAMES, .n = COUNT(NAMES), .one_by_one = way & 1, .hints = way & 2};

        run_asker(&a, w);
        assert_int_equal(a.facts[0]->how, ASSAY_OK);
        assert_int_equal(a.facts[1]->how, ASSAY_NXDOMAIN);
        assert_int_equal(a.facts[2]->how, ASSAY_SERVFAIL);
        assert_ptr_equal(a.facts[3], a.facts[0]);
        assay_eval_free(&a.ev);
    }
    assay_world_free(w);
}

static void an_evaluation_ends_at_its_deadline(void **state)
{
    static const char *const NAMES[] = {"silent.d1.example", "silent.d2.example",
                                        "silent.d3.example", "silent.d4.example",
                                        "silent.d5.example", "silent.d6.example",
                                        "silent.d7.example", "silent.d8.example",
                                        "silent.d9.example"};
    const struct rig *r = *state;
    struct assay_world_options o = {.size = sizeof o,
                                    .resolvers = r->bad->at,
                                    .trust_anchor = "none",
                                    .question_ms = 100,
                                    .evaluation_ms = 350};
    struct asker a = {.names = NAMES, .n = COUNT(NAMES), .one_by_one = true};
    int64_t began = world_now();
    assay_world *w;
    const char *why;

    assert_int_equal(assay_world_new(&o, &w, &why), ASSAY_DONE);
    run_asker(&a, w);
    assert_true(a.ev.gave_up);
    assert_in_range(world_now() - began, 300, 800); /* not nine times 100 ms and more */
    for (size_t i = 0; i < COUNT(NAMES); i++)
        assert_int_equal(a.facts[i]->how, ASSAY_TIMEOUT);
    assay_eval_free(&a.ev);
    a = (struct asker){.names = (const char *const[]){"ok.d.example"},
                       .n = 1}; /* at the same address */
    run_asker(&a, w);
    assert_false(a.ev.gave_up);
    assert_int_equal(a.facts[0]->how, ASSAY_OK);
    assay_eval_free(&a.ev);
    assay_world_free(w);
}

static void hints_are_asked_but_never_waited_for(void **state)
{
    static const char *const NAMES[] = {"ok.h1.example", "silent.h2.example", "ok.h3.example"};
    assay_world *w = forwarding_world(*state, 5000);
    struct assay_question q;
    struct asker a = {.names = NAMES, .n = 1};
    int64_t began = world_now();

    eval_init(&a.ev, &ASKER, NULL, 0);
    hint_dns(&a.ev, ASSAY_RR_TXT, span_of(NAMES[1]));
    assert_int_equal(assay_run(&a.ev, SPAN_EMPTY, assay_world_answer, w), ASSAY_DONE);
    assert_true(world_now() - began < 2000);
    assert_int_equal(flights_open(w->flights),
                     1); /* it is still on its way, for whoever asks next */
    assert_false(assay_next_question(&a.ev, &q));
    assay_eval_free(&a.ev);
    assay_world_free(w);
}

/** Ask one question of any kind. */
static assay_fact *ask_kind(assay_world *w, enum assay_kind kind, uint16_t rrtype, const char *name)
{
    struct assay_question q = {
        .kind = kind, .rrtype = rrtype, .name = span_of(name), .data = SPAN_EMPTY};
    size_t open = 1;
    struct asking a = {.open = &open};
    struct waiter *waiter;

    assert_int_equal(world_ask(w, &q, 1000, came, &a, &waiter), ASSAY_DONE);
    assert_int_equal(open, 1); /* not inside the call */
    while (open)
        event_base_loop(w->loop, EVLOOP_ONCE);
    assert_int_equal(a.fact->kind, kind);
    return a.fact;
}

static void questions_that_are_none_are_answered_with_a_reason(void **state)
{
    static const struct {
        enum assay_kind kind;
        uint16_t rrtype;
        enum assay_how how;
    } ROWS[] = {
        {ASSAY_GET, 0, ASSAY_TIMEOUT},    {ASSAY_PROBE, 0, ASSAY_TIMEOUT},
        {ASSAY_SIGN, 0, ASSAY_REFUSED},   {ASSAY_MAC, 0, ASSAY_REFUSED},
        {ASSAY_RECALL, 0, ASSAY_REFUSED}, {ASSAY_LIST, 0, ASSAY_REFUSED},
        {ASSAY_DNS, 0, ASSAY_REFUSED},    {ASSAY_DNS, ASSAY_RR_ANY, ASSAY_REFUSED},
        {ASSAY_DNS, 41, ASSAY_REFUSED},   {ASSAY_DNS, 252, ASSAY_REFUSED},
        {ASSAY_SUFFIX, 0, ASSAY_OK},
    };
    struct rig *r = *state;
    assay_world *w = forwarding_world(r, 1000);
    unsigned before = packets(r);

    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assay_fact *f = ask_kind(w, ROWS[i].kind, ROWS[i].rrtype, "a.example.com");

        assert_int_equal(f->how, ROWS[i].how);
        assert_true(f->reason.n > 0);
        if (f->how == ASSAY_OK)
            assert_true(span_is(f->data[0], "com"));
        assay_fact_free(f);
    }
    assert_int_equal(packets(r), before);
    assay_world_free(w);
}

/** Octets that were printed to stderr by `run`. */
static long printed_by(void (*run)(void *arg), void *arg)
{
    int before = dup(STDERR_FILENO);
    FILE *file = tmpfile();
    long n;

    dup2(fileno(file), STDERR_FILENO);
    run(arg);
    n = (long)lseek(STDERR_FILENO, 0, SEEK_END);
    dup2(before, STDERR_FILENO);
    close(before);
    fclose(file);
    return n;
}

/** Make worlds that fail, and one whose questions fail. */
static void fail_variously(void *arg)
{
    const struct rig *r = arg;
    struct assay_world_options o = {.size = sizeof o,
                                    .resolvers = "recursive",
                                    .trust_anchor = "/etc/passwd"};
    assay_world *w = forwarding_world(r, 300);
    const char *why;

    assay_fact_free(ask_one(w, ASSAY_RR_TXT, "garbage.print.example"));
    assay_fact_free(ask_one(w, ASSAY_RR_TXT, "tcdead.print.example"));
    assay_world_free(w);
    assert_int_equal(assay_world_new(&o, &w, &why), ASSAY_EINVAL);
}

static void nothing_is_printed(void **state)
{
    assert_int_equal(printed_by(fail_variously, *state), 0);
}

/* ---- options ---- */

static void options_that_cannot_hold_are_told(void **state)
{
    char garbage[] = "/tmp/assay-garbage-XXXXXX";
    int fd = mkstemp(garbage);
    const struct assay_world_options rows[] = {
        {.size = sizeof rows[0], .resolvers = "dns.example"},
        {.size = sizeof rows[0], .resolvers = ""},
        {.size = sizeof rows[0], .resolvers = "recursive", .trust_anchor = "/nonexistent"},
        {.size = sizeof rows[0], .resolvers = "recursive", .trust_anchor = garbage},
        {.size = sizeof rows[0], .resolvers = "recursive", .root_hints = "/nonexistent"},
        {.size = sizeof rows[0], .resolvers = "recursive", .suffix_list = "/nonexistent"},
        {.size = sizeof rows[0] + 8},
        {.size = 0},
    };

    (void)state;
    assert_int_equal(write(fd, "this is no trust anchor\n", 24), 24);
    close(fd);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assay_world *w = NULL;
        const char *why = NULL;
        assay_status s = assay_world_new(&rows[i], &w, &why);

        if (s != ASSAY_EINVAL || !why)
            fail_msg("row %zu: wanted EINVAL and why, got %d, %s", i, (int)s,
                     why ? why : "nothing");
    }
    unlink(garbage);
}

static void a_world_by_default_is_made_and_freed(void **state)
{
    assay_world *w = NULL;
    const char *why = "";

    (void)state;
    assert_int_equal(assay_world_new(NULL, &w, &why), ASSAY_DONE);
    assert_int_equal(w->question_ms, 5000);
    assert_int_equal(w->evaluation_ms, 20000);
    assert_non_null(world_loop(w));
    assay_world_free(w);
    assay_world_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misbehaving_forwarder_gives_what_it_must),
        cmocka_unit_test(a_misbehaving_authoritative_server_gives_what_it_must),
        cmocka_unit_test(silence_says_who_was_silent_and_what_to_try),
        cmocka_unit_test(an_answer_too_late_for_one_is_there_for_the_next),
        cmocka_unit_test(dnssec_is_told_for_each_answer),
        cmocka_unit_test(what_is_bogus_says_why),
        cmocka_unit_test(a_forwarder_that_passes_signatures_on_is_validated),
        cmocka_unit_test(a_forwarder_that_drops_signatures_leaves_security_unknown),
        cmocka_unit_test(who_insists_on_validation_gets_no_answer_without),
        cmocka_unit_test(validation_begins_once_signatures_are_seen),
        cmocka_unit_test(nothing_is_printed),
        cmocka_unit_test(a_dead_forwarder_is_a_timeout_in_time),
        cmocka_unit_test(a_thousand_askers_cost_one_packet),
        cmocka_unit_test(what_is_known_costs_no_packet),
        cmocka_unit_test(forgotten_questions_leave_nothing_behind),
        cmocka_unit_test(a_hundred_thousand_questions_stay_in_bounds),
        cmocka_unit_test(an_evaluation_gets_all_its_answers),
        cmocka_unit_test(an_evaluation_ends_at_its_deadline),
        cmocka_unit_test(hints_are_asked_but_never_waited_for),
        cmocka_unit_test(questions_that_are_none_are_answered_with_a_reason),
        cmocka_unit_test(options_that_cannot_hold_are_told),
        cmocka_unit_test(a_world_by_default_is_made_and_freed),
    };

    return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
