/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dns.c The domain itself and what lies around it; the checks of the DNS. */
#include "posture/emit.h"

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

    for (size_t i = 0; i < 32 && i + word.n <= text.n; i++)
        if (span_istarts(span_from(text, i), word))
            return true;
    return false;
}

/** Some record of an answer is meant for a service. */
static bool any_meant(enum service service, const struct asked *q)
{
    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++)
        if (is_meant(service, q->fact->records[i].text))
            return true;
    return false;
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
    for (int i = 0; i < SERVICES; i++)
        s = join(s, ask_doubled(p, (enum service)i));
    return s;
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

/* ---- judging ---- */

void judge_dns(struct posture *p)
{
    (void)p;
}
