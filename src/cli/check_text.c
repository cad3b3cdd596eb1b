/* SPDX-License-Identifier: BSD-2-Clause */
/** \file check_text.c `assay check --csv` and `--markdown`. */
#include "base/number.h"
#include "cli/check.h"
#include "cli/posture_json.h"
#include "dns/alabel.h"

enum { TEXT_MAX = 1 << 17, CAUSES_SHOWN = 64, NAME_MAX = 1024 };

/** Append text without anything that is not to be seen. */
static void put_clean(assay_span text, struct buf *out)
{
    struct term plain = check_plain();

    term_clean(&plain, text, out);
}

/* ---- CSV (RFC 4180) ---- */

/**
 * Append a cell, quoted. A text that a spreadsheet would take for a formula gets an apostrophe before it.
 */
static void put_cell(assay_span text, struct buf *out)
{
    struct buf clean = buf_new(TEXT_MAX);

    put_clean(text, &clean);
    buf_putc(out, '"');
    if (clean.n && strchr("=+-@", clean.p[0]) && clean.p[0])
        buf_putc(out, '\'');
    for (size_t i = 0; i < clean.n; i++) {
        if (clean.p[i] == '"')
            buf_putc(out, '"');
        buf_putc(out, clean.p[i]);
    }
    buf_putc(out, '"');
    check_done(&clean, out);
}

/** Append cells with commas between, and the line's end. */
static void put_cells(const assay_span *cells, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(out, ',');
        put_cell(cells[i], out);
    }
    buf_puts(out, "\r\n");
}

#define CSV_COLUMNS                                                                                \
    "domain", "id", "area", "outcome", "subject", "reason", "text", "question", "answer", "begin", \
        "end", "source", "advice", "type", "name", "before", "after", "added"

static void csv_begin(struct check_output *o)
{
    static const char *const NAMES[] = {CSV_COLUMNS};
    assay_span cells[sizeof NAMES / sizeof *NAMES];

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        cells[i] = span_of(NAMES[i]);
    put_cells(cells, sizeof NAMES / sizeof *NAMES, &o->out);
}

/** Append the line of one finding. */
static void csv_finding(struct check_output *o, const struct check_report *r, size_t index)
{
    const struct assay_finding *f = &r->posture->findings[index];
    const struct assay_evidence *e = f->nevidence ? &f->evidence[0] : NULL;
    const struct assay_fix *x = f->nfixes ? &f->fixes[0] : NULL;
    char begin[NUMBER_DIGITS], end[NUMBER_DIGITS];
    bool part = e && e->end, record = x && x->type.n, hit = f->outcome >= ASSAY_NOTICE;
    const assay_span cells[] = {
        r->posture->domain,
        span_of(f->kind->id),
        span_of(f->kind->area),
        span_of(assay_outcome_text(f->outcome)),
        f->subject,
        f->reason,
        f->outcome == ASSAY_PASS ? SPAN_EMPTY : check_sentence(f),
        e ? e->question : SPAN_EMPTY,
        e ? e->answer : SPAN_EMPTY,
        part ? number_text(e->begin, begin) : SPAN_EMPTY,
        part ? number_text(e->end, end) : SPAN_EMPTY,
        span_of(f->kind->source),
        hit ? check_advice(f, x) : SPAN_EMPTY,
        record ? x->type : SPAN_EMPTY,
        record ? x->name : SPAN_EMPTY,
        record ? x->before : SPAN_EMPTY,
        record ? x->after : SPAN_EMPTY,
        r->marks[index] & MARK_ADDED ? SPAN("added") : SPAN_EMPTY,
    };

    put_cells(cells, sizeof cells / sizeof *cells, &o->out);
}

static void csv_one(struct check_output *o, const struct check_report *r)
{
    if (!r->posture) {
        const assay_span cells[18] = {span_of(r->asked), SPAN_EMPTY,
                                      SPAN_EMPTY,        SPAN("not checked"),
                                      SPAN_EMPTY,        SPAN_EMPTY,
                                      r->error};

        put_cells(cells, 18, &o->out);
        return;
    }
    for (size_t i = 0; i < r->posture->nfindings; i++)
        if (check_wanted(r, i, o->verbose))
            csv_finding(o, r, i);
}

const struct check_writer CHECK_CSV = {.begin = csv_begin, .one = csv_one};

/* ---- Markdown ---- */

/** The octet at `i` makes a link of what stands there: the colon of `https://`, the dot of `www.`. */
static bool makes_link(const struct buf *text, size_t i)
{
    assay_span before = span_first(buf_span(text), i), rest = span_from(buf_span(text), i);

    return span_starts(rest, SPAN(":/")) || (rest.p[0] == '.' && span_iends(before, SPAN("www")));
}

