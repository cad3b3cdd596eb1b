/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/report.h"

#include "base/arena.h"

#include <stdio.h>

/**
 * How the lines of a block are laid out: three columns and the reference, or two where three have
 * no room.
 */
struct columns {
    unsigned what, gave, then, ref; /* then: 0 when it stands behind `gave`, in one column */
};

/**
 * The deepest indentation; what lies deeper stands there too. Below NARROW columns nothing stands
 * side by side; above READABLE the eye would not find from one end of a line to the other.
 */
enum { STEP = 2, DEEPEST = 8, REF_MOST = 18, NARROW = 60, READABLE = 132, TEXT_MAX = 1 << 16 };

/** Columns of a text as it will be shown. */
static unsigned columns_of(const struct term *t, assay_span text)
{
    struct buf shown = buf_new(TEXT_MAX);
    unsigned columns;

    term_people(t, text, &shown);
    columns = term_columns(buf_span(&shown));
    buf_done(&shown);
    return columns;
}

/** The indentation of a line. */
static unsigned indent_of(const struct assay_trace_line *line)
{
    return STEP * (line->depth < DEEPEST ? line->depth : DEEPEST);
}

/** The greater of two. */
static unsigned most(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/** The lesser of two. */
static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/** A line that says what follows below it, and nothing else. */
static bool is_alone(const struct assay_trace_line *line)
{
    return !line->gave.n && !line->then.n && !line->ref.n;
}

/** What the lines of a block would take if there were room. */
static struct columns wanted(const struct term *t, const struct assay_trace_line *lines, size_t n)
{
    struct columns c = {0};

    for (size_t i = 0; i < n; i++) {
        if (is_alone(&lines[i]))
            continue;
        c.what = most(c.what, indent_of(&lines[i]) + columns_of(t, lines[i].what));
        c.gave = most(c.gave, columns_of(t, lines[i].gave));
        c.then = most(c.then, columns_of(t, lines[i].then));
        c.ref = most(c.ref, columns_of(t, lines[i].ref));
    }
    c.ref = least(c.ref, REF_MOST);
    return c;
}

/**
 * Divide what there is. Two columns: the first gets what it wants up to three fifths, the second
 * the rest.
 */
static struct columns divide(const struct term *t, struct columns want)
{
    unsigned room = t->width > want.ref + 3 * TERM_GAP ? t->width - want.ref - 3 * TERM_GAP : 1;
    struct columns c = want;

    if (want.what + want.gave + want.then <= room) {
        c.then = room - want.what - want.gave;
        return c;
    }
    room += TERM_GAP;
    c.then = 0;
    c.what = least(want.what, room * 3 / 5);
    c.gave = most(room - c.what, 1);
    return c;
}

/** Append `gave: then`. */
static void put_both(const struct assay_trace_line *line, struct buf *out)
{
    buf_put(out, line->gave);
    if (line->gave.n && line->then.n)
        buf_puts(out, ": ");
    buf_put(out, line->then);
}

/** How an answer is shown: only what is good or bad for sure stands out. */
static enum term_style answer_style(assay_span gave)
{
    enum term_style style = report_style(gave);

    return style == TERM_DOUBT ? TERM_PLAIN : style;
}

/** Append a line in columns. */
static void put_columns(const struct term *t, const struct columns *c,
                        const struct assay_trace_line *line, struct buf *out)
{
    unsigned indent = indent_of(line);
    struct buf both = buf_new(TEXT_MAX);
    struct term_cell cells[4];
    size_t n = 0;

    cells[n++] =
        (struct term_cell){.text = line->what, .columns = c->what > indent ? c->what - indent : 1};
    if (c->then) {
        cells[n++] = (struct term_cell){.text = line->gave,
                                        .columns = c->gave,
                                        .style = answer_style(line->gave)};
        cells[n++] = (struct term_cell){.text = line->then, .columns = c->then};
    } else {
        put_both(line, &both);
        cells[n++] = (struct term_cell){.text = buf_span(&both), .columns = c->gave};
    }
    cells[n++] =
        (struct term_cell){.text = line->ref, .columns = c->ref, .style = TERM_DIM, .right = true};
    term_row(t, indent, cells, n, out);
    buf_done(&both);
}

/** Append a line where there is no room for columns: one below the other. */
static void put_stacked(const struct term *t, const struct assay_trace_line *line, struct buf *out)
{
    const assay_span below[] = {line->gave, line->then, line->ref};

    term_paragraph(t, indent_of(line), line->what, out);
    for (size_t i = 0; i < 3; i++)
        if (below[i].n)
            term_paragraph(t, indent_of(line) + 2 * STEP, below[i], out);
}

/** Append a block: a check, and the lines inside it. */
static void put_block(const struct term *wide, const struct assay_trace_line *lines, size_t n,
                      struct buf *out)
{
    struct term narrowed = *wide;
    const struct term *t = &narrowed;
    struct columns c;

    narrowed.width = least(wide->width, READABLE);
    c = divide(t, wanted(t, lines, n));
    for (size_t i = 0; i < n; i++) {
        bool alone = is_alone(&lines[i]);

        if (alone && lines[i].depth == 0) {
            const struct term_cell head = {.text = lines[i].what,
                                           .columns = t->width,
                                           .style = TERM_BOLD};

            term_row(t, 0, &head, 1, out);
        } else if (alone) {
            term_paragraph(t, indent_of(&lines[i]), lines[i].what, out);
        } else if (t->width < NARROW) {
            put_stacked(t, &lines[i], out);
        } else {
            put_columns(t, &c, &lines[i], out);
        }
    }
}

assay_status report_explain(const struct cli *cli, assay_eval *eval, const char *head,
                            struct buf *out)
{
    const struct assay_trace_line *lines;
    size_t n, end;
    assay_status s = assay_trace(eval, &lines, &n);

    if (s != ASSAY_DONE)
        return s;
    for (size_t at = 0; at < n; at = end) {
        for (end = at + 1; end < n && lines[end].depth > 0; end++)
            ;
        if (!span_starts(lines[at].what, span_of(head)))
            continue;
        buf_putc(out, '\n');
        put_block(&cli->out, lines + at, end - at, out);
    }
    return ASSAY_DONE;
}

/* ---- the envelope ---- */

/** What follows from a Received field. */
static const char *step_text(enum guess_step step)
{
    switch (step) {
    case GUESS_NO_CLIENT: return "names no address: passed over";
    case GUESS_PRIVATE: return "not of the public Internet: passed over";
    case GUESS_INSIDE: return "of the receiving organization: passed over";
    case GUESS_SUBMITTED: return "one of its users, who logged in: what stands above it is taken";
    case GUESS_OTHER: return "another address than --ip: passed over";
    case GUESS_TAKEN: return "taken";
    }
    return "";
}

/** The line for a Received field. */
static struct assay_trace_line field_line(struct arena *a, const struct guess_field *f, size_t n)
{
    struct assay_trace_line line = {1, SPAN_EMPTY, SPAN_EMPTY, span_of(step_text(f->step)),
                                    SPAN("RFC 5321 4.4")};
    char what[64], gave[512], ip[IP_TEXT];
    assay_span name = f->received.name.n ? f->received.name : f->received.helo;

    snprintf(what, sizeof what, "Received field %zu, line %zu", n + 1, f->line);
    snprintf(gave, sizeof gave, "%s%s%.*s",
             f->received.ip.version ? ip_text(&f->received.ip, ip).p : "no client",
             name.n ? " " : "", SPAN_ARG(span_first(name, 255)));
    (void)arena_copy(a, span_of(what), &line.what);
    (void)arena_copy(a, span_of(gave), &line.gave);
    return line;
}

void report_explain_envelope(const struct report *r, struct buf *out)
{
    const struct guess *g = &r->envelope->guess;
    struct assay_trace_line lines[GUESS_FIELDS + 2];
    struct arena a = {0};
    size_t n = 0;

    if (!r->envelope->guessed)
        return;
    lines[n++] = (struct assay_trace_line){0, SPAN("Envelope, read from the message"), SPAN_EMPTY,
                                           SPAN_EMPTY, SPAN_EMPTY};
    for (size_t i = 0; i < g->nfields; i++, n++)
        lines[n] = field_line(&a, &g->fields[i], i);
    if (g->has_sender && !g->sender_in_received)
        lines[n++] =
            (struct assay_trace_line){1, SPAN("Return-Path"), g->sender.n ? g->sender : SPAN("<>"),
                                      SPAN("taken as MAIL FROM"), SPAN("RFC 5321 4.4")};
    buf_putc(out, '\n');
    put_block(&r->cli->out, lines, n, out);
    arena_done(&a);
}
