/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dmarc_policy.c What a DMARC record asks of receivers, for the domain and for what lies below it. */
#include "posture/dmarc_judge.h"
#include "posture/reported.h"

/** The part of a tag, or an empty span: all of the record. */
static assay_span part_text(const struct dmarc_look *look, enum dmarc_tag tag)
{
    const struct dmarc_part *part = dmarc_part_of(&look->parts, tag);

    return part ? part->text : SPAN_EMPTY;
}

/** The question whether the domain exists: it decides between sp and np. */
static const struct asked *existence(const struct posture *p)
{
    return &p->apex.a;
}

/** DMARC-P-NONE. */
static void judge_p_none(struct posture *p, const struct dmarc_look *look)
{
    const struct dmarc_discovery *d = &p->dmarc.now;
    const char *tag = d->asked_tag ? d->asked_tag : "p";
    struct finding *f;

    if (!d->record)
        return; /* no DMARC at all: DMARC-P-MISSING and DMARC-P-INVALID say so */
    if (d->existence_unknown) {
        unknown(p, F_DMARC_P_NONE, p->domain, existence(p), NULL);
        return;
    }
    if (dmarc_policy_asked(d) != DMARC_POLICY_NONE) {
        pass(p, F_DMARC_P_NONE, p->domain);
        return;
    }
    f = hit(p, F_DMARC_P_NONE, ASSAY_WARNING, p->domain, NULL);
    say(p, f, "the policy %s none: mail that anyone forges as %.*s is delivered like any other",
        d->assumed_none ? "reads as" : "is", SPAN_ARG(p->domain));
    show(p, f, look->at, look->r->text,
         d->assumed_none               ? SPAN_EMPTY
         : span_is(span_of(tag), "np") ? part_text(look, DMARC_TAG_NP)
         : span_is(span_of(tag), "sp") ? part_text(look, DMARC_TAG_SP)
                                       : part_text(look, DMARC_TAG_P));
    advise(
        p, f,
        look->r->rua_valid
            ? "Read the reports until all of your own mail passes, then publish p=quarantine"
            : "Ask for reports first (rua); when all of your own mail passes, publish p=quarantine");
}

/** DMARC-TESTING. */
static void judge_testing(struct posture *p, const struct dmarc_look *look)
{
    const struct dmarc_discovery *d = &p->dmarc.now;
    enum dmarc_policy asked = dmarc_policy_asked(d);
    struct dmarc_draft draft = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f;

    if (!d->record)
        return;
    if (!look->r->testing || (asked == DMARC_POLICY_NONE && !d->existence_unknown)) {
        pass(p, F_DMARC_TESTING, p->domain);
        return;
    }
    if (d->existence_unknown) {
        unknown(p, F_DMARC_TESTING, p->domain, existence(p), NULL);
        return;
    }
    f = hit(p, F_DMARC_TESTING, ASSAY_WARNING, p->domain, NULL);
    say(p, f, "t=y says that the policy is only being tried: in place of %s, receivers apply %s",
        dmarc_policy_text(asked), dmarc_policy_text(dmarc_policy_lower(asked)));
    show(p, f, look->at, look->r->text, part_text(look, DMARC_TAG_T));
    dmarc_draft_remove(&draft, DMARC_TAG_T);
    dmarc_draft_remove(&draft, DMARC_TAG_PCT);
    advise(p, f, "When the reports show no own mail failing, publish %.*s.",
           SPAN_ARG(dmarc_draft_text(p, &draft)));
}

/** The record with a tag raised, published. */
static void publish_raised(struct posture *p, struct finding *f, const struct dmarc_look *look,
                           enum dmarc_tag tag, enum dmarc_policy policy)
{
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);

    dmarc_draft_set(&d, tag,
                    posture_printf(p, "%s=%s", dmarc_tag_text(tag), dmarc_policy_text(policy)));
    publish(p, f, "TXT", look->owner, look->r->text, dmarc_draft_text(p, &d));
}

/** DMARC-SP-WEAK and DMARC-NP-WEAK, of an organizational domain. */
static void judge_below(struct posture *p, const struct dmarc_look *look)
{
    const struct dmarc_record *r = look->r;
    enum dmarc_policy sp = r->sp.present ? r->sp.policy : r->p.policy;
    enum dmarc_policy np = r->np.present ? r->np.policy : sp;
    bool sp_weak = sp < r->p.policy, np_weak = np < r->p.policy;
    const struct asked *missing =
        &p->dmarc.steps[p->dmarc.now.walk.n ? p->dmarc.now.walk.n - 1 : 0];
    struct finding *f;

    if (p->dmarc.own_org == UNKNOWN) {
        judged(p, F_DMARC_SP_WEAK, sp_weak ? UNKNOWN : NO, p->domain, missing);
        judged(p, F_DMARC_NP_WEAK, np != DMARC_POLICY_REJECT ? UNKNOWN : NO, p->domain, missing);
        return;
    }
    if (sp_weak) {
        f = hit(p, F_DMARC_SP_WEAK, ASSAY_WARNING, p->domain, NULL);
        say(p, f, "%.*s itself is at %s, but its sub-domains only at %s: forgers take those",
            SPAN_ARG(p->domain), dmarc_policy_text(r->p.policy), dmarc_policy_text(sp));
        show(p, f, look->at, r->text, part_text(look, DMARC_TAG_SP));
        publish_raised(p, f, look, DMARC_TAG_SP, r->p.policy);
    } else {
        pass(p, F_DMARC_SP_WEAK, p->domain);
    }
    if (!np_weak && np == DMARC_POLICY_REJECT) {
        pass(p, F_DMARC_NP_WEAK, p->domain);
        return;
    }
    f = hit(p, F_DMARC_NP_WEAK, np_weak ? ASSAY_WARNING : ASSAY_NOTICE, p->domain, NULL);
    say(p, f, "names below %.*s that do not exist are at %s, though no honest mail comes from them",
        SPAN_ARG(p->domain), dmarc_policy_text(np));
    show(p, f, look->at, r->text,
         part_text(look, r->np.present   ? DMARC_TAG_NP
                         : r->sp.present ? DMARC_TAG_SP
                                         : DMARC_TAG_P));
    publish_raised(p, f, look, DMARC_TAG_NP, DMARC_POLICY_REJECT);
}