/** Append text so that no mark in it counts. */
static void md_text(assay_span text, struct buf *out)
{
    struct buf clean = buf_new(TEXT_MAX);

    put_clean(text, &clean);
    for (size_t i = 0; i < clean.n; i++) {
        char c = clean.p[i];

        if (c == '<')
            buf_puts(out, "&lt;");
        else if (c == '>')
            buf_puts(out, "&gt;");
        else if (c == '&')
            buf_puts(out, "&amp;");
        else {
            if ((c && strchr("\\`*_{}[]#+|~@", c)) || makes_link(&clean, i))
                buf_putc(out, '\\');
            buf_putc(out, c);
        }
    }
    check_done(&clean, out);
}

/** Append text as code: between more backticks than it has in a row. */
static void md_code(assay_span text, struct buf *out)
{
    struct buf clean = buf_new(TEXT_MAX);
    size_t most = 0, run = 0;

    put_clean(text, &clean);
    for (size_t i = 0; i < clean.n; i++) {
        run = clean.p[i] == '`' ? run + 1 : 0;
        most = run > most ? run : most;
    }
    for (size_t i = 0; i <= most; i++)
        buf_putc(out, '`');
    buf_putc(out, ' ');
    buf_put(out, buf_span(&clean));
    buf_putc(out, ' ');
    for (size_t i = 0; i <= most; i++)
        buf_putc(out, '`');
    check_done(&clean, out);
}

/** Append a text of the catalogue: what stands between backticks there is code. */
static void md_ours(const char *text, struct buf *out)
{
    assay_span rest = span_of(text), part;

    for (bool code = false; rest.n; code = !code) {
        part = span_first(rest, span_find(rest, '`'));
        rest = span_from(rest, part.n + 1);
        if (code)
            md_code(part, out);
        else
            md_text(part, out);
    }
}

/** Append what to do: words of the judge, which may quote what others published, or those of the catalogue. */
static void md_advice(const struct assay_finding *f, struct buf *out)
{
    if (f->nfixes && f->fixes[0].text.n)
        md_text(f->fixes[0].text, out);
    else
        md_ours(f->kind->fix, out);
}

/** Append a fence that stands in none of the records. */
static void md_fence(const struct assay_fix *x, const char *language, struct buf *out)
{
    const assay_span texts[] = {x->before, x->after};
    size_t most = 2, run = 0;

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < texts[k].n; i++) {
            run = texts[k].p[i] == '`' ? run + 1 : 0;
            most = run > most ? run : most;
        }
    for (size_t i = 0; i <= most; i++)
        buf_putc(out, '`');
    buf_printf(out, "%s\n", language);
}

/** Append the lines of a record or a file with a mark before each. */
static void md_lines(char mark, assay_span text, struct buf *out)
{
    assay_span line;

    while (span_line(&text, &line)) {
        if (!line.n)
            continue;
        buf_printf(out, "%c ", mark);
        put_clean(line, out);
        buf_putc(out, '\n');
    }
}

/** Append one change as a diff. */
static void md_fix(const struct assay_fix *x, struct buf *out)
{
    if (x->type.n) {
        buf_puts(out, "\n");
        md_code(x->name, out);
        buf_putc(out, ' ');
        md_text(x->type, out);
        if (x->elsewhere)
            buf_puts(out, " (another party has to publish it)");
        buf_puts(out, "\n\n");
        md_fence(x, "diff", out);
        md_lines('-', x->before, out);
        md_lines('+', x->after, out);
        md_fence(x, "", out);
    }
    if (x->undo.n) {
        buf_puts(out, "\nUndo: ");
        md_text(x->undo, out);
        buf_putc(out, '\n');
    }
}

/** Append one finding. */
static void md_finding(const struct assay_finding *f, struct buf *out)
{
    buf_puts(out, "\n### ");
    md_text(span_of(f->kind->id), out);
    buf_putc(out, ' ');
    md_code(f->subject, out);
    buf_printf(out, "\n\n**%s**: ", assay_outcome_text(f->outcome));
    if (f->text.n)
        md_text(f->text, out);
    else
        md_ours(f->kind->title, out);
    buf_puts(out, "\n");
    if (f->kind->why[0]) {
        buf_puts(out, "\n");
        md_ours(f->kind->why, out);
        buf_puts(out, "\n");
    }
    for (size_t i = 0; i < f->nevidence; i++) {
        buf_puts(out, i ? "- " : "\n- ");
        if (f->evidence[i].question.n) {
            md_code(f->evidence[i].question, out);
            buf_puts(out, ": ");
        }
        md_code(f->evidence[i].answer, out);
        buf_putc(out, '\n');
    }
    buf_puts(out, "\nTo do: ");
    md_advice(f, out);
    buf_puts(out, "\n");
    for (size_t i = 0; i < f->nfixes; i++) {
        if (i && f->fixes[i].text.n) {
            buf_putc(out, '\n');
            md_text(f->fixes[i].text, out);
            buf_putc(out, '\n');
        }
        md_fix(&f->fixes[i], out);
    }
    buf_puts(out, "\nSource: ");
    md_text(span_of(f->kind->source), out);
    buf_puts(out, "\n");
}

