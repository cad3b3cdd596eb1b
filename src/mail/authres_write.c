/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "base/number.h"
#include "base/utf8.h"
#include "mail/authres.h"
#include "mail/authres_grammar.h"

/*
 * The field is made of pieces that are never folded inside: the authserv-id, method=result,
 * reason="...", each ptype.property=value. A piece is put together first, so that its length is
 * known when the line is chosen. All that goes into one has been through put_keyword(), sanitise()
 * or put_quoted(): what stands in a piece cannot end it.
 */

/**
 * No line reaches column 78 where a piece could be moved to the next (RFC 5322 2.1.1). A tab is
 * eight columns, so that the field is as narrow for those who look at it as for those who count
 * octets.
 */
enum { LINE_COLUMNS = 77, TAB_COLUMNS = 8 };

/**
 * The longest piece is a property whose value is quoted; no line passes 998 octets (RFC 5322
 * 2.1.1).
 */
enum { PIECE_MAX = 2 * LIMIT_AUTHRES_NAME + LIMIT_AUTHRES_VALUE + 4 };
_Static_assert(PIECE_MAX + TAB_COLUMNS < 998, "a piece with its tab and semicolon is a line");
_Static_assert(PIECE_MAX > 2 * LIMIT_AUTHRES_NAME + NUMBER_DIGITS + 2,
               "method/version=result fits");

/* ---- pieces ---- */

struct piece {
    size_t n; /* octets of `p` that are set */
    char p[PIECE_MAX];
};

static void put_octet(struct piece *piece, char c)
{
    if (piece->n < sizeof piece->p)
        piece->p[piece->n++] = c;
}

static void put_text(struct piece *piece, assay_span s)
{
    size_t room = sizeof piece->p - piece->n, n = s.n < room ? s.n : room;

    if (n)
        memcpy(piece->p + piece->n, s.p, n);
    piece->n += n;
}

/**
 * Put a name: method, result, ptype or property, each a Keyword. An octet that no Keyword has
 * becomes a hyphen, and a hyphen at the end, where none may stand, an x: nothing is left out, so
 * that no name turns into a shorter one.
 */
static void put_keyword(struct piece *piece, assay_span name)
{
    assay_span s = span_first(name, LIMIT_AUTHRES_NAME);

    if (authres_is_keyword(s)) {
        put_text(piece, s);
        return;
    }
    for (size_t i = 0; i < s.n; i++) {
        char c = ascii_alnum(s.p[i]) ? s.p[i] : '-';

        put_octet(piece, c == '-' && i + 1 == s.n ? 'x' : c);
    }
}

/** The octet needs a backslash inside quotes. */
static bool is_escaped(char c)
{
    return c == '"' || c == '\\';
}

/** Put a quoted-string. */
static void put_quoted(struct piece *piece, assay_span s)
{
    put_octet(piece, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (is_escaped(s.p[i]))
            put_octet(piece, '\\');
        put_octet(piece, s.p[i]);
    }
    put_octet(piece, '"');
}

/** Octets at the front that stand for themselves between quotes: ASCII that needs no backslash. */
static size_t plain_size(assay_span s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= ' ' && s.p[n] <= '~' && !is_escaped(s.p[n]))
        n++;
    return n;
}

/** Octets of the character at the front; *ret_good: it is one, and one that does no harm. */
static size_t character_size(assay_span s, bool *ret_good)
{
    uint32_t code;
    size_t n = utf8_next(s, &code);
    bool is_one = utf8_ok(span_first(s, n));

    *ret_good = is_one && !utf8_harmful(code);
    return is_one ? n : 1;
}

/**
 * Make a text one that may stand between quotes: harmful characters and octets that are no UTF-8
 * become `?`, and it ends before the character that would take its quoted form over the limit.
 */
static assay_span sanitise(assay_span s, char out[LIMIT_AUTHRES_VALUE])
{
    size_t n = 0, left = LIMIT_AUTHRES_VALUE;

    while (s.n) {
        size_t taken = plain_size(span_first(s, left)), put = taken, cost = taken;
        bool good = true;

        if (!taken) {
            taken = character_size(s, &good);
            put = good ? taken : 1;
            cost = put + is_escaped(s.p[0]);
        }
        if (cost > left)
            break;
        memcpy(out + n, good ? s.p : "?", put);
        n += put;
        left -= cost;
        s = span_from(s, taken);
    }
    return (assay_span){out, n};
}

