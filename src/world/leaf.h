/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file leaf.h
 * The certificate of a web server, judged: web roots, dates, and the name among its DNS-IDs (RFC 8461
 * 3.3, RFC 6125 6.4).
 */
#ifndef WORLD_LEAF_H
#define WORLD_LEAF_H

#include "base/buf.h"

#include <openssl/x509.h>

/** What was seen. */
struct leaf {
    int64_t until;   /**< the end of the certificate, seconds since 1970; 0: none came */
    char fault[250]; /**< `name`, `expired` or `untrusted`, and words; empty: it is good */
};

/**
 * Verify a chain that a handshake brought, as SSL_CTX_set_cert_verify_callback() wants it.
 *
 * \param host  canonical
 * \return 1 when it is good
 */
int leaf_verify(X509_STORE_CTX *x, assay_span host, struct leaf *ret);

/** A time of a certificate, seconds since 1970. */
int64_t leaf_time(const ASN1_TIME *t);

/** The DNS-IDs of a certificate, parted by commas; those with octets that no name has are left out. */
void leaf_names(X509 *cert, struct buf *out);

#endif
