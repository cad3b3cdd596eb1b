/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/plan.h"

#include <stdarg.h>
#include <stdio.h>

/* clang-format off */
static const struct assay_plan_row ROWS[] = {
#define PLAN_ROW(id, text, ladder, state, evidence, next, breaks, undo) \
    {text, ladder, state, evidence, next, breaks, undo},
    PLAN_ROWS(PLAN_ROW)
#undef PLAN_ROW
};
/* clang-format on */

const struct assay_plan_row *assay_plan_row_at(size_t index)
{
    return index < PLAN_N_ROWS ? &ROWS[index] : NULL;
}

const char *assay_step_text(enum assay_step step)
{
    static const char *const TEXTS[] = {"?", "now", "wait", "not yet", "keep", "back"};

    return TEXTS[step <= ASSAY_STEP_BACK ? step : 0];
}

/* ---- a step ---- */

struct assay_plan_step *plan_step(struct planner *pl, enum plan_row_id row)
{
    struct assay_plan_step *s;
    assay_span *missing;
    struct assay_fix *fixes;

    if (pl->n == PLAN_STEPS || !pl->steps)
        return NULL;
    missing = posture_get(pl->p, PLAN_MISSING, sizeof *missing);
    fixes = posture_get(pl->p, PLAN_FIXES, sizeof *fixes);
    if (!missing || !fixes)
        return NULL;
    s = &pl->steps[pl->n++];
    *s = (struct assay_plan_step){.row = &ROWS[row],
                                  .step = ASSAY_STEP_NOW,
                                  .earliest = pl->p->ev.now,
                                  .text = SPAN_EMPTY,
                                  .missing = missing,
                                  .fixes = fixes};
    return s;
}

/** A formatted text that lives as long as the evaluation. */
static assay_span print(struct planner *pl, const char *format, va_list args)
{
    char text[1024];
    int n = vsnprintf(text, sizeof text, format, args);
    assay_span ret = SPAN_EMPTY;

    if (!arena_copy(&pl->p->ev.keep,
                    (assay_span){text, n < 0                     ? 0
                                       : (size_t)n < sizeof text ? (size_t)n
                                                                 : sizeof text - 1},
                    &ret))
        pl->p->no_memory = true;
    return ret;
}

void plan_want(struct planner *pl, struct assay_plan_step *s, bool is_so, const char *format, ...)
{
    va_list args;

    if (!s || is_so)
        return;
    s->step = ASSAY_STEP_NOT_YET;
    if (s->nmissing == PLAN_MISSING)
        return;
    va_start(args, format);
    ((assay_span *)(uintptr_t)s->missing)[s->nmissing++] = print(pl, format, args);
    va_end(args);
}

void plan_not_before(struct planner *pl, struct assay_plan_step *s, int64_t t)
{
    if (!s || t <= pl->p->ev.now)
        return;
    if (t > s->earliest)
        s->earliest = t;
    if (s->step == ASSAY_STEP_NOW)
        s->step = ASSAY_STEP_WAIT;
}

void plan_pause(struct planner *pl, struct assay_plan_step *s)
{
    plan_want(pl, s, pl->e->last_change != 0,
              "when the last step was taken (last_change): two are never less than 14 days apart");
    if (pl->e->last_change)
        plan_not_before(pl, s, pl->e->last_change + PLAN_PAUSE);
}

void plan_say(struct planner *pl, struct assay_plan_step *s, const char *format, ...)
{
    va_list args;

    if (!s)
        return;
    va_start(args, format);
    s->text = print(pl, format, args);
    va_end(args);
}

/* ---- what to do ---- */

/** One more change, or NULL. */
static struct assay_fix *add_fix(struct assay_plan_step *s)
{
    struct assay_fix *fix;

    if (!s || s->nfixes == PLAN_FIXES)
        return NULL;
    fix = &((struct assay_fix *)(uintptr_t)s->fixes)[s->nfixes++];
    fix->type = fix->name = fix->before = fix->after = fix->text = fix->undo = SPAN_EMPTY;
    return fix;
}

void plan_publish(struct planner *pl, struct assay_plan_step *s, const char *type, assay_span name,
                  assay_span before, assay_span after)
{
    struct assay_fix *fix = add_fix(s);

    if (!fix)
        return;
    fix->type = span_of(type);
    fix->name = name;
    fix->before = before;
    fix->after = after;
    fix->undo = before.n ? SPAN("publish the old record again") : SPAN("remove the record again");
    fix->elsewhere = strcmp(type, "file") != 0 && posture_own(pl->p, name) == NO;
}

void plan_advise(struct planner *pl, struct assay_plan_step *s, const char *text)
{
    struct assay_fix *fix = add_fix(s);

    (void)pl;
    if (fix)
        fix->text = span_of(text);
}

/** The same change is there already. */
static bool has_fix(const struct assay_plan_step *s, const struct assay_fix *fix)
{
    for (size_t i = 0; i < s->nfixes; i++)
        if (span_eq(s->fixes[i].type, fix->type) && span_eq(s->fixes[i].name, fix->name) &&
            span_eq(s->fixes[i].after, fix->after) && span_eq(s->fixes[i].text, fix->text))
            return true;
    return false;
}

