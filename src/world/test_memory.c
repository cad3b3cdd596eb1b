/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_memory.c Every allocation of a pool at work fails in turn (the build links it with
 * --wrap): who was let in is told once, be it that memory was out, and nothing is lost. The same of a
 * world that goes to the web; libcurl's own allocations succeed there, for libcurl 7.88 divides by zero
 * when one of them fails for a connection that was just opened (multi.c, singlesocket()).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/test_wrap.h"
#include "world/fetch.h"
#include "world/probe.h"
#include "world/test_members.h"
#include "world/test_rig.h"

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

/* ---- the web ---- */

static struct weblab lab;

static int start_lab(void **state)
{
    (void)state;
    if (!weblab_start(&lab, "src/world/test_web.json"))
        printf("# no lab: nsd, unbound, ldnsutils or openssl are missing or fail\n");
    return 0;
}

static int stop_lab(void **state)
{
    (void)state;
    weblab_stop(&lab);
    return 0;
}

/** What is asked of the web. */
static const struct asking WEB[] = {
    {.kind = ASSAY_GET, .name = "https://good.web.example/ok"},
    {.kind = ASSAY_GET, .name = "https://expired.web.example/"},
    {.kind = ASSAY_PROBE, .name = "good.mail.example:25"},
    {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .name = "large.web.example", .data = lab.server},
    {.kind = ASSAY_LIST, .name = "no-list"},
};

enum { WEB_N = sizeof WEB / sizeof *WEB };

/** Ask all, wait until whoever was let in is told. \return how many were told a fact */
static size_t ask_web(assay_world *w)
{
    struct asking asking[WEB_N];
    size_t open = 0, facts = 0;

    for (size_t i = 0; i < WEB_N; i++) {
        struct assay_question q = weblab_question(&WEB[i]);
        struct waiter *waiter;
        assay_status s;

        asking[i] = WEB[i];
        asking[i].open = &open;
        s = world_ask(w, &q, w->web_ms, weblab_came, &asking[i], &waiter);
        assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM);
        open += s == ASSAY_DONE;
    }
    while (open)
        event_base_loop(w->loop, EVLOOP_ONCE);
    for (size_t i = 0; i < WEB_N; i++) {
        facts += asking[i].fact != NULL;
        assay_fact_free(asking[i].fact);
    }
    return facts;
}

/** One run. \return whether it reached the allocation that fails */
static bool run_web(unsigned long n, bool all_behind)
{
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;
    size_t facts;
    bool reached;

    o.question_ms = o.web_ms = 500; /* what was lost with its memory is told then */
    w = weblab_world(&o);
    arm(n, all_behind);
    facts = ask_web(w);
    reached = made >= n;
    arm(0, false);
    if (!reached)
        assert_int_equal(facts, WEB_N);
    assert_int_equal(fetch_busy(w->ways.self[WAY_GET]), 0);
    assert_int_equal(probe_busy(w->ways.self[WAY_PROBE]), 0);
    if (all_behind) /* memory is back: it works again */
        assert_int_equal(ask_web(w), WEB_N);
    assay_world_free(w);
    return reached;
}

static void whichever_allocation_fails_the_web_is_told_once(void **state)
{
    unsigned long n = 1;

    (void)state;
    if (!lab.https_port)
        skip();
    while (run_web(n, false))
        n++;
    printf("# %lu allocations\n", n - 1);
    assert_true(n > 40);
}

static void when_memory_stays_out_the_web_is_told_once_and_works_again(void **state)
{
    unsigned long n = 1;

    (void)state;
    if (!lab.https_port)
        skip();
    while (run_web(n, true))
        n++;
    assert_true(n > 40);
}

static void a_world_that_finds_no_memory_is_not_made(void **state)
{
    struct assay_world_options o = weblab_options(&lab);
    bool reached = true;

    (void)state;
    if (!lab.https_port)
        skip();
    o.lists = "/nonexistent";
    for (unsigned long n = 1; reached; n++) {
        assay_world *w = NULL;
        const char *why = "";
        assay_status s;

        arm(n, false);
        s = assay_world_new(&o, &w, &why);
        reached = made >= n;
        arm(0, false);
        assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM || s == ASSAY_EINVAL);
        assert_true(reached || s == ASSAY_DONE);
        if (s == ASSAY_DONE)
            assay_world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_allocation_fails_all_who_were_let_in_are_told_once),
        cmocka_unit_test(when_memory_stays_out_all_who_were_let_in_are_told_once),
        cmocka_unit_test(whichever_allocation_fails_the_web_is_told_once),
        cmocka_unit_test(when_memory_stays_out_the_web_is_told_once_and_works_again),
        cmocka_unit_test(a_world_that_finds_no_memory_is_not_made),
    };

    return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
