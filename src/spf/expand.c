/* SPDX-License-Identifier: BSD-2-Clause */
#include "spf/check.h"

#include "base/number.h"
#include "dns/alabel.h"

/* ---- validated names (RFC 7208 5.5) ---- */

/** One of the addresses of a name is the client's. */
static bool has_client(const struct spf_check *c, const struct assay_fact *fact)
{
    for (size_t i = 0; i < fact->n; i++)
        if (fact->data[i].n == ip_size(&c->request->ip) &&
            memcmp(fact->data[i].p, c->request->ip.b, fact->data[i].n) == 0)
            return true;
    return false;
}

/** How well a validated name fits: 3 the domain itself, 2 below it, 1 elsewhere. */
static int fit(assay_span name, assay_span target)
{
    if (span_eq(name, target))
        return 3;
    return dns_is_under(name, target) ? 2 : 1;
}

/** Look at one name of the client. `*best` is how well the best one so far fits. */
static assay_status validate(struct spf_check *c, assay_span name, assay_span target, bool any,
                             int *best, assay_span *ret)
{
    uint16_t rrtype = c->request->ip.version == 4 ? ASSAY_RR_A : ASSAY_RR_AAAA;
    const struct assay_fact *fact;
    int fits = fit(name, target);
    assay_status s;

    if (fits <= *best || (!any && (fits == 1 || *best))) /* ptr needs one; %{p} wants the best */
        return ASSAY_DONE;
    if ((s = ask_dns(c->ev, rrtype, name, &fact)) != ASSAY_DONE)
        return s;
    trace_asked(c->ev, "RFC 7208 5.5", rrtype, name, fact,
                has_client(c, fact)                ? SPAN("validated")
                : fact_state(fact) == FACT_UNKNOWN ? SPAN("skipped: an error is no match")
                                                   : SPAN_EMPTY);
    if (has_client(c, fact)) {
        *best = fits;
        *ret = name;
    }
    c->unanswered |= fact_state(fact) == FACT_UNKNOWN;
    return ASSAY_DONE;
}

/**
 * Look at the names in order; when one has to be waited for, the rest is hinted. The eleventh is
 * ignored (4.6.4).
 */
static assay_status validate_names(struct spf_check *c, const struct assay_fact *ptr,
                                   assay_span target, bool any, assay_span *ret)
{
    size_t n = ptr->n < LIMIT_SPF_NAMES ? ptr->n : LIMIT_SPF_NAMES, i = 0;
    assay_status s = ASSAY_DONE;
    int best = 0;

    for (; i < n && s == ASSAY_DONE; i++)
        s = validate(c, ptr->records[i].text, target, any, &best, ret);
    for (; i < n && s == ASSAY_NEED; i++)
        hint_dns(c->ev, c->request->ip.version == 4 ? ASSAY_RR_A : ASSAY_RR_AAAA,
                 ptr->records[i].text);
    return s;
}

assay_status spf_validated(struct spf_check *c, assay_span target, bool any, assay_span *ret,
                           const struct assay_fact **ptr)
{
    char reverse[80];
    assay_span address = ip_reverse(&c->request->ip, reverse);
    assay_status s = ask_dns(c->ev, ASSAY_RR_PTR, address, ptr);

    *ret = SPAN_EMPTY;
    if (s != ASSAY_DONE)
        return s;
    trace_asked(c->ev, "RFC 7208 5.5", ASSAY_RR_PTR, pass_printf(c->ev, "%.*s", SPAN_ARG(address)),
                *ptr, fact_state(*ptr) == FACT_UNKNOWN ? SPAN("an error is no match") : SPAN_EMPTY);
    c->unanswered |= fact_state(*ptr) == FACT_UNKNOWN;
    return validate_names(c, *ptr, target, any, ret);
}

/* ---- macro letters (RFC 7208 7.2) ---- */

/** %{i}: dotted quad, or the 32 nibbles parted by dots. */
static assay_span dotted(const struct ip *ip, char out[IP_TEXT + 64])
{
    static const char HEX[] = "0123456789abcdef";
    size_t n = 0;

    if (ip->version == 4)
        return ip_text(ip, out);
    for (size_t i = 0; i < 16; i++) {
        out[n++] = HEX[ip->b[i] >> 4];
        out[n++] = '.';
        out[n++] = HEX[ip->b[i] & 15];
        out[n++] = '.';
    }
    return (assay_span){out, n - 1};
}

