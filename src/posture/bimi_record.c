/* SPDX-License-Identifier: BSD-2-Clause */
/** \file bimi_record.c The record (BIMI 4.3). */
#include "posture/bimi_judge.h"

/** Faults that make receivers ignore the record, and those of what it names. */
enum {
    BROKEN = BIMI_FAULT_LIST | BIMI_FAULT_VERSION | BIMI_FAULT_NO_L,
    BAD_URI = BIMI_FAULT_EMPTY_L | BIMI_FAULT_L | BIMI_FAULT_A | BIMI_FAULT_SUFFIX
};

/* ---- is there one? ---- */

/** Which question left the organizational domain unknown. */
static const char *no_org(struct posture *p)
{
    const struct dmarc_walk *walk = &p->dmarc.now.walk;

    for (size_t i = 0; !p->brief && i < walk->n; i++) {
        const struct asked *q = &p->dmarc.steps[i];

        if (walk->steps[i].unknown)
            return posture_printf(p, "its organizational domain is not known: TXT %.*s: %.*s",
                                  SPAN_ARG(q->name), SPAN_ARG(asked_answer(p, q)))
                .p; /* NUL ends it */
    }
    return "its organizational domain is not known";
}

/** BIMI-MISSING: neither name has one. */
static void judge_missing(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    assay_span org = p->dmarc.now.org;
    struct finding *f;

    if (t->used) {
        pass(p, F_BIMI_MISSING, p->domain);
        return;
    }
    if (asked_data(&t->own) == UNKNOWN || !org.n) {
        unknown(p, F_BIMI_MISSING, p->domain, &t->own,
                asked_data(&t->own) == UNKNOWN ? NULL : no_org(p));
        return;
    }
    if (!span_eq(org, p->domain) && asked_data(&t->org) == UNKNOWN) {
        unknown(p, F_BIMI_MISSING, p->domain, &t->org, NULL);
        return;
    }
    f = hit(p, F_BIMI_MISSING, ASSAY_NOTICE, p->domain, NULL);
    say(p, f,
        "there is no BIMI record at default._bimi.%.*s%s%.*s: no logo is shown beside its mail",
        SPAN_ARG(p->domain), t->org.fact ? " or default._bimi." : "",
        SPAN_ARG(t->org.fact ? org : SPAN_EMPTY));
    show(p, f, &t->own, SPAN_EMPTY, SPAN_EMPTY);
    if (t->org.fact)
        show(p, f, &t->org, SPAN_EMPTY, SPAN_EMPTY);
    advise(
        p, f,
        "If a logo is wanted: when DMARC is at p=quarantine or p=reject, publish a TXT record at default._bimi.%.*s"
        " such as v=BIMI1; l=https://www.%.*s/logo.svg",
        SPAN_ARG(org), SPAN_ARG(org));
}

/** Nothing of the record can be said while it is not known. */
static void tell_unknown(struct posture *p)
{
    static const enum finding_id IDS[] = {F_BIMI_MULTIPLE, F_BIMI_SYNTAX, F_BIMI_DMARC, F_BIMI_URI};
    const struct asked *missing = asked_data(&p->bimi.own) == UNKNOWN ? &p->bimi.own : &p->bimi.org;

    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        unknown(p, IDS[i], p->domain, missing, missing->fact ? NULL : no_org(p));
}

