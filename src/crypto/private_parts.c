/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/private_parts.h"

#include "crypto/der.h"

enum { EXPONENT_MAX = 8, SEED = 32 };

static const char DAMAGED[] = "the key is not DER as a private key has it: the file is damaged";
static const char OTHER[] =
    "neither an RSA nor an Ed25519 key; DKIM signs with RSA (RFC 6376 3.3.1) or Ed25519 (RFC 8463"
    " 3)";

/** Bits of a number without leading zero octet. */
static unsigned bit_length(assay_span number)
{
    unsigned bits = (unsigned)number.n * 8;

    for (unsigned top = (unsigned char)number.p[0]; !(top & 0x80); top <<= 1)
        bits--;
    return bits;
}

/** An odd number above 1. */
static bool is_odd(assay_span number)
{
    return number.p[number.n - 1] & 1 && (number.n > 1 || number.p[0] != 1);
}

/** The numbers are such as OpenSSL can work with. \return what is wrong, or NULL */
static const char *check_numbers(struct private_parts *parts)
{
    const assay_span *n = parts->number;

    parts->bits = bit_length(n[RSA_PART_N]);
    if (parts->bits < RSA_BITS_MIN)
        return "an RSA key of fewer than 1,024 bits: no verifier may take its signatures (RFC 8301"
               " 3.2); `assay key new rsa` makes one of 2,048";
    if (parts->bits > RSA_BITS_MAX)
        return "an RSA key of more than 8,192 bits; verifiers need not take more than 4,096 (RFC"
               " 8301 3.2)";
    if (!is_odd(n[RSA_PART_E]) || n[RSA_PART_E].n > EXPONENT_MAX)
        return "an RSA key whose public exponent is even, 1, or over 64 bits";
    for (size_t i = RSA_PART_D; i < RSA_PARTS; i++)
        if (n[i].n > n[RSA_PART_N].n)
            return DAMAGED;
    return is_odd(n[RSA_PART_N]) && is_odd(n[RSA_PART_P]) && is_odd(n[RSA_PART_Q]) ? NULL : DAMAGED;
}

/** Read RSAPrivateKey. \return what is wrong, or NULL */
static const char *read_rsa(assay_span der, struct private_parts *ret)
{
    assay_span body, version;

    ret->type = KEY_RSA;
    if (!der_take(&der, DER_SEQUENCE, &body) || der.n || !der_take(&body, DER_INTEGER, &version))
        return DAMAGED;
    if (span_eq(version, SPAN("\1")))
        return "an RSA key of more than two primes; `assay key new rsa` makes one of two";
    if (!span_eq(version, SPAN("\0")))
        return DAMAGED;
    for (size_t i = 0; i < RSA_PARTS; i++)
        if (!der_take_positive(&body, &ret->number[i]))
            return DAMAGED;
    return body.n ? DAMAGED : check_numbers(ret);
}

/** Read CurvePrivateKey (RFC 8410 7). \return what is wrong, or NULL */
static const char *read_ed25519(assay_span der, struct private_parts *ret)
{
    ret->type = KEY_ED25519;
    ret->bits = 256;
    return der_take(&der, DER_OCTET_STRING, &ret->seed) && !der.n && ret->seed.n == SEED ? NULL
                                                                                         : DAMAGED;
}

/**
 * Read AlgorithmIdentifier, which may have NULL as its parameters. \return what is wrong, or NULL
 */
static const char *read_algorithm(assay_span *info, enum key_type *ret)
{
    assay_span algorithm, oid, null = SPAN_EMPTY;

    if (!der_take(info, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &oid))
        return DAMAGED;
    if (span_eq(oid, SPAN("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"))) /* RFC 8017 A.1 */
        *ret = KEY_RSA;
    else if (span_eq(oid, SPAN("\x2B\x65\x70"))) /* RFC 8410 3 */
        *ret = KEY_ED25519;
    else
        return OTHER;
    if (algorithm.n && (!der_take(&algorithm, DER_NULL, &null) || null.n || algorithm.n))
        return DAMAGED;
    return NULL;
}

/**
 * Read PrivateKeyInfo; attributes and the public key, which may follow (RFC 5958 2), are passed
 * over.
 */
static const char *read_pkcs8(assay_span der, struct private_parts *ret)
{
    assay_span info, version, key, more;
    enum key_type type;
    const char *why;

    if (!der_take(&der, DER_SEQUENCE, &info) || der.n || !der_take(&info, DER_INTEGER, &version) ||
        version.n != 1 || (unsigned char)version.p[0] > 1)
        return DAMAGED;
    if ((why = read_algorithm(&info, &type)))
        return why;
    if (!der_take(&info, DER_OCTET_STRING, &key))
        return DAMAGED;
    der_take(&info, DER_ATTRIBUTES, &more);
    der_take(&info, DER_PUBLIC, &more);
    if (info.n)
        return DAMAGED;
    return type == KEY_RSA ? read_rsa(key, ret) : read_ed25519(key, ret);
}

const char *private_parts_read(enum pem_kind kind, assay_span der, struct private_parts *ret)
{
    struct private_parts parts = {0};
    const char *why = kind == PEM_PKCS8 ? read_pkcs8(der, &parts) : read_rsa(der, &parts);

    if (!why)
        *ret = parts;
    return why;
}
