/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_chain.c
 * Any octets as a header: either there is no chain, or one whose sets are whole and numbered from 1, or a fault that is
 * told; and nobody vouches for a message whose chain was not verified.
 */
#include "arc/arc.h"
#include "base/fuzz_must.h"

#include "crypto/engine.h"

#include <stdlib.h>

enum { MOST = 1 << 16 };

/** ARC fields of a header. */
static size_t count_fields(const struct header *h)
{
    return header_count(h, SPAN("ARC-Seal")) + header_count(h, SPAN("ARC-Message-Signature")) +
           header_count(h, SPAN("ARC-Authentication-Results"));
}

/** A set of a chain without fault is whole, and is the one its place says. */
static void check_set(const struct header *h, const struct arc_set *set, size_t instance)
{
    assay_span payload = SPAN_EMPTY;

    must(!set->seal.fault && set->seal.instance == instance && set->signature.instance == instance);
    must(set->seal.cv == (instance == 1 ? ARC_NONE : ARC_PASS));
    must(set->seal.domain.n && set->seal.selector.n && set->seal.signature_n);
    must(set->seal.signature_n <= LIMIT_SIGNATURE && set->results.n <= LIMIT_AUTHRES_RESULTS);
    must(field_is(h, set->seal.field, SPAN("ARC-Seal")));
    must(field_is(h, set->signature.field, SPAN("ARC-Message-Signature")));
    must(field_is(h, set->aar, SPAN("ARC-Authentication-Results")));
    must(arc_aar_instance(field_value(h, set->aar), &payload) == instance);
}

/** What must hold of a chain that was collected. */
static void check_chain(const struct header *h, const struct arc_check *c)
{
    size_t fields = count_fields(h);

    must(c->n <= LIMIT_ARC_SETS && (fields > 0) == (c->n > 0 || c->fault != NULL));
    must(c->fault_set <= LIMIT_ARC_SETS && (c->fault == NULL) == (c->fault_ref == NULL));
    if (c->fault)
        return;
    must(fields == 3 * c->n);
    for (size_t i = 0; i < c->n; i++)
        check_set(h, &c->sets[i], i + 1);
}

/** A chain that was not verified proves nothing, whoever is trusted. */
static void check_trust(const struct arc_check *c)
{
    const assay_span author = SPAN("news.example");

    for (size_t i = 0; i < c->n; i++) {
        const struct arc_asked asked = {&c->sets[i].seal.domain, 1, &author, 1};
        size_t set;

        must(arc_trust(c, &asked, &set) == ARC_NOT_VOUCHED);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static assay_engine *engine;
    const struct dkim_options options = {.max_signatures = 10,
                                         .min_rsa_bits = 1024,
                                         .max_rsa_bits = 4096};
    struct assay_eval ev = {.now = 1795435200};
    struct message m;
    struct arc_check check = {.options = &options, .message = &m};
    assay_span raw = {(const char *)data, n};

    if (n > MOST || (!engine && assay_engine_new(0, &engine) != ASSAY_DONE))
        return 0;
    message_init(&m, engine, 0);
    must(message_feed(&m, &raw) >= 0 && message_eoh(&m) == ASSAY_DONE);
    must(arc_prepare(&ev, &m, &check) == ASSAY_DONE);
    check_chain(&m.header, &check);
    check_trust(&check);
    message_done(&m);
    arena_done(&ev.keep);
    return 0;
}
