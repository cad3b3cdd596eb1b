/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file private.h
 * Private keys, and signing with them: RSA with SHA-256 (RFC 8017 8.2, RFC 6376 3.3.1) and Ed25519
 * (RFC 8032, RFC 8463 3).
 *
 *     private_make()   once: a new key, as the text of a file
 *     private_read()   pem.c finds it in the text, private_parts.c takes it apart; its numbers are
 *                      compared with each other and become OpenSSL's object
 *     private_sign()   lends a context that is ready, so that nearly all of it is arithmetic
 *     private_free()   wipes it
 *
 * What is secret lies in as few places as can be: copies are wiped before this code lets go of
 * them. The text belongs to the caller; private_wipe() is for that.
 */
#ifndef CRYPTO_PRIVATE_H
#define CRYPTO_PRIVATE_H

#include "base/buf.h"
#include "crypto/key.h"

/** Octets of the longest signature: RSA with 8,192 bits. */
enum { PRIVATE_SIGNATURE = 1024 };

/** A private key. Any number of threads may sign with it at once. */
struct private_key;

/**
 * Read a key.
 *
 * \param engine   must outlive the key
 * \param pem      PKCS#8 or, for RSA, PKCS#1, not encrypted; the first private key in it counts
 * \param ret      set on ASSAY_DONE
 * \param ret_why  set on ASSAY_EINVAL: what is wrong, and what to try; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status private_read(struct assay_engine *engine, assay_span pem,
                                          struct private_key **ret, const char **ret_why);

/**
 * Make a key, and append it as PKCS#8 in PEM.
 *
 * \param bits  of an RSA key: 1,024 to 8,192; Ed25519 has no choice
 * \param pem   for private_wipe()
 * \return ASSAY_DONE, ASSAY_EINVAL (bits), ASSAY_ENOMEM (there is no randomness, too)
 */
ASSAY_NODISCARD assay_status private_make(enum key_type type, unsigned bits, struct buf *pem);

/**
 * Sign a digest.
 *
 * \param digest  RSA: PKCS#1 v1.5 of this SHA-256 digest; Ed25519: PureEdDSA over these 32 octets
 * \param ret     set on ASSAY_DONE, with `*ret_n`
 * \return ASSAY_DONE; ASSAY_ENOMEM: nothing was signed, it may be tried again
 */
ASSAY_NODISCARD assay_status private_sign(struct private_key *key,
                                          const uint8_t digest[SHA256_SIZE],
                                          uint8_t ret[PRIVATE_SIGNATURE], size_t *ret_n);

/** What the key can do. */
enum key_type private_type(const struct private_key *key) ASSAY_PURE;

/** Bits of an RSA key; 256 for Ed25519. */
unsigned private_bits(const struct private_key *key) ASSAY_PURE;

/**
 * Its public half as `p=` holds it (RFC 6376 3.6.1, RFC 8463 4): SubjectPublicKeyInfo, or 32
 * octets. Lives as long as the key.
 */
assay_span private_public(const struct private_key *key) ASSAY_PURE;

/** Wipe a key and give its memory back; NULL is taken. */
void private_free(struct private_key *key);

/** Wipe what a buffer holds, and give its memory back. */
void private_wipe(struct buf *secret);

/**
 * Read what a question of kind ASSAY_SIGN carries: `rsa-sha256 BASE64` or `ed25519-sha256 BASE64`,
 * the digest that is to be signed.
 *
 * \return false when it is neither; nothing is set
 */
bool private_question(assay_span data, enum key_type *ret_type, uint8_t ret_digest[SHA256_SIZE]);

#endif
