/* SPDX-License-Identifier: BSD-2-Clause */
/** \file check_show.c The report of `assay check` for people: one line an area, what to do first, what is not known. */
#include "cli/check.h"
#include "dns/alabel.h"

enum {
    TEXT_MAX = 1 << 16,
    INDENT = 2,
    NAME = 8,
    WORD = 6,
    ID = 19,
    NARROW = 60,
    FIRST_SHOWN = 2,
    CAUSES_SHOWN = 4,
    CAUSES_MOST = 64,
    IDS_SHOWN = 3,
    LABEL = 5, /* "First" */
    RECORD = INDENT + LABEL + TERM_GAP + 2
};

/** How an outcome looks. */
static enum term_style style_of(enum assay_outcome outcome)
{
    switch (outcome) {
    case ASSAY_PASS: return TERM_GOOD;
    case ASSAY_ERROR: return TERM_BAD;
    case ASSAY_WARNING: return TERM_DOUBT;
    default: return TERM_DIM;
    }
}

/** How a grade looks. */
static enum term_style grade_style(char grade)
{
    return grade == 'A' || grade == 'B'   ? TERM_GOOD
           : grade == 'C' || grade == 'D' ? TERM_DOUBT
                                          : TERM_BAD;
}

/** Columns behind `used`, at least ten. */
static unsigned rest_of(const struct term *t, unsigned used)
{
    return t->width > used + 10 ? t->width - used : 10;
}

/** Append a text from outside in one style. */
static void put_styled(const struct term *t, enum term_style style, assay_span text,
                       struct buf *out)
{
    struct buf clean = buf_new(TEXT_MAX);

    term_people(t, text, &clean);
    term_styled(t, style, buf_span(&clean), out);
    check_done(&clean, out);
}

/* ---- the headline ---- */

/** Append the domain, its score, what it is for, when. */
static void put_head(struct check_output *o, const struct check_report *r)
{
    const struct term *t = &o->term;
    const struct assay_posture *p = r->posture;
    struct buf score = buf_new(TEXT_MAX), rest = buf_new(TEXT_MAX);

    put_styled(t, TERM_BOLD, p->domain, &o->out);
    buf_puts(&o->out, "   ");
    check_put_score(&p->score, t->utf8 ? "\xE2\x80\x93" : "-", &score);
    term_styled(t, p->score.grade ? grade_style(p->score.grade) : TERM_PLAIN, buf_span(&score),
                &o->out);
    buf_putc(&o->out, '\n');
    buf_printf(&rest, "%s%s   ", check_profile(p->profile), p->inferred ? " (inferred)" : "");
    check_put_when(r, &rest);
    term_paragraph(t, INDENT, buf_span(&rest), &o->out);
    if (p->score.cap) {
        check_clear(&rest, &o->out);
        buf_printf(&rest, "The score cannot be higher: %s.", p->score.cap);
        term_paragraph(t, INDENT, buf_span(&rest), &o->out);
    }
    check_done(&score, &o->out);
    check_done(&rest, &o->out);
}

/* ---- the areas ---- */

/** Append a line of an area. */
static void put_area(struct check_output *o, const struct assay_area *a)
{
    const struct term *t = &o->term;
    bool narrow = t->width < NARROW;
    unsigned used = INDENT + NAME + TERM_GAP + WORD + TERM_GAP;
    struct term_cell cells[] = {
        {.text = span_of(a->name), .columns = NAME},
        {.text = span_of(check_area_word(a)), .columns = WORD, .style = style_of(a->worst)},
        {.text = a->text, .columns = rest_of(t, used + TERM_GAP + ID)},
        {.text = span_of(a->finding ? a->finding->kind->id : ""), .columns = ID, .style = TERM_DIM},
    };

    if (!narrow) {
        term_row(t, INDENT, cells, 4, &o->out);
        return;
    }
    term_row(t, INDENT, cells, 2, &o->out);
    term_paragraph(t, 2 * INDENT, cells[2].text, &o->out);
    if (cells[3].text.n)
        term_paragraph(t, 2 * INDENT, cells[3].text, &o->out);
}

/* ---- what to do ---- */

/**
 * Append a record with a mark before it, as it is to be published: never cut, nothing made readable. A file has
 * several lines.
 */
static void put_record(struct check_output *o, const char *mark, enum term_style style,
                       assay_span record)
{
    assay_span line;

    while (span_line(&record, &line)) {
        const struct term_cell cells[] = {
            {.text = span_of(mark), .columns = 1, .style = style},
            {.text = line,
             .columns = rest_of(&o->term, RECORD + 1 + TERM_GAP),
             .style = style,
             .exact = true},
        };

        if (line.n)
            term_row(&o->term, RECORD, cells, 2, &o->out);
    }
}

