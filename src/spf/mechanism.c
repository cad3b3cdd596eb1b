/* SPDX-License-Identifier: BSD-2-Clause */
#include "spf/check.h"

/** The type of the client's addresses (RFC 7208 5). */
static uint16_t address_type(const struct spf_check *c)
{
    return c->request->ip.version == 4 ? ASSAY_RR_A : ASSAY_RR_AAAA;
}

/** Note what a target was found to be, when it is no name. */
static void trace_target(struct spf_check *c, const struct spf_term *term, enum spf_target what)
{
    if (what == SPF_TARGET_NO_NAME)
        trace(c->ev, "RFC 7208 4.8", SPAN("%1\tnot a domain name\tdoes not match"), term->text);
    else if (what == SPF_TARGET_NO_ASCII)
        trace(c->ev, "RFC 8616 4", SPAN("%1\tthe local part is not ASCII\tdoes not match"),
              term->text);
}

/** One of the addresses lies in the client's network of the term's prefix length. */
static bool any_matches(const struct spf_check *c, const struct spf_term *term,
                        const struct assay_fact *fact)
{
    unsigned bits = c->request->ip.version == 4 ? term->bits4 : term->bits6;

    for (size_t i = 0; i < fact->n; i++)
        if (ip_octets_in(c->request->ip.b, (const uint8_t *)fact->data[i].p, fact->data[i].n, bits))
            return true;
    return false;
}

/**
 * Ask the first question of a term, and charge a void answer.
 *
 * \param fact     set on ASSAY_DONE, unless *ret_err is set
 * \param ret_err  SPF_TEMPERROR when there was no answer, SPF_PERMERROR when it was a void one too
 *                 many
 */
static assay_status ask_term(struct spf_check *c, const struct spf_term *term, const char *ref,
                             uint16_t rrtype, assay_span target, const struct assay_fact **fact,
                             enum spf_result *ret_err)
{
    assay_status s = ask_dns(c->ev, rrtype, target, fact);

    if (s != ASSAY_DONE)
        return s;
    trace_asked(c->ev, ref, rrtype, target, *fact, SPAN_EMPTY);
    if (fact_state(*fact) == FACT_UNKNOWN)
        *ret_err = spf_error(c, SPF_TEMPERROR, "RFC 7208 5", "a question was not answered", target);
    else if (!spf_spend_void(c, *fact, term->text))
        *ret_err = SPF_PERMERROR;
    return ASSAY_DONE;
}

/**
 * Match `include:domain` (RFC 7208 5.2): the included record is evaluated for the same client and
 * sender; only its pass matches here.
 */
static assay_status match_include(struct spf_check *c, const struct spf_term *term,
                                  assay_span target, bool *ret, enum spf_result *ret_err)
{
    enum spf_result inner;
    assay_status s;

    trace(c->ev, "RFC 7208 5.2", SPAN("%1"), term->text);
    trace_in(c->ev);
    s = spf_check_domain(c, target, &inner);
    trace_out(c->ev);
    if (s != ASSAY_DONE)
        return s;
    switch (inner) {
    case SPF_TEMPERROR:
    case SPF_PERMERROR: *ret_err = inner; return ASSAY_DONE;
    case SPF_NONE: /* no record to include is the publisher's mistake */
        *ret_err = spf_error(c, SPF_PERMERROR, "RFC 7208 5.2", "include leads to no SPF record",
                             term->text);
        return ASSAY_DONE;
    default: *ret = inner == SPF_PASS; return ASSAY_DONE;
    }
}

/** Match `a` (RFC 7208 5.3): an address of the target. */
static assay_status match_a(struct spf_check *c, const struct spf_term *term, assay_span target,
                            bool *ret, enum spf_result *ret_err)
{
    const struct assay_fact *fact;
    assay_status s = ask_term(c, term, "RFC 7208 5.3", address_type(c), target, &fact, ret_err);

    if (s == ASSAY_DONE && *ret_err == SPF_NONE)
        *ret = any_matches(c, term, fact);
    return s;
}

/** Match one host of `mx`. */
static assay_status match_mx_host(struct spf_check *c, const struct spf_term *term, assay_span host,
                                  bool *ret, enum spf_result *ret_err)
{
    const struct assay_fact *fact;
    assay_status s = ask_dns(c->ev, address_type(c), host, &fact);

    if (s != ASSAY_DONE)
        return s;
    trace_asked(c->ev, "RFC 7208 5.4", address_type(c), host, fact, SPAN_EMPTY);
    if (fact_state(fact) == FACT_UNKNOWN)
        *ret_err = spf_error(c, SPF_TEMPERROR, "RFC 7208 5", "a question was not answered", host);
    else
        *ret = any_matches(c, term, fact);
    return ASSAY_DONE;
}

/**
 * Match the hosts of `mx` in order of preference; when one has to be waited for, the rest is
 * hinted.
 */
static assay_status match_mx_hosts(struct spf_check *c, const struct spf_term *term,
                                   const struct assay_fact *mx, bool *ret, enum spf_result *ret_err)
{
    assay_status s = ASSAY_DONE;
    size_t i = 0;

    for (; i < mx->n && !*ret && *ret_err == SPF_NONE && s == ASSAY_DONE; i++)
        if (mx->records[i].text.n) /* "MX 0 ." is no host (RFC 7505) */
            s = match_mx_host(c, term, mx->records[i].text, ret, ret_err);
    for (; i < mx->n && s == ASSAY_NEED; i++)
        hint_dns(c->ev, address_type(c), mx->records[i].text);
    return s;
}

