/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/report.h"

#include "receive/verdict.h"

assay_span report_detail(const struct assay_check *c, const char *name)
{
    for (size_t i = 0; i < c->ndetails; i++)
        if (span_is(c->details[i].name, name))
            return c->details[i].value;
    return SPAN_EMPTY;
}

assay_span report_property(const struct assay_check *c, const char *ptype, const char *name)
{
    for (size_t i = 0; i < c->nproperties; i++)
        if (span_is(c->properties[i].ptype, ptype) && span_is(c->properties[i].name, name))
            return c->properties[i].value;
    return SPAN_EMPTY;
}

const struct assay_check *report_check(const struct assay_verdict *v, const char *method,
                                       const char *scope)
{
    for (size_t i = 0; i < v->nchecks; i++)
        if (span_is(v->checks[i]->method, method) &&
            (!scope || span_is(v->checks[i]->scope, scope)))
            return v->checks[i];
    return NULL;
}

const struct assay_check *report_dmarc(const struct assay_verdict *v)
{
    return report_check(v, "dmarc", NULL);
}

const char *report_word(enum assay_disposition what)
{
    return verdict_word(what);
}

int report_status(const struct assay_verdict *v)
{
    switch (v->what) {
    case ASSAY_ACCEPT: return EXIT_ACCEPT;
    case ASSAY_DEFER: return EXIT_DEFER;
    default: return EXIT_FAILS;
    }
}

enum term_style report_style(assay_span result)
{
    static const struct {
        const char *word;
        enum term_style style;
    } STYLES[] = {{"pass", TERM_GOOD},     {"accept", TERM_GOOD},   {"fail", TERM_BAD},
                  {"permerror", TERM_BAD}, {"reject", TERM_BAD},    {"none", TERM_DIM},
                  {"failed", TERM_BAD},    {"discard", TERM_BAD},   {"signed", TERM_GOOD},
                  {"sealed", TERM_GOOD},   {"not signed", TERM_BAD}};

    for (size_t i = 0; i < sizeof STYLES / sizeof *STYLES; i++)
        if (span_is(result, STYLES[i].word))
            return STYLES[i].style;
    return TERM_DOUBT;
}

/* ---- rows ---- */

/** Where the cells of a report stand; on a narrow terminal the text goes below. */
enum { INDENT = 4, LABEL = 6, RESULT = 9, NARROW = 60, NARROW_INDENT = 2 };

void report_put_row(const struct term *t, const struct report_row *row, struct buf *out)
{
    unsigned used = INDENT + LABEL + TERM_GAP + RESULT + TERM_GAP;
    struct term_cell cells[] = {
        {.text = span_of(row->label), .columns = LABEL},
        {.text = row->result, .columns = RESULT, .style = report_style(row->result)},
        {.text = row->text, .columns = t->width > used ? t->width - used : 1},
    };

    if (t->width >= NARROW) {
        term_row(t, INDENT, cells, 3, out);
        return;
    }
    term_row(t, NARROW_INDENT, cells, 2, out);
    term_paragraph(t, 2 * NARROW_INDENT, row->text, out);
}

void report_put_spf(const struct term *t, const char *label, const struct assay_check *c,
                    struct buf *out)
{
    assay_span lookups = report_detail(c, "lookups");
    struct buf text = buf_new(4096);

    buf_put(&text, c->reason);
    if (lookups.n && !span_is(lookups, "0") && !span_is(c->result, "none"))
        buf_printf(&text, "; %.*s %s", SPAN_ARG(lookups),
                   span_is(lookups, "1") ? "lookup" : "lookups");
    report_put_row(t, &(struct report_row){label, c->result, buf_span(&text)}, out);
    buf_done(&text);
}

void report_put_lines(const struct term *t, unsigned indent, assay_span lines, struct buf *out)
{
    assay_span line;

    while (span_line(&lines, &line))
        if (line.n)
            term_paragraph(t, indent, line, out);
}
