/* SPDX-License-Identifier: BSD-2-Clause */
#include "dane/dane.h"

#include "crypto/digest.h"

/** A comparison in progress. */
struct comparing {
    const struct dane_rrset *rrset;
    const struct probe *probe;
    struct dane_comparison c;
    size_t depth; /**< certificates of the chain up to the first that matches usage 2 */
};

/** The digest of a certificate that a record is compared with; empty: the probe does not tell it. */
static assay_span digest_in(const struct dane_tlsa *t, const struct probe_cert *cert)
{
    if (t->matching == 2)
        return t->selector ? cert->spki512 : cert->cert512;
    return t->selector ? cert->spki256 : cert->cert256;
}

/** Compare one record with the certificates it may name: usage 3 the leaf, usage 2 any that was sent. */
static enum dane_match match_of(struct comparing *x, const struct dane_tlsa *t, assay_span digest)
{
    const size_t last = t->usage == 3 && x->probe->ncerts ? 1 : x->probe->ncerts;
    bool told = last > 0;

    for (size_t i = 0; i < last; i++) {
        assay_span sent = digest_in(t, &x->probe->certs[i]);

        told &= sent.n > 0;
        if (!sent.n || !span_eq(sent, digest))
            continue;
        if (t->usage == 2 && i + 1 < x->depth)
            x->depth = i + 1;
        return DANE_MATCH;
    }
    if (!told)
        return DANE_MATCH_UNKNOWN;
    return t->certificate ? DANE_MATCH_NOT_SENT : DANE_NO_MATCH;
}

/** No stronger digest of the same usage and selector is there (RFC 7671 9). Full data always counts. */
static bool counts(const struct dane_rrset *set, const struct dane_tlsa *t)
{
    if (t->fault != DANE_USABLE)
        return false;
    for (size_t i = 0; t->matching == 1 && i < set->n; i++) {
        const struct dane_tlsa *o = &set->records[i];

        if (o->fault == DANE_USABLE && o->matching == 2 && o->usage == t->usage &&
            o->selector == t->selector)
            return false;
    }
    return true;
}

/** Compare the record at `i`. */
static assay_status compare_one(struct comparing *x, const struct assay_engine *engine, size_t i)
{
    const struct dane_tlsa *t = &x->rrset->records[i];
    uint8_t full[SHA256_SIZE];
    assay_span digest = t->data;
    assay_status s;

    if (t->fault != DANE_USABLE)
        return ASSAY_DONE;
    if (!t->matching) {
        if ((s = digest_of(engine, t->data, full)) != ASSAY_DONE)
            return s;
        digest = (assay_span){(const char *)full, sizeof full};
    }
    x->c.match[i] = match_of(x, t, digest);
    x->c.counts[i] = counts(x->rrset, t);
    x->c.unknown |= x->c.match[i] == DANE_MATCH_UNKNOWN;
    x->c.not_sent |= x->c.match[i] == DANE_MATCH_NOT_SENT;
    x->c.any |= x->c.match[i] == DANE_MATCH;
    if (x->c.match[i] == DANE_MATCH && x->c.counts[i])
        *(t->usage == 3 ? &x->c.ee : &x->c.ta) = true;
    return ASSAY_DONE;
}

/** The leaf bears one of the names (RFC 7672 3.2.2). */
static bool is_named(const struct probe *probe, const assay_span *names, size_t nnames)
{
    for (size_t i = 0; probe->ncerts && i < nnames; i++)
        if (names[i].n && probe_name_matches(probe->certs[0].names, names[i]))
            return true;
    return false;
}

/** All certificates of the chain, `n` of them, are within their dates. */
static bool is_dated(const struct probe *probe, size_t n, int64_t now)
{
    for (size_t i = 0; i < n; i++)
        if (now < probe->certs[i].from || now > probe->certs[i].to)
            return false;
    return true;
}

assay_status dane_compare(const struct assay_engine *engine, const struct dane_rrset *rrset,
                          const struct probe *probe, const assay_span *names, size_t nnames,
                          int64_t now, struct dane_comparison *ret)
{
    struct comparing x = {.rrset = rrset, .probe = probe, .depth = probe->ncerts};

    for (size_t i = 0; i < rrset->n; i++) {
        assay_status s = compare_one(&x, engine, i);

        if (s != ASSAY_DONE)
            return s;
    }
    x.c.named = is_named(probe, names, nnames);
    x.c.dated = is_dated(probe, x.depth, now);
    *ret = x.c;
    return ASSAY_DONE;
}
