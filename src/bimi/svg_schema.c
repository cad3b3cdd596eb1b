/* SPDX-License-Identifier: BSD-2-Clause */
/** \file svg_schema.c What the schema of SVG Tiny P/S says: elements, attributes, values, order. */
#include "bimi/svg_own.h"

#include "bimi/svg_table.h"

enum { ELEMENTS = sizeof SVG_ELEMENTS / sizeof *SVG_ELEMENTS };

#define XML_NAMESPACE "http://www.w3.org/XML/1998/namespace"

const struct svg_element *svg_element_find(assay_span name)
{
    for (size_t i = 0; i < ELEMENTS; i++)
        if (span_is(name, SVG_ELEMENTS[i].name))
            return &SVG_ELEMENTS[i];
    return NULL;
}

/* ---- values ---- */

/** A character of an XML name; those above 127 are all taken: few are not, and the parser knows names. */
static bool is_name_octet(char c)
{
    return ascii_alnum(c) || c == '-' || c == '.' || c == '_' || c == ':' ||
           (unsigned char)c >= 0x80;
}

/** xsd:NCName. */
static bool is_ncname(assay_span value)
{
    value = span_trim(value);
    if (!value.n || ascii_digit(value.p[0]) || value.p[0] == '-' || value.p[0] == '.')
        return false;
    for (size_t i = 0; i < value.n; i++)
        if (!is_name_octet(value.p[i]) || value.p[i] == ':')
            return false;
    return true;
}

/** xsd:NMTOKENS. */
static bool is_nmtokens(assay_span value)
{
    value = span_trim(value);
    for (size_t i = 0; i < value.n; i++)
        if (!is_name_octet(value.p[i]) && !ascii_fws(value.p[i]))
            return false;
    return value.n > 0;
}

/** xsd:language: up to eight letters, then parts of up to eight letters and digits; or empty. */
static bool is_language(assay_span value)
{
    assay_span part;
    bool first = true;

    value = span_trim(value);
    if (!value.n)
        return true;
    while (span_cut(&value, '-', &part)) {
        for (size_t i = 0; i < part.n; i++)
            if (first ? !ascii_alpha(part.p[i]) : !ascii_alnum(part.p[i]))
                return false;
        if (part.n < 1 || part.n > 8)
            return false;
        first = false;
    }
    return true;
}

/** `\s*(none|xMidYMid)\s*(meet)?\s*` */
static bool is_aspect(assay_span value)
{
    value = span_trim(value);
    if (span_starts(value, SPAN("none")))
        value = span_from(value, 4);
    else if (span_starts(value, SPAN("xMidYMid")))
        value = span_from(value, 8);
    else
        return false;
    value = span_trim(value);
    return !value.n || span_is(value, "meet");
}

/** One of the words; white space at both ends does not count. */
static bool is_word(const char *const *words, assay_span value)
{
    value = span_trim(value);
    for (; *words; words++)
        if (span_is(value, *words))
            return true;
    return false;
}

/** The value is one that the attribute may have. */
static bool is_valid(const struct svg_attribute *a, assay_span value)
{
    switch (a->value) {
    case SVG_WORD: return is_word(a->words, value);
    case SVG_NCNAME: return is_ncname(value);
    case SVG_NMTOKENS: return is_nmtokens(value);
    case SVG_LANGUAGE: return is_language(value);
    case SVG_ASPECT: return is_aspect(value);
    default: return true;
    }
}

/** What a value may be, in words. `out` has 2 * SVG_SHOWN octets. */
static const char *wanted(const struct svg_attribute *a, char *out)
{
    size_t n = 0;

    switch (a->value) {
    case SVG_NCNAME: return "a name without blanks and colons";
    case SVG_NMTOKENS: return "names parted by blanks";
    case SVG_LANGUAGE: return "a language such as en";
    case SVG_ASPECT: return "none or xMidYMid, then perhaps meet";
    default: break;
    }
    for (const char *const *w = a->words; *w && n + strlen(*w) + 9 < 2 * SVG_SHOWN; w++) {
        const char *joint = w == a->words ? "" : w[1] ? ", " : " or ";

        memcpy(out + n, joint, strlen(joint));
        n += strlen(joint);
        memcpy(out + n, *w, strlen(*w));
        n += strlen(*w);
    }
    out[n] = '\0';
    return out;
}

/* ---- attributes ---- */

