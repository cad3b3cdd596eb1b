/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf.c SPF: the tree is gathered, and what the profile and the score want to know of it. */
#include "posture/spf_judge.h"

#include "dns/name.h"

/* ---- what may be registered by others (SPF-DANGLING) ---- */

/** The answer does not show that the name's domain exists. */
static bool may_be_gone(const struct assay_fact *fact)
{
    return fact && fact->how != ASSAY_OK && fact->how != ASSAY_NODATA;
}

/** The target of a term, when it lies elsewhere and may be gone. */
static bool is_suspect(const struct posture *p, const struct spf_use *use, assay_span name,
                       const struct assay_fact *fact)
{
    enum spf_mechanism mechanism = use->term ? use->term->mechanism : SPF_INCLUDE;
    bool asks = mechanism == SPF_INCLUDE || mechanism == SPF_A || mechanism == SPF_MX ||
                mechanism == SPF_EXISTS;

    return asks && !use->client_macro && name.n && may_be_gone(fact) &&
           !dns_is_under(name, p->domain);
}

/** Room for one target more: twice as many whenever there are as many as a power of two. */
static bool make_room(struct posture *p)
{
    struct topic_spf *t = &p->spf;
    struct posture_spf_target *wider;

    if (t->ntargets & (t->ntargets - 1))
        return true;
    wider = arena_zero(&p->ev.keep, (t->ntargets ? t->ntargets * 2 : 1) * sizeof *wider);
    if (!wider)
        return false;
    if (t->ntargets)
        memcpy(wider, t->targets, t->ntargets * sizeof *wider);
    t->targets = wider;
    return true;
}

/** Note a target; each name once. \return false: memory is out */
static bool note_target(struct posture *p, const struct spf_node *node, const struct spf_use *use,
                        assay_span name, const struct assay_fact *fact)
{
    struct topic_spf *t = &p->spf;

    if (!is_suspect(p, use, name, fact))
        return true;
    for (size_t i = 0; i < t->ntargets; i++)
        if (span_eq(t->targets[i].name, name))
            return true;
    t->more_targets = t->ntargets == LIMIT_SPF_TARGETS;
    if (t->more_targets)
        return true;
    if (!make_room(p))
        return false;
    t->targets[t->ntargets++] =
        (struct posture_spf_target){.node = node, .use = use, .name = name, .gone = UNKNOWN};
    return true;
}

/** The record is the top one, or one that takes its place by redirect: its exp counts (RFC 7208 6.2). */
static bool may_explain(const struct posture *p, const struct spf_node *node)
{
    for (const struct spf_node *at = node; at->by; at = at->parent)
        if (at->by->term)
            return false;
    return !node->again && posture_own(p, node->domain) != NO;
}

/** The explanations that count. */
static assay_status note_exps(struct posture *p)
{
    struct topic_spf *t = &p->spf;
    const struct spf_walk *walk = &t->walk;
    size_t n = 0;

    for (size_t i = 0; i < walk->nnodes; i++)
        n += walk->nodes[i]->record && walk->nodes[i]->record->exp.spec.n;
    if (n && !(t->exps = arena_zero(&p->ev.keep, n * sizeof *t->exps)))
        return ASSAY_ENOMEM;
    t->nexps = 0;
    for (size_t i = 0; i < walk->nnodes; i++) {
        const struct spf_node *node = walk->nodes[i];

        if (node->record && node->record->exp.spec.n && may_explain(p, node))
            t->exps[t->nexps++] = (struct posture_spf_exp){.node = node};
    }
    return ASSAY_DONE;
}

/** What the tree leaves to be asked. */
static assay_status note_rest(struct posture *p)
{
    struct topic_spf *t = &p->spf;
    assay_status s = note_exps(p);

    t->ntargets = 0;
    for (size_t i = 0; i < t->walk.nnodes && s == ASSAY_DONE; i++) {
        const struct spf_node *node = t->walk.nodes[i];

        for (size_t k = 0; k < node->nuses; k++) {
            const struct spf_use *use = &node->uses[k];

            if (!note_target(p, node, use, use->target, use->fact) ||
                !note_target(p, node, use, use->target6, use->fact6))
                return ASSAY_ENOMEM;
        }
    }
    t->noted = s == ASSAY_DONE;
    return s;
}

/** The registrable part of a name: one label more than its public suffix; empty: not known. */
static assay_span registrable(const struct asked *suffix)
{
    assay_span under;

    if (!suffix->fact || suffix->fact->how != ASSAY_OK || suffix->fact->n != 1)
        return SPAN_EMPTY;
    under = suffix->fact->data[0];
    if (span_eq(under, suffix->name) || !dns_is_under(suffix->name, under))
        return suffix->name;
    return dns_last_labels(suffix->name, dns_labels(under) + 1);
}

