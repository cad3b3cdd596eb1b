/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/buf.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "mail/authres.h"

/* ---- tables ---- */

enum { FIELD_N = 23 }; /* Authentication-Results: */

/** Results, and the value that is written for them. */
struct row {
    assay_span id;
    struct authres_result results[3];
    const char *want;
};

#define PROPERTIES(...)                                           \
    .properties = (const struct authres_property[]){__VA_ARGS__}, \
    .nproperties =                                                \
        sizeof((const struct authres_property[]){__VA_ARGS__}) / sizeof(struct authres_property)
#define TEXT(literal)                \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define PROPERTY(ptype, name, value)         \
    {                                        \
        TEXT(ptype), TEXT(name), TEXT(value) \
    }
#define RESULT(m, r) .method = SPAN(m), .version = 1, .result = SPAN(r)

/** Show a text with its line ends. */
static void show(const char *what, assay_span s)
{
    printf("  %s ", what);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\r')
            printf("\\r");
        else if (s.p[i] == '\n')
            printf("\\n");
        else
            putchar(s.p[i]);
    putchar('\n');
}

/** Write each row of a table. */
static void write_table(const struct row *rows, size_t n)
{
    struct buf out = buf_new(1 << 16);
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        size_t count = 0;

        while (count < 3 && rows[i].results[count].version)
            count++;
        buf_clear(&out);
        authres_write(rows[i].id, rows[i].results, count, FIELD_N, &out);
        assert_int_equal(out.status, ASSAY_DONE);
        if (!span_is(buf_span(&out), rows[i].want)) {
            wrong++;
            show("wanted", span_of(rows[i].want));
            show("got   ", buf_span(&out));
        }
    }
    buf_done(&out);
    assert_int_equal(wrong, 0);
}

#define WRITE_TABLE(rows) write_table(rows, sizeof(rows) / sizeof *(rows))

/* ---- rows ---- */

static const struct row LAYOUT_ROWS[] = {
    {SPAN("mx.example.com"), {{.version = 0}}, "mx.example.com; none"},
    {SPAN("mx.example.com"), {{RESULT("spf", "pass")}}, "mx.example.com; spf=pass"},
    {SPAN("mx.example.com"),
     {{RESULT("spf", "pass"), PROPERTIES(PROPERTY("smtp", "mailfrom", "example.net"))},
      {RESULT("dkim", "none")}},
     "mx.example.com; spf=pass smtp.mailfrom=example.net;\r\n\tdkim=none"},
    {SPAN("mx.example.com"),
     {{RESULT("spf", "fail"), .reason = SPAN("-all matched"),
       PROPERTIES(PROPERTY("smtp", "mailfrom", "example.net"))},
      {RESULT("dkim", "pass"), .reason = SPAN("2048-bit key"),
       PROPERTIES(PROPERTY("header", "d", "example.net"), PROPERTY("header", "i", "@example.net"),
                  PROPERTY("header", "s", "s1"), PROPERTY("header", "a", "rsa-sha256"),
                  PROPERTY("header", "b", "Ab/+c9=="))},
      {RESULT("iprev", "pass"), PROPERTIES(PROPERTY("policy", "iprev", "2001:db8::1"))}},
     "mx.example.com; spf=fail reason=\"-all matched\"\r\n"
     "\tsmtp.mailfrom=example.net; dkim=pass reason=\"2048-bit key\"\r\n"
     "\theader.d=example.net header.i=@example.net header.s=s1\r\n"
     "\theader.a=rsa-sha256 header.b=\"Ab/+c9==\"; iprev=pass\r\n"
     "\tpolicy.iprev=\"2001:db8::1\""},
    {SPAN("a.long.name.that.fills.the.first.line.mx1.example.com"), /* 53 octets: column 77 */
     {{RESULT("spf", "pass")}},
     "a.long.name.that.fills.the.first.line.mx1.example.com;\r\n\tspf=pass"},
    {SPAN("an.authserv-id.so.long.that.nothing.can.be.done.about.its.line.example.com"),
     {{.version = 0}},
     "an.authserv-id.so.long.that.nothing.can.be.done.about.its.line.example.com;\r\n\tnone"},
    {SPAN("mx.example.com"),
     {{.method = SPAN("dkim"), .version = 2, .result = SPAN("pass")}},
     "mx.example.com; dkim/2=pass"},
    {SPAN("mx.example.com"),
     {{.method = SPAN("dkim"), .version = UINT64_MAX, .result = SPAN("pass")}},
     "mx.example.com; dkim/18446744073709551615=pass"},
};

