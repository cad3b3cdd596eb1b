/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/taglist.h"

/** tag-name = ALPHA *ALNUMPUNC (RFC 6376 3.2). */
static bool is_name(assay_span s)
{
    if (!s.n || !ascii_alpha(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!ascii_alnum(s.p[i]) && s.p[i] != '_')
            return false;
    return true;
}

/** tag-value: printable octets and folding white space. Octets above 127 are taken (RFC 8616 4). */
static bool is_value(assay_span s)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones * 0x80;
    uint64_t eight;
    bool bad = false;

    for (; s.n >= sizeof eight; s = span_from(s, sizeof eight)) {
        memcpy(&eight, s.p, sizeof eight);
        if (!(((eight - ones * 0x20) & ~eight & tops) |
              (((eight ^ ones * 0x7F) - ones) & ~(eight ^ ones * 0x7F) & tops)))
            continue; /* none of eight octets is below a space or DEL */
        for (size_t i = 0; i < sizeof eight; i++)
            bad |= ((unsigned char)s.p[i] < ' ' && !ascii_fws(s.p[i])) || s.p[i] == 0x7F;
    }
    for (size_t i = 0; i < s.n; i++)
        bad |= ((unsigned char)s.p[i] < ' ' && !ascii_fws(s.p[i])) || s.p[i] == 0x7F;
    return !bad;
}

/** Add one `name=value`. */
static enum taglist_fault add(struct taglist *list, assay_span piece)
{
    size_t equals = span_find(piece, '=');
    struct tag tag = {span_trim(span_first(piece, equals)),
                      span_trim(span_from(piece, equals + 1))};

    if (equals == piece.n || !is_name(tag.name) || !is_value(tag.value))
        return TAGLIST_SYNTAX;
    for (size_t i = 0; i < list->n; i++)
        if (span_eq(list->tags[i].name, tag.name))
            return TAGLIST_DUPLICATE;
    if (list->n == LIMIT_TAGS)
        return TAGLIST_LIMIT;
    list->tags[list->n++] = tag;
    return TAGLIST_OK;
}

enum taglist_fault taglist_read(assay_span text, struct taglist *ret, assay_span *ret_where)
{
    assay_span rest = text, piece;

    ret->n = 0;
    while (span_cut(&rest, ';', &piece)) {
        enum taglist_fault fault = TAGLIST_OK;

        if (span_trim(piece).n)
            fault = add(ret, piece);
        else if (rest.p)
            fault =
                TAGLIST_SYNTAX; /* nothing before a semicolon; behind the last one it is allowed */
        if (fault != TAGLIST_OK) {
            *ret_where = span_trim(piece);
            return fault;
        }
    }
    return TAGLIST_OK;
}

const assay_span *taglist_find(const struct taglist *list, const char *name)
{
    assay_span wanted = span_of(name);

    for (size_t i = 0; i < list->n; i++)
        if (span_eq(list->tags[i].name, wanted))
            return &list->tags[i].value;
    return NULL;
}

bool taglist_item(assay_span *rest, assay_span *item)
{
    if (!span_cut(rest, ':', item))
        return false;
    *item = span_trim(*item);
    return true;
}

assay_span taglist_squeeze(assay_span value, char *out, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < value.n && n < most; i++)
        if (!ascii_fws(value.p[i]))
            out[n++] = value.p[i];
    return (assay_span){out, n};
}