/** Ask whether the domain of a target exists. */
static assay_status ask_target(struct posture *p, struct posture_spf_target *target)
{
    const struct asked ours = p->apex.suffix;
    assay_span domain;
    assay_status s = posture_ask(p, ASSAY_SUFFIX, 0, target->name, &target->suffix);

    if (s != ASSAY_DONE)
        return s;
    domain = registrable(&target->suffix);
    if (!domain.n)
        return ASSAY_DONE;
    if (ours.fact && span_eq(registrable(&ours), domain)) {
        target->gone = NO;
        return ASSAY_DONE;
    }
    if ((s = posture_ask_dns(p, ASSAY_RR_NS, domain, &target->domain)) != ASSAY_DONE)
        return s;
    if (fact_state(target->domain.fact) != FACT_UNKNOWN)
        target->gone = truth_of(target->domain.fact->how == ASSAY_NXDOMAIN);
    return ASSAY_DONE;
}

/** Ask for an explanation whose name does not depend on the client. */
static assay_status ask_exp(struct posture *p, struct posture_spf_exp *exp)
{
    const struct spf_domain *spec = &exp->node->record->exp;

    if (spec->macro || !spec->name.n)
        return ASSAY_DONE;
    return posture_ask_dns(p, ASSAY_RR_TXT, spec->name, &exp->txt);
}

assay_status gather_spf(struct assay_eval *ev, void *posture)
{
    struct posture *p = posture;
    struct topic_spf *t = &p->spf;
    const struct spf_walk_request request = {.domain = p->domain, .keep = &ev->keep};
    assay_status s = ASSAY_DONE;

    if (!t->walked && (s = spf_walk(ev, &request, &t->walk)) != ASSAY_DONE)
        return s;
    t->walked = true;
    /* the domain's public suffix and its organizational domain are needed from here on */
    if (!posture_has(p, TOPIC_APEX) || !posture_has(p, TOPIC_DMARC))
        return ASSAY_NEED;
    if (!t->noted && (s = note_rest(p)) != ASSAY_DONE)
        return s;
    for (size_t i = 0; i < t->ntargets; i++)
        s = join(s, ask_target(p, &t->targets[i]));
    for (size_t i = 0; i < t->nexps && p->depth != ASSAY_DEPTH_SCAN; i++)
        s = join(s, ask_exp(p, &t->exps[i]));
    if (s != ASSAY_DONE)
        return s;
    spf_conclude(p);
    return gather_parked(p);
}

/* ---- conclusions ---- */

bool spf_may_be_more(const struct posture *p)
{
    const struct spf_walk *walk = &p->spf.walk;

    for (size_t i = 0; i < walk->nnodes; i++)
        if (walk->nodes[i]->fact && fact_state(walk->nodes[i]->fact) == FACT_UNKNOWN)
            return true;
    return walk->over;
}

/**
 * The one record of the domain is sound: no error of the worst case. Too many voids for one family alone are a
 * warning, and leave it valid.
 */
static enum truth is_valid(const struct posture *p)
{
    const struct spf_walk *walk = &p->spf.walk;
    enum spf_trouble a = walk->trouble[SPF_IPV4], b = walk->trouble[SPF_IPV6];
    bool one_family =
        (a == SPF_WELL && b == SPF_TROUBLE_VOIDS) || (b == SPF_WELL && a == SPF_TROUBLE_VOIDS);

    if ((a != SPF_WELL || b != SPF_WELL) && !one_family)
        return NO;
    return walk->unknown || walk->over ? UNKNOWN : YES;
}

/** An answer of the term's own is missing, and with it everyone may pass: exists, or a and mx with short prefixes. */
static bool may_pass_all(const struct spf_use *use)
{
    enum { WIDE = 8 };

    if (!use->unknown || use->client_macro || !use->term || use->term->qualifier != '+')
        return false;
    switch (use->term->mechanism) {
    case SPF_EXISTS: return true;
    case SPF_A:
    case SPF_MX: return use->term->bits4 < WIDE || use->term->bits6 < WIDE;
    default: return false;
    }
}

/** With the answers that are missing everyone may pass. */
static bool all_may_pass(const struct posture *p)
{
    const struct spf_walk *walk = &p->spf.walk;

    for (size_t i = 0; i < walk->nnodes; i++)
        for (size_t k = 0; k < walk->nodes[i]->nuses; k++)
            if (may_pass_all(&walk->nodes[i]->uses[k]))
                return true;
    return spf_may_be_more(p);
}

/** Some client gets pass (docs/findings.md 4). */
static enum truth lets_pass(const struct posture *p)
{
    const struct topic_spf *t = &p->spf;
    const struct spf_walk *walk = &t->walk;

    if (t->has != YES)
        return t->has;
    if (t->valid == NO || walk->pass[SPF_IPV4].n || walk->pass[SPF_IPV6].n)
        return YES;
    if (walk->unknown || walk->over)
        return UNKNOWN;
    return truth_of(walk->pass_open[SPF_IPV4] || walk->pass_open[SPF_IPV6]);
}

