/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/message.h"

/** The longest line of RFC 5322 2.1.1, without its CRLF. */
enum { LINE_LIMIT = 998 };

void message_init(struct message *m, const struct assay_engine *engine, unsigned looking)
{
    m->engine = engine;
    m->stage = MESSAGE_HEADER;
    m->faults = 0;
    m->looking = looking;
    m->raw = m->skipping = m->after_cr = false;
    m->first_line = true;
    m->line_n = 0;
    m->line = buf_new(LIMIT_HEADER);
    header_init(&m->header);
    body_init(&m->body);
}

void message_done(struct message *m)
{
    buf_done(&m->line);
    header_done(&m->header);
    body_done(&m->body);
}

/* ---- looking for faults ---- */

/** Look at one octet of the body. \return the faults it shows */
static unsigned look_at(struct message *m, char c)
{
    unsigned faults = 0;

    if (m->after_cr && c != '\n')
        faults |= MESSAGE_BARE_CR;
    if (c == '\n' && !m->after_cr)
        faults |= MESSAGE_BARE_LF;
    if (c == '\0')
        faults |= MESSAGE_NUL;
    m->line_n = c == '\n' ? 0 : m->line_n + 1;
    if (m->line_n > LINE_LIMIT + (size_t)(c == '\r'))
        faults |= MESSAGE_LONG_LINE;
    m->after_cr = c == '\r';
    return faults;
}

/** Look at a piece of the body. */
static unsigned look(struct message *m, assay_span octets)
{
    unsigned faults = 0;

    for (size_t i = 0; i < octets.n; i++)
        faults |= look_at(m, octets.p[i]);
    return faults;
}

/** The faults of one line of the header; `line` may lack its line end. */
static unsigned look_at_line(assay_span line)
{
    unsigned faults = 0;

    if (line.n && line.p[line.n - 1] == '\n') {
        line.n--;
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        else
            faults |= MESSAGE_BARE_LF;
    }
    if (line.n && memchr(line.p, '\r', line.n))
        faults |= MESSAGE_BARE_CR;
    if (line.n && memchr(line.p, '\0', line.n))
        faults |= MESSAGE_NUL;
    return line.n > LINE_LIMIT ? faults | MESSAGE_LONG_LINE : faults;
}

/** The faults of a field as a milter gives it: its line ends are LF, and that is none. */
static unsigned look_at_field(assay_span name, assay_span value)
{
    unsigned faults = look_at_line(name);

    while (value.n) {
        assay_span line = span_first(value, span_find(value, '\n') + 1);

        faults |= look_at_line(line);
        value = span_from(value, line.n);
    }
    return faults & ~(unsigned)MESSAGE_BARE_LF;
}

/* ---- the header ---- */

/** A limit is a fault of the message, not a failure of the call. */
static assay_status limit(struct message *m, assay_status s)
{
    if (s != ASSAY_EINVAL)
        return s;
    m->faults |= MESSAGE_LIMIT;
    return ASSAY_DONE;
}

/** The line is empty but for its end. */
static bool is_empty(assay_span line)
{
    return span_is(line, "\n") || span_is(line, "\r\n");
}

/** The separator of an mbox. "From :" is a field, by obsolete syntax (RFC 5322 4.5.2). */
static bool is_separator(assay_span line)
{
    size_t n = 5;

    while (n < line.n && ascii_wsp(line.p[n]))
        n++;
    return span_starts(line, SPAN("From ")) && (n == line.n || line.p[n] != ':');
}

/**
 * Keep a line of the header, unless a limit is reached or it is the separator of an mbox, which is
 * not the message's.
 */
static assay_status keep_line(struct message *m, assay_span line)
{
    assay_status s;

    if (line.n > LIMIT_HEADER) /* in pieces it would not have been gathered */
        m->faults |= MESSAGE_LIMIT;
    if (m->faults & MESSAGE_LIMIT || (m->first_line && is_separator(line)))
        return ASSAY_DONE;
    if ((s = limit(m, header_line(&m->header, line))) != ASSAY_DONE)
        return s;
    if (!(m->faults & MESSAGE_LIMIT) && m->header.fields[m->header.n - 1].name_n == 0)
        m->faults |= MESSAGE_NO_COLON;
    return ASSAY_DONE;
}

/** Take a whole line of the header. \return ASSAY_MORE when it ends the header */
static assay_status take_line(struct message *m, assay_span line)
{
    bool last = is_empty(line);
    assay_status s = last ? ASSAY_MORE : keep_line(m, line);

    if (s < 0)
        return s;
    if (last)
        m->stage = MESSAGE_EOH;
    m->first_line = false;
    if (m->looking && !(m->faults & MESSAGE_LIMIT))
        m->faults |= look_at_line(line);
    return s;
}

