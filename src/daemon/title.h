/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file title.h What ps(1) shows a process as.
 */
#ifndef DAEMON_TITLE_H
#define DAEMON_TITLE_H

/**
 * Be shown by this title in place of the command line: for a child that has read its arguments and has
 * one thread. Where it cannot be done nothing happens; the short name of top(1) is set in any case.
 *
 * The words of the command line lie in memory that the system shows (proc(5), cmdline), and the
 * environment behind them. The title is written over the first and, where it is longer, over the
 * second, which is moved away before: getenv(3) goes on as it did.
 */
void title_set(const char *title);

#endif
