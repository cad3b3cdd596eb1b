/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/buf.c"
#include "base/test_random.h"
#include "crypto/test_openssl.h"
#include "mail/header.c"
#include "mail/message.h"
#include "mail/test_naive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    EVERYTHING = MESSAGE_BARE_LF | MESSAGE_BARE_CR | MESSAGE_NUL | MESSAGE_LONG_LINE,
    SOME_LENGTH = 7
};

static assay_engine *engine;

/* ---- reading a message in pieces ---- */

/** Say which digests are wanted: both wholes, and a part of each. */
static void want_digests(struct message *m)
{
    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
        assert_int_equal(body_want(&m->body, (enum canon)canon, BODY_WHOLE), ASSAY_DONE);
        assert_int_equal(body_want(&m->body, (enum canon)canon, SOME_LENGTH), ASSAY_DONE);
    }
}

/** Add raw octets as a door does. */
static void add(struct message *m, assay_span raw)
{
    if (m->stage == MESSAGE_HEADER) {
        assay_status s = message_feed(m, &raw);

        assert_true(s == ASSAY_DONE || s == ASSAY_MORE);
        assert_true((s == ASSAY_MORE) == (m->stage == MESSAGE_EOH));
        assert_true(s == ASSAY_MORE || raw.n == 0);
        if (s == ASSAY_MORE)
            want_digests(m);
    }
    if (raw.n)
        assert_int_equal(message_body(m, raw), ASSAY_DONE);
}

/** Add raw octets from a block of memory that ends where they end. */
static void add_copy(struct message *m, assay_span raw)
{
    char *copy = malloc(raw.n ? raw.n : 1);

    assert_non_null(copy);
    if (raw.n)
        memcpy(copy, raw.p, raw.n);
    add(m, (assay_span){copy, raw.n});
    free(copy);
}

/** The message is complete. */
static void end(struct message *m)
{
    if (m->stage == MESSAGE_HEADER) {
        assert_int_equal(message_eoh(m), ASSAY_DONE);
        want_digests(m);
    }
    assert_int_equal(message_eom(m), ASSAY_DONE);
    assert_int_equal(m->stage, MESSAGE_END);
}

/** Read a message in pieces that end at `cuts`, which ascend, and at its end. message_done() it. */
static void read_cut(struct message *m, assay_span raw, const size_t *cuts, size_t n)
{
    size_t at = 0;

    message_init(m, engine, EVERYTHING);
    for (size_t i = 0; i < n; i++) {
        add_copy(m, span_first(span_from(raw, at), cuts[i] - at));
        at = cuts[i];
    }
    add_copy(m, span_from(raw, at));
    end(m);
}

/** Read a message in pieces of `size` octets. message_done() it. */
static void read_by(struct message *m, assay_span raw, size_t size)
{
    message_init(m, engine, EVERYTHING);
    for (; raw.n; raw = span_from(raw, size))
        add_copy(m, span_first(raw, size));
    end(m);
}

/* ---- comparing ---- */

/** Octets as C writes them. */
static void put_shown(struct buf *out, assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        switch (s.p[i]) {
        case '\r': buf_puts(out, "\\r"); break;
        case '\n': buf_puts(out, "\\n"); break;
        case '\0': buf_puts(out, "\\0"); break;
        default: buf_putc(out, s.p[i]); break;
        }
}

/** The fields as one text: `name|value` for each. */
static void put_fields(struct buf *out, const struct header *h)
{
    for (size_t i = 0; i < h->n; i++) {
        buf_puts(out, i ? "  " : "");
        put_shown(out, field_name(h, i));
        buf_putc(out, '|');
        put_shown(out, field_value(h, i));
    }
}

