/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/verdict.h"

enum { PROPERTIES_MAX = 6, DETAILS_MAX = 12, OTHER_CHECKS = 7 };

/** A check being written. */
struct writer {
    struct receive *r;
    struct arena *keep;
    struct assay_check *check;
    struct assay_property *properties;
    struct assay_detail *details;
    bool no_memory;
};

/** The verdict's checks being gathered. */
struct gatherer {
    const struct assay_check **checks;
    size_t n;
};

/** Begin a check; with memory short, `w->no_memory` is set and the others do nothing. */
static struct writer begin(struct receive *r, struct gatherer *g, const char *method,
                           const char *scope)
{
    struct writer w = {.r = r, .keep = &r->ev.keep};

    w.check = ARENA_NEW(w.keep, struct assay_check);
    w.properties = arena_zero(w.keep, PROPERTIES_MAX * sizeof *w.properties);
    w.details = arena_zero(w.keep, DETAILS_MAX * sizeof *w.details);
    if (!w.check || !w.properties || !w.details) {
        w.no_memory = true;
        return w;
    }
    w.check->method = span_of(method);
    w.check->scope = span_of(scope);
    w.check->properties = w.properties;
    w.check->details = w.details;
    g->checks[g->n++] = w.check;
    return w;
}

/** Set the result. */
static void result(struct writer *w, const char *text, assay_span reason, const char *ref)
{
    if (w->no_memory)
        return;
    w->check->result = span_of(text);
    w->check->reason = reason;
    w->check->ref = span_of(ref);
}

/** Add a property, unless its value is empty. */
static void property(struct writer *w, const char *ptype, const char *name, assay_span value)
{
    if (w->no_memory || value.n == 0)
        return;
    w->properties[w->check->nproperties++] =
        (struct assay_property){span_of(ptype), span_of(name), value};
}

/** Add a detail, unless its value is empty. */
static void detail(struct writer *w, const char *name, assay_span value)
{
    if (w->no_memory || value.n == 0)
        return;
    w->details[w->check->ndetails++] = (struct assay_detail){span_of(name), value};
}

/** Add a number as a detail. */
static void number(struct writer *w, const char *name, uint64_t value)
{
    assay_span text = pass_number(&w->r->ev, value);

    if (!arena_copy(w->keep, text, &text))
        w->no_memory = true;
    detail(w, name, text);
}

/** Write an SPF check. The local part stays out of the property (RFC 8601 2.7.2). */
static bool write_spf(struct receive *r, struct gatherer *g, const struct spf_slot *slot,
                      const char *scope)
{
    struct writer w = begin(r, g, "spf", scope);
    const struct spf_verdict *v = &slot->verdict;
    bool null_path = slot->request.scope == SPF_MFROM && !r->mail_from.n;

    result(&w, spf_result_text(v->result), v->reason, v->ref);
    property(&w, "smtp", slot->request.scope == SPF_MFROM && !null_path ? "mailfrom" : "helo",
             v->domain);
    number(&w, "lookups", v->lookups);
    number(&w, "void", v->voids);
    detail(&w, "domain", v->domain);
    detail(&w, "term", v->term);
    detail(&w, "exp", v->explanation);
    return !w.no_memory;
}

/** Names of the notable fields among `bits`, parted by spaces. */
static assay_span notable_names(struct writer *w, unsigned bits)
{
    char text[128];
    size_t n = 0;
    assay_span kept = SPAN_EMPTY;

    for (unsigned bit = 1; bit <= DKIM_CONTENT_TYPE; bit <<= 1) {
        assay_span name = bits & bit ? dkim_notable_text(bit) : SPAN_EMPTY;

        if (!name.n)
            continue;
        if (n)
            text[n++] = ' ';
        memcpy(text + n, name.p, name.n);
        n += name.n;
    }
    if (!arena_copy(w->keep, (assay_span){text, n}, &kept))
        w->no_memory = true;
    return kept;
}

