/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/key.h"

#include "base/limits.h"
#include "crypto/der.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <stdlib.h>

/** The RSA exponent may have 64 bits: more makes verifying slow, and nobody has it. */
enum { EXPONENT_MAX = 8, ED25519_KEY = 32, ED25519_SIGNATURE = 64 };

/** A key ready for use. A context serves one thread at a time: it is lent out and returned. */
struct parsed_key {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *rsa;   /* RSA: set up for PKCS#1 v1.5 and SHA-256 */
    EVP_MD_CTX *ed25519; /* Ed25519: a context to verify with */
};

/**
 * How often a key is kept: so many threads may verify with the key of a large sender at once, and
 * none has to parse it anew.
 */
enum { KEY_SPARES = 8 };

/** One place of the memo: the octets of a key and what was made of them. */
struct key_memo {
    enum key_type type;
    assay_span octets; /* owned */
    unsigned n;        /* of `spare`: those that are not lent out */
    struct parsed_key spare[KEY_SPARES];
};

/* ---- reading ---- */

/** rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017 A.1). */
static const char RSA_OID[] = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01";

/** Bits of a number without leading zero octet. */
static unsigned bit_length(assay_span number)
{
    unsigned bits = (unsigned)number.n * 8;

    for (unsigned char top = (unsigned char)number.p[0]; !(top & 0x80);
         top = (unsigned char)(top << 1))
        bits--;
    return bits;
}

/** Step into SubjectPublicKeyInfo; `*body` becomes the RSAPublicKey inside. */
static enum key_fault enter_spki(assay_span spki, assay_span *body)
{
    assay_span algorithm, oid, null = SPAN_EMPTY, bits;

    if (!der_take(&spki, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &oid))
        return KEY_SYNTAX;
    if (!span_eq(oid, SPAN(RSA_OID)))
        return KEY_ALGORITHM;
    if (algorithm.n && (!der_take(&algorithm, DER_NULL, &null) || null.n || algorithm.n))
        return KEY_SYNTAX; /* the parameters are NULL (RFC 3279 2.3.1); that some leave them out does no harm */
    if (!der_take(&spki, DER_BIT_STRING, &bits) || spki.n || bits.n < 1 || bits.p[0] != 0)
        return KEY_SYNTAX;
    bits = span_from(bits, 1);
    return der_take(&bits, DER_SEQUENCE, body) && bits.n == 0 ? KEY_OK : KEY_SYNTAX;
}

enum key_fault rsa_numbers_of(assay_span der, struct rsa_numbers *ret)
{
    assay_span body, n, e;
    enum key_fault fault;

    if (!der_take(&der, DER_SEQUENCE, &body) || der.n || body.n == 0)
        return KEY_SYNTAX;
    if ((unsigned char)body.p[0] == DER_SEQUENCE && (fault = enter_spki(body, &body)) != KEY_OK)
        return fault;
    if (!der_take_positive(&body, &n) || !der_take_positive(&body, &e) || body.n)
        return KEY_SYNTAX;
    *ret = (struct rsa_numbers){n, e, bit_length(n)};
    return KEY_OK;
}

enum key_fault rsa_read(assay_span der, struct rsa_numbers *ret)
{
    struct rsa_numbers r;
    enum key_fault fault = rsa_numbers_of(der, &r);

    if (fault != KEY_OK)
        return fault;
    if (!(r.n.p[r.n.n - 1] & 1) || !(r.e.p[r.e.n - 1] & 1) || r.e.n > EXPONENT_MAX ||
        (r.e.n == 1 && r.e.p[0] == 1))
        return KEY_EXPONENT;
    *ret = r;
    return KEY_OK;
}

/* ---- making OpenSSL's objects ---- */

/** Give everything of a key back. */
static void parsed_free(struct parsed_key *k)
{
    EVP_PKEY_CTX_free(k->rsa);
    EVP_MD_CTX_free(k->ed25519);
    EVP_PKEY_free(k->pkey);
    *k = (struct parsed_key){0};
}

