/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_tlsa.c Any octets as TLSA records and the digests of a chain: usable records are what RFC 7672 3.1
 * lets be used; what counts and matches is told by usage; a record alone that matches is not worsened by its twin.
 *
 * The input: records, each one octet of length and its data; what follows a length of 0 are digests of leaf and ca.
 */
#include "base/fuzz_must.h"
#include "dane/dane.h"

enum { MOST = LIMIT_TLSA + 2 };

/** Cut the records off. */
static size_t cut(assay_span *in, assay_span *data)
{
    size_t n = 0;

    while (n < MOST && in->n) {
        size_t length = (unsigned char)in->p[0];

        *in = span_from(*in, 1);
        if (!length)
            break;
        data[n++] = span_first(*in, length);
        *in = span_from(*in, length);
    }
    return n;
}

/** Take `n` octets off, or none where there are fewer. */
static assay_span take(assay_span *in, size_t n)
{
    assay_span got = in->n >= n ? span_first(*in, n) : SPAN_EMPTY;

    *in = span_from(*in, n);
    return got;
}

/** One record by itself. */
static void check_record(const struct dane_tlsa *t, enum dane_match match, bool counts)
{
    char text[DANE_TEXT];

    must(dane_text(t, text).n < DANE_TEXT);
    must(!t->certificate || (t->usage == 2 && !t->selector && !t->matching));
    if (t->fault != DANE_USABLE) {
        must(match == DANE_NO_MATCH && !counts);
        return;
    }
    must((t->usage == 2 || t->usage == 3) && t->selector <= 1 && t->matching <= 2);
    must(t->data.n == (t->matching == 1 ? 32 : t->matching == 2 ? 64 : t->data.n) && t->data.n > 0);
    must(match != DANE_MATCH_NOT_SENT || t->certificate);
    must(counts || t->matching == 1);
}

/** An RRset against a chain. */
static void check(const struct assay_engine *engine, const struct dane_rrset *set,
                  const struct probe *probe)
{
    const assay_span name = SPAN("mx.shop.example");
    struct dane_comparison c;
    bool ee = false, ta = false, unknown = false, any = false;

    must(dane_compare(engine, set, probe, &name, 1, 100, &c) == ASSAY_DONE);
    for (size_t i = 0; i < set->n; i++) {
        bool match = c.match[i] == DANE_MATCH;

        check_record(&set->records[i], c.match[i], c.counts[i]);
        ee |= match && c.counts[i] && set->records[i].usage == 3;
        ta |= match && c.counts[i] && set->records[i].usage == 2;
        any |= match;
        unknown |= c.match[i] == DANE_MATCH_UNKNOWN;
    }
    must(c.ee == ee && c.ta == ta && c.unknown == unknown && c.any == any);
    must(probe->ncerts || !c.any);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t n)
{
    static struct assay_engine *engine;
    assay_span in = {(const char *)octets, n}, data[MOST];
    struct assay_answer answer = {.size = sizeof answer, .how = ASSAY_OK, .data = data};
    struct probe_cert certs[2] = {{.leaf = true, .names = SPAN("mx.shop.example"), .to = 100},
                                  {.names = SPAN_EMPTY}};
    struct probe probe = {.greeting = 220, .starttls = true, .certs = certs};
    const struct dane_rrset *set = NULL;
    assay_fact *fact = NULL;

    must(engine || assay_engine_new(0, &engine) == ASSAY_DONE);
    answer.n = cut(&in, data);
    probe.ncerts = n % 3;
    for (size_t i = 0; i < 2; i++) {
        certs[i].spki256 = take(&in, 32);
        certs[i].cert256 = take(&in, 32);
        certs[i].spki512 = take(&in, 64);
        certs[i].cert512 = take(&in, 64);
    }
    if (assay_fact_new(ASSAY_DNS, ASSAY_RR_TLSA, &answer, &fact) != ASSAY_DONE)
        return 0;
    if (fact->how == ASSAY_OK) {
        must(dane_rrset_of(fact, &set) == ASSAY_DONE);
        must(set->n <= LIMIT_TLSA && set->nusable <= set->n &&
             (set->ee || set->ta) == (set->nusable > 0));
        check(engine, set, &probe);
    }
    assay_fact_free(fact);
    return 0;
}
