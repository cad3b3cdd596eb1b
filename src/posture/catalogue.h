/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file catalogue.h
 * Every check there is, as one table: code, reports, SARIF rules, manuals, docs/findings and the lint read it.
 *
 *     F(ID, "ID", AREA, severity, other severity or 0, "reasons", "source", "title", "why", "fix")
 *
 *     ID        never renamed, never used for something else; the same holds for reasons
 *     severity  ASSAY_ERROR, ASSAY_WARNING, ASSAY_NOTICE; ASSAY_UNKNOWN_OUTCOME: it never hits
 *     reasons   words that tell its conditions apart, parted by blanks
 *     source    the paragraphs it stands on
 *     title     what is wrong, a few words, no final dot
 *     why       why it matters, one sentence for a person
 *     fix       what to do, one sentence
 *
 * The conditions, exactly, are in docs/findings.md.
 */
#ifndef POSTURE_CATALOGUE_H
#define POSTURE_CATALOGUE_H

#include "posture/catalogue_bimi.h"
#include "posture/catalogue_dane.h"
#include "posture/catalogue_dkim.h"
#include "posture/catalogue_dmarc.h"
#include "posture/catalogue_dns.h"
#include "posture/catalogue_mtasts.h"
#include "posture/catalogue_mx.h"
#include "posture/catalogue_parked.h"
#include "posture/catalogue_spf.h"
#include "posture/catalogue_tls.h"
#include "posture/catalogue_tlsrpt.h"

/* clang-format off */
/** All rows. */
#define FINDINGS(F) \
    FINDINGS_SPF(F) \
    FINDINGS_DKIM(F) \
    FINDINGS_DMARC(F) \
    FINDINGS_MTASTS(F) \
    FINDINGS_TLSRPT(F) \
    FINDINGS_DANE(F) \
    FINDINGS_BIMI(F) \
    FINDINGS_MX(F) \
    FINDINGS_DNS(F) \
    FINDINGS_TLS(F) \
    FINDINGS_PARKED(F)

/** Areas: AREA(ID, "ID", "as people call it"). */
#define POSTURE_AREAS(A) \
    A(SPF, "SPF", "SPF") \
    A(DKIM, "DKIM", "DKIM") \
    A(DMARC, "DMARC", "DMARC") \
    A(MTASTS, "MTASTS", "MTA-STS") \
    A(TLSRPT, "TLSRPT", "TLS-RPT") \
    A(DANE, "DANE", "DANE") \
    A(BIMI, "BIMI", "BIMI") \
    A(MX, "MX", "MX") \
    A(DNS, "DNS", "DNS") \
    A(TLS, "TLS", "TLS") \
    A(PARKED, "PARKED", "parked")
/* clang-format on */

/** The areas. */
enum area {
#define AREA_ID(id, ...) AREA_##id,
    POSTURE_AREAS(AREA_ID)
#undef AREA_ID
        AREAS
};

/** The checks: F_SPF_MISSING and so on. */
enum finding_id {
#define FINDING_ID(id, ...) F_##id,
    FINDINGS(FINDING_ID)
#undef FINDING_ID
        FINDING_IDS
};

/** The version of the catalogue (docs/findings.md 3). */
enum { CATALOGUE_VERSION = 1 };

/** The area of a check. */
enum area finding_area(enum finding_id id);

/** A check by its id, without case. \return FINDING_IDS when there is none */
enum finding_id finding_find(const char *id);

#endif
