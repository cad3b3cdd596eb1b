/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/buf.h"
#include "base/test_random.h"
#include "crypto/test_openssl.h"

/* The memo's own allocations are to fail too. */
#include "crypto/key.c"

#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- keys to test with ---- */

/** A key pair with its public half in the two forms of DKIM; Ed25519 has one. */
struct pair {
    enum key_type type;
    EVP_PKEY *pkey;
    struct buf spki, bare;
};

static struct pair rsa2048, rsa1024, ed25519;

/**
 * The number of a key as octets, big-endian, with a zero octet in front when its top bit is set.
 */
static void put_number(struct buf *out, const EVP_PKEY *pkey, const char *name)
{
    BIGNUM *number = NULL;
    unsigned char octets[2100];
    int n;

    assert_int_equal(EVP_PKEY_get_bn_param(pkey, name, &number), 1);
    n = BN_bn2bin(number, octets);
    if (octets[0] & 0x80)
        buf_putc(out, '\0');
    buf_put(out, (assay_span){(char *)octets, (size_t)n});
    BN_free(number);
}

/** Append an element of DER. */
static void put_der(struct buf *out, enum der_tag tag, assay_span content)
{
    size_t n = content.n;

    buf_putc(out, (char)tag);
    if (n >= 0x10000)
        buf_put(out,
                (assay_span){(const char[]){(char)0x83, (char)(n >> 16), (char)(n >> 8), (char)n},
                             4});
    else if (n >= 0x100)
        buf_put(out, (assay_span){(const char[]){(char)0x82, (char)(n >> 8), (char)n}, 3});
    else if (n >= 0x80)
        buf_put(out, (assay_span){(const char[]){(char)0x81, (char)n}, 2});
    else
        buf_putc(out, (char)n);
    buf_put(out, content);
}

/** Append RSAPublicKey of two numbers, each as the content of its INTEGER. */
static void put_bare(struct buf *out, assay_span n, assay_span e)
{
    struct buf body = buf_new(1 << 17);

    put_der(&body, DER_INTEGER, n);
    put_der(&body, DER_INTEGER, e);
    put_der(out, DER_SEQUENCE, buf_span(&body));
    buf_done(&body);
}

/**
 * Append SubjectPublicKeyInfo: `algorithm` is the content of its AlgorithmIdentifier, `bits` that
 * of its BIT STRING.
 */
static void put_spki(struct buf *out, assay_span algorithm, assay_span bits, const char *behind)
{
    struct buf body = buf_new(1 << 17);

    put_der(&body, DER_SEQUENCE, algorithm);
    put_der(&body, DER_BIT_STRING, bits);
    buf_puts(&body, behind);
    put_der(out, DER_SEQUENCE, buf_span(&body));
    buf_done(&body);
}

/** rsaEncryption with its NULL. */
#define RSA_ALGORITHM SPAN("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00")

/** Make an RSA key pair. */
static struct pair make_rsa(unsigned bits)
{
    struct pair pair = {KEY_RSA, EVP_RSA_gen(bits), buf_new(1 << 14), buf_new(1 << 14)};
    struct buf n = buf_new(4096), e = buf_new(100), string = buf_new(8192);

    assert_non_null(pair.pkey);
    put_number(&n, pair.pkey, OSSL_PKEY_PARAM_RSA_N);
    put_number(&e, pair.pkey, OSSL_PKEY_PARAM_RSA_E);
    put_bare(&pair.bare, buf_span(&n), buf_span(&e));
    buf_putc(&string, '\0');
    buf_put(&string, buf_span(&pair.bare));
    put_spki(&pair.spki, RSA_ALGORITHM, buf_span(&string), "");
    buf_done(&n);
    buf_done(&e);
    buf_done(&string);
    return pair;
}

/** Make an Ed25519 key pair; both forms are the 32 octets. */
static struct pair make_ed25519(void)
{
    struct pair pair = {KEY_ED25519, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), buf_new(64),
                        buf_new(64)};
    unsigned char octets[ED25519_KEY];
    size_t n = sizeof octets;

    assert_int_equal(EVP_PKEY_get_raw_public_key(pair.pkey, octets, &n), 1);
    buf_put(&pair.bare, (assay_span){(char *)octets, n});
    buf_put(&pair.spki, (assay_span){(char *)octets, n});
    return pair;
}

static void drop_pair(struct pair *pair)
{
    EVP_PKEY_free(pair->pkey);
    buf_done(&pair->spki);
    buf_done(&pair->bare);
}

