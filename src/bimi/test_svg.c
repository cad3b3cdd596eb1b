/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/arena.c"
#include "base/buf.c"
#include "bimi/svg.c"
#include "bimi/svg_parse.c"
#include "bimi/svg_rules.c"
#include "bimi/svg_schema.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define NS     "xmlns=\"http://www.w3.org/2000/svg\" "
#define HEAD   "<svg " NS "version=\"1.2\" baseProfile=\"tiny-ps\" viewBox=\"0 0 64 64\">"
#define TITLE  "<title>Example</title>"
#define SHAPES "<rect width=\"64\" height=\"64\" fill=\"#fff\"/><path d=\"M1 1h9z\" fill=\"red\"/>"
#define GOOD   HEAD TITLE SHAPES "</svg>"
/** A good document with something more inside. */
#define WITH(more) HEAD "\n" TITLE SHAPES "\n" more "</svg>"
/** A good one with more attributes at its root. */
#define ROOT(attributes)                                                                     \
    "<svg " NS "version=\"1.2\" baseProfile=\"tiny-ps\" viewBox=\"0 0 64 64\"\n " attributes \
    ">" TITLE SHAPES "</svg>"

static assay_engine *engine;
static struct arena arena;

static int make_engine(void **state)
{
    (void)state;
    return assay_engine_new(0, &engine) == ASSAY_DONE ? 0 : -1;
}

static int free_engine(void **state)
{
    (void)state;
    arena_done(&arena);
    assay_engine_free(engine);
    return 0;
}

/** Check a document. */
static struct svg_report check(assay_span document)
{
    struct svg_report r;

    arena_rewind(&arena);
    assert_int_equal(svg_check(engine, &arena, document, &r), ASSAY_DONE);
    return r;
}

/** The problems as text: `class line:column what ref xN`, parted by `; `. */
static const char *told(const struct svg_report *r)
{
    static const char *const CLASSES[] = {"invalid", "active", "shape", "advice"};
    static char out[8192];
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < r->nproblems && n < sizeof out; i++) {
        const struct svg_problem *p = &r->problems[i];
        char times[24] = "";

        if (p->times > 1)
            snprintf(times, sizeof times, " x%zu", p->times);
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s %zu:%zu %.*s%s", i ? "; " : "",
                              CLASSES[p->class], p->line, p->column, SPAN_ARG(p->what), times);
    }
    return out;
}

/** A document and what is told of it. */
struct row {
    const char *document, *want;
};

/** Check each document of a table. */
static void check_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct svg_report r = check(span_of(rows[i].document));

        if (strcmp(told(&r), rows[i].want) == 0)
            continue;
        printf("%s\n  wanted %s\n  got    %s\n", rows[i].document, rows[i].want, told(&r));
        for (size_t k = 0; k < r.nproblems; k++)
            printf("         %.*s\n", SPAN_ARG(r.problems[k].text));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_TABLE(rows) check_table(rows, COUNT(rows))

