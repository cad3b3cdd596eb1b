/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/dmarc_judge.h"

enum dmarc_policy dmarc_policy_asked(const struct dmarc_discovery *d)
{
    return !d->record || d->assumed_none ? DMARC_POLICY_NONE : d->asked;
}

enum dmarc_policy dmarc_policy_effective(const struct dmarc_discovery *d)
{
    enum dmarc_policy asked = dmarc_policy_asked(d);

    return d->record && d->record->testing ? dmarc_policy_lower(asked) : asked;
}

/* ---- the record ---- */

/** The answer at a step of the walk holds several records, or one with a tag twice; set `*ret_record`. */
static enum dmarc_found found_at(const struct asked *step, const struct dmarc_record **ret_record)
{
    if (asked_data(step) != YES || dmarc_record_of(step->fact, ret_record) != ASSAY_DONE)
        return DMARC_RECORD_NONE;
    return (*ret_record)->found;
}

/** The step that decides: the domain's own where anything like a record is there, else the first above that has. */
static size_t deciding_step(const struct posture *p, enum dmarc_found wanted,
                            const struct dmarc_record **ret_record)
{
    const struct topic_dmarc *t = &p->dmarc;

    for (size_t i = 0; i < t->now.walk.n; i++) {
        enum dmarc_found found = found_at(&t->steps[i], ret_record);

        if (found == wanted)
            return i;
        if (i == 0 && found != DMARC_RECORD_NONE)
            break;
    }
    return LIMIT_TREE_WALK;
}

/** Set up what the rows on the text look at. */
static void look_at_record(struct posture *p, struct dmarc_look *look)
{
    const struct topic_dmarc *t = &p->dmarc;
    assay_span domain = t->record_domain;

    *look = (struct dmarc_look){.owner = SPAN_EMPTY};
    if (t->record && t->ours) {
        look->r = t->record;
        look->at = t->record_at;
    } else if (!t->record) {
        size_t i = deciding_step(p, DMARC_RECORD_VOID, &look->r);

        if (i == LIMIT_TREE_WALK) {
            look->r = NULL;
            return;
        }
        look->at = &t->steps[i];
        domain = t->now.walk.steps[i].domain;
    }
    if (!look->r)
        return;
    look->owner = posture_printf(p, "_dmarc.%.*s", SPAN_ARG(domain));
    dmarc_parts_read(look->r->text, &look->parts);
}

/** The first question of the walk that was not answered. */
static const struct asked *first_missing(const struct posture *p)
{
    for (size_t i = 0; i < p->dmarc.now.walk.n; i++)
        if (p->dmarc.now.walk.steps[i].unknown)
            return &p->dmarc.steps[i];
    return &p->dmarc.steps[0];
}

/* ---- is there one? ---- */

/** The record to begin with. */
static assay_span first_record(struct posture *p)
{
    return posture_printf(p, "v=DMARC1; p=none; rua=mailto:dmarc-reports@%.*s",
                          SPAN_ARG(p->domain));
}

/** DMARC-MULTIPLE. \return it hits */
static bool judge_multiple(struct posture *p)
{
    const struct topic_dmarc *t = &p->dmarc;
    const struct dmarc_record *record = NULL;
    size_t i = deciding_step(p, DMARC_RECORD_SEVERAL, &record), n = 0;
    struct finding *f;

    if (i == LIMIT_TREE_WALK) {
        judged(p, F_DMARC_MULTIPLE, t->now.unknown ? UNKNOWN : NO, p->domain, first_missing(p));
        return false;
    }
    for (size_t k = 0; k < t->steps[i].fact->n; k++)
        n += dmarc_is_record(t->steps[i].fact->records[k].text);
    f = hit(p, F_DMARC_MULTIPLE, ASSAY_ERROR, p->domain, NULL);
    say(p, f, "%zu DMARC records stand at %.*s, so receivers use none of them", n,
        SPAN_ARG(t->steps[i].name));
    for (size_t k = 0; k < t->steps[i].fact->n; k++) {
        assay_span text = t->steps[i].fact->records[k].text;

        if (!dmarc_is_record(text))
            continue;
        show(p, f, &t->steps[i], text, SPAN_EMPTY);
        if (!span_eq(text, record->text))
            publish(p, f, "TXT", t->steps[i].name, text, SPAN_EMPTY);
    }
    advise(p, f, "Keep one; here the first is kept.");
    return true;
}

