/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/test_store.h"

#include "store/schema.h"
#include "store/sqlite.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PATIENCE = 20000 };

/** Files of the spill whose names begin so. */
static unsigned files(const struct place *p, const char *head)
{
    DIR *d = opendir(p->spill);
    struct dirent *entry;
    unsigned n = 0;

    assert_non_null(d);
    while ((entry = readdir(d)))
        n += strncmp(entry->d_name, head, strlen(head)) == 0;
    closedir(d);
    return n;
}

/** The rows that a query gives, counted; the last one's Message-ID. */
struct taken {
    unsigned n;
    char message_id[128];
    unsigned most; /**< stop after so many; 0: never */
};

static bool take(void *arg, const struct store_row *row)
{
    struct taken *t = arg;

    t->n++;
    snprintf(t->message_id, sizeof t->message_id, "%.*s", SPAN_ARG(row->message_id));
    return t->n != t->most;
}

/** Ask and count. */
static struct taken ask(const struct place *p, const struct store_query *query, unsigned most)
{
    struct store_reader *r = NULL;
    struct taken t = {.most = most};
    char why[STORE_WHY] = "";

    if (!store_reader_open(p->db, &r, why) || !store_select(r, query, take, &t, why))
        fail_msg("%s", why);
    store_reader_close(r);
    return t;
}

/* ---- in and out ---- */

/** Compares the row with the one that was appended. */
static bool compare(void *arg, const struct store_row *row)
{
    assert_same_row(row, arg);
    return true;
}

static void a_row_comes_back_as_it_was_appended(void **state)
{
    struct store_query query = {0};
    struct store_reader *r = NULL;
    char why[STORE_WHY] = "";
    struct sample sample;
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    sample_make(&sample, 1);
    assert_int_equal(store_append(s, &sample.row, &sample.row.id), STORE_WRITTEN);
    assert_true(store_flush(s, PATIENCE));
    assert_true(store_reader_open(p.db, &r, why));
    assert_true(store_select(r, &query, compare, &sample.row, why));
    store_reader_close(r);
    store_close(s);
    place_done(&p);
}

static void texts_become_utf_8(void **state)
{
    struct sample sample;
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    sample_make(&sample, 1);
    sample.row.helo = (assay_span){"a\xFF\0b\xC3\xA4", 6};
    store_append(s, &sample.row, NULL);
    store_close(s);
    assert_int_equal(ask_number(&p, "SELECT helo = 'a\uFFFD\uFFFDb\u00E4' FROM verdict"), 1);
    place_done(&p);
}

static void a_store_that_is_closed_leaves_no_spill(void **state)
{
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(append(s, i), STORE_WRITTEN);
    store_close(s);
    assert_int_equal(rows(&p), 100);
    assert_int_equal(ask_number(&p, "SELECT count(*) FROM signature"), 200);
    assert_int_equal(ask_number(&p, "SELECT count(*) FROM published"), 1);
    assert_int_equal(ask_number(&p, "SELECT count(*) FROM position"), 0);
    assert_int_equal(files(&p, "rows-"), 0);
    place_done(&p);
}

