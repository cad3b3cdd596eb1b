/* SPDX-License-Identifier: BSD-2-Clause */
/** \file bimi.c What is asked about a domain's BIMI; its checks are in bimi_*.c. */
#include "posture/bimi_judge.h"

enum { OK = 200 };

/* ---- the record (BIMI 7.2) ---- */

/** The record of an answer that is known; NULL where there are no data. */
static assay_status read_record(const struct asked *q, const struct bimi_record **ret)
{
    *ret = NULL;
    return asked_data(q) == YES ? bimi_record_of(q->fact, ret) : ASSAY_DONE;
}

/** Use an answer if it has a record. */
static assay_status use(struct topic_bimi *t, const struct asked *q, assay_span domain)
{
    const struct bimi_record *record;
    assay_status s = read_record(q, &record);

    if (s == ASSAY_DONE && record && record->found != BIMI_RECORD_NONE) {
        t->used = q;
        t->record = record;
        t->record_domain = domain;
    }
    return s;
}

/** The domain's own record, else that of its organizational domain. */
static assay_status find_record(struct posture *p)
{
    struct topic_bimi *t = &p->bimi;
    assay_span org;
    assay_status s = posture_ask_below(p, ASSAY_RR_TXT, "default._bimi", p->domain, &t->own);

    if (s != ASSAY_DONE || (s = use(t, &t->own, p->domain)) != ASSAY_DONE || t->used ||
        asked_data(&t->own) == UNKNOWN)
        return s;
    if (!posture_has(p, TOPIC_DMARC))
        return ASSAY_NEED;
    org = p->dmarc.now.org;
    if (!org.n || span_eq(org, p->domain))
        return ASSAY_DONE;
    s = posture_ask_below(p, ASSAY_RR_TXT, "default._bimi", org, &t->org);
    return s == ASSAY_DONE ? use(t, &t->org, org) : s;
}

/* ---- what it names ---- */

bool bimi_asks_for_logo(const struct posture *p)
{
    const struct bimi_record *r = p->bimi.record;

    return r && r->found == BIMI_RECORD_ONE && !r->declined;
}

/** There is a document. */
static bool has_document(const struct asked *q)
{
    return q->fact && q->fact->how == ASSAY_OK && q->fact->http == OK && q->fact->n;
}

assay_span bimi_document(const struct asked *q)
{
    return has_document(q) ? q->fact->data[0] : SPAN_EMPTY;
}

/** Ask for the logo, the certificate, and the lists that it is checked against: all in one round. */
static assay_status ask_documents(struct posture *p)
{
    struct topic_bimi *t = &p->bimi;
    const struct bimi_record *r = t->record;
    assay_status s = ASSAY_DONE;

    if (r->l.n && !(r->faults & BIMI_FAULT_L))
        s = posture_ask(p, ASSAY_GET, 0, r->l, &t->logo);
    if (!r->a.n || (r->faults & BIMI_FAULT_A))
        return s;
    s = join(s, posture_ask(p, ASSAY_GET, 0, r->a, &t->evidence));
    s = join(s, posture_ask(p, ASSAY_LIST, 0, SPAN("mark-roots"), &t->roots));
    return join(s, posture_ask(p, ASSAY_LIST, 0, SPAN("ct-logs"), &t->logs));
}

/** The octets of a list; empty: not known. */
static assay_span list_of(const struct asked *q)
{
    return q->fact && q->fact->how == ASSAY_OK && q->fact->n ? q->fact->data[0] : SPAN_EMPTY;
}

/** Look at the logo, once. */
static assay_status read_logo(struct posture *p)
{
    struct topic_bimi *t = &p->bimi;
    assay_status s;

    if (t->has_svg || !has_document(&t->logo))
        return ASSAY_DONE;
    s = svg_check(p->ev.engine, &p->ev.keep, bimi_document(&t->logo), &t->svg);
    t->has_svg = s == ASSAY_DONE;
    return s;
}

/** Look at the certificate, once. */
static assay_status read_mark(struct posture *p)
{
    struct topic_bimi *t = &p->bimi;
    struct mark_request request = {.pem = bimi_document(&t->evidence),
                                   .roots = list_of(&t->roots),
                                   .logs = list_of(&t->logs),
                                   .selector = SPAN("default"),
                                   .record_domain = t->record_domain,
                                   .author = p->domain,
                                   .org = p->dmarc.now.org,
                                   .now = p->ev.now};
    assay_status s;

    if (t->has_mark || !has_document(&t->evidence))
        return ASSAY_DONE;
    if (!posture_has(p, TOPIC_DMARC)) /* the organizational domain */
        return ASSAY_NEED;
    s = mark_check(p->ev.engine, &p->ev.keep, &request, &t->mark);
    t->has_mark = s == ASSAY_DONE;
    return s;
}

/** The list of revoked certificates. */
static assay_status read_crl(struct posture *p)
{
    struct topic_bimi *t = &p->bimi;
    enum mark_truth revoked = MARK_UNKNOWN;
    assay_status s;

    t->revoked = UNKNOWN;
    if (!t->has_mark || !t->mark.crl_url.n)
        return ASSAY_DONE; /* most are at http addresses: the list is signed by itself */
    s = posture_ask(p, ASSAY_GET, 0, t->mark.crl_url, &t->crl);
    if (s == ASSAY_DONE && has_document(&t->crl))
        s = mark_revoked(p->ev.engine, bimi_document(&t->evidence), bimi_document(&t->crl),
                         p->ev.now, &revoked);
    if (s == ASSAY_DONE)
        t->revoked = revoked == MARK_UNKNOWN ? UNKNOWN : truth_of(revoked == MARK_YES);
    return s;
}

assay_status gather_bimi(struct assay_eval *ev, void *posture)
{
    struct posture *p = posture;
    assay_status s;

    (void)ev;
    p->bimi.revoked = UNKNOWN;
    if ((s = find_record(p)) != ASSAY_DONE || !bimi_asks_for_logo(p) || p->no_web)
        return s;
    if ((s = ask_documents(p)) != ASSAY_DONE)
        return s;
    s = join(read_logo(p), read_mark(p));
    return s == ASSAY_DONE ? read_crl(p) : s;
}
