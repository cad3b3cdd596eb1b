/* SPDX-License-Identifier: BSD-2-Clause */
/** \file test_mark_memory.c Each allocation, ours and OpenSSL's, fails in turn while a certificate is checked. */
#include "base/test_memory.h"

#include "base/arena.c"
#include "base/buf.c"
#include "bimi/mark.c"
#include "bimi/mark_cert.c"
#include "bimi/svg.c"
#include "bimi/test_marks.h"
#include "crypto/test_openssl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { MOST_ALLOCATIONS = 100000 };

static assay_engine *engine;

/** Allocation `n` from now on fails, and so many behind it: 1, or SIZE_MAX for all. */
static void arm(size_t n, size_t gap)
{
    memory_gap = gap;
    memory_left = n;
}

/** Enough memory again. \return whether an allocation failed since arm() */
static bool disarm(size_t gap)
{
    bool failed = memory_left == 0 && (gap == SIZE_MAX || memory_gap < gap);

    memory_left = memory_gap = SIZE_MAX;
    return failed;
}

/** Check with a failed allocation. \return whether one failed */
static bool check_short(const struct mark_request *request, size_t n, size_t gap)
{
    struct arena arena = {0};
    struct mark_report r = {0};
    assay_status s;
    bool failed;

    arm(n, gap);
    s = mark_check(engine, &arena, request, &r);
    failed = disarm(gap);
    if (s == ASSAY_ENOMEM
            ? r.is_chain
            : s != ASSAY_DONE || r.chain != MARK_YES || r.sct != MARK_YES || r.logo != MARK_YES)
        fail_msg("allocation %zu: status %d, chain %d (%.*s), sct %d (%.*s), logo %d (%.*s)", n,
                 (int)s, (int)r.chain, SPAN_ARG(r.chain_problem), (int)r.sct,
                 SPAN_ARG(r.sct_problem), (int)r.logo, SPAN_ARG(r.logo_problem));
    arena_done(&arena);
    return failed;
}

/** Look up in a list with a failed allocation. \return whether one failed */
static bool revoked_short(assay_span pem, assay_span crl, size_t n, size_t gap)
{
    enum mark_truth revoked = MARK_UNKNOWN;
    assay_status s;
    bool failed;

    arm(n, gap);
    s = mark_revoked(engine, pem, crl, MARK_NOW, &revoked);
    failed = disarm(gap);
    if (s != ASSAY_ENOMEM && (s != ASSAY_DONE || revoked != MARK_NO))
        fail_msg("allocation %zu: status %d, revoked %d", n, (int)s, (int)revoked);
    return failed;
}

static void memory_that_is_out_is_no_verdict(void **state)
{
    static const size_t GAPS[] = {1, SIZE_MAX}, STEPS[] = {1, 13};
    struct mark_request request = {.selector = SPAN("default"),
                                   .record_domain = SPAN("example.com"),
                                   .now = MARK_NOW};
    struct marks m;
    size_t n;

    (void)state;
    marks_make(&(struct recipe){0}, &m);
    request.pem = buf_span(&m.pem);
    request.roots = buf_span(&m.roots);
    request.logs = buf_span(&m.logs);
    for (size_t i = 0; i < 2; i++) {
        for (n = 0; n < MOST_ALLOCATIONS && check_short(&request, n, GAPS[i]); n += STEPS[i])
            ;
        assert_in_range(n, 100, MOST_ALLOCATIONS - 1);
        for (n = 0;
             n < MOST_ALLOCATIONS && revoked_short(request.pem, buf_span(&m.crl), n, GAPS[i]);
             n += STEPS[i])
            ;
        assert_in_range(n, 100, MOST_ALLOCATIONS - 1);
    }
    marks_done(&m);
}

static int set_up(void **state)
{
    (void)state;
    return openssl_memory_is_scarce() && assay_engine_new(0, &engine) == ASSAY_DONE ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    assay_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_that_is_out_is_no_verdict)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
