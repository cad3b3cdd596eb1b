/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf_terms.c SPF: terms that do nothing, do too much, or cost for nothing. */
#include "posture/spf_judge.h"

#include "spf/macro.h"

/* ---- one condition over the terms of the own records ---- */

/** A check that looks at each own record. */
struct look {
    enum finding_id id;
    enum assay_outcome severity;
    spf_pick_fn *pick;
    const char *reason;
    const char *text;   /**< what follows the names of the terms */
    bool remove;        /**< publish the record without them */
    const char *advice; /**< or NULL */
};

/** Look through the own records. \return it was there */
static bool look_through(struct posture *p, const struct look *look)
{
    const struct spf_walk *walk = &p->spf.walk;
    bool any = false;

    for (size_t i = 0; i < walk->nnodes; i++) {
        const struct spf_node *node = walk->nodes[i];
        struct spf_picked picked;
        struct finding *f;

        if (!node->nuses || !spf_is_own(p, node))
            continue;
        picked = spf_pick(p, node, look->pick);
        if (!picked.n)
            continue;
        any = true;
        f = hit(p, look->id, look->severity, node->domain, look->reason);
        say(p, f, "%.*s: %s", SPAN_ARG(spf_names(p, &picked)), look->text);
        spf_show(p, f, &picked);
        if (look->remove)
            spf_publish_without(p, f, &picked);
        if (look->advice)
            advise(p, f, "%s", look->advice);
    }
    return any;
}

/** Some term of an own record misses an answer of its own. */
static bool own_unknown(const struct posture *p, bool behind)
{
    const struct spf_walk *walk = &p->spf.walk;

    for (size_t i = 0; i < walk->nnodes; i++)
        for (size_t k = 0; k < walk->nodes[i]->nuses; k++) {
            const struct spf_use *use = &walk->nodes[i]->uses[k];

            if ((behind ? use->behind_unknown : use->unknown && !use->child) &&
                spf_is_own(p, walk->nodes[i]))
                return true;
        }
    return false;
}

/* ---- dead terms ---- */

static bool pick_dead(const struct posture *p, const struct spf_node *node,
                      const struct spf_use *use)
{
    (void)p;
    (void)node;
    return use->dead;
}

static bool pick_reserved(const struct posture *p, const struct spf_node *node,
                          const struct spf_use *use)
{
    (void)p;
    (void)node;
    return use->reserved;
}

static void judge_dead(struct posture *p)
{
    static const struct look NO_ADDRESS = {F_SPF_DEAD_TERM,
                                           ASSAY_WARNING,
                                           pick_dead,
                                           "no-address",
                                           "no address is behind this, so nobody can match",
                                           true,
                                           NULL};
    static const struct look RESERVED = {
        F_SPF_DEAD_TERM,
        ASSAY_WARNING,
        pick_reserved,
        "reserved",
        "no client of the Internet has such an address (private or reserved)",
        true,
        NULL};
    bool dead = look_through(p, &NO_ADDRESS), reserved = look_through(p, &RESERVED);

    if (!dead && !reserved)
        spf_judged(p, F_SPF_DEAD_TERM, own_unknown(p, false) ? UNKNOWN : NO);
}

/* ---- domains that anyone may register ---- */

/** Say it of one target. */
static void tell_dangling(struct posture *p, const struct posture_spf_target *target)
{
    const struct spf_use *one[] = {target->use};
    const struct spf_picked picked = {target->node, one, 1};
    struct finding *f = hit(p, F_SPF_DANGLING, ASSAY_ERROR, target->node->domain, NULL);

    say(p, f,
        "\"%.*s\" names the domain %.*s, which does not exist: whoever registers it may send mail as "
        "%.*s",
        SPAN_ARG(span_first(target->use->text, 300)), SPAN_ARG(target->domain.name),
        SPAN_ARG(p->domain));
    spf_show(p, f, &picked);
    show(p, f, &target->domain, SPAN_EMPTY, SPAN_EMPTY);
    spf_publish_without(p, f, &picked);
}

static void judge_dangling(struct posture *p)
{
    const struct topic_spf *t = &p->spf;
    bool any = false;

    for (size_t i = 0; i < t->ntargets; i++) {
        if (t->targets[i].gone == YES)
            tell_dangling(p, &t->targets[i]);
        any |= t->targets[i].gone == YES;
    }
    if (any)
        return;
    for (size_t i = 0; i < t->ntargets; i++) {
        const struct posture_spf_target *target = &t->targets[i];

        if (target->gone != UNKNOWN)
            continue;
        unknown(p, F_SPF_DANGLING, p->domain,
                target->domain.fact ? &target->domain : &target->suffix, NULL);
        return;
    }
    spf_judged(p, F_SPF_DANGLING, spf_may_be_more(p) || t->more_targets ? UNKNOWN : NO);
}

/* ---- ptr and macros ---- */

