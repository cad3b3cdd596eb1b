/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/score.h"

#include "posture/emit.h"

enum { WHOLE = 1000 };

/** A truth as a value. */
static int value_of(enum truth t)
{
    return t == YES ? WHOLE : t == NO ? 0 : GOAL_UNKNOWN;
}

enum assay_outcome outcome_of(const struct posture *p, enum finding_id id)
{
    enum assay_outcome worst = 0;

    for (const struct finding *f = p->first; f; f = f->next)
        if (f->id == id && f->outcome > worst)
            worst = f->outcome;
    return worst;
}

/* ---- DMARC ---- */

/** What a policy is worth. */
static int policy_value(enum dmarc_policy policy, int quarantine)
{
    return policy == DMARC_POLICY_REJECT       ? WHOLE
           : policy == DMARC_POLICY_QUARANTINE ? quarantine
                                               : 0;
}

/** The policy for the domain itself is known: it does not hang on whether the domain exists. */
static bool policy_known(const struct topic_dmarc *d)
{
    return d->applies == YES && (!d->now.existence_unknown || d->sp == d->np);
}

int goal_policy(const struct posture *p)
{
    const struct topic_dmarc *d = &p->dmarc;

    if (d->applies == NO)
        return 0;
    if (!policy_known(d))
        return GOAL_UNKNOWN;
    if (d->p != DMARC_POLICY_NONE)
        return policy_value(d->p, 850);
    return d->rua_works == YES ? 150 : d->rua_works == NO ? 0 : GOAL_UNKNOWN;
}

/** Policies for sub-domains, half each; GOAL_NOT where the domain has none of its own. */
static int subdomains(const struct posture *p, int quarantine)
{
    const struct topic_dmarc *d = &p->dmarc;

    if (d->own_org == NO)
        return GOAL_NOT;
    if (d->own_org == UNKNOWN || d->applies == UNKNOWN)
        return GOAL_UNKNOWN;
    if (d->applies == NO)
        return 0;
    return (policy_value(d->sp, quarantine) + policy_value(d->np, quarantine)) / 2;
}

static int goal_subdomains(const struct posture *p)
{
    return subdomains(p, 850);
}

static int goal_reports(const struct posture *p)
{
    return value_of(p->dmarc.rua_works);
}

/* ---- SPF, DKIM ---- */

static int goal_spf_holds(const struct posture *p)
{
    const struct topic_spf *s = &p->spf;

    if (s->holds != YES)
        return value_of(s->holds);
    return s->voids_by_family == NO ? WHOLE : s->voids_by_family == YES ? WHOLE / 2 : GOAL_UNKNOWN;
}

/** What is left for clients that no term matches is worth so much. */
static int close_value(enum spf_result result, int neutral, int softfail)
{
    switch (result) {
    case SPF_FAIL: return WHOLE;
    case SPF_SOFTFAIL: return softfail;
    case SPF_NEUTRAL: return neutral;
    case SPF_TEMPERROR: return GOAL_UNKNOWN;
    default: return 0;
    }
}

/** The lesser of both families; what is unknown could be less. */
static int closes(const struct topic_spf *s, int neutral, int softfail)
{
    int a = close_value(s->closes[0], neutral, softfail);
    int b = close_value(s->closes[1], neutral, softfail);

    return a == 0 || b == 0 ? 0 : a < b ? a : b; /* GOAL_UNKNOWN is below all values */
}

static int goal_spf_closes(const struct posture *p)
{
    const struct topic_spf *s = &p->spf;

    if (s->valid == NO || s->passes_all == YES)
        return 0;
    if (s->valid == UNKNOWN || s->passes_all == UNKNOWN)
        return GOAL_UNKNOWN;
    return closes(s, 250, WHOLE);
}

static int goal_spf_narrow(const struct posture *p)
{
    const struct topic_spf *s = &p->spf;
    int reach = s->reach4 <= 100000 ? WHOLE : s->reach4 <= 1000000 ? WHOLE / 2 : 0;

    if (s->valid == NO || s->dangling == YES)
        return 0;
    if (s->valid == UNKNOWN || s->reach_known != YES)
        return GOAL_UNKNOWN;
    return reach == 0 || s->dangling == NO ? reach : GOAL_UNKNOWN;
}

static int goal_dkim(const struct posture *p)
{
    return p->dkim.known == YES ? (int)p->dkim.value : GOAL_UNKNOWN;
}

/* ---- the way in ---- */

/** The value of one MX host. */
typedef int host_fn(const struct posture *p, const struct posture_host *host);

