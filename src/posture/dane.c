/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dane.c The checks of DANE: TLSA records of the MX hosts. */
#include "posture/dane_parts.h"

#include <stdio.h>

/* ---- texts ---- */

/** A record as it has to be published, whole. */
static assay_span record_text(struct posture *p, unsigned usage, unsigned selector,
                              unsigned matching, assay_span data)
{
    char *text = posture_get(p, 1, 16 + 2 * data.n), *at = text;
    static const char HEX[] = "0123456789abcdef";

    if (!text)
        return SPAN_EMPTY;
    at += snprintf(text, 16, "%u %u %u ", usage, selector, matching);
    for (size_t i = 0; i < data.n; i++) {
        *at++ = HEX[(unsigned char)data.p[i] >> 4];
        *at++ = HEX[(unsigned char)data.p[i] & 15];
    }
    return span_between(text, at);
}

assay_span tlsa_whole(struct posture *p, const struct dane_tlsa *t)
{
    return record_text(p, t->usage, t->selector, t->matching, t->data);
}

assay_span tlsa_short(struct posture *p, const struct dane_tlsa *t)
{
    char text[DANE_TEXT];

    return posture_printf(p, "%.*s", SPAN_ARG(dane_text(t, text)));
}

/** The record for the key that the host uses now; empty when that was not seen. */
static assay_span live_record(struct posture *p, const struct posture_host *host)
{
    const struct probe_cert *leaf = host_leaf(host);

    return leaf && leaf->spki256.n ? record_text(p, 3, 1, 1, leaf->spki256) : SPAN_EMPTY;
}

void show_tlsa(struct dane *d, struct finding *f, size_t i)
{
    show(d->p, f, &d->host->tlsa, tlsa_whole(d->p, &d->set->records[i]), SPAN_EMPTY);
}

void publish_live(struct posture *p, struct finding *f, const struct posture_host *host,
                  assay_span before)
{
    assay_span live = live_record(p, host);

    if (live.n && !span_eq(live, before))
        publish(p, f, "TLSA", host->tlsa.name, before, live);
    else
        advise(p, f, "Publish `3 1 1` and the SHA-256 of the public key that %.*s uses.",
               SPAN_ARG(host->name));
}

/* ---- not knowing ---- */

/** A check of a host for which it is not known whether senders use its records. */
static void not_known(struct posture *p, enum finding_id id, const struct posture_host *host)
{
    const struct asked *q = asked_data(&host->tlsa) == UNKNOWN   ? &host->tlsa
                            : asked_data(&host->a) == UNKNOWN    ? &host->a
                            : asked_data(&host->aaaa) == UNKNOWN ? &host->aaaa
                                                                 : &host->tlsa;

    unknown(p, id, host->name, q,
            q->fact && fact_state(q->fact) != FACT_UNKNOWN
                ? "the resolver does not tell what DNSSEC vouches for"
                : NULL);
}

/* ---- records ---- */

/** Records that nobody uses: they, or the address, are not signed. */
static void judge_unsigned(struct posture *p, const struct posture_host *host)
{
    enum truth signed_all = truth_and(asked_secure(&host->tlsa), host_secure(host));
    enum truth holds = truth_and(asked_data(&host->tlsa), truth_not(signed_all));
    struct finding *f;

    if (holds == UNKNOWN)
        not_known(p, F_DANE_UNSIGNED, host);
    else if (holds == NO)
        pass(p, F_DANE_UNSIGNED, host->name);
    if (holds != YES)
        return;
    f = hit(p, F_DANE_UNSIGNED, ASSAY_ERROR, host->name, NULL);
    say(p, f, "%.*s has TLSA records, but its %s not signed by DNSSEC: no sender uses them",
        SPAN_ARG(host->name), host_secure(host) == NO ? "address is" : "records are");
    show(p, f, &host->tlsa, SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, asked_data(&host->a) == YES ? &host->a : &host->aaaa, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f,
           "Sign the zone of %.*s and give its DS record to the parent, or remove the records.",
           SPAN_ARG(host->name));
}

/** No records. */
static void judge_missing(struct posture *p, const struct posture_host *host)
{
    enum truth holds = truth_and(host_secure(host), truth_not(asked_data(&host->tlsa)));
    struct finding *f;

    if (host_secure(host) == NO)
        return;
    if (holds == UNKNOWN)
        not_known(p, F_DANE_MISSING, host);
    else if (holds == NO)
        pass(p, F_DANE_MISSING, host->name);
    if (holds != YES)
        return;
    f = hit(p, F_DANE_MISSING, ASSAY_NOTICE, host->name, NULL);
    say(p, f,
        "%.*s is signed by DNSSEC but has no TLSA record, so that no sender can prove it by DANE",
        SPAN_ARG(host->name));
    show(p, f, &host->tlsa, SPAN_EMPTY, SPAN_EMPTY);
    publish_live(p, f, host, SPAN_EMPTY);
    advise(p, f, "Make the next key now and publish its `3 1 1` beside the first.");
}

