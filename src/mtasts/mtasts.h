/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file mtasts.h
 * MTA-STS: the record and the policy by which a domain asks for TLS (RFC 8461).
 *
 * One domain:
 *
 *     mtasts_record_of()     3.1: the one TXT at `_mta-sts.D` that begins with its version; its `id`
 *     mtasts_policy_url()    3.3: where the policy is
 *     mtasts_policy_of()     3.2: the body of a GET that was answered by 200, line by line
 *     mtasts_mx_matches()    4.1: is an MX host named by a pattern?
 */
#ifndef MTASTS_MTASTS_H
#define MTASTS_MTASTS_H

#include "base/buf.h"
#include "base/limits.h"
#include "dns/name.h"
#include "fact/fact.h"

/** What there is at `_mta-sts.D`. */
enum mtasts_found {
    MTASTS_RECORD_NONE,    /**< no TXT begins with the version, and none nearly does */
    MTASTS_RECORD_ONE,     /**< one, and it is right */
    MTASTS_RECORD_SEVERAL, /**< more than one begins with it: none counts */
    MTASTS_RECORD_SYNTAX   /**< one, and it is wrong; or none, and one nearly begins with it */
};

/** A record. Spans lie in the fact. */
struct mtasts_record {
    enum mtasts_found found;
    assay_span text;     /**< the record, or the first of several */
    assay_span id;       /**< 1 to 32 letters and digits; empty: none */
    const char *problem; /**< SYNTAX: what is wrong, a few words */
    const char *reason;  /**< ... in a word: "id", "field", "version" */
    assay_span where;    /**< ... and the piece that is */
    bool space;          /**< white space stands before the first `;` (erratum 6285) */
};

/**
 * The record of a TXT answer.
 *
 * \param fact  ASSAY_OK, TXT
 * \param ret   lives as long as the fact
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status mtasts_record_of(const struct assay_fact *fact,
                                              const struct mtasts_record **ret);

/** Read one record: any text. `text` must outlive it. */
void mtasts_record_read(assay_span text, struct mtasts_record *ret);

/** `https://mta-sts.D/.well-known/mta-sts.txt` (RFC 8461 3.2). \return false when the name is too long */
bool mtasts_policy_url(assay_span domain, struct buf *out);

/** What a policy asks for (RFC 8461 5). */
enum mtasts_mode { MTASTS_NO_MODE, MTASTS_NONE, MTASTS_TESTING, MTASTS_ENFORCE };

/** A line of a policy that is wrong or strange. */
struct mtasts_fault {
    size_t line;         /**< from 1; 0: something is absent */
    assay_span text;     /**< the line, or the key that is absent */
    const char *problem; /**< what is wrong, a few words; static */
    const char *reason;  /**< in a word: "line", "version", "mode", "max_age", "mx", "mx-absent" */
};

/** A policy, valid or not. Spans lie in the text. */
struct mtasts_policy {
    bool valid;            /**< by 3.2; nfaults is 0 */
    enum mtasts_mode mode; /**< NO_MODE: absent or wrong */
    uint64_t max_age;      /**< seconds, as written: up to 10 digits; see `over` */
    bool has_max_age;
    bool over; /**< max_age is over 31,557,600: senders take that number (erratum 7282) */
    assay_span mx[LIMIT_MTASTS_MX]; /**< patterns as written */
    size_t nmx;
    bool more_mx; /**< there are more, not looked at */
    struct mtasts_fault faults[LIMIT_MTASTS_FAULTS];
    size_t nfaults;
    assay_span
        duplicate; /**< a key other than mx that stands twice: the first counts; empty: none */
};

/**
 * The policy in a fact.
 *
 * \param fact  ASSAY_OK, ASSAY_GET, whatever its status code
 * \param ret   lives as long as the fact
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status mtasts_policy_of(const struct assay_fact *fact,
                                              const struct mtasts_policy **ret);

/** Read the body of a policy. `text` must outlive it. */
void mtasts_policy_read(assay_span text, struct mtasts_policy *ret);

/** A host matches a pattern: equal without case, or `*.` for exactly one label (RFC 8461 4.1). */
bool mtasts_mx_matches(assay_span pattern, assay_span host) ASSAY_PURE;

/** A host matches some pattern of a policy. */
bool mtasts_policy_names(const struct mtasts_policy *policy, assay_span host) ASSAY_PURE;

/** A mode as policies spell it; "" for none. */
const char *mtasts_mode_text(enum mtasts_mode mode);

#endif