/** A signature over a digest. */
struct signed_digest {
    uint8_t digest[SHA256_SIZE];
    unsigned char octets[1024];
    size_t n;
};

/** Sign a random digest with RSA PKCS#1 v1.5 and a hash of this name. */
static void sign_rsa(EVP_PKEY *pkey, const EVP_MD *hash, int padding, struct signed_digest *ret)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

    ret->n = sizeof ret->octets;
    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
    assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, hash), 1);
    assert_int_equal(
        EVP_PKEY_sign(ctx, ret->octets, &ret->n, ret->digest, (size_t)EVP_MD_get_size(hash)), 1);
    EVP_PKEY_CTX_free(ctx);
}

/** Sign a random digest as DKIM does. */
static struct signed_digest sign(const struct pair *pair)
{
    struct signed_digest s = {.n = sizeof s.octets};

    for (size_t i = 0; i < SHA256_SIZE; i++)
        s.digest[i] = (uint8_t)random_below(256);
    if (pair->type == KEY_RSA) {
        sign_rsa(pair->pkey, EVP_sha256(), RSA_PKCS1_PADDING, &s);
    } else {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, pair->pkey), 1);
        assert_int_equal(EVP_DigestSign(ctx, s.octets, &s.n, s.digest, SHA256_SIZE), 1);
        EVP_MD_CTX_free(ctx);
    }
    return s;
}

static assay_span octets_of(const struct signed_digest *s)
{
    return (assay_span){(const char *)s->octets, s->n};
}

/** An engine that remembers so many keys. assay_engine_free() it. */
static assay_engine *new_engine(size_t max_keys)
{
    assay_engine *engine = NULL;

    assert_int_equal(assay_engine_new(max_keys, &engine), ASSAY_DONE);
    return engine;
}

/** Verify; it must come to a verdict. */
static enum verified verify(assay_engine *engine, enum key_type type, assay_span key,
                            const struct signed_digest *s)
{
    enum verified verified = (enum verified)4711;

    assert_int_equal(key_verify(engine, type, key, s->digest, octets_of(s), &verified), ASSAY_DONE);
    assert_int_equal(ERR_peek_error(), 0);
    return verified;
}

/* ---- reading RSA keys ---- */

/** Read a key from a block of memory that ends where it ends. */
static enum key_fault read_copy(assay_span der, struct rsa_numbers *ret)
{
    char *copy = malloc(der.n ? der.n : 1);
    enum key_fault fault;

    assert_non_null(copy);
    if (der.n)
        memcpy(copy, der.p, der.n);
    fault = rsa_read((assay_span){copy, der.n}, ret);
    if (fault == KEY_OK) {
        assert_true(ret->n.p >= copy && ret->n.p + ret->n.n <= copy + der.n);
        assert_true(ret->e.p >= copy && ret->e.p + ret->e.n <= copy + der.n);
    }
    free(copy);
    return fault;
}

static void both_forms_of_a_key_give_its_numbers_and_bits(void **state)
{
    (void)state;
    for (unsigned bits = 512; bits <= 1040; bits += 33) {
        struct pair pair = make_rsa(bits);
        struct rsa_numbers bare, spki;

        assert_int_equal(rsa_read(buf_span(&pair.bare), &bare), KEY_OK);
        assert_int_equal(rsa_read(buf_span(&pair.spki), &spki), KEY_OK);
        assert_int_equal(bare.bits, bits);
        assert_int_equal(spki.bits, bits);
        assert_true(span_eq(bare.n, spki.n) && span_eq(bare.e, spki.e));
        assert_true(span_eq(bare.e, SPAN("\x01\x00\x01")));
        assert_int_equal(bare.n.n, (bits + 7) / 8);
        drop_pair(&pair);
    }
}

static void the_forms_are_those_that_openssl_writes(void **state)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(rsa2048.pkey, &der);

    (void)state;
    assert_true(span_eq((assay_span){(char *)der, (size_t)n}, buf_span(&rsa2048.spki)));
    OPENSSL_free(der);
    der = NULL;
    n = i2d_PublicKey(rsa2048.pkey, &der);
    assert_true(span_eq((assay_span){(char *)der, (size_t)n}, buf_span(&rsa2048.bare)));
    OPENSSL_free(der);
}