/** Why a record cannot be used: the word, and as people say it. */
static const char *fault_word(enum dane_fault fault)
{
    static const char *const WORDS[] = {"", "usage", "selector", "matching-type", "length"};

    return WORDS[fault];
}

/** Records that mail cannot use. */
static void judge_unusable(struct dane *d)
{
    static const char *const WHY[] = {"", "senders of mail use only usage 2 and 3",
                                      "the selector is neither 0 nor 1",
                                      "the matching type is neither 0, 1 nor 2",
                                      "its data is not as long as its digest"};
    const struct dane_rrset *set = d->set;
    struct finding *f;
    size_t i = 0;

    while (i < set->n && set->records[i].fault == DANE_USABLE)
        i++;
    if (i == set->n) {
        pass(d->p, F_DANE_UNUSABLE, d->host->name);
        return;
    }
    f = hit(d->p, F_DANE_UNUSABLE, set->nusable ? ASSAY_WARNING : ASSAY_ERROR, d->host->name,
            fault_word(set->records[i].fault));
    say(d->p, f, "%zu of %zu TLSA records of %.*s cannot be used: %s%s", set->n - set->nusable,
        set->n, SPAN_ARG(d->host->name), WHY[set->records[i].fault],
        set->nusable ? "" : "; senders encrypt, but prove nothing");
    for (i = 0; i < set->n; i++)
        if (set->records[i].fault != DANE_USABLE) {
            show_tlsa(d, f, i);
            note(d->p, f, "%s", WHY[set->records[i].fault]);
            if (set->nusable)
                publish(d->p, f, "TLSA", d->host->tlsa.name, tlsa_whole(d->p, &set->records[i]),
                        SPAN_EMPTY);
            else
                publish_live(d->p, f, d->host, tlsa_whole(d->p, &set->records[i]));
        }
}

/** Records that are right and could be better. */
static void judge_discouraged(struct dane *d)
{
    static const struct {
        const char *reason, *text;
    } KINDS[] = {{"full", "holds a whole certificate or key where a digest would do"},
                 {"ee-cert",
                  "names the certificate, which changes at each renewal, and not its key"},
                 {"ta-spki", "names the key of an authority and not its certificate"}};
    for (size_t i = 0; i < d->set->n; i++) {
        const struct dane_tlsa *t = &d->set->records[i];
        int kind = !t->matching                        ? 0
                   : t->usage == 3 && !t->selector     ? 1
                   : t->usage == 2 && t->selector == 1 ? 2
                                                       : -1;
        struct finding *f;

        if (t->fault != DANE_USABLE || kind < 0)
            continue;
        f = hit(d->p, F_DANE_DISCOURAGED, ASSAY_NOTICE, d->host->name, KINDS[kind].reason);
        say(d->p, f, "the TLSA record %.*s of %.*s %s", SPAN_ARG(tlsa_short(d->p, t)),
            SPAN_ARG(d->host->name), KINDS[kind].text);
        show_tlsa(d, f, i);
        advise(d->p, f,
               "Publish %s instead, and remove it when the other has been there for its TTL.",
               t->usage == 3 ? "`3 1 1`" : "`2 0 1`");
        return;
    }
    pass(d->p, F_DANE_DISCOURAGED, d->host->name);
}

/* ---- hosts ---- */

/** A host whose records senders use. */
static void judge_used(struct dane *d)
{
    enum truth agrees;

    d->host->dane_usable = truth_of(d->set->nusable > 0);
    judge_unusable(d);
    agrees = judge_dane_starttls(d);
    if (!d->set->nusable || agrees == NO)
        d->host->dane_holds = NO;
    if (!d->set->nusable)
        return;
    judge_discouraged(d);
    if (agrees == YES)
        judge_dane_chain(d);
    else if (agrees == UNKNOWN)
        judge_dane_unseen(d);
}

/** One host. */
static void judge_host(struct posture *p, struct posture_host *host)
{
    static const enum finding_id LATER[] = {F_DANE_UNUSABLE,  F_DANE_MISMATCH,   F_DANE_COMBINATION,
                                            F_DANE_TA_ABSENT, F_DANE_TA_CERT,    F_DANE_NO_STARTTLS,
                                            F_DANE_ROLLOVER,  F_DANE_DISCOURAGED};
    struct dane d = {.p = p, .host = host, .set = host->rrset};
    enum truth used = host_tlsa(host);

    if (host->bad_name || host_is_nowhere(host)) {
        host->dane_usable = host->dane_holds = NO;
        return;
    }
    judge_unsigned(p, host);
    judge_missing(p, host);
    if (used == NO)
        host->dane_usable = host->dane_holds = NO;
    for (size_t i = 0; used == UNKNOWN && i < sizeof LATER / sizeof *LATER; i++)
        not_known(p, LATER[i], host);
    if (used == YES && host->rrset)
        judge_used(&d);
}

