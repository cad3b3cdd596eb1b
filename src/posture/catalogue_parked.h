/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_parked.h The checks of parked; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_PARKED_H
#define POSTURE_CATALOGUE_PARKED_H

/* clang-format off */
#define FINDINGS_PARKED(F) \
    F(PARKED_SPF, "PARKED-SPF", PARKED, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 7208 10.1.2, BCP", \
      "an unused domain that others may send for", \
      "A domain that sends nothing and does not say so is what forgers look for.", \
      "Publish `v=spf1 -all`.") \
    F(PARKED_DMARC, "PARKED-DMARC", PARKED, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 9989 3.2.9, BCP", \
      "an unused domain without a policy of reject", \
      "Receivers deliver forged mail unless the domain asks them to reject it.", \
      "Publish `v=DMARC1; p=reject; sp=reject; np=reject`.") \
    F(PARKED_MX, "PARKED-MX", PARKED, ASSAY_WARNING, ASSAY_NOTICE, "", \
      "RFC 7505 1 3", \
      "an unused domain that seems to take mail", \
      "Mail to it is tried for days instead of being refused at once.", \
      "Publish the null MX, `0 .`.") \
    F(PARKED_UNDECLARED, "PARKED-UNDECLARED", PARKED, ASSAY_NOTICE, 0, "", \
      "RFC 7208 10.1.2", \
      "it is not said that the domain is unused", \
      "That it sends nothing is guessed from silence; receivers do not guess.", \
      "Publish the records below, or tell that it sends: --profile mail.") \
    F(PARKED_EXTRAS, "PARKED-EXTRAS", PARKED, ASSAY_NOTICE, 0, "", \
      "BCP", \
      "optional records of an unused domain are missing", \
      "They close what the main records leave: names below the domain, and DKIM keys that were made earlier.", \
      "Publish the optional records.")
/* clang-format on */

#endif
