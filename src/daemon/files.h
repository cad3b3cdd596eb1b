/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file files.h The files of a configuration: read by the master, which alone may.
 */
#ifndef DAEMON_FILES_H
#define DAEMON_FILES_H

#include "conf/conf.h"

/**
 * Read a whole file.
 *
 * \return NULL, or why it cannot be read
 */
const char *files_read(const char *path, struct buf *out);

/** A conf_open_fn that reads files; its `arg` is not looked at. */
assay_status files_open(void *arg, assay_span path, struct conf_found *found);

#endif
