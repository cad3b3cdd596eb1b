/* SPDX-License-Identifier: BSD-2-Clause */
#include "tlsrpt/tlsrpt.h"

#include "base/fields.h"

#include <stdlib.h>

static const char VERSION[] = "v=TLSRPTv1";

/* ---- URIs ---- */

/** Without WSP at both ends. */
static assay_span trim_wsp(assay_span s)
{
    while (s.n && ascii_wsp(s.p[0]))
        s = span_from(s, 1);
    while (s.n && ascii_wsp(s.p[s.n - 1]))
        s.n--;
    return s;
}

/** scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 3.1). */
static bool is_scheme(assay_span s)
{
    if (!s.n || !ascii_alpha(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!ascii_alnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.')
            return false;
    return true;
}

/** Every octet may stand in a URI, and `%` begins two hexadecimal digits (RFC 3986 2). */
static bool has_uri_octets(assay_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"<>\\^`{|}", s.p[i]))
            return false;
        if (s.p[i] == '%' &&
            (s.n - i < 3 || ascii_hex(s.p[i + 1]) < 0 || ascii_hex(s.p[i + 2]) < 0))
            return false;
    }
    return true;
}

/** The domain of a mailto URI (RFC 6068 2); empty: there is none. */
static assay_span mailto_host(assay_span rest)
{
    size_t at;

    rest = span_first(rest, span_find(rest, '?'));
    at = span_rfind(rest, '@');
    return at > 0 && at < rest.n ? span_from(rest, at + 1) : SPAN_EMPTY;
}

/** The host of an https URI (RFC 3986 3.2); empty: there is none. */
static assay_span https_host(assay_span rest)
{
    size_t end = 0, at;

    if (!span_starts(rest, SPAN("//")))
        return SPAN_EMPTY;
    rest = span_from(rest, 2);
    while (end < rest.n && !strchr("/?#", rest.p[end]))
        end++;
    rest = span_first(rest, end);
    at = span_rfind(rest, '@');
    if (at < rest.n)
        rest = span_from(rest, at + 1);
    return rest.n && rest.p[0] == '[' ? rest : span_first(rest, span_find(rest, ':'));
}

/** Read one item of rua (RFC 8460 3). */
static struct tlsrpt_uri read_uri(assay_span text)
{
    struct tlsrpt_uri uri = {.text = trim_wsp(text), .host = SPAN_EMPTY};
    const size_t colon = span_find(uri.text, ':');
    const assay_span scheme = span_first(uri.text, colon), rest = span_from(uri.text, colon + 1);

    uri.mailto = span_iis(scheme, "mailto");
    if (!uri.text.n)
        uri.problem = "it is empty";
    else if (span_find(uri.text, '!') < uri.text.n)
        uri.problem = "it holds a raw !, which is to be written as %21";
    else if (colon == uri.text.n || !is_scheme(scheme) || !has_uri_octets(uri.text))
        uri.problem = "it is no URI";
    else if (!uri.mailto && !span_iis(scheme, "https"))
        uri.problem = "it is neither mailto: nor https:";
    else if (!(uri.host = uri.mailto ? mailto_host(rest) : https_host(rest)).n)
        uri.problem = uri.mailto ? "it has no mail address" : "it has no host";
    return uri;
}

/** Read the items of rua. */
static void read_rua(struct tlsrpt_record *r, assay_span value)
{
    assay_span item;

    while (span_cut(&value, ',', &item)) {
        if (r->nuris == LIMIT_TLSRPT_URIS) {
            r->more_uris = true;
            return;
        }
        r->uris[r->nuris++] = read_uri(item);
    }
}

/* ---- records ---- */

/** Note what is wrong; the first problem stays. */
static void fault(struct tlsrpt_record *r, assay_span where, const char *problem)
{
    if (r->problem)
        return;
    r->found = TLSRPT_RECORD_SYNTAX;
    r->problem = problem;
    r->where = where;
}

/** Take one field. */
static void take(struct tlsrpt_record *r, const struct field *f)
{
    if (!span_is(f->name, "rua")) {
        if (!field_is_extension(f))
            fault(r, f->whole, "it is not name=value");
    } else if (!f->value.n) {
        fault(r, f->whole, "rua is empty");
    } else if (!r->nuris) {
        read_rua(r, f->value);
    }
}

/** No record yet. */
static void nothing(assay_span text, struct tlsrpt_record *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->text = text;
    ret->where = SPAN_EMPTY;
}

void tlsrpt_record_read(assay_span text, struct tlsrpt_record *ret)
{
    assay_span rest = span_from(text, sizeof VERSION - 1);
    struct field field;

    nothing(text, ret);
    switch (fields_start(text, VERSION)) {
    case FIELDS_OTHER: break;
    case FIELDS_NEARLY:
        fault(ret, span_first(text, span_find(text, ';')),
              "it has to begin with v=TLSRPTv1 exactly");
        break;
    case FIELDS_VERSION:
        ret->found = TLSRPT_RECORD_ONE;
        ret->space = fields_space(text, sizeof VERSION - 1);
        while (fields_next(&rest, &field))
            take(ret, &field);
        if (!ret->nuris)
            fault(ret, text, "there is no rua");
        break;
    }
}

/** Select among the TXT records of an answer: those that begin with the version (RFC 8460 3). */
static assay_status make(const struct assay_fact *fact, void **ret)
{
    struct tlsrpt_record *r = calloc(1, sizeof *r);
    enum fields_start best = FIELDS_OTHER;

    if (!r)
        return ASSAY_ENOMEM;
    nothing(SPAN_EMPTY, r);
    for (size_t i = 0; i < fact->n; i++) {
        const assay_span text = fact->records[i].text;
        enum fields_start start = fields_start(text, VERSION);

        if (start == FIELDS_VERSION && best == FIELDS_VERSION)
            r->found = TLSRPT_RECORD_SEVERAL;
        if (start <= best)
            continue;
        best = start;
        tlsrpt_record_read(text, r);
    }
    *ret = r;
    return ASSAY_DONE;
}

assay_status tlsrpt_record_of(const struct assay_fact *fact, const struct tlsrpt_record **ret)
{
    static const struct memo_type TYPE = {make, free};
    const void *made;
    assay_status s = fact_memo(fact, &TYPE, &made);

    if (s == ASSAY_DONE)
        *ret = made;
    return s;
}
