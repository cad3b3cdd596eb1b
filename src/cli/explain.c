/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/report.h"

/** How a block of lines is laid out. */
struct columns {
    unsigned what, gave, then, ref;
};

/** The deepest indentation; what lies deeper stands there too. */
enum { STEP = 2, DEEPEST = 8, REF_MOST = 18, NARROW = 60, WHAT_LEAST = 20 };

/** Columns of a text as it will be shown. */
static unsigned columns_of(const struct term *t, assay_span text)
{
    struct buf shown = buf_new(1 << 16);
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

/** What the lines of a block would take if there were room. */
static struct columns wanted(const struct term *t, const struct assay_trace_line *lines, size_t n)
{
    struct columns c = {0};

    for (size_t i = 0; i < n; i++) {
        c.what = most(c.what, indent_of(&lines[i]) + columns_of(t, lines[i].what));
        c.gave = most(c.gave, columns_of(t, lines[i].gave));
        c.then = most(c.then, columns_of(t, lines[i].then));
        c.ref = most(c.ref, columns_of(t, lines[i].ref));
    }
    c.ref = c.ref < REF_MOST ? c.ref : REF_MOST;
    return c;
}

/** Divide what there is: who wants less than a third gets it, the others share the rest. */
static struct columns divide(const struct term *t, struct columns want)
{
    unsigned gaps = 3 * TERM_GAP,
             room = t->width > want.ref + gaps ? t->width - want.ref - gaps : 1;
    struct columns c = want;
    unsigned *cells[] = {&c.what, &c.gave, &c.then}, left = room, greedy = 3;

    if (want.what + want.gave + want.then <= room) {
        c.then = room - want.what - want.gave;
        return c;
    }
    for (bool again = true; again && greedy;) {
        unsigned share = left / greedy;

        again = false;
        for (size_t i = 0; i < 3; i++) {
            if (!cells[i] || *cells[i] > share)
                continue;
            left -= *cells[i];
            greedy--;
            cells[i] = NULL;
            again = true;
        }
    }
    for (size_t i = 0; i < 3; i++)
        if (cells[i])
            *cells[i] = most(left / greedy, 1);
    return c;
}

/** Append a line in columns. */
static void put_columns(const struct term *t, const struct columns *c,
                        const struct assay_trace_line *line, struct buf *out)
{
    unsigned indent = indent_of(line);
    unsigned what = c->what > indent + WHAT_LEAST / 2 ? c->what - indent : WHAT_LEAST / 2;
    const struct term_cell cells[] = {
        {.text = line->what, .columns = what},
        {.text = line->gave,
         .columns = c->gave,
         .style = report_style(line->gave) == TERM_DOUBT ? TERM_PLAIN : report_style(line->gave)},
        {.text = line->then, .columns = c->then},
        {.text = line->ref, .columns = c->ref, .style = TERM_DIM, .right = true},
    };

    term_row(t, indent, cells, 4, out);
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
static void put_block(const struct term *t, const struct assay_trace_line *lines, size_t n,
                      struct buf *out)
{
    struct columns c = divide(t, wanted(t, lines, n));

    for (size_t i = 0; i < n; i++) {
        bool alone = !lines[i].gave.n && !lines[i].then.n && !lines[i].ref.n;

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

assay_status report_explain(const struct cli *cli, assay_eval *eval, struct buf *out)
{
    const struct assay_trace_line *lines;
    size_t n, end;
    assay_status s = assay_trace(eval, &lines, &n);

    if (s != ASSAY_DONE)
        return s;
    for (size_t at = 0; at < n; at = end) {
        for (end = at + 1; end < n && lines[end].depth > 0; end++)
            ;
        buf_putc(out, '\n');
        put_block(&cli->out, lines + at, end - at, out);
    }
    return ASSAY_DONE;
}