static void rows_are_found_by_name_domain_time_and_direction(void **state)
{
    static const struct {
        struct store_query query;
        unsigned n;
        const char *last;
    } ROWS[] = {
        {{0}, 20, "20@news.example"},
        {{.name = "7@news.example"}, 1, "7@news.example"},
        {{.name = "<7@news.example>"}, 1, "7@news.example"},
        {{.name = "QUEUE7"}, 1, "7@news.example"},
        {{.name = "QUEUE"}, 0, ""},
        {{.policy_domain = "news.example"}, 10, "19@news.example"},
        {{.policy_domain = "bank.example", .since = 1764000005, .until = 1764000010},
         2,
         "8@news.example"},
        {{.since = 1764000005, .until = 1764000010}, 5, "9@news.example"},
        {{.direction = "out"}, 4, "20@news.example"},
        {{.direction = "in", .policy_domain = "news.example"}, 8, "19@news.example"},
        {{.most = 3}, 3, "18@news.example"},
        {{.policy_domain = "bank.example", .most = 2}, 2, "18@news.example"},
    };
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    for (uint64_t i = 1; i <= 20; i++) {
        struct sample sample;
        char queue_id[16];

        sample_make(&sample, i);
        snprintf(queue_id, sizeof queue_id, "QUEUE%u", (unsigned)i);
        sample.row.queue_id = span_of(queue_id);
        sample.row.policy_domain = i % 2 ? SPAN("news.example") : SPAN("bank.example");
        if (i % 5 == 0)
            sample.row.direction = SPAN("out");
        store_append(s, &sample.row, NULL);
    }
    assert_true(store_flush(s, PATIENCE));
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct taken t = ask(&p, &ROWS[i].query, 0);

        if (t.n != ROWS[i].n || strcmp(t.message_id, ROWS[i].last) != 0)
            fail_msg("query %zu: wanted %u rows, the last %s; got %u, %s", i, ROWS[i].n,
                     ROWS[i].last, t.n, t.message_id);
    }
    assert_int_equal(ask(&p, &(struct store_query){0}, 2).n, 2); /* the taker said: no more */
    store_close(s);
    place_done(&p);
}

/** Writes the domains down. */
static bool take_domain(void *arg, assay_span domain, uint64_t n)
{
    char *text = arg;
    size_t at = strlen(text);

    snprintf(text + at, 256 - at, "%.*s=%u ", SPAN_ARG(domain), (unsigned)n);
    return true;
}

static void policy_domains_of_a_day_are_listed(void **state)
{
    static const assay_span DOMAINS[] = {SPAN("c.example"), SPAN("a.example"), SPAN("")};
    struct store_reader *r = NULL;
    char why[STORE_WHY] = "", text[256] = "";
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    for (uint64_t i = 0; i < 12; i++) {
        struct sample sample;

        sample_make(&sample, i);
        sample.row.policy_domain = DOMAINS[i % 3];
        store_append(s, &sample.row, NULL);
    }
    assert_true(store_flush(s, PATIENCE));
    assert_true(store_reader_open(p.db, &r, why));
    assert_true(store_domains(r, 1764000000, 1764000010, take_domain, text, why));
    assert_string_equal(text, "a.example=3 c.example=4 ");
    store_reader_close(r);
    store_close(s);
    place_done(&p);
}

