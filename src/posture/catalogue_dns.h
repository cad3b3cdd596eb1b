/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_dns.h The checks of DNS; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_DNS_H
#define POSTURE_CATALOGUE_DNS_H

/* clang-format off */
#define FINDINGS_DNS(F) \
    F(DNS_NO_DOMAIN, "DNS-NO-DOMAIN", DNS, ASSAY_ERROR, 0, "", \
      "RFC 8020, RFC 5321 5.1", \
      "", \
      "", \
      "–") \
    F(DNS_BOGUS, "DNS-BOGUS", DNS, ASSAY_ERROR, 0, "", \
      "RFC 4035 5.5, RFC 7672 2.1", \
      "", \
      "", \
      "repair signatures or DS") \
    F(DNS_UNSIGNED, "DNS-UNSIGNED", DNS, ASSAY_NOTICE, 0, "", \
      "RFC 4033 5, RFC 9989 11.3", \
      "", \
      "", \
      "sign; add DS") \
    F(DNS_SIGNATURES, "DNS-SIGNATURES", DNS, ASSAY_WARNING, 0, "", \
      "RFC 7671 13", \
      "", \
      "", \
      "repair the signer") \
    F(DNS_NS_DISAGREE, "DNS-NS-DISAGREE", DNS, ASSAY_WARNING, 0, "", \
      "RFC 1034 4.3.5", \
      "", \
      "", \
      "repair the zone transfer") \
    F(DNS_NS_FAILING, "DNS-NS-FAILING", DNS, ASSAY_WARNING, 0, "", \
      "RFC 1034 4.2.2", \
      "", \
      "", \
      "repair or remove it") \
    F(DNS_STRAY_TXT, "DNS-STRAY-TXT", DNS, ASSAY_NOTICE, 0, "stray wildcard", \
      "RFC 9989 4.10, RFC 8461 3.1, RFC 4592 2", \
      "", \
      "", \
      "remove; narrow the wildcard") \
    F(DNS_CNAME_GONE, "DNS-CNAME-GONE", DNS, ASSAY_ERROR, 0, "", \
      "RFC 1034 3.6.2", \
      "", \
      "", \
      "new target, or delete") \
    F(DNS_DOUBLED_NAME, "DNS-DOUBLED-NAME", DNS, ASSAY_WARNING, 0, "", \
      "RFC 1035 5.1", \
      "", \
      "", \
      "the right name") \
    F(DNS_TCP, "DNS-TCP", DNS, ASSAY_ERROR, 0, "", \
      "RFC 7766 5", \
      "", \
      "", \
      "open TCP 53, shorten the record")
/* clang-format on */

#endif
