/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file pipe.h
 * A message that passes through: read once to be judged, kept meanwhile in a file without a name, and written
 * with the verdict's edits applied.
 */
#ifndef CLI_PIPE_H
#define CLI_PIPE_H

#include "cli/files.h"

#include <stdio.h>

/** A message on its way. */
struct pipe_copy {
    FILE *spool; /**< NULL: nothing is kept */
    size_t n;    /**< octets in it */
};

/** Begin to keep a message. \return 0, or a status that was complained of */
int pipe_begin(const struct cli *cli, struct pipe_copy *ret);

/** Keep the next piece. \return as pipe_begin() */
int pipe_keep(const struct cli *cli, struct pipe_copy *p, assay_span piece);

/**
 * Write the message to standard output, with the edits. \param m  as it was read; its header is complete
 * \return as pipe_begin()
 */
int pipe_write(const struct cli *cli, struct pipe_copy *p, const struct message_file *m,
               const struct assay_verdict *v);

/** Give it back. A zeroed one is fine. */
void pipe_done(struct pipe_copy *p);

#endif
