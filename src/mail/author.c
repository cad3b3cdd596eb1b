/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/author.h"

#include "base/utf8.h"
#include "dns/alabel.h"

/* ---- a domain ---- */

/** Octets at the end of a domain that is no name that are looked at. */
enum { TAIL_MAX = 1024 };

/**
 * The name is of printable octets, without blanks, quotes and parentheses: nothing in it is
 * escaped.
 */
static bool is_plain(const struct dns_name *name)
{
    return !memchr(name->p, '\\', name->n);
}

/**
 * A character that no program shows: blanks, controls, marks of direction and form, fillers, tags.
 */
static bool is_invisible(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } RANGES[] = {
        {0x00, 0x20},     {0x7F, 0xA0},     {0xAD, 0xAD},     {0x34F, 0x34F},   {0x61C, 0x61C},
        {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},
        {0x2028, 0x202F}, {0x205F, 0x206F}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
        {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFC}, {0xE0000, 0xE0FFF},
    };

    for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++)
        if (code >= RANGES[i].first && code <= RANGES[i].last)
            return true;
    return false;
}

/**
 * The end of a domain as it is seen: without invisible characters, with full stops for what UTS 46
 * takes for one.
 */
static assay_span visible_tail(assay_span domain, char out[TAIL_MAX])
{
    assay_span s = domain.n > TAIL_MAX ? span_from(domain, domain.n - TAIL_MAX) : domain;
    size_t n = 0;

    while (s.n) {
        uint32_t code;
        size_t size = utf8_next(s, &code);

        if (code == 0x3002 || code == 0xFF0E || code == 0xFF61) {
            out[n++] = '.';
        } else if (!is_invisible(code)) {
            memcpy(out + n, s.p, size);
            n += size;
        }
        s = span_from(s, size);
    }
    if (n && out[n - 1] == '.')
        n--;
    return (assay_span){out, n};
}

/**
 * What of a domain that is no name still is one: the labels behind the last bad one, at least two.
 *
 * Robustness: without this a snowman or 64 letters in front of bank.example, or an invisible mark
 * inside it, would free a message from the policy of bank.example, while people read just that.
 */
static assay_status rest_of_domain(assay_span domain, struct dns_name *ret)
{
    char text[TAIL_MAX], name[DNS_NAME_WIRE - 1];
    assay_span rest = visible_tail(domain, text);
    size_t at = sizeof name; /* the name is written from its end */
    struct dns_name label;

    while (rest.n) {
        size_t dot = span_rfind(rest, '.');
        assay_status s = dns_to_alabels(dot < rest.n ? span_from(rest, dot + 1) : rest, &label);

        if (s == ASSAY_ENOMEM)
            return s;
        if (s != ASSAY_DONE || !is_plain(&label) || label.n + 1 > at)
            break;
        name[--at] = '.';
        at -= label.n;
        memcpy(name + at, label.p, label.n);
        rest = span_first(rest, dot < rest.n ? dot : 0);
    }
    if (!dns_name_raw(span_between(name + at, name + sizeof name), ret))
        return ASSAY_EINVAL;
    return dns_labels(dns_name_span(ret)) >= 2 ? ASSAY_DONE : ASSAY_EINVAL;
}

/** A domain literal (RFC 5322 3.4.1). */
static bool is_literal(assay_span domain)
{
    return domain.n && domain.p[0] == '[';
}

/**
 * The author domain of an address.
 *
 * \param fault  set when its domain is none
 * \return ASSAY_DONE; ASSAY_EINVAL: it has none; ASSAY_ENOMEM
 */
static assay_status author_domain(assay_span domain, struct dns_name *ret, bool *fault)
{
    assay_status s = ASSAY_EINVAL;

    if (domain.n && !is_literal(domain))
        s = dns_to_alabels(domain, ret);
    if (s == ASSAY_ENOMEM || (s == ASSAY_DONE && is_plain(ret)))
        return s;
    *fault = true;
    return domain.n && !is_literal(domain) ? rest_of_domain(domain, ret) : ASSAY_EINVAL;
}

/** Add an author domain, once. */
static assay_status add(struct arena *a, const struct dns_name *name, struct authors *authors)
{
    for (size_t i = 0; i < authors->n; i++)
        if (span_eq(authors->domains[i], dns_name_span(name)))
            return ASSAY_DONE;
    if (authors->n == LIMIT_AUTHORS) {
        authors->over = true;
        return ASSAY_DONE;
    }
    if (!arena_copy(a, dns_name_span(name), &authors->domains[authors->n]))
        return ASSAY_ENOMEM;
    authors->n++;
    return ASSAY_DONE;
}

/* ---- an address ---- */

