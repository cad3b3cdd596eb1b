/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/check_request.h"

#include "base/ip.h"
#include "base/limits.h"
#include "base/number.h"

#include <stdio.h>

/** What a value may be. */
enum kind { TEXT, ADDRESS, DIRECTION, OCTETS };

/** The names, their kinds, and their longest values. */
static const struct row {
    const char *name;
    enum kind kind;
    size_t max;
} ROWS[CHECK_N_NAMES] = {
    [CHECK_IP] = {"ip", ADDRESS, 64},           [CHECK_HELO] = {"helo", TEXT, 1024},
    [CHECK_FROM] = {"from", TEXT, 1024},        [CHECK_TO] = {"to", TEXT, LIMIT_CHECK_LINE},
    [CHECK_USER] = {"user", TEXT, 1024},        [CHECK_QUEUE] = {"queue", TEXT, 256},
    [CHECK_LISTENER] = {"listener", TEXT, 256}, [CHECK_DIRECTION] = {"direction", DIRECTION, 8},
    [CHECK_HEADER] = {"header", OCTETS, 0},     [CHECK_SPOOL] = {"spool", TEXT, 4096},
    [CHECK_BODY] = {"body", OCTETS, 0},
};

void check_request_init(struct check_request *r, size_t header_bytes)
{
    *r = (struct check_request){.lines = {buf_new(LIMIT_CHECK_LINE)}, .line = 1};
    for (size_t i = 0; i < CHECK_N_NAMES; i++)
        r->values[i] = buf_new(i == CHECK_HEADER ? header_bytes : ROWS[i].max);
}

void check_request_done(struct check_request *r)
{
    buf_done(&r->lines.held);
    for (size_t i = 0; i < CHECK_N_NAMES; i++)
        buf_done(&r->values[i]);
}

/** It is no request. */
static enum check_event bad(struct check_request *r, const char *name, const char *why)
{
    snprintf(r->why, sizeof r->why, "line %u: %s%s%s", r->line, name, *name ? ": " : "", why);
    r->over = true;
    return CHECK_IS_BAD;
}

/* ---- values ---- */

/** What an escape stands for; 0: it is none that ${quote:...} makes. */
static char unescape(char c)
{
    switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case '"':
    case '\\': return c;
    default: return '\0';
    }
}

/** Append what a quoted text stands for. \return false: it is not quoted as it should be */
static bool put_quoted(assay_span text, struct buf *out)
{
    for (size_t i = 1; i < text.n; i++) {
        char c = text.p[i];

        if (c == '"')
            return i + 1 == text.n;
        if (c == '\\' && (++i == text.n || !(c = unescape(text.p[i]))))
            return false;
        buf_putc(out, c);
    }
    return false;
}

/** Take a text. */
static enum check_event take_text(struct check_request *r, enum check_name name, assay_span text)
{
    struct buf *out = &r->values[name];

    if (!span_starts(text, SPAN("\"")))
        buf_put(out, text);
    else if (!put_quoted(text, out))
        return bad(r, ROWS[name].name,
                   "a value that begins with \" is quoted to its end, as by"
                   " ${quote:...}");
    if (out->status == ASSAY_ENOMEM)
        return CHECK_NO_MEMORY;
    return out->status == ASSAY_DONE ? CHECK_MORE : bad(r, ROWS[name].name, "it is too long");
}

/** What has to stand before the header, or before its end. */
static const char *missing(const struct check_request *r, bool all)
{
    if (!check_given(r, CHECK_IP))
        return "ip is missing";
    if (!check_given(r, CHECK_FROM))
        return "from is missing";
    if (!all)
        return NULL;
    if (!check_given(r, CHECK_HEADER))
        return "header is missing";
    return check_given(r, CHECK_SPOOL) || check_given(r, CHECK_BODY) ? NULL
                                                                     : "spool, or body, is missing";
}

/** Octets are to follow. */
static enum check_event take_length(struct check_request *r, enum check_name name, assay_span text)
{
    const char *why = name == CHECK_HEADER ? missing(r, false) : NULL;

    if (why)
        return bad(r, ROWS[name].name, why);
    if (!number_read(text, INT64_MAX, &r->left))
        return bad(r, ROWS[name].name, "it is a length in octets");
    r->octets = name;
    if (name == CHECK_HEADER && r->left > r->values[name].max) {
        r->too_long = true;
        return CHECK_IS_TOO_LONG;
    }
    return name == CHECK_HEADER && r->left == 0 ? CHECK_HAS_HEADER : CHECK_MORE;
}