/** n and e as OpenSSL parameters. */
static OSSL_PARAM *rsa_params(const struct rsa_numbers *rsa)
{
    BIGNUM *n = BN_bin2bn((const unsigned char *)rsa->n.p, (int)rsa->n.n, NULL);
    BIGNUM *e = BN_bin2bn((const unsigned char *)rsa->e.p, (int)rsa->e.n, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    if (n && e && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
        params = OSSL_PARAM_BLD_to_param(build);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return params;
}

/** Make the RSA key object. */
static EVP_PKEY *rsa_object(const struct assay_engine *engine, const struct rsa_numbers *rsa)
{
    OSSL_PARAM *params = rsa_params(rsa);
    EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(engine->lib, "RSA", NULL) : NULL;
    EVP_PKEY *pkey = NULL;

    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

/** Make the context that verifies with an RSA key. */
static EVP_PKEY_CTX *rsa_context(const struct assay_engine *engine, EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(engine->lib, pkey, NULL);

    if (ctx && EVP_PKEY_verify_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(ctx, engine->sha256) == 1)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

/**
 * Make everything that verifying with a key takes. \return ASSAY_DONE, ASSAY_ENOMEM, ASSAY_EINVAL
 */
static assay_status parse_key(const struct assay_engine *engine, enum key_type type,
                              assay_span octets, struct parsed_key *ret)
{
    struct parsed_key k = {0};
    struct rsa_numbers rsa;

    if (type == KEY_RSA) {
        if (rsa_read(octets, &rsa) != KEY_OK)
            return ASSAY_EINVAL;
        if ((k.pkey = rsa_object(engine, &rsa)))
            k.rsa = rsa_context(engine, k.pkey);
    } else {
        if (octets.n != ED25519_KEY)
            return ASSAY_EINVAL;
        k.pkey = EVP_PKEY_new_raw_public_key_ex(engine->lib, "ED25519", NULL,
                                                (const unsigned char *)octets.p, octets.n);
        k.ed25519 = k.pkey ? EVP_MD_CTX_new() : NULL;
    }
    if (!k.rsa && !k.ed25519) {
        parsed_free(&k);
        return ASSAY_ENOMEM;
    }
    *ret = k;
    return ASSAY_DONE;
}

/* ---- the memo ---- */

/** The place of a key in the memo: by octets of its end, which are as good as random. */
static struct key_memo *place_of(struct assay_engine *engine, enum key_type type, assay_span octets)
{
    enum {
        SAMPLE = 16,
        EXPONENT = 8
    }; /* an RSA key ends in its exponent, and many have the same */
    size_t skip = octets.n > SAMPLE + EXPONENT ? octets.n - SAMPLE - EXPONENT : 0;
    assay_span sample = span_first(span_from(octets, skip), SAMPLE);

    return &engine->keys[(span_hash(sample) + (uint32_t)type) % engine->max_keys];
}

/** The place holds this key. */
static bool holds(const struct key_memo *place, enum key_type type, assay_span octets)
{
    return place->octets.n && place->type == type && span_eq(place->octets, octets);
}

/** Take a key out of the memo, if it is there and not all of it is lent out. */
static bool memo_take(struct assay_engine *engine, enum key_type type, assay_span octets,
                      struct parsed_key *ret)
{
    struct key_memo *place;
    bool found;

    if (!engine->max_keys)
        return false;
    pthread_mutex_lock(&engine->lock);
    place = place_of(engine, type, octets);
    found = place->n && holds(place, type, octets);
    if (found)
        *ret = place->spare[--place->n];
    pthread_mutex_unlock(&engine->lock);
    return found;
}

/** Empty a place. The keys that were there are to be freed by the caller. */
static unsigned evict(struct key_memo *place, struct parsed_key old[KEY_SPARES])
{
    unsigned n = place->n;

    memcpy(old, place->spare, sizeof place->spare);
    free((void *)(uintptr_t)place->octets.p);
    *place = (struct key_memo){0};
    return n;
}

/** Put a key into the memo, in place of another that was there. */
static void memo_return(struct assay_engine *engine, enum key_type type, assay_span octets,
                        struct parsed_key *key)
{
    struct parsed_key old[KEY_SPARES], kept = *key;
    struct key_memo *place;
    unsigned n = 0;
    char *copy;

    if (!engine->max_keys) {
        parsed_free(key);
        return;
    }
    pthread_mutex_lock(&engine->lock);
    place = place_of(engine, type, octets);
    if (!holds(place, type, octets) && (copy = malloc(octets.n))) {
        n = evict(place, old);
        memcpy(copy, octets.p, octets.n);
        place->type = type;
        place->octets = (assay_span){copy, octets.n};
    }
    if (holds(place, type, octets) && place->n < KEY_SPARES) {
        place->spare[place->n++] = kept;
        kept = (struct parsed_key){0};
    }
    pthread_mutex_unlock(&engine->lock);
    parsed_free(&kept);
    while (n > 0)
        parsed_free(&old[--n]);
}

/* ---- verifying ---- */

/**
 * The error queue holds a failure to allocate. Older entries of this thread are lost by looking.
 */
static bool queue_names_memory(void)
{
    unsigned long error;
    bool memory = false;

    while ((error = ERR_get_error()))
        memory |= ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
    return memory;
}

/** One call of OpenSSL's Ed25519. \return 1 good, 0 not, as OpenSSL says it */
static int ed25519_verify(EVP_MD_CTX *ctx, const struct assay_engine *engine, EVP_PKEY *pkey,
                          const uint8_t *digest, size_t n, const uint8_t *signature)
{
    if (EVP_DigestVerifyInit_ex(ctx, NULL, NULL, engine->lib, NULL, pkey, NULL) != 1)
        return -1;
    return EVP_DigestVerify(ctx, signature, ED25519_SIGNATURE, digest, n);
}

/** RFC 8032 7.1, test 1: the empty message. */
static const uint8_t KNOWN_SIGNATURE[ED25519_SIGNATURE] = {
    0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80, 0x6e, 0x82, 0x8a,
    0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73, 0xe0, 0x65, 0x22, 0x49, 0x01, 0x55,
    0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3, 0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b,
    0xd2, 0x5b, 0xf5, 0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b};

/** Ed25519 works just now. */
static bool ed25519_works(const struct assay_engine *engine)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool works = ctx && ed25519_verify(ctx, engine, engine->known_key, (const uint8_t *)"", 0,
                                       KNOWN_SIGNATURE) == 1;

    EVP_MD_CTX_free(ctx);
    return works;
}

/** Verify with RSA; a "no" counts unless the error queue says that memory was short. */
static assay_status rsa_verdict(EVP_PKEY_CTX *ctx, const uint8_t *digest, assay_span signature,
                                bool *good)
{
    *good =
        EVP_PKEY_verify(ctx, (const uint8_t *)signature.p, signature.n, digest, SHA256_SIZE) == 1;
    return *good || !queue_names_memory() ? ASSAY_DONE : ASSAY_ENOMEM;
}

/**
 * Verify with Ed25519. It queues no error when memory is short, so a "no" counts only when it is
 * said twice, with a signature known to be good verified in between.
 */
static assay_status ed25519_verdict(const struct assay_engine *engine, const struct parsed_key *key,
                                    const uint8_t *digest, assay_span signature, bool *good)
{
    const uint8_t *octets = (const uint8_t *)signature.p;

    *good = false;
    if (signature.n != ED25519_SIGNATURE)
        return ASSAY_DONE;
    *good = ed25519_verify(key->ed25519, engine, key->pkey, digest, SHA256_SIZE, octets) == 1;
    if (*good)
        return ASSAY_DONE;
    if (!ed25519_works(engine))
        return ASSAY_ENOMEM;
    *good = ed25519_verify(key->ed25519, engine, key->pkey, digest, SHA256_SIZE, octets) == 1;
    return *good || ed25519_works(engine) ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status key_verify(struct assay_engine *engine, enum key_type type, assay_span key,
                        const uint8_t digest[SHA256_SIZE], assay_span signature, enum verified *ret)
{
    struct parsed_key parsed;
    assay_status s = ASSAY_DONE;
    bool good = false;

    ERR_set_mark();
    if (!memo_take(engine, type, key, &parsed))
        s = parse_key(engine, type, key, &parsed);
    if (s == ASSAY_DONE) {
        s = type == KEY_RSA ? rsa_verdict(parsed.rsa, digest, signature, &good)
                            : ed25519_verdict(engine, &parsed, digest, signature, &good);
        memo_return(engine, type, key, &parsed);
    }
    ERR_pop_to_mark();
    if (s == ASSAY_DONE)
        *ret = good ? VERIFIED_YES : VERIFIED_NO;
    return s;
}

/* ---- the engine ---- */

/** RFC 8032 7.1, test 1. */
static const uint8_t KNOWN_KEY[ED25519_KEY] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7,
                                               0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
                                               0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25,
                                               0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};

/**
 * Have OpenSSL find each algorithm once. If memory ran out while it searches later on, its library
 * context would say ever after that there is no such algorithm (3.0: a provider counts as searched
 * although nothing was kept).
 */
static bool find_algorithms(const struct assay_engine *engine)
{
    EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(engine->lib, "RSA", NULL);
    EVP_SIGNATURE *rsa = EVP_SIGNATURE_fetch(engine->lib, "RSA", NULL);
    EVP_SIGNATURE *ed25519 = EVP_SIGNATURE_fetch(engine->lib, "ED25519", NULL);
    bool found = keys && rsa && ed25519;

    EVP_KEYMGMT_free(keys);
    EVP_SIGNATURE_free(rsa);
    EVP_SIGNATURE_free(ed25519);
    return found;
}

/** Fetch all that is used. */
static bool fetch(struct assay_engine *engine)
{
    engine->sha256 = EVP_MD_fetch(engine->lib, "SHA256", NULL);
    engine->sha1 = EVP_MD_fetch(engine->lib, "SHA1", NULL);
    engine->known_key =
        EVP_PKEY_new_raw_public_key_ex(engine->lib, "ED25519", NULL, KNOWN_KEY, sizeof KNOWN_KEY);
    return engine->sha256 && engine->sha1 && engine->known_key && find_algorithms(engine);
}

assay_status assay_engine_new(size_t max_keys, assay_engine **ret)
{
    struct assay_engine *engine = calloc(1, sizeof *engine);
    bool ready;

    if (!engine)
        return ASSAY_ENOMEM;
    ERR_set_mark();
    pthread_mutex_init(&engine->lock, NULL);
    engine->max_keys = max_keys;
    engine->keys = max_keys ? calloc(max_keys, sizeof *engine->keys) : NULL;
    engine->lib = OSSL_LIB_CTX_new();
    ready = engine->lib && (engine->keys || !max_keys) && fetch(engine);
    ERR_pop_to_mark();
    if (!ready) {
        assay_engine_free(engine);
        return ASSAY_ENOMEM;
    }
    *ret = engine;
    return ASSAY_DONE;
}

void assay_engine_free(assay_engine *engine)
{
    if (!engine)
        return;
    for (size_t i = 0; engine->keys && i < engine->max_keys; i++) {
        struct key_memo *place = &engine->keys[i];

        while (place->n > 0)
            parsed_free(&place->spare[--place->n]);
        free((void *)(uintptr_t)place->octets.p);
    }
    free(engine->keys);
    EVP_PKEY_free(engine->known_key);
    EVP_MD_free(engine->sha256);
    OSSL_LIB_CTX_free(engine->signing);
    EVP_MD_free(engine->sha1);
    OSSL_LIB_CTX_free(engine->lib);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}
