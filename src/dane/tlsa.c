/* SPDX-License-Identifier: BSD-2-Clause */
#include "dane/dane.h"

#include "crypto/der.h"

#include <stdio.h>
#include <stdlib.h>

enum { PARAMETERS = 3, SHA512_SIZE = 64, TEXT_DIGITS = 8 };

/** The octets look like a certificate: TBSCertificate, algorithm, signature (RFC 5280 4.1). */
static bool is_certificate(assay_span der)
{
    assay_span certificate, part;

    return der_take(&der, DER_SEQUENCE, &certificate) && !der.n &&
           der_take(&certificate, DER_SEQUENCE, &part) &&
           der_take(&certificate, DER_SEQUENCE, &part) &&
           der_take(&certificate, DER_BIT_STRING, &part) && !certificate.n;
}

/** Why the data cannot be used: its length does not fit its digest. */
static bool has_length(const struct dane_tlsa *t)
{
    return t->matching == 1   ? t->data.n == SHA256_SIZE
           : t->matching == 2 ? t->data.n == SHA512_SIZE
                              : t->data.n > 0;
}

/** Read one record (RFC 6698 2.1). Usages 0 and 1 are for others than mail (RFC 7672 3.1.3). */
static void read_record(assay_span rdata, struct dane_tlsa *t)
{
    memset(t, 0, sizeof *t);
    t->data = SPAN_EMPTY;
    t->fault = DANE_BAD_LENGTH;
    if (rdata.n < PARAMETERS)
        return;
    t->usage = (uint8_t)rdata.p[0];
    t->selector = (uint8_t)rdata.p[1];
    t->matching = (uint8_t)rdata.p[2];
    t->data = span_from(rdata, PARAMETERS);
    t->fault = t->usage != 2 && t->usage != 3 ? DANE_BAD_USAGE
               : t->selector > 1              ? DANE_BAD_SELECTOR
               : t->matching > 2              ? DANE_BAD_MATCHING
               : !has_length(t)               ? DANE_BAD_LENGTH
                                              : DANE_USABLE;
    t->certificate = t->usage == 2 && !t->selector && !t->matching && is_certificate(t->data);
}

/** Read the records of an answer. */
static assay_status make(const struct assay_fact *fact, void **ret)
{
    struct dane_rrset *set = calloc(1, sizeof *set);

    if (!set)
        return ASSAY_ENOMEM;
    set->n = fact->n < LIMIT_TLSA ? fact->n : LIMIT_TLSA;
    set->more = fact->n > set->n;
    for (size_t i = 0; i < set->n; i++) {
        struct dane_tlsa *t = &set->records[i];

        read_record(fact->data[i], t);
        set->nusable += t->fault == DANE_USABLE;
        set->ee |= t->fault == DANE_USABLE && t->usage == 3;
        set->ta |= t->fault == DANE_USABLE && t->usage == 2;
    }
    *ret = set;
    return ASSAY_DONE;
}

assay_status dane_rrset_of(const struct assay_fact *fact, const struct dane_rrset **ret)
{
    static const struct memo_type TYPE = {make, free};
    const void *made;
    assay_status s = fact_memo(fact, &TYPE, &made);

    if (s == ASSAY_DONE)
        *ret = made;
    return s;
}

assay_span dane_text(const struct dane_tlsa *t, char out[DANE_TEXT])
{
    size_t n = (size_t)snprintf(out, DANE_TEXT, "%u %u %u ", t->usage, t->selector, t->matching);

    for (size_t i = 0; i < t->data.n && i < TEXT_DIGITS / 2; i++)
        n += (size_t)snprintf(out + n, DANE_TEXT - n, "%02x", (unsigned char)t->data.p[i]);
    if (t->data.n > TEXT_DIGITS / 2)
        n += (size_t)snprintf(out + n, DANE_TEXT - n, "...");
    return (assay_span){out, n};
}
