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

/** Add a host, once; of several preferences the least counts. */
static void add_host(struct topic_mx *t, assay_span name, uint16_t preference, bool bad)
{
    struct posture_host *host;

    for (size_t i = 0; i < t->nhosts; i++)
        if (span_eq(t->hosts[i].name, name)) {
            if (preference < t->hosts[i].preference)
                t->hosts[i].preference = preference;
            return;
        }
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
    size_t n = asked_data(&t->mx) == YES ? mx->n : 1;
    bool null = false;

    if (t->hosts)
        return ASSAY_DONE;
    n = n < LIMIT_MX_HOSTS ? n : LIMIT_MX_HOSTS;
    if (!(t->hosts = arena_zero(&p->ev.keep, n * sizeof *t->hosts)))
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
    for (size_t i = 0; p->depth != ASSAY_DEPTH_SCAN && host->own && i < host->naddresses; i++)
        s = join(s, ask_names(ev, p, &host->addresses[i]));
    return s;
}

assay_status gather_mx(struct assay_eval *ev, void *posture)
{
    struct posture *p = posture;
    assay_status s = posture_ask_dns(p, ASSAY_RR_MX, p->domain, &p->mx.mx);

    if (s != ASSAY_DONE || (s = list_hosts(p)) != ASSAY_DONE || (s = ask_implicit(p)) != ASSAY_DONE)
        return s;
    for (size_t i = 0; posture_looks_at_hosts(p) && i < p->mx.nhosts; i++)
        if (!p->mx.hosts[i].bad_name)
            s = join(s, ask_host(ev, p, &p->mx.hosts[i]));
    return s;
}

/* ---- is there a way in? ---- */

/** MX-MISSING. */
static void judge_missing(struct posture *p)
{
    const struct topic_mx *t = &p->mx;
    struct finding *f;

    if (asked_data(&t->mx) != NO) {
        judged(p, F_MX_MISSING, asked_data(&t->mx) == YES ? NO : UNKNOWN, p->domain, &t->mx);
        return;
    }
    if (t->implicit) {
        f = hit(p, F_MX_MISSING, ASSAY_NOTICE, p->domain, "implicit");
        say(p, f, "%.*s has no MX record, so mail for it goes to the address of its web server",
            SPAN_ARG(p->domain));
        show(p, f, &t->mx, SPAN_EMPTY, SPAN_EMPTY);
        show(p, f, asked_data(&t->a) == YES ? &t->a : &t->aaaa, SPAN_EMPTY, SPAN_EMPTY);
        advise(p, f,
               "Publish an MX record that names the mail host; or, if no mail is taken, MX 0 .");
    } else if (t->receives == NO && p->profile == ASSAY_PROFILE_SEND) {
        f = hit(p, F_MX_MISSING, ASSAY_WARNING, p->domain, "none");
        say(p, f, "%.*s sends mail, but replies and bounces have nowhere to go",
            SPAN_ARG(p->domain));
        show(p, f, &t->mx, SPAN_EMPTY, SPAN_EMPTY);
        advise(p, f, "Publish an MX record that names a host which takes mail for %.*s.",
               SPAN_ARG(p->domain));
    } else if (t->receives == UNKNOWN) {
        unknown(p, F_MX_MISSING, p->domain, asked_data(&t->a) == UNKNOWN ? &t->a : &t->aaaa, NULL);
    }
}

/** The single RR of a null MX. */
static assay_span mx_text(struct posture *p, uint16_t preference, assay_span name)
{
    return posture_printf(p, "%u %.*s.", preference, SPAN_ARG(name));
}

