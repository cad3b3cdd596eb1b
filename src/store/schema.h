/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file schema.h The versions of the database.
 *
 * PRAGMA user_version holds the version, PRAGMA application_id tells that the file is ours. Each
 * version is a step from the one before; a new database takes them all. A step that was released is
 * never changed.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/sqlite.h"

#include <sqlite3.h>

/** PRAGMA application_id: "Assy". */
enum { SCHEMA_APPLICATION = 0x41737379 };

/** The steps to the present version: SQL each. */
extern const char *const SCHEMA_STEPS[];

/** How many there are: the present version. */
extern const int SCHEMA_VERSION;

/**
 * Settings for any connection: strict about SQL, deaf to what a hostile file asks for.
 *
 * \param busy  milliseconds to wait for a lock
 */
bool schema_defend(sqlite3 *db, unsigned busy);

/** The number that a statement gives. \return a result of SQLite; SQLITE_OK: `*ret` is set */
int schema_number(sqlite3 *db, const char *sql, int64_t *ret);

/** What a result of SQLite means for a writer. */
enum db_result schema_result(int result);

/**
 * Is it an empty database, or one of ours of version `n` at most? Changes nothing.
 *
 * \param why  set unless DB_DONE
 * \return DB_DONE, DB_REFUSED: no; DB_LATER: it cannot be read now
 */
enum db_result schema_ours(sqlite3 *db, int n, char why[STORE_WHY]);

/**
 * Bring a database to the version of `n` steps: an empty one, or one of a lower version. All in one
 * transaction.
 *
 * \param why  set on DB_REFUSED and DB_LATER
 */
enum db_result schema_upgrade(sqlite3 *db, const char *const *steps, int n, char why[STORE_WHY]);

/**
 * The file is ours and of the present version.
 *
 * \param why  set on false
 */
bool schema_check(sqlite3 *db, char why[STORE_WHY]);

#endif
