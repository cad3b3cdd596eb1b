/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file flatten_write.c The records of a flattening.
 *
 * Terms that stand side by side with one qualifier make a run: whichever of them matches, the result is the same. So the
 * addresses of all terms of a run that are flattened are one set, written where the first of them stood. What is too
 * long goes into records of its own, which the first one includes with the qualifier of the run.
 */
#include "base/buf.h"
#include "dns/name.h"
#include "spf/flatten_parts.h"

#include <stdio.h>

/** Slots from `first` up to `end` with one qualifier. */
struct run {
    size_t first, end;
    size_t at; /**< the slot where addresses stand; `end`: there are none */
    char qualifier;
    assay_span *pieces; /**< "ip4:192.0.2.0/24" */
    size_t n, kept;     /**< pieces, those that stay in the first record */
    size_t chain,
        nchain; /**< records of the chain: the first one's number in x->records, how many */
};

/** Writing in progress. */
struct writer {
    struct flattener *x;
    struct run *runs;
    size_t n;
    bool networks; /**< ip4 and ip6 as published may be moved, too */
    unsigned label;
};

static bool no_memory(struct writer *w)
{
    w->x->no_memory = true;
    return false;
}

/* ---- runs and their addresses ---- */

/** The slot's addresses are written as pieces. */
static bool is_piece(const struct writer *w, const struct flat_slot *slot)
{
    return slot->flat || (w->networks && slot->network);
}

/** Find the runs. */
static void find_runs(struct writer *w)
{
    const struct flattener *x = w->x;

    w->n = 0;
    for (size_t i = 0; i < x->nslots;) {
        struct run *run = &w->runs[w->n];

        if (x->slots[i].all || !x->slots[i].qualifier) {
            i++;
            continue;
        }
        *run = (struct run){.first = i, .qualifier = x->slots[i].qualifier};
        while (i < x->nslots && !x->slots[i].all && x->slots[i].qualifier == run->qualifier)
            i++;
        run->at = run->end = i;
        for (size_t k = run->end; k > run->first; k--)
            if (is_piece(w, &x->slots[k - 1]))
                run->at = k - 1;
        w->n++;
    }
}

/** The union of what slots of a run match: of the pieces, or of the networks that stay. */
static bool unite(struct writer *w, const struct run *run, enum spf_family family, bool pieces,
                  struct ipset *ret)
{
    struct flattener *x = w->x;
    struct ip_range *ranges;
    size_t n = 0;

    for (size_t i = run->first; i < run->end; i++)
        n += x->slots[i].use->matches[family].n;
    if (!(ranges = arena_get(&x->tmp, (n + 1) * sizeof *ranges)))
        return no_memory(w);
    n = 0;
    for (size_t i = run->first; i < run->end; i++) {
        const struct flat_slot *slot = &x->slots[i];
        const struct ipset *s = &slot->use->matches[family];
        bool piece = is_piece(w, slot);

        if (pieces ? !piece : piece || !slot->network)
            continue;
        if (s->n)
            memcpy(ranges + n, s->ranges, s->n * sizeof *ranges);
        n += s->n;
    }
    return ipset_make(&x->tmp, family == SPF_IPV4 ? 4 : 6, ranges, n, ret) || no_memory(w);
}

/** One prefix as a term without qualifier. */
static bool piece_text(struct writer *w, const struct ip_prefix *p, char qualifier, assay_span *ret)
{
    char text[IP_TEXT + 16], ip[IP_TEXT];
    bool four = p->net.version == 4, plus = qualifier == '+';
    int n = snprintf(text, sizeof text, "%.*s%s%s", !plus, &qualifier,
                     four ? "ip4:" : "ip6:", ip_text(&p->net, ip).p);

    if (p->bits != (four ? 32 : 128))
        n += snprintf(text + n, sizeof text - (size_t)n, "/%u", p->bits);
    return arena_copy(&w->x->tmp, (assay_span){text, (size_t)n}, ret) || no_memory(w);
}

/** The pieces of one family of a run, but for those that a network of the run covers. */
static bool add_pieces(struct writer *w, struct run *run, enum spf_family family)
{
    struct flattener *x = w->x;
    const struct ip_prefix *all;
    struct ipset set, stays;
    assay_span *wider;
    size_t n;

    if (!unite(w, run, family, true, &set) || !unite(w, run, family, false, &stays))
        return false;
    if (!ipset_prefixes(&x->tmp, &set, &all, &n) ||
        !(wider = arena_get(&x->tmp, (run->n + n + 1) * sizeof *wider)) ||
        !ipset_union(&x->tmp, &x->written[family], &set, &x->written[family]))
        return no_memory(w);
    if (run->n)
        memcpy(wider, run->pieces, run->n * sizeof *wider);
    run->pieces = wider;
    for (size_t i = 0; i < n; i++) {
        const struct ip_range range = ip_range_of(&all[i].net, all[i].bits);
        const struct ipset one = {set.version, &range, 1};

        if (ipset_covers(&stays, &one))
            continue;
        if (!piece_text(w, &all[i], run->qualifier, &run->pieces[run->n++]))
            return false;
    }
    return true;
}

