/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/spf_domain.h"

/** Columns of the figures; the term and the remarks share the rest. */
enum { COST = 4, ADDRESSES = 11, LEAST_TERM = 24, NESTED = 2, DEEPEST = 12 };

/** A tree being printed. */
struct printer {
    const struct spf_domain_door *door;
    struct buf *out;
    unsigned running; /**< lookups spent so far */
    bool stopped;     /**< receivers have stopped */
};

/** Columns of a term, for this terminal. */
static unsigned term_width(const struct term *t)
{
    unsigned figures = COST * 2 + ADDRESSES * 2 + TERM_GAP * 4, left;

    left = t->width > figures ? t->width - figures : 0;
    return left > LEAST_TERM ? left : LEAST_TERM;
}

/** Lookups of a use: its own, and of what lies below. */
static unsigned cost_of(const struct spf_use *use)
{
    unsigned below = 0;

    if (use->child)
        below = use->child->lookups[SPF_IPV4] > use->child->lookups[SPF_IPV6]
                    ? use->child->lookups[SPF_IPV4]
                    : use->child->lookups[SPF_IPV6];
    return use->lookups + below;
}

/** Append the remarks on a use, on lines of their own. */
static void put_remarks(struct printer *p, const struct spf_node *node, const struct spf_use *use,
                        unsigned indent)
{
    struct buf marks = buf_new(1024);

    spf_put_marks(node, use, &marks);
    if (!p->stopped && p->running > LIMIT_SPF_LOOKUPS) {
        p->stopped = true;
        buf_puts(&marks, marks.n ? "; " : "");
        buf_puts(&marks, "the eleventh lookup: receivers stop here");
    }
    if (marks.n)
        term_paragraph(&p->door->cli->out, indent + 2, buf_span(&marks), p->out);
    buf_done(&marks);
}

/** Append a number unless it is 0. */
static assay_span count(const struct term *t, unsigned version, const struct ipset *set, bool open,
                        char room[SPF_COUNT])
{
    ip_number n = ipset_size(set);

    if (!n)
        return open ? SPAN("?") : SPAN_EMPTY;
    return spf_count_text(t, version, n, room);
}

/** A number as text; 0 as none. */
static assay_span number_or_none(unsigned n, char room[16])
{
    if (!n)
        return SPAN_EMPTY;
    snprintf(room, 16, "%u", n);
    return span_of(room);
}

/** Append the line of a use. */
static void put_use(struct printer *p, const struct spf_node *node, const struct spf_use *use)
{
    const struct term *t = &p->door->cli->out;
    unsigned depth = node->depth < DEEPEST ? node->depth : DEEPEST, indent = 2 + depth * NESTED;
    unsigned width = term_width(t);
    char cost[16], sum[16], v4[SPF_COUNT], v6[SPF_COUNT];
    struct term_cell cells[] = {
        {.text = use->text, .columns = width > indent + 8 ? width - indent : 8},
        {.text = number_or_none(cost_of(use), cost), .columns = COST, .right = true},
        {.columns = COST, .right = true, .style = TERM_DIM},
        {.text = count(t, 4, &use->adds[SPF_IPV4], use->open[SPF_IPV4], v4),
         .columns = ADDRESSES,
         .right = true},
        {.text = count(t, 6, &use->adds[SPF_IPV6], use->open[SPF_IPV6], v6),
         .columns = ADDRESSES,
         .right = true},
    };

    p->running += use->lookups && (use->reached[SPF_IPV4] || use->reached[SPF_IPV6]);
    cells[2].text = number_or_none(use->lookups ? p->running : 0, sum);
    if (p->running > LIMIT_SPF_LOOKUPS)
        cells[2].style = TERM_BAD;
    term_row(t, indent, cells, sizeof cells / sizeof *cells, p->out);
    put_remarks(p, node, use, indent);
}

/** Append a node: its terms, each with what lies below it. */
static void put_node(struct printer *p, const struct spf_node *node)
{
    for (size_t i = 0; i < node->nuses; i++) {
        put_use(p, node, &node->uses[i]);
        if (node->uses[i].child)
            put_node(p, node->uses[i].child);
        if (node->uses[i].child6)
            put_node(p, node->uses[i].child6);
    }
}

/** Append the tree for people. */
static void show(const struct spf_domain_door *d, struct buf *out)
{
    const struct term *t = &d->cli->out;
    struct printer p = {.door = d, .out = out};
    const struct spf_record *r = d->walk->top->record;
    unsigned width = term_width(t);
    const struct term_cell head[] = {
        {.text = SPAN("term"), .columns = width - 2, .style = TERM_DIM},
        {.text = SPAN("cost"), .columns = COST, .right = true, .style = TERM_DIM},
        {.text = SPAN("sum"), .columns = COST, .right = true, .style = TERM_DIM},
        {.text = SPAN("adds IPv4"), .columns = ADDRESSES, .right = true, .style = TERM_DIM},
        {.text = SPAN("adds IPv6"), .columns = ADDRESSES, .right = true, .style = TERM_DIM},
    };

    spf_put_head(d, out);
    if (!r || !r->n)
        return;
    buf_putc(out, '\n');
    term_row(t, 2, head, sizeof head / sizeof *head, out);
    put_node(&p, d->walk->top);
}

/** Print in the form that is wanted. */
static int print(const struct spf_domain_door *d)
{
    struct buf out = buf_new(SPF_OUTPUT_MAX);
    struct json j = json_new(&out);
    int status;

    if (cli_has(d->cli, OPT_PICTURE)) {
        spf_put_picture(d, &out);
    } else if (cli_has(d->cli, OPT_JSON)) {
        spf_json_tree(&j, d);
        buf_putc(&out, '\n');
    } else {
        show(d, &out);
    }
    status = cli_worse(spf_walk_status(d->walk), cli_print(d->cli, &out));
    buf_done(&out);
    return status;
}

int cli_spf_tree(const struct cli *cli, const char *domain)
{
    struct spf_domain_door d;
    int status = spf_door_open(cli, domain, cli_value(cli, OPT_TEXT), &d);

    if (status == 0)
        status = print(&d);
    spf_door_close(&d);
    return status;
}
