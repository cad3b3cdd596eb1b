/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/schema.h"

#include <stdio.h>

/* clang-format off */
static const char STEP_1[] =
    "CREATE TABLE published ("
    "    n INTEGER PRIMARY KEY,"
    "    text TEXT NOT NULL UNIQUE,"
    "    used INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE verdict ("
    "    n INTEGER PRIMARY KEY,"
    "    id BLOB NOT NULL UNIQUE,"
    "    time INTEGER NOT NULL,"
    "    recipients INTEGER NOT NULL,"
    "    null_sender INTEGER NOT NULL,"
    "    testing INTEGER NOT NULL,"
    "    sampled_out INTEGER NOT NULL,"
    "    direction TEXT,"
    "    listener TEXT,"
    "    queue_id TEXT,"
    "    message_id TEXT,"
    "    client TEXT,"
    "    helo TEXT,"
    "    mail_from TEXT,"
    "    mail_from_domain TEXT,"
    "    user TEXT,"
    "    recipient_domain TEXT,"
    "    author TEXT,"
    "    disposition TEXT,"
    "    would TEXT,"
    "    cause TEXT,"
    "    reason TEXT,"
    "    reply TEXT,"
    "    override TEXT,"
    "    override_note TEXT,"
    "    policy TEXT,"
    "    dmarc TEXT,"
    "    dmarc_reason TEXT,"
    "    dmarc_policy TEXT,"
    "    dmarc_tag TEXT,"
    "    aligned_spf TEXT,"
    "    aligned_dkim TEXT,"
    "    org_domain TEXT,"
    "    policy_domain TEXT,"
    "    discovery TEXT,"
    "    record INTEGER REFERENCES published (n),"
    "    spf_domain TEXT,"
    "    spf_scope TEXT,"
    "    spf TEXT,"
    "    spf_reason TEXT,"
    "    spf_helo TEXT,"
    "    spf_helo_reason TEXT,"
    "    arc TEXT,"
    "    arc_reason TEXT,"
    "    sealers TEXT,"
    "    iprev TEXT,"
    "    iprev_name TEXT,"
    "    keys TEXT"
    ") STRICT;"
    "CREATE INDEX verdict_time ON verdict (time);"
    "CREATE INDEX verdict_queue_id ON verdict (queue_id) WHERE queue_id IS NOT NULL;"
    "CREATE INDEX verdict_message_id ON verdict (message_id) WHERE message_id IS NOT NULL;"
    "CREATE INDEX verdict_policy_domain ON verdict (policy_domain, time) WHERE policy_domain IS NOT NULL;"
    "CREATE TABLE signature ("
    "    verdict INTEGER NOT NULL REFERENCES verdict (n),"
    "    i INTEGER NOT NULL,"
    "    domain TEXT,"
    "    selector TEXT,"
    "    algorithm TEXT,"
    "    result TEXT,"
    "    reason TEXT,"
    "    PRIMARY KEY (verdict, i)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE position ("
    "    segment BLOB PRIMARY KEY,"
    "    octets INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;";
/* clang-format on */

const char *const SCHEMA_STEPS[] = {STEP_1};
const int SCHEMA_VERSION = sizeof SCHEMA_STEPS / sizeof *SCHEMA_STEPS;

bool schema_defend(sqlite3 *db, unsigned busy)
{
    return sqlite3_extended_result_codes(db, 1) == SQLITE_OK &&
           sqlite3_busy_timeout(db, (int)busy) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL) == SQLITE_OK;
}

int schema_number(sqlite3 *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        *ret = sqlite3_column_int64(st, 0);
        rc = SQLITE_OK;
    } else if (rc == SQLITE_DONE) {
        rc = SQLITE_ERROR;
    }
    sqlite3_finalize(st);
    return rc;
}

enum db_result schema_result(int result)
{
    switch (result & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return DB_DONE;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_NOTADB: return DB_REFUSED;
    default: return DB_LATER;
    }
}