static const struct row ID_ROWS[] = {
    {SPAN("mx.example.com"), {{.version = 0}}, "mx.example.com; none"},
    {SPAN("MX_1"), {{.version = 0}}, "MX_1; none"},
    {SPAN(""), {{.version = 0}}, "\"\"; none"},
    {SPAN("my mx"), {{.version = 0}}, "\"my mx\"; none"},
    {SPAN("a; spf=pass"), {{.version = 0}}, "\"a; spf=pass\"; none"},
    {SPAN("a\r\nb"), {{.version = 0}}, "\"a??b\"; none"},
    {SPAN("mx=1"), {{.version = 0}}, "\"mx=1\"; none"},
    {SPAN("mx/1"), {{.version = 0}}, "\"mx/1\"; none"},
    {SPAN("b\xC3\xBC"
          "cher.example"),
     {{.version = 0}},
     "\"b\xC3\xBC"
     "cher.example\"; none"},
};

static const struct row NAME_ROWS[] = {
    {SPAN("a"), {{RESULT("x-Foo", "Pass")}}, "a; x-Foo=Pass"},
    {SPAN("a"), {{RESULT("my_method", "so so")}}, "a; my-method=so-so"},
    {SPAN("a"), {{RESULT("spf=pass; dkim", "pass\r\nX: y")}}, "a; spf-pass--dkim=pass--X--y"},
    {SPAN("a"), {{RESULT("spf;", "pass ")}}, "a; spfx=passx"},
    {SPAN("a"), {{RESULT("-", "-a")}}, "a; x=-a"},
    {SPAN("a"), {{RESULT("d\xC3\xA9", "1")}}, "a; d-x=1"},
    {SPAN("a"),
     {{RESULT("spf", "pass"),
       PROPERTIES(PROPERTY("smtp.x", "mail from", "b"), PROPERTY("s\0p", "=", "b"))}},
     "a; spf=pass smtp-x.mail-from=b s-p.x=b"},
    {SPAN("a"), {{RESULT("", "pass")}, {RESULT("spf", "")}}, "a; none"},
    {SPAN("a"), {{RESULT("", "pass")}, {RESULT("spf", "none")}, {RESULT("", "")}}, "a; spf=none"},
    {SPAN("a"),
     {{RESULT("spf", "pass"), PROPERTIES(PROPERTY("", "d", "b"), PROPERTY("smtp", "", "b"),
                                         PROPERTY("smtp", "helo", ""), PROPERTY("x", "y", "z"))}},
     "a; spf=pass x.y=z"},
};

#define VALUE_ROW(value, want)                                                                 \
    {                                                                                          \
        SPAN("a"), {{RESULT("spf", "pass"), PROPERTIES(PROPERTY("smtp", "mailfrom", value))}}, \
            "a; spf=pass smtp.mailfrom=" want                                                  \
    }

