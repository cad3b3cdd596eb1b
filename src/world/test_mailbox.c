/* SPDX-License-Identifier: BSD-2-Clause */
/** \file test_mailbox.c What threads put into a mailbox, and what the loop makes of it. */
#include "world/mailbox.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { SENDERS = 4, EACH = 50000 };

/** A loop with its mailbox. */
struct rig {
    struct event_base *loop;
    struct mailbox *mailbox;
    unsigned ran;
    unsigned order[16];
};

static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    r->loop = event_base_new();
    r->mailbox = mailbox_new(r->loop);
    *state = r;
    return r->mailbox ? 0 : -1;
}

static int tear_down(void **state)
{
    struct rig *r = *state;

    mailbox_free(r->mailbox);
    event_base_free(r->loop);
    free(r);
    return 0;
}

static void turn(struct rig *r)
{
    event_base_loop(r->loop, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* ---- one thread ---- */

static void note(void *arg)
{
    struct rig *r = arg;

    r->order[r->ran % 16] = r->ran;
    r->ran++;
}

static void what_is_posted_runs_on_the_loop_and_not_before(void **state)
{
    struct rig *r = *state;

    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(mailbox_post(r->mailbox, note, r), ASSAY_DONE);
    assert_int_equal(r->ran, 0);
    turn(r);
    assert_int_equal(r->ran, 3);
    turn(r);
    assert_int_equal(r->ran, 3);
}

/** Post once more each time. */
static void post_again(void *arg)
{
    struct rig *r = arg;

    if (++r->ran < 5)
        assert_int_equal(mailbox_post(r->mailbox, post_again, r), ASSAY_DONE);
}

static void what_is_posted_while_a_batch_runs_waits_for_the_next_turn(void **state)
{
    struct rig *r = *state;

    assert_int_equal(mailbox_post(r->mailbox, post_again, r), ASSAY_DONE);
    for (unsigned i = 1; i <= 5; i++) {
        turn(r);
        assert_int_equal(r->ran, i);
    }
}

/** A post that its function puts in again. */
struct round {
    struct post post;
    struct rig *rig;
};

static void go_round(void *arg)
{
    struct round *round = arg;

    if (++round->rig->ran < 100)
        mailbox_put(round->rig->mailbox, &round->post);
}

static void the_memory_of_a_post_is_free_when_it_runs(void **state)
{
    struct rig *r = *state;
    struct round round = {.post = {.fn = go_round, .arg = &round}, .rig = r};

    mailbox_put(r->mailbox, &round.post);
    for (unsigned i = 0; i < 100; i++)
        turn(r);
    assert_int_equal(r->ran, 100);
}

static void what_never_ran_is_freed_with_the_mailbox(void **state)
{
    struct rig *r = *state;
    static struct post own;

    own = (struct post){.fn = note, .arg = r};
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(mailbox_post(r->mailbox, note, r), ASSAY_DONE);
    mailbox_put(r->mailbox, &own);
    /* tear_down frees; the sanitizer sees whether all is gone */
}

/* ---- many threads ---- */

/** One post of a sender. */
struct parcel {
    struct post post;
    struct sender *sender;
    unsigned number;
};

/** A thread that posts, by turns in memory of its own and of the mailbox's. */
struct sender {
    struct rig *rig;
    pthread_t thread;
    struct parcel *parcels;
    unsigned got; /**< of the loop */
    unsigned disorder;
};

/** The loop has a parcel: the next of its sender? */
static void receive(void *arg)
{
    const struct parcel *p = arg;

    p->sender->disorder += p->number != p->sender->got;
    p->sender->got++;
    if (++p->sender->rig->ran == SENDERS * EACH)
        event_base_loopbreak(p->sender->rig->loop);
}

static void *send_all(void *arg)
{
    struct sender *s = arg;

    for (unsigned i = 0; i < EACH; i++) {
        struct parcel *p = &s->parcels[i];

        *p = (struct parcel){.post = {.fn = receive, .arg = p}, .sender = s, .number = i};
        if (i % 3 || mailbox_post(s->rig->mailbox, receive, p) != ASSAY_DONE)
            mailbox_put(s->rig->mailbox, &p->post);
    }
    return NULL;
}

static void nothing_is_lost_and_each_sender_keeps_its_order(void **state)
{
    struct rig *r = *state;
    struct sender senders[SENDERS] = {0};

    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i].rig = r;
        senders[i].parcels = calloc(EACH, sizeof *senders[i].parcels);
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
    }
    event_base_dispatch(r->loop); /* for ever, if one is lost */
    for (unsigned i = 0; i < SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
        assert_int_equal(senders[i].got, EACH);
        assert_int_equal(senders[i].disorder, 0);
        free(senders[i].parcels);
    }
}

/** Two loops that throw one post to and fro. */
struct game {
    struct rig *rig[2];
    struct post post;
    unsigned at, left;
};

static void throw_back(void *arg)
{
    struct game *g = arg;

    if (!--g->left) {
        event_base_loopbreak(g->rig[g->at]->loop);
        return;
    }
    g->at ^= 1;
    mailbox_put(g->rig[g->at]->mailbox, &g->post);
}

static void *run_loop(void *arg)
{
    event_base_dispatch(((struct rig *)arg)->loop);
    return NULL;
}

static void stop_loop(void *arg)
{
    event_base_loopbreak(((struct rig *)arg)->loop);
}

static void a_sleeping_loop_is_woken_each_time(void **state)
{
    void *other;
    struct game g = {.left = 10000};
    pthread_t thread;

    assert_int_equal(set_up(&other), 0);
    g.rig[0] = *state;
    g.rig[1] = other;
    g.left += g.left % 2 == 0; /* it ends at 0, which runs here */
    g.post = (struct post){.fn = throw_back, .arg = &g};
    assert_int_equal(pthread_create(&thread, NULL, run_loop, other), 0);
    mailbox_put(g.rig[0]->mailbox, &g.post);
    event_base_dispatch(g.rig[0]->loop);
    assert_int_equal(g.left, 0);
    assert_int_equal(mailbox_post(g.rig[1]->mailbox, stop_loop, other), ASSAY_DONE);
    pthread_join(thread, NULL);
    tear_down(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_posted_runs_on_the_loop_and_not_before),
        TEST(what_is_posted_while_a_batch_runs_waits_for_the_next_turn),
        TEST(the_memory_of_a_post_is_free_when_it_runs),
        TEST(what_never_ran_is_freed_with_the_mailbox),
        TEST(nothing_is_lost_and_each_sender_keeps_its_order),
        TEST(a_sleeping_loop_is_woken_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
