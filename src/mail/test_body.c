/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/base64.h"
#include "base/test_random.h"
#include "crypto/test_openssl.h"
#include "mail/test_naive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static assay_engine *engine;

/* ---- reading bodies ---- */

/** A digest as hexadecimal. */
static const char *hex(const uint8_t sha256[SHA256_SIZE], char out[2 * SHA256_SIZE + 1])
{
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", sha256[i]);
    return out;
}

/**
 * Begin a body of which `lengths` are wanted in both canonicalizations, and the whole. body_done()
 * it.
 */
static void begin(struct body *b, const uint64_t *lengths, size_t n)
{
    body_init(b);
    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
        for (size_t i = 0; i < n; i++)
            assert_int_equal(body_want(b, (enum canon)canon, lengths[i]), ASSAY_DONE);
        assert_int_equal(body_want(b, (enum canon)canon, BODY_WHOLE), ASSAY_DONE);
    }
    assert_int_equal(body_begin(b, engine), ASSAY_DONE);
}

/**
 * Add a body in pieces of 1 to `most` octets. Each is a block of its own: nothing beside it may be
 * looked at.
 */
static void add_pieces(struct body *b, assay_span body, size_t most)
{
    while (body.n) {
        assay_span piece = span_first(body, 1 + random_below(most));
        char *copy = malloc(piece.n);

        assert_non_null(copy);
        memcpy(copy, piece.p, piece.n);
        assert_int_equal(body_add(b, (assay_span){copy, piece.n}), ASSAY_DONE);
        free(copy);
        body = span_from(body, piece.n);
    }
    assert_int_equal(body_end(b), ASSAY_DONE);
}

/** Whether the digest of a length is that of the prefix; says both when it is not. */
static bool is_prefix(const struct body *b, enum canon canon, uint64_t length, assay_span canonical)
{
    const struct body_digest *d = body_find(b, canon, length);
    size_t n = length == BODY_WHOLE ? canonical.n : (size_t)length;
    char wanted[2 * SHA256_SIZE + 1], got[2 * SHA256_SIZE + 1];
    uint8_t sha256[SHA256_SIZE];

    if (length != BODY_WHOLE && length > canonical.n) {
        if (d)
            printf("  %zu of %zu octets: wanted no digest\n", n, canonical.n);
        return !d;
    }
    naive_sha256(span_first(canonical, n), sha256);
    if (d && memcmp(d->sha256, sha256, SHA256_SIZE) == 0)
        return true;
    printf("  %s, %zu of %zu octets\n  wanted %s\n  got    %s\n",
           canon == CANON_SIMPLE ? "simple" : "relaxed", n, canonical.n, hex(sha256, wanted),
           d ? hex(d->sha256, got) : "none");
    return false;
}

/** Octets as C writes them. */
static void show(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        printf(s.p[i] > ' ' && s.p[i] <= '~' ? "%c" : "\\%03o", (unsigned char)s.p[i]);
    printf("\n");
}

/** Compare all digests of a body that was read with those of its naive canonical forms. */
static void check_body(const struct body *b, assay_span body, const uint64_t *lengths, size_t n)
{
    for (int i = CANON_SIMPLE; i <= CANON_RELAXED; i++) {
        enum canon canon = (enum canon)i;
        struct buf canonical = buf_new(2 * body.n + 4);
        bool good;

        naive_body(canon, body, &canonical);
        good = is_prefix(b, canon, BODY_WHOLE, buf_span(&canonical));
        for (size_t k = 0; k < n; k++)
            good &= is_prefix(b, canon, lengths[k], buf_span(&canonical));
        if (!good)
            show(body);
        assert_true(good);
        assert_int_equal(body_length(b, canon), canonical.n);
        buf_done(&canonical);
    }
}

