/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_members.h Members of a pool over transports that do as the test says (test_script.h),
 * and one thread that turns all their loops. Include it after cmocka.h.
 */
#ifndef WORLD_TEST_MEMBERS_H
#define WORLD_TEST_MEMBERS_H

#include "fact/fact.h"
#include "world/relay.h"
#include "world/test_script.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

enum { MEMBERS = 3, PATIENCE = 50 };

/** One member. */
struct member {
    struct event_base *loop;
    struct mailbox *mailbox;
    struct relays *relays;
    struct flights *flights;
    struct script script;
};

/** Everything a test needs. */
struct rig {
    struct cache *cache;
    struct relay_peers *peers;
    struct member m[MEMBERS];
    char name[MEMBERS][32]; /**< a name that belongs to each */
    size_t told, told_nothing;
    enum assay_how how; /**< of the last */
    char reason[100];   /**< of the last */
    bool asking;        /**< a call that asks is running: nobody may be told now */
};

/** A question for TXT. */
static struct assay_question txt(const char *name)
{
    return (struct assay_question){
        .kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .name = span_of(name), .data = SPAN_EMPTY};
}

/** Open a member. */
static void open_member(struct rig *r, unsigned i)
{
    struct member *m = &r->m[i];
    struct flights_options o = {.transport = &SCRIPT,
                                .transport_self = &m->script,
                                .patience = PATIENCE,
                                .silent = "the server",
                                .advice = ""};

    m->script.room = HELD;
    o.cache = r->cache;
    o.loop = m->loop = event_base_new();
    m->mailbox = mailbox_new(m->loop);
    o.relays = m->relays = relays_new(r->peers, i, m->mailbox);
    m->flights = flights_new(&o);
    relays_serve(m->relays, m->flights);
}

/** Find a name that belongs to a member. */
static void name_of(struct rig *r, unsigned owner)
{
    const struct member *other = &r->m[(owner + 1) % MEMBERS];

    for (unsigned k = 0;; k++) {
        struct assay_question q;

        snprintf(r->name[owner], sizeof r->name[owner], "n%u.example", k);
        q = txt(r->name[owner]);
        if (relays_owner(other->relays, &q) == r->m[owner].relays)
            return;
    }
}

/** Open all members. */
static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    struct table_seed seed = {{3, 4}};

    r->cache = cache_new_shared(1 << 20, &seed);
    r->peers = calloc(1, sizeof *r->peers + MEMBERS * sizeof(*r->peers->at));
    r->peers->n = MEMBERS;
    r->peers->seed = seed;
    for (unsigned i = 0; i < MEMBERS; i++)
        open_member(r, i);
    for (unsigned i = 0; i < MEMBERS; i++)
        name_of(r, i);
    *state = r;
    return 0;
}

/** Close them, as world_pool_free() does. */
static int tear_down(void **state)
{
    struct rig *r = *state;

    for (unsigned i = 0; i < MEMBERS; i++)
        flights_forget(r->m[i].flights);
    for (unsigned i = 0; i < MEMBERS; i++)
        mailbox_free(r->m[i].mailbox);
    for (unsigned i = 0; i < MEMBERS; i++) {
        flights_free(r->m[i].flights);
        relays_free(r->m[i].relays);
        event_base_free(r->m[i].loop);
    }
    cache_free(r->cache);
    free(r->peers);
    free(r);
    return 0;
}

/** An answer is told. */
static void told(void *arg, assay_fact *fact)
{
    struct rig *r = arg;

    assert_false(r->asking);
    r->told++;
    r->told_nothing += !fact;
    r->how = fact ? fact->how : 0;
    snprintf(r->reason, sizeof r->reason, "%.*s", SPAN_ARG(fact ? fact->reason : SPAN_EMPTY));
}

/** Let one member's loop do what is due now. */
static void turn(struct rig *r, unsigned i)
{
    for (int k = 0; k < 5; k++)
        event_base_loop(r->m[i].loop, EVLOOP_NONBLOCK);
}

/** Let all do what is due, and what comes of it. */
static void turn_all(struct rig *r)
{
    for (int k = 0; k < 3; k++)
        for (unsigned i = 0; i < MEMBERS; i++)
            turn(r, i);
}

/** Nothing is on its way any more. */
static void all_is_quiet(struct rig *r)
{
    turn_all(r);
    for (unsigned i = 0; i < MEMBERS; i++) {
        assert_int_equal(flights_open(r->m[i].flights), 0);
        assert_int_equal(flights_in_line(r->m[i].flights), 0);
        assert_int_equal(relays_out(r->m[i].relays), 0);
        assert_int_equal(r->m[i].script.held_n, 0);
    }
}

#endif
