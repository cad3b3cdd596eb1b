/* SPDX-License-Identifier: BSD-2-Clause */
#include "spf/check.h"

#include "base/limits.h"
#include "dns/alabel.h"

const char *spf_result_text(enum spf_result result)
{
    static const char *const TEXTS[] = {"none",     "neutral",   "pass",     "fail",
                                        "softfail", "temperror", "permerror"};

    return TEXTS[result];
}

/* ---- the budget (RFC 7208 4.6.4) ---- */

enum spf_result spf_error(struct spf_check *c, enum spf_result result, const char *ref,
                          const char *problem, assay_span where)
{
    c->ref = ref;
    c->problem = problem;
    c->where = where;
    c->matched = NULL; /* what an included record said is no reason any more */
    trace(c->ev, ref, SPAN("%1\t%2\t%3"), where, span_of(problem),
          span_of(spf_result_text(result)));
    return result;
}

bool spf_spend_lookup(struct spf_check *c, assay_span term)
{
    if (c->lookups < LIMIT_SPF_LOOKUPS || c->request->past_limits) {
        c->lookups++;
        return true;
    }
    spf_error(c, SPF_PERMERROR, "RFC 7208 4.6.4",
              "an eleventh term that asks the DNS; ten are allowed", term);
    return false;
}

bool spf_spend_void(struct spf_check *c, const struct assay_fact *fact, assay_span term)
{
    if (fact_state(fact) != FACT_NONE || ++c->voids <= LIMIT_SPF_VOIDS || c->request->past_limits)
        return true;
    spf_error(c, SPF_PERMERROR, "RFC 7208 4.6.4",
              "a third term that finds nothing; two are allowed", term);
    return false;
}

/* ---- one record (RFC 7208 4.6) ---- */

/** The result a qualifier gives (RFC 7208 4.6.2). */
static enum spf_result qualified(char qualifier)
{
    switch (qualifier) {
    case '-': return SPF_FAIL;
    case '~': return SPF_SOFTFAIL;
    case '?': return SPF_NEUTRAL;
    default: return SPF_PASS;
    }
}

/**
 * A term waits for its answer: hint what those behind it will ask, as far as the budget reaches.
 */
static void hint_terms(struct spf_check *c, const struct spf_record *r, size_t first,
                       assay_span domain)
{
    unsigned budget = c->lookups < LIMIT_SPF_LOOKUPS ? LIMIT_SPF_LOOKUPS - c->lookups : 0;

    for (size_t i = first; i < r->n; i++)
        if (!spf_hint(c, &r->terms[i], domain, &budget))
            return;
    if (r->redirect.name.n && budget > 0 && c->hints++ < LIMIT_SPF_HINTS)
        hint_dns(c->ev, ASSAY_RR_TXT, r->redirect.name);
}

/** One line for a run of addresses that the client is not among. */
static void trace_run(struct spf_check *c, const struct spf_record *r, size_t first, size_t end)
{
    if (end - first == 1)
        trace(c->ev, "RFC 7208 5.6", SPAN("%1\tdoes not match"), r->terms[first].text);
    else if (end > first)
        trace(c->ev, "RFC 7208 5.6", SPAN("%1 terms ip4 and ip6\tnone matches"),
              pass_number(c->ev, end - first));
}

/** A term matched: its qualifier is the result. */
static enum spf_result matched(struct spf_check *c, const struct spf_record *r,
                               const struct spf_term *term, assay_span domain)
{
    static const char *const REFS[] = {"RFC 7208 5.1", "RFC 7208 5.2", "RFC 7208 5.3",
                                       "RFC 7208 5.4", "RFC 7208 5.5", "RFC 7208 5.6",
                                       "RFC 7208 5.6", "RFC 7208 5.7"};
    enum spf_result result = qualified(term->qualifier);

    c->matched = term;
    c->ref = REFS[term->mechanism];
    c->at = domain;
    c->exp = r->exp;
    c->exp_domain = domain;
    trace(c->ev, c->ref, SPAN("%1\tmatches\t%2"), term->text, span_of(spf_result_text(result)));
    return result;
}

/**
 * Evaluate the terms from left to right (RFC 7208 4.6.2). `*ret_matched` tells whether one matched
 * or ended it.
 */
static assay_status evaluate_terms(struct spf_check *c, const struct spf_record *r,
                                   assay_span domain, enum spf_result *ret, bool *ret_matched)
{
    *ret_matched = true;
    for (size_t i = 0; i < r->n; i++) {
        size_t run = i;
        bool match = false;
        enum spf_result error = SPF_NONE;
        assay_status s;

        i = spf_pass_networks(c, r, i);
        trace_run(c, r, run, i);
        if (i == r->n)
            break;
        if ((s = spf_match(c, &r->terms[i], domain, &match, &error)) != ASSAY_DONE) {
            hint_terms(c, r, i + 1, domain);
            return s;
        }
        if (error != SPF_NONE || match) {
            *ret = match ? matched(c, r, &r->terms[i], domain) : error;
            return ASSAY_DONE;
        }
    }
    *ret_matched = false;
    return ASSAY_DONE;
}

