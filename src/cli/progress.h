/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file progress.h How far a long run is: on standard error, a line that changes while a terminal
 * shows it, and one that stays.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/cli.h"

/** A run over many messages, or domains. */
struct progress {
    const struct cli *cli;
    const char *what, *good, *bad; /**< "messages", "accept", "quarantine or reject" */
    size_t total, done;
    size_t accept, fails, defer, errors;
    int64_t began, shown; /**< milliseconds of the monotonic clock */
    bool line;            /**< a line that changes stands on the terminal */
};

/** Begin; a single message has no progress to show. */
struct progress progress_begin(const struct cli *cli, size_t total);

/** One more message is done, with this exit status. */
void progress_count(struct progress *p, int status);

/**
 * Of one thing that takes long: show how far it is, such as "12 of 41 questions answered", from its second second
 * on, while a terminal shows it.
 */
void progress_note(struct progress *p, size_t done, size_t total, const char *what);

/** Take away the line that changes, before something else is written. */
void progress_clear(struct progress *p);

/** Leave one line: how many, and what came out. */
void progress_end(struct progress *p);

#endif
