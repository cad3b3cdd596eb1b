/* SPDX-License-Identifier: BSD-2-Clause */
/** \file check_judge.c What the command line makes of a domain: marks on findings, and the exit status. */
#include "cli/baseline.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "cli/expect.h"
#include "fact/fact.h"

enum { CONFIDENCE_LEAST = 50 };

/** A question is about the domain itself: its TXT or MX, or the TXT of its `_dmarc`. */
static bool is_own(const struct assay_question *q, assay_span domain)
{
    assay_span dmarc = SPAN("_dmarc.");

    if (q->kind != ASSAY_DNS)
        return false;
    if (span_eq(q->name, domain))
        return q->rrtype == ASSAY_RR_TXT || q->rrtype == ASSAY_RR_MX;
    return q->rrtype == ASSAY_RR_TXT && span_starts(q->name, dmarc) &&
           span_eq(span_from(q->name, dmarc.n), domain);
}

/** Why there is too little to judge by; empty: there is enough. */
static assay_span too_little(const struct assay_posture *p, const assay_eval *eval)
{
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;

    while (eval && assay_evidence(eval, &cursor, &q, &fact))
        if (is_own(&q, p->domain) &&
            (!fact || (fact_state(fact) == FACT_UNKNOWN && fact->how != ASSAY_BOGUS)))
            return SPAN("Too little is known: the domain's own records could not be asked for. "
                        "--resolver ADDR asks another resolver.");
    if (p->score.ngoals && p->score.confidence < CONFIDENCE_LEAST)
        return SPAN("Too little is known for a verdict: the confidence is below 50 %.");
    return SPAN_EMPTY;
}

/** Mark what makes the status 1. \return how many there are */
static size_t mark_failing(struct check_report *r, enum assay_outcome fail_on)
{
    size_t n = 0;

    for (size_t i = 0; i < r->posture->nfindings; i++) {
        bool counts = !r->compared || r->marks[i] & MARK_ADDED;

        if (!fail_on || r->posture->findings[i].outcome < fail_on || !counts ||
            r->marks[i] & MARK_ACCEPTED)
            continue;
        r->marks[i] |= MARK_FAILS;
        n++;
    }
    return n;
}

assay_status check_judge(struct check_report *r, const assay_eval *eval, enum assay_outcome fail_on,
                         const struct baseline *baseline, const struct expect *expect,
                         struct arena *arena)
{
    assay_status s;

    r->status = EXIT_ACCEPT;
    if (!(r->marks = arena_zero(arena, r->posture->nfindings + 1)))
        return ASSAY_ENOMEM;
    if (baseline && (s = baseline_compare(baseline, r, arena)) != ASSAY_DONE)
        return s;
    if (expect && (s = expect_compare(expect, r, arena)) != ASSAY_DONE)
        return s;
    r->too_little = too_little(r->posture, eval);
    if (r->too_little.n)
        r->status = EXIT_DEFER;
    for (size_t i = 0; i < r->nmissed; i++)
        r->status = cli_worse(r->status, r->missed[i].unknown ? EXIT_DEFER : EXIT_FAILS);
    if (mark_failing(r, fail_on))
        r->status = cli_worse(r->status, EXIT_FAILS);
    return ASSAY_DONE;
}
