/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "store/schema.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DAY = 86400, CLEAN_ROOM = 3 * LIMIT_TXT };

/** The statements that are kept. */
enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    PUT,
    PUT_SIGNATURE,
    FIND_RECORD,
    PUT_RECORD,
    USE_RECORD,
    POSITION,
    SET_POSITION,
    FORGET,
    PRUNE_SIGNATURES,
    PRUNE_VERDICTS,
    PRUNE_RECORDS,
    SHRINK,
    STATEMENTS
};

#define NUMBER_NAME(tag, name, about)     ", " #name
#define TEXT_NAME(tag, name, most, about) ", " #name
#define NUMBER_SIGN(tag, name, about)     ", ?"
#define TEXT_SIGN(tag, name, most, about) ", ?"
#define OLD                               "(SELECT n FROM verdict WHERE time < ?1 ORDER BY time, n LIMIT ?2)"

static const char *const SQL[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [PUT] = "INSERT INTO verdict (id" STORE_NUMBERS(NUMBER_NAME)
        STORE_TEXTS(TEXT_NAME) ") VALUES (?" STORE_NUMBERS(NUMBER_SIGN)
            STORE_TEXTS(TEXT_SIGN) ") ON CONFLICT (id) DO NOTHING",
    [PUT_SIGNATURE] = "INSERT INTO signature (verdict, i" STORE_SIGNATURE(
        TEXT_NAME) ") VALUES (?, ?" STORE_SIGNATURE(TEXT_SIGN) ")",
    [FIND_RECORD] = "SELECT n, used FROM published WHERE text = ?",
    [PUT_RECORD] = "INSERT INTO published (text, used) VALUES (?, ?)",
    [USE_RECORD] = "UPDATE published SET used = ? WHERE n = ?",
    [POSITION] = "SELECT octets FROM position WHERE segment = ?",
    [SET_POSITION] = "INSERT INTO position (segment, octets) VALUES (?, ?) "
                     "ON CONFLICT (segment) DO UPDATE SET octets = excluded.octets",
    [FORGET] = "DELETE FROM position WHERE segment = ?",
    [PRUNE_SIGNATURES] = "DELETE FROM signature WHERE verdict IN " OLD,
    [PRUNE_VERDICTS] = "DELETE FROM verdict WHERE n IN " OLD,
    [PRUNE_RECORDS] = "DELETE FROM published WHERE used < ?",
    [SHRINK] = "PRAGMA incremental_vacuum(4096)",
};

struct db {
    sqlite3 *sqlite;
    sqlite3_stmt *statements[STATEMENTS];
    struct buf clean; /**< texts of a row that had to be made UTF-8 */
};

/* ---- open and close ---- */

/** Settings of the file, and of a connection that writes. Only a new file takes the first. */
static const char SETTINGS[] = "PRAGMA auto_vacuum = INCREMENTAL;"
                               "PRAGMA journal_mode = WAL;"
                               /* a file of the spill is removed on the strength of a commit */
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA foreign_keys = OFF;" /* the statements above keep them */
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA journal_size_limit = 67108864";

/**
 * Make the file, for its owner only, if it is not there; SQLite gives its -wal and -shm the same
 * mode.
 *
 * Robustness: a file that is there is not opened, for closing it would end the locks that another
 * connection of this process has on it (POSIX).
 */
static void make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
}

/** Open the file, upgrade it and prepare the statements. \return as db_open() */
static enum db_result prepare(struct db *db, const char *path, unsigned busy, char why[STORE_WHY])
{
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    enum db_result result = DB_DONE;
    int rc;

    make_file(path);
    rc = sqlite3_open_v2(path, &db->sqlite, flags, NULL);
    if (rc == SQLITE_OK && !schema_defend(db->sqlite, busy))
        rc = SQLITE_ERROR;
    if (rc == SQLITE_OK)
        result = schema_ours(db->sqlite, SCHEMA_VERSION, why);
    if (rc == SQLITE_OK && result == DB_DONE)
        rc = sqlite3_exec(db->sqlite, SETTINGS, NULL, NULL, NULL);
    if (rc == SQLITE_OK && result == DB_DONE)
        result = schema_upgrade(db->sqlite, SCHEMA_STEPS, SCHEMA_VERSION, why);
    for (int i = 0; i < STATEMENTS && rc == SQLITE_OK && result == DB_DONE; i++)
        rc = sqlite3_prepare_v3(db->sqlite, SQL[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &db->statements[i], NULL);
    if (rc == SQLITE_OK)
        return result;
    snprintf(why, STORE_WHY, "%s",
             rc == SQLITE_NOTADB ? "it is no database"
             : db->sqlite        ? sqlite3_errmsg(db->sqlite)
                                 : "out of memory");
    return (rc & 0xFF) == SQLITE_CANTOPEN ? DB_REFUSED : schema_result(rc);
}

enum db_result db_open(const char *path, unsigned busy, struct db **ret, char why[STORE_WHY])
{
    struct db *db = calloc(1, sizeof *db);
    enum db_result result;

