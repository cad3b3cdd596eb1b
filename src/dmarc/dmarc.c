/* SPDX-License-Identifier: BSD-2-Clause */
#include "dmarc/dmarc.h"

#include "dmarc/discover.h"

const char *dmarc_result_text(enum dmarc_result result)
{
    static const char *const TEXTS[] = {"pass", "none", "fail", "temperror", "permerror"};

    return TEXTS[result];
}

/** One author domain being evaluated; lives for one pass. */
struct author {
    struct assay_eval *ev;
    const struct dmarc_check *check;
    assay_span domain;
    struct dmarc_discovery found;
    struct dmarc_verdict v;
    assay_span doubt; /* why an identifier may or may not prove it; the first */
};

/* ---- alignment (RFC 9989 4.10.2) ---- */

/**
 * Hint the walks of identifiers that are likely to need one: those that share two labels with the
 * author.
 */
static void hint_identifiers(struct assay_eval *ev, const struct dmarc_check *c, assay_span author)
{
    assay_span shared = dns_last_labels(author, 2);

    for (size_t i = 0; i < c->nidentifiers && c->mode == DMARC_9989; i++)
        if (!span_eq(c->identifiers[i].domain, author) &&
            dns_is_under(c->identifiers[i].domain, shared))
            dmarc_walk_hint(ev, c->identifiers[i].domain);
}

/** Whether a domain is of the author's organization. */
static assay_status compare_org(const struct author *a, assay_span domain, enum dmarc_truth *ret)
{
    struct dmarc_walk walk;
    assay_span org;
    assay_status s;

    if (a->check->mode == DMARC_9989) {
        if ((s = dmarc_walk(a->ev, domain, &walk)) == ASSAY_DONE)
            *ret = dmarc_same_org(&a->found.walk, &walk);
        return s;
    }
    if ((s = dmarc_suffix_org(a->ev, domain, &org)) == ASSAY_DONE)
        *ret = !org.n || !a->found.org.n    ? DMARC_UNKNOWN
               : span_eq(org, a->found.org) ? DMARC_YES
                                            : DMARC_NO;
    return s;
}

/**
 * Whether an identifier could be of the author's organization at all. An organizational domain is
 * the domain itself or above it, so where the author's is known, the identifier must lie below it;
 * where not, they must share a label.
 */
static bool may_align(const struct author *a, assay_span domain)
{
    if (a->found.org.n)
        return dns_is_under(domain, a->found.org);
    return span_eq(dns_last_labels(domain, 1), dns_last_labels(a->domain, 1));
}

/** Strict or relaxed, by the record. */
static bool is_strict(const struct author *a, const struct dmarc_identifier *id)
{
    return id->dkim ? a->found.record->strict_dkim : a->found.record->strict_spf;
}

/** Is an identifier aligned with the author domain? */
static assay_status align(const struct author *a, const struct dmarc_identifier *id,
                          enum dmarc_truth *ret, const char **why)
{
    assay_status s;

    *ret = DMARC_NO;
    if (span_eq(id->domain, a->domain)) {
        *ret = DMARC_YES;
        *why = "it is the author domain";
        return ASSAY_DONE;
    }
    *why = "strict: it is not the author domain";
    if (is_strict(a, id))
        return ASSAY_DONE;
    *why = "it is of another organization";
    if (!may_align(a, id->domain))
        return ASSAY_DONE;
    trace(a->ev, NULL, SPAN("organizational domain of %1"), id->domain);
    trace_in(a->ev);
    s = compare_org(a, id->domain, ret);
    trace_out(a->ev);
    if (s == ASSAY_DONE && *ret != DMARC_NO)
        *why = *ret == DMARC_YES ? "it is of the same organization"
                                 : "not known whether it is of the same organization";
    return s;
}

/** Line of reasoning for one identifier. */
static void trace_identifier(const struct author *a, const struct dmarc_identifier *id,
                             enum dmarc_truth aligned, const char *why)
{
    const char *ref = a->check->mode == DMARC_9989 ? "RFC 9989 4.10.2" : "RFC 7489 3.1";

