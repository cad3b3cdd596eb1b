/* SPDX-License-Identifier: BSD-2-Clause */
#include "dmarc/discover.h"

/** The record found at a domain on the walk, or NULL. */
static const struct dmarc_record *record_at(const struct dmarc_walk *walk, assay_span domain)
{
    for (size_t i = 0; i < walk->n; i++)
        if (span_eq(walk->steps[i].domain, domain))
            return walk->steps[i].record;
    return NULL;
}

/**
 * Choose among what the walk found: the author domain's, the organizational domain's, a PSD's
 * (4.10.1).
 */
static void choose(const struct dmarc_walk *walk, struct dmarc_discovery *d)
{
    const struct dmarc_step *first = &walk->steps[0], *last = &walk->steps[walk->n - 1];

    d->unknown = first->unknown;
    d->record = first->record;
    d->policy_domain = first->domain;
    if (d->record || d->unknown)
        return;
    d->unknown = walk->unknown;
    d->policy_domain = d->org;
    d->record = d->org.n ? record_at(walk, d->org) : NULL;
    if (!d->record && last->record && last->record->psd == DMARC_PSD_Y) {
        d->record = last->record;
        d->policy_domain = last->domain;
    }
    if (d->unknown)
        d->record = NULL;
}

/** RFC 9989: one walk gives the record and the organizational domain. */
static assay_status discover_9989(struct assay_eval *ev, assay_span author,
                                  struct dmarc_discovery *d)
{
    assay_status s = dmarc_walk(ev, author, &d->walk);

    if (s != ASSAY_DONE)
        return s;
    d->org = dmarc_walk_org(&d->walk);
    choose(&d->walk, d);
    return ASSAY_DONE;
}

/** RFC 7489 6.6.3: what one name has. `*ret_none` tells that nothing like a record was there. */
static assay_status ask_7489(struct assay_eval *ev, assay_span domain, struct dmarc_discovery *d,
                             bool *ret_none)
{
    const struct dmarc_record *record = NULL;
    const struct assay_fact *fact;
    struct dns_name name;
    assay_span kept;
    assay_status s;

    *ret_none = true;
    if (!dns_prepend("_dmarc", domain, &name))
        return ASSAY_DONE;
    if ((s = ask_dns(ev, ASSAY_RR_TXT, dns_name_span(&name), &fact)) != ASSAY_DONE)
        return s;
    if (fact_state(fact) == FACT_DATA && (s = dmarc_record_of(fact, &record)) != ASSAY_DONE)
        return s;
    if (!arena_copy(&ev->pass, dns_name_span(&name), &kept))
        return ASSAY_ENOMEM;
    trace_asked(ev, "RFC 7489 6.6.3", ASSAY_RR_TXT, kept, fact, record ? record->text : SPAN_EMPTY);
    d->unknown = fact_state(fact) == FACT_UNKNOWN;
    *ret_none = !d->unknown && (!record || record->found == DMARC_RECORD_NONE);
    d->policy_domain = domain;
    d->record = record && record->found == DMARC_RECORD_ONE ? record : NULL;
    return ASSAY_DONE;
}

/** RFC 7489: the author domain, else the organizational domain by the public suffix list. */
static assay_status discover_7489(struct assay_eval *ev, assay_span author,
                                  struct dmarc_discovery *d)
{
    bool none;
    assay_status s = dmarc_suffix_org(ev, author, &d->org);

    s = join(s, ask_7489(ev, author, d, &none));
    if (s != ASSAY_DONE || !none || d->unknown)
        return s;
    if (!d->org.n) {
        d->unknown = true;
        return ASSAY_DONE;
    }
    return span_eq(d->org, author) ? ASSAY_DONE : ask_7489(ev, d->org, d, &none);
}

/**
 * The author domain does not exist: NXDOMAIN (RFC 9989 3.2.13). An alias that leads nowhere exists.
 */
