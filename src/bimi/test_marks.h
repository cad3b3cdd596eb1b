/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_marks.h
 * A mark certificate with everything around it, made for a test: root, issuer, leaf, log, CRL. Each defect is one
 * field of the recipe; what is 0 is well.
 */
#ifndef BIMI_TEST_MARKS_H
#define BIMI_TEST_MARKS_H

#include "bimi/mark_own.h"

#include "base/base64.h"
#include "base/buf.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <zlib.h>

enum { MARK_OUT = 1 << 18 };

/** Seconds. */
#define MARK_DAY ((int64_t)86400)

/** 2026-11-23T12:00:00Z */
#define MARK_NOW ((int64_t)1795435200)

/** What the subject of a good one has. \param type  of the mark */
#define MARK_SUBJECT(type)                                                                     \
    {                                                                                          \
        {"2.5.4.3", "Example Ltd"}, {"2.5.4.10", "Example Ltd"}, {"2.5.4.9", "1 High Street"}, \
            {"2.5.4.7", "London"}, {"2.5.4.6", "GB"}, {"2.5.4.15", "Private Organization"},    \
            {"2.5.4.5", "00112233"}, {"1.3.6.1.4.1.311.60.2.1.3", "GB"},                       \
            {"1.3.6.1.4.1.53087.1.13", type}, {"1.3.6.1.4.1.53087.1.3", "GB"},                 \
        {                                                                                      \
            "1.3.6.1.4.1.53087.1.4", "UK0001"                                                  \
        }                                                                                      \
    }

/** How a certificate is made. */
struct recipe {
    const char *svg; /**< NULL: a good one */
    bool plain;      /**< the logo is not compressed */
    bool no_logo, no_sha1, no_sha256;
    bool wrong_sha1, wrong_sha256;
    bool change_logo; /**< after its digests were taken */
    bool indirect;    /**< the logotype only points elsewhere */
    const char *uri;  /**< in place of the data URI */
    const char *media_type;
    const char *names[3]; /**< NULL: example.com */
    bool no_usage, other_usage, issuer_no_usage;
    bool no_sct, wrong_sct, other_log, late_sct, odd_algorithm;
    bool change_signed; /**< the log saw another certificate */
    int64_t from, to;   /**< 0: a year around MARK_NOW */
    int64_t issuer_to;  /**< 0: long */
    bool pilot, critical_pilot, critical_other;
    bool no_policy, no_cps, one_policy, constraints, leaf_ca, issuer_no_ca;
    bool no_crl, plain_crl;
    bool small_key, odd_curve, short_serial;
    const char *subject[12][2]; /**< NULL: a registered mark's */
    bool revoked, other_crl, old_crl, whole_crl_not;
    bool reversed, alone, twice, with_root, wrong_signature;
    const char *before; /**< in front of the root in the list */
};

/** What was made. */
struct marks {
    struct buf pem, roots, logs, crl;
    EVP_PKEY *root_key, *issuer_key, *leaf_key, *log_key;
    X509 *root, *issuer, *leaf;
};

#define MARK_SVG                                                                                                 \
    "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.2\" baseProfile=\"tiny-ps\" viewBox=\"0 0 64 64\">\n" \
    "<title>Example</title><rect width=\"64\" height=\"64\" fill=\"#fff\"/><path d=\"M1 1h9z\" fill=\"red\"/></svg>\n"

/* ---- octets ---- */

/** One element around others. */
static inline void wrap(struct buf *out, unsigned char tag, struct buf *inner)
{
    der_put(out, (enum der_tag)tag, buf_span(inner));
    buf_done(inner);
}

/** The DER of an object identifier, whole. */
static inline void put_oid(struct buf *out, const char *text)
{
    ASN1_OBJECT *o = OBJ_txt2obj(text, 1);

    der_put(out, DER_OID, (assay_span){(const char *)OBJ_get0_data(o), OBJ_length(o)});
    ASN1_OBJECT_free(o);
}

/** A gzip of a text. */
static inline void put_gzip(struct buf *out, assay_span text)
{
    z_stream z = {0};

    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (unsigned char *)(uintptr_t)text.p;
    z.avail_in = (unsigned)text.n;
    z.next_out = (unsigned char *)buf_room(out, deflateBound(&z, text.n));
    z.avail_out = (unsigned)deflateBound(&z, text.n);
    deflate(&z, Z_FINISH);
    out->n += z.total_out;
    deflateEnd(&z);
}

