/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_conf.h
 * Files in memory, for the tests of configurations.
 */
#ifndef CONF_TEST_CONF_H
#define CONF_TEST_CONF_H

#include "conf/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/** A file. */
struct test_file {
    const char *name, *text;
};

/** What conf_open_fn finds: files up to one without a name. */
static inline assay_status test_open(void *arg, assay_span path, struct conf_found *found)
{
    size_t star = span_find(path, '*');
    bool any = star < path.n;
    assay_status s = ASSAY_DONE;

    for (const struct test_file *f = arg; f && f->name && s == ASSAY_DONE; f++) {
        assay_span name = span_of(f->name);

        if (star < path.n ? span_starts(name, span_first(path, star)) &&
                                span_iends(name, span_from(path, star + 1))
                          : span_eq(name, path)) {
            any = true;
            s = conf_found_add(found, name, span_of(f->text));
        }
    }
    if (!any)
        conf_found_why(found, "No such file or directory");
    return any ? s : ASSAY_EINVAL;
}

/** 2026-11-29. */
enum { TEST_NOW = 1795910400 };

/** Check a text with files; what is complained of goes to `out`, ended by NUL. */
static inline assay_status test_check(const char *text, const struct test_file *files,
                                      struct buf *out, struct conf **ret)
{
    struct conf_complaints complaints = {.n = 0};
    assay_status s = conf_check(span_of(text), SPAN("a.conf"), test_open, (void *)files, TEST_NOW,
                                &complaints, ret);

    *out = buf_new(1 << 20);
    conf_complaints_print(&complaints, out);
    buf_putc(out, '\0');
    conf_complaints_done(&complaints);
    return s;
}

#endif
