/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_random.h"
#include "mail/canon.h"
#include "mail/test_naive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static assay_engine *engine;

/* ---- the reference: RFC 6376 3.4.1 and 3.4.2 in so many steps ---- */

/** A field's name: what stands before the colon and its blanks. */
static assay_span name_of(assay_span raw)
{
    assay_span name = span_first(raw, span_find(raw, ':'));

    while (name.n && ascii_wsp(name.p[name.n - 1]))
        name.n--;
    return name;
}

/** The simple form: as it is, but for line ends that are LF alone. */
static void naive_simple(assay_span raw, struct buf *out)
{
    naive_line_ends(raw, out);
}

/** White space, a line end included; a CR alone is none. */
static bool is_white(assay_span s, size_t i)
{
    return ascii_wsp(s.p[i]) || s.p[i] == '\n' ||
           (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n');
}

/**
 * The relaxed form: name in lower case, no white space beside the colon or at the end, elsewhere
 * one space.
 */
static void naive_relaxed(assay_span raw, struct buf *out)
{
    assay_span name = name_of(raw), value = span_from(raw, span_find(raw, ':') + 1);
    bool begun = false, blank = false;

    for (size_t i = 0; i < name.n; i++)
        buf_putc(out, ascii_lower(name.p[i]));
    buf_putc(out, ':');
    for (size_t i = 0; i < value.n; i++) {
        if (is_white(value, i)) {
            blank = true;
            continue;
        }
        if (blank && begun)
            buf_putc(out, ' ');
        buf_putc(out, value.p[i]);
        begun = true;
        blank = false;
    }
}

/** A field without its final line end. */
static assay_span without_end(assay_span raw)
{
    raw.n -= raw.n && raw.p[raw.n - 1] == '\n';
    raw.n -= raw.n && raw.p[raw.n - 1] == '\r';
    return raw;
}

/** A field in canonical form, without CRLF at its end. */
static void naive_field(enum canon canon, assay_span raw, struct buf *out)
{
    if (canon == CANON_SIMPLE)
        naive_simple(without_end(raw), out);
    else
        naive_relaxed(without_end(raw), out);
}

/* ---- comparing ---- */

/** The digest that canon_field() makes of a field. */
static void digest_field(enum canon canon, assay_span raw, uint8_t out[SHA256_SIZE])
{
    struct digest d;

    assert_int_equal(digest_begin(&d, engine), ASSAY_DONE);
    assert_int_equal(canon_field(&d, canon, name_of(raw), raw), ASSAY_DONE);
    assert_int_equal(digest_end(&d, out), ASSAY_DONE);
    digest_done(&d);
}

/** The digest that canon_signature() makes of a field. */
static void digest_signature(enum canon canon, assay_span raw, assay_span b,
                             uint8_t out[SHA256_SIZE])
{
    struct digest d;

    assert_int_equal(digest_begin(&d, engine), ASSAY_DONE);
    assert_int_equal(canon_signature(&d, canon, name_of(raw), raw, b), ASSAY_DONE);
    assert_int_equal(digest_end(&d, out), ASSAY_DONE);
    digest_done(&d);
}

/** Octets as C writes them. */
static void show(const char *what, assay_span s)
{
    printf("%s", what);
    for (size_t i = 0; i < s.n; i++)
        printf(s.p[i] >= ' ' && s.p[i] <= '~' ? "%c" : "\\%03o", (unsigned char)s.p[i]);
    printf("\n");
}

/** The digest is that of this text. */
static void must_be_digest_of(const uint8_t got[SHA256_SIZE], assay_span raw, assay_span want)
{
    uint8_t sha256[SHA256_SIZE];

    naive_sha256(want, sha256);
    if (memcmp(got, sha256, SHA256_SIZE) == 0)
        return;
    show("of     ", raw);
    show("wanted the digest of ", want);
    fail();
}

/** Whatever its last line end is, a field has one CRLF in canonical form. */
static void check_field(enum canon canon, assay_span raw, assay_span want)
{
    static const char *const ENDS[] = {"", "\n", "\r\n"};
    struct buf text = buf_new(1 << 16), with_crlf = buf_new(1 << 16);
    uint8_t got[SHA256_SIZE];

    buf_put(&with_crlf, want);
    buf_puts(&with_crlf, "\r\n");
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        buf_clear(&text);
        buf_put(&text, raw);
        buf_puts(&text, ENDS[i]);
        digest_field(canon, buf_span(&text), got);
        must_be_digest_of(got, buf_span(&text), buf_span(&with_crlf));
    }
    buf_done(&text);
    buf_done(&with_crlf);
}