/** Append base64. */
static inline void put_base64(struct buf *out, assay_span octets)
{
    char *room = buf_room(out, base64_encoded(octets.n));

    base64_encode((const uint8_t *)octets.p, octets.n, room);
    out->n += base64_encoded(octets.n);
}

/* ---- the logotype (RFC 3709 4.1) ---- */

/** Append one digest. */
static inline void put_hash(struct buf *out, const char *oid, const EVP_MD *md, assay_span text,
                            bool wrong)
{
    struct buf one = buf_new(MARK_OUT), algorithm = buf_new(MARK_OUT);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n;

    EVP_Digest(text.p, text.n, digest, &n, md, NULL);
    digest[0] ^= wrong;
    put_oid(&algorithm, oid);
    wrap(&one, DER_SEQUENCE, &algorithm);
    der_put(&one, DER_OCTET_STRING, (assay_span){(const char *)digest, n});
    wrap(out, DER_SEQUENCE, &one);
}

/** The data URI of the logo. */
static inline void put_uri(struct buf *out, const struct recipe *r, assay_span svg)
{
    struct buf octets = buf_new(MARK_OUT);
    char *changed = malloc(svg.n + 1);

    memcpy(changed, svg.p, svg.n);
    if (r->change_logo)
        changed[svg.n - 12] ^= 1;
    if (r->plain)
        buf_put(&octets, (assay_span){changed, svg.n});
    else
        put_gzip(&octets, (assay_span){changed, svg.n});
    if (r->uri) {
        buf_puts(out, r->uri);
    } else {
        buf_puts(out, "data:image/svg+xml;base64,");
        put_base64(out, buf_span(&octets));
    }
    free(changed);
    buf_done(&octets);
}

/** The extension's value. */
static inline void put_logotype(struct buf *out, const struct recipe *r)
{
    assay_span svg = span_of(r->svg ? r->svg : MARK_SVG);
    struct buf details = buf_new(MARK_OUT), hashes = buf_new(MARK_OUT), uris = buf_new(MARK_OUT),
               uri = buf_new(MARK_OUT), image = buf_new(MARK_OUT), images = buf_new(MARK_OUT),
               data = buf_new(MARK_OUT), direct = buf_new(MARK_OUT), subject = buf_new(MARK_OUT),
               extension = buf_new(MARK_OUT);

    der_put(&details, DER_IA5_STRING, span_of(r->media_type ? r->media_type : "image/svg+xml"));
    if (!r->no_sha1)
        put_hash(&hashes, "1.3.14.3.2.26", EVP_sha1(), svg, r->wrong_sha1);
    if (!r->no_sha256)
        put_hash(&hashes, "2.16.840.1.101.3.4.2.1", EVP_sha256(), svg, r->wrong_sha256);
    if (r->no_sha1 && r->no_sha256)
        put_hash(&hashes, "2.16.840.1.101.3.4.2.3", EVP_sha512(), svg, false);
    wrap(&details, DER_SEQUENCE, &hashes);
    put_uri(&uri, r, svg);
    der_put(&uris, DER_IA5_STRING, buf_span(&uri));
    buf_done(&uri);
    wrap(&details, DER_SEQUENCE, &uris);
    wrap(&image, DER_SEQUENCE, &details);
    wrap(&images, DER_SEQUENCE, &image);
    wrap(&data, DER_SEQUENCE, &images);
    wrap(&direct, r->indirect ? DER_CONTEXT_1 : DER_CONTEXT_0, &data);
    wrap(&subject, DER_CONTEXT_2, &direct);
    wrap(out, DER_SEQUENCE, &subject);
    buf_done(&extension);
}

/* ---- certificates ---- */

/** Add an extension of any content. */
static inline void extend(X509 *x, const char *oid, bool critical, struct buf *value)
{
    ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    X509_EXTENSION *e;

    ASN1_OCTET_STRING_set(s, (const unsigned char *)value->p, (int)value->n);
    e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, s);
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(s);
    ASN1_OBJECT_free(o);
    buf_done(value);
}

/** Add an extension as openssl.cnf writes it. */
static inline void extend_text(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
}

