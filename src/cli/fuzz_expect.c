/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_expect.c Any octets as a file of --expect, and as a former report of --baseline: an error has a
 * place in the text; what is read can be held against a domain.
 */
#include "base/fuzz_must.h"
#include "cli/baseline.h"
#include "cli/expect.h"
#include "cli/test_posture.h"

/** Hold the posture of test_posture.h against what was read. */
static void compare(const struct baseline *b, const struct expect *e)
{
    static struct test_posture t;
    struct arena arena = {0};
    struct check_report r = {.asked = "", .too_little = SPAN_EMPTY, .error = SPAN_EMPTY};
    uint8_t marks[sizeof t.findings / sizeof *t.findings] = {0};

    if (!t.p.nfindings)
        test_posture(&t);
    r.posture = &t.p;
    r.marks = marks;
    if (b) {
        size_t hits = check_count(&t.p).hits;

        must(baseline_compare(b, &r, &arena) == ASSAY_DONE);
        must(r.added + r.sustained == hits);
        must(!r.is_new || r.added == hits);
    }
    if (e) {
        must(expect_compare(e, &r, &arena) == ASSAY_DONE);
        for (size_t i = 0; i < r.nmissed; i++)
            must(r.missed[i].line > 0 && r.missed[i].column > 0 && r.missed[i].text.n > 0);
    }
    arena_done(&arena);
}

/** Lines of a text. */
static size_t lines_of(assay_span text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    assay_span text = {(const char *)data, size};
    struct expect_error error = {0};
    struct expect *e = NULL;
    struct baseline *b = NULL;
    const char *why = NULL;
    assay_status s = expect_read(text, &e, &error);

    must(s == ASSAY_DONE || s == ASSAY_EINVAL);
    if (s == ASSAY_DONE)
        compare(NULL, e);
    else
        must(error.line >= 1 && error.line <= lines_of(text) && error.column >= 1 &&
             error.column <= size + 1 && error.text[0]);
    expect_free(e);
    s = baseline_read(text, &b, &why);
    must(s == ASSAY_DONE || (s == ASSAY_EINVAL && why));
    if (s == ASSAY_DONE)
        compare(b, NULL);
    baseline_free(b);
    return 0;
}
