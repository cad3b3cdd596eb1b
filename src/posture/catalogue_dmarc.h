/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_dmarc.h The checks of DMARC; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_DMARC_H
#define POSTURE_CATALOGUE_DMARC_H

/* clang-format off */
#define FINDINGS_DMARC(F) \
    F(DMARC_MISSING, "DMARC-MISSING", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 4.10.1 8", \
      "", \
      "", \
      "`_dmarc` TXT `v=DMARC1; p=none; rua=mailto:…`") \
    F(DMARC_INHERITED, "DMARC-INHERITED", DMARC, ASSAY_NOTICE, 0, "", \
      "RFC 9989 4.10.1", \
      "", \
      "", \
      "own record only if it must differ") \
    F(DMARC_MULTIPLE, "DMARC-MULTIPLE", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 4.10 step 2 and 6", \
      "", \
      "", \
      "keep one") \
    F(DMARC_NEAR_MISS, "DMARC-NEAR-MISS", DMARC, ASSAY_WARNING, 0, "version not-first lead spelling apex", \
      "RFC 9989 4.7", \
      "", \
      "", \
      "the repaired record at `_dmarc`") \
    F(DMARC_SYNTAX, "DMARC-SYNTAX", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.8", \
      "", \
      "", \
      "the corrected record") \
    F(DMARC_DUPLICATE_TAG, "DMARC-DUPLICATE-TAG", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 4.7, RFC 6376 3.2", \
      "", \
      "", \
      "keep one") \
    F(DMARC_UNKNOWN_TAG, "DMARC-UNKNOWN-TAG", DMARC, ASSAY_NOTICE, 0, "", \
      "RFC 9989 4.7", \
      "", \
      "", \
      "a misspelling of …? else leave") \
    F(DMARC_ORDER, "DMARC-ORDER", DMARC, ASSAY_NOTICE, 0, "", \
      "RFC 9989 4.8, RFC 7489 6.3", \
      "", \
      "", \
      "put p after v") \
    F(DMARC_OLD_TAG, "DMARC-OLD-TAG", DMARC, ASSAY_NOTICE, 0, "rf ri size", \
      "RFC 9989 4.8 C.5.2", \
      "", \
      "", \
      "delete") \
    F(DMARC_PCT, "DMARC-PCT", DMARC, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "RFC 9989 A.6 C.5.2", \
      "", \
      "", \
      "delete; to test, `t=y; pct=0`") \
    F(DMARC_T_PCT, "DMARC-T-PCT", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 A.6, RFC 7489 6.6.4", \
      "", \
      "", \
      "both, or neither") \
    F(DMARC_P_MISSING, "DMARC-P-MISSING", DMARC, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 9989 4.7 4.10.1", \
      "", \
      "", \
      "add `p=`") \
    F(DMARC_P_INVALID, "DMARC-P-INVALID", DMARC, ASSAY_ERROR, 0, "p sp np", \
      "RFC 9989 4.10.1", \
      "", \
      "", \
      "correct the word") \
    F(DMARC_P_NONE, "DMARC-P-NONE", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 3.2.9 5.1.7", \
      "", \
      "", \
      "next rung of the plan") \
    F(DMARC_TESTING, "DMARC-TESTING", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.7", \
      "", \
      "", \
      "drop t when the reports are clean") \
    F(DMARC_SP_WEAK, "DMARC-SP-WEAK", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.7", \
      "", \
      "", \
      "drop sp or raise it") \
    F(DMARC_NP_WEAK, "DMARC-NP-WEAK", DMARC, ASSAY_WARNING, ASSAY_NOTICE, "", \
      "RFC 9989 4.7", \
      "", \
      "", \
      "`np=reject`: names that do not exist send no mail") \
    F(DMARC_SP_IGNORED, "DMARC-SP-IGNORED", DMARC, ASSAY_NOTICE, 0, "", \
      "RFC 9989 4.7", \
      "", \
      "", \
      "delete, or psd=n if meant") \
    F(DMARC_SUB_WEAKER, "DMARC-SUB-WEAKER", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.10.1", \
      "", \
      "", \
      "raise or delete that record") \
    F(DMARC_NO_RUA, "DMARC-NO-RUA", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.7 5.1.3", \
      "", \
      "", \
      "add rua") \
    F(DMARC_RUA_INVALID, "DMARC-RUA-INVALID", DMARC, ASSAY_WARNING, 0, "syntax scheme", \
      "RFC 9989 4.6 4.7 4.8", \
      "", \
      "", \
      "`mailto:` and %2C %21") \
    F(DMARC_RUA_EXTERNAL, "DMARC-RUA-EXTERNAL", DMARC, ASSAY_ERROR, 0, "unauthorised override length", \
      "RFC 9990 4", \
      "", \
      "", \
      "the exact TXT for the other side to publish") \
    F(DMARC_RUA_NO_MX, "DMARC-RUA-NO-MX", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 5321 5.1, RFC 7505 3", \
      "", \
      "", \
      "another mailbox") \
    F(DMARC_RUF, "DMARC-RUF", DMARC, ASSAY_NOTICE, 0, "privacy unauthorised fo-alone", \
      "RFC 9989 4.7 11.6, RFC 9991", \
      "", \
      "", \
      "drop, or authorise") \
    F(DMARC_WORLDS_POLICY, "DMARC-WORLDS-POLICY", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 C.3", \
      "", \
      "", \
      "a record at the domain itself") \
    F(DMARC_WORLDS_ORG, "DMARC-WORLDS-ORG", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 C.3 11.8", \
      "", \
      "", \
      "strict alignment and own records, or psd") \
    F(DMARC_PSD_Y, "DMARC-PSD-Y", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 4.7 4.10.2 5.2", \
      "", \
      "", \
      "delete psd") \
    F(DMARC_SUFFIX_RECORD, "DMARC-SUFFIX-RECORD", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 11.8", \
      "", \
      "", \
      "`psd=n` in your record") \
    F(DMARC_DEEP, "DMARC-DEEP", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.10 5.1.8", \
      "", \
      "", \
      "a record at the name itself") \
    F(DMARC_REJECT_NO_DKIM, "DMARC-REJECT-NO-DKIM", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 7.4 8", \
      "", \
      "", \
      "sign first")
/* clang-format on */

#endif
