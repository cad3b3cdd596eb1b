/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/import.h"

#include "base/utf8.h"
#include "conf/grow.h"
#include "conf/read.h"

#include <stdarg.h>
#include <stdio.h>

enum { NOTE_MAX = 1024, VALUE_MAX = 1 << 20, PLACE_MAX = 300 };

/* ---- blocks and lines ---- */

struct import_block *import_find_block(const struct import *imp, const char *kind, assay_span name)
{
    for (size_t i = 0; i < imp->n; i++)
        if (strcmp(imp->blocks[i]->kind, kind) == 0 && span_ieq(imp->blocks[i]->name, name))
            return imp->blocks[i];
    return NULL;
}

struct import_block *import_block(struct import *imp, const char *kind, assay_span name,
                                  struct import_place at)
{
    struct import_block *b = import_find_block(imp, kind, name);

    if (b)
        return b;
    b = ARENA_NEW(&imp->arena, struct import_block);
    if (!b || !arena_copy(&imp->arena, name, &b->name) ||
        !conf_grow(&imp->arena, &imp->blocks, imp->n, &imp->cap, sizeof(struct import_block *))) {
        imp->failed = true;
        return &imp->top; /* nothing is written any more */
    }
    b->kind = kind;
    b->at = at;
    imp->blocks[imp->n++] = b;
    return b;
}

struct import_line *import_find_line(const struct import_block *b, const char *name)
{
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->lines[i].name, name) == 0)
            return &b->lines[i];
    return NULL;
}

/** Add a line. */
static void add_line(struct import *imp, struct import_block *b, const char *name, assay_span value,
                     const struct import_param *from)
{
    struct import_line line = {.name = name, .at = from->at, .from = from->name.p};

    if (!arena_copy(&imp->arena, value, &line.value) ||
        !conf_grow(&imp->arena, &b->lines, b->n, &b->cap, sizeof line))
        imp->failed = true;
    else
        b->lines[b->n++] = line;
}

void import_set(struct import *imp, struct import_block *b, const char *name, assay_span value,
                const struct import_param *from)
{
    struct import_line *line = import_find_line(b, name);
    struct buf out = buf_new(VALUE_MAX);

    conf_word_write(value, &out);
    if (out.status != ASSAY_DONE)
        imp->failed = true;
    else if (!line)
        add_line(imp, b, name, buf_span(&out), from);
    else if (!span_eq(line->value, buf_span(&out)))
        import_note(imp, from->at, "%s: %s is %.*s already, by %s in %s:%zu; that stays",
                    from->name.p, name, SPAN_ARG(span_first(line->value, 100)), line->from,
                    line->at.file, line->at.line);
    buf_done(&out);
}

/** A list has a word. */
static bool has_word(assay_span list, assay_span word)
{
    assay_span one;

    while (span_cut(&list, ' ', &one))
        if (span_ieq(one, word))
            return true;
    return false;
}

void import_add(struct import *imp, struct import_block *b, const char *name, assay_span value,
                const struct import_param *from, bool again)
{
    struct import_line *line = import_find_line(b, name);
    struct buf out = buf_new(VALUE_MAX), word = buf_new(VALUE_MAX);

    conf_word_write(value, &word);
    if (line) {
        buf_put(&out, line->value);
        buf_putc(&out, ' ');
    }
    buf_put(&out, buf_span(&word));
    if (out.status != ASSAY_DONE || word.status != ASSAY_DONE)
        imp->failed = true;
    else if (!line)
        add_line(imp, b, name, buf_span(&out), from);
    else if ((again || !has_word(line->value, buf_span(&word))) &&
             !arena_copy(&imp->arena, buf_span(&out), &line->value))
        imp->failed = true;
    buf_done(&out);
    buf_done(&word);
}

/* ---- notes ---- */

