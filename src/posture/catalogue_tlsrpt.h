/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_tlsrpt.h The checks of TLS-RPT; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_TLSRPT_H
#define POSTURE_CATALOGUE_TLSRPT_H

/* clang-format off */
#define FINDINGS_TLSRPT(F) \
    F(TLSRPT_MISSING, "TLSRPT-MISSING", TLSRPT, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "RFC 8460 3, RFC 8461 6", \
      "", \
      "", \
      "`v=TLSRPTv1; rua=mailto:…`") \
    F(TLSRPT_MULTIPLE, "TLSRPT-MULTIPLE", TLSRPT, ASSAY_ERROR, 0, "", \
      "RFC 8460 3", \
      "", \
      "", \
      "keep one") \
    F(TLSRPT_SYNTAX, "TLSRPT-SYNTAX", TLSRPT, ASSAY_ERROR, 0, "", \
      "RFC 8460 3", \
      "", \
      "", \
      "the corrected record") \
    F(TLSRPT_RECORD_WSP, "TLSRPT-RECORD-WSP", TLSRPT, ASSAY_WARNING, 0, "", \
      "RFC 8460 3", \
      "", \
      "", \
      "remove it") \
    F(TLSRPT_RUA_INVALID, "TLSRPT-RUA-INVALID", TLSRPT, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 8460 3", \
      "", \
      "", \
      "correct it") \
    F(TLSRPT_RUA_DEAD, "TLSRPT-RUA-DEAD", TLSRPT, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 8460 3", \
      "", \
      "", \
      "another address")
/* clang-format on */

#endif
