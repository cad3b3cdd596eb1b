/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/canon.h"

/** A value on its way through the relaxed form: a run of white space is held until something follows it. */
struct relaxed {
    struct digest *d;
    bool blank, begun;
};

/** Add part of a value: unfolded, runs of blanks as one space, none at both ends (RFC 6376 3.4.2). */
static assay_status relaxed_part(struct relaxed *r, assay_span part)
{
    while (part.n) {
        size_t n = 0;

        while (n < part.n && !ascii_fws(part.p[n]))
            n++;
        if (n == 0) {
            r->blank = true;
            part = span_from(part, 1);
            continue;
        }
        if (r->blank && r->begun && digest_add(r->d, SPAN(" ")) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        if (digest_add(r->d, span_first(part, n)) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        r->blank = false;
        r->begun = true;
        part = span_from(part, n);
    }
    return ASSAY_DONE;
}

/** Add a name in lower case and its colon. */
static assay_status relaxed_name(struct digest *d, assay_span name)
{
    char lower[128];

    while (name.n) {
        size_t n = name.n < sizeof lower ? name.n : sizeof lower;

        for (size_t i = 0; i < n; i++)
            lower[i] = ascii_lower(name.p[i]);
        if (digest_add(d, (assay_span){lower, n}) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        name = span_from(name, n);
    }
    return digest_add(d, SPAN(":"));
}

/** Add a part as it is, each line ended by CRLF. */
static assay_status simple_part(struct digest *d, assay_span part)
{
    while (part.n) {
        size_t n = span_find(part, '\n');
        size_t text = n && n < part.n && part.p[n - 1] == '\r' ? n - 1 : n;

        if (digest_add(d, span_first(part, text)) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        if (n < part.n && digest_add(d, SPAN("\r\n")) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        part = span_from(part, n + 1);
    }
    return ASSAY_DONE;
}

/** The field without its final line end. */
static assay_span without_line_end(assay_span raw)
{
    if (raw.n && raw.p[raw.n - 1] == '\n')
        raw.n--;
    if (raw.n && raw.p[raw.n - 1] == '\r')
        raw.n--;
    return raw;
}

/** Add a field of two parts, between which something was taken out. */
static assay_status canon_parts(struct digest *d, enum canon canon, assay_span name, assay_span first,
                                assay_span second)
{
    struct relaxed r = {d, false, false};

    if (canon == CANON_SIMPLE)
        return simple_part(d, first) == ASSAY_DONE ? simple_part(d, second) : ASSAY_ENOMEM;
    first = span_from(first, span_find(first, ':') + 1);
    if (relaxed_name(d, name) != ASSAY_DONE || relaxed_part(&r, first) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return relaxed_part(&r, second);
}

assay_status canon_field(struct digest *d, enum canon canon, assay_span name, assay_span raw)
{
    if (canon_parts(d, canon, name, without_line_end(raw), SPAN_EMPTY) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return digest_add(d, SPAN("\r\n"));
}

assay_status canon_signature(struct digest *d, enum canon canon, assay_span name, assay_span raw, assay_span b)
{
    raw = without_line_end(raw);
    return canon_parts(d, canon, name, span_between(raw.p, b.p), span_between(b.p + b.n, raw.p + raw.n));
}
