/* SPDX-License-Identifier: BSD-2-Clause */
/** \file plan_auth.c The ladder from nothing to p=reject (RFC 9989 5.1, 7.4). */
#include "posture/plan.h"
#include "posture/score.h"

/* ---- records ---- */

/** A record of DMARC being changed. */
struct change {
    struct dmarc_parts parts;
    struct dmarc_draft draft;
    assay_span before;
};

/** Begin with the record there is. */
static void begin(struct planner *pl, struct change *c)
{
    c->before = pl->p->dmarc.record->text;
    dmarc_parts_read(c->before, &c->parts);
    c->draft = dmarc_draft_of(&c->parts, c->before);
}

/** The name of a domain's record. */
static assay_span record_name(struct planner *pl, assay_span domain)
{
    return posture_printf(pl->p, "_dmarc.%.*s", SPAN_ARG(domain));
}

/** The record as it has become, published. */
static void finish(struct planner *pl, struct assay_plan_step *s, struct change *c)
{
    plan_publish(pl, s, "TXT", record_name(pl, pl->p->dmarc.record_domain), c->before,
                 dmarc_draft_text(pl->p, &c->draft));
}

/** p and what goes with it: a trial, or for all mail. */
static void publish_policy(struct planner *pl, struct assay_plan_step *s, const char *p, bool trial)
{
    bool org = pl->p->dmarc.own_org == YES;
    struct change c;

    begin(pl, &c);
    dmarc_draft_set(&c.draft, DMARC_TAG_P, posture_printf(pl->p, "p=%s", p));
    if (org && pl->p->dmarc.record->sp.present)
        dmarc_draft_set(&c.draft, DMARC_TAG_SP, posture_printf(pl->p, "sp=%s", p));
    if (org)
        dmarc_draft_set(&c.draft, DMARC_TAG_NP, SPAN("np=reject"));
    dmarc_draft_remove(&c.draft, DMARC_TAG_T);
    dmarc_draft_remove(&c.draft, DMARC_TAG_PCT);
    if (trial) {
        dmarc_draft_set(&c.draft, DMARC_TAG_T, SPAN("t=y"));
        dmarc_draft_set(&c.draft, DMARC_TAG_PCT, SPAN("pct=0"));
    }
    finish(pl, s, &c);
}

/* ---- what several steps ask for ---- */

/** Without reports there is no step; say what is wanted. */
static bool want_evidence(struct planner *pl, struct assay_plan_step *s)
{
    bool there = pl->e && pl->e->mail.given;

    plan_want(pl, s, there, "metrics of the reports that come in: --evidence FILE (assay-plan(1))");
    return there;
}

/** So many of a thousand of own mail pass by DKIM. */
static void want_dkim(struct planner *pl, struct assay_plan_step *s, unsigned of_thousand)
{
    const struct evidence_mail *m = &pl->e->mail;

    plan_want(
        pl, s,
        m->legit && m->legit_dkim_pass >= m->legit - m->legit / 1000 * (1000 - of_thousand) -
                                              m->legit % 1000 * (1000 - of_thousand) / 1000,
        "%u %% of own mail passing by DKIM (%llu of %llu): forwarded mail passes by nothing else",
        of_thousand / 10, (unsigned long long)m->legit_dkim_pass, (unsigned long long)m->legit);
}

/** The records hold what a policy needs. */
static void want_records(struct planner *pl, struct assay_plan_step *s)
{
    const struct posture *p = pl->p;

    plan_want(pl, s, p->spf.holds == YES, "an SPF record that holds");
    plan_want(pl, s,
              !has_hit(p, F_DKIM_KEY_SHORT, SPAN_EMPTY) && !has_hit(p, F_DKIM_KEY_WEAK, SPAN_EMPTY),
              "DKIM keys of 2048 bits");
}

/** Own mail is failing, and has been for two days: the step before is to be taken back. */
static bool must_go_back(const struct planner *pl)
{
    const struct evidence_mail *m = &pl->e->mail;

    return m->failing_days >= 2 && m->legit && (m->legit - m->legit_pass) > m->legit / 200;
}

