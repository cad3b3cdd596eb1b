/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/match.h"

#include "base/limits.h"
#include "base/number.h"
#include "dns/alabel.h"

bool matches_next(assay_span *rest, assay_span *piece)
{
    size_t n = 0;

    while (rest->n && (ascii_fws(rest->p[0]) || rest->p[0] == ','))
        *rest = span_from(*rest, 1);
    while (n < rest->n && !ascii_fws(rest->p[n]) && rest->p[n] != ',')
        n++;
    *piece = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return n > 0;
}

/* ---- reading ---- */

/** Octets behind the prefix are zero: who writes others means another network. */
static bool is_network(const struct ip *net, unsigned bits)
{
    for (unsigned i = bits; i < ip_size(net) * 8; i++)
        if (net->b[i / 8] & (0x80 >> i % 8))
            return false;
    return true;
}

/** Read `ADDRESS` or `ADDRESS/BITS`. */
static bool read_network(assay_span text, struct match *ret)
{
    size_t slash = span_find(text, '/');
    assay_span address = span_first(text, slash);
    struct ip net;
    uint64_t bits;

    if (!ip4_read(address, &ret->net) && !ip6_read(address, &ret->net))
        return false;
    bits = ip_size(&ret->net) * 8;
    if (slash < text.n && !number_read(span_from(text, slash + 1), bits, &bits))
        return false;
    net = ip_of((const char *)ret->net.b, ip_size(&ret->net));
    if (ret->net.version == 6 && net.version == 4 && bits >= 96) { /* clients are never mapped */
        ret->net = net;
        bits -= 96;
    }
    ret->type = MATCH_NETWORK;
    ret->bits = (unsigned)bits;
    return is_network(&ret->net, ret->bits);
}

/** A canonical name that somebody may have meant: of letters, digits, - and _, and no address. */
static bool is_plain(assay_span name)
{
    assay_span last = dns_last_labels(name, 1);
    bool letters = false;

    for (size_t i = 0; i < name.n; i++)
        if (!ascii_alnum(name.p[i]) && !strchr("-_.", name.p[i]))
            return false;
    for (size_t i = 0; i < last.n; i++)
        letters |= !ascii_digit(last.p[i]);
    return letters;
}

/** Read a domain into the arena. */
static assay_status read_domain(struct arena *a, assay_span text, struct match *ret)
{
    struct dns_name name;
    assay_status s = ASSAY_EINVAL;

    ret->type = MATCH_DOMAIN;
    if (text.n > 1 && text.p[0] == '.') {
        ret->type = MATCH_BELOW;
        text = span_from(text, 1);
    }
    if (text.n)
        s = dns_to_alabels(text, &name);
    if (s != ASSAY_DONE)
        return s;
    if (!is_plain(dns_name_span(&name)))
        return ASSAY_EINVAL;
    return arena_copy(a, dns_name_span(&name), &ret->domain) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Read an address into the arena. */
static assay_status read_address(struct arena *a, assay_span text, size_t at, struct match *ret)
{
    assay_status s = read_domain(a, span_from(text, at + 1), ret);

    if (s != ASSAY_DONE)
        return s;
    if (ret->type != MATCH_DOMAIN || at == 0)
        return ASSAY_EINVAL;
    ret->type = MATCH_ADDRESS;
    return arena_copy(a, span_first(text, at), &ret->local) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Read one pattern of a list. */
static assay_status read_one(struct arena *a, assay_span text, unsigned kinds, struct match *ret)
{
    size_t at = span_rfind(text, '@');
    assay_status s = ASSAY_DONE;

    *ret = (struct match){.local = SPAN_EMPTY, .domain = SPAN_EMPTY};
    if (span_is(text, "<>"))
        ret->type = MATCH_NULL;
    else if (kinds & MATCH_NETWORKS && read_network(text, ret))
        ret->type = MATCH_NETWORK;
    else
        s = at < text.n ? read_address(a, text, at, ret) : read_domain(a, text, ret);
    if (s == ASSAY_DONE && !(kinds & 1u << ret->type))
        s = ASSAY_EINVAL;
    return s;
}

assay_status matches_read(struct arena *a, assay_span text, unsigned kinds, struct matches *ret,
                          assay_span *ret_bad)
{
    struct matches m = {NULL, 0};
    assay_span rest = text, piece;
    size_t n = 0;

    *ret_bad = SPAN_EMPTY;
    while (matches_next(&rest, &piece))
        n++;
    if (n == 0 || n > LIMIT_MATCHES)
        return ASSAY_EINVAL;
    if (!(m.all = arena_get(a, n * sizeof *m.all)))
        return ASSAY_ENOMEM;
    for (rest = text; matches_next(&rest, &piece); m.n++) {
        assay_status s = read_one(a, piece, kinds, &m.all[m.n]);

        if (s == ASSAY_EINVAL)
            *ret_bad = piece;
        if (s != ASSAY_DONE)
            return s;
    }
    *ret = m;
    return ASSAY_DONE;
}

/* ---- matching ---- */

bool matches_ip(const struct matches *m, const struct ip *ip)
{
    for (size_t i = 0; ip->version && i < m->n; i++) {
        const struct match *one = &m->all[i];

        if (one->type == MATCH_NETWORK && ip_in(ip, &one->net, one->bits))
            return true;
    }
    return false;
}

/** A domain is one, or below one. */
static bool is_domain(const struct match *m, assay_span domain)
{
    if (m->type == MATCH_DOMAIN)
        return span_eq(domain, m->domain);
    return m->type == MATCH_BELOW && domain.n > m->domain.n && dns_is_under(domain, m->domain);
}

bool matches_domain(const struct matches *m, assay_span domain)
{
    for (size_t i = 0; domain.n && i < m->n; i++)
        if (is_domain(&m->all[i], domain))
            return true;
    return false;
}

assay_status path_read(struct arena *a, assay_span text, struct path *ret)
{
    size_t at = span_rfind(text, '@');
    struct path path = {SPAN_EMPTY, SPAN_EMPTY, text.n == 0};
    struct dns_name name;
    assay_status s = ASSAY_EINVAL;

    if (at < text.n) {
        path.local = span_first(text, at);
        s = dns_to_alabels(span_from(text, at + 1), &name);
    }
    if (s == ASSAY_ENOMEM ||
        (s == ASSAY_DONE && !arena_copy(a, dns_name_span(&name), &path.domain)))
        return ASSAY_ENOMEM;
    *ret = path;
    return ASSAY_DONE;
}

/** A path is as one pattern has it. */
static bool is_path(const struct match *m, const struct path *path)
{
    if (m->type == MATCH_NULL)
        return path->null;
    if (!path->domain.n)
        return false;
    if (m->type == MATCH_ADDRESS)
        return span_eq(path->domain, m->domain) && span_ieq(path->local, m->local);
    return is_domain(m, path->domain);
}

bool matches_path(const struct matches *m, const struct path *path)
{
    for (size_t i = 0; i < m->n; i++)
        if (is_path(&m->all[i], path))
            return true;
    return false;
}

bool matches_every_path(const struct matches *m, const struct path *paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!matches_path(m, &paths[i]))
            return false;
    return n > 0;
}

bool matches_every_domain(const struct matches *m, const assay_span *domains, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!matches_domain(m, domains[i]))
            return false;
    return n > 0;
}