static assay_status ask_existence(struct assay_eval *ev, assay_span author, enum dmarc_truth *ret)
{
    const struct assay_fact *fact;
    assay_status s = ask_dns(ev, ASSAY_RR_A, author, &fact);

    if (s != ASSAY_DONE)
        return s;
    *ret = fact_state(fact) == FACT_UNKNOWN                   ? DMARC_UNKNOWN
           : fact->how == ASSAY_NXDOMAIN && fact->nchain == 0 ? DMARC_NO
                                                              : DMARC_YES;
    trace_asked(ev, "RFC 9989 3.2.13", ASSAY_RR_A, author, fact,
                *ret == DMARC_NO    ? SPAN("the author domain does not exist")
                : *ret == DMARC_YES ? SPAN("the author domain exists")
                                    : SPAN("not known whether the author domain exists"));
    return ASSAY_DONE;
}

/** Two policies of a record come to the same, t considered (4.7). */
static bool same_policy(const struct dmarc_record *r, enum dmarc_policy a, enum dmarc_policy b)
{
    return a == b || (r->testing && dmarc_policy_lower(a) == dmarc_policy_lower(b));
}

/** The policy of the record for the author domain (4.10.1). */
static assay_status read_policy(struct assay_eval *ev, enum dmarc_mode mode, assay_span author,
                                struct dmarc_discovery *d)
{
    const struct dmarc_record *r = d->record;
    enum dmarc_truth exists = DMARC_YES;
    assay_status s;

    d->asked = r->p.policy;
    d->asked_tag = "p";
    if (span_eq(d->policy_domain, author))
        return ASSAY_DONE;
    if (r->sp.present) {
        d->asked = r->sp.policy;
        d->asked_tag = "sp";
    }
    if (mode == DMARC_7489 || !r->np.present || r->np.policy == d->asked)
        return ASSAY_DONE;
    if ((s = ask_existence(ev, author, &exists)) != ASSAY_DONE)
        return s;
    d->existence_unknown = exists == DMARC_UNKNOWN && !same_policy(r, r->np.policy, d->asked);
    if (exists == DMARC_NO) {
        d->asked = r->np.policy;
        d->asked_tag = "np";
    }
    return ASSAY_DONE;
}

/** A policy tag is wrong: p must be there and valid, sp and np valid when there (4.10.1). */
static bool is_broken(const struct dmarc_record *r, enum dmarc_mode mode)
{
    return !r->p.valid || (r->sp.present && !r->sp.valid) ||
           (mode == DMARC_9989 && r->np.present && !r->np.valid);
}

/** Note why no record applies. */
static assay_status none(struct assay_eval *ev, struct dmarc_discovery *d, const char *why,
                         const char *ref)
{
    d->record = NULL;
    d->none = why;
    d->none_ref = ref;
    trace(ev, ref, SPAN("no policy\t\t%1"), span_of(why));
    return ASSAY_DONE;
}

assay_status dmarc_discover(struct assay_eval *ev, enum dmarc_mode mode, assay_span author,
                            struct dmarc_discovery *ret)
{
    const char *ref = mode == DMARC_9989 ? "RFC 9989 4.10.1" : "RFC 7489 6.6.3";
    struct dmarc_discovery d = {.org = SPAN_EMPTY, .policy_domain = SPAN_EMPTY};
    assay_status s =
        mode == DMARC_9989 ? discover_9989(ev, author, &d) : discover_7489(ev, author, &d);

    d.found = d.record;
    if (s == ASSAY_DONE && !d.unknown && !d.record)
        s = none(ev, &d, "no DMARC record applies", ref);
    else if (s == ASSAY_DONE && d.record && is_broken(d.record, mode)) {
        d.assumed_none = d.record->rua_valid;
        d.asked_tag = "p";
        if (d.assumed_none)
            trace(ev, ref, SPAN("p, sp or np is not valid, but rua is\t\tread as p=none"));
        else
            s = none(ev, &d, "p, sp or np of the record is not valid, and there is no rua", ref);
    } else if (s == ASSAY_DONE && d.record) {
        s = read_policy(ev, mode, author, &d);
    }
    if (s == ASSAY_DONE)
        *ret = d;
    return s;
}
