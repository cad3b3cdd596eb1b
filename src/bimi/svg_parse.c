/* SPDX-License-Identifier: BSD-2-Clause */
/** \file svg_parse.c The walk over a document, and how its problems are told. */
#include "bimi/svg_own.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** The parser gives a name as its namespace, name and prefix, parted by this. No URI may hold it. */
enum { PART = '\n', TEXT_MOST = 400 };

#define SVG_NAMESPACE "http://www.w3.org/2000/svg"

/* ---- places ---- */

struct svg_place svg_here(const struct svg_scan *s)
{
    return (struct svg_place){XML_GetCurrentLineNumber(s->parser),
                              XML_GetCurrentColumnNumber(s->parser) + 1};
}

/** A name ends here. */
static bool ends_name(char c)
{
    return ascii_fws(c) || c == '=' || c == '/' || c == '>';
}

/** Go one octet on; columns count characters. */
static void step(struct svg_place *at, char c, char before)
{
    if (c == '\n' && before == '\r')
        return;
    if (c == '\n' || c == '\r') {
        at->line++;
        at->column = 1;
    } else if (((unsigned char)c & 0xC0) != 0x80) {
        at->column++;
    }
}

/** Where the attribute of that written name stands in the start tag the parser is at; else where the tag is. */
static struct svg_place attribute_place(const struct svg_scan *s, assay_span written)
{
    struct svg_place tag = svg_here(s), at = tag;
    long begin = XML_GetCurrentByteIndex(s->parser);
    int length = XML_GetCurrentByteCount(s->parser);
    assay_span text;
    char quote = 0;

    if (begin < 0 || length <= 0 || (size_t)begin + (size_t)length > s->document.n)
        return tag;
    text = (assay_span){s->document.p + begin, (size_t)length};
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (!quote && i && ascii_fws(text.p[i - 1]) && span_starts(span_from(text, i), written) &&
            i + written.n < text.n && ends_name(text.p[i + written.n]))
            return at;
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? 0 : c;
        step(&at, c, i ? text.p[i - 1] : 0);
    }
    return tag; /* in UTF-16, perhaps */
}

/** The place of an octet. Slow: from the beginning. */
static struct svg_place place_of(const struct svg_scan *s, size_t index)
{
    struct svg_place at = {1, 1};

    for (size_t i = 0; i < index; i++)
        step(&at, s->document.p[i], i ? s->document.p[i - 1] : 0);
    return at;
}

/** Where the DOCTYPE begins that the parser is in. */
static struct svg_place doctype_place(const struct svg_scan *s)
{
    long index = XML_GetCurrentByteIndex(s->parser);

    for (size_t i = index < 0 ? 0 : (size_t)index; i-- > 0;)
        if (span_starts(span_from(s->document, i), SPAN("<!DOCTYPE")))
            return place_of(s, i);
    return svg_here(s);
}

/* ---- telling ---- */

/** How many of each class are told: none takes the room of another. */
static const size_t ROOM[SVG_CLASSES] = {70, 15, 10, LIMIT_SVG_PROBLEMS - 95};

/** The characters of a problem's name and format as a number; equal problems have equal ones. */
static uint32_t hash_of(const char *format, assay_span what)
{
    return span_hash(what) ^ (uint32_t)((uintptr_t)format >> 2);
}

/** The same problem was told before: count it. */
static bool counted(struct svg_scan *s, const char *format, assay_span what)
{
    uint32_t hash = hash_of(format, what);

    for (size_t i = 0; i < s->report.nproblems; i++)
        if (s->hashes[i] == hash && s->formats[i] == format && span_eq(s->problems[i].what, what)) {
            s->problems[i].times++;
            return true;
        }
    return false;
}

void svg_tell(struct svg_scan *s, enum svg_class class, struct svg_place at, const char *ref,
              assay_span element, assay_span attribute, const char *format, ...)
{
    char what[2 * SVG_SHOWN + 2], text[TEXT_MOST], shown[2][SVG_SHOWN];
    struct svg_problem p = {.class = class, .times = 1, .ref = ref};
    size_t n = s->report.nproblems;
    va_list args;

    snprintf(what, sizeof what, "%s%s%s", svg_shown(element, shown[0]),
             element.n && attribute.n ? " " : "", svg_shown(attribute, shown[1]));
    s->report.counts[class]++;
    if (counted(s, format, span_of(what)))
        return;
    if (s->told[class] == ROOM[class]) {
        s->report.nmore++;
        return;
    }
    if (!at.line)
        at = attribute_place(s, attribute);
    p.line = at.line;
    p.column = at.column;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!arena_copy(s->arena, span_of(what), &p.what) ||
        !arena_copy(s->arena, span_of(text), &p.text)) {
        s->no_memory = true;
        return;
    }
    s->formats[n] = format;
    s->hashes[n] = hash_of(format, p.what);
    s->problems[n] = p;
    s->told[class]++;
    s->report.nproblems = n + 1;
}

