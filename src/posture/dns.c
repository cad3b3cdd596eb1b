/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dns.c The domain itself and what lies around it; the checks of the DNS. */
#include "posture/emit.h"

#include <stdlib.h>

#include "dmarc/lint.h"

/** A name that nobody has, always the same, so that a recorded check can be replayed. */
#define PROBE_LABEL "assay-no-such-name"

/** The service names, without the domain, and the word that a record meant for one has near its beginning. */
static const struct {
    const char *labels, *word;
} SERVICE_TABLE[SERVICES] = {
    [SERVICE_DMARC] = {"_dmarc", "dmarc1"},
    [SERVICE_MTASTS] = {"_mta-sts", "stsv1"},
    [SERVICE_TLSRPT] = {"_smtp._tls", "tlsrptv1"},
    [SERVICE_BIMI] = {"default._bimi", "bimi1"},
};

/* ---- gathering ---- */

/** A record is meant for a service: it names the version, well or badly spelt. */
static bool is_meant(enum service service, assay_span text)
{
    const assay_span word = span_of(SERVICE_TABLE[service].word);
    assay_span rest;

    if (service == SERVICE_DMARC && dmarc_near_miss(text, &rest) != DMARC_NOT_MEANT)
        return true;
    for (size_t i = 0; i < 32 && i + word.n <= text.n; i++)
        if (span_istarts(span_from(text, i), word))
            return true;
    return false;
}

/** The first record of an answer that is meant for a service; NULL: there is none. */
static const assay_span *any_meant(enum service service, const struct asked *q)
{
    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++)
        if (is_meant(service, q->fact->records[i].text))
            return &q->fact->records[i].text;
    return NULL;
}

/** Where a service name has nothing, ask for the name as it is when the zone was added twice. */
static assay_status ask_doubled(struct posture *p, enum service service)
{
    const struct asked *q = &p->apex.service[service];
    struct dns_name twice;

    if (!q->fact || asked_data(q) == UNKNOWN || any_meant(service, q) ||
        !dns_join(p->domain, "", p->domain, &twice))
        return ASSAY_DONE;
    return posture_ask_below(p, ASSAY_RR_TXT, SERVICE_TABLE[service].labels, dns_name_span(&twice),
                             &p->apex.doubled[service]);
}

/** Where a service name failed, follow its aliases one by one: they may lead round in a circle. */
static assay_status follow_alias(struct posture *p, enum service service)
{
    struct topic_apex *t = &p->apex;
    assay_span seen[LIMIT_CNAMES], name = t->service[service].name;
    assay_status s = ASSAY_DONE;

    if (!t->service[service].fact || t->service[service].fact->how != ASSAY_SERVFAIL)
        return ASSAY_DONE;
    for (size_t n = 0; n < LIMIT_CNAMES; n++) {
        const struct assay_fact *fact;

        for (size_t i = 0; i < n; i++)
            if (span_eq(seen[i], name)) {
                t->circle[service] = true;
                return ASSAY_DONE;
            }
        seen[n] = name;
        s = n ? ask_dns(&p->ev, ASSAY_RR_CNAME, name, &fact)
              : posture_ask_dns(p, ASSAY_RR_CNAME, name, &t->alias[service]);
        if (s != ASSAY_DONE)
            return s;
        fact = n ? fact : t->alias[service].fact;
        if (fact_state(fact) != FACT_DATA)
            return ASSAY_DONE;
        name = fact->records[0].text;
    }
    return ASSAY_DONE;
}

/** What a scan does not ask. */
static assay_status ask_more(struct posture *p)
{
    struct topic_apex *t = &p->apex;
    const struct {
        uint16_t rrtype;
        struct asked *ret;
    } WANTED[] = {{ASSAY_RR_A, &t->a},     {ASSAY_RR_AAAA, &t->aaaa}, {ASSAY_RR_NS, &t->ns},
                  {ASSAY_RR_SOA, &t->soa}, {ASSAY_RR_DS, &t->ds},     {ASSAY_RR_SPF, &t->spf99}};
    assay_status s = posture_ask_below(p, ASSAY_RR_TXT, PROBE_LABEL, p->domain, &t->probe);

    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++)
        s = join(s, posture_ask_dns(p, WANTED[i].rrtype, p->domain, WANTED[i].ret));
    for (int i = 0; i < SERVICES; i++) {
        s = join(s, ask_doubled(p, (enum service)i));
        s = join(s, follow_alias(p, (enum service)i));
    }
    return p->each_server ? join(s, gather_servers(p)) : s;
}