static void a_good_logo_has_no_problems(void **state)
{
    static const struct row ROWS[] = {
        {GOOD, ""},
        {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made by hand -->\n" GOOD "\n", ""},
        {WITH(
             "<defs><linearGradient id=\"a\"><stop offset=\"0\" stop-color=\"red\"/></linearGradient></defs>"
             "<g fill=\"url(#a)\"><use href=\"#a\"/><circle r=\"3\"/></g><desc>A red line</desc>"),
         ""},
        {"<s:svg xmlns:s=\"http://www.w3.org/2000/svg\" version=\"1.2\" baseProfile=\"tiny-ps\" viewBox=\"0,0 , 8 8.0\">"
         "<s:title xml:lang=\"\">x</s:title><s:rect fill=\"none\" stroke=\"red\"/><s:rect fill='blue'/></s:svg>",
         ""},
        {ROOT(
             "preserveAspectRatio=\" xMidYMid meet \" zoomAndPan='disable' xml:space=\"preserve\" id=\"_a\" "
             "class=\"b c\" width=\"96px\" height=\"96\""),
         ""},
    };
    struct svg_report r;

    (void)state;
    CHECK_TABLE(ROWS);
    r = check(SPAN(GOOD));
    assert_true(r.is_svg && !r.gzip && !r.over && r.has_view_box);
    assert_true(span_is(r.title, "Example") && span_is(r.document, GOOD));
    assert_true(r.width == 64 && r.height == 64 && r.octets == strlen(GOOD));
}

static void what_the_schema_does_not_allow_is_told_with_its_place(void **state)
{
    static const struct row ROWS[] = {
        {"<svg " NS "viewBox=\"0 0 1 1\">" TITLE SHAPES "</svg>",
         "invalid 1:1 svg baseProfile; invalid 1:1 svg version"},
        {"<svg " NS "version=\"1.1\"\n\tbaseProfile=\"tiny\" viewBox=\"0 0 1 1\">" TITLE SHAPES
         "</svg>",
         "invalid 1:41 svg version; invalid 2:2 svg baseProfile"},
        {HEAD SHAPES "</svg>", "invalid 1:1 svg title"},
        {HEAD "\n" SHAPES "\n" TITLE "</svg>", "invalid 3:1 title"},
        {WITH(TITLE), "invalid 3:1 title"},
        {WITH("<g>" TITLE "</g>"), "invalid 3:4 title g"},
        {WITH("<g><desc>x</desc></g><metadata><rdf/></metadata>"),
         "invalid 3:4 desc g; invalid 3:32 rdf"},
        {WITH("<path style=\"fill:red\" opacity='1'/>"),
         "invalid 3:7 path style; invalid 3:24 path opacity"},
        {WITH("<path\r\n  style=\"x\"\r\n  opacity='1' d='M0 0'/>"),
         "invalid 4:3 path style; invalid 5:3 path opacity"},
        {WITH("<path d=\" style='\" style=''/>"), "invalid 3:20 path style"},
        {WITH("<path class='\xC3\xA4' style=''/>"),
         "invalid 3:17 path style"}, /* columns are characters */
        {WITH("<path stroke-linecap=\"wide\" id='1a'/>"),
         "invalid 3:7 path stroke-linecap; invalid 3:29 path id"},
        {WITH("<path xml:lang='eng-' xml:id='a' id='b'/>"),
         "invalid 3:1 path id; invalid 3:7 path xml:lang"},
        {WITH("<path font-weight='700'/>"), "invalid 3:7 path font-weight"},
        {WITH("<clipPath id='c'><rect/></clipPath>"), "invalid 3:1 clipPath"},
        {WITH("<symbol><rect style=''/><foo/></symbol>"),
         "invalid 3:1 symbol; invalid 3:15 rect style"},
        {WITH("<svg version='1.2' baseProfile='tiny-ps'><title>x</title></svg>"),
         "invalid 3:1 svg svg"},
        {WITH("<text>a<tspan>b</tspan></text>"), "invalid 3:8 tspan"},
        {WITH("words"), "invalid 3:1 svg"},
        {WITH("<g>a<path/>b</g>"), "invalid 3:4 g"},
        {WITH("<use xlink:href='#a' xmlns:xlink='http://www.w3.org/1999/xlink'/>"),
         "invalid 3:6 use xlink:href"},
        {WITH(
             "<g xmlns:i='http://i.example' i:label='1'/><g xmlns:i='http://i.example' i:label='2'/>"),
         "invalid 3:31 i:label x2"},
        {WITH("<i:view xmlns:i='http://i.example'><i:x/></i:view>"), "invalid 3:1 i:view"},
        {ROOT("x='0' y='0'"), "invalid 2:2 svg x; invalid 2:8 svg y"},
        {ROOT("preserveAspectRatio='xMidYMid slice'"), "invalid 2:2 svg preserveAspectRatio"},
        {"<svg version='1.2' baseProfile='tiny-ps' viewBox='0 0 2 2'>" TITLE SHAPES "</svg>",
         "invalid 1:1 svg xmlns"},
        {HEAD "<title> \n</title>" SHAPES "</svg>", "invalid 1:97 title"},
    };

    (void)state;
    CHECK_TABLE(ROWS);
}

static void what_acts_or_reaches_out_is_told(void **state)
{
    static const struct row ROWS[] = {
        {WITH("<script>alert(1)</script>"), "active 3:1 script"},
        {WITH("<g onclick='x()' onload='y()'/>"), "active 3:4 g onclick; active 3:18 g onload"},
        {WITH("<rect><animate/></rect><set/>"), "active 3:7 animate; active 3:24 set"},
        {WITH("<image href='a.png'/>"), "active 3:1 image; active 3:8 image href"},
        {WITH("<image href='data:image/png;base64,AAAA'/>"),
         "active 3:1 image; active 3:8 image href"},
        {WITH("<use href='https://x.example/#a'/>"), "active 3:6 use href"},
        {WITH("<rect fill='URL( \"http://x.example/p#a\" )'/>"), "active 3:7 rect fill"},
        {WITH("<rect fill='url(#a) red' stroke=\"url('#b')\"/>"), ""},
        {WITH("<g xml:base='https://x.example/'/>"), "active 3:4 g xml:base"},
        {"<?xml-stylesheet href='a.css'?>" GOOD, "active 1:1 xml-stylesheet"},
        {"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'>\n" WITH(
             "<g style=''>&x;</g>"),
         "active 1:1 DOCTYPE; invalid 4:4 g style; active 4:13 x"},
        {"<!DOCTYPE svg [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]>" WITH("<g style=''>&c;</g>"),
         "active 1:1 DOCTYPE"},
        {"<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" WITH("&a;"),
         "active 1:1 DOCTYPE"},
    };

    (void)state;
    CHECK_TABLE(ROWS);
    assert_true(check(SPAN("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>")).is_svg);
}

static void a_shape_that_receivers_do_not_want_is_told(void **state)
{
    static const struct row ROWS[] = {
        {"<svg " NS "version='1.2' baseProfile='tiny-ps'>" TITLE SHAPES "</svg>",
         "shape 1:1 svg viewBox"},
        {"<svg " NS "version='1.2' baseProfile='tiny-ps' viewBox='0 0 2 1'>" TITLE SHAPES "</svg>",
         "shape 1:77 svg viewBox"},
        {"<svg " NS "version='1.2' baseProfile='tiny-ps' viewBox='0 0 2'>" TITLE SHAPES "</svg>",
         "shape 1:1 svg viewBox; shape 1:77 svg viewBox"},
        {"<svg " NS "version='1.2' baseProfile='tiny-ps' width='100' height='200'>" TITLE SHAPES
         "</svg>",
         "shape 1:1 svg viewBox; shape 1:1 svg width"},
        {ROOT("width='100%' height='100%'"), "shape 2:2 svg width; shape 2:15 svg height"},
        {ROOT("width='95.9px' height='1e1'"), "advice 2:2 svg width; advice 2:17 svg height"},
        {HEAD "<title>Untitled</title>" SHAPES "</svg>", "advice 1:97 title"},
        {HEAD TITLE "<path d='M0 0'/><rect fill='BLACK'/></svg>", "advice 1:1 svg"},
        {HEAD TITLE "<g fill='red'><path d='M0 0'/></g></svg>", "advice 1:1 svg"},
        {HEAD
         "<title>1234567890123456789012345678901234567890123456789012345678901234\xC3\xA4</title>" SHAPES
         "</svg>",
         "advice 1:97 title"},
        {WITH("<desc/>"), "advice 3:1 desc"},
    };
    static char big[LIMIT_SVG + 100];
    struct svg_report r;

    (void)state;
    CHECK_TABLE(ROWS);
    memset(big, ' ', sizeof big);
    memcpy(big, GOOD, strlen(GOOD));
    r = check((assay_span){big, 32768});
    assert_string_equal(told(&r), "");
    r = check((assay_span){big, 32769});
    assert_string_equal(told(&r), "shape 1:1 ");
    r = check((assay_span){big, LIMIT_SVG});
    assert_true(!r.over && r.octets == LIMIT_SVG);
    r = check((assay_span){big, sizeof big});
    assert_true(r.over && r.octets == LIMIT_SVG && r.is_svg);
    assert_string_equal(told(&r), "shape 1:1 ");
}

static void what_is_no_svg_is_told(void **state)
{
    static const char *const ROWS[] = {"",
                                       " ",
                                       "\x89PNG\r\n",
                                       "<html><body/></html>",
                                       "{}",
                                       "\x1F",
                                       "\x1F\x8B\x08",
                                       "<svg xmlns='http://other.example'/>",
                                       "\x1F\x8B\x08\x01\xFF\xFF"};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct svg_report r = check(span_of(ROWS[i]));

        assert_false(r.is_svg);
        assert_int_equal(r.counts[SVG_INVALID], 1);
    }
    assert_true(check(SPAN(HEAD)).is_svg); /* cut short, but an SVG */
    assert_true(check(SPAN("<svg xmlns='x' a='1' a='2'/>")).nproblems > 0);
}

