/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mark_sct.c Signed certificate timestamps: a log of marks has seen the certificate (VMC 4.6, RFC 6962 3.2). */
#include "bimi/mark_own.h"

#include "base/base64.h"
#include "base/buf.h"
#include "crypto/digest.h"

#include <openssl/err.h>
#include <openssl/x509.h>

enum {
    SCTS_MOST = 16,
    LOGS_MOST = 256,
    LOG_ID = 32,
    TBS_MOST = 1 << 22,
    SHA256_ECDSA = 0x0403,
    SHA256_RSA = 0x0401
};

/** One timestamp. */
struct sct {
    assay_span log, timestamp, extensions, signature;
    unsigned algorithm; /**< hash and signature, as RFC 5246 7.4.1.4.1 numbers them */
};

/** Take `n` octets off the front. */
static bool take(assay_span *in, size_t n, assay_span *ret)
{
    if (in->n < n)
        return false;
    *ret = span_first(*in, n);
    *in = span_from(*in, n);
    return true;
}

/** Take a number of two octets. */
static bool take_u16(assay_span *in, size_t *ret)
{
    assay_span octets;

    if (!take(in, 2, &octets))
        return false;
    *ret = (size_t)(unsigned char)octets.p[0] << 8 | (unsigned char)octets.p[1];
    return true;
}

/** Take what a number of two octets gives the length of. */
static bool take_opaque(assay_span *in, assay_span *ret)
{
    size_t n;

    return take_u16(in, &n) && take(in, n, ret);
}

/** Read one timestamp of version 1 (RFC 6962 3.2). */
static bool read_sct(assay_span in, struct sct *ret)
{
    assay_span version;
    size_t algorithm;

    if (!take(&in, 1, &version) || version.p[0] != 0 || !take(&in, LOG_ID, &ret->log) ||
        !take(&in, 8, &ret->timestamp) || !take_opaque(&in, &ret->extensions) ||
        !take_u16(&in, &algorithm) || !take_opaque(&in, &ret->signature) || in.n)
        return false;
    ret->algorithm = (unsigned)algorithm;
    return true;
}

/** The list in the extension: an OCTET STRING inside, then lengths (RFC 6962 3.3). */
static size_t read_list(assay_span value, struct sct *scts)
{
    assay_span inner, list, one;
    size_t n = 0;

    if (!der_take(&value, DER_OCTET_STRING, &inner) || value.n || !take_opaque(&inner, &list) ||
        inner.n)
        return 0;
    while (n < SCTS_MOST && list.n && take_opaque(&list, &one))
        n += read_sct(one, &scts[n]);
    return n;
}

/* ---- what was signed ---- */

/** Append the head of an element; content of up to 16 MiB. */
static void put_head(struct buf *out, unsigned char tag, size_t n)
{
    int octets = n < 0x80 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : 3;

    buf_putc(out, (char)tag);
    if (octets)
        buf_putc(out, (char)(0x80 | octets));
    for (int i = octets ? octets - 1 : 0; i >= 0; i--)
        buf_putc(out, (char)(n >> 8 * i));
}

/** Append the extensions but for the list of timestamps. */
static void put_extensions(struct buf *out, assay_span extensions)
{
    while (extensions.n) {
        assay_span whole, content, oid;
        unsigned char tag;

        if (!mark_take_any(&extensions, &tag, &whole, &content))
            return;
        if (!der_take(&content, DER_OID, &oid) || !span_eq(oid, SPAN(OID_SCTS)))
            buf_put(out, whole);
    }
}

