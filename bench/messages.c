/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include "base/base64.h"
#include "dkim/signature.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdlib.h>

enum { LARGE = 100000 }; /* octets from which a body is an attachment */

static const char WORDS[] =
    "Dear customer,  the order you placed on Monday has left our house \t and should reach you "
    "within three days. Please keep this letter: it is your invoice as well.  ";

/* ---- keys ---- */

void bench_key_make(bool ed25519, struct bench_key *ret)
{
    unsigned char *der = NULL, raw[32];
    size_t n = sizeof raw;
    char text[1024];

    ret->record = buf_new(4096);
    ret->pkey = ed25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_RSA_gen(2048);
    if (!ret->pkey)
        bench_fail("no key");
    if (ed25519) {
        EVP_PKEY_get_raw_public_key(ret->pkey, raw, &n);
        base64_encode(raw, n, text);
    } else {
        n = (size_t)i2d_PUBKEY(ret->pkey, &der);
        base64_encode(der, n, text);
        OPENSSL_free(der);
    }
    buf_printf(&ret->record, "v=DKIM1; k=%s; p=%.*s", ed25519 ? "ed25519" : "rsa",
               (int)base64_encoded(n), text);
}

/** Sign a SHA-256 digest. */
static size_t sign(const struct bench_key *key, bool ed25519, const uint8_t digest[32],
                   uint8_t *out)
{
    size_t n = 512;
    EVP_PKEY_CTX *rsa = ed25519 ? NULL : EVP_PKEY_CTX_new(key->pkey, NULL);
    EVP_MD_CTX *ed = ed25519 ? EVP_MD_CTX_new() : NULL;
    bool ok;

    if (ed25519)
        ok = EVP_DigestSignInit(ed, NULL, NULL, NULL, key->pkey) == 1 &&
             EVP_DigestSign(ed, out, &n, digest, 32) == 1;
    else
        ok = EVP_PKEY_sign_init(rsa) == 1 &&
             EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_PADDING) == 1 &&
             EVP_PKEY_CTX_set_signature_md(rsa, EVP_sha256()) == 1 &&
             EVP_PKEY_sign(rsa, out, &n, digest, 32) == 1;
    EVP_PKEY_CTX_free(rsa);
    EVP_MD_CTX_free(ed);
    if (!ok)
        bench_fail("no signature");
    return n;
}

/* ---- messages ---- */

/** Ten header fields, some folded, some with doubled and trailing blanks; a large body is an attachment. */
static void put_header(struct buf *out, bool large)
{
    buf_puts(
        out,
        "Received: from mail.example.com (mail.example.com [192.0.2.55])\r\n"
        "\tby mx.example.net (Postfix) with ESMTPS id 4XyZ1234;\r\n\tMon, 23 Nov 2026 12:00:00 +0000\r\n"
        "From: Shop  <billing@example.com>\r\n"
        "To: Bob <bob@example.net>,\r\n  Carol <carol@example.net> \r\n"
        "Subject: Your invoice  4711 \r\n"
        "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
        "Message-ID: <20261123120000.4711@example.com>\r\n"
        "MIME-Version: 1.0\r\n");
    buf_puts(out, large ? "Content-Type: application/octet-stream;\r\n name=invoice.bin\r\n"
                          "Content-Transfer-Encoding: base64\r\n"
                        : "Content-Type: text/plain;\r\n charset=utf-8\r\n"
                          "Content-Transfer-Encoding: 7bit\r\n");
    buf_puts(out, "List-Unsubscribe: <https://example.com/u/4711>\r\n");
}

/** Text for small messages, a base64 attachment for large ones. */
static void put_body(struct buf *out, size_t size)
{
    static const char LINE[] =
        "UGxlYXNlIGtlZXAgdGhpcyBsZXR0ZXI6IGl0IGlzIHlvdXIgaW52b2ljZSBhcyB3ZWxsLiBUaGFu\r\n";

    while (out->n + 2 < size) {
        if (size > LARGE)
            buf_put(out, SPAN(LINE));
        else
            buf_put(out, span_first(SPAN(WORDS), 40 + out->n % 37)),
                buf_puts(out, out->n % 5 ? "\r\n" : " \r\n");
    }
    buf_puts(out, "\r\n\r\n");
}

/** The digest of the relaxed body. */
static void body_digest(const assay_engine *engine, assay_span body, uint8_t out[32])
{
    struct body b = {0};
    const struct body_digest *d;

    if (body_want(&b, CANON_RELAXED, BODY_WHOLE) || body_begin(&b, engine) || body_add(&b, body) ||
        body_end(&b) || !(d = body_find(&b, CANON_RELAXED, BODY_WHOLE)))
        bench_fail("no body digest");
    memcpy(out, d->sha256, 32);
    body_done(&b);
}

