/* SPDX-License-Identifier: BSD-2-Clause */
#include "spf/walk.h"

#include "dns/name.h"
#include "spf/walk_parts.h"

/* ---- counting ---- */

bool spf_walk_charge(struct spf_walker *w, size_t n)
{
    if (n > LIMIT_SPF_RANGES - w->charged) {
        w->walk->over = true;
        return false;
    }
    w->charged += n;
    return true;
}

const struct assay_fact *spf_walk_ask(struct spf_walker *w, uint16_t rrtype, assay_span name,
                                      bool *ret_unknown)
{
    const struct assay_fact *fact;
    assay_status s = ask_dns(w->ev, rrtype, name, &fact);

    w->status = join(w->status, s);
    if (s != ASSAY_DONE)
        return NULL;
    *ret_unknown |= fact_state(fact) == FACT_UNKNOWN;
    return fact;
}

void spf_walk_trouble(struct spf_walker *w, unsigned families, enum spf_trouble trouble)
{
    for (unsigned f = 0; f < SPF_FAMILIES; f++)
        if (families >> f & 1 && w->walk->trouble[f] == SPF_WELL)
            w->walk->trouble[f] = trouble;
}

/** Charge a term that asks (RFC 7208 4.6.4). */
static void spend_lookup(struct spf_walker *w, struct spf_use *use, unsigned families)
{
    use->lookups = families != 0;
    for (unsigned f = 0; f < SPF_FAMILIES; f++)
        if (families >> f & 1 && ++w->lookups[f] > LIMIT_SPF_LOOKUPS)
            spf_walk_trouble(w, 1u << f, SPF_TROUBLE_LOOKUPS);
}

void spf_walk_void(struct spf_walker *w, struct spf_use *use, enum spf_family family,
                   const struct assay_fact *fact)
{
    if (!fact || fact_state(fact) != FACT_DATA)
        w->walk->voids_possible[family]++;
    if (!fact || fact_state(fact) != FACT_NONE)
        return;
    use->voids[family] = 1;
    if (++w->walk->voids[family] > LIMIT_SPF_VOIDS)
        spf_walk_trouble(w, 1u << family, SPF_TROUBLE_VOIDS);
}

/* ---- nodes ---- */

/** For whom something is evaluated: families of the worst case, and those of some client or other. */
struct reach {
    unsigned worst, live;
};

/** The same for some families only. */
static struct reach reach_of(struct reach reach, unsigned families)
{
    return (struct reach){reach.worst & families, reach.live & families};
}

/** The domain is that of the node or of one above it. */
static bool is_above(const struct spf_node *node, assay_span domain)
{
    for (; node; node = node->parent)
        if (span_eq(node->domain, domain))
            return true;
    return false;
}

/** Put a node behind those there are. */
static bool list_node(struct spf_walker *w, struct spf_node *node)
{
    struct spf_walk *walk = w->walk;

    if (walk->nnodes == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 16;
        struct spf_node **wider = arena_get(w->to, cap * sizeof(*wider));

        if (!wider)
            return false;
        if (walk->nnodes)
            memcpy(wider, walk->nodes, walk->nnodes * sizeof(*wider));
        walk->nodes = wider;
        w->cap = cap;
    }
    walk->nodes[walk->nnodes++] = node;
    return true;
}

/** The same domain stands before in the tree. */
static bool stood_before(const struct spf_walk *walk, assay_span domain)
{
    for (size_t i = 0; i < walk->nnodes; i++)
        if (span_eq(walk->nodes[i]->domain, domain))
            return true;
    return false;
}

