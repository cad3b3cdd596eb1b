/* SPDX-License-Identifier: BSD-2-Clause */
#include "spf/macro.h"

#include "base/number.h"

/**
 * Parts that a value is split into at most, well over the 127 labels of a name; no number to keep
 * has to be larger.
 */
enum { PARTS_MAX = 512 };

/* ---- the grammar ---- */

/**
 * Take the number of parts to keep off the front; any number of digits, but not zero (RFC 7208
 * 7.3).
 */
static bool take_keep(assay_span *s, unsigned *ret)
{
    size_t n = 0;
    uint64_t keep;

    while (n < s->n && ascii_digit(s->p[n]))
        n++;
    if (!number_read(span_first(*s, n), PARTS_MAX, &keep))
        keep = n ? PARTS_MAX : 0; /* more parts than there can be: all of them */
    *s = span_from(*s, n);
    *ret = (unsigned)keep;
    return n == 0 || keep > 0;
}

const char *spf_macro_take(assay_span *s, struct spf_macro *ret)
{
    assay_span rest = span_from(*s, 1);
    size_t close;

    *ret = (struct spf_macro){.delimiters = SPAN_EMPTY};
    if (!rest.n || !memchr("{%_-", rest.p[0], 4))
        return "% is not part of a macro";
    if (rest.p[0] != '{') {
        ret->letter = rest.p[0];
        *s = span_from(rest, 1);
        return NULL;
    }
    close = span_find(rest, '}');
    if (close == rest.n || close < 2)
        return "a macro is not closed";
    *s = span_from(rest, close + 1);
    rest = span_first(span_from(rest, 1), close - 1);
    ret->letter = ascii_lower(rest.p[0]);
    ret->escape = ret->letter != rest.p[0];
    if (!memchr("slodiphcrtv", ret->letter, 11))
        return "no such macro letter";
    rest = span_from(rest, 1);
    if (!take_keep(&rest, &ret->keep))
        return "a macro keeps no parts";
    ret->reverse = rest.n && ascii_lower(rest.p[0]) == 'r';
    ret->delimiters = span_from(rest, ret->reverse);
    for (size_t i = 0; i < ret->delimiters.n; i++)
        if (!memchr(".-+,/_=", ret->delimiters.p[i], 7))
            return "a macro has a wrong delimiter";
    return NULL;
}

/** toplabel: letters, digits and hyphens, not only digits, no hyphen at an end (RFC 7208 7.1). */
static bool is_top_label(assay_span s)
{
    bool other = false;

    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_alnum(s.p[i]) && s.p[i] != '-')
            return false;
        other |= !ascii_digit(s.p[i]);
    }
    return s.n && other && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

/** domain-end, where the string does not end in a macro. */
static bool ends_in_top_label(assay_span s)
{
    size_t dot;

    if (s.n && s.p[s.n - 1] == '.')
        s.n--;
    dot = span_rfind(s, '.');
    return dot < s.n && is_top_label(span_from(s, dot + 1));
}

/** c, r and t are for explanations only (RFC 7208 7.2). */
static bool letter_allowed(char letter, enum spf_macro_use use)
{
    return use != SPF_MACRO_DOMAIN || !memchr("crt", letter, 3);
}

const char *spf_macro_check(assay_span s, enum spf_macro_use use, bool *ret_macro)
{
    const char *literal = s.p; /* where the octets behind the last macro begin */
    assay_span rest = s;

    *ret_macro = false;
    while (rest.n) {
        struct spf_macro m;
        const char *why;

        if (rest.p[0] != '%') {
            if ((rest.p[0] <= ' ' || rest.p[0] > '~') &&
                !(use == SPF_MACRO_EXPLAIN && rest.p[0] == ' '))
                return "an octet that is not visible ASCII";
            rest = span_from(rest, 1);
            continue;
        }
        if ((why = spf_macro_take(&rest, &m)))
            return why;
        if (!letter_allowed(m.letter, use))
            return "this macro letter is only for explanations";
        *ret_macro = true;
        literal = rest.p;
    }
    rest = span_between(literal, s.p + s.n);
    if (use == SPF_MACRO_DOMAIN && (s.n == 0 || (rest.n && !ends_in_top_label(rest))))
        return "the domain does not end in a top-level label";
    return NULL;
}

/* ---- expansion ---- */

void spf_text_add(struct spf_text *t, assay_span s)
{
    if (s.n > sizeof t->p - t->n) {
        t->over = true;
        return;
    }
    if (s.n)
        memcpy(t->p + t->n, s.p, s.n);
    t->n += s.n;
}

/** Add octets, those that are not unreserved (RFC 3986 2.3) as %XX. */
static void add_escaped(struct spf_text *t, assay_span s)
{
    static const char HEX[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        const char escaped[3] = {'%', HEX[c >> 4], HEX[c & 15]};

        if (ascii_alnum((char)c) || (c && strchr("-._~", c)))
            spf_text_add(t, (assay_span){&s.p[i], 1});
        else
            spf_text_add(t, (assay_span){escaped, 3});
    }
}

/** Split a value at the delimiters. \return how many parts there are; 0: too many */
static size_t split(assay_span value, assay_span delimiters, assay_span parts[PARTS_MAX])
{
    size_t n = 0, begin = 0;

    for (size_t i = 0; i <= value.n; i++) {
        if (i < value.n && !memchr(delimiters.p, value.p[i], delimiters.n))
            continue;
        if (n == PARTS_MAX)
            return 0;
        parts[n++] = span_first(span_from(value, begin), i - begin);
        begin = i + 1;
    }
    return n;
}

void spf_macro_apply(const struct spf_macro *m, assay_span value, struct spf_text *out)
{
    void (*add)(struct spf_text *, assay_span) = m->escape ? add_escaped : spf_text_add;
    assay_span parts[PARTS_MAX];
    size_t n, first;

    if (!m->keep && !m->reverse && !m->delimiters.n) {
        add(out, value);
        return;
    }
    n = split(value, m->delimiters.n ? m->delimiters : SPAN("."), parts);
    if (n == 0)
        out->over = true;
    first = m->keep && m->keep < n ? n - m->keep : 0;
    for (size_t i = first; i < n; i++) {
        if (i > first)
            add(out, SPAN("."));
        add(out, parts[m->reverse ? n - 1 - i : i]);
    }
}
