/* SPDX-License-Identifier: BSD-2-Clause */
/** \file walk_parts.h A walk in progress: what walk.c, walk_terms.c and walk_sets.c share. */
#ifndef SPF_WALK_PARTS_H
#define SPF_WALK_PARTS_H

#include "base/limits.h"
#include "spf/walk.h"

/** Families as bits: for whom something is evaluated. */
enum { FOR_IPV4 = 1 << SPF_IPV4, FOR_IPV6 = 1 << SPF_IPV6, FOR_BOTH = FOR_IPV4 | FOR_IPV6 };

/** A walk in progress. */
struct spf_walker {
    struct assay_eval *ev;
    const struct spf_walk_request *request;
    struct spf_walk *walk;
    struct arena *to;    /**< where nodes go */
    bool final;          /**< every answer is there: sets are made */
    assay_status status; /**< joined over all questions */
    size_t cap;          /**< of walk->nodes */
    size_t charged;      /**< terms, addresses and ranges, of LIMIT_SPF_RANGES */
    unsigned lookups[SPF_FAMILIES];
};

/** Charge something of which there may be LIMIT_SPF_RANGES. \return false: no more; the walk is over */
bool spf_walk_charge(struct spf_walker *w, size_t n);

/**
 * Ask, joining the status.
 *
 * \param ret_unknown  set to true when the answer is none
 * \return NULL when it is not here yet
 */
const struct assay_fact *spf_walk_ask(struct spf_walker *w, uint16_t rrtype, assay_span name,
                                      bool *ret_unknown);

/** Note the first trouble of each family. */
void spf_walk_trouble(struct spf_walker *w, unsigned families, enum spf_trouble trouble);

/** Charge an answer that may be void; a NULL one and one that is missing may be. */
void spf_walk_void(struct spf_walker *w, struct spf_use *use, enum spf_family family,
                   const struct assay_fact *fact);

/** Ask what a term a, mx, ptr or exists asks for, and find what it matches. */
void spf_walk_term(struct spf_walker *w, struct spf_use *use, unsigned families);

/** Find out what a term's domain-spec names: `client_macro`, `varies`, `target` and so on. */
void spf_walk_target(struct spf_walker *w, struct spf_use *use, const struct spf_domain *spec,
                     assay_span domain);

/** The sets of a finished tree: `pass`, `adds`, `open`, `shadowed`. \return false: memory is out */
bool spf_walk_sets(struct spf_walker *w);

/** The child of a term for a family, or NULL. */
static inline struct spf_node *spf_use_child(const struct spf_use *use, enum spf_family family)
{
    return family == SPF_IPV6 && use->varies ? use->child6 : use->child;
}

#endif
