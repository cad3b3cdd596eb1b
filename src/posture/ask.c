/* SPDX-License-Identifier: BSD-2-Clause */
/** \file ask.c What every topic asks with, and small truths about answers. */
#include "posture/posture.h"

assay_status posture_ask(struct posture *p, enum assay_kind kind, uint16_t rrtype, assay_span name,
                         struct asked *ret)
{
    const struct assay_fact *fact;
    assay_status s;

    if (!ret->fact) {
        if ((s = ask(&p->ev, kind, rrtype, name, &fact)) != ASSAY_DONE)
            return s;
        if (!arena_copy(&p->ev.keep, name, &ret->name))
            return ASSAY_ENOMEM;
        ret->kind = kind;
        ret->rrtype = rrtype;
        ret->fact = fact;
    }
    /* in each pass anew: the lines of the last one stay, so their order is that of the code */
    if (kind == ASSAY_DNS && p->depth != ASSAY_DEPTH_SCAN)
        trace_asked(&p->ev, NULL, rrtype, ret->name, ret->fact, SPAN_EMPTY);
    return ASSAY_DONE;
}

assay_status posture_ask_below(struct posture *p, uint16_t rrtype, const char *labels,
                               assay_span name, struct asked *ret)
{
    const char *dot = strchr(labels, '.');
    assay_span first = span_first(span_of(labels), dot ? (size_t)(dot - labels) : strlen(labels));
    struct dns_name below;

    if (!(dot ? dns_join(first, dot + 1, name, &below) : dns_prepend(labels, name, &below)))
        return ASSAY_DONE;
    return posture_ask_dns(p, rrtype, dns_name_span(&below), ret);
}

enum truth posture_own(const struct posture *p, assay_span name)
{
    if (dns_is_under(name, p->domain))
        return YES;
    if (!posture_has(p, TOPIC_DMARC) || !p->dmarc.now.org.n)
        return UNKNOWN;
    return truth_of(dns_is_under(name, p->dmarc.now.org));
}

/** The MX RRset is the single `.` (RFC 7505 3). */
static bool is_null_mx(const struct assay_fact *fact)
{
    return fact->n == 1 && fact->records[0].text.n == 0;
}

enum truth posture_receives(const struct asked *mx, const struct asked *a, const struct asked *aaaa)
{
    if (asked_data(mx) == YES)
        return truth_of(!is_null_mx(mx->fact));
    if (mx->fact && mx->fact->how == ASSAY_NXDOMAIN)
        return NO;
    if (asked_data(mx) == UNKNOWN) /* with an MX or with an address alone: it receives either way */
        return UNKNOWN;
    return truth_or(asked_data(a), asked_data(aaaa));
}
