/* SPDX-License-Identifier: BSD-2-Clause */
/** \file bimi_mark.c The mark certificate that a= names (VMC 5). */
#include "posture/bimi_judge.h"

#include "base/time.h"

enum { DAY = 24 * 3600, SOON = 30, DATE = 10 };

/** One step: pass, unknown, or a sentence and something to do. */
static void judge_step(struct posture *p, enum finding_id id, enum mark_truth holds,
                       assay_span problem, const struct asked *missing, const char *todo)
{
    const struct topic_bimi *t = &p->bimi;
    struct finding *f;

    if (holds != MARK_NO) {
        judged(p, id, holds == MARK_YES ? NO : UNKNOWN, t->record->a, missing);
        return;
    }
    f = hit(p, id, ASSAY_ERROR, t->record->a, NULL);
    say(p, f, "%.*s", SPAN_ARG(problem));
    show(p, f, &t->evidence, SPAN_EMPTY, SPAN_EMPTY);
    note(p, f, "%.*s, issued by %.*s, serial number %.*s",
         SPAN_ARG(span_first(t->mark.subject, 200)), SPAN_ARG(span_first(t->mark.issuer, 200)),
         SPAN_ARG(t->mark.serial));
    advise(p, f, "%s", todo);
}

/** BIMI-CERT-EXPIRED. */
static void judge_dates(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    const struct mark_report *m = &t->mark;
    char from[TIME_TEXT], to[TIME_TEXT];
    int64_t now = p->ev.now;
    bool valid = m->from <= now && now <= m->to;
    struct finding *f;

    time_text(m->from, from);
    time_text(m->to, to);
    if (valid && m->to - now >= SOON * DAY) {
        pass(p, F_BIMI_CERT_EXPIRED, t->record->a);
        return;
    }
    f = hit(p, F_BIMI_CERT_EXPIRED, valid ? ASSAY_WARNING : ASSAY_ERROR, t->record->a, NULL);
    if (valid)
        say(p, f, "the mark certificate ends on %.*s, in %lld day%s", DATE, to,
            (long long)((m->to - now) / DAY), (m->to - now) / DAY == 1 ? "" : "s");
    else if (now < m->from)
        say(p, f, "the mark certificate is not valid before %.*s", DATE, from);
    else
        say(p, f, "the mark certificate ended on %.*s, %lld day%s ago", DATE, to,
            (long long)((now - m->to) / DAY), (now - m->to) / DAY == 1 ? "" : "s");
    show(p, f, &t->evidence, SPAN_EMPTY, SPAN_EMPTY);
    note(p, f, "valid from %s to %s", from, to);
    advise(p, f, "Renew it at its authority, and put the new file in place of the old one.");
}

/** BIMI-CERT-REVOKED. */
static void judge_revoked(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    enum mark_truth fine = !t->mark.crl_url.n      ? MARK_NO
                           : t->revoked == UNKNOWN ? MARK_UNKNOWN
                           : t->revoked == YES     ? MARK_NO
                                                   : MARK_YES;

    if (fine == MARK_UNKNOWN && t->crl.fact && bimi_document(&t->crl).n) {
        unknown(p, F_BIMI_CERT_REVOKED, t->record->a, &t->crl,
                "what stands there is not the list of that authority, or is out of date");
        return;
    }
    judge_step(p, F_BIMI_CERT_REVOKED, fine,
               t->mark.crl_url.n
                   ? SPAN("the authority has revoked the mark certificate")
                   : SPAN("the mark certificate does not say where revocations are listed"),
               &t->crl, "Ask the authority why, and for a new certificate.");
}

