/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/lists.h"

#include "base/limits.h"
#include "fact/fact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/** Ask for a list. */
static assay_fact *ask(struct lists *l, const char *name)
{
    struct assay_question q = {.kind = ASSAY_LIST, .name = span_of(name)};
    assay_fact *fact = lists_fact(l, &q);

    assert_non_null(fact);
    return fact;
}

/** A list is answered so. */
static void wants(struct lists *l, const char *name, enum assay_how how, const char *data)
{
    assay_fact *fact = ask(l, name);

    if (fact->how != how || (data && !span_is(fact->n ? fact->data[0] : SPAN_EMPTY, data)))
        printf("%s: %s (%.*s)\n", name, fact_how_text(fact->how), SPAN_ARG(fact->reason));
    assert_int_equal(fact->how, how);
    if (data)
        assert_true(span_is(fact->n ? fact->data[0] : SPAN_EMPTY, data));
    assert_true(fact->reason.n > 0);
    assay_fact_free(fact);
}

/** Write a file of `n` octets, which begin with `text`. */
static void write_file(const char *folder, const char *name, const char *text, long n)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    if (n)
        assert_int_equal(ftruncate(fileno(file), n), 0);
    fclose(file);
}

static void a_file_of_the_folder_comes_first_and_is_read_once(void **state)
{
    char folder[] = "/tmp/assay-lists-XXXXXX", command[100];
    struct lists *l;

    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file(folder, "mine", "# mine\na\n", 0);
    write_file(folder, "whole", "", LIMIT_FETCH);
    write_file(folder, "over", "", LIMIT_FETCH + 1);
    snprintf(command, sizeof command, "%s/folder", folder);
    assert_int_equal(mkdir(command, 0700), 0);
    l = lists_new(folder);
    wants(l, "mine", ASSAY_OK, "# mine\na\n");
    write_file(folder, "mine", "other\n", 0);
    wants(l, "mine", ASSAY_OK, "# mine\na\n");
    wants(l, "whole", ASSAY_OK, NULL);
    wants(l, "over", ASSAY_TOOBIG, NULL);
    wants(l, "folder", ASSAY_SERVFAIL, NULL);
    wants(l, "none", ASSAY_REFUSED, NULL);
    lists_free(l);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void a_file_of_the_folder_is_had_by_its_name_with_or_without_ending(void **state)
{
    static const char *const FILES[] = {"mark-roots", "mark-roots.pem"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char folder[] = "/tmp/assay-lists-XXXXXX", command[100];
        struct lists *l;

        assert_non_null(mkdtemp(folder));
        write_file(folder, FILES[i], "mine\n", 0);
        l = lists_new(folder);
        wants(l, "mark-roots", ASSAY_OK, "mine\n");
        wants(l, "mark-roots.pem", ASSAY_OK, "mine\n");
        write_file(folder, FILES[!i], "other\n", 0);
        lists_free(l);
        l = lists_new(folder); /* the name that was asked for comes first */
        wants(l, FILES[!i], ASSAY_OK, "other\n");
        wants(l, FILES[i], ASSAY_OK, "mine\n");
        lists_free(l);
        snprintf(command, sizeof command, "rm -r %s", folder);
        assert_int_equal(system(command), 0);
    }
}

static void a_name_is_no_path(void **state)
{
    static const char *const NAMES[] = {
        "",
        ".",
        "..",
        "../etc/passwd",
        "/etc/passwd",
        "a/b",
        "A",
        "a\nb",
        "a b",
        ".hidden",
        "a-name-that-is-far-too-long-for-any-list-of-this-program-or-others"};
    struct lists *l = lists_new("/etc");

    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        wants(l, NAMES[i], ASSAY_REFUSED, NULL);
    lists_free(l);
}

static void what_is_built_in_is_had_by_its_name_with_or_without_ending(void **state)
{
    struct lists *l = lists_new("/nonexistent");

    (void)state;
    for (const struct lists_file *f = LISTS_FILES; f->name; f++) {
        assay_span name = span_of(f->name), stem = span_first(name, span_rfind(name, '.'));
        assay_fact *fact = ask(l, f->name);

        assert_true(f->octets.n > 0);
        assert_ptr_equal(lists_builtin(name).p, f->octets.p);
        assert_ptr_equal(lists_builtin(stem).p, f->octets.p);
        assert_int_equal(fact->how, ASSAY_OK);
        assert_true(span_eq(fact->data[0], f->octets));
        assert_true(span_starts(fact->reason, SPAN("built in")));
        assay_fact_free(fact);
    }
    lists_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_the_folder_comes_first_and_is_read_once),
        cmocka_unit_test(a_file_of_the_folder_is_had_by_its_name_with_or_without_ending),
        cmocka_unit_test(a_name_is_no_path),
        cmocka_unit_test(what_is_built_in_is_had_by_its_name_with_or_without_ending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
