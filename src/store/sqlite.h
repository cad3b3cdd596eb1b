/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file sqlite.h The database, for the writer of a store: one connection, used by one thread.
 *
 *     verdict     a row each, a column for each field of row.h; `record` is the number of a text
 *     signature   its DKIM signatures, from the top
 *     published   the text of DMARC records: each once, however many messages came under it; `used`
 *                 is the last day (since 1970) of a row that names it, so that it is known when
 *                 nothing needs it any more
 *     position    how far the files of the spill were read
 *
 * What is empty is NULL. Texts are UTF-8: octets that are no character became U+FFFD.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/segment.h"
#include "store/store.h"

/** A connection that writes. */
struct db;

/** What a call came to. */
enum db_result {
    DB_DONE,
    DB_KNOWN,   /**< a row that is there already */
    DB_REFUSED, /**< it will never work: the row is not taken, or the file is not ours */
    DB_LATER    /**< locked, full, out of memory, damaged: nothing changed; roll back, try again */
};

/**
 * Open the database, make it or bring it to the present version.
 *
 * \param busy  milliseconds to wait for a lock
 * \param why   set unless DB_DONE
 * \return DB_DONE, DB_REFUSED, DB_LATER
 */
enum db_result db_open(const char *path, unsigned busy, struct db **ret, char why[STORE_WHY]);

/** Close it; what was not committed is undone. NULL is fine. */
void db_close(struct db *db);

/** Begin a transaction that will write. */
enum db_result db_begin(struct db *db);

/** Commit it. After DB_LATER: db_rollback(). */
enum db_result db_commit(struct db *db);

/** Undo it. */
void db_rollback(struct db *db);

/** Insert a row. \return all of them */
enum db_result db_put(struct db *db, const struct store_row *row);

/** How far a file of the spill was read; 0 when it was not. */
enum db_result db_position(struct db *db, const struct segment_id *id, uint64_t *ret);

/** Note how far it was read, in the transaction of its rows. */
enum db_result db_set_position(struct db *db, const struct segment_id *id, uint64_t octets);

/** Forget a file that is no more. */
enum db_result db_forget(struct db *db, const struct segment_id *id);

/**
 * Remove rows decided before a point in time, LIMIT_STORE_PRUNE at most, in a transaction of its
 * own.
 *
 * \param ret  set on DB_DONE: how many; under the limit: all are gone
 */
enum db_result db_prune(struct db *db, int64_t before, unsigned *ret);

/** What the last call that failed has to say. */
const char *db_why(const struct db *db);

#endif
