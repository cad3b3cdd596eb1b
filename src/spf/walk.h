/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file walk.h
 * The owner's reader of SPF: the whole tree of a domain's record, what it costs and whom it lets pass.
 *
 * check.h asks what becomes of one client and stops where it is decided; this one looks at every client at once:
 *
 *     spf_walk()        asks for all records and addresses of the tree: a node for each use of a record, in the
 *                       order of evaluation; it goes on past every limit, up to LIMIT_SPF_NODES
 *       worst case      check_host() for a client that no mechanism but `all` matches, once for IPv4 and once for
 *                       IPv6 (RFC 7208 4.6.4): lookups, voids, MX names; which terms are reached
 *       sets            by first match, exact: what each term adds to the addresses that pass
 *
 * What a macro names that depends on the client is not known: such terms are counted, and their addresses are
 * `open`. Everything is three-valued: an answer that is missing makes unknown what it could change. One thing is
 * taken for granted: that an include which did not answer does not pass everybody, so that what stands behind it
 * is counted. Errors of included records end a check, but not the count: whoever mends them wants to know what
 * comes next. `trouble` has the first one.
 *
 * Cost: parsing is a memo on the fact; every term, address and range of a set is charged to LIMIT_SPF_RANGES, so
 * that neither a tree that doubles at each level nor one record included a thousand times takes long.
 */
#ifndef SPF_WALK_H
#define SPF_WALK_H

#include "base/ipset.h"
#include "spf/record.h"
#include "spf/spf.h"

/** Families, as places in arrays. */
enum spf_family { SPF_IPV4, SPF_IPV6, SPF_FAMILIES };

struct spf_node;

/** What became of the addresses of a term; private to walk_sets.c. */
struct spf_share;

/** One directive, or redirect, of a node. */
struct spf_use {
    const struct spf_term *term; /**< NULL: redirect */
    assay_span text;             /**< as written */
    assay_span
        target; /**< canonical name it asks for; empty: it asks for none, or a macro hides it */
    bool client_macro;  /**< its target depends on the client: a macro other than d, o and v */
    bool user_macro;    /**< macros s l o h: of the sender or HELO */
    bool p_macro;       /**< macro p: names of the client */
    bool varies;        /**< %{v}: one target for each family */
    assay_span target6; /**< ... that of IPv6 */
    bool reached[SPF_FAMILIES]; /**< the worst case evaluates it */
    bool live[SPF_FAMILIES]; /**< some client's check may evaluate it: no `all` stands before it */
    bool dead; /**< a/mx/exists that no client can match: no address (SPF-DEAD-TERM no-address) */
    bool reserved; /**< ip4/ip6 wholly inside addresses that no client of the Internet has */
    bool shadowed; /**< all it could match is matched by the terms before it; known for certain */
    bool behind_unknown; /**< a term before it misses an answer: it may be shadowed by that */
    bool unknown;        /**< an answer it needs is missing, its own or one below it */
    unsigned lookups;    /**< 0 or 1: its own, not what lies below */
    unsigned voids[SPF_FAMILIES];   /**< 0 or 1 */
    const struct assay_fact *fact;  /**< the first answer: TXT, A, MX; NULL: not asked */
    uint16_t rrtype;                /**< of it */
    const struct assay_fact *fact6; /**< `a`: the AAAA answer; with `varies` what target6 gave */
    size_t mx_names;                /**< MX RRs of an mx term */
    struct spf_node *child;  /**< include, redirect: the record there; NULL: none was asked for */
    struct spf_node *child6; /**< ... of target6, with `varies`; then `child` is for IPv4 alone */
    /**
     * the addresses it matches, looked at alone, and those that pass through it in the whole tree, by first match:
     * the `adds` of the terms of one record are disjoint, and those of a record are the `adds` of its include
     */
    struct ipset matches[SPF_FAMILIES], adds[SPF_FAMILIES];
    bool open[SPF_FAMILIES]; /**< it may match more: macros, ptr, what is not known */
};

/** One use of a record. */
struct spf_node {
    assay_span domain;
    struct spf_node *parent;       /**< NULL: the top */
    struct spf_use *by;            /**< what asks for it; NULL: the top */
    const struct assay_fact *fact; /**< the TXT answer; NULL: not asked (a loop, or over a limit) */
    const struct spf_record *record; /**< NULL: none, or not known */
    bool none;                       /**< it is known that there is no record */
    bool loop;                       /**< its domain is being evaluated already */
    bool again; /**< the same domain stood before in the tree: it costs again */
    bool reached[SPF_FAMILIES];
    bool unknown; /**< its TXT answer is missing, or one that is needed below it */
    bool own;     /**< set by the caller's `own`: at or below the organizational domain */
    unsigned depth;
    struct spf_use *uses; /**< the terms in order, redirect behind them */
    size_t nuses;
    unsigned lookups[SPF_FAMILIES],
        voids[SPF_FAMILIES];         /**< of the worst case, this node and below */
    struct ipset pass[SPF_FAMILIES]; /**< who passes by this record alone */
    bool pass_open[SPF_FAMILIES];    /**< there may be more */
    /** what is left for clients that nothing matches: neutral, fail ...; temperror: not known */
    enum spf_result otherwise[SPF_FAMILIES];
    struct spf_share *shares[SPF_FAMILIES]; /**< of the walk itself, NULL when it is done */
};

/** The first thing that would make receivers answer permerror. */
enum spf_trouble {
    SPF_WELL,
    SPF_TROUBLE_NONE, /**< no record at the domain */
    SPF_TROUBLE_SEVERAL,
    SPF_TROUBLE_SYNTAX,
    SPF_TROUBLE_TARGET, /**< include or redirect leads to no record, or to a broken one */
    SPF_TROUBLE_LOOP,
    SPF_TROUBLE_LOOKUPS,
    SPF_TROUBLE_VOIDS,
    SPF_TROUBLE_MX
};

/** A walk. Spans, nodes and sets live in the arena that it was given. */
struct spf_walk {
    struct spf_node *top;    /**< NULL: not asked yet */
    struct spf_node **nodes; /**< all of them, in the order of evaluation */
    size_t nnodes;
    bool over;    /**< more than LIMIT_SPF_NODES or LIMIT_SPF_RANGES: what is behind is unknown */
    bool unknown; /**< an answer is missing somewhere that is reached */
    unsigned lookups; /**< the worst case of both families, counted to its end */
    unsigned voids[SPF_FAMILIES];
    unsigned voids_possible[SPF_FAMILIES]; /**< with every missing answer void */
    enum spf_trouble trouble[SPF_FAMILIES];
    struct ipset pass[SPF_FAMILIES]; /**< who passes, by first match */
    bool pass_open[SPF_FAMILIES];
};

/** What is walked. */
struct spf_walk_request {
    assay_span domain;  /**< canonical */
    struct arena *keep; /**< where the result goes */
    /** a domain is the owner's own; NULL: the domain and all below it are */
    bool (*own)(void *arg, assay_span domain);
    void *arg;
};

/**
 * Walk. Records and what terms ask for are asked a level at a time, so that it takes as many rounds as the tree is
 * deep. The tree is made anew in each pass, in `pass`; when it is complete, once more, in `keep`.
 *
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status spf_walk(struct assay_eval *ev, const struct spf_walk_request *request,
                                      struct spf_walk *ret);

/** An address passes: in the set; not in it and nothing is open; else not known. 0 no, 1 yes, 2 not known. */
int spf_walk_passes(const struct spf_walk *walk, const struct ip *ip);

#endif