/** The TBSCertificate as the log saw it: without the list of timestamps (RFC 6962 3.2). */
static void put_tbs(struct buf *out, const struct mark_cert *cert)
{
    struct buf kept = buf_new(TBS_MOST), inner = buf_new(TBS_MOST), wrapped = buf_new(TBS_MOST);
    assay_span rest = cert->tbs, whole, content;
    unsigned char tag;

    put_extensions(&kept, cert->extensions);
    while (rest.n && mark_take_any(&rest, &tag, &whole, &content)) {
        if (tag != DER_CONTEXT_3) {
            buf_put(&inner, whole);
            continue;
        }
        put_head(&wrapped, DER_SEQUENCE, kept.n);
        buf_put(&wrapped, buf_span(&kept));
        put_head(&inner, DER_CONTEXT_3, wrapped.n);
        buf_put(&inner, buf_span(&wrapped));
    }
    put_head(out, DER_SEQUENCE, inner.n);
    buf_put(out, buf_span(&inner));
    if (kept.status != ASSAY_DONE || wrapped.status != ASSAY_DONE || inner.status != ASSAY_DONE)
        out->status = ASSAY_ENOMEM;
    buf_done(&kept);
    buf_done(&inner);
    buf_done(&wrapped);
}

/** Append a number of three octets. */
static void put_u24(struct buf *out, size_t n)
{
    buf_putc(out, (char)(n >> 16));
    buf_putc(out, (char)(n >> 8));
    buf_putc(out, (char)n);
}

/** What the log signed: digitally-signed struct of RFC 6962 3.2, of a precert_entry. */
static assay_status signed_data(const struct mark_run *run, const struct sct *sct, assay_span tbs,
                                struct buf *out)
{
    uint8_t issuer[SHA256_SIZE];
    assay_status s = digest_of(run->engine, run->chain.issuer->spki, issuer);