/** Read a body in pieces up to `most` octets and compare. */
static void read_and_check(assay_span body, size_t most, const uint64_t *lengths, size_t n)
{
    struct body b;

    begin(&b, lengths, n);
    add_pieces(&b, body, most);
    check_body(&b, body, lengths, n);
    body_done(&b);
}

/* ---- what RFC 6376 says ---- */

/** A body and its canonical forms. */
struct row {
    assay_span body, simple, relaxed;
};

static const struct row ROWS[] = {
    /* RFC 6376 3.4.5, example 1 */
    {SPAN(" C \r\nD \t E\r\n\r\n\r\n"), SPAN(" C \r\nD \t E\r\n"), SPAN(" C\r\nD E\r\n")},
    /* RFC 6376 3.4.3: no body, no final CRLF */
    {SPAN(""), SPAN("\r\n"), SPAN("")},
    {SPAN("\r\n"), SPAN("\r\n"), SPAN("")},
    {SPAN("\r\n\r\n\r\n"), SPAN("\r\n"), SPAN("")},
    {SPAN("text"), SPAN("text\r\n"), SPAN("text\r\n")},
    {SPAN("text\r\n"), SPAN("text\r\n"), SPAN("text\r\n")},
    {SPAN("text\r\n\r\n"), SPAN("text\r\n"), SPAN("text\r\n")},
    /* RFC 6376 3.4.4: a line of white space is an empty line */
    {SPAN(" "), SPAN(" \r\n"), SPAN("")},
    {SPAN(" \t \r\n"), SPAN(" \t \r\n"), SPAN("")},
    {SPAN("a\r\n \t\r\n\t\r\n"), SPAN("a\r\n \t\r\n\t\r\n"), SPAN("a\r\n")},
    {SPAN("a\r\n \r\nb"), SPAN("a\r\n \r\nb\r\n"), SPAN("a\r\n\r\nb\r\n")},
    {SPAN("\r\n\r\na"), SPAN("\r\n\r\na\r\n"), SPAN("\r\n\r\na\r\n")},
    {SPAN("a \t b"), SPAN("a \t b\r\n"), SPAN("a b\r\n")},
    {SPAN("\ta\t"), SPAN("\ta\t\r\n"), SPAN(" a\r\n")},
    {SPAN("  a  \r\n"), SPAN("  a  \r\n"), SPAN(" a\r\n")},
    /* line ends that are none: a bare LF counts as CRLF, a bare CR is an octet */
    {SPAN("a\nb\n"), SPAN("a\r\nb\r\n"), SPAN("a\r\nb\r\n")},
    {SPAN("a \n\n\n"), SPAN("a \r\n"), SPAN("a\r\n")},
    {SPAN("\n"), SPAN("\r\n"), SPAN("")},
    {SPAN("\r"), SPAN("\r\r\n"), SPAN("\r\r\n")},
    {SPAN("a\rb"), SPAN("a\rb\r\n"), SPAN("a\rb\r\n")},
    {SPAN("a\r"), SPAN("a\r\r\n"), SPAN("a\r\r\n")},
    {SPAN("a\r\r\n"), SPAN("a\r\r\n"), SPAN("a\r\r\n")},
    {SPAN("a \r"), SPAN("a \r\r\n"), SPAN("a \r\r\n")},
    {SPAN("a \t\rb"), SPAN("a \t\rb\r\n"), SPAN("a \rb\r\n")},
    {SPAN("a\n\r\n\r"), SPAN("a\r\n\r\n\r\r\n"), SPAN("a\r\n\r\n\r\r\n")},
    {SPAN(" \r \r\n"), SPAN(" \r \r\n"), SPAN(" \r\r\n")},
    /* octets of any value */
    {SPAN("\0 \0"), SPAN("\0 \0\r\n"), SPAN("\0 \0\r\n")},
    {SPAN("\377\t\240 \v\f"), SPAN("\377\t\240 \v\f\r\n"), SPAN("\377 \240 \v\f\r\n")},
};

