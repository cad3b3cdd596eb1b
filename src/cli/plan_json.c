/* SPDX-License-Identifier: BSD-2-Clause */
/** \file plan_json.c `assay plan --json`: docs/json/plan.schema.json. */
#include "cli/plan.h"

#include "base/json.h"
#include "base/time.h"

/** A change. */
static void json_fix(struct json *j, const struct assay_fix *fix)
{
    json_object(j, NULL);
    json_text(j, "type", fix->type);
    json_text(j, "name", fix->name);
    json_text(j, "before", fix->before);
    json_text(j, "after", fix->after);
    json_text(j, "text", fix->text);
    json_text(j, "undo", fix->undo);
    json_bool(j, "elsewhere", fix->elsewhere);
    json_end(j);
}

/** A step. */
static void json_step(struct json *j, const struct assay_plan_step *s)
{
    char text[TIME_TEXT];

    json_object(j, NULL);
    json_text(j, "id", span_of(s->row->id));
    json_text(j, "ladder", span_of(s->row->ladder));
    json_text(j, "state", span_of(s->row->state));
    json_text(j, "step", span_of(assay_step_text(s->step)));
    json_text(j, "earliest", s->earliest ? time_text(s->earliest, text) : SPAN_EMPTY);
    json_text(j, "text", s->text);
    json_text(j, "evidence", span_of(s->row->evidence));
    json_text(j, "next", span_of(s->row->next));
    json_array(j, "missing");
    for (size_t i = 0; i < s->nmissing; i++)
        json_text(j, NULL, s->missing[i]);
    json_end(j);
    json_text(j, "breaks", span_of(s->row->breaks));
    json_text(j, "undo", span_of(s->row->undo));
    json_array(j, "fixes");
    for (size_t i = 0; i < s->nfixes; i++)
        json_fix(j, &s->fixes[i]);
    json_end(j);
    json_end(j);
}

/** Where the domain is. */
static void json_phases(struct json *j, const struct assay_posture *p)
{
    json_array(j, "phases");
    for (size_t i = 0; i < 3; i++) {
        json_object(j, NULL);
        json_text(j, "ladder", span_of(p->phases[i].ladder));
        json_number(j, "rung", p->phases[i].rung);
        json_text(j, "name", span_of(p->phases[i].name));
        json_bool(j, "more_unknown", p->phases[i].more_unknown);
        json_end(j);
    }
    json_end(j);
}

void plan_json(const struct term *t, const struct assay_posture *p, const struct assay_plan *plan,
               struct buf *out)
{
    struct json j = json_new(out);
    char text[TIME_TEXT];

    (void)t;
    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "domain", plan->domain);
    json_text(&j, "now", time_text(plan->now, text));
    json_text(&j, "profile", span_of(assay_profile_text(p->profile)));
    json_bool(&j, "has_evidence", plan->has_evidence);
    json_phases(&j, p);
    json_array(&j, "steps");
    for (size_t i = 0; i < plan->nsteps; i++)
        json_step(&j, &plan->steps[i]);
    json_end(&j);
    json_end(&j);
    buf_putc(out, '\n');
}
