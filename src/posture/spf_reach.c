/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf_reach.c SPF: who may send, and what becomes of all others. */
#include "posture/spf_judge.h"

enum { REACH = 100000 };

/** The last record that decides for clients that nothing matches: the top, or what it redirects to. */
static const struct spf_node *deciding(const struct posture *p, enum spf_family family)
{
    const struct spf_node *node = p->spf.walk.top;

    while (node->nuses && !node->uses[node->nuses - 1].term &&
           node->uses[node->nuses - 1].reached[family]) {
        const struct spf_use *use = &node->uses[node->nuses - 1];
        const struct spf_node *child = family == SPF_IPV6 && use->varies ? use->child6 : use->child;

        if (!child || child->loop || !child->record)
            break;
        node = child;
    }
    return node;
}

/** The `all` of a record that the family reaches; NULL: none. */
static const struct spf_use *all_of(const struct spf_node *node, enum spf_family family)
{
    for (size_t i = 0; i < node->nuses; i++)
        if (node->uses[i].term && node->uses[i].term->mechanism == SPF_ALL &&
            node->uses[i].reached[family])
            return &node->uses[i];
    return NULL;
}

/* ---- everyone passes ---- */

/** The term through which most pass, down to the record where it stands. */
static struct spf_picked widest(struct posture *p, enum spf_family family)
{
    const struct spf_node *node = p->spf.walk.top;
    struct spf_picked picked = {node, posture_get(p, 1, sizeof(*picked.uses)), 0};

    while (picked.uses && node->nuses) {
        const struct spf_use *most = &node->uses[0];
        const struct spf_node *child;

        for (size_t i = 1; i < node->nuses; i++)
            if (ipset_size(&node->uses[i].adds[family]) > ipset_size(&most->adds[family]))
                most = &node->uses[i];
        picked.node = node;
        picked.uses[0] = most;
        picked.n = 1;
        child = family == SPF_IPV6 && most->varies ? most->child6 : most->child;
        if (!child)
            break;
        node = child;
    }
    return picked;
}

/** Close the record that lets everyone pass. */
static void fix_pass_all(struct posture *p, struct finding *f, const struct spf_picked *wide)
{
    const struct spf_use *use = wide->uses[0];
    const struct spf_edit edit = {use->text, SPAN("~all")};
    assay_span record = wide->node->record->text;

    if (use->term && use->term->mechanism == SPF_ALL) {
        publish(p, f, "TXT", wide->node->domain, record, spf_edited(p, record, &edit, 1));
    } else {
        spf_publish_without(p, f, wide);
        advise(p, f, "List the addresses that do send instead of these wide ranges.");
    }
}

/** \return it hit */
static bool judge_pass_all(struct posture *p)
{
    const struct topic_spf *t = &p->spf;
    enum spf_family family = ipset_is_all(&t->walk.pass[SPF_IPV4]) ? SPF_IPV4 : SPF_IPV6;
    struct spf_picked wide;
    struct finding *f;

    if (t->passes_all != YES) {
        spf_judged(p, F_SPF_PASS_ALL, t->passes_all);
        return false;
    }
    f = hit(p, F_SPF_PASS_ALL, ASSAY_ERROR, p->domain, NULL);
    wide = widest(p, family);
    say(p, f, "every IPv%d address in the world may send mail as %.*s", family == SPF_IPV4 ? 4 : 6,
        SPAN_ARG(p->domain));
    if (wide.n && !p->brief) {
        spf_show(p, f, &wide);
        note(p, f, "this opens it");
        fix_pass_all(p, f, &wide);
    }
    return true;
}

/* ---- nothing is said of others ---- */

