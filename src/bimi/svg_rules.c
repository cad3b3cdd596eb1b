/* SPDX-License-Identifier: BSD-2-Clause */
/** \file svg_rules.c The rules on logos that a schema cannot say. */
#include "bimi/svg_own.h"

enum {
    LOGO_OCTETS = 32768, /* receivers stop here */
    TITLE_CHARACTERS = 64,
    GMAIL_PIXELS = 96
};

/* ---- what does or fetches something ---- */

bool svg_is_active(assay_span local)
{
    static const char *const NAMES[] = {"script",        "handler",      "listener",
                                        "animate",       "animateColor", "animateTransform",
                                        "animateMotion", "set",          "image",
                                        "foreignObject", "audio",        "video",
                                        "animation",     "prefetch",     "discard",
                                        "feImage",       "iframe",       "object",
                                        "embed"};

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (span_is(local, NAMES[i]))
            return true;
    return false;
}

bool svg_is_handler(struct svg_name name)
{
    if (span_is(name.uri, "http://www.w3.org/2001/xml-events"))
        return true;
    return !name.uri.n && name.local.n > 2 && span_istarts(name.local, SPAN("on"));
}

/** What `url(` names begins here: it lies inside the drawing. */
static bool is_fragment(assay_span target)
{
    target = span_trim(target);
    if (target.n && (target.p[0] == '"' || target.p[0] == '\''))
        target = span_trim(span_from(target, 1));
    return target.n && target.p[0] == '#';
}

/** The value has an url() that names something elsewhere. */
static bool has_outer_url(assay_span value)
{
    for (size_t i = 0; i + 4 <= value.n; i++)
        if (span_istarts(span_from(value, i), SPAN("url(")) &&
            !is_fragment(span_from(value, i + 4)))
            return true;
    return false;
}

/** References: only `#name` stays inside (RFC 6170 5.2). */
static void check_reference(struct svg_scan *s, assay_span element, struct svg_name name,
                            assay_span written, assay_span value)
{
    char shown[SVG_SHOWN];

    if (span_is(name.local, "href") || (!name.uri.n && span_is(name.local, "src"))) {
        if (!value.n || is_fragment(value))
            return;
        svg_tell(s, SVG_ACTIVE, SVG_ATTRIBUTE, "RFC 6170 5.2", element, written,
                 span_istarts(span_trim(value), SPAN("data:"))
                     ? "%.*s holds data: a picture inside the drawing (\"%s\")"
                     : "%.*s points outside the drawing: \"%s\"",
                 SPAN_ARG(written), svg_shown(value, shown));
    } else if (span_is(written, "xml:base")) {
        svg_tell(s, SVG_ACTIVE, SVG_ATTRIBUTE, "RFC 6170 5.2", element, written,
                 "%.*s makes references point elsewhere: \"%s\"", SPAN_ARG(written),
                 svg_shown(value, shown));
    } else if (has_outer_url(value)) {
        svg_tell(s, SVG_ACTIVE, SVG_ATTRIBUTE, "RFC 6170 5.2", element, written,
                 "%.*s points outside the drawing: \"%s\"", SPAN_ARG(written),
                 svg_shown(value, shown));
    }
}

/* ---- numbers ---- */

/** Take a number off the front (SVG Tiny 1.2 4.1): sign, digits, fraction, exponent. */
static bool take_number(assay_span *in, double *ret)
{
    assay_span s = *in;
    double number = 0, unit = 1;
    bool minus = s.n && s.p[0] == '-', any = false;

    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s = span_from(s, 1);
    for (; s.n && ascii_digit(s.p[0]); s = span_from(s, 1), any = true)
        number = number * 10 + (s.p[0] - '0');
    if (s.n && s.p[0] == '.')
        for (s = span_from(s, 1); s.n && ascii_digit(s.p[0]); s = span_from(s, 1), any = true)
            number += (unit /= 10) * (s.p[0] - '0');
    if (any && s.n > 1 && (s.p[0] == 'e' || s.p[0] == 'E') &&
        (ascii_digit(s.p[1]) ||
         (s.n > 2 && ascii_digit(s.p[2]) && (s.p[1] == '-' || s.p[1] == '+')))) {
        bool small = s.p[1] == '-';
        int exponent = 0;

        for (s = span_from(s, ascii_digit(s.p[1]) ? 1 : 2); s.n && ascii_digit(s.p[0]);
             s = span_from(s, 1))
            exponent = exponent < 400 ? exponent * 10 + (s.p[0] - '0') : exponent;
        while (exponent-- > 0)
            number = small ? number / 10 : number * 10;
    }
    if (!any)
        return false;
    *ret = minus ? -number : number;
    *in = s;
    return true;
}

