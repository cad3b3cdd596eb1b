/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/suffix.h"

#include "fact/fact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/** The suffix of a name is as wanted. */
static bool suffix_is(const struct suffixes *s, const char *name, const char *want)
{
    struct assay_question q = {.kind = ASSAY_SUFFIX, .name = span_of(name)};
    assay_fact *fact = suffixes_fact(s, &q);
    bool same;

    assert_non_null(fact);
    assert_int_equal(fact->kind, ASSAY_SUFFIX);
    same = fact->how == ASSAY_OK && fact->n == 1 && span_is(fact->data[0], want);
    if (!same)
        printf("%s: wanted %s, got %.*s\n", name, want, fact->n ? (int)fact->data[0].n : 4,
               fact->n ? fact->data[0].p : "none");
    assay_fact_free(fact);
    return same;
}

static void public_suffixes_are_those_of_the_list(void **state)
{
    static const struct {
        const char *name, *want;
    } ROWS[] = {
        {"example.com", "com"},
        {"a.b.example.co.uk", "co.uk"},
        {"co.uk", "co.uk"},
        {"uk", "uk"},
        {"x.nosuchtopleveldomain", "nosuchtopleveldomain"},
        {"nosuchtopleveldomain", "nosuchtopleveldomain"},
        {"a.b.ck", "b.ck"},           /* the rule *.ck */
        {"www.ck", "ck"},             /* its exception */
        {"a.github.io", "github.io"}, /* of the list's private part */
        {"xn--85x722f.xn--55qx5d.cn", "xn--55qx5d.cn"},
        {"_dmarc.example.org", "org"},
        {"a\\.com", "a\\.com"}, /* one label with a dot in it */
        {"b.a\\.com", "a\\.com"},
        {"a\\046b.example.com", "com"},
    };
    struct suffixes *s;
    const char *why;
    size_t wrong = 0;

    (void)state;
    assert_int_equal(suffixes_new(NULL, &s, &why), ASSAY_DONE);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        wrong += !suffix_is(s, ROWS[i].name, ROWS[i].want);
    assert_int_equal(wrong, 0);
    suffixes_free(s);
}

static void the_root_has_no_suffix_and_the_reason_names_the_list(void **state)
{
    struct assay_question q = {.kind = ASSAY_SUFFIX, .name = SPAN_EMPTY};
    struct suffixes *s;
    assay_fact *fact;
    const char *why;

    (void)state;
    assert_int_equal(suffixes_new(NULL, &s, &why), ASSAY_DONE);
    fact = suffixes_fact(s, &q);
    assert_int_equal(fact->how, ASSAY_NODATA);
    assert_true(span_starts(fact->reason, SPAN("public suffix list of 20")));
    assay_fact_free(fact);
    suffixes_free(s);
}

/** Write a file. */
static void write_file(char *path, const char *text)
{
    int fd = mkstemp(path);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void a_list_of_ones_own_is_taken_with_its_version(void **state)
{
    char path[] = "/tmp/assay-psl-XXXXXX";
    struct assay_question q = {.kind = ASSAY_SUFFIX, .name = SPAN("a.b.c.example")};
    struct suffixes *s;
    assay_fact *fact;
    const char *why;

    (void)state;
    write_file(path,
               "// a list\n// VERSION: 2026-11-01_07-00-00_UTC\n// ===BEGIN ICANN DOMAINS===\n"
               "example\nc.example\n// ===END ICANN DOMAINS===\n");
    assert_int_equal(suffixes_new(path, &s, &why), ASSAY_DONE);
    assert_true(suffix_is(s, "a.b.c.example", "c.example"));
    assert_true(suffix_is(s, "b.example", "example"));
    assert_true(suffix_is(s, "example.co.uk", "uk")); /* nothing of the other list */
    fact = suffixes_fact(s, &q);
    assert_true(span_is(fact->reason, "public suffix list of 2026-11-01_07-00-00_UTC"));
    assay_fact_free(fact);
    suffixes_free(s);
    unlink(path);
}

static void a_file_that_is_no_list_is_refused(void **state)
{
    char path[] = "/tmp/assay-psl-XXXXXX";
    struct suffixes *s;
    const char *why = NULL;

    (void)state;
    assert_int_equal(suffixes_new("/nonexistent/list", &s, &why), ASSAY_EINVAL);
    assert_non_null(why);
    write_file(path, "");
    assert_int_equal(suffixes_new(path, &s, &why), ASSAY_EINVAL);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_suffixes_are_those_of_the_list),
        cmocka_unit_test(the_root_has_no_suffix_and_the_reason_names_the_list),
        cmocka_unit_test(a_list_of_ones_own_is_taken_with_its_version),
        cmocka_unit_test(a_file_that_is_no_list_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