/** Put a value: a token, or else a quoted-string (RFC 2045 5.1). */
static void put_value(struct piece *piece, assay_span s)
{
    if (authres_is_token(s))
        put_text(piece, s);
    else
        put_quoted(piece, s);
}

/**
 * Put a pvalue. What looks like an address is written as one, [[local-part] "@"] domain-name: an
 * email identity must be (RFC 8601 2.2).
 */
static void put_pvalue(struct piece *piece, assay_span s)
{
    size_t at = span_rfind(s, '@');
    assay_span local = span_first(s, at);

    if (at == s.n || !authres_is_domain_name(span_from(s, at + 1))) {
        put_value(piece, s);
        return;
    }
    if (!local.n || authres_is_dot_atom(local))
        put_text(piece, local);
    else
        put_quoted(piece, local);
    put_text(piece, span_from(s, at));
}

/* ---- lines ---- */

/** The field as far as it is written, and how long its last line is. */
struct writer {
    struct buf *out;
    size_t column;
};

/**
 * Write a piece on this line, or on the next when a semicolon behind it would not fit on this one.
 */
static void write_piece(struct writer *w, const struct piece *piece)
{
    bool folds = w->column + 1 + piece->n + 1 > LINE_COLUMNS;

    buf_put(w->out, folds ? SPAN("\r\n\t") : SPAN(" "));
    buf_put(w->out, (assay_span){piece->p, piece->n});
    w->column = (folds ? TAB_COLUMNS : w->column + 1) + piece->n;
}

static void write_semicolon(struct writer *w)
{
    buf_putc(w->out, ';');
    w->column++;
}

/** Write the authserv-id. It stands on the field's first line, however long it is. */
static void write_id(struct writer *w, assay_span id)
{
    char text[LIMIT_AUTHRES_VALUE];
    struct piece piece;

    piece.n = 0;
    put_value(&piece, sanitise(id, text));
    buf_put(w->out, (assay_span){piece.p, piece.n});
    w->column += piece.n;
}

/** Write method=result; the version when it is not 1. */
static void write_method(struct writer *w, const struct authres_result *r)
{
    char digits[NUMBER_DIGITS];
    struct piece piece;

    piece.n = 0;
    put_keyword(&piece, r->method);
    if (r->version != 1) {
        put_octet(&piece, '/');
        put_text(&piece, number_text(r->version, digits));
    }
    put_octet(&piece, '=');
    put_keyword(&piece, r->result);
    write_piece(w, &piece);
}

static void write_reason(struct writer *w, assay_span reason)
{
    char text[LIMIT_AUTHRES_VALUE];
    struct piece piece;

    piece.n = 0;
    put_text(&piece, SPAN("reason="));
    put_quoted(&piece, sanitise(reason, text));
    write_piece(w, &piece);
}

static void write_property(struct writer *w, const struct authres_property *p)
{
    char text[LIMIT_AUTHRES_VALUE];
    struct piece piece;

    piece.n = 0;
    put_keyword(&piece, p->ptype);
    put_octet(&piece, '.');
    put_keyword(&piece, p->name);
    put_octet(&piece, '=');
    put_pvalue(&piece, sanitise(p->value, text));
    write_piece(w, &piece);
}

/** Write a resinfo. \return false: it has no method or no result, nothing was written */
static bool write_result(struct writer *w, const struct authres_result *r)
{
    if (!r->method.n || !r->result.n)
        return false;
    write_semicolon(w);
    write_method(w, r);
    if (r->reason.n)
        write_reason(w, r->reason);
    for (size_t i = 0; i < r->nproperties; i++) {
        const struct authres_property *p = &r->properties[i];

        if (p->ptype.n && p->name.n && p->value.n)
            write_property(w, p);
    }
    return true;
}

void authres_write(assay_span authserv_id, const struct authres_result *results, size_t n,
                   size_t field_n, struct buf *out)
{
    static const struct piece NONE = {4, "none"};
    struct writer w = {out, field_n + 1}; /* a space stands behind the colon */
    size_t written = 0, whole = out->n;   /* up to here the value is one, or empty */

    write_id(&w, authserv_id);
    for (size_t i = 0; i < n; i++) {
        written += write_result(&w, &results[i]);
        if (written && out->status == ASSAY_DONE)
            whole = out->n;
    }
    if (!written) {
        write_semicolon(&w);
        write_piece(&w, &NONE);
    }
    if (out->status != ASSAY_DONE)
        out->n = whole;
}