static void every_query_uses_an_index(void **state)
{
    static const struct {
        const char *where, *plan;
    } ROWS[] = {
        {"(v.queue_id = 'x' OR v.message_id = 'x')", "MULTI-INDEX OR"},
        {"v.policy_domain = 'x'",
         "INDEX verdict_policy_domain (policy_domain=? AND time>? AND time<?)"},
        {"1", "INDEX verdict_time (time>? AND time<?)"},
    };
    struct place p;

    (void)state;
    place_make(&p);
    store_close(open_store(&p, &QUICK));
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        sqlite3 *db = NULL;
        sqlite3_stmt *st = NULL;
        char sql[512];

        snprintf(
            sql, sizeof sql,
            "EXPLAIN QUERY PLAN SELECT v.n FROM verdict v WHERE v.time >= 1 AND v.time < 2 AND %s "
            "ORDER BY v.time, v.n",
            ROWS[i].where);
        assert_int_equal(sqlite3_open(p.db, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        if (!strstr((const char *)sqlite3_column_text(st, 3), ROWS[i].plan))
            fail_msg("%s: wanted %s, got %s", ROWS[i].where, ROWS[i].plan,
                     (const char *)sqlite3_column_text(st, 3));
        sqlite3_finalize(st);
        sqlite3_close(db);
    }
    place_done(&p);
}

/* ---- threads ---- */

enum { THREADS = 4, EACH = 2000 };

static void *append_many(void *store)
{
    for (uint64_t i = 0; i < EACH; i++)
        if (append(store, i) != STORE_WRITTEN)
            return NULL;
    return store;
}

static void many_threads_append_while_others_look(void **state)
{
    pthread_t threads[THREADS];
    struct store_stats stats;
    struct place p;
    struct store *s;
    void *ok;

    (void)state;
    place_make(&p);
    s = open_store(&p, &(struct store_options){.interval = 1, .segment = 65536, .sync = 3});
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, s), 0);
    for (int i = 0; i < 20; i++) {
        store_stats(s, &stats);
        (void)ask(&p, &(struct store_query){.name = "5@news.example"}, 0);
        if (i % 5 == 0)
            store_prune(s, 1);
        (void)store_flush(s, 1);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &ok), 0);
        assert_ptr_equal(ok, s);
    }
    assert_true(store_flush(s, PATIENCE));
    store_stats(s, &stats);
    assert_int_equal(stats.written, THREADS * EACH);
    assert_int_equal(stats.moved, THREADS * EACH);
    assert_int_equal(stats.damaged + stats.refused + stats.known + stats.lost, 0);
    store_close(s);
    assert_int_equal(rows(&p), THREADS * EACH);
    assert_int_equal(ask_number(&p, "SELECT count(DISTINCT id) FROM verdict"), THREADS * EACH);
    place_done(&p);
}

/* ---- what goes wrong ---- */

static void a_second_store_is_refused(void **state)
{
    char why[STORE_WHY] = "";
    struct store *s, *second = NULL;
    struct place p;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    assert_false(store_open(p.db, &QUICK, &second, why));
    assert_null(second);
    assert_non_null(strstr(why, "another program has it open"));
    store_close(s);
    store_close(open_store(&p, &QUICK));
    place_done(&p);
}