static void a_key_cut_short_or_with_an_octet_behind_it_is_refused(void **state)
{
    const struct buf *const forms[] = {&rsa2048.bare, &rsa2048.spki};

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct buf longer = buf_new(1 << 14);
        struct rsa_numbers numbers;

        for (size_t n = 0; n < forms[i]->n; n++)
            if (read_copy(span_first(buf_span(forms[i]), n), &numbers) != KEY_SYNTAX)
                fail_msg("form %zu cut to %zu octets was taken", i, n);
        buf_put(&longer, buf_span(forms[i]));
        buf_putc(&longer, '\0');
        assert_int_equal(read_copy(buf_span(&longer), &numbers), KEY_SYNTAX);
        buf_done(&longer);
    }
}

static void the_numbers_of_a_key_must_be_possible(void **state)
{
    static const struct {
        assay_span n, e;
        enum key_fault want;
        unsigned bits;
    } ROWS[] = {
        {SPAN("\x00\xC1"), SPAN("\x03"), KEY_OK, 8},
        {SPAN("\x61"), SPAN("\x03"), KEY_OK, 7},
        {SPAN("\x01"), SPAN("\x03"), KEY_OK, 1},
        {SPAN("\x01\x01"), SPAN("\x01\x00\x01"), KEY_OK, 9},
        /* exponents: odd, at least 3, 64 bits at most */
        {SPAN("\x61"), SPAN("\x11"), KEY_OK, 7},
        {SPAN("\x61"), SPAN("\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), KEY_OK, 7},
        {SPAN("\x61"), SPAN("\x01"), KEY_EXPONENT, 0},
        {SPAN("\x61"), SPAN("\x02"), KEY_EXPONENT, 0},
        {SPAN("\x61"), SPAN("\x01\x00\x00"), KEY_EXPONENT, 0},
        {SPAN("\x61"), SPAN("\x01\x00\x00\x00\x00\x00\x00\x00\x01"), KEY_EXPONENT, 0},
        {SPAN("\x60"), SPAN("\x03"), KEY_EXPONENT, 0}, /* an even modulus */
        /* no numbers of DER */
        {SPAN("\x61"), SPAN("\x00"), KEY_SYNTAX, 0},
        {SPAN("\x61"), SPAN(""), KEY_SYNTAX, 0},
        {SPAN("\x61"), SPAN("\x83"), KEY_SYNTAX, 0},
        {SPAN("\x61"), SPAN("\x00\x03"), KEY_SYNTAX, 0},
        {SPAN("\x00"), SPAN("\x03"), KEY_SYNTAX, 0},
        {SPAN(""), SPAN("\x03"), KEY_SYNTAX, 0},
        {SPAN("\xC1"), SPAN("\x03"), KEY_SYNTAX, 0},
        {SPAN("\x00\x61"), SPAN("\x03"), KEY_SYNTAX, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf bare = buf_new(100);
        struct rsa_numbers numbers = {.bits = 4711};
        enum key_fault got;

        put_bare(&bare, ROWS[i].n, ROWS[i].e);
        got = read_copy(buf_span(&bare), &numbers);
        if (got != ROWS[i].want || numbers.bits != (got == KEY_OK ? ROWS[i].bits : 4711))
            fail_msg("row %zu: wanted %d, %u bits, got %d, %u bits", i, ROWS[i].want, ROWS[i].bits,
                     got, numbers.bits);
        buf_done(&bare);
    }
}

/** rsaEncryption, and the start of a BIT STRING that holds a key. */
#define OID "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"

static void what_is_around_a_key_must_be_what_rfc_5280_says(void **state)
{
    static const assay_span KEY = SPAN("\x30\x06\x02\x01\x61\x02\x01\x03");
    static const struct {
        assay_span algorithm, before, behind; /* before and behind the key in its BIT STRING */
        const char *last;                     /* behind the BIT STRING */
        enum key_fault want;
    } ROWS[] = {
        {SPAN(OID "\x05\x00"), SPAN("\0"), SPAN(""), "", KEY_OK},
        {SPAN(OID), SPAN("\0"), SPAN(""), "", KEY_OK}, /* seen without parameters */
        /* parameters that are not NULL, or something behind them */
        {SPAN(OID "\x05\x01x"), SPAN("\0"), SPAN(""), "", KEY_SYNTAX},
        {SPAN(OID "\x30\x00"), SPAN("\0"), SPAN(""), "", KEY_SYNTAX},
        {SPAN(OID "\x05\x00\x05\x00"), SPAN("\0"), SPAN(""), "", KEY_SYNTAX},
        {SPAN(OID "\x05"), SPAN("\0"), SPAN(""), "", KEY_SYNTAX},
        /* other algorithms: RSASSA-PSS, id-ecPublicKey, Ed25519 */
        {SPAN("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A"), SPAN("\0"), SPAN(""), "",
         KEY_ALGORITHM},
        {SPAN("\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01"), SPAN("\0"), SPAN(""), "", KEY_ALGORITHM},
        {SPAN("\x06\x03\x2B\x65\x70"), SPAN("\0"), SPAN(""), "", KEY_ALGORITHM},
        {SPAN("\x06\x00"), SPAN("\0"), SPAN(""), "", KEY_ALGORITHM},
        {SPAN(""), SPAN("\0"), SPAN(""), "", KEY_SYNTAX},
        {SPAN("\x05\x00"), SPAN("\0"), SPAN(""), "", KEY_SYNTAX},
        /* bits that are left over, octets that are */
        {SPAN(OID "\x05\x00"), SPAN("\1"), SPAN(""), "", KEY_SYNTAX},
        {SPAN(OID "\x05\x00"), SPAN(""), SPAN(""), "", KEY_SYNTAX},
        {SPAN(OID "\x05\x00"), SPAN("\0\0"), SPAN(""), "", KEY_SYNTAX},
        {SPAN(OID "\x05\x00"), SPAN("\0"), SPAN("\0"), "", KEY_SYNTAX},
        {SPAN(OID "\x05\x00"), SPAN("\0"), SPAN(""), "x", KEY_SYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf bits = buf_new(100), spki = buf_new(100);
        struct rsa_numbers numbers;
        enum key_fault got;

        buf_put(&bits, ROWS[i].before);
        buf_put(&bits, KEY);
        buf_put(&bits, ROWS[i].behind);
        put_spki(&spki, ROWS[i].algorithm, buf_span(&bits), ROWS[i].last);
        got = read_copy(buf_span(&spki), &numbers);
        if (got != ROWS[i].want)
            fail_msg("row %zu: wanted %d, got %d", i, ROWS[i].want, got);
        buf_done(&bits);
        buf_done(&spki);
    }
}

static void a_third_number_or_another_shape_is_no_key(void **state)
{
    static const assay_span ROWS[] = {
        SPAN(""),
        SPAN("\x30\x00"),
        SPAN("\x30\x03\x02\x01\x61"),
        SPAN("\x30\x09\x02\x01\x61\x02\x01\x03\x02\x01\x03"),
        SPAN("\x30\x08\x02\x01\x61\x02\x01\x03\x05\x00"),
        SPAN("\x31\x06\x02\x01\x61\x02\x01\x03"),
        SPAN("\x30\x80\x02\x01\x61\x02\x01\x03\x00\x00"),
        SPAN("\x30\x81\x06\x02\x01\x61\x02\x01\x03"),
        SPAN("\x30\x07\x02\x81\x01\x61\x02\x01\x03"),
        SPAN("\x30\x02\x30\x00"),
        SPAN("\x30\x04\x30\x00\x03\x00"),
        SPAN("-----BEGIN PUBLIC KEY-----"),
    };
    struct rsa_numbers numbers;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++)
        if (read_copy(ROWS[i], &numbers) != KEY_SYNTAX)
            fail_msg("row %zu was taken", i);
}

/* ---- verifying ---- */

static void good_signatures_verify_with_rsa_keys_of_every_size(void **state)
{
    static const unsigned BITS[] = {512, 768, 1000, 1024, 1025, 1536, 2048, 4096};
    assay_engine *engine = new_engine(8);

    (void)state;
    for (size_t i = 0; i < COUNT(BITS); i++) {
        struct pair pair = make_rsa(BITS[i]);
        struct signed_digest good = sign(&pair), bad = good;

        bad.digest[31] ^= 1;
        for (int again = 0; again < 2; again++) { /* the second time the key is remembered */
            assert_int_equal(verify(engine, KEY_RSA, buf_span(&pair.spki), &good), VERIFIED_YES);
            assert_int_equal(verify(engine, KEY_RSA, buf_span(&pair.bare), &good), VERIFIED_YES);
            assert_int_equal(verify(engine, KEY_RSA, buf_span(&pair.spki), &bad), VERIFIED_NO);
            assert_int_equal(verify(engine, KEY_RSA, buf_span(&pair.bare), &bad), VERIFIED_NO);
        }
        drop_pair(&pair);
    }
    assay_engine_free(engine);
}

/** Every change of one octet of a signature or its digest, some bits, makes it wrong. */
static void change_each_octet(assay_engine *engine, const struct pair *pair)
{
    const struct signed_digest good = sign(pair);

    for (size_t i = 0; i < good.n + SHA256_SIZE; i++) {
        struct signed_digest bad = good;

        *(i < good.n ? &bad.octets[i] : &bad.digest[i - good.n]) ^=
            (uint8_t)(1u << random_below(8));
        if (verify(engine, pair->type, buf_span(&pair->spki), &bad) != VERIFIED_NO)
            fail_msg("octet %zu was changed, and it verifies", i);
    }
    assert_int_equal(verify(engine, pair->type, buf_span(&pair->spki), &good), VERIFIED_YES);
}

/** A signature of another length is wrong. */
static void change_length(assay_engine *engine, const struct pair *pair)
{
    const struct signed_digest good = sign(pair);
    static const size_t LENGTHS[] = {0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1024};

    for (size_t i = 0; i < COUNT(LENGTHS); i++) {
        struct signed_digest s = good;

        s.n = LENGTHS[i];
        assert_int_equal(verify(engine, pair->type, buf_span(&pair->spki), &s),
                         LENGTHS[i] == good.n ? VERIFIED_YES : VERIFIED_NO);
    }
}

static void a_changed_signature_or_digest_does_not_verify(void **state)
{
    const struct pair *const pairs[] = {&rsa1024, &rsa2048, &ed25519};
    assay_engine *engine = new_engine(2);

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        change_each_octet(engine, pairs[i]);
        change_length(engine, pairs[i]);
    }
    assay_engine_free(engine);
}

static void a_signature_verifies_with_its_own_key_only(void **state)
{
    const struct pair *const pairs[] = {&rsa1024, &rsa2048, &ed25519};
    assay_engine *engine = new_engine(1);

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        const struct signed_digest s = sign(pairs[i]);

        for (size_t k = 0; k < COUNT(pairs); k++)
            assert_int_equal(verify(engine, pairs[k]->type, buf_span(&pairs[k]->spki), &s),
                             i == k ? VERIFIED_YES : VERIFIED_NO);
    }
    assay_engine_free(engine);
}

static void what_is_signed_another_way_does_not_verify(void **state)
{
    assay_engine *engine = new_engine(1);
    struct signed_digest s = sign(&rsa2048);

    (void)state;
    sign_rsa(rsa2048.pkey, EVP_sha256(), RSA_PKCS1_PSS_PADDING, &s);
    assert_int_equal(verify(engine, KEY_RSA, buf_span(&rsa2048.spki), &s), VERIFIED_NO);
    sign_rsa(rsa2048.pkey, EVP_sha1(), RSA_PKCS1_PADDING, &s);
    assert_int_equal(verify(engine, KEY_RSA, buf_span(&rsa2048.spki), &s), VERIFIED_NO);
    sign_rsa(rsa2048.pkey, EVP_sha3_256(), RSA_PKCS1_PADDING, &s);
    assert_int_equal(verify(engine, KEY_RSA, buf_span(&rsa2048.spki), &s), VERIFIED_NO);
    memset(s.octets, 0xFF, sizeof s.octets); /* above the modulus */
    assert_int_equal(verify(engine, KEY_RSA, buf_span(&rsa2048.spki), &s), VERIFIED_NO);
    memset(s.octets, 0, sizeof s.octets);
    assert_int_equal(verify(engine, KEY_RSA, buf_span(&rsa2048.spki), &s), VERIFIED_NO);
    assay_engine_free(engine);
}

static void the_example_of_rfc_8032_verifies_as_rfc_8463_uses_it(void **state)
{
    /* RFC 8463 A.2: the key of test 2 of RFC 8032 7.1 */
    static const uint8_t SECRET[] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
                                     0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
                                     0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
                                     0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
    struct pair pair = {KEY_ED25519,
                        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, SECRET, sizeof SECRET),
                        buf_new(64), buf_new(64)};
    assay_engine *engine = new_engine(1);
    struct signed_digest s = sign(&pair);

    (void)state;
    assert_int_equal(verify(engine, KEY_ED25519,
                            (assay_span){(const char *)KNOWN_KEY, sizeof KNOWN_KEY}, &s),
                     VERIFIED_YES);
    s.digest[0] ^= 0x80;
    assert_int_equal(verify(engine, KEY_ED25519,
                            (assay_span){(const char *)KNOWN_KEY, sizeof KNOWN_KEY}, &s),
                     VERIFIED_NO);
    drop_pair(&pair);
    assay_engine_free(engine);
}

