/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_mx.h The checks of MX; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_MX_H
#define POSTURE_CATALOGUE_MX_H

/* clang-format off */
#define FINDINGS_MX(F) \
    F(MX_MISSING, "MX-MISSING", MX, ASSAY_NOTICE, ASSAY_WARNING, "implicit none", \
      "RFC 5321 5.1", \
      "no MX record", \
      "Mail goes to the web server's address, or nowhere.", \
      "Publish an MX record, or a null MX (0 .) if no mail is taken.") \
    F(MX_NULL_FORM, "MX-NULL-FORM", MX, ASSAY_ERROR, ASSAY_NOTICE, "mixed preference", \
      "RFC 7505 3", \
      "a null MX that is not alone", \
      "Senders are told at once that mail is taken and that it is not.", \
      "Publish 0 . alone, or remove it.") \
    F(MX_NULL_SENDS, "MX-NULL-SENDS", MX, ASSAY_WARNING, 0, "", \
      "RFC 7505 4.2", \
      "the domain sends mail, but takes none", \
      "Many receivers refuse mail from a domain that cannot be answered.", \
      "Name a host that takes bounces, or publish v=spf1 -all.") \
    F(MX_CNAME, "MX-CNAME", MX, ASSAY_WARNING, 0, "", \
      "RFC 5321 5.1, RFC 2181 10.3", \
      "an MX host is an alias", \
      "It is not allowed, and some senders do not follow it.", \
      "Name the real host in the MX record.") \
    F(MX_BAD_NAME, "MX-BAD-NAME", MX, ASSAY_ERROR, 0, "", \
      "RFC 5321 2.3.5 5.1", \
      "an MX record names what is no host", \
      "Nothing can be delivered there.", \
      "Name a host by its full name.") \
    F(MX_NO_ADDRESS, "MX-NO-ADDRESS", MX, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 5321 5.1", \
      "an MX host without an address", \
      "Mail waits for it in vain.", \
      "Give the host an address, or remove it from the MX records.") \
    F(MX_PTR, "MX-PTR", MX, ASSAY_WARNING, ASSAY_NOTICE, "", \
      "RFC 8601 3, RFC 1912 2.1", \
      "a mail host's address has no name that leads back to it", \
      "Many receivers refuse mail from addresses whose name is missing or leads elsewhere.", \
      "Set the PTR record at whoever gave you the address.") \
    F(MX_IPV6, "MX-IPV6", MX, ASSAY_NOTICE, 0, "", \
      "RFC 5321 5.2", \
      "no mail host has IPv6", \
      "Senders that have only IPv6 cannot reach you.", \
      "Give a mail host an IPv6 address.") \
    F(MX_UNREACHABLE, "MX-UNREACHABLE", MX, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 5321 3.1 4.5.4.1", \
      "a mail host refuses everyone", \
      "Mail to it comes back or waits.", \
      "Open port 25, or remove the host from the MX records.")
/* clang-format on */

#endif
