/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_wrap.h"
#include "daemon/socketmap.h"
#include "srs/test_world.h"

#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/*
 * Every allocation fails in turn, ours (linked with --wrap) and OpenSSL's. A call that says
 * ASSAY_ENOMEM is made again: the result is the one it would have been. A lookup of Postfix has a
 * reply all the same, and the connection goes on.
 */

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void *openssl_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : __real_malloc(n);
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : __real_realloc(p, n);
}

static void openssl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

static assay_engine *engine;

/** Arm: the n-th allocation from now on fails. */
static void arm(unsigned long n, bool all_behind)
{
    made = 0;
    fail_at = n;
    fail_on = all_behind;
}

/** It was no memory: now there is enough. */
static bool again(assay_status s)
{
    if (s == ASSAY_ENOMEM)
        arm(0, false);
    else if (s != ASSAY_DONE && s != ASSAY_NEED)
        fail_msg("wanted done, need or out of memory, got %s", assay_strstatus(s));
    return s == ASSAY_ENOMEM;
}

static const assay_span LOCAL[] = {{".local.example", 14}, {"xn--bcher-kva.example", 21}};

/** What is rewritten. */
static const struct row {
    const char *address;
    bool reverse;
    const char *wanted;
} ROWS[] = {
    {"Alice@A.example", false, "SRS0=N1zx=7U=A.example=Alice@b.example"},
    {"\"john doe\"@a.example", false, "\"SRS0=EBk1=7U=a.example=john doe\"@b.example"},
    {"x@b\xC3\xBC"
     "cher.example",
     false,
     "x@b\xC3\xBC"
     "cher.example"},
    {"SRS0=N1zx=7U=A.example=Alice@b.example", true, "Alice@A.example"},
    {"\"SRS0=EBk1=7U=a.example=john doe\"@b.example", true, "\"john doe\"@a.example"},
    {"SRS0=N1zy=7U=A.example=Alice@b.example", true, ""},
    {"SRS0=N1zx=7U=A.example=Alice@c.example", true, "SRS0=N1zx=7U=A.example=Alice@c.example"},
};

/** A request for a row. */
static struct assay_srs request(const struct row *row)
{
    return (struct assay_srs){.size = sizeof(struct assay_srs),
                              .now = TEST_NOW,
                              .address = span_of(row->address),
                              .forwarder = SPAN("b.example"),
                              .reverse = row->reverse,
                              .local = LOCAL,
                              .nlocal = COUNT(LOCAL),
                              .secret = SPAN_EMPTY};
}

/** Answer with memory to spare: it is not the evaluation's. */
static void answer(assay_eval *eval, const struct srs_secrets *secrets)
{
    unsigned long at = fail_at, so_far = made;

    fail_at = 0;
    assert_int_equal(test_answer(engine, eval, secrets), ASSAY_DONE);
    fail_at = at;
    made = so_far;
}

/** Rewrite with short memory. \return whether all lasted */
static bool rewrite(const struct row *row, unsigned long n, bool all_behind)
{
    const struct assay_srs asked = request(row);
    struct srs_secrets secrets = test_secrets("secret");
    const struct assay_trace_line *lines;
    const struct assay_srs_rewrite *r;
    assay_eval *eval;
    assay_status s;
    size_t nlines;
    bool lasted;

    arm(n, all_behind);
    while (again(assay_srs_new(engine, &asked, &eval)))
        ;
    while ((s = assay_step(eval)) != ASSAY_DONE)
        if (!again(s))
            answer(eval, &secrets);
    while (again(assay_trace(eval, &lines, &nlines)))
        ;
    lasted = fail_at != 0 && made < fail_at;
    arm(0, false);
    r = assay_srs_result(eval);
    if (!span_is(r->address, row->wanted) || nlines == 0)
        fail_msg("%s, allocation %lu: wanted %s, got %.*s", row->address, n, row->wanted,
                 SPAN_ARG(r->address));
    assay_eval_free(eval);
    return lasted;
}

static void every_allocation_of_a_rewriting_may_fail(void **state)
{
    unsigned long failed = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++)
        for (int all = 0; all < 2; all++) {
            unsigned long n = 1;

            while (!rewrite(&ROWS[i], n, all))
                n++;
            failed += n - 1;
        }
    printf("%lu allocations failed in turn\n", failed);
    assert_in_range(failed, 2 * COUNT(ROWS) * 3, 1000);
}

/** One request over a connection. \return whether all lasted */
static bool look_up(const struct row *row, unsigned long n)
{
    const struct assay_srs settings = request(row);
    struct srs_secrets secrets = test_secrets("secret");
    struct socketmap_session session;
    char text[200], head[220];
    bool lasted;

    snprintf(text, sizeof text, "%s %s", row->reverse ? "reverse" : "forward", row->address);
    snprintf(head, sizeof head, "%zu:%s,", strlen(text), text);
    socketmap_init(&session, engine, &settings);
    for (int i = 0; i < 2; i++) {
        arm(i ? 0 : n, true);
        assert_int_equal(socketmap_input(&session, span_of(head), TEST_NOW), strlen(head));
        if (session.eval && test_answer(engine, session.eval, &secrets) != ASSAY_DONE)
            assay_give_up(session.eval);
        socketmap_answered(&session);
        if (i == 0)
            lasted = made < n;
        arm(0, false);
        assert_null(session.eval);
        assert_true(session.nout > 0);
        if (i == 0 && !lasted)
            assert_non_null(memmem(session.out, session.nout, ":TEMP ", 6));
        else
            assert_null(memmem(session.out, session.nout, ":TEMP ", 6));
        socketmap_sent(&session, session.nout);
    }
    socketmap_done(&session);
    return lasted;
}

static void a_lookup_without_memory_is_temporary_and_the_next_one_is_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        unsigned long n = 1;

        while (!look_up(&ROWS[i], n))
            n++;
        assert_in_range(n, 3, 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_a_rewriting_may_fail),
        cmocka_unit_test(a_lookup_without_memory_is_temporary_and_the_next_one_is_answered),
    };
    int failed;

    if (!CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) ||
        assay_engine_new(0, &engine) != ASSAY_DONE)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    assay_engine_free(engine);
    return failed;
}
