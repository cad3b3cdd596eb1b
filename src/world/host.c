/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/host.h"

#include "fact/fact.h"
#include "world/failure.h"

#include <string.h>

enum { DENIAL_TTL = 60 };

/** Note an answer. */
static void came(struct host *h, unsigned which, assay_fact *fact)
{
    h->waiter[which] = NULL;
    h->fact[which] = fact ? assay_fact_ref(fact) : NULL;
    h->no_memory |= !fact;
    if (!--h->open)
        h->done(h->arg);
}

static void came_a(void *arg, assay_fact *fact)
{
    came(arg, 0, fact);
}

static void came_aaaa(void *arg, assay_fact *fact)
{
    came(arg, 1, fact);
}

assay_status host_ask(struct host *h, struct flights *fs, assay_span name, unsigned ms,
                      void (*done)(void *arg), void *arg)
{
    struct assay_question a = {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_A, .name = name}, aaaa = a;

    aaaa.rrtype = ASSAY_RR_AAAA;
    h->done = done;
    h->arg = arg;
    h->open = 2;
    if (flights_ask(fs, &a, ms, came_a, h, &h->waiter[0]) == ASSAY_DONE &&
        flights_ask(fs, &aaaa, ms, came_aaaa, h, &h->waiter[1]) == ASSAY_DONE)
        return ASSAY_DONE;
    host_forget(h);
    return ASSAY_ENOMEM;
}

void host_forget(struct host *h)
{
    for (size_t i = 0; i < 2; i++) {
        if (h->waiter[i])
            world_forget(h->waiter[i]);
        assay_fact_free(h->fact[i]);
    }
    memset(h, 0, sizeof *h);
}

/** The fact of a denial or a failure to have addresses. */
static assay_fact *no_address(const struct host *h, const struct assay_question *q)
{
    const assay_fact *worst = h->fact[0];
    enum assay_how how;

    if (h->fact[0]->how == ASSAY_NXDOMAIN || h->fact[1]->how == ASSAY_NXDOMAIN ||
        (h->fact[0]->how == ASSAY_NODATA && h->fact[1]->how == ASSAY_NODATA)) {
        struct assay_answer a = {.size = sizeof a, .how = ASSAY_NODATA, .ttl = DENIAL_TTL};
        assay_fact *fact;

        if (h->fact[0]->how == ASSAY_NXDOMAIN || h->fact[1]->how == ASSAY_NXDOMAIN)
            a.how = ASSAY_NXDOMAIN;
        a.reason = SPAN("the host has no address");
        return assay_fact_new(q->kind, q->rrtype, &a, &fact) == ASSAY_DONE ? fact : NULL;
    }
    if (fact_state(worst) != FACT_UNKNOWN || h->fact[1]->how == ASSAY_BOGUS)
        worst = h->fact[1];
    /* REFUSED would say that the host refuses the connection */
    how = worst->how == ASSAY_BOGUS || worst->how == ASSAY_TIMEOUT ? worst->how : ASSAY_SERVFAIL;
    return failure_new(q->kind, q->rrtype, how, "the host's addresses are not known: %.*s",
                       SPAN_ARG(span_first(worst->reason, 180)));
}

/** Why none of the addresses that there are will be connected to. */
static assay_fact *no_way(const struct assay_question *q, const struct ip *last)
{
    char text[IP_TEXT];

    ip_text(last, text);
    if (!address_public(last))
        return failure_new(q->kind, q->rrtype, ASSAY_TIMEOUT,
                           "not connected to: the host's address %s is not a public one", text);
    return failure_new(q->kind, q->rrtype, ASSAY_TIMEOUT,
                       "there is no way to the host's address %s from here", text);
}

bool host_addresses(const struct host *h, const struct assay_question *q, bool allow_private,
                    struct host_addresses *ret, assay_fact **ret_fact)
{
    struct host_addresses found = {.n = 0};
    struct ip ip = {.version = 0};

    if (h->no_memory) {
        *ret_fact = NULL;
        return false;
    }
    for (size_t i = 0; i < h->fact[0]->n || i < h->fact[1]->n; i++)
        for (size_t family = 0; family < 2 && found.n < LIMIT_HOST_ADDRESSES; family++) {
            const assay_fact *f = h->fact[family];

            if (i >= f->n || (f->data[i].n != 4 && f->data[i].n != 16))
                continue;
            ip = ip_of(f->data[i].p, f->data[i].n);
            if ((allow_private || address_public(&ip)) && address_reachable(&ip))
                found.at[found.n++] = ip;
        }
    if (found.n) {
        *ret = found;
        return true;
    }
    *ret_fact = ip.version ? no_way(q, &ip) : no_address(h, q);
    return false;
}
