/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/posture_json.h"

#include "base/time.h"
#include "dns/alabel.h"

enum { NAME_MAX = 1024 };

const char *posture_delivery_text(enum assay_delivery d)
{
    static const char *const TEXTS[] = {"unknown", "authenticated", "encrypted", "clear",
                                        "not delivered"};

    return TEXTS[d <= ASSAY_DELIVER_NOT ? d : 0];
}

/** Write a string; null when it is empty. */
static void text_or_null(struct json *j, const char *key, assay_span text)
{
    if (text.n)
        json_text(j, key, text);
    else
        json_null(j, key);
}

/* ---- findings ---- */

/** Write what a finding rests on. */
static void put_evidence(struct json *j, const struct assay_finding *f)
{
    json_array(j, "evidence");
    for (size_t i = 0; i < f->nevidence; i++) {
        const struct assay_evidence *e = &f->evidence[i];

        json_object(j, NULL);
        text_or_null(j, "question", e->question);
        json_text(j, "answer", e->answer);
        if (e->end) {
            json_number(j, "begin", (int64_t)e->begin);
            json_number(j, "end", (int64_t)e->end);
        }
        if (e->note.n)
            json_text(j, "note", e->note);
        json_end(j);
    }
    json_end(j);
}

/** Write what is to be published. */
static void put_fixes(struct json *j, const struct assay_finding *f)
{
    json_array(j, "fixes");
    for (size_t i = 0; i < f->nfixes; i++) {
        const struct assay_fix *x = &f->fixes[i];

        json_object(j, NULL);
        if (x->type.n) {
            json_text(j, "type", x->type);
            json_text(j, "name", x->name);
            text_or_null(j, "before", x->before);
            text_or_null(j, "after", x->after);
            json_bool(j, "elsewhere", x->elsewhere);
        }
        if (x->text.n)
            json_text(j, "text", x->text);
        if (x->undo.n)
            json_text(j, "undo", x->undo);
        json_end(j);
    }
    json_end(j);
}

void posture_json_finding(struct json *j, const char *key, const struct assay_finding *f)
{
    json_object(j, key);
    json_text(j, "id", span_of(f->kind->id));
    json_text(j, "area", span_of(f->kind->area));
    json_text(j, "outcome", span_of(assay_outcome_text(f->outcome)));
    json_text(j, "subject", f->subject);
    if (f->outcome != ASSAY_PASS) {
        if (f->reason.n)
            json_text(j, "reason", f->reason);
        json_text(j, "text", f->text);
        json_text(j, "title", span_of(f->kind->title));
        json_text(j, "why", span_of(f->kind->why));
        json_text(j, "advice", span_of(f->kind->fix));
        json_text(j, "source", span_of(f->kind->source));
        put_evidence(j, f);
        put_fixes(j, f);
    }
    json_end(j);
}

/* ---- the rest ---- */

/** Write the score with its goals. */
static void put_score(struct json *j, const struct assay_score *s)
{
    const char grade[] = {s->grade, '\0'};

    json_object(j, "score");
    if (s->grade)
        json_number(j, "score", s->score);
    else
        json_null(j, "score");
    text_or_null(j, "grade", span_of(grade));
    json_bool(j, "provisional", s->provisional);
    json_number(j, "low", s->low);
    json_number(j, "high", s->high);
    json_number(j, "confidence", s->confidence);
    text_or_null(j, "cap", span_of(s->cap));
    json_array(j, "goals");
    for (size_t i = 0; i < s->ngoals; i++) {
        json_object(j, NULL);
        json_text(j, "id", span_of(s->goals[i].id));
        json_text(j, "name", span_of(s->goals[i].name));
        json_number(j, "weight", s->goals[i].weight);
        if (s->goals[i].known)
            json_number(j, "thousandths", s->goals[i].value);
        else
            json_null(j, "thousandths");
        json_end(j);
    }
    json_end(j);
    json_end(j);
}

/** Write the areas. */
static void put_areas(struct json *j, const struct assay_posture *p)
{
    json_array(j, "areas");
    for (size_t i = 0; i < p->nareas; i++) {
        const struct assay_area *a = &p->areas[i];

        json_object(j, NULL);
        json_text(j, "area", span_of(a->area));
        json_text(j, "name", span_of(a->name));
        json_text(j, "worst", span_of(assay_outcome_text(a->worst)));
        json_text(j, "text", a->text);
        text_or_null(j, "finding", a->finding ? span_of(a->finding->kind->id) : SPAN_EMPTY);
        json_number(j, "passes", a->passes);
        json_end(j);
    }
    json_end(j);
}

