/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file spill.h Rows on disk before the answer is sent: files that are only appended to, in a
 * directory of their own.
 *
 *     spill_append()   any thread: one write(2) of one frame to the newest file. When it returns
 *                      STORE_WRITTEN, the kernel has the row: killing the program does not lose it.
 *                      There is no fsync and no allocation on this path
 *     spill_oldest()   one thread, which moves rows into the database: the oldest file, and how much
 *     spill_read()     of it is complete; its octets; and its end, when the database has them all
 *     spill_remove()
 *     spill_retry()    the same thread: rows that found no room on the disk and wait in memory
 *     spill_sync()     the same thread: what is written survives a power cut too
 *
 * Files are called `rows-NUMBER`, 16 hexadecimal digits, counted upwards. A program never appends to
 * a file of an earlier run, so that only the end of a file can be torn. `lock` keeps a second
 * program away; it ends with the process, however that ends.
 *
 * A write that fails (ENOSPC, EIO, ...) is taken back, and the row waits in memory; so do all that
 * follow, without trying, until a retry succeeds.
 */
#ifndef STORE_SPILL_H
#define STORE_SPILL_H

#include "store/segment.h"
#include "store/store.h"

/** A spill. */
struct spill;

/** One of its files. */
struct spill_segment {
    uint64_t number; /**< what it is called by */
    uint64_t end;    /**< octets that are complete */
    bool growing;    /**< rows are appended to it */
};

/**
 * Open the spill of a directory, which is made if it is not there.
 *
 * \param segment  octets of one file, about
 * \param most     octets of all files; no row is written over that
 * \param ret      set on true
 * \param why      set on false: what is wrong, for people
 */
bool spill_open(const char *dir, uint64_t segment, uint64_t most, struct spill **ret,
                char why[STORE_WHY]);

/** Close it. Rows that wait in memory are lost: spill_retry() before. */
void spill_close(struct spill *spill);

/**
 * Append a row under a new id.
 *
 * \param ret_id  if not NULL: set to it, whatever is returned
 */
enum store_kept spill_append(struct spill *spill, const struct store_row *row,
                             struct store_id *ret_id);

/** The oldest file. \return false when there is none, or the directory cannot be read */
bool spill_oldest(struct spill *spill, struct spill_segment *ret);

/** Open a file to read it. \return a descriptor, or -1 and errno */
int spill_read(struct spill *spill, uint64_t number);

/**
 * Remove a file that does not grow.
 *
 * \param keep  do not remove it but call it `damaged-NUMBER`: some of it could not be read, and
 *              people may want to look
 * \return false and errno when it is still there
 */
bool spill_remove(struct spill *spill, const struct spill_segment *segment, bool keep);

/** No more rows for the file that grows: the next row begins another. */
void spill_rotate(struct spill *spill);

/** Write rows that wait in memory. \return none is left */
bool spill_retry(struct spill *spill);

/** Have the disk keep what was written. \return false and errno: it did not, or not surely */
bool spill_sync(struct spill *spill);

/** Add what the spill counts to the figures. */
void spill_stats(struct spill *spill, struct store_stats *ret);

#endif
