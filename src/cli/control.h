/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file control.h The daemon's control socket, from the other side (daemon/control.c).
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include "cli/cli.h"

/** Octets of the largest answer that is taken, and of the longest line that is asked. */
enum { CONTROL_ANSWER = 17 << 20, CONTROL_LINE = 4000 };

/** What came of asking. */
enum control_outcome {
    CONTROL_OK,  /**< an answer */
    CONTROL_NO,  /**< a refusal, in the daemon's words */
    CONTROL_GONE /**< nobody answers, and why: words for a complaint */
};

/** Where the daemon is asked: --control, or the usual place. */
const char *control_socket(const struct cli *cli);

/**
 * Ask the daemon.
 *
 * \param line  without its end; no line end is in it
 * \param ret   emptied, then the answer
 */
enum control_outcome control_ask(const struct cli *cli, assay_span line, struct buf *ret);

/**
 * Ask, and complain of anything but an answer.
 *
 * \return 0; EXIT_FAILS: it refused; EXIT_UNREADABLE: it is not there
 */
int control_need(const struct cli *cli, assay_span line, struct buf *ret);

/**
 * Read the first line of an answer, `OK LENGTH` or `NO LENGTH`.
 *
 * \param octets  what has come
 * \param ret_n   octets of the line, its end included
 * \return ASSAY_DONE, ASSAY_MORE, ASSAY_EINVAL
 */
assay_status control_head(assay_span octets, bool *ret_ok, size_t *ret_length, size_t *ret_n);

#endif
