/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dkim.c What is asked about a domain's DKIM keys; its checks are in dkim_judge.c. */
#include "posture/emit.h"

#include "posture/providers.h"
#include "posture/reported.h"

enum { SELECTORS = LIMIT_SELECTORS + LIMIT_GUESSES };

/* ---- which selectors ---- */

/** Add a selector, once. \return ASSAY_DONE, ASSAY_ENOMEM */
static assay_status add(struct posture *p, assay_span selector, enum posture_known known,
                        assay_span provider)
{
    struct topic_dkim *t = &p->dkim;
    struct posture_selector *s = &t->selectors[t->nselectors];
    struct dns_name as_name, name;

    if (t->nselectors == SELECTORS || !dns_name_read(selector, &as_name) ||
        !dns_join(dns_name_span(&as_name), "_domainkey", p->domain, &name))
        return ASSAY_DONE;
    for (size_t i = 0; i < t->nselectors; i++)
        if (span_eq(t->selectors[i].name, dns_name_span(&name)))
            return ASSAY_DONE;
    *s = (struct posture_selector){.known = known, .provider = provider};
    if (!arena_copy(&p->ev.keep, dns_name_span(&as_name), &s->selector) ||
        !arena_copy(&p->ev.keep, dns_name_span(&name), &s->name))
        return ASSAY_ENOMEM;
    t->nselectors++;
    return ASSAY_DONE;
}

