/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file milter_answer.h What an MTA is told of a message: the edits, and what to do with it.
 */
#ifndef DAEMON_MILTER_ANSWER_H
#define DAEMON_MILTER_ANSWER_H

#include "daemon/milter_codec.h"
#include "daemon/outcome.h"

/** A message whose verdict is there. */
struct milter_answer {
    struct buf *out;
    const struct milter_offer *agreed;
    struct worker *worker;
    const struct message_facts *facts;
    const struct assay_verdict *verdict;
    const struct assay_srs_rewrite *sender; /**< what SRS made of it; NULL: it stays as it is */
};

/**
 * Write the answer: edits and final reply.
 *
 * \return ASSAY_DONE; ASSAY_EINVAL (the protocol cannot carry it), ASSAY_ENOMEM: nothing was written
 */
ASSAY_NODISCARD assay_status milter_answer(const struct milter_answer *a);

#endif
