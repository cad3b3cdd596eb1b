/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_dane.h The checks of DANE; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_DANE_H
#define POSTURE_CATALOGUE_DANE_H

/* clang-format off */
#define FINDINGS_DANE(F) \
    F(DANE_MISSING, "DANE-MISSING", DANE, ASSAY_NOTICE, 0, "", \
      "RFC 7672 2.2.3", \
      "", \
      "", \
      "`3 1 1` of the current key and of the next") \
    F(DANE_UNSIGNED, "DANE-UNSIGNED", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 2.2", \
      "", \
      "", \
      "sign the zone") \
    F(DANE_MX_UNSIGNED, "DANE-MX-UNSIGNED", DANE, ASSAY_WARNING, 0, "", \
      "RFC 7672 2.2.1", \
      "", \
      "", \
      "sign the domain") \
    F(DANE_UNUSABLE, "DANE-UNUSABLE", DANE, ASSAY_ERROR, ASSAY_WARNING, "usage selector matching-type length", \
      "RFC 7672 2.2 3.1.3, RFC 6698 2.1", \
      "", \
      "", \
      "replace by `3 1 1`") \
    F(DANE_MISMATCH, "DANE-MISMATCH", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 2.2 3.2", \
      "", \
      "", \
      "the record for the live key") \
    F(DANE_COMBINATION, "DANE-COMBINATION", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7671 8 9", \
      "", \
      "", \
      "publish or remove the combination whole") \
    F(DANE_TA_ABSENT, "DANE-TA-ABSENT", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 3.1.2, RFC 7671 5.2.2", \
      "", \
      "", \
      "send the TA certificate, even a root") \
    F(DANE_TA_CERT, "DANE-TA-CERT", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 3.2.2, RFC 7671 5.1 5.2", \
      "", \
      "", \
      "reissue") \
    F(DANE_NO_STARTTLS, "DANE-NO-STARTTLS", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 2.2", \
      "", \
      "", \
      "offer it to every client") \
    F(DANE_PARTIAL, "DANE-PARTIAL", DANE, ASSAY_WARNING, 0, "", \
      "RFC 7672 2.2.1", \
      "", \
      "", \
      "all or none") \
    F(DANE_ROLLOVER, "DANE-ROLLOVER", DANE, ASSAY_NOTICE, 0, "", \
      "RFC 7672 4, RFC 7671 8.1", \
      "", \
      "", \
      "add the next key's `3 1 1` before the change") \
    F(DANE_DISCOURAGED, "DANE-DISCOURAGED", DANE, ASSAY_NOTICE, 0, "full ee-cert ta-spki", \
      "RFC 7672 3.1.1 3.1.2, RFC 7671 10.1.2", \
      "", \
      "", \
      "`3 1 1` or `2 0 1`") \
    F(DANE_STALE, "DANE-STALE", DANE, ASSAY_NOTICE, 0, "", \
      "RFC 7671 8.4", \
      "", \
      "", \
      "remove it")
/* clang-format on */

#endif