/** What kind of file it is. */
struct kind {
    int64_t application, version, tables;
};

/** Look what kind of file it is. \return a result of SQLite */
static int look(sqlite3 *db, struct kind *ret)
{
    int rc = schema_number(db, "PRAGMA application_id", &ret->application);

    if (rc == SQLITE_OK)
        rc = schema_number(db, "PRAGMA user_version", &ret->version);
    if (rc == SQLITE_OK)
        rc = schema_number(db, "SELECT count(*) FROM sqlite_schema", &ret->tables);
    return rc;
}

/** Say what SQLite says. */
static enum db_result failed(sqlite3 *db, int rc, char why[STORE_WHY])
{
    snprintf(why, STORE_WHY, "%s", rc == SQLITE_NOTADB ? "it is no database" : sqlite3_errmsg(db));
    return schema_result(rc);
}

/** Take one step and note it. \return a result of SQLite */
static int take_step(sqlite3 *db, const char *step, int version)
{
    char pragma[64];
    int rc = sqlite3_exec(db, step, NULL, NULL, NULL);

    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", version);
    return rc == SQLITE_OK ? sqlite3_exec(db, pragma, NULL, NULL, NULL) : rc;
}

/** The file is not one of ours, or of a later version. \return whether; `why` is set */
static bool is_foreign(const struct kind *kind, int version, char why[STORE_WHY])
{
    bool empty = kind->tables == 0 && kind->version == 0 && kind->application == 0;

    if (!empty && kind->application != SCHEMA_APPLICATION)
        snprintf(why, STORE_WHY, "it is the database of another program");
    else if (kind->version > version)
        snprintf(why, STORE_WHY,
                 "it is of version %lld, made by a newer program; this one knows %d",
                 (long long)kind->version, version);
    else
        return false;
    return true;
}

/** Take the steps that are missing, inside a transaction. \return a result of SQLite */
static int take_steps(sqlite3 *db, const char *const *steps, int64_t from, int n)
{
    char pragma[64];
    int rc;

    snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d", SCHEMA_APPLICATION);
    rc = sqlite3_exec(db, pragma, NULL, NULL, NULL);
    for (int64_t i = from; i < n && rc == SQLITE_OK; i++)
        rc = take_step(db, steps[i], (int)i + 1);
    return rc;
}

enum db_result schema_ours(sqlite3 *db, int n, char why[STORE_WHY])
{
    struct kind kind;
    int rc = look(db, &kind);

    if (rc != SQLITE_OK)
        return failed(db, rc, why);
    return is_foreign(&kind, n, why) ? DB_REFUSED : DB_DONE;
}

enum db_result schema_upgrade(sqlite3 *db, const char *const *steps, int n, char why[STORE_WHY])
{
    struct kind kind;
    enum db_result result;
    int rc = look(db, &kind);

    if (rc == SQLITE_OK && kind.version == n)
        return DB_DONE;
    if ((rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL)) != SQLITE_OK)
        return failed(db, rc, why);
    rc = look(db, &kind); /* somebody may have been faster */
    if (rc == SQLITE_OK && kind.version >= 0)
        rc = take_steps(db, steps, kind.version, n);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return DB_DONE;
    result = failed(db, rc, why);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

bool schema_check(sqlite3 *db, char why[STORE_WHY])
{
    struct kind kind;
    int rc = look(db, &kind);

    if (rc != SQLITE_OK) {
        failed(db, rc, why);
        return false;
    }
    if (is_foreign(&kind, SCHEMA_VERSION, why))
        return false;
    if (kind.application != SCHEMA_APPLICATION || kind.version < SCHEMA_VERSION) {
        snprintf(why, STORE_WHY, "it is of version %lld; it becomes %d when assayd opens it",
                 (long long)kind.version, SCHEMA_VERSION);
        return false;
    }
    return true;
}
