/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "crypto/test_openssl.h"

/* Allocations of a key are to fail too. */
#include "base/buf.c"
#include "crypto/private.c"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static assay_engine *engine;
static EVP_PKEY *rsa2048, *rsa1024, *ed25519;

/** A digest to sign. */
static const uint8_t DIGEST[SHA256_SIZE] = "thirty-two octets to be signed..";

/** Ways in which OpenSSL writes a key. */
enum form { FORM_PKCS8, FORM_PKCS1, FORM_ENCRYPTED, FORM_OLD_ENCRYPTED, FORM_PUBLIC, N_FORMS };

/** A key as OpenSSL writes it. */
static struct buf written(const EVP_PKEY *pkey, enum form form)
{
    struct buf out = buf_new(1 << 16);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long n;
    int done = 0;

    if (form == FORM_PKCS8)
        done = PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
    if (form == FORM_PKCS1)
        done = PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL);
    if (form == FORM_ENCRYPTED)
        done = PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_128_cbc(), "secret", 6, NULL, NULL);
    if (form == FORM_OLD_ENCRYPTED)
        done = PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_128_cbc(),
                                                    (const unsigned char *)"secret", 6, NULL, NULL);
    if (form == FORM_PUBLIC)
        done = PEM_write_bio_PUBKEY(bio, pkey);
    assert_int_equal(done, 1);
    n = BIO_get_mem_data(bio, &text);
    buf_put(&out, (assay_span){text, (size_t)n});
    BIO_free(bio);
    return out;
}

/** Read a key that is good. */
static struct private_key *read_key(assay_span pem)
{
    struct private_key *key = NULL;
    const char *why = "out of memory";

    if (private_read(engine, pem, &key, &why) != ASSAY_DONE)
        fail_msg("%s:\n%.*s", why, SPAN_ARG(pem));
    assert_int_equal(ERR_peek_error(), 0);
    return key;
}

/** A key is refused, with this in the reason. */
static void assert_refused(assay_span pem, const char *wanted)
{
    struct private_key *key = NULL;
    const char *why = "";
    assay_status s = private_read(engine, pem, &key, &why);

    if (s != ASSAY_EINVAL || !span_contains(span_of(why), span_of(wanted)))
        fail_msg("wanted a refusal with \"%s\", got %d \"%s\" for\n%.*s", wanted, s, why,
                 SPAN_ARG(pem));
    assert_null(key);
    assert_int_equal(ERR_peek_error(), 0);
}

/** OpenSSL verifies a signature with the pair it made itself. */
static bool verifies(EVP_PKEY *pkey, const uint8_t *signature, size_t n)
{
    EVP_PKEY_CTX *rsa = EVP_PKEY_CTX_new(pkey, NULL);
    EVP_MD_CTX *other = EVP_MD_CTX_new();
    bool good;

    if (EVP_PKEY_is_a(pkey, "RSA"))
        good = EVP_PKEY_verify_init(rsa) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(rsa, EVP_sha256()) == 1 &&
               EVP_PKEY_verify(rsa, signature, n, DIGEST, sizeof DIGEST) == 1;
    else
        good = EVP_DigestVerifyInit(other, NULL, NULL, NULL, pkey) == 1 &&
               EVP_DigestVerify(other, signature, n, DIGEST, sizeof DIGEST) == 1;
    EVP_PKEY_CTX_free(rsa);
    EVP_MD_CTX_free(other);
    return good;
}

/** The public half as OpenSSL writes it. */
static struct buf public_of(const EVP_PKEY *pkey)
{
    struct buf out = buf_new(1 << 16);
    unsigned char raw[32], *der = NULL;
    size_t n = sizeof raw;
    int length;

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        length = i2d_PUBKEY(pkey, &der);
        buf_put(&out, (assay_span){(char *)der, (size_t)length});
        OPENSSL_free(der);
    } else {
        assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, raw, &n), 1);
        buf_put(&out, (assay_span){(char *)raw, n});
    }
    return out;
}

