/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/dispose.h"

/** Whom the options trust, until when and why. */
static assay_span note_of(struct disposer *d, const struct forwarder *f)
{
    return pass_printf(d->ev, "%.*s%s%.*s%s%.*s", SPAN_ARG(span_first(f->who, 300)),
                       f->until.n ? ", until " : "", SPAN_ARG(f->until), f->note.n ? ": " : "",
                       SPAN_ARG(span_first(f->note, 300)));
}

/** The message as the table asks for it. Authors that cannot be relied on are none. */
static struct forwarded forwarded_of(const struct receive *r)
{
    bool sure = !r->authors.over && !r->authors.hidden;

    return (struct forwarded){.authors = r->authors.domains,
                              .nauthors = sure ? r->authors.n : 0,
                              .recipients = r->paths,
                              .nrecipients = r->nrecipients};
}

/** The client is the one that an entry means. */
static enum truth is_client(const struct receive *r, const struct forwarder *f)
{
    if (f->by == FORWARDER_CLIENT)
        return matches_ip(&f->whom, &r->ip) ? TRUTH_YES : TRUTH_NO;
    if (f->by == FORWARDER_SEALER)
        return TRUTH_NO;
    if (r->iprev.result == IPREV_TEMPERROR)
        return TRUTH_MAYBE;
    return r->iprev.result == IPREV_PASS && matches_domain(&f->whom, r->iprev.name) ? TRUTH_YES
                                                                                    : TRUTH_NO;
}

/* ---- the client ---- */

/** Note what an entry says of the message. */
static void take_entry(struct disposer *d, const struct forwarder *f, enum truth t,
                       struct trusted *ret)
{
    assay_span note = note_of(d, f);

    if (!forwarder_holds(f, d->ev->now)) {
        trace(d->ev, NULL, SPAN("forwarder %1\tended\tas if it were not there"), note);
        return;
    }
    trace(d->ev, NULL, SPAN("forwarder %1\t%2\t%3"), note,
          t == TRUTH_YES ? SPAN("it is") : SPAN("could not be told"),
          t == TRUTH_YES ? SPAN("trusted") : SPAN_EMPTY);
    if (t <= ret->vouches)
        return;
    ret->vouches = t;
    ret->override = "forwarder";
    ret->ref = "RFC 9989 7.4";
    ret->note = note;
    ret->reason =
        t == TRUTH_YES
            ? pass_printf(d->ev, "a trusted forwarder sent it on (%.*s)", SPAN_ARG(note))
            : pass_printf(d->ev,
                          "whether the client is the trusted forwarder %.*s could not be told",
                          SPAN_ARG(f->who));
}

/** Ask the entries that go by the client, until one vouches. */
static void ask_clients(struct disposer *d, const struct forwarded *message, struct trusted *ret)
{
    const struct forwarders *table = &d->policy->forwarders;

    for (size_t i = 0; i < table->n && ret->vouches != TRUTH_YES; i++) {
        const struct forwarder *f = &table->all[i];
        enum truth t = is_client(d->r, f);

        if (t != TRUTH_NO && forwarder_is_for(f, message))
            take_entry(d, f, t, ret);
    }
}

/* ---- the seals ---- */

/** An entry trusts a sealer for this message, now. */
static bool trusts_sealer(const struct disposer *d, const struct forwarder *f,
                          const struct forwarded *message)
{
    return f->by == FORWARDER_SEALER && forwarder_is_for(f, message) &&
           forwarder_holds(f, d->ev->now);
}

/** The sealers that are trusted for this message: of arc.trusted, and of the table. */
static assay_status gather_sealers(struct disposer *d, const struct forwarded *message,
                                   assay_span **ret, size_t *ret_n)
{
    const struct policy_names *names = &d->policy->arc_trusted;
    const struct forwarders *table = &d->policy->forwarders;
    assay_span *all = arena_get(&d->ev->pass, (names->n + table->n + 1) * sizeof *all);
    size_t n = 0;

    if (!all)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < names->n; i++)
        all[n++] = names->names[i];
    for (size_t i = 0; i < table->n; i++)
        if (trusts_sealer(d, &table->all[i], message))
            all[n++] = table->all[i].whom.all[0].domain;
    *ret = all;
    *ret_n = n;
    return ASSAY_DONE;
}

