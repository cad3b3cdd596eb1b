/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/arena.c"

#include "arc/arc.h"
#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- making seals ---- */

/** The tags of a good seal, in order. */
static const char *const TAGS[][2] = {{"i", "1"},           {"a", "rsa-sha256"},  {"t", "12345"},
                                      {"cv", "none"},       {"d", "example.org"}, {"s", "sel"},
                                      {"b", "c2lnbmF0dXJl"}};

/** Write a good seal with one tag changed, left out (NULL) or added. */
static void put_seal(struct buf *out, const char *tag, const char *value)
{
    bool done = false;

    for (size_t i = 0; i < COUNT(TAGS); i++) {
        const char *content = TAGS[i][1];

        if (tag && strcmp(TAGS[i][0], tag) == 0) {
            content = value;
            done = true;
        }
        if (content)
            buf_printf(out, "%s%s=%s", out->n ? "; " : " ", TAGS[i][0], content);
    }
    if (tag && !done)
        buf_printf(out, "; %s=%s", tag, value);
}

/** A message with a seal, and what was read of it. */
struct reading {
    struct header h;
    struct arena arena;
    struct arc_seal seal;
};

/** Read a seal of this value. end_reading() it. */
static void read_value(struct reading *r, assay_span value)
{
    memset(r, 0, sizeof *r);
    header_init(&r->h);
    assert_int_equal(header_line(&r->h, SPAN("From: a@b\r\n")), ASSAY_DONE);
    assert_int_equal(header_field(&r->h, SPAN("ARC-Seal"), value), ASSAY_DONE);
    assert_int_equal(arc_seal_read(&r->arena, &r->h, 1, &r->seal), ASSAY_DONE);
    assert_int_equal(r->seal.field, 1);
}

/** Read a good seal with one tag changed. */
static void read_changed(struct reading *r, const char *tag, const char *value)
{
    struct buf text = buf_new(1 << 16);

    put_seal(&text, tag, value);
    read_value(r, buf_span(&text));
    buf_done(&text);
}

static void end_reading(struct reading *r)
{
    header_done(&r->h);
    arena_done(&r->arena);
}

/** A change to a good seal, and the fault it makes; NULL: none. */
struct row {
    const char *tag, *value, *fault;
};

/** Make each change of a table. */
static void read_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct reading r;
        const char *want = rows[i].fault ? rows[i].fault : "none", *got;

        read_changed(&r, rows[i].tag, rows[i].value);
        got = r.seal.fault ? r.seal.fault : "none";
        if (strcmp(want, got) != 0) {
            printf("%s=%s\n  wanted %s\n  got    %s\n", rows[i].tag,
                   rows[i].value ? rows[i].value : "-", want, got);
            wrong++;
        }
        assert_true(!r.seal.fault == !r.seal.fault_ref);
        end_reading(&r);
    }
    assert_int_equal(wrong, 0);
}

#define READ_TABLE(rows) read_table(rows, COUNT(rows))

/* ---- ARC-Seal (RFC 8617 4.1.3) ---- */

static void a_good_seal_is_read_whole(void **state)
{
    static const assay_span VALUE =
        SPAN(" i=2; a=ed25519-sha256; t=1421363107; cv=pass;\r\n"
             "\td=Example.ORG; s=Sel._2;\r\n\tb=c2ln\r\n\t bmF0dXJl; x=ignored");
    struct reading r;

    (void)state;
    read_value(&r, VALUE);
    assert_null(r.seal.fault);
    assert_int_equal(r.seal.instance, 2);
    assert_int_equal(r.seal.cv, ARC_PASS);
    assert_int_equal(r.seal.algorithm, DKIM_ED25519_SHA256);
    assert_true(span_is(r.seal.algorithm_text, "ed25519-sha256"));
    assert_true(span_is(r.seal.domain, "example.org"));
    assert_true(span_is(r.seal.selector, "sel._2"));
    assert_true(span_is(r.seal.b, "c2ln\r\n\t bmF0dXJl"));
    assert_true(r.seal.b.p > r.h.text.p && r.seal.b.p < r.h.text.p + r.h.text.n);
    assert_true(
        span_is((assay_span){(const char *)r.seal.signature, r.seal.signature_n}, "signature"));
    end_reading(&r);
}

