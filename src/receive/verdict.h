/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file verdict.h From the branches' results to the verdict: what to do (dispose.c), the checks
 * (checks.c), the header (results.c, edits.c).
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

/** A disposition in a word. Static text. */
const char *verdict_word(enum assay_disposition what);

/** Write the checks of the verdict. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status verdict_checks(struct receive *r);

/** Add the check `seal` behind the others. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status verdict_seal_check(struct receive *r, const struct arc_added *added);

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

/** Write Authentication-Results, from the checks. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status verdict_results(struct receive *r);

/** The results that Authentication-Results reports, in order. Lives for the pass. */
struct reported {
    struct authres_result *all;
    size_t n;
};

/** Gather them. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status verdict_reported(struct receive *r, struct reported *ret);

/** Write the value of one field with some of them into keep. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status verdict_authres(struct receive *r,
                                             const struct authres_result *results, size_t n,
                                             assay_span *ret);

/**
 * Write the edits: what must not stay goes, from the last field to the first, so that indexes are
 * right whether deleted fields count or not; then ours come.
 *
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
assay_status verdict_edits(struct receive *r);

/** Our name in Authentication-Results (RFC 8601 2.5). */
assay_span verdict_our_id(const struct receive *r);

/** An Authentication-Results field claims to be by us, by any of our names. */
bool verdict_is_ours(const struct receive *r, assay_span value);

/**
 * A Received-SPF field claims to be by us: it holds `receiver=` with one of our names.
 *
 * \param ret  set when true: that piece of the value, with the octet behind it
 */
bool verdict_spf_is_ours(const struct receive *r, assay_span value, assay_span *ret);

/** The value of Received-SPF (RFC 7208 9.1), folded. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status verdict_received_spf(struct receive *r, assay_span *ret);

/* ---- policies ---- */

/** The policy for a message at its end. */
struct choice {
    const struct assay_policy *nearest; /**< what cannot be told does not hold */
    const struct assay_policy *candidates[LIMIT_CANDIDATES]; /**< the others too that may be it */
    size_t n; /**< of them; over LIMIT_CANDIDATES: not all are there */
};

/** Take the policy for a message whose header is complete. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status choose_at_header(struct receive *r);

/** Take the policy when all checks are done. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status choose_at_end(struct receive *r, struct choice *ret);

#endif
