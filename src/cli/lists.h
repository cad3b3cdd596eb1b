/* SPDX-License-Identifier: BSD-2-Clause */
/** \file lists.h The lists that assay is shipped with, such as the roots of mark certificates. */
#ifndef CLI_LISTS_H
#define CLI_LISTS_H

#include "cli/cli.h"

/**
 * Read a list: the file of that name in the folder of --lists, else in /etc/assay/lists, else the one that was built in.
 *
 * \param name  "mark-roots", "ct-logs"
 * \return 0, or a status that was complained of
 */
int cli_list(const struct cli *cli, const char *name, struct buf *ret);

#endif
