/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file dmarc.h DMARC: is the author's domain proved, and if not, what does it ask for? (RFC 9989;
 * RFC 7489 as a second view)
 *
 * One author domain:
 *
 *     dmarc_evaluate()         a branch
 *       check_author()         for each author domain (RFC 9989 5.3, 11.5)
 *         discover()           4.10.1: the record of the author domain, else of its organizational domain, else of a PSD,
 *                              all from one tree walk (walk.h); RFC 7489 6.6.3 where that is asked for
 *         align()              4.10.2: is an authenticated identifier the author domain, or of the same organization?
 *         decide               5.3.5: pass, fail, or could not tell
 *
 * Everything is three-valued. A question that was not answered makes the result temperror only
 * where its answer could have changed it: an identifier that cannot be aligned never does. And
 * where the policy itself is not known, an identifier that is the author domain proves it all the
 * same: see dmarc_may_ask().
 */
#ifndef DMARC_DMARC_H
#define DMARC_DMARC_H

#include "dmarc/walk.h"

/** Results (RFC 9989 9.2). */
enum dmarc_result { DMARC_PASS, DMARC_NONE, DMARC_FAIL, DMARC_TEMPERROR, DMARC_PERMERROR };

/** By which standard. */
enum dmarc_mode { DMARC_9989, DMARC_7489 };

/** What SPF or a DKIM signature came to (RFC 9989 3.2.1). */
struct dmarc_identifier {
    bool dkim;                      /**< of DKIM; else of SPF */
    enum dmarc_truth authenticated; /**< pass, not, or temperror */
    assay_span domain;              /**< canonical: d=, or the SPF domain */
    bool from_unsigned; /**< the signature leaves out a From field: it proves none of them */
    assay_span label;   /**< for people: the selector, or empty */
};

/** What is evaluated. */
struct dmarc_check {
    enum dmarc_mode mode;
    unsigned sample;           /**< 0-99, for pct (RFC 7489 6.6.4) */
    const assay_span *authors; /**< canonical, each once, LIMIT_AUTHORS at most */
    size_t nauthors;
    bool incomplete;                            /**< there are more author domains than those */
    const char *no_author;                      /**< why there is none, when nauthors is 0 */
    const struct dmarc_identifier *identifiers; /**< LIMIT_IDENTIFIERS at most */
    size_t nidentifiers;
    bool ready; /**< the identifiers are final; until then only records are asked for */
    struct dmarc_verdict *ret; /**< set when the branch is done */
};

/** What came out. Spans live as long as the evaluation. */
struct dmarc_verdict {
    enum dmarc_result result;
    assay_span reason;
    const char *ref;
    assay_span author;        /**< the author domain that decided; empty: there is none */
    assay_span org;           /**< its organizational domain; empty: not known */
    bool has_record;          /**< the next ones mean something */
    assay_span policy_domain; /**< where the record was found */
    assay_span record;        /**< the record */
    enum dmarc_policy asked;  /**< p, sp or np, as applies to the author domain */
    const char *asked_tag;    /**< "p", "sp" or "np" */
    /** after t, or after pct: what is to be applied to a failing message */
    enum dmarc_policy policy;
    /** it could be that of np as well, which is another: temperror unless it passes */
    bool policy_unknown;
    bool testing;                         /**< t=y lowered it, or would have */
    bool sampled_out;                     /**< RFC 7489: pct left this message out */
    enum dmarc_truth spf, dkim;           /**< an aligned identifier of that kind passed */
    assay_span aligned_spf, aligned_dkim; /**< the first such domain */
};

/**
 * Evaluate: a branch_fn over a struct dmarc_check. ASSAY_MORE while the identifiers are not final.
 */
assay_status dmarc_evaluate(struct assay_eval *ev, void *check);

/**
 * The verdict may ask for more than acceptance: it fails with a policy above none, or might, had
 * the DNS answered. A temperror does not where the policy is none, or where the author domain is
 * proved whatever its policy is.
 */
bool dmarc_may_ask(const struct dmarc_verdict *v) ASSAY_PURE;

/** A result as RFC 9989 9.2 spells it. */
const char *dmarc_result_text(enum dmarc_result result);

#endif
