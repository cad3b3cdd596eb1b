/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json_read.h"

#include "base/number.h"
#include "base/utf8.h"

/* ---- the grammar ---- */

/** Pass over blanks (RFC 8259 2). */
static void skip_blanks(assay_span *s)
{
    size_t n = 0;

    while (n < s->n && (s->p[n] == ' ' || s->p[n] == '\t' || s->p[n] == '\n' || s->p[n] == '\r'))
        n++;
    *s = span_from(*s, n);
}

/** Take one octet, if it is the next. */
static bool take(assay_span *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = span_from(*s, 1);
    return true;
}

/** Octets of an escape at the front; 0: it is none. */
static size_t escape_size(assay_span s)
{
    if (s.n < 2 || !s.p[1] || !strchr("\"\\/bfnrtu", s.p[1]))
        return 0;
    if (s.p[1] != 'u')
        return 2;
    for (size_t i = 2; i < 6; i++)
        if (i >= s.n || ascii_hex(s.p[i]) < 0)
            return 0;
    return 6;
}

/** Pass over a string (RFC 8259 7). */
static bool skip_string(assay_span *s)
{
    size_t at = 1, n;

    if (!s->n || s->p[0] != '"')
        return false;
    for (; at < s->n && s->p[at] != '"'; at += n) {
        n = s->p[at] == '\\' ? escape_size(span_from(*s, at)) : 1;
        if (!n || (unsigned char)s->p[at] < ' ')
            return false;
    }
    if (at >= s->n)
        return false;
    *s = span_from(*s, at + 1);
    return true;
}

/** Pass over digits. \return how many */
static size_t skip_digits(assay_span *s)
{
    size_t n = 0;

    while (n < s->n && ascii_digit(s->p[n]))
        n++;
    *s = span_from(*s, n);
    return n;
}

/** Pass over a number (RFC 8259 6). */
static bool skip_number(assay_span *s)
{
    (void)take(s, '-');
    if (!take(s, '0') && !skip_digits(s))
        return false;
    if (take(s, '.') && !skip_digits(s))
        return false;
    if (!take(s, 'e') && !take(s, 'E'))
        return true;
    if (!take(s, '+'))
        (void)take(s, '-');
    return skip_digits(s) > 0;
}

/** Pass over a word. */
static bool skip_word(assay_span *s, const char *word)
{
    if (!span_starts(*s, span_of(word)))
        return false;
    *s = span_from(*s, strlen(word));
    return true;
}

/** A container that is being passed over. */
struct open_container {
    char ends[JSON_DEPTH]; /* of those that are open, the outermost first */
    unsigned depth;
};

/** Pass over the key of a member, in an object. */
static bool skip_key(assay_span *s, const struct open_container *c)
{
    skip_blanks(s);
    if (!c->depth || c->ends[c->depth - 1] != '}')
        return true;
    if (!skip_string(s))
        return false;
    skip_blanks(s);
    if (!take(s, ':'))
        return false;
    skip_blanks(s);
    return true;
}

/** Pass over a value that holds no others. */
static bool skip_plain(assay_span *s)
{
    if (!s->n)
        return false;
    switch (s->p[0]) {
    case '"': return skip_string(s);
    case 't': return skip_word(s, "true");
    case 'f': return skip_word(s, "false");
    case 'n': return skip_word(s, "null");
    default: return skip_number(s);
    }
}

/** Open a container. \return false: too many are open */
static bool open_one(assay_span *s, struct open_container *c)
{
    if (c->depth == JSON_DEPTH)
        return false;
    c->ends[c->depth++] = s->p[0] == '{' ? '}' : ']';
    *s = span_from(*s, 1);
    skip_blanks(s);
    return true;
}

/** Close what ends here. \return whether another value follows */
static bool close_some(assay_span *s, struct open_container *c, bool *ret_bad)
{
    while (c->depth) {
        skip_blanks(s);
        if (take(s, ','))
            return true;
        if (!take(s, c->ends[c->depth - 1])) {
            *ret_bad = true;
            return false;
        }
        c->depth--;
    }
    return false;
}

/** Pass over a value. Containers are counted, not called: no input makes the stack grow. */
static bool skip_value(assay_span *s)
{
    struct open_container c = {.depth = 0};
    bool bad = false;

    do {
        bool opened = false;

        if (!skip_key(s, &c))
            return false;
        if (s->n && (s->p[0] == '{' || s->p[0] == '[')) {
            if (!open_one(s, &c))
                return false;
            opened = !(s->n && s->p[0] == c.ends[c.depth - 1]);
        } else if (!skip_plain(s)) {
            return false;
        }
        if (opened)
            continue;
        if (!close_some(s, &c, &bad))
            return !bad;
    } while (true);
}

