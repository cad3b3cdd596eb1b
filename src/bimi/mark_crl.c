/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mark_crl.c Whether a mark certificate was revoked (VMC 5.1(3), RFC 5280 6.3). */
#include "bimi/mark_own.h"

#include <openssl/err.h>

/** An extension of CRLs that may be critical: issuingDistributionPoint, for the certificate names this very CRL. */
#define OID_ISSUING_POINT "\x55\x1D\x1C"

/** A list, opened. */
struct list {
    assay_span tbs; /**< content of TBSCertList */
    X509_CRL *crl;
};

/** Take what may be left out. */
static void skip(assay_span *in, unsigned char wanted)
{
    unsigned char tag;
    assay_span content;

    if (in->n && (unsigned char)in->p[0] == wanted)
        (void)mark_take_any(in, &tag, NULL, &content);
}

/** An issuingDistributionPoint that leaves nothing out that matters here: no onlyContainsCACerts, no reasons, not indirect. */
static bool is_whole(assay_span value)
{
    assay_span point, content;
    unsigned char tag;

    if (!der_take(&value, DER_SEQUENCE, &point))
        return false;
    while (mark_take_any(&point, &tag, NULL, &content))
        if (tag != DER_CONTEXT_0 && tag != 0x81) /* distributionPoint, onlyContainsUserCerts */
            return false;
    return true;
}

/** The list is one that tells of all certificates of its issuer; `*next` is when it ends. */
static bool read_list(assay_span der, int64_t now)
{
    assay_span outer, tbs, content, extensions = SPAN_EMPTY, oid, value;
    unsigned char tag;
    int64_t this_update, next_update;
    bool critical;

    if (!der_take(&der, DER_SEQUENCE, &outer) || !der_take(&outer, DER_SEQUENCE, &tbs))
        return false;
    skip(&tbs, DER_INTEGER);                       /* version */
    if (!der_take(&tbs, DER_SEQUENCE, &content) || /* signature */
        !der_take(&tbs, DER_SEQUENCE, &content) || /* issuer */
        !mark_take_any(&tbs, &tag, NULL, &content) || !mark_time_read(tag, content, &this_update) ||
        !mark_take_any(&tbs, &tag, NULL, &content) || !mark_time_read(tag, content, &next_update) ||
        now < this_update || now > next_update)
        return false;
    skip(&tbs, DER_SEQUENCE); /* revokedCertificates */
    if (der_take(&tbs, DER_CONTEXT_0, &content))
        (void)der_take(&content, DER_SEQUENCE, &extensions);
    while (mark_next_extension(&extensions, &oid, &value, &critical))
        if (span_eq(oid, SPAN(OID_ISSUING_POINT)) ? !is_whole(value) : critical)
            return false;
    return !extensions.n;
}

/** The octets of a list, DER or PEM. */
static assay_status decode(struct arena *a, assay_span text, assay_span *ret)
{
    assay_span rest = text, before;
    assay_status s;

    *ret = text;
    if (text.n && text.p[0] == 0x30)
        return ASSAY_DONE;
    s = mark_next_pem(a, "X509 CRL", &rest, &before, ret);
    return s == ASSAY_MORE ? ASSAY_DONE : s;
}

/** Ask OpenSSL: the list is signed by the issuer, and names the leaf. */
static assay_status look_up(const struct assay_engine *engine, const struct mark_chain *chain,
                            assay_span der, enum mark_truth *ret)
{
    const unsigned char *p = (const unsigned char *)der.p;
    X509 *leaf = chain->certs[chain->leaf].x;
    X509_CRL *crl = X509_CRL_new_ex(engine->lib, NULL);
    X509_REVOKED *entry;
    assay_status s = crl ? ASSAY_DONE : ASSAY_ENOMEM;

    if (crl && d2i_X509_CRL(&crl, &p, (long)der.n) && p == (const unsigned char *)der.p + der.n &&
        X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(leaf)) == 0 &&
        X509_CRL_verify(crl, X509_get0_pubkey(chain->issuer->x)) == 1)
        *ret = X509_CRL_get0_by_cert(crl, &entry, leaf) == 1 ? MARK_YES : MARK_NO;
    else if (mark_memory_is_out())
        s = ASSAY_ENOMEM;
    X509_CRL_free(crl);
    return s;
}

/** Look it up once. */
static assay_status revoked_once(struct assay_engine *engine, assay_span pem, assay_span crl,
                                 int64_t now, enum mark_truth *ret)
{
    struct arena a = {0};
    struct mark_chain *chain = ARENA_NEW(&a, struct mark_chain);
    enum mark_truth revoked = MARK_UNKNOWN;
    assay_span der = SPAN_EMPTY;
    assay_status s = chain ? mark_chain_read(engine, &a, pem, chain) : ASSAY_ENOMEM;

    if (s == ASSAY_DONE)
        s = decode(&a, crl, &der);
    if (s == ASSAY_DONE && chain->n && chain->issuer && read_list(der, now)) {
        ERR_set_mark();
        s = look_up(engine, chain, der, &revoked);
        ERR_pop_to_mark();
    }
    if (chain)
        mark_chain_done(chain);
    arena_done(&a);
    if (s == ASSAY_DONE)
        *ret = revoked;
    return s;
}

assay_status mark_revoked(struct assay_engine *engine, assay_span pem, assay_span crl, int64_t now,
                          enum mark_truth *ret)
{
    enum mark_truth revoked;
    assay_status s = revoked_once(engine, pem, crl, now, &revoked);

    if (s == ASSAY_DONE && revoked == MARK_UNKNOWN) {
        s = mark_memory_to_spare() ? revoked_once(engine, pem, crl, now, &revoked) : ASSAY_ENOMEM;
        if (s == ASSAY_DONE && revoked == MARK_UNKNOWN && !mark_memory_to_spare())
            s = ASSAY_ENOMEM;
    }
    if (s == ASSAY_DONE)
        *ret = revoked;
    return s;
}
