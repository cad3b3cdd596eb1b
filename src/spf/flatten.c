/* SPDX-License-Identifier: BSD-2-Clause */
/** \file flatten.c What is flattened: which terms can be, and which of them need the fewest addresses. */
#include "spf/flatten.h"

#include "spf/flatten_parts.h"
#include "spf/macro.h"

bool flat_refuse(struct flattener *x, const char *problem, assay_span where)
{
    if (!x->out->problem) {
        x->out->problem = problem;
        if (!arena_copy(x->keep, where, &x->out->where))
            x->no_memory = true;
    }
    return false;
}

/** Entries of the table of choices. */
enum { CHOICES = 1 << 24 };

/** Memory is out. */
static bool no_memory(struct flattener *x)
{
    x->no_memory = true;
    return false;
}

/* ---- what may be flattened at all ---- */

/** The tree is complete and means something. */
static bool is_sound(struct flattener *x)
{
    static const char *const TROUBLES[] = {[SPF_TROUBLE_NONE] = "there is no SPF record",
                                           [SPF_TROUBLE_SEVERAL] = "there are several SPF records",
                                           [SPF_TROUBLE_SYNTAX] = "the record cannot be read",
                                           [SPF_TROUBLE_TARGET] = "a term leads to no good record",
                                           [SPF_TROUBLE_LOOP] =
                                               "records include each other in a circle",
                                           [SPF_TROUBLE_MX] = "an mx term has more than ten hosts"};
    const struct spf_walk *walk = x->walk;

    if (walk->unknown)
        return flat_refuse(x, "an answer is missing", walk->top->domain);
    if (walk->over)
        return flat_refuse(x, "the tree is over a limit", walk->top->domain);
    for (unsigned f = 0; f < SPF_FAMILIES; f++)
        if (walk->trouble[f] != SPF_WELL && walk->trouble[f] != SPF_TROUBLE_LOOKUPS &&
            walk->trouble[f] != SPF_TROUBLE_VOIDS)
            return flat_refuse(x, TROUBLES[walk->trouble[f]], walk->top->domain);
    for (size_t i = 0; i < walk->nnodes;
         i++) { /* behind the first trouble, or where some clients get to */
        const struct spf_node *node = walk->nodes[i];

        if (node->none || node->loop || !node->record || node->record->found != SPF_RECORD_OK)
            return flat_refuse(x, "a term leads to no good record", node->domain);
    }
    return true;
}

/** Why a term cannot be flattened; NULL: it can, or need not be. */
static const char *why_not(const struct spf_use *use)
{
    if (!use->term)
        return use->client_macro ? "it depends on the client"
                                 : "it is a redirect that cannot be taken in";
    switch (use->term->mechanism) {
    case SPF_PTR: return "names of the client have no addresses of their own";
    case SPF_EXISTS: return "exists lists no addresses";
    case SPF_INCLUDE:
    case SPF_A:
    case SPF_MX: break;
    default: return NULL;
    }
    if (use->client_macro)
        return "it depends on the client";
    if (use->open[SPF_IPV4] || use->open[SPF_IPV6])
        return "something in its record depends on the client";
    if (ipset_is_all(&use->matches[SPF_IPV4]) || ipset_is_all(&use->matches[SPF_IPV6]))
        return "it lets everyone pass";
    return NULL;
}

/** Lookups of a term with all below it, where the families differ the fewer. */
static unsigned cost_of(const struct spf_use *use)
{
    unsigned cost = ~0u;

    for (unsigned f = 0; f < SPF_FAMILIES; f++) {
        const struct spf_node *child = f && use->varies ? use->child6 : use->child;
        unsigned n = use->lookups + (child ? child->lookups[f] : 0);

        cost = n < cost ? n : cost;
    }
    return cost;
}

/** How many prefixes the addresses of a term take. */
static bool count_prefixes(struct flattener *x, struct flat_slot *slot)
{
    for (unsigned f = 0; f < SPF_FAMILIES; f++) {
        const struct ip_prefix *all;
        size_t n;

        if (!ipset_prefixes(&x->tmp, &slot->use->matches[f], &all, &n))
            return no_memory(x);
        slot->prefixes += n;
    }
    return true;
}

/* ---- the terms ---- */

/** A macro letter of the spec is `d`, or the spec is none: it means the record it stands in. */
static bool names_its_domain(const struct spf_term *term)
{
    assay_span spec = term->domain.spec;

    if (!spec.n)
        return term->mechanism == SPF_A || term->mechanism == SPF_MX || term->mechanism == SPF_PTR;
    while ((spec = span_from(spec, span_find(spec, '%'))).n) {
        struct spf_macro m;

        if (spf_macro_take(&spec, &m) != NULL || m.letter == 'd')
            return true;
    }
    return false;
}

