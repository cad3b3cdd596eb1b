/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file files.h
 * Files that are read: messages, which stream by, and .case files and options, which are held.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "case/case.h"
#include "cli/cli.h"
#include "mail/header.h"

/**
 * Octets of one read, of the room for one and what was held back before it, of the largest file
 * that is held, and of the largest body that --record keeps.
 */
enum {
    FILES_CHUNK = 1 << 16,
    FILES_ROOM = FILES_CHUNK + 8,
    FILES_HELD_MAX = 64 << 20,
    FILES_BODY_MAX = 1 << 20
};

/** A message that is being read: from a file, from standard input, or from memory. */
struct message_file {
    const char *name; /**< as it was given; "-" is standard input */
    int fd;           /**< -1: from memory */
    struct buf ahead; /**< read already, to see the header; from memory: unused */
    assay_span rest;  /**< of `ahead` or of memory, not given out yet */
    size_t header_n;  /**< octets up to the body, the empty line included */
    size_t line;      /**< the number of the header's first line: 2 behind "From ..." of an mbox */
    char held[8];     /**< the last octets of a piece of an mbox, which may part two messages */
    size_t held_n;
    struct header header;
    bool ended;
    bool whole; /**< an mbox is not cut: all of it is one message */
};

/**
 * Open a file and read its header. \return 0, or a status that was complained of; close it in any
 * case
 */
int message_open(const struct cli *cli, const char *name, struct message_file *ret);

/** As message_open() over octets that outlive it. */
int message_open_memory(const struct cli *cli, const char *name, assay_span octets,
                        struct message_file *ret);

/**
 * The next piece, from the beginning on. Of an mbox the first message alone.
 *
 * \param room  FILES_ROOM octets that the piece may lie in
 * \param ret   empty at the end
 * \return 0, or a status that was complained of
 */
int message_next(const struct cli *cli, struct message_file *m, char *room, assay_span *ret);

/** Close it. A zeroed one is fine. */
void message_close(struct message_file *m);

/** The value of the first field of a name, or an empty span. */
assay_span message_field(const struct header *h, const char *name);

/** Read a whole file. \return 0, or a status that was complained of */
int files_read(const struct cli *cli, const char *name, struct buf *ret);

/** A name ends with ".case". */
bool files_is_case(const char *name);

/**
 * Read the cases of a file.
 *
 * \param ret  free with case_set_free() when 0 is returned
 * \return 0, or a status that was complained of
 */
int files_read_case(const struct cli *cli, const char *name, struct case_set **ret);

/**
 * Read a file that has exactly one case that asks about mail. \param ret_one  lives as long as the
 * set
 */
int files_read_one_case(const struct cli *cli, const char *name, struct case_set **ret,
                        const struct case_one **ret_one);

/**
 * Set options of the receiver as a file of `key = value` lines says.
 *
 * \return 0, or a status that was complained of, with line and column
 */
int files_set_options(const struct cli *cli, const char *name, assay_policy *policy);

/**
 * Set an option as `-o KEY=VALUE` says. \return 0, or a status that was complained of
 */
int files_set_option(const struct cli *cli, const char *text, assay_policy *policy);

#endif
