/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_spf.h The checks of SPF; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_SPF_H
#define POSTURE_CATALOGUE_SPF_H

/* clang-format off */
#define FINDINGS_SPF(F) \
    F(SPF_MISSING, "SPF-MISSING", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.4 4.5, RFC 9989 8", \
      "", \
      "", \
      "publish one; `v=spf1 -all` if nothing is sent") \
    F(SPF_MULTIPLE, "SPF-MULTIPLE", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 3.2 4.5", \
      "", \
      "", \
      "merge into one; the merged record is printed") \
    F(SPF_NEAR_MISS, "SPF-NEAR-MISS", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 4.5", \
      "", \
      "", \
      "the same record, repaired") \
    F(SPF_OBSOLETE, "SPF-OBSOLETE", SPF, ASSAY_NOTICE, 0, "sender-id type-99", \
      "RFC 7208 3.1 14.1", \
      "", \
      "", \
      "delete them") \
    F(SPF_SYNTAX, "SPF-SYNTAX", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6 12", \
      "", \
      "", \
      "the term, its place, the corrected record") \
    F(SPF_MODIFIER_TYPO, "SPF-MODIFIER-TYPO", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 4.6.1 6", \
      "", \
      "", \
      "`:` for `=`") \
    F(SPF_TARGET_NONE, "SPF-TARGET-NONE", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 5.2 6.1", \
      "", \
      "", \
      "correct or delete the term") \
    F(SPF_TARGET_BROKEN, "SPF-TARGET-BROKEN", SPF, ASSAY_ERROR, 0, "multiple syntax", \
      "RFC 7208 4.5 4.6 5.2", \
      "", \
      "", \
      "delete it, tell its owner") \
    F(SPF_LOOP, "SPF-LOOP", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6.4", \
      "", \
      "", \
      "delete the term that closes the circle") \
    F(SPF_LOOKUPS, "SPF-LOOKUPS", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6.4", \
      "", \
      "", \
      "what each term costs; the cheapest set to drop or flatten") \
    F(SPF_LOOKUPS_NEAR, "SPF-LOOKUPS-NEAR", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 4.6.4", \
      "", \
      "", \
      "the same") \
    F(SPF_VOID, "SPF-VOID", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6.4", \
      "", \
      "", \
      "delete the terms that point to nothing") \
    F(SPF_VOID_FAMILY, "SPF-VOID-FAMILY", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 4.6.4 5", \
      "", \
      "", \
      "ip4/ip6 in place of a/mx") \
    F(SPF_DEAD_TERM, "SPF-DEAD-TERM", SPF, ASSAY_WARNING, 0, "no-address reserved", \
      "RFC 7208 5.3 5.4 5.7", \
      "", \
      "", \
      "delete the term") \
    F(SPF_DANGLING, "SPF-DANGLING", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 5.2 5.3", \
      "", \
      "", \
      "delete the term today") \
    F(SPF_MX_LIMIT, "SPF-MX-LIMIT", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6.4", \
      "", \
      "", \
      "list the addresses") \
    F(SPF_PTR, "SPF-PTR", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 5.5 7.2", \
      "", \
      "", \
      "ip4/ip6 or a") \
    F(SPF_PASS_ALL, "SPF-PASS-ALL", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 5.1, RFC 9989 7.1", \
      "", \
      "", \
      "`~all` or `-all`; the term that opens it") \
    F(SPF_NEUTRAL, "SPF-NEUTRAL", SPF, ASSAY_WARNING, 0, "neutral-all no-all", \
      "RFC 7208 4.7", \
      "", \
      "", \
      "end with `~all` or `-all`") \
    F(SPF_IGNORED_TERM, "SPF-IGNORED-TERM", SPF, ASSAY_WARNING, 0, "after-all redirect", \
      "RFC 7208 5.1 6.1", \
      "", \
      "", \
      "move or delete it") \
    F(SPF_SHADOWED, "SPF-SHADOWED", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 4.6.2", \
      "", \
      "", \
      "delete the term; lookups saved") \
    F(SPF_DUPLICATE, "SPF-DUPLICATE", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 4.6.4", \
      "", \
      "", \
      "delete the second") \
    F(SPF_REACH, "SPF-REACH", SPF, ASSAY_WARNING, 0, "", \
      "RFC 9989 7.1, measured: 34.7 % of domains", \
      "", \
      "", \
      "narrow or drop the largest terms") \
    F(SPF_SIZE, "SPF-SIZE", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 3.4", \
      "", \
      "", \
      "move other TXT to names of their own; split the record") \
    F(SPF_MACRO_USER, "SPF-MACRO-USER", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 7.3, RFC 8616 4", \
      "", \
      "", \
      "only where wanted") \
    F(SPF_EXP, "SPF-EXP", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 6.2", \
      "", \
      "", \
      "correct or delete exp")
/* clang-format on */

#endif
