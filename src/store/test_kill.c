/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_random.h"
#include "store/test_store.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

/*
 * A program that appends from four threads is killed, at any moment, hundreds of times, each time on
 * what the last one left. What it was told to be written is in the database in the end, once.
 */

enum { KILLS = 300, LOOK_EVERY = 25, THREADS = 4, PATIENCE = 60000, MOST_ACKNOWLEDGED = 1 << 21 };

static const struct store_options SMALL = {
    .interval = 1, .busy = 100, .segment = 1 << 14, .sync = 2};

/** One thread of the program. */
struct appender {
    struct store *store;
    int pipe;
    uint64_t number; /**< of its next row; unique over all programs and threads */
};

/** Append for ever, and say each id that was written. */
static void *append_for_ever(void *arg)
{
    struct appender *a = arg;
    struct sample sample;
    struct store_id id;

    for (;;) {
        sample_make(&sample, a->number++);
        if (store_append(a->store, &sample.row, &id) != STORE_WRITTEN ||
            write(a->pipe, id.octet, STORE_ID) != STORE_ID)
            _exit(1);
    }
    return NULL;
}

/** The program. */
_Noreturn static void be_the_program(const struct place *p, int pipe, uint64_t run)
{
    struct appender appenders[THREADS];
    pthread_t threads[THREADS];
    struct store *s = NULL;
    char why[STORE_WHY] = "";

    if (!store_open(p->db, &SMALL, &s, why)) {
        fprintf(stderr, "%s\n", why);
        _exit(1);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        appenders[i] = (struct appender){s, pipe, (run * THREADS + i) * 1000000};
        if (pthread_create(&threads[i], NULL, append_for_ever, &appenders[i]) != 0)
            _exit(1);
    }
    for (;;)
        pause();
}

/** What was acknowledged. */
struct acknowledged {
    struct store_id *ids;
    size_t n;
};

/** Read what the program says, until the time is over, kill it, and read the rest. */
static void listen_and_kill(pid_t child, int pipe, unsigned us, struct acknowledged *all)
{
    struct timespec t = {0, (long)us * 1000};
    ssize_t n;
    int status;

    /* The pipe holds more than the program says in that time, or else it waits, which is fine too. */
    nanosleep(&t, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    while ((n = read(pipe, &all->ids[all->n], STORE_ID)) > 0) {
        assert_int_equal(n, STORE_ID);
        assert_true(++all->n < MOST_ACKNOWLEDGED);
    }
}

/** Run the program once. */
static void run_and_kill(const struct place *p, uint64_t run, struct acknowledged *all)
{
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    (void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    assert_true((child = fork()) >= 0);
    if (child == 0) {
        close(ends[0]);
        be_the_program(p, ends[1], run);
    }
    close(ends[1]);
    listen_and_kill(child, ends[0], 1000 + (unsigned)random_below(40000), all);
    close(ends[0]);
}

/** Each id that was acknowledged is there. */
static void assert_all_there(const struct place *p, const struct acknowledged *all)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;

    assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM verdict WHERE id = ?", -1, &st,
                                        NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < all->n; i++) {
        sqlite3_reset(st);
        sqlite3_bind_blob(st, 1, all->ids[i].octet, STORE_ID, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        if (sqlite3_column_int64(st, 0) != 1)
            fail_msg("row %zu of %zu: wanted once, got %lld times", i, all->n,
                     (long long)sqlite3_column_int64(st, 0));
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
}

/** Take over what was left, and look. */
static void look(const struct place *p, const struct acknowledged *all)
{
    struct store_stats stats;
    struct store *s = open_store(p, &SMALL);

    assert_true(store_flush(s, PATIENCE));
    store_stats(s, &stats);
    assert_int_equal(stats.known, 0); /* the position alone is enough */
    assert_int_equal(stats.refused, 0);
    store_close(s);
    assert_all_there(p, all);
    /* Each row has a number of its own: none is there twice under two ids. */
    assert_int_equal(rows(p), ask_number(p, "SELECT count(DISTINCT message_id) FROM verdict"));
    assert_int_equal(2 * rows(p), ask_number(p, "SELECT count(*) FROM signature"));
}

static void what_was_acknowledged_is_there_once_whenever_it_is_killed(void **state)
{
    struct acknowledged all = {calloc(MOST_ACKNOWLEDGED, sizeof *all.ids), 0};
    struct place p;

    (void)state;
    assert_non_null(all.ids);
    place_make(&p);
    for (uint64_t run = 1; run <= KILLS; run++) {
        run_and_kill(&p, run, &all);
        if (run % LOOK_EVERY == 0)
            look(&p, &all);
    }
    assert_true(all.n > KILLS);
    print_message("%d kills, %zu rows acknowledged, %lld there\n", KILLS, all.n,
                  (long long)rows(&p));
    assert_int_equal(ask_number(&p, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
                     1);
    free(all.ids);
    place_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_is_there_once_whenever_it_is_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