static void depth_and_kinds_have_limits(void **state)
{
    struct buf text = buf_new(1 << 20);
    struct svg_report r;

    (void)state;
    buf_puts(&text, HEAD TITLE);
    for (size_t i = 0; i < 100000; i++)
        buf_puts(&text, "<g>");
    r = check(buf_span(&text));
    assert_string_equal(told(&r), "shape 1:1 ; invalid 1:308 ");
    buf_clear(&text);
    buf_puts(&text, HEAD TITLE SHAPES "<g b=''/>");
    for (size_t i = 0; i < 20000; i++)
        buf_printf(&text, "<g a%zu=''/><g b=''/>", i);
    buf_puts(&text, "</svg>");
    r = check(buf_span(&text));
    assert_int_equal(r.nproblems, 71);
    assert_int_equal(r.counts[SVG_SHAPE], 1);
    assert_int_equal(r.counts[SVG_INVALID], 40001);
    assert_int_equal(r.problems[1].times, 20001); /* told before there was no room */
    buf_clear(&text);
    buf_puts(&text, HEAD TITLE SHAPES "<g");
    for (size_t i = 0; i < 40000;
         i++) /* one tag: its attributes are not looked for again and again */
        buf_printf(&text, " a%zu=''", i);
    buf_puts(&text, "/></svg>");
    r = check(buf_span(&text));
    assert_int_equal(r.counts[SVG_INVALID], 40000);
    buf_done(&text);
}

