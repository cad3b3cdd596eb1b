/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file flatten_proof.c The proof of a flattening: the receiver's reader judges both, wherever something may change.
 *
 * Original and result are judged past their limits, for the original may be over them: that is why it is flattened. The
 * lookups of the result are counted all the same. What terms ask that depends on the client has no answer here; both get
 * the same one, that nothing is there.
 */
#include "spf/flatten_parts.h"

#include <stdlib.h>

/** Terms that a proof looks at, at most: some twenty seconds. */
enum { WORK = 1 << 30 };

/** An answer. */
struct entry {
    uint16_t rrtype;
    assay_span name;
    assay_fact *fact;
};

/** A fact table: open addressing. */
struct table {
    struct entry *slots;
    size_t nslots;
};

/** A proof in progress. */
struct proof {
    struct flattener *x;
    struct table table;
    const struct table *other; /**< answers that come first, or NULL */
    assay_fact *nothing[4];    /**< for A, AAAA, PTR, MX */
    assay_fact *no_pass;       /**< a record by which nobody passes */
};

/** One check. */
struct check {
    struct assay_eval ev; /* first */
    struct branch branch;
    struct spf_slot slot;
};

static const uint16_t NOTHING_TYPES[] = {ASSAY_RR_A, ASSAY_RR_AAAA, ASSAY_RR_PTR, ASSAY_RR_MX};

static bool no_memory(struct flattener *x)
{
    x->no_memory = true;
    return false;
}

/* ---- answers ---- */

/** The place of a question. */
static struct entry *find(const struct table *t, uint16_t rrtype, assay_span name)
{
    for (size_t i = span_hash(name) + rrtype * 2654435761u;; i++) {
        struct entry *e = &t->slots[i & (t->nslots - 1)];

        if (!e->fact || (e->rrtype == rrtype && span_eq(e->name, name)))
            return e;
    }
}

/** Room for `n` answers. */
static bool make_table(struct flattener *x, size_t n, struct table *ret)
{
    size_t nslots = 16;

    while (nslots < n * 2)
        nslots *= 2;
    *ret = (struct table){arena_zero(&x->tmp, nslots * sizeof *ret->slots), nslots};
    return ret->slots || no_memory(x);
}

/** All answers of the walk. */
static bool take_answers(struct flattener *x, struct table *ret)
{
    struct assay_question q;
    size_t cursor = 0, n = 0;
    assay_fact *fact;

    while (assay_evidence(x->ev, &cursor, &q, &fact))
        n++;
    if (!make_table(x, n, ret))
        return false;
    cursor = 0;
    while (assay_evidence(x->ev, &cursor, &q, &fact)) {
        if (q.kind == ASSAY_DNS && fact)
            *find(ret, q.rrtype, q.name) = (struct entry){q.rrtype, q.name, fact};
    }
    return true;
}

/** A TXT answer of one record. \return NULL: memory is out */
static assay_fact *txt_fact(struct flattener *x, assay_span text)
{
    struct assay_answer answer = {
        .size = sizeof answer, .how = ASSAY_OK, .secure = ASSAY_INSECURE, .n = 1};
    char *rdata = arena_get(&x->tmp, text.n + text.n / 255 + 2);
    assay_fact *fact = NULL;
    assay_span data;
    size_t n = 0;

    if (!rdata)
        return NULL;
    do {
        assay_span piece = span_first(text, 255);

        rdata[n++] = (char)piece.n;
        memcpy(rdata + n, piece.p, piece.n);
        n += piece.n;
        text = span_from(text, piece.n);
    } while (text.n);
    data = (assay_span){rdata, n};
    answer.data = &data;
    return assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &answer, &fact) == ASSAY_DONE ? fact : NULL;
}

/** The answers that the result brings. */
static bool take_records(struct flattener *x, struct table *ret)
{
    if (!make_table(x, x->nrecords, ret))
        return false;
    for (size_t i = 0; i < x->nrecords; i++) {
        assay_fact *fact = txt_fact(x, x->records[i].text);

        if (!fact)
            return no_memory(x);
        *find(ret, ASSAY_RR_TXT, x->records[i].name) =
            (struct entry){ASSAY_RR_TXT, x->records[i].name, fact};
    }
    return true;
}

