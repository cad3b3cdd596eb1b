/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file match.h What a receiver writes into its options to say whom it means: networks, domains,
 * addresses. Shared by the conditions of policies (select.h) and the table of forwarders
 * (forwarders.h).
 *
 *     192.0.2.0/24  2001:db8::1     networks, addresses
 *     example.org                   this domain
 *     .example.org                  the domains below it, not itself
 *     user@example.org              this address; the local part is compared without case
 *     <>                            the null reverse-path
 *
 * Several are parted by commas or blanks; one of them has to match.
 */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "base/arena.h"
#include "base/ip.h"

/** Whether something holds; in an order, so that `and` is the lesser and `or` the greater. */
enum truth { TRUTH_NO, TRUTH_MAYBE, TRUTH_YES };

/** Both hold. */
static inline enum truth truth_and(enum truth a, enum truth b)
{
    return a < b ? a : b;
}

/** One of them holds. */
static inline enum truth truth_or(enum truth a, enum truth b)
{
    return a > b ? a : b;
}

/** What a pattern is. */
enum match_type {
    MATCH_NETWORK, /**< an address, or a prefix */
    MATCH_DOMAIN,  /**< this domain */
    MATCH_BELOW,   /**< a domain below it */
    MATCH_ADDRESS, /**< an address */
    MATCH_NULL     /**< the null reverse-path */
};

/** One pattern. Spans live as long as the arena it was read into. */
struct match {
    enum match_type type;
    struct ip net;     /**< MATCH_NETWORK */
    unsigned bits;     /**< of it that count */
    assay_span local;  /**< MATCH_ADDRESS */
    assay_span domain; /**< canonical */
};

/** Patterns. */
struct matches {
    struct match *all;
    size_t n;
};

/** Which patterns a list takes. */
enum match_kinds {
    MATCH_NETWORKS = 1 << MATCH_NETWORK,
    MATCH_DOMAINS = 1 << MATCH_DOMAIN | 1 << MATCH_BELOW,
    MATCH_ADDRESSES = MATCH_DOMAINS | 1 << MATCH_ADDRESS,
    MATCH_PATHS = MATCH_ADDRESSES | 1 << MATCH_NULL
};

/**
 * Read a list.
 *
 * \param kinds    flags of enum match_kinds: others are refused
 * \param ret      set on ASSAY_DONE
 * \param ret_bad  set on ASSAY_EINVAL to the pattern that is none; empty: there is none at all, or
 *                 there are over LIMIT_MATCHES
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status matches_read(struct arena *a, assay_span text, unsigned kinds,
                                          struct matches *ret, assay_span *ret_bad);

/** The next piece between commas and blanks. \return false behind the last */
bool matches_next(assay_span *rest, assay_span *piece);

/** An address lies in one of the networks. */
bool matches_ip(const struct matches *m, const struct ip *ip) ASSAY_PURE;

/** A canonical name is one of the domains, or below one that begins with a dot. */
bool matches_domain(const struct matches *m, assay_span domain) ASSAY_PURE;

/** An address of the envelope taken apart; all empty for the null reverse-path. */
struct path {
    assay_span local;
    assay_span domain; /**< canonical; empty where it is no name, which nothing matches */
    bool null;
};

/**
 * Take an address apart at its last @, as SMTP gave it.
 *
 * \param a  where its domain is put
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status path_read(struct arena *a, assay_span text, struct path *ret);

/** A path is one of the addresses, or of one of the domains. */
bool matches_path(const struct matches *m, const struct path *path) ASSAY_PURE;

/** Every one of them is; none at all are not. */
bool matches_every_path(const struct matches *m, const struct path *paths, size_t n) ASSAY_PURE;

/** Every one of these canonical names is; none at all are not. */
bool matches_every_domain(const struct matches *m, const assay_span *domains, size_t n) ASSAY_PURE;

#endif
