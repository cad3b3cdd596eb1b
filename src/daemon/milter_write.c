/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/milter_codec.h"

#define NUL SPAN("\0") /**< what ends a text */

/** Four octets of a packet. */
struct word {
    char octets[4];
};

/** A number in network order. */
static struct word word_of(uint32_t n)
{
    return (struct word){{(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n}};
}

/** A span over it. */
static assay_span word_span(const struct word *w)
{
    return (assay_span){w->octets, sizeof w->octets};
}

/** Append a packet of these parts, or nothing. */
static assay_status put_parts(struct buf *out, char reply, const assay_span *parts, size_t n)
{
    size_t length = 1;
    struct word head;
    assay_status s;

    for (size_t i = 0; i < n; i++) {
        if (parts[i].n > MILTER_MAX - length)
            return ASSAY_EINVAL;
        length += parts[i].n;
    }
    if (!buf_room(out, sizeof head + length)) {
        s = out->status;
        out->status = ASSAY_DONE;
        return s;
    }
    head = word_of((uint32_t)length);
    buf_put(out, word_span(&head));
    buf_putc(out, reply);
    for (size_t i = 0; i < n; i++)
        buf_put(out, parts[i]);
    return ASSAY_DONE;
}

/** Append a packet of these spans. */
#define put(out, reply, ...)                                     \
    put_parts((out), (reply), (const assay_span[]){__VA_ARGS__}, \
              sizeof((const assay_span[]){__VA_ARGS__}) / sizeof(assay_span))

assay_status milter_put(struct buf *out, enum milter_reply reply)
{
    return reply && strchr("acdrstp4", (int)reply) ? put_parts(out, (char)reply, NULL, 0)
                                                   : ASSAY_EINVAL;
}

assay_status milter_put_agreed(struct buf *out, const struct milter_offer *agreed,
                               const assay_span *macros)
{
    struct word w[3] = {word_of(agreed->version), word_of(agreed->actions), word_of(agreed->steps)};
    struct word stage[MILTER_STAGES];
    assay_span parts[3 + 3 * MILTER_STAGES];
    size_t n = 3;

    for (size_t i = 0; i < n; i++)
        parts[i] = word_span(&w[i]);
    if (!(agreed->actions & MILTER_F_SETSYMLIST))
        macros = NULL;
    for (uint32_t i = 0; macros && i < MILTER_STAGES; i++) {
        if (!macros[i].n)
            continue;
        if (!span_printable(macros[i]))
            return ASSAY_EINVAL;
        stage[i] = word_of(i);
        parts[n++] = word_span(&stage[i]);
        parts[n++] = macros[i];
        parts[n++] = NUL;
    }
    return put_parts(out, MILTER_C_OPTNEG, parts, n);
}

/* ---- the text of a reply ---- */

/** "5.7.1", of the class of the code (RFC 3463 2). */
static bool enhanced_ok(assay_span s, unsigned code)
{
    unsigned numbers = 0;
    assay_span piece;

    if (!s.n)
        return true;
    if (s.p[0] != (char)('0' + code / 100))
        return false;
    while (span_cut(&s, '.', &piece)) {
        if (!piece.n || piece.n > (numbers ? 3 : 1))
            return false;
        for (size_t i = 0; i < piece.n; i++)
            if (!ascii_digit(piece.p[i]))
                return false;
        numbers++;
    }
    return numbers == 3;
}

/** Cut a line off that is not too long, at a blank if it has one. */
static bool cut_line(assay_span *rest, assay_span *line)
{
    size_t n;

    if (!rest->n)
        return false;
    n = span_find(*rest, '\n');
    if (n <= MILTER_REPLY_LINE) {
        *line = span_trim(span_first(*rest, n));
        *rest = span_from(*rest, n + 1);
        return true;
    }
    n = span_rfind(span_first(*rest, MILTER_REPLY_LINE), ' ');
    if (n == 0)
        n = MILTER_REPLY_LINE;
    *line = span_trim(span_first(*rest, n));
    *rest = span_from(*rest, n);
    return true;
}

/** Append one line of the text, as a format of printf. */
static void put_text(struct buf *out, assay_span line)
{
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];

        if (c == '%')
            buf_putc(out, c);
        buf_putc(out, c == '\t' ? ' ' : (char)(c < ' ' || c > '~' ? '?' : c));
    }
}

