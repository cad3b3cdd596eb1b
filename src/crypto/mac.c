/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/mac.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

/** Octets SHA-1 takes at a time. */
enum { SHA1_BLOCK = 64 };

/** H(key XOR pad, octets); SHA-1 itself can only fail for memory. */
static bool padded_digest(EVP_MD_CTX *ctx, const struct assay_engine *engine,
                          const uint8_t key[SHA1_BLOCK], uint8_t pad, assay_span octets,
                          uint8_t out[MAC_SIZE])
{
    uint8_t block[SHA1_BLOCK];
    bool ok;

    for (size_t i = 0; i < SHA1_BLOCK; i++)
        block[i] = key[i] ^ pad;
    ok = EVP_DigestInit_ex2(ctx, engine->sha1, NULL) == 1 &&
         EVP_DigestUpdate(ctx, block, sizeof block) == 1 &&
         EVP_DigestUpdate(ctx, octets.p, octets.n) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    OPENSSL_cleanse(block, sizeof block);
    return ok;
}

/** RFC 2104 2. */
static bool hmac(EVP_MD_CTX *ctx, const struct assay_engine *engine, assay_span secret,
                 assay_span octets, uint8_t out[MAC_SIZE])
{
    uint8_t key[SHA1_BLOCK] = {0}, inner[MAC_SIZE];
    bool ok = true;

    if (secret.n > SHA1_BLOCK)
        ok = EVP_Digest(secret.p, secret.n, key, NULL, engine->sha1, NULL) == 1;
    else if (secret.n)
        memcpy(key, secret.p, secret.n);
    ok =
        ok && padded_digest(ctx, engine, key, 0x36, octets, inner) &&
        padded_digest(ctx, engine, key, 0x5c, (assay_span){(const char *)inner, sizeof inner}, out);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(inner, sizeof inner);
    return ok;
}

assay_status mac_of(const struct assay_engine *engine, assay_span secret, assay_span octets,
                    uint8_t out[MAC_SIZE])
{
    uint8_t mac[MAC_SIZE];
    EVP_MD_CTX *ctx;
    bool ok;

    ERR_set_mark();
    ok = (ctx = EVP_MD_CTX_new()) && hmac(ctx, engine, secret, octets, mac);
    EVP_MD_CTX_free(ctx); /* clears what it holds */
    ERR_pop_to_mark();
    if (!ok)
        return ASSAY_ENOMEM;
    memcpy(out, mac, MAC_SIZE);
    return ASSAY_DONE;
}