/** Find the runs and write their addresses. */
static bool prepare(struct writer *w)
{
    struct flattener *x = w->x;

    x->written[SPF_IPV4] = (struct ipset){.version = 4};
    x->written[SPF_IPV6] = (struct ipset){.version = 6};
    x->out->prefixes = 0;
    find_runs(w);
    for (size_t i = 0; i < w->n; i++) {
        if (!add_pieces(w, &w->runs[i], SPF_IPV4) || !add_pieces(w, &w->runs[i], SPF_IPV6))
            return false;
        w->runs[i].kept = w->runs[i].n;
        x->out->prefixes += w->runs[i].n;
    }
    return true;
}

/* ---- the first record ---- */

/** The pieces of a run and the includes of its chain. */
static void put_pieces(const struct writer *w, const struct run *run, struct buf *out)
{
    for (size_t i = 0; i < run->kept; i++) {
        buf_putc(out, ' ');
        buf_put(out, run->pieces[i]);
    }
    for (size_t i = 0; i < run->nchain; i++) {
        buf_putc(out, ' ');
        if (run->qualifier != '+')
            buf_putc(out, run->qualifier);
        buf_puts(out, "include:");
        buf_put(out, w->x->records[run->chain + i].name);
    }
}

/** The first record as things stand. */
static void compose(const struct writer *w, struct buf *out)
{
    const struct flattener *x = w->x;
    size_t run = 0;

    buf_clear(out);
    buf_puts(out, "v=spf1");
    for (size_t i = 0; i < x->nslots; i++) {
        while (run < w->n && w->runs[run].end <= i)
            run++;
        if (run < w->n && w->runs[run].at == i)
            put_pieces(w, &w->runs[run], out);
        if (is_piece(w, &x->slots[i]))
            continue;
        buf_putc(out, ' ');
        buf_put(out, x->slots[i].text);
    }
    if (x->exp.n) {
        buf_puts(out, " exp=");
        buf_put(out, x->exp);
    }
}

/* ---- the chain ---- */

/** A record of the tree has this name already. */
static bool is_taken(const struct flattener *x, assay_span name)
{
    for (size_t i = 0; i < x->walk->nnodes; i++)
        if (span_eq(x->walk->nodes[i]->domain, name))
            return true;
    return false;
}

/** The name of the next record. */
static bool next_name(struct writer *w, assay_span *ret)
{
    struct flattener *x = w->x;
    assay_span label = x->request->label.n ? x->request->label : SPAN("_spf");
    struct dns_name name;
    char text[64];

    do {
        snprintf(text, sizeof text, "%.*s%u", (int)(label.n < 40 ? label.n : 40), label.p,
                 ++w->label);
        if (!dns_prepend(text, x->walk->top->domain, &name))
            return flat_refuse(x, "the name of a chained record would be too long", label);
    } while (is_taken(x, dns_name_span(&name)));
    return arena_copy(x->keep, dns_name_span(&name), ret) || no_memory(w);
}

/** Add a record. */
static bool add_record(struct writer *w, assay_span name, assay_span text)
{
    struct flattener *x = w->x;
    assay_span copy;

    if (x->nrecords == x->cap) {
        size_t cap = x->cap ? x->cap * 2 : 8;
        struct spf_flat_record *wider = arena_get(x->keep, cap * sizeof *wider);

        if (!wider)
            return no_memory(w);
        if (x->nrecords)
            memcpy(wider, x->records, x->nrecords * sizeof *wider);
        x->records = wider;
        x->cap = cap;
    }
    if (!arena_copy(x->keep, text, &copy))
        return no_memory(w);
    x->records[x->nrecords++] = (struct spf_flat_record){name, copy};
    return true;
}

/** A chained record has no qualifiers: its include does. */
static assay_span bare(const struct run *run, size_t i)
{
    return span_from(run->pieces[i], run->qualifier != '+');
}

