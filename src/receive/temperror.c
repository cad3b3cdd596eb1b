/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/dispose.h"

#include "base/number.h"
#include "base/time.h"

/** Ask since when mail of a domain has been deferred. \param ret  set when something is remembered */
static assay_status recall(struct disposer *d, assay_span domain, bool *ret_known, int64_t *ret)
{
    const struct assay_fact *fact;
    uint64_t since = 0;
    char text[TIME_TEXT];
    assay_status s =
        ask(d->ev, ASSAY_RECALL, 0, pass_printf(d->ev, "deferred %.*s", SPAN_ARG(domain)), &fact);

    if (s != ASSAY_DONE)
        return s;
    *ret_known = fact_state(fact) == FACT_DATA && fact->n == 1 &&
                 number_read(fact->data[0], INT64_MAX, &since);
    *ret = (int64_t)since;
    if (*ret_known)
        trace(d->ev, NULL, SPAN("deferred before: %1\tsince %2"), domain,
              pass_printf(d->ev, "%.*s", SPAN_ARG(time_text(*ret, text))));
    else
        trace(d->ev, NULL, SPAN("deferred before: %1\t%2"), domain,
              fact_state(fact) == FACT_UNKNOWN ? span_of(fact_trouble(fact))
                                               : SPAN("nothing is remembered"));
    return ASSAY_DONE;
}

/** It has been so for longer than one waits. A clock that ran back proves nothing. */
static bool is_over(const struct disposer *d, int64_t since)
{
    int64_t now = d->ev->now;

    return now > 0 && since >= 0 && now > since && now - since > d->policy->temperror_patience;
}

/**
 * Defer, unless it has been so for too long. Then the message is delivered, but not as one that was
 * judged: a name under the author's domain that never answers is easily found or made.
 */
static assay_status defer_or_deliver(struct disposer *d, const struct untold *why, bool known,
                                     int64_t since)
{
    static const enum assay_disposition LATE[] = {[POLICY_LATE_TAG] = ASSAY_TAG,
                                                  [POLICY_LATE_ACCEPT] = ASSAY_ACCEPT,
                                                  [POLICY_LATE_QUARANTINE] = ASSAY_QUARANTINE};
    char text[TIME_TEXT];

    if (known && is_over(d, since))
        return dispose_decide(
            d, LATE[d->policy->temperror_late], "temperror", why->ref,
            pass_printf(d->ev,
                        "%.*s; so it has been since %.*s, and nobody waits longer than "
                        "temperror.patience",
                        SPAN_ARG(why->reason), SPAN_ARG(time_text(since, text))));
    d->ret->code = 451;
    d->ret->enhanced = why->enhanced;
    d->ret->text = why->text;
    return dispose_decide(d, ASSAY_DEFER, "temperror", why->ref, why->reason);
}

assay_status dispose_defer(struct disposer *d, const struct untold *why)
{
    static const enum assay_disposition ACTIONS[] = {[POLICY_TEMPERROR_DEFER] = ASSAY_DEFER,
                                                     [POLICY_TEMPERROR_ACCEPT] = ASSAY_ACCEPT,
                                                     [POLICY_TEMPERROR_TAG] = ASSAY_TAG};
    enum assay_disposition what = ACTIONS[d->policy->temperror_action];
    assay_span domain = d->dmarc->author.n ? d->dmarc->author : d->ret->domain;
    int64_t since = 0;
    bool known = false;
    assay_status s;

    if (what != ASSAY_DEFER)
        return dispose_decide(d, what, "temperror", why->ref,
                              pass_printf(d->ev, "%.*s; temperror.action = %s",
                                          SPAN_ARG(why->reason), verdict_word(what)));
    if (domain.n && d->policy->temperror_patience &&
        (s = recall(d, domain, &known, &since)) != ASSAY_DONE)
        return s;
    return defer_or_deliver(d, why, known, since);
}
