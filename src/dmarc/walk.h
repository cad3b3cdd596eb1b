/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file walk.h The DNS Tree Walk (RFC 9989 4.10), and the organizational domain by it or by a
 * public suffix list (RFC 7489 3.2).
 */
#ifndef DMARC_WALK_H
#define DMARC_WALK_H

#include "base/limits.h"
#include "dmarc/record.h"
#include "dns/name.h"
#include "fact/eval.h"

/** Yes, no, or could not tell. */
enum dmarc_truth { DMARC_NO, DMARC_YES, DMARC_UNKNOWN };

/** One name the walk asked. */
struct dmarc_step {
    assay_span domain;                 /**< the name, without `_dmarc` */
    const struct dmarc_record *record; /**< its record; NULL: there is none, or it is not known */
    bool unknown;                      /**< the question was not answered */
};

/** A walk, from its start upwards. */
struct dmarc_walk {
    struct dmarc_step steps[LIMIT_TREE_WALK];
    size_t n;
    bool unknown; /**< a question was not answered: what was found may not be what there is */
};

/**
 * The names a walk asks, in order (RFC 9989 4.10 steps 1 to 7): at most 8.
 *
 * \param start  canonical; spans of `names` lie in it
 * \return how many
 */
size_t dmarc_walk_names(assay_span start, assay_span names[LIMIT_TREE_WALK]);

/** Hint the questions of a walk. */
void dmarc_walk_hint(struct assay_eval *ev, assay_span start);

/**
 * Walk from a domain up to the top, or to a record that says psd=y or psd=n.
 *
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dmarc_walk(struct assay_eval *ev, assay_span start,
                                        struct dmarc_walk *ret);

/**
 * The organizational domain by a walk (RFC 9989 4.10.2).
 *
 * \return a span of its start; empty when a question of the walk was not answered
 */
assay_span dmarc_walk_org(const struct dmarc_walk *walk);

/**
 * Whether the starts of two walks, which are not the same domain, have the same organizational
 * domain (RFC 9989 4.10.2).
 *
 * Where questions were not answered it is DMARC_UNKNOWN only if it depends on their answers: a name
 * that both walks ask tells the same to both.
 */
enum dmarc_truth dmarc_same_org(const struct dmarc_walk *a, const struct dmarc_walk *b);

/**
 * The organizational domain by the public suffix list (RFC 7489 3.2).
 *
 * \param ret  set on ASSAY_DONE; empty when the list did not answer
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dmarc_suffix_org(struct assay_eval *ev, assay_span domain,
                                              assay_span *ret);

#endif
