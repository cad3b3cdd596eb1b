/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/private.h"

#include "base/base64.h"
#include "base/limits.h"
#include "crypto/der.h"
#include "crypto/pem.h"
#include "crypto/private_parts.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <stdlib.h>

/** A key has at most as many contexts at rest; with more threads than that, some are made anew. */
enum { IDLE_MAX = 16 };

enum { SEED = 32 };

/** What signing needs besides the key. It serves one thread at a time: lent out and returned. */
struct signer {
    EVP_PKEY_CTX *rsa;   /* set up for PKCS#1 v1.5 and SHA-256 */
    EVP_MD_CTX *ed25519; /* a context to sign with */
};

struct private_key {
    OSSL_LIB_CTX *lib; /* the engine's */
    EVP_MD *sha256;    /* likewise */
    enum key_type type;
    unsigned bits;
    EVP_PKEY *pkey;
    struct buf public;
    pthread_mutex_t lock; /* of what follows */
    struct signer idle[IDLE_MAX];
    size_t nidle;
};

/** The error queue is to stay as it was. */
#define QUIETLY(call)      \
    do {                   \
        ERR_set_mark();    \
        (call);            \
        ERR_pop_to_mark(); \
    } while (0)

/* ---- OpenSSL's library context ---- */

/** The algorithms are there, and randomness (RSA blinds with it). */
static bool is_ready(OSSL_LIB_CTX *lib)
{
    EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(lib, "RSA", NULL);
    EVP_SIGNATURE *rsa = EVP_SIGNATURE_fetch(lib, "RSA", NULL);
    EVP_SIGNATURE *ed25519 = EVP_SIGNATURE_fetch(lib, "ED25519", NULL);
    EVP_MD *sha256 = EVP_MD_fetch(lib, "SHA256", NULL);
    EVP_MD *sha512 = EVP_MD_fetch(lib, "SHA512", NULL); /* inside Ed25519 */
    unsigned char random;
    bool ready =
        keys && rsa && ed25519 && sha256 && sha512 && RAND_priv_bytes_ex(lib, &random, 1, 0) == 1;

    EVP_KEYMGMT_free(keys);
    EVP_SIGNATURE_free(rsa);
    EVP_SIGNATURE_free(ed25519);
    EVP_MD_free(sha256);
    EVP_MD_free(sha512);
    return ready;
}

/**
 * A library context that has found all that signing takes, or NULL. One that ran out of memory
 * while it searched would say ever after that there is no such algorithm (key.c).
 */
static OSSL_LIB_CTX *new_lib(void)
{
    OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();

    if (lib && is_ready(lib))
        return lib;
    OSSL_LIB_CTX_free(lib);
    return NULL;
}

/** The engine's, which who only verifies does without: randomness takes half a millisecond. */
static OSSL_LIB_CTX *lib_of(struct assay_engine *engine)
{
    OSSL_LIB_CTX *lib;

    pthread_mutex_lock(&engine->lock);
    if (!engine->signing)
        engine->signing = new_lib();
    lib = engine->signing;
    pthread_mutex_unlock(&engine->lock);
    return lib;
}

/* ---- whether the numbers fit each other ---- */

/** a * b = 1 (mod m - less). \return 1, 0, or -1 when memory is out */
static int is_inverse(const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, BN_ULONG less, BN_CTX *ctx)
{
    BIGNUM *modulus = BN_CTX_get(ctx), *product = BN_CTX_get(ctx);

    if (!product || !BN_copy(modulus, m) || !BN_sub_word(modulus, less) ||
        !BN_mod_mul(product, a, b, modulus, ctx))
        return -1;
    return BN_is_one(product);
}

/** n = p q. \return 1, 0, or -1 */
static int is_product(const BIGNUM *n, const BIGNUM *p, const BIGNUM *q, BN_CTX *ctx)
{
    BIGNUM *product = BN_CTX_get(ctx);

    if (!product || !BN_mul(product, p, q, ctx))
        return -1;
    return BN_cmp(product, n) == 0;
}

/**
 * The numbers fit each other (RFC 8017 3.2): a key that was damaged would sign what no one can
 * verify. \return 1, 0, or -1
 */
