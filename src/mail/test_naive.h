/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_naive.h The canonicalizations of RFC 6376 3.4 said once more, the simplest way: whole
 * text in, whole text out.
 *
 * Tests and fuzzers compare with them what is made of octets as they stream by.
 */
#ifndef MAIL_TEST_NAIVE_H
#define MAIL_TEST_NAIVE_H

#include "base/buf.h"
#include "mail/body.h"

#include <openssl/sha.h>

/** A text with each LF that no CR stands before as CRLF. */
static inline void naive_line_ends(assay_span text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n' && (i == 0 || text.p[i - 1] != '\r'))
            buf_putc(out, '\r');
        buf_putc(out, text.p[i]);
    }
}

/** The next line of a text with its CRLF, or what is left. \return false when nothing is left */
static inline bool naive_line(assay_span *rest, assay_span *line)
{
    size_t n = 0;

    while (n < rest->n && !(n > 0 && rest->p[n - 1] == '\r' && rest->p[n] == '\n'))
        n++;
    *line = span_first(*rest, n + 1);
    *rest = span_from(*rest, n + 1);
    return line->n > 0;
}

/** Without CRLFs at the end. */
static inline assay_span naive_without_empty_lines(assay_span text)
{
    while (span_iends(text, SPAN("\r\n")))
        text.n -= 2;
    return text;
}

/** One line by RFC 6376 3.4.4 a: white space at its end goes, other runs of it become one space. */
static inline void naive_relaxed_line(assay_span line, struct buf *out)
{
    bool ended = span_iends(line, SPAN("\r\n"));

    line.n -= ended ? 2 : 0;
    while (ended && line.n && ascii_wsp(line.p[line.n - 1]))
        line.n--;
    for (size_t i = 0; i < line.n; i++) {
        if (!ascii_wsp(line.p[i]))
            buf_putc(out, line.p[i]);
        else if (i == 0 || !ascii_wsp(line.p[i - 1]))
            buf_putc(out, ' ');
    }
    buf_puts(out, ended ? "\r\n" : "");
}

/**
 * A body in canonical form (RFC 6376 3.4.3, 3.4.4). \param out  empty; room for twice the body and
 * a CRLF
 */
static inline void naive_body(enum canon canon, assay_span body, struct buf *out)
{
    struct buf text = buf_new(2 * body.n + 2), lines = buf_new(2 * body.n + 4);
    assay_span rest, line, content;

    naive_line_ends(body, &text);
    if (canon == CANON_RELAXED && text.n && text.p[text.n - 1] != '\n')
        buf_puts(&text, "\r\n"); /* so that white space at the very end is at the end of a line */
    rest = buf_span(&text);
    while (naive_line(&rest, &line))
        if (canon == CANON_SIMPLE)
            buf_put(&lines, line);
        else
            naive_relaxed_line(line, &lines);
    content = naive_without_empty_lines(buf_span(&lines));
    buf_put(out, content);
    if (content.n || canon == CANON_SIMPLE)
        buf_puts(out, "\r\n");
    buf_done(&text);
    buf_done(&lines);
}

/** SHA-256 of a span. */
static inline void naive_sha256(assay_span s, uint8_t out[SHA256_SIZE])
{
    SHA256((const unsigned char *)s.p, s.n, out);
}

#endif