/** A new node, or NULL: over a limit, or memory is out. */
static struct spf_node *new_node(struct spf_walker *w, struct spf_node *parent, struct spf_use *by,
                                 assay_span domain)
{
    struct spf_node *node;
    unsigned depth = parent ? parent->depth + 1 : 0;

    if (w->walk->nnodes == LIMIT_SPF_NODES || depth > LIMIT_SPF_DEPTH) {
        w->walk->over = true;
        return NULL;
    }
    if (!(node = ARENA_NEW(w->to, struct spf_node))) {
        w->status = ASSAY_ENOMEM;
        return NULL;
    }
    node->domain = domain;
    node->parent = parent;
    node->by = by;
    node->depth = depth;
    node->again = w->final && stood_before(w->walk, domain);
    node->own = w->request->own ? w->request->own(w->request->arg, domain)
                                : dns_is_under(domain, w->request->domain);
    if (list_node(w, node))
        return node;
    w->status = ASSAY_ENOMEM;
    return NULL;
}

/** Ask for the record of a node. What becomes of it is in `fact`, `record`, `none`, `unknown`. */
static void ask_record(struct spf_walker *w, struct spf_node *node, unsigned families)
{
    const struct spf_record *r;
    assay_status s;

    if (!dns_parent(node->domain).n) { /* RFC 7208 4.3: nobody asks */
        node->none = true;
        return;
    }
    if (!(node->fact = spf_walk_ask(w, ASSAY_RR_TXT, node->domain, &node->unknown)))
        return;
    for (unsigned f = 0; node->by && f < SPF_FAMILIES; f++) /* the first record is no term */
        if (families >> f & 1)
            spf_walk_void(w, node->by, (enum spf_family)f, node->fact);
    node->none = fact_state(node->fact) == FACT_NONE;
    if (fact_state(node->fact) != FACT_DATA)
        return;
    if ((s = spf_record_of(node->fact, &r)) != ASSAY_DONE) {
        w->status = s;
        return;
    }
    node->none = r->found == SPF_RECORD_NONE;
    node->record = node->none ? NULL : r;
}

/** What a node without a good record means for whoever asked for it. */
static void judge_record(struct spf_walker *w, const struct spf_node *node, unsigned families)
{
    if (node->by) {
        if (node->none || (node->record && node->record->found != SPF_RECORD_OK))
            spf_walk_trouble(w, families, SPF_TROUBLE_TARGET);
    } else if (node->none) {
        spf_walk_trouble(w, families, SPF_TROUBLE_NONE);
    } else if (node->record && node->record->found != SPF_RECORD_OK) {
        spf_walk_trouble(w, families,
                         node->record->found == SPF_RECORD_SEVERAL ? SPF_TROUBLE_SEVERAL
                                                                   : SPF_TROUBLE_SYNTAX);
    }
}

static void walk_node(struct spf_walker *w, struct spf_node *node, struct reach reach);

/** Walk the record that an include or redirect leads to. */
static struct spf_node *descend(struct spf_walker *w, struct spf_node *node, struct spf_use *use,
                                assay_span target, struct reach reach)
{
    struct spf_node *child;

    if (!target.n) { /* no domain name */
        spf_walk_trouble(w, reach.worst, SPF_TROUBLE_TARGET);
        return NULL;
    }
    if (!(child = new_node(w, node, use, target))) {
        use->unknown = true;
        return NULL;
    }
    child->loop = is_above(node, target);
    if (child->loop) {
        spf_walk_trouble(w, reach.worst, SPF_TROUBLE_LOOP);
        for (unsigned f = 0; f < SPF_FAMILIES; f++) {
            child->reached[f] = reach.worst >> f & 1;
            child->otherwise[f] = SPF_PERMERROR;
        }
    } else {
        walk_node(w, child, reach);
    }
    use->unknown |= child->unknown;
    return child;
}

/** Walk below an include or redirect. */
static void walk_below(struct spf_walker *w, struct spf_node *node, struct spf_use *use,
                       struct reach reach)
{
    if (use->client_macro) {
        for (unsigned f = 0; f < SPF_FAMILIES; f++)
            if (reach.worst >> f & 1)
                w->walk->voids_possible[f]++;
        return;
    }
    use->rrtype = ASSAY_RR_TXT;
    if (!use->varies) {
        use->child = descend(w, node, use, use->target, reach);
    } else {
        if (reach.live & FOR_IPV4)
            use->child = descend(w, node, use, use->target, reach_of(reach, FOR_IPV4));
        if (reach.live & FOR_IPV6)
            use->child6 = descend(w, node, use, use->target6, reach_of(reach, FOR_IPV6));
        use->fact6 = use->child6 ? use->child6->fact : NULL;
    }
    use->fact = use->child ? use->child->fact : NULL;
}

