/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file sign.h
 * [sign]: the keys that a key holder would have, and what one answered.
 *
 *     case_read_sign()    a line: a key, or the answer to one question (read.h)
 *     case_finish_sign()  the | lines of a key are complete
 *     case_sign_ask()     the answer to a question of kind ASSAY_SIGN
 *
 * A recorded answer counts before a key: a record needs no key, which nobody should put into a file
 * that others get to see.
 */
#ifndef CASE_SIGN_H
#define CASE_SIGN_H

#include "crypto/private.h"

/** A line of [sign] with what belongs to it. */
struct case_signer {
    struct case_signer *next;
    assay_span at;   /**< the line, for errors */
    assay_span name; /**< canonical: SELECTOR._domainkey.DOMAIN */
    enum key_type type;
    bool recorded;           /**< an answer; else a key */
    struct private_key *key; /**< owned; NULL before its | lines are complete */
    uint8_t digest[SHA256_SIZE];
    enum assay_how how;
    assay_span signature, reason; /**< of an answer: one of them is empty */
};

/**
 * Answer a question.
 *
 * \param signers      the first of a list, or NULL
 * \param ret          set on ASSAY_DONE; the caller's count
 * \param ret_absent   set to whether no line is about this name and algorithm
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_sign_ask(const struct case_signer *signers,
                                           const struct assay_question *q, assay_fact **ret,
                                           bool *ret_absent);

/** Free the keys of a list; the lines themselves lie in the set's arena. */
void case_signers_free(struct case_signer *signers);

#endif
