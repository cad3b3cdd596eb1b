/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file walk_sets.c
 * Who passes, exactly: first match, from the leaves up.
 *
 * What becomes of an address does not depend on any other one. So a record is looked at alone: its terms, in order,
 * paint the addresses they match, and what is painted stays. An include paints what its own record lets pass, piece by
 * piece, each with the term that matched there; then what the topmost record lets pass tells for each term of the
 * tree what it adds. The paint is a line of segments between all ends of ranges, and each segment knows the next one
 * that is not painted, so that a record of n ranges costs n log n, in whatever order and however often they overlap.
 *
 * What is not known: a term that may match more (`open`) and whose match is no pass makes uncertain what passes behind
 * it; then only what stands before it is counted.
 */
#include "spf/walk_parts.h"

#include <stdlib.h>

/** Addresses that pass, and the term of which record it was that matched. */
struct piece {
    struct ip_range range;
    struct spf_node *node;
    struct spf_use *use;
};

/** Addresses that a term paints. */
struct item {
    struct piece piece;
    size_t at;   /**< the place of the term in the record that is being painted */
    bool passes; /**< and certainly so */
};

/** Items of one record, in order. */
struct items {
    struct item *all;
    size_t n, cap;
};

/** Pieces of one record, ascending. */
struct pieces {
    struct piece *all;
    size_t n;
};

/** A line of segments, some of them painted. */
struct paint {
    ip_number *starts; /**< ascending; a segment ends before the next one */
    uint32_t *skip;    /**< of each segment: a way to the next one that is free */
    uint32_t *owner;   /**< item + 1; 0: free */
    size_t n;
};

/** Memory is out. */
static bool no_memory(struct spf_walker *w)
{
    w->status = ASSAY_ENOMEM;
    return false;
}

/* ---- painting ---- */

