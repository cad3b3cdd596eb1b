/* SPDX-License-Identifier: BSD-2-Clause */
/** \file check_views.c Where receivers and senders see a domain in several ways: two standards, MX hosts, logos. */
#include "cli/check.h"
#include "cli/posture_json.h"

enum {
    TEXT_MAX = 1 << 16,
    INDENT = 2,
    HOSTS_SHOWN = 4,
    DELIVERY = 13, /* "authenticated" */
    HOSTS_NARROW = 76
};

/* ---- DMARC ---- */

/** Append what both standards see, where they differ. */
static void put_views(struct check_output *o, const struct assay_posture *p)
{
    struct buf text = buf_new(TEXT_MAX);

    buf_puts(&text, "DMARC is seen in two ways: ");
    check_put_views(p, &text);
    buf_putc(&text, '.');
    buf_putc(&o->out, '\n');
    term_paragraph(&o->term, INDENT, buf_span(&text), &o->out);
    check_done(&text, &o->out);
}

/* ---- logo ---- */

/** Append what large receivers do with the logo. */
static void put_logos(struct check_output *o, const struct assay_posture *p)
{
    static const char *const WORDS[] = {"", "no logo", "logo", "?"};

    for (size_t i = 0; i < p->nlogos; i++) {
        const struct assay_logo_view *v = &p->logos[i];

        if (i == 0)
            buf_putc(&o->out, '\n');
        term_row(&o->term, INDENT,
                 (const struct term_cell[]){
                     {.text = span_of(v->receiver), .columns = 8},
                     {.text = span_of(WORDS[v->shows]),
                      .columns = 7,
                      .style = v->shows == ASSAY_SHOWS ? TERM_GOOD : TERM_DOUBT},
                     {.text = v->why, .columns = o->term.width > 50 ? o->term.width - 22 : 28}},
                 3, &o->out);
    }
}

/* ---- transport ---- */

/** Columns of the longest host, as far as there is room. */
static unsigned host_columns(const struct check_output *o, const struct assay_posture *p)
{
    unsigned used = INDENT + 4 * (TERM_GAP + DELIVERY), most = 7, room;

    for (size_t i = 0; i < p->ntransports; i++) {
        unsigned columns = term_columns(p->transports[i].host);

        most = columns > most ? columns : most;
    }
    room = o->term.width > used ? o->term.width - used : 1;
    return most < room ? most : room;
}

/** The row of a host, or the head. */
static void put_host(struct check_output *o, unsigned width, const assay_span cells[5])
{
    const struct term *t = &o->term;
    struct term_cell row[5];

    for (size_t i = 0; i < 5; i++)
        row[i] = (struct term_cell){.text = cells[i], .columns = i ? DELIVERY : width};
    term_row(t, INDENT, row, 5, &o->out);
}

/** Append a host for a narrow terminal. */
static void put_host_narrow(struct check_output *o, const struct assay_transport *t)
{
    struct buf text = buf_new(TEXT_MAX);

    buf_printf(&text, "%.*s: no policy %s, MTA-STS %s, DANE %s, both %s", SPAN_ARG(t->host),
               posture_delivery_text(t->opportunistic), posture_delivery_text(t->sts),
               posture_delivery_text(t->dane), posture_delivery_text(t->both));
    term_paragraph(&o->term, INDENT, buf_span(&text), &o->out);
    check_done(&text, &o->out);
}

/** Append why a kind of sender does what it does at a host. */
static void put_host_why(struct check_output *o, const struct assay_transport *t)
{
    struct buf text = buf_new(TEXT_MAX);

    if (t->sts_why.n)
        buf_printf(&text, "MTA-STS: %.*s. ", SPAN_ARG(span_first(t->sts_why, 500)));
    if (t->dane_why.n)
        buf_printf(&text, "DANE: %.*s. ", SPAN_ARG(span_first(t->dane_why, 500)));
    if (t->rollover_ready)
        buf_puts(&text, "The next key's TLSA record is there.");
    if (text.n)
        term_paragraph(&o->term, 2 * INDENT, buf_span(&text), &o->out);
    check_done(&text, &o->out);
}

/** Something is known about the host. */
static bool is_known(const struct assay_transport *t)
{
    return t->opportunistic || t->sts || t->dane || t->both;
}

/** Append what each kind of sender does at each MX host. */
static void put_transports(struct check_output *o, const struct assay_posture *p)
{
    static const assay_span HEAD[5] = {
        {"mail to", 7}, {"no policy", 9}, {"MTA-STS", 7}, {"DANE", 4}, {"both", 4}};
    bool any = false, narrow = o->term.width < HOSTS_NARROW;
    size_t shown = 0, left = 0;

    for (size_t i = 0; i < p->ntransports; i++) {
        const struct assay_transport *t = &p->transports[i];

        if (!is_known(t) && !o->verbose)
            continue;
        if (!o->verbose && shown == HOSTS_SHOWN) {
            left++;
            continue;
        }
        if (!any)
            buf_putc(&o->out, '\n');
        if (!any && !narrow)
            put_host(o, host_columns(o, p), HEAD);
        any = true;
        shown++;
        if (narrow)
            put_host_narrow(o, t);
        else
            put_host(o, host_columns(o, p),
                     (const assay_span[5]){t->host,
                                           span_of(posture_delivery_text(t->opportunistic)),
                                           span_of(posture_delivery_text(t->sts)),
                                           span_of(posture_delivery_text(t->dane)),
                                           span_of(posture_delivery_text(t->both))});
        if (o->verbose)
            put_host_why(o, t);
    }
    if (left)
        buf_printf(&o->out, "  and %zu more; -v shows all\n", left);
}

/* ---- all ---- */

void check_show_views(struct check_output *o, const struct assay_posture *p)
{
    if (check_views_differ(p))
        put_views(o, p);
    put_transports(o, p);
    put_logos(o, p);
}
