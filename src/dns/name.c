/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/name.h"

/** A name being written, label by label. */
struct writer {
    struct dns_name *out;
    size_t wire;  /* octets in wire form so far, the root's included */
    size_t label; /* octets of the label at hand */
};

/** The octet stands for itself in a zone file, inside a name. */
static bool plain(char c)
{
    return c > ' ' && c < 0x7F && c != '"' && c != ';' && c != '(' && c != ')';
}

/** Append one octet of a label, escaped if need be. */
static bool put(struct writer *w, char c)
{
    struct dns_name *out = w->out;
    unsigned char u = (unsigned char)c;

    if (++w->label > DNS_LABEL || ++w->wire > DNS_NAME_WIRE)
        return false;
    if (c == '.' || c == '\\') {
        out->p[out->n++] = '\\';
        out->p[out->n++] = c;
    } else if (plain(c)) {
        out->p[out->n++] = ascii_lower(c);
    } else {
        out->p[out->n++] = '\\';
        out->p[out->n++] = (char)('0' + u / 100);
        out->p[out->n++] = (char)('0' + u / 10 % 10);
        out->p[out->n++] = (char)('0' + u % 10);
    }
    return true;
}

/** End the label at hand; `more` when another one follows. */
static bool end_label(struct writer *w, bool more)
{
    if (w->label == 0)
        return false;
    w->label = 0;
    if (!more)
        return true;
    w->out->p[w->out->n++] = '.';
    return ++w->wire <= DNS_NAME_WIRE;
}

/** The octet that an escape at the front of `s` stands for; takes it off. */
static bool unescape(assay_span *s, char *ret)
{
    if (s->n >= 3 && ascii_digit(s->p[0])) {
        int value = (s->p[0] - '0') * 100 + (s->p[1] - '0') * 10 + (s->p[2] - '0');

        if (!ascii_digit(s->p[1]) || !ascii_digit(s->p[2]) || value > 255)
            return false;
        *ret = (char)value;
        *s = span_from(*s, 3);
        return true;
    }
    if (s->n == 0 || ascii_digit(s->p[0]))
        return false;
    *ret = s->p[0];
    *s = span_from(*s, 1);
    return true;
}

/** What names are made of, and needs no escape: letters as lower ones, digits, hyphen, underscore; else 0. */
static const char PLAIN[256] = {
    ['-'] = '-', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5',
    ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c',
    ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j',
    ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q',
    ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x',
    ['Y'] = 'y', ['Z'] = 'z', ['_'] = '_', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
    ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k',
    ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r',
    ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y',
    ['z'] = 'z'};

/** Append the plain octets at the front of `s`, as many as the label has room for. */
static void put_plain(struct writer *w, assay_span *s)
{
    size_t n = 0, most = DNS_NAME_WIRE - w->wire;

    if (most > DNS_LABEL - w->label)
        most = DNS_LABEL - w->label;
    if (most > s->n)
        most = s->n;
    for (char *to = w->out->p + w->out->n, c; n < most && (c = PLAIN[(unsigned char)s->p[n]]); n++)
        to[n] = c;
    w->out->n += n;
    w->label += n;
    w->wire += n;
    *s = span_from(*s, n);
}

/** Both readers: with escapes or without. */
static bool read_name(assay_span s, bool escapes, struct dns_name *ret)
{
    struct writer w = {ret, 2, 0}; /* the first label's length octet and the root */

    ret->n = 0;
    put_plain(&w, &s);
    while (s.n) {
        char c = s.p[0];

        s = span_from(s, 1);
        if (c == '.') {
            if (!end_label(&w, s.n > 0))
                return false;
            put_plain(&w, &s);
            continue;
        }
        if ((c == '\\' && escapes && !unescape(&s, &c)) || !put(&w, c))
            return false;
    }
    return w.label == 0 || end_label(&w, false);
}

bool dns_name_read(assay_span text, struct dns_name *ret)
{
    if (span_is(text, ".")) {
        ret->n = 0;
        return true;
    }
    return text.n > 0 && read_name(text, true, ret);
}

