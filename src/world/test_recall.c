/* SPDX-License-Identifier: BSD-2-Clause */
/** \file test_recall.c What is remembered of domains that are deferred, in memory and in a file. */
#include "world/recall.h"

#include "base/limits.h"
#include "fact/fact.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { DAY = 86400, NOW = 1764000000, WEEK = 7 * DAY };

/** What is answered to a RECALL question: the digits, "" for NODATA, "refused". */
static const char *answer(struct recall *r, const char *name, int64_t now)
{
    static char text[64];
    struct assay_question q = {.kind = ASSAY_RECALL, .name = span_of(name), .data = SPAN_EMPTY};
    assay_fact *f = recall_answer(r, &q, now);

    assert_non_null(f);
    assert_int_equal(f->kind, ASSAY_RECALL);
    if (f->how == ASSAY_OK)
        snprintf(text, sizeof text, "%.*s", SPAN_ARG(f->data[0]));
    else
        snprintf(text, sizeof text, "%s", f->how == ASSAY_NODATA ? "" : "refused");
    if (f->how == ASSAY_REFUSED)
        assert_true(f->reason.n > 0);
    assay_fact_free(f);
    return text;
}

/** A deferral that must be noted. */
static void seen(struct recall *r, const char *domain, int64_t now)
{
    assert_int_equal(recall_seen(r, span_of(domain), now), ASSAY_DONE);
}

static void the_first_deferral_is_told_however_many_follow(void **state)
{
    struct recall *r = recall_new(10, WEEK);

    (void)state;
    assert_string_equal(answer(r, "deferred broken.example", NOW), "");
    for (int i = 0; i < 30; i++)
        seen(r, i % 2 ? "broken.example" : "BROKEN.example", NOW + i * DAY);
    assert_string_equal(answer(r, "deferred broken.example", NOW + 30 * DAY), "1764000000");
    assert_string_equal(answer(r, "deferred other.example", NOW + 30 * DAY), "");
    assert_int_equal(recall_count(r), 1);
    recall_free(r);
}

static void a_domain_that_recovers_is_forgotten_and_counts_anew(void **state)
{
    struct recall *r = recall_new(10, WEEK);

    (void)state;
    seen(r, "a.example", NOW);
    seen(r, "b.example", NOW + DAY);
    assert_string_equal(answer(r, "deferred a.example", NOW + WEEK - 1), "1764000000");
    assert_string_equal(answer(r, "deferred a.example", NOW + WEEK), "");
    assert_int_equal(recall_count(r), 1);
    seen(r, "a.example", NOW + WEEK + 5);
    assert_string_equal(answer(r, "deferred a.example", NOW + WEEK + 5), "1764604805");
    recall_free(r);
}

static void a_clock_that_is_set_back_forgets_nothing_and_keeps_nothing_for_ever(void **state)
{
    struct recall *r = recall_new(10, WEEK);

    (void)state;
    seen(r, "a.example", NOW);
    seen(r, "b.example", NOW - DAY); /* b is before a in the list, but older */
    assert_string_equal(answer(r, "deferred a.example", NOW - DAY), "1764000000");
    assert_string_equal(answer(r, "deferred b.example", NOW - DAY + WEEK), "");
    seen(r, "b.example", NOW - DAY + WEEK);
    assert_string_equal(answer(r, "deferred b.example", NOW - DAY + WEEK), "1764518400");
    recall_free(r);
}

static void beyond_the_bound_the_longest_quiet_goes(void **state)
{
    struct recall *r = recall_new(3, WEEK);

    (void)state;
    seen(r, "a.example", NOW);
    seen(r, "b.example", NOW + 1);
    seen(r, "c.example", NOW + 2);
    seen(r, "a.example", NOW + 3);
    seen(r, "d.example", NOW + 4);
    assert_int_equal(recall_count(r), 3);
    assert_string_equal(answer(r, "deferred a.example", NOW + 5), "1764000000");
    assert_string_equal(answer(r, "deferred b.example", NOW + 5), "");
    recall_free(r);
}

static void what_is_no_domain_is_not_remembered(void **state)
{
    static const char *const ROWS[] = {"", ".", "a..example", ".a"};
    struct recall *r = recall_new(10, WEEK);
    char longest[1001];

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (recall_seen(r, span_of(ROWS[i]), NOW) != ASSAY_EINVAL)
            fail_msg("\"%s\" was taken", ROWS[i]);
    for (size_t i = 0; i < 100; i++) /* a hundred octets that need four each */
        memcpy(longest + i * 4 + i / 50, i % 50 == 49 ? "\\001." : "\\001", 5);
    assert_int_equal(recall_seen(r, span_of(longest), NOW), ASSAY_EINVAL);
    assert_int_equal(recall_count(r), 0);
    recall_free(r);
    r = recall_new(0, WEEK);
    assert_int_equal(recall_seen(r, SPAN("a.example"), NOW), ASSAY_EINVAL);
    recall_free(r);
    recall_free(NULL);
}

static void other_questions_are_refused_with_a_reason(void **state)
{
    struct recall *r = recall_new(10, WEEK);
    struct assay_question q = {.kind = ASSAY_GET,
                               .name = SPAN("deferred a.example"),
                               .data = SPAN_EMPTY};
    assay_fact *f = recall_answer(r, &q, NOW);

    (void)state;
    assert_int_equal(f->how, ASSAY_REFUSED);
    assay_fact_free(f);
    assert_string_equal(answer(r, "mta-sts a.example", NOW), "refused");
    assert_string_equal(answer(r, "deferred", NOW), "refused");
    assert_string_equal(answer(r, "deferred a..example", NOW), "");
    recall_free(r);
}