/** Write what senders do at each MX host. */
static void put_transports(struct json *j, const struct assay_posture *p)
{
    json_array(j, "transports");
    for (size_t i = 0; i < p->ntransports; i++) {
        const struct assay_transport *t = &p->transports[i];

        json_object(j, NULL);
        json_text(j, "host", t->host);
        json_text(j, "opportunistic", span_of(posture_delivery_text(t->opportunistic)));
        json_text(j, "mta_sts", span_of(posture_delivery_text(t->sts)));
        json_text(j, "mta_sts_why", t->sts_why.p ? t->sts_why : SPAN_EMPTY);
        json_text(j, "dane", span_of(posture_delivery_text(t->dane)));
        json_text(j, "dane_why", t->dane_why.p ? t->dane_why : SPAN_EMPTY);
        json_text(j, "both", span_of(posture_delivery_text(t->both)));
        json_bool(j, "rollover_ready", t->rollover_ready);
        json_end(j);
    }
    json_end(j);
}

/** Write what large receivers do with the domain's logo. */
static void put_logos(struct json *j, const struct assay_posture *p)
{
    json_array(j, "logos");
    for (size_t i = 0; i < p->nlogos; i++) {
        const struct assay_logo_view *v = &p->logos[i];

        json_object(j, NULL);
        json_text(j, "receiver", span_of(v->receiver));
        if (v->shows == ASSAY_SHOWS_UNKNOWN)
            json_null(j, "shows");
        else
            json_bool(j, "shows", v->shows == ASSAY_SHOWS);
        json_text(j, "why", v->why);
        json_end(j);
    }
    json_end(j);
}

/** Write how receivers of each standard see DMARC. */
static void put_views(struct json *j, const struct assay_posture *p)
{
    json_array(j, "dmarc");
    for (size_t i = 0; i < 2; i++) {
        const struct assay_dmarc_view *v = &p->views[i];

        if (!v->standard)
            continue;
        json_object(j, NULL);
        json_text(j, "standard", span_of(v->standard));
        json_bool(j, "known", v->known);
        text_or_null(j, "record_name", v->known ? v->record_name : SPAN_EMPTY);
        text_or_null(j, "policy", v->known && v->record_name.n ? v->policy : SPAN_EMPTY);
        text_or_null(j, "organizational_domain", v->known ? v->org : SPAN_EMPTY);
        json_end(j);
    }
    json_end(j);
}

/** Write the rungs. */
static void put_phases(struct json *j, const struct assay_posture *p)
{
    json_array(j, "phases");
    for (size_t i = 0; i < 3; i++) {
        const struct assay_phase *f = &p->phases[i];

        if (!f->ladder)
            continue;
        json_object(j, NULL);
        json_text(j, "ladder", span_of(f->ladder));
        json_number(j, "rung", f->rung);
        json_text(j, "name", span_of(f->name));
        json_bool(j, "more_unknown", f->more_unknown);
        text_or_null(j, "next", span_of(f->next));
        json_end(j);
    }
    json_end(j);
}

void posture_json(struct json *j, const struct assay_posture *p)
{
    char unicode[NAME_MAX], now[TIME_TEXT];

    json_number(j, "catalogue", assay_catalogue_version());
    json_text(j, "domain", p->domain);
    json_text(j, "domain_unicode", dns_to_ulabels(p->domain, unicode, sizeof unicode));
    json_text(j, "now", time_text(p->now, now));
    json_object(j, "profile");
    json_text(j, "is", span_of(assay_profile_text(p->profile)));
    json_bool(j, "inferred", p->inferred);
    json_text(j, "why", p->profile_why.p ? p->profile_why : SPAN_EMPTY);
    json_end(j);
    put_score(j, &p->score);
    put_areas(j, p);
    json_array(j, "findings");
    for (size_t i = 0; i < p->nfindings; i++)
        posture_json_finding(j, NULL, &p->findings[i]);
    json_end(j);
    put_transports(j, p);
    put_logos(j, p);
    put_views(j, p);
    put_phases(j, p);
    json_number(j, "spf_lookups", p->spf_lookups);
    json_number(j, "questions", p->questions);
}