/** The answer to a question that is being asked. */
static assay_fact *answer(void *arg, const struct assay_question *q)
{
    const struct proof *p = arg;
    assay_fact *fact = p->other ? find(p->other, q->rrtype, q->name)->fact : NULL;

    if (!fact)
        fact = find(&p->table, q->rrtype, q->name)->fact;
    for (size_t i = 0; !fact && i < sizeof NOTHING_TYPES / sizeof *NOTHING_TYPES; i++)
        if (q->rrtype == NOTHING_TYPES[i])
            fact = p->nothing[i];
    return assay_fact_ref(fact ? fact : p->no_pass);
}

/* ---- one check ---- */

static assay_status step(struct assay_eval *ev)
{
    struct check *c = (struct check *)ev;

    return branch_run(ev, &c->branch, spf_check_host, &c->slot);
}

/** Judge one client. \return false: memory is out */
static bool judge(struct proof *p, const struct table *other, const struct ip *ip,
                  struct spf_verdict *ret)
{
    static const struct eval_ops OPS = {.step = step};
    struct flattener *x = p->x;
    char text[IP_TEXT];
    struct check c;
    assay_status s;

    memset(&c, 0, sizeof c);
    eval_init(&c.ev, &OPS, NULL, x->ev->now);
    c.ev.most_questions = c.ev.most_asks = LIMIT_DOMAIN_QUESTIONS;
    c.ev.most_bytes = LIMIT_DOMAIN_BYTES;
    c.slot.request = (struct spf_request){.scope = SPF_AUTHOR, /* refusals need no explanation */
                                          .ip = *ip,
                                          .ip_text = ip_text(ip, text),
                                          .local = SPAN_EMPTY,
                                          .domain = x->walk->top->domain,
                                          .helo = x->walk->top->domain,
                                          .hostname = SPAN_EMPTY,
                                          .past_limits = true};
    p->other = other;
    eval_at_hand(&c.ev, answer, p);
    s = assay_step(&c.ev); /* everything is at hand: it needs nothing */
    *ret = c.slot.verdict; /* numbers; the spans end with the evaluation */
    eval_done(&c.ev);
    return s == ASSAY_DONE || no_memory(x);
}

/* ---- where to look ---- */

/** Addresses of one family. */
struct points {
    ip_number *all;
    size_t n, cap;
};

/** The ends of the ranges of a set, and what stands beside them. */
static bool add_ends(struct flattener *x, struct points *p, const struct ipset *s)
{
    ip_number last = ip_range_all(s->version).last;

    if (p->n + 4 * s->n > p->cap) {
        size_t cap = (p->n + 4 * s->n) * 2;
        ip_number *wider = arena_get(&x->tmp, cap * sizeof *wider);

        if (!wider)
            return no_memory(x);
        if (p->n)
            memcpy(wider, p->all, p->n * sizeof *wider);
        p->all = wider;
        p->cap = cap;
    }
    for (size_t i = 0; i < s->n; i++) {
        struct ip_range r = s->ranges[i];

        p->all[p->n++] = r.first;
        p->all[p->n++] = r.last;
        p->all[p->n++] = r.first ? r.first - 1 : r.first;
        p->all[p->n++] = r.last < last ? r.last + 1 : last;
    }
    return true;
}

/** The ends of the prefixes that were written. */
static bool add_prefix_ends(struct flattener *x, struct points *p, const struct ipset *s)
{
    const struct ip_prefix *all;
    struct ip_range *ranges;
    size_t n;

    if (!ipset_prefixes(&x->tmp, s, &all, &n) ||
        !(ranges = arena_get(&x->tmp, (n + 1) * sizeof *ranges)))
        return no_memory(x);
    for (size_t i = 0; i < n; i++)
        ranges[i] = ip_range_of(&all[i].net, all[i].bits);
    return add_ends(x, p, &(struct ipset){s->version, ranges, n});
}

