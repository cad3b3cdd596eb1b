/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file dane.h
 * DANE for SMTP: TLSA records, and whether a server's certificates are what they say (RFC 6698, 7671, 7672).
 *
 *     dane_rrset_of()   7672 3.1: the RRset of `_25._tcp.HOST`, each record usable or not, and why
 *     dane_compare()    7672 3.2: which records match which certificates of a probe
 */
#ifndef DANE_DANE_H
#define DANE_DANE_H

#include "base/limits.h"
#include "crypto/engine.h"
#include "probe/probe.h"

/** Why a record cannot be used (RFC 7672 3.1.3, RFC 6698 2.1). */
enum dane_fault {
    DANE_USABLE,
    DANE_BAD_USAGE,    /**< 0 and 1, which senders do not use, or unknown */
    DANE_BAD_SELECTOR, /**< neither 0 nor 1 */
    DANE_BAD_MATCHING, /**< neither 0, 1 nor 2 */
    DANE_BAD_LENGTH    /**< the data is not as long as its digest; or empty */
};

/** One record. */
struct dane_tlsa {
    uint8_t usage, selector, matching;
    assay_span data;
    enum dane_fault fault;
    bool certificate; /**< 2 0 0, and data looks like a certificate */
};

/** An RRset. */
struct dane_rrset {
    struct dane_tlsa records[LIMIT_TLSA];
    size_t n;
    bool more; /**< there are more, not looked at */
    size_t nusable;
    bool ee, ta; /**< a usable one has usage 3, usage 2 */
};

/**
 * The TLSA records of an answer.
 *
 * \param fact  ASSAY_OK, TLSA
 * \param ret   lives as long as the fact
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dane_rrset_of(const struct assay_fact *fact,
                                           const struct dane_rrset **ret);

/** How a record compares with what a server sent. */
enum dane_match {
    DANE_NO_MATCH,
    DANE_MATCH,
    /** 2 0 0, and its certificate was not sent: it need not be (RFC 7671 5.2.2). Whether it issued what was
     *  sent is not seen from here */
    DANE_MATCH_NOT_SENT,
    DANE_MATCH_UNKNOWN /**< the probe does not tell this digest */
};

/** An RRset against a chain. Records that are not usable match nothing. */
struct dane_comparison {
    enum dane_match match[LIMIT_TLSA]; /**< of each record by itself */
    bool counts
        [LIMIT_TLSA]; /**< usable, and no stronger digest of its usage and selector is there */
    bool any;         /**< some record matches, whether it counts or not */
    bool ee, ta;      /**< one of usage 3, of usage 2 counts and matches (RFC 7672 3.1.1, 3.1.2) */
    bool unknown;     /**< it could not be told of some record */
    bool not_sent;    /**< some record is DANE_MATCH_NOT_SENT */
    bool named;       /**< the leaf bears one of the names: of weight where usage 2 authenticates */
    bool dated;       /**< leaf and chain, up to what matches, are within their dates: the same */
};

/**
 * Compare (RFC 7672 3.1, 3.2). Digest agility (RFC 7671 9): of one usage and selector only the strongest digest
 * and the full data count. Nothing falls back to the roots of the web: where no record is usable or none matches,
 * nothing is authenticated (RFC 7672 2.2).
 *
 * \param engine  for the digests of full data
 * \param names   what the leaf may be called for usage 2: TLSA base domain, next hop, its expansion (7672 3.2.2)
 * \param now     for the dates of usage 2; usage 3 has none (7672 3.1.1)
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dane_compare(const struct assay_engine *engine,
                                          const struct dane_rrset *rrset, const struct probe *probe,
                                          const assay_span *names, size_t nnames, int64_t now,
                                          struct dane_comparison *ret);

/** Room for dane_text(). */
enum { DANE_TEXT = 48 };

/** A record as a zone file writes it, its data cut short: "3 1 1 ab12cd34...". \return what was written to `out` */
assay_span dane_text(const struct dane_tlsa *record, char out[DANE_TEXT]);

#endif