/** The local part, postmaster when there is none (RFC 7208 4.3). */
static assay_span local_part(const struct spf_check *c)
{
    return c->request->local.n ? c->request->local : SPAN("postmaster");
}

/** A canonical name as macros spell it: labels parted by dots, nothing escaped (RFC 7208 4.8). */
static assay_status spelled(struct spf_check *c, assay_span name, assay_span *ret)
{
    uint8_t wire[DNS_NAME_WIRE];
    size_t n;

    *ret = name;
    if (span_find(name, '\\') == name.n)
        return ASSAY_DONE;
    n = dns_name_wire(name, wire);
    for (size_t at = wire[0] + 1u, next; wire[at]; at = next) {
        next = at + wire[at] + 1;
        wire[at] = '.';
    }
    return arena_copy(&c->ev->pass, (assay_span){(const char *)wire + 1, n - 2}, ret)
               ? ASSAY_DONE
               : ASSAY_ENOMEM;
}

/** %{s}: the sender, put together. */
static assay_status sender(struct spf_check *c, assay_span *ret)
{
    assay_span local = local_part(c), domain;
    assay_status s = spelled(c, c->sender, &domain);
    char *text;

    if (s != ASSAY_DONE)
        return s;
    if (!(text = arena_get(&c->ev->pass, local.n + 1 + domain.n)))
        return ASSAY_ENOMEM;
    memcpy(text, local.p, local.n);
    text[local.n] = '@';
    memcpy(text + local.n + 1, domain.p, domain.n);
    *ret = (assay_span){text, local.n + 1 + domain.n};
    return ASSAY_DONE;
}

/** %{p}: a validated name, else "unknown", also when the DNS fails (RFC 7208 7.3). */
static assay_status validated_name(struct spf_check *c, assay_span domain, assay_span *ret)
{
    const struct assay_fact *ptr;
    assay_span name;
    assay_status s = spf_validated(c, domain, true, &name, &ptr);

    if (s != ASSAY_DONE)
        return s;
    return spelled(c, name.n ? name : SPAN("unknown"), ret);
}

/** %{h}: A-labels when it is a name of U-labels (RFC 8616 4), else as the client said it. */
static assay_status helo_name(struct spf_check *c, assay_span *ret)
{
    struct dns_name name;
    assay_status s;

    *ret = c->request->helo;
    if (span_ascii(*ret))
        return ASSAY_DONE;
    s = dns_to_alabels(*ret, &name);
    if (s == ASSAY_EINVAL)
        return ASSAY_DONE;
    return s == ASSAY_DONE && arena_copy(&c->ev->pass, dns_name_span(&name), ret) ? ASSAY_DONE
                                                                                  : ASSAY_ENOMEM;
}

/** The value of a letter. \param store  room for what is made on the spot */
static assay_status value_of(struct spf_check *c, char letter, assay_span domain,
                             char store[IP_TEXT + 64], assay_span *ret)
{
    const struct spf_request *q = c->request;

    switch (letter) {
    case 's': return sender(c, ret);
    case 'l': *ret = local_part(c); break;
    case 'o': return spelled(c, c->sender, ret);
    case 'd': return spelled(c, domain, ret);
    case 'i': *ret = dotted(&q->ip, store); break;
    case 'p': return validated_name(c, domain, ret);
    case 'h': return helo_name(c, ret);
    case 'c': *ret = ip_text(&q->ip, store); break;
    case 'r': *ret = q->hostname.n ? q->hostname : SPAN("unknown"); break;
    case 't': *ret = number_text(c->ev->now > 0 ? (uint64_t)c->ev->now : 0, store); break;
    default: *ret = q->ip.version == 4 ? SPAN("in-addr") : SPAN("ip6"); break;
    }
    return ASSAY_DONE;
}

/** Expand the macro that `s` begins with. */
static assay_status expand_one(struct spf_check *c, assay_span *s, assay_span domain,
                               struct spf_text *out, bool *ret_ascii)
{
    char store[IP_TEXT + 64];
    struct spf_macro m;
    assay_span value;
    assay_status status;

