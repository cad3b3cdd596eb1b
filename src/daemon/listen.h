/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file listen.h Listening sockets: made by the master while it may, given to the front.
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include "daemon/config.h"

/** Sockets that listen, one for each listener of a configuration. */
struct listening {
    int *fds;
    char **addresses; /**< as configured; what is listened to twice in a row stays open */
    size_t n;
};

/**
 * Listen wherever the configuration says. What `before` listens to at the same address is taken over
 * from there.
 *
 * \param before  may be empty; its sockets that are used again become -1 there
 * \param why     what went wrong, a line each
 * \return ASSAY_DONE; ASSAY_EINVAL: `before` is as it was; ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status listen_all(const struct config *config, struct listening *before,
                                        struct listening *ret, struct buf *why);

/** Close what is open; unlink the unix sockets. */
void listen_done(struct listening *l);

#endif
