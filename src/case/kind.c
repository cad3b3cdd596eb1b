/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/read.h"

const char *case_kind_text(enum case_kind kind)
{
    switch (kind) {
    case CASE_MESSAGE: return "message";
    case CASE_SPF: return "SPF";
    case CASE_DOMAIN: return "domain";
    case CASE_DESTINATION: return "destination";
    case CASE_SENDING: return "sending";
    case CASE_SRS: return "SRS";
    default: return "nothing";
    }
}

/** Keys of [envelope] that say what kind of case it is. */
static enum case_kind decided_by(const struct case_line *line)
{
    if (span_is(line->key, "domain"))
        return CASE_DOMAIN;
    if (span_is(line->key, "nexthop"))
        return CASE_DESTINATION;
    if (span_is(line->key, "srs"))
        return CASE_SRS;
    if (span_is(line->key, "direction") && !span_is(line->value, "in"))
        return CASE_SENDING;
    return CASE_NOTHING;
}

/** The kinds a set of flags allows, in words for one of them. */
static const char *first_kind(unsigned kinds)
{
    for (unsigned k = 1; k <= CASE_SRS; k <<= 1)
        if (kinds & k)
            return case_kind_text((enum case_kind)k);
    return "other";
}

/** Refuse what belongs to another kind of case. */
static assay_status refuse_mix(struct case_reader *r, assay_span at, unsigned kinds)
{
    const struct case_one *one = r->one;

    return CASE_REFUSE(r, at,
                       "%s belongs to a case of the kind %s, but %s makes this one of the kind %s",
                       case_shown(at).text, first_kind(kinds), case_shown(one->kind_at).text,
                       case_kind_text(one->kind));
}

/** Find the kind. */
static assay_status find_kind(struct case_reader *r)
{
    struct case_one *one = r->one;

    for (const struct case_line *line = one->envelope.first; line; line = line->next) {
        enum case_kind kind = decided_by(line);

        if (kind == CASE_NOTHING)
            continue;
        if (one->kind != CASE_NOTHING)
            return refuse_mix(r, line->key, kind);
        one->kind = kind;
        one->kind_at = line->key;
    }
    if (one->kind != CASE_NOTHING)
        return ASSAY_DONE;
    if (one->message_at.n || one->digests_at.n) {
        one->kind = CASE_MESSAGE;
        one->kind_at = one->message_at.n ? one->message_at : one->digests_at;
    } else if (one->envelope_at.n) {
        one->kind = CASE_SPF;
        one->kind_at = one->envelope_at;
    }
    return ASSAY_DONE;
}

/** A section stands in a case of a kind that has it. */
static assay_status check_section(struct case_reader *r, assay_span at, unsigned kinds)
{
    return at.n && !(kinds & r->one->kind) ? refuse_mix(r, at, kinds) : ASSAY_DONE;
}

/** Lines stand in a case of a kind that has them. */
static assay_status check_lines(struct case_reader *r, const struct case_lines *lines,
                                unsigned (*kinds)(assay_span))
{
    for (const struct case_line *line = lines->first; line; line = line->next)
        if (!(kinds(line->key) & r->one->kind))
            return refuse_mix(r, line->key, kinds(line->key));
    return ASSAY_DONE;
}

/** Gather the values of a key that repeats. \return how many */
static size_t gather(const struct case_one *one, const char *key, assay_span *ret)
{
    size_t n = 0;

    for (const struct case_line *line = one->envelope.first; line; line = line->next)
        if (span_is(line->key, key))
            ret[n++] = line->value;
    return n;
}

/** The lists of a domain case. */
static assay_status gather_names(struct case_reader *r)
{
    struct case_one *one = r->one;
    struct assay_domain *d = &one->domain;
    assay_span *names = arena_get(&r->set->arena, (one->envelope.n + 1) * sizeof *names);

    if (!names)
        return ASSAY_ENOMEM;
    d->selectors = names;
    d->nselectors = gather(one, "selector", names);
    d->subdomains = names + d->nselectors;
    d->nsubdomains = gather(one, "known_subdomain", names + d->nselectors);
    d->evidence = one->evidence;
    return ASSAY_DONE;
}

assay_status case_finish_kind(struct case_reader *r)
{
    struct case_one *one = r->one;
    assay_status s = find_kind(r);

    if (s != ASSAY_DONE || one->kind == CASE_NOTHING)
        return s;
    if ((s = check_lines(r, &one->envelope, case_envelope_kinds)) != ASSAY_DONE ||
        (s = check_section(r, one->message_at, CASE_MESSAGE | CASE_SENDING)) != ASSAY_DONE ||
        (s = check_section(r, one->digests_at, CASE_MESSAGE | CASE_SENDING)) != ASSAY_DONE ||
        (s = check_section(r, one->sign_at, CASE_MESSAGE | CASE_SENDING)) != ASSAY_DONE ||
        (s = check_section(r, one->secret_at, CASE_SENDING | CASE_SRS)) != ASSAY_DONE ||
        (s = check_section(r, one->evidence_at, CASE_DOMAIN)) != ASSAY_DONE)
        return s;
    if ((s = check_lines(r, &one->expect, case_expect_kinds)) != ASSAY_DONE)
        return s;
    return one->kind == CASE_DOMAIN ? gather_names(r) : ASSAY_DONE;
}