/** Put a signature on top of a header. */
static void sign_header(const assay_engine *engine, const struct bench_key *key, bool ed25519,
                        unsigned number, const uint8_t bh[32], struct buf *header)
{
    struct header h;
    struct dkim_signature s;
    struct arena arena = {0};
    struct buf field = buf_new(4096), whole = buf_new(1 << 20);
    uint8_t digest[32], signature[512];
    char text[1024];
    assay_span rest, line;
    size_t n;

    base64_encode(bh, 32, text);
    buf_printf(
        &field,
        "DKIM-Signature: v=1; a=%s-sha256; c=relaxed/relaxed; d=example.com;\r\n s=s%u; t=1763900000;\r\n "
        "h=from:to:subject:date:message-id:mime-version:\r\n content-type:content-transfer-encoding:"
        "list-unsubscribe;\r\n bh=%.*s;\r\n b=",
        ed25519 ? "ed25519" : "rsa", number, (int)base64_encoded(32), text);
    buf_put(&whole, buf_span(&field));
    buf_puts(&whole, "AAAA\r\n");
    buf_put(&whole, buf_span(header));
    header_init(&h);
    for (rest = buf_span(&whole); rest.n; rest = span_from(rest, line.n)) {
        line = span_first(rest, span_find(rest, '\n') + 1);
        if (header_line(&h, line) != ASSAY_DONE)
            bench_fail("no header");
    }
    if (dkim_signature_read(&arena, &h, DKIM_SIGNATURE, 0, &s) || s.fault ||
        dkim_hash(engine, &h, &s, digest))
        bench_fail("no header digest");
    n = sign(key, ed25519, digest, signature);
    base64_encode(signature, n, text);
    for (size_t i = 0; i < base64_encoded(n);
         i += 70) /* folded as signers do; white space in b= does not count */
        buf_printf(&field, "%s%.*s", i ? "\r\n  " : "",
                   (int)(base64_encoded(n) - i < 70 ? base64_encoded(n) - i : 70), text + i);
    buf_puts(&field, "\r\n");
    buf_put(&field, buf_span(header));
    buf_clear(header);
    buf_put(header, buf_span(&field));
    buf_done(&field);
    buf_done(&whole);
    header_done(&h);
    arena_done(&arena);
}

void bench_message_make(const struct bench_key *key, bool ed25519, size_t size, unsigned signatures,
                        struct buf *ret)
{
    struct buf header = buf_new(1 << 20), body = buf_new(64 << 20);
    assay_engine *engine;
    uint8_t bh[32];

    if (assay_engine_new(0, &engine) != ASSAY_DONE)
        bench_fail("no engine");
    put_header(&header, size > LARGE);
    put_body(&body, size > 1300 ? size - 1300 : 64);
    body_digest(engine, buf_span(&body), bh);
    for (unsigned i = 0; i < signatures; i++)
        sign_header(engine, key, ed25519, i + 1, bh, &header);
    *ret = buf_new(64 << 20);
    buf_put(ret, buf_span(&header));
    buf_puts(ret, "\r\n");
    buf_put(ret, buf_span(&body));
    buf_done(&header);
    buf_done(&body);
    assay_engine_free(engine);
}

/* ---- the least work ---- */

void bench_least_make(const struct bench_key *key, bool ed25519, assay_span octets, unsigned times,
                      struct bench_least *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    ret->ctx = EVP_MD_CTX_new();
    ret->octets = octets;
    ret->times = times;
    memset(ret->digest, 7, 32);
    ret->signature_n = sign(key, ed25519, ret->digest, ret->signature);
    if (ed25519) {
        ret->ed25519 = key->pkey;
        ret->ed25519_ctx = EVP_MD_CTX_new();
        return;
    }
    ret->rsa = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (!ret->rsa || EVP_PKEY_verify_init(ret->rsa) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ret->rsa, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ret->rsa, ret->md) != 1)
        bench_fail("no context");
}

bool bench_least_run(void *arg)
{
    struct bench_least *l = arg;
    uint8_t out[32];
    bool ok = true;

    if (l->octets.n)
        ok = EVP_DigestInit_ex2(l->ctx, l->md, NULL) == 1 &&
             EVP_DigestUpdate(l->ctx, l->octets.p, l->octets.n) == 1 &&
             EVP_DigestFinal_ex(l->ctx, out, NULL) == 1;
    for (unsigned i = 0; i < l->times && ok; i++) {
        if (l->rsa)
            ok = EVP_PKEY_verify(l->rsa, l->signature, l->signature_n, l->digest, 32) == 1;
        else
            ok = EVP_DigestVerifyInit(l->ed25519_ctx, NULL, NULL, NULL, l->ed25519) == 1 &&
                 EVP_DigestVerify(l->ed25519_ctx, l->signature, l->signature_n, l->digest, 32) == 1;
    }
    return ok;
}
