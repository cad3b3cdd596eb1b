/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/near.h"
#include "base/utf8.h"
#include "case/model.h"

#include <stdarg.h>
#include <stdio.h>

/** Line and column of a place in the text, both from 1; columns are octets. */
static void find_place(assay_span text, const char *at, struct case_error *error)
{
    const char *line = text.p;

    error->line = 1;
    for (const char *p = text.p; p < at && p < text.p + text.n; p++) {
        if (*p != '\n')
            continue;
        error->line++;
        line = p + 1;
    }
    error->column = (size_t)(at - line) + 1;
}

assay_status case_refuse(const struct case_set *set, assay_span at, struct case_error *error,
                         const char *format, ...)
{
    va_list args;

    find_place(set->text, at.p, error);
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return ASSAY_EINVAL;
}

struct case_shown case_shown(assay_span s)
{
    enum { MOST = 60 };
    struct case_shown shown = {"\""};
    size_t n = 1;
    uint32_t code;

    while (s.n && n < MOST) {
        size_t octets = utf8_next(s, &code);
        bool plain = code >= ' ' && (code < 0x7F || code > 0x9F) && code != UTF8_REPLACEMENT;

        if (plain)
            memcpy(shown.text + n, s.p, octets);
        else
            shown.text[n] = '?';
        n += plain ? octets : 1;
        s = span_from(s, octets);
    }
    snprintf(shown.text + n, sizeof shown.text - n, "%s\"", s.n ? "..." : "");
    return shown;
}

struct case_shown case_hint(assay_span word, case_names_fn *names)
{
    struct case_shown hint = {""};
    char text[64];
    struct near near;

    if (word.n >= sizeof text)
        return hint;
    memcpy(text, word.p, word.n);
    text[word.n] = '\0';
    near = near_new(text);
    for (size_t i = 0; names(i); i++)
        near_try(&near, names(i));
    if (near.best)
        snprintf(hint.text, sizeof hint.text, "; did you mean \"%s\"?", near.best);
    return hint;
}