/** Two readings of one message gave the same fields, faults and digests. */
static void must_be_same(const struct message *a, const struct message *b, const char *how,
                         size_t where)
{
    bool fields =
        a->header.n == b->header.n && span_eq(buf_span(&a->header.text), buf_span(&b->header.text));

    for (size_t i = 0; fields && i < a->header.n; i++)
        fields = memcmp(&a->header.fields[i], &b->header.fields[i], sizeof *a->header.fields) == 0;
    if (!fields || a->faults != b->faults) {
        struct buf x = buf_new(4000), y = buf_new(4000);

        put_fields(&x, &a->header);
        put_fields(&y, &b->header);
        fail_msg("%s %zu: wanted faults %u, %zu fields %.*s\n  got faults %u, %zu fields %.*s", how,
                 where, a->faults, a->header.n, SPAN_ARG(buf_span(&x)), b->faults, b->header.n,
                 SPAN_ARG(buf_span(&y)));
    }
    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++)
        for (int part = 0; part < 2; part++) {
            uint64_t length = part ? SOME_LENGTH : BODY_WHOLE;
            const struct body_digest *x = body_find(&a->body, (enum canon)canon, length);
            const struct body_digest *y = body_find(&b->body, (enum canon)canon, length);

            if (!x != !y || (x && memcmp(x->sha256, y->sha256, SHA256_SIZE) != 0))
                fail_msg("%s %zu: another digest of the body", how, where);
        }
}

/** The digests of a body are those of its naive canonical forms. */
static void must_have_body(const struct message *m, assay_span body)
{
    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
        struct buf form = buf_new(2 * body.n + 4);
        uint8_t sha256[SHA256_SIZE];

        naive_body((enum canon)canon, body, &form);
        naive_sha256(buf_span(&form), sha256);
        assert_memory_equal(body_find(&m->body, (enum canon)canon, BODY_WHOLE)->sha256, sha256,
                            SHA256_SIZE);
        buf_done(&form);
    }
}

/** Every other way to cut a message into pieces gives what the whole gives. */
static void cut_everywhere(const struct message *whole, assay_span raw)
{
    static const size_t SIZES[] = {1, 2, 3, 7};
    struct message m;

    for (size_t i = 0; i < COUNT(SIZES); i++) {
        read_by(&m, raw, SIZES[i]);
        must_be_same(whole, &m, "in pieces of", SIZES[i]);
        message_done(&m);
    }
    for (size_t at = 0; at <= raw.n; at++) {
        read_cut(&m, raw, &at, 1);
        must_be_same(whole, &m, "cut at", at);
        message_done(&m);
    }
    for (size_t at = 0; at + 1 <= raw.n; at++) {
        read_cut(&m, raw, (const size_t[]){at, at + 1}, 2);
        must_be_same(whole, &m, "cut around", at);
        message_done(&m);
    }
}

/* ---- messages ---- */

