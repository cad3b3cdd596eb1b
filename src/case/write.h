/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file write.h
 * A verdict on its way into a file: what write.c and its parts share.
 *
 *     assay_case_write()    write.c: the sections in order; write_send.c, write_srs.c, write_domain.c:
 *                         those of other cases
 *       case_write_world()  write_world.c: [dns] from the evidence, checked by asking it again
 *       case_write_sign()   write_sign.c: [sign], likewise
 *       case_write_recall() recall.c: [recall] of a message
 *       case_write_things() write_things.c: [web], [smtp], [lists], [recall] of a domain
 *       case_write_message() write_message.c: [message], [digests]
 *         case_redact_header() redact.c: filler for what no check depends on
 */
#ifndef CASE_WRITE_H
#define CASE_WRITE_H

#include "case/model.h"
/* The flows that are written; each part includes those it looks into. */
struct receive;
struct send;
struct srs;
struct intake;

/** Octets that gather before they are handed out. */
enum { CASE_WRITE_STAGE = 65536 };

/** A file being written. */
struct case_writer {
    const assay_eval *ev;
    struct receive *r;              /**< NULL: a sending verdict, or an SRS one */
    const struct intake *in;        /**< the message */
    const struct assay_policy *top; /**< that it was read by */
    const struct assay_verdict *verdict;
    assay_span body;
    unsigned flags;  /**< of enum assay_case_flag */
    uint64_t number; /**< of a domain among many in one file: part of its name; 0: none */
    assay_status (*put)(void *arg, assay_span text);
    void *arg;
    struct buf out;
    struct arena arena;
    assay_status status; /**< of put, or ASSAY_ENOMEM; it sticks */
};

/** Write octets. */
void case_put(struct case_writer *w, assay_span s);

/** Write text ended by NUL. */
static inline void case_puts(struct case_writer *w, const char *text)
{
    case_put(w, span_of(text));
}

/** Write `key = value`. What no line can hold becomes `?`, and a comment says so. */
void case_put_value(struct case_writer *w, const char *key, assay_span value);

/** Write [case]. */
void case_write_case(struct case_writer *w);

/** The value can stand in a line of [expect] as it is: nothing in it parts words or alternatives. */
bool case_is_word(assay_span s);

/** Write a signature's result with its domain and selector. */
void case_write_signature(struct case_writer *w, const char *key, const struct assay_check *c);

/** Write a rewritten address (write_srs.c): all sections. */
void case_write_srs(struct case_writer *w, const struct srs *r);

/** Write what became of a message that is sent (write_send.c): all sections. */
void case_write_send(struct case_writer *w, const struct send *s);

/** Write the facts as [dns]. */
void case_write_world(struct case_writer *w);

/** Write a domain that was looked at (write_domain.c): all sections. */
void case_write_domain(struct case_writer *w, assay_eval *eval);

/** Write what others than the DNS answered as [web], [smtp], [lists], [recall] (write_things.c). */
void case_write_things(struct case_writer *w);

/** Write characters of a string of a zone file, without its quotes (write_things.c). */
void case_put_string(struct case_writer *w, assay_span octets);

/** Write [sign]: what a key holder answered; nothing when none was asked (write_sign.c). */
void case_write_sign(struct case_writer *w, const assay_eval *eval);

/** Write what was recalled as [recall], if anything was. */
void case_write_recall(struct case_writer *w);

/** What is asked of memory by this name has been so since a time: "deferred DOMAIN", "unmatched NAME 3 1 1 HEX". */
bool case_is_lasting(assay_span name);

/** Write one line of that kind (recall.c). */
void case_put_lasting(struct case_writer *w, const struct assay_question *q,
                      const struct assay_answer *a);

/** Write [message] and, where they stand for the body, [digests]. */
void case_write_message(struct case_writer *w);

/** A header in which filler stands for what no check depends on. */
struct case_redacted {
    struct buf header;
    /** names of fields that stay because a signature covers them, parted by commas */
    struct buf covered;
    struct buf read; /**< names of fields that stay because a check reads all of them */
};

/**
 * Redact the header of a message; its length does not change.
 *
 * \param ret  its buffers are empty before
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_redact_header(struct receive *r, struct arena *a,
                                                struct case_redacted *ret);

/**
 * Filler for the local part of an address; what tells a rewritten one (SRS) stays. `octets` are
 * changed.
 */
void case_redact_address(assay_span address, char *octets);

/**
 * Some record has a macro that stands for the sender's local part (RFC 7208 7.2): filler would
 * change its answers.
 */
bool case_local_part_matters(const assay_eval *eval);

#endif