static bool pick_ptr(const struct posture *p, const struct spf_node *node,
                     const struct spf_use *use)
{
    (void)p;
    (void)node;
    return use->p_macro || (use->term && use->term->mechanism == SPF_PTR);
}

static bool pick_user(const struct posture *p, const struct spf_node *node,
                      const struct spf_use *use)
{
    (void)p;
    (void)node;
    return use->term && use->user_macro;
}

/** pass, or unknown where own records may be missing. */
static void pass_unless_missing(struct posture *p, enum finding_id id)
{
    const struct spf_walk *walk = &p->spf.walk;
    enum truth hits = walk->over ? UNKNOWN : NO;

    for (size_t i = 0; i < walk->nnodes; i++)
        if (walk->nodes[i]->fact && fact_state(walk->nodes[i]->fact) == FACT_UNKNOWN &&
            posture_own(p, walk->nodes[i]->domain) != NO)
            hits = UNKNOWN;
    spf_judged(p, id, hits);
}

static void judge_macros(struct posture *p)
{
    static const struct look PTR = {
        F_SPF_PTR,
        ASSAY_WARNING,
        pick_ptr,
        NULL,
        "names of the client are asked for, which is slow and unreliable; many receivers skip it",
        true,
        "Before that, list the hosts it was meant for, as ip4, ip6 or a:NAME."};
    static const struct look USER = {
        F_SPF_MACRO_USER,
        ASSAY_NOTICE,
        pick_user,
        NULL,
        "depends on the sender's address or greeting: each message asks anew, and addresses beyond ASCII "
        "never match",
        false,
        "Keep it only where that is wanted."};

    if (!look_through(p, &PTR))
        pass_unless_missing(p, F_SPF_PTR);
    if (!look_through(p, &USER))
        pass_unless_missing(p, F_SPF_MACRO_USER);
}

/* ---- terms behind the end ---- */

/** Where `all` stands among the terms, or their number. */
static size_t place_of_all(const struct spf_node *node)
{
    size_t i = 0;

    while (i < node->nuses && !(node->uses[i].term && node->uses[i].term->mechanism == SPF_ALL))
        i++;
    return i;
}

static bool pick_behind_all(const struct posture *p, const struct spf_node *node,
                            const struct spf_use *use)
{
    (void)p;
    return use->term && (size_t)(use - node->uses) > place_of_all(node);
}

static bool pick_redirect(const struct posture *p, const struct spf_node *node,
                          const struct spf_use *use)
{
    (void)p;
    return !use->term && place_of_all(node) < node->nuses;
}

static void judge_ignored(struct posture *p)
{
    static const struct look BEHIND = {F_SPF_IGNORED_TERM,
                                       ASSAY_WARNING,
                                       pick_behind_all,
                                       "after-all",
                                       "behind \"all\" nothing is read any more",
                                       true,
                                       "If it was meant to count, move it before \"all\""};
    static const struct look REDIRECT = {F_SPF_IGNORED_TERM,
                                         ASSAY_WARNING,
                                         pick_redirect,
                                         "redirect",
                                         "ignored, because the record has \"all\"",
                                         true,
                                         "If it was meant to count, delete \"all\" instead."};
    bool behind = look_through(p, &BEHIND), redirect = look_through(p, &REDIRECT);

    if (!behind && !redirect)
        pass_unless_missing(p, F_SPF_IGNORED_TERM);
}

/* ---- terms that others make needless ---- */

static bool pick_shadowed(const struct posture *p, const struct spf_node *node,
                          const struct spf_use *use)
{
    (void)p;
    (void)node;
    return use->shadowed;
}

/** Two directives are the same: `+` is the same as none. */
static bool is_same(const struct spf_use *a, const struct spf_use *b)
{
    assay_span x = a->text, y = b->text;

    return a->term->mechanism == b->term->mechanism && a->term->qualifier == b->term->qualifier &&
           span_ieq(span_from(x, x.p[0] == '+'), span_from(y, y.p[0] == '+'));
}

/** The earlier terms of a record by their hash, for one that is the same. */
struct seen {
    const struct spf_node *node;
    uint32_t *slots;
    size_t n;
};

/** The term stood in its record before; it is noted if not. */
static bool stood_before(struct seen *seen, const struct spf_use *use)
{
    assay_span text = span_from(use->text, use->text.p[0] == '+');

    for (size_t i = span_hash(text);; i++) {
        uint32_t *slot = &seen->slots[i & (seen->n - 1)];

        if (*slot && is_same(&seen->node->uses[*slot - 1], use))
            return true;
        if (*slot)
            continue;
        *slot = (uint32_t)(use - seen->node->uses) + 1;
        return false;
    }
}

/** The terms that lead where the tree has been already, and of an own record those that repeat one. */
static struct spf_picked pick_repeated(struct posture *p, const struct spf_node *node, bool own)
{
    struct spf_picked picked = {node, posture_get(p, node->nuses, sizeof(*picked.uses)), 0};
    struct seen seen = {node, NULL, 2};

