/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file help.h
 * What `assay help` says of assayd.conf.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/cli.h"

/**
 * Explain a word of assayd.conf: `assayd.conf` itself, a kind of block, an option at the top, or
 * BLOCK.OPTION.
 *
 * \return false when it is none of these
 */
bool help_conf(const struct term *t, const char *word, struct buf *out);

/** Append the names of all options of assayd.conf, a blank before each. */
void help_conf_names(struct buf *out);

#endif