/** White space, with a comma at most. */
static void skip_joint(assay_span *in)
{
    while (in->n && ascii_fws(in->p[0]))
        *in = span_from(*in, 1);
    if (in->n && in->p[0] == ',')
        *in = span_from(*in, 1);
    while (in->n && ascii_fws(in->p[0]))
        *in = span_from(*in, 1);
}

/** viewBox: four numbers, the last two above zero. */
static bool read_view_box(assay_span value, double *width, double *height)
{
    double numbers[4];

    value = span_trim(value);
    for (size_t i = 0; i < 4; i++) {
        if (i)
            skip_joint(&value);
        if (!take_number(&value, &numbers[i]))
            return false;
    }
    *width = numbers[2];
    *height = numbers[3];
    return !value.n && numbers[2] > 0 && numbers[3] > 0;
}

/* ---- shape ---- */

/** The root's width or height: no percentage, and pixels enough. */
static void check_size(struct svg_scan *s, assay_span written, assay_span value)
{
    double number;
    char shown[SVG_SHOWN];
    assay_span rest = span_trim(value);

    if (span_iends(rest, SPAN("%"))) {
        svg_tell(s, SVG_SHAPE, SVG_ATTRIBUTE, "receivers", SPAN("svg"), written,
                 "%.*s is \"%s\": a share of something; write pixels, or leave it out",
                 SPAN_ARG(written), svg_shown(value, shown));
        return;
    }
    if (!take_number(&rest, &number) || (rest.n && !span_iis(rest, "px")))
        return;
    s->sizes[written.p[0] == 'h'] = number;
    if (number < GMAIL_PIXELS)
        svg_tell(s, SVG_ADVICE, SVG_ATTRIBUTE, "receivers", SPAN("svg"), written,
                 "%.*s is \"%s\"; Gmail wants %d pixels at least", SPAN_ARG(written),
                 svg_shown(value, shown), (int)GMAIL_PIXELS);
}

/** The root's attributes that say its shape. */
static void check_root(struct svg_scan *s, assay_span written, assay_span value)
{
    char shown[SVG_SHOWN];

    if (span_is(written, "width") || span_is(written, "height")) {
        check_size(s, written, value);
        return;
    }
    if (!span_is(written, "viewBox"))
        return;
    s->report.has_view_box = read_view_box(value, &s->report.width, &s->report.height);
    if (!s->report.has_view_box)
        svg_tell(s, SVG_SHAPE, SVG_ATTRIBUTE, "receivers", SPAN("svg"), written,
                 "viewBox is \"%s\"; it has to be four numbers, the last two above zero",
                 svg_shown(value, shown));
    else if (s->report.width != s->report.height)
        svg_tell(s, SVG_SHAPE, SVG_ATTRIBUTE, "receivers", SPAN("svg"), written,
                 "the drawing is not square: its viewBox is \"%s\"", svg_shown(value, shown));
}

/* ---- colours ---- */

/** A colour is used; two different ones are enough. Names and numbers of one colour count as two. */
static void note_colour(struct svg_scan *s, assay_span value)
{
    value = span_first(span_trim(value), SVG_KEPT_COLOUR);
    if (!value.n || span_is(value, "none") || span_is(value, "inherit") ||
        span_istarts(value, SPAN("url(")) || s->two_colours)
        return;
    s->painted = true;
    if (!s->ncolour) {
        memcpy(s->colour, value.p, value.n);
        s->ncolour = value.n;
    } else if (!span_ieq(value, (assay_span){s->colour, s->ncolour})) {
        s->two_colours = true;
    }
}

/** The element draws, with black where no fill is said. */
static bool is_shape(const struct svg_element *kind)
{
    static const char *const NAMES[] = {"path",    "rect",     "circle", "ellipse",
                                        "polygon", "polyline", "text"};

    for (size_t i = 0; kind && i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(kind->name, NAMES[i]) == 0)
            return true;
    return false;
}

