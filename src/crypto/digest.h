/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file digest.h
 * SHA-256 over octets that arrive in pieces (RFC 6376 3.3).
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "crypto/engine.h"

/** Small pieces are gathered first: a call into OpenSSL costs more than hashing them. */
enum { DIGEST_STAGE = 1024 };

/** A digest in progress. */
struct digest {
    EVP_MD_CTX *ctx;
    EVP_MD_CTX *copy; /**< for digest_so_far() */
    size_t staged;
    char stage[DIGEST_STAGE];
};

/** Begin a digest; all zero but for `stage` before. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status digest_begin(struct digest *d, const struct assay_engine *engine);

/** Add octets. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status digest_add(struct digest *d, assay_span octets);

/** The digest of what was added so far; more may follow. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status digest_so_far(struct digest *d, uint8_t out[SHA256_SIZE]);

/**
 * The digest of all that was added; nothing may follow but digest_done(). \return ASSAY_DONE,
 * ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status digest_end(struct digest *d, uint8_t out[SHA256_SIZE]);

/** Give its memory back; all zero is harmless. */
void digest_done(struct digest *d);

/** The digest of octets that are all there. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status digest_of(const struct assay_engine *engine, assay_span octets,
                                       uint8_t out[SHA256_SIZE]);

#endif
