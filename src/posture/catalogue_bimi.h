/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_bimi.h The checks of BIMI; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_BIMI_H
#define POSTURE_CATALOGUE_BIMI_H

/* clang-format off */
#define FINDINGS_BIMI(F) \
    F(BIMI_MISSING, "BIMI-MISSING", BIMI, ASSAY_NOTICE, 0, "", \
      "BIMI 4.3 7.2", \
      "no BIMI record", \
      "Receivers that show logos have nothing to show beside the domain's mail.", \
      "When DMARC asks to quarantine or reject, publish a TXT record at default._bimi with the address of a logo.") \
    F(BIMI_MULTIPLE, "BIMI-MULTIPLE", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 7.2", \
      "more than one BIMI record", \
      "Receivers that find several records use none of them, so no logo is shown.", \
      "Keep one of the records and remove the others.") \
    F(BIMI_SYNTAX, "BIMI-SYNTAX", BIMI, ASSAY_ERROR, ASSAY_WARNING, "", \
      "BIMI 4.3", \
      "the BIMI record is not written as it has to be", \
      "Receivers may not repair a record: one that is not written exactly so is ignored, and no logo is shown.", \
      "Publish the corrected record.") \
    F(BIMI_DECLINED, "BIMI-DECLINED", BIMI, ASSAY_NOTICE, 0, "", \
      "BIMI 4.3.1", \
      "the domain declines to have a logo shown", \
      "An empty record tells receivers to show nothing, even where the organization has a logo.", \
      "Nothing, if that is meant; else name the logo in l=.") \
    F(BIMI_DMARC, "BIMI-DMARC", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 7.1, RFC 9989 4.7", \
      "DMARC is not strict enough for a logo", \
      "A logo is shown only beside mail that nobody can forge: a policy of none, for the domain or for what lies below it, lets anyone send as the domain.", \
      "Publish p=quarantine or p=reject, without t, with pct=100 or none, for the domain and for its organization.") \
    F(BIMI_URI, "BIMI-URI", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 4.3 4.3.2 7.3", \
      "the address of the logo or of its certificate cannot be used", \
      "Receivers fetch by https from a named host and nothing else, and show only SVG.", \
      "Correct the address in the record.") \
    F(BIMI_FETCH, "BIMI-FETCH", BIMI, ASSAY_ERROR, 0, "logo evidence", \
      "BIMI 7.5, VMC 3 5.3", \
      "the logo or its certificate cannot be fetched", \
      "What receivers cannot fetch, or what is another kind of file, they cannot show.", \
      "Serve the file itself at that address by https, with status 200, to everyone.") \
    F(BIMI_SVG, "BIMI-SVG", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 7.6, SVG", \
      "the logo is not valid SVG Tiny P/S", \
      "Receivers take one narrow, safe kind of SVG, and refuse a drawing that has anything else in it.", \
      "Change each line that is named, or save the drawing as SVG Tiny P/S.") \
    F(BIMI_SVG_ACTIVE, "BIMI-SVG-ACTIVE", BIMI, ASSAY_ERROR, 0, "", \
      "BIMI 7.6, RFC 6170 5.2", \
      "the logo would run or fetch something", \
      "A drawing with a script, an animation, a picture or a reference to elsewhere could spy on readers, so receivers refuse it.", \
      "Remove what is named.") \
    F(BIMI_SVG_SHAPE, "BIMI-SVG-SHAPE", BIMI, ASSAY_WARNING, 0, "", \
      "BIMI 7.6, receivers", \
      "the logo has a shape or size that receivers may not show", \
      "Logos are shown small, in a square or a circle, and receivers stop reading at 32 KiB.", \
      "Draw it in a square viewBox, without width and height in percent, in less than 32 KiB.") \
    F(BIMI_NO_EVIDENCE, "BIMI-NO-EVIDENCE", BIMI, ASSAY_NOTICE, 0, "", \
      "BIMI 4.3", \
      "no certificate proves the logo", \
      "Some receivers, Gmail and Apple among them, show a logo only when a mark certificate says whose it is.", \
      "Get a Verified or a Common Mark Certificate, and name its PEM file in a=.") \
    F(BIMI_CERT_CHAIN, "BIMI-CERT-CHAIN", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.4 5.1", \
      "the mark certificate leads to no authority for marks", \
      "A receiver trusts a certificate only if its chain ends at a root that issues for marks, and if it is one for marks itself.", \
      "Serve the full chain as the authority gave it.") \
    F(BIMI_CERT_EXPIRED, "BIMI-CERT-EXPIRED", BIMI, ASSAY_ERROR, ASSAY_WARNING, "", \
      "VMC 4.5 5.1", \
      "the mark certificate has ended, or will soon", \
      "From the day it ends no receiver that wants a certificate shows the logo.", \
      "Renew it at its authority.") \
    F(BIMI_CERT_REVOKED, "BIMI-CERT-REVOKED", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.5 5.1", \
      "the mark certificate was revoked, or cannot be looked up", \
      "A revoked certificate proves nothing, and one that does not say where it would be listed has to be refused.", \
      "Ask the authority.") \
    F(BIMI_CERT_SCT, "BIMI-CERT-SCT", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.6 5.1", \
      "no public log vouches for the mark certificate", \
      "A certificate has to be logged where everyone can see it, and a receiver refuses one whose stamp it cannot verify.", \
      "Ask the authority for a certificate that is logged.") \
    F(BIMI_CERT_DOMAIN, "BIMI-CERT-DOMAIN", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.3 5.2", \
      "the mark certificate is for another domain", \
      "A certificate proves the logo only for the domains that it names.", \
      "Have it issued anew with this domain.") \
    F(BIMI_CERT_LOGO, "BIMI-CERT-LOGO", BIMI, ASSAY_ERROR, 0, "", \
      "VMC 4.1 5.3, RFC 9399", \
      "the mark certificate does not hold a logo that is right", \
      "The logo that is proved is the one inside the certificate; without it, or with another digest, there is none.", \
      "Have it issued anew.") \
    F(BIMI_CERT_PROFILE, "BIMI-CERT-PROFILE", BIMI, ASSAY_WARNING, 0, "", \
      "VMC 4 5.3(8)", \
      "the mark certificate is not as its profile wants it", \
      "Some receivers refuse what their authorities have agreed not to issue.", \
      "Have it put right at renewal.") \
    F(BIMI_LOGO_DIFFERS, "BIMI-LOGO-DIFFERS", BIMI, ASSAY_WARNING, 0, "", \
      "VMC 5.3(7)", \
      "the logo that is published is not the one that was certified", \
      "Receivers may refuse a logo that differs from the certified one, or show either.", \
      "Serve the certified file unchanged.")
/* clang-format on */

#endif
