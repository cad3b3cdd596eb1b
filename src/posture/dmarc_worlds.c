/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file dmarc_worlds.c Where receivers of RFC 7489 and of RFC 9989 take another record or another organization, and
 * where the tree walk itself is led astray.
 */
#include "posture/dmarc_judge.h"

/** Where a view finds its record, in words. */
static assay_span place(struct posture *p, const struct dmarc_discovery *d)
{
    return d->found ? posture_printf(p, "the record of %.*s", SPAN_ARG(d->policy_domain))
                    : SPAN("no record");
}

/** DMARC-WORLDS-POLICY. */
static void judge_policy(struct posture *p)
{
    const struct dmarc_discovery *now = &p->dmarc.now, *old = &p->dmarc.old;
    assay_span own = posture_printf(p, "_dmarc.%.*s", SPAN_ARG(p->domain));
    struct finding *f;

    if (now->unknown || old->unknown) {
        unknown(p, F_DMARC_WORLDS_POLICY, p->domain,
                !old->org.n ? &p->dmarc.suffix : &p->dmarc.steps[0], NULL);
        return;
    }
    if (!now->found == !old->found &&
        (!now->found || span_eq(now->policy_domain, old->policy_domain))) {
        pass(p, F_DMARC_WORLDS_POLICY, p->domain);
        return;
    }
    f = hit(p, F_DMARC_WORLDS_POLICY, ASSAY_WARNING, p->domain, NULL);
    say(p, f, "receivers of the new standard take %.*s, those of the old one %.*s",
        SPAN_ARG(place(p, now)), SPAN_ARG(place(p, old)));
    for (size_t i = 0; i < now->walk.n; i++)
        show(p, f, &p->dmarc.steps[i], SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, &p->dmarc.suffix, SPAN_EMPTY, SPAN_EMPTY);
    if (dmarc_own_records(p))
        advise(p, f, "Keep one sound record at %.*s.", SPAN_ARG(own));
    else
        publish(p, f, "TXT", own, SPAN_EMPTY, dmarc_own_copy(p, now->found ? now : old));
}

/** The first question of the tree walk that has no answer; its last one, if all have. */
static const struct asked *not_answered(const struct topic_dmarc *t)
{
    size_t i = 0;

    while (i + 1 < t->now.walk.n && asked_data(&t->steps[i]) != UNKNOWN)
        i++;
    return &t->steps[i];
}

/** DMARC-WORLDS-ORG. */
static void judge_org(struct posture *p)
{
    const struct topic_dmarc *t = &p->dmarc;
    struct finding *f;

    if (t->applies == NO)
        return;
    if (t->applies == UNKNOWN || !t->psl_domain.n || !t->now.org.n) {
        unknown(p, F_DMARC_WORLDS_ORG, p->domain, !t->psl_domain.n ? &t->suffix : not_answered(t),
                NULL);
        return;
    }
    if (span_eq(t->psl_domain, t->now.org)) {
        pass(p, F_DMARC_WORLDS_ORG, p->domain);
        return;
    }
    f = hit(p, F_DMARC_WORLDS_ORG, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "to old receivers the organization is %.*s, to new ones %.*s: what counts as own mail differs",
        SPAN_ARG(t->psl_domain), SPAN_ARG(t->now.org));
    show(p, f, &t->suffix, SPAN_EMPTY, SPAN_EMPTY);
    for (size_t i = 0; i < t->now.walk.n; i++)
        if (t->now.walk.steps[i].record)
            show(p, f, &t->steps[i], t->now.walk.steps[i].record->text, SPAN_EMPTY);
    if (dns_labels(t->now.org) > dns_labels(t->psl_domain))
        advise(p, f,
               "Publish a record at _dmarc.%.*s too, or keep to strict alignment (adkim=s; aspf=s)",
               SPAN_ARG(t->psl_domain));
    else
        advise(p, f,
               "Say psd=n in the record of %.*s, or keep to strict alignment (adkim=s; aspf=s)",
               SPAN_ARG(t->psl_domain));
}

/** The public suffix of the domain; empty: not known. */
static assay_span suffix_of(const struct posture *p)
{
    const struct assay_fact *fact = p->dmarc.suffix.fact;

    return fact && fact->how == ASSAY_OK && fact->n == 1 ? fact->data[0] : SPAN_EMPTY;
}

/** A record at `name` says psd=y: is it in the public suffix list? */
static enum truth is_suffix(const struct posture *p, assay_span name)
{
    assay_span suffix = suffix_of(p);

    if (!suffix.n)
        return UNKNOWN;
    return truth_of(
        dns_is_under(suffix, name)); /* what is above a suffix is no organization either */
}

/** The record with psd changed, published. */
static void publish_psd(struct posture *p, struct finding *f, const struct asked *at,
                        assay_span record, assay_span psd)
{
    struct dmarc_parts parts;
    struct dmarc_draft d;

    dmarc_parts_read(record, &parts);
    d = dmarc_draft_of(&parts, record);
    if (psd.n)
        dmarc_draft_set(&d, DMARC_TAG_PSD, psd);
    else
        dmarc_draft_remove(&d, DMARC_TAG_PSD);
    publish(p, f, "TXT", at->name, record, dmarc_draft_text(p, &d));
}

