/* SPDX-License-Identifier: BSD-2-Clause */
/** \file test_memory.c Memory runs out at every allocation of what `assay check` reads and writes. */
#include "base/test_wrap.h"
#include "cli/baseline.h"
#include "cli/check.h"
#include "cli/expect.h"
#include "cli/test_posture.h"
#include "cli/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 20000 };

/** Something that allocates. \return ASSAY_DONE, ASSAY_ENOMEM */
typedef assay_status work_fn(void);

/** Do it with each allocation failing in turn, alone and with all behind it, until none fails. */
static void fail_each(work_fn *work)
{
    for (int on = 0; on < 2; on++)
        for (unsigned long n = 1;; n++) {
            assay_status s;

            assert_true(n < MOST);
            fail_at = n;
            fail_on = on;
            made = 0;
            s = work();
            fail_at = 0;
            if (s == ASSAY_DONE) {
                assert_true(made < n);
                break;
            }
            assert_int_equal(s, ASSAY_ENOMEM);
        }
}

static assay_status read_a_zone(void)
{
    static const char TEXT[] =
        "$ORIGIN a.example.\n@ SOA a b 1 2 3 4 5\n MX 10 m\nx.y.z TXT \"v\"\nal CNAME x\n*.w A 192.0.2.1\n";
    const struct assay_question q = {.kind = ASSAY_DNS,
                                     .rrtype = ASSAY_RR_A,
                                     .name = SPAN("q.w.a.example")};
    struct zone_error error;
    struct zone_steps steps;
    struct zone *z;
    assay_fact *fact = NULL;
    assay_status s = zone_read(SPAN(TEXT), SPAN_EMPTY, &z, &error);

    if (s != ASSAY_DONE)
        return s;
    s = zone_look(z, &q, &fact, &steps);
    assay_fact_free(fact);
    zone_free(z);
    return s;
}

static void a_zone(void **state)
{
    (void)state;
    fail_each(read_a_zone);
}

static struct test_posture t;

/** Judge the posture by files that are given. */
static assay_status judge(const char *baseline_text, const char *expect_text)
{
    struct check_report r = {.asked = "a",
                             .posture = &t.p,
                             .expect_file = "want",
                             .too_little = SPAN_EMPTY,
                             .error = SPAN_EMPTY};
    struct arena arena = {0};
    struct baseline *b = NULL;
    struct expect *e = NULL;
    struct expect_error error;
    const char *why;
    assay_status s = baseline_text ? baseline_read(span_of(baseline_text), &b, &why) : ASSAY_DONE;

    if (s == ASSAY_DONE && expect_text)
        s = expect_read(span_of(expect_text), &e, &error);
    if (s == ASSAY_DONE)
        s = check_judge(&r, NULL, ASSAY_ERROR, b, e, &arena);
    arena_done(&arena);
    baseline_free(b);
    expect_free(e);
    return s;
}

static assay_status judge_both(void)
{
    return judge(
        "{\"domain\":\"xn--bcher-kva.example\",\"findings\":[{\"id\":\"SPF-VOID\",\"subject\":\"b\",\"outcome\":"
        "\"error\"}]}",
        "score > 90\n[a.example]\nfinding SPF-REACH = accepted\n");
}

static void a_baseline_and_expectations(void **state)
{
    (void)state;
    fail_each(judge_both);
}

static const struct check_writer *writer;

/** Write the posture in a form. */
static assay_status write_it(void)
{
    struct check_report r = {
        .asked = "a", .posture = &t.p, .took = 1, .too_little = SPAN_EMPTY, .error = SPAN_EMPTY};
    uint8_t marks[sizeof t.findings / sizeof *t.findings] = {0};
    struct check_output o = {.writer = writer,
                             .term = {.utf8 = true, .width = 80},
                             .verbose = true,
                             .total = 1,
                             .out = buf_new(CHECK_OUTPUT_MAX)};
    assay_status s;

    r.marks = marks;
    if (writer->begin)
        writer->begin(&o);
    writer->one(&o, &r);
    if (writer->end)
        writer->end(&o);
    s = o.out.status;
    buf_done(&o.out);
    arena_done(&o.arena);
    return s;
}

static void every_form(void **state)
{
    static const struct check_writer *const WRITERS[] = {&CHECK_JSON,  &CHECK_JSONL,
                                                         &CHECK_CSV,   &CHECK_MARKDOWN,
                                                         &CHECK_HTML,  &CHECK_SARIF,
                                                         &CHECK_JUNIT, &CHECK_SHOW};

    (void)state;
    for (size_t i = 0; i < sizeof WRITERS / sizeof *WRITERS; i++) {
        writer = WRITERS[i];
        fail_each(write_it);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone),
        cmocka_unit_test(a_baseline_and_expectations),
        cmocka_unit_test(every_form),
    };

    test_posture(&t);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
