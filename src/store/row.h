/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file row.h A verdict as the store keeps it: what an aggregate report (RFC 9990, and 7489's) and
 * `assay why` need to know of one message, and no more. Of its content nothing; of its recipients
 * their number and the domain of the first.
 *
 * The tables below are the only list of what a row holds: the structure, its octets in the spill,
 * the columns of the database and the exported JSON all come from them. A field is added at the end
 * of its table with a new tag, and a step in schema.c adds the column; a tag is never used again.
 *
 * ## The octets
 *
 *     row    = version (1 octet: 1), then fields
 *     field  = tag (2 octets), length (2 octets), that many octets; least significant first
 *
 * A number is 8 octets; a text its octets; a signature is made of fields again. What is empty or
 * zero is left out. A tag that the reader does not know is skipped, so that a program reads what a
 * newer one wrote.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "base/limits.h"
#include "base/span.h"

/* clang-format off */

/** NUMBER(tag, name, what it is); a time is in seconds since 1970-01-01T00:00:00Z */
#define STORE_NUMBERS(NUMBER)                                                                      \
    NUMBER(1, time, "when it was decided")                                     \
    NUMBER(2, recipients, "how many")                                                              \
    NUMBER(3, null_sender, "1: the reverse-path is the null one (RFC 5321 4.5.5)")                 \
    NUMBER(4, testing, "1: t=y lowered the policy (RFC 9989 4.7)")                                 \
    NUMBER(5, sampled_out, "1: pct left the message out (RFC 7489 6.6.4)")

/** TEXT(tag, name, most octets, what it is) */
#define STORE_TEXTS(TEXT)                                                                          \
    TEXT(32, direction, 8, "in: it was judged; out: it was signed")                                \
    TEXT(33, listener, 255, "where it came in")                                                    \
    TEXT(34, queue_id, 255, "of the mail server")                                                  \
    TEXT(35, message_id, 998, "Message-ID, without angle brackets")                                \
    TEXT(36, client, 64, "the client's address")                                                   \
    TEXT(37, helo, 255, "the argument of HELO or EHLO")                                            \
    TEXT(38, mail_from, 512, "the reverse-path, without angle brackets")                           \
    TEXT(39, mail_from_domain, 255, "its domain")                                                  \
    TEXT(40, user, 255, "who was authenticated")                                                   \
    TEXT(41, recipient_domain, 255, "the domain of the first recipient")                           \
    TEXT(42, author, 255, "the author domain")                                                     \
    TEXT(43, disposition, 16, "what was done: accept, tag, quarantine, reject, defer, discard")    \
    TEXT(44, would, 16, "what would have been done, were the policy enforced")                     \
    TEXT(45, cause, 32, "why, in one word")                                                        \
    TEXT(46, reason, 1024, "why, in plain words")                                                  \
    TEXT(47, reply, 512, "code, enhanced code and text of the SMTP reply")                         \
    TEXT(48, override, 64, "why a failing message was accepted: forwarder, sealer")                \
    TEXT(49, override_note, 512, "whom that trusts")                                               \
    TEXT(50, policy, 255, "the name of our policy that decided")                                   \
    TEXT(51, dmarc, 16, "the result of DMARC")                                                     \
    TEXT(52, dmarc_reason, 512, "why")                                                             \
    TEXT(53, dmarc_policy, 16, "what is to be applied to a failing message, after t and pct")      \
    TEXT(54, dmarc_tag, 8, "the tag of the record that says so: p, sp, np")                        \
    TEXT(55, aligned_spf, 255, "the SPF domain that proves the author")                            \
    TEXT(56, aligned_dkim, 255, "the first d= that proves the author")                             \
    TEXT(57, org_domain, 255, "the organizational domain of the author")                           \
    TEXT(58, policy_domain, 255, "where the record was found")                                     \
    TEXT(59, discovery, 16, "how: treewalk or psl")                                                \
    TEXT(60, record, LIMIT_TXT, "the record, as published")                                        \
    TEXT(61, spf_domain, 255, "the domain SPF of MAIL FROM was checked for")                       \
    TEXT(62, spf_scope, 16, "where that is from: mfrom, helo (a null reverse-path)")               \
    TEXT(63, spf, 16, "the result of SPF of MAIL FROM")                                            \
    TEXT(64, spf_reason, 512, "why")                                                               \
    TEXT(65, spf_helo, 16, "the result of SPF of HELO")                                            \
    TEXT(66, spf_helo_reason, 512, "why")                                                          \
    TEXT(67, arc, 16, "the status of the ARC chain")                                               \
    TEXT(68, arc_reason, 512, "why")                                                               \
    TEXT(69, sealers, 4096, "the domains that sealed, the newest first, parted by blanks")         \
    TEXT(70, iprev, 16, "the result of iprev")                                                     \
    TEXT(71, iprev_name, 255, "the client's name by that")                                         \
    TEXT(72, keys, 4096, "sent mail: the keys that signed, as DNS names, parted by blanks")

/** PART(tag, name, most octets, what it is): of a signature */
#define STORE_SIGNATURE(PART)                                                                      \
    PART(1, domain, 255, "d=")                                                                     \
    PART(2, selector, 255, "s=")                                                                   \
    PART(3, algorithm, 32, "a=")                                                                   \
    PART(4, result, 16, "as RFC 8601 spells it")                                                   \
    PART(5, reason, 256, "why, in plain words")

/* clang-format on */

/** Octets of what names a row, unique for ever. */
enum { STORE_ID = 16 };

/** What names a row: by whoever appends it, store_append(). */
struct store_id {
    uint8_t octet[STORE_ID];
};

#define STORE_MEMBER(tag, name, most, about) assay_span name; /**< see the table */
#define STORE_COUNT(tag, name, about)        int64_t name;    /**< see the table */

/** One DKIM signature of a row. */
struct store_signature {
    STORE_SIGNATURE(STORE_MEMBER)
};

/** A row. Spans are borrowed; what is not known is empty. */
struct store_row {
    struct store_id id;
    STORE_NUMBERS(STORE_COUNT)
    STORE_TEXTS(STORE_MEMBER)
    const struct store_signature *signatures; /**< DKIM-Signature fields, from the top */
    size_t nsignatures;                       /**< LIMIT_SIGNATURES at most are kept */
};

#undef STORE_MEMBER
#undef STORE_COUNT

#define STORE_ADD_TEXT(tag, name, most, about) +4 + (most)
#define STORE_ADD_NUMBER(tag, name, about)     +4 + 8

/** Octets of a row, at most. */
enum {
    STORE_SIGNATURE_MOST = 4 STORE_SIGNATURE(STORE_ADD_TEXT), /**< one signature */
    STORE_ROW_MOST = 1 + 4 + STORE_ID STORE_NUMBERS(STORE_ADD_NUMBER) STORE_TEXTS(STORE_ADD_TEXT) +
                     LIMIT_SIGNATURES * STORE_SIGNATURE_MOST /**< all of it */
};

#undef STORE_ADD_TEXT
#undef STORE_ADD_NUMBER

/**
 * Write a row. A text over its limit is cut, not inside a character; signatures over theirs are
 * left out, the last ones first.
 *
 * \return how many octets of `out` it took; never 0
 */
size_t row_encode(const struct store_row *row, char out[STORE_ROW_MOST]);

/**
 * Read a row back.
 *
 * \param octets      spans of the row lie in it
 * \param signatures  room for those of the row
 * \param ret         set when true is returned
 * \return false: these octets are no row, or of a version that is not known
 */
bool row_decode(assay_span octets, struct store_signature signatures[LIMIT_SIGNATURES],
                struct store_row *ret);

/** Append an id in hexadecimal, 32 digits. \return `text` */
assay_span row_id_text(const struct store_id *id, char text[2 * STORE_ID]);

#endif
