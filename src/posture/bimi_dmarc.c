/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file bimi_dmarc.c BIMI-DMARC: both records, of the domain and of its organizational domain, have to be strict (BIMI
 * 7.1). It needs p=quarantine or p=reject; a policy of none is what stops it.
 */
#include "posture/bimi_judge.h"
#include "posture/dmarc_compose.h"

enum { WHOLE = 100 };

/** What of a record keeps the logo back. */
struct obstacle {
    enum dmarc_tag tag; /**< DMARC_TAG_OTHER: nothing */
    const char *text;
};

/** The first obstacle of a record. */
static struct obstacle obstacle_of(const struct dmarc_record *r, bool assumed_none)
{
    if (assumed_none || !r->p.present || !r->p.valid)
        return (struct obstacle){DMARC_TAG_P, "has no p that can be read, which counts as none"};
    if (r->p.policy == DMARC_POLICY_NONE)
        return (struct obstacle){DMARC_TAG_P, "has p=none"};
    if (r->sp.present && (!r->sp.valid || r->sp.policy == DMARC_POLICY_NONE))
        return (struct obstacle){DMARC_TAG_SP,
                                 r->sp.valid ? "has sp=none" : "has an sp that counts as none"};
    if (r->p.policy == DMARC_POLICY_QUARANTINE && r->testing)
        return (struct obstacle){DMARC_TAG_T, "has t=y, which makes none of p=quarantine"};
    if (r->p.policy == DMARC_POLICY_QUARANTINE && r->pct != WHOLE)
        return (struct obstacle){DMARC_TAG_PCT, "has p=quarantine with a pct other than 100"};
    return (struct obstacle){DMARC_TAG_OTHER, NULL};
}

/** The record that BIMI needs: as it is, but for what stands in the way. */
static assay_span needed(struct posture *p, const struct dmarc_record *r)
{
    struct dmarc_parts parts;
    struct dmarc_draft d;

    dmarc_parts_read(r->text, &parts);
    d = dmarc_draft_of(&parts, r->text);
    if (!r->p.present || !r->p.valid || r->p.policy == DMARC_POLICY_NONE)
        dmarc_draft_set(&d, DMARC_TAG_P, SPAN("p=quarantine"));
    if (r->sp.present && (!r->sp.valid || r->sp.policy == DMARC_POLICY_NONE))
        dmarc_draft_set(&d, DMARC_TAG_SP, SPAN("sp=quarantine"));
    if (r->p.policy != DMARC_POLICY_REJECT) {
        dmarc_draft_remove(&d, DMARC_TAG_T);
        dmarc_draft_remove(&d, DMARC_TAG_PCT);
    }
    return dmarc_draft_text(p, &d);
}

/** The answer a record is in, for evidence. */
static const struct asked *answer_of(const struct posture *p, assay_span domain)
{
    for (size_t i = 0; i < p->dmarc.now.walk.n; i++)
        if (span_eq(p->dmarc.now.walk.steps[i].domain, domain))
            return &p->dmarc.steps[i];
    return NULL;
}

/** Tell what stands in the way in one record. */
static void tell(struct posture *p, struct finding *f, const struct dmarc_discovery *d,
                 const struct obstacle *o)
{
    const struct asked *q = answer_of(p, d->policy_domain);
    assay_span name = posture_printf(p, "_dmarc.%.*s", SPAN_ARG(d->policy_domain));

    if (!f->text.n)
        say(p, f,
            "no logo is shown: the DMARC record at %.*s %s; both the domain and its organization need"
            " p=quarantine or p=reject for all mail",
            SPAN_ARG(name), o->text);
    if (q)
        show(p, f, q, d->record->text, SPAN_EMPTY);
    publish(p, f, "TXT", name, d->record->text, needed(p, d->record));
}

/** What one discovery comes to. */
static enum truth holds_back(const struct dmarc_discovery *d, struct obstacle *ret)
{
    *ret = (struct obstacle){DMARC_TAG_OTHER, NULL};
    if (d->unknown)
        return UNKNOWN;
    if (!d->record)
        return YES;
    *ret = obstacle_of(d->record, d->assumed_none);
    return truth_of(ret->tag != DMARC_TAG_OTHER);
}

/** Nothing applies. */
static void tell_none(struct posture *p, struct finding *f)
{
    say(p, f, "no logo is shown: no DMARC policy applies to %.*s", SPAN_ARG(p->domain));
    if (p->dmarc.now.walk.n)
        show(p, f, &p->dmarc.steps[0], SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Set up DMARC first, up to p=quarantine or p=reject");
}

void bimi_judge_dmarc(struct posture *p)
{
    const struct topic_dmarc *t = &p->dmarc;
    bool two = t->now.org.n && !span_eq(t->now.org, p->domain);
    struct obstacle own, org = {DMARC_TAG_OTHER, NULL};
    enum truth by_own = holds_back(&t->now, &own), by_org = two ? holds_back(&t->org, &org) : NO;
    enum truth held = truth_or(by_own, by_org);
    struct finding *f;

    p->bimi.dmarc_ok = truth_not(held);
    if (!p->bimi.used || !bimi_asks_for_logo(p))
        return; /* only a record that asks for a logo needs it */
    if (held != YES) {
        judged(p, F_BIMI_DMARC, held, p->domain,
               t->now.walk.n ? &t->steps[t->now.walk.n - 1] : NULL);
        return;
    }
    f = hit(p, F_BIMI_DMARC, ASSAY_ERROR, p->domain, NULL);
    if (by_own == YES && !t->now.record) {
        tell_none(p, f);
        return;
    }
    if (by_own == YES)
        tell(p, f, &t->now, &own);
    if (by_org == YES && t->org.record && t->org.record != t->now.record)
        tell(p, f, &t->org, &org);
    else if (by_org == YES && by_own != YES)
        tell_none(p, f);
}
