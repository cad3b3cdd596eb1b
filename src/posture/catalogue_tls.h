/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_tls.h The checks of TLS; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_TLS_H
#define POSTURE_CATALOGUE_TLS_H

/* clang-format off */
#define FINDINGS_TLS(F) \
    F(TLS_NO_STARTTLS, "TLS-NO-STARTTLS", TLS, ASSAY_WARNING, 0, "", \
      "RFC 3207 4, RFC 7435", \
      "mail server does not encrypt", \
      "Mail to this server can be read by everybody on the way.", \
      "Turn on STARTTLS in the mail server.") \
    F(TLS_HANDSHAKE, "TLS-HANDSHAKE", TLS, ASSAY_WARNING, 0, "", \
      "RFC 3207 4.1", \
      "TLS fails", \
      "Senders fall back to clear text, or wait and try again.", \
      "See the log of the mail server for the alert that is shown.") \
    F(TLS_OLD, "TLS-OLD", TLS, ASSAY_WARNING, 0, "", \
      "RFC 8996 4 5", \
      "only old TLS", \
      "Versions before TLS 1.2 are broken, and new senders refuse them.", \
      "Turn on TLS 1.2 and 1.3.") \
    F(TLS_LEGACY, "TLS-LEGACY", TLS, ASSAY_NOTICE, 0, "", \
      "RFC 8996, RFC 9325 4", \
      "old TLS is still taken", \
      "An attacker can talk two servers down to the weakest that both take.", \
      "Turn off the version, cipher, key or signature that is shown.") \
    F(TLS_CERT_EXPIRED, "TLS-CERT-EXPIRED", TLS, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "RFC 8461 4.2", \
      "certificate ended or ends soon", \
      "Senders that check certificates deliver nothing once it has ended.", \
      "Renew the certificate, and let it be renewed by itself.") \
    F(TLS_CERT_NAME, "TLS-CERT-NAME", TLS, ASSAY_NOTICE, 0, "", \
      "RFC 8461 4.2, RFC 6125 6.4", \
      "certificate of another name", \
      "Senders that check names cannot tell this server from an impostor.", \
      "Get a certificate that names the MX host.") \
    F(TLS_CERT_UNTRUSTED, "TLS-CERT-UNTRUSTED", TLS, ASSAY_NOTICE, 0, "self-signed incomplete unknown", \
      "RFC 8461 4.2", \
      "certificate of no known authority", \
      "Senders that check certificates cannot tell this server from an impostor.", \
      "Get a certificate from a public authority, and send its intermediates.")
/* clang-format on */

#endif