/** A record to which is redirected can stand in place of the redirect. */
static bool can_take_in(const struct flattener *x, const struct spf_node *node,
                        const struct spf_use *use)
{
    const struct spf_node *child = use->child;

    if (use->client_macro || use->varies || !child || !child->record || !use->reached[SPF_IPV4] ||
        !use->reached[SPF_IPV6])
        return false;
    if (node->record->exp.spec.n || x->exp.n) /* refusals would be explained otherwise */
        return false;
    if (child->record->exp.spec.n && child->record->exp.macro)
        return false;
    if (!x->request->nonly && x->out->before <= x->max) /* nothing needs to be done */
        return false;
    for (size_t i = 0; i < child->record->n; i++)
        if (child->record->terms[i].domain.macro && names_its_domain(&child->record->terms[i]))
            return false;
    return true;
}

/** A term of a record that was redirected to, as it has to stand in the first one. */
static bool own_text(struct flattener *x, const struct spf_node *node, const struct spf_term *term,
                     assay_span *ret)
{
    size_t name = 0;
    char *text;

    *ret = term->text;
    if (!node->parent || term->domain.spec.n || !names_its_domain(term))
        return true;
    while (name < term->text.n && term->text.p[name] != '/')
        name++;
    if (!(text = arena_get(x->keep, term->text.n + 1 + node->domain.n)))
        return no_memory(x);
    memcpy(text, term->text.p, name);
    text[name] = ':';
    memcpy(text + name + 1, node->domain.p, node->domain.n);
    memcpy(text + name + 1 + node->domain.n, term->text.p + name, term->text.n - name);
    *ret = (assay_span){text, term->text.n + 1 + node->domain.n};
    return true;
}

/** Take the terms of a record, and of what it redirects to. \return false: memory is out */
static bool take_terms(struct flattener *x, const struct spf_node *node)
{
    for (size_t i = 0; i < node->nuses; i++) {
        const struct spf_use *use = &node->uses[i];
        struct flat_slot *slot = &x->slots[x->nslots];

        if (!use->live[SPF_IPV4] && !use->live[SPF_IPV6])
            continue; /* nobody gets there */
        if (!use->term && can_take_in(x, node, use)) {
            x->inlined++;
            if (!take_terms(x, use->child))
                return false;
            continue;
        }
        *slot = (struct flat_slot){.use = use, .text = use->text, .cost = cost_of(use)};
        slot->told = (struct spf_flat_term *)&x->out->terms[x->nslots++];
        slot->told->use = use;
        slot->told->refused = why_not(use);
        if (!use->term)
            continue;
        slot->qualifier = use->term->qualifier;
        slot->all = use->term->mechanism == SPF_ALL;
        slot->network = use->term->mechanism == SPF_IP4 || use->term->mechanism == SPF_IP6;
        slot->can = !slot->told->refused && !slot->all && !slot->network;
        if (!own_text(x, node, use->term, &slot->text) || (slot->can && !count_prefixes(x, slot)))
            return false;
    }
    if (node->record->exp.spec.n)
        x->exp = node->record->exp.spec;
    return true;
}

/** Room for all terms there may be. */
static bool make_slots(struct flattener *x)
{
    size_t n = 0;

    for (const struct spf_node *node = x->walk->top; node;) {
        const struct spf_use *last = node->nuses ? &node->uses[node->nuses - 1] : NULL;

        n += node->nuses;
        node = last && !last->term ? last->child : NULL;
    }
    x->slots = arena_zero(&x->tmp, (n + 1) * sizeof *x->slots);
    x->out->terms = arena_zero(x->keep, (n + 1) * sizeof *x->out->terms);
    if (!x->slots || !x->out->terms)
        return no_memory(x);
    if (!take_terms(x, x->walk->top))
        return false;
    x->out->nterms = x->nslots;
    return true;
}

/* ---- choosing ---- */

/** Is this one of those that were named: its target, or the term as written? */
static bool is_named(const struct flattener *x, const struct flat_slot *slot, size_t *which)
{
    for (size_t i = 0; i < x->request->nonly; i++) {
        assay_span name = x->request->only[i];

        *which = i;
        if ((slot->use->target.n && span_ieq(slot->use->target, name)) ||
            span_ieq(slot->use->text, name))
            return true;
    }
    return false;
}

/** What it costs to flatten a term: its prefixes; of equals the includes go first, a and mx can be read. */
static size_t price_of(const struct flat_slot *slot)
{
    return slot->prefixes * 2 + (slot->use->term->mechanism != SPF_INCLUDE);
}

/** Exactly those that were named. */
static bool choose_named(struct flattener *x)
{
    bool *found = arena_zero(&x->tmp, x->request->nonly);

    if (!found)
        return no_memory(x);
    for (size_t i = 0; i < x->nslots; i++) {
        size_t which;

        if (!is_named(x, &x->slots[i], &which))
            continue;
        if (x->slots[i].told->refused)
            return flat_refuse(x, x->slots[i].told->refused, x->slots[i].text);
        x->slots[i].flat = x->slots[i].can;
        found[which] = true;
    }
    for (size_t i = 0; i < x->request->nonly; i++)
        if (!found[i])
            return flat_refuse(x, "no term of the record is this one", x->request->only[i]);
    return true;
}

