/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_words.c Any octets as a header field that is shown: what comes out is harmless to a
 * terminal, fits its lines, and says the same in every width.
 */
#include "base/fuzz_must.h"
#include "cli/term.h"
#include "cli/words.h"

#include "base/utf8.h"

#include <stdlib.h>

enum { OUT_MAX = 1 << 20 };

/** Clean text has no control character, and is UTF-8, or ASCII where that is all there is. */
static void check_clean(const struct term *t, assay_span text)
{
    assay_span rest = text;

    must(utf8_ok(text));
    must(t->utf8 || span_printable(text));
    while (rest.n) {
        uint32_t code;

        rest = span_from(rest, utf8_next(rest, &code));
        must(code >= ' ' && !(code >= 0x7F && code < 0xA0) && !(code >= 0x202A && code <= 0x202E));
    }
}

/** Octets that are no blank. */
static size_t said(assay_span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] != ' ';
    return n;
}

/** Lines of any width hold all of the text, and none is too wide unless one character is. */
static void check_lines(assay_span text, unsigned columns)
{
    assay_span rest = text, line;
    size_t n = 0;

    while (term_line(&rest, columns, &line)) {
        uint32_t code;

        must(line.n > 0 && line.p[0] != ' ' && line.p[line.n - 1] != ' ');
        must(term_columns(line) <= columns ||
             term_columns(span_first(line, utf8_next(line, &code))) > columns || columns == 0);
        n += said(line);
    }
    must(n == said(text));
}

/** Show a text on one kind of terminal. */
static void check_on(const struct term *t, assay_span text)
{
    struct buf clean = buf_new(OUT_MAX), people = buf_new(OUT_MAX), row = buf_new(OUT_MAX);
    const struct term_cell cells[] = {
        {.text = SPAN("Subject"), .columns = 8},
        {.text = text, .columns = t->width - 10},
    };

    term_clean(t, text, &clean);
    term_people(t, text, &people);
    check_clean(t, buf_span(&clean));
    check_clean(t, buf_span(&people));
    check_lines(buf_span(&clean), t->width);
    check_lines(buf_span(&people), 3);
    term_row(t, 0, cells, 2, &row);
    must(row.status == ASSAY_DONE && row.n && row.p[row.n - 1] == '\n');
    buf_done(&clean);
    buf_done(&people);
    buf_done(&row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct term TERMS[] = {{.utf8 = true, .width = 80}, {.width = 30}};
    assay_span in = {(const char *)data, n};
    struct buf decoded = buf_new(OUT_MAX);

    words_decode(in, &decoded);
    must(decoded.status == ASSAY_DONE && decoded.n <= 2 * n);
    for (size_t i = 0; i < 2; i++) {
        check_on(&TERMS[i], in);
        check_on(&TERMS[i], buf_span(&decoded));
    }
    buf_done(&decoded);
    return 0;
}