/** Keep a note. */
static void note(struct import *imp, struct import_place at, bool dropped, const char *format,
                 va_list args)
{
    char text[NOTE_MAX];
    struct import_note *one;

    vsnprintf(text, sizeof text, format, args);
    if (!conf_grow(&imp->arena, &imp->notes, imp->n_notes, &imp->notes_cap, sizeof *imp->notes)) {
        imp->failed = true;
        return;
    }
    one = &imp->notes[imp->n_notes];
    *one = (struct import_note){.at = at, .dropped = dropped};
    if (arena_copy(&imp->arena, span_of(text), &one->text))
        imp->n_notes++;
    else
        imp->failed = true;
}

void import_note(struct import *imp, struct import_place at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(imp, at, false, format, args);
    va_end(args);
}

void import_dropped(struct import *imp, struct import_place at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(imp, at, true, format, args);
    va_end(args);
}

/* ---- the text ---- */

bool import_text_ok(assay_span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (((unsigned char)text.p[i] < ' ' && text.p[i] != '\t') || text.p[i] == 127)
            return false;
    return utf8_ok(text);
}

/** Append text of others inside a comment: what could end it, or is no UTF-8, becomes `?`. */
static void put_comment_text(assay_span text, struct buf *out)
{
    uint32_t code;

    for (size_t n; text.n; text = span_from(text, n)) {
        n = utf8_next(text, &code);
        if (import_text_ok(span_first(text, n)))
            buf_put(out, span_first(text, n));
        else
            buf_putc(out, '?');
    }
}

/** Append where a line comes from. */
static void put_from(const char *indent, struct import_place at, const char *from, struct buf *out)
{
    buf_puts(out, indent);
    buf_puts(out, "# ");
    put_comment_text(span_of(at.file), out);
    if (at.line)
        buf_printf(out, ":%zu", at.line);
    if (from) {
        buf_puts(out, ": ");
        put_comment_text(span_of(from), out);
    }
    buf_putc(out, '\n');
}

/** Append the lines of a block. */
static void put_lines(const struct import_block *b, const char *indent, struct buf *out)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct import_line *line = &b->lines[i];

        put_from(indent, line->at, line->from, out);
        buf_printf(out, "%s%s = ", indent, line->name);
        buf_put(out, line->value);
        buf_putc(out, '\n');
    }
}

/** Append a block. */
static void put_block(const struct import_block *b, struct buf *out)
{
    const char *indent = b->off ? "#    " : "    ";

    buf_putc(out, '\n');
    if (b->off)
        buf_printf(out, "# %s\n", b->off);
    buf_printf(out, "%s%s", b->off ? "#" : "", b->kind);
    if (b->name.n) {
        buf_putc(out, ' ');
        conf_word_write(b->name, out);
    }
    buf_puts(out, " {\n");
    put_lines(b, indent, out);
    buf_printf(out, "%s}\n", b->off ? "#" : "");
}

void import_write(const struct import *imp, struct buf *out)
{
    static const char *const ORDER[] = {"milter", "policy", "key", "sign", "seal", "srs"};
    bool head = false;

    buf_puts(
        out,
        "# assayd.conf(5), made by assay import; behind each # stands what a line comes from.\n\n");
    put_lines(&imp->top, "", out);
    for (size_t kind = 0; kind < sizeof ORDER / sizeof *ORDER; kind++)
        for (size_t i = 0; i < imp->n; i++)
            if (strcmp(imp->blocks[i]->kind, ORDER[kind]) == 0)
                put_block(imp->blocks[i], out);
    for (size_t dropped = 0; dropped < 2; dropped++) {
        head = false;
        for (size_t i = 0; i < imp->n_notes; i++) {
            const struct import_note *n = &imp->notes[i];

            if (n->dropped != dropped)
                continue;
            if (!head)
                buf_puts(out,
                         dropped ? "\n# Not needed any more:\n" : "\n# Without an equivalent:\n");
            head = true;
            buf_puts(out, "#   ");
            put_comment_text(span_of(n->at.file), out);
            if (n->at.line)
                buf_printf(out, ":%zu", n->at.line);
            buf_puts(out, ": ");
            put_comment_text(n->text, out);
            buf_putc(out, '\n');
        }
    }
}