/** DMARC-MISSING. A record with a tag twice is there, and DMARC-DUPLICATE-TAG speaks of it. */
static void judge_missing(struct posture *p, const struct dmarc_look *look)
{
    const struct topic_dmarc *t = &p->dmarc;
    struct finding *f;

    if (look->r && !t->record)
        return;

    if (t->record || t->now.unknown) {
        judged(p, F_DMARC_MISSING, t->record ? NO : UNKNOWN, p->domain, first_missing(p));
        return;
    }
    f = hit(p, F_DMARC_MISSING, ASSAY_ERROR, p->domain, NULL);
    say(p, f, "there is no DMARC record that applies to %.*s: anyone may use the name as a sender",
        SPAN_ARG(p->domain));
    for (size_t i = 0; i < t->now.walk.n; i++)
        show(p, f, &t->steps[i], SPAN_EMPTY, SPAN_EMPTY);
    if (has_hit(p, F_DMARC_NEAR_MISS, SPAN_EMPTY))
        advise(p, f, "Repair the record that was meant for it.");
    else
        publish(p, f, "TXT", posture_printf(p, "_dmarc.%.*s", SPAN_ARG(p->domain)), SPAN_EMPTY,
                first_record(p));
}

/** DMARC-INHERITED. */
static void judge_inherited(struct posture *p)
{
    const struct topic_dmarc *t = &p->dmarc;
    struct finding *f;

    if (!t->record || span_eq(t->record_domain, p->domain)) {
        if (t->record || t->now.unknown)
            judged(p, F_DMARC_INHERITED, t->record ? NO : UNKNOWN, p->domain, first_missing(p));
        return;
    }
    f = hit(p, F_DMARC_INHERITED, ASSAY_NOTICE, p->domain, NULL);
    say(p, f, "%.*s has no DMARC record of its own; that of %.*s%s applies, and asks for %s",
        SPAN_ARG(p->domain), SPAN_ARG(t->record_domain),
        t->ours ? "" : ", the suffix it is registered under,",
        dmarc_policy_text(dmarc_policy_effective(&t->now)));
    show(p, f, &t->steps[0], SPAN_EMPTY, SPAN_EMPTY);
    show(p, f, t->record_at, t->record->text, SPAN_EMPTY);
    if (t->ours)
        advise(p, f, "Publish a record of its own only if its policy must differ.");
    else
        publish(p, f, "TXT", t->steps[0].name, SPAN_EMPTY, dmarc_own_copy(p, &t->now));
}

/* ---- near misses ---- */

/** The record that was meant. */
static assay_span repaired(struct posture *p, enum dmarc_near_miss miss, assay_span rest)
{
    struct dmarc_parts parts;
    struct dmarc_draft d;

    while (rest.n && memchr("\"'\\ ", rest.p[rest.n - 1], 4)) /* as what stood in front */
        rest.n--;
    dmarc_parts_read(rest, &parts);
    d = dmarc_draft_of(&parts, rest);
    if (miss == DMARC_MISS_NOT_FIRST)
        dmarc_draft_remove(&d, DMARC_TAG_V);
    rest = dmarc_draft_text(p, &d);
    return rest.n ? posture_printf(p, "v=DMARC1; %.*s", SPAN_ARG(rest)) : SPAN("v=DMARC1; p=none");
}

/** Tell of one TXT that is near a record. */
static void hit_near_miss(struct posture *p, const struct asked *q, assay_span subject,
                          assay_span text, const char *reason, assay_span record)
{
    static const struct {
        const char *reason, *what;
    } WHAT[] = {
        {"version", "its version is not written exactly v=DMARC1"},
        {"not-first", "v=DMARC1 does not stand first in it"},
        {"lead", "something stands before its v=DMARC1"},
        {"spelling", "it does not begin with v=DMARC1 and a semicolon"},
        {"apex", "it stands at the domain itself and not at _dmarc below it"},
    };
    struct finding *f = hit(p, F_DMARC_NEAR_MISS, ASSAY_WARNING, subject, reason);

    for (size_t i = 0; i < sizeof WHAT / sizeof *WHAT; i++)
        if (span_is(span_of(reason), WHAT[i].reason))
            say(p, f, "a TXT record at %.*s looks like DMARC, but receivers pass over it: %s",
                SPAN_ARG(subject), WHAT[i].what);
    show(p, f, q, text, SPAN_EMPTY);
    if (dmarc_own_records(p)) { /* beside another, a repaired one would void both */
        publish(p, f, "TXT", q->name, text, SPAN_EMPTY);
        advise(p, f, "there is a DMARC record: move what is missing there into it");
        return;
    }
    if (span_is(span_of(reason), "apex")) {
        publish(p, f, "TXT", p->domain, text, SPAN_EMPTY);
        text = SPAN_EMPTY;
    }
    publish(p, f, "TXT", posture_printf(p, "_dmarc.%.*s", SPAN_ARG(p->domain)), text, record);
}

