/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_taglist.c Any octets as a tag list: what is read lies in the text, is by the grammar,
 * each tag once, and reads back as itself; what is refused breaks a rule at the place that is
 * shown.
 */
#include "base/buf.h"
#include "base/fuzz_must.h"
#include "mail/taglist.h"

#include <stdlib.h>

enum { MOST = 1 << 14 };

/** tag-name (RFC 6376 3.2). */
static bool is_name(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_alpha(s.p[i]) && (i == 0 || (!ascii_digit(s.p[i]) && s.p[i] != '_')))
            return false;
    return s.n > 0;
}

/** An octet that no value may hold. */
static bool is_control(char c)
{
    unsigned char u = (unsigned char)c;

    return u == 0x7F || (u < 0x20 && u != '\t' && u != '\r' && u != '\n');
}

/** tag-value, without white space at its ends. */
static bool is_value(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_control(s.p[i]) || s.p[i] == ';')
            return false;
    return s.n == 0 || (!ascii_fws(s.p[0]) && !ascii_fws(s.p[s.n - 1]));
}

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.p >= text.p && s.p + s.n <= text.p + text.n;
}

/** All tags are as promised. */
static void check_tags(const struct taglist *list, assay_span text)
{
    must(list->n <= LIMIT_TAGS);
    for (size_t i = 0; i < list->n; i++) {
        const struct tag *tag = &list->tags[i];

        must(is_name(tag->name) && is_value(tag->value));
        must(lies_in(tag->name, text) && lies_in(tag->value, text));
        for (size_t k = 0; k < i; k++)
            must(!span_eq(tag->name, list->tags[k].name));
    }
}

/** The text is as many pieces as there are tags, and each is its tag. */
static void check_pieces(const struct taglist *list, assay_span text)
{
    size_t n = 0, begin = 0;

    for (size_t i = 0; i <= text.n; i++) {
        assay_span piece;

        if (i < text.n && text.p[i] != ';')
            continue;
        piece = span_trim(span_first(span_from(text, begin), i - begin));
        begin = i + 1;
        if (!piece.n && i == text.n)
            break;
        must(piece.n && n < list->n);
        must(lies_in(list->tags[n].name, piece) && list->tags[n].name.p == piece.p);
        must(list->tags[n].value.n == 0 ||
             list->tags[n].value.p + list->tags[n].value.n == piece.p + piece.n);
        n++;
    }
    must(n == list->n);
}

/** Written anew, the list is read as the same one. */
static void check_again(const struct taglist *list)
{
    struct buf text = buf_new(2 * MOST);
    struct taglist again;
    assay_span where;

    for (size_t i = 0; i < list->n; i++) {
        buf_puts(&text, i ? ";\r\n\t" : " ");
        buf_put(&text, list->tags[i].name);
        buf_puts(&text, " = ");
        buf_put(&text, list->tags[i].value);
    }
    must(taglist_read(buf_span(&text), &again, &where) == TAGLIST_OK && again.n == list->n);
    for (size_t i = 0; i < list->n; i++) {
        must(span_eq(again.tags[i].name, list->tags[i].name));
        must(span_eq(again.tags[i].value, list->tags[i].value));
    }
    buf_done(&text);
}

/** A refused piece breaks the rule it is refused for. */
static void check_fault(enum taglist_fault fault, const struct taglist *list, assay_span where)
{
    size_t equals = span_find(where, '=');
    assay_span name = span_trim(span_first(where, equals)),
               value = span_trim(span_from(where, equals + 1));
    bool formed = equals < where.n && is_name(name) && is_value(value), twice = false;

    for (size_t i = 0; i < list->n; i++)
        twice |= span_eq(list->tags[i].name, name);
    must(formed == (fault != TAGLIST_SYNTAX));
    must(!formed || twice == (fault == TAGLIST_DUPLICATE));
    must(fault != TAGLIST_LIMIT || list->n == LIMIT_TAGS);
}

/** Items and squeezing of a value. */
static void check_value(assay_span value)
{
    size_t items = 0, colons = 0;
    char out[100];
    assay_span rest = value, item, squeezed = taglist_squeeze(value, out, sizeof out);

    for (size_t i = 0; i < value.n; i++)
        colons += value.p[i] == ':';
    while (taglist_item(&rest, &item)) {
        must(lies_in(item, value) && span_find(item, ':') == item.n);
        items++;
    }
    must(items == colons + 1);
    must(squeezed.n <= sizeof out && squeezed.n <= value.n);
    for (size_t i = 0; i < squeezed.n; i++)
        must(!ascii_fws(squeezed.p[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data, n}, where = SPAN_EMPTY;
    struct taglist list;
    enum taglist_fault fault;

    if (n > MOST)
        return 0;
    fault = taglist_read(text, &list, &where);
    check_tags(&list, text);
    if (fault == TAGLIST_OK) {
        check_pieces(&list, text);
        check_again(&list);
    } else {
        must(lies_in(where, text));
        check_fault(fault, &list, where);
    }
    for (size_t i = 0; i < list.n; i++) {
        must(taglist_find(&list, "") == NULL);
        check_value(list.tags[i].value);
    }
    return 0;
}