    while (seen.n < node->nuses * 2)
        seen.n *= 2;
    seen.slots = posture_get(p, seen.n, sizeof *seen.slots);
    for (size_t i = 0; picked.uses && seen.slots && i < node->nuses; i++) {
        const struct spf_use *use = &node->uses[i];
        const struct spf_node *child = use->child ? use->child : use->child6;
        bool reached = use->reached[SPF_IPV4] || use->reached[SPF_IPV6];
        bool again = child && child->again && !child->loop && reached;

        if ((own && use->term && use->term->mechanism != SPF_ALL && stood_before(&seen, use)) ||
            again)
            picked.uses[picked.n++] = use;
    }
    return picked;
}

/** Say it of one record. */
static void tell_repeated(struct posture *p, const struct spf_picked *picked)
{
    struct finding *f = hit(p, F_SPF_DUPLICATE, ASSAY_NOTICE, picked->node->domain, NULL);
    unsigned lookups = 0;

    for (size_t i = 0; i < picked->n; i++) {
        const struct spf_node *child = picked->uses[i]->child;

        lookups += picked->uses[i]->lookups + (child ? child->lookups[SPF_IPV4] : 0);
    }
    say(p, f, "%.*s stands twice%s", SPAN_ARG(spf_names(p, picked)),
        lookups ? ", and costs lookups each time" : "");
    spf_show(p, f, picked);
    if (lookups)
        note(p, f, "%u lookup%s saved without", lookups, lookups == 1 ? "" : "s");
    spf_publish_without(p, f, picked);
}

static void judge_needless(struct posture *p)
{
    static const struct look SHADOWED = {
        F_SPF_SHADOWED,
        ASSAY_NOTICE,
        pick_shadowed,
        NULL,
        "nothing is added, since the terms before match all these addresses",
        true,
        NULL};
    const struct spf_walk *walk = &p->spf.walk;
    bool any = false;

    if (!look_through(p, &SHADOWED))
        spf_judged(p, F_SPF_SHADOWED,
                   own_unknown(p, true) || own_unknown(p, false) || walk->over ? UNKNOWN : NO);
    for (size_t i = 0; i < walk->nnodes; i++) {
        struct spf_picked picked;

        if (walk->nodes[i]->again || !walk->nodes[i]->nuses)
            continue;
        picked = pick_repeated(p, walk->nodes[i], spf_is_own(p, walk->nodes[i]));
        if (picked.n)
            tell_repeated(p, &picked);
        any |= picked.n > 0;
    }
    if (!any)
        spf_judged(p, F_SPF_DUPLICATE, spf_may_be_more(p) ? UNKNOWN : NO);
}

/* ---- exp ---- */

/** What is wrong with an explanation; NULL: nothing. */
static const char *exp_problem(const struct assay_fact *fact)
{
    bool macro;

    if (fact_state(fact) == FACT_NONE)
        return "there is no text";
    if (fact->n != 1)
        return "there are several texts";
    return spf_macro_check(fact->records[0].text, SPF_MACRO_EXPLAIN, &macro);
}

static void judge_exp(struct posture *p)
{
    const struct topic_spf *t = &p->spf;
    const struct asked *missing = NULL;
    bool any = false;

    for (size_t i = 0; i < t->nexps; i++) {
        const struct posture_spf_exp *exp = &t->exps[i];
        const struct spf_record *r = exp->node->record;
        const struct asked at = spf_node_asked(exp->node);
        /* the whole modifier: its name stands before the spec */
        const assay_span term = {r->exp.spec.p - sizeof "exp", r->exp.spec.n + sizeof "exp"};
        const struct spf_edit edit = {term, SPAN_EMPTY};
        const char *problem;
        struct finding *f;

        if (asked_data(&exp->txt) == UNKNOWN) {
            if (!r->exp.macro)
                missing = &exp->txt;
            continue;
        }
        if (!(problem = exp_problem(exp->txt.fact)))
            continue;
        any = true;
        f = hit(p, F_SPF_EXP, ASSAY_NOTICE, exp->node->domain, NULL);
        say(p, f, "\"%.*s\" is to explain refusals, but %s", SPAN_ARG(span_first(term, 300)),
            problem);
        show(p, f, &at, r->text, term);
        show(p, f, &exp->txt, SPAN_EMPTY, SPAN_EMPTY);
        if (!p->brief)
            publish(p, f, "TXT", exp->node->domain, r->text, spf_edited(p, r->text, &edit, 1));
    }
    if (!any && missing)
        unknown(p, F_SPF_EXP, p->domain, missing, NULL);
    else if (!any)
        pass(p, F_SPF_EXP, p->domain);
}

void spf_judge_terms(struct posture *p)
{
    judge_dead(p);
    judge_dangling(p);
    judge_macros(p);
    judge_ignored(p);
    judge_needless(p);
    judge_exp(p);
}