static void octets_that_are_no_key_are_refused(void **state)
{
    static const struct {
        enum key_type type;
        assay_span key;
    } ROWS[] = {
        {KEY_RSA, SPAN("")},
        {KEY_RSA, SPAN("garbage")},
        {KEY_RSA, SPAN("\x30\x06\x02\x01\x61\x02\x01\x02")}, /* an even exponent */
        {KEY_ED25519, SPAN("")},
        {KEY_ED25519, SPAN("0123456789012345678901234567890")},
        {KEY_ED25519, SPAN("012345678901234567890123456789012")},
    };
    const struct signed_digest s = sign(&ed25519);

    (void)state;
    for (size_t memo = 0; memo < 2; memo++) {
        assay_engine *engine = new_engine(memo);

        for (size_t i = 0; i < COUNT(ROWS); i++) {
            enum verified verified = (enum verified)4711;

            assert_int_equal(key_verify(engine, ROWS[i].type, ROWS[i].key, s.digest, octets_of(&s),
                                        &verified),
                             ASSAY_EINVAL);
            assert_int_equal(verified, 4711);
        }
        assay_engine_free(engine);
    }
}

/** Verify something with a key of a modulus and exponent; there is an answer, and it is no. */
static void must_not_verify(assay_engine *engine, assay_span n, assay_span e)
{
    struct signed_digest s = sign(&rsa1024);
    struct buf bare = buf_new(1 << 14);
    static const size_t LENGTHS[] = {0, 1, 64, 128, 1024};

    put_bare(&bare, n, e);
    for (size_t i = 0; i < COUNT(LENGTHS); i++) {
        s.n = LENGTHS[i];
        assert_int_equal(verify(engine, KEY_RSA, buf_span(&bare), &s), VERIFIED_NO);
    }
    buf_done(&bare);
}