/** A message, its fields, its body and what is odd about it. */
static const struct {
    assay_span raw;
    const char *fields;
    assay_span body;
    unsigned faults;
} MESSAGES[] = {
    {SPAN("From: a@b\r\nTo: c\r\n\r\nHello\r\n"), "From| a@b  To| c", SPAN("Hello\r\n"), 0},
    {SPAN("a:1\r\n 2\r\n\t3\r\nb:\r\n 4\r\n\r\n"), "a|1\\r\\n 2\\r\\n\t3  b|\\r\\n 4", SPAN(""), 0},
    {SPAN("a:b\r\n\r\n\r\n\r\nx \t y \r\n\r\n"), "a|b", SPAN("\r\n\r\nx \t y \r\n\r\n"), 0},
    /* no body, no final CRLF, header only */
    {SPAN("a:b\r\n\r\n"), "a|b", SPAN(""), 0},
    {SPAN("a:b\r\n"), "a|b", SPAN(""), 0},
    {SPAN("a:b"), "a|b", SPAN(""), 0},
    {SPAN("a:b\r\n c"), "a|b\\r\\n c", SPAN(""), 0},
    {SPAN("a:b\r\nc"), "a|b  |c", SPAN(""), MESSAGE_NO_COLON},
    {SPAN("a:b\r\n "), "a|b\\r\\n ", SPAN(""), 0},
    {SPAN("c"), "|c", SPAN(""), MESSAGE_NO_COLON},
    {SPAN("a:b\r\n\r\nbody"), "a|b", SPAN("body"), 0},
    {SPAN("a:b\r\n\r\n\r"), "a|b", SPAN("\r"), MESSAGE_BARE_CR},
    {SPAN("a:b\r"), "a|b", SPAN(""), MESSAGE_BARE_CR},
    {SPAN("a:b\r\n\r"), "a|b  |", SPAN(""), MESSAGE_BARE_CR | MESSAGE_NO_COLON},
    {SPAN("a:b\r\n\rx"), "a|b  |\\rx", SPAN(""), MESSAGE_BARE_CR | MESSAGE_NO_COLON},
    /* no header, nothing at all */
    {SPAN("\r\nbody\r\n"), "", SPAN("body\r\n"), 0},
    {SPAN("\nbody\n"), "", SPAN("body\n"), MESSAGE_BARE_LF},
    {SPAN("\r\n"), "", SPAN(""), 0},
    {SPAN(""), "", SPAN(""), 0},
    /* line ends that are none */
    {SPAN("a:b\nc:d\n\nx\ny\n"), "a|b  c|d", SPAN("x\ny\n"), MESSAGE_BARE_LF},
    {SPAN("a:b\r\nc:d\r\n\r\nx\r\ny\n"), "a|b  c|d", SPAN("x\r\ny\n"), MESSAGE_BARE_LF},
    {SPAN("a:b\nc:d\r\n\r\nx"), "a|b  c|d", SPAN("x"), MESSAGE_BARE_LF},
    {SPAN("a:b\rc:d\r\n\r\nx"), "a|b\\rc:d", SPAN("x"), MESSAGE_BARE_CR},
    {SPAN("a:b\r\r\n\r\nx"), "a|b\\r", SPAN("x"), MESSAGE_BARE_CR},
    {SPAN("a:b\r\n\r\nx\ry"), "a|b", SPAN("x\ry"), MESSAGE_BARE_CR},
    {SPAN("a:b\r\n\r\nx\r\r\n"), "a|b", SPAN("x\r\r\n"), MESSAGE_BARE_CR},
    {SPAN("a:b\r\n\n\r\nx\r\n"), "a|b", SPAN("\r\nx\r\n"), MESSAGE_BARE_LF},
    {SPAN("a:b\r\n\r\r\nx: y\r\n\r\n"), "a|b  |\\r  x| y", SPAN(""),
     MESSAGE_BARE_CR | MESSAGE_NO_COLON},
    /* octets that do not belong there */
    {SPAN("a:b\0c\r\n\r\nx"), "a|b\\0c", SPAN("x"), MESSAGE_NUL},
    {SPAN("a:b\r\n\r\n\0"), "a|b", SPAN("\0"), MESSAGE_NUL},
    {SPAN("\0a:b\r\n\r\n"), "\\0a|b", SPAN(""), MESSAGE_NUL},
    {SPAN("a:\377\r\nb\303\274: c\r\n\r\n\200"), "a|\377  b\303\274| c", SPAN("\200"), 0},
    /* lines that are no fields */
    {SPAN("a:b\r\nno colon\r\nc:d\r\n\r\n"), "a|b  |no colon  c|d", SPAN(""), MESSAGE_NO_COLON},
    {SPAN("no colon\r\n more: of it\r\n\r\n"), "|no colon\\r\\n more: of it", SPAN(""),
     MESSAGE_NO_COLON},
    {SPAN(" first: line\r\nc:d\r\n\r\nx"), "| first: line  c|d", SPAN("x"), MESSAGE_NO_COLON},
    {SPAN(":empty name\r\n\r\nx"), "|:empty name", SPAN("x"), MESSAGE_NO_COLON},
    {SPAN("a:b\r\n \r\nc:d\r\n\r\nx"), "a|b\\r\\n   c|d", SPAN("x"), 0},
    /* the separator of an mbox, which only a first line is */
    {SPAN("From a@b Mon Nov 23\r\nA:b\r\n\r\nx"), "A|b", SPAN("x"), 0},
    {SPAN("From a@b Mon Nov 23\nA:b\n\nx"), "A|b", SPAN("x"), MESSAGE_BARE_LF},
    {SPAN("From a@b: c\r\n A:b\r\n\r\nx"), "| A:b", SPAN("x"), MESSAGE_NO_COLON},
    {SPAN("From a@b"), "", SPAN(""), 0},
    {SPAN("From: a@b\r\n\r\nx"), "From| a@b", SPAN("x"), 0},
    {SPAN("From : a@b\r\n\r\nx"), "From| a@b", SPAN("x"), 0},
    {SPAN("A:b\r\nFrom a@b\r\n\r\nx"), "A|b  |From a@b", SPAN("x"), MESSAGE_NO_COLON},
    {SPAN("A:b\r\nFrom : a@b\r\n\r\nx"), "A|b  From| a@b", SPAN("x"), 0},
    {SPAN("\r\nFrom a@b\r\n"), "", SPAN("From a@b\r\n"), 0},
};