static void every_required_tag_is_missed_and_must_have_a_value(void **state)
{
    static const struct row ROWS[] = {
        {"i", NULL, "ARC-Seal: i= is missing"},
        {"i", "", "ARC-Seal: i= is missing"},
        {"a", NULL, "ARC-Seal: a= is missing"},
        {"a", "", "ARC-Seal: a= is missing"},
        {"cv", NULL, "ARC-Seal: cv= is missing"},
        {"cv", "", "ARC-Seal: cv= is missing"},
        {"d", NULL, "ARC-Seal: d= is no domain"},
        {"d", "", "ARC-Seal: d= is no domain"},
        {"s", NULL, "ARC-Seal: s= is no selector"},
        {"s", "", "ARC-Seal: s= is no selector"},
        {"b", NULL, "ARC-Seal: b= is missing"},
        {"b", "", "ARC-Seal: b= is missing"},
        {"t", NULL, NULL},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void an_instance_is_a_number_from_1_to_50(void **state)
{
    static const struct row ROWS[] = {
        {"i", "1", NULL},
        {"i", "50", NULL},
        {"i", "007", NULL},
        {"i", "0", "ARC-Seal: i= is not an instance"},
        {"i", "51", "ARC-Seal: i= is not an instance"},
        {"i", "-1", "ARC-Seal: i= is not an instance"},
        {"i", "1.0", "ARC-Seal: i= is not an instance"},
        {"i", "one", "ARC-Seal: i= is not an instance"},
        {"i", "99999999999999999999999", "ARC-Seal: i= is not an instance"},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void the_status_of_the_chain_is_one_of_three_words(void **state)
{
    static const struct {
        const char *value;
        bool good;
        enum arc_result want;
    } ROWS[] = {
        {"none", true, ARC_NONE},    {"pass", true, ARC_PASS},       {"fail", true, ARC_FAIL},
        {"Pass", true, ARC_PASS}, /* words of ABNF have no case (RFC 5234 2.3) */
        {"FAIL", true, ARC_FAIL},    {"neutral", false, ARC_NONE},   {"invalid", false, ARC_NONE},
        {"passed", false, ARC_NONE}, {"pass pass", false, ARC_NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct reading r;

        read_changed(&r, "cv", ROWS[i].value);
        if (!r.seal.fault != ROWS[i].good || r.seal.cv != ROWS[i].want)
            fail_msg("%s: wanted %d %d, got %d %d", ROWS[i].value, ROWS[i].good, ROWS[i].want,
                     !r.seal.fault, r.seal.cv);
        end_reading(&r);
    }
    assert_string_equal(arc_result_text(ARC_NONE), "none");
    assert_string_equal(arc_result_text(ARC_PASS), "pass");
    assert_string_equal(arc_result_text(ARC_FAIL), "fail");
}

static void algorithms_that_do_not_count_are_a_fault(void **state)
{
    static const struct row ROWS[] = {
        {"a", "rsa-sha256", NULL},
        {"a", "ed25519-sha256", NULL},
        {"a", "rsa-sha1", "ARC-Seal: a= is an algorithm that does not count"},
        {"a", "RSA-SHA256", "ARC-Seal: a= is an algorithm that does not count"},
        {"a", "rsa-sha512", "ARC-Seal: a= is an algorithm that does not count"},
        {"a", "rsa", "ARC-Seal: a= is an algorithm that does not count"},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void names_are_canonical_or_a_fault(void **state)
{
    static const struct row ROWS[] = {
        {"d", "EXAMPLE.org", NULL},
        {"d", "b\303\274cher.example", NULL},
        {"d", "a..example", "ARC-Seal: d= is no domain"},
        {"d", ".example", "ARC-Seal: d= is no domain"},
        {"d", "\377.example", "ARC-Seal: d= is no domain"},
        {"d", "0123456789012345678901234567890123456789012345678901234567890123.example",
         "ARC-Seal: d= is no domain"},
        {"s", "a.b", NULL},
        {"s", "a..b", "ARC-Seal: s= is no selector"},
    };
    struct reading r;

    (void)state;
    READ_TABLE(ROWS);
    read_changed(&r, "d", "B\303\234CHER.example");
    assert_true(span_is(r.seal.domain, "xn--bcher-kva.example"));
    end_reading(&r);
}

static void the_signature_is_base64(void **state)
{
    static const struct row ROWS[] = {
        {"b", "YQ==", NULL},
        {"b", "Y\r\n Q = =", NULL},
        {"b", "YQ", "ARC-Seal: b= is not base64"},
        {"b", "Y*==", "ARC-Seal: b= is not base64"},
        {"b", "YQ==YQ==", "ARC-Seal: b= is not base64"},
        {"b", "====", "ARC-Seal: b= is not base64"},
    };

    (void)state;
    READ_TABLE(ROWS);
    for (size_t octets = LIMIT_SIGNATURE - 2; octets <= LIMIT_SIGNATURE + 1; octets += 3) {
        struct buf value = buf_new(8000);
        struct reading r;

        put_seal(&value, "b", NULL);
        buf_puts(&value, "; b=");
        for (size_t i = 0; i < octets / 3; i++)
            buf_puts(&value, "AAAA");
        read_value(&r, buf_span(&value));
        assert_int_equal(r.seal.fault != NULL, octets > LIMIT_SIGNATURE);
        end_reading(&r);
        buf_done(&value);
    }
}

static void what_does_not_belong_into_a_seal_is_a_fault(void **state)
{
    static const struct row ROWS[] = {
        {"h", "from:to", "ARC-Seal: h= is not allowed"}, /* RFC 8617 4.1.3 */
        {"h", "", "ARC-Seal: h= is not allowed"},
        {"t", "0", NULL},
        {"t", "soon", "ARC-Seal: t= is not a number"},
        {"t", "", "ARC-Seal: t= is not a number"},
        {"t", "-5", "ARC-Seal: t= is not a number"},
        {"c", "relaxed/relaxed", NULL}, /* unknown tags are ignored */
        {"bh", "x", NULL},
        {"v", "1", NULL},
        {"x y", "z", "ARC-Seal: not a list of tags, each once"},
        {"z=; z", "", "ARC-Seal: not a list of tags, each once"},
        {"x;", "", "ARC-Seal: not a list of tags, each once"},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void with_a_fault_what_could_be_read_is_there(void **state)
{
    struct reading r;

    (void)state;
    read_changed(&r, "cv", "maybe");
    assert_int_equal(r.seal.instance, 1);
    assert_true(span_is(r.seal.domain, "example.org"));
    assert_true(span_is(r.seal.selector, "sel"));
    end_reading(&r);
    read_value(&r, SPAN(""));
    assert_string_equal(r.seal.fault, "ARC-Seal: cv= is missing");
    assert_int_equal(r.seal.instance + r.seal.domain.n + r.seal.signature_n, 0);
    end_reading(&r);
}

static void when_memory_is_short_the_seal_can_be_read_again(void **state)
{
    size_t failures = 0;
    assay_status s = ASSAY_ENOMEM;

    (void)state;
    for (size_t room = 0; s == ASSAY_ENOMEM; room += 8) {
        struct buf value = buf_new(1000);
        struct reading r = {.seal = {.field = 4711}};

        put_seal(&value, NULL, NULL);
        header_init(&r.h);
        assert_int_equal(header_field(&r.h, SPAN("ARC-Seal"), buf_span(&value)), ASSAY_DONE);
        arena_leave(&r.arena, room);
        memory_left = 0;
        s = arc_seal_read(&r.arena, &r.h, 0, &r.seal);
        memory_left = SIZE_MAX;
        if (s != ASSAY_DONE) {
            failures++;
            assert_int_equal(s, ASSAY_ENOMEM);
            assert_int_equal(r.seal.field, 4711);
            assert_int_equal(arc_seal_read(&r.arena, &r.h, 0, &r.seal), ASSAY_DONE);
        }
        assert_null(r.seal.fault);
        assert_true(span_is(r.seal.selector, "sel"));
        end_reading(&r);
        buf_done(&value);
    }
    assert_in_range(failures, 3, 50);
}

/* ---- ARC-Authentication-Results (RFC 8617 4.1.1) ---- */

static void an_aar_begins_with_its_instance(void **state)
{
    static const struct {
        assay_span value;
        uint64_t want;
        const char *payload;
    } ROWS[] = {
        {SPAN(" i=1; mx.example.org; spf=pass"), 1, " mx.example.org; spf=pass"},
        {SPAN("i=50;mx.example.org"), 50, "mx.example.org"},
        {SPAN("i=1;"), 1, ""},
        {SPAN("\r\n\ti\t=\r\n 2 \t; a; b=c"), 2, " a; b=c"},
        {SPAN("i=007; x"), 7, " x"},
        {SPAN("i=0; x"), 0, NULL},
        {SPAN("i=51; x"), 0, NULL},
        {SPAN("i=; x"), 0, NULL},
        {SPAN("i; x"), 0, NULL},
        {SPAN("i=1"), 0, NULL},
        {SPAN("i=1 mx.example.org; spf=pass"), 0, NULL},
        {SPAN("i=1 2; x"), 0, NULL},
        {SPAN("I=1; x"), 0, NULL},
        {SPAN("ii=1; x"), 0, NULL},
        {SPAN("j=1; x"), 0, NULL},
        {SPAN("=1; x"), 0, NULL},
        {SPAN("mx.example.org; i=1; spf=pass"), 0, NULL},
        {SPAN("i=-1; x"), 0, NULL},
        {SPAN("i==1; x"), 0, NULL},
        {SPAN("i=1\0; x"), 0, NULL},
        {SPAN("i=18446744073709551617; x"), 0, NULL},
        {SPAN(""), 0, NULL},
        {SPAN(";"), 0, NULL},
        {SPAN("="), 0, NULL},
        {SPAN("=;"), 0, NULL},
        {SPAN(";="), 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char *copy = malloc(ROWS[i].value.n ? ROWS[i].value.n : 1);
        assay_span payload = SPAN("untouched");
        uint64_t got;

        assert_non_null(copy);
        if (ROWS[i].value.n)
            memcpy(copy, ROWS[i].value.p, ROWS[i].value.n);
        got = arc_aar_instance((assay_span){copy, ROWS[i].value.n}, &payload);
        if (got != ROWS[i].want)
            fail_msg("row %zu: wanted %d, got %d", i, (int)ROWS[i].want, (int)got);
        if (got)
            assert_true(span_is(payload, ROWS[i].payload));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_seal_is_read_whole),
        cmocka_unit_test(every_required_tag_is_missed_and_must_have_a_value),
        cmocka_unit_test(an_instance_is_a_number_from_1_to_50),
        cmocka_unit_test(the_status_of_the_chain_is_one_of_three_words),
        cmocka_unit_test(algorithms_that_do_not_count_are_a_fault),
        cmocka_unit_test(names_are_canonical_or_a_fault),
        cmocka_unit_test(the_signature_is_base64),
        cmocka_unit_test(what_does_not_belong_into_a_seal_is_a_fault),
        cmocka_unit_test(with_a_fault_what_could_be_read_is_there),
        cmocka_unit_test(when_memory_is_short_the_seal_can_be_read_again),
        cmocka_unit_test(an_aar_begins_with_its_instance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
