/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"
#include "store/schema.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

enum { BUSY = 5000 };

#define NUMBER_NAME(tag, name, about)     ", v." #name
#define TEXT_NAME(tag, name, most, about) ", v." #name
#define PART_NAME(tag, name, most, about) ", " #name

/*
 * A condition that is not asked for is left out of the SQL, so that SQLite chooses the right index:
 * at most one of these for each index there is.
 */
#define COLUMNS                                           \
    "SELECT v.n, v.id" STORE_NUMBERS(NUMBER_NAME)         \
        STORE_TEXTS(TEXT_NAME) ", p.text FROM verdict v " \
                               "LEFT JOIN published p "   \
                               "ON p.n = v.record "       \
                               "WHERE v.time >= ?1 AND "  \
                               "v.time < ?2"
#define OF_NAME      " AND (v.queue_id = ?3 OR v.message_id = ?3)"
#define OF_DOMAIN    " AND v.policy_domain = ?4"
#define OF_DIRECTION " AND v.direction = ?5"

static const char SIGNATURES[] =
    "SELECT i" STORE_SIGNATURE(PART_NAME) " FROM signature WHERE verdict = ? ORDER BY i";

static const char DOMAINS[] = "SELECT policy_domain, count(*) FROM verdict "
                              "WHERE policy_domain IS NOT NULL AND time >= ? AND time < ? "
                              "AND direction = 'in' GROUP BY policy_domain ORDER BY policy_domain";

struct store_reader {
    sqlite3 *sqlite;
    struct arena row; /**< the row that is handed out */
    struct store_signature signatures[LIMIT_SIGNATURES];
};

/** Say what SQLite says. \return false */
static bool failed(const struct store_reader *r, char why[STORE_WHY])
{
    snprintf(why, STORE_WHY, "%s", r->sqlite ? sqlite3_errmsg(r->sqlite) : "out of memory");
    return false;
}

bool store_reader_open(const char *path, struct store_reader **ret, char why[STORE_WHY])
{
    struct store_reader *r = calloc(1, sizeof *r);
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    char text[STORE_WHY] = "out of memory";

    if (r && sqlite3_open_v2(path, &r->sqlite, flags, NULL) == SQLITE_OK &&
        schema_defend(r->sqlite, BUSY)) {
        if (schema_check(r->sqlite, text)) {
            *ret = r;
            return true;
        }
    } else if (r) {
        failed(r, text);
    }
    snprintf(why, STORE_WHY, "%.100s: %.150s", path, text);
    store_reader_close(r);
    return false;
}

void store_reader_close(struct store_reader *r)
{
    if (!r)
        return;
    sqlite3_close(r->sqlite);
    arena_done(&r->row);
    free(r);
}

/* ---- one row ---- */

/** A text of a column, copied; NULL is empty. \return false: out of memory */
static bool get_text(struct store_reader *r, sqlite3_stmt *st, int at, assay_span *ret)
{
    const char *p = (const char *)sqlite3_column_text(st, at);
    size_t n = (size_t)sqlite3_column_bytes(st, at);

    if (!p && sqlite3_column_type(st, at) != SQLITE_NULL)
        return false;
    *ret = SPAN_EMPTY;
    return !p || n == 0 || arena_copy(&r->row, (assay_span){p, n}, ret);
}

/** Read the signatures of a row. \return a result of SQLite */
static int get_signatures(struct store_reader *r, sqlite3_stmt *st, int64_t verdict,
                          struct store_row *row)
{
    int rc = sqlite3_bind_int64(st, 1, verdict);

    row->signatures = r->signatures;
    row->nsignatures = 0;
    if (rc != SQLITE_OK)
        return rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && row->nsignatures < LIMIT_SIGNATURES) {
        struct store_signature *s = &r->signatures[row->nsignatures++];
        int at = 0;
        bool ok = true;

#define GET(tag, name, most, about) ok = ok && get_text(r, st, ++at, &s->name);
        STORE_SIGNATURE(GET)
#undef GET
        if (!ok)
            rc = SQLITE_NOMEM;
        if (!ok)
            break;
    }
    sqlite3_reset(st);
    return rc == SQLITE_ROW ? SQLITE_DONE : rc;
}

/** Read the row that the statement stands at. \return a result of SQLite */
static int get_row(struct store_reader *r, sqlite3_stmt *st, sqlite3_stmt *signatures,
                   struct store_row *row)
{
    const void *id = sqlite3_column_blob(st, 1);
    int at = 1;
    bool ok = true;

    arena_rewind(&r->row);
    if (!id || sqlite3_column_bytes(st, 1) != STORE_ID)
        return SQLITE_CORRUPT;
    memcpy(row->id.octet, id, STORE_ID);
#define GET(tag, name, about) row->name = sqlite3_column_int64(st, ++at);
    STORE_NUMBERS(GET)
#undef GET
#define GET(tag, name, most, about) ok = ok && get_text(r, st, ++at, &row->name);
    STORE_TEXTS(GET)
#undef GET
    if (!ok || !get_text(r, st, ++at, &row->record))
        return SQLITE_NOMEM;
    return get_signatures(r, signatures, sqlite3_column_int64(st, 0), row);
}