static void a_message_is_read_in_every_cut_as_it_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(MESSAGES); i++) {
        struct buf got = buf_new(1000);
        struct message m;

        read_cut(&m, MESSAGES[i].raw, NULL, 0);
        put_fields(&got, &m.header);
        if (!span_is(buf_span(&got), MESSAGES[i].fields) || m.faults != MESSAGES[i].faults)
            fail_msg("message %zu: wanted %s, faults %u\n  got %.*s, faults %u", i,
                     MESSAGES[i].fields, MESSAGES[i].faults, SPAN_ARG(buf_span(&got)), m.faults);
        must_have_body(&m, MESSAGES[i].body);
        cut_everywhere(&m, MESSAGES[i].raw);
        buf_done(&got);
        message_done(&m);
    }
}

static void random_octets_are_read_in_every_cut_as_they_are_whole(void **state)
{
    static const assay_span CHOICES[] = {SPAN("a:\r\n b"), SPAN("ab:: \t\r\n\n\0"),
                                         SPAN("From :\r\n"), SPAN("\r\n")};

    (void)state;
    for (size_t round = 0; round < 1500; round++) {
        const assay_span *choice = &CHOICES[round % COUNT(CHOICES)];
        char octets[40];
        assay_span raw = {octets, random_below(sizeof octets)};
        struct message m;

        random_fill(octets, raw.n, choice->p, choice->n, 1 + round % 4);
        read_cut(&m, raw, NULL, 0);
        cut_everywhere(&m, raw);
        message_done(&m);
    }
}

/* ---- long lines ---- */

/** Append `n` octets of text. */
static void put_text(struct buf *out, size_t n)
{
    while (n--)
        buf_putc(out, 'x');
}

static void a_line_over_998_octets_is_seen_wherever_it_is_cut(void **state)
{
    static const char *const ENDS[] = {"\r\n", "\n", "", "\r"};

    (void)state;
    for (size_t n = 997; n <= 1000; n++)
        for (size_t where = 0; where < 4;
             where++) /* in the header, at its end, in the body, at its end */
            for (size_t end_of = 0; end_of < COUNT(ENDS); end_of++) {
                bool last = where % 2;
                struct buf raw = buf_new(4000);
                struct message whole, m;
                unsigned want;

                buf_puts(&raw, where < 2 ? "a:" : "a:b\r\n\r\nxx");
                put_text(&raw, n - 2);
                buf_puts(&raw, last ? ENDS[end_of] : end_of % 2 ? "\n" : "\r\n");
                buf_puts(&raw, last ? "" : where < 2 ? "c:d\r\n\r\n" : "y");
                read_cut(&whole, buf_span(&raw), NULL, 0);
                want = n > 998 || (last && n == 998 && end_of == 3 && where < 2) ? MESSAGE_LONG_LINE
                                                                                 : 0;
                if ((whole.faults & MESSAGE_LONG_LINE) != want)
                    fail_msg("%zu octets, %zu, %zu: wanted %u, got %u", n, where, end_of, want,
                             whole.faults);
                for (size_t at = raw.n > 1010 ? 990 : 985; at <= raw.n; at++) {
                    read_cut(&m, buf_span(&raw), &at, 1);
                    must_be_same(&whole, &m, "cut at", at);
                    message_done(&m);
                }
                read_by(&m, buf_span(&raw), 1);
                must_be_same(&whole, &m, "in pieces of", 1);
                message_done(&m);
                message_done(&whole);
                buf_done(&raw);
            }
}