/** MX-NULL-FORM. */
static void judge_null_form(struct posture *p)
{
    const struct topic_mx *t = &p->mx;
    const struct assay_fact *mx = t->mx.fact;
    struct finding *f;

    if (asked_data(&t->mx) != YES)
        return;
    if (t->mixed) {
        f = hit(p, F_MX_NULL_FORM, ASSAY_ERROR, p->domain, "mixed");
        say(p, f, "an MX record says that %.*s takes no mail, and %zu beside it say that it does",
            SPAN_ARG(p->domain), t->nhosts);
        show(p, f, &t->mx, SPAN_EMPTY, SPAN_EMPTY);
        for (size_t i = 0; i < mx->n; i++)
            if (!mx->records[i].text.n)
                publish(p, f, "MX", p->domain, mx_text(p, mx->records[i].preference, SPAN_EMPTY),
                        SPAN_EMPTY);
    } else if (t->null_mx && mx->records[0].preference != 0) {
        f = hit(p, F_MX_NULL_FORM, ASSAY_NOTICE, p->domain, "preference");
        say(p, f, "the MX record that says no mail is taken has preference %u, where 0 belongs",
            mx->records[0].preference);
        show(p, f, &t->mx, SPAN_EMPTY, SPAN_EMPTY);
        publish(p, f, "MX", p->domain, mx_text(p, mx->records[0].preference, SPAN_EMPTY),
                SPAN("0 ."));
    } else {
        pass(p, F_MX_NULL_FORM, p->domain);
    }
}

/** Some client passes SPF: by a record that receivers take for broken nobody does. */
static enum truth some_pass(const struct posture *p)
{
    const struct topic_spf *t = &p->spf;

    return t->has == YES && t->walk.top->record->found != SPF_RECORD_OK ? NO : t->sends;
}

