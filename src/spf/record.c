/* SPDX-License-Identifier: BSD-2-Clause */
#include "spf/record.h"

#include "base/limits.h"
#include "base/number.h"
#include "dns/name.h"
#include "spf/macro.h"

#include <stdlib.h>

/** Octets that one octet of a name can become when it is escaped: `\DDD`. */
enum { ESCAPED_MAX = 4 };

/** A record being parsed. */
struct parser {
    struct spf_record *record;
    char *names;        /* room for the next canonical name */
    bool redirect, exp; /* seen already */
};

/** What is wrong with a term; NULL: nothing. */
typedef const char *problem;

/* ---- pieces ---- */

/**
 * Take a prefix length off the end: `/` and digits without leading zero (RFC 7208 12). Absent:
 * `bits` stays.
 */
static problem take_bits(assay_span *s, assay_span slash, unsigned max, uint8_t *bits)
{
    size_t digits = 0;
    uint64_t value;

    while (digits < s->n && ascii_digit(s->p[s->n - 1 - digits]))
        digits++;
    if (s->n < digits + slash.n ||
        !span_eq(span_first(span_from(*s, s->n - digits - slash.n), slash.n), slash))
        return NULL;
    assay_span number = span_from(*s, s->n - digits);
    if (digits == 0 || (digits > 1 && number.p[0] == '0') || !number_read(number, max, &value))
        return "the prefix length is not valid";
    *bits = (uint8_t)value;
    s->n -= digits + slash.n;
    return NULL;
}

/** Take `/n`, `//n` or both off the end (dual-cidr-length). */
static problem take_dual_bits(assay_span *s, struct spf_term *term)
{
    problem why = NULL;

    if (s->n && span_find(*s, '/') < s->n) {
        why = take_bits(s, SPAN("//"), 128, &term->bits6);
        if (!why)
            why = take_bits(s, SPAN("/"), 32, &term->bits4);
    }
    return why;
}

/**
 * Keep the canonical name of a domain-spec that has no macro; escapes make four octets of one at
 * most.
 */
static void keep_name(struct parser *p, struct spf_domain *domain)
{
    struct dns_name name;

    domain->name = SPAN_EMPTY;
    if (domain->macro || !dns_name_raw(domain->spec, &name))
        return;
    memcpy(p->names, name.p, name.n);
    domain->name = (assay_span){p->names, name.n};
    p->names += name.n;
}

/** Take a domain-spec. */
static problem take_domain(struct parser *p, assay_span spec, struct spf_domain *ret)
{
    problem why = spf_macro_check(spec, SPF_MACRO_DOMAIN, &ret->macro);

    ret->spec = spec;
    ret->macro |= spec.n > SPF_NAME_OCTETS; /* it goes the way of those, and is cut there */
    if (!why)
        keep_name(p, ret);
    return why;
}

/* ---- mechanisms ---- */

/** Read `:` and a domain-spec, or nothing where that is allowed. */
static problem read_domain(struct parser *p, assay_span rest, bool required, struct spf_domain *ret)
{
    if (rest.n == 0)
        return required ? "the domain is missing" : NULL;
    if (rest.p[0] != ':')
        return "something follows the mechanism";
    return rest.n > 1 ? take_domain(p, span_from(rest, 1), ret) : "the domain is missing";
}

/** a and mx: a domain and two prefix lengths, all optional. */
static problem read_addresses(struct parser *p, assay_span rest, struct spf_term *term)
{
    problem why;

    term->bits4 = 32;
    term->bits6 = 128;
    why = take_dual_bits(&rest, term);
    return why ? why : read_domain(p, rest, false, &term->domain);
}

/** ip4 and ip6: an address and a prefix length. */
static problem read_network(assay_span rest, struct spf_term *term)
{
    bool four = term->mechanism == SPF_IP4;
    uint8_t *bits = four ? &term->bits4 : &term->bits6;
    problem why;

    *bits = four ? 32 : 128;
    if (rest.n < 2 || rest.p[0] != ':')
        return "the address is missing";
    rest = span_from(rest, 1);
    if ((why = take_bits(&rest, SPAN("/"), *bits, bits)))
        return why;
    if (!(four ? ip4_read(rest, &term->net) : ip6_read(rest, &term->net)))
        return four ? "not an IPv4 address" : "not an IPv6 address";
    return NULL;
}

/** Read what follows the name of a mechanism. */
static problem read_argument(struct parser *p, assay_span rest, struct spf_term *term)
{
    switch (term->mechanism) {
    case SPF_ALL: return rest.n ? "all takes no argument" : NULL;
    case SPF_INCLUDE:
    case SPF_EXISTS: return read_domain(p, rest, true, &term->domain);
    case SPF_PTR: return read_domain(p, rest, false, &term->domain);
    case SPF_A:
    case SPF_MX: return read_addresses(p, rest, term);
    case SPF_IP4:
    case SPF_IP6: return read_network(rest, term);
    }
    return NULL;
}