/** A key that was read is the pair: the same public half, and its signatures verify. */
static void assert_is(struct private_key *key, EVP_PKEY *pkey)
{
    struct buf public = public_of(pkey);
    uint8_t signature[PRIVATE_SIGNATURE];
    size_t n;
    enum verified verified;

    assert_true(span_eq(private_public(key), buf_span(&public)));
    assert_int_equal(private_bits(key), EVP_PKEY_is_a(pkey, "RSA") ? EVP_PKEY_get_bits(pkey) : 256);
    for (int i = 0; i < 3; i++) { /* the context is used again */
        assert_int_equal(private_sign(key, DIGEST, signature, &n), ASSAY_DONE);
        assert_int_equal(n, EVP_PKEY_get_size(pkey));
        assert_true(verifies(pkey, signature, n));
    }
    assert_int_equal(key_verify(engine, private_type(key), private_public(key), DIGEST,
                                (assay_span){(char *)signature, n}, &verified),
                     ASSAY_DONE);
    assert_int_equal(verified, VERIFIED_YES);
    buf_done(&public);
}

static void keys_in_every_form_sign_what_openssl_verifies(void **state)
{
    const struct {
        EVP_PKEY *pkey;
        enum form form;
    } CASES[] = {{rsa2048, FORM_PKCS8},
                 {rsa2048, FORM_PKCS1},
                 {rsa1024, FORM_PKCS8},
                 {rsa1024, FORM_PKCS1},
                 {ed25519, FORM_PKCS8}};

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct buf pem = written(CASES[i].pkey, CASES[i].form);
        struct private_key *key = read_key(buf_span(&pem));

        assert_is(key, CASES[i].pkey);
        private_free(key);
        private_wipe(&pem);
        assert_null(pem.p);
    }
}

static void rsa_keys_of_odd_sizes_sign_too(void **state)
{
    static const unsigned BITS[] = {1025, 1031, 1536, 3072};

    (void)state;
    for (size_t i = 0; i < COUNT(BITS); i++) {
        EVP_PKEY *pkey = EVP_RSA_gen(BITS[i]);
        struct buf pem = written(pkey, FORM_PKCS8);
        struct private_key *key = read_key(buf_span(&pem));

        assert_is(key, pkey);
        private_free(key);
        buf_done(&pem);
        EVP_PKEY_free(pkey);
    }
}

