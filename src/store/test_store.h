/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_store.h
 * What the tests of the store share: a directory of their own, rows, and who counts them.
 */
#ifndef STORE_TEST_STORE_H
#define STORE_TEST_STORE_H

#include "store/spill.h"

#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/** A directory with a store in it. */
struct place {
    char dir[64];
    char db[96];
    char spill[112];
};

/** Make one. */
static inline void place_make(struct place *p)
{
    snprintf(p->dir, sizeof p->dir, "/tmp/assay-store-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->db, sizeof p->db, "%s/assay.db", p->dir);
    snprintf(p->spill, sizeof p->spill, "%s.spill", p->db);
}

/** nftw() calls it. */
static inline int place_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/** Remove it with all in it. */
static inline void place_done(struct place *p)
{
    nftw(p->dir, place_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/** Options of a store that moves at once, in small files. */
static const struct store_options QUICK = {.interval = 5, .busy = 20, .segment = 4096};

/** Open a store that must open. */
static inline struct store *open_store(const struct place *p, const struct store_options *options)
{
    char why[STORE_WHY] = "";
    struct store *s = NULL;

    if (!store_open(p->db, options, &s, why))
        fail_msg("store_open: %s", why);
    return s;
}

/** A row like those of a day's mail, its Message-ID made of a number. */
struct sample {
    struct store_row row;
    struct store_signature signatures[2];
    char message_id[64];
};

#define SET_EMPTY(tag, name, most, about) s->row.name = SPAN_EMPTY;

/** Fill it. */
static inline void sample_make(struct sample *s, uint64_t number)
{
    s->row = (struct store_row){.time = 1764000000 + (int64_t)number, .recipients = 2};
    STORE_TEXTS(SET_EMPTY)
    snprintf(s->message_id, sizeof s->message_id, "%" PRIu64 "@news.example", number);
    s->row.direction = SPAN("in");
    s->row.listener = SPAN("in");
    s->row.queue_id = SPAN("4bN8xq2Zj3z9rXK");
    s->row.message_id = span_of(s->message_id);
    s->row.client = SPAN("192.0.2.25");
    s->row.helo = SPAN("mail.news.example");
    s->row.mail_from = SPAN("bounce-8831@lists.news.example");
    s->row.mail_from_domain = SPAN("lists.news.example");
    s->row.recipient_domain = SPAN("example.net");
    s->row.author = SPAN("news.example");
    s->row.disposition = SPAN("accept");
    s->row.would = SPAN("accept");
    s->row.cause = SPAN("none");
    s->row.reason = SPAN("DKIM of news.example proves the author");
    s->row.dmarc = SPAN("pass");
    s->row.dmarc_policy = SPAN("reject");
    s->row.dmarc_tag = SPAN("p");
    s->row.aligned_dkim = SPAN("news.example");
    s->row.org_domain = SPAN("news.example");
    s->row.policy_domain = SPAN("news.example");
    s->row.discovery = SPAN("treewalk");
    s->row.record = SPAN("v=DMARC1; p=reject; rua=mailto:dmarc@news.example; adkim=s");
    s->row.spf_domain = SPAN("lists.news.example");
    s->row.spf_scope = SPAN("mfrom");
    s->row.spf = SPAN("pass");
    s->row.spf_reason = SPAN("ip4:192.0.2.0/24 matches");
    s->row.spf_helo = SPAN("none");
    s->row.arc = SPAN("none");
    s->row.iprev = SPAN("pass");
    s->row.iprev_name = SPAN("mail.news.example");
    s->signatures[0] = (struct store_signature){SPAN("news.example"), SPAN("s2026"),
                                                SPAN("rsa-sha256"), SPAN("pass"), SPAN_EMPTY};
    s->signatures[1] =
        (struct store_signature){SPAN("relay.example"), SPAN("ed"), SPAN("ed25519-sha256"),
                                 SPAN("fail"), SPAN("the body was changed")};
    s->row.signatures = s->signatures;
    s->row.nsignatures = 2;
}

#undef SET_EMPTY

/** Append the row of a number. */
static inline enum store_kept append(struct store *s, uint64_t number)
{
    struct sample sample;

    sample_make(&sample, number);
    return store_append(s, &sample.row, NULL);
}

/** Ask the database for a number, from outside. */
static inline int64_t ask_number(const struct place *p, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    int64_t number = -1;

    assert_int_equal(sqlite3_open(p->db, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    if (sqlite3_step(st) == SQLITE_ROW)
        number = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return number;
}

/** Rows of the database. */
static inline int64_t rows(const struct place *p)
{
    return ask_number(p, "SELECT count(*) FROM verdict");
}

/** Wait a moment. */
static inline void nap(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&t, NULL);
}

/** Fail with both values unless two spans are the same. */
static inline void assert_span(const char *what, assay_span got, assay_span wanted)
{
    if (!span_eq(got, wanted))
        fail_msg("%s: wanted \"%.*s\", got \"%.*s\"", what, SPAN_ARG(wanted), SPAN_ARG(got));
}

/** Two rows hold the same; the ids are compared too. */
static inline void assert_same_row(const struct store_row *got, const struct store_row *wanted)
{
    assert_memory_equal(got->id.octet, wanted->id.octet, STORE_ID);
#define SAME(tag, name, about)     \
    if (got->name != wanted->name) \
        fail_msg(#name ": wanted %" PRId64 ", got %" PRId64, wanted->name, got->name);
    STORE_NUMBERS(SAME)
#undef SAME
#define SAME(tag, name, most, about) assert_span(#name, got->name, wanted->name);
    STORE_TEXTS(SAME)
#undef SAME
    assert_int_equal(got->nsignatures, wanted->nsignatures);
    for (size_t i = 0; i < got->nsignatures; i++) {
#define SAME(tag, name, most, about) \
    assert_span("signature " #name, got->signatures[i].name, wanted->signatures[i].name);
        STORE_SIGNATURE(SAME)
#undef SAME
    }
}

#endif