/** A local part that needs no quotes. */
static bool is_dot_atom(assay_span local)
{
    static const char MARKS[] = "!#$%&'*+-/=?^_`{|}~.";

    for (size_t i = 0; i < local.n; i++)
        if (!ascii_alnum(local.p[i]) && (unsigned char)local.p[i] < 0x80 &&
            !memchr(MARKS, local.p[i], sizeof MARKS - 1))
            return false;
    return true;
}

/** Append octets, controls as `?`. \return octets written, twice as many at most when quoted */
static size_t put(char *out, assay_span s, bool quoted)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        bool control = (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F;

        if (quoted && (s.p[i] == '"' || s.p[i] == '\\'))
            out[n++] = '\\';
        out[n++] = control ? '?' : s.p[i];
    }
    return n;
}

/** An address as people read it. */
static assay_status write_address(struct arena *a, const struct mailbox *box, assay_span *ret)
{
    bool quoted = !is_dot_atom(box->local);
    char *out = arena_get(a, 2 * box->local.n + box->domain.n + 3);
    size_t n = 0;

    if (!out)
        return ASSAY_ENOMEM;
    if (quoted)
        out[n++] = '"';
    n += put(out + n, box->local, quoted);
    if (quoted)
        out[n++] = '"';
    if (box->domain.n) {
        out[n++] = '@';
        n += put(out + n, box->domain, false);
    }
    *ret = (assay_span){out, n};
    return ASSAY_DONE;
}

/* ---- the header ---- */

/** Take the addresses of one From field. No more domains are looked at than one field may hold. */
static assay_status take_list(struct arena *a, const struct address_list *list,
                              struct authors *authors)
{
    struct dns_name name;
    assay_status s = ASSAY_DONE;

    authors->fault |= list->fault;
    authors->over |= list->over;
    if (list->n && authors->mailboxes == 0)
        s = write_address(a, &list->boxes[0], &authors->address);
    for (size_t i = 0; s == ASSAY_DONE && i < list->n; i++) {
        if (authors->mailboxes++ >= LIMIT_ADDRESSES) {
            authors->over = true;
            continue;
        }
        s = author_domain(list->boxes[i].domain, &name, &authors->fault);
        if (s == ASSAY_DONE)
            s = add(a, &name, authors);
        else if (s == ASSAY_EINVAL)
            s = ASSAY_DONE;
    }
    return s;
}

/** Take the addresses of the value of one From field. `scratch` serves one field at a time. */
static assay_status take_field(struct arena *a, struct arena *scratch, assay_span value,
                               struct authors *authors)
{
    struct address_list list;
    assay_status s;

    authors->fields++;
    arena_rewind(scratch);
    if ((s = address_list_read(scratch, value, &list)) == ASSAY_DONE)
        s = take_list(a, &list, authors);
    return s;
}

/** Octets up to a CR alone that is no fold: where some programs see a field end. */
static size_t field_size(assay_span s)
{
    size_t n = span_find(s, '\r');

    while (n + 1 < s.n && (s.p[n + 1] == '\n' || ascii_wsp(s.p[n + 1])))
        n += 1 + span_find(span_from(s, n + 1), '\r');
    return n;
}

/** The value of a From field is next: its name, blanks if any, a colon. */
static bool is_from_next(assay_span s, assay_span *ret_value)
{
    size_t colon = 4;

    if (!span_istarts(s, SPAN("From")))
        return false;
    while (colon < s.n && ascii_wsp(s.p[colon]))
        colon++;
    *ret_value = span_from(s, colon + 1);
    return colon < s.n && s.p[colon] == ':';
}

/**
 * Take the From fields inside a field, behind a CR that ends no line.
 *
 * Robustness: programs that take every CR for a line end show them, and may show the first of all.
 */
static assay_status take_hidden(struct arena *a, struct arena *scratch, assay_span raw,
                                struct authors *authors)
{
    assay_status s = ASSAY_DONE;
    assay_span from;

    while (s == ASSAY_DONE && (raw = span_from(raw, field_size(raw) + 1)).n) {
        if (!is_from_next(span_first(raw, field_size(raw)), &from))
            continue;
        authors->hidden = authors->fault = true;
        s = take_field(a, scratch, from, authors);
    }
    return s;
}

assay_status authors_find(struct arena *a, const struct header *h, struct authors *ret)
{
    struct authors authors = {.address = SPAN_EMPTY};
    struct arena scratch = {0}; /* for one field at a time: a header may hold many */
    assay_status s = ASSAY_DONE;

    for (size_t i = 0; s == ASSAY_DONE && i < h->n; i++) {
        if (field_is(h, i, SPAN("From")))
            s = take_field(a, &scratch, field_value(h, i), &authors);
        if (s == ASSAY_DONE)
            s = take_hidden(a, &scratch, field_raw(h, i), &authors);
    }
    arena_done(&scratch);
    if (s == ASSAY_DONE)
        *ret = authors;
    return s;
}