static void the_naive_forms_are_those_of_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf simple = buf_new(100), relaxed = buf_new(100);

        naive_body(CANON_SIMPLE, ROWS[i].body, &simple);
        naive_body(CANON_RELAXED, ROWS[i].body, &relaxed);
        if (!span_eq(buf_span(&simple), ROWS[i].simple)) {
            show(buf_span(&simple));
            fail_msg("row %zu, simple", i);
        }
        if (!span_eq(buf_span(&relaxed), ROWS[i].relaxed)) {
            show(buf_span(&relaxed));
            fail_msg("row %zu, relaxed", i);
        }
        buf_done(&simple);
        buf_done(&relaxed);
    }
}

static void the_rules_of_rfc_6376_hold_in_every_cut(void **state)
{
    static const uint64_t LENGTHS[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        read_and_check(ROWS[i].body, SIZE_MAX / 4, LENGTHS, COUNT(LENGTHS));
        read_and_check(ROWS[i].body, 1, LENGTHS, COUNT(LENGTHS));
        for (int k = 0; k < 20; k++)
            read_and_check(ROWS[i].body, 5, LENGTHS, COUNT(LENGTHS));
    }
}

static void empty_bodies_have_the_digests_that_rfc_6376_gives(void **state)
{
    static const char *const WANT[] = {
        "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=", /* RFC 6376 3.4.3 */
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", /* RFC 6376 3.4.4 */
    };
    static const assay_span EMPTY[] = {SPAN(""), SPAN("\r\n"), SPAN("\r\n\r\n"), SPAN("\n\n")};

    (void)state;
    for (size_t i = 0; i < COUNT(EMPTY); i++)
        for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
            char got[45] = "";
            struct body b;

            begin(&b, NULL, 0);
            add_pieces(&b, EMPTY[i], 1);
            base64_encode(body_find(&b, (enum canon)canon, BODY_WHOLE)->sha256, SHA256_SIZE, got);
            assert_string_equal(got, WANT[canon]);
            body_done(&b);
        }
}

/* ---- random bodies ---- */

/** Octets that bodies are made of: much of what matters, some that does not, and in between. */
static const assay_span CHOICES[] = {
    SPAN(" \t\r\n"),
    SPAN(" \t\r\nxy"),
    SPAN("\r\n"),
    SPAN(" x\n"),
    SPAN("\r\r\nx "),
    SPAN("xyzabcdefghijklmnopq \r\n"),
    SPAN("xyzabcdefghijklmnopqrstuvwABCDEFGHIJ\t\377\0-+/. \r\n\n"),
};

/** A random body of `n` octets; about every other one has whole CRLFs in place of each CR. */
static void random_body(struct buf *out, size_t n, assay_span choice, size_t run)
{
    char octets[4096];
    bool whole = random_below(2);

    buf_clear(out);
    random_fill(octets, n, choice.p, choice.n, run);
    for (size_t i = 0; i < n; i++) {
        buf_putc(out, octets[i]);
        if (whole && octets[i] == '\r')
            buf_putc(out, '\n');
    }
}

static void random_bodies_in_random_cuts_have_the_digests_of_the_naive_forms(void **state)
{
    static const size_t RUNS[] = {1, 2, 9, 150}, CUTS[] = {1, 7, 64, 65, 200, 1000, SIZE_MAX / 4};
    struct buf body = buf_new(10000);

    (void)state;
    for (size_t round = 0; round < 4000; round++) {
        size_t n = random_below(round % 8 ? 300 : 4000);
        uint64_t lengths[4] = {random_below(n + 2), random_below(n + 2), random_below(80), n};

        random_body(&body, n, CHOICES[round % COUNT(CHOICES)], RUNS[random_below(COUNT(RUNS))]);
        read_and_check(buf_span(&body), CUTS[random_below(COUNT(CUTS))], lengths, 4);
    }
    buf_done(&body);
}

