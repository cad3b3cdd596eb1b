/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_bimi.h The checks of BIMI; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_BIMI_H
#define POSTURE_CATALOGUE_BIMI_H

/* clang-format off */
#define FINDINGS_BIMI(F) \
    F(BIMI_MISSING, "BIMI-MISSING", BIMI, ASSAY_NOTICE, 0, "", \
      "BIMI 4.3 7.2", \
      "", \
      "", \
      "after auth 4: the record") \
    F(BIMI_MULTIPLE, "BIMI-MULTIPLE", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 7.2", \
      "", \
      "", \
      "keep one") \
    F(BIMI_SYNTAX, "BIMI-SYNTAX", BIMI, ASSAY_ERROR, ASSAY_WARNING, "", \
      "BIMI 4.3", \
      "", \
      "", \
      "the corrected record") \
    F(BIMI_DECLINED, "BIMI-DECLINED", BIMI, ASSAY_NOTICE, 0, "", \
      "BIMI 4.3.1", \
      "", \
      "", \
      "nothing, if meant") \
    F(BIMI_DMARC, "BIMI-DMARC", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 7.1, RFC 9989 4.7", \
      "", \
      "", \
      "the DMARC record needed") \
    F(BIMI_URI, "BIMI-URI", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 4.3 4.3.2 7.3", \
      "", \
      "", \
      "the corrected URI") \
    F(BIMI_FETCH, "BIMI-FETCH", BIMI, ASSAY_ERROR, 0, "logo evidence", \
      "BIMI 7.5, VMC 3 5.3", \
      "", \
      "", \
      "what failed where") \
    F(BIMI_SVG, "BIMI-SVG", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 7.6, SVG", \
      "", \
      "", \
      "each line to change") \
    F(BIMI_SVG_ACTIVE, "BIMI-SVG-ACTIVE", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 7.6, RFC 6170 5.2", \
      "", \
      "", \
      "remove") \
    F(BIMI_SVG_SHAPE, "BIMI-SVG-SHAPE", BIMI, ASSAY_WARNING, 0, "", \
      "BIMI 7.6, receivers", \
      "", \
      "", \
      "redraw") \
    F(BIMI_NO_EVIDENCE, "BIMI-NO-EVIDENCE", BIMI, ASSAY_NOTICE, 0, "", \
      "BIMI 4.3", \
      "", \
      "", \
      "VMC or CMC") \
    F(BIMI_CERT_CHAIN, "BIMI-CERT-CHAIN", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.4 5.1", \
      "", \
      "", \
      "full chain from the CA") \
    F(BIMI_CERT_EXPIRED, "BIMI-CERT-EXPIRED", BIMI, ASSAY_ERROR, ASSAY_WARNING, "", \
      "VMC 4.5 5.1", \
      "", \
      "", \
      "renew") \
    F(BIMI_CERT_REVOKED, "BIMI-CERT-REVOKED", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.5 5.1", \
      "", \
      "", \
      "ask the CA") \
    F(BIMI_CERT_SCT, "BIMI-CERT-SCT", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.6 5.1", \
      "", \
      "", \
      "ask the CA") \
    F(BIMI_CERT_DOMAIN, "BIMI-CERT-DOMAIN", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.3 5.2", \
      "", \
      "", \
      "reissue") \
    F(BIMI_CERT_LOGO, "BIMI-CERT-LOGO", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.1 5.3, RFC 9399", \
      "", \
      "", \
      "reissue") \
    F(BIMI_CERT_PROFILE, "BIMI-CERT-PROFILE", BIMI, ASSAY_WARNING, 0, "", \
      "VMC 4 5.3(8)", \
      "", \
      "", \
      "reissue at renewal") \
    F(BIMI_LOGO_DIFFERS, "BIMI-LOGO-DIFFERS", BIMI, ASSAY_WARNING, 0, "", \
      "VMC 5.3(7)", \
      "", \
      "", \
      "serve the certified file")
/* clang-format on */

#endif
