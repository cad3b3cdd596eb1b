/* SPDX-License-Identifier: BSD-2-Clause */
#include "arc/arc.h"

#include "base/number.h"

const char *arc_result_text(enum arc_result result)
{
    static const char *const TEXTS[] = {"none", "pass", "fail"};

    return TEXTS[result];
}

/* ---- collecting the sets (RFC 8617 5.2 steps 1 to 3) ---- */

/** Which fields of a set were seen. */
enum { SEEN_AAR = 1, SEEN_AMS = 2, SEEN_AS = 4, SEEN_ALL = 7 };

/** Sets being collected, by instance. */
struct collector {
    struct assay_eval *ev;
    struct message *message;
    struct arc_check *check;
    unsigned seen[LIMIT_ARC_SETS + 1];
};

/** Note what is wrong; the first fault stays. */
static void fault(struct arc_check *c, const char *what, const char *ref, size_t instance)
{
    if (c->fault)
        return;
    c->fault = what;
    c->fault_ref = ref;
    c->fault_set = instance;
}

uint64_t arc_aar_instance(assay_span value, assay_span *payload)
{
    size_t semicolon = span_find(value, ';'), equals = span_find(value, '=');
    uint64_t instance;

    if (semicolon == value.n || equals > semicolon ||
        !span_is(span_trim(span_first(value, equals)), "i"))
        return 0;
    if (!number_read(span_trim(span_first(span_from(value, equals + 1), semicolon - equals - 1)),
                     LIMIT_ARC_SETS, &instance))
        return 0;
    *payload = span_from(value, semicolon + 1);
    return instance;
}

/** The set of an instance takes a field; each set has one of each kind. */
static struct arc_set *place(struct collector *k, uint64_t instance, unsigned kind)
{
    struct arc_check *c = k->check;

    if (instance == 0 || instance > LIMIT_ARC_SETS) {
        fault(c, "an ARC field has no instance from 1 to 50", "RFC 8617 4.2.1", 0);
        return NULL;
    }
    if (k->seen[instance] & kind)
        fault(c, "it has the same field twice", "RFC 8617 5.2", (size_t)instance);
    k->seen[instance] |= kind;
    if (instance > c->n)
        c->n = (size_t)instance;
    return &c->sets[instance - 1];
}

/** Take an ARC-Authentication-Results. */
static assay_status take_aar(struct collector *k, size_t field)
{
    assay_span payload = SPAN_EMPTY;
    struct arc_set *set =
        place(k, arc_aar_instance(field_value(&k->message->header, field), &payload), SEEN_AAR);

    if (!set)
        return ASSAY_DONE;
    set->aar = field;
    return authres_read(&k->ev->keep, payload, &set->results);
}

/** Take an ARC-Message-Signature. */
static assay_status take_ams(struct collector *k, size_t field)
{
    struct dkim_signature s;
    struct arc_set *set;

    if (dkim_signature_read(&k->ev->keep, &k->message->header, ARC_MESSAGE_SIGNATURE, field, &s) !=
        ASSAY_DONE)
        return ASSAY_ENOMEM;
    if ((set = place(k, s.instance, SEEN_AMS)))
        set->signature = s;
    return ASSAY_DONE;
}

/** Take an ARC-Seal. */
static assay_status take_as(struct collector *k, size_t field)
{
    struct arc_seal seal;
    struct arc_set *set;

    if (arc_seal_read(&k->ev->keep, &k->message->header, field, &seal) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if ((set = place(k, seal.instance, SEEN_AS)))
        set->seal = seal;
    return ASSAY_DONE;
}

/** Take a field if it is one of the three. */
static assay_status take_field(struct collector *k, size_t field)
{
    const struct header *h = &k->message->header;

    if (field_is(h, field, SPAN("ARC-Authentication-Results")))
        return take_aar(k, field);
    if (field_is(h, field, SPAN("ARC-Message-Signature")))
        return take_ams(k, field);
    return field_is(h, field, SPAN("ARC-Seal")) ? take_as(k, field) : ASSAY_DONE;
}

/** Look for an ARC field at all: most messages have none. */
static bool has_chain(const struct header *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->fields[i].name_n > 4 && span_istarts(field_name(h, i), SPAN("ARC-")) &&
            (field_is(h, i, SPAN("ARC-Authentication-Results")) ||
             field_is(h, i, SPAN("ARC-Message-Signature")) || field_is(h, i, SPAN("ARC-Seal"))))
            return true;
    return false;
}