    trace(a->ev, ref, SPAN("%1 %2, %3\t%4"), id->dkim ? SPAN("DKIM") : SPAN("SPF"), id->domain,
          id->authenticated == DMARC_YES ? SPAN("which passed") : SPAN("which could not be told"),
          aligned == DMARC_YES  ? pass_printf(a->ev, "aligned: %s", why)
          : aligned == DMARC_NO ? pass_printf(a->ev, "not aligned: %s", why)
                                : span_of(why));
}

/** It passed, and it is aligned. */
static void take_proof(struct author *a, const struct dmarc_identifier *id)
{
    enum dmarc_truth *kind = id->dkim ? &a->v.dkim : &a->v.spf;

    if (*kind != DMARC_YES)
        *(id->dkim ? &a->v.aligned_dkim : &a->v.aligned_spf) = id->domain;
    *kind = DMARC_YES;
}

/** One of the two is not known, and the other is true or not known either. */
static void take_doubt(struct author *a, const struct dmarc_identifier *id)
{
    enum dmarc_truth *kind = id->dkim ? &a->v.dkim : &a->v.spf;

    if (*kind == DMARC_NO)
        *kind = DMARC_UNKNOWN;
    if (a->doubt.n)
        return;
    a->doubt = pass_printf(
        a->ev,
        id->authenticated == DMARC_UNKNOWN
            ? "%s of %.*s may prove %.*s, but could not be checked"
            : "%s passed for %.*s, but it could not be asked whether that is the organization of %.*s",
        id->dkim ? "DKIM" : "SPF", SPAN_ARG(id->domain), SPAN_ARG(a->domain));
}

/**
 * An identifier that may prove something: it passed, or that is not known.
 *
 * Robustness: an old message of the author with a second From on top of the one that is signed
 * still has a good signature, but what people read is not what was signed (RFC 6376 8.15, RFC 9989
 * 4.4).
 */
static bool may_prove(const struct author *a, const struct dmarc_identifier *id)
{
    if (id->authenticated == DMARC_NO)
        return false;
    if (id->from_unsigned)
        trace(a->ev, "RFC 6376 8.15",
              SPAN("DKIM %1\tdoes not count: it does not sign every From field"), id->domain);
    return !id->from_unsigned;
}

/** Take one identifier into account: both that it passed and that it is aligned must be true. */
static assay_status weigh(struct author *a, const struct dmarc_identifier *id)
{
    enum dmarc_truth aligned;
    const char *why;
    assay_status s;

    if (!may_prove(a, id))
        return ASSAY_DONE;
    if ((s = align(a, id, &aligned, &why)) != ASSAY_DONE)
        return s;
    trace_identifier(a, id, aligned, why);
    if (aligned == DMARC_YES && id->authenticated == DMARC_YES)
        take_proof(a, id);
    else if (aligned != DMARC_NO)
        take_doubt(a, id);
    return ASSAY_DONE;
}

/**
 * The policy is not known: what is the author domain itself proves it by any policy, strict or
 * relaxed.
 */
static void weigh_identical(struct author *a)
{
    for (size_t i = 0; i < a->check->nidentifiers; i++) {
        const struct dmarc_identifier *id = &a->check->identifiers[i];

        if (id->authenticated != DMARC_YES || !span_eq(id->domain, a->domain) || !may_prove(a, id))
            continue;
        trace_identifier(a, id, DMARC_YES, "it is the author domain");
        take_proof(a, id);
    }
}

/** Weigh all identifiers; every question of the round at once. */
static assay_status weigh_all(struct author *a)
{
    assay_status all = ASSAY_DONE;

    for (size_t i = 0; i < a->check->nidentifiers; i++)
        all = join(all, weigh(a, &a->check->identifiers[i]));
    return all;
}

/* ---- the policy ---- */