/** DMARC-SP-IGNORED: sp or np where no receiver looks for them. */
static void judge_sp_ignored(struct posture *p, const struct dmarc_look *look)
{
    bool there = look->r->sp.present || look->r->np.present;
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f;

    if (!there || p->dmarc.own_org == YES || look->r->psd == DMARC_PSD_Y ||
        !span_eq(p->dmarc.record_domain, p->domain)) {
        pass(p, F_DMARC_SP_IGNORED, p->domain);
        return;
    }
    if (p->dmarc.own_org == UNKNOWN) {
        unknown(p, F_DMARC_SP_IGNORED, p->domain,
                &p->dmarc.steps[p->dmarc.now.walk.n ? p->dmarc.now.walk.n - 1 : 0], NULL);
        return;
    }
    f = hit(p, F_DMARC_SP_IGNORED, ASSAY_NOTICE, p->domain, NULL);
    say(p, f, "nobody reads %s here: for names below %.*s the record of %.*s counts",
        !look->r->np.present   ? "sp"
        : !look->r->sp.present ? "np"
                               : "sp and np",
        SPAN_ARG(p->domain), SPAN_ARG(p->dmarc.now.org));
    show(p, f, look->at, look->r->text,
         part_text(look, look->r->sp.present ? DMARC_TAG_SP : DMARC_TAG_NP));
    dmarc_draft_remove(&d, DMARC_TAG_SP);
    dmarc_draft_remove(&d, DMARC_TAG_NP);
    publish(p, f, "TXT", look->owner, look->r->text, dmarc_draft_text(p, &d));
    advise(p, f, "Or, where %.*s is to be an organization of its own, add psd=n",
           SPAN_ARG(p->domain));
}

/** DMARC-REJECT-NO-DKIM: only where something is known of the mail that is sent. */
static void judge_reject_no_dkim(struct posture *p, const struct dmarc_look *look)
{
    enum truth passes = p->signs_nothing ? NO : reported_dkim_passes(p);
    struct finding *f;

    if (passes == UNKNOWN || !p->dmarc.now.record || p->spf.sends == NO)
        return;
    if (passes == YES || dmarc_policy_asked(&p->dmarc.now) != DMARC_POLICY_REJECT) {
        pass(p, F_DMARC_REJECT_NO_DKIM, p->domain);
        return;
    }
    f = hit(p, F_DMARC_REJECT_NO_DKIM, ASSAY_ERROR, p->domain, NULL);
    say(p, f,
        "the policy is reject, but no mail can pass by a signature: what is forwarded is refused");
    show(p, f, look->at, look->r->text, part_text(look, DMARC_TAG_P));
    if (p->signs_nothing)
        note(p, f, "the owner says that nothing is signed");
    advise(p, f, "Sign all mail with DKIM as %.*s before asking for reject.", SPAN_ARG(p->domain));
}

/** DMARC-SUB-WEAKER for one subdomain. */
static void judge_subdomain(struct posture *p, const struct posture_subdomain *sub)
{
    const struct dmarc_discovery *d = &sub->found;
    bool own = d->found && span_eq(d->policy_domain, sub->name), weaker;
    struct finding *f;

    if (asked_data(&sub->txt) == UNKNOWN) {
        unknown(p, F_DMARC_SUB_WEAKER, sub->name, &sub->txt, NULL);
        return;
    }
    weaker = own && (!d->record || dmarc_policy_effective(d) < p->dmarc.p);
    if (!weaker) {
        pass(p, F_DMARC_SUB_WEAKER, sub->name);
        return;
    }
    f = hit(p, F_DMARC_SUB_WEAKER, ASSAY_WARNING, sub->name, NULL);
    say(p, f, "%.*s has a record of its own that asks for %s, while %.*s asks for %s",
        SPAN_ARG(sub->name), d->record ? dmarc_policy_text(dmarc_policy_effective(d)) : "nothing",
        SPAN_ARG(p->domain), dmarc_policy_text(p->dmarc.p));
    show(p, f, &sub->txt, d->found->text, SPAN_EMPTY);
    publish(p, f, "TXT", sub->txt.name, d->found->text, SPAN_EMPTY);
    advise(p, f, "Or raise its policy.");
}

void judge_dmarc_policy(struct posture *p, const struct dmarc_look *look)
{
    judge_p_none(p, look);
    judge_testing(p, look);
    if (p->dmarc.now.record && !p->dmarc.now.assumed_none &&
        span_eq(p->dmarc.record_domain, p->domain) && p->dmarc.own_org != NO)
        judge_below(p, look);
    judge_sp_ignored(p, look);
    judge_reject_no_dkim(p, look);
    for (size_t i = 0; p->dmarc.now.record && i < p->dmarc.nsubdomains; i++)
        judge_subdomain(p, &p->dmarc.subdomains[i]);
}