/** Append one change. */
static void put_fix(struct check_output *o, const struct assay_fix *x)
{
    const struct term *t = &o->term;
    unsigned indent = INDENT + LABEL + TERM_GAP;
    struct buf text = buf_new(TEXT_MAX);

    if (x->type.n) {
        buf_put(&text, x->name);
        buf_puts(&text, "  ");
        buf_put(&text, x->type);
        if (x->elsewhere)
            buf_puts(&text, "  (another party has to publish it)");
        term_row(t, indent,
                 &(struct term_cell){
                     .text = buf_span(&text), .columns = rest_of(t, indent), .exact = true},
                 1, &o->out);
        if (x->before.n)
            put_record(o, "-", TERM_BAD, x->before);
        if (x->after.n)
            put_record(o, "+", TERM_GOOD, x->after);
    }
    if (x->undo.n) {
        check_clear(&text, &o->out);
        buf_puts(&text, "undo: ");
        buf_put(&text, x->undo);
        term_paragraph(t, indent, buf_span(&text), &o->out);
    }
    check_done(&text, &o->out);
}

/** Append a step: a label, what to do, and the records. \param domain  empty: its id was told */
static void put_step(struct check_output *o, const char *label, assay_span domain,
                     const struct assay_finding *f)
{
    const struct term *t = &o->term;
    struct buf text = buf_new(TEXT_MAX);
    assay_span advice = check_advice(f, f->nfixes ? &f->fixes[0] : NULL);
    struct term_cell cells[] = {
        {.text = span_of(label), .columns = LABEL, .style = TERM_BOLD},
        {.columns = rest_of(t, INDENT + LABEL + TERM_GAP)},
    };

    buf_put(&text, advice);
    if (domain.n) {
        buf_printf(&text, "  (%s", f->kind->id);
        if (f->subject.n && !span_eq(f->subject, domain))
            buf_printf(&text, " %.*s", SPAN_ARG(span_first(f->subject, 255)));
        buf_putc(&text, ')');
    }
    cells[1].text = buf_span(&text);
    term_row(t, INDENT, cells, 2, &o->out);
    for (size_t i = 0; i < f->nfixes; i++) {
        if (i && f->fixes[i].text.n)
            term_paragraph(t, INDENT + LABEL + TERM_GAP, f->fixes[i].text, &o->out);
        put_fix(o, &f->fixes[i]);
    }
    check_done(&text, &o->out);
}

/** Append what to do first, and then. */
static void put_first(struct check_output *o, const struct check_report *r)
{
    size_t steps[FIRST_SHOWN], n = check_first(r, steps, FIRST_SHOWN);

    for (size_t i = 0; i < n; i++) {
        buf_putc(&o->out, '\n');
        put_step(o, i ? "Then" : "First", r->posture->domain, &r->posture->findings[steps[i]]);
    }
}

/* ---- what is not known ---- */

/** Append the ids that stand behind a cause. */
static void put_ids(const struct assay_posture *p, const struct check_cause *c, size_t most,
                    struct buf *out)
{
    size_t n = 0;

    for (size_t i = c->first; i < p->nfindings && n < most; i++) {
        const struct assay_finding *f = &p->findings[i];

        if (f->outcome != ASSAY_UNKNOWN_OUTCOME || !span_eq(f->text, c->text))
            continue;
        buf_printf(out, "%s%s", n++ ? ", " : "", f->kind->id);
    }
    if (c->n > n)
        buf_printf(out, " and %zu more", c->n - n);
}

/** Append what could not be told, by cause. */
static void put_unknown(struct check_output *o, const struct check_report *r)
{
    struct check_cause causes[CAUSES_MOST];
    size_t n = check_causes(r, causes, CAUSES_MOST);
    size_t most = o->verbose ? CAUSES_MOST : CAUSES_SHOWN;
    struct buf text = buf_new(TEXT_MAX);

    if (n)
        buf_puts(&o->out, "\n  Not known\n");
    for (size_t i = 0; i < n && i < most; i++) {
        check_clear(&text, &o->out);
        buf_put(&text,
                causes[i].text.n ? span_first(causes[i].text, 1000) : SPAN("no reason was given"));
        buf_puts(&text, ": ");
        put_ids(r->posture, &causes[i], IDS_SHOWN, &text);
        term_paragraph(&o->term, 2 * INDENT, buf_span(&text), &o->out);
    }
    if (n > most)
        buf_printf(&o->out, "    and for %zu more reasons\n", n - most);
    check_done(&text, &o->out);
}

/* ---- all findings ---- */

