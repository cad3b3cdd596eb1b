/* SPDX-License-Identifier: BSD-2-Clause */
/** \file host_tls.c What is asked of an MX host about TLS: its TLSA records and a probe. */
#include "posture/hosts.h"

enum { SMTP_PORT_TEXT = 3, TLSA_DIGEST_MOST = 64 };

/** Data, and every step that leads to them, are secure. NO where there are none. */
static enum truth all_secure(const struct asked *q)
{
    enum truth ret = asked_data(q);

    if (ret != YES)
        return ret;
    ret = asked_secure(q);
    for (size_t i = 0; i < q->fact->nchain; i++)
        ret = truth_and(ret, q->fact->chain[i].secure == ASSAY_UNKNOWN
                                 ? UNKNOWN
                                 : truth_of(q->fact->chain[i].secure == ASSAY_SECURE));
    return ret;
}

/** An address answer that came through an alias; NULL: none did. */
static const struct assay_fact *aliased(const struct posture_host *host)
{
    if (asked_data(&host->a) == YES && host->a.fact->nchain)
        return host->a.fact;
    return asked_data(&host->aaaa) == YES && host->aaaa.fact->nchain ? host->aaaa.fact : NULL;
}

/** The address is secure from end to end. */
static enum truth address_secure(const struct posture_host *host)
{
    return truth_or(all_secure(&host->a), all_secure(&host->aaaa));
}

bool host_is_nowhere(const struct posture_host *host)
{
    return asked_data(&host->a) == NO && asked_data(&host->aaaa) == NO;
}

enum truth host_secure(const struct posture_host *host)
{
    enum truth secure = address_secure(host);

    if (secure != NO || !aliased(host))
        return secure;
    if (aliased(host)->chain[0].secure == ASSAY_SECURE)
        return YES;
    return asked_secure(&host->alias);
}

enum truth host_tlsa(const struct posture_host *host)
{
    return truth_and(host_secure(host),
                     truth_and(asked_data(&host->tlsa), asked_secure(&host->tlsa)));
}

/** Ask for the records of one candidate base domain. */
static assay_status ask_base(struct posture *p, assay_span base, struct asked *ret)
{
    return posture_ask_below(p, ASSAY_RR_TLSA, "_25._tcp", base, ret);
}

/** Records that senders would take: secure ones; what is no answer stops the search, too (RFC 7672 2.1.2). */
static bool is_taken(const struct asked *q)
{
    return asked_data(q) == UNKNOWN || all_secure(q) != NO;
}

/**
 * Ask for TLSA records: through a secure alias first at the name it leads to, then at the host (RFC 7672
 * 2.2.3). They are asked where the address is not secure, too: then somebody has to be told that they are in vain.
 */
static assay_status ask_tlsa(struct posture *p, struct posture_host *host)
{
    const struct assay_fact *alias = aliased(host);
    assay_status s;

    if (alias && address_secure(host) == YES) {
        assay_span target = alias->chain[alias->nchain - 1].target;

        if ((s = ask_base(p, target, &host->expanded)) != ASSAY_DONE)
            return s;
        if (host->expanded.fact && is_taken(&host->expanded)) {
            host->tlsa = host->expanded;
            host->tlsa_base = target;
            return ASSAY_DONE;
        }
    } else if (alias && alias->chain[0].secure != ASSAY_SECURE &&
               (s = posture_ask_dns(p, ASSAY_RR_CNAME, host->name, &host->alias)) != ASSAY_DONE) {
        return s;
    }
    return ask_base(p, host->name, &host->tlsa);
}

/** Ask for a probe. */
static assay_status ask_probe(struct posture *p, struct posture_host *host)
{
    assay_span name = pass_printf(&p->ev, "%.*s:25", SPAN_ARG(host->name));
    assay_status s;

    if (name.n != host->name.n + SMTP_PORT_TEXT)
        return p->ev.no_memory ? ASSAY_ENOMEM : ASSAY_DONE;
    s = posture_ask(p, ASSAY_PROBE, 0, name, &host->probe);
    if (s != ASSAY_DONE || host->seen || host->probe.fact->how != ASSAY_OK)
        return s;
    s = probe_of(host->probe.fact, &host->seen);
    return s == ASSAY_EINVAL ? ASSAY_DONE : s; /* not to be read: as if there were no answer */
}

/**
 * Ask since when a record is known to match nothing the host shows: "unmatched NAME 3 1 1 HEX", a time in seconds
 * since 1970. Whole certificates are not asked about.
 */
static assay_status ask_unmatched(struct posture *p, const struct posture_host *host, size_t i)
{
    const struct dane_tlsa *t = &host->rrset->records[i];
    char hex[2 * TLSA_DIGEST_MOST + 1] = "";

    if (t->fault != DANE_USABLE || t->data.n > TLSA_DIGEST_MOST)
        return ASSAY_DONE;
    for (size_t k = 0; k < t->data.n; k++)
        snprintf(hex + 2 * k, 3, "%02x", (unsigned char)t->data.p[k]);
    return posture_ask(p, ASSAY_RECALL, 0,
                       pass_printf(&p->ev, "unmatched %.*s %u %u %u %s", SPAN_ARG(host->tlsa.name),
                                   t->usage, t->selector, t->matching, hex),
                       &host->unmatched[i]);
}

/** Ask what is remembered of the records. */
static assay_status ask_history(struct posture *p, struct posture_host *host)
{
    assay_status s = ASSAY_DONE;

    if (!host->unmatched &&
        !(host->unmatched = arena_zero(&p->ev.keep, host->rrset->n * sizeof *host->unmatched)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < host->rrset->n; i++)
        s = join(s, ask_unmatched(p, host, i));
    return s;
}

assay_status gather_host_tls(struct posture *p, struct posture_host *host)
{
    assay_status s = ASSAY_DONE;

    if (!posture_looks_at_hosts(p) || host_is_nowhere(host))
        return ASSAY_DONE;
    if (!p->no_probe)
        s = ask_probe(p, host);
    s = join(s, ask_tlsa(p, host));
    if (s == ASSAY_DONE && !host->rrset && asked_data(&host->tlsa) == YES)
        s = dane_rrset_of(host->tlsa.fact, &host->rrset);
    if (s == ASSAY_DONE && host->rrset && p->depth == ASSAY_DEPTH_CHECK && !p->no_probe)
        s = ask_history(p, host);
    return s;
}
