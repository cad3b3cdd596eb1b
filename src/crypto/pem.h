/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file pem.h
 * The text form of a private key (RFC 7468): what stands between its BEGIN and its END.
 */
#ifndef CRYPTO_PEM_H
#define CRYPTO_PEM_H

#include "base/span.h"

/** What the octets of a block are. */
enum pem_kind {
    PEM_PKCS8, /**< `PRIVATE KEY`: PrivateKeyInfo, any algorithm (RFC 7468 10, RFC 5958 2) */
    PEM_PKCS1  /**< `RSA PRIVATE KEY`: RSAPrivateKey (RFC 8017 A.1.2) */
};

/**
 * Find the first private key of a text. Certificates, public keys and text around it are passed
 * over.
 *
 * \param ret_kind    set when true is returned
 * \param ret_base64  likewise: the lines between BEGIN and END, not decoded
 * \param ret_why     set when false is returned: what is there instead, and what to try; static
 * \return false when there is none that is not encrypted
 */
bool pem_private_key(assay_span text, enum pem_kind *ret_kind, assay_span *ret_base64,
                     const char **ret_why);

#endif
