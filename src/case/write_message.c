/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/base64.h"
#include "base/number.h"
#include "case/write.h"
#include "receive/receive.h"
#include "send/send.h"
#include "srs/srs.h"

/* ---- | lines ---- */

/**
 * Write one line of the message; a CR in it, which no line can hold, becomes `?`, which is no white
 * space.
 */
static void put_line(struct case_writer *w, assay_span line)
{
    assay_span piece;

    case_puts(w, line.n ? "| " : "|");
    for (bool first = true; span_cut(&line, '\r', &piece); first = false) {
        case_puts(w, first ? "" : "?");
        case_put(w, piece);
    }
    case_puts(w, "\n");
}

/** Write octets line by line. */
static void put_lines(struct case_writer *w, assay_span text)
{
    assay_span line;

    while (text.n) { /* not span_line(): the CR of a line that the end cuts off is one to be seen */
        size_t n = span_find(text, '\n');

        line = span_first(text, n);
        if (n < text.n && n && line.p[n - 1] == '\r')
            line.n--;
        put_line(w, line);
        text = span_from(text, n + 1);
    }
}

/** A CR that no LF follows. */
static bool has_bare_cr(assay_span s)
{
    for (size_t at = span_find(s, '\r'); at < s.n;
         s = span_from(s, at + 1), at = span_find(s, '\r'))
        if (at + 1 == s.n || s.p[at + 1] != '\n')
            return true;
    return false;
}

/** A LF that no CR stands before. */
static bool has_bare_lf(assay_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        i += span_find(span_from(s, i), '\n');
        if (i < s.n && (i == 0 || s.p[i - 1] != '\r'))
            return true;
    }
    return false;
}

/* ---- the header ---- */

/** Write a header. */
static void put_header(struct case_writer *w, assay_span header)
{
    if (has_bare_cr(header))
        case_puts(
            w,
            "; the header had a CR without LF, which no line here can hold: ? stands for it, and a replay "
            "may give another verdict\n");
    if (w->top->message_bare_lf != POLICY_ACCEPT && has_bare_lf(header) && !w->in->header_given)
        case_puts(
            w,
            "; the header had a LF without CR, which no line here can hold: CRLF stands for it\n");
    if (w->in->message.faults & MESSAGE_LIMIT)
        case_puts(w, "; the header was over a limit: what follows is what was read of it\n");
    case_puts(w, "[message]\n");
    if (span_starts(header, SPAN("From "))) /* or it would be taken for the separator of an mbox */
        case_puts(w, "| From \n");
    put_lines(w, header);
}

/** Say which fields stay. */
static void put_names(struct case_writer *w, const char *why, const struct buf *names)
{
    if (!names->n)
        return;
    case_puts(w, why);
    case_put(w, buf_span(names));
    case_puts(w, "\n");
}

/** Write the header with filler. */
static void put_redacted(struct case_writer *w)
{
    struct case_redacted redacted = {buf_new(LIMIT_HEADER), buf_new(2 * LIMIT_HEADER),
                                     buf_new(2 * LIMIT_HEADER)};

    if (case_redact_header(w->r, &w->arena, &redacted) != ASSAY_DONE)
        w->status = ASSAY_ENOMEM;
    put_names(w, "; not redacted, because a signature covers them: ", &redacted.covered);
    put_names(w, "; not redacted, because a check reads them: ", &redacted.read);
    put_header(w, buf_span(&redacted.header));
    buf_done(&redacted.header);
    buf_done(&redacted.covered);
    buf_done(&redacted.read);
}

/* ---- the body ---- */

/** Write one digest. */
static void put_digest(struct case_writer *w, enum canon canon, const struct body_digest *d,
                       uint64_t length)
{
    char text[48], digits[NUMBER_DIGITS];

    base64_encode(d->sha256, sizeof d->sha256, text);
    case_puts(w, canon == CANON_RELAXED ? "relaxed sha256 " : "simple sha256 ");
    case_put(w, (assay_span){text, base64_encoded(sizeof d->sha256)});
    case_puts(w, " length=");
    case_put(w, number_text(length, digits));
    case_puts(w, "\n");
}

/**
 * Write the digests of one canonicalization; l= may have named the whole body too. \return how many
 */
static size_t put_canon(struct case_writer *w, enum canon canon)
{
    const struct body_stream *s = &w->in->message.body.streams[canon];
    uint64_t last = UINT64_MAX;
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct body_digest *d = &s->snapshots[i];
        uint64_t length = d->length == BODY_WHOLE ? s->octets : d->length;

        if (!d->known || length == last)
            continue;
        put_digest(w, canon, d, length);
        last = length;
        n++;
    }
    return n;
}

/** Write the digests that are known of the body. */
static void put_digests(struct case_writer *w)
{
    size_t n;

    case_puts(w, "\n[digests]\n");
    n = put_canon(w, CANON_SIMPLE);
    n += put_canon(w, CANON_RELAXED);
    if (!n)
        case_puts(w, "; there is no signature that needs one\n");
}

/** Write the body as lines. */
static void put_body(struct case_writer *w)
{
    assay_span body = w->body;

    if (!body.n)
        return;
    case_puts(w, "|\n");
    put_lines(w, body);
    if (body.p[body.n - 1] != '\n')
        case_puts(
            w,
            "; the body ended without CRLF, which no line here can hold; no check sees the difference "
            "(RFC 6376 3.4.3, 3.4.4)\n");
}

/** The body cannot stand here as lines: what is in the way, or NULL. */
static const char *body_trouble(const struct case_writer *w)
{
    if (has_bare_cr(w->body))
        return "; the body had a CR without LF, which no line here can hold: its digests stand for it\n";
    if (w->top->message_bare_lf != POLICY_ACCEPT && has_bare_lf(w->body))
        return "; the body had a LF without CR, which no line here can hold: its digests stand for it\n";
    return NULL;
}

/** Lines cannot hold all that the header was. */
static bool is_lossy(const struct case_writer *w)
{
    assay_span header = buf_span(&w->in->message.header.text);

    return w->in->message.faults & MESSAGE_LIMIT || has_bare_lf(header) || has_bare_cr(header);
}

void case_write_message(struct case_writer *w)
{
    bool digests = w->flags & (ASSAY_CASE_DIGESTS | ASSAY_CASE_REDACT) || w->in->message.body.given;
    const char *trouble = digests ? NULL : body_trouble(w);

    case_puts(w, "\n");
    if (w->verdict->malformed && (digests || trouble || is_lossy(w)))
        case_puts(w, "; the message is malformed by octets that may not be here: a replay may give "
                     "another verdict\n");
    if (w->flags & ASSAY_CASE_REDACT && !w->r)
        case_puts(w, "; the header is not redacted: nearly all of it is signed\n");
    if (w->flags & ASSAY_CASE_REDACT && w->r)
        put_redacted(w);
    else
        put_header(w, buf_span(&w->in->message.header.text));
    if (trouble)
        case_puts(w, trouble);
    if (digests || trouble)
        put_digests(w);
    else
        put_body(w);
}