/** What is to be applied: t (RFC 9989 4.7), or pct (RFC 7489 6.6.4). */
static void apply_options(struct author *a)
{
    const struct dmarc_record *r = a->found.record;
    struct dmarc_verdict *v = &a->v;

    v->has_record = true;
    v->policy_domain = a->found.policy_domain;
    v->record = r->text;
    v->asked = v->policy = a->found.asked;
    v->asked_tag = a->found.asked_tag;
    v->policy_unknown = a->found.existence_unknown;
    if (a->check->mode == DMARC_9989 && r->testing) {
        v->testing = true;
        v->policy = dmarc_policy_lower(v->asked);
        trace(a->ev, "RFC 9989 4.7", SPAN("t=y\t\t%1 in place of %2"),
              span_of(dmarc_policy_text(v->policy)), span_of(dmarc_policy_text(v->asked)));
    }
    if (a->check->mode == DMARC_7489 && a->check->sample >= r->pct) {
        v->sampled_out = true;
        v->policy = dmarc_policy_lower(v->asked);
        trace(a->ev, "RFC 7489 6.6.4", SPAN("pct=%1, sample %2\t\t%3 in place of %4"),
              pass_number(a->ev, r->pct), pass_number(a->ev, a->check->sample),
              span_of(dmarc_policy_text(v->policy)), span_of(dmarc_policy_text(v->asked)));
    }
}

/* ---- deciding (RFC 9989 5.3.5) ---- */

/** Set the result. */
static assay_status decide(struct author *a, enum dmarc_result result, const char *ref,
                           assay_span reason)
{
    a->v.result = result;
    a->v.ref = ref;
    a->v.reason = reason;
    trace(a->ev, ref, SPAN("result\t%1\t%2"), span_of(dmarc_result_text(result)), reason);
    return ASSAY_DONE;
}

/** Words for a pass. */
static assay_span pass_reason(const struct author *a)
{
    const struct dmarc_verdict *v = &a->v;

    if (v->dkim == DMARC_YES && v->spf == DMARC_YES)
        return pass_printf(a->ev, "aligned by DKIM %.*s and by SPF %.*s", SPAN_ARG(v->aligned_dkim),
                           SPAN_ARG(v->aligned_spf));
    if (v->dkim == DMARC_YES)
        return pass_printf(a->ev, "aligned by DKIM %.*s", SPAN_ARG(v->aligned_dkim));
    return pass_printf(a->ev, "aligned by SPF %.*s", SPAN_ARG(v->aligned_spf));
}

/** The identifiers are weighed: pass, fail, or could not tell. */
static assay_status decide_by_identifiers(struct author *a)
{
    const char *ref = a->check->mode == DMARC_9989 ? "RFC 9989 5.3.5" : "RFC 7489 6.6.2";

    if (a->v.dkim == DMARC_YES || a->v.spf == DMARC_YES)
        return decide(a, DMARC_PASS, ref, pass_reason(a));
    if (a->v.dkim == DMARC_UNKNOWN || a->v.spf == DMARC_UNKNOWN)
        return decide(a, DMARC_TEMPERROR, "RFC 9989 5.3.6", a->doubt);
    if (a->found.existence_unknown)
        return decide(
            a, DMARC_TEMPERROR, "RFC 9989 5.3.6",
            pass_printf(a->ev,
                        "the policy depends on whether %.*s exists, which could not be asked",
                        SPAN_ARG(a->domain)));
    return decide(a, DMARC_FAIL, ref,
                  pass_printf(a->ev, "nothing proves %.*s", SPAN_ARG(a->domain)));
}

/** Evaluate one author domain. */
static assay_status check_author(struct author *a)
{
    assay_status s;

    trace(a->ev, NULL,
          a->check->mode == DMARC_9989 ? SPAN("DMARC %1") : SPAN("DMARC %1, as RFC 7489 had it"),
          a->domain);
    trace_in(a->ev);
    hint_identifiers(a->ev, a->check, a->domain);
    if ((s = dmarc_discover(a->ev, a->check->mode, a->domain, &a->found)) != ASSAY_DONE)
        return s;
    a->v.author = a->domain;
    a->v.org = a->found.org;
    if (!a->check->ready)
        return ASSAY_MORE;
    if (a->found.unknown) {
        weigh_identical(a);
        s = decide(a, DMARC_TEMPERROR, "RFC 9989 5.3.6",
                   pass_printf(a->ev, "the policy of %.*s could not be asked",
                               SPAN_ARG(a->domain)));
    } else if (!a->found.record) {
        s = decide(a, DMARC_NONE, a->found.none_ref, span_of(a->found.none));
    } else {
        apply_options(a);
        if ((s = weigh_all(a)) == ASSAY_DONE)
            s = decide_by_identifiers(a);
    }
    trace_out(a->ev);
    return s;
}

