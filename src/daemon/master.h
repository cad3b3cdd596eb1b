/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file master.h The master process: it reads the configuration, listens, and keeps two others alive.
 *
 *     start     config_read(); keyproc_start(): `assayd: keys`; listen_all(); fork: `assayd: front`
 *     SIGHUP    the configuration is read anew, whole: another keys process is started with its keys, what is
 *               listened to newly is opened; then the front gets text and sockets and goes over to them.
 *               What is wrong anywhere is said, and nothing has changed
 *     keys ended    another one is started, the front gets its sockets
 *     front ended   both are started anew, on the same listening sockets
 *     SIGTERM, SIGINT   the front lets nobody in any more, finishes, and all end
 *
 * SECURITY: it runs as the user assayd was started by, root on most hosts. It reads the configuration
 * and its own children's few words, and nothing that comes from the network.
 */
#ifndef DAEMON_MASTER_H
#define DAEMON_MASTER_H

#include "base/buf.h"

/** How assayd was called. */
struct master_call {
    const char *path;     /**< of the configuration */
    assay_span overrides; /**< lines of -o, read behind the file */
};

/** Read the configuration and say all that is wrong with it (--check). \return the exit status */
int master_check(const struct master_call *call);

/** Run until told to end. \return the exit status */
int master_run(const struct master_call *call);

#endif
