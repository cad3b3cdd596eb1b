/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file phase.c The three ladders (docs/findings.md 6): each rung includes those below, and the phase is the
 * highest that is proved.
 */
#include "posture/emit.h"
#include "posture/score.h"

/** The rung is reached, given those below. */
typedef enum truth rung_fn(const struct posture *p);

/** A rung. */
struct rung {
    const char *name;
    rung_fn *reached; /* NULL: the lowest, which everyone is on */
};

/* ---- auth ---- */

static enum truth policy_applies(const struct posture *p)
{
    return p->dmarc.applies;
}

/** Reports come; one that sends nothing need not have any. */
static enum truth is_watching(const struct posture *p)
{
    return p->profile == ASSAY_PROFILE_RECEIVE ? YES : p->dmarc.rua_works;
}

/** Policies are known, and all of those that are looked at are at least so much. */
static enum truth at_least(const struct posture *p, enum dmarc_policy policy, bool below_too)
{
    const struct topic_dmarc *d = &p->dmarc;

    if (d->applies != YES)
        return d->applies;
    if (d->now.existence_unknown && d->sp != d->np)
        return d->p >= policy && !below_too ? YES : UNKNOWN;
    if (d->p < policy)
        return NO;
    if (!below_too || d->own_org == NO)
        return YES;
    return d->sp >= policy && d->np >= policy ? YES : d->own_org == YES ? NO : UNKNOWN;
}

static enum truth is_stepping(const struct posture *p)
{
    return at_least(p, DMARC_POLICY_QUARANTINE, false);
}

/** Nothing lowers the policy or applies it to a share of the mail. */
static enum truth is_whole(const struct posture *p)
{
    const struct dmarc_record *r = p->dmarc.now.record;

    return r ? truth_of(!r->testing && r->pct == 100) : p->dmarc.applies;
}

static enum truth is_quarantine(const struct posture *p)
{
    return truth_and(is_whole(p), at_least(p, DMARC_POLICY_QUARANTINE, true));
}

static enum truth is_reject(const struct posture *p)
{
    return truth_and(is_whole(p), at_least(p, DMARC_POLICY_REJECT, true));
}

/** No error and no warning in SPF, DKIM, DMARC, and most is known. */
static enum truth is_kept(const struct posture *p)
{
    for (const struct finding *f = p->first; f; f = f->next) {
        enum area area = finding_area(f->id);

        if (f->outcome >= ASSAY_WARNING &&
            (area == AREA_SPF || area == AREA_DKIM || area == AREA_DMARC))
            return NO;
    }
    return p->result.score.confidence >= 90 ? YES : UNKNOWN;
}

static const struct rung AUTH[] = {
    {"open", NULL},
    {"blind", policy_applies},
    {"watching", is_watching},
    {"stepping", is_stepping},
    {"quarantine", is_quarantine},
    {"reject", is_reject},
    {"kept", is_kept},
};

/* ---- transport ---- */

/** Something holds of every MX host. */
static enum truth all_hosts(const struct posture *p,
                            enum truth (*of)(const struct posture *p, const struct posture_host *))
{
    enum truth all = p->mx.receives == UNKNOWN || p->mx.more ? UNKNOWN : YES;

    for (size_t i = 0; i < p->mx.nhosts; i++)
        all = truth_and(all, of(p, &p->mx.hosts[i]));
    return p->mx.nhosts ? all : truth_and(all, NO);
}

static enum truth host_starttls(const struct posture *p, const struct posture_host *host)
{
    (void)p;
    return host->starttls;
}

static enum truth host_sts(const struct posture *p, const struct posture_host *host)
{
    (void)p;
    return host->sts_holds;
}

static enum truth host_dane(const struct posture *p, const struct posture_host *host)
{
    return truth_and(host->dane_holds, asked_secure(&p->mx.mx));
}

static enum truth host_path(const struct posture *p, const struct posture_host *host)
{
    int value = goal_path_of(p, host);