/** Append a piece of evidence: the answer, and below it what it is about, where that is a part. */
static void put_evidence(struct check_output *o, const struct assay_evidence *e)
{
    const struct term *t = &o->term;
    struct buf text = buf_new(TEXT_MAX);

    buf_puts(&text, "seen: ");
    if (e->question.n) {
        buf_put(&text, e->question);
        buf_puts(&text, ": ");
    }
    if (e->end > e->begin && e->end <= e->answer.n) {
        buf_put(&text, span_first(e->answer, e->begin));
        buf_puts(&text, t->utf8 ? " \xE2\x96\xB6" : " >>");
        buf_put(&text, span_first(span_from(e->answer, e->begin), e->end - e->begin));
        buf_puts(&text, t->utf8 ? "\xE2\x97\x80 " : "<< ");
        buf_put(&text, span_from(e->answer, e->end));
    } else {
        buf_put(&text, e->answer);
    }
    if (text.status == ASSAY_EINVAL)
        check_clear(&text, &o->out);
    term_paragraph(t, 2 * INDENT, text.n ? buf_span(&text) : e->question, &o->out);
    if (e->note.n)
        term_paragraph(t, 2 * INDENT, e->note, &o->out);
    check_done(&text, &o->out);
}

/** Append one finding with all that is known about it. */
static void put_finding(struct check_output *o, const struct check_report *r, size_t index)
{
    const struct term *t = &o->term;
    const struct assay_finding *f = &r->posture->findings[index];
    struct buf text = buf_new(TEXT_MAX);

    put_styled(t, style_of(f->outcome), span_of(assay_outcome_text(f->outcome)), &o->out);
    buf_printf(&o->out, "  %s  ", f->kind->id);
    put_styled(t, TERM_PLAIN, f->subject, &o->out);
    if (f->reason.n) {
        buf_puts(&o->out, "  (");
        put_styled(t, TERM_DIM, f->reason, &o->out);
        buf_putc(&o->out, ')');
    }
    if (r->compared && r->marks[index] & MARK_ADDED)
        buf_puts(&o->out, "  added");
    if (r->marks[index] & MARK_ACCEPTED)
        buf_puts(&o->out, "  accepted");
    buf_putc(&o->out, '\n');
    if (f->outcome != ASSAY_PASS) {
        term_paragraph(t, 2 * INDENT, check_sentence(f), &o->out);
        if (f->kind->why[0] && f->outcome >= ASSAY_NOTICE)
            term_paragraph(t, 2 * INDENT, span_of(f->kind->why), &o->out);
        for (size_t i = 0; i < f->nevidence; i++)
            put_evidence(o, &f->evidence[i]);
        if (f->outcome >= ASSAY_NOTICE && (f->nfixes || f->kind->fix[0]))
            put_step(o, "fix", SPAN_EMPTY, f);
        buf_printf(&text, "source: %s", f->kind->source);
        term_paragraph(t, 2 * INDENT, buf_span(&text), &o->out);
    }
    check_done(&text, &o->out);
}

/** Append all findings; those that passed fold into a line for each area. */
static void put_findings(struct check_output *o, const struct check_report *r)
{
    const struct assay_posture *p = r->posture;

    for (size_t i = 0; i < p->nfindings; i++)
        if (p->findings[i].outcome >= ASSAY_NOTICE && check_wanted(r, i, true)) {
            buf_putc(&o->out, '\n');
            put_finding(o, r, i);
        }
}

/** Append the checks that passed, by area. */
static void put_passes(struct check_output *o, const struct check_report *r)
{
    const struct assay_posture *p = r->posture;
    struct buf text = buf_new(TEXT_MAX);
    const struct assay_check_kind *last = NULL;

    for (size_t i = 0; i < p->nfindings; i++) {
        const struct assay_finding *f = &p->findings[i];

        if (f->outcome != ASSAY_PASS || f->kind == last)
            continue;
        last = f->kind;
        buf_printf(&text, "%s%s", text.n ? ", " : "Passed: ", f->kind->id);
    }
    if (text.n) {
        buf_putc(&o->out, '\n');
        term_paragraph(&o->term, INDENT, buf_span(&text), &o->out);
    }
    check_done(&text, &o->out);
}

/** Append how far the domain is on each ladder. */
static void put_phases(struct check_output *o, const struct assay_posture *p)
{
    struct buf text = buf_new(TEXT_MAX);

    for (size_t i = 0; i < 3; i++) {
        const struct assay_phase *f = &p->phases[i];

        if (!f->ladder)
            continue;
        buf_printf(&text, "%s%s: %u %s%s", text.n ? "; " : "Steps: ", f->ladder, f->rung, f->name,
                   f->more_unknown ? "?" : "");
        if (f->next)
            buf_printf(&text, ", next %s", f->next);
    }
    if (text.n) {
        buf_putc(&o->out, '\n');
        term_paragraph(&o->term, INDENT, buf_span(&text), &o->out);
    }
    check_done(&text, &o->out);
}

