/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/canon.h"

/** A value on its way through the relaxed form (RFC 6376 3.4.2). */
struct relaxed {
    struct digest *d;
    bool blank; /* white space was read and nothing followed it yet */
    bool begun; /* something of the value was written */
    size_t n;   /* of `out` */
    char out[256];
};

/** Hash what was written. */
static assay_status flush(struct relaxed *r)
{
    assay_span out = {r->out, r->n};

    r->n = 0;
    return digest_add(r->d, out);
}

/** White space of a field that is unfolded: a CR that ends no line is none (RFC 6376 3.4.2). */
static inline bool is_white(assay_span s, size_t i)
{
    return ascii_wsp(s.p[i]) || s.p[i] == '\n' ||
           (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n');
}

/**
 * Copy octets that are no white space and no control, as far as eight at a time go. \return how many
 */
static size_t copy_plain(const char *from, size_t n, char *to)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones * 0x80;
    size_t done = 0;
    uint64_t eight;

    for (; done + sizeof eight <= n; done += sizeof eight) {
        memcpy(&eight, from + done, sizeof eight);
        if ((eight - ones * 0x21) & ~eight & tops)
            break;
        memcpy(to + done, &eight, sizeof eight);
    }
    return done;
}

/** Add part of a value: unfolded, runs of white space as one space, none at both ends. */
static assay_status relaxed_part(struct relaxed *r, assay_span part)
{
    for (size_t i = 0, n, room; i < part.n;) {
        if (is_white(part, i)) {
            r->blank = true;
            i++;
            continue;
        }
        if (r->n + 2 > sizeof r->out && flush(r) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        if (r->blank && r->begun)
            r->out[r->n++] = ' ';
        r->blank = false;
        r->begun = true;
        r->out[r->n++] = part.p[i++];
        room = sizeof r->out - r->n;
        n = copy_plain(part.p + i, part.n - i < room ? part.n - i : room, r->out + r->n);
        r->n += n;
        i += n;
        while (i < part.n && r->n < sizeof r->out && (unsigned char)part.p[i] > ' ')
            r->out[r->n++] = part.p[i++];
    }
    return ASSAY_DONE;
}

/** Add a name in lower case and its colon. */
static assay_status relaxed_name(struct relaxed *r, assay_span name)
{
    for (size_t i = 0; i <= name.n; i++) {
        if (r->n == sizeof r->out && flush(r) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        r->out[r->n++] = i < name.n ? ascii_lower(name.p[i]) : ':';
    }
    return ASSAY_DONE;
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
static assay_status canon_parts(struct digest *d, enum canon canon, assay_span name,
                                assay_span first, assay_span second)
{
    struct relaxed r;

    if (canon == CANON_SIMPLE)
        return simple_part(d, first) == ASSAY_DONE ? simple_part(d, second) : ASSAY_ENOMEM;
    r.d = d;
    r.blank = r.begun = false;
    r.n = 0;
    first = span_from(first, span_find(first, ':') + 1);
    if (relaxed_name(&r, name) != ASSAY_DONE || relaxed_part(&r, first) != ASSAY_DONE ||
        relaxed_part(&r, second) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return flush(&r);
}

assay_status canon_field(struct digest *d, enum canon canon, assay_span name, assay_span raw)
{
    if (canon_parts(d, canon, name, without_line_end(raw), SPAN_EMPTY) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return digest_add(d, SPAN("\r\n"));
}

/** The value of b= with the white space around it, which goes too (RFC 6376 3.7). */
static assay_span with_blanks(assay_span raw, assay_span b)
{
    const char *end = raw.p + raw.n;

    for (; b.p > raw.p && ascii_fws(b.p[-1]); b.n++)
        b.p--;
    while (b.p + b.n < end && ascii_fws(b.p[b.n]))
        b.n++;
    return b;
}

assay_status canon_signature(struct digest *d, enum canon canon, assay_span name, assay_span raw,
                             assay_span b)
{
    raw = without_line_end(raw);
    b = with_blanks(raw, b);
    return canon_parts(d, canon, name, span_between(raw.p, b.p),
                       span_between(b.p + b.n, raw.p + raw.n));
}
