/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/fields.h"

enum { NAME_MAX = 32 };

/** Without WSP in front. */
static assay_span skip_wsp(assay_span s)
{
    while (s.n && ascii_wsp(s.p[0]))
        s = span_from(s, 1);
    return s;
}

/** WSP, `;` or the end. */
static bool ends_word(assay_span rest)
{
    return !rest.n || ascii_wsp(rest.p[0]) || rest.p[0] == ';';
}

enum fields_start fields_start(assay_span text, const char *version)
{
    const assay_span v = span_of(version), word = span_from(v, 2); /* behind "v=" */

    if (span_starts(text, v) && ends_word(span_from(text, v.n)))
        return FIELDS_VERSION;
    if (!text.n || ascii_lower(text.p[0]) != 'v')
        return FIELDS_OTHER;
    text = skip_wsp(span_from(text, 1));
    if (!text.n || text.p[0] != '=')
        return FIELDS_OTHER;
    text = skip_wsp(span_from(text, 1));
    return span_istarts(text, word) && ends_word(span_from(text, word.n)) ? FIELDS_NEARLY
                                                                          : FIELDS_OTHER;
}

bool fields_space(assay_span text, size_t n)
{
    text = span_from(text, n);
    return text.n && ascii_wsp(text.p[0]) && skip_wsp(text).n && skip_wsp(text).p[0] == ';';
}

/** What breaks the grammar stands for a field. */
static bool broken(assay_span where, struct field *ret)
{
    *ret = (struct field){where, SPAN_EMPTY, SPAN_EMPTY};
    return true;
}

bool fields_next(assay_span *rest, struct field *ret)
{
    const assay_span all = *rest;
    assay_span s = skip_wsp(all);
    size_t equals;

    *rest = span_from(all, all.n);
    if (!s.n)
        return all.n && broken(all, ret); /* white space with no `;` behind it */
    if (s.p[0] != ';')
        return broken(s, ret);
    s = skip_wsp(span_from(s, 1));
    if (!s.n)
        return false;
    ret->whole = span_first(s, span_find(s, ';'));
    while (ret->whole.n && ascii_wsp(ret->whole.p[ret->whole.n - 1]))
        ret->whole.n--;
    *rest = span_from(s, ret->whole.n);
    if (!ret->whole.n)
        return broken(span_first(s, 1), ret);
    equals = span_find(ret->whole, '=');
    ret->name = equals < ret->whole.n ? span_first(ret->whole, equals) : SPAN_EMPTY;
    ret->value = equals < ret->whole.n ? span_from(ret->whole, equals + 1) : SPAN_EMPTY;
    return true;
}

bool field_is_name(assay_span name)
{
    if (!name.n || name.n > NAME_MAX || !ascii_alnum(name.p[0]))
        return false;
    for (size_t i = 1; i < name.n; i++)
        if (!ascii_alnum(name.p[i]) && !(name.p[i] && strchr("_-.", name.p[i])))
            return false;
    return true;
}

bool field_is_extension(const struct field *field)
{
    if (!field_is_name(field->name) || !field->value.n)
        return false;
    for (size_t i = 0; i < field->value.n; i++)
        if (field->value.p[i] <= ' ' || field->value.p[i] > '~' || field->value.p[i] == '=')
            return false;
    return true;
}
