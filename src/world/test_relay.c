/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_relay.c Members that ask one another (test_members.h): the test turns the loops, and
 * so chooses what overtakes what.
 */
#include "base/limits.h"
#include "world/clock.h"
#include "world/failure.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "world/test_members.h"

/** A member asks for a name that belongs to another. */
static struct waiter *ask(struct rig *r, unsigned asker, unsigned owner, unsigned ms)
{
    struct assay_question q = txt(r->name[owner]);
    struct waiter *w = NULL;

    r->asking = true;
    assert_int_equal(flights_ask(r->m[asker].flights, &q, ms, told, r, &w), ASSAY_DONE);
    r->asking = false;
    return w;
}

/** Let a member's loop run for some milliseconds. */
static void run_for(struct rig *r, unsigned i, unsigned ms)
{
    struct timeval wait = world_wait(ms);

    event_base_loopexit(r->m[i].loop, &wait);
    event_base_dispatch(r->m[i].loop);
}

/** What all have counted. */
static struct world_stats stats(struct rig *r)
{
    struct world_stats sum = {0};

    for (unsigned i = 0; i < MEMBERS; i++)
        stats_add(&sum, flights_counts(r->m[i].flights));
    return sum;
}

/* ---- one flight for all ---- */

static void whoever_asks_the_owner_alone_has_the_flight(void **state)
{
    struct rig *r = *state;
    struct world_stats s;

    for (unsigned asker = 0; asker < MEMBERS; asker++)
        for (unsigned i = 0; i < 10; i++)
            ask(r, asker, 1, 5000);
    turn_all(r);
    assert_int_equal(r->m[0].script.started + r->m[2].script.started, 0);
    assert_int_equal(r->m[1].script.started, 1);
    assert_int_equal(r->told, 0);
    s = stats(r);
    assert_int_equal(s.open, 1);
    assert_int_equal(s.flights, 1);
    assert_int_equal(s.misses, 10 * MEMBERS);
    assert_int_equal(s.joined, 10 * MEMBERS - 1);
    land_one(&r->m[1].script);
    assert_int_equal(r->told, 0); /* only the loops tell */
    all_is_quiet(r);
    assert_int_equal(r->told, 10 * MEMBERS);
    assert_int_equal(r->how, ASSAY_OK);
    assert_int_equal(stats(r).landed[ASSAY_OK], 1);
    assert_int_equal(stats(r).open, 0);
}

static void what_one_member_learnt_all_know_at_once(void **state)
{
    struct rig *r = *state;
    struct world_stats s;

    r->m[2].script.at_once = true;
    ask(r, 2, 2, 5000);
    turn(r, 2);
    ask(r, 0, 2, 5000);
    turn(r, 0); /* and nobody else */
    assert_int_equal(r->told, 2);
    s = stats(r);
    assert_int_equal(s.hits, 1);
    assert_int_equal(s.negative, 0);
    assert_int_equal(s.misses, 1);
    all_is_quiet(r);
}

static void an_answer_that_came_while_the_question_was_under_way_is_taken_from_the_cache(
    void **state)
{
    struct rig *r = *state;

    ask(r, 0, 1, 5000); /* the message is in the owner's mailbox */
    r->m[1].script.at_once = true;
    ask(r, 1, 1, 5000);
    all_is_quiet(r);
    assert_int_equal(r->told, 2);
    assert_int_equal(r->m[1].script.started, 1);
}

static void each_question_has_one_owner_that_all_agree_on(void **state)
{
    struct rig *r = *state;
    unsigned owned[MEMBERS] = {0};

    for (unsigned k = 0; k < 3000; k++) {
        char name[32];
        struct assay_question q;
        unsigned self = 0;

        snprintf(name, sizeof name, "d%u.example", k);
        q = txt(name);
        for (unsigned i = 0; i < MEMBERS; i++)
            if (!relays_owner(r->m[i].relays, &q)) {
                owned[i]++;
                self++;
            } else {
                assert_ptr_equal(relays_owner(r->m[i].relays, &q),
                                 relays_owner(r->m[(i + 1) % MEMBERS].relays, &q)
                                     ? relays_owner(r->m[(i + 1) % MEMBERS].relays, &q)
                                     : r->m[(i + 1) % MEMBERS].relays);
            }
        assert_int_equal(self, 1);
    }
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_in_range(owned[i], 850, 1150);
}