/** The mean over the MX hosts; GOAL_NOT where there is none. */
static int mean(const struct posture *p, host_fn *fn)
{
    int sum = 0;

    if (p->mx.receives == NO)
        return GOAL_NOT;
    if (p->mx.receives == UNKNOWN || !p->mx.nhosts || p->mx.more)
        return GOAL_UNKNOWN;
    for (size_t i = 0; i < p->mx.nhosts; i++) {
        int value = fn(p, &p->mx.hosts[i]);

        if (value < 0)
            return GOAL_UNKNOWN;
        sum += value;
    }
    return (int)((size_t)sum / p->mx.nhosts);
}

static int tls_of(const struct posture *p, const struct posture_host *host)
{
    (void)p;
    if (host->starttls != YES)
        return value_of(host->starttls);
    return host->tls12 == NO ? WHOLE / 2 : value_of(host->tls12);
}

static int goal_tls(const struct posture *p)
{
    return mean(p, tls_of);
}

enum truth sts_mode(const struct posture *p, enum mtasts_mode mode)
{
    const struct topic_mtasts *m = &p->mtasts;

    if (m->valid != YES)
        return m->valid;
    return truth_of(m->policy && m->policy->mode == mode);
}

int goal_path_of(const struct posture *p, const struct posture_host *host)
{
    enum truth secure = asked_secure(&p->mx.mx), dane = host->dane_holds, sts = host->sts_holds;
    enum truth whole =
        truth_or(truth_and(dane, secure), truth_and(sts_mode(p, MTASTS_ENFORCE), sts));
    enum truth part = truth_or(dane, truth_and(sts_mode(p, MTASTS_TESTING), sts));

    if (whole != NO)
        return value_of(whole);
    return part == YES ? 400 : value_of(part);
}

int goal_path(const struct posture *p)
{
    return mean(p, goal_path_of);
}

static int goal_tls_reports(const struct posture *p)
{
    return value_of(p->tlsrpt.valid);
}

static int goal_signed(const struct posture *p)
{
    enum assay_outcome o = outcome_of(p, F_DNS_UNSIGNED);

    return o == ASSAY_PASS ? WHOLE : o >= ASSAY_NOTICE ? 0 : GOAL_UNKNOWN;
}

/* ---- a parked domain ---- */

static int goal_no_sender(const struct posture *p)
{
    const struct topic_spf *s = &p->spf;

    if (s->undeclared || s->has == NO || s->valid == NO || s->sends == YES)
        return 0;
    if (s->valid == UNKNOWN || s->sends == UNKNOWN)
        return GOAL_UNKNOWN;
    return closes(s, WHOLE / 2, WHOLE / 2);
}

static int goal_parked_policy(const struct posture *p)
{
    if (p->dmarc.applies == NO)
        return 0;
    return policy_known(&p->dmarc) ? policy_value(p->dmarc.p, 700) : GOAL_UNKNOWN;
}

static int goal_parked_subdomains(const struct posture *p)
{
    int value = subdomains(p, 700);

    return value == GOAL_NOT ? WHOLE : value;
}

static int goal_nothing_accepted(const struct posture *p)
{
    if (p->mx.receives != YES)
        return p->mx.receives == NO ? WHOLE : GOAL_UNKNOWN;
    return p->mx.implicit ? WHOLE / 2 : 0;
}

/* ---- the goals ---- */

enum {
    IN_MAIL = 1 << ASSAY_PROFILE_MAIL,
    IN_SEND = 1 << ASSAY_PROFILE_SEND,
    IN_RECEIVE = 1 << ASSAY_PROFILE_RECEIVE,
    IN_PARKED = 1 << ASSAY_PROFILE_PARKED,
    SENDS = IN_MAIL | IN_SEND,
    RECEIVES = IN_MAIL | IN_RECEIVE
};