static void the_key_of_rfc_8463_has_its_public_half_and_signs_as_rfc_8032_says(void **state)
{
    static const char PEM[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMRESc"
                              "VpezJpGXA7rAMcrn9g\n"
                              "-----END PRIVATE KEY-----\n";
    struct private_key *key = read_key(SPAN(PEM));
    char base64[44];

    (void)state;
    base64_encode((const uint8_t *)private_public(key).p, private_public(key).n, base64);
    assert_memory_equal(base64, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", 44);
    private_free(key);
}

static void what_stands_around_a_key_is_passed_over(void **state)
{
    struct buf key = written(ed25519, FORM_PKCS8), public = written(ed25519, FORM_PUBLIC),
               text = buf_new(1 << 16);
    struct private_key *read;

    (void)state;
    buf_puts(&text, "Bag Attributes\r\n    friendlyName: s1\r\n-----BEGIN NOTHING\n");
    buf_put(&text, buf_span(&public));
    for (size_t i = 0; i < key.n; i++) { /* and lines may end with CRLF */
        if (key.p[i] == '\n')
            buf_putc(&text, '\r');
        buf_putc(&text, key.p[i]);
    }
    buf_puts(&text, "trailing text");
    read = read_key(buf_span(&text));
    assert_is(read, ed25519);
    private_free(read);
    buf_done(&key);
    buf_done(&public);
    buf_done(&text);
}

static void what_is_no_key_to_sign_with_is_refused_by_its_name(void **state)
{
    EVP_PKEY *small = EVP_RSA_gen(1023), *ec = EVP_EC_gen("P-256"),
             *ed448 = EVP_PKEY_Q_keygen(NULL, NULL, "ED448"),
             *x25519 = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    const struct {
        const EVP_PKEY *pkey;
        enum form form;
        const char *why;
    } CASES[] = {
        {rsa2048, FORM_ENCRYPTED, "encrypted"}, {rsa2048, FORM_OLD_ENCRYPTED, "encrypted"},
        {ed25519, FORM_ENCRYPTED, "encrypted"}, {rsa2048, FORM_PUBLIC, "a public key"},
        {ed25519, FORM_PUBLIC, "a public key"}, {small, FORM_PKCS8, "fewer than 1,024 bits"},
        {small, FORM_PKCS1, "1,024 bits"},      {ec, FORM_PKCS8, "neither an RSA nor an Ed25519"},
        {ec, FORM_PKCS1, "an EC key"},          {ed448, FORM_PKCS8, "neither an RSA nor"},
        {x25519, FORM_PKCS8, "neither an RSA"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct buf pem = written(CASES[i].pkey, CASES[i].form);

        assert_refused(buf_span(&pem), CASES[i].why);
        buf_done(&pem);
    }
    EVP_PKEY_free(small);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ed448);
    EVP_PKEY_free(x25519);
}

static void text_that_is_no_key_says_what_is_missing(void **state)
{
    static const struct {
        const char *text, *why;
    } CASES[] = {
        {"", "no key in PEM"},
        {"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n", "no key in PEM"},
        {"-----BEGIN PRIVATE KEY-----", "END"},
        {"-----BEGIN PRIVATE KEY-----\nMC4C\n-----END RSA PRIVATE KEY-----\n", "END"},
        {"-----BEGIN PRIVATE KEY-----\nMC4\n-----END PRIVATE KEY-----\n", "base64"},
        {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "damaged"},
        {"-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n", "damaged"},
        {"-----BEGIN CERTIFICATE-----\nMC4C\n-----END CERTIFICATE-----\n", "a certificate"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nMC4C\n", "OpenSSH"},
        {"-----BEGIN DSA PRIVATE KEY-----\nMC4C\n", "a DSA key"},
        /* version 2 of PrivateKeyInfo; an Ed25519 seed of 31 octets */
        {"-----BEGIN PRIVATE KEY-----\nMC4CAQIwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMc"
         "rn9g\n-----END PRIVATE KEY-----\n",
         "damaged"},
        {"-----BEGIN PRIVATE KEY-----\nMC0CAQAwBQYDK2VwBCEEH51hsZ3v/VpguoRK9JLsLMRESc"
         "VpezJpGXA7rAMcrn8=\n-----END PRIVATE KEY-----\n",
         "damaged"},
    };
    struct buf longest = buf_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_refused(span_of(CASES[i].text), CASES[i].why);
    buf_puts(&longest, "-----BEGIN PRIVATE KEY-----\n");
    while (longest.n < LIMIT_PRIVATE_KEY + 100)
        buf_putc(&longest, 'A');
    buf_puts(&longest, "\n-----END PRIVATE KEY-----\n");
    assert_refused(buf_span(&longest), "no private key");
    buf_done(&longest);
}

/** Append the numbers of a key as RSAPrivateKey in PEM, one of them replaced. */
static void put_rsa(struct buf *out, EVP_PKEY *pkey, const char *version, size_t which,
                    assay_span instead)
{
    static const char *const NAMES[RSA_PARTS] = {
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
        OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
    struct buf body = buf_new(1 << 16), der = buf_new(1 << 16);
    char base64[1 << 14];

    der_put(&body, DER_INTEGER, (assay_span){version, 1});
    for (size_t i = 0; i < RSA_PARTS; i++) {
        BIGNUM *number = NULL;
        unsigned char octets[2048];

        assert_int_equal(EVP_PKEY_get_bn_param(pkey, NAMES[i], &number), 1);
        der_put_positive(&body, i == which ? instead
                                           : (assay_span){(char *)octets,
                                                          (size_t)BN_bn2bin(number, octets)});
        BN_free(number);
    }
    der_put(&der, DER_SEQUENCE, buf_span(&body));
    base64_encode((const uint8_t *)der.p, der.n, base64);
    buf_puts(out, "-----BEGIN RSA PRIVATE KEY-----\n");
    buf_put(out, (assay_span){base64, base64_encoded(der.n)});
    buf_puts(out, "\n-----END RSA PRIVATE KEY-----\n");
    buf_done(&body);
    buf_done(&der);
}

static void numbers_that_do_not_fit_each_other_are_refused(void **state)
{
    static const char THREE[] = "\3", EVEN[] = "\1\0\1\2", BIG[] = "\1\1\1\1\1\1\1\1\1";
    const struct {
        const char *version;
        size_t which;
        assay_span instead;
        const char *why;
    } CASES[] = {{"\1", RSA_PARTS, SPAN_EMPTY, "more than two primes"},
                 {"\2", RSA_PARTS, SPAN_EMPTY, "damaged"},
                 {"\0", RSA_PART_N, SPAN(THREE), "1,024 bits"},
                 {"\0", RSA_PART_E, SPAN(EVEN), "exponent"},
                 {"\0", RSA_PART_E, SPAN("\1"), "exponent"},
                 {"\0", RSA_PART_E, SPAN(BIG), "exponent"},
                 {"\0", RSA_PART_E, SPAN(THREE), "do not fit"},
                 {"\0", RSA_PART_D, SPAN(THREE), "do not fit"},
                 {"\0", RSA_PART_P, SPAN(THREE), "do not fit"},
                 {"\0", RSA_PART_P, SPAN("\1"), "damaged"},
                 {"\0", RSA_PART_P, SPAN(EVEN), "damaged"},
                 {"\0", RSA_PART_Q, SPAN(THREE), "do not fit"},
                 {"\0", RSA_PART_Q, SPAN(EVEN), "damaged"},
                 {"\0", RSA_PART_DP, SPAN(THREE), "do not fit"},
                 {"\0", RSA_PART_DQ, SPAN(THREE), "do not fit"},
                 {"\0", RSA_PART_QINV, SPAN(THREE), "do not fit"}};
    struct private_key *key;
    struct buf pem = buf_new(1 << 16);

    (void)state;
    put_rsa(&pem, rsa2048, "\0", RSA_PARTS, SPAN_EMPTY);
    key = read_key(buf_span(&pem));
    assert_is(key, rsa2048);
    private_free(key);
    for (size_t i = 0; i < COUNT(CASES); i++) {
        buf_clear(&pem);
        put_rsa(&pem, rsa2048, CASES[i].version, CASES[i].which, CASES[i].instead);
        assert_refused(buf_span(&pem), CASES[i].why);
    }
    buf_done(&pem);
}

static void a_key_with_any_octet_changed_is_refused_or_signs(void **state)
{
    struct buf pem = written(rsa1024, FORM_PKCS8);
    size_t refused = 0, read = 0;

    (void)state;
    for (size_t i = 0; i < pem.n; i++) {
        struct private_key *key = NULL;
        const char *why = NULL;
        char was = pem.p[i];

        pem.p[i] = was == 'A' ? 'B' : 'A';
        if (private_read(engine, buf_span(&pem), &key, &why) == ASSAY_DONE) {
            assert_is(key, rsa1024);
            read++;
        } else {
            assert_non_null(why);
            refused++;
        }
        private_free(key);
        pem.p[i] = was;
    }
    print_message("  %zu changed keys refused, %zu as good as before\n", refused, read);
    assert_in_range(read, 0, 40); /* line ends */
    buf_done(&pem);
}

static void a_key_that_was_made_can_be_read_and_openssl_reads_it(void **state)
{
    static const struct {
        enum key_type type;
        unsigned bits;
    } CASES[] = {{KEY_RSA, 1024}, {KEY_RSA, 2048}, {KEY_ED25519, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct buf pem = buf_new(1 << 16);
        struct private_key *key;
        EVP_PKEY *pkey;
        BIO *bio;

        assert_int_equal(private_make(CASES[i].type, CASES[i].bits, &pem), ASSAY_DONE);
        assert_true(span_starts(buf_span(&pem), SPAN("-----BEGIN PRIVATE KEY-----\n")));
        key = read_key(buf_span(&pem));
        bio = BIO_new_mem_buf(pem.p, (int)pem.n);
        pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        assert_non_null(pkey);
        assert_is(key, pkey);
        assert_int_equal(private_type(key), CASES[i].type);
        if (CASES[i].bits)
            assert_int_equal(private_bits(key), CASES[i].bits);
        EVP_PKEY_free(pkey);
        BIO_free(bio);
        private_free(key);
        private_wipe(&pem);
    }
}

static void sizes_that_nobody_takes_are_not_made(void **state)
{
    struct buf pem = buf_new(1 << 16);

    (void)state;
    assert_int_equal(private_make(KEY_RSA, 1023, &pem), ASSAY_EINVAL);
    assert_int_equal(private_make(KEY_RSA, 8193, &pem), ASSAY_EINVAL);
    assert_int_equal(pem.n, 0);
}

/* ---- questions ---- */

static void a_question_names_algorithm_and_digest(void **state)
{
    static const char BASE64[] = "dGhpcnR5LXR3byBvY3RldHMgdG8gYmUgc2lnbmVkLi4=";
    static const char *const BAD[] = {
        "",
        "rsa-sha256",
        "rsa-sha256 ",
        "rsa-sha1 dGhpcnR5LXR3byBvY3RldHMgdG8gYmUgc2lnbmVkLi4=",
        "rsa-sha256  dGhpcnR5LXR3byBvY3RldHMgdG8gYmUgc2lnbmVkLi4=",
        "rsa-sha256 dGhpcnR5LXR3byBvY3RldHMgdG8gYmUgc2lnbmVkLi4= ",
        "rsa-sha256 dGhpcnR5LXR3byBvY3RldHMgdG8gYmUgc2lnbmVkLi4u",
        "RSA-SHA256 dGhpcnR5LXR3byBvY3RldHMgdG8gYmUgc2lnbmVkLi4=",
        "rsa-sha256 dGhpcnR5LXR3byBvY3RldHMgdG8gYmUgc2lnbmVkLg==",
    };
    char text[64];
    uint8_t digest[SHA256_SIZE];
    enum key_type type;

    (void)state;
    for (int rsa = 0; rsa < 2; rsa++) {
        snprintf(text, sizeof text, "%s-sha256 %s", rsa ? "rsa" : "ed25519", BASE64);
        assert_true(private_question(span_of(text), &type, digest));
        assert_int_equal(type, rsa ? KEY_RSA : KEY_ED25519);
        assert_memory_equal(digest, DIGEST, sizeof digest);
    }
    for (size_t i = 0; i < COUNT(BAD); i++)
        if (private_question(span_of(BAD[i]), &type, digest))
            fail_msg("taken: %s", BAD[i]);
}

/* ---- threads ---- */

enum { THREADS = 20, ROUNDS = 30 }; /* more threads than contexts are kept */

/** A thread's work, and how many of its signatures were right. */
struct work {
    struct private_key *key;
    EVP_PKEY *pkey;
    size_t right;
};

static void *sign_many(void *arg)
{
    struct work *work = arg;
    uint8_t signature[PRIVATE_SIGNATURE];
    size_t n;

    for (int i = 0; i < ROUNDS; i++)
        work->right += private_sign(work->key, DIGEST, signature, &n) == ASSAY_DONE &&
                       verifies(work->pkey, signature, n);
    return NULL;
}

static void threads_sign_with_one_key_at_once(void **state)
{
    EVP_PKEY *const PAIRS[] = {rsa1024, ed25519};

    (void)state;
    for (size_t i = 0; i < COUNT(PAIRS); i++) {
        struct buf pem = written(PAIRS[i], FORM_PKCS8);
        struct private_key *key = read_key(buf_span(&pem));
        pthread_t threads[THREADS];
        struct work works[THREADS];

        for (size_t k = 0; k < THREADS; k++) {
            works[k] = (struct work){key, PAIRS[i], 0};
            assert_int_equal(pthread_create(&threads[k], NULL, sign_many, &works[k]), 0);
        }
        for (size_t k = 0; k < THREADS; k++) {
            pthread_join(threads[k], NULL);
            assert_int_equal(works[k].right, ROUNDS);
        }
        private_free(key);
        buf_done(&pem);
    }
}

/* ---- memory ---- */

/** Read, sign, and make a key with short memory. \return whether all of it was done */
static bool read_and_sign(assay_engine *on, assay_span pem, EVP_PKEY *pkey)
{
    struct private_key *key = NULL;
    const char *why = NULL;
    uint8_t signature[PRIVATE_SIGNATURE] = {0};
    size_t n = 4711;
    assay_status s = private_read(on, pem, &key, &why), t = ASSAY_ENOMEM;

    if (s == ASSAY_DONE)
        t = private_sign(key, DIGEST, signature, &n);
    memory_left = memory_gap = SIZE_MAX;
    assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM);
    assert_true(t == ASSAY_DONE || t == ASSAY_ENOMEM);
    assert_true(s == ASSAY_DONE || key == NULL);
    assert_true(t == ASSAY_DONE || n == 4711);
    if (t == ASSAY_DONE)
        assert_true(verifies(pkey, signature, n));
    openssl_forgets = false;
    if (s == ASSAY_DONE && t != ASSAY_DONE)
        assert_is(key, pkey); /* again, with memory */
    assert_int_equal(ERR_peek_error(), 0);
    private_free(key);
    return t == ASSAY_DONE;
}

static void when_an_allocation_fails_nothing_is_signed_wrongly_and_it_can_be_repeated(void **state)
{
    static const size_t GAPS[] = {1, SIZE_MAX};
    EVP_PKEY *const PAIRS[] = {rsa1024, ed25519};

    (void)state;
    for (size_t i = 0; i < COUNT(PAIRS); i++)
        for (size_t gap = 0; gap < COUNT(GAPS); gap++) {
            struct buf pem = written(PAIRS[i], FORM_PKCS8);
            size_t failures = 0;

            for (size_t left = 0, fine = 0; fine < 60; left++) {
                bool done;

                memory_left = left;
                memory_gap = GAPS[gap];
                done = read_and_sign(engine, buf_span(&pem), PAIRS[i]);
                fine = done ? fine + 1 : 0;
                failures += !done;
                assert_true(read_and_sign(engine, buf_span(&pem), PAIRS[i]));
            }
            print_message("  %zu allocations can fail\n", failures);
            assert_in_range(failures, 5, 1000);
            buf_done(&pem);
        }
}

/** Making a library context takes thousands of allocations: some of them fail. */
enum { STRIDE = 41 };

static void an_engine_whose_first_key_found_no_memory_reads_it_later(void **state)
{
    struct buf pem = written(ed25519, FORM_PKCS8);
    size_t failures = 0;

    (void)state;
    for (size_t left = 0, fine = 0; fine < 5; left += STRIDE) {
        assay_engine *fresh = NULL;
        bool done;

        assert_int_equal(assay_engine_new(0, &fresh), ASSAY_DONE);
        openssl_forgets = true;
        memory_left = left;
        done = read_and_sign(fresh, buf_span(&pem), ed25519);
        fine = done ? fine + 1 : 0;
        failures += !done;
        assert_true(read_and_sign(fresh, buf_span(&pem), ed25519));
        assay_engine_free(fresh);
    }
    assert_in_range(failures, 5, 1000);
    buf_done(&pem);
}

static void when_an_allocation_fails_no_half_a_key_is_made(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t left = 0, fine = 0; fine < 5; left += STRIDE) {
        struct buf pem = buf_new(1 << 16);
        assay_status s;

        openssl_forgets = true;
        memory_left = left;
        s = private_make(KEY_ED25519, 0, &pem);
        memory_left = SIZE_MAX;
        openssl_forgets = false;
        assert_true(s == ASSAY_DONE || (s == ASSAY_ENOMEM && pem.n == 0));
        assert_int_equal(ERR_peek_error(), 0);
        if (s == ASSAY_DONE)
            private_free(read_key(buf_span(&pem)));
        failures += s != ASSAY_DONE;
        fine = s == ASSAY_DONE ? fine + 1 : 0;
        private_wipe(&pem);
    }
    assert_in_range(failures, 5, 1000);
}

static int make_keys(void **state)
{
    (void)state;
    if (!openssl_memory_is_scarce())
        return -1;
    rsa2048 = EVP_RSA_gen(2048);
    rsa1024 = EVP_RSA_gen(1024);
    ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return assay_engine_new(4, &engine);
}

static int drop_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa2048);
    EVP_PKEY_free(rsa1024);
    EVP_PKEY_free(ed25519);
    assay_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_in_every_form_sign_what_openssl_verifies),
        cmocka_unit_test(rsa_keys_of_odd_sizes_sign_too),
        cmocka_unit_test(the_key_of_rfc_8463_has_its_public_half_and_signs_as_rfc_8032_says),
        cmocka_unit_test(what_stands_around_a_key_is_passed_over),
        cmocka_unit_test(what_is_no_key_to_sign_with_is_refused_by_its_name),
        cmocka_unit_test(text_that_is_no_key_says_what_is_missing),
        cmocka_unit_test(numbers_that_do_not_fit_each_other_are_refused),
        cmocka_unit_test(a_key_with_any_octet_changed_is_refused_or_signs),
        cmocka_unit_test(a_key_that_was_made_can_be_read_and_openssl_reads_it),
        cmocka_unit_test(sizes_that_nobody_takes_are_not_made),
        cmocka_unit_test(a_question_names_algorithm_and_digest),
        cmocka_unit_test(threads_sign_with_one_key_at_once),
        cmocka_unit_test(when_an_allocation_fails_nothing_is_signed_wrongly_and_it_can_be_repeated),
        cmocka_unit_test(an_engine_whose_first_key_found_no_memory_reads_it_later),
        cmocka_unit_test(when_an_allocation_fails_no_half_a_key_is_made),
    };

    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
