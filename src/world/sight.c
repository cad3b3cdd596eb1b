/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/sight.h"

#include "base/limits.h"
#include "base/time.h"
#include "probe/probe.h"
#include "world/leaf.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

/** Octets of the DNS-IDs of a certificate that is not the server's own. */
enum { ISSUER_NAMES = 500 };

/* ---- contexts ---- */

/** What each context offers. */
static const struct {
    int most;
    const char *ciphers;
} OFFERS[] = {
    [SIGHT_BEST] = {0, "ALL:!aNULL:!eNULL:@SECLEVEL=0"},
    [SIGHT_TLS10] = {TLS1_VERSION, "ALL:!aNULL:!eNULL:@SECLEVEL=0"},
    [SIGHT_TLS11] = {TLS1_1_VERSION, "ALL:!aNULL:!eNULL:@SECLEVEL=0"},
    [SIGHT_TLS12] = {TLS1_2_VERSION, "ALL:!aNULL:!eNULL:@SECLEVEL=0"},
    [SIGHT_WEAK] = {TLS1_2_VERSION, "aNULL:RC4:EXP:!eNULL:@SECLEVEL=0"},
};

SSL_CTX *sight_context_new(enum sight_context which)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());

    if (!c)
        return NULL;
    SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_options(c, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_clear_options(c, SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_set_min_proto_version(c, 0) &&
        SSL_CTX_set_max_proto_version(c, OFFERS[which].most) &&
        SSL_CTX_set_cipher_list(c, OFFERS[which].ciphers))
        return c;
    ERR_clear_error();
    SSL_CTX_free(c);
    return NULL;
}

const char *sight_version(const SSL *ssl)
{
    switch (SSL_version(ssl)) {
    case TLS1_3_VERSION: return "1.3";
    case TLS1_2_VERSION: return "1.2";
    case TLS1_1_VERSION: return "1.1";
    case TLS1_VERSION: return "1.0";
    default: return "ssl3";
    }
}

/* ---- what is weak ---- */

unsigned sight_weak(const SSL *ssl)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    unsigned weak = SSL_get_current_compression((SSL *)(uintptr_t)ssl) ? PROBE_WEAK_COMPRESSION : 0;

    if (!cipher)
        return weak;
    if (SSL_CIPHER_get_cipher_nid(cipher) == NID_rc4)
        weak |= PROBE_WEAK_RC4;
    if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null)
        weak |= PROBE_WEAK_ANONYMOUS;
    if (SSL_CIPHER_get_bits(cipher, NULL) < 64)
        weak |= PROBE_WEAK_EXPORT;
    return weak;
}

void sight_put_weak(struct buf *out, unsigned weak)
{
    static const char *const WORDS[] = {" rc4", " export", " anonymous", " compression"};

    if (!weak)
        return;
    buf_puts(out, "tls.weak =");
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (weak & 1u << i)
            buf_puts(out, WORDS[i]);
    buf_putc(out, '\n');
}

/* ---- certificates ---- */

/** Write a key: "rsa:2048". */
static void put_key(struct buf *out, X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);

    switch (key ? EVP_PKEY_get_base_id(key) : 0) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS: buf_printf(out, "rsa:%d", EVP_PKEY_get_bits(key)); break;
    case EVP_PKEY_EC: buf_printf(out, "ec:%d", EVP_PKEY_get_bits(key)); break;
    case EVP_PKEY_DSA: buf_printf(out, "dsa:%d", EVP_PKEY_get_bits(key)); break;
    case EVP_PKEY_ED25519: buf_puts(out, "ed25519"); break;
    case EVP_PKEY_ED448: buf_puts(out, "ed448"); break;
    default: buf_puts(out, "other"); break;
    }
}

/** Write the digest of a signature; of those that have none by itself, their own name. */
static void put_signature(struct buf *out, X509 *cert)
{
    int digest = NID_undef, key = NID_undef;
    const char *text = "other";

    X509_get_signature_info(cert, &digest, &key, NULL, NULL);
    if (digest != NID_undef || key != NID_undef)
        text = OBJ_nid2sn(digest != NID_undef ? digest : key);
    for (; text && *text; text++)
        if (ascii_alnum(*text))
            buf_putc(out, ascii_lower(*text));
}

