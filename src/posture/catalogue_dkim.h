/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_dkim.h The checks of DKIM; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_DKIM_H
#define POSTURE_CATALOGUE_DKIM_H

/* clang-format off */
#define FINDINGS_DKIM(F) \
    F(DKIM_SELECTORS, "DKIM-SELECTORS", DKIM, ASSAY_UNKNOWN_OUTCOME, 0, "", \
      "RFC 6376 3.1", \
      "no DKIM selector is known", \
      "Keys can only be looked at by the names of their selectors, and nobody can list those.", \
      "Give a selector (--selector), a signed message, or reports.") \
    F(DKIM_KEY_MISSING, "DKIM-KEY-MISSING", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 6376 6.1.2(3)", \
      "a DKIM key is not there", \
      "Signatures made with it cannot be checked, so the mail counts as unsigned.", \
      "Publish the key, or sign with another selector.") \
    F(DKIM_KEY_SYNTAX, "DKIM-KEY-SYNTAX", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 6376 3.2 3.6.1 6.1.2(5), RFC 8463 4.2", \
      "a DKIM key record cannot be read", \
      "Signatures made with it fail everywhere.", \
      "Publish the corrected record.") \
    F(DKIM_KEY_MULTIPLE, "DKIM-KEY-MULTIPLE", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 6376 3.6.2.2", \
      "more than one record at a selector", \
      "It is left to chance which one a receiver takes.", \
      "Keep one record and delete the others.") \
    F(DKIM_KEY_UNUSABLE, "DKIM-KEY-UNUSABLE", DKIM, ASSAY_ERROR, 0, "k h s", \
      "RFC 6376 3.6.1 6.1.2, RFC 8301 3.1", \
      "a DKIM key that mail cannot use", \
      "Its record forbids what every signature needs.", \
      "Leave h and s out; use an RSA key.") \
    F(DKIM_KEY_REVOKED, "DKIM-KEY-REVOKED", DKIM, ASSAY_NOTICE, ASSAY_ERROR, "", \
      "RFC 6376 3.6.1", \
      "a DKIM key is withdrawn", \
      "Signatures made with it fail; that is right once nothing is signed with it any more.", \
      "Finish the change of keys; some weeks later delete the record.") \
    F(DKIM_KEY_WEAK, "DKIM-KEY-WEAK", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 8301 3.2", \
      "a DKIM key that anyone can break", \
      "A key below 1,024 bits is computed in hours, and receivers refuse it.", \
      "Make an RSA key of 2,048 bits under a new selector.") \
    F(DKIM_KEY_SHORT, "DKIM-KEY-SHORT", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 8301 3.2", \
      "a DKIM key that is too short for today", \
      "Keys of 1,024 bits are within reach of large attackers.", \
      "Change to 2,048 bits under a new selector.") \
    F(DKIM_KEY_LONG, "DKIM-KEY-LONG", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 8301 3.2", \
      "a DKIM key that is too long", \
      "Receivers need not take more than 4,096 bits, and some do not.", \
      "Change to 2,048 bits under a new selector.") \
    F(DKIM_KEY_FACTORED, "DKIM-KEY-FACTORED", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 8017 3.1", \
      "the private half of a DKIM key can be computed", \
      "Anyone can sign mail as you.", \
      "Make a new key now, and withdraw this one.") \
    F(DKIM_KEY_SHARED, "DKIM-KEY-SHARED", DKIM, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "M3 keys", \
      "two selectors have one key", \
      "Who gets the private half in one place gets the other as well.", \
      "Use one key for each selector and each customer.") \
    F(DKIM_KEY_AGE, "DKIM-KEY-AGE", DKIM, ASSAY_NOTICE, 0, "", \
      "M3 keys", \
      "a DKIM key has not changed for a year", \
      "The longer a key is used, the more may have seen its private half.", \
      "Publish a new key under a new selector, sign with it, then withdraw this one.") \
    F(DKIM_TESTING, "DKIM-TESTING", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 6376 3.6.1", \
      "a DKIM key is marked as a test", \
      "Receivers may treat its mail as if it were not signed.", \
      "Remove t=y.") \
    F(DKIM_ED25519_ALONE, "DKIM-ED25519-ALONE", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 8463 3 5", \
      "only Ed25519 keys", \
      "Many receivers check RSA alone, and see mail without a usable signature.", \
      "Sign with an RSA key of 2,048 bits as well.") \
    F(DKIM_WILDCARD, "DKIM-WILDCARD", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 6376 6.1.2", \
      "a wildcard answers for every selector", \
      "Receivers get a text that is no key, or one key for all names that anyone makes up.", \
      "Narrow the wildcard.") \
    F(DKIM_OBSOLETE, "DKIM-OBSOLETE", DKIM, ASSAY_NOTICE, 0, "g-tag adsp domainkeys", \
      "RFC 6376 C, RFC 5617", \
      "a leftover of the old DKIM", \
      "Nobody reads it; it only misleads those who do.", \
      "Delete it.")
/* clang-format on */

#endif
