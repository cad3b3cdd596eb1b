/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf_limits.c SPF: where includes lead, and what the worst case costs (RFC 7208 4.6.4). */
#include "posture/spf_judge.h"

enum { NEAR = LIMIT_SPF_LOOKUPS - 2 };

/** The worst case evaluates the term. */
static bool is_reached(const struct spf_use *use)
{
    return use->reached[SPF_IPV4] || use->reached[SPF_IPV6];
}

/** The term is an include or redirect. */
static bool leads_on(const struct spf_use *use)
{
    return !use->term || use->term->mechanism == SPF_INCLUDE;
}

/** A child of a term in which something holds. */
static bool any_child(const struct spf_use *use, bool (*holds)(const struct spf_node *))
{
    return (use->child && holds(use->child)) || (use->child6 && holds(use->child6));
}

/* ---- where includes lead ---- */

static bool has_none(const struct spf_node *child)
{
    return child->none;
}

static bool has_several(const struct spf_node *child)
{
    return child->record && child->record->found == SPF_RECORD_SEVERAL;
}

static bool has_syntax_error(const struct spf_node *child)
{
    return child->record && child->record->found == SPF_RECORD_SYNTAX;
}

static bool is_loop(const struct spf_node *child)
{
    return child->loop;
}

static bool pick_none(const struct posture *p, const struct spf_node *node,
                      const struct spf_use *use)
{
    (void)p;
    (void)node;
    if (!is_reached(use) || !leads_on(use) || use->client_macro)
        return false;
    return any_child(use, has_none) || (!use->child && !use->child6 && !use->target.n);
}

static bool pick_several(const struct posture *p, const struct spf_node *node,
                         const struct spf_use *use)
{
    (void)p;
    (void)node;
    return is_reached(use) && any_child(use, has_several);
}

static bool pick_syntax(const struct posture *p, const struct spf_node *node,
                        const struct spf_use *use)
{
    (void)p;
    (void)node;
    return is_reached(use) && any_child(use, has_syntax_error);
}

static bool pick_loop(const struct posture *p, const struct spf_node *node,
                      const struct spf_use *use)
{
    (void)p;
    (void)node;
    return is_reached(use) && any_child(use, is_loop);
}

static bool pick_mx(const struct posture *p, const struct spf_node *node, const struct spf_use *use)
{
    (void)p;
    (void)node;
    return is_reached(use) && use->mx_names > LIMIT_SPF_NAMES;
}

/** A kind of trouble that a term of a record leads to. */
struct kind {
    enum finding_id id;
    spf_pick_fn *pick;
    const char *reason;
    const char *text;   /**< what follows the names of the terms */
    const char *advice; /**< for the record where the terms stand; may be NULL */
};

/** Show what the terms lead to. */
static void show_targets(struct posture *p, struct finding *f, const struct spf_picked *picked)
{
    for (size_t i = 0; !p->brief && i < picked->n && f->nevidence < FINDING_EVIDENCE; i++) {
        const struct spf_node *child =
            picked->uses[i]->child ? picked->uses[i]->child : picked->uses[i]->child6;
        const struct asked q =
            child && child->fact ? spf_node_asked(child) : spf_use_asked(picked->uses[i]);
        bool broken = child && child->record && child->record->found == SPF_RECORD_SYNTAX;

        if (!q.fact)
            continue;
        show(p, f, &q, broken ? child->record->text : SPAN_EMPTY,
             broken ? child->record->where : SPAN_EMPTY);
        if (broken)
            note(p, f, "%s", child->record->problem);
    }
}

/** Say it of one record. */
static void tell(struct posture *p, const struct kind *kind, const struct spf_picked *picked)
{
    struct finding *f = hit(p, kind->id, ASSAY_ERROR, picked->node->domain, kind->reason);
    assay_span names = spf_names(p, picked);

    if (picked->node->parent)
        say(p, f, "%.*s in the record of %.*s: %s", SPAN_ARG(names), SPAN_ARG(picked->node->domain),
            kind->text);
    else
        say(p, f, "%.*s: %s", SPAN_ARG(names), kind->text);
    spf_show(p, f, picked);
    show_targets(p, f, picked);
    spf_publish_without(p, f, picked);
    if (kind->advice)
        advise(p, f, "%s", kind->advice);
}

