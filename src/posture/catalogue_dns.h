/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_dns.h The checks of DNS; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_DNS_H
#define POSTURE_CATALOGUE_DNS_H

/* clang-format off */
#define FINDINGS_DNS(F) \
    F(DNS_NO_DOMAIN, "DNS-NO-DOMAIN", DNS, ASSAY_ERROR, 0, "", \
      "RFC 8020, RFC 5321 5.1", \
      "the domain does not exist", \
      "There is nothing to check, and anybody can register it.", \
      "Look for a slip of the pen, or register the name.") \
    F(DNS_BOGUS, "DNS-BOGUS", DNS, ASSAY_ERROR, 0, "", \
      "RFC 4035 5.5, RFC 7672 2.1", \
      "the signatures of the zone do not hold", \
      "Everyone who checks signatures sees the domain as if it were gone.", \
      "Sign the zone anew, or correct the DS record.") \
    F(DNS_UNSIGNED, "DNS-UNSIGNED", DNS, ASSAY_NOTICE, 0, "", \
      "RFC 4033 5, RFC 9989 11.3", \
      "the zone is not signed", \
      "Its records, those of mail among them, can be forged on their way.", \
      "Sign the zone and give the DS record to the registry.") \
    F(DNS_SIGNATURES, "DNS-SIGNATURES", DNS, ASSAY_WARNING, 0, "", \
      "RFC 7671 13", \
      "signatures of the zone are about to end", \
      "When they end, everyone who checks them loses sight of the domain.", \
      "Repair whatever renews the signatures.") \
    F(DNS_NS_DISAGREE, "DNS-NS-DISAGREE", DNS, ASSAY_WARNING, 0, "", \
      "RFC 1034 4.3.5", \
      "name servers give different answers", \
      "What receivers see depends on chance.", \
      "Repair the transfer of the zone between the servers.") \
    F(DNS_NS_FAILING, "DNS-NS-FAILING", DNS, ASSAY_WARNING, 0, "", \
      "RFC 1034 4.2.2", \
      "a name server does not answer for the zone", \
      "Lookups are slow or fail, and mail with them.", \
      "Repair the server, or take it out of the NS records.") \
    F(DNS_STRAY_TXT, "DNS-STRAY-TXT", DNS, ASSAY_NOTICE, 0, "stray wildcard", \
      "RFC 9989 4.10, RFC 8461 3.1, RFC 4592 2", \
      "a TXT record where it does not belong", \
      "Readers of that name have to sort it out, and a wildcard answers for names that nobody made.", \
      "Remove it, or narrow the wildcard.") \
    F(DNS_CNAME_GONE, "DNS-CNAME-GONE", DNS, ASSAY_ERROR, 0, "", \
      "RFC 1034 3.6.2", \
      "an alias leads nowhere", \
      "Whoever takes over the name it leads to can answer for you.", \
      "Point it to a name that exists, or delete it.") \
    F(DNS_DOUBLED_NAME, "DNS-DOUBLED-NAME", DNS, ASSAY_WARNING, 0, "", \
      "RFC 1035 5.1", \
      "a record stands at a name with the domain twice", \
      "The zone was added to a name that had it already, so nobody finds the record.", \
      "Publish it at the right name.") \
    F(DNS_TCP, "DNS-TCP", DNS, ASSAY_ERROR, 0, "", \
      "RFC 7766 5", \
      "a name server refuses TCP", \
      "Answers that are too long for UDP cannot be had from it.", \
      "Open TCP port 53 at that server, and shorten the record.")
/* clang-format on */

#endif
