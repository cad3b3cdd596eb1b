/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_why.c The last messages, with their evaluations: found by either name, the newest first;
 * kept through a change of size; asked for by other threads meanwhile.
 */
#include "daemon/test_message.h"
#include "daemon/why.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include <cmocka.h>

enum { NAME = 32, TURNS = 400, LOOKERS = 3, NOW = 1795975644 };

static assay_engine *engine;
static struct config *config;
static atomic_ullong order;

static int set_up(void **state)
{
    static const char TEXT[] =
        "user = nobody\nauthserv_id = mx.example.org\nmilter \"in\" { listen = unix:/tmp/x }\n";
    struct buf why = buf_new(8192);

    (void)state;
    if (assay_engine_new(0, &engine) != ASSAY_DONE ||
        config_read(span_of(TEXT), SPAN("t"), NULL, NULL, &config, &why) != ASSAY_DONE)
        return -1;
    buf_done(&why);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    config_free(config);
    assay_engine_free(engine);
    return 0;
}

/** Keep the message of a number; a name of NULL is none. */
static void keep(struct why_ring *r, unsigned number, const char *queue, const char *id)
{
    struct message_facts f = message_facts(config);
    char message[256], from[NAME];
    assay_eval *eval;

    snprintf(from, sizeof from, "m%u@good.example", number);
    f.ip = SPAN("192.0.2.7");
    f.mail_from = span_of(from);
    f.queue_id = queue ? span_of(queue) : SPAN_EMPTY;
    snprintf(message, sizeof message, "From: <%s>\r\nSubject: x\r\n\r\nbody\r\n", from);
    eval = message_judge(engine, config->policy, &f, span_of(message));
    assert_non_null(eval);
    why_keep(r, &f, id ? span_of(id) : SPAN_EMPTY, NOW, eval);
}

/** Keep messages of these numbers, named by them. */
static void keep_some(struct why_ring *r, unsigned from, unsigned to)
{
    char queue[NAME], id[NAME];

    for (unsigned i = from; i < to; i++) {
        snprintf(queue, sizeof queue, "Q%u", i);
        snprintf(id, sizeof id, "id%u@x", i);
        keep(r, i, queue, id);
    }
}

/** Find the newest of an id, and write its case. */
static bool find_case(struct why_ring *r, assay_span id, struct buf *out)
{
    uint64_t place = why_seek(r, id, UINT64_MAX);

    return place && why_case(r, place, out);
}

/** The number of the message that is found, or -1. */
static int find(struct why_ring *r, const char *id)
{
    struct buf out = buf_new(1 << 20);
    unsigned number = 0;
    bool found = find_case(r, span_of(id), &out);
    char *at;

    buf_putc(&out, '\0');
    at = found ? strstr(out.p, "m") : NULL;
    while (at && sscanf(at, "m%u@good.example", &number) != 1)
        at = strstr(at + 1, "m");
    buf_done(&out);
    return found ? (int)number : -1;
}

/** Whether exactly these are kept, of those up to `end`. */
static void assert_kept(struct why_ring *r, unsigned from, unsigned to, unsigned end)
{
    char queue[NAME];

    for (unsigned i = 1; i < end; i++) {
        snprintf(queue, sizeof queue, "Q%u", i);
        if (find(r, queue) != (i >= from && i < to ? (int)i : -1))
            fail_msg("%s: got %d; wanted those from %u to %u", queue, find(r, queue), from, to);
    }
}

static void a_message_is_found_by_either_name(void **state)
{
    static const struct {
        const char *name;
        int wanted;
    } ROWS[] = {
        {"Q1", 1},   {"id1@x", 1}, {"<id1@x>", 1}, {" <id1@x> ", 1}, {"id", -1},     {"Q", -1},
        {"Q11", -1}, {"<>", -1},   {"<Q1", -1},    {"twice", 3},     {"empty@x", 4},
    };
    struct why_ring *r = why_new(10, &order);

    (void)state;
    keep(r, 1, "Q1", "<id1@x>");
    keep(r, 2, "twice", "a@x");
    keep(r, 3, "twice", "b@x");
    keep(r, 4, NULL, "empty@x");
    keep(r, 5, NULL, NULL);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (find(r, ROWS[i].name) != ROWS[i].wanted)
            fail_msg("%s: wanted %d, got %d", ROWS[i].name, ROWS[i].wanted, find(r, ROWS[i].name));
    why_free(r);
}

static void the_last_ones_stay_and_older_ones_go(void **state)
{
    struct why_ring *r = why_new(4, &order);

    (void)state;
    for (unsigned i = 1; i < 12; i++) {
        keep_some(r, i, i + 1);
        assert_kept(r, i < 4 ? 1 : i - 3, i + 1, 14);
    }
    why_free(r);
}

