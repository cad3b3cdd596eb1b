/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_tlsrpt.h The checks of TLS-RPT; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_TLSRPT_H
#define POSTURE_CATALOGUE_TLSRPT_H

/* clang-format off */
#define FINDINGS_TLSRPT(F) \
    F(TLSRPT_MISSING, "TLSRPT-MISSING", TLSRPT, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "RFC 8460 3, RFC 8461 6", \
      "no TLS reports are asked for", \
      "Without reports nobody tells the owner that mail is delayed because of TLS.", \
      "Publish `v=TLSRPTv1; rua=mailto:` and an address at `_smtp._tls`.") \
    F(TLSRPT_MULTIPLE, "TLSRPT-MULTIPLE", TLSRPT, ASSAY_ERROR, 0, "", \
      "RFC 8460 3", \
      "several TLS-RPT records", \
      "Senders that find more than one record take none, and send no reports.", \
      "Keep one record and remove the others.") \
    F(TLSRPT_SYNTAX, "TLSRPT-SYNTAX", TLSRPT, ASSAY_ERROR, 0, "", \
      "RFC 8460 3", \
      "TLS-RPT record is not valid", \
      "Senders that cannot read the record send no reports.", \
      "Publish the corrected record.") \
    F(TLSRPT_RECORD_WSP, "TLSRPT-RECORD-WSP", TLSRPT, ASSAY_WARNING, 0, "", \
      "RFC 8460 3", \
      "blank before the first semicolon", \
      "The blank is allowed, but some senders look for `v=TLSRPTv1;` exactly and see no record.", \
      "Remove the blank before the first semicolon.") \
    F(TLSRPT_RUA_INVALID, "TLSRPT-RUA-INVALID", TLSRPT, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 8460 3", \
      "address for reports is not valid", \
      "Reports cannot go to something that is neither a mail address nor an https address.", \
      "Correct the address: mailto: or https:, with %2C %21 %3B for comma, exclamation mark and semicolon.") \
    F(TLSRPT_RUA_DEAD, "TLSRPT-RUA-DEAD", TLSRPT, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 8460 3", \
      "address for reports takes none", \
      "Reports to a host that cannot receive them are lost.", \
      "Name another address for the reports.")
/* clang-format on */

#endif
