/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file arc.h ARC: what did those who handled this message before see, and can their word be
 * believed? (RFC 8617)
 *
 * One message, from its header to the chain's status:
 *
 *     arc_prepare()         at the end of the header: collects the sets (5.2 step 1), checks their structure (2, 3),
 *                           wants the body digests of their ARC-Message-Signatures
 *     arc_check_chain()     a branch; inside it, all at once:
 *       newest AMS          step 4, by dkim_verify_signature()
 *       each AS             step 6: arc_seal_verify() over all fields of the sets up to its own (5.1.1)
 *       older AMS           step 5: from the newest down, until one fails: oldest-pass
 *
 * All failures are permanent, those of the DNS too (5.2.1); `unanswered` tells them apart, so that
 * a receiver who trusts a sealer can defer instead.
 */
#ifndef ARC_ARC_H
#define ARC_ARC_H

#include "dkim/dkim.h"
#include "mail/authres.h"

/** Chain Validation Status (RFC 8617 4.4). */
enum arc_result { ARC_NONE, ARC_PASS, ARC_FAIL };

/** An ARC-Seal taken apart (RFC 8617 4.1.3). */
struct arc_seal {
    size_t field;      /**< its index in the header */
    const char *fault; /**< NULL; else what is wrong */
    const char *fault_ref;
    uint64_t instance;
    enum arc_result cv;
    enum dkim_algorithm algorithm;
    assay_span algorithm_text;
    assay_span domain, selector; /**< canonical */
    assay_span b;                /**< inside the raw field */
    const uint8_t *signature;
    size_t signature_n;
};

/** One set of a chain. */
struct arc_set {
    size_t aar;                      /**< index of its ARC-Authentication-Results */
    struct authres results;          /**< what that says */
    struct dkim_signature signature; /**< its ARC-Message-Signature */
    struct arc_seal seal;            /**< its ARC-Seal */
    struct arc_check *check;
    struct branch ams_branch, as_branch;
    struct dkim_verdict ams, as; /**< set when the branches are done */
    bool ams_done;
};

/** What came out. Spans live as long as the evaluation. */
struct arc_verdict {
    enum arc_result result;
    assay_span reason;
    const char *ref;
    bool unanswered;    /**< it failed only because the DNS did not answer: all else verifies */
    size_t oldest_pass; /**< RFC 8617 5.2 step 5; 0: every AMS verifies */
    assay_span sealer;  /**< d= of the newest ARC-Seal; empty when there is none */
};

/** The chain of a message, and what verifying it takes. */
struct arc_check {
    const struct dkim_options *options;
    const struct message *message;
    struct arc_set *sets; /**< from instance 1 up */
    size_t n;
    const char *fault; /**< of the structure; NULL: there is none */
    const char *fault_ref;
    size_t fault_set;           /**< the instance it is about, or 0 */
    struct arc_verdict verdict; /**< set when the branch is done */
};

/**
 * Collect the chain of a message.
 *
 * \param check  options and message set; the rest zero
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status arc_prepare(struct assay_eval *ev, struct message *message,
                                         struct arc_check *check);

/** Validate it: a branch_fn over a struct arc_check. ASSAY_MORE until the body has streamed by. */
assay_status arc_check_chain(struct assay_eval *ev, void *check);

/** Whether a trusted sealer vouches for a message: no, perhaps (the DNS did not answer), yes. */
enum arc_trust { ARC_NOT_VOUCHED, ARC_MAYBE_VOUCHED, ARC_VOUCHED };

/** For whom a sealer has to vouch, and who is trusted. Canonical names. */
struct arc_asked {
    const assay_span *trusted; /**< d= of ARC-Seal */
    size_t ntrusted;
    const assay_span *authors; /**< the author domains of the message, every one of them */
    size_t nauthors;
};

/**
 * Does a trusted sealer vouch for a message (RFC 8617 7.2.1)?
 *
 * The chain must pass, and there must be a set whose sealer is trusted, which saw dmarc=pass for
 * every author domain, and since which nobody who is not trusted changed the message: its
 * ARC-Message-Signature still verifies and covers From, or that of a later set does and all sealers
 * between are trusted (each of them, having said cv=pass, found the one before it intact).
 *
 * \param ret_set  set unless ARC_NOT_VOUCHED: the index of that set
 */
enum arc_trust arc_trust(const struct arc_check *check, const struct arc_asked *asked,
                         size_t *ret_set);

/** A status as RFC 8617 4.4 spells it. */
const char *arc_result_text(enum arc_result result);

/** Read the ARC-Seal in a field. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status arc_seal_read(struct arena *a, const struct header *h, size_t field,
                                           struct arc_seal *ret);

/**
 * The instance of an ARC-Authentication-Results, and its payload.
 *
 * \param payload  set when it returns above 0 to what follows the `i=N;`
 * \return 1 to 50, or 0 when it does not begin with one
 */
uint64_t arc_aar_instance(assay_span value, assay_span *payload);

/**
 * Add the three fields of a set to what a later seal signs (RFC 8617 5.1.1). \return ASSAY_DONE,
 * ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status arc_hash_set(struct digest *d, const struct header *h,
                                          const struct arc_set *set);

/**
 * Verify the seal of a set: a branch_fn over a struct arc_set whose check is set. ASSAY_NEED while
 * its key is asked.
 */
assay_status arc_seal_verify(struct assay_eval *ev, void *set);

#endif
