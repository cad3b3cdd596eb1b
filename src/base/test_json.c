/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROOM = 4096 };

/** The output is what is wanted, or both are told. */
static void same(const struct buf *out, const char *want)
{
    if (!span_is(buf_span(out), want))
        fail_msg("wanted %s, got %.*s", want, SPAN_ARG(buf_span(out)));
}

static void containers_nest_and_commas_stand_between(void **state)
{
    struct buf out = buf_new(ROOM);
    struct json j = json_new(&out);

    (void)state;
    json_object(&j, NULL);
    json_text(&j, "a", SPAN("x"));
    json_array(&j, "b");
    json_number(&j, NULL, 1);
    json_array(&j, NULL);
    json_end(&j);
    json_object(&j, NULL);
    json_end(&j);
    json_end(&j);
    json_bool(&j, "c", true);
    json_bool(&j, "d", false);
    json_null(&j, "e");
    json_text_at(&j, SPAN("f\"g"), SPAN(""));
    assert_false(json_ok(&j));
    json_end(&j);
    assert_true(json_ok(&j));
    same(&out, "{\"a\":\"x\",\"b\":[1,[],{}],\"c\":true,\"d\":false,\"e\":null,\"f\\\"g\":\"\"}");
    buf_done(&out);
}

static void a_value_alone_is_json(void **state)
{
    struct buf out = buf_new(ROOM);
    struct json j = json_new(&out);

    (void)state;
    json_text(&j, NULL, SPAN("alone"));
    assert_true(json_ok(&j));
    same(&out, "\"alone\"");
    buf_done(&out);
}

static void numbers_are_whole_over_their_range(void **state)
{
    struct buf out = buf_new(ROOM);
    struct json j = json_new(&out);

    (void)state;
    json_array(&j, NULL);
    json_number(&j, NULL, 0);
    json_number(&j, NULL, INT64_MAX);
    json_number(&j, NULL, INT64_MIN);
    json_end(&j);
    same(&out, "[0,9223372036854775807,-9223372036854775808]");
    buf_done(&out);
}

static void strings_are_escaped_and_their_utf8_repaired(void **state)
{
    static const struct {
        assay_span text;
        const char *want;
    } ROWS[] = {
        {SPAN(""), "\"\""},
        {SPAN("say \"hi\" \\ /"), "\"say \\\"hi\\\" \\\\ /\""},
        {SPAN("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\""},
        {SPAN("\0\v\x1B\x7F"), "\"\\u0000\\u000b\\u001b\\u007f\""},
        {SPAN("\xE2\x80\xAE"), "\"\\u202e\""},            /* RIGHT-TO-LEFT OVERRIDE */
        {SPAN("\xF3\xA0\x81\x81"), "\"\\udb40\\udc41\""}, /* a tag character */
        {SPAN("\xC2\x85"), "\"\\u0085\""},                /* NEL, of C1 */
        {SPAN("\xC2\xA0"), "\"\xC2\xA0\""},               /* the first behind C1 */
        {SPAN("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x93\xA7"),
         "\"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x93\xA7\""},
        {SPAN("\xFFx"), "\"\xEF\xBF\xBDx\""}, /* no lead */
        {SPAN("\xC3"), "\"\xEF\xBF\xBD\""},   /* cut short */
        {SPAN("\xC3("), "\"\xEF\xBF\xBD(\""}, /* the tail is none */
        {SPAN("\xE2\x82"
              "A"),
         "\"\xEF\xBF\xBD"
         "A\""},                                            /* one U+FFFD for a cut character */
        {SPAN("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* over-long "/" */
        {SPAN("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* a surrogate */
        {SPAN("\xF4\x90\x80\x80"),
         "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* U+110000 */
        {SPAN("\x80\xBF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},       /* tails alone */
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct buf out = buf_new(ROOM);
        struct json j = json_new(&out);

        json_text(&j, NULL, ROWS[i].text);
        assert_true(json_ok(&j));
        same(&out, ROWS[i].want);
        buf_done(&out);
    }
}

/** Calls that do not make JSON. */
static void key_in_array(struct json *j)
{
    json_array(j, NULL);
    json_null(j, "key");
}

static void no_key_in_object(struct json *j)
{
    json_object(j, NULL);
    json_null(j, NULL);
}

static void key_at_the_top(struct json *j)
{
    json_null(j, "key");
}

static void an_end_too_many(struct json *j)
{
    json_array(j, NULL);
    json_end(j);
    json_end(j);
}

static void two_values(struct json *j)
{
    json_null(j, NULL);
    json_null(j, NULL);
}

static void too_deep(struct json *j)
{
    for (int i = 0; i <= JSON_DEPTH; i++)
        json_array(j, NULL);
}

static void calls_that_make_no_json_are_refused(void **state)
{
    static void (*const CALLS[])(struct json *) = {key_in_array,   no_key_in_object,
                                                   key_at_the_top, an_end_too_many,
                                                   two_values,     too_deep};

    (void)state;
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        struct buf out = buf_new(ROOM);
        struct json j = json_new(&out);

        CALLS[i](&j);
        if (out.status != ASSAY_EINVAL || json_ok(&j))
            fail_msg("call %zu: wanted a refusal, got %.*s", i, SPAN_ARG(buf_span(&out)));
        buf_done(&out);
    }
}

static void the_deepest_nesting_closes_again(void **state)
{
    struct buf out = buf_new(ROOM);
    struct json j = json_new(&out);

    (void)state;
    for (int i = 0; i < JSON_DEPTH; i++)
        json_object(&j, i ? "k" : NULL);
    for (int i = 0; i < JSON_DEPTH; i++)
        json_end(&j);
    assert_true(json_ok(&j));
    buf_done(&out);
}

static void what_does_not_fit_is_told(void **state)
{
    for (size_t room = 0; room < 8; room++) {
        struct buf out = buf_new(room);
        struct json j = json_new(&out);

        (void)state;
        json_text(&j, NULL, SPAN("12345\n"));
        assert_false(json_ok(&j));
        assert_int_equal(out.status, ASSAY_EINVAL);
        buf_done(&out);
    }
}

static void every_code_point_survives_utf8(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        char octets[4];
        uint32_t back;
        size_t n = utf8_put(code, octets);

        if (code >= 0xD800 && code <= 0xDFFF) {
            assert_false(utf8_ok((assay_span){octets, n}));
            continue;
        }
        assert_int_equal(utf8_next((assay_span){octets, n}, &back), n);
        assert_int_equal(back, code);
        assert_true(utf8_ok((assay_span){octets, n}));
        for (size_t cut = 1; cut < n; cut++)
            assert_false(utf8_ok((assay_span){octets, cut}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(containers_nest_and_commas_stand_between),
        cmocka_unit_test(a_value_alone_is_json),
        cmocka_unit_test(numbers_are_whole_over_their_range),
        cmocka_unit_test(strings_are_escaped_and_their_utf8_repaired),
        cmocka_unit_test(calls_that_make_no_json_are_refused),
        cmocka_unit_test(the_deepest_nesting_closes_again),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(every_code_point_survives_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
