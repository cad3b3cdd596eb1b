/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_flight.c Flights over a transport that does as the test says (test_script.h).
 */
#include "world/flight.h"

#include "base/limits.h"
#include "fact/fact.h"
#include "world/clock.h"
#include "world/failure.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world/test_script.h"

enum { MANY = 1000 };

/** Everything a test needs. */
struct rig {
    struct event_base *loop;
    struct cache *cache;
    struct flights *flights;
    struct script script;
    size_t told, told_nothing; /**< answers; answers that found no memory */
    enum assay_how how;        /**< of the last */
    char reason[100];          /**< of the last */
    bool asking;               /**< a call that asks is running: nobody may be told now */
    struct waiter *forget;     /**< what to forget when told */
};

static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    struct flights_options o = {.transport = &SCRIPT,
                                .transport_self = &r->script,
                                .patience = 50,
                                .silent = "the server",
                                .advice = "; wait"};

    r->script.room = HELD;
    o.loop = r->loop = event_base_new();
    o.cache = r->cache = cache_new(1 << 20, &o.seed);
    r->flights = flights_new(&o);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *r = *state;

    flights_free(r->flights);
    cache_free(r->cache);
    event_base_free(r->loop);
    free(r);
    return 0;
}

static void told(void *arg, assay_fact *fact)
{
    struct rig *r = arg;

    assert_false(r->asking);
    r->told++;
    r->told_nothing += !fact;
    if (fact) {
        r->how = fact->how;
        snprintf(r->reason, sizeof r->reason, "%.*s", SPAN_ARG(fact->reason));
    }
    if (r->forget)
        world_forget(r->forget);
    r->forget = NULL;
}

/** Ask for TXT. */
static struct waiter *ask_for(struct rig *r, const char *name, unsigned ms)
{
    struct assay_question q = {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .name = span_of(name)};
    struct waiter *w = NULL;

    r->asking = true;
    assert_int_equal(flights_ask(r->flights, &q, ms, told, r, &w), ASSAY_DONE);
    r->asking = false;
    return w;
}

/** Let the loop do what is due now. */
static void turn(struct rig *r)
{
    for (int i = 0; i < 5; i++)
        event_base_loop(r->loop, EVLOOP_NONBLOCK);
}

/** Let the loop run for some milliseconds. */
static void run_for(struct rig *r, unsigned ms)
{
    struct timeval wait = world_wait(ms);

    event_base_loopexit(r->loop, &wait);
    event_base_dispatch(r->loop);
}

static void a_thousand_waiters_share_one_flight(void **state)
{
    struct rig *r = *state;

    for (int i = 0; i < MANY; i++)
        ask_for(r, "a.example", 5000);
    turn(r);
    assert_int_equal(r->script.started, 1);
    assert_int_equal(r->told, 0);
    land_one(&r->script);
    assert_int_equal(r->told, 0); /* only the loop tells */
    turn(r);
    assert_int_equal(r->told, MANY);
    assert_int_equal(r->how, ASSAY_OK);
    assert_int_equal(flights_open(r->flights), 0);
}

static void an_answer_at_once_is_told_by_the_loop(void **state)
{
    struct rig *r = *state;

    r->script.at_once = true;
    ask_for(r, "a.example", 5000);
    ask_for(r, "b.example", 5000);
    assert_int_equal(r->told, 0);
    turn(r);
    assert_int_equal(r->told, 2);
    assert_int_equal(r->script.started, 2);
}

static void what_the_cache_has_starts_nothing_and_is_told_by_the_loop(void **state)
{
    struct rig *r = *state;

    r->script.at_once = true;
    ask_for(r, "a.example", 5000);
    turn(r);
    ask_for(r, "a.example", 5000);
    assert_int_equal(r->told, 1);
    turn(r);
    assert_int_equal(r->told, 2);
    assert_int_equal(r->script.started, 1);
}