static void a_change_of_size_keeps_the_newest(void **state)
{
    static const struct {
        unsigned before, messages, after, kept;
    } ROWS[] = {
        {4, 3, 8, 3}, {4, 6, 8, 4}, {8, 6, 3, 3}, {8, 20, 3, 3},
        {4, 4, 4, 4}, {5, 5, 0, 0}, {0, 3, 4, 0}, {3, 7, 1, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct why_ring *r = why_new(ROWS[i].before, &order);
        unsigned end = ROWS[i].messages + 1;

        keep_some(r, 1, end);
        why_resize(r, ROWS[i].after);
        assert_kept(r, end - ROWS[i].kept, end, end + 2);
        keep_some(r, end, end + 2); /* and the ring goes on */
        if (ROWS[i].after)
            assert_kept(r,
                        end + 2 -
                            (ROWS[i].kept + 2 < ROWS[i].after ? ROWS[i].kept + 2 : ROWS[i].after),
                        end + 2, end + 3);
        why_free(r);
    }
}

static void a_case_that_does_not_fit_is_not_found(void **state)
{
    struct why_ring *r = why_new(2, &order);
    struct buf out = buf_new(64);

    (void)state;
    keep_some(r, 1, 2);
    assert_false(find_case(r, SPAN("Q1"), &out));
    buf_done(&out);
    why_free(r);
    why_free(NULL);
}

static void messages_of_several_rings_have_one_order(void **state)
{
    struct why_ring *rings[2] = {why_new(3, &order), why_new(3, &order)};
    struct buf line = buf_new(4096);
    uint64_t place = UINT64_MAX;

    (void)state;
    for (unsigned i = 1; i <= 6; i++)
        keep_some(rings[i % 2], i, i + 1);
    for (unsigned i = 6; i >= 1; i--) {
        uint64_t a = why_seek(rings[0], SPAN_EMPTY, place),
                 b = why_seek(rings[1], SPAN_EMPTY, place);
        char want[NAME];

        place = a > b ? a : b;
        assert_true(place > 0 && why_line(rings[a > b ? 0 : 1], place, &line));
        assert_false(why_line(rings[a > b ? 1 : 0], place, &line));
        snprintf(want, sizeof want, "\"queue_id\":\"Q%u\"", i);
        if (!span_contains(buf_span(&line), span_of(want)))
            fail_msg("wanted %s in %.*s", want, SPAN_ARG(buf_span(&line)));
        buf_clear(&line);
    }
    assert_false(why_seek(rings[0], SPAN_EMPTY, place) || why_seek(rings[1], SPAN_EMPTY, place));
    buf_done(&line);
    why_free(rings[0]);
    why_free(rings[1]);
}

static void a_line_tells_when_which_and_what(void **state)
{
    struct why_ring *r = why_new(2, &order);
    struct buf line = buf_new(4096);

    (void)state;
    keep(r, 1, "Q\"1\n", "<a@x>");
    assert_true(why_line(r, why_seek(r, SPAN_EMPTY, UINT64_MAX), &line));
    if (!span_starts(
            buf_span(&line),
            SPAN("{\"version\":1,\"time\":\"2026-11-29T18:07:24Z\",\"queue_id\":"
                 "\"Q\\\"1\\n\",\"message_id\":\"a@x\",\"direction\":\"in\",\"disposition\":")))
        fail_msg("%.*s", SPAN_ARG(buf_span(&line)));
    assert_true(line.n && line.p[line.n - 1] == '\n' &&
                span_find(buf_span(&line), '\n') == line.n - 1);
    buf_done(&line);
    why_free(r);
}

/* ---- threads ---- */

static atomic_bool stop;

/** One that looks all the time. */
static void *look(void *arg)
{
    char queue[NAME];
    unsigned found = 0;

    for (unsigned i = 0; !stop; i++) {
        struct buf out = buf_new(1 << 20);

        snprintf(queue, sizeof queue, "Q%u", i % TURNS);
        found += find_case(arg, span_of(queue), &out);
        buf_done(&out);
    }
    return (void *)(uintptr_t)found;
}

static void others_may_look_while_messages_come_and_the_size_changes(void **state)
{
    struct why_ring *r = why_new(16, &order);
    pthread_t lookers[LOOKERS];

    (void)state;
    stop = false;
    for (int i = 0; i < LOOKERS; i++)
        assert_int_equal(pthread_create(&lookers[i], NULL, look, r), 0);
    for (unsigned i = 1; i < TURNS; i++) {
        keep_some(r, i, i + 1);
        if (i % 10 == 0)
            why_resize(r, 8 + i % 40);
    }
    stop = true;
    for (int i = 0; i < LOOKERS; i++)
        pthread_join(lookers[i], NULL);
    assert_true(find(r, "Q399") == 399);
    why_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_found_by_either_name),
        cmocka_unit_test(the_last_ones_stay_and_older_ones_go),
        cmocka_unit_test(a_change_of_size_keeps_the_newest),
        cmocka_unit_test(a_case_that_does_not_fit_is_not_found),
        cmocka_unit_test(messages_of_several_rings_have_one_order),
        cmocka_unit_test(a_line_tells_when_which_and_what),
        cmocka_unit_test(others_may_look_while_messages_come_and_the_size_changes),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