static void faults_that_do_not_matter_are_not_looked_for(void **state)
{
    struct message m;

    (void)state;
    message_init(&m, engine, 0);
    add(&m, SPAN("no colon\na:\0\r\r\n\r\n\n\r\0"));
    end(&m);
    assert_int_equal(m.faults, MESSAGE_NO_COLON);
    message_done(&m);
}

static void every_fault_has_its_words_and_the_worst_comes_first(void **state)
{
    static const struct {
        unsigned faults;
        const char *want;
    } ROWS[] = {
        {0, ""},
        {MESSAGE_BARE_LF, "a LF without CR"},
        {MESSAGE_BARE_CR, "a CR without LF"},
        {MESSAGE_NUL, "a NUL octet"},
        {MESSAGE_NO_COLON, "a header line without a colon"},
        {MESSAGE_LONG_LINE, "a line over 998 octets"},
        {MESSAGE_LIMIT, "the header is over a limit"},
        {MESSAGE_LIMIT | MESSAGE_NUL, "the header is over a limit"},
        {MESSAGE_BARE_LF | MESSAGE_BARE_CR, "a LF without CR"},
        {1u << 20, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++)
        assert_string_equal(message_fault_text(ROWS[i].faults), ROWS[i].want);
}

/* ---- limits ---- */

/**
 * Read a message in pieces of several sizes; all give the same. message_done() the first, which is
 * left in `whole`.
 */
static void read_large(struct message *whole, assay_span raw)
{
    static const size_t SIZES[] = {13, 4096, 65536, 1000003};
    struct message m;

    read_cut(whole, raw, NULL, 0);
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        read_by(&m, raw, SIZES[i]);
        must_be_same(whole, &m, "in pieces of", SIZES[i]);
        assert_true(m.line.cap <= LIMIT_HEADER);
        message_done(&m);
    }
}

static void a_header_at_the_limit_of_octets_is_read_and_over_it_cut_off(void **state)
{
    struct buf raw = buf_new(3 << 20);

    (void)state;
    for (int over = 0; over < 2; over++) {
        struct message m;

        buf_clear(&raw);
        buf_puts(&raw, "From: a@b\r\nlong:");
        put_text(&raw, LIMIT_HEADER - raw.n - 2 + (size_t)over);
        buf_puts(&raw, "\r\n\r\nbody");
        read_large(&m, buf_span(&raw));
        assert_int_equal(m.header.n, over ? 1 : 2);
        assert_int_equal(m.header.text.n, over ? 11 : LIMIT_HEADER);
        assert_int_equal(m.faults,
                         MESSAGE_LONG_LINE * (unsigned)!over | MESSAGE_LIMIT * (unsigned)over);
        must_have_body(&m, SPAN("body"));
        message_done(&m);
    }
    buf_done(&raw);
}

static void behind_a_limit_the_rest_of_the_header_is_dropped(void **state)
{
    static const assay_span REST[] = {
        SPAN("\r\nFrom: evil@b\r\n more\r\n\r\nbody"), /* fields that would fit again */
        SPAN(": x\r\n From: evil@b\r\n\r\nbody"),      SPAN("\nFrom: evil@b\n\nbody"),
        SPAN("\r\nno colon \0\r\r\n\r\nbody"),         SPAN("\r\n\r\nbody"),
    };
    struct buf raw = buf_new(3 << 20);

    (void)state;
    for (size_t i = 0; i < COUNT(REST); i++)
        for (size_t longest = LIMIT_HEADER - 20; longest <= 2 * LIMIT_HEADER + 7;
             longest += LIMIT_HEADER / 2) {
            struct message m;

            buf_clear(&raw);
            buf_puts(&raw, "a: b\r\nc: padding padding\r\n");
            put_text(&raw, longest);
            buf_put(&raw, REST[i]);
            read_large(&m, buf_span(&raw));
            assert_int_equal(m.header.n, 2);
            assert_true(m.faults & MESSAGE_LIMIT);
            assert_int_equal(header_count(&m.header, SPAN("From")), 0);
            must_have_body(&m, SPAN("body"));
            message_done(&m);
        }
    buf_done(&raw);
}

