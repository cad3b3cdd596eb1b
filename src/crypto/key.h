/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file key.h Public keys and what they verify: RSA with SHA-256 (RFC 8017 8.2, RFC 6376 3.3.1) and
 * Ed25519 (RFC 8032, 8463).
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "crypto/engine.h"

/** What a key can do. */
enum key_type { KEY_RSA = 1, KEY_ED25519 };

/** What is wrong with the octets of a key. */
enum key_fault {
    KEY_OK,
    KEY_SYNTAX,    /**< neither SubjectPublicKeyInfo nor RSAPublicKey; not 32 octets */
    KEY_ALGORITHM, /**< SubjectPublicKeyInfo of another algorithm */
    KEY_EXPONENT,  /**< an RSA exponent that is even, below 3 or over 64 bits; an even modulus */
};

/** The numbers of an RSA key, inside the octets they were read from. */
struct rsa_numbers {
    assay_span n, e; /**< big-endian, no leading zero */
    unsigned bits;   /**< of n */
};

/**
 * Read an RSA public key: SubjectPublicKeyInfo (RFC 5280 4.1.2.7) or RSAPublicKey (RFC 8017 A.1.1),
 * both occur in DKIM (RFC 6376 3.6.1 and its erratum 3017). Trailing octets are a fault.
 */
enum key_fault rsa_read(assay_span der, struct rsa_numbers *ret);

/** The same for its owner: numbers that cannot be those of a key are given too, in place of KEY_EXPONENT. */
enum key_fault rsa_numbers_of(assay_span der, struct rsa_numbers *ret);

/** A signature was right, or it was not. */
enum verified { VERIFIED_NO, VERIFIED_YES };

/**
 * Verify a signature over a digest.
 *
 * The parsed key comes from the engine's memo or goes there. Any number of threads may call this at
 * once.
 *
 * \param key     RSA: octets that rsa_read() takes; Ed25519: 32 octets
 * \param digest  RSA: PKCS#1 v1.5 over SHA-256; Ed25519: PureEdDSA over these 32 octets (RFC 8463
 *                3)
 * \param ret     set on ASSAY_DONE
 * \return ASSAY_DONE; ASSAY_ENOMEM: nothing is known; ASSAY_EINVAL: not a usable key
 */
ASSAY_NODISCARD assay_status key_verify(struct assay_engine *engine, enum key_type type,
                                        assay_span key, const uint8_t digest[SHA256_SIZE],
                                        assay_span signature, enum verified *ret);

#endif
