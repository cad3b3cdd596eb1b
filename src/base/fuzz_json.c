/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_json.c Any calls with any texts: what the writer calls complete is JSON, in UTF-8, on
 * one line, without a control octet.
 *
 * The input is a program: one octet chooses the call, another the length of a text that follows.
 */
#include "base/fuzz_must.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdlib.h>

static void check_value(assay_span *s, unsigned depth);

/** Take one octet that must be there. */
static void take(assay_span *s, char c)
{
    must(s->n && s->p[0] == c);
    *s = span_from(*s, 1);
}

/** A string (RFC 8259 7). */
static void check_string(assay_span *s)
{
    take(s, '"');
    while (s->n && s->p[0] != '"') {
        size_t n = 1;

        if (s->p[0] == '\\') {
            must(s->n > 1 && strchr("\"\\/bfnrtu", s->p[1]));
            n = s->p[1] == 'u' ? 6 : 2;
            for (size_t i = 2; i < n; i++)
                must(i < s->n && ascii_hex(s->p[i]) >= 0);
        }
        *s = span_from(*s, n);
    }
    take(s, '"');
}

/** What stands between the brackets of a container. */
static void check_members(assay_span *s, char end, unsigned depth)
{
    for (bool first = true; s->n && s->p[0] != end; first = false) {
        if (!first)
            take(s, ',');
        if (end == '}') {
            check_string(s);
            take(s, ':');
        }
        check_value(s, depth + 1);
    }
    take(s, end);
}

/** A number without fraction (RFC 8259 6). */
static void check_number(assay_span *s)
{
    size_t n = 0;

    if (s->p[0] == '-')
        take(s, '-');
    while (n < s->n && ascii_digit(s->p[n]))
        n++;
    must(n && (n == 1 || s->p[0] != '0'));
    *s = span_from(*s, n);
}

/** A value (RFC 8259 3). */
static void check_value(assay_span *s, unsigned depth)
{
    static const char *const WORDS[] = {"true", "false", "null"};

    must(s->n && depth <= JSON_DEPTH);
    for (size_t i = 0; i < 3; i++)
        if (span_starts(*s, span_of(WORDS[i]))) {
            *s = span_from(*s, strlen(WORDS[i]));
            return;
        }
    if (s->p[0] == '"') {
        check_string(s);
    } else if (s->p[0] == '{' || s->p[0] == '[') {
        char end = s->p[0] == '{' ? '}' : ']';

        *s = span_from(*s, 1);
        check_members(s, end, depth);
    } else {
        check_number(s);
    }
}

/** A text from the input. */
static assay_span take_text(assay_span *in)
{
    size_t n = in->n ? (uint8_t)in->p[0] : 0;
    assay_span text = span_first(span_from(*in, 1), n);

    *in = span_from(*in, n + 1);
    return text;
}

/** One call. */
static void call(struct json *j, uint8_t what, assay_span *in)
{
    const char *key = what & 8 ? "key" : NULL;

    switch (what & 7) {
    case 0: json_object(j, key); break;
    case 1: json_array(j, key); break;
    case 2: json_end(j); break;
    case 3: json_text(j, key, take_text(in)); break;
    case 4: json_number(j, key, what & 16 ? INT64_MIN : what); break;
    case 5: json_bool(j, key, what & 16); break;
    case 6: json_null(j, key); break;
    default: json_text_at(j, take_text(in), take_text(in)); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span in = {(const char *)data, n}, text;
    struct buf out = buf_new(1 << 16);
    struct json j = json_new(&out);

    while (in.n && !json_ok(&j) && out.status == ASSAY_DONE) {
        uint8_t what = (uint8_t)in.p[0];

        in = span_from(in, 1);
        call(&j, what, &in);
    }
    text = buf_span(&out);
    for (size_t i = 0; i < text.n; i++)
        must((uint8_t)text.p[i] >= ' ' && text.p[i] != 0x7F);
    if (json_ok(&j)) {
        must(utf8_ok(text));
        check_value(&text, 0);
        must(text.n == 0);
    }
    buf_done(&out);
    return 0;
}