/** Look through all records for one kind. \return it was there */
static bool look_for(struct posture *p, const struct kind *kind)
{
    const struct spf_walk *walk = &p->spf.walk;
    bool any = false;

    for (size_t i = 0; i < walk->nnodes; i++) {
        struct spf_picked picked;

        if (walk->nodes[i]->again || !walk->nodes[i]->nuses)
            continue;
        picked = spf_pick(p, walk->nodes[i], kind->pick);
        if (picked.n)
            tell(p, kind, &picked);
        any |= picked.n > 0;
    }
    return any;
}

static void judge_targets(struct posture *p)
{
    static const struct kind NONE = {
        F_SPF_TARGET_NONE, pick_none, NULL, "no SPF record is there; receivers end with an error",
        "If a record was meant to be there, correct the name or have its owner publish one."};
    static const struct kind BROKEN[] = {
        {F_SPF_TARGET_BROKEN, pick_several, "multiple",
         "there are several SPF records; receivers end with an error",
         "Tell the owner of the other domain to keep one record."},
        {F_SPF_TARGET_BROKEN, pick_syntax, "syntax",
         "the record there cannot be read; receivers end with an error",
         "Tell the owner of the other domain what is wrong with it."}};
    static const struct kind LOOP = {F_SPF_LOOP, pick_loop, NULL,
                                     "this leads in a circle; receivers end with an error", NULL};
    enum truth rest = spf_may_be_more(p) ? UNKNOWN : NO;
    bool none = look_for(p, &NONE), several = look_for(p, &BROKEN[0]),
         syntax = look_for(p, &BROKEN[1]);

    if (!none)
        spf_judged(p, F_SPF_TARGET_NONE, rest);
    if (!several && !syntax)
        spf_judged(p, F_SPF_TARGET_BROKEN, rest);
    if (!look_for(p, &LOOP))
        spf_judged(p, F_SPF_LOOP, rest);
}

static void judge_mx_limit(struct posture *p)
{
    static const struct kind MX = {F_SPF_MX_LIMIT, pick_mx, NULL,
                                   "more than ten MX hosts; receivers end with an error",
                                   "List the addresses of these hosts as ip4 and ip6 instead."};

    if (!look_for(p, &MX))
        spf_judged(p, F_SPF_MX_LIMIT, p->spf.walk.unknown || p->spf.walk.over ? UNKNOWN : NO);
}

/* ---- what it costs ---- */

/** Lookups of a term of the top record with all below it. */
static unsigned cost_of(const struct spf_use *use)
{
    unsigned below = 0;

    for (unsigned f = 0; f < SPF_FAMILIES; f++) {
        const struct spf_node *child = f && use->child6 ? use->child6 : use->child;

        if (child && child->lookups[f] > below)
            below = child->lookups[f];
    }
    return use->lookups + below;
}

/** Addresses could stand in place of the term. */
static bool can_be_flat(const struct spf_use *use)
{
    return use->term && !use->open[SPF_IPV4] && !use->open[SPF_IPV6] && !use->client_macro &&
           use->term->mechanism != SPF_PTR && use->term->mechanism != SPF_EXISTS;
}

static int compare_costs(const void *a, const void *b)
{
    const struct spf_use *const *x = a, *const *y = b;
    unsigned cx = cost_of(*x), cy = cost_of(*y);

    return cx != cy ? (cx < cy ? 1 : -1) : *x < *y ? -1 : *x > *y;
}

static bool pick_costs(const struct posture *p, const struct spf_node *node,
                       const struct spf_use *use)
{
    (void)p;
    (void)node;
    return cost_of(use) > 0;
}

/** A term that costs and adds nothing: nobody is lost without it. */
static bool pick_needless(const struct posture *p, const struct spf_node *node,
                          const struct spf_use *use)
{
    (void)p;
    (void)node;
    return cost_of(use) > 0 && (use->dead || use->shadowed);
}

