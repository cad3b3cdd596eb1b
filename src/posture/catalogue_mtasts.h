/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_mtasts.h The checks of MTA-STS; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_MTASTS_H
#define POSTURE_CATALOGUE_MTASTS_H

/* clang-format off */
#define FINDINGS_MTASTS(F) \
    F(MTASTS_MISSING, "MTASTS-MISSING", MTASTS, ASSAY_WARNING, ASSAY_NOTICE, "", \
      "RFC 8461 3.1", \
      "", \
      "", \
      "TLS-RPT first, then a testing policy; files and records printed") \
    F(MTASTS_MULTIPLE, "MTASTS-MULTIPLE", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.1", \
      "", \
      "", \
      "keep one") \
    F(MTASTS_RECORD_SYNTAX, "MTASTS-RECORD-SYNTAX", MTASTS, ASSAY_ERROR, 0, "id field version", \
      "RFC 8461 3.1", \
      "", \
      "", \
      "`v=STSv1; id=20261123T120000;`") \
    F(MTASTS_RECORD_WSP, "MTASTS-RECORD-WSP", MTASTS, ASSAY_WARNING, 0, "", \
      "RFC 8461 3.1, erratum 6285", \
      "", \
      "", \
      "remove the blank") \
    F(MTASTS_NO_TXT, "MTASTS-NO-TXT", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3", \
      "", \
      "", \
      "publish the TXT") \
    F(MTASTS_FETCH, "MTASTS-FETCH", MTASTS, ASSAY_ERROR, 0, "host status size refused", \
      "RFC 8461 3.2 3.3", \
      "", \
      "", \
      "what to serve where") \
    F(MTASTS_REDIRECT, "MTASTS-REDIRECT", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.3", \
      "", \
      "", \
      "answer 200 at that URL, or proxy") \
    F(MTASTS_CERT, "MTASTS-CERT", MTASTS, ASSAY_ERROR, ASSAY_WARNING, "name expired untrusted soon", \
      "RFC 8461 3.3", \
      "", \
      "", \
      "renew; automate") \
    F(MTASTS_CONTENT_TYPE, "MTASTS-CONTENT-TYPE", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.2", \
      "", \
      "", \
      "`Content-Type: text/plain`") \
    F(MTASTS_POLICY_SYNTAX, "MTASTS-POLICY-SYNTAX", MTASTS, ASSAY_ERROR, 0, "line version mode max_age mx mx-absent", \
      "RFC 8461 3.2", \
      "", \
      "", \
      "the corrected file") \
    F(MTASTS_DUPLICATE_KEY, "MTASTS-DUPLICATE-KEY", MTASTS, ASSAY_WARNING, 0, "", \
      "RFC 8461 3.2", \
      "", \
      "", \
      "keep one") \
    F(MTASTS_MAX_AGE_RANGE, "MTASTS-MAX-AGE-RANGE", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.2", \
      "", \
      "", \
      "31557600 or less") \
    F(MTASTS_MAX_AGE_SHORT, "MTASTS-MAX-AGE-SHORT", MTASTS, ASSAY_WARNING, 0, "", \
      "RFC 8461 3.2 10.2", \
      "", \
      "", \
      "raise in steps") \
    F(MTASTS_MODE, "MTASTS-MODE", MTASTS, ASSAY_WARNING, ASSAY_NOTICE, "testing none", \
      "RFC 8461 5 8.3", \
      "", \
      "", \
      "enforce when TLS-RPT is clean") \
    F(MTASTS_MX_UNLISTED, "MTASTS-MX-UNLISTED", MTASTS, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 8461 4.1", \
      "", \
      "", \
      "add the line, then a new id") \
    F(MTASTS_MX_STALE, "MTASTS-MX-STALE", MTASTS, ASSAY_NOTICE, 0, "", \
      "RFC 8461 3.2", \
      "", \
      "", \
      "remove after the change is done") \
    F(MTASTS_MX_FAILS, "MTASTS-MX-FAILS", MTASTS, ASSAY_ERROR, ASSAY_WARNING, "starttls tls name expired untrusted", \
      "RFC 8461 4 4.2 7.2", \
      "", \
      "", \
      "per reason") \
    F(MTASTS_PATTERN_WIDE, "MTASTS-PATTERN-WIDE", MTASTS, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "RFC 8461 10.4", \
      "", \
      "", \
      "name the hosts") \
    F(MTASTS_ID_STALE, "MTASTS-ID-STALE", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.1 8.1", \
      "", \
      "", \
      "a new id after each change")
/* clang-format on */

#endif