static int compare_numbers(const void *a, const void *b)
{
    const ip_number *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/** Everywhere something may change, for one family; each once. */
static bool find_points(struct flattener *x, enum spf_family family, struct points *p)
{
    const struct ip_range all = ip_range_all(family == SPF_IPV4 ? 4 : 6);
    const struct ipset space = {family == SPF_IPV4 ? 4 : 6, &all, 1};
    size_t kept = 0;

    if (!add_ends(x, p, &space) || !add_ends(x, p, &x->walk->pass[family]) ||
        !add_prefix_ends(x, p, &x->written[family]))
        return false;
    for (size_t i = 0; i < x->walk->nnodes; i++)
        for (size_t k = 0; k < x->walk->nodes[i]->nuses; k++) {
            const struct spf_use *use = &x->walk->nodes[i]->uses[k];

            if (use->live[family] && use->matches[family].n && use->term &&
                use->term->mechanism != SPF_INCLUDE && !x->walk->nodes[i]->again &&
                !add_ends(x, p, &use->matches[family]))
                return false;
        }
    qsort(p->all, p->n, sizeof *p->all, compare_numbers);
    for (size_t i = 0; i < p->n; i++)
        if (!kept || p->all[i] != p->all[kept - 1])
            p->all[kept++] = p->all[i];
    p->n = kept;
    return true;
}

/* ---- the proof ---- */

/** Both say the same of one address, and the result stays within its limits. */
static bool agree(struct proof *p, const struct table *result, const struct ip *ip)
{
    struct flattener *x = p->x;
    struct spf_verdict before, after;
    char text[IP_TEXT];

    if (!judge(p, NULL, ip, &before) || !judge(p, result, ip, &after))
        return false;
    x->out->proved++;
    if (before.result != after.result)
        return flat_refuse(x, "the proof failed: original and result differ here",
                           ip_text(ip, text));
    if (!x->request->nonly && after.lookups > x->max)
        return flat_refuse(x, "this client takes more lookups than are wanted", ip_text(ip, text));
    return true;
}

/** Terms of all records: what one check may have to look at. */
static size_t count_terms(const struct spf_walk *walk)
{
    size_t n = 1;

    for (size_t i = 0; i < walk->nnodes; i++)
        n += 1 + walk->nodes[i]->nuses;
    return n;
}

/** All points of a family. */
static bool prove_family(struct proof *p, const struct table *result, enum spf_family family)
{
    struct points points = {0};

    if (!find_points(p->x, family, &points))
        return false;
    if (points.n > WORK / count_terms(p->x->walk))
        return flat_refuse(p->x, "the tree is too large to prove anything",
                           p->x->walk->top->domain);
    for (size_t i = 0; i < points.n; i++) {
        struct ip ip = ip_of_number(family == SPF_IPV4 ? 4 : 6, points.all[i]);

        if (!agree(p, result, &ip))
            return false;
    }
    return true;
}

/** Facts for what has no answer. */
static bool make_nothing(struct proof *p)
{
    struct assay_answer none = {.size = sizeof none,
                                .how = ASSAY_NXDOMAIN,
                                .secure = ASSAY_INSECURE};

    for (size_t i = 0; i < sizeof NOTHING_TYPES / sizeof *NOTHING_TYPES; i++)
        if (assay_fact_new(ASSAY_DNS, NOTHING_TYPES[i], &none, &p->nothing[i]) != ASSAY_DONE)
            return no_memory(p->x);
    p->no_pass = txt_fact(p->x, SPAN("v=spf1 -all"));
    return p->no_pass || no_memory(p->x);
}

bool flat_prove(struct flattener *x)
{
    struct proof p = {.x = x};
    struct table result = {0};
    bool good = make_nothing(&p) && take_answers(x, &p.table) && take_records(x, &result) &&
                prove_family(&p, &result, SPF_IPV4) && prove_family(&p, &result, SPF_IPV6);

    for (size_t i = 0; i < sizeof NOTHING_TYPES / sizeof *NOTHING_TYPES; i++)
        assay_fact_free(p.nothing[i]);
    assay_fact_free(p.no_pass);
    for (size_t i = 0; result.slots && i < result.nslots; i++)
        assay_fact_free(result.slots[i].fact);
    return good;
}
