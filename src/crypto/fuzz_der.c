/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_der.c Any octets as an RSA public key: the numbers lie in them, have no leading zero
 * and stand where their elements say; what is taken is DER, so written anew it is the same octets;
 * OpenSSL finds the same numbers in it; and verifying with it comes to a verdict, which is no.
 */
#include "base/buf.h"
#include "crypto/der.h"
#include "crypto/fuzz_engine.h"
#include "crypto/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <stdlib.h>

/**
 * The longest key that is tried, and the largest modulus that is verified with: more takes long.
 */
enum { MOST = 5000, MOST_BITS = 4096 };

/** rsaEncryption, as only SubjectPublicKeyInfo has it. */
#define RSA_OID SPAN("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01")

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.p >= text.p && s.p + s.n <= text.p + text.n;
}

/** Append an element: tag, minimal length, content. */
static void put(struct buf *out, enum der_tag tag, assay_span content)
{
    size_t octets = content.n < 0x80 ? 0 : content.n < 0x100 ? 1 : content.n < 0x10000 ? 2 : 3;

    buf_putc(out, (char)tag);
    buf_putc(out, (char)(octets ? 0x80 | octets : content.n));
    while (octets-- > 0)
        buf_putc(out, (char)(content.n >> 8 * octets));
    buf_put(out, content);
}

/** Append an INTEGER. */
static void put_number(struct buf *out, assay_span number)
{
    struct buf content = buf_new(MOST + 1);

    if ((unsigned char)number.p[0] >= 0x80)
        buf_putc(&content, '\0');
    buf_put(&content, number);
    put(out, DER_INTEGER, buf_span(&content));
    buf_done(&content);
}

/** The numbers written anew are the key, or the end of it. */
static void check_again(assay_span der, const struct rsa_numbers *numbers)
{
    struct buf body = buf_new(MOST + 100), bare = buf_new(MOST + 100);

    put_number(&body, numbers->n);
    put_number(&body, numbers->e);
    put(&bare, DER_SEQUENCE, buf_span(&body));
    must(bare.status == ASSAY_DONE && span_iends(der, buf_span(&bare)));
    must(span_eq(der, buf_span(&bare)) || span_contains(der, RSA_OID));
    buf_done(&body);
    buf_done(&bare);
}

/** A number is positive and odd, and without leading zero. */
static void check_number(assay_span number, assay_span der)
{
    must(number.n > 0 && lies_in(number, der));
    must(number.p[0] != 0 && number.p[number.n - 1] & 1);
}

/** OpenSSL, where it reads the key too, finds these numbers. */
static void check_openssl(assay_span der, const struct rsa_numbers *numbers)
{
    const unsigned char *p = (const unsigned char *)der.p;
    EVP_PKEY *pkey = span_contains(der, RSA_OID)
                         ? d2i_PUBKEY(NULL, &p, (long)der.n)
                         : d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.n);
    BIGNUM *n = NULL,
           *read = BN_bin2bn((const unsigned char *)numbers->n.p, (int)numbers->n.n, NULL);

    if (pkey && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1)
        must(BN_cmp(n, read) == 0 && (unsigned)BN_num_bits(n) == numbers->bits);
    BN_free(n);
    BN_free(read);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
}

/** Verifying comes to a verdict. */
static void check_verify(assay_span der, unsigned bits)
{
    static const uint8_t DIGEST[SHA256_SIZE] = {1};
    static const char SIGNATURE[MOST_BITS / 8] = {0x11, 0x22};
    enum verified verified = VERIFIED_YES;

    for (int again = 0; again < 2; again++) {
        must(key_verify(the_engine(), KEY_RSA, der, DIGEST, (assay_span){SIGNATURE, (bits + 7) / 8},
                        &verified) == ASSAY_DONE);
        must(verified == VERIFIED_NO);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span der = {(const char *)data, n};
    struct rsa_numbers numbers = {.bits = 4711};
    enum verified verified;

    if (n > MOST)
        return 0;
    if (rsa_read(der, &numbers) != KEY_OK) {
        must(numbers.bits == 4711);
        must(key_verify(the_engine(), KEY_RSA, der, (const uint8_t[SHA256_SIZE]){0}, SPAN_EMPTY,
                        &verified) == ASSAY_EINVAL);
        return 0;
    }
    check_number(numbers.n, der);
    check_number(numbers.e, der);
    must(numbers.e.n <= 8 && !span_eq(numbers.e, SPAN("\x01")));
    must(numbers.bits <= 8 * numbers.n.n && numbers.bits > 8 * (numbers.n.n - 1));
    check_again(der, &numbers);
    check_openssl(der, &numbers);
    if (numbers.bits <= MOST_BITS)
        check_verify(der, numbers.bits);
    return 0;
}
