/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_private.c Any octets as a private key, in PEM or, behind an octet that is no dash, as
 * the DER inside: what is taken signs what its own public half verifies, and OpenSSL, where it
 * reads the key too, finds the same public half; what is refused has a reason. Seeds:
 * seeds/private/.
 */
#include "base/base64.h"
#include "crypto/fuzz_engine.h"
#include "crypto/private.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdlib.h>

/** The longest input, and the largest RSA key that is signed with: more takes long. */
enum { MOST = 8192, MOST_BITS = 2048 };

/** A password for OpenSSL: none. */
static int no_password(char *out, int size, int rwflag, void *arg)
{
    (void)out;
    (void)size;
    (void)rwflag;
    (void)arg;
    return -1;
}

/** OpenSSL finds the same public half. */
static void check_openssl(assay_span pem, const struct private_key *key)
{
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    unsigned char *der = NULL, raw[32];
    size_t n = sizeof raw;
    int length;

    if (pkey && EVP_PKEY_is_a(pkey, "RSA") && (length = i2d_PUBKEY(pkey, &der)) > 0)
        must(span_eq(private_public(key), (assay_span){(char *)der, (size_t)length}));
    if (pkey && EVP_PKEY_is_a(pkey, "ED25519") && EVP_PKEY_get_raw_public_key(pkey, raw, &n) == 1)
        must(span_eq(private_public(key), (assay_span){(char *)raw, n}));
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    ERR_clear_error();
}

/** What it signs verifies. */
static void check_signature(struct private_key *key)
{
    static const uint8_t DIGEST[SHA256_SIZE] = {1};
    uint8_t signature[PRIVATE_SIGNATURE];
    enum verified verified;
    size_t n;

    must(private_sign(key, DIGEST, signature, &n) == ASSAY_DONE);
    must(n == (private_type(key) == KEY_RSA ? (private_bits(key) + 7) / 8 : 64));
    must(key_verify(the_engine(), private_type(key), private_public(key), DIGEST,
                    (assay_span){(char *)signature, n}, &verified) == ASSAY_DONE);
    must(verified == VERIFIED_YES);
}

/** Read a key. */
static void check_key(assay_span pem)
{
    struct private_key *key = NULL;
    const char *why = NULL;
    assay_status s = private_read(the_engine(), pem, &key, &why);

    must(ERR_peek_error() == 0);
    if (s != ASSAY_DONE) {
        must(s == ASSAY_EINVAL && !key && why && *why);
        return;
    }
    must(private_type(key) == KEY_RSA ? private_bits(key) >= 1024 && private_bits(key) <= 8192
                                      : private_public(key).n == 32);
    if (private_bits(key) <= MOST_BITS)
        check_signature(key);
    check_openssl(pem, key);
    private_free(key);
}

/** Put DER between BEGIN and END. */
static void put_pem(struct buf *out, const char *label, assay_span der)
{
    char *room;

    buf_printf(out, "-----BEGIN %s-----\n", label);
    if ((room = buf_room(out, base64_encoded(der.n)))) {
        base64_encode((const uint8_t *)der.p, der.n, room);
        out->n += base64_encoded(der.n);
    }
    buf_printf(out, "\n-----END %s-----\n", label);
    must(out->status == ASSAY_DONE);
}

/** Any octets as the data of a question. */
static void check_question(assay_span data)
{
    uint8_t digest[SHA256_SIZE];
    enum key_type type;

    if (private_question(data, &type, digest))
        must(data.n == (type == KEY_RSA ? 11 : 15) + base64_encoded(sizeof digest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span octets = {(const char *)data, n};
    struct buf pem = buf_new(2 * MOST + 100);

    if (n > MOST)
        return 0;
    check_question(octets);
    if (n && data[0] != '-') {
        put_pem(&pem, data[0] & 1 ? "RSA PRIVATE KEY" : "PRIVATE KEY", span_from(octets, 1));
        octets = buf_span(&pem);
    }
    check_key(octets);
    private_wipe(&pem);
    return 0;
}
