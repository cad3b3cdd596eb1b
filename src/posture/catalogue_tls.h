/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_tls.h The checks of TLS; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_TLS_H
#define POSTURE_CATALOGUE_TLS_H

/* clang-format off */
#define FINDINGS_TLS(F) \
    F(TLS_NO_STARTTLS, "TLS-NO-STARTTLS", TLS, ASSAY_WARNING, 0, "", \
      "RFC 3207 4, RFC 7435", \
      "", \
      "", \
      "enable it") \
    F(TLS_HANDSHAKE, "TLS-HANDSHAKE", TLS, ASSAY_WARNING, 0, "", \
      "RFC 3207 4.1", \
      "", \
      "", \
      "the alert seen") \
    F(TLS_OLD, "TLS-OLD", TLS, ASSAY_WARNING, 0, "", \
      "RFC 8996 4 5", \
      "", \
      "", \
      "TLS 1.2 and 1.3") \
    F(TLS_LEGACY, "TLS-LEGACY", TLS, ASSAY_NOTICE, 0, "", \
      "RFC 8996, RFC 9325 4", \
      "", \
      "", \
      "the setting to change") \
    F(TLS_CERT_EXPIRED, "TLS-CERT-EXPIRED", TLS, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "RFC 8461 4.2", \
      "", \
      "", \
      "renew") \
    F(TLS_CERT_NAME, "TLS-CERT-NAME", TLS, ASSAY_NOTICE, 0, "", \
      "RFC 8461 4.2, RFC 6125 6.4", \
      "", \
      "", \
      "reissue") \
    F(TLS_CERT_UNTRUSTED, "TLS-CERT-UNTRUSTED", TLS, ASSAY_NOTICE, 0, "self-signed incomplete unknown", \
      "RFC 8461 4.2", \
      "", \
      "", \
      "send the intermediates")
/* clang-format on */

#endif