/** A certificate without extensions. */
static inline X509 *certificate(EVP_PKEY *key, const char *const (*subject)[2], size_t n,
                                const X509 *issuer, int64_t from, int64_t to, bool short_serial)
{
    static unsigned char counter;
    unsigned char serial[16] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x08,
                                1,    2,    3,    4,    5,    6,    7,    0};
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    BIGNUM *number;

    serial[15] = ++counter;
    number = BN_bin2bn(short_serial ? serial + 12 : serial, short_serial ? 4 : 16, NULL);
    X509_set_version(x, 2);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    BN_free(number);
    for (size_t i = 0; i < n && subject[i][0]; i++) {
        ASN1_OBJECT *o = OBJ_txt2obj(subject[i][0], 1);

        X509_NAME_add_entry_by_OBJ(name, o, MBSTRING_UTF8, (const unsigned char *)subject[i][1], -1,
                                   -1, 0);
        ASN1_OBJECT_free(o);
    }
    X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name);
    ASN1_TIME_set(X509_getm_notBefore(x), from);
    ASN1_TIME_set(X509_getm_notAfter(x), to);
    X509_set_pubkey(x, key);
    return x;
}

/** An authority. */
static inline X509 *authority(EVP_PKEY *key, const char *name, const X509 *issuer,
                              EVP_PKEY *issuer_key, int64_t to, bool usage, bool ca)
{
    const char *const subject[][2] = {{"2.5.4.3", name}, {"2.5.4.10", "Example Authority"}};
    X509 *x = certificate(key, subject, 2, issuer, MARK_NOW - 1000 * MARK_DAY, to, false);

    extend_text(x, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend_text(x, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (usage)
        extend_text(x, NID_ext_key_usage, "1.3.6.1.5.5.7.3.31");
    X509_sign(x, issuer_key, EVP_sha256());
    return x;
}

/** Policies, as DER. */
static inline void put_policies(struct buf *out, const struct recipe *r)
{
    static const char *const OIDS[] = {"1.3.6.1.4.1.53087.1.1", "1.3.6.1.4.1.99999.1"};
    struct buf list = buf_new(MARK_OUT);

    for (size_t i = r->no_policy; i < (r->one_policy ? 1u : 2u); i++) {
        struct buf policy = buf_new(MARK_OUT), qualifiers = buf_new(MARK_OUT),
                   qualifier = buf_new(MARK_OUT);

        put_oid(&policy, OIDS[i]);
        put_oid(&qualifier, "1.3.6.1.5.5.7.2.1");
        der_put(&qualifier, DER_IA5_STRING, SPAN("https://ca.example/cps"));
        wrap(&qualifiers, DER_SEQUENCE, &qualifier);
        if (r->no_cps)
            buf_done(&qualifiers);
        else
            wrap(&policy, DER_SEQUENCE, &qualifiers);
        wrap(&list, DER_SEQUENCE, &policy);
    }
    wrap(out, DER_SEQUENCE, &list);
}

/** The extensions of the leaf but for the list of timestamps. */
static inline void extend_leaf(X509 *x, const struct recipe *r)
{
    struct buf names = buf_new(1024), policies = buf_new(MARK_OUT), logo = buf_new(MARK_OUT),
               null = buf_new(16);

    extend_text(x, NID_basic_constraints, r->leaf_ca ? "critical,CA:TRUE" : "CA:FALSE");
    for (size_t i = 0; i < 3 && (r->names[i] || !i); i++)
        buf_printf(&names, "%sDNS:%s", i ? "," : "", r->names[i] ? r->names[i] : "example.com");
    buf_putc(&names, '\0');
    extend_text(x, NID_subject_alt_name, names.p);
    buf_done(&names);
    if (!r->no_usage)
        extend_text(x, NID_ext_key_usage,
                    r->other_usage ? "1.3.6.1.5.5.7.3.31,clientAuth" : "1.3.6.1.5.5.7.3.31");
    put_policies(&policies, r);
    extend(x, "2.5.29.32", false, &policies);
    if (!r->no_crl)
        extend_text(x, NID_crl_distribution_points,
                    r->plain_crl ? "URI:http://crl.example/mark.crl"
                                 : "URI:https://crl.example/mark.crl");
    if (r->constraints)
        extend_text(x, NID_name_constraints, "permitted;DNS:example.com");
    der_put(&null, DER_NULL, SPAN_EMPTY);
    if (r->pilot || r->critical_pilot)
        extend(x, "1.3.6.1.4.1.53087.4.1", r->critical_pilot, &null);
    else if (r->critical_other)
        extend(x, "1.3.6.1.4.1.53087.4.2", true, &null);
    buf_done(&null);
    put_logotype(&logo, r);
    if (!r->no_logo)
        extend(x, "1.3.6.1.5.5.7.1.12", false, &logo);
    buf_done(&logo);
}

/* ---- timestamps (RFC 6962 3.2) ---- */

/** Append a number, big-endian. */
static inline void put_number(struct buf *out, uint64_t number, int octets)
{
    while (octets-- > 0)
        buf_putc(out, (char)(number >> 8 * octets));
}

/** SHA-256 of a key's SubjectPublicKeyInfo. */
static inline void key_id(EVP_PKEY *key, unsigned char id[32])
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(key, &der);

    EVP_Digest(der, (size_t)n, id, NULL, EVP_sha256(), NULL);
    OPENSSL_free(der);
}

/** The log stamps the certificate as it is now, and the list of that is added to it. */
static inline void stamp(struct marks *m, const struct recipe *r)
{
    struct buf data = buf_new(MARK_OUT), sct = buf_new(MARK_OUT), list = buf_new(MARK_OUT),
               value = buf_new(MARK_OUT);
    uint64_t when = (uint64_t)(MARK_NOW + (r->late_sct ? 60 : -30 * MARK_DAY)) * 1000;
    unsigned char *tbs = NULL, id[32], issuer[32], signature[256];
    size_t n = sizeof signature;
    int ntbs = i2d_re_X509_tbs(m->leaf, &tbs);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    key_id(m->issuer_key, issuer);
    key_id(m->log_key, id);
    tbs[ntbs - 1] ^= r->change_signed;
    id[0] ^= r->other_log;
    put_number(&data, 0, 2);
    put_number(&data, when, 8);
    put_number(&data, 1, 2);
    buf_put(&data, (assay_span){(const char *)issuer, 32});
    put_number(&data, (uint64_t)ntbs, 3);
    buf_put(&data, (assay_span){(const char *)tbs, (size_t)ntbs});
    put_number(&data, 0, 2);
    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, m->log_key);
    EVP_DigestSign(ctx, signature, &n, (const unsigned char *)data.p, data.n);
    signature[n - 1] ^= r->wrong_sct;
    put_number(&sct, 0, 1);
    buf_put(&sct, (assay_span){(const char *)id, 32});
    put_number(&sct, when, 8);
    put_number(&sct, 0, 2);
    put_number(&sct, r->odd_algorithm ? 0x0603 : 0x0403, 2);
    put_number(&sct, n, 2);
    buf_put(&sct, (assay_span){(const char *)signature, n});
    put_number(&list, sct.n + 2, 2);
    put_number(&list, sct.n, 2);
    buf_put(&list, buf_span(&sct));
    der_put(&value, DER_OCTET_STRING, buf_span(&list));
    extend(m->leaf, "1.3.6.1.4.1.11129.2.4.2", false, &value);
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(tbs);
    buf_done(&data);
    buf_done(&sct);
    buf_done(&list);
}

