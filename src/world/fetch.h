/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fetch.h
 * Documents of the web: questions of kind ASSAY_GET, whose name is the URL.
 *
 *     start()      the URL is read; what is not https to a host's name on port 443 is not fetched, but lists of
 *                  revoked certificates over http on port 80 (fetch_url.h)
 *     host.c       the addresses of the host, by the world's own resolver
 *     in line      LIMIT_FETCHES at once, LIMIT_FETCHES_HOST of them of one host
 *     libcurl      multi_socket on the world's loop; it is told the addresses, and resolves nothing itself
 *     verify()     the certificate is judged here: web roots, dates, the host among its DNS-IDs (no common name, RFC 8461
 *                  3.3)
 *
 * Nothing is followed, decoded, kept or sent beside the request: no redirect, no proxy, no cookie, no
 * cache, no decompression; one connection for each document.
 *
 * How it is answered: ASSAY_OK with any status code; TOOBIG: a body over LIMIT_FETCH, a header over
 * LIMIT_FETCH_HEAD; NXDOMAIN, NODATA, SERVFAIL, BOGUS: of the host's addresses; SERVFAIL: the connection
 * ended, or what came was no HTTP; REFUSED: every address refuses the connection; TLSERROR: the reason
 * begins with `name`, `expired`, `untrusted` or `handshake`; TIMEOUT: nobody knows, which is also said
 * of what is not fetched, with the reason.
 */
#ifndef WORLD_FETCH_H
#define WORLD_FETCH_H

#include "world/web.h"

/** The functions of this transport. */
extern const struct transport fetch_transport;

/** Make one. \param web  must outlive it \return NULL when memory is out */
void *fetch_new(struct web *web);

/** Documents that are on their way, those in line included. */
size_t fetch_busy(const void *self);

#endif
