/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/template.h"

static const char *const NAMES[TEMPLATE_PLACES] = {[TEMPLATE_AUTHOR] = "author",
                                                   [TEMPLATE_DOMAIN] = "domain",
                                                   [TEMPLATE_IP] = "ip",
                                                   [TEMPLATE_REASON] = "reason",
                                                   [TEMPLATE_CAUSE] = "cause"};

/** The place whose name stands at the front, up to its brace. \return octets of `{name}`, or 0 */
static size_t place_at(assay_span s, enum template_place *ret)
{
    size_t close = span_find(s, '}');
    assay_span name = span_from(span_first(s, close), 1);

    for (size_t i = 0; s.n && s.p[0] == '{' && close < s.n && i < TEMPLATE_PLACES; i++) {
        if (!span_is(name, NAMES[i]))
            continue;
        *ret = (enum template_place)i;
        return close + 1;
    }
    return 0;
}

/** Two characters that part lines stand at the front. */
static bool is_break(assay_span s)
{
    return s.n >= 2 && s.p[0] == '\\' && s.p[1] == 'n';
}

/** What is wrong with a text that has to be a URL, or NULL. */
static const char *url_fault(assay_span text)
{
    if (!text.n)
        return NULL;
    if (!span_istarts(text, SPAN("https://")) && !span_istarts(text, SPAN("http://")))
        return "a URL begins with https:// or http://";
    if (span_find(text, ' ') < text.n || span_find(text, '\\') < text.n)
        return "a URL has no blanks and no backslashes";
    return NULL;
}

const char *template_fault(assay_span text, bool url)
{
    enum template_place place;

    if (!span_printable(text))
        return "only printable ASCII can be sent";
    for (size_t i = 0; i < text.n; i++) {
        assay_span rest = span_from(text, i);
        size_t n = place_at(rest, &place);

        if (!n && (text.p[i] == '{' || text.p[i] == '}'))
            return "the places are {author} {domain} {ip} {reason} {cause}";
        i += n ? n - 1 : 0;
    }
    return url ? url_fault(text) : NULL;
}

/** Append a value as a part of a URL. */
static void put_encoded(assay_span value, struct buf *out)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];

        if (ascii_alnum(value.p[i]) || (c && strchr("-._~", c))) /* RFC 3986 2.3 */
            buf_putc(out, value.p[i]);
        else
            buf_printf(out, "%%%02X", c);
    }
}

/** Append a value as printable ASCII. */
static void put_printable(assay_span value, struct buf *out)
{
    for (size_t i = 0; i < value.n; i++)
        buf_putc(out, value.p[i] >= ' ' && value.p[i] <= '~' ? value.p[i] : '?');
}

void template_fill(assay_span text, const assay_span values[TEMPLATE_PLACES], bool url,
                   struct buf *out)
{
    enum template_place place;

    for (size_t i = 0; i < text.n;) {
        assay_span rest = span_from(text, i);
        size_t n = place_at(rest, &place);

        if (n && url)
            put_encoded(values[place], out);
        else if (n)
            put_printable(values[place], out);
        else
            buf_putc(out, is_break(rest) ? '\n' : text.p[i]);
        i += n ? n : is_break(rest) ? 2 : 1;
    }
}