/* ---- the domain ---- */

/** Hosts by whether they have what senders use. */
struct tally {
    size_t yes, no, unknown;
    const struct posture_host *with, *without, *open; /**< one of each */
};

/** Count the hosts. */
static struct tally count(const struct topic_mx *mx,
                          enum truth (*what)(const struct posture_host *))
{
    struct tally t = {0};

    for (size_t i = 0; i < mx->nhosts; i++) {
        const struct posture_host *host = &mx->hosts[i];

        switch (host->bad_name || host_is_nowhere(host) ? NO : what(host)) {
        case YES:
            t.yes++;
            t.with = host;
            break;
        case NO:
            t.no++;
            t.without = host;
            break;
        default:
            t.unknown++;
            t.open = host;
            break;
        }
    }
    return t;
}

static enum truth is_usable(const struct posture_host *host)
{
    return host->dane_usable;
}

static enum truth does_hold(const struct posture_host *host)
{
    return host->dane_holds;
}

/** The way to hosts that are proved is not. */
static void judge_mx_unsigned(struct posture *p)
{
    struct tally t = count(&p->mx, is_usable);
    enum truth holds = truth_and(t.yes       ? YES
                                 : t.unknown ? UNKNOWN
                                             : NO,
                                 truth_not(asked_secure(&p->mx.mx)));
    struct finding *f;

    if (!t.yes && !t.unknown)
        return;
    if (holds == UNKNOWN && t.yes)
        unknown(p, F_DANE_MX_UNSIGNED, p->domain, &p->mx.mx,
                asked_data(&p->mx.mx) == UNKNOWN
                    ? NULL
                    : "the resolver does not tell what DNSSEC vouches for");
    else if (holds == UNKNOWN)
        unknown(p, F_DANE_MX_UNSIGNED, p->domain, &t.open->tlsa, NULL);
    else if (holds == NO)
        pass(p, F_DANE_MX_UNSIGNED, p->domain);
    if (holds != YES)
        return;
    f = hit(p, F_DANE_MX_UNSIGNED, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "%.*s has TLSA records, but the MX records of %.*s are not signed: whoever changes them on the way sends mail elsewhere",
        SPAN_ARG(t.with->name), SPAN_ARG(p->domain));
    show(p, f, &p->mx.mx, SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, &t.with->tlsa, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Sign %.*s with DNSSEC and give its DS record to the parent.",
           SPAN_ARG(p->domain));
}

/** Some hosts have records, others have not: an attacker chooses. */
static void judge_partial(struct posture *p)
{
    struct tally t = count(&p->mx, host_tlsa);
    struct finding *f;

    if (p->mx.nhosts < 2)
        return;
    if (t.unknown && !(t.yes && t.no))
        unknown(p, F_DANE_PARTIAL, p->domain, &t.open->tlsa,
                asked_data(&t.open->tlsa) == UNKNOWN
                    ? NULL
                    : "the resolver does not tell what DNSSEC vouches for");
    else if (!t.yes || !t.no)
        pass(p, F_DANE_PARTIAL, p->domain);
    if (!t.yes || !t.no)
        return;
    f = hit(p, F_DANE_PARTIAL, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "%zu of %zu MX hosts have TLSA records that senders use; %.*s has none, and an attacker can lead mail there",
        t.yes, p->mx.nhosts, SPAN_ARG(t.without->name));
    show(p, f, &t.with->tlsa, SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, &t.without->tlsa, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Publish TLSA records for every MX host, or for none.");
}

void judge_dane(struct posture *p)
{
    struct tally t;

    for (size_t i = 0; i < p->mx.nhosts; i++) {
        p->mx.hosts[i].dane_usable = p->mx.hosts[i].dane_holds = UNKNOWN;
        judge_host(p, &p->mx.hosts[i]);
    }
    unknown_hosts(p, F_DANE_MISSING);
    judge_mx_unsigned(p);
    judge_partial(p);
    t = count(&p->mx, does_hold);
    if (t.yes)
        p->summary[AREA_DANE] =
            posture_printf(p, "%zu of %zu MX host%s proved by TLSA records", t.yes, p->mx.nhosts,
                           p->mx.nhosts == 1 ? " is" : "s are");
    else if (t.no == p->mx.nhosts && !hosts_missing(p))
        p->summary[AREA_DANE] = SPAN("not used");
}