static void a_locked_database_delays_no_row(void **state)
{
    struct store_stats stats;
    sqlite3 *other = NULL;
    struct timespec begin, end;
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    assert_int_equal(sqlite3_open(p.db, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (uint64_t i = 0; i < 500; i++) {
        assert_int_equal(append(s, i), STORE_WRITTEN);
        if (i % 100 == 0)
            nap(400);
    }
    assert_false(store_flush(s, 100));
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_true(end.tv_sec - begin.tv_sec >= 1);
    store_stats(s, &stats);
    assert_int_equal(stats.written, 500);
    assert_int_equal(stats.moved, 0);
    assert_true(stats.delays > 0);
    assert_non_null(strstr(stats.database_why, "locked"));
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_true(store_flush(s, PATIENCE));
    store_stats(s, &stats);
    assert_int_equal(stats.moved, 500);
    assert_string_equal(stats.database_why, "");
    store_close(s);
    assert_int_equal(rows(&p), 500);
    place_done(&p);
}

static void a_store_opens_while_the_database_is_locked(void **state)
{
    sqlite3 *other = NULL;
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    store_close(open_store(&p, &QUICK));
    assert_int_equal(sqlite3_open(p.db, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    s = open_store(&p, &QUICK);
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(append(s, i), STORE_WRITTEN);
    assert_false(store_flush(s, 100));
    store_close(s); /* rows stay in the spill */
    assert_int_equal(files(&p, "rows-"), 2);
    s = open_store(&p, &QUICK);
    assert_int_equal(append(s, 10), STORE_WRITTEN);
    sqlite3_close(other);
    assert_true(store_flush(s, PATIENCE));
    store_close(s);
    assert_int_equal(rows(&p), 11);
    assert_int_equal(files(&p, "rows-"), 0);
    place_done(&p);
}

static void what_is_no_store_of_ours_is_refused_and_left_alone(void **state)
{
    static const struct {
        const char *sql, *wanted;
    } ROWS[] = {
        {"CREATE TABLE t (a)", "another program"},
        {"PRAGMA application_id = 77", "another program"},
        {"PRAGMA application_id = 1098085241; PRAGMA user_version = 1000", "newer program"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        char why[STORE_WHY] = "";
        struct store *s = NULL;
        struct store_reader *r = NULL;
        sqlite3 *other = NULL;
        struct place p;

        place_make(&p);
        assert_int_equal(sqlite3_open(p.db, &other), SQLITE_OK);
        assert_int_equal(sqlite3_exec(other, ROWS[i].sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(other);
        if (store_open(p.db, &QUICK, &s, why) || !strstr(why, ROWS[i].wanted))
            fail_msg("%s: wanted \"%s\", got \"%s\"", ROWS[i].sql, ROWS[i].wanted, why);
        assert_false(store_reader_open(p.db, &r, why));
        assert_int_equal(
            ask_number(&p, "SELECT count(*) FROM sqlite_schema WHERE name = 'verdict'"), 0);
        assert_int_equal(ask_number(&p, "SELECT journal_mode = 'delete' FROM pragma_journal_mode"),
                         1);
        place_done(&p);
    }
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    char why[STORE_WHY] = "";
    struct store *s = NULL;
    struct place p;
    FILE *f;

    (void)state;
    place_make(&p);
    assert_non_null(f = fopen(p.db, "w"));
    for (int i = 0; i < 1000; i++)
        fputs("no database\n", f);
    fclose(f);
    assert_false(store_open(p.db, &QUICK, &s, why));
    assert_non_null(strstr(why, "no database"));
    assert_false(store_open("/nonexistent/assay.db", &QUICK, &s, why));
    assert_non_null(strstr(why, "No such file"));
    place_done(&p);
}

static void the_spill_has_a_limit(void **state)
{
    struct store_options options = {.interval = 5, .busy = 5, .spill_most = 1 << 18};
    struct store_stats stats;
    sqlite3 *other = NULL;
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &options);
    assert_int_equal(sqlite3_open(p.db, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    for (uint64_t i = 0; i < 40000; i++)
        (void)append(s, i);
    store_stats(s, &stats);
    assert_true(stats.spilled <= 1 << 18);
    assert_true(stats.waiting > 10000 && stats.lost > 0);
    assert_int_equal(stats.written + stats.waiting + stats.lost, 40000);
    assert_string_equal(stats.spill_why, "the spill has reached its limit");
    sqlite3_close(other);
    while (!store_flush(s, PATIENCE))
        ;
    store_close(s);
    assert_int_equal(rows(&p), 40000 - (int64_t)stats.lost);
    place_done(&p);
}

/* ---- what a disk does ---- */

/** Append rows, keep them out of the database, and close. */
static void leave_spill(const struct place *p, uint64_t n)
{
    sqlite3 *other = NULL;
    struct store *s;

    store_close(open_store(p, &QUICK));
    assert_int_equal(sqlite3_open(p->db, &other), SQLITE_OK);
    s = open_store(p, &(struct store_options){.interval = 5, .busy = 5});
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    for (uint64_t i = 0; i < n; i++)
        assert_int_equal(append(s, i), STORE_WRITTEN);
    store_close(s);
    sqlite3_close(other);
}

/** Open the one file of the spill. */
static int open_spilled(const struct place *p)
{
    char path[256];
    int fd;

    snprintf(path, sizeof path, "%s/rows-%016x", p->spill, 1u);
    assert_true((fd = open(path, O_RDWR)) >= 0);
    return fd;
}

static void damaged_octets_cost_their_rows_only(void **state)
{
    struct store_stats stats;
    struct stat st;
    struct place p;
    struct store *s;
    int fd;

    (void)state;
    place_make(&p);
    leave_spill(&p, 100);
    fd = open_spilled(&p);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(pwrite(fd, "\0\0\0\0\0\0\0\0", 8, 1000), 8); /* inside one */
    assert_int_equal(pwrite(fd, "\0", 1, st.st_size / 2), 1);     /* and another */
    assert_int_equal(ftruncate(fd, st.st_size - 5), 0);           /* the last is torn */
    close(fd);
    s = open_store(&p, &QUICK);
    assert_true(store_flush(s, PATIENCE));
    store_stats(s, &stats);
    assert_int_equal(stats.moved, 97);
    assert_true(stats.damaged > 3 * 500 && stats.damaged < 3 * 800);
    store_close(s);
    assert_int_equal(rows(&p), 97);
    assert_int_equal(files(&p, "rows-"), 0);
    place_done(&p);
}

static void a_file_that_is_no_spill_is_kept_aside(void **state)
{
    struct place p;
    struct store *s;
    int fd;

    (void)state;
    place_make(&p);
    leave_spill(&p, 10);
    fd = open_spilled(&p);
    assert_int_equal(pwrite(fd, "x", 1, 0), 1);
    close(fd);
    s = open_store(&p, &QUICK);
    assert_int_equal(append(s, 10), STORE_WRITTEN);
    assert_true(store_flush(s, PATIENCE));
    store_close(s);
    assert_int_equal(rows(&p), 1);
    assert_int_equal(files(&p, "rows-"), 0);
    assert_int_equal(files(&p, "damaged-"), 1);
    place_done(&p);
}

static void what_cannot_be_read_keeps_no_row_back(void **state)
{
    /* A directory opens, but is not read; a symbolic link does not open. */
    struct store_stats stats;
    char path[256];
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    leave_spill(&p, 10);
    snprintf(path, sizeof path, "%s/rows-%016x", p.spill, 2u);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/rows-%016x", p.spill, 3u);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    s = open_store(&p, &QUICK);
    assert_int_equal(append(s, 10), STORE_WRITTEN);
    assert_true(store_flush(s, PATIENCE));
    store_stats(s, &stats);
    assert_int_equal(stats.moved, 11);
    assert_true(stats.damaged > 0);
    store_close(s);
    assert_int_equal(files(&p, "rows-"), 0);
    assert_int_equal(files(&p, "damaged-"), 2);
    place_done(&p);
}

static void the_ids_tell_rows_that_are_there_already(void **state)
{
    /* The same file again, as if the database had forgotten how far it read. */
    char one[256], two[256], command[600];
    struct store_stats stats;
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    leave_spill(&p, 50);
    snprintf(one, sizeof one, "%s/rows-%016x", p.spill, 1u);
    snprintf(two, sizeof two, "%s/rows-%016x", p.spill, 2u);
    snprintf(command, sizeof command, "cp %s %s", one, two);
    assert_int_equal(system(command), 0);
    s = open_store(&p, &QUICK);
    assert_true(store_flush(s, PATIENCE));
    store_stats(s, &stats);
    assert_int_equal(stats.moved, 50);
    assert_int_equal(stats.known, 50);
    store_close(s);
    assert_int_equal(rows(&p), 50);
    assert_int_equal(ask_number(&p, "SELECT count(*) FROM signature"), 100);
    place_done(&p);
}

/** Run in a process of its own, which may break its world. */
static void in_a_child(void (*what)(const struct place *), const struct place *p)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        what(p);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 77))
        fail_msg("the child ended with status %x", (unsigned)status);
    if (WEXITSTATUS(status) == 77)
        skip();
}

/** In a child: say what does not hold, and end. */
static void child_must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "child: %s\n", what);
    _exit(1);
}

/** Nothing can be written, then everything: nothing is lost. `fill`, `clear`: make it so */
static void fill_and_clear(const struct place *p, bool (*fill)(const struct place *),
                           bool (*clear)(const struct place *))
{
    struct store_stats stats;
    struct store *s = NULL;
    char why[STORE_WHY] = "";
    uint64_t n = 0;

    child_must(store_open(p->db, &QUICK, &s, why), why);
    while (n < 100)
        child_must(append(s, n++) == STORE_WRITTEN, "a row is written");
    child_must(store_flush(s, PATIENCE), "rows come into the database");
    child_must(fill(p), "the disk is full");
    while (n < 400) {
        enum store_kept kept = append(s, n++);

        child_must(kept == STORE_WRITTEN || kept == STORE_WAITS, "a row is kept");
    }
    store_stats(s, &stats);
    child_must(stats.waiting > 0 && stats.failures > 0, "rows wait");
    child_must(stats.spill_why[0] != '\0', "it says why");
    child_must(!store_flush(s, 50), "not all is in the database");
    child_must(clear(p), "the disk has room again");
    child_must(store_flush(s, PATIENCE), "all come into the database at last");
    store_stats(s, &stats);
    child_must(stats.moved == 400 && stats.waiting == 0 && stats.lost == 0, "nothing is lost");
    child_must(stats.damaged == 0, "what was torn was taken back");
    store_close(s);
    child_must(rows(p) == 400, "the database has each row once");
}

static bool no_file_grows(const struct place *p)
{
    (void)p;
    signal(SIGXFSZ, SIG_IGN);
    return setrlimit(RLIMIT_FSIZE, &(struct rlimit){300, RLIM_INFINITY}) == 0;
}

static bool files_grow(const struct place *p)
{
    (void)p;
    return setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) == 0;
}

static void limited_files(const struct place *p)
{
    fill_and_clear(p, no_file_grows, files_grow);
}

static void rows_wait_while_files_cannot_grow(void **state)
{
    struct place p;

    (void)state;
    place_make(&p);
    in_a_child(limited_files, &p);
    place_done(&p);
}

/** Fill the file system of the place with one file. */
static bool fill_disk(const struct place *p)
{
    static char zeros[512];
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/ballast", p->dir);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    if (fd < 0)
        return false;
    while (write(fd, zeros, sizeof zeros) > 0)
        ;
    close(fd);
    return errno == ENOSPC;
}

static bool clear_disk(const struct place *p)
{
    char path[128];

    snprintf(path, sizeof path, "%s/ballast", p->dir);
    return unlink(path) == 0;
}

static void small_disk(const struct place *p)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", p->dir, "tmpfs", 0, "size=8m") != 0)
        _exit(77);
    fill_and_clear(p, fill_disk, clear_disk);
}

static void rows_wait_while_the_disk_is_full(void **state)
{
    struct place p;

    (void)state;
    place_make(&p);
    in_a_child(small_disk, &p);
    place_done(&p);
}

/* ---- age ---- */

static void old_rows_go_with_what_only_they_need(void **state)
{
    struct store_stats stats;
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &(struct store_options){.interval = 5});
    for (uint64_t i = 0; i < 5000; i++) {
        struct sample sample;

        sample_make(&sample, 0);
        sample.row.time = 86400 * (1000 + (int64_t)i / 1000); /* five days */
        sample.row.record = i < 3000 ? SPAN("v=DMARC1; p=none") : SPAN("v=DMARC1; p=reject");
        store_append(s, &sample.row, NULL);
    }
    assert_true(store_flush(s, PATIENCE));
    store_prune(s, 86400 * 1002);
    assert_true(store_flush(s, PATIENCE));
    store_stats(s, &stats);
    assert_int_equal(stats.pruned, 2000);
    assert_int_equal(rows(&p), 3000);
    assert_int_equal(ask_number(&p, "SELECT count(*) FROM signature"), 6000);
    assert_int_equal(ask_number(&p, "SELECT count(*) FROM published"), 2);
    store_prune(s, 86400 * 1003);
    assert_true(store_flush(s, PATIENCE));
    assert_int_equal(rows(&p), 2000);
    assert_int_equal(ask_number(&p, "SELECT count(*) FROM published"), 1);
    assert_int_equal(ask_number(&p, "SELECT count(*) FROM verdict WHERE record IS NULL"), 0);
    store_close(s);
    place_done(&p);
}

