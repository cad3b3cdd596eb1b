/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dmarc.c What is asked about a domain's DMARC; its checks are in dmarc_*.c. */
#include "posture/emit.h"

#include "dns/alabel.h"
#include "posture/reported.h"

/* ---- the records ---- */

/** The answers behind the steps of the walk, as evidence. */
static assay_status ask_steps(struct posture *p)
{
    struct topic_dmarc *t = &p->dmarc;
    assay_status s = ASSAY_DONE;

    for (size_t i = 0; i < t->now.walk.n; i++)
        s = join(s, posture_ask_below(p, ASSAY_RR_TXT, "_dmarc", t->now.walk.steps[i].domain,
                                      &t->steps[i]));
    return s;
}

/** The record that 4.10.1 takes, though it may be too broken to apply. */
static void find_record(struct topic_dmarc *t)
{
    t->record = t->now.found;
    for (size_t i = 0; i < t->now.walk.n && t->record; i++) {
        const struct dmarc_step *step = &t->now.walk.steps[i];

        if (step->record != t->record)
            continue;
        t->record_at = &t->steps[i];
        t->record_domain = step->domain;
        t->ours = i == 0 || t->record->psd != DMARC_PSD_Y;
    }
}

/** Both views, and that of the organizational domain. */
static assay_status ask_records(struct assay_eval *ev, struct posture *p)
{
    struct topic_dmarc *t = &p->dmarc;
    assay_status s = posture_ask(p, ASSAY_SUFFIX, 0, p->domain, &t->suffix);

    s = join(s, dmarc_discover(ev, DMARC_7489, p->domain, &t->old));
    s = join(s, dmarc_discover(ev, DMARC_9989, p->domain, &t->now));
    if (s != ASSAY_DONE)
        return s;
    t->psl_domain = t->old.org;
    s = ask_steps(p);
    find_record(t);
    if (t->now.org.n)
        s = join(s, dmarc_discover(ev, DMARC_9989, t->now.org, &t->org));
    return s;
}

/* ---- where reports go ---- */