/** Read a directive: qualifier, mechanism, argument. */
static problem read_directive(struct parser *p, assay_span text, struct spf_term *term)
{
    static const char *const NAMES[] = {"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"};
    bool qualified = memchr("+-~?", text.p[0], 4) != NULL;
    assay_span rest = span_from(text, qualified);
    size_t n = 0;

    *term = (struct spf_term){.qualifier = qualified ? text.p[0] : '+', .text = text};
    while (n < rest.n && rest.p[n] != ':' && rest.p[n] != '/')
        n++;
    for (unsigned i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (!span_iis(span_first(rest, n), NAMES[i]))
            continue;
        term->mechanism = (enum spf_mechanism)i;
        return read_argument(p, span_from(rest, n), term);
    }
    return "no such mechanism";
}

/* ---- modifiers ---- */

/** name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) (RFC 7208 12). */
static bool is_modifier_name(assay_span s)
{
    if (!s.n || !ascii_alpha(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!ascii_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
            return false;
    return true;
}

/** Read a modifier; redirect and exp at most once (RFC 7208 6). */
static problem read_modifier(struct parser *p, assay_span name, assay_span value)
{
    bool redirect = span_iis(name, "redirect"), exp = span_iis(name, "exp"), macro;

    if (!is_modifier_name(name))
        return "no such mechanism or modifier";
    if (!redirect && !exp)
        return spf_macro_check(value, SPF_MACRO_STRING, &macro);
    if (redirect ? p->redirect : p->exp)
        return "the modifier stands twice";
    if (redirect)
        p->redirect = true;
    else
        p->exp = true;
    return value.n ? take_domain(p, value, redirect ? &p->record->redirect : &p->record->exp)
                   : "the domain is missing";
}

/** Read one term. A `=` before any `:` or `/` makes it a modifier. */
static problem read_term(struct parser *p, assay_span text)
{
    size_t n = 0;

    while (n < text.n && text.p[n] != ':' && text.p[n] != '/' && text.p[n] != '=')
        n++;
    if (n < text.n && text.p[n] == '=')
        return read_modifier(p, span_first(text, n), span_from(text, n + 1));
    return read_directive(p, text, &p->record->terms[p->record->n++]);
}

/* ---- the record ---- */

/** The version section, and what follows it is a space or the end (RFC 7208 4.5). */
static bool has_version(assay_span text)
{
    return span_istarts(text, SPAN("v=spf1")) && (text.n == 6 || text.p[6] == ' ');
}

/** Pieces between spaces: at most that many terms. */
static size_t count_terms(assay_span text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == ' ';
    return n;
}

/** Parse every term; the first that is wrong ends it. */
static void parse(struct parser *p)
{
    struct spf_record *r = p->record;
    assay_span rest = span_from(r->text, 6), text;

    while (span_cut(&rest, ' ', &text) && !r->problem) {
        if (text.n && r->n == LIMIT_SPF_TERMS)
            r->problem = "too many terms";
        else if (text.n)
            r->problem = read_term(p, text);
        r->where = text;
    }
    r->found = r->problem ? SPF_RECORD_SYNTAX : SPF_RECORD_OK;
}

struct spf_record *spf_record_parse(assay_span text)
{
    size_t terms = count_terms(text);
    struct spf_record *r = calloc(1, sizeof *r + terms * sizeof *r->terms + ESCAPED_MAX * text.n);
    struct parser p = {0};

    if (!r)
        return NULL;
    r->text = text;
    r->terms = (struct spf_term *)(r + 1);
    r->redirect.spec = r->exp.spec = SPAN_EMPTY;
    p.record = r;
    p.names = (char *)(r->terms + terms);
    if (has_version(text))
        parse(&p);
    else
        r->found = SPF_RECORD_NONE;
    return r;
}

void spf_record_free(void *record)
{
    free(record);
}

/** Select among the TXT records of an answer (RFC 7208 4.5). */
static assay_status make(const struct assay_fact *fact, void **ret)
{
    assay_span chosen = SPAN_EMPTY;
    struct spf_record *r;
    size_t n = 0;

    for (size_t i = 0; i < fact->n; i++) {
        if (!has_version(fact->records[i].text))
            continue;
        chosen = fact->records[i].text;
        n++;
    }
    if (!(r = spf_record_parse(n == 1 ? chosen : SPAN_EMPTY)))
        return ASSAY_ENOMEM;
    if (n > 1)
        r->found = SPF_RECORD_SEVERAL;
    *ret = r;
    return ASSAY_DONE;
}

assay_status spf_record_of(const struct assay_fact *fact, const struct spf_record **ret)
{
    static const struct memo_type TYPE = {make, spf_record_free};
    const void *made;
    assay_status s = fact_memo(fact, &TYPE, &made);

    if (s == ASSAY_DONE)
        *ret = made;
    return s;
}