const char *svg_shown(assay_span value, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < value.n && n < SVG_SHOWN - 4; i++)
        out[n++] = (unsigned char)value.p[i] < ' ' || value.p[i] == 0x7F ? ' ' : value.p[i];
    if (n < value.n) {
        while (n && ((unsigned char)out[n - 1] & 0xC0) == 0x80) /* no half of a character */
            n--;
        if (n && (unsigned char)out[n - 1] >= 0xC0)
            n--;
        memcpy(out + n, "...", 3);
        n += 3;
    }
    out[n] = '\0';
    return out;
}

/* ---- names ---- */

struct svg_name svg_name_of(const char *name)
{
    assay_span rest = span_of(name), part[3] = {SPAN_EMPTY, SPAN_EMPTY, SPAN_EMPTY};
    size_t n = 0;

    while (n < 3 && span_cut(&rest, PART, &part[n]))
        n++;
    if (n == 1)
        return (struct svg_name){SPAN_EMPTY, part[0], SPAN_EMPTY};
    return (struct svg_name){part[0], part[1], part[2]};
}

assay_span svg_written(struct svg_name name, char *out)
{
    char prefix[SVG_SHOWN], local[SVG_SHOWN];
    int n;

    n = snprintf(out, SVG_SHOWN, "%s%s%s", svg_shown(name.prefix, prefix), name.prefix.n ? ":" : "",
                 svg_shown(name.local, local));
    return (assay_span){out, n < SVG_SHOWN ? (size_t)n : SVG_SHOWN - 1};
}

/* ---- the walk ---- */

/** No more is wanted. */
static void stop(struct svg_scan *s)
{
    s->stopped = true;
    XML_StopParser(s->parser, XML_FALSE);
}

/** The innermost open element. */
static struct svg_frame *top(struct svg_scan *s)
{
    return s->depth ? &s->stack[s->depth - 1] : NULL;
}

/** The element of the schema that a name stands for, or NULL. */
static const struct svg_element *kind_of(const struct svg_scan *s, struct svg_name name)
{
    return span_is(name.uri, SVG_NAMESPACE) || (s->bare && !name.uri.n)
               ? svg_element_find(name.local)
               : NULL;
}

/** The root: it must be svg, in its namespace. */
static void begin_root(struct svg_scan *s, struct svg_name name)
{
    s->root_place = svg_here(s);
    if (!span_is(name.local, "svg") || (name.uri.n && !span_is(name.uri, SVG_NAMESPACE))) {
        char shown[SVG_SHOWN];

        svg_tell(s, SVG_INVALID, s->root_place, SVG_SCHEMA, name.local, SPAN_EMPTY,
                 "the document begins with %s, not with svg: it is no SVG drawing",
                 svg_shown(name.local, shown));
        s->unknown_root = true;
        stop(s);
        return;
    }
    s->report.is_svg = true;
    if (name.uri.n)
        return;
    s->bare = true;
    svg_tell(s, SVG_INVALID, s->root_place, SVG_SCHEMA, SPAN("svg"), SPAN("xmlns"),
             "svg lacks xmlns=\"" SVG_NAMESPACE "\"");
}

static void on_start(void *data, const XML_Char *tag, const XML_Char **attributes)
{
    struct svg_scan *s = data;
    struct svg_name name = svg_name_of(tag);
    struct svg_frame *parent = top(s), *frame;

    if (s->stopped)
        return;
    if (!parent)
        begin_root(s, name);
    if (s->stopped)
        return;
    if (s->depth == LIMIT_SVG_DEPTH) {
        svg_tell(s, SVG_INVALID, svg_here(s), "BIMI 7.6", SPAN_EMPTY, SPAN_EMPTY,
                 "elements stand more than %d deep inside each other", (int)LIMIT_SVG_DEPTH);
        stop(s);
        return;
    }
    frame = &s->stack[s->depth];
    *frame = (struct svg_frame){.kind = kind_of(s, name), .filled = parent && parent->filled};
    if (parent)
        svg_schema_place(s, parent, name, frame->kind);
    s->depth++;
    if (frame->kind && frame->kind->text)
        frame->at = svg_here(s);
    if (frame->kind)
        svg_schema_attributes(s, frame->kind, attributes);
    svg_rule_attributes(s, frame, name, attributes);
}

static void on_end(void *data, const XML_Char *tag)
{
    struct svg_scan *s = data;

    (void)tag;
    if (s->stopped || !s->depth)
        return;
    svg_rule_end(s, top(s));
    s->depth--;
}

/** Keep the beginning of the title. */
static void keep_title(struct svg_scan *s, assay_span text)
{
    size_t room = sizeof s->title - s->ntitle;

    text = s->ntitle < sizeof s->title ? span_first(text, room) : SPAN_EMPTY;
    memcpy(s->title + s->ntitle, text.p, text.n);
    s->ntitle += text.n;
}

