/* SPDX-License-Identifier: BSD-2-Clause */
/** \file zone_look.c What a server that has the zone would answer (RFC 1034 4.3.2, RFC 4592 3.3). */
#include "base/limits.h"
#include "cli/zone_own.h"
#include "dns/rdata.h"

enum { RECORDS_MAX = 4096 };

const struct zone_entry *zone_find(const struct zone *z, size_t n, assay_span owner,
                                   uint16_t rrtype, size_t *ret_n)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct zone_entry *e = &z->entries[middle];
        int d = span_compare(e->owner, owner);

        if (d < 0 || (d == 0 && e->rrtype < rrtype))
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < n && span_eq(z->entries[high].owner, owner) &&
                     (!rrtype || z->entries[high].rrtype == rrtype);) {
        high++;
        if (!ret_n) /* that there is one will do: a name may have a million */
            break;
    }
    if (ret_n)
        *ret_n = high - low;
    return high > low ? &z->entries[low] : NULL;
}

/** The name, or one above it up to below the apex, is delegated: its data is not in this zone. */
static bool is_delegated(const struct zone *z, assay_span name, uint16_t rrtype)
{
    /* DS stands above the cut (RFC 4035 3.1.4.1) */
    for (assay_span n = rrtype == ASSAY_RR_DS ? dns_parent(name) : name; n.n > z->apex.n;
         n = dns_parent(n))
        if (zone_find(z, z->n, n, ASSAY_RR_NS, NULL))
            return true;
    return false;
}

/** The name whose records answer: the name itself, or a wildcard; empty: it does not exist. */
static assay_span source_of(const struct zone *z, assay_span name)
{
    struct dns_name wild;
    const struct zone_entry *e;

    if (zone_find(z, z->n, name, 0, NULL))
        return name;
    for (assay_span above = dns_parent(name); above.n >= z->apex.n; above = dns_parent(above)) {
        if (!zone_find(z, z->n, above, 0, NULL) && above.n > z->apex.n)
            continue;
        /* `above` is the closest encloser: only a wildcard right below it counts (RFC 4592 3.3.1) */
        if (dns_prepend("*", above, &wild) &&
            (e = zone_find(z, z->n, dns_name_span(&wild), 0, NULL)))
            return e->owner;
        break;
    }
    return SPAN_EMPTY;
}

/** Make a fact of records, behind CNAME steps. */
static assay_status make(const struct zone_steps *steps, uint16_t rrtype, enum assay_how how,
                         const struct zone_entry *e, size_t n, assay_fact **ret)
{
    assay_span data[RECORDS_MAX];
    struct assay_answer a = {.size = sizeof a,
                             .how = how,
                             .secure = ASSAY_UNKNOWN, /* it is not published yet */
                             .chain = steps->links,
                             .nchain = steps->n,
                             .data = data,
                             .n = n < RECORDS_MAX ? n : RECORDS_MAX,
                             .reason = SPAN_EMPTY,
                             .media_type = SPAN_EMPTY};
    assay_status s;

    for (size_t i = 0; i < a.n; i++)
        data[i] = e[i].rdata;
    if (n)
        a.ttl = e->ttl;
    if (n > RECORDS_MAX) {
        a.how = ASSAY_TOOBIG;
        a.n = 0;
    }
    s = assay_fact_new(ASSAY_DNS, rrtype, &a, ret);
    if (s != ASSAY_EINVAL)
        return s;
    a.how = ASSAY_SERVFAIL; /* a circle of aliases, which no server answers */
    a.n = a.nchain = 0;
    a.reason = SPAN("the zone's aliases lead nowhere");
    return assay_fact_new(ASSAY_DNS, rrtype, &a, ret);
}

/** Go one CNAME step. \return false: there are too many */
static bool take_step(struct zone_steps *steps, assay_span owner, const struct zone_entry *cname)
{
    if (steps->n == sizeof steps->links / sizeof *steps->links)
        return false;
    steps->links[steps->n++] =
        (struct assay_link){.owner = owner, .target = cname->target, .secure = ASSAY_UNKNOWN};
    steps->target = cname->target;
    return true;
}

assay_status zone_look(const struct zone *z, const struct assay_question *q, assay_fact **ret,
                       struct zone_steps *ret_steps)
{
    assay_span name = q->name;

    *ret = NULL;
    *ret_steps = (struct zone_steps){.target = SPAN_EMPTY};
    for (;;) {
        const struct zone_entry *e, *cname;
        assay_span source;
        size_t n = 0;

        if (!dns_is_under(name, z->apex) || is_delegated(z, name, q->rrtype) ||
            (q->rrtype == ASSAY_RR_DS && span_eq(name, z->apex)))
            return ASSAY_DONE; /* somebody else is to be asked, for the target if there is one */
        source = source_of(z, name);
        if (!source.n)
            return make(ret_steps, q->rrtype, ASSAY_NXDOMAIN, NULL, 0, ret);
        if ((e = zone_find(z, z->n, source, q->rrtype, &n)))
            return make(ret_steps, q->rrtype, ASSAY_OK, e, n, ret);
        cname =
            q->rrtype == ASSAY_RR_CNAME ? NULL : zone_find(z, z->n, source, ASSAY_RR_CNAME, NULL);
        if (!cname)
            return make(ret_steps, q->rrtype, ASSAY_NODATA, NULL, 0, ret);
        if (!take_step(ret_steps, name, cname)) {
            ret_steps->n = 0;
            return make(ret_steps, q->rrtype, ASSAY_SERVFAIL, NULL, 0, ret);
        }
        name = ret_steps->target;
    }
}

assay_status zone_join(const struct zone_steps *steps, uint16_t rrtype, const assay_fact *last,
                       assay_fact **ret)
{
    struct assay_answer a;
    struct assay_link links[2 * LIMIT_CNAMES];
    size_t n = 0;
    assay_status s;

    for (; n < steps->n; n++)
        links[n] = steps->links[n];
    assay_fact_read(last, &a);
    for (size_t i = 0; i < a.nchain && n < LIMIT_CNAMES; i++)
        links[n++] = a.chain[i];
    a.size = sizeof a;
    a.chain = links;
    a.nchain = n;
    s = assay_fact_new(ASSAY_DNS, rrtype, &a, ret);
    if (s != ASSAY_EINVAL)
        return s;
    a = (struct assay_answer){.size = sizeof a,
                              .how = ASSAY_SERVFAIL,
                              .secure = ASSAY_UNKNOWN,
                              .reason = SPAN("the aliases lead nowhere")};
    return assay_fact_new(ASSAY_DNS, rrtype, &a, ret);
}
