/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file expect.h
 * The keys of [expect] as a table (keys.c), and how each is compared (expect.c).
 */
#ifndef CASE_EXPECT_H
#define CASE_EXPECT_H

#include "case/model.h"

/** [expect] being compared. */
struct expecter {
    const struct case_one *one;
    struct case_outcome *outcome;
    const struct assay_verdict *verdict; /**< NULL for an SRS case and a domain case */
    const struct assay_srs_rewrite *srs; /**< NULL for others */
    const struct assay_posture *posture; /**< NULL for all but domain cases */
    size_t next_edit;                    /**< edits are matched in order */
    assay_span *traces; /**< lines of reasoning, each as one text; NULL: not made yet */
    size_t ntraces;
    bool no_memory;
};

struct expect_key;

/** What there is for the `nth` line of a key, from 0. */
typedef assay_span expect_got_fn(struct expecter *e, const struct expect_key *key, size_t nth);

/** A line being compared: its key, which of them it is, and what there is. */
struct expect_line {
    const struct expect_key *key;
    size_t nth;
    assay_span got;
};

/** One alternative of a line holds. */
typedef bool expect_holds_fn(struct expecter *e, const struct expect_line *line, assay_span wanted);

/** What is wrong with one alternative, or NULL. Static text. */
typedef const char *expect_fault_fn(assay_span value);

/** One key of [expect]. */
struct expect_key {
    const char *name;
    unsigned kinds; /**< flags of enum case_kind */
    expect_got_fn *got;
    expect_holds_fn *holds; /**< NULL: nothing to compare with yet */
    expect_fault_fn *fault;
    const char *method,
        *scope; /**< of the checks that a result or detail is looked for in; scope NULL: any */
    const char *detail; /**< the detail */
    const char *absent; /**< what there is when there is no such check or detail */
    bool text;          /**< values may hold a bar: only one between blanks parts alternatives */
    bool numbered;      /**< the nth line is about the nth check */
};

/** The key of a name, or NULL. */
const struct expect_key *expect_key_find(assay_span name);

/**
 * Take the next alternative off. \param rest  its `p` becomes NULL behind the last \return false
 * then
 */
bool expect_alternative(assay_span *rest, bool text, assay_span *ret);

/** Keep what a buffer holds for the outcome; what went over its limit is left out. */
assay_span expect_keep(struct expecter *e, struct buf *text);

/** Take `NAME=VALUE` off: the value is quoted, or goes on to the next word that has a `=`. */
bool expect_property(assay_span *rest, assay_span *name, assay_span *value);

expect_got_fn expect_got_result;      /**< a check's result, properties and reason */
expect_got_fn expect_got_detail;      /**< a detail of a check */
expect_got_fn expect_got_fixed;       /**< what the key's `absent` says */
expect_got_fn expect_got_disposition; /**< what is done, in a word */
expect_got_fn expect_got_would;       /**< what would be done but for `enforce` */
expect_got_fn expect_got_cause;       /**< why, in a word */
expect_got_fn expect_got_override;    /**< forwarder or sealer with its note, or none */
expect_got_fn expect_got_policy;      /**< the name of the policy */
expect_got_fn expect_got_reply;       /**< code, enhanced code and text, or none */
expect_got_fn expect_got_message;     /**< ok or malformed */
expect_got_fn expect_got_authres;     /**< Authentication-Results, white space folded */
expect_got_fn expect_got_edits;       /**< all edits */
expect_got_fn expect_got_signature;   /**< the nth DKIM-Signature inserted, white space folded */
expect_got_fn expect_got_questions;   /**< how many questions were asked */
expect_got_fn expect_got_address;     /**< what an address was rewritten to; empty: refused */
expect_got_fn expect_got_error;       /**< why it was not rewritten */
/* of a domain case (expect_domain.c) */
expect_got_fn expect_got_domain;  /**< a value of a posture, by the key's name */
expect_got_fn expect_got_phase;   /**< a rung; `?` behind it: the next is only not known */
expect_got_fn expect_got_finding; /**< all outcomes; narrowed to the id when it is compared */

expect_holds_fn expect_holds_phase;       /**< the rung; with `?`, exactly */
expect_holds_fn expect_holds_goal;        /**< the goal has this value, or is unknown */
expect_holds_fn expect_holds_finding;     /**< a check came to this for some subject */
expect_holds_fn expect_holds_not_finding; /**< it did not, for any */

expect_fault_fn expect_fault_finding; /**< no outcome behind the id, or no property behind that */
expect_fault_fn expect_fault_not_finding; /**< no id, or as above */
expect_fault_fn expect_fault_goal;        /**< no goal and value */

/** What there was instead of a finding: the outcomes of its id; or of a goal. */
assay_span expect_got_instead(struct expecter *e, const struct expect_line *line,
                              assay_span wanted);

expect_holds_fn expect_holds_result; /**< the result is equal, the properties are there */
expect_holds_fn expect_holds_value;  /**< equal without case; numbers as numbers */
expect_holds_fn expect_holds_domain; /**< as expect_holds_value(), with or without the final dot */
expect_holds_fn expect_holds_folded; /**< equal, white space folded */
expect_holds_fn expect_holds_edit;   /**< one of the edits behind the last that held */
expect_holds_fn expect_holds_trace;  /**< some line of reasoning contains it */
expect_holds_fn expect_holds_asked;  /**< the question was asked */
expect_holds_fn expect_holds_not_asked; /**< it was not */

#endif