/**
 * Follow redirect (RFC 7208 6.1): the other domain's result is ours, but to have no record is an
 * error.
 */
static assay_status redirect(struct spf_check *c, const struct spf_record *r, assay_span domain,
                             enum spf_result *ret)
{
    enum spf_target what;
    assay_span target;
    assay_status s;

    if (!spf_spend_lookup(c, r->redirect.spec)) {
        *ret = SPF_PERMERROR;
        return ASSAY_DONE;
    }
    if ((s = spf_target_of(c, &r->redirect, domain, &target, &what)) != ASSAY_DONE)
        return s;
    *ret = SPF_NONE;
    if (what == SPF_TARGET_OK) {
        trace(c->ev, "RFC 7208 6.1", SPAN("redirect=%1"), r->redirect.spec);
        if ((s = spf_check_domain(c, target, ret)) != ASSAY_DONE)
            return s;
    }
    if (*ret == SPF_NONE)
        *ret = spf_error(c, SPF_PERMERROR, "RFC 7208 6.1", "redirect leads to no SPF record",
                         r->redirect.spec);
    return ASSAY_DONE;
}

/** Evaluate a record: its terms, else redirect, else neutral (RFC 7208 4.7). */
static assay_status evaluate(struct spf_check *c, const struct spf_record *r, assay_span domain,
                             enum spf_result *ret)
{
    bool done;
    assay_status s;

    if ((s = evaluate_terms(c, r, domain, ret, &done)) != ASSAY_DONE || done)
        return s;
    if (r->redirect.spec.n)
        return redirect(c, r, domain, ret);
    c->matched = NULL;
    c->at = domain;
    c->ref = "RFC 7208 4.7";
    c->exp.spec = SPAN_EMPTY;
    trace(c->ev, c->ref, SPAN("no term of %1 matches\t\tneutral"), domain);
    *ret = SPF_NEUTRAL;
    return ASSAY_DONE;
}

/** The record of an answer is not one to evaluate. */
static enum spf_result unusable(struct spf_check *c, const struct spf_record *r, assay_span domain)
{
    switch (r->found) {
    case SPF_RECORD_SEVERAL:
        return spf_error(c, SPF_PERMERROR, "RFC 7208 4.5", "more than one SPF record", domain);
    case SPF_RECORD_SYNTAX:
        return spf_error(c, SPF_PERMERROR, "RFC 7208 4.6", r->problem, r->where);
    default: trace(c->ev, "RFC 7208 4.5", SPAN("%1\tno SPF record\tnone"), domain); return SPF_NONE;
    }
}

/** Evaluate what the TXT question brought, one level deeper. */
static assay_status check_answer(struct spf_check *c, const struct assay_fact *fact,
                                 assay_span domain, enum spf_result *ret)
{
    const struct spf_record *r;
    assay_status s;

    if ((s = spf_record_of(fact, &r)) != ASSAY_DONE)
        return s;
    trace_asked(c->ev, "RFC 7208 4.4", ASSAY_RR_TXT, domain, fact,
                r->found == SPF_RECORD_OK ? r->text : SPAN_EMPTY);
    if (r->found != SPF_RECORD_OK) {
        *ret = unusable(c, r, domain);
        return ASSAY_DONE;
    }
    trace_in(c->ev);
    s = evaluate(c, r, domain, ret);
    trace_out(c->ev);
    return s;
}

assay_status spf_check_domain(struct spf_check *c, assay_span domain, enum spf_result *ret)
{
    const struct assay_fact *fact;
    assay_status s;

    if (!dns_parent(domain).n) {
        trace(c->ev, "RFC 7208 4.3", SPAN("%1\tnot a name of several labels\tnone"), domain);
        *ret = SPF_NONE;
        return ASSAY_DONE;
    }
    if ((s = ask_dns(c->ev, ASSAY_RR_TXT, domain, &fact)) != ASSAY_DONE)
        return s;
    if (fact_state(fact) == FACT_DATA)
        return check_answer(c, fact, domain, ret);
    trace_asked(c->ev, "RFC 7208 4.4", ASSAY_RR_TXT, domain, fact, SPAN_EMPTY);
    if (fact_state(fact) == FACT_UNKNOWN)
        *ret = spf_error(c, SPF_TEMPERROR, "RFC 7208 4.4", "the SPF record could not be asked",
                         domain);
    else if (c->lookups && !spf_spend_void(c, fact, domain)) /* the first record is no term */
        *ret = SPF_PERMERROR;
    else
        *ret = SPF_NONE;
    return ASSAY_DONE;
}

/* ---- the whole check (RFC 7208 4.3) ---- */