/* ---- those who go ---- */

static void the_last_of_all_members_cancels(void **state)
{
    struct rig *r = *state;
    struct waiter *a = ask(r, 0, 1, 5000), *b = ask(r, 0, 1, 5000), *c = ask(r, 2, 1, 5000);

    turn_all(r);
    world_forget(a);
    turn_all(r);
    world_forget(b);
    turn_all(r);
    assert_int_equal(r->m[1].script.cancelled, 0);
    world_forget(c);
    assert_int_equal(r->m[1].script.cancelled, 0); /* by message */
    all_is_quiet(r);
    assert_int_equal(r->m[1].script.cancelled, 1);
    assert_int_equal(r->told, 0);
}

static void a_cancellation_may_overtake_nothing_and_be_overtaken_by_the_answer(void **state)
{
    struct rig *r = *state;

    world_forget(ask(r, 0, 1, 5000)); /* both messages in one batch */
    all_is_quiet(r);
    assert_int_equal(r->m[1].script.cancelled, 1);
    world_forget(ask(r, 0, 1, 5000));
    ask(r, 0, 1, 5000); /* a second relay for the same, while the first is out */
    turn(r, 1);
    land_one(&r->m[1].script);
    all_is_quiet(r);
    assert_int_equal(r->told, 1);

    struct waiter *w = ask(r, 0, 2, 5000);
    turn(r, 2);
    land_one(&r->m[2].script);
    turn(r, 2); /* the answer is in our mailbox */
    world_forget(w);
    all_is_quiet(r);
    assert_int_equal(r->told, 1);
    ask(r, 0, 2, 5000);
    turn(r, 0);
    assert_int_equal(r->told, 2); /* it is in the cache all the same */
}

/* ---- deadlines ---- */

static void a_deadline_is_kept_while_the_owner_stands_still(void **state)
{
    struct rig *r = *state;

    ask(r, 0, 1, 20);
    run_for(r, 0, 60);
    assert_int_equal(r->told, 1);
    assert_int_equal(r->how, ASSAY_TIMEOUT);
    assert_string_equal(r->reason,
                        "the server did not answer in 0.02 s (the question stood in line)");
    assert_int_equal(stats(r).timeouts, 1);
    all_is_quiet(r);
}

static void silence_is_remembered_after_patience_and_only_of_who_was_asked(void **state)
{
    struct rig *r = *state;

    r->m[1].script.room = 0; /* it stands in line there */
    ask(r, 0, 1, PATIENCE + 10);
    ask(r, 0, 2, PATIENCE + 10);
    turn_all(r);
    run_for(r, 0, PATIENCE + 60);
    assert_int_equal(r->told, 2);
    all_is_quiet(r);
    r->m[1].script.room = HELD;
    world_forget(ask(r, 0, 1, 5000)); /* a flight again */
    all_is_quiet(r);
    assert_int_equal(r->m[1].script.started, 1);
    ask(r, 1, 2, 5000); /* known to be silent: to every member */
    turn(r, 1);
    assert_int_equal(r->told, 3);
    assert_int_equal(r->how, ASSAY_TIMEOUT);
    assert_string_equal(r->reason, "the server did not answer in 0.06 s");
    assert_int_equal(stats(r).remembered, 1);
}

static void a_deadline_finds_the_answer_whose_message_is_late(void **state)
{
    struct rig *r = *state;

    ask(r, 0, 1, PATIENCE + 10);
    turn(r, 1);
    usleep((PATIENCE + 30) * 1000);
    land_one(&r->m[1].script); /* in the cache; its loop has not told yet */
    turn(r, 0);
    assert_int_equal(r->told, 1);
    assert_int_equal(r->how, ASSAY_OK);
    assert_int_equal(stats(r).timeouts, 0);
    ask(r, 2, 1, 5000);
    turn(r, 2);
    assert_int_equal(r->how, ASSAY_OK); /* and it was not forgotten for a failure */
    all_is_quiet(r);
}

