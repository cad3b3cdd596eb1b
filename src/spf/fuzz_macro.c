/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_macro.c Any octets as a macro string: what is valid for one use is valid for the freer
 * ones; what is valid expands, to what a naive expansion gives; what was not checked never runs
 * outside its bounds.
 *
 * The input up to its first line end is the local part and the HELO name; the rest is the string.
 */
#include "base/buf.h"
#include "base/fuzz_must.h"
#include "dns/alabel.h"
#include "spf/check.h"

#include <stdlib.h>

enum { MOST = 1 << 12, PARTS = 512 };

/* ---- the naive way ---- */

/** The HELO name: of A-labels, when there are others in it and it is a name (RFC 8616 4). */
static assay_span naive_helo(const struct spf_request *q, struct buf *scratch)
{
    struct dns_name name;

    if (span_ascii(q->helo) || dns_to_alabels(q->helo, &name) != ASSAY_DONE)
        return q->helo;
    buf_put(scratch, dns_name_span(&name));
    return buf_span(scratch);
}

/** The value of a letter, by the list of RFC 7208 7.2. */
static assay_span naive_value(const struct spf_request *q, char letter, struct buf *scratch)
{
    buf_clear(scratch);
    switch (letter) {
    case 's':
        buf_put(scratch, q->local);
        buf_puts(scratch, "@sender.example");
        return buf_span(scratch);
    case 'l': return q->local;
    case 'o': return SPAN("sender.example");
    case 'd': return SPAN("current.example");
    case 'i':
    case 'c': return SPAN("192.0.2.3");
    case 'h': return naive_helo(q, scratch);
    case 'r': return SPAN("unknown");
    case 't': return SPAN("1000");
    default: return SPAN("in-addr");
    }
}

/** Append an octet as it is, or as a URL holds it. */
static void naive_put(struct buf *out, char c, bool escape)
{
    if (escape && !ascii_alnum(c) && c != '-' && c != '.' && c != '_' && c != '~')
        buf_printf(out, "%%%02X", (unsigned char)c);
    else
        buf_putc(out, c);
}

/** Append a value in its parts. \return false when it has too many */
static bool naive_parts(struct buf *out, assay_span value, uint64_t keep, bool reverse,
                        assay_span delimiters, bool escape)
{
    size_t begin[PARTS + 1] = {0}, end[PARTS + 1], n = 0;

    for (size_t i = 0; i <= value.n; i++) {
        if (i < value.n && span_find(delimiters, value.p[i]) == delimiters.n)
            continue;
        end[n++] = i;
        if (n > PARTS)
            return false;
        begin[n] = i + 1;
    }
    for (size_t k = keep && keep < n ? n - keep : 0, first = k; k < n; k++) {
        size_t part = reverse ? n - 1 - k : k;

        if (k > first)
            buf_putc(out, '.');
        for (size_t i = begin[part]; i < end[part]; i++)
            naive_put(out, value.p[i], escape);
    }
    return true;
}

/**
 * Append what the macro at the front, which is valid, stands for. \return whether it has not too
 * many parts
 */
static bool naive_macro(struct buf *out, assay_span *s, const struct spf_request *q)
{
    size_t close = span_find(*s, '}'), digits = 0;
    assay_span body = span_first(span_from(*s, 2), close - 2), rest = span_from(body, 1), value;
    struct buf scratch = buf_new(2 * MOST);
    char letter = body.p[0];
    uint64_t keep = 0;
    bool reverse, good = true;

    *s = span_from(*s, close + 1);
    for (; digits < rest.n && ascii_digit(rest.p[digits]); digits++)
        keep = keep > PARTS ? keep : keep * 10 + (uint64_t)(rest.p[digits] - '0');
    rest = span_from(rest, digits);
    reverse = rest.n && (rest.p[0] == 'r' || rest.p[0] == 'R');
    rest = span_from(rest, reverse);
    value = naive_value(q, ascii_lower(letter), &scratch);
    if (keep || reverse || rest.n)
        good = naive_parts(out, value, keep, reverse, rest.n ? rest : SPAN("."), letter < 'a');
    else
        for (size_t i = 0; i < value.n; i++)
            naive_put(out, value.p[i], letter < 'a');
    buf_done(&scratch);
    return good;
}

/** Append what a valid string expands to. \return whether no macro had too many parts */
static bool naive_expand(struct buf *out, assay_span s, const struct spf_request *q)
{
    bool good = true;

    while (s.n) {
        if (s.p[0] != '%') {
            buf_putc(out, s.p[0]);
            s = span_from(s, 1);
        } else if (s.p[1] == '{') {
            good &= naive_macro(out, &s, q);
        } else {
            buf_puts(out, s.p[1] == '%' ? "%" : s.p[1] == '_' ? " " : "%20");
            s = span_from(s, 2);
        }
    }
    return good;
}

/* ---- comparing ---- */

/** The string has a macro p, which would ask questions. */
static bool asks(assay_span s)
{
    for (size_t i = 0; i + 2 < s.n; i++)
        if (s.p[i] == '%' && s.p[i + 1] == '{' && ascii_lower(s.p[i + 2]) == 'p')
            return true;
    return false;
}

/** Expand a string, and compare if it is valid. */
static void check_expansion(const struct spf_request *q, assay_span s, bool valid)
{
    struct assay_eval ev;
    struct spf_check c = {.ev = &ev, .request = q, .sender = SPAN("sender.example")};
    struct buf want = buf_new(1 << 24);
    struct spf_text got;
    bool ascii, good;

    memset(&ev, 0, sizeof ev);
    eval_init(&ev, NULL, NULL, 1000);
    must(spf_expand(&c, s, SPAN("current.example"), &got, &ascii) == ASSAY_DONE);
    must(got.n <= LIMIT_SPF_EXPANSION);
    if (valid) {
        good = naive_expand(&want, s, q);
        must(want.status == ASSAY_DONE);
        must(got.over || (good && span_eq(buf_span(&want), (assay_span){got.p, got.n})));
        must(!got.over || !good || want.n > LIMIT_SPF_EXPANSION);
    }
    buf_done(&want);
    eval_done(&ev);
}

/** Check a string for all uses. \return whether it is valid for some */
static bool check_uses(assay_span s)
{
    bool macro[3] = {false, false, false};
    const char *domain = spf_macro_check(s, SPF_MACRO_DOMAIN, &macro[0]);
    const char *value = spf_macro_check(s, SPF_MACRO_STRING, &macro[1]);
    const char *explain = spf_macro_check(s, SPF_MACRO_EXPLAIN, &macro[2]);

    must(domain || !value);
    must(value || !explain);
    must(domain || (macro[0] == macro[1] && macro[1] == macro[2]));
    for (size_t i = 0; i < s.n && !explain; i++)
        must(s.p[i] >= ' ' && s.p[i] <= '~');
    must(explain || macro[2] == (span_find(s, '%') < s.n));
    return !explain;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span s = {(const char *)data, n}, first, local, helo;
    struct spf_request q = {.ip = {4, {192, 0, 2, 3}}, .domain = SPAN("sender.example")};
    bool valid;

    if (n > MOST || !span_cut(&s, '\n', &first) || !s.p)
        return 0;
    local = span_first(first, span_find(first, ' '));
    helo = span_from(first, local.n + 1);
    if (local.n == 0 || local.n > 900 ||
        span_find(local, '\0') < local.n) /* %{s} is made by printf */
        return 0;
    q.local = local;
    q.helo = helo;
    valid = check_uses(s);
    if (!asks(s))
        check_expansion(&q, s, valid);
    return 0;
}
