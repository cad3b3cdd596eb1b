/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_memory.c Every allocation of a pool at work fails in turn (the build links it with
 * --wrap): who was let in is told once, be it that memory was out, and nothing is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/test_wrap.h"
#include "world/test_members.h"

/** Arm: the n-th allocation from now on fails. */
static void arm(unsigned long n, bool all_behind)
{
    made = 0;
    fail_at = n;
    fail_on = all_behind;
}

/** Ask, if memory allows. \return whether it did */
static bool try_to_ask(struct rig *r, unsigned asker, unsigned owner, struct waiter **ret)
{
    struct assay_question q = txt(r->name[owner]);
    assay_status s;

    r->asking = true;
    s = flights_ask(r->m[asker].flights, &q, 5000, told, r, ret);
    r->asking = false;
    assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM);
    return s == ASSAY_DONE;
}

/** All that is held lands. */
static void land_all(struct rig *r)
{
    for (unsigned i = 0; i < MEMBERS; i++)
        while (r->m[i].script.held_n)
            land_one(&r->m[i].script);
}

/** Ask here and there, twice, forget one, answer all. \return who must be told */
static size_t work(struct rig *r)
{
    struct waiter *w = NULL;
    size_t let_in = 0;

    for (unsigned asker = 0; asker < MEMBERS; asker++)
        for (unsigned owner = 0; owner < MEMBERS; owner++)
            let_in += try_to_ask(r, asker, owner, &w);
    turn_all(r);
    if (try_to_ask(r, 0, 1, &w))
        world_forget(w);
    turn_all(r);
    land_all(r);
    turn_all(r);
    for (unsigned asker = 0; asker < MEMBERS; asker++) /* from the cache, or anew */
        let_in += try_to_ask(r, asker, 2, &w);
    turn_all(r);
    land_all(r);
    return let_in;
}

/** One run. \return whether it reached the allocation that fails */
static bool run(unsigned long n, bool all_behind)
{
    void *state;
    struct rig *r;
    size_t let_in;
    bool reached;

    assert_int_equal(set_up(&state), 0);
    r = state;
    arm(n, all_behind);
    let_in = work(r);
    reached = made >= n;
    arm(0, false);
    all_is_quiet(r);
    if (r->told != let_in)
        fail_msg("allocation %lu: %zu were let in, %zu were told", n, let_in, r->told);
    assert_int_equal(let_in, reached ? let_in : MEMBERS * (MEMBERS + 1));
    tear_down(&state);
    return reached;
}

static void whichever_allocation_fails_all_who_were_let_in_are_told_once(void **state)
{
    unsigned long n = 1;

    (void)state;
    while (run(n, false))
        n++;
    printf("# %lu allocations\n", n - 1);
    assert_true(n > 40);
}

static void when_memory_stays_out_all_who_were_let_in_are_told_once(void **state)
{
    unsigned long n = 1;

    (void)state;
    while (run(n, true))
        n++;
    assert_true(n > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_allocation_fails_all_who_were_let_in_are_told_once),
        cmocka_unit_test(when_memory_stays_out_all_who_were_let_in_are_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
