/* SPDX-License-Identifier: BSD-2-Clause */
/* A record of name=value fields is cut where its grammar cuts it (RFC 8461 3.1, RFC 8460 3). */
#include "base/buf.h"
#include "base/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void a_record_begins_with_its_version(void **state)
{
    static const struct {
        const char *text;
        enum fields_start want;
    } ROWS[] = {
        {"v=STSv1", FIELDS_VERSION},
        {"v=STSv1;", FIELDS_VERSION},
        {"v=STSv1 ; id=1", FIELDS_VERSION},
        {"v=STSv1\t", FIELDS_VERSION},
        {"V=STSv1;", FIELDS_NEARLY},
        {"v=stsv1;", FIELDS_NEARLY},
        {"v = STSv1;", FIELDS_NEARLY},
        {"v\t=\tSTSv1", FIELDS_NEARLY},
        {"v=STSv10;", FIELDS_OTHER},
        {"v=STSv2;", FIELDS_OTHER},
        {" v=STSv1;", FIELDS_OTHER},
        {"v=STSv", FIELDS_OTHER},
        {"", FIELDS_OTHER},
        {"v", FIELDS_OTHER},
        {"v ", FIELDS_OTHER},
        {"v=", FIELDS_OTHER},
        {"x=STSv1", FIELDS_OTHER},
        {"v==STSv1;", FIELDS_OTHER},
        {"v=STSv1,", FIELDS_OTHER},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        enum fields_start got = fields_start(span_of(ROWS[i].text), "v=STSv1");

        if (got == ROWS[i].want)
            continue;
        printf("  \"%s\": wanted %d, got %d\n", ROWS[i].text, ROWS[i].want, got);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/** All fields as `name|value` or `!whole`, parted by blanks. */
static struct buf cut(const char *text)
{
    struct buf out = buf_new(1024);
    assay_span rest = span_of(text);
    struct field f;

    while (fields_next(&rest, &f)) {
        buf_puts(&out, out.n ? " " : "");
        if (f.name.n)
            buf_printf(&out, "%.*s|%.*s", SPAN_ARG(f.name), SPAN_ARG(f.value));
        else
            buf_printf(&out, "!%.*s", SPAN_ARG(f.whole));
        if (f.name.n && !field_is_extension(&f))
            buf_puts(&out, "?");
    }
    return out;
}

static void fields_are_parted_by_semicolons(void **state)
{
    static const struct {
        const char *text, *want;
    } ROWS[] = {
        {"", ""},
        {";", ""},
        {" ; ", ""},
        {";a=b", "a|b"},
        {" ; a=b ; c=d ;", "a|b c|d"},
        {";a=b;", "a|b"},
        {";a=b;;c=d", "a|b !; c|d"},
        {";;", "!;"},
        {" ", "! "},
        {"x;a=b", "!x;a=b"},
        {";a=b ", "a|b ! "},
        {";a", "!a"},
        {";=b", "!=b"},
        {";a=", "a|?"},
        {";a=b=c", "a|b=c?"},
        {";a b=c", "a b|c?"},
        {";a=b c", "a|b c?"},
        {";-a=b", "-a|b?"},
        {";a_b-c.d9=!~", "a_b-c.d9|!~"},
        {";a2345678901234567890123456789012=b", "a2345678901234567890123456789012|b"},
        {";a23456789012345678901234567890123=b", "a23456789012345678901234567890123|b?"},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf got = cut(ROWS[i].text);

        if (!span_is(buf_span(&got), ROWS[i].want)) {
            printf("  \"%s\": wanted \"%s\", got \"%.*s\"\n", ROWS[i].text, ROWS[i].want,
                   SPAN_ARG(buf_span(&got)));
            wrong++;
        }
        buf_done(&got);
    }
    assert_int_equal(wrong, 0);
}

static void space_before_the_first_semicolon_is_seen(void **state)
{
    (void)state;
    assert_true(fields_space(SPAN("v=X ; a=b"), 3));
    assert_true(fields_space(SPAN("v=X\t;"), 3));
    assert_false(fields_space(SPAN("v=X; a=b ;"), 3));
    assert_false(fields_space(SPAN("v=X a;"), 3));
    assert_false(fields_space(SPAN("v=X "), 3));
    assert_false(fields_space(SPAN("v=X"), 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_begins_with_its_version),
        cmocka_unit_test(fields_are_parted_by_semicolons),
        cmocka_unit_test(space_before_the_first_semicolon_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