/** Make a body: `head` times 'x', the middle, `tail` times 'y'. */
static void around(struct buf *body, size_t head, assay_span middle, size_t tail)
{
    buf_clear(body);
    for (size_t i = 0; i < head; i++)
        buf_putc(body, 'x');
    buf_put(body, middle);
    for (size_t i = 0; i < tail; i++)
        buf_putc(body, 'y');
}

static void three_octets_at_each_place_of_three_blocks_are_told_apart(void **state)
{
    static const char OCTETS[] = " \t\r\nz";
    struct buf body = buf_new(1000);

    (void)state;
    for (size_t which = 0; which < 125; which++) {
        const char middle[3] = {OCTETS[which / 25], OCTETS[which / 5 % 5], OCTETS[which % 5]};

        for (size_t head = which % 7; head < 192; head += which % 3 ? 13 : 7) {
            around(&body, head, (assay_span){middle, 3}, 260 - head);
            read_and_check(buf_span(&body), SIZE_MAX / 4, NULL, 0);
            read_and_check(buf_span(&body), 100, NULL, 0);
        }
    }
    for (size_t head = 56; head < 72; head++)
        for (size_t which = 0; which < 125; which++) {
            const char middle[3] = {OCTETS[which / 25], OCTETS[which / 5 % 5], OCTETS[which % 5]};

            around(&body, head, (assay_span){middle, 3}, 140);
            read_and_check(buf_span(&body), SIZE_MAX / 4, NULL, 0);
        }
    buf_done(&body);
}

static void long_runs_are_read_as_short_ones_are(void **state)
{
    static const assay_span UNITS[] = {SPAN("\r\n"), SPAN("\n"),    SPAN(" "),      SPAN("\t"),
                                       SPAN("\r"),   SPAN(" \r\n"), SPAN("a\r\n"),  SPAN("a \r\n"),
                                       SPAN("ab "),  SPAN("x"),     SPAN("\t\r\n"), SPAN(" \t\r")};
    struct buf body = buf_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < COUNT(UNITS); i++) {
        buf_clear(&body);
        for (size_t k = 0; k < 40000; k++)
            buf_put(&body, UNITS[i]);
        read_and_check(buf_span(&body), 100000, NULL, 0);
        buf_puts(&body, "end");
        read_and_check(buf_span(&body), 5000, (const uint64_t[]){0, 1, 1000, 39999, 40001}, 5);
    }
    buf_done(&body);
}

/* ---- lengths ---- */

static void a_snapshot_at_every_length_is_the_digest_of_that_prefix(void **state)
{
    static const assay_span BODY =
        SPAN("Hello  world \r\n\r\n\r\nsome\ttext \t here\nbare\rcr\r\n \r\nend.\r\n\r\n\r\n");
    enum { AT_ONCE = LIMIT_BODY_LENGTHS - 1 };

    (void)state;
    for (uint64_t first = 0; first < BODY.n + 4; first += AT_ONCE)
        for (size_t most = 1; most < 20; most += 6) {
            uint64_t lengths[AT_ONCE];

            for (uint64_t i = 0; i < AT_ONCE; i++) /* in no order */
                lengths[i * 4 % AT_ONCE] = first + i;
            read_and_check(BODY, most, lengths, AT_ONCE);
        }
}