static void keys_that_openssl_does_not_like_verify_nothing_and_are_no_want_of_memory(void **state)
{
    static const size_t SIZES[] = {1,  2,  10,  11,   16,   32,   61,   62,  63,
                                   64, 65, 128, 1000, 2048, 2049, 2051, 4000};
    assay_engine *engine = new_engine(3);
    static char n[4001];

    (void)state;
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        memset(n, 0x5B, sizeof n);
        must_not_verify(engine, (assay_span){n, SIZES[i]}, SPAN("\x03"));
        must_not_verify(engine, (assay_span){n, SIZES[i]},
                        SPAN("\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFD"));
    }
    must_not_verify(engine, SPAN("\x01"), SPAN("\x03"));
    assay_engine_free(engine);
}

static void points_that_are_no_ed25519_keys_verify_nothing(void **state)
{
    assay_engine *engine = new_engine(3);
    const struct signed_digest s = sign(&ed25519);
    char key[ED25519_KEY];

    (void)state;
    for (int fill = 0; fill < 256; fill += 15) {
        memset(key, fill, sizeof key);
        assert_int_equal(verify(engine, KEY_ED25519, (assay_span){key, sizeof key}, &s),
                         VERIFIED_NO);
    }
    assay_engine_free(engine);
}

/* ---- the memo ---- */