/** A step up that reports decide: the gate, the pause, and back when mail is lost. \return it may be published */
static bool judge_step(struct planner *pl, struct assay_plan_step *s, unsigned days, unsigned pass,
                       unsigned dkim, const char *back)
{
    if (!s || !want_evidence(pl, s))
        return false;
    if (back && must_go_back(pl)) {
        s->step = ASSAY_STEP_BACK;
        plan_say(pl, s, "%llu of %llu own messages failed, and not only for a day",
                 (unsigned long long)(pl->e->mail.legit - pl->e->mail.legit_pass),
                 (unsigned long long)pl->e->mail.legit);
        publish_policy(pl, s, back,
                       strcmp(back, "none") != 0 && pl->p->dmarc.record->testing == false);
        return false;
    }
    plan_gate(pl, s, &pl->e->mail, days, pass);
    if (dkim)
        want_dkim(pl, s, dkim);
    want_records(pl, s);
    return true;
}

/* ---- the steps ---- */

/** P: everything at once. */
static void plan_parked(struct planner *pl)
{
    const struct posture *p = pl->p;
    struct assay_plan_step *s = plan_step(pl, PLAN_PARKED);

    if (!s)
        return;
    if (pl->p->result.phases[0].rung) {
        s->step = ASSAY_STEP_KEEP;
        return;
    }
    plan_want(pl, s, !pl->e || !pl->e->mail.legit, "no own mail (reports show %llu messages)",
              pl->e ? (unsigned long long)pl->e->mail.legit : 0);
    if (s->step != ASSAY_STEP_NOW)
        return;
    plan_take(pl, s, F_PARKED_SPF);
    plan_take(pl, s, F_PARKED_DMARC);
    plan_take(pl, s, F_PARKED_MX);
    if (!s->nfixes && p->dmarc.applies == NO)
        plan_publish(pl, s, "TXT", record_name(pl, p->domain), SPAN_EMPTY,
                     SPAN("v=DMARC1; p=reject; sp=reject; np=reject"));
}

/** 0: the first record. */
static void plan_start(struct planner *pl)
{
    const struct posture *p = pl->p;
    struct assay_plan_step *s = plan_step(pl, PLAN_START);

    if (!s)
        return;
    plan_take(pl, s, F_SPF_MISSING);
    plan_take(pl, s, F_DMARC_MISSING);
    for (size_t i = 0; i < s->nfixes; i++)
        if (span_istarts(s->fixes[i].name, SPAN("_dmarc.")) && s->fixes[i].after.n)
            return;
    plan_publish(pl, s, "TXT", record_name(pl, p->domain), SPAN_EMPTY,
                 posture_printf(pl->p, "v=DMARC1; p=none; rua=mailto:dmarc-reports@%.*s",
                                SPAN_ARG(p->domain)));
}

/** 1: reports come in. */
static void plan_blind(struct planner *pl)
{
    static const enum finding_id IDS[] = {F_DMARC_NO_RUA, F_DMARC_RUA_INVALID, F_DMARC_RUA_EXTERNAL,
                                          F_DMARC_RUA_NO_MX};
    struct assay_plan_step *s = plan_step(pl, PLAN_BLIND);

    if (!s)
        return;
    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        plan_take(pl, s, IDS[i]);
    if (pl->p->dmarc.rua_works == UNKNOWN)
        plan_say(pl, s, "it is not known whether reports come in");
}

/** The sources that fail, the first of them by name. */
static void say_failing(struct planner *pl, struct assay_plan_step *s)
{
    const struct evidence_mail *m = &pl->e->mail;

    for (size_t i = 0; i < m->nsources; i++) {
        const struct evidence_source *source = &m->sources[i];
        struct assay_fix *fix;

        if (source->pass == source->messages || s->nfixes == PLAN_FIXES)
            continue;
        fix = &((struct assay_fix *)(uintptr_t)s->fixes)[s->nfixes++];
        fix->type = fix->name = fix->before = fix->after = fix->undo = SPAN_EMPTY;
        fix->text = posture_printf(
            pl->p,
            "%.*s: %llu of %llu messages fail; if it is yours, have it sign with d=%.*s, or add it to SPF",
            SPAN_ARG(source->name), (unsigned long long)(source->messages - source->pass),
            (unsigned long long)source->messages, SPAN_ARG(pl->p->domain));
    }
}