/** The name of a line; CHECK_N_NAMES: there is none such. */
static enum check_name name_of(assay_span text)
{
    size_t i = 0;

    while (i < CHECK_N_NAMES && !span_is(text, ROWS[i].name))
        i++;
    return (enum check_name)i;
}

/** Parts of the message come in their order. */
static const char *misplaced(const struct check_request *r, enum check_name name)
{
    if (name < CHECK_HEADER && check_given(r, CHECK_HEADER))
        return "it stands behind the header";
    if (name > CHECK_HEADER && !check_given(r, CHECK_HEADER))
        return "it stands before the header";
    if (name > CHECK_HEADER && (check_given(r, CHECK_SPOOL) || check_given(r, CHECK_BODY)))
        return "the body is there already";
    return NULL;
}

/** The value is one of those that the name takes. */
static enum check_event check_kind(struct check_request *r, enum check_name name)
{
    assay_span value = check_value(r, name);
    struct ip ip;

    if (ROWS[name].kind == ADDRESS && value.n && !ip_read(value, &ip))
        return bad(r, ROWS[name].name, "it is no address of IPv4 or IPv6");
    if (ROWS[name].kind == DIRECTION && value.n && !span_is(value, "in") &&
        !span_is(value, "out") && !span_is(value, "auto"))
        return bad(r, ROWS[name].name, "it is one of in, out, auto");
    return CHECK_MORE;
}

/** The empty line. */
static enum check_event end(struct check_request *r)
{
    const char *why = missing(r, true);

    if (why)
        return bad(r, "", why);
    r->over = true;
    return CHECK_IS_COMPLETE;
}

/** Take a line. */
static enum check_event take_line(struct check_request *r, assay_span line)
{
    size_t equals = span_find(line, '=');
    enum check_name name;
    enum check_event event;
    const char *why;

    if (!line.n)
        return end(r);
    if (equals == line.n)
        return bad(r, "", "it is not NAME=VALUE");
    if ((name = name_of(span_first(line, equals))) == CHECK_N_NAMES)
        return bad(r, "", "there is no such name");
    if (check_given(r, name))
        return bad(r, ROWS[name].name, "it stands twice");
    if ((why = misplaced(r, name)))
        return bad(r, ROWS[name].name, why);
    r->given |= 1U << name;
    if (ROWS[name].kind == OCTETS)
        event = take_length(r, name, span_from(line, equals + 1));
    else if ((event = take_text(r, name, span_from(line, equals + 1))) == CHECK_MORE)
        event = check_kind(r, name);
    r->line++;
    return event;
}

/* ---- octets ---- */

/** Take octets of the header or of the body. */
static enum check_event take_octets(struct check_request *r, assay_span *in, assay_span *ret)
{
    assay_span piece = span_first(*in, r->left < in->n ? (size_t)r->left : in->n);

    *in = span_from(*in, piece.n);
    r->left -= piece.n;
    if (r->octets == CHECK_BODY) {
        *ret = piece;
        return CHECK_HAS_BODY;
    }
    if (!r->too_long)
        buf_put(&r->values[CHECK_HEADER], piece);
    if (r->values[CHECK_HEADER].status != ASSAY_DONE)
        return CHECK_NO_MEMORY;
    return r->left || r->too_long ? CHECK_MORE : CHECK_HAS_HEADER;
}

enum check_event check_request_read(struct check_request *r, assay_span *in, assay_span *ret_piece)
{
    enum check_event event = CHECK_MORE;
    assay_span line;

    while (event == CHECK_MORE && in->n && !r->over) {
        if (r->left) {
            event = take_octets(r, in, ret_piece);
            continue;
        }
        switch (lines_next(&r->lines, in, &line)) {
        case ASSAY_DONE: event = take_line(r, line); break;
        case ASSAY_MORE: return CHECK_MORE;
        case ASSAY_EINVAL: return bad(r, "", "it is too long");
        default: return CHECK_NO_MEMORY;
        }
    }
    return event;
}

/* ---- addresses ---- */

bool check_next_address(assay_span *rest, assay_span *ret)
{
    while (rest->n) {
        bool quoted = false;
        size_t i = 0;

        for (; i < rest->n && (quoted || rest->p[i] != ','); i++) {
            if (quoted && rest->p[i] == '\\' && i + 1 < rest->n)
                i++;
            else if (rest->p[i] == '"')
                quoted = !quoted;
        }
        *ret = span_trim(span_first(*rest, i));
        *rest = span_from(*rest, i + 1);
        if (ret->n)
            return true;
    }
    return false;
}