/** Take over the changes of a finding. */
static void take_finding(struct assay_plan_step *s, const struct finding *f)
{
    for (size_t i = 0; i < f->nfixes; i++) {
        struct assay_fix *fix = has_fix(s, &f->fixes[i]) ? NULL : add_fix(s);

        if (fix)
            *fix = f->fixes[i];
    }
}

void plan_take(struct planner *pl, struct assay_plan_step *s, enum finding_id id)
{
    for (const struct finding *f = pl->p->first; s && f; f = f->next)
        if (f->id == id && f->outcome >= ASSAY_NOTICE)
            take_finding(s, f);
}

/* ---- gates ---- */

/** n is at least `of_thousand` of all; of none, no. */
static bool is_share(uint64_t n, uint64_t all, unsigned of_thousand)
{
    return all &&
           n >= all - all / 1000 * (1000 - of_thousand) - all % 1000 * (1000 - of_thousand) / 1000;
}

/** A share as people write it: "98.4". */
static assay_span share_text(struct planner *pl, uint64_t n, uint64_t all)
{
    unsigned of_thousand = all ? (unsigned)((double)n * 1000 / (double)all) : 0;

    return posture_printf(pl->p, "%u.%u", of_thousand / 10, of_thousand % 10);
}

/** Sources that are new. */
static size_t count_new(const struct evidence_mail *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->nsources; i++)
        n += m->sources[i].is_new;
    return n;
}

/** Reports have come, for long enough and from enough sides. */
static void want_reports(struct planner *pl, struct assay_plan_step *s,
                         const struct evidence_mail *m, unsigned days)
{
    plan_want(pl, s, m->days >= days, "reports of %u days (so far %llu)", days,
              (unsigned long long)m->days);
    if (m->days < days && pl->e->end)
        s->earliest = pl->e->end + (int64_t)(days - m->days) * PLAN_DAY;
    plan_want(pl, s, m->days_with_reports >= m->days - m->days / 5,
              "reports on 80 %% of the days (%llu of %llu)",
              (unsigned long long)m->days_with_reports, (unsigned long long)m->days);
    plan_want(pl, s, m->reporters >= 3, "3 reporters (so far %llu)",
              (unsigned long long)m->reporters);
    plan_want(pl, s, m->messages >= 300 || m->messages >= 2 * m->days,
              "300 messages, or 2 a day (so far %llu)", (unsigned long long)m->messages);
}

void plan_gate(struct planner *pl, struct assay_plan_step *s, const struct evidence_mail *m,
               unsigned days, unsigned pass)
{
    if (!s)
        return;
    want_reports(pl, s, m, days);
    plan_want(pl, s, is_share(m->legit_pass, m->legit, pass),
              "%u.%u %% of own mail passing (%.*s %%)", pass / 10, pass % 10,
              SPAN_ARG(share_text(pl, m->legit_pass, m->legit)));
    plan_want(pl, s, m->unclassified <= m->messages / 100,
              "at most 1 %% of the mail from sources that nobody has named (%.*s %%)",
              SPAN_ARG(share_text(pl, m->unclassified, m->messages)));
    plan_want(pl, s, !count_new(m), "no source that appeared in the last 14 days (%zu)",
              count_new(m));
}

/* ---- repairs ---- */

/** A check of parked domains, or of no policy: the ladder itself says what to do. */
static bool is_of_the_ladder(const struct posture *p, const struct finding *f)
{
    if (p->profile == ASSAY_PROFILE_PARKED && finding_area(f->id) == AREA_PARKED)
        return true;
    return f->id == F_DMARC_MISSING || f->id == F_SPF_MISSING;
}

/** Errors come first. */
static void plan_repairs(struct planner *pl)
{
    struct assay_plan_step *s = NULL;
    size_t n = 0;

    for (const struct finding *f = pl->p->first; f; f = f->next) {
        if (f->outcome != ASSAY_ERROR || is_of_the_ladder(pl->p, f))
            continue;
        if (!n++ && !(s = plan_step(pl, PLAN_ERRORS)))
            return;
        take_finding(s, f);
    }
    plan_say(pl, s, "%zu error%s: assay check %.*s tells more", n, n == 1 ? "" : "s",
             SPAN_ARG(pl->p->domain));
}

/* ---- the plan ---- */

/** Make it. */
static void make(struct posture *p)
{
    struct planner pl = {.p = p, .e = p->evidence};

    pl.steps = posture_get(p, PLAN_STEPS, sizeof *pl.steps);
    plan_repairs(&pl);
    plan_auth(&pl);
    plan_transport(&pl);
    plan_brand(&pl);
    p->plan = (struct assay_plan){.domain = p->domain,
                                  .now = p->ev.now,
                                  .has_evidence = pl.e != NULL,
                                  .steps = pl.steps,
                                  .nsteps = pl.n};
}

assay_status assay_domain_plan(assay_eval *eval, const struct assay_plan **ret)
{
    struct posture *p = posture_of(eval);

    if (!p || !assay_domain_result(eval))
        return ASSAY_EORDER;
    if (!p->planned) {
        p->no_memory = false;
        make(p);
        if (p->no_memory)
            return ASSAY_ENOMEM;
        p->planned = true;
    }
    *ret = &p->plan;
    return ASSAY_DONE;
}