static void a_question_that_goes_back_into_line_is_not_held_against_the_name(void **state)
{
    struct rig *r = *state;

    ask(r, 0, 1, PATIENCE + 10);
    turn(r, 1);
    r->m[1].script.room = 0;
    flight_again(r->m[1].script.held[--r->m[1].script.held_n]);
    turn(r, 1);
    run_for(r, 0, PATIENCE + 60);
    assert_int_equal(r->how, ASSAY_TIMEOUT);
    assert_non_null(strstr(r->reason, "in line"));
    all_is_quiet(r);
}

/* ---- want ---- */

static void without_memory_at_the_owner_everyone_hears(void **state)
{
    struct rig *r = *state;

    r->m[1].script.no_memory = true;
    ask(r, 0, 1, 5000);
    ask(r, 2, 1, 5000);
    all_is_quiet(r);
    assert_int_equal(r->told_nothing, 2);
}

static void a_busy_owner_holds_up_only_its_own_questions(void **state)
{
    struct rig *r = *state;

    r->m[0].script.room = 0;
    ask(r, 0, 0, 5000);
    ask(r, 0, 1, 5000);
    turn_all(r);
    assert_int_equal(r->m[1].script.started, 1);
    land_one(&r->m[1].script);
    turn_all(r);
    assert_int_equal(r->told, 1);
    assert_int_equal(stats(r).in_line, 1);
}

static void a_flood_of_what_nobody_waits_for_finds_a_bound(void **state)
{
    struct rig *r = *state;

    for (unsigned i = 0; i < LIMIT_OPEN; i++)
        world_forget(ask(r, 0, 1, 5000));
    assert_int_equal(relays_out(r->m[0].relays), LIMIT_OPEN);
    ask(r, 0, 1, 5000);
    turn(r, 0);
    assert_string_equal(r->reason, "too many questions are open");
    assert_int_equal(stats(r).crowded, 1);
    all_is_quiet(r);
    assert_int_equal(r->m[1].script.cancelled, LIMIT_OPEN);
}

static void freeing_all_leaves_nothing_behind(void **state)
{
    struct rig *r = *state;

    ask(r, 0, 1, 5000); /* waiting at the owner */
    ask(r, 0, 2, 5000); /* answered there, told to its loop */
    turn_all(r);
    land_one(&r->m[2].script);
    turn(r, 2);                       /* in our mailbox */
    ask(r, 1, 0, 5000);               /* in the owner's mailbox */
    world_forget(ask(r, 1, 2, 5000)); /* from the cache */
    world_forget(ask(r, 2, 0, 5000)); /* cancelled, both messages out */
    /* tear_down frees; the script and the sanitizer see whether all is gone */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whoever_asks_the_owner_alone_has_the_flight),
        TEST(what_one_member_learnt_all_know_at_once),
        TEST(an_answer_that_came_while_the_question_was_under_way_is_taken_from_the_cache),
        TEST(each_question_has_one_owner_that_all_agree_on),
        TEST(the_last_of_all_members_cancels),
        TEST(a_cancellation_may_overtake_nothing_and_be_overtaken_by_the_answer),
        TEST(a_deadline_is_kept_while_the_owner_stands_still),
        TEST(silence_is_remembered_after_patience_and_only_of_who_was_asked),
        TEST(a_deadline_finds_the_answer_whose_message_is_late),
        TEST(a_question_that_goes_back_into_line_is_not_held_against_the_name),
        TEST(without_memory_at_the_owner_everyone_hears),
        TEST(a_busy_owner_holds_up_only_its_own_questions),
        TEST(a_flood_of_what_nobody_waits_for_finds_a_bound),
        TEST(freeing_all_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
