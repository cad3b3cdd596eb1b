/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *buf_room(struct buf *b, size_t n)
{
    size_t cap = b->cap ? b->cap : 256;
    char *p;

    if (b->status != ASSAY_DONE)
        return NULL;
    if (n > b->max - b->n) {
        b->status = ASSAY_EINVAL;
        return NULL;
    }
    if (b->p && b->cap - b->n >= n)
        return b->p + b->n;
    while (cap - b->n < n)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (!(p = realloc(b->p, cap))) {
        b->status = ASSAY_ENOMEM;
        return NULL;
    }
    b->p = p;
    b->cap = cap;
    return p + b->n;
}

void buf_put(struct buf *b, assay_span s)
{
    char *room = s.n ? buf_room(b, s.n) : NULL;

    if (!room)
        return;
    memcpy(room, s.p, s.n);
    b->n += s.n;
}

void buf_putc(struct buf *b, char c)
{
    buf_put(b, (assay_span){&c, 1});
}

void buf_puts(struct buf *b, const char *text)
{
    buf_put(b, span_of(text));
}

void buf_putu(struct buf *b, uint64_t number)
{
    char digits[NUMBER_DIGITS];

    buf_put(b, number_text(number, digits));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    char text[1024];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0)
        buf_put(b, (assay_span){text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1});
}

void buf_done(struct buf *b)
{
    free(b->p);
    *b = buf_new(b->max);
}