static int numbers_fit(const struct private_parts *parts, BN_CTX *ctx)
{
    BIGNUM *n[RSA_PARTS];
    int fit;

    for (size_t i = 0; i < RSA_PARTS; i++)
        if (!(n[i] = BN_CTX_get(ctx)) ||
            !BN_bin2bn((const unsigned char *)parts->number[i].p, (int)parts->number[i].n, n[i]))
            return -1;
    if ((fit = is_product(n[RSA_PART_N], n[RSA_PART_P], n[RSA_PART_Q], ctx)) == 1 &&
        (fit = is_inverse(n[RSA_PART_E], n[RSA_PART_D], n[RSA_PART_P], 1, ctx)) == 1 &&
        (fit = is_inverse(n[RSA_PART_E], n[RSA_PART_D], n[RSA_PART_Q], 1, ctx)) == 1 &&
        (fit = is_inverse(n[RSA_PART_E], n[RSA_PART_DP], n[RSA_PART_P], 1, ctx)) == 1 &&
        (fit = is_inverse(n[RSA_PART_E], n[RSA_PART_DQ], n[RSA_PART_Q], 1, ctx)) == 1)
        fit = is_inverse(n[RSA_PART_Q], n[RSA_PART_QINV], n[RSA_PART_P], 0, ctx);
    return fit;
}

/** numbers_fit(), as a status. */
static assay_status check_fit(OSSL_LIB_CTX *lib, const struct private_parts *parts,
                              const char **ret_why)
{
    BN_CTX *ctx = BN_CTX_new_ex(lib); /* wipes its numbers when it is freed */
    int fit = -1;

    if (ctx) {
        BN_CTX_start(ctx);
        fit = numbers_fit(parts, ctx);
        BN_CTX_end(ctx);
    }
    BN_CTX_free(ctx);
    if (fit == 0)
        *ret_why = "the numbers of the RSA key do not fit each other: the file is damaged";
    return fit == 1 ? ASSAY_DONE : fit == 0 ? ASSAY_EINVAL : ASSAY_ENOMEM;
}

/* ---- making OpenSSL's objects ---- */

/** A number as OpenSSL takes it: in the order of this machine. \param room  moved on */
static OSSL_PARAM as_param(const char *name, assay_span number, char **room)
{
    char *octets = *room;

    for (size_t i = 0; i < number.n; i++)
        octets[__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? i : number.n - 1 - i] = number.p[i];
    *room += number.n;
    return (OSSL_PARAM){name, OSSL_PARAM_UNSIGNED_INTEGER, octets, number.n, OSSL_PARAM_UNMODIFIED};
}