/** Write what a signature covers. */
static void write_coverage(struct writer *w, const struct dkim_signature *s,
                           const struct dkim_verdict *v)
{
    detail(w, "signed", notable_names(w, s->covered));
    detail(w, "unsigned", notable_names(w, s->present & ~s->covered));
    if (!v->body_known)
        return;
    number(w, "body", v->body_octets);
    number(w, "body_signed", v->signed_octets);
}

/** The value of header.i: as written, or @d= (RFC 6376 3.5). */
static assay_span identity(struct writer *w, const struct dkim_signature *s)
{
    assay_span text, kept = SPAN_EMPTY;

    if (s->identity.n)
        return s->identity;
    text = pass_printf(&w->r->ev, "@%.*s", SPAN_ARG(s->domain));
    if (s->domain.n && !arena_copy(w->keep, text, &kept))
        w->no_memory = true;
    return kept;
}

/** Write a DKIM check. */
static bool write_dkim(struct receive *r, struct gatherer *g, const struct dkim_slot *slot)
{
    struct writer w = begin(r, g, "dkim", "");
    const struct dkim_signature *s = &slot->signature;
    const struct dkim_verdict *v = &slot->verdict;

    result(&w, dkim_result_text(v->result), v->reason, v->ref);
    property(&w, "header", "d", s->domain.n ? s->domain : s->domain_as);
    property(&w, "header", "i", identity(&w, s));
    property(&w, "header", "s", s->selector.n ? s->selector : s->selector_as);
    property(&w, "header", "a", s->algorithm_text);
    property(&w, "header", "b", s->b_head);
    if (v->bits)
        number(&w, "bits", v->bits);
    write_coverage(&w, s, v);
    if (v->testing)
        detail(&w, "testing", SPAN("yes"));
    return !w.no_memory;
}

/** Write the DKIM checks, or the one that says there is no signature. */
static bool write_all_dkim(struct receive *r, struct gatherer *g)
{
    if (r->dkim.n == 0) {
        struct writer w = begin(r, g, "dkim", "");

        result(&w, "none", SPAN("the message has no signature"), "RFC 8601 2.7.1");
        return !w.no_memory;
    }
    for (size_t i = 0; i < r->dkim.n; i++)
        if (!write_dkim(r, g, &r->dkim.slots[i]))
            return false;
    return true;
}

/** The domains that sealed a chain, the newest first, parted by spaces. */
static assay_span sealers(struct writer *w)
{
    const struct arc_check *chain = &w->r->arc;
    char *text;
    size_t n = 0;

    for (size_t i = 0; i < chain->n; i++)
        n += chain->sets[i].seal.domain.n + 1;
    if (!(text = arena_get(w->keep, n + 1))) {
        w->no_memory = true;
        return SPAN_EMPTY;
    }
    n = 0;
    for (size_t i = chain->n; i-- > 0;) {
        assay_span domain = chain->sets[i].seal.domain;

        if (!domain.n)
            continue;
        if (n)
            text[n++] = ' ';
        memcpy(text + n, domain.p, domain.n);
        n += domain.n;
    }
    return (assay_span){text, n};
}

/** Write the ARC check. */
static bool write_arc(struct receive *r, struct gatherer *g)
{
    struct writer w = begin(r, g, "arc", "");
    const struct arc_verdict *v = &r->arc.verdict;

    result(&w, arc_result_text(v->result), v->reason, v->ref);
    if (v->result != ARC_NONE)
        property(&w, "smtp", "remote-ip", r->ip_text);
    if (v->result == ARC_PASS)
        property(&w, "header", "oldest-pass", pass_number(&r->ev, v->oldest_pass));
    if (!w.no_memory)
        for (size_t i = 0; i < w.check->nproperties; i++)
            w.no_memory |= !arena_copy(w.keep, w.properties[i].value, &w.properties[i].value);
    if (r->arc.n)
        number(&w, "sets", r->arc.n);
    detail(&w, "sealer", v->sealer);
    if (r->arc.n)
        detail(&w, "sealers", sealers(&w));
    return !w.no_memory;
}