bool dns_name_raw(assay_span octets, struct dns_name *ret)
{
    return octets.n > 0 && read_name(octets, false, ret);
}

bool dns_name_unwire(assay_span *wire, struct dns_name *ret)
{
    struct writer w = {ret, 2, 0};
    assay_span s = *wire;

    ret->n = 0;
    while (s.n && s.p[0]) {
        size_t n = (unsigned char)s.p[0];
        assay_span label = span_first(span_from(s, 1), n);

        if (n > DNS_LABEL || s.n < n + 2)
            return false;
        for (put_plain(&w, &label); label.n; label = span_from(label, 1))
            if (!put(&w, label.p[0]))
                return false;
        s = span_from(s, n + 1);
        if (!end_label(&w, s.p[0] != 0))
            return false;
    }
    if (!s.n)
        return false;
    *wire = span_from(s, 1);
    return true;
}

size_t dns_name_wire(assay_span name, uint8_t *out)
{
    size_t n = 1, length_at = 0; /* where the next octet goes; where the label's length goes */

    while (name.n && n < DNS_NAME_WIRE - 1) { /* no canonical name is cut by this */
        char c = name.p[0];

        name = span_from(name, 1);
        if (c == '.') {
            out[length_at] = (uint8_t)(n - length_at - 1);
            length_at = n++;
            continue;
        }
        if (c == '\\' && !unescape(&name, &c))
            break;
        out[n++] = (uint8_t)c;
    }
    out[length_at] = (uint8_t)(n - length_at - 1);
    if (out[length_at]) /* a label, so the root comes behind it */
        out[n++] = 0;
    return n;
}

/** The octets of the left-most label, escapes as written. */
static size_t label_size(assay_span name)
{
    size_t i = 0;

    while (i < name.n && name.p[i] != '.')
        i += name.p[i] == '\\' ? 2 : 1;
    return i < name.n ? i : name.n;
}

size_t dns_labels(assay_span name)
{
    size_t n = 0;

    for (; name.n; name = dns_parent(name))
        n++;
    return n;
}

assay_span dns_parent(assay_span name)
{
    return span_from(name, label_size(name) + 1);
}

assay_span dns_last_labels(assay_span name, size_t n)
{
    for (size_t have = dns_labels(name); have > n; have--)
        name = dns_parent(name);
    return name;
}

bool dns_is_under(assay_span name, assay_span ancestor)
{
    for (;; name = dns_parent(name)) {
        if (name.n <= ancestor.n)
            return span_eq(name, ancestor);
    }
}

/** Octets of a canonical name in wire form, the root's included. */
static size_t wire_size(assay_span name)
{
    size_t n = name.n ? 2 : 1;

    for (size_t i = 0; i < name.n; i++, n++)
        if (name.p[i] == '\\')
            i += i + 1 < name.n && ascii_digit(name.p[i + 1]) ? 3 : 1;
    return n;
}

bool dns_join(assay_span head, const char *middle, assay_span tail, struct dns_name *ret)
{
    assay_span between = span_of(middle);

    if (wire_size(head) + between.n + 1 + wire_size(tail) - 1 > DNS_NAME_WIRE)
        return false;
    ret->n = 0;
    for (const assay_span *part = (const assay_span[]){head, between, tail, {NULL, 0}}; part->p;
         part++) {
        if (part->n && ret->n)
            ret->p[ret->n++] = '.';
        memcpy(ret->p + ret->n, part->p, part->n);
        ret->n += part->n;
    }
    return true;
}

bool dns_prepend(const char *label, assay_span name, struct dns_name *ret)
{
    struct writer w = {ret, 2, 0};
    assay_span s = span_of(label);

    ret->n = 0;
    for (put_plain(&w, &s); s.n; s = span_from(s, 1))
        if (!put(&w, s.p[0]))
            return false;
    if (1 + w.label + wire_size(name) > DNS_NAME_WIRE || !end_label(&w, name.n > 0))
        return false;
    memcpy(ret->p + ret->n, name.p, name.n);
    ret->n += name.n;
    return true;
}
