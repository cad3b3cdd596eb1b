/* SPDX-License-Identifier: BSD-2-Clause */
#include "fact/trace.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/number.h"
#include "dns/rdata.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_MAX = 4096 };

/** Append a node to the lines of the running branch. */
static struct trace_node *add_node(struct assay_eval *ev)
{
    struct trace *t = &ev->branch->trace;
    struct trace_node *node;

    if (t->n >= LIMIT_TRACE)
        return NULL; /* the reasoning is cut short, the verdict is not */
    if (!(node = arena_get(&ev->pass, sizeof *node))) {
        ev->no_memory = true;
        return NULL;
    }
    node->next = NULL;
    node->child = NULL;
    node->fact = NULL;
    node->nargs = 0;
    node->depth = ev->branch->depth;
    if (t->last)
        t->last->next = node;
    else
        t->first = node;
    t->last = node;
    t->n++;
    return node;
}

void trace_add(struct assay_eval *ev, const char *ref, const assay_span *args, size_t n)
{
    struct trace_node *node = add_node(ev);

    if (!node)
        return;
    node->ref = ref;
    node->nargs = (unsigned)n;
    memcpy(node->args, args, n * sizeof *args);
}

/** A branch stands here. */
void trace_child(struct assay_eval *ev, const struct branch *child)
{
    struct trace_node *node = add_node(ev);

    if (node)
        node->child = child;
}

assay_span pass_number(struct assay_eval *ev, uint64_t number)
{
    char *digits = arena_get(&ev->pass, NUMBER_DIGITS);

    if (!digits)
        ev->no_memory = true;
    return digits ? number_text(number, digits) : SPAN_EMPTY;
}

assay_span pass_printf(struct assay_eval *ev, const char *format, ...)
{
    char text[1024];
    assay_span kept;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= 0 && arena_copy(&ev->pass, span_of(text), &kept))
        return kept;
    ev->no_memory = true;
    return SPAN_EMPTY;
}

void trace_asked(struct assay_eval *ev, const char *ref, uint16_t rrtype, assay_span name,
                 const struct assay_fact *fact, assay_span then)
{
    struct trace_node *node = add_node(ev);

    if (!node)
        return;
    node->ref = ref;
    node->fact = fact;
    node->rrtype = rrtype;
    node->nargs = 2;
    node->args[0] = name;
    node->args[1] = then;
}

/* ---- freezing ---- */

/** Copy a span into keep unless it lives there, in a fact or in the program already. */
static bool keep_span(struct assay_eval *ev, assay_span *s)
{
    return s->n == 0 || !arena_owns(&ev->pass, s->p) || arena_copy(&ev->keep, *s, s);
}

/** Move the lines of a branch from pass to keep. */
assay_status trace_freeze(struct assay_eval *ev, struct branch *b)
{
    struct trace kept = {0};

    for (const struct trace_node *from = b->trace.first; from; from = from->next) {
        struct trace_node *node = arena_get(&ev->keep, sizeof *node);

        if (!node)
            return ASSAY_ENOMEM;
        *node = *from;
        node->next = NULL;
        for (unsigned i = 0; i < node->nargs; i++)
            if (!keep_span(ev, &node->args[i]))
                return ASSAY_ENOMEM;
        if (kept.last)
            kept.last->next = node;
        else
            kept.first = node;
        kept.last = node;
        kept.n++;
    }
    b->trace = kept;
    return ASSAY_DONE;
}

/* ---- rendering ---- */

/** Write octets; those that could disturb a terminal are escaped. */
static void render_span(assay_span s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F)
            buf_printf(out, "\\%03o", (unsigned char)s.p[i]);
        else
            buf_putc(out, s.p[i]);
    }
}

/** Write a line's text with what its %1 to %4 stand for. */
static void render_text(const struct trace_node *node, struct buf *out)
{
    assay_span text = node->args[0];

    for (size_t i = 0; i < text.n; i++) {
        unsigned which = i + 1 < text.n ? (unsigned)(text.p[i + 1] - '0') : 0;

        if (text.p[i] != '%' || which == 0 || which >= node->nargs) {
            buf_putc(out, text.p[i]);
            continue;
        }
        render_span(node->args[which], out);
        i++;
    }
}

/** Write that a fact was asked for, what came and what follows. */
static void render_asked(const struct trace_node *node, struct buf *out)
{
    const struct assay_fact *fact = node->fact;

    buf_printf(out, "asks %s ", dns_type_text(node->rrtype));
    render_span(node->args[0], out);
    buf_putc(out, '\t');
    if (fact->how == ASSAY_OK)
        buf_printf(out, "%zu record%s%s", fact->n, fact->n == 1 ? "" : "s",
                   fact->nchain ? " by CNAME" : "");
    else
        buf_puts(out, fact_how_text(fact->how));
    buf_putc(out, '\t');
    render_span(node->args[1], out);
}

/** Lines of a branch and of those inside it. */
static size_t count_lines(const struct trace *t)
{
    size_t n = 0;

    for (const struct trace_node *node = t->first; node; node = node->next)
        n += node->child ? count_lines(&node->child->trace) : 1;
    return n;
}

/** Render one node. */
static assay_status render_node(struct assay_eval *ev, const struct trace_node *node,
                                unsigned depth, struct assay_trace_line *line)
{
    struct buf text = buf_new(LINE_MAX);
    assay_span rest, parts[3] = {SPAN_EMPTY, SPAN_EMPTY, SPAN_EMPTY};
    bool kept;

    if (node->fact)
        render_asked(node, &text);
    else
        render_text(node, &text);
    kept = text.status != ASSAY_ENOMEM && arena_copy(&ev->keep, buf_span(&text), &rest);
    buf_done(&text);
    if (!kept)
        return ASSAY_ENOMEM;
    for (int i = 0; i < 3 && span_cut(&rest, '\t', &parts[i]); i++)
        ;
    *line = (struct assay_trace_line){depth + node->depth, parts[0], parts[1], parts[2],
                                      span_of(node->ref)};
    return ASSAY_DONE;
}

/** Render a branch and those inside it. */
static assay_status render(struct assay_eval *ev, const struct trace *t, unsigned depth,
                           struct assay_trace_line **next)
{
    assay_status s = ASSAY_DONE;

    for (const struct trace_node *node = t->first; node && s == ASSAY_DONE; node = node->next) {
        if (node->child)
            s = render(ev, &node->child->trace, depth + node->depth, next);
        else
            s = render_node(ev, node, depth, (*next)++);
    }
    return s;
}

assay_status assay_trace(assay_eval *ev, const struct assay_trace_line **ret, size_t *ret_n)
{
    struct assay_trace_line *lines, *next;
    assay_status s;

    if (!ev->done)
        return ASSAY_EORDER;
    if (!ev->lines) {
        size_t n = count_lines(&ev->root.trace);

        if (!(lines = arena_zero(&ev->keep, (n + 1) * sizeof *lines)))
            return ASSAY_ENOMEM;
        next = lines;
        if ((s = render(ev, &ev->root.trace, 0, &next)) != ASSAY_DONE)
            return s;
        ev->lines = lines;
        ev->nlines = n;
    }
    *ret = ev->lines;
    *ret_n = ev->nlines;
    return ASSAY_DONE;
}