/** The selectors that are given, and those that reports tell of. */
static assay_status list_known(struct posture *p)
{
    struct topic_dkim *t = &p->dkim;
    assay_status s = ASSAY_DONE;
    assay_span selector;

    if (t->selectors)
        return ASSAY_DONE;
    if (!(t->selectors = arena_zero(&p->ev.keep, SELECTORS * sizeof *t->selectors)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < p->nselectors && s == ASSAY_DONE; i++)
        s = add(p, p->selectors[i], KNOWN_GIVEN, SPAN_EMPTY);
    for (size_t i = 0;
         s == ASSAY_DONE && i < LIMIT_SELECTORS && (selector = reported_selector(p, i)).n; i++)
        s = add(p, selector, KNOWN_REPORTED, SPAN_EMPTY);
    if (s != ASSAY_DONE) {
        t->selectors = NULL;
        t->nselectors = 0;
    }
    return s;
}

/* ---- guesses ---- */

/** Some MX host is a provider's. */
static bool by_host(const struct topic_dkim *t, const struct provider *provider)
{
    for (size_t i = 0; asked_data(&t->mx) == YES && i < t->mx.fact->n; i++)
        if (provider_has(provider->hosts, t->mx.fact->records[i].text))
            return true;
    return false;
}

/** The SPF record lets a provider send. */
static bool by_include(const struct spf_record *record, const struct provider *provider)
{
    if (!record || record->found != SPF_RECORD_OK)
        return false;
    for (size_t i = 0; i < record->n; i++)
        if (record->terms[i].mechanism == SPF_INCLUDE && record->terms[i].domain.name.n &&
            provider_has(provider->includes, record->terms[i].domain.name))
            return true;
    return record->redirect.name.n && provider_has(provider->includes, record->redirect.name);
}

/** Add a provider's selectors. */
static assay_status add_provider(struct posture *p, const struct provider *provider, size_t most)
{
    assay_span rest = provider->selectors, word;
    assay_status s = ASSAY_DONE;

    while (s == ASSAY_DONE && p->dkim.nselectors < most && provider_word(&rest, &word))
        s = add(p, word, KNOWN_GUESSED,
                span_is(provider->name, "common") ? SPAN_EMPTY : provider->name);
    return s;
}

/** Add guesses: first those of providers that are recognized, then the common ones. */
static assay_status add_guesses(struct posture *p, const struct spf_record *record)
{
    struct topic_dkim *t = &p->dkim;
    size_t before = t->nselectors, most = before + LIMIT_GUESSES;
    assay_status s = ASSAY_DONE;

    for (int common = 0; common < 2; common++) {
        assay_span list = t->providers.fact->data[0];
        struct provider provider;

        while (s == ASSAY_DONE && provider_next(&list, &provider)) {
            bool for_all = span_is(provider.name, "common");

            if (common ? for_all
                       : !for_all && (by_host(t, &provider) || by_include(record, &provider)))
                s = add_provider(p, &provider, most);
        }
    }
    if (s != ASSAY_DONE)
        t->nselectors = before;
    return s;
}

/** Guess, once the answers that show providers are there. */
static assay_status guess(struct posture *p)
{
    struct topic_dkim *t = &p->dkim;
    const struct spf_record *record = NULL;
    assay_status s = posture_ask(p, ASSAY_LIST, 0, SPAN("providers"), &t->providers);

    s = join(s, posture_ask_dns(p, ASSAY_RR_MX, p->domain, &t->mx));
    s = join(s, posture_ask_dns(p, ASSAY_RR_TXT, p->domain, &t->txt));
    if (s != ASSAY_DONE || t->guessed)
        return s;
    if (asked_data(&t->txt) == YES && (s = spf_record_of(t->txt.fact, &record)) != ASSAY_DONE)
        return s;
    if (t->providers.fact->how == ASSAY_OK && t->providers.fact->n == 1)
        s = add_guesses(p, record);
    t->guessed = s == ASSAY_DONE;
    return s;
}

/* ---- asking ---- */

/** Where a given selector has nothing, ask for its name as it is when the zone was added twice. */
static assay_status ask_doubled(struct posture *p, struct posture_selector *s)
{
    struct dns_name name;

    if (s->known != KNOWN_GIVEN || asked_data(&s->txt) != NO ||
        !dns_join(s->name, "", p->domain, &name))
        return ASSAY_DONE;
    return posture_ask_dns(p, ASSAY_RR_TXT, dns_name_span(&name), &s->doubled);
}

/** All that is asked of one selector. */
static assay_status ask_selector(struct posture *p, struct posture_selector *s)
{
    assay_status status = posture_ask_dns(p, ASSAY_RR_TXT, s->name, &s->txt);

    if (status != ASSAY_DONE)
        return status;
    if (asked_data(&s->txt) == YES && (status = dkim_keys_of(s->txt.fact, &s->keys)) != ASSAY_DONE)
        return status;
    if (asked_data(&s->txt) == YES && s->known != KNOWN_GUESSED && p->depth != ASSAY_DEPTH_SCAN)
        status = posture_ask(p, ASSAY_RECALL, 0, pass_printf(&p->ev, "TXT %.*s", SPAN_ARG(s->name)),
                             &s->recalled);
    return join(status, ask_doubled(p, s));
}

/** What a scan does not ask. */
static assay_status ask_more(struct posture *p)
{
    struct topic_dkim *t = &p->dkim;
    assay_status s = guess(p);

    s = join(s, posture_ask_below(p, ASSAY_RR_TXT, "assay-no-such-name._domainkey", p->domain,
                                  &t->probe));
    s = join(s, posture_ask_below(p, ASSAY_RR_TXT, "_adsp._domainkey", p->domain, &t->adsp));
    s = join(s, posture_ask_below(p, ASSAY_RR_TXT, "_domainkey", p->domain, &t->domainkeys));
    return join(s, posture_ask(p, ASSAY_LIST, 0, SPAN("weak-keys"), &t->weak));
}

assay_status gather_dkim(struct assay_eval *ev, void *posture)
{
    struct posture *p = posture;
    assay_status s;

    (void)ev;
    if (p->depth == ASSAY_DEPTH_SCAN && !p->nselectors && !p->evidence)
        return ASSAY_DONE; /* nothing will be asked */
    if ((s = list_known(p)) != ASSAY_DONE)
        return s;
    if (p->depth != ASSAY_DEPTH_SCAN)
        s = join(s, ask_more(p));
    for (size_t i = 0; s >= 0 && i < p->dkim.nselectors; i++)
        s = join(s, ask_selector(p, &p->dkim.selectors[i]));
    return s;
}
