/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file reported.h
 * What aggregate reports tell about a domain (evidence.h), as the checks ask for it. UNKNOWN: there are no reports,
 * or they do not tell.
 */
#ifndef POSTURE_REPORTED_H
#define POSTURE_REPORTED_H

#include "posture/evidence.h"

/** Reports of the last `days` days show mail signed with this selector of the domain. */
static inline enum truth reported_signs(const struct posture *p, assay_span selector, unsigned days)
{
    const struct evidence_mail *mail = p->evidence ? &p->evidence->mail : NULL;

    for (size_t i = 0; mail && i < mail->nselectors; i++)
        if (span_eq(mail->selectors[i].selector, selector))
            return truth_of(p->ev.now - mail->selectors[i].last_seen <= (int64_t)days * 86400);
    return mail && mail->has_selectors ? NO : UNKNOWN;
}

/** The selector at `i` that reports show signing; empty behind the last. */
static inline assay_span reported_selector(const struct posture *p, size_t i)
{
    if (!p->evidence || i >= p->evidence->mail.nselectors)
        return SPAN_EMPTY;
    return p->evidence->mail.selectors[i].selector;
}

/** The sub-domain at `i` that reports show as an author domain; empty behind the last. */
static inline assay_span reported_subdomain(const struct posture *p, size_t i)
{
    if (!p->evidence || i >= p->evidence->nsubdomains)
        return SPAN_EMPTY;
    return p->evidence->subdomains[i].domain;
}

/** Reports of 14 days or more show own mail that passes by an aligned DKIM signature; or that none does. */
static inline enum truth reported_dkim_passes(const struct posture *p)
{
    const struct evidence_mail *mail = p->evidence ? &p->evidence->mail : NULL;

    if (!mail || !mail->given || !mail->legit)
        return UNKNOWN;
    if (mail->legit_dkim_pass)
        return YES;
    return mail->days >= 14 ? NO : UNKNOWN;
}

#endif
