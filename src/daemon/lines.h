/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file lines.h Octets that come in any cut become lines.
 */
#ifndef DAEMON_LINES_H
#define DAEMON_LINES_H

#include "base/buf.h"

/** A reader of lines; `held` was made with the longest line as its limit. */
struct lines {
    struct buf held;
};

/**
 * Take the next line, without its LF or CRLF.
 *
 * \param in   what came; advanced behind the line
 * \param ret  set on ASSAY_DONE; lives until the next call
 * \return ASSAY_DONE; ASSAY_MORE: all is taken, no line is complete; ASSAY_EINVAL: the line is over
 *         the limit; ASSAY_ENOMEM
 */
static inline assay_status lines_next(struct lines *l, assay_span *in, assay_span *ret)
{
    size_t n = span_find(*in, '\n');
    bool complete = n < in->n;

    if (l->held.n && l->held.p[l->held.n - 1] == '\n')
        buf_clear(&l->held); /* the one before was handed out */
    buf_put(&l->held, span_first(*in, complete ? n + 1 : n));
    if (l->held.status != ASSAY_DONE)
        return l->held.status;
    *in = span_from(*in, complete ? n + 1 : n);
    if (!complete)
        return ASSAY_MORE;
    n = l->held.n - 1;
    if (n && l->held.p[n - 1] == '\r')
        n--;
    *ret = (assay_span){l->held.p, n};
    return ASSAY_DONE;
}

#endif
