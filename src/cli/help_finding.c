/* SPDX-License-Identifier: BSD-2-Clause */
/** \file help_finding.c What `assay help SPF-LOOKUPS` says: the catalogue's own words. */
#include "base/near.h"
#include "cli/help.h"
#include "posture/catalogue.h"

#include <assay/posture.h>

enum { TEXT_MAX = 1 << 16 };

/** Append a paragraph with a word before it. */
static void put_part(const struct term *t, const char *label, const char *text, struct buf *out)
{
    const struct term_cell cells[] = {
        {.text = span_of(label), .columns = 8, .style = TERM_DIM},
        {.text = span_of(text), .columns = t->width > 24 ? t->width - 14 : 10},
    };

    if (*text)
        term_row(t, 4, cells, 2, out);
}

/** Append how severe it is, and what its reasons are. */
static void put_severity(const struct term *t, const struct assay_check_kind *k, struct buf *out)
{
    struct buf text = buf_new(TEXT_MAX);

    if (k->severities[0] == ASSAY_UNKNOWN_OUTCOME)
        buf_puts(&text, "passes, or is not known; it is never a finding");
    else
        buf_puts(&text, assay_outcome_text(k->severities[0]));
    if (k->severities[1])
        buf_printf(&text, " or %s", assay_outcome_text(k->severities[1]));
    buf_putc(&text, '\0');
    put_part(t, "severity", text.p ? text.p : "", out);
    buf_done(&text);
    put_part(t, "reasons", k->reasons, out);
}

/** Append where its page is; the name is never broken. */
static void put_page(const struct term *t, const char *id, struct buf *out)
{
    struct buf text = buf_new(TEXT_MAX);

    buf_printf(&text, "Examples: " ASSAY_DOC "/findings/%s.md", id);
    term_row(t, 0,
             &(struct term_cell){.text = buf_span(&text), .columns = TERM_MOST, .exact = true}, 1,
             out);
    buf_done(&text);
}

bool help_finding(const struct term *t, const char *word, struct buf *out)
{
    const struct assay_check_kind *k = assay_check_kind_at((size_t)finding_find(word));
    struct buf text = buf_new(TEXT_MAX);

    if (!k)
        return false;
    buf_printf(&text, "%s%s%s", k->id, k->title[0] ? ": " : "", k->title);
    term_styled(t, TERM_BOLD, buf_span(&text), out);
    buf_puts(out, "\n\n");
    buf_done(&text);
    put_part(t, "why", k->why, out);
    put_part(t, "to do", k->fix, out);
    put_severity(t, k, out);
    put_part(t, "source", k->source, out);
    buf_putc(out, '\n');
    term_paragraph(
        t, 0, SPAN("assay check -v DOMAIN shows where it applies, with the record to publish."),
        out);
    put_page(t, k->id, out);
    return true;
}

void help_finding_near(struct near *near)
{
    const struct assay_check_kind *k;

    for (size_t i = 0; (k = assay_check_kind_at(i)); i++)
        near_try(near, k->id);
}