static const struct row VALUE_ROWS[] = {
    VALUE_ROW("example.net", "example.net"),
    VALUE_ROW("192.0.2.1", "192.0.2.1"),
    VALUE_ROW("!#$%&'*+-.^_`{|}~", "!#$%&'*+-.^_`{|}~"),
    VALUE_ROW("2001:db8::1", "\"2001:db8::1\""),
    VALUE_ROW("a b", "\"a b\""),
    VALUE_ROW(" ", "\" \""),
    VALUE_ROW("(c)", "\"(c)\""),
    VALUE_ROW("a;b", "\"a;b\""),
    VALUE_ROW("a=b", "\"a=b\""),
    VALUE_ROW("a\"b\\c", "\"a\\\"b\\\\c\""),
    VALUE_ROW("\\", "\"\\\\\""),
    VALUE_ROW("a\\\r\nb", "\"a\\\\??b\""),
    VALUE_ROW("a\r\n\tb", "\"a???b\""),
    VALUE_ROW("a\0b\x1F\x7F", "\"a?b??\""),
    VALUE_ROW("\r\nX-Evil: 1\r\n\r\n", "\"??X-Evil: 1????\""),
    /* addresses (RFC 8601 2.2: an email identity is one in the grammar as well) */
    VALUE_ROW("joe@example.net", "joe@example.net"),
    VALUE_ROW("j.o/e=x+y@example.net", "j.o/e=x+y@example.net"),
    VALUE_ROW("@example.net", "@example.net"),
    VALUE_ROW("joe smith@example.net", "\"joe smith\"@example.net"),
    VALUE_ROW("a@b@example.net", "\"a@b\"@example.net"),
    VALUE_ROW(".joe@example.net", "\".joe\"@example.net"),
    VALUE_ROW("a..b@example.net", "\"a..b\"@example.net"),
    VALUE_ROW("a;b(\"@example.net", "\"a;b(\\\"\"@example.net"),
    VALUE_ROW("a\tb@example.net", "a?b@example.net"),
    VALUE_ROW("joe@localhost", "\"joe@localhost\""),
    VALUE_ROW("joe@[192.0.2.1]", "\"joe@[192.0.2.1]\""),
    VALUE_ROW("joe@-a.example", "\"joe@-a.example\""),
    VALUE_ROW("joe@a-.example", "\"joe@a-.example\""),
    VALUE_ROW("joe@a..example", "\"joe@a..example\""),
    VALUE_ROW("joe@example.net.", "\"joe@example.net.\""),
    VALUE_ROW("joe@_x.example", "\"joe@_x.example\""),
    VALUE_ROW("joe@example.net;", "\"joe@example.net;\""),
    VALUE_ROW("joe@", "\"joe@\""),
    VALUE_ROW("@", "\"@\""),
    /* UTF-8 */
    VALUE_ROW("b\xC3\xBC"
              "cher.example",
              "\"b\xC3\xBC"
              "cher.example\""),
    VALUE_ROW("j\xC3\xBC@b\xC3\xBC"
              "cher.example",
              "j\xC3\xBC@b\xC3\xBC"
              "cher.example"),
    VALUE_ROW("\xE2\x82\xAC \xF0\x9F\x92\xA9", "\"\xE2\x82\xAC \xF0\x9F\x92\xA9\""),
    VALUE_ROW("\xEF\xBF\xBD", "\"\xEF\xBF\xBD\""),
    VALUE_ROW("a\xC3"
              "b",
              "\"a?b\""),
    VALUE_ROW("a\xE2\x82", "\"a??\""),
    VALUE_ROW("\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80\xFF", "\"??????????\""),
    /* a control of two octets, a mark that turns the text, one that is not seen */
    VALUE_ROW("\xC2\x9B"
              "1m \xE2\x80\xAE"
              "moc \xE2\x80\x8B"
              "x",
              "\"?1m ?moc ?x\""),
};

#define REASON_ROW(text, want)                                                                 \
    {                                                                                          \
        SPAN("a"), {{RESULT("spf", "pass"), .reason = SPAN(text)}}, "a; spf=pass reason=" want \
    }

static const struct row REASON_ROWS[] = {
    REASON_ROW("ok", "\"ok\""),
    REASON_ROW("2048-bit key; unprotected", "\"2048-bit key; unprotected\""),
    REASON_ROW("joe@example.net", "\"joe@example.net\""),
    REASON_ROW("say \"no\" \\", "\"say \\\"no\\\" \\\\\""),
    REASON_ROW("(\r\n\tx", "\"(???x\""),
};

static void fields_are_folded_before_78_columns(void **state)
{
    (void)state;
    WRITE_TABLE(LAYOUT_ROWS);
}

