/* SPDX-License-Identifier: BSD-2-Clause */
/** \file parked.c What a domain that neither sends nor receives has to say (docs/findings.md, PARKED). */
#include "posture/emit.h"

#include "dkim/key.h"
#include "posture/dmarc_compose.h"
#include "posture/spf_text.h"

static const assay_span CLOSED = {"v=spf1 -all", 11};

assay_status gather_parked(struct posture *p)
{
    struct topic_parked *t = &p->parked;

    if (p->depth == ASSAY_DEPTH_SCAN ||
        (p->wanted == ASSAY_PROFILE_INFER && !p->spf.undeclared && p->spf.sends != NO))
        return ASSAY_DONE;
    if (!posture_has(p, TOPIC_MX)) /* what it is for depends on that */
        return ASSAY_NEED;
    posture_infer(p);
    if (p->profile != ASSAY_PROFILE_PARKED)
        return ASSAY_DONE;
    return join(posture_ask_below(p, ASSAY_RR_TXT, "*._domainkey", p->domain, &t->any_key),
                posture_ask_below(p, ASSAY_RR_TXT, "*", p->domain, &t->any_txt));
}

/* ---- SPF ---- */

/** No clients pass; all others get fail: YES; softfail or neutral: NO. */
static enum truth is_closed(const struct topic_spf *t)
{
    enum truth closed = YES;

    for (unsigned f = 0; f < SPF_FAMILIES; f++)
        closed =
            truth_and(closed,
                      t->closes[f] == SPF_TEMPERROR ? UNKNOWN : truth_of(t->closes[f] == SPF_FAIL));
    return closed;
}

/** Publish one record in place of those there are; `is` tells them. Of several only one may be left. */
static void publish_alone(struct posture *p, struct finding *f, const struct asked *q,
                          assay_span name, bool (*is)(assay_span), assay_span record)
{
    bool any = false;

    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++) {
        assay_span text = q->fact->records[i].text;

        if (!is(text))
            continue;
        show(p, f, q, text, SPAN_EMPTY);
        publish(p, f, "TXT", name, text, any ? SPAN_EMPTY : record);
        any = true;
    }
    if (any)
        return;
    show(p, f, q, SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "TXT", name, SPAN_EMPTY, record);
}

static void judge_spf_record(struct posture *p)
{
    const struct topic_spf *t = &p->spf;
    const struct asked q = {ASSAY_DNS, ASSAY_RR_TXT, p->domain, t->walk.top->fact};
    enum truth open = truth_or(truth_not(t->valid), t->sends), closed = is_closed(t);
    struct finding *f;

    if (open == UNKNOWN || (open == NO && closed == UNKNOWN)) {
        unknown(p, F_PARKED_SPF, p->domain, &q, NULL);
        return;
    }
    if (open == NO && closed == YES) {
        pass(p, F_PARKED_SPF, p->domain);
        return;
    }
    f = hit(p, F_PARKED_SPF, open == YES ? ASSAY_ERROR : ASSAY_WARNING, p->domain, NULL);
    if (t->has == NO)
        say(p, f, "no SPF record says that %.*s sends nothing", SPAN_ARG(p->domain));
    else if (t->valid == NO)
        say(p, f, "the SPF record of %.*s is broken, so it forbids nobody", SPAN_ARG(p->domain));
    else if (open == YES)
        say(p, f, "the SPF record of %.*s lets clients send, although the domain sends nothing",
            SPAN_ARG(p->domain));
    else
        say(p, f, "nobody passes by the SPF record of %.*s, but nobody is refused either",
            SPAN_ARG(p->domain));
    publish_alone(p, f, &q, p->domain, spf_is_record, CLOSED);
}

/* ---- DMARC ---- */

/** The weakest of the policies that count. */
static enum dmarc_policy weakest(const struct topic_dmarc *t)
{
    enum dmarc_policy policy = t->p;

    if (t->own_org != YES)
        return policy;
    policy = t->sp < policy ? t->sp : policy;
    return t->np < policy ? t->np : policy;
}

/** The record that closes everything; reports go on to where they go now. */
static assay_span closing(struct posture *p)
{
    static const assay_span WORDS[] = {{"p=reject", 8}, {"sp=reject", 9}, {"np=reject", 9}};
    static const enum dmarc_tag TAGS[] = {DMARC_TAG_P, DMARC_TAG_SP, DMARC_TAG_NP},
                                OLD[] = {DMARC_TAG_T, DMARC_TAG_PCT, DMARC_TAG_PSD};
    const struct dmarc_record *r = p->dmarc.record;
    struct dmarc_parts parts;
    struct dmarc_draft d;

    if (!r || !p->dmarc.ours)
        return SPAN("v=DMARC1; p=reject; sp=reject; np=reject");
    dmarc_parts_read(r->text, &parts);
    d = dmarc_draft_of(&parts, r->text);
    for (size_t i = 0; i < sizeof OLD / sizeof *OLD; i++)
        dmarc_draft_remove(&d, OLD[i]);
    for (size_t i = sizeof TAGS / sizeof *TAGS; i-- > 0;) {
        dmarc_draft_remove(&d, TAGS[i]);
        dmarc_draft_insert(&d, TAGS[i], WORDS[i]);
    }
    return dmarc_draft_text(p, &d);
}

