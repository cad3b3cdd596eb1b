/* SPDX-License-Identifier: BSD-2-Clause */
/** \file walk_terms.c What one term asks for and matches, seen for all clients at once. */
#include "spf/check.h"
#include "spf/walk_parts.h"

/* ---- domain-specs ---- */

/** The macro letters of a domain-spec: one bit each, from `a`. */
static uint32_t letters_of(assay_span spec)
{
    uint32_t letters = 0;

    while ((spec = span_from(spec, span_find(spec, '%'))).n) {
        struct spf_macro m;

        if (spf_macro_take(&spec, &m) != NULL)
            break;
        if (ascii_alpha(m.letter))
            letters |= 1u << (m.letter - 'a');
    }
    return letters;
}

/** Letters of a text as such a set. */
static uint32_t letters(const char *text)
{
    uint32_t set = 0;

    for (; *text; text++)
        set |= 1u << (*text - 'a');
    return set;
}

/** What a domain-spec names for clients of a family; empty: no domain name. */
static assay_span expand_for(struct spf_walker *w, const struct spf_domain *spec, assay_span domain,
                             enum spf_family family)
{
    struct spf_request request = {.scope = SPF_MFROM,
                                  .ip = {family == SPF_IPV4 ? 4 : 6, {0}},
                                  .local = SPAN_EMPTY,
                                  .domain = w->request->domain,
                                  .helo = SPAN_EMPTY,
                                  .hostname = SPAN_EMPTY};
    struct spf_check c = {.ev = w->ev, .request = &request, .sender = w->request->domain};
    enum spf_target what;
    assay_span target;
    assay_status s = spf_target_of(&c, spec, domain, &target, &what);

    if (s == ASSAY_DONE && what != SPF_TARGET_OK)
        return SPAN_EMPTY;
    if (s == ASSAY_DONE && (!spec->macro || arena_copy(w->to, target, &target)))
        return target;
    w->status = ASSAY_ENOMEM; /* letters that ask were sorted out */
    return SPAN_EMPTY;
}

void spf_walk_target(struct spf_walker *w, struct spf_use *use, const struct spf_domain *spec,
                     assay_span domain)
{
    uint32_t set = spec->macro ? letters_of(spec->spec) : 0;

    use->target = use->target6 = SPAN_EMPTY;
    use->client_macro = (set & ~letters("dov")) != 0;
    use->user_macro = (set & letters("sloh")) != 0;
    use->p_macro = (set & letters("p")) != 0;
    if (use->client_macro)
        return;
    use->varies = (set & letters("v")) != 0;
    use->target = expand_for(w, spec, domain, SPF_IPV4);
    if (use->varies)
        use->target6 = expand_for(w, spec, domain, SPF_IPV6);
}

/* ---- what a term matches ---- */

/** Ranges being gathered, for one family. */
struct gather {
    struct ip_range *ranges;
    size_t n, cap;
};

/** Make room for `n` ranges. \return false: over the limit, or memory is out */
static bool make_room(struct spf_walker *w, struct spf_use *use, struct gather *g, size_t n)
{
    size_t cap = g->cap ? g->cap * 2 : 4;
    struct ip_range *wider;

    if (!spf_walk_charge(w, n)) {
        use->unknown = true;
        return false;
    }
    if (g->n + n <= g->cap)
        return true;
    if (cap < g->n + n)
        cap = g->n + n;
    if (!(wider = arena_get(&w->ev->pass, cap * sizeof *wider))) {
        w->status = ASSAY_ENOMEM;
        return false;
    }
    if (g->n)
        memcpy(wider, g->ranges, g->n * sizeof *wider);
    g->ranges = wider;
    g->cap = cap;
    return true;
}

/** Add one network. */
static void add(struct spf_walker *w, struct spf_use *use, struct gather *g, const struct ip *net,
                unsigned bits)
{
    if (make_room(w, use, g, 1))
        g->ranges[g->n++] = ip_range_of(net, bits);
}