enum { PAIRS = 12 };

/** Pairs of both types, with a good and a bad signature of each. */
static struct cast {
    struct pair pair;
    struct signed_digest good, bad;
} cast[PAIRS];

/** Verify one of them, chosen at random; whether the verdict is right. */
static bool right_verdict(assay_engine *engine, size_t choice)
{
    const struct cast *c = &cast[choice % PAIRS];
    const struct buf *form = choice / PAIRS % 2 ? &c->pair.bare : &c->pair.spki;
    bool good = choice / PAIRS / 2 % 2;
    const struct signed_digest *s = good ? &c->good : &c->bad;
    enum verified verified;

    return key_verify(engine, c->pair.type, buf_span(form), s->digest, octets_of(s), &verified) ==
               ASSAY_DONE &&
           verified == (good ? VERIFIED_YES : VERIFIED_NO);
}

static void verdicts_are_the_same_however_many_keys_are_remembered(void **state)
{
    static const size_t MEMOS[] = {0, 1, 2, 64};

    (void)state;
    for (size_t i = 0; i < COUNT(MEMOS); i++) {
        assay_engine *engine = new_engine(MEMOS[i]);

        for (size_t round = 0; round < 400; round++)
            assert_true(right_verdict(engine, random_below(PAIRS * 4)));
        assay_engine_free(engine);
    }
}

static void the_same_octets_are_another_key_when_the_type_is_another(void **state)
{
    assay_engine *engine = new_engine(1);
    const struct signed_digest s = sign(&ed25519);
    enum verified verified;

    (void)state;
    for (int round = 0; round < 3; round++) {
        assert_int_equal(verify(engine, KEY_ED25519, buf_span(&ed25519.spki), &s), VERIFIED_YES);
        assert_int_equal(key_verify(engine, KEY_RSA, buf_span(&ed25519.spki), s.digest,
                                    octets_of(&s), &verified),
                         ASSAY_EINVAL);
    }
    assay_engine_free(engine);
}

