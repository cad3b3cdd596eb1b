/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mx.c The domain's way in: MX, addresses, names of addresses. */
#include "posture/emit.h"

#include "iprev/iprev.h"

/* ---- gathering ---- */

/** Letters, digits and inner hyphens (RFC 5321 2.3.5). */
static bool is_ldh(assay_span label)
{
    for (size_t i = 0; i < label.n; i++)
        if (!ascii_alnum(label.p[i]) && (label.p[i] != '-' || i == 0 || i + 1 == label.n))
            return false;
    return label.n > 0;
}

/** No host of the Internet is called so: one label, an address, or a label that is none. */
static bool is_bad_name(assay_span name)
{
    assay_span rest = name, label = SPAN_EMPTY;
    struct ip ip;

    if (dns_labels(name) < 2 || ip_read(name, &ip))
        return true;
    while (span_cut(&rest, '.', &label))
        if (!is_ldh(label))
            return true;
    return false;
}

/** The host is the owner's: at or below the organizational domain, or while that is not known, the PSL's. */
static bool is_own(const struct posture *p, assay_span name)
{
    enum truth own = posture_own(p, name);

    return own == YES ||
           (own == UNKNOWN && p->dmarc.psl_domain.n && dns_is_under(name, p->dmarc.psl_domain));
}

/** Add a host. */
static void add_host(struct topic_mx *t, assay_span name, uint16_t preference, bool bad)
{
    struct posture_host *host;

    if (t->nhosts == LIMIT_MX_HOSTS) {
        t->more = true;
        return;
    }
    host = &t->hosts[t->nhosts++];
    *host = (struct posture_host){
        .name = name, .preference = preference, .bad_name = bad, .tlsa_base = name};
    host->starttls = host->tls12 = host->dane_usable = host->dane_holds = UNKNOWN;
    host->sts_listed = host->sts_holds = UNKNOWN;
}

/** What the MX answer says, once. */
static assay_status list_hosts(struct posture *p)
{
    struct topic_mx *t = &p->mx;
    const struct assay_fact *mx = t->mx.fact;
    bool null = false;

    if (t->hosts)
        return ASSAY_DONE;
    if (!(t->hosts = arena_zero(&p->ev.keep, LIMIT_MX_HOSTS * sizeof *t->hosts)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; asked_data(&t->mx) == YES && i < mx->n; i++) {
        if (mx->records[i].text.n)
            add_host(t, mx->records[i].text, mx->records[i].preference,
                     is_bad_name(mx->records[i].text));
        else
            null = true;
    }
    t->null_mx = null && !t->nhosts;
    t->mixed = null && t->nhosts;
    return ASSAY_DONE;
}

/** Without MX, mail goes to the domain's own address (RFC 5321 5.1). */
static assay_status ask_implicit(struct posture *p)
{
    struct topic_mx *t = &p->mx;
    assay_status s = ASSAY_DONE;

    if (t->mx.fact->how == ASSAY_NODATA) {
        s = posture_ask_dns(p, ASSAY_RR_A, p->domain, &t->a);
        s = join(s, posture_ask_dns(p, ASSAY_RR_AAAA, p->domain, &t->aaaa));
    }
    if (s != ASSAY_DONE)
        return s;
    t->receives = t->mixed ? YES : posture_receives(&t->mx, &t->a, &t->aaaa);
    t->implicit = t->a.fact && t->receives == YES;
    if (t->implicit && !t->nhosts)
        add_host(t, p->domain, 0, false);
    return ASSAY_DONE;
}

/** Take the addresses of an answer. */
static assay_status add_addresses(struct posture *p, struct posture_host *host,
                                  const struct asked *q)
{
    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++) {
        struct posture_address *a = &host->addresses[host->naddresses];
        char text[IP_TEXT];

        if (host->naddresses == LIMIT_HOST_ADDRESSES) {
            host->more_addresses = true;
            break;
        }
        *a = (struct posture_address){.ip = ip_of(q->fact->data[i].p, q->fact->data[i].n),
                                      .ptr_name = SPAN_EMPTY,
                                      .resolves_back = UNKNOWN};
        if (!arena_copy(&p->ev.keep, ip_text(&a->ip, text), &a->text))
            return ASSAY_ENOMEM;
        host->naddresses++;
    }
    return ASSAY_DONE;
}

/** Ask for the addresses of a host. */
static assay_status ask_addresses(struct posture *p, struct posture_host *host)
{
    assay_status s = posture_ask_dns(p, ASSAY_RR_A, host->name, &host->a);

    s = join(s, posture_ask_dns(p, ASSAY_RR_AAAA, host->name, &host->aaaa));
    if (s != ASSAY_DONE || host->addresses)
        return s;
    host->addresses = arena_zero(&p->ev.keep, LIMIT_HOST_ADDRESSES * sizeof *host->addresses);
    if (!host->addresses)
        return ASSAY_ENOMEM;
    host->naddresses = 0;
    s = add_addresses(p, host, &host->a);
    if (s == ASSAY_DONE)
        s = add_addresses(p, host, &host->aaaa);
    if (s != ASSAY_DONE)
        host->addresses = NULL;
    return s;
}

/** Ask for the names of an address, and where they lead (RFC 8601 3). */
static assay_status ask_names(struct assay_eval *ev, struct posture *p, struct posture_address *a)
{
    struct iprev_slot slot = {.ip = a->ip, .ip_text = a->text};
    char reverse[80];
    assay_status s;

    if (a->checked)
        return ASSAY_DONE;
    s = iprev_check(ev, &slot);
    s = join(s, posture_ask_dns(p, ASSAY_RR_PTR, ip_reverse(&a->ip, reverse), &a->ptr));
    if (s != ASSAY_DONE)
        return s;
    a->resolves_back = slot.result == IPREV_PASS        ? YES
                       : slot.result == IPREV_TEMPERROR ? UNKNOWN
                                                        : NO;
    a->ptr_name = slot.name;
    a->checked = true;
    return ASSAY_DONE;
}

/** All that is asked about a host. */
static assay_status ask_host(struct assay_eval *ev, struct posture *p, struct posture_host *host)
{
    assay_status s = ask_addresses(p, host);

    if (s != ASSAY_DONE)
        return s;
    s = gather_host_tls(p, host);
    if (!posture_has(p, TOPIC_DMARC)) /* it tells which names are own */
        return join(s, ASSAY_NEED);
    host->own = is_own(p, host->name);
    for (size_t i = 0; host->own && i < host->naddresses; i++)
        s = join(s, ask_names(ev, p, &host->addresses[i]));
    return s;
}

assay_status gather_mx(struct assay_eval *ev, void *posture)
{
    struct posture *p = posture;
    assay_status s = posture_ask_dns(p, ASSAY_RR_MX, p->domain, &p->mx.mx);

    if (s != ASSAY_DONE || (s = list_hosts(p)) != ASSAY_DONE || (s = ask_implicit(p)) != ASSAY_DONE)
        return s;
    for (size_t i = 0; p->depth != ASSAY_DEPTH_SCAN && i < p->mx.nhosts; i++)
        if (!p->mx.hosts[i].bad_name)
            s = join(s, ask_host(ev, p, &p->mx.hosts[i]));
    return s;
}

/* ---- judging ---- */

void judge_mx(struct posture *p)
{
    (void)p;
}
