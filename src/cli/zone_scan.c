/* SPDX-License-Identifier: BSD-2-Clause */
/** \file zone_scan.c The records of a zone file, one after the other (RFC 1035 5.1). */
#include "base/limits.h"
#include "base/number.h"
#include "cli/zone.h"
#include "dns/rdata.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** A word of the text, quotes included. */
struct token {
    assay_span text;
    size_t line, column;
    bool quoted;
};

/** The text being read. */
struct scan {
    const char *at, *end, *line_begin;
    size_t line;
    zone_record_fn *fn;
    void *arg;
    struct zone_error *error;
    struct dns_name origin;
    bool has_origin;
    struct dns_name owner;
    bool has_owner;
    uint32_t ttl;
    struct token *tokens;
    size_t n;
    bool blank; /* the entry begins with a blank: the owner is the last one */
    struct buf rdata, text;
};

/** Say what is wrong, and where. */
static assay_status refuse(struct scan *s, size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static assay_status refuse(struct scan *s, size_t line, size_t column, const char *format, ...)
{
    va_list args;

    s->error->line = line;
    s->error->column = column;
    va_start(args, format);
    vsnprintf(s->error->text, sizeof s->error->text, format, args);
    va_end(args);
    return ASSAY_EINVAL;
}

/** As refuse(), at a token. */
#define REFUSE(s, t, ...) refuse((s), (t)->line, (t)->column, __VA_ARGS__)

/** The column of the place that is read. */
static size_t column(const struct scan *s)
{
    return (size_t)(s->at - s->line_begin) + 1;
}

/* ---- words ---- */

/** A line has ended. */
static void next_line(struct scan *s)
{
    s->at++;
    s->line++;
    s->line_begin = s->at;
}

/** Skip a comment, up to the end of its line. */
static void skip_comment(struct scan *s)
{
    while (s->at < s->end && *s->at != '\n')
        s->at++;
}

/** Read a quoted string. */
static assay_status read_quoted(struct scan *s, struct token *t)
{
    const char *begin = s->at++;

    for (; s->at < s->end && *s->at != '\n'; s->at++) {
        if (*s->at == '"') {
            t->text = span_between(begin, ++s->at);
            t->quoted = true;
            return ASSAY_DONE;
        }
        if (*s->at == '\\' && s->at + 1 < s->end && s->at[1] != '\n')
            s->at++;
    }
    return REFUSE(s, t, "the string is not closed in its line");
}

/** The octet ends a word. */
static bool ends_word(char c)
{
    return ascii_fws(c) || c == ';' || c == '(' || c == ')' || c == '"';
}

/** Read a word. */
static void read_word(struct scan *s, struct token *t)
{
    const char *begin = s->at;

    while (s->at < s->end && !ends_word(*s->at)) {
        if (*s->at == '\\' && s->at + 1 < s->end && s->at[1] != '\n')
            s->at++;
        s->at++;
    }
    t->text = span_between(begin, s->at);
}

/** Read one word or string into the entry. */
static assay_status read_token(struct scan *s)
{
    struct token t = {.line = s->line, .column = column(s)};
    assay_status status = ASSAY_DONE;

    if (s->n == ZONE_TOKENS_MAX)
        return REFUSE(s, &t, "more than %d words in one record", ZONE_TOKENS_MAX);
    if (*s->at == '"')
        status = read_quoted(s, &t);
    else
        read_word(s, &t);
    s->tokens[s->n++] = t;
    return status;
}

/** Read the words of one entry: a line, or several between brackets. \param ret_any  false at the end */
static assay_status read_entry(struct scan *s)
{
    size_t open_line = 0, open_column = 0;
    bool open = false;
    assay_status status;

    s->n = 0;
    s->blank = s->at < s->end && ascii_wsp(*s->at);
    while (s->at < s->end) {
        if (*s->at == '\n') {
            next_line(s);
            if (!open)
                return ASSAY_DONE;
        } else if (ascii_fws(*s->at)) {
            s->at++;
        } else if (*s->at == ';') {
            skip_comment(s);
        } else if (*s->at == '(' || *s->at == ')') {
            if (open == (*s->at == '('))
                return refuse(s, s->line, column(s),
                              open ? "a bracket in a bracket" : "no bracket is open here");
            open = !open;
            open_line = s->line;
            open_column = column(s);
            s->at++;
        } else if ((status = read_token(s)) != ASSAY_DONE) {
            return status;
        }
    }
    return open ? refuse(s, open_line, open_column, "the bracket is not closed") : ASSAY_DONE;
}

/* ---- names ---- */

/** A name that ends with a dot that is none of its last label. */
static bool is_absolute(assay_span text)
{
    size_t slashes = 0;

    if (!text.n || text.p[text.n - 1] != '.')
        return false;
    while (slashes + 1 < text.n && text.p[text.n - 2 - slashes] == '\\')
        slashes++;
    return slashes % 2 == 0;
}

/** A name as it stands in the text; relative ones end in the origin. */
static assay_status read_name(struct scan *s, const struct token *t, struct dns_name *ret)
{
    bool at = span_is(t->text, "@"), relative = !at && !is_absolute(t->text);
    assay_span origin = dns_name_span(&s->origin);
    char text[2 * DNS_NAME_TEXT + 2];

    if ((at || relative) && !s->has_origin)
        return REFUSE(
            s, t, "\"%.*s\" is relative and there is no $ORIGIN before it; --origin NAME gives one",
            SPAN_ARG(span_first(t->text, 60)));
    if (at) {
        *ret = s->origin;
        return ASSAY_DONE;
    }
    if (t->quoted || t->text.n > DNS_NAME_TEXT)
        return REFUSE(s, t, "here stands a domain name");
    memcpy(text, t->text.p, t->text.n);
    if (relative && origin.n) {
        text[t->text.n] = '.';
        memcpy(text + t->text.n + 1, origin.p, origin.n);
    }
    if (span_is(t->text, ".")) {
        ret->n = 0;
        return ASSAY_DONE;
    }
    if (dns_name_read((assay_span){text, t->text.n + (relative && origin.n ? origin.n + 1 : 0)},
                      ret))
        return ASSAY_DONE;
    return REFUSE(s, t, "\"%.*s\" is no domain name", SPAN_ARG(span_first(t->text, 60)));
}

/* ---- TTL, class, type ---- */

/** Read `3600`, or `1h30m` as many programs take it. */
static bool read_ttl(assay_span text, uint32_t *ret)
{
    uint64_t total = 0, n = 0;
    bool digits = false;

    for (size_t i = 0; i < text.n; i++) {
        const char *unit = strchr("smhdw", ascii_lower(text.p[i]));
        static const uint32_t SECONDS[] = {1, 60, 3600, 86400, 604800};

        if (ascii_digit(text.p[i])) {
            n = n * 10 + (uint64_t)(text.p[i] - '0');
            digits = true;
        } else if (unit && *unit && digits) {
            total += n * SECONDS[unit - "smhdw"];
            n = 0;
            digits = false;
        } else {
            return false;
        }
        if (n > UINT32_MAX || total > UINT32_MAX)
            return false;
    }
    if (!text.n || total + n > UINT32_MAX)
        return false;
    *ret = (uint32_t)(total + n);
    return true;
}

/** Types that are known to exist, and that no check asks for. */
static bool is_other_type(assay_span text)
{
    static const char *const TYPES[] = {
        "AFSDB",    "APL",    "CDNSKEY", "CDS",    "CERT",  "CSYNC",      "DHCID",      "DLV",
        "DNAME",    "DNSKEY", "EUI48",   "EUI64",  "GPOS",  "HINFO",      "HIP",        "HTTPS",
        "IPSECKEY", "ISDN",   "KEY",     "KX",     "LOC",   "MINFO",      "NAPTR",      "NID",
        "L32",      "L64",    "LP",      "NSEC",   "NSEC3", "NSEC3PARAM", "OPENPGPKEY", "RP",
        "RRSIG",    "RT",     "SIG",     "SMIMEA", "SRV",   "SSHFP",      "SVCB",       "URI",
        "X25",      "ZONEMD", "WKS",     "MB",     "MG",    "MR",         "PX",         "AVC"};
    uint64_t number;

    if (span_istarts(text, SPAN("TYPE")) && number_read(span_from(text, 4), 65535, &number))
        return true;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (span_iis(text, TYPES[i]))
            return true;
    return false;
}

/** A class. Only IN is of use here. */
static bool is_class(assay_span text)
{
    return span_iis(text, "IN") || span_iis(text, "CH") || span_iis(text, "HS") ||
           span_iis(text, "CS");
}

/**
 * Read TTL and class, in either order, and the type.
 *
 * \param at  the token; moved behind the type
 */
static assay_status read_type(struct scan *s, size_t *at, struct zone_record *r)
{
    const struct token *t = &s->tokens[*at > 0 && *at == s->n ? *at - 1 : *at];

    for (; *at < s->n; ++*at) {
        t = &s->tokens[*at];
        if (read_ttl(t->text, &r->ttl))
            continue;
        if (is_class(t->text) && !span_iis(t->text, "IN"))
            return REFUSE(s, t, "only class IN has mail");
        if (!is_class(t->text))
            break;
    }
    if (*at == s->n)
        return REFUSE(s, t, "the type of the record is missing");
    ++*at;
    r->rrtype = dns_type_read(t->text);
    if (r->rrtype && r->rrtype != ASSAY_RR_ANY)
        return ASSAY_DONE;
    r->rrtype = 0;
    if (is_other_type(t->text))
        return ASSAY_DONE;
    return REFUSE(s, t, "\"%.*s\" is no type of record", SPAN_ARG(span_first(t->text, 40)));
}

/* ---- data ---- */

/** Which fields of a type are names, one bit each. */
static unsigned names_of(uint16_t rrtype)
{
    switch (rrtype) {
    case ASSAY_RR_NS:
    case ASSAY_RR_CNAME:
    case ASSAY_RR_PTR: return 1;
    case ASSAY_RR_MX: return 2;
    case ASSAY_RR_SOA: return 3;
    default: return 0;
    }
}

/** Append one field as dns_rdata_read() takes it. */
static assay_status put_field(struct scan *s, uint16_t rrtype, unsigned field,
                              const struct token *t)
{
    struct dns_name name;
    uint32_t seconds;
    assay_status status;

    if (field)
        buf_putc(&s->text, ' ');
    if (field < 32 && names_of(rrtype) >> field & 1) {
        if ((status = read_name(s, t, &name)) != ASSAY_DONE)
            return status;
        buf_put(&s->text, dns_name_span(&name));
        buf_putc(&s->text, '.');
    } else if (rrtype == ASSAY_RR_SOA && field > 2 && read_ttl(t->text, &seconds)) {
        buf_putu(&s->text, seconds);
    } else {
        buf_put(&s->text, t->text);
    }
    return ASSAY_DONE;
}

/** Read the data of a record of a type that is known. */
static assay_status read_rdata(struct scan *s, size_t at, struct zone_record *r)
{
    const struct token *first = &s->tokens[at < s->n ? at : s->n - 1];
    bool generic = at < s->n && span_is(first->text, "\\#");
    const char *why = "";
    assay_status status = ASSAY_DONE;

    buf_clear(&s->text);
    buf_clear(&s->rdata);
    for (size_t i = at; i < s->n && status == ASSAY_DONE; i++)
        status = put_field(s, generic ? 0 : r->rrtype, (unsigned)(i - at), &s->tokens[i]);
    if (status != ASSAY_DONE)
        return status;
    if (s->text.status == ASSAY_ENOMEM)
        return ASSAY_ENOMEM;
    if (s->text.status != ASSAY_DONE)
        return REFUSE(s, first, "the record is over %d octets", LIMIT_FACT);
    if (!dns_rdata_read(r->rrtype, buf_span(&s->text), &s->rdata, &why))
        return s->rdata.status == ASSAY_ENOMEM
                   ? ASSAY_ENOMEM
                   : REFUSE(s, first, "%s", why ? why : "the data is not of its type");
    r->rdata = buf_span(&s->rdata);
    return s->rdata.status == ASSAY_DONE ? ASSAY_DONE : ASSAY_ENOMEM;
}

/* ---- entries ---- */

/** Carry out a line that begins with `$`. */
static assay_status read_directive(struct scan *s)
{
    const struct token *t = &s->tokens[0], *value = &s->tokens[1];
    struct dns_name name;
    assay_status status;

    if (span_iis(t->text, "$INCLUDE") || span_iis(t->text, "$GENERATE"))
        return REFUSE(
            s, t,
            "%.*s is not followed: give the whole zone in one file, as `named-compilezone` or `dig AXFR` "
            "write it",
            SPAN_ARG(t->text));
    if (!span_iis(t->text, "$ORIGIN") && !span_iis(t->text, "$TTL"))
        return REFUSE(s, t, "\"%.*s\" is none of $ORIGIN and $TTL",
                      SPAN_ARG(span_first(t->text, 40)));
    if (s->n != 2)
        return REFUSE(s, t, "%.*s takes one value", SPAN_ARG(t->text));
    if (span_iis(t->text, "$TTL"))
        return read_ttl(value->text, &s->ttl)
                   ? ASSAY_DONE
                   : REFUSE(s, value, "here stands a time, such as 3600 or 1h");
    if ((status = read_name(s, value, &name)) != ASSAY_DONE)
        return status;
    s->origin = name;
    s->has_origin = true;
    return ASSAY_DONE;
}

/** Read a record and hand it on. */
static assay_status read_record(struct scan *s)
{
    struct zone_record r = {.ttl = s->ttl,
                            .line = s->tokens[0].line,
                            .column = s->tokens[0].column,
                            .rdata = SPAN_EMPTY};
    size_t at = 0;
    assay_status status;

    if (!s->blank) {
        s->has_owner = false;
        if ((status = read_name(s, &s->tokens[at++], &s->owner)) != ASSAY_DONE)
            return status;
        s->has_owner = true;
    }
    if (!s->has_owner)
        return REFUSE(s, &s->tokens[0], "the first record has no owner");
    r.owner = dns_name_span(&s->owner);
    if ((status = read_type(s, &at, &r)) != ASSAY_DONE)
        return status;
    if (r.rrtype && (status = read_rdata(s, at, &r)) != ASSAY_DONE)
        return status;
    return s->fn(s->arg, &r);
}

/** Read all entries. */
static assay_status read_all(struct scan *s)
{
    assay_status status = ASSAY_DONE;

    while (status == ASSAY_DONE && s->at < s->end) {
        if ((status = read_entry(s)) != ASSAY_DONE || !s->n)
            continue;
        if (!s->blank && !s->tokens[0].quoted && s->tokens[0].text.p[0] == '$')
            status = read_directive(s);
        else
            status = read_record(s);
    }
    return status;
}

assay_status zone_scan(assay_span text, assay_span origin, zone_record_fn *fn, void *arg,
                       struct zone_error *ret_error)
{
    struct scan *s = calloc(1, sizeof *s);
    assay_status status = ASSAY_ENOMEM;

    if (!s)
        return status;
    s->at = s->line_begin = text.n ? text.p : "";
    s->end = s->at + text.n;
    s->line = 1;
    s->fn = fn;
    s->arg = arg;
    s->error = ret_error;
    s->rdata = s->text = buf_new(LIMIT_FACT);
    s->has_origin = origin.n > 0 && dns_name_read(origin, &s->origin);
    if (span_starts(text, SPAN("\xEF\xBB\xBF"))) /* a byte order mark */
        s->at += 3;
    if ((s->tokens = malloc(ZONE_TOKENS_MAX * sizeof *s->tokens)))
        status = text.n > ZONE_TEXT_MAX
                     ? refuse(s, 1, 1, "the file is over %d octets", ZONE_TEXT_MAX)
                     : read_all(s);
    free(s->tokens);
    buf_done(&s->rdata);
    buf_done(&s->text);
    free(s);
    return status;
}