/* ---- fields ---- */

/** A field without its final line end, and both its forms. */
static const struct {
    assay_span raw, simple, relaxed;
} FIELDS[] = {
    /* RFC 6376 3.4.5, examples 1 and 2 */
    {SPAN("A: X"), SPAN("A: X"), SPAN("a:X")},
    {SPAN("B : Y\t\r\n\tZ  "), SPAN("B : Y\t\r\n\tZ  "), SPAN("b:Y Z")},
    /* RFC 6376 3.4.2 */
    {SPAN("SUBJect: AbC"), SPAN("SUBJect: AbC"), SPAN("subject:AbC")},
    {SPAN("Subject \t :\t \tAbC"), SPAN("Subject \t :\t \tAbC"), SPAN("subject:AbC")},
    {SPAN("a:\r\n b\r\n  c\r\n\td"), SPAN("a:\r\n b\r\n  c\r\n\td"), SPAN("a:b c d")},
    {SPAN("a: b \t c"), SPAN("a: b \t c"), SPAN("a:b c")},
    {SPAN("a:"), SPAN("a:"), SPAN("a:")},
    {SPAN("a:  \r\n \t"), SPAN("a:  \r\n \t"), SPAN("a:")},
    {SPAN("a:b:c : d"), SPAN("a:b:c : d"), SPAN("a:b:c : d")},
    {SPAN("a: =?utf-8?q?b?=\r\n  =?utf-8?q?c?="), SPAN("a: =?utf-8?q?b?=\r\n  =?utf-8?q?c?="),
     SPAN("a:=?utf-8?q?b?= =?utf-8?q?c?=")},
    /* a LF alone ends a line all the same */
    {SPAN("a: b\n c"), SPAN("a: b\r\n c"), SPAN("a:b c")},
    {SPAN("a:\n\n b"), SPAN("a:\r\n\r\n b"), SPAN("a:b")},
    /* a CR alone is no white space */
    {SPAN("a: b\rc"), SPAN("a: b\rc"), SPAN("a:b\rc")},
    {SPAN("a: \r b \r\r\n c"), SPAN("a: \r b \r\r\n c"), SPAN("a:\r b \r c")},
    /* octets of any value */
    {SPAN("a: \0 \377\v\f"), SPAN("a: \0 \377\v\f"), SPAN("a:\0 \377\v\f")},
    {SPAN("\303\204: x"), SPAN("\303\204: x"), SPAN("\303\204:x")},
};

static void the_examples_and_rules_of_rfc_6376_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(FIELDS); i++) {
        check_field(CANON_SIMPLE, FIELDS[i].raw, FIELDS[i].simple);
        check_field(CANON_RELAXED, FIELDS[i].raw, FIELDS[i].relaxed);
    }
}

static void the_reference_gives_the_forms_of_the_table(void **state)
{
    struct buf out = buf_new(1000);

    (void)state;
    for (size_t i = 0; i < COUNT(FIELDS); i++) {
        buf_clear(&out);
        naive_field(CANON_SIMPLE, FIELDS[i].raw, &out);
        assert_true(span_eq(buf_span(&out), FIELDS[i].simple));
        buf_clear(&out);
        naive_field(CANON_RELAXED, FIELDS[i].raw, &out);
        assert_true(span_eq(buf_span(&out), FIELDS[i].relaxed));
    }
    buf_done(&out);
}

