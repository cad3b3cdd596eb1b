/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/bimi_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** What is known of a domain, and who shows: a letter each for Gmail, Apple, Yahoo, Fastmail: y, n or ?. */
struct row {
    enum truth dmarc, logo, mark;
    bool evidence, common, cut_off, percent, large;
    const char *want;
};

static void each_receiver_has_its_own_conditions(void **state)
{
    static const struct row ROWS[] = {
        {.dmarc = YES, .logo = YES, .mark = YES, .evidence = true, .want = "yyyy"},
        {.dmarc = NO, .logo = YES, .mark = YES, .evidence = true, .want = "nnnn"},
        {.dmarc = UNKNOWN, .logo = YES, .mark = YES, .evidence = true, .want = "????"},
        {.dmarc = YES, .logo = YES, .mark = NO, .want = "nnyy"}, /* without a certificate */
        {.dmarc = YES, .logo = YES, .mark = NO, .evidence = true, .want = "nnnn"},
        {.dmarc = YES, .logo = YES, .mark = UNKNOWN, .evidence = true, .want = "????"},
        {.dmarc = YES,
         .logo = NO,
         .mark = YES,
         .evidence = true,
         .want = "yynn"}, /* theirs is inside */
        {.dmarc = YES, .logo = UNKNOWN, .mark = NO, .want = "nn??"},
        {.dmarc = YES, .logo = YES, .mark = YES, .evidence = true, .common = true, .want = "y?yy"},
        {.dmarc = YES, .logo = YES, .mark = YES, .evidence = true, .cut_off = true, .want = "ynyy"},
        {.dmarc = YES, .logo = YES, .mark = YES, .evidence = true, .percent = true, .want = "ynyy"},
        {.dmarc = YES, .logo = YES, .mark = YES, .evidence = true, .large = true, .want = "nyyn"},
    };
    static const struct svg_problem PERCENT = {.class = SVG_SHAPE,
                                               .what = {"svg width", 9},
                                               .text = {"width is \"100%\": a share of something",
                                                        37}};
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct bimi_record record = {.a = row->evidence ? SPAN("https://a.example/m.pem")
                                                        : SPAN_EMPTY};
        struct posture *p = calloc(1, sizeof *p);
        struct svg_report svg = {.octets = row->large ? 32769 : 32768,
                                 .problems = &PERCENT,
                                 .nproblems = row->percent};
        char got[5] = "";

        assert_non_null(p);
        p->depth = ASSAY_DEPTH_CHECK;
        p->bimi.record = &record;
        p->bimi.dmarc_ok = row->dmarc;
        p->bimi.logo_ok = row->logo;
        p->bimi.mark_ok = row->mark;
        p->bimi.svg = p->bimi.mark.drawing = svg;
        p->bimi.mark.svg = row->evidence ? SPAN("<svg/>") : SPAN_EMPTY;
        p->bimi.mark.common = row->common;
        p->bimi.mark.cut_off = row->cut_off;
        bimi_judge_views(p);
        assert_int_equal(p->result.nlogos, 4);
        for (size_t k = 0; k < 4; k++) {
            got[k] = " ny?"[p->result.logos[k].shows];
            assert_true(p->result.logos[k].why.n > 0);
        }
        if (strcmp(got, row->want) != 0) {
            printf("row %zu: wanted %s, got %s\n", i, row->want, got);
            wrong++;
        }
        arena_done(&p->ev.keep);
        free(p);
    }
    assert_int_equal(wrong, 0);
}

static void without_the_web_nothing_is_said_of_receivers(void **state)
{
    struct bimi_record record = {.a = SPAN_EMPTY};
    struct posture *p = calloc(1, sizeof *p);

    (void)state;
    assert_non_null(p);
    p->depth = ASSAY_DEPTH_SCAN;
    p->bimi.record = &record;
    bimi_judge_views(p);
    assert_int_equal(p->result.nlogos, 0);
    arena_done(&p->ev.keep);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_receiver_has_its_own_conditions),
        cmocka_unit_test(without_the_web_nothing_is_said_of_receivers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
