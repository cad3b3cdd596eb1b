/* SPDX-License-Identifier: BSD-2-Clause */
/** \file zone_own.h What a zone is, for zone_read.c and zone_look.c. */
#ifndef CLI_ZONE_OWN_H
#define CLI_ZONE_OWN_H

#include "base/arena.h"
#include "cli/zone.h"

/** A record, or with type 0 a name that exists. */
struct zone_entry {
    assay_span owner, rdata;
    assay_span target; /**< of a CNAME: canonical */
    uint16_t rrtype;
    uint32_t ttl;
    size_t line, column;
};

struct zone {
    struct arena arena;
    assay_span apex;
    struct zone_entry *entries; /**< sorted by zone_compare() */
    size_t n;
};

/** By owner, type, data. */
int zone_compare(const void *a, const void *b);

/**
 * The entries of a name.
 *
 * \param n       how many entries are sorted
 * \param rrtype  0: all of the name
 * \param ret_n   how many; may be NULL
 * \return the first one, or NULL
 */
const struct zone_entry *zone_find(const struct zone *z, size_t n, assay_span owner,
                                   uint16_t rrtype, size_t *ret_n);

#endif