/** The domain is one that can have a record: a name of several labels. `*ret_valid` tells. */
static assay_status initial_domain(struct spf_check *c, bool *ret_valid)
{
    assay_span domain = c->request->domain;
    struct dns_name name;
    assay_status s = domain.n && domain.p[0] != '[' ? dns_to_alabels(domain, &name) : ASSAY_EINVAL;

    *ret_valid = s == ASSAY_DONE && dns_parent(dns_name_span(&name)).n > 0;
    if (!*ret_valid)
        return s == ASSAY_ENOMEM ? s : ASSAY_DONE;
    return arena_copy(&c->ev->pass, dns_name_span(&name), &c->sender) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** The reason, in plain words, for this pass. */
static assay_span reason(const struct spf_check *c, enum spf_result result)
{
    struct assay_eval *ev = c->ev;
    assay_span client = c->request->ip_text,
               term = c->matched ? c->matched->text : SPAN("no term matches");

    switch (result) {
    case SPF_PASS:
        return pass_printf(ev, "%.*s is listed by %.*s (%.*s)", SPAN_ARG(client), SPAN_ARG(c->at),
                           SPAN_ARG(term));
    case SPF_FAIL:
        return pass_printf(ev, "%.*s is not allowed to send for %.*s (%.*s)", SPAN_ARG(client),
                           SPAN_ARG(c->at), SPAN_ARG(term));
    case SPF_SOFTFAIL:
        return pass_printf(ev, "%.*s is probably not allowed to send for %.*s (%.*s)",
                           SPAN_ARG(client), SPAN_ARG(c->at), SPAN_ARG(term));
    case SPF_NEUTRAL:
        return pass_printf(ev, "%.*s says nothing of %.*s (%.*s)", SPAN_ARG(c->at),
                           SPAN_ARG(client), SPAN_ARG(term));
    case SPF_NONE:
        if (!c->problem)
            return pass_printf(ev, "%.*s has no SPF record", SPAN_ARG(c->sender));
        return span_of(c->problem);
    default: return pass_printf(ev, "%s: %.*s", c->problem, SPAN_ARG(c->where));
    }
}

/** Keep what came out. */
static assay_status keep_verdict(struct spf_check *c, enum spf_result result, struct spf_verdict *v)
{
    struct arena *keep = &c->ev->keep;
    assay_span domain = c->sender.n ? c->sender : c->request->domain;

    v->result = result;
    v->ref = c->ref ? c->ref : "RFC 7208 4.5";
    v->lookups = c->lookups;
    v->voids = c->voids;
    v->term = c->matched ? c->matched->text : SPAN_EMPTY;
    if (!arena_copy(keep, domain, &v->domain) || !arena_copy(keep, reason(c, result), &v->reason))
        return ASSAY_ENOMEM;
    trace(c->ev, v->ref, SPAN("result\t%1\t%2"), span_of(spf_result_text(result)), v->reason);
    return ASSAY_DONE;
}

/** There is nothing to check. */
static assay_status nothing(struct spf_check *c, const char *ref, const char *why,
                            struct spf_verdict *v)
{
    c->ref = ref;
    c->problem = why;
    v->explanation = SPAN_EMPTY;
    v->unanswered = false;
    return keep_verdict(c, SPF_NONE, v);
}

/** Head the lines of this check. */
static void trace_head(struct spf_check *c)
{
    static const char *const SCOPES[] = {"MAIL FROM", "HELO", "author domain"};

    trace(c->ev, NULL, SPAN("SPF %1 %2, client %3"), span_of(SCOPES[c->request->scope]),
          c->request->domain, c->request->ip_text);
    trace_in(c->ev);
}

assay_status spf_check_host(struct assay_eval *ev, void *slot)
{
    struct spf_slot *s = slot;
    struct spf_check c = {.ev = ev, .request = &s->request};
    enum spf_result result = SPF_NONE;
    assay_status status;
    bool valid;

    c.exp.spec = c.sender = SPAN_EMPTY;
    trace_head(&c);
    if (!s->request.ip.version)
        return nothing(&c, "RFC 7208 4.1", "the client's address is not known", &s->verdict);
    if ((status = initial_domain(&c, &valid)) != ASSAY_DONE)
        return status;
    if (!valid)
        return nothing(&c, "RFC 7208 4.3",
                       s->request.domain.n ? "not a domain name of several labels" : "no domain",
                       &s->verdict);
    if ((status = spf_check_domain(&c, c.sender, &result)) != ASSAY_DONE)
        return status;
    s->verdict.unanswered = c.unanswered && result != SPF_PASS;
    s->verdict.explanation = SPAN_EMPTY;
    if (result == SPF_FAIL && s->request.scope != SPF_AUTHOR &&
        (status = spf_explain(&c, &s->verdict.explanation)) != ASSAY_DONE)
        return status;
    return keep_verdict(&c, result, &s->verdict);
}