/** Make the RSA key object. \param room  as many octets as all numbers have */
static EVP_PKEY *rsa_object(OSSL_LIB_CTX *lib, const struct private_parts *parts, char *room)
{
    static const char *const NAMES[RSA_PARTS] = {
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
        OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, "RSA", NULL);
    OSSL_PARAM params[RSA_PARTS + 1] = {0};
    EVP_PKEY *pkey = NULL;

    for (size_t i = 0; i < RSA_PARTS; i++)
        params[i] = as_param(NAMES[i], parts->number[i], &room);
    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/** Append SubjectPublicKeyInfo (RFC 3279 2.3.1). */
static void put_spki(const struct private_parts *parts, struct buf *out)
{
    struct buf numbers = buf_new(LIMIT_KEY), key = buf_new(LIMIT_KEY), body = buf_new(LIMIT_KEY);

    der_put_positive(&numbers, parts->number[RSA_PART_N]);
    der_put_positive(&numbers, parts->number[RSA_PART_E]);
    buf_putc(&key, '\0'); /* no unused bits */
    der_put(&key, DER_SEQUENCE, buf_span(&numbers));
    der_put(&body, DER_SEQUENCE, SPAN("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00"));
    der_put(&body, DER_BIT_STRING, buf_span(&key));
    der_put(out, DER_SEQUENCE, buf_span(&body));
    if (numbers.status != ASSAY_DONE || key.status != ASSAY_DONE || body.status != ASSAY_DONE)
        out->status = ASSAY_ENOMEM;
    buf_done(&numbers);
    buf_done(&key);
    buf_done(&body);
}

/** Append the public half of an Ed25519 key. */
static void put_raw(const EVP_PKEY *pkey, struct buf *out)
{
    unsigned char octets[SEED];
    size_t n = sizeof octets;

    if (EVP_PKEY_get_raw_public_key(pkey, octets, &n) == 1)
        buf_put(out, (assay_span){(const char *)octets, n});
    else
        out->status = ASSAY_ENOMEM;
}

/** Make the object, and write the public half. \return false when memory is out */
static bool make_object(struct private_key *key, const struct private_parts *parts, char *room)
{
    if (parts->type == KEY_RSA) {
        put_spki(parts, &key->public);
        key->pkey = rsa_object(key->lib, parts, room);
    } else if ((key->pkey = EVP_PKEY_new_raw_private_key_ex(key->lib, "ED25519", NULL,
                                                            (const unsigned char *)parts->seed.p,
                                                            parts->seed.n))) {
        put_raw(key->pkey, &key->public);
    }
    return key->pkey && key->public.status == ASSAY_DONE;
}

/** Make a key of its parts. */
static assay_status make_key(struct assay_engine *engine, const struct private_parts *parts,
                             char *room, struct private_key **ret)
{
    struct private_key *key = calloc(1, sizeof *key);

    if (!key)
        return ASSAY_ENOMEM;
    pthread_mutex_init(&key->lock, NULL);
    key->lib = engine->signing;
    key->sha256 = engine->sha256;
    key->type = parts->type;
    key->bits = parts->bits;
    key->public = buf_new(LIMIT_KEY);
    if (!make_object(key, parts, room)) {
        private_free(key);
        return ASSAY_ENOMEM;
    }
    *ret = key;
    return ASSAY_DONE;
}

/** Read a key of decoded octets. \param room  as many again */
static assay_status read_octets(struct assay_engine *engine, enum pem_kind kind, assay_span der,
                                char *room, struct private_key **ret, const char **ret_why)
{
    struct private_parts parts;
    const char *why = private_parts_read(kind, der, &parts);
    OSSL_LIB_CTX *lib;
    assay_status s = ASSAY_DONE;

    if (why) {
        *ret_why = why;
        return ASSAY_EINVAL;
    }
    if (!(lib = lib_of(engine)))
        return ASSAY_ENOMEM;
    if (parts.type == KEY_RSA)
        s = check_fit(lib, &parts, ret_why);
    return s == ASSAY_DONE ? make_key(engine, &parts, room, ret) : s;
}

assay_status private_read(struct assay_engine *engine, assay_span pem, struct private_key **ret,
                          const char **ret_why)
{
    assay_span base64;
    enum pem_kind kind;
    size_t n, most;
    char *octets;
    assay_status s = ASSAY_EINVAL;

    if (!pem_private_key(pem, &kind, &base64, ret_why))
        return ASSAY_EINVAL;
    *ret_why = "what stands between BEGIN and END is no private key in base64";
    if (base64.n > LIMIT_PRIVATE_KEY)
        return ASSAY_EINVAL;
    most = base64_decoded_max(base64.n);
    if (!(octets = malloc(2 * most)))
        return ASSAY_ENOMEM;
    if (base64_decode(base64, (uint8_t *)octets, &n))
        QUIETLY(
            s = read_octets(engine, kind, (assay_span){octets, n}, octets + most, ret, ret_why));
    OPENSSL_cleanse(octets, 2 * most);
    free(octets);
    return s;
}

/* ---- making a key ---- */

/** Have OpenSSL make a key. */
static EVP_PKEY *generate(OSSL_LIB_CTX *lib, enum key_type type, unsigned bits)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, type == KEY_RSA ? "RSA" : "ED25519", NULL);
    EVP_PKEY *pkey = NULL;

    if (ctx && EVP_PKEY_keygen_init(ctx) == 1 &&
        (type != KEY_RSA || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1) &&
        EVP_PKEY_generate(ctx, &pkey) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/** Append a key as PKCS#8 in PEM. \return false when memory is out */
static bool put_pem(const EVP_PKEY *pkey, struct buf *out)
{
    OSSL_ENCODER_CTX *ctx =
        OSSL_ENCODER_CTX_new_for_pkey(pkey, OSSL_KEYMGMT_SELECT_ALL, "PEM", "PrivateKeyInfo", NULL);
    unsigned char *text = NULL;
    size_t n = 0;
    bool done = ctx && OSSL_ENCODER_to_data(ctx, &text, &n) == 1;

    if (done)
        buf_put(out, (assay_span){(const char *)text, n});
    OPENSSL_clear_free(text, n);
    OSSL_ENCODER_CTX_free(ctx);
    return done && out->status == ASSAY_DONE;
}

/** private_make(), noisily. */
static bool make_and_put(enum key_type type, unsigned bits, struct buf *pem)
{
    OSSL_LIB_CTX *lib = new_lib();
    EVP_PKEY *pkey = lib ? generate(lib, type, bits) : NULL;
    bool done = pkey && put_pem(pkey, pem);

    EVP_PKEY_free(pkey);
    OSSL_LIB_CTX_free(lib);
    return done;
}

assay_status private_make(enum key_type type, unsigned bits, struct buf *pem)
{
    bool done = false;

    if (type == KEY_RSA && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX))
        return ASSAY_EINVAL;
    QUIETLY(done = make_and_put(type, bits, pem));
    return done ? ASSAY_DONE : ASSAY_ENOMEM;
}

/* ---- signing ---- */

