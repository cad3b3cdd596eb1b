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
    /** what `data` is compared with where matching is 0: the SHA-256 of it */
    uint8_t sha256[SHA256_SIZE];
    bool certificate; /**< 2 0 0, and data is a certificate */
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
    DANE_MATCH_NOT_SENT, /**< 2 0 0: the record holds its certificate itself; it need not be sent (RFC 7671 5.2.2) */
    DANE_MATCH_UNKNOWN /**< the probe does not tell this digest */
};

/** An RRset against a chain. */
struct dane_comparison {
    enum dane_match match[LIMIT_TLSA]; /**< of each record; unusable ones do not match */
    bool ee, ta;    /**< some record of usage 3, of usage 2 matches (RFC 7672 3.1.1, 3.1.2) */
    bool unknown;   /**< some comparison could not be made */
    bool authentic; /**< ee, or ta with name and dates (the caller's names) */
    bool
        ta_name; /**< the leaf bears one of the names; only of weight where `ta` authenticates alone */
    bool ta_expired; /**< a certificate sent is out of its dates */
};

/**
 * Compare (RFC 7672 3.1, 3.2). Digest agility (RFC 7671 9): of one usage and selector the strongest digest counts.
 *
 * \param names   what the leaf may be called for usage 2: TLSA base domain, next hop, its expansion (7672 3.2.2)
 * \param now     for the dates of usage 2; usage 3 has none (7672 3.1.1)
 */
void dane_compare(const struct dane_rrset *rrset, const struct probe *probe,
                  const assay_span *names, size_t nnames, int64_t now, struct dane_comparison *ret);

/** A record as a zone file writes it, digest cut short: "3 1 1 ab12cd…". \param out room for 48 octets */
assay_span dane_text(const struct dane_tlsa *record, char out[48]);

#endif
