/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_wire.c
 * Any octets as a reply to the question they hold: what is read of them keeps what wire.h promises.
 */
#include "base/fuzz_must.h"
#include "base/limits.h"
#include "dns/rdata.h"
#include "dns/wire.h"

#include <stdlib.h>

/** A name is in canonical form: reading it again gives the same. */
static void must_be_canonical(assay_span name)
{
    struct dns_name again;

    must(dns_name_read(name.n ? name : SPAN("."), &again));
    must(span_eq(dns_name_span(&again), name));
}

/** The question of a packet, if it holds one without compression. */
static bool question_of(assay_span packet, struct dns_name *name, uint16_t *rrtype)
{
    assay_span s = span_from(packet, 12);

    if (!dns_name_unwire(&s, name) || s.n < 4)
        return false;
    *rrtype = (uint16_t)((unsigned char)s.p[0] << 8 | (unsigned char)s.p[1]);
    return true;
}

/** The CNAME steps lead from the question on, and are not too many. */
static void check_chain(const struct dns_reply *r, assay_span asked)
{
    must(r->nchain <= LIMIT_CNAMES);
    must(!r->loop || r->nchain == LIMIT_CNAMES);
    for (size_t i = 0; i < r->nchain; i++) {
        must(span_eq(r->chain[i].owner, i ? r->chain[i - 1].target : asked));
        must_be_canonical(r->chain[i].owner);
        must_be_canonical(r->chain[i].target);
    }
}

/** Everything wire.h says of a reply. */
static void check_reply(const struct dns_reply *r, assay_span packet, assay_span asked,
                        uint16_t rrtype)
{
    must((unsigned)r->rcode <= 4095);
    must(r->ttl <= INT32_MAX);
    must(!r->truncated || (r->n == 0 && r->nchain == 0));
    must(r->n == 0 || (r->rcode == DNS_NOERROR && !r->loop));
    must(r->n * 11 <= packet.n);
    check_chain(r, asked);
    for (size_t i = 0; i < r->n; i++)
        must(dns_rdata_ok(rrtype, r->rdata[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span packet = {(const char *)data, n};
    struct arena a = {0};
    struct dns_reply reply, other;
    struct dns_name name;
    uint16_t rrtype;

    if (!question_of(packet, &name, &rrtype))
        return 0;
    if (dns_reply_read(&a, packet, dns_name_span(&name), rrtype, &reply) == ASSAY_DONE) {
        check_reply(&reply, packet, dns_name_span(&name), rrtype);
        must(dns_reply_read(&a, packet, dns_name_span(&name), (uint16_t)(rrtype + 1), &other) ==
             ASSAY_EINVAL);
        must(dns_reply_read(&a, packet, SPAN("another.name"), rrtype, &other) == ASSAY_EINVAL ||
             span_is(dns_name_span(&name), "another.name"));
        if (!reply.truncated) /* every octet was accounted for */
            must(dns_reply_read(&a, span_first(packet, n - 1), dns_name_span(&name), rrtype,
                                &other) == ASSAY_EINVAL);
    }
    arena_done(&a);
    return 0;
}