/* ---- many rows ---- */

/** The SQL of a query. */
static void write_sql(const struct store_query *q, char *sql, size_t n)
{
    snprintf(sql, n, "%s%s%s%s ORDER BY v.time%s, v.n%s%s", COLUMNS, q->name ? OF_NAME : "",
             q->policy_domain ? OF_DOMAIN : "", q->direction ? OF_DIRECTION : "",
             q->most ? " DESC" : "", q->most ? " DESC" : "", q->most ? " LIMIT ?6" : "");
}

/** Bind a text to a parameter that may not be there. */
static bool bind_text(sqlite3_stmt *st, int at, const char *text)
{
    size_t n = text ? strlen(text) : 0;

    if (!text)
        return true;
    if (at == 3 && n > 2 && text[0] == '<' && text[n - 1] == '>')
        return sqlite3_bind_text(st, at, text + 1, (int)n - 2, SQLITE_STATIC) == SQLITE_OK;
    return sqlite3_bind_text(st, at, text, (int)n, SQLITE_STATIC) == SQLITE_OK;
}

/** Bind the parameters of a query. */
static bool bind_query(sqlite3_stmt *st, const struct store_query *q)
{
    return sqlite3_bind_int64(st, 1, q->since) == SQLITE_OK &&
           sqlite3_bind_int64(st, 2, q->until ? q->until : INT64_MAX) == SQLITE_OK &&
           bind_text(st, 3, q->name) && bind_text(st, 4, q->policy_domain) &&
           bind_text(st, 5, q->direction) &&
           (!q->most ||
            sqlite3_bind_int64(st, 6, q->most < INT64_MAX ? (int64_t)q->most : INT64_MAX) ==
                SQLITE_OK);
}

/** Hand out the rows of a statement. \return a result of SQLite */
static int hand_out(struct store_reader *r, sqlite3_stmt *st, sqlite3_stmt *signatures,
                    store_row_fn *take, void *arg)
{
    int rc;

    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct store_row row;

        if ((rc = get_row(r, st, signatures, &row)) != SQLITE_DONE || !take(arg, &row))
            break;
    }
    return rc;
}

bool store_select(struct store_reader *r, const struct store_query *query, store_row_fn *take,
                  void *arg, char why[STORE_WHY])
{
    sqlite3_stmt *st = NULL, *signatures = NULL;
    char sql[2048];
    int rc = SQLITE_NOMEM;

    write_sql(query, sql, sizeof sql);
    if (sqlite3_prepare_v2(r->sqlite, sql, -1, &st, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(r->sqlite, SIGNATURES, -1, &signatures, NULL) == SQLITE_OK &&
        bind_query(st, query))
        rc = hand_out(r, st, signatures, take, arg);
    if (rc != SQLITE_DONE)
        failed(r, why);
    sqlite3_finalize(signatures);
    sqlite3_finalize(st);
    return rc == SQLITE_DONE;
}

bool store_domains(struct store_reader *r, int64_t since, int64_t until, store_domain_fn *take,
                   void *arg, char why[STORE_WHY])
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(r->sqlite, DOMAINS, -1, &st, NULL);

    rc = rc ? rc : sqlite3_bind_int64(st, 1, since);
    rc = rc ? rc : sqlite3_bind_int64(st, 2, until);
    while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *domain = (const char *)sqlite3_column_text(st, 0);

        rc = domain ? SQLITE_OK : SQLITE_NOMEM;
        if (domain && !take(arg, span_of(domain), (uint64_t)sqlite3_column_int64(st, 1)))
            rc = SQLITE_DONE;
    }
    if (rc != SQLITE_DONE)
        failed(r, why);
    sqlite3_finalize(st);
    return rc == SQLITE_DONE;
}

/* ---- the whole of it ---- */

bool store_check(struct store_reader *r, struct store_health *ret, char why[STORE_WHY])
{
    struct store_health health = {0};
    sqlite3_stmt *st = NULL;
    const char *said;
    int rc = schema_number(r->sqlite, "SELECT count(*) FROM verdict", &health.rows);

    rc = rc ? rc : schema_number(r->sqlite, "SELECT min(time) FROM verdict", &health.oldest);
    rc = rc ? rc : schema_number(r->sqlite, "SELECT max(time) FROM verdict", &health.newest);
    rc = rc ? rc : sqlite3_prepare_v2(r->sqlite, "PRAGMA integrity_check(1)", -1, &st, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW &&
        (said = (const char *)sqlite3_column_text(st, 0))) {
        health.whole = strcmp(said, "ok") == 0;
        if (!health.whole)
            snprintf(why, STORE_WHY, "%s", said);
        *ret = health;
        rc = SQLITE_OK;
    } else {
        failed(r, why);
        rc = SQLITE_ERROR;
    }
    sqlite3_finalize(st);
    return rc == SQLITE_OK;
}
