/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/emit.h"

#include "dns/rdata.h"

#include <stdarg.h>
#include <stdio.h>

enum { ANSWER_MAX = 2048 /* octets of an answer that evidence shows */ };

/* ---- which checks apply ---- */

/** Areas by profile (docs/findings.md 4); what is half in is sorted out by exempt(). One bit an area. */
static unsigned areas_of(enum assay_profile profile)
{
    const unsigned all = (1u << AREAS) - 1, way_in = 1u << AREA_MTASTS | 1u << AREA_TLSRPT |
                                                     1u << AREA_DANE | 1u << AREA_TLS;

    switch (profile) {
    case ASSAY_PROFILE_SEND: return all & ~way_in & ~(1u << AREA_PARKED);
    case ASSAY_PROFILE_RECEIVE: return all & ~(1u << AREA_BIMI) & ~(1u << AREA_PARKED);
    case ASSAY_PROFILE_PARKED: return all & ~way_in & ~(1u << AREA_BIMI);
    default: return all & ~(1u << AREA_PARKED);
    }
}

/** A check does not apply to a profile although its area does. */
static bool exempt(enum assay_profile profile, enum finding_id id)
{
    if (profile == ASSAY_PROFILE_RECEIVE)
        return id == F_DMARC_NO_RUA;
    if (profile != ASSAY_PROFILE_PARKED)
        return false;
    switch (id) {
    case F_SPF_MISSING:
    case F_SPF_NEUTRAL:
    case F_DMARC_MISSING:
    case F_DMARC_P_NONE:
    case F_DMARC_SP_WEAK:
    case F_DMARC_NP_WEAK:
    case F_DMARC_NO_RUA: return true;
    default: return finding_area(id) == AREA_MX && id != F_MX_NULL_FORM && id != F_MX_NULL_SENDS;
    }
}

/** The check applies. */
static bool applies(const struct posture *p, enum finding_id id)
{
    return areas_of(p->profile) >> finding_area(id) & 1 && !exempt(p->profile, id);
}

/* ---- emitting ---- */

/** A formatted text in keep, whole: it may be a record. Empty when memory is out. */
static assay_span vprint(struct posture *p, const char *format, va_list args)
{
    va_list again;
    char *text;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0 || !(text = arena_get(&p->ev.keep, (size_t)n + 1))) {
        p->no_memory = true;
        return SPAN_EMPTY;
    }
    vsnprintf(text, (size_t)n + 1, format, args);
    return (assay_span){text, (size_t)n};
}

assay_span posture_printf(struct posture *p, const char *format, ...)
{
    assay_span ret;
    va_list args;

    va_start(args, format);
    ret = vprint(p, format, args);
    va_end(args);
    return ret;
}

void *posture_get(struct posture *p, size_t n, size_t size)
{
    void *got = arena_zero(&p->ev.keep, (n ? n : 1) * size);

    p->no_memory |= !got;
    return got;
}

/** Nobody will read what is said of it: it does not apply, or only its outcome is wanted. */
static bool is_mute(const struct posture *p, const struct finding *f)
{
    return p->brief || f == &p->scratch;
}

/** Add an outcome. */
static struct finding *emit(struct posture *p, enum finding_id id, enum assay_outcome outcome,
                            assay_span subject)
{
    struct finding *f = applies(p, id) ? posture_get(p, 1, sizeof *f) : NULL;

    if (!f) {
        p->scratch = (struct finding){.id = id, .subject = subject};
        p->scratch.reason = p->scratch.text = SPAN_EMPTY;
        return &p->scratch;
    }
    f->id = id;
    f->outcome = outcome;
    f->subject = subject;
    f->reason = f->text = SPAN_EMPTY;
    if (p->last)
        p->last->next = f;
    else
        p->first = f;
    p->last = f;
    p->nfindings++;
    return f;
}

struct finding *hit(struct posture *p, enum finding_id id, enum assay_outcome severity,
                    assay_span subject, const char *reason)
{
    struct finding *f = emit(p, id, severity, subject);

    f->reason = span_of(reason);
    return f;
}

void pass(struct posture *p, enum finding_id id, assay_span subject)
{
    if (!p->brief)
        emit(p, id, ASSAY_PASS, subject);
}

void unknown(struct posture *p, enum finding_id id, assay_span subject, const struct asked *missing,
             const char *cause)
{
    struct finding *f;

    if (p->depth == ASSAY_DEPTH_SCAN && (!missing || !missing->fact))
        return; /* it was not asked: left out */
    f = emit(p, id, ASSAY_UNKNOWN_OUTCOME, subject);
    if (is_mute(p, f))
        return;
    if (missing && missing->fact)
        show(p, f, missing, SPAN_EMPTY, SPAN_EMPTY);
    if (cause)
        f->text = span_of(cause);
    else if (missing && missing->fact)
        f->text = posture_printf(p, "%.*s: %.*s",
                                 SPAN_ARG(f->nevidence ? f->evidence[0].question : SPAN_EMPTY),
                                 SPAN_ARG(asked_answer(p, missing)));
    else
        f->text = SPAN("it was not asked");
}