    if (!db) {
        snprintf(why, STORE_WHY, "out of memory");
        return DB_LATER;
    }
    db->clean = buf_new(CLEAN_ROOM);
    result = prepare(db, path, busy, why);
    if (result == DB_DONE)
        *ret = db;
    else
        db_close(db);
    return result;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->sqlite);
    buf_done(&db->clean);
    free(db);
}

const char *db_why(const struct db *db)
{
    return sqlite3_errmsg(db->sqlite);
}

/* ---- statements ---- */

/** Run a statement that gives nothing. */
static enum db_result run(struct db *db, enum statement which)
{
    sqlite3_stmt *st = db->statements[which];
    int rc;

    do
        rc = sqlite3_step(st);
    while (rc == SQLITE_ROW);
    sqlite3_reset(st); /* keeps the message of the error */
    return schema_result(rc);
}

enum db_result db_begin(struct db *db)
{
    return run(db, BEGIN);
}

enum db_result db_commit(struct db *db)
{
    return run(db, COMMIT);
}

void db_rollback(struct db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite))
        (void)run(db, ROLLBACK);
}

/* ---- rows ---- */

/** A text as UTF-8 without NUL: in place, or rewritten. `false`: out of memory */
static bool clean(struct db *db, assay_span *text)
{
    struct buf *out = &db->clean;
    assay_span rest = *text;
    char character[4];
    uint32_t code;

    if (utf8_ok(*text) && span_find(*text, '\0') == text->n)
        return true;
    buf_clear(out);
    while (rest.n) {
        rest = span_from(rest, utf8_next(rest, &code));
        buf_put(out, (assay_span){character, utf8_put(code ? code : UTF8_REPLACEMENT, character)});
    }
    *text = buf_span(out);
    return out->status == ASSAY_DONE;
}

/** Bind a text; an empty one is NULL. \return a result of SQLite */
static int bind_text(struct db *db, sqlite3_stmt *st, int at, assay_span text)
{
    assay_span old = text;

    if (text.n == 0)
        return sqlite3_bind_null(st, at);
    if (!clean(db, &text))
        return SQLITE_NOMEM;
    return sqlite3_bind_text(st, at, text.p, (int)text.n,
                             text.p == old.p ? SQLITE_STATIC : SQLITE_TRANSIENT);
}

/** Insert a published record. `*ret` is its number */
static enum db_result put_record(struct db *db, assay_span text, int64_t day, int64_t *ret)
{
    sqlite3_stmt *st = db->statements[PUT_RECORD];
    enum db_result result = DB_LATER;

    if (bind_text(db, st, 1, text) == SQLITE_OK && sqlite3_bind_int64(st, 2, day) == SQLITE_OK)
        result = run(db, PUT_RECORD);
    if (result == DB_DONE)
        *ret = sqlite3_last_insert_rowid(db->sqlite);
    return result;
}

/** Note that a published record is used on a later day than before. */
static enum db_result use_record(struct db *db, int64_t n, int64_t day)
{
    sqlite3_stmt *st = db->statements[USE_RECORD];

    if (sqlite3_bind_int64(st, 1, day) != SQLITE_OK || sqlite3_bind_int64(st, 2, n) != SQLITE_OK)
        return DB_LATER;
    return run(db, USE_RECORD);
}

/** Find or insert a published record. `*ret` is its number */
static enum db_result record_number(struct db *db, assay_span text, int64_t day, int64_t *ret)
{
    sqlite3_stmt *st = db->statements[FIND_RECORD];
    int64_t used = 0;
    int rc = bind_text(db, st, 1, text);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        *ret = sqlite3_column_int64(st, 0);
        used = sqlite3_column_int64(st, 1);
    }
    sqlite3_reset(st);
    if (rc == SQLITE_DONE)
        return put_record(db, text, day, ret);
    if (rc == SQLITE_ROW && used < day)
        return use_record(db, *ret, day);
    return schema_result(rc);
}