/** Write a DMARC check. */
static bool write_dmarc(struct receive *r, struct gatherer *g, const struct dmarc_check *c)
{
    struct writer w = begin(r, g, "dmarc", c->mode == DMARC_9989 ? "9989" : "7489");
    const struct dmarc_verdict *v = c->ret;

    result(&w, dmarc_result_text(v->result), v->reason, v->ref);
    property(&w, "header", "from", v->author);
    if (v->has_record) {
        if (!v->policy_unknown) {
            property(&w, "policy", "dmarc", span_of(dmarc_policy_text(v->policy)));
            detail(&w, "policy", span_of(dmarc_policy_text(v->policy)));
            detail(&w, "asked", span_of(dmarc_policy_text(v->asked)));
            detail(&w, "tag", span_of(v->asked_tag));
        }
        detail(&w, "policy_domain", v->policy_domain);
        detail(&w, "record", v->record);
    }
    if (c == &r->dmarc) /* RFC 8601 2.4: a local policy that overrides the result */
        property(&w, "policy", "override", r->verdict.override);
    detail(&w, "org", v->org);
    if (v->testing)
        detail(&w, "testing", SPAN("yes"));
    if (v->sampled_out)
        detail(&w, "sampled_out", SPAN("yes"));
    detail(&w, "aligned_dkim", v->aligned_dkim);
    detail(&w, "aligned_spf", v->aligned_spf);
    return !w.no_memory;
}

/** Write the iprev check. */
static bool write_iprev(struct receive *r, struct gatherer *g)
{
    struct writer w;

    if (!policy_wants_iprev(r->top) || r->iprev.result == IPREV_NONE)
        return true;
    w = begin(r, g, "iprev", "");
    result(&w, iprev_result_text(r->iprev.result), r->iprev.reason, "RFC 8601 3");
    property(&w, "policy", "iprev", r->ip_text);
    detail(&w, "name", r->iprev.name);
    return !w.no_memory;
}

assay_status verdict_seal_check(struct receive *r, const struct arc_added *a)
{
    static const char *const RESULTS[] = {"sealed", "skipped", "failed", "failed"};
    const struct sign_key *key = &r->policy->seal_key;
    struct gatherer g = {(const struct assay_check **)(uintptr_t)r->verdict.checks,
                         r->verdict.nchecks};
    struct writer w = begin(r, &g, "seal", "");

    result(&w, RESULTS[a->result], a->reason, a->ref);
    property(&w, "header", "d", key->domain);
    property(&w, "header", "s", key->selector);
    property(&w, "header", "a", dkim_algorithm_text(key->algorithm));
    if (a->result == DKIM_SIGNED) {
        number(&w, "instance", a->instance);
        detail(&w, "cv", span_of(arc_result_text(a->cv)));
    }
    if (w.no_memory || r->ev.no_memory)
        return ASSAY_ENOMEM;
    r->verdict.nchecks = g.n;
    return ASSAY_DONE;
}

assay_status verdict_checks(struct receive *r)
{
    struct gatherer g = {arena_get(&r->ev.keep, (r->dkim.n + OTHER_CHECKS + 1) * sizeof(*g.checks)),
                         0};
    bool ok = g.checks != NULL;

    ok = ok && write_spf(r, &g, &r->spf_mfrom, "mfrom") && write_spf(r, &g, &r->spf_helo, "helo");
    if (ok && !r->envelope_only)
        ok = write_all_dkim(r, &g) && write_arc(r, &g) && write_dmarc(r, &g, &r->dmarc) &&
             (!r->policy->dmarc_second_view || write_dmarc(r, &g, &r->dmarc_other));
    ok = ok && write_iprev(r, &g);
    r->verdict.checks = g.checks;
    r->verdict.nchecks = g.n;
    return ok && !r->ev.no_memory ? ASSAY_DONE : ASSAY_ENOMEM;
}