static void each_waiter_has_its_own_deadline(void **state)
{
    struct rig *r = *state;

    ask_for(r, "a.example", 20);
    ask_for(r, "a.example", 5000);
    run_for(r, 100);
    assert_int_equal(r->told, 1);
    assert_int_equal(r->how, ASSAY_TIMEOUT);
    assert_string_equal(r->reason, "the server did not answer in 0.02 s; wait");
    assert_int_equal(r->script.cancelled, 0); /* one still waits */
    land_one(&r->script);
    turn(r);
    assert_int_equal(r->told, 2);
    assert_int_equal(r->how, ASSAY_OK);
}

static void the_last_deadline_cancels_the_flight(void **state)
{
    struct rig *r = *state;

    ask_for(r, "a.example", 20);
    ask_for(r, "a.example", 10);
    run_for(r, 100);
    assert_int_equal(r->told, 2);
    assert_int_equal(r->script.cancelled, 1);
    assert_int_equal(flights_open(r->flights), 0);
}

static void silence_is_remembered_only_after_patience(void **state)
{
    struct rig *r = *state;

    ask_for(r, "hasty.example", 10);
    ask_for(r, "patient.example", 60);
    run_for(r, 150);
    assert_int_equal(r->told, 2);
    assert_int_equal(r->script.started, 2);
    ask_for(r, "hasty.example", 5000);
    ask_for(r, "patient.example", 5000);
    turn(r);
    assert_int_equal(r->script.started, 3); /* hasty again; patient is known to be silent */
    assert_int_equal(r->told, 3);
    assert_int_equal(r->how, ASSAY_TIMEOUT);
}

static void who_is_forgotten_is_not_told(void **state)
{
    struct rig *r = *state;
    struct waiter *a = ask_for(r, "a.example", 5000), *b = ask_for(r, "a.example", 5000);

    world_forget(a);
    assert_int_equal(r->script.cancelled, 0);
    world_forget(b);
    assert_int_equal(r->script.cancelled, 1);
    a = ask_for(r, "b.example", 5000);
    land_one(&r->script);
    world_forget(a); /* answered, not told yet */
    turn(r);
    assert_int_equal(r->told, 0);
    assert_int_equal(flights_open(r->flights), 0);
}

static void one_who_is_told_may_forget_another(void **state)
{
    struct rig *r = *state;

    ask_for(r, "a.example", 5000);
    r->forget = ask_for(r, "a.example", 5000);
    ask_for(r, "a.example", 5000);
    land_one(&r->script);
    turn(r);
    assert_int_equal(r->told, 2);
}

/** Told, it asks again: once more each time. */
static void ask_again(void *arg, assay_fact *fact)
{
    struct rig *r = arg;
    struct assay_question q = {.kind = ASSAY_DNS,
                               .rrtype = ASSAY_RR_TXT,
                               .name = SPAN("a.example")};
    struct waiter *w;

    (void)fact;
    if (++r->told < 50)
        assert_int_equal(flights_ask(r->flights, &q, 5000, ask_again, r, &w), ASSAY_DONE);
}

static void one_who_is_told_may_ask_without_holding_up_the_loop(void **state)
{
    struct rig *r = *state;
    size_t before;

    r->script.at_once = true;
    ask_again(r, NULL);
    event_base_loop(r->loop, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    before = r->told;
    assert_true(before < 50); /* not all in one turn */
    for (int i = 0; i < 100; i++)
        event_base_loop(r->loop, EVLOOP_NONBLOCK);
    assert_int_equal(r->told, 50);
}

static void the_line_moves_as_there_is_room(void **state)
{
    struct rig *r = *state;
    char name[32];

    r->script.room = 3;
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "n%d.example", i);
        ask_for(r, name, 5000);
    }
    assert_int_equal(r->script.started, 3);
    assert_int_equal(flights_in_line(r->flights), 7);
    for (size_t i = 1; i <= 10; i++) {
        land_one(&r->script);
        turn(r);
        assert_int_equal(r->told, i);
        assert_int_equal(r->script.started, i + 3 < 10 ? i + 3 : 10);
    }
    assert_int_equal(flights_in_line(r->flights), 0);
}

