/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/reply.h"

#include "base/limits.h"
#include "world/failure.h"

/** A failure to answer `q`. */
#define FAILED(q, how, ...) failure_new((q)->kind, (q)->rrtype, (how), __VA_ARGS__)

/** The fact of an RCODE that is neither data nor denial. */
static assay_fact *rcode_fact(const struct assay_question *q, unsigned rcode)
{
    if (rcode == DNS_REFUSED)
        return FAILED(q, ASSAY_REFUSED, "the server refuses to answer");
    if (rcode == DNS_SERVFAIL)
        return FAILED(q, ASSAY_SERVFAIL, "the server failed");
    return FAILED(q, ASSAY_SERVFAIL, "the server answered with RCODE %u", rcode);
}

/** The fact of data or denial. RDATA was looked at already, so only memory can be wanting. */
static assay_fact *answer_fact(const struct dns_reply *r, const struct assay_question *q,
                               enum assay_secure secure, assay_span reason)
{
    struct assay_answer a = {.size = sizeof a,
                             .how = ASSAY_OK,
                             .secure = secure,
                             .ttl = r->ttl,
                             .reason = reason,
                             .until = secure == ASSAY_SECURE ? r->until : 0};
    assay_fact *fact;

    if (r->rcode == DNS_NXDOMAIN)
        a.how = ASSAY_NXDOMAIN;
    else if (r->n == 0)
        a.how = ASSAY_NODATA;
    for (size_t i = 0; i < r->nchain; i++)
        r->chain[i].secure = secure;
    a.chain = r->chain;
    a.nchain = r->nchain;
    a.data = r->rdata;
    a.n = r->n;
    return assay_fact_new(q->kind, q->rrtype, &a, &fact) == ASSAY_DONE ? fact : NULL;
}

assay_fact *reply_fact_said(assay_status s, const struct dns_reply *r,
                            const struct assay_question *q, enum assay_secure secure,
                            assay_span reason)
{
    assay_fact *fact = NULL;

    if (s == ASSAY_EINVAL)
        fact = FAILED(q, ASSAY_SERVFAIL, "the reply cannot be read");
    else if (s == ASSAY_DONE && r->truncated)
        fact = FAILED(q, ASSAY_SERVFAIL, "the reply is truncated");
    else if (s == ASSAY_DONE && r->loop)
        fact = FAILED(q, ASSAY_SERVFAIL, "the CNAMEs run in a circle, or are more than %d",
                      LIMIT_CNAMES);
    else if (s == ASSAY_DONE && r->rcode != DNS_NOERROR && r->rcode != DNS_NXDOMAIN)
        fact = rcode_fact(q, r->rcode);
    else if (s == ASSAY_DONE)
        fact = answer_fact(r, q, secure, reason);
    return fact;
}

assay_fact *reply_fact_of(assay_status s, const struct dns_reply *r, const struct assay_question *q,
                          enum assay_secure secure)
{
    return reply_fact_said(s, r, q, secure, SPAN_EMPTY);
}

assay_fact *reply_fact(assay_span packet, const struct assay_question *q, enum assay_secure secure)
{
    struct arena arena = {0};
    struct dns_reply r;
    assay_status s = dns_reply_read(&arena, packet, q->name, q->rrtype, &r);
    assay_fact *fact = reply_fact_of(s, &r, q, secure);

    arena_done(&arena);
    return fact;
}
