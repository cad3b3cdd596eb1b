/* SPDX-License-Identifier: BSD-2-Clause */
#include "dmarc/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- names ---- */

/** The names of a walk, parted by blanks. */
static void write_names(assay_span start, char *out, size_t size)
{
    assay_span names[LIMIT_TREE_WALK];
    size_t n = dmarc_walk_names(start, names), at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(out + at, size - at, i ? " %.*s" : "%.*s", SPAN_ARG(names[i]));
}

static void a_walk_asks_eight_names_at_most(void **state)
{
    static const struct {
        const char *start, *want;
    } ROWS[] = {
        {"", ""},
        {"com", "com"},
        {"example.com", "example.com com"},
        {"c.d.e.f.g.h.i", "c.d.e.f.g.h.i d.e.f.g.h.i e.f.g.h.i f.g.h.i g.h.i h.i i"},
        {"b.c.d.e.f.g.h.i",
         "b.c.d.e.f.g.h.i c.d.e.f.g.h.i d.e.f.g.h.i e.f.g.h.i f.g.h.i g.h.i h.i i"},
        {"a.b.c.d.e.f.g.h.i",
         "a.b.c.d.e.f.g.h.i c.d.e.f.g.h.i d.e.f.g.h.i e.f.g.h.i f.g.h.i g.h.i h.i i"},
        {"x.y.z.a.b.c.d.e.f.g.h.i",
         "x.y.z.a.b.c.d.e.f.g.h.i c.d.e.f.g.h.i d.e.f.g.h.i e.f.g.h.i f.g.h.i g.h.i h.i i"},
    };
    char got[512];
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        write_names(span_of(ROWS[i].start), got, sizeof got);
        if (strcmp(got, ROWS[i].want) == 0)
            continue;
        printf("  %s: wanted \"%s\", got \"%s\"\n", ROWS[i].start, ROWS[i].want, got);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* ---- one organization, with answers missing ---- */

/** What a name has. */
enum has { NOTHING, PLAIN, ORGANIZATION, SUFFIX, SILENT };

/** A world: what each of a few names has. */
struct world {
    const char *const *names;
    enum has has[8];
    size_t n;
};

static const struct dmarc_record RECORDS[] = {
    [PLAIN] = {.found = DMARC_RECORD_ONE, .psd = DMARC_PSD_U},
    [ORGANIZATION] = {.found = DMARC_RECORD_ONE, .psd = DMARC_PSD_N},
    [SUFFIX] = {.found = DMARC_RECORD_ONE, .psd = DMARC_PSD_Y},
};

/** What a name of a world has. */
static enum has has_name(const struct world *w, assay_span name)
{
    for (size_t i = 0; i < w->n; i++)
        if (span_is(name, w->names[i]))
            return w->has[i];
    return NOTHING;
}

/** Walk in a world as dmarc_walk() does in the DNS. */
static struct dmarc_walk walk_in(const struct world *w, const char *start)
{
    assay_span names[LIMIT_TREE_WALK];
    size_t n = dmarc_walk_names(span_of(start), names);
    struct dmarc_walk walk = {.n = 0};

    for (size_t i = 0; i < n; i++) {
        enum has has = has_name(w, names[i]);

        walk.steps[walk.n++] =
            (struct dmarc_step){.domain = names[i],
                                .record = has == NOTHING || has == SILENT ? NULL : &RECORDS[has],
                                .unknown = has == SILENT};
        walk.unknown |= has == SILENT;
        if (has == ORGANIZATION || has == SUFFIX)
            break;
    }
    return walk;
}

/** Try every answer for the names that are silent, from `i` on; note what comes out. */
static void try_all(struct world *w, size_t i, const char *a, const char *b, bool *yes, bool *no)
{
    if (i == w->n) {
        struct dmarc_walk x = walk_in(w, a), y = walk_in(w, b);

        *(span_eq(dmarc_walk_org(&x), dmarc_walk_org(&y)) ? yes : no) = true;
    } else if (w->has[i] != SILENT) {
        try_all(w, i + 1, a, b, yes, no);
    } else {
        for (enum has has = NOTHING; has < SILENT; has++) {
            w->has[i] = has;
            try_all(w, i + 1, a, b, yes, no);
        }
        w->has[i] = SILENT;
    }
}

/** Print a world in which dmarc_same_org() is wrong. */
static void print_world(const struct world *w, const char *a, const char *b, enum dmarc_truth want,
                        enum dmarc_truth got)
{
    static const char *const HAS[] = {"nothing", "u", "n", "y", "silent"};
    static const char *const TRUTH[] = {"no", "yes", "unknown"};

    printf("  %s and %s: wanted %s, got %s, with", a, b, TRUTH[want], TRUTH[got]);
    for (size_t i = 0; i < w->n; i++)
        printf(" %s=%s", w->names[i], HAS[w->has[i]]);
    printf("\n");
}

/** Compare in one world. \return it is wrong */
static bool compare(struct world *w, const char *a, const char *b)
{
    struct dmarc_walk x = walk_in(w, a), y = walk_in(w, b);
    enum dmarc_truth got = dmarc_same_org(&x, &y), want;
    bool yes = false, no = false;

    try_all(w, 0, a, b, &yes, &no);
    want = yes && no ? DMARC_UNKNOWN : yes ? DMARC_YES : DMARC_NO;
    if (got != want || dmarc_same_org(&y, &x) != got)
        print_world(w, a, b, want, got);
    return got != want;
}

/** Compare in every world of these names. */
static size_t compare_all(struct world *w, size_t i, const char *a, const char *b)
{
    size_t wrong = 0;

    if (i == w->n)
        return compare(w, a, b);
    for (enum has has = NOTHING; has <= SILENT && wrong < 10; has++) {
        w->has[i] = has;
        wrong += compare_all(w, i + 1, a, b);
    }
    return wrong;
}

static void organizations_are_one_unless_a_missing_answer_could_part_them(void **state)
{
    static const char *const NAMES[] = {"example", "co.example", "news.co.example",
                                        "mail.news.co.example", "dept.news.co.example"};
    static const char *const PAIRS[][2] = {
        {"mail.news.co.example", "dept.news.co.example"},
        {"mail.news.co.example", "news.co.example"},
        {"news.co.example", "co.example"},
        {"mail.news.co.example", "example"},
        {"x.news.co.example", "dept.news.co.example"},
        {"x.co.example", "y.example"},
        {"mail.news.co.example", "mail.news.co.test"},
    };
    struct world w = {.names = NAMES, .n = COUNT(NAMES)};
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(PAIRS); i++)
        wrong += compare_all(&w, 0, PAIRS[i][0], PAIRS[i][1]);
    assert_int_equal(wrong, 0);
}

static void names_that_are_left_out_of_long_walks_change_nothing(void **state)
{
    static const char *const NAMES[] = {"x.y.a.b.c.d.e.f.g", "y.a.b.c.d.e.f.g", "a.b.c.d.e.f.g",
                                        "g"};
    static const char *const PAIRS[][2] = {{"x.y.a.b.c.d.e.f.g", "z.a.b.c.d.e.f.g"},
                                           {"x.y.a.b.c.d.e.f.g", "a.b.c.d.e.f.g"},
                                           {"x.y.a.b.c.d.e.f.g", "q.r.s.a.b.c.d.e.f.g"}};
    struct world w = {.names = NAMES, .n = COUNT(NAMES)};
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(PAIRS); i++)
        wrong += compare_all(&w, 0, PAIRS[i][0], PAIRS[i][1]);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_asks_eight_names_at_most),
        cmocka_unit_test(organizations_are_one_unless_a_missing_answer_could_part_them),
        cmocka_unit_test(names_that_are_left_out_of_long_walks_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