/** BIMI-MULTIPLE. */
static void judge_multiple(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    struct finding *f;

    if (t->record->found != BIMI_RECORD_SEVERAL) {
        pass(p, F_BIMI_MULTIPLE, t->used->name);
        return;
    }
    f = hit(p, F_BIMI_MULTIPLE, ASSAY_ERROR, t->used->name, NULL);
    say(p, f, "there is more than one BIMI record at %.*s, so receivers use none",
        SPAN_ARG(t->used->name));
    show(p, f, t->used, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Keep one of the records and remove the others.");
}

/* ---- what is wrong with it ---- */

/** The record with what can be kept of it. */
static assay_span better(struct posture *p)
{
    const struct bimi_record *r = p->bimi.record;
    assay_span avp = r->faults & BIMI_FAULT_AVP ? SPAN_EMPTY : r->avp;
    assay_span lps = r->faults & BIMI_FAULT_LPS ? SPAN_EMPTY : r->lps;

    return posture_printf(p, "v=BIMI1; l=%.*s%s%.*s%s%.*s%s%.*s", SPAN_ARG(r->l),
                          r->has_a ? "; a=" : "", SPAN_ARG(r->a), avp.n ? "; avp=" : "",
                          SPAN_ARG(avp), lps.n ? "; lps=" : "", SPAN_ARG(lps));
}

/** In words, the first fault of the grammar. */
static const char *syntax_text(unsigned faults)
{
    if (faults & BIMI_FAULT_LIST)
        return "it is no list of tags, or a tag stands twice";
    if (faults & BIMI_FAULT_VERSION)
        return "its version is not written exactly BIMI1";
    if (faults & BIMI_FAULT_NO_L)
        return "the tag l is missing";
    if (faults & BIMI_FAULT_AVP)
        return "avp is neither brand nor personal, and is ignored";
    return "a prefix of lps is not 1 to 63 letters, digits and hyphens";
}

/** BIMI-SYNTAX. */
static void judge_syntax(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    const struct bimi_record *r = t->record;
    unsigned faults = r->faults & (BROKEN | BIMI_FAULT_AVP | BIMI_FAULT_LPS);
    struct finding *f;

    if (!faults) {
        pass(p, F_BIMI_SYNTAX, t->used->name);
        return;
    }
    f = hit(p, F_BIMI_SYNTAX, faults & BROKEN ? ASSAY_ERROR : ASSAY_WARNING, t->used->name, NULL);
    say(p, f, "%s the BIMI record at %.*s: %s",
        faults & BROKEN ? "receivers ignore" : "receivers may ignore", SPAN_ARG(t->used->name),
        syntax_text(faults));
    show(p, f, t->used, r->text, r->where);
    if (r->l.n || r->a.n)
        publish(p, f, "TXT", t->used->name, r->text, better(p));
    else
        advise(p, f, "Publish the record with one l= that names the logo by https.");
}

/** BIMI-DECLINED. */
static void judge_declined(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    struct finding *f;

    if (!t->record->declined) {
        pass(p, F_BIMI_DECLINED, t->used->name);
        return;
    }
    f = hit(p, F_BIMI_DECLINED, ASSAY_NOTICE, t->used->name, NULL);
    say(p, f, "%.*s says that no logo is to be shown: l and a are empty%s", SPAN_ARG(t->used->name),
        t->record->lps.n ? ", but for the senders that lps names" : "");
    show(p, f, t->used, t->record->text, SPAN_EMPTY);
    advise(p, f, "Nothing, if that is meant; else name the logo in l=");
}

/** In words, the first fault of what the record names. */
static const char *uri_text(unsigned faults)
{
    if (faults & BIMI_FAULT_EMPTY_L)
        return "it names a certificate (a=) but no logo (l=)";
    if (faults & BIMI_FAULT_L)
        return "l is no https address of a host with a domain name, or has a comma that is not written %2C";
    if (faults & BIMI_FAULT_A)
        return "a is no https address of a host with a domain name, or has a comma that is not written %2C";
    return "l names a picture that is no SVG";
}

/** BIMI-URI. */
static void judge_uri(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    const struct bimi_record *r = t->record;
    unsigned faults = r->faults & BAD_URI;
    struct finding *f;

    if (r->faults & BIMI_FAULT_LIST)
        return; /* what it names is not known: BIMI-SYNTAX speaks for it */
    if (!faults) {
        pass(p, F_BIMI_URI, t->used->name);
        return;
    }
    f = hit(p, F_BIMI_URI, ASSAY_ERROR, t->used->name, NULL);
    say(p, f, "%s", uri_text(faults));
    show(p, f, t->used, r->text, faults & (BIMI_FAULT_L | BIMI_FAULT_SUFFIX) ? r->l : r->a);
    if ((faults & BIMI_FAULT_L) && span_istarts(r->l, SPAN("http://")))
        publish(p, f, "TXT", t->used->name, r->text,
                posture_printf(p, "%.*shttps%.*s", SPAN_ARG(span_between(r->text.p, r->l.p)),
                               SPAN_ARG(
                                   span_between(r->l.p + strlen("http"), r->text.p + r->text.n))));
    else
        advise(p, f,
               "Write the address as https://HOST/PATH, of an SVG in l and of a PEM file in a.");
}

/** BIMI-NO-EVIDENCE. */
static void judge_evidence(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    struct finding *f;

    if (!t->record->l.n)
        return;
    if (t->record->a.n) {
        pass(p, F_BIMI_NO_EVIDENCE, t->used->name);
        return;
    }
    f = hit(p, F_BIMI_NO_EVIDENCE, ASSAY_NOTICE, t->used->name, NULL);
    say(p, f, "no certificate proves the logo (a= is empty): Gmail and Apple show none without");
    show(p, f, t->used, t->record->text, SPAN_EMPTY);
    advise(
        p, f,
        "For a registered trademark get a Verified Mark Certificate, else a Common Mark Certificate, and name"
        " its PEM file in a=");
}

void judge_bimi(struct posture *p)
{
    struct topic_bimi *t = &p->bimi;

    t->dmarc_ok = t->logo_ok = t->mark_ok = UNKNOWN;
    judge_missing(p);
    bimi_judge_dmarc(p);
    if (!t->used) {
        bool none = has_hit(p, F_BIMI_MISSING, SPAN_EMPTY);

        if (!none)
            tell_unknown(p);
        t->logo_ok = t->mark_ok = none ? NO : UNKNOWN;
        return;
    }
    judge_multiple(p);
    if (t->record->found == BIMI_RECORD_SEVERAL) {
        t->logo_ok = t->mark_ok = NO;
        return;
    }
    judge_syntax(p);
    judge_declined(p);
    if (!bimi_asks_for_logo(p)) {
        t->logo_ok = t->mark_ok = NO;
        p->summary[AREA_BIMI] = SPAN("the domain asks that no logo be shown");
        return;
    }
    judge_uri(p);
    judge_evidence(p);
    bimi_judge_logo(p);
    bimi_judge_mark(p);
    if (t->record->faults & BROKEN)
        t->logo_ok = t->mark_ok = NO;
    bimi_judge_views(p);
}