/** BIMI-CERT-PROFILE. */
static void judge_profile(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    const struct mark_report *m = &t->mark;
    struct finding *f;

    if (!m->nlints) {
        pass(p, F_BIMI_CERT_PROFILE, t->record->a);
        return;
    }
    f = hit(p, F_BIMI_CERT_PROFILE, ASSAY_WARNING, t->record->a, NULL);
    say(p, f, "the mark certificate is not as its profile wants it: %.*s%s",
        SPAN_ARG(m->lints[0].text), m->nlints > 1 ? ", and more" : "");
    show(p, f, &t->evidence, SPAN_EMPTY, SPAN_EMPTY);
    for (size_t i = 0; i < m->nlints && i < FINDING_FIXES - 1; i++)
        advise(p, f, "At renewal, or in the file: %.*s (%s).", SPAN_ARG(m->lints[i].text),
               m->lints[i].ref);
    if (m->nlints > FINDING_FIXES - 1)
        advise(p, f, "And %zu more: assay bimi vmc FILE lists them all.",
               m->nlints - (FINDING_FIXES - 1));
}

/** BIMI-LOGO-DIFFERS. */
static void judge_differs(struct posture *p)
{
    const struct topic_bimi *t = &p->bimi;
    struct finding *f;

    if (!t->mark.svg.n || !t->record->l.n)
        return;
    if (!t->has_svg) {
        if (t->logo.fact && !has_hit(p, F_BIMI_FETCH, t->record->l))
            unknown(p, F_BIMI_LOGO_DIFFERS, t->record->l, &t->logo, NULL);
        return;
    }
    if (mark_same_logo(t->svg.document, t->mark.svg)) {
        pass(p, F_BIMI_LOGO_DIFFERS, t->record->l);
        return;
    }
    f = hit(p, F_BIMI_LOGO_DIFFERS, ASSAY_WARNING, t->record->l, NULL);
    say(p, f,
        "the logo at l= (%zu octets) is not the one in the certificate (%zu octets): receivers show one or the"
        " other, or none",
        t->svg.document.n, t->mark.svg.n);
    show(p, f, &t->logo, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Serve the file that was certified, unchanged.");
}

/** What all steps come to. */
static enum truth conclude(const struct posture *p)
{
    const struct mark_report *m = &p->bimi.mark;
    const enum mark_truth steps[] = {m->chain, m->sct, m->domain, m->logo};
    enum truth all = truth_of(m->from <= p->ev.now && p->ev.now <= m->to && m->crl_url.n);

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        all = truth_and(all, steps[i] == MARK_UNKNOWN ? UNKNOWN : truth_of(steps[i] == MARK_YES));
    if (p->bimi.revoked == YES || m->drawing.counts[SVG_INVALID] || m->drawing.counts[SVG_ACTIVE])
        all = NO;
    return all; /* a revocation list that was not had is what receivers pass over */
}

void bimi_judge_mark(struct posture *p)
{
    struct topic_bimi *t = &p->bimi;
    const struct mark_report *m = &t->mark;
    enum truth had;

    t->mark_ok = NO;
    if (!t->record->a.n || (t->record->faults & BIMI_FAULT_A))
        return;
    had = bimi_judge_fetch(p, &t->evidence, t->record->a, "evidence",
                           t->has_mark && !m->is_chain ? m->problem : NULL);
    t->mark_ok = had;
    if (had != YES)
        return;
    t->mark_ok = conclude(p);
    judge_step(
        p, F_BIMI_CERT_CHAIN, m->chain, m->chain_problem, &t->roots,
        "Serve the certificate with its issuers, as the authority gave them; it must be one for BIMI.");
    judge_dates(p);
    judge_revoked(p);
    judge_step(p, F_BIMI_CERT_SCT, m->sct, m->sct_problem, &t->logs,
               "Ask the authority for a certificate that is logged, and serve it unchanged.");
    judge_step(p, F_BIMI_CERT_DOMAIN, m->domain,
               posture_printf(p, "the mark certificate is for %.*s, not for %.*s",
                              SPAN_ARG(m->names.n ? span_first(m->names, 300) : SPAN("no domain")),
                              SPAN_ARG(t->record_domain)),
               NULL, "Have it issued anew with the domain of the record among its names.");
    judge_step(p, F_BIMI_CERT_LOGO, m->logo, m->logo_problem, NULL,
               "Have it issued anew with the logo inside.");
    judge_profile(p);
    judge_differs(p);
}
