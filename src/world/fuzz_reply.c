/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_reply.c Any octets as the reply of a server to the question they hold: there is a fact of each, what
 * is no reply to a question is not taken for one, and data are of the type that was asked for.
 */
#include "base/fuzz_must.h"
#include "base/limits.h"
#include "dns/rdata.h"
#include "fact/fact.h"
#include "world/reply.h"
#include "world/udp_own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The question of a packet, if it holds one without compression. */
static bool question_of(assay_span packet, struct dns_name *name, uint16_t *rrtype)
{
    assay_span s = span_from(packet, 12);

    if (!dns_name_unwire(&s, name) || s.n < 4)
        return false;
    *rrtype = (uint16_t)((unsigned char)s.p[0] << 8 | (unsigned char)s.p[1]);
    return true;
}

/** The promises of a fact. */
static void check(const struct assay_fact *fact, const struct assay_question *q,
                  enum assay_secure secure)
{
    must(fact->kind == ASSAY_DNS && fact->rrtype == q->rrtype);
    must(fact->how == ASSAY_OK || fact->how == ASSAY_NODATA || fact->how == ASSAY_NXDOMAIN ||
         (fact->reason.n && fact_state(fact) == FACT_UNKNOWN));
    must((fact->how == ASSAY_OK) == (fact->n > 0));
    must(!fact->until || secure == ASSAY_SECURE);
    must(fact->nchain <= LIMIT_CNAMES);
    for (size_t i = 0; i < fact->nchain; i++)
        must(fact->chain[i].secure == secure);
    for (size_t i = 0; i < fact->n; i++)
        must(dns_rdata_ok(q->rrtype, fact->data[i]));
}

/** A reply to a question is none to another one. */
static void check_query(assay_span packet, const struct udp_query *query)
{
    struct udp_query other = *query;

    other.rrtype ^= 1;
    must(!udp_is_reply(packet, &other));
    other = *query;
    other.name = span_is(query->name, "b.example") ? SPAN("a.example") : SPAN("b.example");
    must(!udp_is_reply(packet, &other));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum assay_secure SECURE[] = {ASSAY_UNKNOWN, ASSAY_INSECURE, ASSAY_SECURE};
    assay_span packet = {(const char *)data, size};
    struct assay_question q = {.kind = ASSAY_DNS};
    struct udp_query query = {0};
    struct dns_name name;

    if (!question_of(packet, &name, &q.rrtype))
        return 0;
    q.name = query.name = dns_name_span(&name);
    query.rrtype = q.rrtype;
    if (udp_is_reply(packet, &query))
        check_query(packet, &query);
    for (size_t i = 0; i < sizeof SECURE / sizeof *SECURE; i++) {
        assay_fact *fact = reply_fact(packet, &q, SECURE[i]);

        must(fact != NULL);
        check(fact, &q, SECURE[i]);
        assay_fact_free(fact);
    }
    return 0;
}
