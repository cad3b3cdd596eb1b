/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file ipset.h
 * Sets of addresses of one family, as sorted ranges: union, difference, size, prefixes.
 *
 * All ranges of a set are disjoint, not adjacent, and ascending, so equal sets are equal ranges. Sets
 * are values in an arena: what makes one leaves its arguments as they are.
 */
#ifndef BASE_IPSET_H
#define BASE_IPSET_H

#include "base/arena.h"
#include "base/ip.h"

/** An address as a number: the 32 bits of IPv4 or the 128 of IPv6. */
__extension__ typedef unsigned __int128 ip_number;

/** Addresses from `first` to `last`, both included. */
struct ip_range {
    ip_number first, last;
};

/** A set. All zero but `version` is an empty one. */
struct ipset {
    uint8_t version; /**< 4 or 6 */
    const struct ip_range *ranges;
    size_t n;
};

/** A prefix of a set: `net` with `bits` leading bits. */
struct ip_prefix {
    struct ip net;
    uint8_t bits;
};

/** The number of an address. */
ip_number ip_to_number(const struct ip *ip) ASSAY_PURE;

/** The address of a number. */
struct ip ip_of_number(uint8_t version, ip_number number);

/** The range that a network covers; bits behind `bits` do not matter. */
struct ip_range ip_range_of(const struct ip *net, unsigned bits);

/** All addresses of a version. */
struct ip_range ip_range_all(uint8_t version);

/**
 * Make a set of ranges in any order, overlapping or not.
 *
 * \param ranges  sorted in place
 * \return false when memory is out
 */
bool ipset_make(struct arena *a, uint8_t version, struct ip_range *ranges, size_t n,
                struct ipset *ret);

/** The union of two sets of a version. \return false when memory is out */
bool ipset_union(struct arena *a, const struct ipset *x, const struct ipset *y, struct ipset *ret);

/** What is in `x` and not in `y`. \return false when memory is out */
bool ipset_minus(struct arena *a, const struct ipset *x, const struct ipset *y, struct ipset *ret);

/** What is in both. \return false when memory is out */
bool ipset_common(struct arena *a, const struct ipset *x, const struct ipset *y, struct ipset *ret);

/** The address is in the set; one of another version is not. */
bool ipset_has(const struct ipset *s, const struct ip *ip) ASSAY_PURE;

/** All of `y` is in `x`. */
bool ipset_covers(const struct ipset *x, const struct ipset *y) ASSAY_PURE;

/** Equal sets. */
bool ipset_eq(const struct ipset *x, const struct ipset *y) ASSAY_PURE;

/** Every address of the version is in the set. */
bool ipset_is_all(const struct ipset *s) ASSAY_PURE;

/** How many addresses; the 2^128 of all IPv6 is told as the largest number. */
ip_number ipset_size(const struct ipset *s) ASSAY_PURE;

/**
 * The fewest prefixes that are exactly the set, ascending.
 *
 * \return false when memory is out
 */
bool ipset_prefixes(struct arena *a, const struct ipset *s, const struct ip_prefix **ret,
                    size_t *ret_n);

#endif
