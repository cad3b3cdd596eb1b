/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_authres_write.c Any octets as authserv-id, names, reasons and values: what is written
 * obeys the grammar of RFC 8601 2.2 and says nothing but what was given. No value can end its
 * piece, its field or its line.
 *
 * The input is a program: each text is an octet with its length, then the text; the other octets
 * are counts.
 */
#include "mail/fuzz_authres.h"

enum { RESULTS_MAX = 66, PROPERTIES_MAX = 66, NARROW = 78, LINE_MAX = 998 };

/* ---- an independent reader of the exact grammar ---- */

/** Take one octet that must be there. */
static void take(assay_span *s, char c)
{
    must(s->n && s->p[0] == c);
    *s = span_from(*s, 1);
}

/** Take the octets of a set off. \return how many */
static size_t take_run(assay_span *s, bool (*belongs)(char))
{
    size_t n = 0;

    while (n < s->n && belongs(s->p[n]))
        n++;
    *s = span_from(*s, n);
    return n;
}

static bool is_ldh(char c)
{
    return ascii_alnum(c) || c == '-';
}

static bool is_token_octet(char c)
{
    return ascii_alnum(c) || (c && strchr("!#$%&'*+-.^_`{|}~", c));
}

static bool is_atext_or_dot(char c)
{
    return is_token_octet(c) || (c && strchr("/=?", c)) || (unsigned char)c > 0x7F;
}

static bool is_domain_octet(char c)
{
    return is_ldh(c) || c == '.' || (unsigned char)c > 0x7F;
}

/** Keyword (RFC 5321 4.1.2). */
static void check_keyword(assay_span *s)
{
    must(take_run(s, is_ldh) && s->p[-1] != '-');
}

/** A space, or a fold: CRLF and a tab. */
static void check_space(assay_span *s)
{
    if (s->n && s->p[0] == '\r') {
        take(s, '\r');
        take(s, '\n');
        take(s, '\t');
    } else {
        take(s, ' ');
    }
}

/** quoted-string without folding (RFC 5322 3.2.4, RFC 6532 3.2). */
static void check_quoted(assay_span *s)
{
    take(s, '"');
    while (s->n && s->p[0] != '"') {
        size_t n = model_utf8(*s);

        must(n && (unsigned char)s->p[0] >= ' ' && s->p[0] != 0x7F);
        if (s->p[0] == '\\')
            must(s->n > 1 && (s->p[1] == '"' || s->p[1] == '\\') && ++n);
        *s = span_from(*s, n);
    }
    take(s, '"');
}

/**
 * domain-name (RFC 6376 3.5): labels and dots, at least one of these, no empty label, no hyphen at
 * a label's ends.
 */
static void check_domain(assay_span *s)
{
    const char *begin = s->p;
    assay_span domain = {begin, take_run(s, is_domain_octet)};

    must(domain.n && span_find(domain, '.') < domain.n && !span_contains(domain, SPAN("..")));
    must(!span_contains(domain, SPAN(".-")) && !span_contains(domain, SPAN("-.")));
    must(!strchr(".-", begin[0]) && !strchr(".-", begin[domain.n - 1]));
}

/** value, or an address: local-part, bare or quoted, @ and a domain-name (RFC 8601 2.2). */
static void check_pvalue(assay_span *s)
{
    const char *begin = s->p;
    assay_span bare;

    if (s->n && s->p[0] == '"')
        check_quoted(s);
    else
        take_run(s, is_atext_or_dot);
    bare = span_between(begin, s->p);
    if (s->n && s->p[0] == '@') {
        must(!bare.n || bare.p[0] == '"' || (bare.p[0] != '.' && bare.p[bare.n - 1] != '.'));
        must(bare.p[0] == '"' || !span_contains(bare, SPAN("..")));
        take(s, '@');
        check_domain(s);
        return;
    }
    must(bare.n);
    for (size_t i = 0; i < bare.n && bare.p[0] != '"'; i++)
        must(is_token_octet(bare.p[i]));
}

/** value (RFC 2045 5.1). */
static void check_value(assay_span *s)
{
    if (s->n && s->p[0] == '"')
        check_quoted(s);
    else
        must(take_run(s, is_token_octet));
}

/** What stands behind method=result. */
static void check_properties(assay_span *s)
{
    while (s->n && s->p[0] != ';') {
        check_space(s);
        if (span_starts(*s, SPAN("reason="))) {
            *s = span_from(*s, 7);
            check_quoted(s);
            continue;
        }
        check_keyword(s);
        take(s, '.');
        check_keyword(s);
        take(s, '=');
        check_pvalue(s);
    }
}