/* ---- one record (RFC 7208 4.6.2) ---- */

/** The result a qualifier gives. */
static enum spf_result qualified(char qualifier)
{
    switch (qualifier) {
    case '-': return SPF_FAIL;
    case '~': return SPF_SOFTFAIL;
    case '?': return SPF_NEUTRAL;
    default: return SPF_PASS;
    }
}

/** Clients of these families match this term. \return the families that are left */
static unsigned end_for(struct spf_node *node, unsigned left, unsigned families,
                        enum spf_result result)
{
    for (unsigned f = 0; f < SPF_FAMILIES; f++)
        if (left & families & 1u << f)
            node->otherwise[f] = result;
    return left & ~families;
}

/** The families whose clients pass by the record of an include though nothing in it but all names them. */
static unsigned passed_by_all(const struct spf_use *use)
{
    unsigned families = 0;

    for (unsigned f = 0; f < SPF_FAMILIES; f++) {
        const struct spf_node *child = spf_use_child(use, (enum spf_family)f);

        if (child && child->reached[f] && child->otherwise[f] == SPF_PASS)
            families |= 1u << f;
    }
    return families;
}

/** Note for whom a term is evaluated. */
static void mark(struct spf_use *use, struct reach reach)
{
    use->target = use->target6 = SPAN_EMPTY;
    for (unsigned f = 0; f < SPF_FAMILIES; f++) {
        use->reached[f] = reach.worst >> f & 1;
        use->live[f] = reach.live >> f & 1;
    }
}

/** Walk one term. `*reach` becomes what is left behind it. */
static void walk_use(struct spf_walker *w, struct spf_node *node, struct spf_use *use,
                     struct reach *reach)
{
    const struct spf_term *term = use->term;

    use->text = term->text;
    mark(use, *reach);
    if (term->mechanism == SPF_ALL) {
        end_for(node, reach->worst, FOR_BOTH, qualified(term->qualifier));
        *reach = (struct reach){0, 0};
        return;
    }
    if (term->mechanism == SPF_IP4 || term->mechanism == SPF_IP6) {
        spf_walk_term(w, use, 0);
        return;
    }
    spf_walk_target(w, use, &term->domain, node->domain);
    if (!reach->live)
        return;
    spend_lookup(w, use, reach->worst);
    if (term->mechanism != SPF_INCLUDE) {
        spf_walk_term(w, use, reach->worst);
        return;
    }
    walk_below(w, node, use, *reach);
    /* those whom nothing names pass by its `all`; others may still come by, who matched something in it */
    reach->worst = end_for(node, reach->worst, passed_by_all(use), qualified(term->qualifier));
}

/** Follow redirect, for those that are left (RFC 7208 6.1). */
static void walk_redirect(struct spf_walker *w, struct spf_node *node, struct spf_use *use,
                          struct reach reach)
{
    assay_span spec = node->record->redirect.spec;

    /* the whole term: the modifier's name stands before the spec */
    use->text = (assay_span){spec.p - sizeof "redirect", spec.n + sizeof "redirect"};
    mark(use, reach);
    spf_walk_target(w, use, &node->record->redirect, node->domain);
    if (!reach.live)
        return;
    spend_lookup(w, use, reach.worst);
    walk_below(w, node, use, reach);
    for (unsigned f = 0; f < SPF_FAMILIES; f++) {
        const struct spf_node *child = spf_use_child(use, (enum spf_family)f);

        if (!(reach.worst >> f & 1))
            continue;
        if (child && !child->none && !child->loop)
            node->otherwise[f] = child->otherwise[f];
        else
            node->otherwise[f] = use->client_macro || use->unknown ? SPF_TEMPERROR : SPF_PERMERROR;
    }
}

