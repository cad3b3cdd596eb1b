/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file record.h
 * --record: the verdict as a .case file.
 *
 * The body is kept as it streams by, up to FILES_BODY_MAX octets; of a longer one only the digests
 * are written. The file is written beside its name and then takes it, so that a file that was there
 * is whole until the new one is.
 */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include "cli/files.h"

/** What is kept of a message. */
struct record {
    const struct cli *cli;
    const char *path; /**< NULL: nothing is recorded */
    struct buf octets;
    bool digests; /**< the body is not kept: it is too long, or there were only digests of it */
};

/** Begin, as the command line says. */
void record_init(struct record *r, const struct cli *cli);

/** Keep a piece of the raw message. */
void record_keep(struct record *r, assay_span piece);

/** Write the case of a finished evaluation. \return 0, or a status that was complained of */
int record_write(struct record *r, assay_eval *eval);

/** Give the memory back. */
void record_done(struct record *r);

#endif
