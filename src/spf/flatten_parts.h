/* SPDX-License-Identifier: BSD-2-Clause */
/** \file flatten_parts.h A flattening in progress: what flatten.c, flatten_write.c and flatten_proof.c share. */
#ifndef SPF_FLATTEN_PARTS_H
#define SPF_FLATTEN_PARTS_H

#include "base/limits.h"
#include "spf/flatten.h"

/** One term of the record that is being made. */
struct flat_slot {
    const struct spf_use *use;
    assay_span text; /**< as it would stand in the record, when it is kept */
    struct spf_flat_term *told;
    char qualifier;
    bool all, network; /**< `all`; ip4 or ip6 */
    unsigned cost;     /**< lookups that are saved without it, for either family */
    size_t prefixes;   /**< that its addresses would take */
    bool can, flat;    /**< it can be flattened, it is */
};

/** A flattening in progress. */
struct flattener {
    const struct assay_eval *ev;
    const struct spf_walk *walk;
    const struct spf_flatten_request *request;
    struct arena *keep;
    struct arena tmp; /**< given back at the end */
    struct spf_flattening *out;
    struct flat_slot *slots;
    size_t nslots;
    assay_span exp; /**< of the record; empty: none */
    unsigned max;
    size_t octets;
    unsigned inlined; /**< redirects that became terms: a lookup less for each */
    struct spf_flat_record *records;
    size_t nrecords, cap;
    struct ipset written[SPF_FAMILIES]; /**< what was written for flattened terms */
    bool no_memory;
};

/** Nothing comes out: note why. \return false */
bool flat_refuse(struct flattener *x, const char *problem, assay_span where);

/** Write the records for what is chosen. \return false: refused, or memory is out */
bool flat_write(struct flattener *x);

/** Judge original and result at the ends of all ranges. \return false: they differ, or memory is out */
bool flat_prove(struct flattener *x);

#endif