/** MX-NULL-SENDS. */
static void judge_null_sends(struct posture *p)
{
    const struct topic_mx *t = &p->mx;
    enum truth sends = p->spf.undeclared ? NO : some_pass(p);
    struct finding *f;

    if (asked_data(&t->mx) != YES)
        return;
    if (!t->null_mx || sends != YES) {
        judged(p, F_MX_NULL_SENDS, t->null_mx ? sends : NO, p->domain, &p->apex.txt);
        return;
    }
    f = hit(p, F_MX_NULL_SENDS, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "%.*s lets servers send mail, but takes none: many refuse mail that cannot be answered",
        SPAN_ARG(p->domain));
    show(p, f, &t->mx, SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, &p->apex.txt, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Name an MX host that takes bounces; or, if nothing is sent, publish v=spf1 -all");
}

/* ---- the hosts ---- */

/** The host's name is an alias. */
static const struct assay_fact *alias_of(const struct posture_host *host)
{
    if (host->a.fact && host->a.fact->nchain)
        return host->a.fact;
    return host->aaaa.fact && host->aaaa.fact->nchain ? host->aaaa.fact : NULL;
}

/** MX-BAD-NAME. */
static void judge_name(struct posture *p, const struct posture_host *host)
{
    struct finding *f;
    struct ip ip;

    if (!host->bad_name) {
        pass(p, F_MX_BAD_NAME, host->name);
        return;
    }
    f = hit(p, F_MX_BAD_NAME, ASSAY_ERROR, host->name, NULL);
    say(p, f, "an MX record names \"%.*s\", which %s: no mail can be sent there",
        SPAN_ARG(host->name),
        ip_read(host->name, &ip)     ? "is an address and not a name"
        : dns_labels(host->name) < 2 ? "is one word and no name on the Internet"
                                     : "no host can be called");
    show(p, f, &p->mx.mx, SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "MX", p->domain, mx_text(p, host->preference, host->name), SPAN_EMPTY);
    advise(p, f, "Name the mail host by its full name.");
}

/** MX-CNAME. */
static void judge_alias(struct posture *p, const struct posture_host *host)
{
    const struct assay_fact *fact = alias_of(host);
    assay_span target;
    struct finding *f;

    if (!fact) {
        judged(p, F_MX_CNAME,
               truth_and(asked_data(&host->a) == UNKNOWN ? UNKNOWN : NO,
                         asked_data(&host->aaaa) == UNKNOWN ? UNKNOWN : NO),
               host->name, &host->a);
        return;
    }
    target = fact->chain[fact->nchain - 1].target;
    f = hit(p, F_MX_CNAME, ASSAY_WARNING, host->name, NULL);
    say(p, f, "the MX host %.*s is only an alias of %.*s; some senders do not follow it",
        SPAN_ARG(host->name), SPAN_ARG(target));
    show(p, f, &p->mx.mx, SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, host->a.fact == fact ? &host->a : &host->aaaa, SPAN_EMPTY, SPAN_EMPTY);
    note(p, f, "CNAME %.*s", SPAN_ARG(target));
    publish(p, f, "MX", p->domain, mx_text(p, host->preference, host->name),
            mx_text(p, host->preference, target));
}

/** Addresses that nobody on the Internet can reach (RFC 6890, RFC 1112 4). */
static bool is_reserved(const struct ip *ip)
{
    return ip_private(ip) || (ip->version == 4 ? ip->b[0] >= 224 : ip->b[0] == 0xFF);
}

/** A host has an address that can be reached. */
static enum truth has_address(const struct posture_host *host)
{
    if (host->bad_name)
        return NO;
    for (size_t i = 0; i < host->naddresses; i++)
        if (!is_reserved(&host->addresses[i].ip))
            return YES;
    return asked_data(&host->a) == UNKNOWN || asked_data(&host->aaaa) == UNKNOWN ||
                   host->more_addresses
               ? UNKNOWN
               : NO;
}

/** MX-NO-ADDRESS. \param none  no host at all has one */
static void judge_address(struct posture *p, const struct posture_host *host, bool none)
{
    enum truth has = has_address(host);
    struct finding *f;

    if (host->bad_name || alias_of(host))
        return;
    if (has != NO) {
        judged(p, F_MX_NO_ADDRESS, truth_not(has), host->name,
               asked_data(&host->a) == UNKNOWN ? &host->a : &host->aaaa);
        return;
    }
    f = hit(p, F_MX_NO_ADDRESS, none ? ASSAY_ERROR : ASSAY_WARNING, host->name, NULL);
    say(p, f, "the MX host %.*s has %s%s", SPAN_ARG(host->name),
        host->naddresses ? "only addresses that cannot be reached from the Internet" : "no address",
        none ? ", and no other host has one: nothing can be delivered" : "");
    show(p, f, &host->a, SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, &host->aaaa, SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "MX", p->domain, mx_text(p, host->preference, host->name), SPAN_EMPTY);
    advise(p, f, "Or give %.*s an address.", SPAN_ARG(host->name));
}

/** An address is among those that may send. */
static bool may_send(const struct posture *p, const struct ip *ip)
{
    return ipset_has(&p->spf.walk.pass[ip->version == 4 ? SPF_IPV4 : SPF_IPV6], ip);
}

/** MX-PTR of one address. */
static void judge_ptr(struct posture *p, const struct posture_host *host,
                      const struct posture_address *a)
{
    char reverse[80];
    struct finding *f;

    if (!a->checked)
        return;
    if (a->resolves_back != NO) {
        judged(p, F_MX_PTR, truth_not(a->resolves_back), a->text, &a->ptr);
        return;
    }
    f = hit(p, F_MX_PTR, may_send(p, &a->ip) ? ASSAY_WARNING : ASSAY_NOTICE, a->text, NULL);
    if (a->ptr_name.n)
        say(p, f, "%.*s (%.*s) is called %.*s, but that name does not lead back to it",
            SPAN_ARG(a->text), SPAN_ARG(host->name), SPAN_ARG(a->ptr_name));
    else
        say(p, f, "%.*s (%.*s) has no name, and %s", SPAN_ARG(a->text), SPAN_ARG(host->name),
            may_send(p, &a->ip) ? "it may send mail: many refuse that"
                                : "mail from it would be refused by many");
    show(p, f, &a->ptr, SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, a->ip.version == 4 ? &host->a : &host->aaaa, SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "PTR", posture_printf(p, "%.*s", SPAN_ARG(ip_reverse(&a->ip, reverse))),
            a->ptr_name, host->name);
}

/** A host refuses everyone: the connection, or by its greeting. */
static enum truth refuses(const struct posture_host *host)
{
    if (!host->probe.fact)
        return UNKNOWN;
    if (host->probe.fact->how == ASSAY_REFUSED)
        return YES;
    if (!host->seen)
        return UNKNOWN;
    return truth_of(host->seen->greeting >= 500);
}

/** MX-UNREACHABLE. \param all  every host refuses */
static void judge_reach(struct posture *p, const struct posture_host *host, bool all)
{
    enum truth refused = refuses(host);
    struct finding *f;

    if (host->bad_name || has_address(host) == NO)
        return;
    if (refused != YES) {
        judged(p, F_MX_UNREACHABLE, refused, host->name, &host->probe);
        return;
    }
    f = hit(p, F_MX_UNREACHABLE, all ? ASSAY_ERROR : ASSAY_WARNING, host->name, NULL);
    if (host->seen)
        say(p, f, "%.*s greets with \"%.*s\"%s", SPAN_ARG(host->name),
            SPAN_ARG(host->seen->greeting_text), all ? ": nothing can be delivered" : "");
    else
        say(p, f, "%.*s refuses connections to port 25%s", SPAN_ARG(host->name),
            all ? ": nothing can be delivered" : "");
    show(p, f, &host->probe, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Let the Internet reach port 25 of that host, or take it out of the MX records.");
}

/** MX-IPV6. */
static void judge_ipv6(struct posture *p)
{
    const struct topic_mx *t = &p->mx;
    enum truth any = t->more ? UNKNOWN : NO;
    const struct asked *missing = NULL;
    struct finding *f;

    for (size_t i = 0; i < t->nhosts; i++) {
        const struct posture_host *host = &t->hosts[i];

        if (host->bad_name)
            continue;
        any = truth_or(any, asked_data(&host->aaaa));
        if (asked_data(&host->aaaa) == UNKNOWN)
            missing = &host->aaaa;
    }
    if (!t->nhosts)
        return;
    if (any != NO) {
        judged(p, F_MX_IPV6, truth_not(any), p->domain, missing);
        return;
    }
    f = hit(p, F_MX_IPV6, ASSAY_NOTICE, p->domain, NULL);
    say(p, f, "none of the %zu mail hosts can be reached over IPv6", t->nhosts);
    for (size_t i = 0; i < t->nhosts; i++)
        if (!t->hosts[i].bad_name)
            show(p, f, &t->hosts[i].aaaa, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Give a mail host an IPv6 address, with its name in the reverse DNS.");
}

/* ---- all of it ---- */

/** How many hosts something is true of. */
static size_t count(const struct posture *p, enum truth (*is)(const struct posture_host *),
                    enum truth wanted)
{
    size_t n = 0;

    for (size_t i = 0; i < p->mx.nhosts; i++)
        n += is(&p->mx.hosts[i]) == wanted;
    return n;
}

/** The address was looked at with a host before, or as another one of this: it is one subject. */
static bool was_judged(const struct topic_mx *t, const struct posture_host *host, size_t address)
{
    for (const struct posture_host *h = t->hosts; h <= host; h++)
        for (size_t k = 0; k < (h == host ? address : h->naddresses); k++)
            if (h->addresses[k].checked &&
                span_eq(h->addresses[k].text, host->addresses[address].text))
                return true;
    return false;
}

/** The checks of each host. */
static void judge_hosts(struct posture *p)
{
    const struct topic_mx *t = &p->mx;
    bool none = !t->more && count(p, has_address, NO) == t->nhosts;
    bool all = !t->more && count(p, refuses, YES) == t->nhosts;

    for (size_t i = 0; i < t->nhosts; i++) {
        const struct posture_host *host = &t->hosts[i];

        if (!t->implicit) {
            judge_name(p, host);
            if (!host->bad_name)
                judge_alias(p, host);
        }
        judge_address(p, host, none);
        for (size_t k = 0; k < host->naddresses; k++)
            if (!was_judged(t, host, k))
                judge_ptr(p, host, &host->addresses[k]);
        judge_reach(p, host, all);
    }
}

/** The line where all is well. */
static void sum(struct posture *p)
{
    const struct topic_mx *t = &p->mx;

    if (p->brief)
        return;
    p->summary[AREA_MX] =
        t->null_mx       ? SPAN("takes no mail, and says so")
        : t->implicit    ? SPAN("no MX; mail goes to the domain's own address")
        : t->nhosts == 1 ? posture_printf(p, "1 host, %.*s", SPAN_ARG(t->hosts[0].name))
        : t->nhosts      ? posture_printf(p, "%zu hosts%s", t->nhosts, t->more ? " and more" : "")
        : asked_data(&t->mx) == UNKNOWN ? SPAN("the mail hosts are not known")
                                        : SPAN("takes no mail");
}

void judge_mx(struct posture *p)
{
    judge_missing(p);
    judge_null_form(p);
    judge_null_sends(p);
    judge_hosts(p);
    judge_ipv6(p);
    sum(p);
}
