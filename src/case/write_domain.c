/* SPDX-License-Identifier: BSD-2-Clause */
/** \file write_domain.c A domain that was looked at, as a case that is looked at again. */
#include "base/number.h"
#include "base/time.h"
#include "case/write.h"
#include "posture/evidence.h"

/** Lines of [expect] that are left for findings. */
enum { MOST_FINDINGS = LIMIT_CASE_EXPECT - 64 };

/** Write `key = number`. */
static void put_number(struct case_writer *w, const char *key, uint64_t number)
{
    char digits[NUMBER_DIGITS];

    case_put_value(w, key, number_text(number, digits));
}

/** Write `key = yes`, if it is so. */
static void put_flag(struct case_writer *w, const char *key, bool flag)
{
    if (flag)
        case_put_value(w, key, SPAN("yes"));
}

/** Write whether a kind of question was left out, or else asked although it belongs to a check alone. */
static void put_asking(struct case_writer *w, const char *key, const struct posture *p, bool no)
{
    put_flag(w, key, no);
    put_flag(w, key + strlen("no_"), !no && p->depth != ASSAY_DEPTH_CHECK);
}

static void write_envelope(struct case_writer *w, const struct posture *p)
{
    static const char *const DEPTHS[] = {"check", "deep", "scan"};
    char text[TIME_TEXT];

    case_puts(w, "\n[envelope]\n");
    case_put_value(w, "now", time_text(p->ev.now, text));
    case_put_value(w, "domain", p->domain);
    if (p->wanted != ASSAY_PROFILE_INFER)
        case_put_value(w, "profile", span_of(assay_profile_text(p->wanted)));
    case_put_value(w, "depth", span_of(DEPTHS[p->depth]));
    put_asking(w, "no_probe", p, p->no_probe);
    put_asking(w, "no_web", p, p->no_web);
    put_flag(w, "each_server", p->each_server);
    put_flag(w, "signs_nothing", p->signs_nothing);
    for (size_t i = 0; i < p->nselectors; i++)
        case_put_value(w, "selector", p->selectors[i]);
    for (size_t i = 0; i < p->nsubdomains; i++)
        case_put_value(w, "known_subdomain", p->subdomains[i]);
}

/** Write what reports said. */
static void write_evidence(struct case_writer *w, const struct posture *p)
{
    assay_span rest = p->evidence ? p->evidence->text : SPAN_EMPTY, line;

    if (!rest.n)
        return;
    case_puts(w, "\n[evidence]\n");
    while (span_line(&rest, &line)) {
        case_puts(w, "| ");
        case_put(w, line);
        case_puts(w, "\n");
    }
}

/** A subject can stand in a line of [expect] as it is. */
static bool is_subject(assay_span s)
{
    return s.n && span_printable(s) && span_eq(span_trim(s), s) && span_find(s, '|') == s.n &&
           span_find(s, '"') == s.n && !span_contains(s, SPAN("reason=")) &&
           !span_contains(s, SPAN("text="));
}

/** Write a finding. */
static void put_finding(struct case_writer *w, const struct assay_finding *f)
{
    case_puts(w, "finding = ");
    case_puts(w, f->kind->id);
    case_puts(w, " ");
    case_puts(w, assay_outcome_text(f->outcome));
    if (is_subject(f->subject)) {
        case_puts(w, " ");
        case_put(w, f->subject);
    }
    if (f->reason.n) {
        case_puts(w, " reason=");
        case_put(w, f->reason);
    }
    case_puts(w, "\n");
}

/** Write all findings, the worst first while there are more than a case may have. */
static void write_findings(struct case_writer *w, const struct assay_posture *v)
{
    size_t n = 0;

    for (int o = ASSAY_ERROR; o >= ASSAY_PASS; o--)
        for (size_t i = 0; i < v->nfindings; i++)
            if (v->findings[i].outcome == (enum assay_outcome)o && n++ < MOST_FINDINGS)
                put_finding(w, &v->findings[i]);
    if (n > MOST_FINDINGS)
        case_puts(w, "; there were more findings than a case may expect\n");
}

/** Write the score. */
static void write_score(struct case_writer *w, const struct assay_score *s)
{
    char grade[] = {s->grade, s->provisional ? '?' : '\0', '\0'};

    put_number(w, "score", s->score);
    put_number(w, "score.low", s->low);
    put_number(w, "score.high", s->high);
    put_number(w, "confidence", s->confidence);
    case_put_value(w, "grade", s->grade ? span_of(grade) : SPAN("none"));
}

/** Write the rungs. */
static void write_phases(struct case_writer *w, const struct assay_posture *v)
{
    for (size_t i = 0; i < sizeof v->phases / sizeof *v->phases; i++) {
        const struct assay_phase *phase = &v->phases[i];
        struct buf line = buf_new(128);

        if (!phase->ladder)
            continue;
        buf_printf(&line, "phase.%s = %u%s\n", phase->ladder, phase->rung,
                   phase->more_unknown ? "?" : "");
        if (line.status != ASSAY_DONE)
            w->status = ASSAY_ENOMEM;
        case_put(w, buf_span(&line));
        buf_done(&line);
    }
}

static void write_expect(struct case_writer *w, const struct assay_posture *v)
{
    const struct assay_dmarc_view *view = &v->views[0];

    case_puts(w, "\n[expect]\n");
    case_put_value(w, "profile", span_of(assay_profile_text(v->profile)));
    put_number(w, "spf.lookups", v->spf_lookups);
    if (!view->known || case_is_word(view->org))
        case_put_value(w, "dmarc.org", view->known ? view->org : SPAN("unknown"));
    case_put_value(w, "dmarc.policy", view->known ? view->policy : SPAN("unknown"));
    write_score(w, &v->score);
    write_phases(w, v);
    write_findings(w, v);
}

void case_write_domain(struct case_writer *w, assay_eval *eval)
{
    const struct posture *p = posture_of(eval);

    case_puts(w, "; a domain looked at by libassay " ASSAY_VERSION
                 ", with all it rests on: see assay-case(5)\n[case]\n");
    case_puts(w, "name = recorded/");
    case_put(w, p->domain);
    if (w->number) {
        char digits[NUMBER_DIGITS];

        case_puts(w, "/");
        case_put(w, number_text(w->number, digits));
    }
    case_puts(w, "\n");
    write_envelope(w, p);
    write_evidence(w, p);
    case_write_world(w);
    case_write_things(w);
    write_expect(w, &p->result);
}