enum { THREADS = 4, ROUNDS = 200 };

/** A thread's work, and how many of its verdicts were right. */
struct work {
    assay_engine *engine;
    size_t first, right;
};

static void *verify_many(void *arg)
{
    struct work *work = arg;

    for (size_t i = 0; i < ROUNDS; i++)
        work->right += right_verdict(work->engine, work->first + i * (1 + work->first % 3));
    return NULL;
}

static void four_threads_at_once_get_the_right_verdicts(void **state)
{
    static const size_t MEMOS[] = {0, 1, 64};

    (void)state;
    for (size_t i = 0; i < COUNT(MEMOS); i++) {
        assay_engine *engine = new_engine(MEMOS[i]);
        pthread_t threads[THREADS];
        struct work works[THREADS];

        for (size_t k = 0; k < THREADS; k++) {
            works[k] = (struct work){engine, k, 0};
            assert_int_equal(pthread_create(&threads[k], NULL, verify_many, &works[k]), 0);
        }
        for (size_t k = 0; k < THREADS; k++) {
            pthread_join(threads[k], NULL);
            assert_int_equal(works[k].right, ROUNDS);
        }
        assay_engine_free(engine);
    }
}

static void a_key_that_many_use_at_once_is_kept_for_each_of_them(void **state)
{
    assay_engine *engine = new_engine(64);
    assay_span octets = buf_span(&rsa1024.spki);
    struct parsed_key keys[KEY_SPARES + 2];

    (void)state;
    assert_false(memo_take(engine, KEY_RSA, octets, &keys[0]));
    for (size_t i = 0; i < COUNT(keys); i++) /* all lent out: each parses its own */
        assert_int_equal(parse_key(engine, KEY_RSA, octets, &keys[i]), ASSAY_DONE);
    for (size_t i = 0; i < COUNT(keys); i++)
        memo_return(engine, KEY_RSA, octets, &keys[i]);
    for (size_t i = 0; i < KEY_SPARES; i++)
        assert_true(memo_take(engine, KEY_RSA, octets, &keys[i]));
    assert_false(memo_take(engine, KEY_RSA, octets, &keys[KEY_SPARES])); /* so many, no more */
    for (size_t i = 0; i < KEY_SPARES; i++)
        memo_return(engine, KEY_RSA, octets, &keys[i]);
    assay_engine_free(engine);
}

/* ---- memory ---- */

/**
 * Verify with `left` allocations and then `gap` that fail. \return whether it said ASSAY_ENOMEM; no
 * verdict is wrong
 */
static bool verify_scarcely(size_t memo, bool warm, const struct cast *c, bool good, size_t left,
                            size_t gap)
{
    assay_engine *engine = new_engine(memo);
    const struct signed_digest *s = good ? &c->good : &c->bad;
    enum verified verified = (enum verified)4711;
    assay_status status;

    if (warm)
        assert_int_equal(verify(engine, c->pair.type, buf_span(&c->pair.spki), &c->good),
                         VERIFIED_YES);
    memory_left = left;
    memory_gap = gap;
    status = key_verify(engine, c->pair.type, buf_span(&c->pair.spki), s->digest, octets_of(s),
                        &verified);
    memory_left = memory_gap = SIZE_MAX;
    if (status == ASSAY_DONE && verified != (good ? VERIFIED_YES : VERIFIED_NO))
        fail_msg("type %d, %s signature, memo %zu%s, %zu allocations: the verdict is wrong",
                 c->pair.type, good ? "good" : "bad", memo, warm ? ", known key" : "", left);
    assert_true(status == ASSAY_DONE ||
                (status == ASSAY_ENOMEM && verified == (enum verified)4711));
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(verify(engine, c->pair.type, buf_span(&c->pair.spki),
                            s), /* repeated, with memory */
                     good ? VERIFIED_YES : VERIFIED_NO);
    assay_engine_free(engine);
    return status == ASSAY_ENOMEM;
}

/** Fail each allocation of a verification in turn. \return how many came to ASSAY_ENOMEM */
static size_t fail_each(size_t memo, bool warm, const struct cast *c, bool good, size_t gap)
{
    size_t failures = 0, left = 0;

    for (size_t fine = 0; fine < 40;
         left++) { /* some failures are got over, so one success is not the end */
        bool failed = verify_scarcely(memo, warm, c, good, left, gap);

        failures += failed;
        fine = failed ? 0 : fine + 1;
    }
    return failures;
}

