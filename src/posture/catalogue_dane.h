/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_dane.h The checks of DANE; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_DANE_H
#define POSTURE_CATALOGUE_DANE_H

/* clang-format off */
#define FINDINGS_DANE(F) \
    F(DANE_MISSING, "DANE-MISSING", DANE, ASSAY_NOTICE, 0, "", \
      "RFC 7672 2.2.3", \
      "no TLSA record", \
      "The zone is signed already, so one record more would let senders prove the mail server.", \
      "Publish `3 1 1` records of the current key and of the next one.") \
    F(DANE_UNSIGNED, "DANE-UNSIGNED", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 2.2", \
      "TLSA records that nobody can trust", \
      "Senders ignore TLSA records, or hosts, that DNSSEC does not vouch for.", \
      "Sign the zone of the mail server, or remove the records.") \
    F(DANE_MX_UNSIGNED, "DANE-MX-UNSIGNED", DANE, ASSAY_WARNING, 0, "", \
      "RFC 7672 2.2.1", \
      "the way to a proved host is not proved", \
      "The mail server proves who it is, but whoever forges the MX record leads mail to another one.", \
      "Sign the domain with DNSSEC, too.") \
    F(DANE_UNUSABLE, "DANE-UNUSABLE", DANE, ASSAY_ERROR, ASSAY_WARNING, "usage selector matching-type length", \
      "RFC 7672 2.2 3.1.3, RFC 6698 2.1", \
      "TLSA record that senders cannot use", \
      "Senders of mail skip such a record; where no other is left, they encrypt but prove nothing.", \
      "Replace it by a `3 1 1` record.") \
    F(DANE_MISMATCH, "DANE-MISMATCH", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 2.2 3.2", \
      "TLSA records do not match the certificate", \
      "Senders that check DANE take the server for an impostor and deliver nothing.", \
      "Publish the record for the key that the server uses now.") \
    F(DANE_COMBINATION, "DANE-COMBINATION", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7671 8 9", \
      "a kind of TLSA record matches nothing", \
      "A sender may look at one kind of record only, and where that one fails it delivers nothing.", \
      "Publish records of that kind for the current key, or remove the kind whole.") \
    F(DANE_TA_ABSENT, "DANE-TA-ABSENT", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 3.1.2, RFC 7671 5.2.2", \
      "the authority in the TLSA record is not sent", \
      "Senders need the certificate of the authority from the server itself; without it they deliver nothing.", \
      "Let the server send the certificate of the authority, even if it is a root.") \
    F(DANE_TA_CERT, "DANE-TA-CERT", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 3.2.2, RFC 7671 5.1 5.2", \
      "certificate of another name, or out of its dates", \
      "Where the record names an authority, the certificate has to name the server and be valid, else senders deliver nothing.", \
      "Get a certificate for the name of the server that is valid now.") \
    F(DANE_NO_STARTTLS, "DANE-NO-STARTTLS", DANE, ASSAY_ERROR, 0, "", \
      "RFC 7672 2.2", \
      "TLSA records, but no TLS", \
      "TLSA records promise encryption; a sender that meets none takes it for an attack and delivers nothing.", \
      "Offer STARTTLS to every client, or remove the TLSA records.") \
    F(DANE_PARTIAL, "DANE-PARTIAL", DANE, ASSAY_WARNING, 0, "", \
      "RFC 7672 2.2.1", \
      "some MX hosts have no TLSA records", \
      "An attacker makes the proved hosts unreachable and waits at the others.", \
      "Publish TLSA records for all MX hosts, or for none.") \
    F(DANE_ROLLOVER, "DANE-ROLLOVER", DANE, ASSAY_NOTICE, 0, "", \
      "RFC 7672 4, RFC 7671 8.1", \
      "no TLSA record for the next key", \
      "When the key changes, senders hold the old record for hours and deliver nothing until it runs out.", \
      "Publish a `3 1 1` record of the next key before it is used.") \
    F(DANE_DISCOURAGED, "DANE-DISCOURAGED", DANE, ASSAY_NOTICE, 0, "full ee-cert ta-spki", \
      "RFC 7672 3.1.1 3.1.2, RFC 7671 10.1.2", \
      "TLSA record of a kind that breaks easily", \
      "Whole certificates are long, and records that name a certificate change each time it is renewed.", \
      "Publish `3 1 1`, or `2 0 1` for an authority.") \
    F(DANE_STALE, "DANE-STALE", DANE, ASSAY_NOTICE, 0, "", \
      "RFC 7671 8.4", \
      "TLSA record that matches nothing any more", \
      "A record of a key that is gone only hides which ones count.", \
      "Remove the record.")
/* clang-format on */

#endif
