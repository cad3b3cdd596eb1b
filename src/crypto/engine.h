/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file engine.h Cryptography for the core: one OpenSSL library context, what was fetched from it
 * once, and a bounded memo of keys.
 *
 * OpenSSL fails in two ways that must not be mixed: a signature that is wrong, and memory that is
 * short. Every call here tells them apart: ASSAY_ENOMEM decides nothing and may be repeated.
 */
#ifndef CRYPTO_ENGINE_H
#define CRYPTO_ENGINE_H

#include "base/span.h"

#include <assay/assay.h>

#include <openssl/evp.h>
#include <pthread.h>

/** Octets of a SHA-256 digest. */
enum { SHA256_SIZE = 32 };

/** A remembered key; private to key.c. */
struct key_memo;

struct assay_engine {
    OSSL_LIB_CTX *lib;
    OSSL_LIB_CTX *signing; /**< with randomness; NULL before the first private key (private.c) */
    EVP_MD *sha256;
    EVP_MD *sha1; /**< for mac_of() alone: no signature is made or verified with it */
    /** an Ed25519 key whose good signature tells a bad one from short memory */
    EVP_PKEY *known_key;
    pthread_mutex_t lock;  /**< of the memo, and of `signing` */
    struct key_memo *keys; /**< max_keys places, by hash of the key's octets */
    size_t max_keys;
};

#endif
