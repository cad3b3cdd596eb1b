/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file mac.h
 * HMAC-SHA1 (RFC 2104, FIPS 180-4), the one that SRS addresses are made with. SHA-1 is weak where
 * an attacker chooses both of two texts that are to collide; HMAC does not rest on that (RFC 6151).
 */
#ifndef CRYPTO_MAC_H
#define CRYPTO_MAC_H

#include "crypto/engine.h"

/** Octets of HMAC-SHA1. */
enum { MAC_SIZE = 20 };

/**
 * HMAC-SHA1 of octets.
 *
 * Nothing of the secret, and nothing made of it, stays behind in memory. Any number of threads may
 * call this at once.
 *
 * \param secret  any octets, any number of them
 * \param out     set on ASSAY_DONE
 * \return ASSAY_DONE; ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status mac_of(const struct assay_engine *engine, assay_span secret,
                                    assay_span octets, uint8_t out[MAC_SIZE]);

#endif
