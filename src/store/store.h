/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file store.h The store: every verdict becomes one row. It is what `assay why` looks at and what
 * tomorrow's aggregate reports are made of.
 *
 *     store_open("/var/lib/assay/assay.db", &options, &store, why)
 *     store_append(store, &row, &id)     any thread, before the answer is sent
 *     store_close(store)
 *
 * A row on its way:
 *
 *     store_append()     spill.h: one write of one frame to a file in assay.db.spill/, and back. No
 *                        database, no fsync, no allocation: neither a full disk nor a locked
 *                        database delays mail
 *     the writer         store.c: a thread of the store. Every `interval`, or when many rows wait, it
 *                        moves frames into the database in batches: one transaction holds the rows
 *                        and how far the file was read. A file whose end was committed is removed
 *     the database       sqlite.c, schema.c: SQLite, WAL, STRICT tables; select.c reads it
 *
 * So a row is there exactly once, whenever the program is killed: a transaction that was not
 * committed is done again from the file, one that was is not. The id, which is unique, is the second
 * line of defence: a row whose id the database has is passed over.
 *
 * What can go wrong, and what happens:
 *
 *     disk full, I/O error    the row waits in memory (LIMIT_STORE_QUEUE), tried again by the writer;
 *                             beyond that it is lost, and counted
 *     database locked, full   rows stay in the spill, up to `spill_most`
 *     power cut               what was written since the last `sync` may be lost
 *     damaged spill           the frames that are whole are moved; skipped octets are counted
 *     two programs            the second is refused
 *
 * SECURITY: reads and writes the database, its -wal and -shm, and the spill beside it; nothing else.
 * The thread is started by store_open(): call it after fork and after privileges are dropped.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "store/row.h"

/** Room for the text of an error. */
enum { STORE_WHY = 256 };

/** How a store works. Zero in any field: the value in parentheses. */
struct store_options {
    unsigned days;       /**< rows older than that are removed (0: none is) */
    unsigned interval;   /**< milliseconds between two looks of the writer (1,000) */
    unsigned sync;       /**< milliseconds between two fdatasync of the spill (0: none is made) */
    unsigned busy;       /**< milliseconds the writer waits for a locked database at once (1,000) */
    uint64_t segment;    /**< octets of one file of the spill (LIMIT_STORE_SEGMENT) */
    uint64_t spill_most; /**< octets of the whole spill (1 GiB) */
};

/** A store. */
struct store;

/** What became of a row that was appended. */
enum store_kept {
    STORE_WRITTEN, /**< it will be in the database, exactly once */
    STORE_WAITS, /**< in memory: the disk takes nothing; it will be, unless the program ends before */
    STORE_LOST   /**< there was no room in memory either */
};

/** Figures since store_open(). */
struct store_stats {
    uint64_t written;          /**< rows that the spill took */
    uint64_t waited;           /**< of them and of `waiting`: those that had to wait in memory */
    uint64_t waiting;          /**< rows that wait now */
    uint64_t lost;             /**< rows that are lost */
    uint64_t moved;            /**< rows that came into the database; those of earlier runs too */
    uint64_t known;            /**< rows that the database had already */
    uint64_t refused;          /**< rows that the database does not take, or that cannot be read */
    uint64_t damaged;          /**< octets of the spill that are no frame */
    uint64_t pruned;           /**< rows that were removed for their age */
    uint64_t spilled;          /**< octets of the spill now */
    uint64_t failures;         /**< writes to the spill that failed */
    uint64_t delays;           /**< times the database could not be written */
    char spill_why[STORE_WHY]; /**< the last failure; empty: none */
    char database_why[STORE_WHY]; /**< why it cannot be written; empty: it can */
};

/**
 * Open a store and start its writer. A database that is locked or a disk that is full is no error:
 * the writer tries again.
 *
 * \param path     of the database; it and `path.spill/` are made if they are not there
 * \param options  NULL: as if all were zero
 * \param ret      set on true
 * \param why      set on false: not ours, newer than this program, used by another one, ...
 */
bool store_open(const char *path, const struct store_options *options, struct store **ret,
                char why[STORE_WHY]);

/**
 * Append a row, from any thread. Its id is given by the store, whatever it holds.
 *
 * \param ret_id  if not NULL: set to the id
 */
enum store_kept store_append(struct store *store, const struct store_row *row,
                             struct store_id *ret_id);

/**
 * Wait until every row appended before is in the database.
 *
 * \param patience  milliseconds, at most
 * \return false: it took too long
 */
bool store_flush(struct store *store, unsigned patience);

/**
 * Have rows decided before a point in time removed by the writer, and what only they needed.
 * store_flush() waits for that too.
 */
void store_prune(struct store *store, int64_t before);

/** The figures. */
void store_stats(struct store *store, struct store_stats *ret);

/**
 * Stop the writer and close: rows are moved if that goes at once; else they stay in the spill for
 * the next run. NULL is fine.
 */
void store_close(struct store *store);

/* ---- looking at it: select.c --------------------------------------------------------------- */

/** A reader of a store, whether or not a program has it open. By one thread at a time. */
struct store_reader;

/**
 * Open a store for reading.
 *
 * \param why  set on false
 */
bool store_reader_open(const char *path, struct store_reader **ret, char why[STORE_WHY]);

/** Which rows are wanted: all that every given field holds of. */
struct store_query {
    const char *name;          /**< queue id or Message-ID, with or without brackets; NULL: any */
    const char *policy_domain; /**< NULL: any */
    const char *direction;     /**< in or out; NULL: both */
    int64_t since;             /**< decided at this time or later */
    int64_t until;             /**< and before this; 0: no end */
    uint64_t most;             /**< the last so many; 0: all */
};

/** Takes a row; it lives until the call returns. \return false: no more */
typedef bool store_row_fn(void *arg, const struct store_row *row);

/**
 * Hand out rows, in the order of their time; with `most` the last ones, the newest first.
 *
 * \param why  set on false
 * \return false: the database could not be read to the end
 */
bool store_select(struct store_reader *reader, const struct store_query *query, store_row_fn *take,
                  void *arg, char why[STORE_WHY]);

/** Takes a policy domain and its number of rows. \return false: no more */
typedef bool store_domain_fn(void *arg, assay_span policy_domain, uint64_t rows);

/**
 * Hand out the policy domains of mail that came in from `since` until before `until`, in the order
 * of their names: those that reports are due to.
 *
 * \param why  set on false
 */
bool store_domains(struct store_reader *reader, int64_t since, int64_t until, store_domain_fn *take,
                   void *arg, char why[STORE_WHY]);

/**
 * Append a row as one line of JSON: the fields of row.h by their names, without those that are
 * empty; the time as in RFC 3339. Failure sticks in the buffer.
 */
void store_json(struct buf *out, const struct store_row *row);

/** What store_check() found. */
struct store_health {
    int64_t rows;           /**< rows of the database */
    int64_t oldest, newest; /**< when the first and the last were decided; 0: there is none */
    bool whole;             /**< the database is what SQLite made it */
};

/**
 * Look whether all of a database is whole (PRAGMA integrity_check): reads all of it.
 *
 * \param why  set on false; and when it is not whole, to the first thing that is wrong
 * \return false: it could not be read
 */
bool store_check(struct store_reader *reader, struct store_health *ret, char why[STORE_WHY]);

/** Close it. NULL is fine. */
void store_reader_close(struct store_reader *reader);

#endif
