/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_parked.h The checks of parked; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_PARKED_H
#define POSTURE_CATALOGUE_PARKED_H

/* clang-format off */
#define FINDINGS_PARKED(F) \
    F(PARKED_SPF, "PARKED-SPF", PARKED, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 7208 10.1.2, BCP", \
      "", \
      "", \
      "`v=spf1 -all`") \
    F(PARKED_DMARC, "PARKED-DMARC", PARKED, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 9989 3.2.9, BCP", \
      "", \
      "", \
      "`v=DMARC1; p=reject; sp=reject; np=reject`") \
    F(PARKED_MX, "PARKED-MX", PARKED, ASSAY_WARNING, ASSAY_NOTICE, "", \
      "RFC 7505 1 3", \
      "", \
      "", \
      "`0 .`") \
    F(PARKED_UNDECLARED, "PARKED-UNDECLARED", PARKED, ASSAY_NOTICE, 0, "", \
      "RFC 7208 10.1.2", \
      "", \
      "", \
      "publish the set, or say it sends") \
    F(PARKED_EXTRAS, "PARKED-EXTRAS", PARKED, ASSAY_NOTICE, 0, "", \
      "BCP", \
      "", \
      "", \
      "optional records")
/* clang-format on */

#endif