static int compare_numbers(const void *a, const void *b)
{
    const ip_number *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/** Cut the space where any item begins or ends. */
static bool prepare(struct spf_walker *w, const struct items *items, ip_number last,
                    struct paint *ret)
{
    ip_number *starts = arena_get(&w->ev->pass, (items->n * 2 + 1) * sizeof *starts);
    size_t n = 0, kept = 0;

    if (!starts)
        return no_memory(w);
    for (size_t i = 0; i < items->n; i++) {
        const struct ip_range *r = &items->all[i].piece.range;

        starts[n++] = r->first;
        if (r->last < last)
            starts[n++] = r->last + 1;
    }
    qsort(starts, n, sizeof *starts, compare_numbers);
    for (size_t i = 0; i < n; i++)
        if (!kept || starts[i] != starts[kept - 1])
            starts[kept++] = starts[i];
    *ret = (struct paint){.starts = starts, .n = kept};
    ret->skip = arena_get(&w->ev->pass, (kept + 1) * sizeof *ret->skip);
    ret->owner = arena_zero(&w->ev->pass, (kept + 1) * sizeof *ret->owner);
    if (!ret->skip || !ret->owner)
        return no_memory(w);
    for (size_t i = 0; i <= kept; i++)
        ret->skip[i] = (uint32_t)i;
    return true;
}

/** The segment that begins with an address, which some segment does. */
static size_t segment_at(const struct paint *p, ip_number start)
{
    size_t low = 0, high = p->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (p->starts[middle] < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** The first free segment from `i` on; the way there is made shorter for the next time. */
static size_t next_free(struct paint *p, size_t i)
{
    while (p->skip[i] != i) {
        p->skip[i] = p->skip[p->skip[i]];
        i = p->skip[i];
    }
    return i;
}

/** Paint what is free of an item. \return something was */
static bool paint_item(struct paint *p, const struct item *item, size_t number, ip_number last)
{
    const struct ip_range *r = &item->piece.range;
    size_t end = r->last == last ? p->n : segment_at(p, r->last + 1);
    bool any = false;

    for (size_t i = next_free(p, segment_at(p, r->first)); i < end; i = next_free(p, i + 1)) {
        p->owner[i] = (uint32_t)number + 1;
        p->skip[i] = (uint32_t)i + 1;
        any = true;
    }
    return any;
}

/** Pieces of one term that touch are one. */
static void add_piece(struct pieces *pieces, const struct piece *from, struct ip_range range)
{
    struct piece *last = pieces->n ? &pieces->all[pieces->n - 1] : NULL;

    if (last && last->use == from->use && last->range.last + 1 == range.first) {
        last->range.last = range.last;
        return;
    }
    pieces->all[pieces->n] = *from;
    pieces->all[pieces->n++].range = range;
}

/** What passes of what was painted. */
static bool read_paint(struct spf_walker *w, const struct items *items, const struct paint *p,
                       ip_number last, struct pieces *ret)
{
    struct pieces pieces = {arena_get(&w->ev->pass, (p->n + 1) * sizeof *pieces.all), 0};

    if (!pieces.all)
        return no_memory(w);
    for (size_t i = 0; i < p->n; i++) {
        const struct item *item = p->owner[i] ? &items->all[p->owner[i] - 1] : NULL;
        struct ip_range range = {p->starts[i], i + 1 < p->n ? p->starts[i + 1] - 1 : last};

        if (item && item->passes)
            add_piece(&pieces, &item->piece, range);
    }
    *ret = pieces;
    return true;
}

/* ---- items of a record ---- */

/** Add a piece that the term at a place paints. \return false: over the limit, or memory is out */
static bool add_item(struct spf_walker *w, struct items *items, struct item item)
{
    if (!spf_walk_charge(w, 1))
        return false;
    if (items->n == items->cap) {
        size_t cap = items->cap ? items->cap * 2 : 32;
        struct item *wider = arena_get(&w->ev->pass, cap * sizeof *wider);

        if (!wider)
            return no_memory(w);
        if (items->n)
            memcpy(wider, items->all, items->n * sizeof *wider);
        items->all = wider;
        items->cap = cap;
    }
    items->all[items->n++] = item;
    return true;
}

/** A record being looked at for one family. */
struct view {
    struct spf_node *node;
    enum spf_family family;
    struct items items;
    bool uncertain; /**< a term that may match more is behind us, and it is no pass */
};

static bool node_pieces(struct spf_walker *w, struct spf_node *node, enum spf_family family,
                        struct pieces *ret);

/** Add what a term matches. */
static bool add_matches(struct spf_walker *w, struct view *v, size_t at, bool passes)
{
    struct spf_use *use = &v->node->uses[at];
    const struct ip_range all = ip_range_all(v->family == SPF_IPV4 ? 4 : 6);
    bool is_all = use->term && use->term->mechanism == SPF_ALL;
    const struct ip_range *ranges = is_all ? &all : use->matches[v->family].ranges;
    size_t n = is_all ? 1 : use->matches[v->family].n;

    for (size_t i = 0; i < n; i++)
        if (!add_item(w, &v->items, (struct item){{ranges[i], v->node, use}, at, passes}))
            return false;
    return true;
}

/** Add what passes by the record that an include or redirect leads to. */
static bool add_child(struct spf_walker *w, struct view *v, size_t at, bool passes)
{
    struct spf_use *use = &v->node->uses[at];
    struct spf_node *child = spf_use_child(use, v->family);
    struct pieces pieces = {0};

    use->matches[v->family].version = v->family == SPF_IPV4 ? 4 : 6;
    use->open[v->family] = use->client_macro || use->unknown;
    if (!child)
        return true;
    if (!node_pieces(w, child, v->family, &pieces))
        return false;
    use->matches[v->family] = child->pass[v->family];
    use->open[v->family] |= child->pass_open[v->family];
    for (size_t i = 0; i < pieces.n; i++)
        if (!add_item(w, &v->items, (struct item){pieces.all[i], at, passes}))
            return false;
    return true;
}

/** Add one term. \return false: what it adds is not known, or memory is out */
static bool add_use(struct spf_walker *w, struct view *v, size_t at)
{
    struct spf_use *use = &v->node->uses[at];
    bool below = !use->term || use->term->mechanism == SPF_INCLUDE;
    bool plus = !use->term || use->term->qualifier == '+', fits;

    use->open[v->family] =
        use->client_macro || use->unknown || (use->term && use->term->mechanism == SPF_PTR);
    fits = below ? add_child(w, v, at, plus && !v->uncertain)
                 : add_matches(w, v, at, plus && !v->uncertain);
    use->open[v->family] |= !fits;
    if (plus && (use->open[v->family] || v->uncertain))
        v->node->pass_open[v->family] = true;
    if (!plus && use->open[v->family])
        v->uncertain = true;
    return fits;
}

/* ---- shadows ---- */

/** What became of the items of each term. */
struct spf_share {
    bool any, painted;
};

/** A term all of whose addresses were painted already, in both families, is shadowed. */
static void find_shadowed(struct spf_node *node)
{
    struct spf_share *const *shares = node->shares;

    for (size_t i = 0; i < node->nuses; i++) {
        struct spf_use *use = &node->uses[i];
        bool all = use->term && use->term->mechanism == SPF_ALL, open = false, any = false,
             painted = false;

        for (unsigned f = 0; f < SPF_FAMILIES; f++) {
            open |= use->open[f];
            any |= shares[f] && shares[f][i].any;
            painted |= shares[f] && shares[f][i].painted;
        }
        use->shadowed = use->term && !all && !open && any && !painted;
    }
}

/* ---- records, from the leaves up ---- */

/** Who passes by a record, as a set. */
static bool keep_set(struct spf_walker *w, const struct pieces *pieces, uint8_t version,
                     struct ipset *ret)
{
    struct ip_range *ranges = arena_get(&w->ev->pass, (pieces->n + 1) * sizeof *ranges);

    if (!ranges)
        return no_memory(w);
    for (size_t i = 0; i < pieces->n; i++)
        ranges[i] = pieces->all[i].range;
    return ipset_make(w->to, version, ranges, pieces->n, ret) || no_memory(w);
}

/** The pieces that pass by a record, for a family; sets what the node and its terms say of them. */
static bool node_pieces(struct spf_walker *w, struct spf_node *node, enum spf_family family,
                        struct pieces *ret)
{
    const uint8_t version = family == SPF_IPV4 ? 4 : 6;
    const ip_number last = ip_range_all(version).last;
    struct view v = {.node = node, .family = family};
    struct spf_share *shares;
    struct paint p;

    node->pass[family] = (struct ipset){.version = version};
    node->pass_open[family] = node->unknown && !node->nuses;
    for (size_t i = 0; i < node->nuses; i++)
        if (node->uses[i].live[family] && !add_use(w, &v, i) && w->status != ASSAY_DONE)
            return false;
    shares = arena_zero(&w->ev->pass, (node->nuses + 1) * sizeof *shares);
    if (!shares || !prepare(w, &v.items, last, &p))
        return no_memory(w);
    for (size_t i = 0; i < v.items.n; i++) {
        struct spf_share *share = &shares[v.items.all[i].at];

        share->any = true;
        share->painted |= paint_item(&p, &v.items.all[i], i, last);
    }
    node->shares[family] = shares;
    return read_paint(w, &v.items, &p, last, ret) && keep_set(w, ret, version, &node->pass[family]);
}

/* ---- what each term adds ---- */

/** Count or add a piece to its term and to all includes above. */
static void credit(const struct piece *piece, enum spf_family family, bool count)
{
    struct spf_use *use = piece->use;
    const struct spf_node *node = piece->node;

    for (;;) {
        struct ipset *adds = &use->adds[family];
        struct ip_range *ranges = (struct ip_range *)adds->ranges;

        if (count)
            adds->n++;
        else if (adds->n && ranges[adds->n - 1].last + 1 == piece->range.first)
            ranges[adds->n - 1].last = piece->range.last;
        else
            ranges[adds->n++] = piece->range;
        if (!node->parent)
            return;
        use = node->by;
        node = node->parent;
    }
}

/** Room for what each term adds, as counted. */
static bool make_adds(struct spf_walker *w, enum spf_family family)
{
    for (size_t i = 0; i < w->walk->nnodes; i++) {
        struct spf_node *node = w->walk->nodes[i];

        for (size_t k = 0; k < node->nuses; k++) {
            struct ipset *adds = &node->uses[k].adds[family];

            adds->version = family == SPF_IPV4 ? 4 : 6;
            if (adds->n && !(adds->ranges = arena_get(w->to, adds->n * sizeof *adds->ranges)))
                return no_memory(w);
            adds->n = 0;
        }
    }
    return true;
}

/** One family. */
static bool walk_family(struct spf_walker *w, enum spf_family family)
{
    struct spf_node *top = w->walk->top;
    struct pieces pieces;

    if (!node_pieces(w, top, family, &pieces))
        return false;
    for (size_t i = 0; i < pieces.n; i++)
        credit(&pieces.all[i], family, true);
    if (!make_adds(w, family))
        return false;
    for (size_t i = 0; i < pieces.n; i++)
        credit(&pieces.all[i], family, false);
    w->walk->pass[family] = top->pass[family];
    w->walk->pass_open[family] = top->pass_open[family];
    return true;
}

bool spf_walk_sets(struct spf_walker *w)
{
    if (!walk_family(w, SPF_IPV4) || !walk_family(w, SPF_IPV6))
        return false;
    for (size_t i = 0; i < w->walk->nnodes; i++) {
        struct spf_node *node = w->walk->nodes[i];

        find_shadowed(node);
        node->shares[SPF_IPV4] = node->shares[SPF_IPV6] = NULL;
    }
    return true;
}
