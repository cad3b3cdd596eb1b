/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/check_reply.h"

#include "daemon/row.h"

#include <stdio.h>
#include <stdlib.h>

enum { VALUE_MAX = 8 << 20 };

/* ---- values ---- */

/** Append a value in quotes. */
static void put_quoted(assay_span value, struct buf *out)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];

        if (c == '\r' && i + 1 < value.n && value.p[i + 1] == '\n')
            continue; /* Exim's lines end with LF */
        if (c == '\n')
            buf_puts(out, "\\n");
        else if ((c < ' ' && c != '\t') || c == 127)
            buf_printf(out, "\\%03o", c);
        else {
            if (c == '"' || c == '\\')
                buf_putc(out, '\\');
            buf_putc(out, (char)c);
        }
    }
    buf_putc(out, '"');
}

/** Append `KEY="VALUE"`. */
static void put_pair(const char *key, assay_span value, struct buf *out)
{
    buf_printf(out, " %s=", key);
    put_quoted(value, out);
}

/** Append a folded value in one line. */
static void put_unfolded(const char *key, assay_span value, struct buf *out)
{
    struct buf line = buf_new(VALUE_MAX);

    for (size_t i = 0; i < value.n; i++) {
        bool end = value.p[i] == '\r' || value.p[i] == '\n';

        if (!end)
            buf_putc(&line, value.p[i] == '\t' ? ' ' : value.p[i]);
    }
    put_pair(key, buf_span(&line), out);
    if (line.status != ASSAY_DONE)
        out->status = line.status;
    buf_done(&line);
}

/** Append what the client is told. */
static void put_answer(int code, assay_span enhanced, assay_span text, struct buf *out)
{
    struct buf reply = buf_new(VALUE_MAX);
    char digits[16] = "";

    if (code) {
        snprintf(digits, sizeof digits, "%d", code);
        buf_printf(&reply, "%d ", code);
        buf_put(&reply, enhanced);
        if (enhanced.n)
            buf_putc(&reply, ' ');
        buf_put(&reply, text);
    }
    put_pair("code", span_of(digits), out);
    put_pair("enhanced", enhanced, out);
    put_pair("text", text, out);
    put_pair("reply", buf_span(&reply), out);
    if (reply.status != ASSAY_DONE)
        out->status = reply.status;
    buf_done(&reply);
}

/* ---- edits ---- */

/** An edit takes out fields of this name before the one at `i`: it has been named. */
static bool is_named(const struct assay_verdict *v, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (v->edits[k].remove && span_ieq(v->edits[k].name, v->edits[i].name))
            return true;
    return false;
}

/** Append the names of fields that are taken out. */
static void put_remove(const struct assay_verdict *v, struct buf *out)
{
    for (size_t i = 0; i < v->nedits; i++) {
        if (!v->edits[i].remove || is_named(v, i))
            continue;
        if (out->n)
            buf_putc(out, ':');
        buf_put(out, v->edits[i].name);
    }
}

/** Append a field, lines ended by LF. */
static void put_field(assay_span name, const char *colon, assay_span value, struct buf *out)
{
    assay_span line;

    buf_put(out, name);
    buf_puts(out, colon);
    while (span_line(&value, &line)) {
        buf_put(out, line);
        buf_putc(out, '\n');
    }
}

/**
 * Mark the fields that are taken out for their name alone. Edits of one name stand from the last field to the first:
 * both are walked upwards, for a hostile header may have thousands of one name.
 *
 * \param first  the first edit that takes out a field of its name
 */
static void mark_name(const struct assay_verdict *v, size_t first, const struct header *h,
                      bool *ret_again)
{
    assay_span name = v->edits[first].name;
    size_t at = h->n, nth = header_count(h, name), edit = first;

    while ((at = header_rfind(h, name, span_hash(name), at)) < h->n) {
        while (edit < v->nedits && !(v->edits[edit].remove && span_ieq(v->edits[edit].name, name)))
            edit++;
        if (edit < v->nedits && v->edits[edit].index == nth)
            edit++;
        else
            ret_again[at] = true;
        nth--;
    }
}

/** Append the fields that are taken out for their name alone, to be put in again. */
static void put_again(const struct assay_verdict *v, const struct header *h, struct buf *out)
{
    bool *again = calloc(h->n + 1, sizeof *again);

    if (!again) {
        out->status = ASSAY_ENOMEM;
        return;
    }
    for (size_t i = 0; i < v->nedits; i++)
        if (v->edits[i].remove && !is_named(v, i))
            mark_name(v, i, h, again);
    for (size_t i = 0; i < h->n; i++)
        if (again[i])
            put_field(field_name(h, i), ":", field_value(h, i), out);
    free(again);
}

/** Append the fields that are put on top, in the order in which that is done. */
static void put_on_top(const struct assay_verdict *v, struct buf *out)
{
    for (size_t i = 0; i < v->nedits; i++) {
        if (v->edits[i].remove)
            continue;
        buf_puts(out, ":at_start:");
        put_field(v->edits[i].name, ": ", v->edits[i].value, out);
    }
}

/** Append what is to be done with the header. */
static void put_edits(const struct assay_verdict *v, const struct header *h, struct buf *out)
{
    struct buf remove = buf_new(VALUE_MAX), add = buf_new(VALUE_MAX);

    if (v->what != ASSAY_REJECT && v->what != ASSAY_DEFER && v->what != ASSAY_DISCARD) {
        put_remove(v, &remove);
        put_again(v, h, &add);
        put_on_top(v, &add);
    }
    put_pair("remove", buf_span(&remove), out);
    put_pair("add", buf_span(&add), out);
    if (remove.status != ASSAY_DONE || add.status != ASSAY_DONE)
        out->status = remove.status != ASSAY_DONE ? remove.status : add.status;
    buf_done(&remove);
    buf_done(&add);
}

/* ---- replies ---- */

void check_reply(const struct assay_verdict *v, const struct header *header, struct buf *out)
{
    buf_puts(out, "verdict=");
    put_quoted(span_of(row_disposition(v->what)), out);
    put_answer(v->code, v->enhanced, v->text, out);
    put_pair("reason", v->reason, out);
    put_unfolded("authres", v->authres, out);
    put_edits(v, header, out);
    put_pair("hold", v->what == ASSAY_QUARANTINE && v->hold ? SPAN("yes") : SPAN("no"), out);
    buf_putc(out, '\n');
}

void check_reply_without(const char *verdict, int code, const char *enhanced, assay_span text,
                         struct buf *out)
{
    buf_puts(out, "verdict=");
    put_quoted(span_of(verdict), out);
    put_answer(code, span_of(enhanced), text, out);
    buf_putc(out, '\n');
}

assay_status check_header_read(assay_span text, struct header *ret)
{
    assay_status s = ASSAY_DONE;

    while (text.n && s == ASSAY_DONE) {
        size_t n = span_find(text, '\n');
        assay_span line = span_first(text, n + 1);

        if (span_is(line, "\n") || span_is(line, "\r\n"))
            break;
        s = header_line(ret, line);
        text = span_from(text, line.n);
    }
    return s;
}