/* ---- all author domains ---- */

bool dmarc_may_ask(const struct dmarc_verdict *v)
{
    bool proved = v->dkim == DMARC_YES || v->spf == DMARC_YES;

    switch (v->result) {
    case DMARC_FAIL: return v->policy != DMARC_POLICY_NONE;
    case DMARC_TEMPERROR:
        return !proved && (!v->has_record || v->policy_unknown || v->policy != DMARC_POLICY_NONE);
    case DMARC_PERMERROR: return true;
    default: return false;
    }
}

/**
 * How much a verdict asks for: with several authors the one that asks for most decides (RFC 9989
 * 11.5).
 *
 * A temperror comes behind every failure that is known: whoever forges an author can add a second
 * one whose DNS is silent, but cannot take the first one's failure away.
 */
static int severity(const struct dmarc_verdict *v)
{
    bool may_ask = dmarc_may_ask(v);

    switch (v->result) {
    case DMARC_FAIL: return v->policy == DMARC_POLICY_REJECT ? 6 : may_ask ? 5 : 2;
    case DMARC_PERMERROR: return 4;
    case DMARC_TEMPERROR: return may_ask ? 3 : 2;
    case DMARC_NONE: return 1;
    default: return 0;
    }
}

/** Keep a verdict: what lies in the pass goes to keep. */
static assay_status keep_verdict(struct assay_eval *ev, struct dmarc_verdict v,
                                 struct dmarc_verdict *ret)
{
    if (!arena_copy(&ev->keep, v.reason, &v.reason))
        return ASSAY_ENOMEM;
    *ret = v;
    return ASSAY_DONE;
}

/**
 * More author domains than are evaluated: whatever those said, it is not the whole (RFC 9989 11.5).
 */
static void note_incomplete(struct assay_eval *ev, struct dmarc_verdict *v)
{
    struct dmarc_verdict incomplete = *v;

    incomplete.result = DMARC_PERMERROR;
    if (severity(v) >= severity(&incomplete))
        return;
    incomplete.ref = "RFC 9989 11.5";
    incomplete.reason = SPAN("From names more domains than are evaluated");
    trace(ev, incomplete.ref, SPAN("result\tpermerror\t%1"), incomplete.reason);
    *v = incomplete;
}

/** There is no author domain to evaluate (RFC 9989 5.3.1). */
static assay_status no_author(struct assay_eval *ev, struct dmarc_check *c)
{
    struct dmarc_verdict v = {.result = DMARC_NONE,
                              .ref = "RFC 9989 5.3.1",
                              .reason = span_of(c->no_author)};

    v.author = v.org = v.policy_domain = v.record = v.aligned_spf = v.aligned_dkim = SPAN_EMPTY;
    if (c->incomplete) { /* a thousand addresses without a domain, and who knows whose behind them */
        v.result = DMARC_PERMERROR;
        v.ref = "RFC 9989 11.5";
        v.reason = SPAN("From holds more addresses than are looked at");
    }
    trace(ev, v.ref, SPAN("DMARC\t%1\t%2"), v.reason, span_of(dmarc_result_text(v.result)));
    return keep_verdict(ev, v, c->ret);
}

assay_status dmarc_evaluate(struct assay_eval *ev, void *check)
{
    struct dmarc_check *c = check;
    struct dmarc_verdict worst = {0};
    assay_status all = ASSAY_DONE;

    if (c->nauthors == 0)
        return no_author(ev, c);
    for (size_t i = 0; i < c->nauthors; i++) {
        struct author a = {.ev = ev, .check = c, .domain = c->authors[i]};
        assay_status s;

        a.v.policy_domain = a.v.record = a.v.aligned_spf = a.v.aligned_dkim = a.v.org = SPAN_EMPTY;
        s = check_author(&a);
        all = join(all, s);
        if (s == ASSAY_DONE && (i == 0 || severity(&a.v) > severity(&worst)))
            worst = a.v;
        ev->branch->depth = 0; /* of an author that was left in the middle */
    }
    if (all != ASSAY_DONE)
        return all;
    if (c->incomplete)
        note_incomplete(ev, &worst);
    return keep_verdict(ev, worst, c->ret);
}