/** Make what signing needs. */
static bool make_signer(const struct private_key *key, struct signer *ret)
{
    struct signer s = {0};

    if (key->type == KEY_ED25519) {
        s.ed25519 = EVP_MD_CTX_new();
    } else if ((s.rsa = EVP_PKEY_CTX_new_from_pkey(key->lib, key->pkey, NULL)) &&
               (EVP_PKEY_sign_init(s.rsa) != 1 ||
                EVP_PKEY_CTX_set_rsa_padding(s.rsa, RSA_PKCS1_PADDING) != 1 ||
                EVP_PKEY_CTX_set_signature_md(s.rsa, key->sha256) != 1)) {
        EVP_PKEY_CTX_free(s.rsa);
        s.rsa = NULL;
    }
    *ret = s;
    return s.rsa || s.ed25519;
}

static void drop_signer(struct signer *s)
{
    EVP_PKEY_CTX_free(s->rsa);
    EVP_MD_CTX_free(s->ed25519);
}

/** Borrow what signing needs. */
static bool borrow(struct private_key *key, struct signer *ret)
{
    bool found;

    pthread_mutex_lock(&key->lock);
    if ((found = key->nidle > 0))
        *ret = key->idle[--key->nidle];
    pthread_mutex_unlock(&key->lock);
    return found || make_signer(key, ret);
}

/** Return it. */
static void give_back(struct private_key *key, struct signer *s)
{
    bool kept;

    pthread_mutex_lock(&key->lock);
    if ((kept = key->nidle < IDLE_MAX))
        key->idle[key->nidle++] = *s;
    pthread_mutex_unlock(&key->lock);
    if (!kept)
        drop_signer(s);
}

/** Sign with what was borrowed. */
static bool sign(const struct private_key *key, const struct signer *s, const uint8_t *digest,
                 uint8_t *out, size_t *n)
{
    if (s->rsa)
        return EVP_PKEY_sign(s->rsa, out, n, digest, SHA256_SIZE) == 1;
    return EVP_DigestSignInit_ex(s->ed25519, NULL, NULL, key->lib, NULL, key->pkey, NULL) == 1 &&
           EVP_DigestSign(s->ed25519, out, n, digest, SHA256_SIZE) == 1;
}

/** Sign quietly. */
static bool borrow_and_sign(struct private_key *key, const uint8_t *digest, uint8_t *out, size_t *n)
{
    struct signer s;
    bool done;

    if (!borrow(key, &s))
        return false;
    if ((done = sign(key, &s, digest, out, n)))
        give_back(key, &s);
    else
        drop_signer(&s);
    return done;
}

assay_status private_sign(struct private_key *key, const uint8_t digest[SHA256_SIZE],
                          uint8_t ret[PRIVATE_SIGNATURE], size_t *ret_n)
{
    uint8_t signature[PRIVATE_SIGNATURE];
    size_t n = sizeof signature;
    bool done = false;

    QUIETLY(done = borrow_and_sign(key, digest, signature, &n));
    if (!done)
        return ASSAY_ENOMEM;
    memcpy(ret, signature, n);
    *ret_n = n;
    return ASSAY_DONE;
}

/* ---- the rest ---- */

enum key_type private_type(const struct private_key *key)
{
    return key->type;
}

unsigned private_bits(const struct private_key *key)
{
    return key->bits;
}

assay_span private_public(const struct private_key *key)
{
    return buf_span(&key->public);
}

void private_free(struct private_key *key)
{
    if (!key)
        return;
    for (size_t i = 0; i < key->nidle; i++)
        drop_signer(&key->idle[i]);
    EVP_PKEY_free(key->pkey); /* OpenSSL wipes its numbers */
    buf_done(&key->public);
    pthread_mutex_destroy(&key->lock);
    free(key);
}

void private_wipe(struct buf *secret)
{
    if (secret->p)
        OPENSSL_cleanse(secret->p, secret->cap);
    buf_done(secret);
}

bool private_question(assay_span data, enum key_type *ret_type, uint8_t ret_digest[SHA256_SIZE])
{
    uint8_t octets[2 * SHA256_SIZE];
    assay_span name = span_first(data, span_find(data, ' '));
    assay_span base64 = span_from(data, name.n + 1);
    size_t n;

    if (!span_is(name, "rsa-sha256") && !span_is(name, "ed25519-sha256"))
        return false;
    if (base64.n != base64_encoded(SHA256_SIZE) || !base64_decode(base64, octets, &n) ||
        n != SHA256_SIZE)
        return false;
    *ret_type = span_is(name, "rsa-sha256") ? KEY_RSA : KEY_ED25519;
    memcpy(ret_digest, octets, SHA256_SIZE);
    return true;
}
