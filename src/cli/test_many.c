/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/many.h"

#include "world/clock.h"

#include <assay/posture.h>

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/** Domains that are looked at, and what came out. */
struct all {
    assay_engine *engine;
    const char *const *names;
    size_t handed, done, failed, most, running;
    struct zone *zone;
};

static assay_status begin(void *arg, size_t i, assay_eval **ret)
{
    struct all *a = arg;
    struct assay_domain d = {.size = sizeof d, .now = 1795608000, .domain = span_of(a->names[i])};
    assay_status s = assay_domain_new(a->engine, &d, ret);

    a->running += s == ASSAY_DONE;
    a->most = a->running > a->most ? a->running : a->most;
    return s;
}

static void done(void *arg, size_t i, assay_eval *eval, assay_status s, int64_t ms)
{
    struct all *a = arg;

    assert_int_equal(i, a->handed++);
    assert_true(ms >= 0);
    a->done += s == ASSAY_DONE;
    a->failed += s != ASSAY_DONE;
    a->running -= s == ASSAY_DONE;
    assert_int_equal(s == ASSAY_DONE, eval && assay_domain_result(eval));
}

/** A socket that takes questions and never answers. \param at  "127.0.0.1@PORT" */
static int mute(char at[32])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    snprintf(at, 32, "127.0.0.1@%u", ntohs(a.sin_port));
    return fd;
}

/** A run over a world that nobody answers. */
static int64_t run_mute(struct all *a, size_t total, unsigned jobs, unsigned deadline_ms,
                        bool offline)
{
    char at[32];
    int fd = mute(at);
    struct assay_world_options o = {.size = sizeof o, .resolvers = at, .trust_anchor = "none"};
    struct many m = {.zone = a->zone,
                     .offline = offline,
                     .jobs = jobs,
                     .question_ms = 100000,
                     .web_ms = 100000,
                     .deadline_ms = deadline_ms,
                     .total = total,
                     .begin = begin,
                     .done = done,
                     .arg = a};
    const char *why;
    int64_t began = world_now();

    assert_int_equal(assay_engine_new(0, &a->engine), ASSAY_DONE);
    assert_int_equal(assay_world_new(&o, &m.world, &why), ASSAY_DONE);
    assert_int_equal(many_run(&m), ASSAY_DONE);
    assert_int_equal(a->handed, total);
    assay_world_free(m.world);
    assay_engine_free(a->engine);
    close(fd);
    return world_now() - began;
}

static void each_ends_at_its_deadline_and_all_are_handed_out_in_order(void **state)
{
    static const char *const NAMES[] = {"a.example", "b.example", "..",       "c.example",
                                        "d.example", "e.example", "f.example"};
    struct all a = {.names = NAMES};
    int64_t ms = run_mute(&a, 7, 2, 300, false);

    (void)state;
    assert_int_equal(a.done, 6);
    assert_int_equal(a.failed, 1);
    assert_in_range(ms, 900, 20000); /* three rounds of two */
}

static void no_more_wait_than_may(void **state)
{
    const char *names[200];
    struct all a = {.names = names};

    (void)state;
    for (size_t i = 0; i < 200; i++)
        names[i] = "x.example";
    run_mute(&a, 200, 3, 1, true);
    assert_int_equal(a.done, 200);
    assert_true(a.most <= 3 * MANY_AHEAD);
}

static void nothing_to_do_is_done(void **state)
{
    struct all a = {0};

    (void)state;
    run_mute(&a, 0, 1, 1000, false);
    assert_int_equal(a.done, 0);
}

static void what_the_zone_has_is_not_asked(void **state)
{
    static const char *const NAMES[] = {"a.example"};
    struct all a = {.names = NAMES};
    struct zone_error error;
    int64_t ms;

    (void)state;
    assert_int_equal(
        zone_read(SPAN("a.example. SOA a. b. 1 2 3 4 5\na.example. TXT \"v=spf1 -all\"\n"),
                  SPAN_EMPTY, &a.zone, &error),
        ASSAY_DONE);
    ms = run_mute(&a, 1, 1, 100000, true);
    assert_int_equal(a.done, 1);
    assert_true(ms < 20000);
    zone_free(a.zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ends_at_its_deadline_and_all_are_handed_out_in_order),
        cmocka_unit_test(no_more_wait_than_may),
        cmocka_unit_test(nothing_to_do_is_done),
        cmocka_unit_test(what_the_zone_has_is_not_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