static void a_separator_of_any_length_is_still_bounded(void **state)
{
    struct buf raw = buf_new(3 << 20);
    struct message m;

    (void)state;
    buf_puts(&raw, "From ");
    put_text(&raw, LIMIT_HEADER);
    buf_puts(&raw, "\r\na:b\r\n\r\nbody");
    read_large(&m, buf_span(&raw));
    assert_int_equal(m.faults, MESSAGE_LIMIT);
    assert_int_equal(m.header.n, 0);
    must_have_body(&m, SPAN("body"));
    message_done(&m);
    buf_done(&raw);
}

static void fields_over_the_limit_are_dropped_with_what_continues_them(void **state)
{
    struct buf raw = buf_new(1 << 20);
    struct message m;

    (void)state;
    for (size_t i = 0; i < LIMIT_FIELDS; i++)
        buf_puts(&raw, "a:b\r\n");
    read_large(&m, buf_span(&raw));
    assert_int_equal(m.faults, 0);
    message_done(&m);
    buf_puts(&raw, "c:d\r\n e\r\nf:g\r\n\r\nbody");
    read_large(&m, buf_span(&raw));
    assert_int_equal(m.faults, MESSAGE_LIMIT);
    assert_int_equal(m.header.n, LIMIT_FIELDS);
    assert_true(span_is(field_raw(&m.header, LIMIT_FIELDS - 1), "a:b\r\n"));
    must_have_body(&m, SPAN("body"));
    message_done(&m);
    buf_done(&raw);
}

/* ---- as a milter gives it ---- */

/** A field of a milter. */
struct part {
    assay_span name, value;
};

/** Read a message in a milter's pieces. message_done() it. */
static void read_milter(struct message *m, const struct part *fields, size_t n, assay_span body)
{
    message_init(m, engine, EVERYTHING);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(message_header(m, fields[i].name, fields[i].value), ASSAY_DONE);
    assert_int_equal(message_eoh(m), ASSAY_DONE);
    assert_int_equal(m->stage, MESSAGE_EOH);
    want_digests(m);
    for (; body.n; body = span_from(body, 3))
        assert_int_equal(message_body(m, span_first(body, 3)), ASSAY_DONE);
    end(m);
}

static void a_milter_gives_the_message_that_the_raw_octets_give(void **state)
{
    static const struct part FIELDS[] = {{SPAN("Received"), SPAN(" from a\r\n\tby b")},
                                         {SPAN("From"), SPAN(" a@b")},
                                         {SPAN("Subject "), SPAN("")}};
    struct message milter, raw;

    (void)state;
    read_milter(&milter, FIELDS, COUNT(FIELDS), SPAN("text\r\n\r\n"));
    read_cut(&raw, SPAN("Received: from a\r\n\tby b\r\nFrom: a@b\r\nSubject :\r\n\r\ntext\r\n\r\n"),
             NULL, 0);
    must_be_same(&raw, &milter, "milter", 0);
    message_done(&milter);
    message_done(&raw);
}

static void faults_of_milter_fields_are_those_of_raw_ones_but_for_line_ends(void **state)
{
    static const struct {
        assay_span value;
        unsigned want;
    } ROWS[] = {
        {SPAN(" a\n b\n c"), 0}, /* this is how a milter parts lines */
        {SPAN(" a\r\n b"), 0},
        {SPAN(""), 0},
        {SPAN(" a\rb"), MESSAGE_BARE_CR},
        {SPAN(" a\r\r\n b"), MESSAGE_BARE_CR},
        {SPAN(" a\0b"), MESSAGE_NUL},
        {SPAN(" a\n\0"), MESSAGE_NUL},
        {SPAN(" \377"), 0},
    };
    struct message m;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const struct part field = {SPAN("a"), ROWS[i].value};

        read_milter(&m, &field, 1, SPAN(""));
        if (m.faults != ROWS[i].want)
            fail_msg("row %zu: wanted %u, got %u", i, ROWS[i].want, m.faults);
        message_done(&m);
    }
    read_milter(&m, &(const struct part){SPAN("a\0"), SPAN("b")}, 1, SPAN("x\ny"));
    assert_int_equal(m.faults,
                     MESSAGE_NUL | MESSAGE_BARE_LF); /* the body's LF is bare all the same */
    message_done(&m);
}