static void an_authserv_id_is_a_token_or_quoted(void **state)
{
    (void)state;
    WRITE_TABLE(ID_ROWS);
}

static void names_are_keywords_whatever_is_given(void **state)
{
    (void)state;
    WRITE_TABLE(NAME_ROWS);
}

static void values_are_tokens_addresses_or_quoted_and_hold_no_control_octet(void **state)
{
    (void)state;
    WRITE_TABLE(VALUE_ROWS);
}

static void reasons_are_always_quoted(void **state)
{
    (void)state;
    WRITE_TABLE(REASON_ROWS);
}

/* ---- lengths ---- */

/** Write one result with this value as id, reason and property, the names as long as they get. */
static assay_span write_long(struct buf *out, assay_span value)
{
    static const char NAME[] =
        "a234567890123456789012345678901234567890123456789012345678901234567890";
    struct authres_property p = {SPAN(NAME), SPAN(NAME), value};
    struct authres_result r = {SPAN(NAME), UINT64_MAX, SPAN(NAME), value, &p, 1};

    buf_clear(out);
    authres_write(value, &r, 1, FIELD_N, out);
    assert_int_equal(out->status, ASSAY_DONE);
    return buf_span(out);
}

/** What stands between the first two quotes, escapes not undone. */
static assay_span first_quoted(assay_span s)
{
    size_t from = span_find(s, '"') + 1, i = from;

    while (i < s.n && s.p[i] != '"')
        i += s.p[i] == '\\' ? 2 : 1;
    return span_first(span_from(s, from), i - from);
}

static void values_are_cut_at_a_character_so_that_no_line_passes_998(void **state)
{
    static const char *const UNITS[] = {";",        "\"",           "\\",
                                        "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x92\xA9",
                                        "\xFF",     "x\"",          " @a.b"};
    struct buf out = buf_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        for (size_t lead = 0; lead < 5; lead++) {
            char value[2048] = ";;;;;";
            size_t n = lead, unit = strlen(UNITS[i]);
            assay_span rest, line, quoted;

            for (; n + unit < sizeof value; n += unit)
                memcpy(value + n, UNITS[i], unit);
            rest = write_long(&out, (assay_span){value, n});
            quoted = first_quoted(rest);
            assert_true(quoted.n <= LIMIT_AUTHRES_VALUE && quoted.n > LIMIT_AUTHRES_VALUE - 4);
            for (size_t head = FIELD_N + 1; span_line(&rest, &line); head = 0)
                assert_true(head + line.n <= 998);
        }
    buf_done(&out);
}

static void names_are_cut_at_64_octets(void **state)
{
    struct buf out = buf_new(1 << 16);

    (void)state;
    assert_true(span_contains(
        write_long(&out, SPAN("v")),
        SPAN("\r\n\ta234567890123456789012345678901234567890123456789012345678901234/"
             "18446744073709551615="
             "a234567890123456789012345678901234567890123456789012345678901234\r\n")));
    buf_done(&out);
}

/* ---- reading it back ---- */

/** Two texts are equal, or a character or an octet of the second is a question mark in the first. */
static bool same_but_for_marks(assay_span got, assay_span given)
{
    while (got.n && given.n) {
        uint32_t code;
        size_t n = utf8_next(given, &code);

        if (!utf8_ok(span_first(given, n)))
            n = 1;
        if (!span_starts(got, span_first(given, n)) && got.p[0] != '?')
            return false;
        got = span_from(got, span_starts(got, span_first(given, n)) ? n : 1);
        given = span_from(given, n);
    }
    return !got.n && !given.n;
}

/** What a value of a table and the one read back should share. */
static void same_values(const struct authres_result *given, const struct authres_result *got)
{
    size_t n = 0;

    for (size_t i = 0; i < given->nproperties; i++) {
        const struct authres_property *p = &given->properties[i];

        if (!p->ptype.n || !p->name.n || !p->value.n)
            continue;
        assert_true(n < got->nproperties);
        assert_true(same_but_for_marks(got->properties[n++].value, p->value));
    }
    assert_int_equal(got->nproperties, n);
}