void spf_conclude(struct posture *p)
{
    struct topic_spf *t = &p->spf;
    const struct spf_node *top = t->walk.top;
    bool all = ipset_is_all(&t->walk.pass[SPF_IPV4]) || ipset_is_all(&t->walk.pass[SPF_IPV6]);
    bool more = all_may_pass(p);

    t->has = top->none ? NO : top->record ? YES : UNKNOWN;
    t->undeclared = top->none;
    t->valid = t->has == YES ? is_valid(p) : t->has;
    t->sends = lets_pass(p);
    for (unsigned f = 0; f < SPF_FAMILIES; f++)
        t->closes[f] = top->otherwise[f];
    t->passes_all = all ? YES : more && !top->none ? UNKNOWN : NO;
    t->reach4 = ipset_size(&t->walk.pass[SPF_IPV4]);
    t->reach_known = t->walk.unknown || t->walk.over ? UNKNOWN : YES;
    t->dangling = t->walk.over || t->more_targets ? UNKNOWN : NO;
    for (size_t i = 0; i < t->ntargets; i++)
        t->dangling = truth_or(t->dangling, t->targets[i].gone);
    t->holds = t->voids_by_family = UNKNOWN;
}

/* ---- judging ---- */

/** Goal G3: what makes the record not hold. */
static void conclude_holds(struct posture *p)
{
    static const enum finding_id BREAKS[] = {
        F_SPF_MISSING, F_SPF_MULTIPLE, F_SPF_SYNTAX, F_SPF_TARGET_NONE, F_SPF_TARGET_BROKEN,
        F_SPF_LOOP,    F_SPF_LOOKUPS,  F_SPF_VOID,   F_SPF_MX_LIMIT};
    struct topic_spf *t = &p->spf;
    bool unknown = false;

    t->holds = t->has;
    for (size_t i = 0; i < sizeof BREAKS / sizeof *BREAKS && t->has == YES; i++) {
        if (has_hit(p, BREAKS[i], SPAN_EMPTY))
            t->holds = NO;
        unknown |= has_unknown(p, BREAKS[i], SPAN_EMPTY);
    }
    if (t->holds == YES && unknown)
        t->holds = UNKNOWN;
    t->voids_by_family = has_hit(p, F_SPF_VOID_FAMILY, SPAN_EMPTY)       ? YES
                         : has_unknown(p, F_SPF_VOID_FAMILY, SPAN_EMPTY) ? UNKNOWN
                                                                         : NO;
}

/** The line where all is well. */
static void sum_up(struct posture *p)
{
    const struct topic_spf *t = &p->spf;

    if (p->brief)
        return;
    if (t->has == NO)
        p->summary[AREA_SPF] = SPAN("no record");
    else if (t->sends == NO)
        p->summary[AREA_SPF] = SPAN("nobody may send, and the record says so");
    else if (t->has == YES)
        p->summary[AREA_SPF] =
            posture_printf(p, "%u of %d lookups; %s%.*s IPv4 address%s may send", t->walk.lookups,
                           LIMIT_SPF_LOOKUPS, t->walk.pass_open[SPF_IPV4] ? "at least " : "",
                           SPAN_ARG(spf_count(p, (uint64_t)t->reach4)), t->reach4 == 1 ? "" : "es");
}

/** The record itself is not known: nor is all that follows from it. */
static void judge_nothing(struct posture *p)
{
    static const enum finding_id REST[] = {
        F_SPF_MODIFIER_TYPO, F_SPF_TARGET_NONE,  F_SPF_TARGET_BROKEN, F_SPF_LOOP,
        F_SPF_LOOKUPS,       F_SPF_LOOKUPS_NEAR, F_SPF_VOID,          F_SPF_VOID_FAMILY,
        F_SPF_DEAD_TERM,     F_SPF_DANGLING,     F_SPF_MX_LIMIT,      F_SPF_PTR,
        F_SPF_PASS_ALL,      F_SPF_NEUTRAL,      F_SPF_IGNORED_TERM,  F_SPF_SHADOWED,
        F_SPF_DUPLICATE,     F_SPF_REACH,        F_SPF_MACRO_USER,    F_SPF_EXP};

    for (size_t i = 0; i < sizeof REST / sizeof *REST; i++)
        spf_judged(p, REST[i], UNKNOWN);
}

void judge_spf(struct posture *p)
{
    const struct topic_spf *t = &p->spf;
    bool one = t->has == YES && t->walk.top->record->found == SPF_RECORD_OK;

    spf_judge_record(p);
    if (t->has == UNKNOWN)
        judge_nothing(p);
    if (one) {
        spf_judge_limits(p);
        spf_judge_terms(p);
        spf_judge_reach(p);
    }
    conclude_holds(p);
    if (!p->brief)
        sum_up(p);
}