/** What a neutral end comes from. */
static void tell_neutral(struct posture *p, enum spf_family family)
{
    const struct spf_node *node = deciding(p, family);
    const struct spf_use *all = all_of(node, family);
    const struct asked q = spf_node_asked(node);
    const struct spf_use *one[] = {all};
    const struct spf_picked picked = {node, one, all != NULL};
    struct finding *f;

    f = hit(p, F_SPF_NEUTRAL, ASSAY_WARNING, p->domain, all ? "neutral-all" : "no-all");
    if (all) {
        const struct spf_edit edit = {all->text, SPAN("~all")};

        say(p, f, "the record ends with \"%.*s\": it says nothing of servers that it does not name",
            SPAN_ARG(all->text));
        spf_show(p, f, &picked);
        publish(p, f, "TXT", node->domain, node->record->text,
                spf_edited(p, node->record->text, &edit, 1));
        return;
    }
    say(p, f,
        "the record has no \"all\" at its end: it says nothing of servers that it does not name");
    show(p, f, &q, node->record ? node->record->text : SPAN_EMPTY, SPAN_EMPTY);
    if (node->record)
        publish(p, f, "TXT", node->domain, node->record->text,
                spf_edited(p, node->record->text,
                           &(struct spf_edit){span_from(node->record->text, node->record->text.n),
                                              SPAN(" ~all")},
                           1));
}

static void judge_neutral(struct posture *p)
{
    const struct topic_spf *t = &p->spf;
    bool known = t->closes[SPF_IPV4] != SPF_TEMPERROR && t->closes[SPF_IPV6] != SPF_TEMPERROR;

    if (t->closes[SPF_IPV4] == SPF_NEUTRAL)
        tell_neutral(p, SPF_IPV4);
    else if (t->closes[SPF_IPV6] == SPF_NEUTRAL)
        tell_neutral(p, SPF_IPV6);
    else
        spf_judged(p, F_SPF_NEUTRAL, known ? NO : UNKNOWN);
}

/* ---- how many ---- */

static int compare_shares(const void *a, const void *b)
{
    const struct spf_use *const *x = a, *const *y = b;
    ip_number nx = ipset_size(&(*x)->adds[SPF_IPV4]), ny = ipset_size(&(*y)->adds[SPF_IPV4]);

    return nx != ny ? (nx < ny ? 1 : -1) : *x < *y ? -1 : *x > *y;
}

static bool pick_shares(const struct posture *p, const struct spf_node *node,
                        const struct spf_use *use)
{
    (void)p;
    (void)node;
    return use->adds[SPF_IPV4].n > 0;
}

/** What each term of the top record adds, the largest first. */
static void show_shares(struct posture *p, struct finding *f)
{
    const struct spf_node *top = p->spf.walk.top;
    struct spf_picked shares = spf_pick(p, top, pick_shares);
    const struct asked q = spf_node_asked(top);

    if (!shares.n || p->brief)
        return;
    qsort(shares.uses, shares.n, sizeof(*shares.uses), compare_shares);
    for (size_t i = 0; i < shares.n && f->nevidence < FINDING_EVIDENCE; i++) {
        uint64_t n = (uint64_t)ipset_size(&shares.uses[i]->adds[SPF_IPV4]),
                 all = (uint64_t)p->spf.reach4;

        show(p, f, &q, top->record->text, shares.uses[i]->text);
        note(p, f, "%.*s %s, %u %% of all", SPAN_ARG(spf_count(p, n)),
             n == 1 ? "address" : "addresses", (unsigned)((n * 100 + all / 2) / all));
    }
    advise(
        p, f,
        "Delete or narrow the largest terms: ask the providers behind them for a record of their "
        "own for you, or sign with DKIM and leave them out.");
}

static void judge_reach(struct posture *p)
{
    const struct topic_spf *t = &p->spf;
    struct finding *f;

    if (t->reach4 <= REACH) {
        spf_judged(p, F_SPF_REACH, t->reach_known == YES ? NO : UNKNOWN);
        return;
    }
    f = hit(p, F_SPF_REACH, ASSAY_WARNING, p->domain, NULL);
    say(p, f, "%.*s IPv4 addresses may send mail as %.*s; whoever shares one of them may, too",
        SPAN_ARG(spf_count(p, (uint64_t)t->reach4)), SPAN_ARG(p->domain));
    show_shares(p, f);
}

void spf_judge_reach(struct posture *p)
{
    if (judge_pass_all(p))
        return;
    judge_neutral(p);
    if (!has_hit(p, F_SPF_LOOP, SPAN_EMPTY))
        judge_reach(p);
}
