/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file keyproc.h The keys process: it holds the DKIM keys and SRS secrets and answers two
 * questions, SIGN and MAC.
 *
 * SECURITY: forked before any thread, socket of the network or message exists. It reads the files
 * that the configuration names, as the user assayd was started by, then gives up its privileges for
 * good, may not be traced or dumped, keeps its memory out of swap, and allows itself only the system
 * calls that reading, signing and writing take. It parses no mail and no name from the DNS; what it
 * reads comes from the front process: a name to look up, 32 octets to sign, octets to hash. Who
 * breaks into the front process can have things signed while the break-in lasts, and nothing more.
 */
#ifndef DAEMON_KEYPROC_H
#define DAEMON_KEYPROC_H

#include "base/buf.h"

#include <sys/types.h>

/** One key or secret to hold. */
struct keyproc_item {
    const char *name;  /**< `SELECTOR._domainkey.DOMAIN`, or the name of a secret */
    const char *path;  /**< its file */
    const char *where; /**< the place in the configuration, for complaints */
    bool secret;       /**< an SRS secret: lines; else a private key in PEM */
    bool ed25519;      /**< the key is said to be Ed25519; else RSA */
};

/** What a keys process is to hold, and as whom it is to run. */
struct keyproc_plan {
    const struct keyproc_item *items;
    size_t n;
    uid_t uid; /**< 0: as it was started */
    gid_t gid;
    bool sandbox; /**< take from it the system calls that it has no use for */
};

/** A keys process that runs. */
struct keyproc {
    pid_t pid;
    int *sockets; /**< one for each thread that asks; -1: given away */
    unsigned n;
};

/**
 * Start one, and wait until it has read its files.
 *
 * \param n        sockets, and threads of its own
 * \param ret_why  what is wrong with a file, a line for each
 * \return ASSAY_DONE, ASSAY_EINVAL (a file is not what it should be), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status keyproc_start(const struct keyproc_plan *plan, unsigned n,
                                           struct keyproc *ret, struct buf *ret_why);

/** Close the sockets that were not given away, and end the process. */
void keyproc_stop(struct keyproc *k);

/** As keyproc_stop(), but let it answer what it was asked: it ends when its last socket is closed. */
void keyproc_leave(struct keyproc *k);

#endif
