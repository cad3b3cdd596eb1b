/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file dispose.h What to do with a message: what the parts of that decision share.
 *
 *     verdict_dispose()   dispose.c: the nearest policy is taken; under it
 *       dispose()         a message that is malformed, fails DMARC or SPF, or has nothing against it
 *         trust_ask()     trust.c: does a trusted forwarder or sealer vouch for it?
 *         indirect_sign() indirect.c: did it come an indirect way? (RFC 9989 7.4)
 *         dispose_defer() temperror.c: could not be told; defer, but not for ever
 *       reply_make()      reply.c: what the client is told
 *
 * Where it could not be told which policy is the nearest, each that may be is asked. If they agree,
 * it does not matter; if not, that is one more thing that could not be told.
 */
#ifndef RECEIVE_DISPOSE_H
#define RECEIVE_DISPOSE_H

#include "receive/verdict.h"

/** What was decided. Spans live for the pass. */
struct decision {
    enum assay_disposition what;
    const char *cause, *ref;
    assay_span reason;
    assay_span domain; /**< that decided: of the author, or of SPF; may be empty */
    int code;          /**< of REJECT and DEFER */
    const char *enhanced;
    assay_span text;      /**< what the client is told unless the options say otherwise */
    const char *override; /**< why it is accepted though it fails; NULL: it is not */
    assay_span note;      /**< whom that trusts */
};

/** What is decided by; lives for one pass. */
struct disposer {
    struct assay_eval *ev;
    struct receive *r;
    const struct assay_policy *policy;
    const struct dmarc_verdict *dmarc;
    struct decision *ret;
};

/** Decide. \return ASSAY_DONE */
assay_status dispose_decide(struct disposer *d, enum assay_disposition what, const char *cause,
                            const char *ref, assay_span reason);

/** What cannot be told, for dispose_defer(). */
struct untold {
    const char *ref;
    assay_span reason;
    const char *enhanced;
    assay_span text; /**< what the client is told */
};

/**
 * Something could not be told and matters: defer, or what temperror.action says; after
 * temperror.patience accept.
 *
 * \return ASSAY_DONE, ASSAY_NEED (it asks since when it has been so), ASSAY_ENOMEM
 */
assay_status dispose_defer(struct disposer *d, const struct untold *why);

/** Whether someone trusted vouches for a message. Spans live for the pass. */
struct trusted {
    enum truth vouches;
    const char *override; /**< "forwarder", "sealer" */
    const char *ref;
    assay_span note;   /**< whom the options trust, until when and why */
    assay_span reason; /**< TRUTH_YES: why it is accepted; TRUTH_MAYBE: what could not be told */
};

/** Ask the table of forwarders and, for a message that fails DMARC, the seals. \return as a step */
assay_status trust_ask(struct disposer *d, bool dmarc, struct trusted *ret);

/**
 * A sign that the message came an indirect way, or may be honest all the same.
 *
 * \param ret  set on ASSAY_DONE to words for it; empty: there is none
 * \return ASSAY_DONE, ASSAY_NEED (it asks SPF for the author domain), ASSAY_ENOMEM
 */
assay_status indirect_sign(struct disposer *d, assay_span *ret);

/**
 * What the client is told, as lines parted by LF that fit SMTP.
 *
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
assay_status reply_make(struct disposer *d, const struct decision *decision, assay_span *ret);

#endif
