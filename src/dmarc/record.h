/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file record.h
 * DMARC Policy Records (RFC 9989 4.7, 4.8), selected and parsed once for each TXT answer.
 */
#ifndef DMARC_RECORD_H
#define DMARC_RECORD_H

#include "fact/fact.h"

/** A Domain Owner Assessment Policy, weakest first. */
enum dmarc_policy { DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };

/** A tag that holds a policy. */
struct dmarc_policy_tag {
    bool present, valid;
    enum dmarc_policy policy;
};

/** What psd= says. */
enum dmarc_psd { DMARC_PSD_U, DMARC_PSD_Y, DMARC_PSD_N };

/** What there is at one name. */
enum dmarc_found {
    DMARC_RECORD_NONE,    /**< no record of the current version */
    DMARC_RECORD_ONE,     /**< one, and it is parsed */
    DMARC_RECORD_SEVERAL, /**< more than one: all are discarded (RFC 9989 4.10 step 2) */
    DMARC_RECORD_VOID     /**< one with a tag twice: the list is invalid (RFC 6376 3.2) */
};

/** Options of fo=. Bits. */
enum dmarc_fo { DMARC_FO_0 = 1, DMARC_FO_1 = 2, DMARC_FO_D = 4, DMARC_FO_S = 8 };

/** A parsed record. Spans lie in the fact. */
struct dmarc_record {
    enum dmarc_found found;
    assay_span text;                   /**< the record, or the first of several */
    struct dmarc_policy_tag p, sp, np; /**< RFC 9989 4.7 */
    enum dmarc_psd psd;
    bool testing;                 /**< t=y */
    bool strict_dkim, strict_spf; /**< adkim=s, aspf=s */
    assay_span rua, ruf;          /**< as written; empty: absent */
    bool rua_valid;               /**< rua has at least one valid URI */
    unsigned fo;                  /**< of enum dmarc_fo */
    unsigned pct;                 /**< RFC 7489 6.3; 100 unless it says otherwise */
};

/**
 * The record of a TXT answer.
 *
 * \param fact  ASSAY_OK, TXT
 * \param ret   lives as long as the fact
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dmarc_record_of(const struct assay_fact *fact,
                                             const struct dmarc_record **ret);

/** Parse one record that dmarc_is_record() takes. `text` must outlive it. */
void dmarc_record_read(assay_span text, struct dmarc_record *ret);

/** The text begins with a version tag of value DMARC1 (RFC 9989 4.8 dmarc-version). */
bool dmarc_is_record(assay_span text) ASSAY_PURE;

/**
 * One reporting URI of a list (RFC 9989 4.8 dmarc-urilist) is valid: a scheme, and for mailto an
 * address.
 */
bool dmarc_uri_valid(assay_span uri) ASSAY_PURE;

/**
 * Options of fo=: 0 or 1, d, s, parted by colons, each once (RFC 9989 4.8 dmarc-fo).
 *
 * \param ret  set to bits of enum dmarc_fo, unless false is returned
 */
bool dmarc_fo_read(assay_span value, unsigned *ret);

/** A policy one step weaker: what t=y and pct put in its place (RFC 9989 4.7, RFC 7489 6.6.4). */
enum dmarc_policy dmarc_policy_lower(enum dmarc_policy policy);

/** A policy as records spell it. */
const char *dmarc_policy_text(enum dmarc_policy policy);

#endif