/** Make a random field. */
static void random_field(struct buf *raw, size_t n, size_t run)
{
    static const assay_span CHOICE = SPAN("abcXYZ= ;:\t \r\n\377");
    char octets[2000];
    size_t name = 1 + random_below(20);

    buf_clear(raw);
    random_fill(octets, name, "aB-Xy", 5, run * 20);
    buf_put(raw, (assay_span){octets, name});
    buf_puts(raw, random_below(4) ? ":" : " \t:");
    random_fill(octets, n, CHOICE.p, CHOICE.n, run);
    buf_put(raw, (assay_span){octets, n});
}

static void random_fields_have_the_digests_of_the_reference(void **state)
{
    struct buf raw = buf_new(1 << 16), want = buf_new(1 << 16);

    (void)state;
    for (size_t round = 0; round < 3000; round++)
        for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
            uint8_t got[SHA256_SIZE];

            random_field(&raw, random_below(round % 10 ? 100 : 2000), 1 + round % 40);
            buf_clear(&want);
            naive_field((enum canon)canon, buf_span(&raw), &want);
            buf_puts(&want, "\r\n");
            digest_field((enum canon)canon, buf_span(&raw), got);
            must_be_digest_of(got, buf_span(&raw), buf_span(&want));
        }
    buf_done(&raw);
    buf_done(&want);
}

static void names_and_words_longer_than_any_buffer_inside_are_taken(void **state)
{
    struct buf raw = buf_new(1 << 20), want = buf_new(1 << 20);

    (void)state;
    for (size_t n = 240; n < 1100; n += n < 270 ? 1 : 97) {
        buf_clear(&raw);
        buf_clear(&want);
        for (size_t i = 0; i < n; i++)
            buf_putc(&raw, i % 3 ? 'N' : 'm');
        buf_puts(&raw, ": ");
        for (size_t i = 0; i < n; i++)
            buf_putc(&raw, 'w');
        buf_puts(&raw, " \t ");
        for (size_t i = 0; i < n; i++)
            buf_puts(&raw, i % 2 ? "v " : "u\t");
        naive_field(CANON_RELAXED, buf_span(&raw), &want);
        check_field(CANON_RELAXED, buf_span(&raw), buf_span(&want));
        check_field(CANON_SIMPLE, buf_span(&raw), buf_span(&raw));
    }
    buf_done(&raw);
    buf_done(&want);
}

/* ---- a signature's own field ---- */

/**
 * A signature: what stands before the value of b=, the value, and what follows; then both forms
 * (RFC 6376 3.7).
 */
static const struct {
    const char *head, *b, *tail, *simple, *relaxed;
} SIGNATURES[] = {
    {"DKIM-Signature: v=1; b=", "c2ln", "", "DKIM-Signature: v=1; b=", "dkim-signature:v=1; b="},
    {"A: v=1; b=", "c2ln", "; h=from", "A: v=1; b=; h=from", "a:v=1; b=; h=from"},
    {"A: b=", "c2ln", ";", "A: b=;", "a:b=;"},
    {"A: b=", "", "; c=d", "A: b=; c=d", "a:b=; c=d"},
    {"A: b=", "", "", "A: b=", "a:b="},
    /* white space inside the value goes with it */
    {"A: b=", "c2\r\n\tln  xx", "; c=d", "A: b=; c=d", "a:b=; c=d"},
    /* "including all surrounding whitespace" (RFC 6376 3.7) */
    {"A: b= ", "c2ln", " ; c=d", "A: b=; c=d", "a:b=; c=d"},
    {"A: a=x; b=\r\n\t ", "c2ln", "\r\n\t; c=d", "A: a=x; b=; c=d", "a:a=x; b=; c=d"},
    {"A: b=\n ", "c2ln", "\n ;\n c=d", "A: b=;\r\n c=d", "a:b=; c=d"},
    {"A: c=d; b=\r\n ", "c2ln", "\r\n ", "A: c=d; b=", "a:c=d; b="},
    /* ... but not before the equals sign, nor of other tags */
    {"A: b =", "c2ln", "; c=d", "A: b =; c=d", "a:b =; c=d"},
    {"A:  b\r\n =\r\n ", "c2ln", " ;\r\n c=d", "A:  b\r\n =;\r\n c=d", "a:b =; c=d"},
    {"A: bh=xx ; b=", "c2ln", ";  z=  a  b ", "A: bh=xx ; b=;  z=  a  b ", "a:bh=xx ; b=; z= a b"},
};

