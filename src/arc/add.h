/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file add.h
 * Sealing: one more set for the chain of a message (RFC 8617 5.1).
 *
 *     arc_sealer_want()   at the end of the header: the AMS needs the body's digest
 *     arc_add_set()       an evaluator, once the chain is validated and the results are written:
 *       AAR               4.1.1: the results, behind i=
 *       AMS               4.1.2: by dkim_sign(), over the message
 *       AS                5.1.1: over all sets of a chain that passes; over this set alone when there is no
 *                         chain, or one that fails (5.1.2)
 *
 * Who holds the key is asked twice, one signature after the other, for the second covers the first.
 *
 * A chain whose newest seal says cv=fail is not sealed again (5.1 step 2), nor is one of 50 sets
 * (4.2.1). A chain that could not be validated because the DNS did not answer is not sealed either:
 * cv=fail would end it for good, for want of an answer.
 */
#ifndef ARC_ADD_H
#define ARC_ADD_H

#include "arc/arc.h"
#include "dkim/sign.h"

/** How a message is sealed. Spans are borrowed. */
struct arc_sealer {
    const struct message *message;
    const struct arc_check *chain; /**< validated */
    enum dkim_algorithm algorithm;
    assay_span domain, selector; /**< canonical */
    enum dkim_profile profile;
    assay_span names;   /**< DKIM_OWN */
    uint64_t timestamp; /**< t=; 0: none */
    bool sorted;        /**< tags by name; else i= first (4.1.2, 4.1.3) */
};

/** What came out. Spans live as long as the evaluation. */
struct arc_added {
    enum dkim_signed result;
    assay_span reason; /**< unless DKIM_SIGNED */
    const char *ref;
    uint64_t instance;
    enum arc_result cv;
    assay_span aar, ams,
        as; /**< values of the fields; the seal stands on top, the AAR below both */
};

/** Say that the body's digest is needed; before the body begins. */
ASSAY_NODISCARD assay_status arc_sealer_want(struct message *message);

/**
 * The instance of the next set.
 *
 * \param ret_why  set to why there is none, when 0 is returned
 */
uint64_t arc_next_instance(const struct arc_check *chain, const char **ret_why);

/**
 * Make the set.
 *
 * \param payload  the value of Authentication-Results, folded; the AAR is this behind `i=N; `
 * \param ret      set on ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_MORE (the body has not streamed by), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status arc_add_set(struct assay_eval *ev, const struct arc_sealer *s,
                                         assay_span payload, struct arc_added *ret);

#endif