static void the_option_days_removes_old_rows(void **state)
{
    struct place p;
    struct store *s;
    struct sample sample;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    for (int64_t day = 0; day < 20; day++) {
        sample_make(&sample, 0);
        sample.row.time = (int64_t)time(NULL) - day * 86400 - 100;
        store_append(s, &sample.row, NULL);
    }
    store_close(s);
    assert_int_equal(rows(&p), 20);
    s = open_store(&p, &(struct store_options){.interval = 5, .days = 7});
    assert_true(store_flush(s, PATIENCE));
    assert_int_equal(rows(&p), 7);
    store_close(s);
    place_done(&p);
}

/* ---- versions ---- */

/** Run SQL on the database, from outside. */
static void run_sql(const struct place *p, const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;

    assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    sqlite3_close(db);
}

static void a_database_of_version_1_is_taken_over(void **state)
{
    /* Made by the program that wrote version 1, as it was released. */
    struct place p;
    struct store *s;
    FILE *f;
    static char sql[16384];
    size_t n;

    (void)state;
    place_make(&p);
    assert_non_null(f = fopen("src/store/version1.sql", "r"));
    n = fread(sql, 1, sizeof sql - 1, f);
    fclose(f);
    assert_true(n > 0);
    run_sql(&p, sql);
    s = open_store(&p, &QUICK);
    append(s, 2);
    assert_true(store_flush(s, PATIENCE));
    assert_int_equal(ask_number(&p, "PRAGMA user_version"), SCHEMA_VERSION);
    assert_int_equal(ask(&p, &(struct store_query){.name = "old@news.example"}, 0).n, 1);
    assert_int_equal(ask(&p, &(struct store_query){0}, 0).n, 2);
    store_close(s);
    place_done(&p);
}