/* ---- the file ---- */

/** A folder of the test's own, and a file in it. */
static char folder[] = "/tmp/assay-recall-XXXXXX", path[64], beside[72];

static int make_folder(void **state)
{
    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/recall", folder);
    snprintf(beside, sizeof beside, "%s.new", path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails when something else is left behind */
}

static void a_restart_remembers(void **state)
{
    struct recall *r = recall_new(100, WEEK), *again;
    struct stat st;
    char name[40];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "n%d.example", i);
        seen(r, name, NOW + i);
    }
    seen(r, "n0.example", NOW + 200);
    assert_int_equal(recall_save(r, path), 0);
    assert_int_equal(recall_save(r, path), 0); /* over the one that is there */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(beside, &st), -1);
    again = recall_new(50, WEEK); /* a smaller table keeps the last ones */
    assert_int_equal(recall_load(again, path, NOW + 300), 0);
    assert_int_equal(recall_count(again), 50);
    assert_string_equal(answer(again, "deferred n0.example", NOW + 300), "1764000000");
    assert_string_equal(answer(again, "deferred n99.example", NOW + 300), "1764000099");
    assert_string_equal(answer(again, "deferred n50.example", NOW + 300), "");
    recall_free(again);
    again = recall_new(100, WEEK);
    assert_int_equal(recall_load(again, path, NOW + WEEK + 50), 0); /* and leaves out the old */
    assert_int_equal(recall_count(again), 50);
    recall_free(again);
    recall_free(r);
}

static void a_file_that_is_damaged_gives_what_can_be_read(void **state)
{
    static const char TEXT[] = "1763999000 1763999500 good.example\n"
                               "1763999000 good2.example\n"
                               "x 1763999500 bad.example\n"
                               "1763999500 1763999000 backwards.example\n"
                               "1763999000\t1763999500 tab.example\n"
                               "1763999000 1763999500 \n"
                               "99999999999999999999 99999999999999999999 huge.example\n"
                               "1999999999 1999999999 future.example\n"
                               "1763999000 1763999500 cut.exam";
    struct recall *r = recall_new(10, WEEK);
    FILE *file = fopen(path, "we");

    (void)state;
    fputs(TEXT, file);
    fclose(file);
    assert_int_equal(recall_load(r, path, NOW), 0);
    assert_string_equal(answer(r, "deferred good.example", NOW), "1763999000");
    assert_string_equal(answer(r, "deferred future.example", NOW),
                        "1764000000"); /* the clock was wrong */
    assert_int_equal(recall_count(r), 2);
    recall_free(r);
}

static void a_file_that_is_not_there_is_empty_and_what_fails_is_told(void **state)
{
    struct recall *r = recall_new(10, WEEK);
    char away[100];

    (void)state;
    snprintf(away, sizeof away, "%s/no/such/file", folder);
    assert_int_equal(recall_load(r, path, NOW), 0);
    assert_int_equal(recall_load(r, folder, NOW), EIO); /* a folder cannot be read */
    assert_int_equal(recall_save(r, away), ENOENT);
    seen(r, "a.example", NOW);
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(symlink("/dev/full", beside), 0);
        assert_int_equal(recall_save(r, path), ELOOP); /* nobody may lead us elsewhere */
        unlink(beside);
    }
    assert_int_equal(recall_save(r, path), 0);
    recall_free(r);
}

/* ---- threads ---- */

static struct recall *shared;

static void *use(void *arg)
{
    unsigned seed = *(unsigned *)arg;
    size_t n;

    for (int i = 0; i < 5000; i++) {
        char name[40];
        struct assay_question q = {.kind = ASSAY_RECALL, .name = span_of(name), .data = SPAN_EMPTY};

        snprintf(name, sizeof name, "deferred n%d.example", rand_r(&seed) % 300);
        q.name = span_of(name);
        recall_seen(shared, span_from(q.name, 9), NOW + i);
        assay_fact_free(recall_answer(shared, &q, NOW + i));
        if (i % 1000 == 0)
            free(recall_text(shared, &n));
    }
    return NULL;
}

static void threads_share_one_table(void **state)
{
    pthread_t threads[4];
    unsigned seeds[4] = {1, 2, 3, 4};

    (void)state;
    shared = recall_new(200, WEEK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, &seeds[i]), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(recall_count(shared), 200);
    recall_free(shared);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_deferral_is_told_however_many_follow),
        cmocka_unit_test(a_domain_that_recovers_is_forgotten_and_counts_anew),
        cmocka_unit_test(a_clock_that_is_set_back_forgets_nothing_and_keeps_nothing_for_ever),
        cmocka_unit_test(beyond_the_bound_the_longest_quiet_goes),
        cmocka_unit_test(what_is_no_domain_is_not_remembered),
        cmocka_unit_test(other_questions_are_refused_with_a_reason),
        TEST(a_restart_remembers),
        TEST(a_file_that_is_damaged_gives_what_can_be_read),
        TEST(a_file_that_is_not_there_is_empty_and_what_fails_is_told),
        cmocka_unit_test(threads_share_one_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