static void a_cancelled_flight_makes_room_too(void **state)
{
    struct rig *r = *state;
    struct waiter *w;

    r->script.room = 1;
    w = ask_for(r, "a.example", 5000);
    ask_for(r, "b.example", 5000);
    world_forget(w);
    turn(r);
    assert_int_equal(r->script.started, 2);
    land_one(&r->script);
    turn(r);
    assert_int_equal(r->told, 1);
}

static void a_deadline_passes_in_line_as_well(void **state)
{
    struct rig *r = *state;

    r->script.room = 0;
    ask_for(r, "a.example", 70);
    run_for(r, 150);
    assert_int_equal(r->how, ASSAY_TIMEOUT);
    assert_string_equal(r->reason,
                        "the server did not answer in 0.07 s (the question stood in line); wait");
    assert_int_equal(flights_in_line(r->flights), 0);
    r->script.room = 1;
    ask_for(r, "a.example", 5000); /* not held against the name */
    assert_int_equal(r->script.started, 1);
    world_forget(ask_for(r, "a.example", 5000));
    land_one(&r->script);
    turn(r);
}

static void a_lost_flight_goes_first_again(void **state)
{
    struct rig *r = *state;
    struct flight *f;

    r->script.room = 1;
    ask_for(r, "a.example", 5000);
    ask_for(r, "b.example", 5000);
    f = r->script.held[--r->script.held_n];
    flight_again(f);
    turn(r);
    assert_ptr_equal(r->script.held[0], f);
    land_one(&r->script);
    turn(r);
    land_one(&r->script);
    turn(r);
    assert_int_equal(r->told, 2);
}

static void without_memory_nothing_is_told_but_everyone_hears(void **state)
{
    struct rig *r = *state;

    r->script.no_memory = true;
    ask_for(r, "a.example", 5000);
    turn(r);
    assert_int_equal(r->told_nothing, 1);
    r->script.no_memory = false;
    ask_for(r, "a.example", 5000);
    turn(r);
    assert_int_equal(r->script.started, 1); /* nothing was remembered */
    land_one(&r->script);
    turn(r);
    assert_int_equal(r->how, ASSAY_OK);
}

static void a_flood_finds_a_bound(void **state)
{
    struct rig *r = *state;
    char name[32];

    r->script.room = 2;
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "n%d.example", i);
        ask_for(r, name, 5000);
    }
    assert_int_equal(flights_open(r->flights), LIMIT_OPEN);
    turn(r);
    assert_int_equal(r->told, 20000 - LIMIT_OPEN);
    assert_string_equal(r->reason, "too many questions are open");
}

static void freeing_all_leaves_nothing_behind(void **state)
{
    struct rig *r = *state;
    struct waiter *w;

    r->script.room = 2;
    ask_for(r, "a.example", 5000);
    ask_for(r, "a.example", 5000);
    ask_for(r, "b.example", 5000);
    ask_for(r, "c.example", 5000); /* in line */
    land_one(&r->script);          /* to be told */
    assert_int_equal(flights_tell(r->flights,
                                  failure_new(ASSAY_DNS, ASSAY_RR_TXT, ASSAY_REFUSED, "no"), told,
                                  r, &w),
                     ASSAY_DONE);
    /* tear_down frees; the script and the sanitizer see whether all is gone */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_thousand_waiters_share_one_flight),
        TEST(an_answer_at_once_is_told_by_the_loop),
        TEST(what_the_cache_has_starts_nothing_and_is_told_by_the_loop),
        TEST(each_waiter_has_its_own_deadline),
        TEST(the_last_deadline_cancels_the_flight),
        TEST(silence_is_remembered_only_after_patience),
        TEST(who_is_forgotten_is_not_told),
        TEST(one_who_is_told_may_forget_another),
        TEST(one_who_is_told_may_ask_without_holding_up_the_loop),
        TEST(the_line_moves_as_there_is_room),
        TEST(a_cancelled_flight_makes_room_too),
        TEST(a_deadline_passes_in_line_as_well),
        TEST(a_lost_flight_goes_first_again),
        TEST(without_memory_nothing_is_told_but_everyone_hears),
        TEST(a_flood_finds_a_bound),
        TEST(freeing_all_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
