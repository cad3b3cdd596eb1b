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
 *     TEXT    anything
 *     SIGN    sign.table, and KEY, FIELDS of sealing (policy/sign.h)
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
    OPTION("dmarc.reject", dmarc_reject, CHOICE, "auto quarantine reject", "auto",                              \
           "mail that fails a policy of reject: rejected when other knowledge says it is forged and else "      \
           "quarantined (auto), always quarantined, or always rejected")                                        \
    OPTION("dmarc.second_view", dmarc_second_view, CHOICE, "no yes", "no",                                      \
           "tell as well what a receiver of the other standard would say")                                      \
    OPTION("iprev.check", iprev_check, CHOICE, "no yes", "yes",                                                 \
           "look whether the client's name resolves back to its address")                                       \
    OPTION("message.bare_cr", message_bare_cr, CHOICE, "accept reject", "accept",                               \
           "a CR without LF: an octet like others, or the message is malformed")                                \
    OPTION("message.bare_lf", message_bare_lf, CHOICE, "accept reject", "accept",                               \
           "a LF without CR: read as CRLF, or the message is malformed")                                        \
    OPTION("message.long_line", message_long_line, CHOICE, "accept reject", "accept",                           \
           "a line over 998 octets: taken as it is, or the message is malformed")                               \
    OPTION("message.no_colon", message_no_colon, CHOICE, "accept reject", "accept",                             \
           "a header line that is no field: skipped, or the message is malformed")                              \
    OPTION("message.no_from", message_no_from, CHOICE, "accept reject", "accept",                               \
           "a message without an author domain")                                                                \
    OPTION("message.nul", message_nul, CHOICE, "accept reject", "accept",                                       \
           "a NUL octet: an octet like others, or the message is malformed")                                    \
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
    OPTION("temperror.action", temperror_action, CHOICE, "defer accept", "defer",                               \
           "when the DNS did not answer and the answer matters; rejecting is not offered")
/* clang-format on */

#endif