/** What a value is, by its first octet. */
static enum json_type type_of(char first)
{
    switch (first) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_TEXT;
    case 't':
    case 'f': return JSON_BOOL;
    case 'n': return JSON_NULL;
    default: return JSON_NUMBER;
    }
}

/** Take a value. */
static bool take_value(assay_span *s, struct json_value *ret)
{
    assay_span begin;

    skip_blanks(s);
    begin = *s;
    if (!skip_value(s))
        return false;
    *ret = (struct json_value){type_of(begin.p[0]), span_first(begin, begin.n - s->n)};
    return true;
}

/* ---- the calls ---- */

bool json_read(assay_span text, struct json_value *ret)
{
    struct json_value value;

    if (!take_value(&text, &value))
        return false;
    skip_blanks(&text);
    if (text.n)
        return false;
    *ret = value;
    return true;
}

/** Take the next member or value. \param ret_key  in an object, its name; else empty */
static bool next(const struct json_value *container, size_t *at, assay_span *ret_key,
                 struct json_value *ret)
{
    assay_span rest = span_from(container->text, *at ? *at : 1), key;
    struct json_value name = {JSON_TEXT, SPAN_EMPTY};

    if (container->type != JSON_ARRAY && container->type != JSON_OBJECT)
        return false;
    skip_blanks(&rest);
    (void)take(&rest, ',');
    skip_blanks(&rest);
    if (container->type == JSON_OBJECT) {
        if (!rest.n || rest.p[0] != '"' || !take_value(&rest, &name))
            return false;
        skip_blanks(&rest);
        if (!take(&rest, ':'))
            return false;
    }
    key = name.text;
    if (!take_value(&rest, ret))
        return false;
    *ret_key = key.n >= 2 ? (assay_span){key.p + 1, key.n - 2} : SPAN_EMPTY;
    *at = container->text.n - rest.n;
    return true;
}

bool json_member(const struct json_value *object, const char *name, struct json_value *ret)
{
    struct json_value value;
    assay_span key;

    if (object->type != JSON_OBJECT)
        return false;
    for (size_t at = 0; next(object, &at, &key, &value);)
        if (span_is(key, name)) {
            *ret = value;
            return true;
        }
    return false;
}

bool json_next(const struct json_value *container, size_t *at, struct json_value *ret)
{
    assay_span key;

    return next(container, at, &key, ret);
}

/** The number of four hexadecimal digits. */
static uint32_t hex4(const char *p)
{
    uint32_t n = 0;

    for (int i = 0; i < 4; i++)
        n = n << 4 | (uint32_t)ascii_hex(p[i]);
    return n;
}

/** Append a character that is written by its number. \return octets of the escapes it took */
static size_t put_number(assay_span s, struct buf *out)
{
    uint32_t code = hex4(s.p + 2), low = 0;
    char octets[4];
    size_t n = 6;

    if (code >= 0xD800 && code < 0xDC00 && s.n >= 12 && s.p[6] == '\\' && s.p[7] == 'u')
        low = hex4(s.p + 8);
    if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        n = 12;
    } else if (code >= 0xD800 && code < 0xE000) {
        code = 0xFFFD;
    }
    buf_put(out, (assay_span){octets, utf8_put(code, octets)});
    return n;
}

bool json_text_of(const struct json_value *value, struct buf *out)
{
    static const char FROM[] = "bfnrt", TO[] = "\b\f\n\r\t";
    assay_span rest;

    if (value->type != JSON_TEXT)
        return false;
    rest = (assay_span){value->text.p + 1, value->text.n - 2};
    while (rest.n) {
        size_t n = span_find(rest, '\\');
        const char *short_form;

        buf_put(out, span_first(rest, n));
        rest = span_from(rest, n);
        if (!rest.n)
            break;
        if (rest.p[1] == 'u') {
            rest = span_from(rest, put_number(rest, out));
            continue;
        }
        short_form = strchr(FROM, rest.p[1]);
        buf_putc(out, short_form ? TO[short_form - FROM] : rest.p[1]);
        rest = span_from(rest, 2);
    }
    return true;
}

bool json_number_of(const struct json_value *value, int64_t *ret)
{
    assay_span digits = value->text;
    bool negative;
    uint64_t n;

    if (value->type != JSON_NUMBER)
        return false;
    negative = take(&digits, '-');
    if (!number_read(digits, INT64_MAX, &n))
        return false;
    *ret = negative ? -(int64_t)n : (int64_t)n;
    return true;
}