/** authres-payload (RFC 8601 2.2). */
static void check_payload(assay_span s)
{
    check_value(&s);
    take(&s, ';');
    check_space(&s);
    if (span_is(s, "none"))
        return;
    for (;;) {
        check_keyword(&s);
        if (s.n && s.p[0] == '/') {
            take(&s, '/');
            must(take_run(&s, ascii_digit));
        }
        take(&s, '=');
        check_keyword(&s);
        check_properties(&s);
        if (!s.n)
            return;
        take(&s, ';');
        check_space(&s);
    }
}

/* ---- lines ---- */

/**
 * A line that is too wide holds one piece, which could not be folded, and nothing before it that
 * could.
 */
static void check_lines(assay_span payload, size_t field_n)
{
    assay_span rest = payload, line;

    for (size_t lead = field_n + 1; span_line(&rest, &line); lead = 0) {
        bool quoted = false;
        size_t points = 0;

        must(lead + line.n <= LINE_MAX || lead > 100);
        for (size_t i = lead ? 0 : 1; i < line.n; i++) {
            if (line.p[i] == '"')
                quoted = !quoted;
            i += quoted && line.p[i] == '\\';
            points += !quoted && line.p[i] == ' ';
        }
        must(!quoted && (lead + line.n < NARROW || !points));
    }
}

/* ---- the program ---- */

static uint8_t next_octet(assay_span *in)
{
    uint8_t c = in->n ? (uint8_t)in->p[0] : 0;

    *in = span_from(*in, 1);
    return c;
}

/** A text of up to 200 octets; a length above means it is repeated up to some 1,500. */
static assay_span next_text(struct arena *a, assay_span *in)
{
    size_t n = next_octet(in), times = n > 200 ? (n - 200) / 7 : 1;
    assay_span s = span_first(*in, n > 200 ? 200 : n);
    char *p = arena_get(a, s.n * times);

    must(p != NULL);
    *in = span_from(*in, s.n);
    for (size_t i = 0; i < times && s.n; i++)
        memcpy(p + i * s.n, s.p, s.n);
    return (assay_span){p, s.n * times};
}

static void next_result(struct arena *a, assay_span *in, struct authres_result *ret)
{
    size_t n = next_octet(in) % PROPERTIES_MAX;
    struct authres_property *properties = arena_get(a, n * sizeof *properties);

    must(properties != NULL);
    *ret = (struct authres_result){.version = next_octet(in) % 3 * (UINT64_MAX / 2) + 1,
                                   .properties = properties};
    ret->method = next_text(a, in);
    ret->result = next_text(a, in);
    ret->reason = next_text(a, in);
    for (; ret->nproperties < n && in->n; ret->nproperties++) {
        properties[ret->nproperties].ptype = next_text(a, in);
        properties[ret->nproperties].name = next_text(a, in);
        properties[ret->nproperties].value = next_text(a, in);
    }
}

/** Read it back, as far as the reader's limits go. */
static void check_back(struct arena *a, assay_span payload, assay_span id,
                       const struct authres_result *results, size_t n)
{
    bool within = n <= LIMIT_AUTHRES_RESULTS;
    char shown[LIMIT_AUTHRES_VALUE];
    struct authres back;

    for (size_t i = 0; i < n; i++)
        within &= results[i].nproperties <= LIMIT_AUTHRES_PROPERTIES;
    must(authres_read(a, payload, &back) == ASSAY_DONE);
    if (!within)
        return;
    must(!back.fault);
    must_be_results(&back, id, results, n);
    must(authres_is_from(payload, model_value(id, shown)) == (id.n > 0));
}

/** With half the room, what there is obeys the grammar as well. */
static void check_narrow(assay_span payload, assay_span id, const struct authres_result *results,
                         size_t n, size_t field_n)
{
    struct buf out = buf_new(payload.n / 2);

    authres_write(id, results, n, field_n, &out);
    must(out.status == ASSAY_EINVAL && span_starts(payload, buf_span(&out)));
    if (out.n)
        check_payload(buf_span(&out));
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct authres_result results[RESULTS_MAX];
    assay_span in = {(const char *)data, n}, id;
    size_t field_n = next_octet(&in), nresults = next_octet(&in) % RESULTS_MAX, count = 0;
    struct buf out = buf_new(1 << 24);
    struct arena a = {0};

    id = next_text(&a, &in);
    for (; count < nresults && in.n; count++)
        next_result(&a, &in, &results[count]);
    authres_write(id, results, count, field_n, &out);
    must(out.status == ASSAY_DONE);
    check_payload(buf_span(&out));
    check_lines(buf_span(&out), field_n);
    check_back(&a, buf_span(&out), id, results, count);
    check_narrow(buf_span(&out), id, results, count, field_n);
    buf_done(&out);
    arena_done(&a);
    return 0;
}
