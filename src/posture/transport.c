/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file transport.c The truth table of the way in: what each kind of sender does at each MX host now.
 *
 *     opportunistic  takes TLS where it can have it (RFC 7435)
 *     MTA-STS        the policy, where one is in force (RFC 8461 5)
 *     DANE           TLSA records, where senders use them (RFC 7672 2.2)
 *     both           DANE where it applies, else MTA-STS: no policy may heal what DANE refuses (RFC 8461 2)
 */
#include "posture/hosts.h"

/** A sender without policy: clear text is better than nothing. */
static enum assay_delivery opportunistic(const struct posture_host *host)
{
    if (host_is_deaf(host) || host_is_nowhere(host))
        return ASSAY_DELIVER_NOT;
    switch (host_agrees(host)) {
    case YES: return ASSAY_DELIVER_ENCRYPTED;
    case NO: return ASSAY_DELIVER_CLEAR;
    default: return ASSAY_DELIVER_UNKNOWN;
    }
}

/** What a policy demands is met, is not, or is not known. */
static enum assay_delivery demanded(enum truth holds)
{
    return holds == YES  ? ASSAY_DELIVER_AUTHENTICATED
           : holds == NO ? ASSAY_DELIVER_NOT
                         : ASSAY_DELIVER_UNKNOWN;
}

/** A sender that checks MTA-STS alone. */
static void by_sts(const struct posture *p, const struct posture_host *host,
                   struct assay_transport *t)
{
    const struct topic_mtasts *sts = &p->mtasts;

    t->sts = t->opportunistic;
    if (sts->published == NO) {
        t->sts_why = SPAN("no policy");
    } else if (sts->published == UNKNOWN || sts->valid == UNKNOWN) {
        t->sts = t->opportunistic == ASSAY_DELIVER_NOT ? ASSAY_DELIVER_NOT : ASSAY_DELIVER_UNKNOWN;
        t->sts_why = SPAN("the policy is not known");
    } else if (sts->valid == NO) {
        t->sts_why = SPAN("no valid policy");
    } else if (sts->policy->mode != MTASTS_ENFORCE) {
        t->sts_why = sts->policy->mode == MTASTS_NONE ? SPAN("mode none") : SPAN("mode testing");
    } else if (t->opportunistic == ASSAY_DELIVER_NOT) {
        t->sts_why = SPAN("it takes no mail");
    } else {
        t->sts = host->sts_listed == NO ? ASSAY_DELIVER_NOT : demanded(host->sts_holds);
        t->sts_why = host->sts_listed == NO   ? SPAN("the policy does not name it")
                     : host->sts_holds == YES ? SPAN("named, and its certificate is right")
                     : host->sts_holds == NO
                         ? SPAN("named, but TLS or its certificate is not right")
                         : SPAN("its certificate is not known");
    }
}

/** A sender that checks DANE alone. Records that are all unusable demand TLS, and prove nothing. */
static void by_dane(const struct posture *p, const struct posture_host *host,
                    struct assay_transport *t)
{
    const enum truth has = host_tlsa(host);

    t->dane = t->opportunistic;
    if (has == NO) {
        t->dane_why = asked_data(&host->tlsa) == YES ? SPAN("its TLSA records are not signed")
                                                     : SPAN("no TLSA records");
    } else if (t->opportunistic == ASSAY_DELIVER_NOT) {
        t->dane_why = SPAN("it takes no mail");
    } else if (has == UNKNOWN) {
        t->dane = ASSAY_DELIVER_UNKNOWN;
        t->dane_why = SPAN("its TLSA records are not known");
    } else if (host->dane_usable == NO) {
        t->dane = t->opportunistic == ASSAY_DELIVER_CLEAR ? ASSAY_DELIVER_NOT : t->opportunistic;
        t->dane_why = SPAN("no TLSA record can be used");
    } else {
        t->dane = demanded(host->dane_holds);
        t->dane_why = host->dane_holds == YES  ? SPAN("a TLSA record matches")
                      : host->dane_holds == NO ? SPAN("its TLSA records do not hold")
                                               : SPAN("its certificate is not known");
        if (t->dane == ASSAY_DELIVER_AUTHENTICATED && asked_secure(&p->mx.mx) != YES) {
            t->dane =
                ASSAY_DELIVER_ENCRYPTED; /* RFC 7672 2.2.1: the way to the host is not proved */
            t->dane_why = SPAN("a TLSA record matches, but the MX record is not signed");
        }
    }
}

/** A sender that checks both. */
static enum assay_delivery by_both(const struct posture_host *host, const struct assay_transport *t)
{
    if (host->dane_usable == YES)
        return t->dane;
    if (host_tlsa(host) == NO)
        return t->sts;
    if (host_tlsa(host) == YES) /* TLS is mandatory; the policy may prove more */
        return t->dane == ASSAY_DELIVER_NOT ? ASSAY_DELIVER_NOT : t->sts;
    return t->sts == t->dane ? t->sts : ASSAY_DELIVER_UNKNOWN;
}

/** A usable record waits for the next key: one that matches nothing while the records hold. */
static bool is_ready(struct posture *p, const struct posture_host *host)
{
    struct dane_comparison c;

    if (host->dane_holds != YES || !host->seen || !host->rrset)
        return false;
    if (dane_compare(p->ev.engine, host->rrset, host->seen, NULL, 0, p->ev.now, &c) != ASSAY_DONE) {
        p->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < host->rrset->n; i++)
        if (host->rrset->records[i].fault == DANE_USABLE && c.match[i] == DANE_NO_MATCH)
            return true;
    return c.ta; /* an authority issues the next one, too */
}

/** The areas of the way in apply. */
static bool has_way_in(const struct posture *p)
{
    return p->profile == ASSAY_PROFILE_MAIL || p->profile == ASSAY_PROFILE_RECEIVE;
}

void posture_transport(struct posture *p)
{
    struct assay_transport *all;

    if (!has_way_in(p) || !p->mx.nhosts || p->depth == ASSAY_DEPTH_SCAN ||
        !(all = posture_get(p, p->mx.nhosts, sizeof *all)))
        return;
    for (size_t i = 0; i < p->mx.nhosts; i++) {
        const struct posture_host *host = &p->mx.hosts[i];
        struct assay_transport *t = &all[i];

        t->host = host->name;
        t->opportunistic = opportunistic(host);
        by_sts(p, host, t);
        by_dane(p, host, t);
        t->both = by_both(host, t);
        t->rollover_ready = is_ready(p, host);
    }
    p->result.transports = all;
    p->result.ntransports = p->mx.nhosts;
}