/** Lookups of terms together. */
static unsigned sum_of(const struct spf_picked *picked)
{
    unsigned sum = 0;

    for (size_t i = 0; i < picked->n; i++)
        sum += cost_of(picked->uses[i]);
    return sum;
}

/** What to do: delete what adds nothing; flatten the fewest terms if that is not enough. */
static void advise_cheapest(struct posture *p, struct finding *f, const struct spf_picked *costs)
{
    const struct spf_node *top = p->spf.walk.top;
    struct spf_picked needless = spf_pick(p, top, pick_needless),
                      fewest = {top, posture_get(p, costs->n, sizeof(*fewest.uses)), 0};
    unsigned lookups = p->spf.walk.lookups - sum_of(&needless);

    if (needless.n) {
        spf_publish_without(p, f, &needless);
        advise(p, f, "Nothing is lost without %.*s: %u lookups are left then.",
               SPAN_ARG(spf_names(p, &needless)), lookups);
    }
    if (lookups <= LIMIT_SPF_LOOKUPS)
        return;
    for (size_t i = 0; fewest.uses && i < costs->n && lookups > LIMIT_SPF_LOOKUPS; i++) {
        const struct spf_use *use = costs->uses[i];

        if (!can_be_flat(use) || pick_needless(p, top, use))
            continue;
        lookups -= cost_of(use);
        fewest.uses[fewest.n++] = use;
    }
    if (lookups > LIMIT_SPF_LOOKUPS)
        advise(p, f,
               "Delete terms whose services are not used any more, or move mail that they send to "
               "a sub-domain with a record of its own.");
    else
        advise(p, f,
               "Delete what is not used any more; else put the addresses of %.*s in its place "
               "(\"assay spf flatten %.*s\" writes the record): %u lookups are left then.",
               SPAN_ARG(spf_names(p, &fewest)), SPAN_ARG(p->domain), lookups);
}

/** What each term costs, the dearest first, and what to do. */
static void tell_costs(struct posture *p, struct finding *f)
{
    const struct spf_node *top = p->spf.walk.top;
    struct spf_picked costs = spf_pick(p, top, pick_costs);
    const struct asked q = spf_node_asked(top);

    if (!costs.n || p->brief)
        return;
    qsort(costs.uses, costs.n, sizeof(*costs.uses), compare_costs);
    for (size_t i = 0; i < costs.n && f->nevidence < FINDING_EVIDENCE; i++) {
        show(p, f, &q, top->record->text, costs.uses[i]->text);
        note(p, f, "%u of %u lookups", cost_of(costs.uses[i]), p->spf.walk.lookups);
    }
    if (p->spf.walk.lookups > LIMIT_SPF_LOOKUPS || spf_pick(p, top, pick_needless).n)
        advise_cheapest(p, f, &costs);
    else
        advise(p, f, "Delete what is not used any more before something is added.");
}

static void judge_lookups(struct posture *p)
{
    unsigned lookups = p->spf.walk.lookups;
    bool more = spf_may_be_more(p);
    struct finding *f;

    if (lookups > LIMIT_SPF_LOOKUPS) {
        f = hit(p, F_SPF_LOOKUPS, ASSAY_ERROR, p->domain, NULL);
        say(p, f, "the SPF record takes %s%u DNS lookups; receivers stop at %d with an error",
            more ? "at least " : "", lookups, LIMIT_SPF_LOOKUPS);
        tell_costs(p, f);
        pass(p, F_SPF_LOOKUPS_NEAR, p->domain);
        return;
    }
    spf_judged(p, F_SPF_LOOKUPS, more ? UNKNOWN : NO);
    if (lookups < NEAR + 1 || more) {
        spf_judged(p, F_SPF_LOOKUPS_NEAR, more ? UNKNOWN : NO);
        return;
    }
    f = hit(p, F_SPF_LOOKUPS_NEAR, ASSAY_NOTICE, p->domain, NULL);
    say(p, f, "the SPF record takes %u of %d DNS lookups: %s", lookups, LIMIT_SPF_LOOKUPS,
        lookups == LIMIT_SPF_LOOKUPS ? "not one more fits" : "only one more fits");
    tell_costs(p, f);
}

