/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dane_chain.c The checks of DANE: whether what an MX host shows is what its TLSA records say. */
#include "base/number.h"
#include "posture/dane_parts.h"

/** Seconds after which a record that matches nothing is stale. */
enum { STALE = 60 * 24 * 60 * 60 };

enum truth judge_dane_starttls(struct dane *d)
{
    const struct posture_host *host = d->host;
    enum truth agrees = host_agrees(host);
    struct finding *f;

    if (agrees == YES)
        pass(d->p, F_DANE_NO_STARTTLS, host->name);
    else if (agrees == UNKNOWN)
        unknown_probe(d->p, F_DANE_NO_STARTTLS, host);
    if (agrees != NO)
        return agrees;
    f = hit(d->p, F_DANE_NO_STARTTLS, ASSAY_ERROR, host->name, NULL);
    if (host->seen->starttls)
        say(d->p, f,
            "%.*s has TLSA records, but TLS fails there (%.*s): senders that check DANE deliver nothing",
            SPAN_ARG(host->name), SPAN_ARG(host->seen->failure));
    else
        say(d->p, f, "%.*s has TLSA records, but %s: senders that check DANE deliver nothing",
            SPAN_ARG(host->name),
            host->seen->offered ? "refuses to begin TLS" : "does not offer STARTTLS");
    show(d->p, f, &host->tlsa, SPAN_EMPTY, SPAN_EMPTY);
    show_probe(d->p, f, host, host->seen->failure);
    advise(d->p, f, "Offer STARTTLS to every client, or remove the TLSA records of %.*s.",
           SPAN_ARG(host->name));
    return agrees;
}

/** Show all records and the chain. */
static void show_both(struct dane *d, struct finding *f)
{
    show(d->p, f, &d->host->tlsa, SPAN_EMPTY, SPAN_EMPTY);
    show_probe(d->p, f, d->host, SPAN_EMPTY);
}

/** Nothing matches, and usage 3 is among the records. */
static void judge_mismatch(struct dane *d)
{
    struct finding *f;
    size_t i = 0;

    if (d->c.any || d->c.unknown) {
        if (d->c.any)
            pass(d->p, F_DANE_MISMATCH, d->host->name);
        else
            unknown_probe(d->p, F_DANE_MISMATCH, d->host);
        return;
    }
    while (d->set->records[i].fault != DANE_USABLE || d->set->records[i].usage != 3)
        i++;
    f = hit(d->p, F_DANE_MISMATCH, ASSAY_ERROR, d->host->name, NULL);
    if (d->set->nusable == 1)
        say(d->p, f,
            "the TLSA record of %.*s does not match the certificate it shows: senders that check DANE deliver nothing",
            SPAN_ARG(d->host->name));
    else
        say(d->p, f,
            "none of the %zu TLSA records of %.*s matches the certificate it shows: senders that check DANE deliver nothing",
            d->set->nusable, SPAN_ARG(d->host->name));
    show_both(d, f);
    publish_live(d->p, f, d->host, tlsa_whole(d->p, &d->set->records[i]));
    advise(
        d->p, f,
        "Then let the record be made by whatever renews the certificate, before the new key is used.");
}

/** Nothing matches, and all records are of usage 2. */
static void judge_ta_absent(struct dane *d)
{
    struct finding *f;

    if (d->c.any || d->c.not_sent) {
        pass(d->p, F_DANE_TA_ABSENT, d->host->name);
        return;
    }
    if (d->c.unknown) {
        unknown_probe(d->p, F_DANE_TA_ABSENT, d->host);
        return;
    }
    f = hit(d->p, F_DANE_TA_ABSENT, ASSAY_ERROR, d->host->name, NULL);
    say(d->p, f,
        "the TLSA records of %.*s name an authority whose certificate is not among the %zu that it sends: senders that check DANE deliver nothing",
        SPAN_ARG(d->host->name), d->host->seen->ncerts);
    show_both(d, f);
    advise(d->p, f,
           "Let %.*s send the certificate of that authority with its own, even if it is a root.",
           SPAN_ARG(d->host->name));
    publish_live(d->p, f, d->host, SPAN_EMPTY);
}

/** How the combination of usage, selector and matching type of the record at `i` fares. */
static enum truth combination(const struct dane *d, size_t i)
{
    const struct dane_tlsa *t = &d->set->records[i];
    enum truth ret = NO;

    for (size_t k = 0; k < d->set->n; k++) {
        const struct dane_tlsa *o = &d->set->records[k];

        if (o->fault != DANE_USABLE || o->usage != t->usage || o->selector != t->selector ||
            o->matching != t->matching)
            continue;
        ret = truth_or(ret, d->c.match[k] == DANE_MATCH_UNKNOWN
                                ? UNKNOWN
                                : truth_of(d->c.match[k] != DANE_NO_MATCH));
    }
    return ret;
}

