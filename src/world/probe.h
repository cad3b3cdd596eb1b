/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file probe.h
 * The TLS of SMTP servers: questions of kind ASSAY_PROBE, whose name is "host:25".
 *
 *     start()      the name is read; what is not port 25 of a host's name is not connected to
 *     host.c       the addresses of the host, by the world's own resolver
 *     talk.c       one address after the other until one answers; then, where the world probes for old things, up to
 *                  four more connections to it: TLS 1.0, 1.1, 1.2 at most, and what is weak. One at a time,
 *                  LIMIT_PROBE_CONNECTIONS in all, LIMIT_PROBES servers at once
 *     sight.c      what was seen becomes text, as probe/probe.h has it
 *
 * How it is answered: ASSAY_OK with the text; REFUSED: every address refuses the connection; NXDOMAIN,
 * NODATA, SERVFAIL, BOGUS: of the host's addresses; TIMEOUT: nobody knows, with the reason; that is
 * also said of what is not connected to.
 */
#ifndef WORLD_PROBE_H
#define WORLD_PROBE_H

#include "world/web.h"

/** The functions of this transport. */
extern const struct transport probe_transport;

/** Make one. \param web  must outlive it \return NULL when memory is out */
void *probe_new(struct web *web);

/** Servers that are being probed, those in line included. */
size_t probe_busy(const void *self);

#endif