/* ---- the rest ---- */

/** Append a certificate as PEM. */
static inline void put_pem(struct buf *out, X509 *x, bool spoil)
{
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    char *text;
    long length;

    der[n - 1] ^= spoil;
    PEM_write_bio(bio, "CERTIFICATE", "", der, n);
    length = BIO_get_mem_data(bio, &text);
    buf_put(out, (assay_span){text, (size_t)length});
    OPENSSL_free(der);
    BIO_free(bio);
}

/** The list of revoked certificates. */
static inline void make_crl(struct marks *m, const struct recipe *r)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *t = ASN1_TIME_set(NULL, MARK_NOW - 3 * MARK_DAY);
    X509_REVOKED *entry = X509_REVOKED_new();
    unsigned char *der = NULL;
    int n;

    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(m->issuer));
    X509_CRL_set1_lastUpdate(crl, t);
    ASN1_TIME_set(t, MARK_NOW + (r->old_crl ? -1 : 4) * MARK_DAY);
    X509_CRL_set1_nextUpdate(crl, t);
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(r->revoked ? m->leaf : m->root));
    X509_REVOKED_set_revocationDate(entry, X509_getm_notBefore(m->leaf));
    X509_CRL_add0_revoked(crl, entry);
    if (r->whole_crl_not) {
        X509_EXTENSION *e =
            X509V3_EXT_conf_nid(NULL, NULL, NID_issuing_distribution_point, "critical,onlyCA:TRUE");

        X509_CRL_add_ext(crl, e, -1);
        X509_EXTENSION_free(e);
    }
    X509_CRL_sign(crl, r->other_crl ? m->root_key : m->issuer_key, EVP_sha256());
    n = i2d_X509_CRL(crl, &der);
    buf_put(&m->crl, (assay_span){(const char *)der, (size_t)n});
    OPENSSL_free(der);
    ASN1_TIME_free(t);
    X509_CRL_free(crl);
}