    if (s != ASSAY_DONE)
        return s;
    buf_put(out, (assay_span){"\0\0", 2}); /* v1, certificate_timestamp */
    buf_put(out, sct->timestamp);
    buf_put(out, (assay_span){"\0\1", 2}); /* precert_entry */
    buf_put(out, (assay_span){(const char *)issuer, sizeof issuer});
    put_u24(out, tbs.n);
    buf_put(out, tbs);
    buf_putc(out, (char)(sct->extensions.n >> 8));
    buf_putc(out, (char)sct->extensions.n);
    buf_put(out, sct->extensions);
    return out->status == ASSAY_DONE ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Verify a signature with the key of a log. */
static assay_status verify(const struct mark_run *run, assay_span spki, const struct sct *sct,
                           assay_span data, bool *ret)
{
    const unsigned char *p = (const unsigned char *)spki.p;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY *key;
    bool memory;

    ERR_set_mark();
    key = d2i_PUBKEY_ex(NULL, &p, (long)spki.n, run->engine->lib, NULL);
    *ret = ctx && key &&
           EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", run->engine->lib, NULL, key, NULL) == 1 &&
           EVP_DigestVerify(ctx, (const unsigned char *)sct->signature.p, sct->signature.n,
                            (const unsigned char *)data.p, data.n) == 1;
    memory = !ctx || (!*ret && mark_memory_is_out());
    ERR_pop_to_mark();
    EVP_PKEY_free(key);
    EVP_MD_CTX_free(ctx);
    return memory ? ASSAY_ENOMEM : ASSAY_DONE;
}

/* ---- logs ---- */

/** A known log. */
struct log {
    assay_span name, spki;
    uint8_t id[LOG_ID]; /**< SHA-256 of the key (RFC 6962 3.2) */
};

/** Read a line `NAME BASE64-SPKI`. \return ASSAY_MORE for another line */
static assay_status read_log(const struct mark_run *run, assay_span line, struct log *ret)
{
    size_t blank = span_find(span_trim(line), ' '), n = 0;
    assay_span name = span_first(span_trim(line), blank), key = span_from(span_trim(line), blank);
    uint8_t *octets;

    if (!name.n || name.p[0] == '#' || !span_trim(key).n)
        return ASSAY_MORE;
    if (!(octets = arena_get(run->arena, base64_decoded_max(key.n))))
        return ASSAY_ENOMEM;
    if (!base64_decode(key, octets, &n) || !n)
        return ASSAY_MORE;
    ret->name = name;
    ret->spki = (assay_span){(const char *)octets, n};
    return digest_of(run->engine, ret->spki, ret->id);
}

/** Find the log of a timestamp. \return ASSAY_MORE: it is not known */
static assay_status find_log(const struct mark_run *run, assay_span id, struct log *ret)
{
    assay_span rest = run->request->logs, line;
    assay_status s;

    for (size_t i = 0; i < LOGS_MOST && span_line(&rest, &line); i++) {
        if ((s = read_log(run, line, ret)) == ASSAY_MORE)
            continue;
        if (s != ASSAY_DONE || span_eq(id, (assay_span){(const char *)ret->id, LOG_ID}))
            return s;
    }
    return ASSAY_MORE;
}

/** The timestamp is not later than now (RFC 6962 5.2). Milliseconds. */
static bool has_come(const struct mark_run *run, assay_span timestamp)
{
    uint64_t t = 0;

    for (size_t i = 0; i < timestamp.n; i++)
        t = t << 8 | (unsigned char)timestamp.p[i];
    return run->request->now >= 0 && t / 1000 <= (uint64_t)run->request->now;
}

/** One timestamp. \param problem  set unless it is good */
static assay_status check_sct(struct mark_run *run, const struct sct *sct, assay_span tbs,
                              assay_span *problem)
{
    struct buf data = buf_new(TBS_MOST);
    struct log log;
    assay_status s = find_log(run, sct->log, &log);
    bool good = false;

    *problem = SPAN_EMPTY;
    if (s == ASSAY_MORE) {
        *problem = SPAN("its timestamp is of a log that is not known");
        return ASSAY_DONE;
    }
    if (s == ASSAY_DONE && !run->chain.issuer)
        *problem = SPAN("its timestamp cannot be verified without the issuer's certificate");
    else if (s == ASSAY_DONE && sct->algorithm != SHA256_ECDSA && sct->algorithm != SHA256_RSA)
        *problem = SPAN("its timestamp is signed by an algorithm that RFC 6962 does not have");
    else if (s == ASSAY_DONE && !has_come(run, sct->timestamp))
        *problem = SPAN("its timestamp lies in the future");
    else if (s == ASSAY_DONE && (s = signed_data(run, sct, tbs, &data)) == ASSAY_DONE &&
             (s = verify(run, log.spki, sct, buf_span(&data), &good)) == ASSAY_DONE && !good)
        *problem = mark_printf(
            run, "the signature of the log %.*s is wrong: the certificate is not what it saw",
            SPAN_ARG(log.name));
    buf_done(&data);
    if (good)
        run->report->sct_log = log.name;
    return s;
}

assay_status mark_scts(struct mark_run *run)
{
    const struct mark_cert *leaf = &run->chain.certs[run->chain.leaf];
    struct mark_report *r = run->report;
    struct sct scts[SCTS_MOST];
    struct buf tbs = buf_new(TBS_MOST);
    assay_span value, problem = SPAN_EMPTY;
    size_t n = mark_extension(leaf, SPAN(OID_SCTS), &value, NULL) ? read_list(value, scts) : 0;
    assay_status s = ASSAY_DONE;

    r->sct = n && !run->request->logs.n ? MARK_UNKNOWN : MARK_NO;
    r->sct_problem = n ? SPAN_EMPTY : SPAN("no log of certificate transparency has stamped it");
    if (!n || !run->request->logs.n)
        return ASSAY_DONE;
    put_tbs(&tbs, leaf);
    s = tbs.status == ASSAY_DONE ? ASSAY_DONE : ASSAY_ENOMEM;
    for (size_t i = 0; s == ASSAY_DONE && i < n && r->sct != MARK_YES; i++) {
        s = check_sct(run, &scts[i], buf_span(&tbs), &problem);
        r->sct = s == ASSAY_DONE && !problem.n && r->sct_log.n ? MARK_YES : MARK_NO;
        if (problem.n && !r->sct_problem.n)
            r->sct_problem = problem;
    }
    if (r->sct == MARK_YES)
        r->sct_problem = SPAN_EMPTY;
    buf_done(&tbs);
    return s;
}