/** Add the addresses of an answer, each with the prefix length of the term. */
static void add_addresses(struct spf_walker *w, struct spf_use *use, struct gather *g,
                          enum spf_family family, const struct assay_fact *fact)
{
    unsigned bits = family == SPF_IPV4 ? use->term->bits4 : use->term->bits6;

    if (!fact || fact_state(fact) != FACT_DATA || !make_room(w, use, g, fact->n))
        return;
    for (size_t i = 0; i < fact->n; i++) {
        struct ip ip = {family == SPF_IPV4 ? 4 : 6, {0}};

        memcpy(ip.b, fact->data[i].p, ip_size(&ip));
        g->ranges[g->n++] = ip_range_of(&ip, bits);
    }
}

/** Keep what was gathered. */
static void keep(struct spf_walker *w, struct spf_use *use, enum spf_family family,
                 struct gather *g)
{
    uint8_t version = family == SPF_IPV4 ? 4 : 6;

    use->matches[family].version = version;
    if (w->final && g->n && !ipset_make(w->to, version, g->ranges, g->n, &use->matches[family]))
        w->status = ASSAY_ENOMEM;
}

/** The target for a family. */
static assay_span target_for(const struct spf_use *use, enum spf_family family)
{
    return family == SPF_IPV6 && use->varies ? use->target6 : use->target;
}

/** The type of a family's addresses. */
static uint16_t address_type(enum spf_family family)
{
    return family == SPF_IPV4 ? ASSAY_RR_A : ASSAY_RR_AAAA;
}

/** `a` (RFC 7208 5.3): addresses of the target. \return there may be some */
static bool walk_a(struct spf_walker *w, struct spf_use *use, enum spf_family family, bool reached)
{
    assay_span target = target_for(use, family);
    struct gather g = {0};
    const struct assay_fact *fact;

    if (!target.n)
        return false;
    fact = spf_walk_ask(w, address_type(family), target, &use->unknown);
    *(family == SPF_IPV4 ? &use->fact : &use->fact6) = fact;
    use->rrtype = ASSAY_RR_A;
    if (reached)
        spf_walk_void(w, use, family, fact);
    add_addresses(w, use, &g, family, fact);
    keep(w, use, family, &g);
    return !fact || fact_state(fact) != FACT_NONE;
}

/** The hosts of `mx` (RFC 7208 5.4). \return some may have an address */
static bool walk_hosts(struct spf_walker *w, struct spf_use *use, enum spf_family family,
                       const struct assay_fact *mx)
{
    struct gather g = {0};
    bool any = false;

    for (size_t i = 0; i < mx->n; i++) {
        assay_span host = mx->records[i].text;
        const struct assay_fact *fact;

        if (!host.n) /* "MX 0 ." is no host (RFC 7505) */
            continue;
        fact = spf_walk_ask(w, address_type(family), host, &use->unknown);
        any |= !fact || fact_state(fact) != FACT_NONE;
        add_addresses(w, use, &g, family, fact);
    }
    keep(w, use, family, &g);
    return any;
}

/** `mx` (RFC 7208 5.4). \return there may be addresses */
static bool walk_mx(struct spf_walker *w, struct spf_use *use, enum spf_family family, bool reached)
{
    assay_span target = target_for(use, family);
    const struct assay_fact *fact;

    if (!target.n)
        return false;
    fact = spf_walk_ask(w, ASSAY_RR_MX, target, &use->unknown);
    if (family == SPF_IPV4 || !use->varies)
        use->fact = fact;
    else
        use->fact6 = fact;
    use->rrtype = ASSAY_RR_MX;
    if (reached)
        spf_walk_void(w, use, family, fact);
    if (!fact || fact_state(fact) != FACT_DATA)
        return !fact || fact_state(fact) != FACT_NONE;
    if (fact->n > use->mx_names)
        use->mx_names = fact->n;
    if (fact->n <= LIMIT_SPF_NAMES)
        return walk_hosts(w, use, family, fact);
    if (reached)
        spf_walk_trouble(w, 1u << family, SPF_TROUBLE_MX);
    return true; /* it ends the check */
}