/** Something matches, but a combination does not: a sender that looks at that one alone fails. */
static enum truth judge_combination(struct dane *d)
{
    enum truth all = YES;
    size_t bad = 0;
    struct finding *f;

    for (size_t i = 0; i < d->set->n; i++) {
        enum truth one = d->set->records[i].fault == DANE_USABLE ? combination(d, i) : YES;

        if (one == NO && all != NO)
            bad = i;
        all = truth_and(all, one);
    }
    if (!d->c.any && all == NO)
        return NO; /* that is a mismatch */
    if (all == YES)
        pass(d->p, F_DANE_COMBINATION, d->host->name);
    else if (all == UNKNOWN)
        unknown_probe(d->p, F_DANE_COMBINATION, d->host);
    if (all != NO)
        return all;
    f = hit(d->p, F_DANE_COMBINATION, ASSAY_ERROR, d->host->name, NULL);
    say(d->p, f,
        "the TLSA record %.*s of %.*s matches nothing, nor does another of its kind: senders that look at that kind deliver nothing",
        SPAN_ARG(tlsa_short(d->p, &d->set->records[bad])), SPAN_ARG(d->host->name));
    show_tlsa(d, f, bad);
    show_probe(d->p, f, d->host, SPAN_EMPTY);
    publish(d->p, f, "TLSA", d->host->tlsa.name, tlsa_whole(d->p, &d->set->records[bad]),
            SPAN_EMPTY);
    return NO;
}

/** The leaf may be called so, and the chain is within its dates. */
static enum truth is_good(const struct dane *d)
{
    return truth_and(d->named, truth_of(d->c.dated));
}

/** Some record of usage 3, or of usage 2, matches and counts. */
static enum truth by_usage(const struct dane *d, bool matches, bool may)
{
    return matches ? YES : may && (d->c.unknown || d->c.not_sent) ? UNKNOWN : NO;
}

/** Usage 2 alone authenticates: then names and dates count (RFC 7672 3.2.2). */
static void judge_ta_cert(struct dane *d)
{
    const struct probe_cert *leaf = host_leaf(d->host);
    const enum truth alone =
        truth_and(by_usage(d, d->c.ta, true), truth_not(by_usage(d, d->c.ee, d->set->ee)));
    const enum truth bad = truth_and(alone, truth_not(is_good(d)));
    struct finding *f;

    if (!d->c.any && !d->c.unknown && !d->c.not_sent)
        return; /* that is a mismatch */
    if (bad == UNKNOWN)
        unknown_probe(d->p, F_DANE_TA_CERT, d->host);
    else if (bad == NO)
        pass(d->p, F_DANE_TA_CERT, d->host->name);
    if (bad != YES)
        return;
    f = hit(d->p, F_DANE_TA_CERT, ASSAY_ERROR, d->host->name, NULL);
    if (d->named == NO)
        say(d->p, f,
            "the certificate of %.*s is made out to %.*s, which is neither this host nor the domain: senders that check DANE deliver nothing",
            SPAN_ARG(d->host->name), SPAN_ARG(names_text(d->p, leaf->names)));
    else
        say(d->p, f,
            "the certificate of %.*s, or one above it, is not valid at this time (its own ends on %.*s): senders that check DANE deliver nothing",
            SPAN_ARG(d->host->name), SPAN_ARG(day_text(d->p, leaf->to)));
    show_both(d, f);
    advise(d->p, f, "Get a certificate for %.*s that is valid now.", SPAN_ARG(d->host->tlsa_base));
}

/** The next key has no record yet. */
static void judge_rollover(struct dane *d)
{
    bool all = true;
    struct finding *f;

    for (size_t i = 0; i < d->set->n; i++)
        all &= d->set->records[i].fault != DANE_USABLE || d->c.match[i] == DANE_MATCH;
    if (!d->c.any && !d->c.unknown)
        return; /* that is a mismatch */
    if (d->set->ta || (!all && !d->c.unknown)) {
        pass(d->p, F_DANE_ROLLOVER, d->host->name);
        return;
    }
    if (!all) {
        unknown_probe(d->p, F_DANE_ROLLOVER, d->host);
        return;
    }
    f = hit(d->p, F_DANE_ROLLOVER, ASSAY_NOTICE, d->host->name, NULL);
    say(d->p, f,
        "all TLSA records of %.*s name the key in use: when that changes, mail stops until the new record is seen everywhere",
        SPAN_ARG(d->host->name));
    show(d->p, f, &d->host->tlsa, SPAN_EMPTY, SPAN_EMPTY);
    advise(d->p, f, "Make the next key and publish its `3 1 1` at %.*s well before it is used.",
           SPAN_ARG(d->host->tlsa.name));
}