    if (spf_macro_take(s, &m) != NULL) { /* the record was checked; an explanation is, too */
        *s = SPAN_EMPTY;
        return ASSAY_DONE;
    }
    if (m.letter == '%' || m.letter == '_' || m.letter == '-') {
        spf_text_add(out, m.letter == '%' ? SPAN("%") : m.letter == '_' ? SPAN(" ") : SPAN("%20"));
        return ASSAY_DONE;
    }
    if ((status = value_of(c, m.letter, domain, store, &value)) != ASSAY_DONE)
        return status;
    if ((m.letter == 's' || m.letter == 'l') && !span_ascii(local_part(c)))
        *ret_ascii = false;
    spf_macro_apply(&m, value, out);
    return ASSAY_DONE;
}

assay_status spf_expand(struct spf_check *c, assay_span s, assay_span domain, struct spf_text *out,
                        bool *ret_ascii)
{
    out->n = 0;
    out->over = false;
    *ret_ascii = true;
    while (s.n && !out->over) { /* what is over the limit is of no use, however it goes on */
        size_t literal = span_find(s, '%');
        assay_status status;

        spf_text_add(out, span_first(s, literal));
        s = span_from(s, literal);
        if (s.n && (status = expand_one(c, &s, domain, out, ret_ascii)) != ASSAY_DONE)
            return status;
    }
    return ASSAY_DONE;
}

/* ---- targets ---- */

/** Cut labels off the left until at most 253 octets are left (RFC 7208 7.3). */
static assay_span cut_left(assay_span name)
{
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    while (name.n > SPF_NAME_OCTETS)
        name = span_from(name, span_find(name, '.') + 1);
    return name;
}

assay_status spf_target_of(struct spf_check *c, const struct spf_domain *spec, assay_span domain,
                           assay_span *ret, enum spf_target *what)
{
    struct dns_name name;
    struct spf_text text;
    bool ascii;
    assay_status s;

    *what = SPF_TARGET_OK;
    *ret = spec->spec.n ? spec->name : domain;
    if (spec->spec.n && spec->macro) {
        if ((s = spf_expand(c, spec->spec, domain, &text, &ascii)) != ASSAY_DONE)
            return s;
        if (!ascii)
            *what = SPF_TARGET_NO_ASCII;
        else if (text.over || !dns_name_raw(cut_left((assay_span){text.p, text.n}), &name))
            *what = SPF_TARGET_NO_NAME;
        else if (!arena_copy(&c->ev->pass, dns_name_span(&name), ret))
            return ASSAY_ENOMEM;
        return ASSAY_DONE;
    }
    if (!ret->n)
        *what = SPF_TARGET_NO_NAME;
    return ASSAY_DONE;
}

/* ---- exp (RFC 7208 6.2) ---- */

/** The text of an explanation, when there is exactly one and it is valid. */
static assay_span explain_string(const struct assay_fact *fact)
{
    bool macro;

    if (fact->n != 1 || spf_macro_check(fact->records[0].text, SPF_MACRO_EXPLAIN, &macro) != NULL)
        return SPAN_EMPTY;
    return fact->records[0].text;
}

assay_status spf_explain(struct spf_check *c, assay_span *ret)
{
    const struct assay_fact *fact;
    struct spf_text text;
    enum spf_target what;
    assay_span target;
    assay_status s;
    bool ascii;

    *ret = SPAN_EMPTY;
    if (!c->exp.spec.n)
        return ASSAY_DONE;
    if ((s = spf_target_of(c, &c->exp, c->exp_domain, &target, &what)) != ASSAY_DONE ||
        what != SPF_TARGET_OK)
        return s;
    if ((s = ask_dns(c->ev, ASSAY_RR_TXT, target, &fact)) != ASSAY_DONE)
        return s;
    trace_asked(c->ev, "RFC 7208 6.2", ASSAY_RR_TXT, target, fact,
                SPAN("the explanation for the sender"));
    if ((s = spf_expand(c, explain_string(fact), c->exp_domain, &text, &ascii)) != ASSAY_DONE)
        return s;
    if (text.over || !span_printable((assay_span){text.p, text.n}))
        return ASSAY_DONE;
    return arena_copy(&c->ev->keep, (assay_span){text.p, text.n}, ret) ? ASSAY_DONE : ASSAY_ENOMEM;
}