/** Check a signature of three parts. */
static void check_signature(enum canon canon, const char *const parts[3], assay_span want)
{
    static const char *const ENDS[] = {"", "\n", "\r\n"};
    size_t head = strlen(parts[0]), n = strlen(parts[1]);
    uint8_t got[SHA256_SIZE];

    for (size_t i = 0; i < COUNT(ENDS); i++) {
        struct buf raw = buf_new(1 << 16);

        for (size_t k = 0; k < 3; k++)
            buf_puts(&raw, parts[k]);
        buf_puts(&raw, ENDS[i]);
        digest_signature(canon, buf_span(&raw), (assay_span){raw.p + head, n}, got);
        must_be_digest_of(got, buf_span(&raw), want);
        buf_done(&raw);
    }
}

static void the_value_of_b_is_taken_out_with_the_white_space_around_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(SIGNATURES); i++) {
        const char *const parts[3] = {SIGNATURES[i].head, SIGNATURES[i].b, SIGNATURES[i].tail};

        check_signature(CANON_SIMPLE, parts, span_of(SIGNATURES[i].simple));
        check_signature(CANON_RELAXED, parts, span_of(SIGNATURES[i].relaxed));
    }
}

/** Append up to `most` random octets, and end the text by NUL. */
static void add_random(char *text, size_t most, const char *choice)
{
    size_t at = strlen(text), n = random_below(most + 1);

    random_fill(text + at, n, choice, strlen(choice), 4);
    text[at + n] = '\0';
}

static void random_signatures_have_the_digests_of_the_reference(void **state)
{
    (void)state;
    for (size_t round = 0; round < 3000; round++) {
        char head[300] = "A:", b[30] = "", tail[300] = "", without[700];
        enum canon canon = round % 2 ? CANON_RELAXED : CANON_SIMPLE;
        struct buf want = buf_new(1 << 16);
        size_t behind;

        add_random(head, 200, "abc=;: \t\r\n");
        memcpy(head + strlen(head), "; b=", 5);
        behind = strlen(head);
        add_random(head, 10, " \t\r\n");
        memcpy(b, "a", 2);
        add_random(b, 20, "abcd+/\n ");
        memcpy(b + strlen(b), "z", 2);
        add_random(tail, 10, " \t\r\n");
        memcpy(tail + strlen(tail), ";", 2);
        add_random(tail, 100, "abc=;: \t\r\n");
        memcpy(tail + strlen(tail), "x", 2); /* no line end of its own */
        snprintf(without, sizeof without, "%.*s%s", (int)behind, head, strchr(tail, ';'));
        naive_field(canon, span_of(without), &want);
        check_signature(canon, (const char *const[3]){head, b, tail}, buf_span(&want));
        buf_done(&want);
    }
}

/** One engine for all tests. */
static int make_engine(void **state)
{
    (void)state;
    return assay_engine_new(0, &engine) == ASSAY_DONE ? 0 : -1;
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
        cmocka_unit_test(the_reference_gives_the_forms_of_the_table),
        cmocka_unit_test(the_examples_and_rules_of_rfc_6376_hold),
        cmocka_unit_test(random_fields_have_the_digests_of_the_reference),
        cmocka_unit_test(names_and_words_longer_than_any_buffer_inside_are_taken),
        cmocka_unit_test(the_value_of_b_is_taken_out_with_the_white_space_around_it),
        cmocka_unit_test(random_signatures_have_the_digests_of_the_reference),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