/* ---- what finds nothing ---- */

/** More than two for clients of a family. */
static enum truth over_voids(const struct posture *p, enum spf_family family)
{
    const struct spf_walk *walk = &p->spf.walk;

    if (walk->voids[family] > LIMIT_SPF_VOIDS)
        return YES;
    return spf_may_be_more(p) || walk->voids_possible[family] > LIMIT_SPF_VOIDS ? UNKNOWN : NO;
}

static bool pick_void(const struct posture *p, const struct spf_node *node,
                      const struct spf_use *use)
{
    (void)p;
    (void)node;
    return use->voids[SPF_IPV4] || use->voids[SPF_IPV6];
}

/** It finds nothing whoever the client is: to delete it takes nothing away. */
static bool pick_void_for_all(const struct posture *p, const struct spf_node *node,
                              const struct spf_use *use)
{
    (void)p;
    (void)node;
    return use->voids[SPF_IPV4] && use->voids[SPF_IPV6];
}

/** Show the terms that find nothing, record by record. */
static void tell_voids(struct posture *p, struct finding *f, bool remove)
{
    const struct spf_walk *walk = &p->spf.walk;

    for (size_t i = 0; i < walk->nnodes; i++) {
        struct spf_picked picked =
            spf_pick(p, walk->nodes[i], remove ? pick_void_for_all : pick_void);

        if (!picked.n)
            continue;
        spf_show(p, f, &picked);
        if (remove)
            spf_publish_without(p, f, &picked);
        else
            advise(p, f, "Write the addresses of %.*s in %.*s as ip4 and ip6.",
                   SPAN_ARG(spf_names(p, &picked)), SPAN_ARG(walk->nodes[i]->domain));
    }
}

/** What is missing for voids: an answer, or clients that are not known. */
static void void_unknown(struct posture *p, enum finding_id id)
{
    if (spf_may_be_more(p) || p->spf.walk.unknown)
        spf_judged(p, id, UNKNOWN);
    else
        unknown(p, id, p->domain, NULL, "what macros name depends on the client");
}

static void judge_voids(struct posture *p)
{
    const struct spf_walk *walk = &p->spf.walk;
    enum truth four = over_voids(p, SPF_IPV4), six = over_voids(p, SPF_IPV6);
    enum truth both = truth_and(four, six), one = truth_and(truth_or(four, six), truth_not(both));
    struct finding *f;

    if (both == YES) {
        f = hit(p, F_SPF_VOID, ASSAY_ERROR, p->domain, NULL);
        say(p, f,
            "%u terms of the SPF record point to nothing; receivers stop at the third with an error",
            walk->voids[SPF_IPV4]);
        tell_voids(p, f, true);
    } else if (both == NO) {
        pass(p, F_SPF_VOID, p->domain);
    } else {
        void_unknown(p, F_SPF_VOID);
    }
    if (one == YES) {
        enum spf_family family = four == YES ? SPF_IPV4 : SPF_IPV6;

        f = hit(p, F_SPF_VOID_FAMILY, ASSAY_WARNING, p->domain, NULL);
        say(p, f,
            "for clients with IPv%d addresses %u terms find nothing; receivers stop at the third",
            family == SPF_IPV4 ? 4 : 6, walk->voids[family]);
        tell_voids(p, f, false);
    } else if (one == NO) {
        pass(p, F_SPF_VOID_FAMILY, p->domain);
    } else {
        void_unknown(p, F_SPF_VOID_FAMILY);
    }
}

void spf_judge_limits(struct posture *p)
{
    judge_targets(p);
    judge_mx_limit(p);
    if (has_hit(p, F_SPF_LOOP, SPAN_EMPTY))
        return;
    judge_lookups(p);
    judge_voids(p);
}