/** What a set lacks. */
static const char *missing(unsigned seen)
{
    if (!seen)
        return "there is no such set, though there is a later one";
    return !(seen & SEEN_AS)    ? "it has no ARC-Seal"
           : !(seen & SEEN_AMS) ? "it has no ARC-Message-Signature"
                                : "it has no ARC-Authentication-Results";
}

/** Check one set's structure (step 3). */
static void check_set(struct collector *k, size_t instance)
{
    struct arc_check *c = k->check;
    const struct arc_set *set = &c->sets[instance - 1];

    if (k->seen[instance] != SEEN_ALL)
        fault(c, missing(k->seen[instance]), "RFC 8617 5.2", instance);
    else if (set->seal.fault)
        fault(c, set->seal.fault, set->seal.fault_ref, instance);
    else if (set->seal.cv != (instance == 1 ? ARC_NONE : ARC_PASS))
        fault(c,
              instance == 1 ? "cv= of the first set is not none" : "cv= of a later set is not pass",
              "RFC 8617 5.2", instance);
}

/** Check the structure of the chain: the newest set first (step 2), then all (step 3). */
static void check_structure(struct collector *k)
{
    struct arc_check *c = k->check;

    if (c->n && k->seen[c->n] & SEEN_AS && c->sets[c->n - 1].seal.cv == ARC_FAIL)
        fault(c, "the newest sealer found the chain broken (cv=fail)", "RFC 8617 5.2", c->n);
    for (size_t i = 1; i <= c->n; i++)
        check_set(k, i);
}

/** Want the body digests of the signatures: of the newest first, which the chain depends on. */
static void want_bodies(struct collector *k)
{
    struct arc_check *c = k->check;

    for (size_t i = c->n; i-- > 0 && !c->fault;) {
        struct dkim_signature *s = &c->sets[i].signature;

        c->sets[i].check = c;
        if (!s->fault && body_want(&k->message->body, s->body_canon, s->length) != ASSAY_DONE) {
            s->fault = "too many different l= in one message";
            s->fault_ref = "RFC 6376 3.5";
        }
    }
}