/** DMARC-PSD-Y. */
static void judge_psd_y(struct posture *p)
{
    const struct topic_dmarc *t = &p->dmarc;

    for (size_t i = 0; i < t->now.walk.n; i++) {
        const struct dmarc_step *step = &t->now.walk.steps[i];
        struct dmarc_parts parts;
        const struct dmarc_part *part;
        struct finding *f;
        enum truth suffix;

        if (!step->record || step->record->psd != DMARC_PSD_Y)
            continue;
        suffix = is_suffix(p, step->domain);
        if (suffix != NO) {
            judged(p, F_DMARC_PSD_Y, truth_not(suffix), step->domain, &t->suffix);
            return;
        }
        f = hit(p, F_DMARC_PSD_Y, ASSAY_ERROR, step->domain, NULL);
        say(p, f,
            "psd=y says that %.*s is a registry: names below it count as strangers to it and to each other",
            SPAN_ARG(step->domain));
        dmarc_parts_read(step->record->text, &parts);
        part = dmarc_part_of(&parts, DMARC_TAG_PSD);
        show(p, f, &t->steps[i], step->record->text, part ? part->text : SPAN_EMPTY);
        show(p, f, &t->suffix, SPAN_EMPTY, SPAN_EMPTY);
        publish_psd(p, f, &t->steps[i], step->record->text, SPAN_EMPTY);
        return;
    }
    judged(p, F_DMARC_PSD_Y, t->now.walk.unknown ? UNKNOWN : NO, p->domain,
           &t->steps[t->now.walk.n ? t->now.walk.n - 1 : 0]);
}

/** A step of the walk, above the domain, that was taken for the organization although it is a suffix. */
static size_t suffix_step(const struct posture *p)
{
    const struct topic_dmarc *t = &p->dmarc;
    assay_span suffix = suffix_of(p);

    for (size_t i = 1; i < t->now.walk.n; i++)
        if (t->now.walk.steps[i].record && t->now.walk.steps[i].record->psd == DMARC_PSD_U &&
            dns_is_under(suffix, t->now.walk.steps[i].domain) &&
            span_eq(t->now.org, t->now.walk.steps[i].domain))
            return i;
    return LIMIT_TREE_WALK;
}

/** DMARC-SUFFIX-RECORD. */
static void judge_suffix_record(struct posture *p, const struct dmarc_look *look)
{
    const struct topic_dmarc *t = &p->dmarc;
    struct finding *f;
    size_t i;

    if (t->now.walk.unknown || !suffix_of(p).n) {
        unknown(p, F_DMARC_SUFFIX_RECORD, p->domain,
                t->now.walk.unknown ? &t->steps[t->now.walk.n - 1] : &t->suffix, NULL);
        return;
    }
    if ((i = suffix_step(p)) == LIMIT_TREE_WALK) {
        pass(p, F_DMARC_SUFFIX_RECORD, p->domain);
        return;
    }
    f = hit(p, F_DMARC_SUFFIX_RECORD, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "the registry %.*s has a DMARC record without psd=y: all that is registered below it counts as one organization with %.*s",
        SPAN_ARG(t->now.org), SPAN_ARG(p->domain));
    show(p, f, &t->steps[i], t->now.walk.steps[i].record->text, SPAN_EMPTY);
    if (look->r && span_eq(t->record_domain, p->domain)) {
        publish_psd(p, f, look->at, look->r->text, SPAN("psd=n"));
    } else if (dmarc_own_records(p)) {
        advise(p, f, "Keep one sound record at _dmarc.%.*s, with psd=n.", SPAN_ARG(p->domain));
    } else {
        enum dmarc_policy policy = dmarc_policy_effective(&t->now);

        publish(p, f, "TXT", posture_printf(p, "_dmarc.%.*s", SPAN_ARG(p->domain)), SPAN_EMPTY,
                posture_printf(p, "v=DMARC1; p=%s; psd=n; rua=mailto:dmarc-reports@%.*s",
                               dmarc_policy_text(policy), SPAN_ARG(p->domain)));
    }
}

/** DMARC-DEEP. */
static void judge_deep(struct posture *p)
{
    const struct dmarc_walk *walk = &p->dmarc.now.walk;
    size_t labels = dns_labels(p->domain);
    struct finding *f;

    if (labels <= LIMIT_TREE_WALK || !walk->n || walk->steps[0].record || walk->steps[0].unknown) {
        judged(p, F_DMARC_DEEP,
               labels > LIMIT_TREE_WALK && walk->n && walk->steps[0].unknown ? UNKNOWN : NO,
               p->domain, &p->dmarc.steps[0]);
        return;
    }
    f = hit(p, F_DMARC_DEEP, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "%.*s has %zu labels and no record: receivers go on at %.*s and pass over what lies between",
        SPAN_ARG(p->domain), labels, SPAN_ARG(walk->n > 1 ? walk->steps[1].domain : SPAN_EMPTY));
    show(p, f, &p->dmarc.steps[0], SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "TXT", posture_printf(p, "_dmarc.%.*s", SPAN_ARG(p->domain)), SPAN_EMPTY,
            p->dmarc.now.found ? dmarc_own_copy(p, &p->dmarc.now) : SPAN("v=DMARC1; p=none"));
}

void judge_dmarc_worlds(struct posture *p, const struct dmarc_look *look)
{
    judge_policy(p);
    judge_org(p);
    judge_psd_y(p);
    judge_suffix_record(p, look);
    judge_deep(p);
}