/** Take a URI apart. \return ASSAY_DONE, ASSAY_ENOMEM */
static assay_status read_uri(struct posture *p, struct posture_rua *r)
{
    static const assay_span MAILTO = {"mailto:", 7};
    assay_span address;
    struct dns_name host;
    assay_status s;

    r->host = r->report_name = SPAN_EMPTY;
    r->valid = dmarc_uri_valid(r->uri);
    r->mailto = span_istarts(r->uri, MAILTO);
    if (!r->valid || !r->mailto)
        return ASSAY_DONE;
    address = span_first(r->uri, span_find(r->uri, '!'));
    address = span_from(span_first(address, span_find(address, '?')), MAILTO.n);
    s = dns_to_alabels(span_from(address, span_rfind(address, '@') + 1), &host);
    if (s == ASSAY_EINVAL || (s == ASSAY_DONE && !host.n)) {
        r->valid = false;
        return ASSAY_DONE;
    }
    if (s != ASSAY_DONE)
        return s;
    return arena_copy(&p->ev.keep, dns_name_span(&host), &r->host) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** The URI stands there already. */
static bool is_listed(const struct topic_dmarc *t, assay_span uri, bool ruf)
{
    for (size_t i = 0; i < t->nruas; i++)
        if (t->ruas[i].ruf == ruf && span_eq(t->ruas[i].uri, uri))
            return true;
    return false;
}

/** Add the URIs of rua or ruf, each once. */
static assay_status add_uris(struct posture *p, assay_span list, bool ruf)
{
    struct topic_dmarc *t = &p->dmarc;
    assay_status s = ASSAY_DONE;
    assay_span uri;

    while (s == ASSAY_DONE && list.n && span_cut(&list, ',', &uri)) {
        if (is_listed(t, span_trim(uri), ruf))
            continue;
        if (t->nruas == LIMIT_RUAS) {
            t->more_ruas = true;
            break;
        }
        t->ruas[t->nruas] = (struct posture_rua){.uri = span_trim(uri),
                                                 .ruf = ruf,
                                                 .external = UNKNOWN,
                                                 .authorised = UNKNOWN,
                                                 .receives = UNKNOWN};
        s = read_uri(p, &t->ruas[t->nruas]);
        t->nruas += s == ASSAY_DONE;
    }
    return s;
}

/** The URIs of the record, once. */
static assay_status list_uris(struct posture *p)
{
    struct topic_dmarc *t = &p->dmarc;
    assay_status s;

    if (t->ruas || !t->record || !t->ours)
        return ASSAY_DONE;
    if (!(t->ruas = arena_zero(&p->ev.keep, LIMIT_RUAS * sizeof *t->ruas)))
        return ASSAY_ENOMEM;
    s = add_uris(p, t->record->rua, false);
    if (s == ASSAY_DONE)
        s = add_uris(p, t->record->ruf, true);
    if (s != ASSAY_DONE) {
        t->ruas = NULL;
        t->nruas = 0;
    }
    return s;
}

/** The host is of another organization than the record's name (RFC 9990 4). */
static assay_status ask_external(struct assay_eval *ev, struct posture *p, struct posture_rua *r)
{
    struct dmarc_walk host, name;
    assay_status s;

    if (span_eq(r->host, p->dmarc.record_domain)) {
        r->external = NO;
        return ASSAY_DONE;
    }
    s = dmarc_walk(ev, r->host, &host);
    s = join(s, dmarc_walk(ev, p->dmarc.record_domain, &name));
    if (s != ASSAY_DONE)
        return s;
    switch (dmarc_same_org(&name, &host)) {
    case DMARC_YES: r->external = NO; break;
    case DMARC_NO: r->external = YES; break;
    default: r->external = UNKNOWN; break;
    }
    return ASSAY_DONE;
}

/** Whether the host takes mail. */
static assay_status ask_receives(struct posture *p, struct posture_rua *r)
{
    assay_status s = posture_ask_dns(p, ASSAY_RR_MX, r->host, &r->mx);

    if (s == ASSAY_DONE && r->mx.fact->how == ASSAY_NODATA) {
        s = posture_ask_dns(p, ASSAY_RR_A, r->host, &r->a);
        s = join(s, posture_ask_dns(p, ASSAY_RR_AAAA, r->host, &r->aaaa));
    }
    return s;
}

/** What the host says of reports for this record: asked at once, though it may not be needed. */
static assay_status ask_report(struct posture *p, struct posture_rua *r)
{
    struct dns_name name;

    if (r->external == NO || !dns_join(p->dmarc.record_domain, "_report._dmarc", r->host, &name))
        return ASSAY_DONE;
    if (!r->report_name.n && !arena_copy(&p->ev.keep, dns_name_span(&name), &r->report_name))
        return ASSAY_ENOMEM;
    return posture_ask_dns(p, ASSAY_RR_TXT, r->report_name, &r->report);
}

/** All that is asked about the hosts that reports go to. */
static assay_status ask_ruas(struct assay_eval *ev, struct posture *p)
{
    assay_status s = ASSAY_DONE;

    for (size_t i = 0; i < p->dmarc.nruas && s >= 0; i++) {
        struct posture_rua *r = &p->dmarc.ruas[i];
        assay_status external;

        if (!r->host.n)
            continue;
        s = join(s, ask_receives(p, r));
        external = ask_external(ev, p, r);
        s = join(s, external);
        if (external == ASSAY_DONE || !dns_is_under(r->host, p->domain))
            s = join(s, ask_report(p, r));
    }
    return s;
}

/* ---- subdomains ---- */

/** Add a name below the domain, once. */
static void add_subdomain(struct posture *p, assay_span name)
{
    struct topic_dmarc *t = &p->dmarc;

    if (!dns_is_under(name, p->domain) || span_eq(name, p->domain) ||
        t->nsubdomains == LIMIT_SUBDOMAINS + LIMIT_MX_HOSTS)
        return;
    for (size_t i = 0; i < t->nsubdomains; i++)
        if (span_eq(t->subdomains[i].name, name))
            return;
    t->subdomains[t->nsubdomains++].name = name;
}

/** The subdomains that are known: given ones, those of reports, and MX hosts. */
static assay_status list_subdomains(struct posture *p)
{
    struct topic_dmarc *t = &p->dmarc;
    assay_status s = posture_ask_dns(p, ASSAY_RR_MX, p->domain, &t->mx);

    if (s != ASSAY_DONE || t->subdomains)
        return s;
    t->subdomains =
        arena_zero(&p->ev.keep, (LIMIT_SUBDOMAINS + LIMIT_MX_HOSTS) * sizeof *t->subdomains);
    if (!t->subdomains)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < p->nsubdomains; i++)
        add_subdomain(p, p->subdomains[i]);
    for (size_t i = 0; i < LIMIT_SUBDOMAINS && reported_subdomain(p, i).n; i++)
        add_subdomain(p, reported_subdomain(p, i));
    for (size_t i = 0; asked_data(&t->mx) == YES && i < t->mx.fact->n && i < LIMIT_MX_HOSTS; i++)
        add_subdomain(p, t->mx.fact->records[i].text);
    return ASSAY_DONE;
}

/** The records of subdomains. */
static assay_status ask_subdomains(struct assay_eval *ev, struct posture *p)
{
    assay_status s = list_subdomains(p);

    for (size_t i = 0; s >= 0 && i < p->dmarc.nsubdomains; i++) {
        struct posture_subdomain *sub = &p->dmarc.subdomains[i];

        s = join(s, posture_ask_below(p, ASSAY_RR_TXT, "_dmarc", sub->name, &sub->txt));
        s = join(s, dmarc_discover(ev, DMARC_9989, sub->name, &sub->found));
    }
    return s;
}

assay_status gather_dmarc(struct assay_eval *ev, void *posture)
{
    struct posture *p = posture;
    assay_status s = ask_records(ev, p);

    s = join(s, list_uris(p));
    if (p->depth == ASSAY_DEPTH_SCAN)
        return s;
    s = join(s, ask_subdomains(ev, p));
    return join(s, ask_ruas(ev, p));
}