static void steps_that_are_missing_are_taken_once(void **state)
{
    const char *steps[] = {SCHEMA_STEPS[0], "ALTER TABLE verdict ADD COLUMN added TEXT",
                           "UPDATE verdict SET added = 'x'; CREATE INDEX added ON verdict (added)",
                           "ALTER TABLE verdict ADD COLUMN added TEXT" /* cannot work */};
    char why[STORE_WHY] = "";
    sqlite3 *db = NULL;
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    append(s, 1);
    store_close(s);
    assert_int_equal(sqlite3_open(p.db, &db), SQLITE_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(schema_upgrade(db, steps, 3, why), DB_DONE);
    assert_int_not_equal(schema_upgrade(db, steps, 4, why), DB_DONE);
    assert_non_null(strstr(why, "duplicate column"));
    sqlite3_close(db);
    assert_int_equal(ask_number(&p, "PRAGMA user_version"), 3);
    assert_int_equal(ask_number(&p, "SELECT count(*) FROM verdict WHERE added = 'x'"), 1);
    place_done(&p);
}

static void the_database_is_strict_and_whole(void **state)
{
    struct place p;

    (void)state;
    place_make(&p);
    store_close(open_store(&p, &QUICK));
    assert_int_equal(
        ask_number(&p, "SELECT min(strict) FROM pragma_table_list WHERE schema = 'main' AND "
                       "type = 'table' AND name NOT LIKE 'sqlite%'"),
        1);
    assert_int_equal(ask_number(&p, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(ask_number(&p, "PRAGMA auto_vacuum"), 2);
    assert_int_equal(ask_number(&p, "PRAGMA application_id"), SCHEMA_APPLICATION);
    place_done(&p);
}

static void only_its_owner_may_read_it(void **state)
{
    static const char *const NAMES[] = {"",       "-wal",        "-shm",
                                        ".spill", ".spill/lock", ".spill/rows-0000000000000001"};
    struct place p;
    struct store *s;
    mode_t old = umask(0);

    (void)state;
    place_make(&p);
    s = open_store(&p, &(struct store_options){.interval = 60000});
    append(s, 1);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        char path[256];
        struct stat st;

        snprintf(path, sizeof path, "%s%s", p.db, NAMES[i]);
        assert_int_equal(stat(path, &st), 0);
        if (st.st_mode & 077)
            fail_msg("%s: mode %o", path, st.st_mode & 07777);
    }
    umask(old);
    store_close(s);
    place_done(&p);
}

static bool put_json(void *arg, const struct store_row *row)
{
    store_json(arg, row);
    return true;
}

static void a_row_is_exported_as_a_line_of_json(void **state)
{
    struct buf out = buf_new(1 << 16);
    struct store_reader *r = NULL;
    char why[STORE_WHY] = "";
    struct sample sample;
    struct place p;
    struct store *s;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    sample_make(&sample, 1);
    store_append(s, &sample.row, NULL);
    assert_true(store_flush(s, PATIENCE));
    assert_true(store_reader_open(p.db, &r, why));
    assert_true(store_select(r, &(struct store_query){0}, put_json, &out, why));
    assert_int_equal(out.status, ASSAY_DONE);
    for (const char *const *w =
             (const char *[]){"{\"version\":1,\"id\":\"", "\"time\":\"2025-11-24T16:00:01Z\"",
                              "\"recipients\":2", "\"policy_domain\":\"news.example\"",
                              "\"signatures\":[{\"domain\":\"news.example\",",
                              "\"reason\":\"the body was changed\"}]}\n", NULL};
         *w; w++)
        if (!span_contains(buf_span(&out), span_of(*w)))
            fail_msg("wanted %s, got %.*s", *w, SPAN_ARG(buf_span(&out)));
    assert_false(span_contains(buf_span(&out), SPAN("override"))); /* what is empty is left out */
    buf_done(&out);
    store_reader_close(r);
    store_close(s);
    place_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_comes_back_as_it_was_appended),
        cmocka_unit_test(texts_become_utf_8),
        cmocka_unit_test(a_store_that_is_closed_leaves_no_spill),
        cmocka_unit_test(rows_are_found_by_name_domain_time_and_direction),
        cmocka_unit_test(policy_domains_of_a_day_are_listed),
        cmocka_unit_test(every_query_uses_an_index),
        cmocka_unit_test(many_threads_append_while_others_look),
        cmocka_unit_test(a_second_store_is_refused),
        cmocka_unit_test(a_locked_database_delays_no_row),
        cmocka_unit_test(a_store_opens_while_the_database_is_locked),
        cmocka_unit_test(what_is_no_store_of_ours_is_refused_and_left_alone),
        cmocka_unit_test(a_file_that_is_no_database_is_refused),
        cmocka_unit_test(the_spill_has_a_limit),
        cmocka_unit_test(damaged_octets_cost_their_rows_only),
        cmocka_unit_test(a_file_that_is_no_spill_is_kept_aside),
        cmocka_unit_test(what_cannot_be_read_keeps_no_row_back),
        cmocka_unit_test(the_ids_tell_rows_that_are_there_already),
        cmocka_unit_test(rows_wait_while_files_cannot_grow),
        cmocka_unit_test(rows_wait_while_the_disk_is_full),
        cmocka_unit_test(old_rows_go_with_what_only_they_need),
        cmocka_unit_test(the_option_days_removes_old_rows),
        cmocka_unit_test(a_database_of_version_1_is_taken_over),
        cmocka_unit_test(steps_that_are_missing_are_taken_once),
        cmocka_unit_test(the_database_is_strict_and_whole),
        cmocka_unit_test(only_its_owner_may_read_it),
        cmocka_unit_test(a_row_is_exported_as_a_line_of_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