static void on_text(void *data, const XML_Char *text, int n)
{
    struct svg_scan *s = data;
    struct svg_frame *frame = top(s);
    assay_span octets = {text, (size_t)n};

    if (s->stopped || !frame)
        return;
    if (frame->kind && s->depth == 2 && s->titles == 1 &&
        span_is(span_of(frame->kind->name), "title"))
        keep_title(s, octets);
    if (!span_trim(octets).n)
        return;
    frame->visible = true;
    if (!frame->kind || frame->kind->text || frame->loose)
        return;
    frame->loose = true;
    svg_tell(s, SVG_INVALID, svg_here(s), SVG_SCHEMA, span_of(frame->kind->name), SPAN_EMPTY,
             "text stands directly in %s", frame->kind->name);
}

static void on_instruction(void *data, const XML_Char *target, const XML_Char *unused)
{
    struct svg_scan *s = data;
    char shown[SVG_SHOWN];

    (void)unused;
    if (!s->stopped)
        svg_tell(s, SVG_ACTIVE, svg_here(s), "RFC 6170 5.2", span_of(target), SPAN_EMPTY,
                 "the processing instruction <?%s?> may fetch or run something",
                 svg_shown(span_of(target), shown));
}

/**
 * A DOCTYPE. With declarations inside, no more is read: they could make entities that grow without end. One that
 * only names a DTD is told, and the drawing looked at: nothing fetches it.
 */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int declares)
{
    struct svg_scan *s = data;

    (void)system;
    (void)public;
    if (s->stopped)
        return;
    s->report.is_svg |= span_is(span_of(name), "svg");
    svg_tell(s, SVG_ACTIVE, doctype_place(s), "RFC 6170 5.2", SPAN("DOCTYPE"), SPAN_EMPTY,
             declares ? "a DOCTYPE declares entities or such; nothing behind it was read"
                      : "a DOCTYPE names a document elsewhere");
    if (declares)
        stop(s);
}

/** An entity that nothing here declares. */
static void on_skipped(void *data, const XML_Char *name, int parameter)
{
    struct svg_scan *s = data;
    char shown[SVG_SHOWN];

    (void)parameter;
    if (!s->stopped)
        svg_tell(s, SVG_ACTIVE, svg_here(s), "RFC 6170 5.2", span_of(name), SPAN_EMPTY,
                 "the entity &%s; comes from elsewhere", svg_shown(span_of(name), shown));
}

/** The parser gave up. */
static void tell_error(struct svg_scan *s, enum XML_Error error)
{
    if (error == XML_ERROR_NO_MEMORY)
        s->no_memory = true;
    else if (s->report.over)
        return; /* it ends where reading ended */
    else
        svg_tell(s, SVG_INVALID, svg_here(s), "XML 1.0", SPAN_EMPTY, SPAN_EMPTY,
                 "this is not well-formed XML: %s", XML_ErrorString(error));
}

/** A parser whose memory is ours, so that a test can let it fail. */
static XML_Parser parser_new(struct svg_scan *s)
{
    static const XML_Memory_Handling_Suite MEMORY = {malloc, realloc, free};
    static const XML_Char PARTED[] = {PART, 0};
    XML_Parser parser = XML_ParserCreate_MM(NULL, &MEMORY, PARTED);

    if (!parser)
        return NULL;
    XML_SetUserData(parser, s);
    XML_SetReturnNSTriplet(parser, 1);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetProcessingInstructionHandler(parser, on_instruction);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    XML_SetSkippedEntityHandler(parser, on_skipped);
    return parser;
}

/** Run the parser over the document, if there is one. */
static void run(struct svg_scan *s, const char *damage)
{
    if (damage) /* what was inflated before is looked at all the same */
        svg_tell(s, SVG_INVALID, (struct svg_place){1, 1}, "RFC 1952", SPAN_EMPTY, SPAN_EMPTY, "%s",
                 damage);
    if (XML_Parse(s->parser, s->document.p, (int)s->document.n, 1) != XML_STATUS_OK &&
        !s->stopped && !damage)
        tell_error(s, XML_GetErrorCode(s->parser));
}

/** By place. */
static int compare_places(const void *a, const void *b)
{
    const struct svg_problem *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return span_compare(x->text, y->text);
}

assay_status svg_parse(struct arena *a, const char *damage, struct svg_report *report)
{
    struct svg_scan *s = calloc(1, sizeof *s);
    assay_status status = ASSAY_ENOMEM;

    if (!s)
        return ASSAY_ENOMEM;
    s->arena = a;
    s->report = *report;
    s->document = report->document;
    s->problems = arena_zero(a, LIMIT_SVG_PROBLEMS * sizeof *s->problems);
    if (s->problems && (s->parser = parser_new(s))) {
        run(s, damage);
        svg_rule_document(s);
        if (!s->no_memory &&
            arena_copy(a, span_trim((assay_span){s->title, s->ntitle}), &s->report.title)) {
            qsort(s->problems, s->report.nproblems, sizeof *s->problems, compare_places);
            s->report.problems = s->problems;
            *report = s->report;
            status = ASSAY_DONE;
        }
    }
    if (s->parser)
        XML_ParserFree(s->parser);
    free(s);
    return status;
}
