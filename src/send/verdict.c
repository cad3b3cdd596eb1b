/* SPDX-License-Identifier: BSD-2-Clause */
#include "send/send.h"

#include "mail/forged.h"

enum { PROPERTIES = 4, DETAILS = 1 };

/* ---- the checks ---- */

/** Begin a check. \return NULL when memory is out */
static struct assay_check *new_check(struct send *s, enum send_result result, assay_span reason,
                                     const char *ref)
{
    static const char *const RESULTS[] = {"signed", "skipped", "failed"};
    struct assay_check *c = ARENA_NEW(&s->ev.keep, struct assay_check);

    if (!c)
        return NULL;
    c->method = SPAN("sign");
    c->scope = SPAN_EMPTY;
    c->result = span_of(RESULTS[result]);
    c->reason = reason;
    c->ref = span_of(ref);
    return c;
}

/** The check of one key. */
static struct assay_check *slot_check(struct send *s, const struct send_slot *slot)
{
    struct assay_check *c = new_check(s, slot->result, slot->reason, slot->ref);
    struct assay_property *p = arena_zero(&s->ev.keep, PROPERTIES * sizeof *p);
    struct assay_detail *d = arena_zero(&s->ev.keep, DETAILS * sizeof *d);
    const struct dkim_signer *signer = &slot->signer;

    if (!c || !p || !d)
        return NULL;
    c->properties = p;
    p[c->nproperties++] = (struct assay_property){SPAN("header"), SPAN("d"), signer->domain};
    p[c->nproperties++] = (struct assay_property){SPAN("header"), SPAN("s"), signer->selector};
    p[c->nproperties++] =
        (struct assay_property){SPAN("header"), SPAN("a"), dkim_algorithm_text(signer->algorithm)};
    if (signer->identity.n)
        p[c->nproperties++] = (struct assay_property){SPAN("header"), SPAN("i"), signer->identity};
    c->details = d;
    d[c->ndetails++] = (struct assay_detail){SPAN("entry"), s->rule->text};
    return c;
}

/** A check for each key, or the one that says why there is none. */
static assay_status write_checks(struct send *s)
{
    const struct assay_check **checks = arena_zero(&s->ev.keep, (s->n + 1) * sizeof *checks);
    size_t n = 0;

    if (!checks)
        return ASSAY_ENOMEM;
    if (s->n == 0 && !(checks[n++] = new_check(s, SEND_SKIPPED, s->why_not, s->why_ref)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < s->n; i++)
        if (!(checks[n++] = slot_check(s, &s->slots[i])))
            return ASSAY_ENOMEM;
    s->verdict.checks = checks;
    s->verdict.nchecks = n;
    return ASSAY_DONE;
}

/* ---- the edits ---- */

/** Forged results out, signatures in, the first key's on top (RFC 6376 5.6). */
static assay_status write_edits(struct send *s)
{
    const struct header *h = &s->in.message.header;
    assay_span id = s->policy->authserv_id.n ? s->policy->authserv_id : s->hostname;
    const struct forged_ids ids = {.id = id.n ? id : SPAN("localhost"),
                                   .host = s->hostname,
                                   .also = s->policy->authserv_id_also.names,
                                   .nalso = s->policy->authserv_id_also.n};
    size_t most = header_count(h, SPAN("Authentication-Results")) + s->n + 1, n = 0;
    struct assay_edit *edits = arena_zero(&s->ev.keep, most * sizeof *edits);

    if (!edits || forged_remove(&s->ev.pass, h, &ids, edits, &n) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    for (size_t i = s->n; i > 0; i--)
        if (s->slots[i - 1].result == SEND_SIGNED)
            edits[n++] = (struct assay_edit){.index = 0,
                                             .name = dkim_field_name(DKIM_SIGNATURE),
                                             .value = s->slots[i - 1].made.value};
    s->verdict.edits = edits;
    s->verdict.nedits = n;
    return ASSAY_DONE;
}

/* ---- what to do ---- */

/** How many keys came to this; `*ret` is the first of them. */
static size_t count(const struct send *s, enum send_result result, const struct send_slot **ret)
{
    size_t n = 0;

    for (size_t i = s->n; i > 0; i--)
        if (s->slots[i - 1].result == result) {
            n++;
            *ret = &s->slots[i - 1];
        }
    return n;
}

/**
 * What to do: send it, unless the key holder failed and there is no signature by another key.
 *
 * A message that was not signed for another reason is sent: that will not change by trying again.
 */
static assay_span decide(struct send *s)
{
    struct assay_verdict *v = &s->verdict;
    const struct send_slot *first = NULL;
    size_t n;

    v->what = ASSAY_ACCEPT;
    v->cause = SPAN("none");
    v->code = 0;
    v->enhanced = v->text = SPAN_EMPTY;
    if ((n = count(s, SEND_SIGNED, &first)) > 1)
        return pass_printf(&s->ev, "signed by %zu keys", n);
    if (n == 1)
        return pass_printf(&s->ev, "signed by %.*s of %.*s", SPAN_ARG(first->signer.selector),
                           SPAN_ARG(first->signer.domain));
    if (count(s, SEND_FAILED, &first) && s->policy->sign_failure == POLICY_SIGN_DEFER) {
        v->what = ASSAY_DEFER;
        v->cause = SPAN("temperror");
        v->code = 451;
        v->enhanced = SPAN("4.7.5");
        v->text = SPAN("The message could not be signed; try again later");
    } else if (!first) {
        (void)count(s, SEND_SKIPPED, &first);
    }
    return pass_printf(&s->ev, "not signed: %.*s", SPAN_ARG(first ? first->reason : s->why_not));
}

assay_status send_verdict(struct send *s)
{
    struct assay_verdict *v = &s->verdict;
    assay_span reason = decide(s);

    trace(&s->ev, NULL, SPAN("Disposition"));
    trace_in(&s->ev);
    trace(&s->ev, NULL, SPAN("disposition\t%1\t%2"),
          v->what == ASSAY_DEFER ? SPAN("defer") : SPAN("accept"), reason);
    trace_out(&s->ev);
    v->would = v->what;
    v->author = s->authors.n == 1 ? s->authors.domains[0] : SPAN_EMPTY;
    v->authres = v->override = v->override_note = SPAN_EMPTY;
    v->policy = s->policy->name;
    if (!arena_copy(&s->ev.keep, reason, &v->reason) || write_checks(s) != ASSAY_DONE ||
        write_edits(s) != ASSAY_DONE || s->ev.no_memory)
        return ASSAY_ENOMEM;
    s->ev.verdict = v;
    return ASSAY_DONE;
}
