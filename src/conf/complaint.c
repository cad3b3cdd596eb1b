/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/complaint.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** Copy a complaint into its place. \return false when memory is out */
static bool keep(struct conf_complaints *c, struct conf_place at, bool warning, assay_span text)
{
    struct conf_complaint *one;

    if (!c->all &&
        !(c->all = arena_get(&c->arena, LIMIT_CONF_COMPLAINTS * sizeof(struct conf_complaint))))
        return false;
    one = &c->all[c->n];
    *one = (struct conf_complaint){.at = at, .warning = warning};
    if (!arena_copy(&c->arena, at.file, &one->at.file) || !arena_copy(&c->arena, text, &one->text))
        return false;
    c->n++;
    return true;
}

void conf_complain(struct conf_complaints *c, struct conf_place at, bool warning,
                   const char *format, ...)
{
    char text[CONF_COMPLAINT_TEXT];
    va_list args;

    c->errors += !warning;
    if (c->n == LIMIT_CONF_COMPLAINTS) {
        c->more++;
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!keep(c, at, warning, utf8_first(span_of(text), sizeof text - 4)))
        c->status = ASSAY_ENOMEM;
}

/** Below, at or above zero, as the place of `a` stands before, at or behind that of `b`. */
static int compare(const void *a, const void *b)
{
    const struct conf_complaint *x = a, *y = b;

    if (x->at.index != y->at.index)
        return x->at.index < y->at.index ? -1 : 1;
    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column)
        return x->at.column < y->at.column ? -1 : 1;
    return x->text.p < y->text.p ? -1 : x->text.p > y->text.p;
}

void conf_complaints_sort(struct conf_complaints *c)
{
    for (size_t i = 1; i < c->n; i++) /* few, mostly in order already; stable */
        for (size_t k = i; k > 0 && compare(&c->all[k - 1], &c->all[k]) > 0; k--) {
            struct conf_complaint one = c->all[k];

            c->all[k] = c->all[k - 1];
            c->all[k - 1] = one;
        }
}

/** Append text that a terminal can show. */
static void put_clean(assay_span text, struct buf *out)
{
    uint32_t code;

    for (size_t n; text.n; text = span_from(text, n)) {
        n = utf8_next(text, &code);
        if (code == UTF8_REPLACEMENT || utf8_harmful(code))
            buf_putc(out, '?');
        else
            buf_put(out, span_first(text, n));
    }
}

void conf_complaints_print(const struct conf_complaints *c, struct buf *out)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct conf_complaint *one = &c->all[i];

        put_clean(one->at.file, out);
        buf_printf(out, ":%u:%u: %s", (unsigned)one->at.line, (unsigned)one->at.column,
                   one->warning ? "warning: " : "");
        put_clean(one->text, out);
        buf_putc(out, '\n');
    }
    if (c->more)
        buf_printf(out, "%zu more\n", c->more);
}

void conf_complaints_done(struct conf_complaints *c)
{
    arena_done(&c->arena);
    *c = (struct conf_complaints){.n = 0};
}
