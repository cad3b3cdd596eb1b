/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_spf.h The checks of SPF; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_SPF_H
#define POSTURE_CATALOGUE_SPF_H

/* clang-format off */
#define FINDINGS_SPF(F) \
    F(SPF_MISSING, "SPF-MISSING", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.4 4.5, RFC 9989 8", \
      "no SPF record", \
      "Receivers cannot tell mail of this domain from forged mail, and large ones refuse mail without SPF.", \
      "Publish one that lists what sends; `v=spf1 -all` if nothing is sent.") \
    F(SPF_MULTIPLE, "SPF-MULTIPLE", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 3.2 4.5", \
      "several SPF records", \
      "Receivers must not choose between two records, so they use neither.", \
      "Merge them into one record.") \
    F(SPF_NEAR_MISS, "SPF-NEAR-MISS", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 4.5", \
      "a record that looks like SPF and is none", \
      "One wrong octet at the beginning, and receivers do not see the record at all.", \
      "Publish the record as repaired.") \
    F(SPF_OBSOLETE, "SPF-OBSOLETE", SPF, ASSAY_NOTICE, 0, "sender-id type-99", \
      "RFC 7208 3.1 14.1", \
      "a record of a kind that nobody reads any more", \
      "It does no harm but misleads whoever looks after the zone.", \
      "Delete it.") \
    F(SPF_SYNTAX, "SPF-SYNTAX", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6 12", \
      "the SPF record cannot be read", \
      "One term that breaks the grammar, and receivers ignore the whole record.", \
      "Publish the record as corrected.") \
    F(SPF_MODIFIER_TYPO, "SPF-MODIFIER-TYPO", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 4.6.1 6", \
      "`=` where `:` belongs", \
      "The term is read as an unknown option and ignored, so what it names may not send.", \
      "Write `:` for `=`.") \
    F(SPF_TARGET_NONE, "SPF-TARGET-NONE", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 5.2 6.1", \
      "an include leads to no SPF record", \
      "Receivers that get there end with an error, and SPF protects nothing.", \
      "Correct the name, or delete the term.") \
    F(SPF_TARGET_BROKEN, "SPF-TARGET-BROKEN", SPF, ASSAY_ERROR, 0, "multiple syntax", \
      "RFC 7208 4.5 4.6 5.2", \
      "an include leads to a broken SPF record", \
      "Receivers that get there end with an error, and SPF protects nothing.", \
      "Delete the term until its owner has mended the record.") \
    F(SPF_LOOP, "SPF-LOOP", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6.4", \
      "SPF records include each other in a circle", \
      "Receivers go round until they give up with an error.", \
      "Delete the term that closes the circle.") \
    F(SPF_LOOKUPS, "SPF-LOOKUPS", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6.4", \
      "more than ten DNS lookups", \
      "Receivers stop at the eleventh with an error, so that honest mail is refused or SPF ignored.", \
      "Drop services that are not used; else put addresses in place of the cheapest includes (`assay spf flatten`).") \
    F(SPF_LOOKUPS_NEAR, "SPF-LOOKUPS-NEAR", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 4.6.4", \
      "nearly ten DNS lookups", \
      "One more service, or one more lookup by a provider, and SPF fails for everyone.", \
      "Drop what is not used before something is added.") \
    F(SPF_VOID, "SPF-VOID", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6.4", \
      "more than two lookups find nothing", \
      "Receivers may stop at the third name that does not exist, with an error.", \
      "Delete the terms that point to nothing.") \
    F(SPF_VOID_FAMILY, "SPF-VOID-FAMILY", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 4.6.4 5", \
      "more than two lookups find nothing for one kind of address", \
      "Clients of the one IP version meet hosts without an address of their kind, and receivers stop at the third.", \
      "Write ip4 and ip6 in place of a and mx.") \
    F(SPF_DEAD_TERM, "SPF-DEAD-TERM", SPF, ASSAY_WARNING, 0, "no-address reserved", \
      "RFC 7208 5.3 5.4 5.7", \
      "a term that can match nobody", \
      "It costs lookups for nothing, or what it was meant for cannot send.", \
      "Delete the term, or correct what it names.") \
    F(SPF_DANGLING, "SPF-DANGLING", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 5.2 5.3", \
      "SPF trusts a domain that anyone may register", \
      "Whoever registers it decides who may send mail as this domain.", \
      "Delete the term today.") \
    F(SPF_MX_LIMIT, "SPF-MX-LIMIT", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 4.6.4", \
      "an mx term with more than ten hosts", \
      "Receivers end there with an error.", \
      "List the addresses instead.") \
    F(SPF_PTR, "SPF-PTR", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 5.5 7.2", \
      "SPF asks for names of the client", \
      "That is slow, fails often and should not be used; many receivers skip it.", \
      "List addresses (ip4, ip6) or host names (a).") \
    F(SPF_PASS_ALL, "SPF-PASS-ALL", SPF, ASSAY_ERROR, 0, "", \
      "RFC 7208 5.1, RFC 9989 7.1", \
      "everyone may send as this domain", \
      "Forged mail passes SPF, and DMARC with it, from any address in the world.", \
      "End the record with `~all` or `-all`.") \
    F(SPF_NEUTRAL, "SPF-NEUTRAL", SPF, ASSAY_WARNING, 0, "neutral-all no-all", \
      "RFC 7208 4.7", \
      "nothing is said of servers that are not listed", \
      "Receivers treat forged mail as if there were no SPF record.", \
      "End the record with `~all` or `-all`.") \
    F(SPF_IGNORED_TERM, "SPF-IGNORED-TERM", SPF, ASSAY_WARNING, 0, "after-all redirect", \
      "RFC 7208 5.1 6.1", \
      "a term that is never read", \
      "What it names may not send, although the record seems to say so.", \
      "Move it before `all`, or delete it.") \
    F(SPF_SHADOWED, "SPF-SHADOWED", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 4.6.2", \
      "a term that adds nothing", \
      "It costs octets, perhaps lookups, and hides what the record says.", \
      "Delete the term.") \
    F(SPF_DUPLICATE, "SPF-DUPLICATE", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 4.6.4", \
      "a term stands twice", \
      "Receivers ask again for each, and it counts again.", \
      "Delete the second.") \
    F(SPF_REACH, "SPF-REACH", SPF, ASSAY_WARNING, 0, "", \
      "RFC 9989 7.1, measured: 34.7 % of domains", \
      "very many addresses may send", \
      "Most of them belong to others: each customer of a provider that is listed may pass as this domain.", \
      "Narrow or drop the largest terms.") \
    F(SPF_SIZE, "SPF-SIZE", SPF, ASSAY_WARNING, 0, "", \
      "RFC 7208 3.4", \
      "the TXT answer is too large for one packet", \
      "Some receivers lose such answers, and then SPF or the mail fails now and then.", \
      "Move other TXT records to names of their own, or split the record.") \
    F(SPF_MACRO_USER, "SPF-MACRO-USER", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 7.3, RFC 8616 4", \
      "SPF depends on the sender's address", \
      "Each address is a question of its own that no cache answers, and it tells the name server who writes.", \
      "Use it only where that is wanted.") \
    F(SPF_EXP, "SPF-EXP", SPF, ASSAY_NOTICE, 0, "", \
      "RFC 7208 6.2", \
      "the explanation for refusals is missing or broken", \
      "Who is refused does not get the text that was meant for them.", \
      "Correct the text, or delete exp.")
/* clang-format on */

#endif