/** `exists` (RFC 7208 5.7): with any A record it matches everyone. \return it may */
static bool walk_exists(struct spf_walker *w, struct spf_use *use, enum spf_family family,
                        bool reached)
{
    assay_span target = target_for(use, family);
    const struct ip any = {family == SPF_IPV4 ? 4 : 6, {0}};
    struct gather g = {0};
    const struct assay_fact *fact;

    if (!target.n)
        return false;
    fact = spf_walk_ask(w, ASSAY_RR_A, target, &use->unknown);
    if (family == SPF_IPV4 || !use->varies)
        use->fact = fact;
    else
        use->fact6 = fact;
    use->rrtype = ASSAY_RR_A;
    if (reached)
        spf_walk_void(w, use, family, fact);
    if (fact && fact_state(fact) == FACT_DATA)
        add(w, use, &g, &any, 0);
    keep(w, use, family, &g);
    return !fact || fact_state(fact) != FACT_NONE;
}

/* ---- ip4 and ip6 ---- */

/** Addresses that no client of the Internet has: reserved by FINDINGS' list. */
static bool is_reserved(const struct spf_term *term)
{
    static const struct {
        struct ip net;
        uint8_t bits;
    } NETS[] = {
        {{4, {0}}, 8},         {{4, {10}}, 8},       {{4, {100, 64}}, 10},    {{4, {127}}, 8},
        {{4, {169, 254}}, 16}, {{4, {172, 16}}, 12}, {{4, {192, 168}}, 16},   {{4, {224}}, 3},
        {{6, {0}}, 127},       {{6, {0xFC}}, 7},     {{6, {0xFE, 0x80}}, 10}, {{6, {0xFF}}, 8},
    };
    unsigned bits = term->mechanism == SPF_IP4 ? term->bits4 : term->bits6;

    for (size_t i = 0; i < sizeof NETS / sizeof *NETS; i++)
        if (bits >= NETS[i].bits && ip_in(&term->net, &NETS[i].net, NETS[i].bits))
            return true;
    return false;
}

/** ip4 and ip6 (RFC 7208 5.6). */
static void walk_network(struct spf_walker *w, struct spf_use *use)
{
    const struct spf_term *term = use->term;
    enum spf_family family = term->mechanism == SPF_IP4 ? SPF_IPV4 : SPF_IPV6;
    struct ip_range *range;

    use->target = use->target6 = SPAN_EMPTY;
    use->reserved = is_reserved(term);
    if (!w->final)
        return;
    if (!(range = ARENA_NEW(w->to, struct ip_range))) {
        w->status = ASSAY_ENOMEM;
        return;
    }
    *range = ip_range_of(&term->net, family == SPF_IPV4 ? term->bits4 : term->bits6);
    use->matches[family] = (struct ipset){family == SPF_IPV4 ? 4 : 6, range, 1};
}

/** A term whose answer depends on the client: it is counted, and may match anyone. */
static void walk_client(struct spf_walker *w, struct spf_use *use, unsigned families)
{
    for (unsigned f = 0; f < SPF_FAMILIES; f++)
        if (families >> f & 1 && use->term->mechanism != SPF_PTR)
            w->walk->voids_possible[f]++;
}

void spf_walk_term(struct spf_walker *w, struct spf_use *use, unsigned families)
{
    enum spf_mechanism mechanism = use->term->mechanism;
    bool may = false;

    if (mechanism == SPF_IP4 || mechanism == SPF_IP6) {
        walk_network(w, use);
        return;
    }
    if (mechanism == SPF_PTR || use->client_macro) {
        walk_client(w, use, families);
        return;
    }
    for (unsigned f = 0; f < SPF_FAMILIES; f++) {
        enum spf_family family = (enum spf_family)f;
        bool reached = families >> f & 1;

        may |= mechanism == SPF_A    ? walk_a(w, use, family, reached)
               : mechanism == SPF_MX ? walk_mx(w, use, family, reached)
                                     : walk_exists(w, use, family, reached);
    }
    use->dead = !may;
}