static void judge_dmarc_record(struct posture *p)
{
    const struct topic_dmarc *t = &p->dmarc;
    const struct asked *own = &t->steps[0];
    enum dmarc_policy policy = t->applies == YES ? weakest(t) : DMARC_POLICY_NONE;
    struct finding *f;

    if (t->applies == UNKNOWN || (t->applies == YES && t->own_org == UNKNOWN)) {
        unknown(p, F_PARKED_DMARC, p->domain, own, NULL);
        return;
    }
    if (policy == DMARC_POLICY_REJECT) {
        pass(p, F_PARKED_DMARC, p->domain);
        return;
    }
    f = hit(p, F_PARKED_DMARC, policy == DMARC_POLICY_NONE ? ASSAY_ERROR : ASSAY_WARNING, p->domain,
            NULL);
    if (t->applies == NO)
        say(p, f, "no DMARC policy tells receivers to reject mail of %.*s", SPAN_ARG(p->domain));
    else
        say(p, f, "DMARC of %.*s asks for %s at least somewhere; an unused domain needs reject",
            SPAN_ARG(p->domain), dmarc_policy_text(policy));
    if (t->record_at && t->record_at != own)
        show(p, f, t->record_at, t->record->text, SPAN_EMPTY);
    publish_alone(p, f, own, posture_printf(p, "_dmarc.%.*s", SPAN_ARG(p->domain)), dmarc_is_record,
                  closing(p));
}

/* ---- MX ---- */

static void judge_mx_records(struct posture *p)
{
    const struct topic_mx *t = &p->mx;
    bool hosts = t->receives == YES && !t->implicit;
    struct finding *f;

    if (t->receives == UNKNOWN) {
        unknown(p, F_PARKED_MX, p->domain, asked_data(&t->mx) == UNKNOWN ? &t->mx : &t->a, NULL);
        return;
    }
    if (t->null_mx && !t->mixed) {
        pass(p, F_PARKED_MX, p->domain);
        return;
    }
    f = hit(p, F_PARKED_MX, t->receives == YES || t->mixed ? ASSAY_WARNING : ASSAY_NOTICE,
            p->domain, NULL);
    if (hosts || t->mixed)
        say(p, f, "%.*s has MX hosts although it is not used", SPAN_ARG(p->domain));
    else if (t->implicit)
        say(p, f, "%.*s has an address and no MX, so mail is tried there", SPAN_ARG(p->domain));
    else
        say(p, f, "%.*s takes no mail, but does not say so with a null MX", SPAN_ARG(p->domain));
    show(p, f, &t->mx, SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "MX", p->domain, hosts || t->mixed ? asked_answer(p, &t->mx) : SPAN_EMPTY,
            SPAN("0 ."));
}

/* ---- the rest ---- */

static void judge_undeclared(struct posture *p)
{
    const struct asked q = {ASSAY_DNS, ASSAY_RR_TXT, p->domain, p->spf.walk.top->fact};
    struct finding *f;

    if (p->wanted != ASSAY_PROFILE_INFER) /* the owner has told */
        return;
    if (!p->spf.undeclared) {
        pass(p, F_PARKED_UNDECLARED, p->domain);
        return;
    }
    f = hit(p, F_PARKED_UNDECLARED, ASSAY_NOTICE, p->domain, NULL);
    say(p, f, "%.*s is taken for unused because it has no SPF record and takes no mail",
        SPAN_ARG(p->domain));
    show(p, f, &q, SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "TXT", p->domain, SPAN_EMPTY, CLOSED);
}

/** A wildcard's TXT is one revoked key (RFC 6376 3.6.1). */
static enum truth is_revoked(struct posture *p, const struct asked *q)
{
    const struct dkim_keys *keys;

    if (asked_data(q) != YES)
        return asked_data(q);
    if (q->fact->n != 1)
        return NO;
    if (dkim_keys_of(q->fact, &keys) != ASSAY_DONE) {
        p->no_memory = true;
        return UNKNOWN;
    }
    return truth_of(keys->n == 1 && keys->keys[0].revoked);
}

/** A wildcard's TXT is a record that closes every name below. */
static enum truth is_closing(const struct asked *q)
{
    enum truth data = asked_data(q);

    for (size_t i = 0; data == YES && i < q->fact->n; i++)
        if (span_ieq(q->fact->records[i].text, CLOSED))
            return YES;
    return data == UNKNOWN ? UNKNOWN : NO;
}

static void judge_extras(struct posture *p)
{
    const struct asked *key = &p->parked.any_key, *spf = &p->parked.any_txt;
    enum truth revoked = is_revoked(p, key), closing = is_closing(spf),
               all = truth_and(revoked, closing);
    struct finding *f;

    if (all != NO) {
        judged(p, F_PARKED_EXTRAS, truth_not(all), p->domain, revoked == UNKNOWN ? key : spf);
        return;
    }
    f = hit(p, F_PARKED_EXTRAS, ASSAY_NOTICE, p->domain, NULL);
    say(p, f, "%s not published below %.*s",
        revoked == NO && closing == NO ? "the wildcard SPF record and the revoked wildcard key are"
        : revoked == NO                ? "a revoked wildcard key is"
                                       : "a wildcard SPF record is",
        SPAN_ARG(p->domain));
    if (revoked == NO) {
        show(p, f, key, SPAN_EMPTY, SPAN_EMPTY);
        publish(p, f, "TXT", posture_printf(p, "*._domainkey.%.*s", SPAN_ARG(p->domain)),
                SPAN_EMPTY, SPAN("v=DKIM1; p="));
    }
    if (closing == NO) {
        show(p, f, spf, SPAN_EMPTY, SPAN_EMPTY);
        publish(p, f, "TXT", posture_printf(p, "*.%.*s", SPAN_ARG(p->domain)), SPAN_EMPTY, CLOSED);
    }
}

/** The line where all is well. */
static void sum_up(struct posture *p)
{
    p->summary[AREA_PARKED] = SPAN("not used, and says so");
}

void judge_parked(struct posture *p)
{
    judge_spf_record(p);
    judge_dmarc_record(p);
    judge_mx_records(p);
    judge_undeclared(p);
    judge_extras(p);
    sum_up(p);
}