/** Walk the terms of a record. */
static void walk_record(struct spf_walker *w, struct spf_node *node, struct reach reach)
{
    const struct spf_record *r = node->record;

    node->nuses = r->n + (r->redirect.spec.n > 0);
    if (!spf_walk_charge(w, node->nuses)) {
        node->nuses = 0;
        node->unknown = true;
        return;
    }
    if (!(node->uses = arena_zero(w->to, (node->nuses + 1) * sizeof *node->uses))) {
        node->nuses = 0;
        w->status = ASSAY_ENOMEM;
        return;
    }
    for (size_t i = 0; i < r->n; i++) {
        struct spf_use *use = &node->uses[i];

        use->term = &r->terms[i];
        use->behind_unknown = i && (use[-1].unknown || use[-1].behind_unknown);
        walk_use(w, node, use, &reach);
        node->unknown |= use->unknown;
    }
    if (r->redirect.spec.n) {
        walk_redirect(w, node, &node->uses[r->n], reach);
        node->unknown |= node->uses[r->n].unknown;
    } else {
        end_for(node, reach.worst, FOR_BOTH, SPF_NEUTRAL);
    }
}

/** Walk one node and all below it. */
static void walk_node(struct spf_walker *w, struct spf_node *node, struct reach reach)
{
    unsigned lookups[SPF_FAMILIES], voids[SPF_FAMILIES];

    for (unsigned f = 0; f < SPF_FAMILIES; f++) {
        node->reached[f] = reach.worst >> f & 1;
        node->otherwise[f] = SPF_TEMPERROR;
        lookups[f] = w->lookups[f];
        voids[f] = w->walk->voids[f];
    }
    ask_record(w, node, reach.worst);
    judge_record(w, node, reach.worst);
    if (node->none || (node->record && node->record->found != SPF_RECORD_OK))
        end_for(node, reach.worst, FOR_BOTH, node->none ? SPF_NONE : SPF_PERMERROR);
    else if (node->record)
        walk_record(w, node, reach);
    for (unsigned f = 0; f < SPF_FAMILIES; f++) {
        node->lookups[f] = w->lookups[f] - lookups[f];
        node->voids[f] = w->walk->voids[f] - voids[f];
    }
}

/* ---- the whole walk ---- */

/** Make the tree in an arena. */
static assay_status make(struct spf_walker *w)
{
    struct spf_walk *walk = w->walk;

    walk->top = new_node(w, NULL, NULL, w->request->domain);
    if (!walk->top)
        return ASSAY_ENOMEM;
    walk_node(w, walk->top, (struct reach){FOR_BOTH, FOR_BOTH});
    walk->lookups =
        w->lookups[SPF_IPV4] > w->lookups[SPF_IPV6] ? w->lookups[SPF_IPV4] : w->lookups[SPF_IPV6];
    walk->unknown = walk->top->unknown;
    if (w->final && w->status == ASSAY_DONE && !spf_walk_sets(w))
        return ASSAY_ENOMEM;
    return w->status;
}

assay_status spf_walk(struct assay_eval *ev, const struct spf_walk_request *request,
                      struct spf_walk *ret)
{
    struct spf_walk walk = {0};
    struct spf_walker w = {.ev = ev, .request = request, .walk = &walk, .to = &ev->pass};
    size_t asks = ev->branch->asks, bytes = ev->branch->bytes;
    assay_status s = make(&w);

    if (s != ASSAY_DONE)
        return s;
    walk = (struct spf_walk){0};
    w = (struct spf_walker){
        .ev = ev, .request = request, .walk = &walk, .to = request->keep, .final = true};
    ev->branch->asks = asks; /* the same questions once more: they are paid for */
    ev->branch->bytes = bytes;
    s = make(&w);
    if (s == ASSAY_DONE)
        *ret = walk;
    return s;
}

int spf_walk_passes(const struct spf_walk *walk, const struct ip *ip)
{
    enum spf_family family = ip->version == 4 ? SPF_IPV4 : SPF_IPV6;

    if (ipset_has(&walk->pass[family], ip))
        return 1;
    return walk->pass_open[family] ? 2 : 0;
}