/** Put the pieces from `first` on into records of their own. */
static bool chain(struct writer *w, struct run *run, size_t first)
{
    struct flattener *x = w->x;
    struct buf out = buf_new(x->octets + 64);
    bool good = true;

    run->kept = first;
    run->chain = x->nrecords;
    for (size_t i = first; i < run->n && good;) {
        assay_span name;

        buf_clear(&out);
        buf_puts(&out, "v=spf1");
        do {
            buf_putc(&out, ' ');
            buf_put(&out, bare(run, i++));
        } while (i < run->n && out.n + 1 + bare(run, i).n + sizeof " -all" - 1 <= x->octets);
        buf_puts(&out, " -all");
        if (out.status == ASSAY_ENOMEM)
            good = no_memory(w);
        else if (out.status != ASSAY_DONE || out.n > x->octets)
            good = flat_refuse(x, "the records may not be so short", SPAN_EMPTY);
        else
            good = next_name(w, &name) && add_record(w, name, buf_span(&out));
    }
    run->nchain = x->nrecords - run->chain;
    buf_done(&out);
    return good;
}

/** Octets of one include in the first record, at most. */
static size_t include_octets(const struct flattener *x)
{
    size_t label = x->request->label.n ? x->request->label.n : 4;

    return sizeof " ?include:" + label + sizeof "99999." + x->walk->top->domain.n;
}

/** How many records the pieces from `first` on take. */
static size_t records_for(const struct writer *w, const struct run *run, size_t first)
{
    size_t n = 0, used = SIZE_MAX;

    for (size_t i = first; i < run->n; i++) {
        size_t more = 1 + bare(run, i).n;

        if (used == SIZE_MAX || used + more > w->x->octets) {
            n++;
            used = sizeof "v=spf1" - 1 + sizeof " -all" - 1;
        }
        used += more;
    }
    return n;
}

/** Move as many pieces of a run into a chain as have to go. \param base  octets of the first record without the run's */
static bool move(struct writer *w, struct run *run, size_t base)
{
    size_t includes = 1, kept = 0, used;

    for (;; includes++) {
        used = base + includes * include_octets(w->x);
        for (kept = 0; kept < run->n && used + 1 + run->pieces[kept].n <= w->x->octets; kept++)
            used += 1 + run->pieces[kept].n;
        if (records_for(w, run, kept) <= includes)
            break;
    }
    return chain(w, run, kept);
}

/** Octets of the pieces of a run that stand in the first record. */
static size_t pieces_octets(const struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->kept; i++)
        n += 1 + run->pieces[i].n;
    return n;
}

/** The run with the most octets that were not moved yet, or NULL. */
static struct run *largest(struct writer *w)
{
    struct run *best = NULL;

    for (size_t i = 0; i < w->n; i++)
        if (!w->runs[i].nchain && w->runs[i].n &&
            (!best || pieces_octets(&w->runs[i]) > pieces_octets(best)))
            best = &w->runs[i];
    return best;
}

/** Move runs until the first record is short enough. */
static bool shorten(struct writer *w, struct buf *out)
{
    struct flattener *x = w->x;

    for (;;) {
        struct run *run;

        compose(w, out);
        if (out->status == ASSAY_ENOMEM)
            return no_memory(w);
        if (out->status == ASSAY_DONE && out->n <= x->octets)
            return true;
        if ((run = largest(w))) {
            if (!move(w, run, out->n - pieces_octets(run)))
                return false;
        } else if (!w->networks) { /* what was published as addresses may have to go as well */
            w->networks = true;
            x->nrecords = 1;
            w->label = 0;
            if (!prepare(w))
                return false;
        } else {
            return flat_refuse(x, "there is too much for records this short", x->walk->top->domain);
        }
    }
}

/** Nothing was changed. */
static bool is_as_before(const struct flattener *x)
{
    for (size_t i = 0; i < x->nslots; i++)
        if (x->slots[i].flat)
            return false;
    return x->inlined == 0;
}

bool flat_write(struct flattener *x)
{
    struct writer w = {.x = x, .runs = arena_zero(&x->tmp, (x->nslots + 1) * sizeof *w.runs)};
    struct buf out = buf_new(1 << 20);
    bool good;

    x->nrecords = 0;
    if (!w.runs)
        return no_memory(&w);
    if (!add_record(&w, x->walk->top->domain, SPAN_EMPTY)) /* its text is known last */
        return false;
    if (is_as_before(x)) {
        x->records[0].text = x->walk->top->record->text;
        return true;
    }
    good = prepare(&w) && shorten(&w, &out);
    if (good && !arena_copy(x->keep, buf_span(&out), &x->records[0].text))
        good = no_memory(&w);
    buf_done(&out);
    return good;
}