void svg_rule_attributes(struct svg_scan *s, struct svg_frame *frame, struct svg_name name,
                         const char **pairs)
{
    for (; *pairs; pairs += 2) {
        struct svg_name attribute = svg_name_of(pairs[0]);
        char room[SVG_SHOWN];
        assay_span written = svg_written(attribute, room), value = span_of(pairs[1]);

        check_reference(s, name.local, attribute, written, value);
        if (attribute.uri.n)
            continue;
        if (s->depth == 1)
            check_root(s, written, value);
        frame->filled |= span_is(written, "fill");
        if (span_is(written, "fill") || span_is(written, "stroke") ||
            span_is(written, "stop-color") || span_is(written, "solid-color"))
            note_colour(s, value);
    }
    if (is_shape(frame->kind) && !frame->filled)
        note_colour(s, SPAN("black"));
}

/* ---- words ---- */

/** Characters of UTF-8. */
static size_t characters(assay_span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

/** The title is one that a drawing program left there. */
static bool is_placeholder(assay_span title)
{
    static const char *const WORDS[] = {
        "bimi-svg-tiny-12-ps", "untitled", "title", "logo", "layer 1", "drawing"};

    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (span_iis(title, WORDS[i]))
            return true;
    return false;
}

/** A title's words. */
static void check_title(struct svg_scan *s, const struct svg_frame *frame)
{
    assay_span title = span_trim((assay_span){s->title, s->ntitle});
    char shown[SVG_SHOWN];

    if (!frame->visible)
        svg_tell(s, SVG_INVALID, frame->at, "SVG P/S 2", SPAN("title"), SPAN_EMPTY,
                 "the title is empty");
    if (s->titles != 1)
        return;
    if (characters(title) > TITLE_CHARACTERS)
        svg_tell(s, SVG_ADVICE, frame->at, "SVG P/S 2", SPAN("title"), SPAN_EMPTY,
                 "the title has more than %d characters", (int)TITLE_CHARACTERS);
    if (is_placeholder(title))
        svg_tell(s, SVG_ADVICE, frame->at, "SVG P/S 2", SPAN("title"), SPAN_EMPTY,
                 "the title \"%s\" names nobody", svg_shown(title, shown));
}

void svg_rule_end(struct svg_scan *s, const struct svg_frame *frame)
{
    if (!frame->kind || s->depth != 2)
        return;
    if (span_is(span_of(frame->kind->name), "title"))
        check_title(s, frame);
    else if (!frame->visible && span_is(span_of(frame->kind->name), "desc"))
        svg_tell(s, SVG_ADVICE, frame->at, "SVG P/S 2", SPAN("desc"), SPAN_EMPTY,
                 "the description is empty");
}

void svg_rule_document(struct svg_scan *s)
{
    const struct svg_report *r = &s->report;
    struct svg_place begin = {1, 1};

    if (r->over)
        svg_tell(s, SVG_SHAPE, begin, "BIMI 7.6", SPAN_EMPTY, SPAN_EMPTY,
                 "the drawing has more than %d octets; it was not read to its end", (int)LIMIT_SVG);
    else if (r->octets > LOGO_OCTETS)
        svg_tell(s, SVG_SHAPE, begin, "BIMI 7.6", SPAN_EMPTY, SPAN_EMPTY,
                 "the drawing has %zu octets; receivers stop at %d", r->octets, (int)LOGO_OCTETS);
    if (!s->root_place.line || s->unknown_root)
        return;
    if (!s->titles && !s->stopped && !r->over)
        svg_tell(s, SVG_INVALID, s->root_place, SVG_SCHEMA, SPAN("svg"), SPAN("title"),
                 "svg has no title; it has to be its first element");
    if (!r->has_view_box && s->sizes[0] > 0 && s->sizes[1] > 0 && s->sizes[0] != s->sizes[1])
        svg_tell(s, SVG_SHAPE, s->root_place, "receivers", SPAN("svg"), SPAN("width"),
                 "the drawing is not square: its width and height differ");
    if (!r->has_view_box)
        svg_tell(s, SVG_SHAPE, s->root_place, "receivers", SPAN("svg"), SPAN("viewBox"),
                 "svg has no usable viewBox, so it cannot be drawn in any size");
    if (s->painted && !s->two_colours && !s->stopped && !r->over)
        svg_tell(s, SVG_ADVICE, s->root_place, "SVG P/S 2", SPAN("svg"), SPAN_EMPTY,
                 "the drawing has one colour only; some receivers want two at least");
}