/** Append the table of areas. */
static void md_areas(const struct assay_posture *p, struct buf *out)
{
    buf_puts(out, "\n| Area | State | | Check |\n|---|---|---|---|\n");
    for (size_t i = 0; i < p->nareas; i++) {
        const struct assay_area *a = &p->areas[i];

        buf_puts(out, "| ");
        md_text(span_of(a->name), out);
        buf_printf(out, " | %s | ",
                   strcmp(check_area_word(a), "?") == 0 ? "not known" : check_area_word(a));
        md_text(a->text, out);
        buf_puts(out, " | ");
        md_text(span_of(a->finding ? a->finding->kind->id : ""), out);
        buf_puts(out, " |\n");
    }
}

/** Append what each kind of sender does. */
static void md_transports(const struct assay_posture *p, struct buf *out)
{
    if (!p->ntransports)
        return;
    buf_puts(out, "\n| Mail to | no policy | MTA-STS | DANE | both |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < p->ntransports; i++) {
        const struct assay_transport *t = &p->transports[i];

        buf_puts(out, "| ");
        md_text(t->host, out);
        buf_printf(out, " | %s | %s | %s | %s |\n", posture_delivery_text(t->opportunistic),
                   posture_delivery_text(t->sts), posture_delivery_text(t->dane),
                   posture_delivery_text(t->both));
    }
}

/** Append what is not known, by cause. */
static void md_unknown(const struct check_report *r, struct buf *out)
{
    struct check_cause causes[CAUSES_SHOWN];
    size_t n = check_causes(r, causes, CAUSES_SHOWN);

    if (n)
        buf_puts(out, "\n### Not known\n\n");
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, "- ");
        md_text(causes[i].text.n ? causes[i].text : SPAN("no reason was given"), out);
        buf_printf(out, " (%zu %s)\n", causes[i].n, causes[i].n == 1 ? "check" : "checks");
    }
}

/** Append the headline. */
static void md_head(const struct check_report *r, struct buf *out)
{
    const struct assay_posture *p = r->posture;
    char unicode[NAME_MAX];
    struct buf line = buf_new(TEXT_MAX);

    buf_puts(out, "## ");
    md_text(dns_to_ulabels(p->domain, unicode, sizeof unicode), out);
    buf_puts(out, "\n\n**");
    check_put_score(&p->score, "\xE2\x80\x93", &line);
    md_text(buf_span(&line), out);
    buf_printf(out, "**, %s%s. ", check_profile(p->profile), p->inferred ? " (inferred)" : "");
    check_clear(&line, out);
    check_put_when(r, &line);
    md_text(buf_span(&line), out);
    buf_puts(out, ".\n");
    if (check_views_differ(p)) {
        check_clear(&line, out);
        check_put_views(p, &line);
        buf_puts(out, "\nDMARC is seen in two ways: ");
        md_text(buf_span(&line), out);
        buf_puts(out, ".\n");
    }
    check_done(&line, out);
}

/** Append what changed, and what was expected. */
static void md_changes(const struct check_report *r, struct buf *out)
{
    if (r->compared)
        buf_printf(out, "\n%zu added, %zu removed, %zu as before.\n\n", r->added, r->ngone,
                   r->sustained);
    for (size_t i = 0; i < r->ngone; i++) {
        buf_puts(out, r->gone[i].unclear ? "- not known now: " : "- removed: ");
        md_text(r->gone[i].id, out);
        buf_putc(out, ' ');
        md_code(r->gone[i].subject, out);
        buf_putc(out, '\n');
    }
    if (r->nmissed)
        buf_puts(out, "\n### Expected\n\n");
    for (size_t i = 0; i < r->nmissed; i++) {
        buf_puts(out, "- ");
        md_code(r->missed[i].text, out);
        buf_puts(out, r->missed[i].unknown ? ": nobody can tell now" : ": it is ");
        md_text(r->missed[i].got, out);
        buf_putc(out, '\n');
    }
}

static void md_one(struct check_output *o, const struct check_report *r)
{
    struct buf *out = &o->out;

    if (o->done)
        buf_putc(out, '\n');
    if (!r->posture) {
        buf_puts(out, "## ");
        md_text(span_of(r->asked), out);
        buf_puts(out, "\n\nNot checked: ");
        md_text(r->error, out);
        buf_putc(out, '\n');
        return;
    }
    md_head(r, out);
    md_areas(r->posture, out);
    md_transports(r->posture, out);
    md_changes(r, out);
    for (size_t i = 0; i < r->posture->nfindings; i++)
        if (r->posture->findings[i].outcome >= ASSAY_NOTICE && check_wanted(r, i, o->verbose))
            md_finding(&r->posture->findings[i], out);
    md_unknown(r, out);
    buf_printf(out, "\n%zu checks passed.\n", check_count(r->posture).of[ASSAY_PASS]);
}

const struct check_writer CHECK_MARKDOWN = {.one = md_one};