/** 2: gather, and name the sources. \return reports are there, and every source passes */
static bool is_watched(const struct planner *pl)
{
    const struct evidence_mail *m = pl->e ? &pl->e->mail : NULL;

    return m && m->given && m->days >= 7 && m->legit && m->unclassified <= m->messages / 100;
}

static void plan_watch(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_WATCH);

    if (!s || !want_evidence(pl, s))
        return;
    plan_want(pl, s, pl->e->mail.days >= 7, "reports of 7 days (so far %llu)",
              (unsigned long long)pl->e->mail.days);
    if (pl->e->mail.days < 7 && pl->e->end)
        s->earliest = pl->e->end + (int64_t)(7 - pl->e->mail.days) * PLAN_DAY;
    plan_want(pl, s, pl->e->mail.unclassified <= pl->e->mail.messages / 100,
              "each source named as own or not (%llu of %llu messages are of none that is)",
              (unsigned long long)pl->e->mail.unclassified,
              (unsigned long long)pl->e->mail.messages);
    say_failing(pl, s);
}

/** 3: quarantine as a trial. */
static void plan_try_quarantine(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_TRY_QUARANTINE);

    if (!judge_step(pl, s, 28, 980, 950, NULL))
        return;
    if (pl->e->last_change)
        plan_not_before(pl, s, pl->e->last_change + PLAN_PAUSE);
    if (s->step == ASSAY_STEP_NOT_YET)
        say_failing(pl, s);
    else
        publish_policy(pl, s, "quarantine", true);
}

/** 4: quarantine for all mail. */
static void plan_quarantine(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_QUARANTINE);

    if (!judge_step(pl, s, 14, 990, 0, "none"))
        return;
    plan_pause(pl, s);
    if (s->step != ASSAY_STEP_NOT_YET)
        publish_policy(pl, s, "quarantine", false);
}

/** 5: reject as a trial. */
static void plan_try_reject(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_TRY_REJECT);

    if (!judge_step(pl, s, 28, 995, 980, "quarantine"))
        return;
    if (pl->e->mail.list_posters == YES) {
        s->step = ASSAY_STEP_KEEP;
        plan_say(
            pl, s,
            "people there write to mailing lists, which change messages: quarantine is where to stay");
        return;
    }
    plan_want(pl, s, pl->e->mail.list_posters == NO,
              "whether people there write to mailing lists (list_posters): reject is not for them");
    plan_pause(pl, s);
    if (s->step != ASSAY_STEP_NOT_YET)
        publish_policy(pl, s, "reject", true);
}

/** 6: reject for all mail. */
static void plan_reject(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_REJECT);

    if (!judge_step(pl, s, 14, 995, 0, "quarantine"))
        return;
    plan_pause(pl, s);
    if (s->step != ASSAY_STEP_NOT_YET)
        publish_policy(pl, s, "reject", false);
}

/** 7: it holds. */
static void plan_keep(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_KEEP);

    if (!s)
        return;
    s->step = ASSAY_STEP_KEEP;
    if (!pl->e || !pl->e->mail.given) {
        plan_say(pl, s, "without metrics of reports nobody sees a source that begins to fail");
        return;
    }
    if (must_go_back(pl)) {
        s->step = ASSAY_STEP_BACK;
        publish_policy(pl, s, "reject", true);
        return;
    }
    say_failing(pl, s);
}

/** The first sub-domain whose reports do not let its policy rise. */
static const struct evidence_mail *find_unready(const struct planner *pl)
{
    for (size_t i = 0; i < pl->e->nsubdomains; i++) {
        const struct evidence_mail *m = &pl->e->subdomains[i];

        if (m->legit && (m->legit - m->legit_pass) > m->legit / 100)
            return m;
    }
    return NULL;
}