/** A key that is made once: all marks of a test are of one authority. */
static inline EVP_PKEY *kept_key(size_t which)
{
    static const char *const CURVES[] = {"P-384", "P-256", "P-256", "P-256"};
    static EVP_PKEY *keys[4];

    if (!keys[which])
        keys[which] = EVP_EC_gen(CURVES[which]);
    EVP_PKEY_up_ref(keys[which]);
    return keys[which];
}

/** Make it all. marks_done() it. */
static inline void marks_make(const struct recipe *r, struct marks *m)
{
    static const char *const REGISTERED[12][2] = MARK_SUBJECT("Registered Mark");
    const char *const(*subject)[2] =
        r->subject[0][0] ? (const char *const(*)[2])r->subject : REGISTERED;
    unsigned char *der = NULL;
    int n;

    *m = (struct marks){.pem = buf_new(MARK_OUT),
                        .roots = buf_new(MARK_OUT),
                        .logs = buf_new(MARK_OUT),
                        .crl = buf_new(MARK_OUT)};
    m->root_key = kept_key(0);
    m->issuer_key = kept_key(1);
    m->log_key = kept_key(2);
    m->leaf_key = r->small_key   ? EVP_RSA_gen(1024)
                  : r->odd_curve ? EVP_EC_gen("P-521")
                                 : kept_key(3);
    m->root = authority(m->root_key, "Example Mark Root", NULL, m->root_key,
                        MARK_NOW + 5000 * MARK_DAY, false, true);
    m->issuer = authority(m->issuer_key, "Example Mark CA", m->root, m->root_key,
                          r->issuer_to ? r->issuer_to : MARK_NOW + 2000 * MARK_DAY,
                          !r->issuer_no_usage, !r->issuer_no_ca);
    m->leaf = certificate(m->leaf_key, subject, 12, m->issuer,
                          r->from ? r->from : MARK_NOW - 100 * MARK_DAY,
                          r->to ? r->to : MARK_NOW + 265 * MARK_DAY, r->short_serial);
    extend_leaf(m->leaf, r);
    X509_sign(m->leaf, m->issuer_key, EVP_sha256()); /* fixes the algorithm inside */
    if (!r->no_sct)
        stamp(m, r);
    X509_sign(m->leaf, m->issuer_key, EVP_sha256());
    if (r->reversed)
        put_pem(&m->pem, m->issuer, false);
    put_pem(&m->pem, m->leaf, r->wrong_signature);
    if (r->twice)
        put_pem(&m->pem, m->leaf, false);
    if (!r->alone && !r->reversed)
        put_pem(&m->pem, m->issuer, false);
    if (r->with_root)
        put_pem(&m->pem, m->root, false);
    buf_puts(&m->roots, "# a comment\n");
    if (r->before)
        buf_puts(&m->roots, r->before);
    put_pem(&m->roots, m->root, false);
    n = i2d_PUBKEY(m->log_key, &der);
    buf_puts(&m->logs, "# logs\nOther AAAA\nExample ");
    put_base64(&m->logs, (assay_span){(const char *)der, (size_t)n});
    buf_putc(&m->logs, '\n');
    OPENSSL_free(der);
    make_crl(m, r);
}

/** Give all back. */
static inline void marks_done(struct marks *m)
{
    X509_free(m->root);
    X509_free(m->issuer);
    X509_free(m->leaf);
    EVP_PKEY_free(m->root_key);
    EVP_PKEY_free(m->issuer_key);
    EVP_PKEY_free(m->leaf_key);
    EVP_PKEY_free(m->log_key);
    buf_done(&m->pem);
    buf_done(&m->roots);
    buf_done(&m->logs);
    buf_done(&m->crl);
}

#endif