static void when_an_allocation_fails_no_verdict_is_wrong(void **state)
{
    static const size_t GAPS[] = {1, SIZE_MAX};

    (void)state;
    for (size_t i = 0; i < 2; i++) /* one of each type */
        for (size_t gap = 0; gap < COUNT(GAPS); gap++)
            for (int good = 0; good < 2; good++) {
                assert_in_range(fail_each(0, false, &cast[i], good, GAPS[gap]), 3, 400);
                assert_in_range(fail_each(4, false, &cast[i], good, GAPS[gap]), 3, 400);
                assert_in_range(fail_each(4, true, &cast[i], good, GAPS[gap]), 0,
                                400); /* most is there already */
            }
}

static void an_engine_is_made_whole_or_not_at_all(void **state)
{
    static const size_t GAPS[] = {1, SIZE_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(GAPS); i++) {
        size_t failures = 0;

        for (size_t left = 0, fine = 0; fine < 60; left++) {
            assay_engine *engine = NULL;
            assay_status s;

            openssl_forgets = true;
            memory_left = left;
            memory_gap = GAPS[i];
            s = assay_engine_new(4, &engine);
            memory_left = memory_gap = SIZE_MAX;
            openssl_forgets = false;
            assert_true(s == ASSAY_DONE ? engine != NULL : s == ASSAY_ENOMEM && engine == NULL);
            if (s == ASSAY_DONE)
                assert_int_equal(verify(engine, KEY_RSA, buf_span(&cast[0].pair.spki),
                                        &cast[0].good),
                                 VERIFIED_YES);
            assay_engine_free(engine);
            fine = s == ASSAY_DONE ? fine + 1 : 0;
            failures += s != ASSAY_DONE;
        }
        assert_in_range(failures, 10, 5000);
    }
    assay_engine_free(NULL);
}

static int make_keys(void **state)
{
    (void)state;
    if (!openssl_memory_is_scarce())
        return -1;
    rsa2048 = make_rsa(2048);
    rsa1024 = make_rsa(1024);
    ed25519 = make_ed25519();
    for (size_t i = 0; i < PAIRS; i++) {
        cast[i].pair = i % 2 ? make_ed25519() : make_rsa(1024);
        cast[i].good = cast[i].bad = sign(&cast[i].pair);
        cast[i].bad.octets[random_below(cast[i].bad.n)] ^= 0x10;
    }
    return 0;
}

static int drop_keys(void **state)
{
    (void)state;
    drop_pair(&rsa2048);
    drop_pair(&rsa1024);
    drop_pair(&ed25519);
    for (size_t i = 0; i < PAIRS; i++)
        drop_pair(&cast[i].pair);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_of_a_key_give_its_numbers_and_bits),
        cmocka_unit_test(the_forms_are_those_that_openssl_writes),
        cmocka_unit_test(a_key_cut_short_or_with_an_octet_behind_it_is_refused),
        cmocka_unit_test(the_numbers_of_a_key_must_be_possible),
        cmocka_unit_test(what_is_around_a_key_must_be_what_rfc_5280_says),
        cmocka_unit_test(a_third_number_or_another_shape_is_no_key),
        cmocka_unit_test(good_signatures_verify_with_rsa_keys_of_every_size),
        cmocka_unit_test(a_changed_signature_or_digest_does_not_verify),
        cmocka_unit_test(a_signature_verifies_with_its_own_key_only),
        cmocka_unit_test(what_is_signed_another_way_does_not_verify),
        cmocka_unit_test(the_example_of_rfc_8032_verifies_as_rfc_8463_uses_it),
        cmocka_unit_test(octets_that_are_no_key_are_refused),
        cmocka_unit_test(keys_that_openssl_does_not_like_verify_nothing_and_are_no_want_of_memory),
        cmocka_unit_test(points_that_are_no_ed25519_keys_verify_nothing),
        cmocka_unit_test(verdicts_are_the_same_however_many_keys_are_remembered),
        cmocka_unit_test(the_same_octets_are_another_key_when_the_type_is_another),
        cmocka_unit_test(four_threads_at_once_get_the_right_verdicts),
        cmocka_unit_test(a_key_that_many_use_at_once_is_kept_for_each_of_them),
        cmocka_unit_test(when_an_allocation_fails_no_verdict_is_wrong),
        cmocka_unit_test(an_engine_is_made_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
