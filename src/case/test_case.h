/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_case.h
 * What the tests of cases share: files, and verdicts compared in every part.
 */
#ifndef CASE_TEST_CASE_H
#define CASE_TEST_CASE_H

#include "case/case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/** The engine of all tests of a program. */
static assay_engine *test_engine;

/** Make it; with drop_engine(), for cmocka_run_group_tests(). */
static inline int make_engine(void **state)
{
    (void)state;
    return assay_engine_new(64, &test_engine);
}

/** Free it. */
static inline int drop_engine(void **state)
{
    (void)state;
    assay_engine_free(test_engine);
    return 0;
}

/** Add the octets of a file. */
static inline bool test_load(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    char *room;
    size_t n = 1;

    while (f && n && (room = buf_room(out, 4096)))
        out->n += n = fread(room, 1, 4096, f);
    if (f)
        fclose(f);
    return f && n == 0;
}

/** Where the cases are. */
static inline const char *test_folder(void)
{
    return getenv("ASSAY_CASES") ? getenv("ASSAY_CASES") : "src/case/cases";
}

/** A case_open_fn over that folder. */
static inline assay_status test_open(void *arg, assay_span path, struct buf *out)
{
    char full[512];

    (void)arg;
    snprintf(full, sizeof full, "%s/%.*s", test_folder(), SPAN_ARG(path));
    return test_load(full, out) ? ASSAY_DONE : ASSAY_EINVAL;
}

/** Print the first part of two verdicts that differs. */
static inline bool test_differs(const char *part, assay_span a, assay_span b)
{
    if (span_eq(a, b))
        return false;
    printf("  %s: wanted \"%.*s\", got \"%.*s\"\n", part, SPAN_ARG(a), SPAN_ARG(b));
    return true;
}

/** Two checks differ. */
static inline bool test_checks_differ(const struct assay_check *a, const struct assay_check *b)
{
    bool differs =
        test_differs("method", a->method, b->method) || test_differs("scope", a->scope, b->scope) ||
        test_differs("result", a->result, b->result) ||
        test_differs("reason", a->reason, b->reason) || test_differs("ref", a->ref, b->ref) ||
        a->nproperties != b->nproperties || a->ndetails != b->ndetails;

    for (size_t i = 0; !differs && i < a->nproperties; i++)
        differs = test_differs("ptype", a->properties[i].ptype, b->properties[i].ptype) ||
                  test_differs("property", a->properties[i].name, b->properties[i].name) ||
                  test_differs("value", a->properties[i].value, b->properties[i].value);
    for (size_t i = 0; !differs && i < a->ndetails; i++)
        differs = test_differs("detail", a->details[i].name, b->details[i].name) ||
                  test_differs("value", a->details[i].value, b->details[i].value);
    return differs;
}

/** Two verdicts differ in some part. */
static inline bool test_verdicts_differ(const struct assay_verdict *a,
                                        const struct assay_verdict *b)
{
    bool differs =
        test_differs("reason", a->reason, b->reason) || test_differs("cause", a->cause, b->cause) ||
        test_differs("enhanced", a->enhanced, b->enhanced) ||
        test_differs("text", a->text, b->text) || test_differs("authres", a->authres, b->authres) ||
        test_differs("author", a->author, b->author) ||
        test_differs("override", a->override, b->override) ||
        test_differs("override note", a->override_note, b->override_note) ||
        test_differs("policy", a->policy, b->policy) || a->would != b->would ||
        a->hold != b->hold || a->what != b->what || a->code != b->code ||
        a->malformed != b->malformed || a->nchecks != b->nchecks || a->nedits != b->nedits;

    for (size_t i = 0; !differs && i < a->nchecks; i++)
        differs = test_checks_differ(a->checks[i], b->checks[i]);
    for (size_t i = 0; !differs && i < a->nedits; i++)
        differs = test_differs("edit", a->edits[i].name, b->edits[i].name) ||
                  test_differs("edit value", a->edits[i].value, b->edits[i].value) ||
                  a->edits[i].remove != b->edits[i].remove ||
                  a->edits[i].index != b->edits[i].index;
    return differs;
}

/** The reasoning of two evaluations differs. */
static inline bool test_traces_differ(assay_eval *a, assay_eval *b)
{
    const struct assay_trace_line *x, *y;
    size_t nx, ny;
    bool differs;

    assert_int_equal(assay_trace(a, &x, &nx), ASSAY_DONE);
    assert_int_equal(assay_trace(b, &y, &ny), ASSAY_DONE);
    differs = nx != ny;
    for (size_t i = 0; !differs && i < nx; i++)
        differs = test_differs("what", x[i].what, y[i].what) ||
                  test_differs("gave", x[i].gave, y[i].gave) ||
                  test_differs("then", x[i].then, y[i].then) ||
                  test_differs("ref", x[i].ref, y[i].ref) || x[i].depth != y[i].depth;
    return differs;
}

/** The body of a message as it was fed. */
static inline assay_span test_body(assay_span message)
{
    while (message.n) {
        assay_span line = span_first(message, span_find(message, '\n') + 1);

        message = span_from(message, line.n);
        if (span_is(line, "\r\n") || span_is(line, "\n"))
            return message;
    }
    return SPAN_EMPTY;
}

/** A taker for assay_case_write() that gathers. */
static inline assay_status test_put(void *out, assay_span text)
{
    buf_put(out, text);
    return ((struct buf *)out)->status;
}

/** Read text that is a case, or stop. */
static inline struct case_set *test_read(assay_span text)
{
    struct case_set *set = NULL;
    struct case_error error;

    if (case_read(text, test_open, NULL, &set, &error) != ASSAY_DONE)
        fail_msg("%zu:%zu: %s in\n%.*s", error.line, error.column, error.text, SPAN_ARG(text));
    return set;
}

#endif