/** DMARC-NEAR-MISS at `_dmarc`. */
static void judge_near_miss(struct posture *p)
{
    static const char *const REASONS[] = {NULL, "version", "not-first", "lead", "spelling"};
    const struct asked *q = &p->apex.service[SERVICE_DMARC];

    if (asked_data(q) == UNKNOWN) {
        unknown(p, F_DMARC_NEAR_MISS, q->name, q, NULL);
        return;
    }
    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++) {
        assay_span text = q->fact->records[i].text, rest = SPAN_EMPTY;
        enum dmarc_near_miss miss = dmarc_near_miss(text, &rest);

        if (miss == DMARC_NOT_MEANT)
            continue;
        hit_near_miss(p, q, q->name, text, REASONS[miss], repaired(p, miss, rest));
        return;
    }
    pass(p, F_DMARC_NEAR_MISS, q->name);
}

/** DMARC-NEAR-MISS at the domain itself. */
static void judge_apex(struct posture *p)
{
    const struct asked *q = &p->apex.txt;

    if (asked_data(q) == UNKNOWN) {
        unknown(p, F_DMARC_NEAR_MISS, p->domain, q, NULL);
        return;
    }
    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++) {
        assay_span text = q->fact->records[i].text;

        if (!dmarc_is_record(text))
            continue;
        hit_near_miss(p, q, p->domain, text, "apex", text);
        return;
    }
    pass(p, F_DMARC_NEAR_MISS, p->domain);
}

/* ---- all of it ---- */

/** What cannot be told while the record is not known. */
static void judge_nothing_known(struct posture *p)
{
    static const enum finding_id IDS[] = {
        F_DMARC_SYNTAX,    F_DMARC_DUPLICATE_TAG, F_DMARC_UNKNOWN_TAG, F_DMARC_ORDER,
        F_DMARC_OLD_TAG,   F_DMARC_PCT,           F_DMARC_T_PCT,       F_DMARC_P_MISSING,
        F_DMARC_P_INVALID, F_DMARC_P_NONE,        F_DMARC_TESTING,     F_DMARC_SP_WEAK,
        F_DMARC_NP_WEAK,   F_DMARC_SP_IGNORED,    F_DMARC_NO_RUA,      F_DMARC_RUF,
    };

    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        unknown(p, IDS[i], p->domain, first_missing(p), NULL);
}

/** What others and the score take from here (docs/findings.md 7). */
static void conclude(struct posture *p)
{
    struct topic_dmarc *t = &p->dmarc;
    const struct dmarc_record *r = t->now.record;

    t->applies = r ? YES : t->now.unknown ? UNKNOWN : NO;
    t->own_org = t->now.org.n ? truth_of(span_eq(t->now.org, p->domain)) : UNKNOWN;
    t->p = dmarc_policy_effective(&t->now);
    t->sp = t->np = DMARC_POLICY_NONE;
    t->rua_works = t->record && t->ours ? UNKNOWN : t->now.unknown ? UNKNOWN : NO;
    if (!r || t->now.assumed_none)
        return;
    t->sp = r->sp.present ? r->sp.policy : r->p.policy;
    t->np = r->np.present ? r->np.policy : t->sp;
    if (t->now.existence_unknown)
        t->p = t->np < t->sp ? t->np : t->sp;
    if (!r->testing)
        return;
    t->sp = dmarc_policy_lower(t->sp);
    t->np = dmarc_policy_lower(t->np);
    if (t->now.existence_unknown)
        t->p = dmarc_policy_lower(t->p);
}

/** The line where all is well. */
static void sum(struct posture *p)
{
    const struct topic_dmarc *t = &p->dmarc;

    if (t->applies != YES || p->brief)
        return;
    p->summary[AREA_DMARC] =
        t->own_org == YES
            ? posture_printf(p, "%s; sub-domains %s, names that do not exist %s; reports %s",
                             dmarc_policy_text(t->p), dmarc_policy_text(t->sp),
                             dmarc_policy_text(t->np),
                             t->rua_works == YES  ? "come in"
                             : t->rua_works == NO ? "go nowhere"
                                                  : "not checked")
        : span_eq(t->record_domain, p->domain)
            ? posture_printf(p, "%s, by its own record", dmarc_policy_text(t->p))
            : posture_printf(p, "%s, by the record of %.*s", dmarc_policy_text(t->p),
                             SPAN_ARG(t->record_domain));
}

void judge_dmarc(struct posture *p)
{
    const struct topic_dmarc *t = &p->dmarc;
    struct dmarc_look look;

    conclude(p);
    look_at_record(p, &look);
    judge_near_miss(p);
    judge_apex(p);
    if (!judge_multiple(p))
        judge_missing(p, &look);
    judge_inherited(p);
    if (t->now.unknown)
        judge_nothing_known(p);
    if (look.r)
        judge_dmarc_text(p, &look);
    if (t->record && t->ours) {
        judge_dmarc_policy(p, &look);
        judge_dmarc_reports(p, &look);
    }
    judge_dmarc_worlds(p, &look);
    if (look.r && !p->brief)
        dmarc_join_fixes(p, look.owner, look.r->text);
    sum(p);
}
