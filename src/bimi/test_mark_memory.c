/* SPDX-License-Identifier: BSD-2-Clause */
/** \file test_mark_memory.c Each allocation of ours fails in turn while a certificate is checked. */
#include "base/test_memory.h"

#include "base/arena.c"
#include "base/buf.c"
#include "bimi/mark.c"
#include "bimi/mark_cert.c"
#include "bimi/svg.c"
#include "bimi/test_marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void memory_that_is_out_is_no_verdict(void **state)
{
    struct marks m;
    struct mark_report r;
    struct mark_request request = {.selector = SPAN("default"),
                                   .record_domain = SPAN("example.com"),
                                   .now = MARK_NOW};
    assay_engine *engine;
    size_t n = 0;
    assay_status s;

    (void)state;
    assert_int_equal(assay_engine_new(0, &engine), ASSAY_DONE);
    marks_make(&(struct recipe){0}, &m);
    request.pem = buf_span(&m.pem);
    request.roots = buf_span(&m.roots);
    request.logs = buf_span(&m.logs);
    do {
        struct arena arena = {0};

        memset(&r, 0, sizeof r);
        memory_left = n++;
        s = mark_check(engine, &arena, &request, &r);
        memory_left = SIZE_MAX;
        assert_true(s == ASSAY_ENOMEM ? !r.is_chain
                                      : s == ASSAY_DONE && r.chain == MARK_YES &&
                                            r.sct == MARK_YES && r.logo == MARK_YES);
        arena_done(&arena);
    } while (s != ASSAY_DONE && n < 10000);
    assert_int_equal(s, ASSAY_DONE);
    assert_true(n > 5);
    n = 0;
    do {
        enum mark_truth revoked = MARK_UNKNOWN;

        memory_left = n++;
        s = mark_revoked(engine, request.pem, buf_span(&m.crl), MARK_NOW, &revoked);
        memory_left = SIZE_MAX;
        assert_true(s == ASSAY_ENOMEM || (s == ASSAY_DONE && revoked == MARK_NO));
    } while (s != ASSAY_DONE && n < 10000);
    assert_int_equal(s, ASSAY_DONE);
    marks_done(&m);
    assay_engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_that_is_out_is_no_verdict)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
