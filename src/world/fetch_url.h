/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fetch_url.h
 * A URL that may be fetched: https, the name of a host, port 443. Or http and port 80 for a list of revoked
 * certificates, whose path ends in `.crl`: it is signed itself, and authorities publish it so (RFC 5280 8).
 */
#ifndef WORLD_FETCH_URL_H
#define WORLD_FETCH_URL_H

#include "dns/name.h"
#include "world/web.h"

#include <curl/curl.h>

/** A URL. All zero: none. */
struct fetch_url {
    CURLU *parts; /**< with the host as it stands below, and the port */
    struct dns_name host;
    unsigned port;
    bool clear; /**< http */
};

/**
 * Read one.
 *
 * \param ret      set on ASSAY_DONE; give it back with fetch_url_done()
 * \param ret_why  set on ASSAY_EINVAL: why it is not fetched; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status fetch_url_read(assay_span text, const struct web *web,
                                            struct fetch_url *ret, const char **ret_why);

/** Give it back. */
void fetch_url_done(struct fetch_url *u);

#endif