/** Write ` NAME=HEX` of a digest. */
static void put_digest(struct buf *out, const char *name, const EVP_MD *md,
                       const unsigned char *der, size_t n)
{
    static const char HEX[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (!EVP_Digest(der, n, digest, &size, md, NULL)) {
        out->status = ASSAY_ENOMEM;
        return;
    }
    buf_printf(out, " %s=", name);
    for (unsigned i = 0; i < size; i++) {
        buf_putc(out, HEX[digest[i] >> 4]);
        buf_putc(out, HEX[digest[i] & 15]);
    }
}

/** Write both digests of DER that OpenSSL made; frees it. */
static void put_digests(struct buf *out, const char *name256, const char *name512,
                        unsigned char *der, int n)
{
    if (n <= 0) {
        out->status = ASSAY_ENOMEM;
        return;
    }
    put_digest(out, name256, EVP_sha256(), der, (size_t)n);
    put_digest(out, name512, EVP_sha512(), der, (size_t)n);
    OPENSSL_free(der);
}

/** Write the DNS-IDs, or `-`. */
static void put_names(struct buf *out, X509 *cert, size_t most)
{
    struct buf names = buf_new(most);

    leaf_names(cert, &names);
    if (names.status == ASSAY_ENOMEM)
        out->status = ASSAY_ENOMEM;
    buf_put(out, names.n ? buf_span(&names) : SPAN("-"));
    buf_done(&names);
}

/** Write a time. */
static void put_time(struct buf *out, const char *name, const ASN1_TIME *t)
{
    char text[TIME_TEXT];

    buf_puts(out, name);
    buf_put(out, time_text(leaf_time(t), text));
}

/** Write one certificate. */
static void put_cert(struct buf *out, X509 *cert, bool leaf)
{
    unsigned char *der = NULL, *spki = NULL;
    int n = i2d_X509(cert, &der), spki_n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);

    buf_printf(out, "cert = %s names=", leaf ? "leaf" : "ca");
    put_names(out, cert, leaf ? LIMIT_PROBE_NAMES : ISSUER_NAMES);
    put_time(out, " from=", X509_get0_notBefore(cert));
    put_time(out, " to=", X509_get0_notAfter(cert));
    buf_puts(out, " key=");
    put_key(out, cert);
    buf_puts(out, " sig=");
    put_signature(out, cert);
    put_digests(out, "spki256", "spki512", spki, spki_n);
    put_digests(out, "cert256", "cert512", der, n);
    buf_putc(out, '\n');
}

void sight_put_chain(struct buf *out, const SSL *ssl)
{
    const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);

    for (int i = 0; i < sk_X509_num(chain) && i < LIMIT_PROBE_CERTS; i++)
        put_cert(out, sk_X509_value(chain, i), i == 0);
    ERR_clear_error();
}

/* ---- trust ---- */

/** The certificate names a place where its issuer's is to be had (RFC 5280 4.2.2.1). */
static bool names_issuer(X509 *cert)
{
    AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
    bool names = false;

    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++)
        names |= OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(access, i)->method) == NID_ad_ca_issuers;
    AUTHORITY_INFO_ACCESS_free(access);
    return names;
}

/**
 * A chain that ends at an issuer that is not there. Whether a certificate is missing or nobody knows
 * that issuer cannot be told without it; but public authorities say where theirs are, and a leaf alone is
 * what servers send whose intermediate was forgotten.
 */
static const char *open_end(X509_STORE_CTX *x)
{
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(x);
    int n = sk_X509_num(chain);

    return n <= 1 || names_issuer(sk_X509_value(chain, n - 1)) ? "incomplete" : "unknown";
}

/** What a verification came to. */
static const char *trust_word(X509_STORE_CTX *x)
{
    if (X509_verify_cert(x) > 0)
        return "yes";
    switch (X509_STORE_CTX_get_error(x)) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return "self-signed";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return open_end(x);
    case X509_V_ERR_OUT_OF_MEM: return NULL;
    default: return "unknown";
    }
}

void sight_put_trust(struct buf *out, const SSL *ssl, X509_STORE *roots)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    X509_STORE_CTX *x = roots && sk_X509_num(chain) > 0 ? X509_STORE_CTX_new() : NULL;
    X509_VERIFY_PARAM *param;
    const char *word;

    if (!x)
        return;
    if (X509_STORE_CTX_init(x, roots, sk_X509_value(chain, 0), chain)) {
        param = X509_STORE_CTX_get0_param(x);
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
        X509_VERIFY_PARAM_set_auth_level(param, 0);
        X509_STORE_CTX_set_default(x, "ssl_server");
        if ((word = trust_word(x)))
            buf_printf(out, "trust = %s\n", word);
    }
    X509_STORE_CTX_free(x);
    ERR_clear_error();
}