/* ---- --baseline and --expect ---- */

/** Append what changed since the baseline. */
static void put_changes(struct check_output *o, const struct check_report *r)
{
    const struct term *t = &o->term;

    buf_putc(&o->out, '\n');
    if (r->is_new)
        term_paragraph(t, INDENT,
                       SPAN("The baseline does not have this domain: everything is new."), &o->out);
    for (size_t i = 0; i < r->posture->nfindings; i++)
        if (!r->is_new && check_wanted(r, i, false))
            put_finding(o, r, i);
    for (size_t i = 0; i < r->ngone; i++) {
        const struct check_gone *g = &r->gone[i];

        put_styled(t, g->unclear ? TERM_DIM : TERM_GOOD,
                   g->unclear ? SPAN("not known now") : SPAN("removed"), &o->out);
        buf_puts(&o->out, "  ");
        put_styled(t, TERM_PLAIN, g->id, &o->out);
        buf_puts(&o->out, "  ");
        put_styled(t, TERM_PLAIN, g->subject, &o->out);
        buf_puts(&o->out, "  (");
        put_styled(t, TERM_DIM, g->outcome, &o->out);
        buf_puts(&o->out, ")\n");
    }
    if (!r->added && !r->ngone && !r->is_new)
        buf_puts(&o->out, "  Nothing changed.\n");
}

/** Append the lines of --expect that do not hold. */
static void put_missed(struct check_output *o, const struct check_report *r)
{
    const struct term *t = &o->term;

    if (r->nmissed)
        buf_puts(&o->out, "\n  Expected\n");
    for (size_t i = 0; i < r->nmissed; i++) {
        const struct check_missed *m = &r->missed[i];
        struct buf text = buf_new(TEXT_MAX);

        buf_puts(&text, r->expect_file);
        buf_printf(&text, ":%zu:%zu: ", m->line, m->column);
        buf_put(&text, span_first(m->text, 500));
        buf_puts(&text, m->unknown ? ": nobody can tell now" : ": it is ");
        if (!m->unknown)
            buf_put(&text, span_first(m->got, 500));
        term_paragraph(t, 2 * INDENT, buf_span(&text), &o->out);
        check_done(&text, &o->out);
    }
}

/* ---- the last line ---- */

/** Append how many findings, and what to do to see more. */
static void put_last(struct check_output *o, const struct check_report *r)
{
    struct check_counts c = check_count(r->posture);
    struct buf text = buf_new(TEXT_MAX);
    size_t first;

    buf_printf(&text, "%zu %s, ", c.hits, c.hits == 1 ? "finding" : "findings");
    if (r->compared && !r->is_new)
        buf_printf(&text, "%zu added, %zu removed, %zu as before; ", r->added, r->ngone,
                   r->sustained);
    buf_printf(&text, "%zu %s passed", c.of[ASSAY_PASS],
               c.of[ASSAY_PASS] == 1 ? "check" : "checks");
    if (c.of[ASSAY_UNKNOWN_OUTCOME])
        buf_printf(&text, ", %zu could not be told", c.of[ASSAY_UNKNOWN_OUTCOME]);
    buf_putc(&text, '.');
    if (!o->verbose && c.hits) {
        buf_puts(&text, "  -v shows all;");
        if (check_first(r, &first, 1))
            buf_printf(&text, "  assay help %s explains one;",
                       r->posture->findings[first].kind->id);
        buf_puts(&text, "  --html writes a page.");
    }
    buf_putc(&o->out, '\n');
    term_paragraph(&o->term, INDENT, buf_span(&text), &o->out);
    if (r->too_little.n)
        term_paragraph(&o->term, INDENT, r->too_little, &o->out);
    check_done(&text, &o->out);
}

/* ---- the report ---- */

/** Write one domain. */
static void show(struct check_output *o, const struct check_report *r)
{
    if (o->done)
        buf_putc(&o->out, '\n');
    if (!r->posture)
        return; /* it was complained of */
    put_head(o, r);
    if (r->compared && !r->is_new) {
        put_changes(o, r);
    } else {
        if (r->compared)
            put_changes(o, r);
        buf_putc(&o->out, '\n');
        for (size_t i = 0; i < r->posture->nareas; i++)
            put_area(o, &r->posture->areas[i]);
        check_show_views(o, r->posture);
        if (o->verbose) {
            put_phases(o, r->posture);
            put_findings(o, r);
            put_passes(o, r);
        } else {
            put_first(o, r);
        }
        put_unknown(o, r);
    }
    put_missed(o, r);
    put_last(o, r);
}

const struct check_writer CHECK_SHOW = {.one = show};
