/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address_token.h"

#include "base/limits.h"
#include "base/utf8.h"

size_t address_fold_size(assay_span s)
{
    size_t lf = s.n > 0 && s.p[0] == '\r';

    if (lf >= s.n || s.p[lf] != '\n')
        return 0;
    return lf + 1 == s.n || ascii_wsp(s.p[lf + 1]) ? lf + 1 : 0;
}

/** NUL, or a CR or LF that does not fold, at the front: many a program stops reading here. */
static bool is_stop(assay_span s)
{
    return s.p[0] == '\0' || ((s.p[0] == '\r' || s.p[0] == '\n') && !address_fold_size(s));
}

bool address_is_text(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_stop(span_from(s, i)))
            return false;
    return utf8_ok(s);
}

/** atext (RFC 5322 3.2.3, RFC 6532 3.2): what is neither special, blank nor control. */
static bool is_atext(char c)
{
    static const char SPECIALS[] = "()<>[]:;@\\,.\"";

    return ((unsigned char)c > ' ' && c != 0x7F) && !memchr(SPECIALS, c, sizeof SPECIALS - 1);
}

/**
 * Octets of the quoted string at the front (3.2.4), or 0 when it does not end before the field or a
 * stop does.
 */
static size_t quoted_size(assay_span s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '"')
            return i + 1;
        if (is_stop(span_from(s, i)))
            return 0;
        if (s.p[i] == '\\' && i + 1 < s.n && !is_stop(span_from(s, i + 1)))
            i++;
    }
    return 0;
}

/**
 * Octets of the comment at the front (3.2.2), or 0 when it does not end, or lies deeper than the
 * limit.
 */
static size_t comment_size(assay_span s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ')' && --depth == 0)
            return i + 1;
        if ((s.p[i] == '(' && ++depth > LIMIT_COMMENT_DEPTH) || is_stop(span_from(s, i)))
            return 0;
        if (s.p[i] == '\\' && i + 1 < s.n && !is_stop(span_from(s, i + 1)))
            i++;
    }
    return 0;
}

/**
 * Octets of the domain literal at the front (3.4.1), or 0 when it does not end.
 *
 * RFC 5322 would let it hold , ; < > and @ as well. No literal of RFC 5321 4.1.3 does, but
 * addresses could be hidden so.
 */
static size_t literal_size(assay_span s)
{
    static const char NEVER[] = "[@<>,;";

    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == ']')
            return i + 1;
        if (memchr(NEVER, s.p[i], sizeof NEVER - 1) || is_stop(span_from(s, i)))
            return 0;
    }
    return 0;
}

/** Octets of the atom at the front; 0: there is none. */
static size_t atom_size(assay_span s)
{
    size_t n = 0;

    while (n < s.n && is_atext(s.p[n]))
        n++;
    return n;
}

/** Take comments and blanks off (CFWS). \return there were some */
static bool skip_cfws(struct lexer *in)
{
    const char *begin = in->rest.p;
    size_t n;

    while (in->rest.n) {
        n = ascii_wsp(in->rest.p[0]) ? 1 : address_fold_size(in->rest);
        if (n == 0 && in->rest.p[0] == '(' && !in->no_comments) {
            n = comment_size(in->rest);
            in->no_comments = n == 0;
        }
        if (n == 0)
            break;
        in->rest = span_from(in->rest, n);
    }
    return in->rest.p != begin;
}

struct token address_token(struct lexer *in)
{
    static const char SPECIALS[] = ".@,;:<>";
    struct token t = {.gap = skip_cfws(in), .text = span_first(in->rest, 0)};
    const char *special;
    size_t n = 0;

    if (in->rest.n == 0)
        return t;
    if (in->rest.p[0] == '"') {
        n = in->no_quotes ? 0 : quoted_size(in->rest);
        in->no_quotes |= n == 0;
        t.kind = QUOTED;
    } else if (in->rest.p[0] == '[') {
        n = literal_size(in->rest);
        t.kind = LITERAL;
    } else if ((special = memchr(SPECIALS, in->rest.p[0], sizeof SPECIALS - 1))) {
        n = 1;
        t.kind = (enum token_kind)(DOT + (special - SPECIALS));
    } else {
        n = atom_size(in->rest);
        t.kind = ATOM;
    }
    if (n == 0)
        t.kind = STRAY;
    t.text = span_first(in->rest, n ? n : 1);
    in->rest = span_from(in->rest, t.text.n);
    return t;
}
