/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_dkim.h The checks of DKIM; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_DKIM_H
#define POSTURE_CATALOGUE_DKIM_H

/* clang-format off */
#define FINDINGS_DKIM(F) \
    F(DKIM_SELECTORS, "DKIM-SELECTORS", DKIM, ASSAY_UNKNOWN_OUTCOME, 0, "", \
      "RFC 6376 3.1", \
      "", \
      "", \
      "give a selector or a signed message; read reports") \
    F(DKIM_KEY_MISSING, "DKIM-KEY-MISSING", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 6376 6.1.2(3)", \
      "", \
      "", \
      "publish the key, or sign with another") \
    F(DKIM_KEY_SYNTAX, "DKIM-KEY-SYNTAX", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 6376 3.2 3.6.1 6.1.2(5), RFC 8463 4.2", \
      "", \
      "", \
      "the corrected record") \
    F(DKIM_KEY_MULTIPLE, "DKIM-KEY-MULTIPLE", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 6376 3.6.2.2", \
      "", \
      "", \
      "keep one") \
    F(DKIM_KEY_UNUSABLE, "DKIM-KEY-UNUSABLE", DKIM, ASSAY_ERROR, 0, "k h s", \
      "RFC 6376 3.6.1 6.1.2, RFC 8301 3.1", \
      "", \
      "", \
      "drop h= and s=; `k=rsa`") \
    F(DKIM_KEY_REVOKED, "DKIM-KEY-REVOKED", DKIM, ASSAY_NOTICE, ASSAY_ERROR, "", \
      "RFC 6376 3.6.1", \
      "", \
      "", \
      "finish the rotation; later delete") \
    F(DKIM_KEY_WEAK, "DKIM-KEY-WEAK", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 8301 3.2", \
      "", \
      "", \
      "new selector, RSA-2048") \
    F(DKIM_KEY_SHORT, "DKIM-KEY-SHORT", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 8301 3.2", \
      "", \
      "", \
      "rotate to 2048") \
    F(DKIM_KEY_LONG, "DKIM-KEY-LONG", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 8301 3.2", \
      "", \
      "", \
      "rotate to 2048") \
    F(DKIM_KEY_FACTORED, "DKIM-KEY-FACTORED", DKIM, ASSAY_ERROR, 0, "", \
      "RFC 8017 3.1", \
      "", \
      "", \
      "new key now") \
    F(DKIM_KEY_SHARED, "DKIM-KEY-SHARED", DKIM, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "M3 keys", \
      "", \
      "", \
      "one key for each selector and customer") \
    F(DKIM_KEY_AGE, "DKIM-KEY-AGE", DKIM, ASSAY_NOTICE, 0, "", \
      "M3 keys", \
      "", \
      "", \
      "rotate: new selector, then `p=`") \
    F(DKIM_TESTING, "DKIM-TESTING", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 6376 3.6.1", \
      "", \
      "", \
      "remove t=y") \
    F(DKIM_ED25519_ALONE, "DKIM-ED25519-ALONE", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 8463 3 5", \
      "", \
      "", \
      "sign with RSA-2048 as well") \
    F(DKIM_WILDCARD, "DKIM-WILDCARD", DKIM, ASSAY_WARNING, 0, "", \
      "RFC 6376 6.1.2", \
      "", \
      "", \
      "narrow the wildcard") \
    F(DKIM_OBSOLETE, "DKIM-OBSOLETE", DKIM, ASSAY_NOTICE, 0, "g-tag adsp domainkeys", \
      "RFC 6376 C, RFC 5617", \
      "", \
      "", \
      "delete")
/* clang-format on */

#endif