static void a_long_line_of_a_milter_field_is_seen(void **state)
{
    struct buf value = buf_new(4000);
    struct message m;

    (void)state;
    for (size_t n = 998; n <= 999; n++)
        for (int folded = 0; folded < 2; folded++) {
            struct part field = {SPAN("a"), SPAN_EMPTY};

            buf_clear(&value);
            buf_puts(&value, folded ? "x\r\n" : "");
            put_text(&value, n);
            buf_puts(&value, folded ? "\n x" : "");
            field.value = buf_span(&value);
            read_milter(&m, &field, 1, SPAN(""));
            assert_int_equal(m.faults, n > 998 ? MESSAGE_LONG_LINE : 0);
            message_done(&m);
        }
    buf_done(&value);
}

static void milter_fields_over_the_limits_are_dropped_and_all_behind_them(void **state)
{
    static char value[LIMIT_HEADER];
    struct message m;

    (void)state;
    memset(value, 'x', sizeof value);
    message_init(&m, engine, EVERYTHING);
    assert_int_equal(message_header(&m, SPAN("a"), SPAN("b")), ASSAY_DONE);
    assert_int_equal(message_header(&m, SPAN("long"), (assay_span){value, sizeof value}),
                     ASSAY_DONE);
    assert_int_equal(message_header(&m, SPAN("From"), SPAN("evil@b\0")), ASSAY_DONE);
    assert_int_equal(m.header.n, 1);
    assert_int_equal(m.faults, MESSAGE_LIMIT);
    message_done(&m);
    message_init(&m, engine, EVERYTHING);
    for (size_t i = 0; i < LIMIT_FIELDS + 3; i++)
        assert_int_equal(message_header(&m, SPAN("a"), SPAN("b")), ASSAY_DONE);
    assert_int_equal(m.header.n, LIMIT_FIELDS);
    assert_int_equal(m.faults, MESSAGE_LIMIT);
    message_done(&m);
}

/* ---- memory ---- */

/**
 * Feed, each call with `left` allocations at first and one more each time it fails. \return how
 * often it failed
 */
static size_t feed_scarcely(struct message *m, assay_span raw)
{
    size_t failures = 0;

    while (raw.n && m->stage == MESSAGE_HEADER) {
        assay_status s = ASSAY_ENOMEM;

        for (size_t left = 0; s == ASSAY_ENOMEM; left++) {
            memory_left = left;
            s = message_feed(m, &raw);
            memory_left = SIZE_MAX;
            failures += s == ASSAY_ENOMEM;
        }
        assert_int_equal(s, m->stage == MESSAGE_EOH ? ASSAY_MORE : ASSAY_DONE);
    }
    if (m->stage == MESSAGE_EOH && m->body.streams[0].n == 0)
        want_digests(m);
    if (raw.n)
        assert_int_equal(message_body(m, raw), ASSAY_DONE);
    return failures;
}

static void a_header_for_which_memory_is_short_is_read_when_there_is_more(void **state)
{
    static const size_t SIZES[] = {1, 5, 16, 100, 100000};
    struct buf raw = buf_new(1 << 16);
    struct message whole;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        buf_puts(&raw, i % 3 ? "Some-Field: with some\r\n value\r\n" : "no colon\n");
    put_text(&raw, 3000);
    buf_puts(&raw, "\r\n\r\nbody");
    read_cut(&whole, buf_span(&raw), NULL, 0);
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        assay_span rest = buf_span(&raw);
        size_t failures = 0;
        struct message m;

        message_init(&m, engine, EVERYTHING);
        for (; rest.n; rest = span_from(rest, SIZES[i]))
            failures += feed_scarcely(&m, span_first(rest, SIZES[i]));
        assert_in_range(failures, 3, 200);
        end(&m);
        must_be_same(&whole, &m, "in pieces of", SIZES[i]);
        message_done(&m);
    }
    message_done(&whole);
    buf_done(&raw);
}