/** A document, compressed. */
static struct buf compress_document(assay_span document)
{
    struct buf out = buf_new(1 << 25);
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)document.p;
    z.avail_in = (unsigned)document.n;
    z.next_out = (unsigned char *)buf_room(&out, deflateBound(&z, document.n));
    z.avail_out = (unsigned)deflateBound(&z, document.n);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.n = z.total_out;
    deflateEnd(&z);
    return out;
}

static void a_compressed_logo_is_the_same_in_any_cut(void **state)
{
    struct svg_report plain = check(SPAN(WITH("<g style=''/>")));
    struct buf gz;

    (void)state;
    gz = compress_document(SPAN(WITH("<g style=''/>")));
    for (size_t piece = 1; piece <= gz.n; piece++) {
        struct svg_reader *r = svg_reader_new(engine);
        struct svg_report got;

        for (assay_span rest = buf_span(&gz); rest.n; rest = span_from(rest, piece))
            assert_int_equal(svg_reader_feed(r, span_first(rest, piece)), ASSAY_DONE);
        assert_int_equal(svg_reader_end(r, &arena, &got), ASSAY_DONE);
        svg_reader_free(r);
        assert_true(got.gzip && got.is_svg);
        assert_string_equal(told(&got), "invalid 3:4 g style");
        assert_memory_equal(got.sha256, plain.sha256, sizeof plain.sha256);
        assert_memory_equal(got.sha1, plain.sha1, sizeof plain.sha1);
    }
    for (size_t n = 3; n < gz.n; n++) {
        struct svg_report cut = check(span_first(buf_span(&gz), n));

        assert_true(cut.counts[SVG_INVALID] > 0);
    }
    buf_putc(&gz, 'x');
    plain = check(buf_span(&gz));
    assert_string_equal(told(&plain), "invalid 1:1 ; invalid 3:4 g style");
    buf_done(&gz);
}

static void a_bomb_is_stopped(void **state)
{
    static char zeros[1 << 24];
    struct buf gz = compress_document((assay_span){zeros, sizeof zeros});
    struct svg_report r = check(buf_span(&gz));

    (void)state;
    assert_true(gz.n < 1 << 15);
    assert_true(r.over && r.gzip && r.octets == LIMIT_SVG && !r.is_svg);
    buf_done(&gz);
}

static void the_digests_are_of_the_document(void **state)
{
    /* of the empty document (FIPS 180-4) */
    static const uint8_t SHA1[20] = {0xDA, 0x39, 0xA3, 0xEE, 0x5E, 0x6B, 0x4B, 0x0D, 0x32, 0x55,
                                     0xBF, 0xEF, 0x95, 0x60, 0x18, 0x90, 0xAF, 0xD8, 0x07, 0x09};
    struct svg_report r = check(SPAN_EMPTY);

    (void)state;
    assert_memory_equal(r.sha1, SHA1, sizeof SHA1);
    assert_int_equal(r.sha256[0], 0xE3);
    assert_int_equal(r.sha256[31], 0x55);
}

static void memory_that_is_out_is_no_verdict(void **state)
{
    struct buf gz = compress_document(SPAN(WITH("<g style='' onclick=''><script/></g><!-- x -->")));
    struct svg_report r = {0};
    size_t n = 0;
    assay_status s;

    (void)state;
    do {
        arena_done(&arena);
        memory_left = n++;
        s = svg_check(engine, &arena, buf_span(&gz), &r);
        memory_left = SIZE_MAX;
        assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM);
        assert_true(s == ASSAY_DONE || !r.nproblems);
    } while (s != ASSAY_DONE);
    assert_true(n > 10);
    assert_string_equal(told(&r), "invalid 3:4 g style; active 3:13 g onclick; active 3:24 script");
    buf_done(&gz);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_logo_has_no_problems),
        cmocka_unit_test(what_the_schema_does_not_allow_is_told_with_its_place),
        cmocka_unit_test(what_acts_or_reaches_out_is_told),
        cmocka_unit_test(a_shape_that_receivers_do_not_want_is_told),
        cmocka_unit_test(what_is_no_svg_is_told),
        cmocka_unit_test(depth_and_kinds_have_limits),
        cmocka_unit_test(a_compressed_logo_is_the_same_in_any_cut),
        cmocka_unit_test(a_bomb_is_stopped),
        cmocka_unit_test(the_digests_are_of_the_document),
        cmocka_unit_test(memory_that_is_out_is_no_verdict),
    };

    return cmocka_run_group_tests(tests, make_engine, free_engine);
}