/** The goals (docs/findings.md 5). */
static const struct {
    const char *id, *name;
    unsigned weight, profiles;
    goal_fn *value;
} GOALS[] = {
    {"G1", "policy", 24, SENDS | RECEIVES, goal_policy},
    {"G2", "subdomains", 10, SENDS | RECEIVES, goal_subdomains},
    {"G3", "SPF holds", 10, SENDS | RECEIVES, goal_spf_holds},
    {"G4", "SPF closes", 6, SENDS | RECEIVES, goal_spf_closes},
    {"G5", "SPF is narrow", 5, SENDS, goal_spf_narrow},
    {"G6", "DKIM", 15, SENDS, goal_dkim},
    {"G7", "reports", 8, SENDS, goal_reports},
    {"G8", "TLS", 8, RECEIVES, goal_tls},
    {"G9", "authenticated MX", 10, RECEIVES, goal_path},
    {"G10", "TLS reports", 2, RECEIVES, goal_tls_reports},
    {"G11", "signed", 2, SENDS | RECEIVES, goal_signed},
    {"P1", "nobody may send", 30, IN_PARKED, goal_no_sender},
    {"P2", "policy", 40, IN_PARKED, goal_parked_policy},
    {"P3", "subdomains", 15, IN_PARKED, goal_parked_subdomains},
    {"P4", "nothing is accepted", 15, IN_PARKED, goal_nothing_accepted},
};

enum { N_GOALS = sizeof GOALS / sizeof *GOALS };

/** Find the value of every goal that applies. */
static void find_goals(struct posture *p)
{
    struct assay_score *s = &p->result.score;
    struct assay_goal *goals = posture_get(p, N_GOALS, sizeof *goals);

    for (size_t i = 0; goals && i < N_GOALS; i++) {
        int value;

        if (!(GOALS[i].profiles >> p->profile & 1) || (value = GOALS[i].value(p)) == GOAL_NOT)
            continue;
        goals[s->ngoals++] = (struct assay_goal){.id = GOALS[i].id,
                                                 .name = GOALS[i].name,
                                                 .weight = GOALS[i].weight,
                                                 .value = value < 0 ? 0 : (unsigned)value,
                                                 .known = value >= 0};
    }
    s->goals = goals;
}

/* ---- what holds the score down ---- */

/** Some error outside BIMI. */
static bool has_error(const struct posture *p)
{
    for (const struct finding *f = p->first; f; f = f->next)
        if (f->outcome == ASSAY_ERROR && finding_area(f->id) != AREA_BIMI)
            return true;
    return false;
}

/** The policy is known to ask for nothing. */
static bool asks_nothing(const struct topic_dmarc *d)
{
    return policy_known(d) && d->p == DMARC_POLICY_NONE;
}

/** What the score can be at most, and why. */
static unsigned find_cap(const struct posture *p, const char **ret_why)
{
    if (has_hit(p, F_SPF_PASS_ALL, SPAN_EMPTY)) {
        *ret_why = "anyone passes SPF";
        return 19;
    }
    if (has_hit(p, F_DNS_BOGUS, SPAN_EMPTY) || has_hit(p, F_DNS_NO_DOMAIN, SPAN_EMPTY)) {
        *ret_why = "the domain does not resolve";
        return 19;
    }
    if (p->dmarc.applies == NO) {
        *ret_why = "no DMARC policy applies";
        return 39;
    }
    if (asks_nothing(&p->dmarc)) {
        *ret_why = "the DMARC policy asks for nothing";
        return 59;
    }
    *ret_why = "there are errors";
    return has_error(p) ? 74 : 100;
}

/* ---- the sum ---- */

/** n of d as a percentage, rounded half up; n in thousandths. */
static unsigned percent(unsigned n, unsigned d)
{
    return d ? (2 * 100 * n + d * WHOLE) / (2 * d * WHOLE) : 0;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/** The letter of a score. */
static char grade_of(unsigned score)
{
    return score >= 90   ? 'A'
           : score >= 75 ? 'B'
           : score >= 60 ? 'C'
           : score >= 40 ? 'D'
           : score >= 20 ? 'E'
                         : 'F';
}

void score_sum(unsigned most, struct assay_score *s)
{
    unsigned known = 0, all = 0, sum = 0;

    for (size_t i = 0; i < s->ngoals; i++) {
        const struct assay_goal *g = &s->goals[i];

        all += g->weight;
        known += g->known ? g->weight : 0;
        sum += g->known ? g->weight * g->value : 0;
    }
    s->score = least(percent(sum, known), most);
    s->low = least(percent(sum, all), most);
    s->high = least(percent(sum + (all - known) * WHOLE, all), most);
    s->confidence = percent(known * WHOLE, all);
    s->grade = (char)(s->confidence < 50 ? 0 : grade_of(s->score));
    s->provisional = s->confidence < 90;
}

void posture_score(struct posture *p)
{
    struct assay_score *s = &p->result.score;
    const char *why;
    unsigned most = find_cap(p, &why), uncapped;

    find_goals(p);
    score_sum(100, s);
    uncapped = s->score;
    score_sum(most, s);
    s->cap = uncapped > most ? why : NULL;
}
