/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file flatten.h
 * Flattening: includes replaced by the addresses they let pass, until the ten lookups suffice.
 *
 *     spf_walk()          the whole tree, every answer there (walk.h)
 *     spf_flatten()       chooses what to flatten, or is told; writes the records; proves them
 *       choose            the terms of the top record that cost lookups and can be replaced; the set that needs the
 *                         fewest prefixes for what it saves
 *       write             their addresses as the fewest ip4 and ip6; records that are too long are chained by include,
 *                         and each record of the chain costs a lookup
 *       prove             original and result are judged by spf_check_host() for the first and last address of every
 *                         range on either side and for the one before and the one behind it; a single difference, and
 *                         nothing comes out
 *
 * Only what passes is flattened: the `-all` of an included record never was the includer's. What cannot be flattened
 * stays as it is: exists, ptr, whatever has a macro of the client in it, and an include of such a record.
 *
 * What comes out is right for the answers that went in. It has to be made again when the sources change.
 */
#ifndef SPF_FLATTEN_H
#define SPF_FLATTEN_H

#include "spf/walk.h"

/** What is wanted. */
struct spf_flatten_request {
    unsigned max;           /**< lookups of the result; 0: LIMIT_SPF_LOOKUPS */
    const assay_span *only; /**< exactly these: targets (canonical names) or terms as written */
    size_t nonly;           /**< 0: the smallest set that gets to `max` */
    size_t octets;          /**< of one record, at most: 255 (one string), 450; 0: 450 */
    assay_span label;       /**< of chained records: `LABELn.DOMAIN`; empty: "_spf" */
};

/** One record to publish. */
struct spf_flat_record {
    assay_span name, text;
};

/** What became of one term of the top record. */
struct spf_flat_term {
    const struct spf_use *use;
    bool flattened;
    size_t prefixes;     /**< it became so many, some of which others may have had already */
    const char *refused; /**< why it cannot be flattened; NULL: it can, or it costs nothing */
};

/** The result. All lives in the arena that was given. */
struct spf_flattening {
    const struct spf_flat_record *records; /**< the domain's first */
    size_t nrecords;
    const struct spf_flat_term *terms; /**< all of the top record, in order, redirect last */
    size_t nterms;
    unsigned before, after; /**< lookups, worst case */
    size_t prefixes;        /**< ip4 and ip6 that were written for flattened terms */
    size_t proved;          /**< addresses at which both were judged and agreed */
    const char *problem;    /**< of ASSAY_EINVAL: why nothing came out, a few words */
    assay_span where;       /**< ... and what it is about: a term, an address */
};

/**
 * Flatten.
 *
 * \param ev    the evaluation that walked: its answers are those of the proof
 * \param walk  of ev, complete
 * \param keep  where the result goes
 * \return ASSAY_DONE; ASSAY_EINVAL: `ret->problem` and `ret->where` say why (an answer is missing, the record is
 *         broken, a term asked for cannot be flattened, `max` cannot be reached, a record would be too long, the proof
 *         failed) and there are no records; ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status spf_flatten(const struct assay_eval *ev, const struct spf_walk *walk,
                                         const struct spf_flatten_request *request,
                                         struct arena *keep, struct spf_flattening *ret);

#endif
