/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include "store/spill.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { APPENDS = 20000, BATCH = 20000, PATIENCE = 600000 };

/** Stores and what they are measured by, in a directory of their own. */
struct stores {
    char dir[64];
    struct store_row row;
    struct store_signature signature;
    char frame[FRAME_MOST];
    size_t frame_n;
    struct store *store;
    int file;
    sqlite3 *bare;
    sqlite3_stmt *put;
    int64_t number;
};

/** A path in the directory. */
static const char *path_of(const struct stores *s, const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    return path;
}

/** A row like those of a day's mail. */
static void make_row(struct stores *s)
{
    static const struct segment_id ID;

#define EMPTY(tag, name, most, about) s->row.name = SPAN_EMPTY;
    STORE_TEXTS(EMPTY)
#undef EMPTY
    s->row.time = 1764000000;
    s->row.recipients = 1;
    s->row.direction = SPAN("in");
    s->row.queue_id = SPAN("4bN8xq2Zj3z9rXK");
    s->row.message_id = SPAN("20261129.163332.8831@lists.news.example");
    s->row.client = SPAN("192.0.2.25");
    s->row.helo = SPAN("mail.news.example");
    s->row.mail_from = SPAN("bounce-8831@lists.news.example");
    s->row.mail_from_domain = SPAN("lists.news.example");
    s->row.recipient_domain = SPAN("example.net");
    s->row.author = s->row.policy_domain = s->row.org_domain = SPAN("news.example");
    s->row.disposition = s->row.would = SPAN("accept");
    s->row.reason = SPAN("DKIM of news.example proves the author");
    s->row.dmarc = s->row.spf = s->row.iprev = SPAN("pass");
    s->row.dmarc_policy = SPAN("reject");
    s->row.aligned_dkim = SPAN("news.example");
    s->row.discovery = SPAN("treewalk");
    s->row.record = SPAN("v=DMARC1; p=reject; rua=mailto:dmarc@news.example; adkim=s");
    s->row.spf_domain = SPAN("lists.news.example");
    s->row.spf_reason = SPAN("ip4:192.0.2.0/24 matches");
    s->signature = (struct store_signature){SPAN("news.example"), SPAN("s2026"), SPAN("rsa-sha256"),
                                            SPAN("pass"), SPAN_EMPTY};
    s->row.signatures = &s->signature;
    s->row.nsignatures = 1;
    s->frame_n = frame_seal(&ID, s->frame, row_encode(&s->row, s->frame + FRAME_HEAD));
}

/** Open all of it. */
static void open_all(struct stores *s)
{
    char why[STORE_WHY];

    snprintf(s->dir, sizeof s->dir, "/tmp/assay-bench-XXXXXX");
    make_row(s);
    if (!mkdtemp(s->dir) || !store_open(path_of(s, "assay.db"), NULL, &s->store, why))
        bench_fail("the store does not open");
    s->file = open(path_of(s, "bare"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (s->file < 0 || sqlite3_open(path_of(s, "bare.db"), &s->bare) != SQLITE_OK ||
        sqlite3_exec(s->bare,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "CREATE TABLE t (n INTEGER PRIMARY KEY, time INTEGER, frame BLOB) STRICT;"
                     "CREATE INDEX i ON t (time)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(s->bare, "INSERT INTO t (time, frame) VALUES (?, ?)", -1, &s->put,
                           NULL) != SQLITE_OK)
        bench_fail("what the store is measured by does not open");
}

/** Close it and remove it. */
static void close_all(struct stores *s)
{
    static const char *const NAMES[] = {"assay.db",     "assay.db-wal",
                                        "assay.db-shm", "assay.db.spill/lock",
                                        "bare",         "bare.db",
                                        "bare.db-wal",  "bare.db-shm"};

    store_close(s->store);
    sqlite3_finalize(s->put);
    sqlite3_close(s->bare);
    close(s->file);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        unlink(path_of(s, NAMES[i]));
    rmdir(path_of(s, "assay.db.spill"));
    rmdir(s->dir);
}

static bool append_row(void *arg)
{
    struct stores *s = arg;

    s->row.time++;
    return store_append(s->store, &s->row, NULL) == STORE_WRITTEN;
}

/** The least: one write of the same octets. */
static bool write_bare(void *arg)
{
    struct stores *s = arg;

    return write(s->file, s->frame, s->frame_n) == (ssize_t)s->frame_n;
}

/** A batch into the database, from the first append to the last commit. */
static bool move_rows(void *arg)
{
    struct stores *s = arg;

    for (int i = 0; i < BATCH; i++)
        if (!append_row(s))
            return false;
    return store_flush(s->store, PATIENCE);
}

/** The least: the same number of octets in one column, one index, in transactions as large. */
static bool insert_bare(void *arg)
{
    struct stores *s = arg;

    for (int i = 0; i < BATCH; i++) {
        if (i % LIMIT_STORE_BATCH == 0)
            sqlite3_exec(s->bare, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        sqlite3_bind_int64(s->put, 1, s->number++);
        sqlite3_bind_blob(s->put, 2, s->frame, (int)s->frame_n, SQLITE_STATIC);
        if (sqlite3_step(s->put) != SQLITE_DONE || sqlite3_reset(s->put) != SQLITE_OK)
            return false;
        if (i % LIMIT_STORE_BATCH == LIMIT_STORE_BATCH - 1 || i == BATCH - 1)
            sqlite3_exec(s->bare, "COMMIT", NULL, NULL, NULL);
    }
    return true;
}

void bench_store(void)
{
    struct stores *s;

    if (bench_skipped("store.append") && bench_skipped("store.move"))
        return;
    if (!(s = calloc(1, sizeof *s)))
        bench_fail("out of memory");
    open_all(s);
    bench_pair("store.append", append_row, s, write_bare, s, APPENDS, BENCH_AT_MOST, 0);
    if (!store_flush(s->store, PATIENCE))
        bench_fail("rows do not come into the database");
    bench_wall = true;
    bench_pair("store.move.20000", move_rows, s, insert_bare, s, 1, BENCH_AT_MOST, 0);
    bench_wall = false;
    close_all(s);
    free(s);
}