static void a_length_more_than_the_limit_is_refused_and_the_others_stay(void **state)
{
    struct body b;

    (void)state;
    body_init(&b);
    for (uint64_t i = 0; i < LIMIT_BODY_LENGTHS; i++)
        for (int again = 0; again < 2; again++) /* the same length is the same digest */
            assert_int_equal(body_want(&b, CANON_SIMPLE, i), ASSAY_DONE);
    assert_int_equal(body_want(&b, CANON_SIMPLE, 99), ASSAY_EINVAL);
    assert_int_equal(body_want(&b, CANON_SIMPLE, BODY_WHOLE),
                     ASSAY_DONE); /* always has its place */
    assert_int_equal(body_want(&b, CANON_SIMPLE, 99), ASSAY_EINVAL);
    assert_int_equal(body_want(&b, CANON_SIMPLE, 7), ASSAY_DONE);
    assert_int_equal(body_want(&b, CANON_RELAXED, 99),
                     ASSAY_DONE); /* each has lengths of its own */
    assert_int_equal(body_begin(&b, engine), ASSAY_DONE);
    assert_int_equal(body_add(&b, SPAN("12345678\r\n")), ASSAY_DONE);
    assert_int_equal(body_end(&b), ASSAY_DONE);
    for (uint64_t i = 0; i < LIMIT_BODY_LENGTHS; i++)
        assert_true(is_prefix(&b, CANON_SIMPLE, i, SPAN("12345678\r\n")));
    assert_null(body_find(&b, CANON_SIMPLE, 99));
    assert_null(body_find(&b, CANON_RELAXED, 99));
    body_done(&b);
}

static void a_digest_that_was_not_wanted_is_not_known(void **state)
{
    struct body b;

    (void)state;
    body_init(&b);
    assert_int_equal(body_want(&b, CANON_RELAXED, 3), ASSAY_DONE);
    assert_int_equal(body_begin(&b, engine), ASSAY_DONE);
    add_pieces(&b, SPAN("some text\r\n"), 3);
    assert_true(is_prefix(&b, CANON_RELAXED, 3, SPAN("some text\r\n")));
    assert_int_equal(body_length(&b, CANON_RELAXED), 11); /* counted all the same */
    assert_null(body_find(&b, CANON_RELAXED, BODY_WHOLE));
    assert_null(body_find(&b, CANON_RELAXED, 4));
    assert_null(body_find(&b, CANON_SIMPLE, 3));
    assert_null(body_find(&b, CANON_SIMPLE, BODY_WHOLE));
    body_done(&b);
    body_init(&b); /* nothing at all */
    assert_int_equal(body_begin(&b, engine), ASSAY_DONE);
    add_pieces(&b, SPAN("some text\r\n"), 3);
    assert_null(body_find(&b, CANON_SIMPLE, BODY_WHOLE));
    body_done(&b);
}

/* ---- digests from outside ---- */

static void a_digest_that_is_given_stands_in_for_the_body(void **state)
{
    static const uint8_t SHORT[SHA256_SIZE] = {1}, ALL[SHA256_SIZE] = {2}, OTHER[SHA256_SIZE] = {3};
    struct body b;

    (void)state;
    begin(&b, (const uint64_t[]){5, 10}, 2);
    assert_int_equal(body_give(&b, CANON_SIMPLE, 10, SHORT), ASSAY_DONE);
    assert_int_equal(body_give(&b, CANON_SIMPLE, 200, ALL), ASSAY_DONE);
    assert_int_equal(body_give(&b, CANON_RELAXED, 0, OTHER), ASSAY_DONE);
    assert_int_equal(body_end(&b), ASSAY_DONE);
    assert_memory_equal(body_find(&b, CANON_SIMPLE, 10)->sha256, SHORT, SHA256_SIZE);
    assert_memory_equal(body_find(&b, CANON_SIMPLE, 200)->sha256, ALL, SHA256_SIZE);
    assert_memory_equal(body_find(&b, CANON_SIMPLE, BODY_WHOLE)->sha256, ALL, SHA256_SIZE);
    assert_memory_equal(body_find(&b, CANON_RELAXED, BODY_WHOLE)->sha256, OTHER, SHA256_SIZE);
    assert_null(body_find(&b, CANON_SIMPLE, 5));
    assert_int_equal(body_length(&b, CANON_SIMPLE), 200);
    assert_int_equal(body_length(&b, CANON_RELAXED), 0);
    body_done(&b);
}

