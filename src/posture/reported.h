/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file reported.h
 * What aggregate reports tell about a domain, as the checks ask for it. UNKNOWN: there are no reports, or they do
 * not tell.
 */
#ifndef POSTURE_REPORTED_H
#define POSTURE_REPORTED_H

#include "posture/posture.h"

/** Reports of the last `days` days show mail signed with this selector of the domain. */
static inline enum truth evidence_signs(const struct posture *p, assay_span selector, unsigned days)
{
    (void)p;
    (void)selector;
    (void)days;
    return UNKNOWN;
}

/** The selector at `i` that reports show signing; empty behind the last. */
static inline assay_span evidence_selector(const struct posture *p, size_t i)
{
    (void)p;
    (void)i;
    return SPAN_EMPTY;
}

/** The sub-domain at `i` that reports show as an author domain; empty behind the last. */
static inline assay_span evidence_subdomain(const struct posture *p, size_t i)
{
    (void)p;
    (void)i;
    return SPAN_EMPTY;
}

/** Reports of the last 14 days show mail of the domain that passes by an aligned DKIM signature. */
static inline enum truth evidence_dkim_passes(const struct posture *p)
{
    (void)p;
    return UNKNOWN;
}

#endif