static void what_is_written_is_read_back_without_a_fault(void **state)
{
    struct buf out = buf_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof VALUE_ROWS / sizeof *VALUE_ROWS; i++) {
        struct arena a = {0};
        struct authres got;

        buf_clear(&out);
        authres_write(VALUE_ROWS[i].id, VALUE_ROWS[i].results, 1, FIELD_N, &out);
        assert_int_equal(authres_read(&a, buf_span(&out), &got), ASSAY_DONE);
        assert_true(!got.fault && got.n == 1 && span_is(got.authserv_id, "a"));
        same_values(&VALUE_ROWS[i].results[0], &got.results[0]);
        arena_done(&a);
    }
    buf_done(&out);
}

/* ---- too little room ---- */

static void what_does_not_fit_leaves_whole_results_and_a_status(void **state)
{
    const struct row *row = &LAYOUT_ROWS[3];
    size_t whole = strlen(row->want), most = 0;

    (void)state;
    for (size_t max = 0; max <= whole; max++) {
        struct buf out = buf_new(max);
        struct arena a = {0};
        struct authres got;

        authres_write(row->id, row->results, 3, FIELD_N, &out);
        assert_int_equal(out.status, max < whole ? ASSAY_EINVAL : ASSAY_DONE);
        assert_true(span_starts(span_of(row->want), buf_span(&out)));
        assert_int_equal(authres_read(&a, buf_span(&out), &got), ASSAY_DONE);
        assert_true(out.n == 0 ? got.n == 0 : !got.fault && got.n >= most);
        most = got.n;
        arena_done(&a);
        buf_done(&out);
    }
    assert_int_equal(most, 3);
}

static void what_stood_in_the_buffer_stays(void **state)
{
    struct buf out = buf_new(12);

    (void)state;
    buf_puts(&out, "kept: ");
    authres_write(SPAN("a"), NULL, 0, 5, &out);
    assert_int_equal(out.status, ASSAY_EINVAL);
    assert_true(span_is(buf_span(&out), "kept: "));
    buf_done(&out);
    out = buf_new(13);
    buf_puts(&out, "kept: ");
    authres_write(SPAN("a"), NULL, 0, 5, &out);
    assert_true(span_is(buf_span(&out), "kept: a; none"));
    buf_done(&out);
}

static void when_memory_is_out_the_status_says_so(void **state)
{
    struct authres_property p[64];
    struct authres_result r = {RESULT("spf", "pass"), .properties = p, .nproperties = 64};
    size_t calls = 0;
    assay_status s = ASSAY_ENOMEM;

    (void)state;
    for (size_t i = 0; i < 64; i++)
        p[i] = (struct authres_property)PROPERTY("smtp", "mailfrom", "example.net");
    for (; s != ASSAY_DONE; calls++) {
        struct buf out = buf_new(1 << 16);

        memory_left = calls;
        authres_write(SPAN("a"), &r, 1, FIELD_N, &out);
        memory_left = SIZE_MAX;
        s = out.status;
        assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM);
        buf_done(&out);
    }
    assert_true(calls > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_folded_before_78_columns),
        cmocka_unit_test(an_authserv_id_is_a_token_or_quoted),
        cmocka_unit_test(names_are_keywords_whatever_is_given),
        cmocka_unit_test(values_are_tokens_addresses_or_quoted_and_hold_no_control_octet),
        cmocka_unit_test(reasons_are_always_quoted),
        cmocka_unit_test(values_are_cut_at_a_character_so_that_no_line_passes_998),
        cmocka_unit_test(names_are_cut_at_64_octets),
        cmocka_unit_test(what_is_written_is_read_back_without_a_fault),
        cmocka_unit_test(what_does_not_fit_leaves_whole_results_and_a_status),
        cmocka_unit_test(what_stood_in_the_buffer_stays),
        cmocka_unit_test(when_memory_is_out_the_status_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