static void more_digests_than_the_limit_are_refused(void **state)
{
    static const uint8_t SOME[SHA256_SIZE] = {1};
    struct body b;

    (void)state;
    body_init(&b);
    for (uint64_t i = 0; i <= LIMIT_BODY_LENGTHS; i++) /* one of them is the whole body's */
        assert_int_equal(body_give(&b, CANON_RELAXED, 100 + i, SOME), ASSAY_DONE);
    assert_int_equal(body_give(&b, CANON_RELAXED, 7, SOME), ASSAY_EINVAL);
    assert_int_equal(body_give(&b, CANON_RELAXED, 101, SOME), ASSAY_DONE);
    assert_null(body_find(&b, CANON_RELAXED, 7));
    assert_non_null(body_find(&b, CANON_RELAXED, 101 + LIMIT_BODY_LENGTHS - 1));
    body_done(&b);
}

/* ---- memory ---- */

/** Read a body with `left` allocations. \return ASSAY_DONE, or ASSAY_ENOMEM that stays */
static assay_status read_scarcely(struct body *b, assay_span body, size_t left)
{
    assay_status s;

    body_init(b);
    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++)
        for (uint64_t i = 0; i < 3; i++)
            assert_int_equal(body_want(b, (enum canon)canon, i < 2 ? i : BODY_WHOLE), ASSAY_DONE);
    memory_left = left;
    if ((s = body_begin(b, engine)) != ASSAY_DONE) {
        memory_left = SIZE_MAX;
        assert_int_equal(s, ASSAY_ENOMEM);
        assert_false(b->begun);
        assert_int_equal(body_begin(b, engine),
                         ASSAY_DONE); /* nothing of the body was read: it can be repeated */
    }
    s = body_add(b, body);
    memory_left = SIZE_MAX;
    if (s != ASSAY_DONE) {
        assert_int_equal(s, ASSAY_ENOMEM);
        assert_int_equal(body_add(b, body), ASSAY_ENOMEM);
        assert_int_equal(body_end(b), ASSAY_ENOMEM);
        return ASSAY_ENOMEM;
    }
    return body_end(b);
}

static void a_body_for_which_memory_was_short_has_no_digest_or_the_right_one(void **state)
{
    static const assay_span BODY = SPAN("some  text\r\nand more\r\n");
    size_t failures = 0;
    bool failed = true;

    (void)state;
    for (size_t left = 0; failed; left++) {
        struct body b;
        assay_status s = read_scarcely(&b, BODY, left);

        failed = s != ASSAY_DONE || left < 4;
        failures += s != ASSAY_DONE;
        if (s == ASSAY_DONE)
            check_body(&b, BODY, (const uint64_t[]){0, 1}, 2);
        else
            assert_null(body_find(&b, CANON_SIMPLE, BODY_WHOLE));
        body_done(&b);
    }
    assert_in_range(failures, 1, 20); /* the snapshots allocate */
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
        cmocka_unit_test(the_naive_forms_are_those_of_the_table),
        cmocka_unit_test(the_rules_of_rfc_6376_hold_in_every_cut),
        cmocka_unit_test(empty_bodies_have_the_digests_that_rfc_6376_gives),
        cmocka_unit_test(random_bodies_in_random_cuts_have_the_digests_of_the_naive_forms),
        cmocka_unit_test(three_octets_at_each_place_of_three_blocks_are_told_apart),
        cmocka_unit_test(long_runs_are_read_as_short_ones_are),
        cmocka_unit_test(a_snapshot_at_every_length_is_the_digest_of_that_prefix),
        cmocka_unit_test(a_length_more_than_the_limit_is_refused_and_the_others_stay),
        cmocka_unit_test(a_digest_that_was_not_wanted_is_not_known),
        cmocka_unit_test(a_digest_that_is_given_stands_in_for_the_body),
        cmocka_unit_test(more_digests_than_the_limit_are_refused),
        cmocka_unit_test(a_body_for_which_memory_was_short_has_no_digest_or_the_right_one),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