/** S: sub-domains as the domain. */
static void plan_subdomains(struct planner *pl)
{
    const struct dmarc_record *r = pl->p->dmarc.record;
    struct assay_plan_step *s = plan_step(pl, PLAN_SUBDOMAINS);
    const struct evidence_mail *unready;
    struct change c;

    if (!s || !want_evidence(pl, s))
        return;
    plan_gate(pl, s, &pl->e->mail, 28, 990);
    plan_pause(pl, s);
    if (s->step == ASSAY_STEP_NOT_YET)
        return;
    if ((unready = find_unready(pl))) {
        plan_say(pl, s, "%.*s is not ready: give it a record of its own first",
                 SPAN_ARG(unready->domain));
        plan_publish(pl, s, "TXT", record_name(pl, unready->domain), SPAN_EMPTY,
                     SPAN("v=DMARC1; p=none"));
    }
    begin(pl, &c);
    if (r->sp.present)
        dmarc_draft_set(&c.draft, DMARC_TAG_SP,
                        posture_printf(pl->p, "sp=%s", dmarc_policy_text(r->p.policy)));
    dmarc_draft_set(&c.draft, DMARC_TAG_NP, SPAN("np=reject"));
    finish(pl, s, &c);
}

/** K: keys that are too short. */
static void plan_keys(struct planner *pl)
{
    struct assay_plan_step *s;

    if (!has_hit(pl->p, F_DKIM_KEY_SHORT, SPAN_EMPTY) || !(s = plan_step(pl, PLAN_KEYS)))
        return;
    plan_take(pl, s, F_DKIM_KEY_SHORT);
    if (!s->nfixes)
        plan_advise(pl, s, "Make a key: assay key new rsa --selector NEW --domain NAME");
}

/** Sub-domains are what keeps the domain at its rung, and nothing asks for a step back. */
static bool waits_for_subdomains(const struct planner *pl, bool trial)
{
    const struct topic_dmarc *d = &pl->p->dmarc;

    return !trial && d->own_org == YES && (d->sp < d->p || d->np < d->p) &&
           !(pl->e && pl->e->mail.given && must_go_back(pl));
}

/** The one step of a policy that is more than none. */
static void plan_strict(struct planner *pl)
{
    const struct dmarc_record *r = pl->p->dmarc.record;
    bool trial = r->testing || r->pct < 100;

    if (waits_for_subdomains(pl, trial))
        plan_subdomains(pl);
    else if (r->p.policy == DMARC_POLICY_QUARANTINE && trial)
        plan_quarantine(pl);
    else if (r->p.policy == DMARC_POLICY_QUARANTINE)
        plan_try_reject(pl);
    else if (trial)
        plan_reject(pl);
    else
        plan_keep(pl);
}

void plan_auth(struct planner *pl)
{
    struct posture *p = pl->p;
    const struct topic_dmarc *d = &p->dmarc;
    struct assay_plan_step *s;

    if (p->profile == ASSAY_PROFILE_PARKED) {
        plan_parked(pl);
        return;
    }
    if (d->applies == UNKNOWN) {
        s = plan_step(pl, PLAN_UNKNOWN);
        plan_say(pl, s, "the DMARC record did not answer");
    } else if (d->applies == NO || !d->record) {
        plan_start(pl);
    } else if (!span_eq(d->record_domain, p->domain)) {
        s = plan_step(pl, PLAN_INHERITED);
        plan_say(pl, s, "assay plan %.*s", SPAN_ARG(d->record_domain));
    } else if (d->now.assumed_none || d->record->p.policy == DMARC_POLICY_NONE) {
        if (d->rua_works != YES)
            plan_blind(pl);
        else if (!is_watched(pl))
            plan_watch(pl);
        else
            plan_try_quarantine(pl);
    } else {
        plan_strict(pl);
    }
    plan_keys(pl);
}