static void the_end_of_a_header_can_be_repeated_when_memory_is_short(void **state)
{
    struct message m;
    assay_span raw = SPAN("a:b");

    (void)state;
    message_init(&m, engine, 0);
    assert_int_equal(message_feed(&m, &raw), ASSAY_DONE);
    memory_left = 0;
    assert_int_equal(message_eoh(&m), ASSAY_ENOMEM);
    assert_int_equal(m.stage, MESSAGE_HEADER);
    memory_left = SIZE_MAX;
    assert_int_equal(message_eoh(&m), ASSAY_DONE);
    assert_int_equal(message_eoh(&m), ASSAY_DONE);
    assert_int_equal(m.header.n, 1);
    assert_true(span_is(field_raw(&m.header, 0), "a:b"));
    message_done(&m);
}

static void a_milter_field_for_which_memory_is_short_can_be_given_again(void **state)
{
    struct message m;
    size_t failures = 0;

    (void)state;
    message_init(&m, engine, 0);
    for (size_t i = 0; i < 200; i++) {
        assay_status s = ASSAY_ENOMEM;

        for (size_t left = 0; s == ASSAY_ENOMEM; left++) {
            memory_left = left;
            s = message_header(&m, SPAN("Name"), SPAN(" value"));
            memory_left = SIZE_MAX;
            failures += s == ASSAY_ENOMEM;
        }
        assert_int_equal(s, ASSAY_DONE);
        assert_int_equal(m.header.n, i + 1);
    }
    assert_in_range(failures, 6, 30);
    assert_int_equal(m.faults, 0);
    message_done(&m);
}

static void a_body_that_cannot_begin_for_want_of_memory_begins_later(void **state)
{
    struct message m, plenty;
    assay_span raw = SPAN("a:b\r\n\r\n");
    assay_status s = ASSAY_ENOMEM;
    size_t failures = 0;

    (void)state;
    read_cut(&plenty, SPAN("a:b\r\n\r\nbo\ndy"), NULL, 0);
    message_init(&m, engine, EVERYTHING);
    assert_int_equal(message_feed(&m, &raw), ASSAY_MORE);
    want_digests(&m);
    for (size_t left = 0; s == ASSAY_ENOMEM; left++) {
        memory_left = left;
        s = message_body(&m, SPAN_EMPTY);
        memory_left = SIZE_MAX;
        failures += s == ASSAY_ENOMEM;
    }
    assert_in_range(failures, 1, 10);
    assert_int_equal(message_body(&m, SPAN("bo\ndy")), ASSAY_DONE);
    end(&m);
    must_be_same(&plenty, &m, "begun late", 0);
    message_done(&m);
    message_done(&plenty);
}

/** One engine for all tests. */
static int make_engine(void **state)
{
    (void)state;
    return openssl_memory_is_scarce() && assay_engine_new(0, &engine) == ASSAY_DONE ? 0 : -1;
}

static int drop_engine(void **state)
{
    (void)state;
    assay_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_read_in_every_cut_as_it_is_whole),
        cmocka_unit_test(random_octets_are_read_in_every_cut_as_they_are_whole),
        cmocka_unit_test(a_line_over_998_octets_is_seen_wherever_it_is_cut),
        cmocka_unit_test(faults_that_do_not_matter_are_not_looked_for),
        cmocka_unit_test(every_fault_has_its_words_and_the_worst_comes_first),
        cmocka_unit_test(a_header_at_the_limit_of_octets_is_read_and_over_it_cut_off),
        cmocka_unit_test(behind_a_limit_the_rest_of_the_header_is_dropped),
        cmocka_unit_test(a_separator_of_any_length_is_still_bounded),
        cmocka_unit_test(fields_over_the_limit_are_dropped_with_what_continues_them),
        cmocka_unit_test(a_milter_gives_the_message_that_the_raw_octets_give),
        cmocka_unit_test(faults_of_milter_fields_are_those_of_raw_ones_but_for_line_ends),
        cmocka_unit_test(a_long_line_of_a_milter_field_is_seen),
        cmocka_unit_test(milter_fields_over_the_limits_are_dropped_and_all_behind_them),
        cmocka_unit_test(a_header_for_which_memory_is_short_is_read_when_there_is_more),
        cmocka_unit_test(the_end_of_a_header_can_be_repeated_when_memory_is_short),
        cmocka_unit_test(a_milter_field_for_which_memory_is_short_can_be_given_again),
        cmocka_unit_test(a_body_that_cannot_begin_for_want_of_memory_begins_later),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
