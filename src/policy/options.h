/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file options.h The options of a receiver, as a table: the parser, the help, the manual and .case
 * files all come from it.
 *
 * OPTION(name, member, type, range, initial, help)
 *
 *     NUMBER  an unsigned number; range "LOW-HIGH"
 *     CHOICE  an unsigned number; range: the words, the first is 0
 *     NAMES   domain names parted by commas or blanks; kept as canonical names
 *     WORDS   words parted by commas or blanks; kept as they are
 *     TEXT    anything
 *     SIGN    sign.table, and KEY, FIELDS of sealing (policy/sign.h)
 *     FIELD   the name of a header field
 *     REPLY   a text with places to be filled (template.h)
 *     LINK    a URL with such places, or nothing
 *     TABLE   the table of trusted forwarders (forwarders.h)
 */
#ifndef POLICY_OPTIONS_H
#define POLICY_OPTIONS_H

/* clang-format off */
#define POLICY_OPTIONS(OPTION)                                                                                  \
    OPTION("arc.trusted", arc_trusted, NAMES, "", "",                                                           \
           "domains whose ARC seal may override a DMARC failure")                                               \
    OPTION("authres.layout", authres_layout, CHOICE, "one each", "one",                                         \
           "Authentication-Results: one field, or each method in its own")                                      \
    OPTION("authserv_id", authserv_id, TEXT, "", "",                                                            \
           "our name in Authentication-Results; empty: the hostname of the envelope")                           \
    OPTION("authserv_id.also", authserv_id_also, WORDS, "", "",                                                 \
           "other names of ours: results that claim to be by them are removed too")                             \
    OPTION("dkim.max_rsa_bits", dkim.max_rsa_bits, NUMBER, "2048-16384", "4096",                                \
           "larger RSA keys are not tried; their signatures are policy")                                        \
    OPTION("dkim.max_signatures", dkim.max_signatures, NUMBER, "1-100", "10",                                   \
           "signatures verified in one message; the others are neutral")                                        \
    OPTION("dkim.min_rsa_bits", dkim.min_rsa_bits, NUMBER, "1024-4096", "1024",                                 \
           "signatures by smaller RSA keys are policy")                                                         \
    OPTION("dkim.partial_body", dkim_partial_body, CHOICE, "policy accept", "policy",                           \
           "a good signature whose l= leaves some of the body out: policy, or pass all the same")               \
    OPTION("dmarc.mode", dmarc_mode, CHOICE, "9989 7489", "9989",                                               \
           "the standard that decides: RFC 9989 with its tree walk, or RFC 7489 with the public suffix list")   \
    OPTION("dmarc.permerror", dmarc_permerror, CHOICE, "quarantine tag accept reject", "quarantine",            \
           "mail whose From names more authors than are looked at")                                             \
    OPTION("dmarc.quarantine", dmarc_quarantine, CHOICE, "quarantine tag accept reject", "quarantine",          \
           "mail that fails a policy of quarantine")                                                            \
    OPTION("dmarc.reject", dmarc_reject, CHOICE, "auto quarantine reject tag accept discard", "auto",           \
           "mail that fails a policy of reject: rejected when other knowledge says it is forged and else "      \
           "quarantined (auto), or always treated so")                                                          \
    OPTION("dmarc.second_view", dmarc_second_view, CHOICE, "no yes", "no",                                      \
           "tell as well what a receiver of the other standard would say")                                      \
    OPTION("enforce", enforce, CHOICE, "no yes", "yes",                                                         \
           "do what follows; no: accept all, and tell what would have been done")                               \
    OPTION("forwarders", forwarders, TABLE, "", "",                                                             \
           "who is trusted to send mail on, though it fails: entries parted by ; each client=NETWORKS, "        \
           "name=HOST or sealer=DOMAIN, then authors=DOMAINS recipients=ADDRESSES until=DATE note=TEXT")        \
    OPTION("iprev.check", iprev_check, CHOICE, "no yes", "yes",                                                 \
           "look whether the client's name resolves back to its address; where a policy or a forwarder goes "   \
           "by a name, that is done all the same")                                                              \
    OPTION("message.bare_cr", message_bare_cr, CHOICE, "accept reject tag quarantine", "accept",                \
           "a CR without LF: an octet like others, or the message is malformed")                                \
    OPTION("message.bare_lf", message_bare_lf, CHOICE, "accept reject tag quarantine", "accept",                \
           "a LF without CR: read as CRLF, or the message is malformed")                                        \
    OPTION("message.long_line", message_long_line, CHOICE, "accept reject tag quarantine", "accept",            \
           "a line over 998 octets: taken as it is, or the message is malformed")                               \
    OPTION("message.no_colon", message_no_colon, CHOICE, "accept reject tag quarantine", "accept",              \
           "a header line that is no field: skipped, or the message is malformed")                              \
    OPTION("message.no_from", message_no_from, CHOICE, "accept reject tag quarantine", "accept",                \
           "a message without an author domain")                                                                \
    OPTION("message.nul", message_nul, CHOICE, "accept reject tag quarantine", "accept",                        \
           "a NUL octet: an octet like others, or the message is malformed")                                    \
    OPTION("quarantine.by", quarantine_by, CHOICE, "header hold", "header",                                     \
           "a quarantined message gets a field that one can file by, or is put into the hold queue")            \
    OPTION("quarantine.field", quarantine_field, FIELD, "", "Assay-Disposition",                                \
           "the field that marks a message as quarantine or tag; those from outside are removed")               \
    OPTION("received_spf", received_spf, CHOICE, "no yes", "no",                                                \
           "write Received-SPF too (RFC 7208 9.1)")                                                             \
    OPTION("reply.text", reply_text, REPLY, "", "",                                                             \
           "what a rejected client is told in place of our own words; {author} {domain} {ip} {reason} {cause} " \
           "are filled in, \\n parts lines")                                                                    \
    OPTION("reply.url", reply_url, LINK, "", "",                                                                \
           "a link behind it, with the same places, such as https://example.org/why?d={domain}&r={cause}")      \
    OPTION("seal.fields", seal_fields, FIELDS, "", "list-friendly",                                             \
           "what a seal signs: strict, list-friendly, or names of fields parted by colons")                     \
    OPTION("seal.key", seal_key, KEY, "", "",                                                                   \
           "seal what is delivered (ARC) by this key, SELECTOR:DOMAIN or SELECTOR:DOMAIN:ed25519; empty: no")   \
    OPTION("seal.results", seal_results, CHOICE, "ours found", "ours",                                          \
           "results that a seal vouches for: ours, or those found in the message under our name, when another " \
           "filter of ours put them there and took forged ones out")                                            \
    OPTION("seal.tags", seal_tags, CHOICE, "standard sorted", "standard",                                       \
           "the tags of a seal: i= first as RFC 8617 4.1 has it, or by name, as some older programs seal")      \
    OPTION("sign.check", sign_check, CHOICE, "no yes", "yes",                                                   \
           "before signing, look whether the public key is published")                                          \
    OPTION("sign.failure", sign_failure, CHOICE, "defer send", "defer",                                         \
           "when the key holder does not sign: try again later, or send without signature")                     \
    OPTION("sign.mismatch", sign_mismatch, CHOICE, "skip sign", "skip",                                         \
           "when the published key is absent or another one: do not sign, or sign all the same")                \
    OPTION("sign.table", sign_table, SIGN, "", "",                                                              \
           "whose mail is signed and by which keys: entries parted by semicolons, each PATTERN "                \
           "key=SELECTOR:DOMAIN and more; the first that matches From counts")                                  \
    OPTION("spf.fail", spf_fail, CHOICE, "accept tag quarantine reject", "accept",                              \
           "mail for which SPF says fail and whose author has no DMARC policy")                                 \
    OPTION("temperror.action", temperror_action, CHOICE, "defer accept tag", "defer",                           \
           "when the DNS did not answer and the answer matters; rejecting is not offered")                      \
    OPTION("temperror.late", temperror_late, CHOICE, "tag accept quarantine", "tag",                            \
           "a message that is not deferred any more because of temperror.patience; who can keep a name under "  \
           "a domain from answering could have forged mail of it accepted so")                                  \
    OPTION("temperror.patience", temperror_patience, NUMBER, "0-604800", "43200",                               \
           "seconds after which mail of a domain whose DNS still does not answer is no longer deferred; "  \
           "0: never")
/* clang-format on */

#endif
