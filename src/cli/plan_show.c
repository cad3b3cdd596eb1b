/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/plan.h"

#include "base/buf.h"
#include "base/time.h"

#include <stdio.h>

enum { LABEL_COLUMNS = 8 };

void plan_put_date(int64_t t, struct buf *out)
{
    char text[TIME_TEXT];

    buf_put(out, span_first(time_text(t, text), 10));
}

/** A date, as text. */
static const char *date(int64_t t, char text[16])
{
    char whole[TIME_TEXT];

    snprintf(text, 16, "%.*s", SPAN_ARG(span_first(time_text(t, whole), 10)));
    return text;
}

assay_span plan_when(const struct assay_plan_step *s, char text[64])
{
    char day[16];

    switch (s->step) {
    case ASSAY_STEP_NOW: return SPAN("now");
    case ASSAY_STEP_BACK: return SPAN("now: a step back");
    case ASSAY_STEP_KEEP: return SPAN("keep it");
    case ASSAY_STEP_WAIT: snprintf(text, 64, "not before %s", date(s->earliest, day)); break;
    default: snprintf(text, 64, "when what is missing is there"); break;
    }
    return span_of(text);
}

/* ---- for people ---- */

/** Append a labelled text. */
static void put_part(const struct term *t, const char *label, assay_span text, bool exact,
                     struct buf *out)
{
    unsigned used = 2 + LABEL_COLUMNS + TERM_GAP;
    const struct term_cell cells[] = {
        {.text = span_of(label), .columns = LABEL_COLUMNS, .style = TERM_DIM},
        {.text = text, .columns = t->width > used + 20 ? t->width - used : 20, .exact = exact},
    };

    if (text.n)
        term_row(t, 2, cells, 2, out);
}

/** Append each line of a record or a document with a sign before it. */
static void put_lines(const struct term *t, const char *label, const char *sign, assay_span text,
                      struct buf *out)
{
    assay_span line;

    while (text.n && span_cut(&text, '\n', &line)) {
        struct buf with = buf_new(line.n + 8);

        if (!line.n)
            continue;
        buf_puts(&with, sign);
        buf_put(&with, line);
        put_part(t, label, buf_span(&with), true, out);
        out->status = with.status == ASSAY_ENOMEM ? ASSAY_ENOMEM : out->status;
        buf_done(&with);
        label = "";
    }
}

/** Append what to publish. */
static void show_fix(const struct term *t, const struct assay_fix *fix, struct buf *out)
{
    struct buf head = buf_new(2048);

    if (fix->type.n) {
        buf_put(&head, fix->type);
        buf_putc(&head, ' ');
        buf_put(&head, fix->name);
        buf_puts(&head, fix->elsewhere ? " (another party publishes it)" : "");
        put_part(t, fix->after.n ? "publish" : "remove", buf_span(&head), true, out);
        put_lines(t, "", "- ", fix->before, out);
        put_lines(t, "", "+ ", fix->after, out);
    }
    put_part(t, "do", fix->text, false, out);
    buf_done(&head);
}

/** Append a step. */
static void show_step(const struct term *t, const struct assay_plan_step *s, struct buf *out)
{
    struct buf head = buf_new(1024);
    char when[64];

    buf_printf(&head, "%s, step %s: %s", s->row->ladder, s->row->id, s->row->state);
    buf_putc(out, '\n');
    term_paragraph(t, 0, buf_span(&head), out);
    put_part(t, "", s->text, false, out);
    put_part(t, s->step == ASSAY_STEP_BACK ? "was next" : "next", span_of(s->row->next), false,
             out);
    put_part(t, "when", plan_when(s, when), false, out);
    for (size_t i = 0; i < s->nmissing; i++)
        put_part(t, i ? "" : "missing", s->missing[i], false, out);
    for (size_t i = 0; i < s->nfixes; i++)
        show_fix(t, &s->fixes[i], out);
    if (s->step == ASSAY_STEP_NOW || s->step == ASSAY_STEP_WAIT) {
        put_part(t, "breaks", span_of(s->row->breaks), false, out);
        put_part(t, "undo", span_of(s->row->undo), false, out);
    }
    buf_done(&head);
}

/** Append where the domain is. */
static void put_phases(const struct assay_posture *p, struct buf *out)
{
    for (size_t i = 0; i < 3; i++)
        buf_printf(out, "%s%s %u %s%s", i ? ", " : "", p->phases[i].ladder, p->phases[i].rung,
                   p->phases[i].name, p->phases[i].more_unknown ? " (the next is not known)" : "");
}

