/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file verdict.h From the branches' results to the verdict: what to do (dispose.c), the checks
 * (checks.c), the header (results.c).
 */
#ifndef RECEIVE_VERDICT_H
#define RECEIVE_VERDICT_H

#include "receive/receive.h"

/**
 * Make the verdict of an evaluation whose branches are done; ev.verdict is set on ASSAY_DONE.
 *
 * \return ASSAY_DONE, ASSAY_NEED (the disposition asks SPF of the author domain), ASSAY_ENOMEM
 */
assay_status verdict_make(struct receive *r);

/**
 * Decide what to do with the message: a branch_fn over a struct receive. Sets what, reason, cause,
 * code, enhanced and text of the verdict.
 */
assay_status verdict_dispose(struct assay_eval *ev, void *receive);

/** Write the checks of the verdict. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status verdict_checks(struct receive *r);

/** Add the check `seal` behind the others. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status verdict_seal_check(struct receive *r, const struct arc_added *added);

/** Write Authentication-Results and the edits, from the checks. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status verdict_results(struct receive *r);

/** Our name in Authentication-Results (RFC 8601 2.5). */
assay_span verdict_our_id(const struct receive *r);

/**
 * Write what our Authentication-Results holds, all in one, for another field.
 *
 * \param field_n  octets that stand before it on its first line, but for the last blank
 * \param ret      lives in ev.keep
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
assay_status verdict_payload(struct receive *r, size_t field_n, assay_span *ret);

/** Edits that verdict_seal() may add. */
enum { VERDICT_SEAL_EDITS = 3 };

/**
 * Seal the message, if the policy says so and it is to be delivered (RFC 8617 5.1): behind
 * verdict_results(), whose checks and edits get more.
 *
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
assay_status verdict_seal(struct receive *r);

#endif
