/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file private_parts.h
 * What a private key is made of: PrivateKeyInfo (RFC 5958 2), RSAPrivateKey (RFC 8017 A.1.2) and
 * CurvePrivateKey (RFC 8410 7) taken apart.
 */
#ifndef CRYPTO_PRIVATE_PARTS_H
#define CRYPTO_PRIVATE_PARTS_H

#include "crypto/key.h"
#include "crypto/pem.h"

/** The numbers of RSAPrivateKey in their order (RFC 8017 A.1.2). */
enum rsa_part {
    RSA_PART_N,
    RSA_PART_E,
    RSA_PART_D,
    RSA_PART_P,
    RSA_PART_Q,
    RSA_PART_DP,
    RSA_PART_DQ,
    RSA_PART_QINV,
    RSA_PARTS
};

/** A private key taken apart; spans lie in the octets it was read from. */
struct private_parts {
    enum key_type type;
    assay_span number[RSA_PARTS]; /**< RSA: big-endian, no leading zero; N, E, P and Q are odd */
    unsigned bits;                /**< of N; 256 for Ed25519 */
    assay_span seed;              /**< Ed25519: 32 octets */
};

/** Bits of the RSA keys that are taken. */
enum { RSA_BITS_MIN = 1024, RSA_BITS_MAX = 8192 };

/**
 * Take a key apart. That its numbers fit each other is not looked at.
 *
 * \param ret  set when NULL is returned
 * \return what is wrong, and what to try; static text. NULL: nothing
 */
const char *private_parts_read(enum pem_kind kind, assay_span der, struct private_parts *ret);

#endif