    return value == GOAL_UNKNOWN ? UNKNOWN : truth_of(value == 1000);
}

static enum truth is_encrypted(const struct posture *p)
{
    return all_hosts(p, host_starttls);
}

static enum truth is_reported(const struct posture *p)
{
    return p->tlsrpt.valid;
}

static enum truth is_enforced(const struct posture *p)
{
    return all_hosts(p, host_path);
}

/** A policy is tested and nothing fails; or what would be tested is enforced already. */
static enum truth is_tested(const struct posture *p)
{
    enum truth mode = truth_or(sts_mode(p, MTASTS_TESTING), sts_mode(p, MTASTS_ENFORCE));

    return truth_or(is_enforced(p), truth_and(mode, all_hosts(p, host_sts)));
}

static enum truth is_both(const struct posture *p)
{
    return truth_and(all_hosts(p, host_dane),
                     truth_and(sts_mode(p, MTASTS_ENFORCE), all_hosts(p, host_sts)));
}

static const struct rung TRANSPORT[] = {
    {"clear", NULL},       {"encrypted", is_encrypted}, {"reported", is_reported},
    {"tested", is_tested}, {"enforced", is_enforced},   {"both", is_both},
};

/* ---- brand ---- */

static enum truth is_ready(const struct posture *p)
{
    return p->bimi.dmarc_ok;
}

static enum truth has_logo(const struct posture *p)
{
    return p->bimi.logo_ok;
}

static enum truth is_certified(const struct posture *p)
{
    return p->bimi.mark_ok;
}

static const struct rung BRAND[] = {
    {"none", NULL},
    {"ready", is_ready},
    {"logo", has_logo},
    {"certified", is_certified},
};

/* ---- parked ---- */

/** Every goal of a parked domain is reached. */
static enum truth is_parked(const struct posture *p)
{
    const struct assay_score *s = &p->result.score;
    enum truth all = YES;

    for (size_t i = 0; i < s->ngoals; i++)
        all = truth_and(all, s->goals[i].known ? truth_of(s->goals[i].value == 1000) : UNKNOWN);
    return all;
}

static const struct rung PARKED[] = {{"not parked", NULL}, {"parked", is_parked}};

/** A ladder that leads nowhere for this profile. */
static const struct rung NOT_NEEDED[] = {{"not needed", NULL}};

/* ---- climbing ---- */

/** Climb a ladder as far as it is proved. */
static struct assay_phase climb(const struct posture *p, const char *ladder,
                                const struct rung *rungs, size_t n)
{
    struct assay_phase phase = {.ladder = ladder};
    enum truth next = YES;

    while (phase.rung + 1 < n && (next = rungs[phase.rung + 1].reached(p)) == YES)
        phase.rung++;
    phase.more_unknown = phase.rung + 1 < n && next == UNKNOWN;
    phase.name = rungs[phase.rung].name;
    phase.next = phase.rung + 1 < n ? rungs[phase.rung + 1].name : NULL;
    return phase;
}

#define CLIMB(p, ladder, rungs) climb((p), (ladder), (rungs), sizeof(rungs) / sizeof *(rungs))

void posture_phases(struct posture *p)
{
    struct assay_phase *phases = p->result.phases;
    bool parked = p->profile == ASSAY_PROFILE_PARKED;
    bool receives = p->profile == ASSAY_PROFILE_MAIL || p->profile == ASSAY_PROFILE_RECEIVE;
    bool sends = p->profile == ASSAY_PROFILE_MAIL || p->profile == ASSAY_PROFILE_SEND;

    phases[0] = parked ? CLIMB(p, "auth", PARKED) : CLIMB(p, "auth", AUTH);
    phases[1] = receives ? CLIMB(p, "transport", TRANSPORT) : CLIMB(p, "transport", NOT_NEEDED);
    phases[2] = sends ? CLIMB(p, "brand", BRAND) : CLIMB(p, "brand", NOT_NEEDED);
}
