/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void what_is_no_json_is_refused(void **state)
{
    static const struct {
        const char *text;
        bool fine;
    } ROWS[] = {
        {"{}", true},
        {" [ ] ", true},
        {"[1,[],{\"a\" : [ {} ]}]", true},
        {"\"\"", true},
        {"-0.5e+7", true},
        {"true", true},
        {"null\n", true},
        {"\"\\u00e4\\\"\\/\"", true},
        {"", false},
        {" ", false},
        {"{", false},
        {"[1,]", false},
        {"[,1]", false},
        {"[1 2]", false},
        {"[1}", false},
        {"{\"a\":1]", false},
        {"{\"a\"}", false},
        {"{a:1}", false},
        {"{\"a\":}", false},
        {"{\"a\":1,}", false},
        {"01", false},
        {"-", false},
        {"1.", false},
        {"1e", false},
        {"+1", false},
        {"\"", false},
        {"\"\\x\"", false},
        {"\"\\u12g4\"", false},
        {"\"\\u123", false},
        {"\"a\nb\"", false},
        {"tru", false},
        {"[] []", false},
        {"'a'", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct json_value v;

        if (json_read(span_of(ROWS[i].text), &v) != ROWS[i].fine)
            fail_msg("%s: wanted %d", ROWS[i].text, ROWS[i].fine);
    }
}

static void nesting_has_a_limit(void **state)
{
    char text[2 * (JSON_DEPTH + 1)];
    struct json_value v;

    (void)state;
    for (size_t depth = JSON_DEPTH; depth <= JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(json_read((assay_span){text, 2 * depth}, &v), depth == JSON_DEPTH);
    }
}

static void members_are_found_and_lists_walked(void **state)
{
    static const char TEXT[] = "{\"a\":{\"b\":[1,\"two\",{\"c\":-3}]},\"b\":true,\"e\":null}";
    struct json_value all, a, b, item, c;
    int64_t n = 0;
    size_t at = 0;

    (void)state;
    assert_true(json_read(span_of(TEXT), &all));
    assert_true(json_member(&all, "a", &a));
    assert_true(json_member(&a, "b", &b));
    assert_true(json_next(&b, &at, &item) && json_number_of(&item, &n) && n == 1);
    assert_true(json_next(&b, &at, &item) && item.type == JSON_TEXT);
    assert_false(json_number_of(&item, &n));
    assert_true(json_next(&b, &at, &item) && json_member(&item, "c", &c));
    assert_true(json_number_of(&c, &n) && n == -3);
    assert_false(json_next(&b, &at, &item));
    assert_true(json_member(&all, "b", &b) && b.type == JSON_BOOL);
    assert_false(json_member(&all, "c", &c));
    assert_false(json_member(&b, "c", &c));
    at = 0;
    assert_false(json_next(&b, &at, &item));
}

static void numbers_that_are_not_whole_or_too_large_are_none(void **state)
{
    static const char *const TEXTS[] = {"1.5", "1e3", "9223372036854775808"};
    struct json_value v;
    int64_t n;

    (void)state;
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        assert_true(json_read(span_of(TEXTS[i]), &v));
        assert_false(json_number_of(&v, &n));
    }
}

static void texts_come_back_as_they_were_written(void **state)
{
    static const char TEXT[] = "a\"\\/\b\f\n\r\t\x01\x7F \xC3\xA4 \xF0\x9F\x93\xA7";
    struct buf out = buf_new(4096), back = buf_new(4096);
    struct json j = json_new(&out);
    struct json_value v;

    (void)state;
    json_text(&j, NULL, span_of(TEXT));
    assert_true(json_read(buf_span(&out), &v));
    assert_true(json_text_of(&v, &back));
    if (!span_is(buf_span(&back), TEXT))
        fail_msg("wanted %s, got %.*s", TEXT, SPAN_ARG(buf_span(&back)));
    buf_done(&out);
    buf_done(&back);
}

static void escaped_characters_may_be_pairs(void **state)
{
    static const struct {
        const char *text, *want;
    } ROWS[] = {
        {"\"\\u00e4\"", "\xC3\xA4"},
        {"\"\\ud83d\\udce7\"", "\xF0\x9F\x93\xA7"},
        {"\"\\ud83dx\"", "\xEF\xBF\xBDx"},
        {"\"\\udce7\\ud83d\"", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\"\\ud83d\\u0041\"", "\xEF\xBF\xBD\x41"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf out = buf_new(64);
        struct json_value v;

        assert_true(json_read(span_of(ROWS[i].text), &v) && json_text_of(&v, &out));
        if (!span_is(buf_span(&out), ROWS[i].want))
            fail_msg("%s: wanted %s, got %.*s", ROWS[i].text, ROWS[i].want,
                     SPAN_ARG(buf_span(&out)));
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(members_are_found_and_lists_walked),
        cmocka_unit_test(numbers_that_are_not_whole_or_too_large_are_none),
        cmocka_unit_test(texts_come_back_as_they_were_written),
        cmocka_unit_test(escaped_characters_may_be_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
