/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file help.h
 * What `assay help` says of assayd.conf, and of the checks of a domain.
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

/** Explain a check of the catalogue by its id, in any case. \return false when there is none */
bool help_finding(const struct term *t, const char *word, struct buf *out);

struct near;

/** Offer the ids of all checks to a search. */
void help_finding_near(struct near *near);

/** Append the names of all options of assayd.conf, a blank before each. */
void help_conf_names(struct buf *out);

#endif
