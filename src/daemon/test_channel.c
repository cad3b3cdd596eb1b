/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/channel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct channel_packet got;

/** A pair of ends. */
static void open_pair(int ends[2])
{
    assert_true(channel_open(ends));
}

/** Close both. */
static void close_pair(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/** How many files are open. */
static int open_files(void)
{
    int n = 0;

    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void words_arrive_as_they_were_sent(void **state)
{
    static char most[CHANNEL_TEXT + 100];
    static const struct {
        enum channel_what what;
        size_t n, wanted;
    } ROWS[] = {
        {CHANNEL_READY, 0, 0},
        {CHANNEL_RESULT, 5, 5},
        {CHANNEL_RESULT, CHANNEL_TEXT, CHANNEL_TEXT},
        {CHANNEL_TAKEN, CHANNEL_TEXT + 100, CHANNEL_TEXT}, /* cut */
    };
    int ends[2];

    (void)state;
    memset(most, 'x', sizeof most);
    open_pair(ends);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assert_true(channel_say(ends[0], ROWS[i].what, (assay_span){most, ROWS[i].n}));
        assert_true(channel_receive(ends[1], &got));
        assert_int_equal(got.what, ROWS[i].what);
        assert_int_equal(got.n, ROWS[i].wanted);
        assert_int_equal(got.nfiles, 0);
        assert_memory_equal(got.text, most, got.n);
    }
    close_pair(ends);
}

static void files_arrive_open_and_closed_on_exec(void **state)
{
    static struct channel_packet p;
    int ends[2], pipes[2], before;
    char c;

    (void)state;
    open_pair(ends);
    assert_int_equal(pipe(pipes), 0);
    before = open_files();
    p = (struct channel_packet){.what = CHANNEL_CONFIG, .nlisteners = CHANNEL_FILES - 1};
    for (size_t i = 0; i < CHANNEL_FILES; i++)
        p.files[p.nfiles++] = pipes[1];
    assert_true(channel_send(ends[0], &p));
    assert_true(channel_receive(ends[1], &got));
    assert_int_equal(got.nfiles, CHANNEL_FILES);
    assert_int_equal(got.nlisteners, CHANNEL_FILES - 1);
    for (size_t i = 0; i < got.nfiles; i++) {
        assert_true(fcntl(got.files[i], F_GETFD) & FD_CLOEXEC);
        assert_int_equal(write(got.files[i], "x", 1), 1);
        assert_int_equal(read(pipes[0], &c, 1), 1);
        close(got.files[i]);
    }
    assert_int_equal(open_files(), before);
    close_pair(pipes);
    close_pair(ends);
}

static void nonsense_and_an_end_are_told_apart_from_a_packet(void **state)
{
    static const struct {
        uint32_t head[2];
        size_t n;
    } ROWS[] = {
        {{CHANNEL_READY, 0}, 4}, /* too short */
        {{CHANNEL_READY, 0}, 7},
        {{CHANNEL_CONFIG, 3}, 8}, /* listeners that did not come */
        {{CHANNEL_CONFIG, UINT32_MAX}, 8},
    };
    int ends[2];

    (void)state;
    open_pair(ends);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assert_int_equal(send(ends[0], ROWS[i].head, ROWS[i].n, 0), ROWS[i].n);
        assert_false(channel_receive(ends[1], &got));
    }
    close(ends[0]);
    assert_false(channel_receive(ends[1], &got));
    assert_false(channel_say(ends[1], CHANNEL_READY, SPAN_EMPTY)); /* and no SIGPIPE */
    close(ends[1]);
}

static void files_of_a_packet_that_is_nonsense_are_not_kept_open(void **state)
{
    static struct channel_packet p;
    int ends[2], before;

    (void)state;
    open_pair(ends);
    before = open_files();
    p = (struct channel_packet){
        .what = CHANNEL_KEYS, .nlisteners = 9, .nfiles = 2, .files = {0, 1}};
    assert_true(channel_send(ends[0], &p));
    assert_false(channel_receive(ends[1], &got));
    assert_int_equal(open_files(), before);
    close_pair(ends);
}

static void packets_keep_their_order(void **state)
{
    int ends[2];

    (void)state;
    open_pair(ends);
    for (unsigned i = CHANNEL_READY; i <= CHANNEL_RESULT; i++)
        assert_true(channel_say(ends[0], (enum channel_what)i, SPAN("x")));
    for (unsigned i = CHANNEL_READY; i <= CHANNEL_RESULT; i++) {
        assert_true(channel_receive(ends[1], &got));
        assert_int_equal(got.what, i);
    }
    close_pair(ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_arrive_as_they_were_sent),
        cmocka_unit_test(files_arrive_open_and_closed_on_exec),
        cmocka_unit_test(nonsense_and_an_end_are_told_apart_from_a_packet),
        cmocka_unit_test(files_of_a_packet_that_is_nonsense_are_not_kept_open),
        cmocka_unit_test(packets_keep_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