assay_status gather_apex(struct assay_eval *ev, void *posture)
{
    struct posture *p = posture;
    struct topic_apex *t = &p->apex;
    assay_status s = posture_ask_dns(p, ASSAY_RR_TXT, p->domain, &t->txt);

    (void)ev;
    s = join(s, posture_ask(p, ASSAY_SUFFIX, 0, p->domain, &t->suffix));
    for (int i = 0; i < SERVICES; i++)
        s = join(s, posture_ask_below(p, ASSAY_RR_TXT, SERVICE_TABLE[i].labels, p->domain,
                                      &t->service[i]));
    return p->depth == ASSAY_DEPTH_SCAN ? s : join(s, ask_more(p));
}

/* ---- the domain ---- */

enum truth posture_gone(const struct posture *p)
{
    const struct asked *asked[] = {&p->apex.txt, &p->apex.soa, &p->mx.mx, &p->apex.a};
    enum truth gone = UNKNOWN;

    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const struct assay_fact *fact = asked[i]->fact;

        if (!fact || fact_state(fact) == FACT_UNKNOWN)
            continue;
        if (fact->how != ASSAY_NXDOMAIN || fact->nchain)
            return NO; /* some type is there, or could be: so is the name */
        gone = YES;
    }
    return gone;
}

/** DNS-NO-DOMAIN. \return it hits */
static bool judge_domain(struct posture *p)
{
    struct finding *f;

    if (posture_gone(p) != YES) {
        judged(p, F_DNS_NO_DOMAIN, posture_gone(p), p->domain, &p->apex.txt);
        return false;
    }
    f = hit(p, F_DNS_NO_DOMAIN, ASSAY_ERROR, p->domain, NULL);
    say(p, f, "%.*s does not exist in the DNS", SPAN_ARG(p->domain));
    show(p, f, &p->apex.txt, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Look for a slip of the pen in the name, or register it.");
    return true;
}

/* ---- DNSSEC ---- */

/** A question of the table that receivers would ask, about an own name; put into `ret` as evidence. */
static bool own_question(const struct posture *p, size_t i, struct asked *ret)
{
    const struct question *q = p->ev.questions.all[i];

    if (q->kind != ASSAY_DNS || q->data.n || !q->fact || !q->blocking ||
        posture_own(p, q->name) != YES)
        return false;
    *ret = (struct asked){.kind = q->kind, .rrtype = q->rrtype, .name = q->name, .fact = q->fact};
    return true;
}

static int compare_asked(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;
    int order = span_compare(x->name, y->name);

    return order ? order : (x->rrtype > y->rrtype) - (x->rrtype < y->rrtype);
}

/** All of them, by name: in which order they were asked depends on who answered first. \return how many */
static size_t own_questions(struct posture *p, struct asked **ret)
{
    size_t n = 0;

    if (!(*ret = posture_get(p, p->ev.questions.n, sizeof **ret)))
        return 0;
    for (size_t i = 0; i < p->ev.questions.n; i++)
        n += own_question(p, i, &(*ret)[n]);
    qsort(*ret, n, sizeof **ret, compare_asked);
    return n;
}

/** DNS-BOGUS. */
static void judge_bogus(struct posture *p)
{
    struct asked q, missing = {.fact = NULL}, blind = {.fact = NULL};
    struct finding *f = NULL;
    struct asked *all;
    size_t n = 0, nall = own_questions(p, &all);

    for (size_t i = 0; i < nall; i++) {
        q = all[i];
        if (q.fact->how != ASSAY_BOGUS) {
            if (fact_state(q.fact) == FACT_UNKNOWN)
                missing = q;
            else if (q.fact->secure == ASSAY_UNKNOWN)
                blind = q;
            continue;
        }
        if (!f)
            f = hit(p, F_DNS_BOGUS, ASSAY_ERROR, p->domain, NULL);
        show(p, f, &q, SPAN_EMPTY, SPAN_EMPTY);
        n++;
    }
    if (f) {
        say(p, f,
            "the signatures of %zu answer%s about %.*s do not hold: who checks them sees nothing there",
            n, n > 1 ? "s" : "", SPAN_ARG(p->domain));
        advise(p, f, "Sign the zone anew, or correct the DS record at the registry.");
    } else if (missing.fact) {
        unknown(p, F_DNS_BOGUS, p->domain, &missing, NULL);
    } else if (blind.fact) {
        unknown(p, F_DNS_BOGUS, p->domain, &blind, "the resolver does not check signatures");
    } else {
        pass(p, F_DNS_BOGUS, p->domain);
    }
}

/** DNS-UNSIGNED. */
static void judge_unsigned(struct posture *p)
{
    const struct asked *asked[] = {&p->apex.soa, &p->apex.txt, &p->mx.mx};
    const struct asked *q = asked[0];
    struct finding *f;

    for (size_t i = 0; i < sizeof asked / sizeof *asked && asked_secure(q) == UNKNOWN; i++)
        q = asked[i];
    switch (asked_secure(q)) {
    case YES: pass(p, F_DNS_UNSIGNED, p->domain); return;
    case UNKNOWN:
        q = p->apex.txt.fact ? &p->apex.txt : q;
        unknown(p, F_DNS_UNSIGNED, p->domain, q,
                q->fact && fact_state(q->fact) != FACT_UNKNOWN
                    ? "the resolver does not check signatures"
                    : NULL);
        return;
    default: break;
    }
    f = hit(p, F_DNS_UNSIGNED, ASSAY_NOTICE, p->domain, NULL);
    say(p, f, "the zone of %.*s is not signed: its records can be forged on their way",
        SPAN_ARG(p->domain));
    show(p, f, q, SPAN_EMPTY, SPAN_EMPTY);
    if (p->apex.ds.fact)
        show(p, f, &p->apex.ds, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Sign the zone, then give the DS record to the registry.");
}

/** DNS-SIGNATURES: the first signature of an own answer that ends. */
static void judge_signatures(struct posture *p)
{
    const int64_t soon = 2 * 86400;
    struct asked q, first = {.fact = NULL}, secure = {.fact = NULL};
    struct finding *f;
    struct asked *all;
    size_t nall = own_questions(p, &all);
    int64_t left;

    for (size_t i = 0; i < nall; i++) {
        q = all[i];
        if (q.fact->secure != ASSAY_SECURE || fact_state(q.fact) == FACT_UNKNOWN)
            continue;
        secure = q;
        if (q.fact->until && (!first.fact || q.fact->until < first.fact->until))
            first = q;
    }
    if (!secure.fact)
        return; /* nothing is signed */
    if (!first.fact) {
        unknown(p, F_DNS_SIGNATURES, p->domain, &secure, "when the signatures end was not told");
        return;
    }
    left = first.fact->until - p->ev.now;
    if (left >= soon) {
        pass(p, F_DNS_SIGNATURES, p->domain);
        return;
    }
    f = hit(p, F_DNS_SIGNATURES, ASSAY_WARNING, p->domain, NULL);
    if (left > 0)
        say(p, f, "a signature of %.*s ends in %lld hour%s and has not been renewed",
            SPAN_ARG(first.name), (long long)(left / 3600), left / 3600 == 1 ? "" : "s");
    else
        say(p, f, "a signature of %.*s has ended", SPAN_ARG(first.name));
    show(p, f, &first, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "See why the signer does not run, and sign the zone anew.");
}

/* ---- service names ---- */

/** The answer to the probe label holds this TXT too: a wildcard gives it. */
static bool from_wildcard(const struct posture *p, assay_span text)
{
    const struct asked *probe = &p->apex.probe;

    for (size_t i = 0; asked_data(probe) == YES && i < probe->fact->n; i++)
        if (span_eq(probe->fact->records[i].text, text))
            return true;
    return false;
}

/** DNS-STRAY-TXT at a service name. */
static void judge_stray(struct posture *p, enum service service)
{
    const struct asked *q = &p->apex.service[service];
    struct finding *f = NULL;

    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++) {
        assay_span text = q->fact->records[i].text;

        if (is_meant(service, text) || from_wildcard(p, text))
            continue;
        if (asked_data(&p->apex.probe) == UNKNOWN) {
            unknown(p, F_DNS_STRAY_TXT, q->name, &p->apex.probe, NULL);
            return; /* it may be that of a wildcard; a scan does not ask */
        }
        if (!f) {
            f = hit(p, F_DNS_STRAY_TXT, ASSAY_NOTICE, q->name, "stray");
            say(p, f,
                "a TXT record at %.*s has nothing to do with that name; readers throw it away",
                SPAN_ARG(q->name));
        }
        show(p, f, q, text, SPAN_EMPTY);
        publish(p, f, "TXT", q->name, text, SPAN_EMPTY);
    }
    if (!f && q->fact)
        judged(p, F_DNS_STRAY_TXT, asked_data(q) == UNKNOWN ? UNKNOWN : NO, q->name, q);
}

/** DNS-STRAY-TXT by a wildcard. */
static void judge_wildcard(struct posture *p)
{
    const struct asked *q = &p->apex.probe;
    struct finding *f;

    if (asked_data(q) != YES) {
        judged(p, F_DNS_STRAY_TXT, asked_data(q), p->domain, q);
        return;
    }
    f = hit(p, F_DNS_STRAY_TXT, ASSAY_NOTICE, p->domain, "wildcard");
    say(p, f,
        "names below %.*s that nobody made have a TXT record: a wildcard answers for the services, too",
        SPAN_ARG(p->domain));
    for (size_t i = 0; i < q->fact->n; i++)
        show(p, f, q, q->fact->records[i].text, SPAN_EMPTY);
    advise(p, f, "Put the TXT at the names that need it in place of *.%.*s.", SPAN_ARG(p->domain));
}

/** DNS-CNAME-GONE of one name. \param circle  its aliases lead round */
static void judge_alias(struct posture *p, const struct asked *q, bool circle)
{
    const struct assay_fact *fact = q->fact;
    struct finding *f;

    if (!fact)
        return;
    if (!circle && (fact->how != ASSAY_NXDOMAIN || !fact->nchain)) {
        judged(p, F_DNS_CNAME_GONE, fact_state(fact) == FACT_UNKNOWN ? UNKNOWN : NO, q->name, q);
        return;
    }
    f = hit(p, F_DNS_CNAME_GONE, ASSAY_ERROR, q->name, NULL);
    if (circle)
        say(p, f, "%.*s is an alias that leads back to itself", SPAN_ARG(q->name));
    else
        say(p, f, "%.*s is an alias of %.*s, which does not exist", SPAN_ARG(q->name),
            SPAN_ARG(fact->chain[fact->nchain - 1].target));
    show(p, f, q, SPAN_EMPTY, SPAN_EMPTY);
    for (size_t i = 0; !circle && i < fact->nchain && i < 1; i++)
        note(p, f, "CNAME %.*s", SPAN_ARG(fact->chain[i].target));
    if (!circle)
        publish(p, f, "CNAME", q->name, fact->chain[0].target, SPAN_EMPTY);
    advise(p, f, "Point the alias to a name that exists, or delete it.");
}

/** DNS-DOUBLED-NAME of one name. \param found  the record of the right kind at the name twice, or NULL */
static void judge_doubled(struct posture *p, const struct asked *q, const struct asked *doubled,
                          const assay_span *found)
{
    struct finding *f;

    if (!found) {
        judged(p, F_DNS_DOUBLED_NAME,
               doubled->fact && asked_data(doubled) == UNKNOWN ? UNKNOWN
               : asked_data(q) == UNKNOWN                      ? UNKNOWN
                                                               : NO,
               q->name, doubled->fact ? doubled : q);
        return;
    }
    f = hit(p, F_DNS_DOUBLED_NAME, ASSAY_WARNING, q->name, NULL);
    say(p, f,
        "the record for %.*s stands at %.*s: the zone was added to a name that was whole already",
        SPAN_ARG(q->name), SPAN_ARG(doubled->name));
    show(p, f, q, SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, doubled, SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "TXT", q->name, SPAN_EMPTY, *found);
    publish(p, f, "TXT", doubled->name, *found, SPAN_EMPTY);
}

/** The checks of a service name. */
static void judge_service(struct posture *p, enum service service)
{
    struct topic_apex *t = &p->apex;

    judge_stray(p, service);
    judge_alias(p, &t->service[service], t->circle[service]);
    if (p->depth != ASSAY_DEPTH_SCAN)
        judge_doubled(p, &t->service[service], &t->doubled[service],
                      any_meant(service, &t->doubled[service]));
}

/** The checks of a selector's name. A guess that is not there is nobody's. */
static void judge_selector(struct posture *p, const struct posture_selector *s)
{
    if (s->known != KNOWN_GUESSED || (s->txt.fact && s->txt.fact->nchain))
        judge_alias(p, &s->txt, false);
    if (s->doubled.fact)
        judge_doubled(p, &s->txt, &s->doubled,
                      asked_data(&s->doubled) == YES ? &s->doubled.fact->records[0].text : NULL);
}

/* ---- all of it ---- */

/** The line where all is well. */
static void sum(struct posture *p)
{
    enum truth secure = asked_secure(p->apex.soa.fact ? &p->apex.soa : &p->apex.txt);

    p->summary[AREA_DNS] = secure == YES  ? SPAN("signed, and the signatures hold")
                           : secure == NO ? SPAN("answers; not signed")
                                          : SPAN("answers; whether it is signed is not known");
}

void judge_dns(struct posture *p)
{
    if (judge_domain(p))
        return;
    judge_bogus(p);
    judge_unsigned(p);
    judge_signatures(p);
    for (int i = 0; i < SERVICES; i++)
        judge_service(p, (enum service)i);
    judge_wildcard(p);
    for (size_t i = 0; i < p->dkim.nselectors; i++)
        judge_selector(p, &p->dkim.selectors[i]);
    judge_servers(p);
    sum(p);
}
