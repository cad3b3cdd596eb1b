/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_mx.h The checks of MX; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_MX_H
#define POSTURE_CATALOGUE_MX_H

/* clang-format off */
#define FINDINGS_MX(F) \
    F(MX_MISSING, "MX-MISSING", MX, ASSAY_NOTICE, ASSAY_WARNING, "implicit none", \
      "RFC 5321 5.1", \
      "", \
      "", \
      "MX, or null MX") \
    F(MX_NULL_FORM, "MX-NULL-FORM", MX, ASSAY_ERROR, ASSAY_NOTICE, "mixed preference", \
      "RFC 7505 3", \
      "", \
      "", \
      "`0 .` alone") \
    F(MX_NULL_SENDS, "MX-NULL-SENDS", MX, ASSAY_WARNING, 0, "", \
      "RFC 7505 4.2", \
      "", \
      "", \
      "a mailbox for bounces, or `v=spf1 -all`") \
    F(MX_CNAME, "MX-CNAME", MX, ASSAY_WARNING, 0, "", \
      "RFC 5321 5.1, RFC 2181 10.3", \
      "", \
      "", \
      "name the real host") \
    F(MX_BAD_NAME, "MX-BAD-NAME", MX, ASSAY_ERROR, 0, "", \
      "RFC 5321 2.3.5 5.1", \
      "", \
      "", \
      "a host name") \
    F(MX_NO_ADDRESS, "MX-NO-ADDRESS", MX, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 5321 5.1", \
      "", \
      "", \
      "an address, or remove it") \
    F(MX_PTR, "MX-PTR", MX, ASSAY_WARNING, ASSAY_NOTICE, "", \
      "RFC 8601 3, RFC 1912 2.1", \
      "", \
      "", \
      "the PTR to set") \
    F(MX_IPV6, "MX-IPV6", MX, ASSAY_NOTICE, 0, "", \
      "RFC 5321 5.2", \
      "", \
      "", \
      "add one") \
    F(MX_UNREACHABLE, "MX-UNREACHABLE", MX, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 5321 3.1 4.5.4.1", \
      "", \
      "", \
      "open port 25, or remove it")
/* clang-format on */

#endif