assay_status arc_prepare(struct assay_eval *ev, struct message *message, struct arc_check *check)
{
    struct collector k = {ev, message, check, {0}};

    if (!has_chain(&message->header))
        return ASSAY_DONE;
    check->n = 0;
    check->fault = NULL;
    if (!(check->sets = arena_zero(&ev->keep, LIMIT_ARC_SETS * sizeof *check->sets)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < message->header.n; i++)
        if (take_field(&k, i) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    if (check->n)
        check_structure(&k);
    want_bodies(&k);
    return ASSAY_DONE;
}

/* ---- validating the chain (steps 4 to 7) ---- */

/** Verify the ARC-Message-Signature of a set: a branch_fn over a struct arc_set. */
static assay_status verify_ams(struct assay_eval *ev, void *arg)
{
    struct arc_set *set = arg;
    assay_status s;

    trace(ev, NULL, SPAN("ARC-Message-Signature %1, %2"), pass_number(ev, set->signature.instance),
          set->signature.domain);
    trace_in(ev);
    s = dkim_verify_signature(ev, set->check->options, set->check->message, &set->signature,
                              &set->ams);
    set->ams_done |= s == ASSAY_DONE;
    return s;
}

/** Run the newest AMS and every seal, all at once. */
static assay_status run_signatures(struct assay_eval *ev, struct arc_check *c)
{
    assay_status all =
        branch_run(ev, &c->sets[c->n - 1].ams_branch, verify_ams, &c->sets[c->n - 1]);

    for (size_t i = c->n; i > 0; i--)
        all =
            join(all, branch_run(ev, &c->sets[i - 1].as_branch, arc_seal_verify, &c->sets[i - 1]));
    return all;
}

/**
 * Find oldest-pass: from the newest set down, until an AMS fails (step 5). `*ret` is 0 when none
 * does.
 *
 * One whose key could not be asked fails here (5.2.1), but those below it are looked at all the
 * same: arc_trust() wants to know what the answer might have changed.
 */
static assay_status find_oldest_pass(struct assay_eval *ev, struct arc_check *c, size_t *ret)
{
    size_t oldest = 0;

    for (size_t i = c->n - 1; i > 0; i--) {
        struct arc_set *set = &c->sets[i - 1];
        assay_status s = branch_run(ev, &set->ams_branch, verify_ams, set);

        if (s != ASSAY_DONE)
            return s;
        if (set->ams.result != DKIM_PASS && !oldest)
            oldest = i + 1;
        if (set->ams.result != DKIM_PASS && set->ams.result != DKIM_TEMPERROR)
            break;
    }
    *ret = oldest;
    return ASSAY_DONE;
}

/** Decide. */
static assay_status decide(struct assay_eval *ev, struct arc_check *c, enum arc_result result,
                           const char *ref, assay_span reason)
{
    struct arc_verdict *v = &c->verdict;

    v->result = result;
    v->ref = ref;
    v->sealer =
        c->n && c->sets[c->n - 1].seal.domain.p ? c->sets[c->n - 1].seal.domain : SPAN_EMPTY;
    trace(ev, ref, SPAN("result\t%1\t%2"), span_of(arc_result_text(result)), reason);
    return arena_copy(&ev->keep, reason, &v->reason) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** A signature of a set does not verify: the chain fails. */
static assay_status decide_broken(struct assay_eval *ev, struct arc_check *c, const char *which,
                                  size_t instance, const struct dkim_verdict *v)
{
    c->verdict.unanswered = v->result == DKIM_TEMPERROR;
    return decide(ev, c, ARC_FAIL, v->result == DKIM_TEMPERROR ? "RFC 8617 5.2.1" : "RFC 8617 5.2",
                  pass_printf(ev, "%s of set %zu: %.*s", which, instance, SPAN_ARG(v->reason)));
}

/** A signature does not verify: because its key could not be asked, or for good. */
static bool is_broken(const struct dkim_verdict *v, bool unanswered)
{
    return v->result != DKIM_PASS && (v->result == DKIM_TEMPERROR) == unanswered;
}

/**
 * Decide by the first signature that is broken in this way. \return ASSAY_MORE when there is none
 */
static assay_status decide_first(struct assay_eval *ev, struct arc_check *c, bool unanswered)
{
    const struct arc_set *newest = &c->sets[c->n - 1];

    if (is_broken(&newest->ams, unanswered))
        return decide_broken(ev, c, "ARC-Message-Signature", c->n, &newest->ams);
    for (size_t i = c->n; i > 0; i--)
        if (is_broken(&c->sets[i - 1].as, unanswered))
            return decide_broken(ev, c, "ARC-Seal", i, &c->sets[i - 1].as);
    return ASSAY_MORE;
}

/**
 * Everything was verified: what does it come to? What is broken for good comes before what was not
 * answered.
 */
static assay_status decide_chain(struct assay_eval *ev, struct arc_check *c)
{
    const struct arc_set *newest = &c->sets[c->n - 1];
    assay_status s;

    if ((s = decide_first(ev, c, false)) != ASSAY_MORE ||
        (s = decide_first(ev, c, true)) != ASSAY_MORE)
        return s;
    return decide(ev, c, ARC_PASS, "RFC 8617 5.2",
                  pass_printf(ev, "%zu %s, the newest by %.*s", c->n, c->n == 1 ? "set" : "sets",
                              SPAN_ARG(newest->seal.domain)));
}

/** The structure is broken. */
static assay_status decide_fault(struct assay_eval *ev, struct arc_check *c)
{
    assay_span reason = span_of(c->fault);

    if (c->fault_set)
        reason = pass_printf(ev, "set %zu: %s", c->fault_set, c->fault);
    return decide(ev, c, ARC_FAIL, c->fault_ref, reason);
}

assay_status arc_check_chain(struct assay_eval *ev, void *check)
{
    struct arc_check *c = check;
    assay_status s, older;
    size_t oldest = 0;

    if (c->n)
        trace(ev, NULL, c->n == 1 ? SPAN("ARC chain of %1 set") : SPAN("ARC chain of %1 sets"),
              pass_number(ev, c->n));
    else if (!c->fault)
        trace(ev, "RFC 8617 5.2", SPAN("ARC\tno ARC field\tnone"));
    c->verdict =
        (struct arc_verdict){.reason = SPAN_EMPTY, .sealer = SPAN_EMPTY, .ref = "RFC 8617 5.2"};
    if (!c->n && !c->fault)
        return ASSAY_DONE;
    trace_in(ev);
    if (c->fault)
        return decide_fault(ev, c);
    s = run_signatures(ev, c);
    older = find_oldest_pass(ev, c, &oldest);
    if ((s = join(s, older)) != ASSAY_DONE)
        return s;
    if ((s = decide_chain(ev, c)) == ASSAY_DONE)
        c->verdict.oldest_pass = oldest;
    return s;
}

/* ---- trust ---- */

/** A sealer is one of those trusted. */
static bool is_trusted(const struct arc_set *set, const struct arc_asked *asked)
{
    for (size_t i = 0; i < asked->ntrusted; i++)
        if (span_eq(set->seal.domain, asked->trusted[i]))
            return true;
    return false;
}

/** header.from of a result; empty when it names nobody. */
static assay_span from_of(const struct authres_result *r)
{
    for (size_t i = 0; i < r->nproperties; i++)
        if (span_iis(r->properties[i].ptype, "header") && span_iis(r->properties[i].name, "from"))
            return r->properties[i].value;
    return SPAN_EMPTY;
}

/**
 * The results of a set say dmarc=pass for an author domain, and nothing else about it.
 *
 * Robustness: a sealer that writes what it was told without quotes may be made to write a second
 * result. Results of versions we do not know are not read (RFC 8601 2.6).
 */
static bool saw_pass(const struct authres *results, assay_span author)
{
    bool pass = false;

    for (size_t i = 0; i < results->n && results->version == 1; i++) {
        const struct authres_result *r = &results->results[i];
        assay_span from = from_of(r);

        if (!span_iis(r->method, "dmarc") || r->version != 1 || (from.n && !span_ieq(from, author)))
            continue;
        if (!span_iis(r->result, "pass"))
            return false;
        pass |= from.n > 0;
    }
    return pass;
}

/** A set says so for all author domains. */
static bool saw_all_pass(const struct arc_set *set, const struct arc_asked *asked)
{
    for (size_t i = 0; i < asked->nauthors; i++)
        if (!saw_pass(&set->results, asked->authors[i]))
            return false;
    return asked->nauthors > 0;
}

/** An ARC-Message-Signature verifies, and who wrote the message is part of what it signs. */
static enum arc_trust verifies(const struct arc_set *set)
{
    if (!set->ams_done || !(set->signature.covered & DKIM_FROM))
        return ARC_NOT_VOUCHED;
    return set->ams.result == DKIM_PASS        ? ARC_VOUCHED
           : set->ams.result == DKIM_TEMPERROR ? ARC_MAYBE_VOUCHED
                                               : ARC_NOT_VOUCHED;
}

/** Both must be so. */
static enum arc_trust both(enum arc_trust a, enum arc_trust b)
{
    return a < b ? a : b;
}

/** One of the two is enough. */
static enum arc_trust either(enum arc_trust a, enum arc_trust b)
{
    return a > b ? a : b;
}

/** The chain itself holds. */
static enum arc_trust chain_holds(const struct arc_verdict *v)
{
    return v->result == ARC_PASS ? ARC_VOUCHED
           : v->unanswered       ? ARC_MAYBE_VOUCHED
                                 : ARC_NOT_VOUCHED;
}

enum arc_trust arc_trust(const struct arc_check *c, const struct arc_asked *asked, size_t *ret_set)
{
    const enum arc_trust chain = chain_holds(&c->verdict);
    enum arc_trust same = ARC_VOUCHED;     /* nothing was changed after the set at hand */
    enum arc_trust kept = ARC_NOT_VOUCHED; /* nobody who is not trusted changed anything after it */
    enum arc_trust best = ARC_NOT_VOUCHED;
    bool above_trusted = false;

    for (size_t i = c->n; i-- > 0 && chain != ARC_NOT_VOUCHED;) {
        const struct arc_set *set = &c->sets[i];
        bool trusted = is_trusted(set, asked);

        same = both(same, verifies(set));
        kept = either(same, above_trusted ? kept : ARC_NOT_VOUCHED);
        if (trusted && both(chain, kept) > best && saw_all_pass(set, asked)) {
            best = both(chain, kept);
            *ret_set = i;
        }
        above_trusted = trusted;
    }
    return best;
}