/** The end of the input inside the header: what stands without line end is a line all the same. */
static assay_status end_header(struct message *m)
{
    assay_status s = ASSAY_DONE;

    if (m->line.n && (s = take_line(m, buf_span(&m->line))) < 0)
        return s;
    buf_clear(&m->line);
    m->stage = MESSAGE_EOH;
    return ASSAY_DONE;
}

/** Put a piece of a line aside until its end comes. */
static assay_status put_aside(struct message *m, assay_span piece)
{
    buf_put(&m->line, piece);
    if (m->line.status == ASSAY_ENOMEM) {
        m->line.status = ASSAY_DONE;
        return ASSAY_ENOMEM;
    }
    if (m->line.status == ASSAY_EINVAL) { /* no header may be that long */
        buf_clear(&m->line);
        m->faults |= MESSAGE_LIMIT;
        m->skipping = piece.p[piece.n - 1] != '\n';
    }
    return ASSAY_DONE;
}

/** Pass over what is left of a line that is too long. */
static void skip_line(struct message *m, assay_span *raw)
{
    size_t n = span_find(*raw, '\n');

    m->skipping = n == raw->n;
    *raw = span_from(*raw, n + 1);
}

/** Take the line that was put aside. */
static assay_status take_aside(struct message *m)
{
    assay_status s = take_line(m, buf_span(&m->line));

    if (s >= 0)
        buf_clear(&m->line);
    return s;
}

/** The line put aside is whole; memory was short when it should have been taken. */
static bool is_whole(const struct buf *line)
{
    return line->n && line->p[line->n - 1] == '\n';
}

assay_status message_feed(struct message *m, assay_span *raw)
{
    assay_status s = ASSAY_DONE;

    m->raw = true;
    if (is_whole(&m->line))
        s = take_aside(m);
    while (m->stage == MESSAGE_HEADER && raw->n && s == ASSAY_DONE) {
        size_t n = span_find(*raw, '\n');
        assay_span piece = span_first(*raw, n + 1);

        if (m->skipping) {
            skip_line(m, raw);
        } else if (n < raw->n && !m->line.n) {
            if ((s = take_line(m, piece)) >= 0)
                *raw = span_from(*raw, piece.n);
        } else if ((s = put_aside(m, piece)) == ASSAY_DONE) {
            *raw = span_from(*raw, piece.n);
            if (is_whole(&m->line))
                s = take_aside(m);
        }
    }
    return s;
}

assay_status message_header(struct message *m, assay_span name, assay_span value)
{
    assay_status s;

    if (m->faults & MESSAGE_LIMIT)
        return ASSAY_DONE;
    if ((s = limit(m, header_field(&m->header, name, value))) != ASSAY_DONE)
        return s;
    if (m->looking && !(m->faults & MESSAGE_LIMIT))
        m->faults |= look_at_field(name, value);
    return ASSAY_DONE;
}

assay_status message_eoh(struct message *m)
{
    if (m->stage == MESSAGE_HEADER)
        return end_header(m);
    return ASSAY_DONE;
}

/* ---- the body ---- */

assay_status message_body(struct message *m, assay_span piece)
{
    if (m->stage == MESSAGE_EOH) {
        if (body_begin(&m->body, m->engine) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        m->stage = MESSAGE_BODY;
    }
    if (m->looking)
        m->faults |= look(m, piece);
    return body_add(&m->body, piece);
}

assay_status message_eom(struct message *m)
{
    if (!m->body.given && message_body(m, SPAN_EMPTY) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if (m->after_cr)
        m->faults |= MESSAGE_BARE_CR;
    if (body_end(&m->body) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    m->stage = MESSAGE_END;
    return ASSAY_DONE;
}

const char *message_fault_text(unsigned faults)
{
    static const struct {
        unsigned fault;
        const char *text;
    } TEXTS[] = {
        {MESSAGE_LIMIT, "the header is over a limit"},
        {MESSAGE_NUL, "a NUL octet"},
        {MESSAGE_NO_COLON, "a header line without a colon"},
        {MESSAGE_BARE_LF, "a LF without CR"},
        {MESSAGE_BARE_CR, "a CR without LF"},
        {MESSAGE_LONG_LINE, "a line over 998 octets"},
    };

    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        if (faults & TEXTS[i].fault)
            return TEXTS[i].text;
    return "";
}