/** An attribute that an element may have, by the name it has in the table. */
static const struct svg_attribute *find_attribute(const struct svg_element *kind, assay_span name)
{
    size_t low = 0, high = kind->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct svg_attribute *a = &SVG_ATTRIBUTES[kind->attributes[middle]];
        int order = span_compare(name, span_of(a->name));

        if (order == 0)
            return a;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/** An attribute that the schema does not allow. */
static void tell_unknown(struct svg_scan *s, const struct svg_element *kind, struct svg_name name,
                         assay_span written)
{
    enum svg_class class = svg_is_handler(name) ? SVG_ACTIVE : SVG_INVALID;
    struct svg_place at = SVG_ATTRIBUTE;

    if (class == SVG_ACTIVE)
        svg_tell(s, class, at, SVG_SCHEMA, span_of(kind->name), written,
                 "the event handler %.*s of %s runs a script", SPAN_ARG(written), kind->name);
    else if (span_is(written, "xlink:href"))
        svg_tell(s, class, at, SVG_SCHEMA, span_of(kind->name), written,
                 "xlink:href is not allowed on %s; inside the drawing write href=\"#name\" on use",
                 kind->name);
    else if (name.uri.n && !span_is(name.uri, XML_NAMESPACE))
        svg_tell(s, class, at, SVG_SCHEMA, SPAN_EMPTY, written,
                 "the attribute %.*s belongs to a drawing program, not to SVG Tiny P/S",
                 SPAN_ARG(written));
    else
        svg_tell(s, class, at, SVG_SCHEMA, span_of(kind->name), written,
                 "the attribute %.*s is not allowed on %s", SPAN_ARG(written), kind->name);
}

/** One attribute. */
static void check_attribute(struct svg_scan *s, const struct svg_element *kind, const char **pair)
{
    struct svg_name name = svg_name_of(pair[0]);
    char room[SVG_SHOWN], shown[SVG_SHOWN], words[2 * SVG_SHOWN];
    assay_span written = svg_written(name, room), value = span_of(pair[1]);
    const struct svg_attribute *a = NULL;

    if (!name.uri.n || span_is(name.uri, XML_NAMESPACE))
        a = find_attribute(kind, written);
    if (!a)
        tell_unknown(s, kind, name, written);
    else if (!is_valid(a, value))
        svg_tell(s, SVG_INVALID, SVG_ATTRIBUTE, SVG_SCHEMA, span_of(kind->name), written,
                 "%s of %s is \"%s\"; it has to be %s", a->name, kind->name,
                 svg_shown(value, shown), wanted(a, words));
}

/** One of the pairs has the plain name. */
static bool has(const char **pairs, const char *plain)
{
    for (; *pairs; pairs += 2)
        if (strcmp(*pairs, plain) == 0)
            return true;
    return false;
}

void svg_schema_attributes(struct svg_scan *s, const struct svg_element *kind, const char **pairs)
{
    const size_t nrequired = sizeof kind->required / sizeof *kind->required;

    for (const char **pair = pairs; *pair; pair += 2)
        check_attribute(s, kind, pair);
    for (size_t i = 0; i < nrequired && kind->required[i]; i++)
        if (!has(pairs, kind->required[i])) {
            char words[2 * SVG_SHOWN];
            const struct svg_attribute *a = find_attribute(kind, span_of(kind->required[i]));

            svg_tell(s, SVG_INVALID, svg_here(s), SVG_SCHEMA, span_of(kind->name),
                     span_of(kind->required[i]), "%s lacks %s=\"%s\"", kind->name,
                     kind->required[i], wanted(a, words));
        }
    if (has(pairs, "id") && has(pairs, XML_NAMESPACE "\nid\nxml"))
        svg_tell(s, SVG_INVALID, svg_here(s), SVG_SCHEMA, span_of(kind->name), SPAN("id"),
                 "%s has both id and xml:id", kind->name);
}

/* ---- places ---- */

/** A child of an element whose first child is fixed: the root. \return it was judged */
static bool check_first(struct svg_scan *s, const struct svg_frame *parent,
                        const struct svg_element *kind)
{
    const char *first = parent->kind->first;

    if (!kind || strcmp(kind->name, first) != 0)
        return false;
    if (parent != s->stack) /* an svg in an svg was told */
        return true;
    if (++s->titles > 1)
        svg_tell(s, SVG_INVALID, svg_here(s), SVG_SCHEMA, span_of(first), SPAN_EMPTY,
                 "there is more than one %s", first);
    else if (parent->children > 1)
        svg_tell(s, SVG_INVALID, svg_here(s), SVG_SCHEMA, span_of(first), SPAN_EMPTY,
                 "the %s has to be the first element in %s", first, parent->kind->name);
    return true;
}

void svg_schema_place(struct svg_scan *s, struct svg_frame *parent, struct svg_name name,
                      const struct svg_element *kind)
{
    char room[SVG_SHOWN];
    assay_span written = svg_written(name, room);
    bool active = !kind && svg_is_active(name.local);
    const char *inside = parent->kind ? parent->kind->name : "it";

    parent->children++;
    if (parent->kind && parent->kind->first && check_first(s, parent, kind))
        return;
    if (parent->kind && kind && parent->kind->children >> (kind - SVG_ELEMENTS) & 1)
        return;
    if (active)
        svg_tell(s, SVG_ACTIVE, svg_here(s), SVG_SCHEMA, written, SPAN_EMPTY,
                 "%.*s is not allowed: it would run or fetch something", SPAN_ARG(written));
    else if (parent->kind && kind)
        svg_tell(s, SVG_INVALID, svg_here(s), SVG_SCHEMA, written, span_of(inside),
                 "%.*s is not allowed inside %s", SPAN_ARG(written), inside);
    else if (parent->kind && name.uri.n && !span_is(name.uri, "http://www.w3.org/2000/svg"))
        svg_tell(s, SVG_INVALID, svg_here(s), SVG_SCHEMA, written, SPAN_EMPTY,
                 "%.*s belongs to a drawing program, not to SVG Tiny P/S", SPAN_ARG(written));
    else if (parent->kind)
        svg_tell(s, SVG_INVALID, svg_here(s), SVG_SCHEMA, written, SPAN_EMPTY,
                 "%.*s is not part of SVG Tiny P/S", SPAN_ARG(written));
}
