/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_dmarc.h The checks of DMARC; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_DMARC_H
#define POSTURE_CATALOGUE_DMARC_H

/* clang-format off */
#define FINDINGS_DMARC(F) \
    F(DMARC_MISSING, "DMARC-MISSING", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 4.10.1 8", \
      "no DMARC record applies", \
      "Without one, receivers have no rule for mail that forges your name, and nobody tells you about it.", \
      "Publish v=DMARC1; p=none; rua=mailto:ADDRESS as TXT at _dmarc, and read the reports.") \
    F(DMARC_INHERITED, "DMARC-INHERITED", DMARC, ASSAY_NOTICE, 0, "", \
      "RFC 9989 4.10.1", \
      "the policy comes from a parent domain", \
      "The domain follows another name's record, so its policy changes when that one does.", \
      "Publish a record of its own only where the domain must differ.") \
    F(DMARC_MULTIPLE, "DMARC-MULTIPLE", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 4.10 step 2 and 6", \
      "more than one DMARC record", \
      "Receivers then use none of them, as if the domain had no DMARC at all.", \
      "Keep one record and delete the others.") \
    F(DMARC_NEAR_MISS, "DMARC-NEAR-MISS", DMARC, ASSAY_WARNING, 0, "version not-first lead spelling apex", \
      "RFC 9989 4.7", \
      "a record that is almost DMARC", \
      "It was meant to protect the domain, but receivers pass over it without a word.", \
      "Publish the repaired record at _dmarc.") \
    F(DMARC_SYNTAX, "DMARC-SYNTAX", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.8", \
      "a part of the DMARC record breaks the grammar", \
      "Receivers throw that part away, so what it says is not done.", \
      "Publish the corrected record.") \
    F(DMARC_DUPLICATE_TAG, "DMARC-DUPLICATE-TAG", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 4.7, RFC 6376 3.2", \
      "a DMARC tag stands twice", \
      "Some receivers then throw the whole record away, others take one of the two.", \
      "Keep one of them.") \
    F(DMARC_UNKNOWN_TAG, "DMARC-UNKNOWN-TAG", DMARC, ASSAY_NOTICE, 0, "", \
      "RFC 9989 4.7", \
      "a tag that DMARC does not have", \
      "Everyone ignores it; if it is a misspelling, the tag that was meant is missing.", \
      "Correct the spelling, or leave the tag out.") \
    F(DMARC_ORDER, "DMARC-ORDER", DMARC, ASSAY_NOTICE, 0, "", \
      "RFC 9989 4.8, RFC 7489 6.3", \
      "the policy does not stand right behind the version", \
      "It is allowed now, but receivers that go by the old standard may refuse the record.", \
      "Put p behind v.") \
    F(DMARC_OLD_TAG, "DMARC-OLD-TAG", DMARC, ASSAY_NOTICE, 0, "rf ri size", \
      "RFC 9989 4.8 C.5.2", \
      "a DMARC tag that does nothing any more", \
      "Receivers ignore it; it only misleads who reads the record.", \
      "Delete it.") \
    F(DMARC_PCT, "DMARC-PCT", DMARC, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "RFC 9989 A.6 C.5.2", \
      "the policy is meant for a share of the mail", \
      "Only receivers that go by the old standard obey pct; the others act on all mail.", \
      "Delete pct; to try a policy out, publish t=y and pct=0 together.") \
    F(DMARC_T_PCT, "DMARC-T-PCT", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 A.6, RFC 7489 6.6.4", \
      "old and new receivers are told different things", \
      "t=y is known to new receivers only and pct=0 to old ones only, so half of them already enforce.", \
      "Publish both while testing, and neither afterwards.") \
    F(DMARC_P_MISSING, "DMARC-P-MISSING", DMARC, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 9989 4.7 4.10.1", \
      "the DMARC record has no policy", \
      "Without p the record asks for nothing, or is no record at all.", \
      "Add p=none, p=quarantine or p=reject behind v.") \
    F(DMARC_P_INVALID, "DMARC-P-INVALID", DMARC, ASSAY_ERROR, 0, "p sp np", \
      "RFC 9989 4.10.1", \
      "a policy is not one of the three words", \
      "Receivers then read the whole record as p=none, or as if it were not there.", \
      "Write none, quarantine or reject.") \
    F(DMARC_P_NONE, "DMARC-P-NONE", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 3.2.9 5.1.7", \
      "the policy asks for nothing", \
      "Mail that forges your name is delivered as if it were yours; you only hear of it.", \
      "When the reports show that all own mail passes, publish p=quarantine.") \
    F(DMARC_TESTING, "DMARC-TESTING", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.7", \
      "the policy is only being tried", \
      "With t=y receivers do one step less than the policy says.", \
      "Delete t when the reports show no own mail failing.") \
    F(DMARC_SP_WEAK, "DMARC-SP-WEAK", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.7", \
      "sub-domains are protected less than the domain", \
      "Forgers use names below yours where yours is closed.", \
      "Delete sp, or raise it to what p says.") \
    F(DMARC_NP_WEAK, "DMARC-NP-WEAK", DMARC, ASSAY_WARNING, ASSAY_NOTICE, "", \
      "RFC 9989 4.7", \
      "names that do not exist may be used to send", \
      "No honest mail comes from a name that does not exist, so nothing is lost by refusing it.", \
      "Add np=reject.") \
    F(DMARC_SP_IGNORED, "DMARC-SP-IGNORED", DMARC, ASSAY_NOTICE, 0, "", \
      "RFC 9989 4.7", \
      "a policy for sub-domains where nobody looks for it", \
      "Receivers take it from the organizational domain's record alone.", \
      "Delete sp and np here, or make the domain an organization of its own with psd=n.") \
    F(DMARC_SUB_WEAKER, "DMARC-SUB-WEAKER", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.10.1", \
      "a sub-domain undoes the policy", \
      "Its own record counts for it, so forgers use that name.", \
      "Raise that record's policy, or delete the record.") \
    F(DMARC_NO_RUA, "DMARC-NO-RUA", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.7 5.1.3", \
      "no DMARC reports are asked for", \
      "Without reports nobody can tell you which of your mail fails, or who forges you.", \
      "Add rua=mailto:ADDRESS.") \
    F(DMARC_RUA_INVALID, "DMARC-RUA-INVALID", DMARC, ASSAY_WARNING, 0, "syntax scheme", \
      "RFC 9989 4.6 4.7 4.8", \
      "a report address that cannot be used", \
      "Reports cannot be sent there.", \
      "Write mailto:NAME@DOMAIN, with %2C for a comma and %21 for an exclamation mark.") \
    F(DMARC_RUA_EXTERNAL, "DMARC-RUA-EXTERNAL", DMARC, ASSAY_ERROR, 0, "unauthorised override length", \
      "RFC 9990 4", \
      "the report address has not agreed", \
      "Reports to another organization are sent only if it says in the DNS that it takes them.", \
      "Ask its owner to publish the record that is shown.") \
    F(DMARC_RUA_NO_MX, "DMARC-RUA-NO-MX", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 5321 5.1, RFC 7505 3", \
      "the report address takes no mail", \
      "The reports are lost, and with them the view of who uses your name.", \
      "Name a mailbox that is read.") \
    F(DMARC_RUF, "DMARC-RUF", DMARC, ASSAY_NOTICE, 0, "privacy unauthorised fo-alone", \
      "RFC 9989 4.7 11.6, RFC 9991", \
      "failure reports", \
      "They hold parts of people's mail and few receivers send them; without an address that agreed none come.", \
      "Leave ruf out, or have the address agree.") \
    F(DMARC_WORLDS_POLICY, "DMARC-WORLDS-POLICY", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 C.3", \
      "old and new receivers take different records", \
      "Half of the receivers act on a policy that you may not know of.", \
      "Publish a record at the domain itself: both find it.") \
    F(DMARC_WORLDS_ORG, "DMARC-WORLDS-ORG", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 C.3 11.8", \
      "old and new receivers see different organizations", \
      "What counts as your own mail then differs, so the same mail passes here and fails there.", \
      "Use strict alignment and own records, or mark the organization with psd=n.") \
    F(DMARC_PSD_Y, "DMARC-PSD-Y", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 4.7 4.10.2 5.2", \
      "the domain claims to be a registry", \
      "With psd=y every name below it is a stranger to it, so mail between them no longer counts as own.", \
      "Delete psd.") \
    F(DMARC_SUFFIX_RECORD, "DMARC-SUFFIX-RECORD", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 11.8", \
      "a registry's record makes strangers one organization", \
      "Whoever registers a name there is then taken for part of your organization.", \
      "Add psd=n to your record.") \
    F(DMARC_DEEP, "DMARC-DEEP", DMARC, ASSAY_WARNING, 0, "", \
      "RFC 9989 4.10 5.1.8", \
      "so many labels that the search skips names", \
      "Receivers ask at most eight names on the way up, and pass over those in between.", \
      "Publish a record at the name itself.") \
    F(DMARC_REJECT_NO_DKIM, "DMARC-REJECT-NO-DKIM", DMARC, ASSAY_ERROR, 0, "", \
      "RFC 9989 7.4 8", \
      "reject without signatures", \
      "Mail that is forwarded passes by its signature alone; without one it is refused.", \
      "Sign all mail with DKIM first.")
/* clang-format on */

#endif