/** Match `mx` (RFC 7208 5.4): an address of one of the target's mail hosts, ten at most (4.6.4). */
static assay_status match_mx(struct spf_check *c, const struct spf_term *term, assay_span target,
                             bool *ret, enum spf_result *ret_err)
{
    const struct assay_fact *mx;
    assay_status s = ask_term(c, term, "RFC 7208 5.4", ASSAY_RR_MX, target, &mx, ret_err);

    if (s != ASSAY_DONE || *ret_err != SPF_NONE)
        return s;
    if (mx->n > LIMIT_SPF_NAMES) {
        *ret_err =
            spf_error(c, SPF_PERMERROR, "RFC 7208 4.6.4", "more than ten MX hosts", term->text);
        return ASSAY_DONE;
    }
    trace_in(c->ev);
    s = match_mx_hosts(c, term, mx, ret, ret_err);
    trace_out(c->ev);
    return s;
}

/**
 * Match `ptr` (RFC 7208 5.5): a validated name of the client at or below the target. An error is no
 * match.
 */
static assay_status match_ptr(struct spf_check *c, const struct spf_term *term, assay_span target,
                              bool *ret, enum spf_result *ret_err)
{
    const struct assay_fact *ptr;
    assay_span name;
    assay_status s = spf_validated(c, target, false, &name, &ptr);

    if (s != ASSAY_DONE)
        return s;
    *ret = name.n > 0;
    if (!spf_spend_void(c, ptr, term->text))
        *ret_err = SPF_PERMERROR;
    return ASSAY_DONE;
}

/** Match `exists` (RFC 7208 5.7): any A record, whatever the client's version. */
static assay_status match_exists(struct spf_check *c, const struct spf_term *term,
                                 assay_span target, bool *ret, enum spf_result *ret_err)
{
    const struct assay_fact *fact;
    assay_status s = ask_term(c, term, "RFC 7208 5.7", ASSAY_RR_A, target, &fact, ret_err);

    if (s == ASSAY_DONE && *ret_err == SPF_NONE)
        *ret = fact->n > 0;
    return s;
}

/** Match a term that asks. */
static assay_status match_asking(struct spf_check *c, const struct spf_term *term,
                                 assay_span domain, bool *ret, enum spf_result *ret_err)
{
    enum spf_target what;
    assay_span target;
    assay_status s;

    if (!spf_spend_lookup(c, term->text)) {
        *ret_err = SPF_PERMERROR;
        return ASSAY_DONE;
    }
    if ((s = spf_target_of(c, &term->domain, domain, &target, &what)) != ASSAY_DONE)
        return s;
    if (what != SPF_TARGET_OK) {
        trace_target(c, term, what);
        if (what == SPF_TARGET_NO_NAME && term->mechanism == SPF_INCLUDE)
            *ret_err = spf_error(c, SPF_PERMERROR, "RFC 7208 5.2",
                                 "include leads to no domain name", term->text);
        return ASSAY_DONE;
    }
    switch (term->mechanism) {
    case SPF_INCLUDE: return match_include(c, term, target, ret, ret_err);
    case SPF_A: return match_a(c, term, target, ret, ret_err);
    case SPF_MX: return match_mx(c, term, target, ret, ret_err);
    case SPF_PTR: return match_ptr(c, term, target, ret, ret_err);
    default: return match_exists(c, term, target, ret, ret_err);
    }
}

/** Match ip4 and ip6 (RFC 7208 5.6). */
static bool match_network(const struct spf_check *c, const struct spf_term *term)
{
    return ip_in(&c->request->ip, &term->net,
                 term->mechanism == SPF_IP4 ? term->bits4 : term->bits6);
}

size_t spf_pass_networks(const struct spf_check *c, const struct spf_record *r, size_t first)
{
    for (; first < r->n; first++) {
        const struct spf_term *term = &r->terms[first];

        if ((term->mechanism != SPF_IP4 && term->mechanism != SPF_IP6) || match_network(c, term))
            break;
    }
    return first;
}

assay_status spf_match(struct spf_check *c, const struct spf_term *term, assay_span domain,
                       bool *ret, enum spf_result *ret_err)
{
    switch (term->mechanism) {
    case SPF_ALL: *ret = true; return ASSAY_DONE;
    case SPF_IP4:
    case SPF_IP6: *ret = match_network(c, term); return ASSAY_DONE;
    default: return match_asking(c, term, domain, ret, ret_err);
    }
}

/** The type of a term's first question. */
static uint16_t first_type(const struct spf_check *c, enum spf_mechanism mechanism)
{
    switch (mechanism) {
    case SPF_INCLUDE: return ASSAY_RR_TXT;
    case SPF_MX: return ASSAY_RR_MX;
    case SPF_A: return address_type(c);
    default: return ASSAY_RR_A;
    }
}

bool spf_hint(struct spf_check *c, const struct spf_term *term, assay_span domain, unsigned *budget)
{
    assay_span target = term->domain.spec.n ? term->domain.name : domain;

    if (term->mechanism == SPF_ALL || (term->mechanism >= SPF_IP4 && term->mechanism <= SPF_IP6))
        return term->mechanism != SPF_ALL && !match_network(c, term);
    if (*budget == 0 || c->hints == LIMIT_SPF_HINTS)
        return false;
    --*budget;
    if (term->mechanism == SPF_PTR || target.n == 0)
        return true; /* not worth a hint; macros are left alone */
    c->hints++;
    hint_dns(c->ev, first_type(c, term->mechanism), target);
    return true;
}
