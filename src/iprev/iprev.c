/* SPDX-License-Identifier: BSD-2-Clause */
#include "iprev/iprev.h"

#include "base/limits.h"

static const char REF[] = "RFC 8601 3";

const char *iprev_result_text(enum iprev_result result)
{
    static const char *const TEXTS[] = {"none", "pass", "fail", "temperror", "permerror"};

    return TEXTS[result];
}

/** The type of the client's addresses. */
static uint16_t address_type(const struct iprev_slot *slot)
{
    return slot->ip.version == 4 ? ASSAY_RR_A : ASSAY_RR_AAAA;
}

/** The client's address is among those of a name. */
static bool has_client(const struct iprev_slot *slot, const struct assay_fact *fact)
{
    for (size_t i = 0; i < fact->n; i++)
        if (fact->data[i].n == ip_size(&slot->ip) &&
            memcmp(fact->data[i].p, slot->ip.b, fact->data[i].n) == 0)
            return true;
    return false;
}

/** Decide. */
static assay_status decide(struct assay_eval *ev, struct iprev_slot *slot, enum iprev_result result,
                           assay_span name, assay_span reason)
{
    slot->result = result;
    slot->name = name;
    trace(ev, REF, SPAN("result\t%1\t%2"), span_of(iprev_result_text(result)), reason);
    return arena_copy(&ev->keep, reason, &slot->reason) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Look at the names in order; the first that resolves back decides. */
static assay_status check_names(struct assay_eval *ev, struct iprev_slot *slot,
                                const struct assay_fact *ptr)
{
    size_t n = ptr->n < LIMIT_IPREV_NAMES ? ptr->n : LIMIT_IPREV_NAMES;
    uint16_t rrtype = address_type(slot);
    assay_span unanswered = SPAN_EMPTY;

    for (size_t i = 0; i < n; i++) {
        assay_span name = ptr->records[i].text;
        const struct assay_fact *fact;
        assay_status s = ask_dns(ev, rrtype, name, &fact);

        for (size_t k = i + 1; k < n && s == ASSAY_NEED; k++)
            hint_dns(ev, rrtype, ptr->records[k].text);
        if (s != ASSAY_DONE)
            return s;
        trace_asked(ev, REF, rrtype, name, fact,
                    has_client(slot, fact) ? SPAN("resolves back") : SPAN_EMPTY);
        if (has_client(slot, fact))
            return decide(ev, slot, IPREV_PASS, name,
                          pass_printf(ev, "%.*s, and it resolves back", SPAN_ARG(name)));
        if (fact_state(fact) == FACT_UNKNOWN)
            unanswered = name;
    }
    if (unanswered.n)
        return decide(ev, slot, IPREV_TEMPERROR, SPAN_EMPTY,
                      pass_printf(ev, "the address of %.*s could not be asked",
                                  SPAN_ARG(unanswered)));
    return decide(ev, slot, IPREV_FAIL, ptr->records[0].text,
                  pass_printf(ev, "%.*s, but it does not resolve back",
                              SPAN_ARG(ptr->records[0].text)));
}

assay_status iprev_check(struct assay_eval *ev, void *arg)
{
    struct iprev_slot *slot = arg;
    const struct assay_fact *ptr;
    char reverse[80];
    assay_span name = ip_reverse(&slot->ip, reverse);
    assay_status s;

    slot->name = slot->reason = SPAN_EMPTY;
    slot->result = IPREV_NONE;
    if (!slot->ip.version)
        return ASSAY_DONE;
    if ((s = ask_dns(ev, ASSAY_RR_PTR, name, &ptr)) != ASSAY_DONE)
        return s;
    trace(ev, NULL, SPAN("iprev %1"), slot->ip_text);
    trace_in(ev);
    trace_asked(ev, REF, ASSAY_RR_PTR, pass_printf(ev, "%.*s", SPAN_ARG(name)), ptr, SPAN_EMPTY);
    switch (fact_state(ptr)) {
    case FACT_DATA: return check_names(ev, slot, ptr);
    case FACT_NONE:
        return decide(ev, slot, IPREV_PERMERROR, SPAN_EMPTY, SPAN("the address has no name"));
    default:
        return decide(ev, slot, IPREV_TEMPERROR, SPAN_EMPTY,
                      pass_printf(ev, "the name of the address could not be asked: %s",
                                  fact_trouble(ptr)));
    }
}