void plan_show(const struct term *t, const struct assay_posture *p, const struct assay_plan *plan,
               struct buf *out)
{
    struct buf head = buf_new(2048);

    buf_puts(&head, "Plan for ");
    buf_put(&head, plan->domain);
    buf_puts(&head, ", ");
    plan_put_date(plan->now, &head);
    term_paragraph(t, 0, buf_span(&head), out);
    buf_clear(&head);
    put_phases(p, &head);
    term_paragraph(t, 0, buf_span(&head), out);
    for (size_t i = 0; i < plan->nsteps; i++)
        show_step(t, &plan->steps[i], out);
    if (!plan->nsteps)
        term_paragraph(t, 0, SPAN("There is nothing to do."), out);
    if (!plan->has_evidence) {
        buf_putc(out, '\n');
        term_paragraph(
            t, 0,
            SPAN("Without metrics of reports the plan asks for nothing beyond p=none with rua: "
                 "nobody else can tell who sends for the domain."),
            out);
    }
    buf_done(&head);
}

/* ---- Markdown ---- */

/** Text as Markdown shows it: whatever it is, it makes no mark. */
static void md_text(assay_span text, struct buf *out)
{
    static const struct term WIDE = {.utf8 = true, .width = 1000};
    struct buf clean = buf_new(1 << 20);

    term_clean(&WIDE, text, &clean);
    for (size_t i = 0; i < clean.n; i++) {
        if (strchr("\\`*_{}[]()<>#+-!|~&", clean.p[i]))
            buf_putc(out, '\\');
        buf_putc(out, clean.p[i]);
    }
    out->status = clean.status == ASSAY_ENOMEM ? ASSAY_ENOMEM : out->status;
    buf_done(&clean);
}

/** Each line as code: indented by four blanks behind a list's two. */
static void md_lines(const char *sign, assay_span text, struct buf *out)
{
    static const struct term WIDE = {.utf8 = true, .width = 1000};
    assay_span line;

    while (text.n && span_cut(&text, '\n', &line)) {
        if (!line.n)
            continue;
        buf_puts(out, "      ");
        buf_puts(out, sign);
        term_clean(&WIDE, line, out);
        buf_putc(out, '\n');
    }
}

/** A line of a list. */
static void md_item(const char *label, assay_span text, struct buf *out)
{
    if (!text.n)
        return;
    buf_printf(out, "- %s: ", label);
    md_text(text, out);
    buf_putc(out, '\n');
}

/** What to publish. */
static void md_fix(const struct assay_fix *fix, struct buf *out)
{
    struct buf head = buf_new(2048);

    if (fix->type.n) {
        buf_put(&head, fix->type);
        buf_putc(&head, ' ');
        buf_put(&head, fix->name);
        md_item(fix->after.n ? "publish" : "remove", buf_span(&head), out);
        buf_putc(out, '\n');
        md_lines("- ", fix->before, out);
        md_lines("+ ", fix->after, out);
        buf_putc(out, '\n');
    }
    md_item("do", fix->text, out);
    buf_done(&head);
}

static void md_step(const struct assay_plan_step *s, struct buf *out)
{
    char when[64];

    buf_printf(out, "\n## %s, step %s: %s\n\n", s->row->ladder, s->row->id, s->row->state);
    if (s->text.n) {
        md_text(s->text, out);
        buf_puts(out, "\n\n");
    }
    md_item("next", span_of(s->row->next), out);
    md_item("when", plan_when(s, when), out);
    for (size_t i = 0; i < s->nmissing; i++)
        md_item("missing", s->missing[i], out);
    for (size_t i = 0; i < s->nfixes; i++)
        md_fix(&s->fixes[i], out);
    if (s->step == ASSAY_STEP_NOW || s->step == ASSAY_STEP_WAIT) {
        md_item("what could break", span_of(s->row->breaks), out);
        md_item("undo", span_of(s->row->undo), out);
    }
}

void plan_markdown(const struct term *t, const struct assay_posture *p,
                   const struct assay_plan *plan, struct buf *out)
{
    (void)t;
    buf_puts(out, "# Plan for ");
    md_text(plan->domain, out);
    buf_puts(out, ", ");
    plan_put_date(plan->now, out);
    buf_puts(out, "\n\n");
    put_phases(p, out);
    buf_puts(out, "\n");
    for (size_t i = 0; i < plan->nsteps; i++)
        md_step(&plan->steps[i], out);
}