/**
 * Those that take the fewest prefixes and save at least so many lookups: best[n] is the least price that saves n
 * or more, found term by term.
 */
static bool choose_by_table(struct flattener *x, unsigned need, size_t wide)
{
    size_t *best = arena_get(&x->tmp, wide * sizeof *best);
    bool *took = arena_zero(&x->tmp, wide * (x->nslots + 1));

    if (!best || !took)
        return no_memory(x);
    for (size_t n = 0; n < wide; n++)
        best[n] = n ? SIZE_MAX : 0;
    for (size_t i = 0; i < x->nslots; i++) {
        const struct flat_slot *slot = &x->slots[i];

        for (size_t n = need; slot->can && n > 0; n--) {
            size_t rest = n > slot->cost ? n - slot->cost : 0;

            if (best[rest] == SIZE_MAX || best[rest] + price_of(slot) >= best[n])
                continue;
            best[n] = best[rest] + price_of(slot);
            took[i * wide + n] = true;
        }
    }
    if (best[need] == SIZE_MAX)
        return flat_refuse(x, "what can be flattened does not save enough lookups",
                           x->walk->top->domain);
    for (size_t i = x->nslots, n = need; i > 0; i--) {
        struct flat_slot *slot = &x->slots[i - 1];

        slot->flat = took[(i - 1) * wide + n];
        if (slot->flat)
            n = n > slot->cost ? n - slot->cost : 0;
    }
    return true;
}

/** The cheapest terms that save enough. */
static bool choose_cheapest(struct flattener *x, unsigned need)
{
    size_t wide = need + 1u, able = 0;

    for (size_t i = 0; i < x->nslots; i++)
        able += x->slots[i].can ? x->slots[i].cost : 0;
    if (need > able)
        return flat_refuse(x, "what can be flattened does not save enough lookups",
                           x->walk->top->domain);
    if (wide * (x->nslots + 1) <= CHOICES)
        return choose_by_table(x, need, wide);
    for (size_t i = 0; i < x->nslots; i++) /* far beyond all reason: whatever can be */
        x->slots[i].flat = x->slots[i].can;
    return true;
}

/** Lookups of the result, for the worse family. */
static unsigned lookups_after(const struct flattener *x)
{
    unsigned after = x->out->before - x->inlined;

    for (size_t i = 0; i < x->nslots; i++)
        after -= x->slots[i].flat ? x->slots[i].cost : 0;
    return after + (unsigned)(x->nrecords ? x->nrecords - 1 : 0);
}

/** Choose and write until it is enough: records that are chained cost lookups again. */
static bool choose_and_write(struct flattener *x)
{
    unsigned all = x->out->before - x->inlined, need = all > x->max ? all - x->max : 0;

    if (x->request->nonly) {
        if (!choose_named(x) || !flat_write(x))
            return false;
        x->out->after = lookups_after(x);
        return true;
    }
    do {
        if (!choose_cheapest(x, need) || !flat_write(x))
            return false;
        x->out->after = lookups_after(x);
        need += x->out->after - x->max; /* each time more, until there is no more to save */
    } while (x->out->after > x->max);
    return true;
}

/* ---- the whole ---- */

/** All of it. \return false: refused, or memory is out */
static bool flatten(struct flattener *x)
{
    if (!is_sound(x) || !make_slots(x) || !choose_and_write(x))
        return false;
    for (size_t i = 0; i < x->nslots; i++) {
        x->slots[i].told->flattened = x->slots[i].flat;
        x->slots[i].told->prefixes = x->slots[i].flat ? x->slots[i].prefixes : 0;
    }
    return flat_prove(x);
}

assay_status spf_flatten(const struct assay_eval *ev, const struct spf_walk *walk,
                         const struct spf_flatten_request *request, struct arena *keep,
                         struct spf_flattening *ret)
{
    struct spf_flattening out = {.before = walk->lookups, .where = SPAN_EMPTY};
    struct flattener x = {.ev = ev,
                          .walk = walk,
                          .request = request,
                          .keep = keep,
                          .out = &out,
                          .exp = SPAN_EMPTY,
                          .max = request->max ? request->max : LIMIT_SPF_LOOKUPS,
                          .octets = request->octets ? request->octets : 450};
    bool done = flatten(&x);

    arena_done(&x.tmp);
    if (x.no_memory)
        return ASSAY_ENOMEM;
    if (!done) {
        *ret = (struct spf_flattening){.terms = out.terms,
                                       .nterms = out.nterms,
                                       .before = out.before,
                                       .problem = out.problem,
                                       .where = out.where};
        return ASSAY_EINVAL;
    }
    out.records = x.records;
    out.nrecords = x.nrecords;
    *ret = out;
    return ASSAY_DONE;
}