void judged(struct posture *p, enum finding_id id, enum truth holds, assay_span subject,
            const struct asked *missing)
{
    if (holds == NO)
        pass(p, id, subject);
    else if (holds == UNKNOWN)
        unknown(p, id, subject, missing, NULL);
}

void say(struct posture *p, struct finding *f, const char *format, ...)
{
    va_list args;

    if (is_mute(p, f))
        return;
    va_start(args, format);
    f->text = vprint(p, format, args);
    va_end(args);
}

/* ---- evidence ---- */

/** How a question is called. */
static assay_span question_text(struct posture *p, const struct asked *q)
{
    const char *kind = q->kind == ASSAY_DNS      ? dns_type_text(q->rrtype)
                       : q->kind == ASSAY_GET    ? "GET"
                       : q->kind == ASSAY_PROBE  ? "PROBE"
                       : q->kind == ASSAY_RECALL ? "RECALL"
                       : q->kind == ASSAY_SUFFIX ? "SUFFIX"
                                                 : "LIST";

    return posture_printf(p, "%s %.*s", kind ? kind : "?", SPAN_ARG(q->name));
}

assay_span asked_answer(struct posture *p, const struct asked *q)
{
    const struct assay_fact *f = q->fact;
    struct buf out = buf_new(ANSWER_MAX);
    assay_span ret;

    if (!f)
        return SPAN("not asked");
    if (f->how != ASSAY_OK)
        return f->reason.n
                   ? posture_printf(p, "%s (%.*s)", fact_how_text(f->how), SPAN_ARG(f->reason))
                   : span_of(fact_how_text(f->how));
    if (q->kind == ASSAY_GET)
        return posture_printf(p, "%d %.*s", f->http, SPAN_ARG(f->media_type));
    if (q->kind != ASSAY_DNS)
        return SPAN("answered");
    for (size_t i = 0; i < f->n; i++) {
        if (i)
            buf_puts(&out, ", ");
        dns_rdata_text(q->rrtype, f->data[i], &out);
    }
    p->no_memory |= out.status == ASSAY_ENOMEM;
    ret = posture_printf(p, "%.*s%s", SPAN_ARG(buf_span(&out)),
                         out.status == ASSAY_EINVAL ? "... and more" : "");
    buf_done(&out);
    return ret;
}

void show(struct posture *p, struct finding *f, const struct asked *q, assay_span record,
          assay_span part)
{
    struct assay_evidence *e;

    if (is_mute(p, f) || f->nevidence == FINDING_EVIDENCE)
        return;
    if (!f->evidence && !(f->evidence = posture_get(p, FINDING_EVIDENCE, sizeof *e)))
        return;
    e = &f->evidence[f->nevidence++];
    e->question = q ? question_text(p, q) : SPAN_EMPTY;
    e->answer = record.n || !q ? record : asked_answer(p, q);
    e->note = SPAN_EMPTY;
    if (part.n && record.n && part.p >= record.p && part.p + part.n <= record.p + record.n) {
        e->begin = (size_t)(part.p - record.p);
        e->end = e->begin + part.n;
    }
}

void note(struct posture *p, struct finding *f, const char *format, ...)
{
    va_list args;

    if (is_mute(p, f) || !f->nevidence)
        return;
    va_start(args, format);
    f->evidence[f->nevidence - 1].note = vprint(p, format, args);
    va_end(args);
}

/* ---- fixes ---- */

/** One more change, or NULL. */
static struct assay_fix *add_fix(struct posture *p, struct finding *f)
{
    struct assay_fix *fix;

    if (is_mute(p, f) || f->nfixes == FINDING_FIXES)
        return NULL;
    if (!f->fixes && !(f->fixes = posture_get(p, FINDING_FIXES, sizeof *fix)))
        return NULL;
    fix = &f->fixes[f->nfixes++];
    fix->type = fix->name = fix->before = fix->after = fix->text = fix->undo = SPAN_EMPTY;
    return fix;
}

void publish(struct posture *p, struct finding *f, const char *type, assay_span name,
             assay_span before, assay_span after)
{
    struct assay_fix *fix = add_fix(p, f);

    if (!fix)
        return;
    fix->type = span_of(type);
    fix->name = name;
    fix->before = before;
    fix->after = after;
    fix->undo = before.n ? SPAN("publish the old record again") : SPAN("remove the record again");
    fix->elsewhere = posture_own(p, name) == NO;
}

void advise(struct posture *p, struct finding *f, const char *format, ...)
{
    struct assay_fix *fix = add_fix(p, f);
    va_list args;

    if (!fix)
        return;
    va_start(args, format);
    fix->text = vprint(p, format, args);
    va_end(args);
}

/* ---- what was emitted ---- */

bool has_hit(const struct posture *p, enum finding_id id, assay_span subject)
{
    for (const struct finding *f = p->first; f; f = f->next)
        if (f->id == id && f->outcome >= ASSAY_NOTICE &&
            (!subject.n || span_eq(f->subject, subject)))
            return true;
    return false;
}

bool has_unknown(const struct posture *p, enum finding_id id, assay_span subject)
{
    for (const struct finding *f = p->first; f; f = f->next)
        if (f->id == id && f->outcome == ASSAY_UNKNOWN_OUTCOME &&
            (!subject.n || span_eq(f->subject, subject)))
            return true;
    return false;
}
