/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file check_spool.h The body of a message where Exim keeps it: a file ID-D whose first line is ID-D and whose
 * other lines are the body, ended by LF.
 *
 * SECURITY: whoever may ask, names a file. Only regular files below the configured folder are opened,
 * no symbolic link is followed on the way, nothing is waited for, and a file that does not begin with its
 * own name is none.
 */
#ifndef DAEMON_CHECK_SPOOL_H
#define DAEMON_CHECK_SPOOL_H

#include "base/span.h"

/**
 * Open a body.
 *
 * \param folder  ended by NUL; links in its own path are followed
 * \param path    absolute, below it
 * \param ret_why set when it fails, for people
 * \return the descriptor, at the first octet of the body; -1
 */
int check_spool_open(const char *folder, assay_span path, const char **ret_why);

#endif