/** Whom the options trust in the person of a sealer. */
static assay_span sealer_note(struct disposer *d, const struct forwarded *message,
                              assay_span domain)
{
    const struct forwarders *table = &d->policy->forwarders;

    for (size_t i = 0; i < table->n; i++)
        if (trusts_sealer(d, &table->all[i], message) &&
            span_eq(table->all[i].whom.all[0].domain, domain))
            return note_of(d, &table->all[i]);
    return pass_printf(d->ev, "arc.trusted = %.*s", SPAN_ARG(domain));
}

/** Tell of sealers of the message whose time is over. */
static void tell_ended(struct disposer *d, const struct forwarded *message)
{
    const struct forwarders *table = &d->policy->forwarders;
    const struct arc_check *arc = &d->r->arc;

    for (size_t i = 0; i < table->n; i++)
        for (size_t k = 0; k < arc->n; k++) {
            const struct forwarder *f = &table->all[i];

            if (f->by != FORWARDER_SEALER || !arc->sets[k].seal.domain.n ||
                !span_eq(f->whom.all[0].domain, arc->sets[k].seal.domain) ||
                forwarder_holds(f, d->ev->now) || !forwarder_is_for(f, message))
                continue;
            trace(d->ev, NULL, SPAN("forwarder %1\tended\tas if it were not there"), note_of(d, f));
            break;
        }
}

/** Take a sealer's word. */
static void take_sealer(struct disposer *d, const struct forwarded *message, enum arc_trust word,
                        size_t set, struct trusted *ret)
{
    assay_span domain = d->r->arc.sets[set].seal.domain;

    ret->vouches = word == ARC_VOUCHED ? TRUTH_YES : TRUTH_MAYBE;
    ret->override = "sealer";
    ret->ref = "RFC 8617 7.2.1";
    ret->note = sealer_note(d, message, domain);
    trace(d->ev, NULL, SPAN("sealer %1\t%2"), ret->note,
          word == ARC_VOUCHED ? SPAN("trusted") : SPAN("could not be told"));
    ret->reason =
        word == ARC_VOUCHED
            ? pass_printf(d->ev, "the trusted sealer %.*s saw dmarc=pass for %.*s (ARC set %zu)",
                          SPAN_ARG(domain), SPAN_ARG(d->dmarc->author), set + 1)
            : pass_printf(d->ev, "the ARC chain with the word of %.*s could not be checked",
                          SPAN_ARG(domain));
}

/** Ask the seals. More authors than are known of, nobody vouches for. */
static assay_status ask_sealers(struct disposer *d, const struct forwarded *message,
                                struct trusted *ret)
{
    const struct authors *authors = &d->r->authors;
    struct arc_asked asked = {.authors = authors->domains, .nauthors = authors->n};
    assay_span *sealers;
    enum arc_trust word;
    assay_status s = gather_sealers(d, message, &sealers, &asked.ntrusted);
    size_t set = 0;

    if (s != ASSAY_DONE)
        return s;
    tell_ended(d, message);
    asked.trusted = sealers;
    word = arc_trust(&d->r->arc, &asked, &set);
    if (word == ARC_VOUCHED || (word == ARC_MAYBE_VOUCHED && ret->vouches == TRUTH_NO))
        take_sealer(d, message, word, set, ret);
    return ASSAY_DONE;
}

assay_status trust_ask(struct disposer *d, bool dmarc, struct trusted *ret)
{
    const struct forwarded message = forwarded_of(d->r);

    *ret = (struct trusted){.vouches = TRUTH_NO, .note = SPAN_EMPTY, .reason = SPAN_EMPTY};
    ask_clients(d, &message, ret);
    if (!dmarc || ret->vouches == TRUTH_YES || d->r->authors.over || d->r->authors.hidden)
        return ASSAY_DONE;
    return ask_sealers(d, &message, ret);
}
