/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/digest.h"

#include <openssl/err.h>

/**
 * Run OpenSSL without leaving anything in this thread's error queue. SHA-256 itself can only fail
 * for memory.
 */
#define QUIETLY(call)      \
    do {                   \
        ERR_set_mark();    \
        ok = (call);       \
        ERR_pop_to_mark(); \
    } while (0)

assay_status digest_begin(struct digest *d, const struct assay_engine *engine)
{
    bool ok;

    d->copy = NULL;
    d->staged = 0;
    QUIETLY((d->ctx = EVP_MD_CTX_new()) != NULL &&
            EVP_DigestInit_ex2(d->ctx, engine->sha256, NULL) == 1);
    if (ok)
        return ASSAY_DONE;
    digest_done(d);
    return ASSAY_ENOMEM;
}

/** Hash what was gathered. */
static assay_status flush(struct digest *d)
{
    bool ok = true;

    if (d->staged)
        QUIETLY(EVP_DigestUpdate(d->ctx, d->stage, d->staged) == 1);
    d->staged = 0;
    return ok ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status digest_add(struct digest *d, assay_span octets)
{
    assay_status s;
    bool ok;

    if (octets.n > DIGEST_STAGE - d->staged && (s = flush(d)) != ASSAY_DONE)
        return s;
    if (octets.n <= DIGEST_STAGE / 2) {
        if (octets.n)
            memcpy(d->stage + d->staged, octets.p, octets.n);
        d->staged += octets.n;
        return ASSAY_DONE;
    }
    if ((s = flush(d)) != ASSAY_DONE)
        return s;
    QUIETLY(EVP_DigestUpdate(d->ctx, octets.p, octets.n) == 1);
    return ok ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status digest_so_far(struct digest *d, uint8_t out[SHA256_SIZE])
{
    assay_status s = flush(d);
    bool ok;

    if (s != ASSAY_DONE)
        return s;
    QUIETLY((d->copy || (d->copy = EVP_MD_CTX_new())) && EVP_MD_CTX_copy_ex(d->copy, d->ctx) == 1 &&
            EVP_DigestFinal_ex(d->copy, out, NULL) == 1);
    return ok ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status digest_end(struct digest *d, uint8_t out[SHA256_SIZE])
{
    assay_status s = flush(d);
    bool ok;

    if (s != ASSAY_DONE)
        return s;
    QUIETLY(EVP_DigestFinal_ex(d->ctx, out, NULL) == 1);
    return ok ? ASSAY_DONE : ASSAY_ENOMEM;
}

void digest_done(struct digest *d)
{
    EVP_MD_CTX_free(d->ctx);
    EVP_MD_CTX_free(d->copy);
    d->ctx = d->copy = NULL;
    d->staged = 0;
}

assay_status digest_of(const struct assay_engine *engine, assay_span octets,
                       uint8_t out[SHA256_SIZE])
{
    bool ok;

    QUIETLY(EVP_Digest(octets.p, octets.n, out, NULL, engine->sha256, NULL) == 1);
    return ok ? ASSAY_DONE : ASSAY_ENOMEM;
}
