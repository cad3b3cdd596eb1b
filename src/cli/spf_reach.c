/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/spf_domain.h"

/** The number of addresses from which on a domain is among the widest third (research of 12.8 million domains, 2023). */
enum { WIDE = 100000 };

/** Columns of the figures. */
enum { ADDRESSES = 13, SHARE = 6, LEAST_TERM = 24 };

/** A page being printed. */
struct printer {
    const struct spf_domain_door *door;
    struct buf *out;
    struct arena arena;
    unsigned width; /**< of the term */
};

/** `n` of `all` in tenths of a percent. */
static assay_span share_text(ip_number n, ip_number all, char out[16])
{
    unsigned tenths = all ? (unsigned)(n * 1000 / all) : 0; /* IPv4: it fits */

    snprintf(out, 16, "%u.%u %%", tenths / 10, tenths % 10);
    return span_of(out);
}

/** What a term matches and other terms before it do as well. */
static ip_number overlap(const struct spf_use *use, enum spf_family family)
{
    ip_number matches = ipset_size(&use->matches[family]), adds = ipset_size(&use->adds[family]);

    return matches > adds ? matches - adds : 0;
}

/** Append what is to be said of a term: overlap, who shares it, what is not known. */
static void put_remarks(struct printer *p, const struct spf_node *node, const struct spf_use *use)
{
    const struct term *t = &p->door->cli->out;
    struct buf text = buf_new(1024);
    ip_number common = overlap(use, SPF_IPV4);
    assay_span who = spf_shared_by(use->target);
    char room[SPF_COUNT];

    spf_put_marks(node, use, &text);
    if (common && !use->shadowed && use->term && use->term->qualifier == '+') {
        buf_puts(&text, text.n ? "; " : "");
        buf_put(&text, spf_count_text(t, 4, common, room));
        buf_puts(&text, " more are matched by terms before it");
    }
    if (who.n) {
        buf_puts(&text, text.n ? "; " : "");
        buf_puts(&text, "shared by all customers of ");
        buf_put(&text, who);
    }
    if (text.n)
        term_paragraph(t, 6, buf_span(&text), p->out);
    buf_done(&text);
}

/** Append the line of a term. */
static void put_use(struct printer *p, const struct spf_node *node, const struct spf_use *use)
{
    const struct term *t = &p->door->cli->out;
    const struct spf_walk *w = p->door->walk;
    ip_number v4 = ipset_size(&use->adds[SPF_IPV4]), v6 = ipset_size(&use->adds[SPF_IPV6]);
    char room4[SPF_COUNT], room6[SPF_COUNT], share[16];
    struct term_cell cells[] = {
        {.text = use->text, .columns = p->width},
        {.text = v4 ? spf_count_text(t, 4, v4, room4) : SPAN("-"),
         .columns = ADDRESSES,
         .right = true},
        {.text = share_text(v4, ipset_size(&w->pass[SPF_IPV4]), share),
         .columns = SHARE,
         .right = true,
         .style = TERM_DIM},
        {.text = v6 ? spf_count_text(t, 6, v6, room6) : SPAN("-"),
         .columns = ADDRESSES,
         .right = true},
    };

    if (!v4 && !v6 && !use->open[SPF_IPV4] && !use->open[SPF_IPV6] && !use->child)
        return;
    term_row(t, 4, cells, sizeof cells / sizeof *cells, p->out);
    put_remarks(p, node, use);
}

/** Append the terms of the record, and of what it redirects to. */
static void put_terms(struct printer *p, const struct spf_node *node)
{
    for (size_t i = 0; i < node->nuses; i++) {
        if (node->uses[i].term)
            put_use(p, node, &node->uses[i]);
        else if (node->uses[i].child)
            put_terms(p, node->uses[i].child);
    }
}

/** Append how many networks it takes, and how it compares. */
static assay_status put_sum(struct printer *p)
{
    const struct spf_walk *w = p->door->walk;
    const struct ip_prefix *prefixes;
    size_t n4, n6;
    ip_number reach = ipset_size(&w->pass[SPF_IPV4]);
    struct buf text = buf_new(1024);

    if (!ipset_prefixes(&p->arena, &w->pass[SPF_IPV4], &prefixes, &n4) ||
        !ipset_prefixes(&p->arena, &w->pass[SPF_IPV6], &prefixes, &n6))
        return ASSAY_ENOMEM;
    buf_printf(&text, "As few networks as can be: %zu of IPv4, %zu of IPv6. ", n4, n6);
    if (reach > WIDE)
        buf_puts(
            &text,
            "Over 100,000 IPv4 addresses may send as this domain: a third of all domains with SPF "
            "is as open as that, and whoever can send from one of them passes.");
    else
        buf_puts(
            &text,
            "Fewer than 100,000 IPv4 addresses may send: two thirds of all domains with SPF are as "
            "narrow as that.");
    buf_putc(p->out, '\n');
    term_paragraph(&p->door->cli->out, 0, buf_span(&text), p->out);
    buf_done(&text);
    return ASSAY_DONE;
}

/** Append the page for people. */
static assay_status show(const struct spf_domain_door *d, struct buf *out)
{
    const struct term *t = &d->cli->out;
    unsigned figures = 4 + ADDRESSES * 2 + SHARE + TERM_GAP * 3;
    struct printer p = {.door = d, .out = out};
    struct term_cell head[] = {
        {.text = SPAN("term"), .columns = LEAST_TERM, .style = TERM_DIM},
        {.text = SPAN("adds IPv4"), .columns = ADDRESSES, .right = true, .style = TERM_DIM},
        {.text = SPAN("share"), .columns = SHARE, .right = true, .style = TERM_DIM},
        {.text = SPAN("adds IPv6"), .columns = ADDRESSES, .right = true, .style = TERM_DIM},
    };
    assay_status s = ASSAY_DONE;

    p.width = t->width > figures + LEAST_TERM ? t->width - figures : LEAST_TERM;
    if (p.width > 60)
        p.width = 60;
    head[0].columns = p.width;
    spf_put_head(d, out);
    if (!d->walk->top->nuses)
        return s;
    buf_putc(out, '\n');
    term_row(t, 4, head, sizeof head / sizeof *head, out);
    put_terms(&p, d->walk->top);
    s = put_sum(&p);
    arena_done(&p.arena);
    return s;
}

/** Print in the form that is wanted. */
static int print(const struct spf_domain_door *d)
{
    struct buf out = buf_new(SPF_OUTPUT_MAX);
    struct json j = json_new(&out);
    assay_status s = ASSAY_DONE;
    int status;

    if (cli_has(d->cli, OPT_JSON)) {
        spf_json_reach(&j, d);
        buf_putc(&out, '\n');
    } else {
        s = show(d, &out);
    }
    if (s != ASSAY_DONE)
        out.status = s;
    status = cli_worse(spf_walk_status(d->walk), cli_print(d->cli, &out));
    buf_done(&out);
    return status;
}

int cli_spf_reach(const struct cli *cli, const char *domain)
{
    struct spf_domain_door d;
    int status = spf_door_open(cli, domain, cli_value(cli, OPT_TEXT), &d);

    if (status == 0)
        status = print(&d);
    spf_door_close(&d);
    return status;
}