/** Bind the fields of a row. `record`: its number, or 0. \return a result of SQLite */
static int bind_row(struct db *db, const struct store_row *row, int64_t record)
{
    sqlite3_stmt *st = db->statements[PUT];
    int at = 1, rc = sqlite3_bind_blob(st, 1, row->id.octet, STORE_ID, SQLITE_STATIC), is_record;

#define BIND(tag, name, about) rc = rc ? rc : sqlite3_bind_int64(st, ++at, row->name);
    STORE_NUMBERS(BIND)
#undef BIND
#define BIND(tag, name, most, about)                                                              \
    is_record = (int)offsetof(struct store_row, name) == (int)offsetof(struct store_row, record); \
    ++at;                                                                                         \
    rc = rc                    ? rc                                                               \
         : is_record && record ? sqlite3_bind_int64(st, at, record)                               \
         : is_record           ? sqlite3_bind_null(st, at)                                        \
                               : bind_text(db, st, at, row->name);
    STORE_TEXTS(BIND)
#undef BIND
    return rc;
}

/** Insert one signature. */
static enum db_result put_signature(struct db *db, int64_t verdict, size_t i,
                                    const struct store_signature *s)
{
    sqlite3_stmt *st = db->statements[PUT_SIGNATURE];
    int at = 2, rc = sqlite3_bind_int64(st, 1, verdict);

    rc = rc ? rc : sqlite3_bind_int64(st, 2, (sqlite3_int64)i);
#define BIND(tag, name, most, about) rc = rc ? rc : bind_text(db, st, ++at, s->name);
    STORE_SIGNATURE(BIND)
#undef BIND
    return rc == SQLITE_OK ? run(db, PUT_SIGNATURE) : schema_result(rc);
}

enum db_result db_put(struct db *db, const struct store_row *row)
{
    enum db_result result = DB_DONE;
    int64_t record = 0, verdict;
    int rc;

    if (row->record.n)
        result = record_number(db, row->record, row->time / DAY, &record);
    if (result != DB_DONE)
        return result;
    if ((rc = bind_row(db, row, record)) != SQLITE_OK)
        return schema_result(rc);
    result = run(db, PUT);
    sqlite3_clear_bindings(db->statements[PUT]);
    if (result != DB_DONE)
        return result;
    if (sqlite3_changes(db->sqlite) == 0)
        return DB_KNOWN;
    verdict = sqlite3_last_insert_rowid(db->sqlite);
    for (size_t i = 0; i < row->nsignatures && result == DB_DONE; i++)
        result = put_signature(db, verdict, i, &row->signatures[i]);
    return result;
}

/* ---- the spill ---- */

/** Bind the id of a segment as the first parameter. */
static bool bind_segment(sqlite3_stmt *st, const struct segment_id *id)
{
    return sqlite3_bind_blob(st, 1, id->octet, SEGMENT_ID, SQLITE_TRANSIENT) == SQLITE_OK;
}

enum db_result db_position(struct db *db, const struct segment_id *id, uint64_t *ret)
{
    sqlite3_stmt *st = db->statements[POSITION];
    int rc = bind_segment(st, id) ? sqlite3_step(st) : SQLITE_NOMEM;

    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        *ret = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return schema_result(rc);
}

enum db_result db_set_position(struct db *db, const struct segment_id *id, uint64_t octets)
{
    sqlite3_stmt *st = db->statements[SET_POSITION];

    if (!bind_segment(st, id) || sqlite3_bind_int64(st, 2, (sqlite3_int64)octets) != SQLITE_OK)
        return DB_LATER;
    return run(db, SET_POSITION);
}

enum db_result db_forget(struct db *db, const struct segment_id *id)
{
    return bind_segment(db->statements[FORGET], id) ? run(db, FORGET) : DB_LATER;
}

/* ---- retention ---- */

/** Delete with a point in time as the first parameter and the limit as the second, if there is one. */
static enum db_result remove_old(struct db *db, enum statement which, int64_t before)
{
    sqlite3_stmt *st = db->statements[which];

    if (sqlite3_bind_int64(st, 1, before) != SQLITE_OK ||
        (sqlite3_bind_parameter_count(st) > 1 &&
         sqlite3_bind_int64(st, 2, LIMIT_STORE_PRUNE) != SQLITE_OK))
        return DB_LATER;
    return run(db, which);
}

enum db_result db_prune(struct db *db, int64_t before, unsigned *ret)
{
    enum db_result result = db_begin(db);
    unsigned n = 0;

    if (result == DB_DONE)
        result = remove_old(db, PRUNE_SIGNATURES, before);
    if (result == DB_DONE)
        result = remove_old(db, PRUNE_VERDICTS, before);
    if (result == DB_DONE)
        n = (unsigned)sqlite3_changes(db->sqlite);
    if (result == DB_DONE && n < LIMIT_STORE_PRUNE)
        result = remove_old(db, PRUNE_RECORDS, before / DAY);
    if (result == DB_DONE)
        result = db_commit(db);
    if (result != DB_DONE) {
        db_rollback(db);
        return result;
    }
    if (n)
        (void)run(db, SHRINK);
    *ret = n;
    return DB_DONE;
}
