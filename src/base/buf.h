/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file buf.h
 * Octets that grow up to a limit given at birth.
 *
 * Failure sticks: after an append that did not fit or found no memory, later appends do nothing and
 * `status` says why, so that a writer checks once, at its end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

/** A growing buffer. Read `p` and `n`; the rest is private. */
struct buf {
    char *p;
    size_t n, cap, max;
    assay_status status; /**< ASSAY_DONE; ASSAY_ENOMEM; ASSAY_EINVAL: the limit was reached */
};

/** An empty buffer that never holds more than `max` octets. */
static inline struct buf buf_new(size_t max)
{
    return (struct buf){.max = max};
}

/** Append octets. */
void buf_put(struct buf *b, assay_span s);

/** Append one octet. */
void buf_putc(struct buf *b, char c);

/** Append text ended by NUL. */
void buf_puts(struct buf *b, const char *text);

/** Append a number in decimal. */
void buf_putu(struct buf *b, uint64_t number);

/** Append as printf does; at most 1,023 octets a call. */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * Make room for `n` more octets at the end and return it, or NULL; then add to `n` what was used.
 */
char *buf_room(struct buf *b, size_t n);

/** What the buffer holds; valid until the next append. */
static inline assay_span buf_span(const struct buf *b)
{
    return b->n ? (assay_span){b->p, b->n} : SPAN_EMPTY;
}

/** Empty it, keep its memory, forget a failure. */
static inline void buf_clear(struct buf *b)
{
    b->n = 0;
    b->status = ASSAY_DONE;
}

/** Give its memory back; it is empty and may be used again. */
void buf_done(struct buf *b);

#endif