/** What is remembered of a record that matches nothing: for how long it has been so. */
static enum truth is_stale(const struct dane *d, size_t i, bool *ret_known)
{
    const struct asked *q = &d->host->unmatched[i];
    uint64_t since;

    if (d->set->records[i].fault != DANE_USABLE || d->c.match[i] == DANE_MATCH ||
        asked_data(q) == NO || !q->fact)
        return NO;
    if (asked_data(q) == UNKNOWN || !number_read(q->fact->data[0], INT64_MAX, &since))
        return UNKNOWN;
    *ret_known = true;
    if (d->p->ev.now < STALE || (int64_t)since > d->p->ev.now - STALE)
        return NO;
    return d->c.match[i] == DANE_NO_MATCH ? YES : UNKNOWN;
}

/** DANE-STALE: only where something is remembered, and some other record is right. */
static void judge_stale(struct dane *d)
{
    enum truth any = NO;
    bool known = false;
    size_t which = 0;
    struct finding *f;

    if (!d->host->unmatched || (!d->c.any && !d->c.unknown))
        return; /* that is a mismatch */
    for (size_t i = 0; i < d->set->n; i++) {
        enum truth stale = is_stale(d, i, &known);

        if (stale == YES && any != YES)
            which = i;
        any = truth_or(any, stale);
    }
    if (any == UNKNOWN)
        unknown(d->p, F_DANE_STALE, d->host->name, &d->host->probe,
                "since when a record matches nothing is not known");
    else if (any == NO && known)
        pass(d->p, F_DANE_STALE, d->host->name);
    if (any != YES)
        return;
    f = hit(d->p, F_DANE_STALE, ASSAY_NOTICE, d->host->name, NULL);
    say(d->p, f, "the TLSA record %.*s of %.*s has matched nothing for 60 days",
        SPAN_ARG(tlsa_short(d->p, &d->set->records[which])), SPAN_ARG(d->host->name));
    show_tlsa(d, f, which);
    show(d->p, f, &d->host->unmatched[which], SPAN_EMPTY, SPAN_EMPTY);
    publish(d->p, f, "TLSA", d->host->tlsa.name, tlsa_whole(d->p, &d->set->records[which]),
            SPAN_EMPTY);
}

/** The records hold (docs/findings.md 7). */
static enum truth holds(const struct dane *d, enum truth combinations)
{
    enum truth proved = truth_or(by_usage(d, d->c.ee, d->set->ee),
                                 truth_and(by_usage(d, d->c.ta, d->set->ta), is_good(d)));

    return truth_and(proved, combinations);
}

/**
 * The leaf is called as a sender may call the host: by the base domain, and where the MX records are secure by the
 * domain or what that is an alias of (RFC 7672 3.2.2). Without MX records the domain is one of the names anyway.
 */
static enum truth is_named(const struct dane *d)
{
    const struct topic_mx *mx = &d->p->mx;
    const struct probe_cert *leaf = host_leaf(d->host);
    const size_t steps = mx->mx.fact ? mx->mx.fact->nchain : 0;
    bool hop;

    if (!leaf || d->c.named)
        return leaf ? YES : UNKNOWN;
    hop = probe_name_matches(leaf->names, d->p->domain) ||
          (steps && probe_name_matches(leaf->names, mx->mx.fact->chain[steps - 1].target));
    return truth_and(truth_of(hop), mx->implicit ? YES : asked_secure(&mx->mx));
}

void judge_dane_chain(struct dane *d)
{
    struct posture *p = d->p;

    if (dane_compare(p->ev.engine, d->set, d->host->seen, &d->host->tlsa_base, 1, p->ev.now,
                     &d->c) != ASSAY_DONE) {
        p->no_memory = true;
        return;
    }
    d->named = is_named(d);
    if (d->set->ee)
        judge_mismatch(d);
    else
        judge_ta_absent(d);
    d->host->dane_holds = holds(d, judge_combination(d));
    if (d->set->ta)
        judge_ta_cert(d);
    judge_rollover(d);
    judge_stale(d);
}

void judge_dane_unseen(struct dane *d)
{
    unknown_probe(d->p, d->set->ee ? F_DANE_MISMATCH : F_DANE_TA_ABSENT, d->host);
    unknown_probe(d->p, F_DANE_COMBINATION, d->host);
    if (d->set->ta)
        unknown_probe(d->p, F_DANE_TA_CERT, d->host);
    else
        unknown_probe(d->p, F_DANE_ROLLOVER, d->host);
}