assay_status milter_put_reply(struct buf *out, unsigned code, assay_span enhanced, assay_span text)
{
    struct buf lines = buf_new(MILTER_CHUNK);
    size_t last = 0;
    assay_span line = SPAN_EMPTY;
    assay_status s;

    if (code < 400 || code > 599 || !enhanced_ok(enhanced, code))
        return ASSAY_EINVAL;
    text = span_trim(text);
    for (unsigned n = 0; n < MILTER_REPLY_LINES && (cut_line(&text, &line) || n == 0); n++) {
        buf_puts(&lines, n ? "\r\n" : "");
        last = lines.n + 3;
        buf_printf(&lines, "%u-%.*s%s", code, SPAN_ARG(enhanced), enhanced.n && line.n ? " " : "");
        put_text(&lines, line);
    }
    if (lines.status == ASSAY_DONE)
        lines.p[last] = ' ';
    s = lines.status == ASSAY_DONE ? put(out, MILTER_R_REPLYCODE, buf_span(&lines), NUL)
                                   : lines.status;
    buf_done(&lines);
    return s;
}

/* ---- edits ---- */

/** A field's name: printable, no blank, no colon (RFC 5322 2.2). */
static bool name_ok(assay_span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == ':')
            return false;
    return name.n > 0;
}

/** One line that a text ended by NUL can hold. */
static bool line_ok(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n')
            return false;
    return true;
}

/** Append a value with its lines ended by LF. \return false: it would not stay inside one field */
static bool put_value(struct buf *out, assay_span value)
{
    assay_span line;

    while (span_line(&value, &line)) {
        if (!line_ok(line))
            return false;
        buf_put(out, line);
        if (!value.p)
            break;
        if (!value.n || !ascii_wsp(value.p[0]))
            return false;
        buf_putc(out, '\n');
    }
    return true;
}

/** Append an edit of a field: index or nothing, name, value. */
static assay_status put_field(struct buf *out, enum milter_reply reply, assay_span index,
                              uint32_t steps, assay_span name, assay_span value)
{
    struct buf text = buf_new(MILTER_CHUNK);
    assay_status s = ASSAY_EINVAL;

    if (steps & MILTER_P_HDR_LEADSPC && value.n)
        buf_putc(&text, ' ');
    if (name_ok(name) && put_value(&text, value))
        s = text.status;
    if (s == ASSAY_DONE)
        s = put(out, (char)reply, index, name, NUL, buf_span(&text), NUL);
    buf_done(&text);
    return s;
}

assay_status milter_put_addheader(struct buf *out, uint32_t steps, assay_span name,
                                  assay_span value)
{
    return put_field(out, MILTER_R_ADDHEADER, SPAN_EMPTY, steps, name, value);
}

assay_status milter_put_insheader(struct buf *out, uint32_t steps, uint32_t index, assay_span name,
                                  assay_span value)
{
    struct word w = word_of(index);

    return index > INT32_MAX - 1
               ? ASSAY_EINVAL
               : put_field(out, MILTER_R_INSHEADER, word_span(&w), steps, name, value);
}

assay_status milter_put_chgheader(struct buf *out, uint32_t steps, uint32_t index, assay_span name,
                                  assay_span value)
{
    struct word w = word_of(index);

    return index == 0 || index > INT32_MAX
               ? ASSAY_EINVAL
               : put_field(out, MILTER_R_CHGHEADER, word_span(&w), steps, name, value);
}

/** An address that brackets can hold. */
static bool address_ok(assay_span address)
{
    return line_ok(address) && !span_starts(address, SPAN("<"));
}

assay_status milter_put_chgfrom(struct buf *out, assay_span address, assay_span parameters)
{
    if (!address_ok(address) || !line_ok(parameters))
        return ASSAY_EINVAL;
    return put(out, MILTER_R_CHGFROM, SPAN("<"), address, SPAN(">"), NUL, parameters,
               parameters.n ? NUL : SPAN_EMPTY);
}

/** Append an edit of a recipient. */
static assay_status put_recipient(struct buf *out, enum milter_reply reply, assay_span address)
{
    return address.n && address_ok(address)
               ? put(out, (char)reply, SPAN("<"), address, SPAN(">"), NUL)
               : ASSAY_EINVAL;
}

assay_status milter_put_addrcpt(struct buf *out, assay_span address)
{
    return put_recipient(out, MILTER_R_ADDRCPT, address);
}

assay_status milter_put_delrcpt(struct buf *out, assay_span address)
{
    return put_recipient(out, MILTER_R_DELRCPT, address);
}

assay_status milter_put_quarantine(struct buf *out, assay_span reason)
{
    return reason.n && line_ok(reason) ? put(out, MILTER_R_QUARANTINE, reason, NUL) : ASSAY_EINVAL;
}
