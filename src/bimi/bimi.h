/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file bimi.h
 * BIMI: the logo a domain wants to be shown, and what proves that it may
 * (draft-brand-indicators-for-message-identification-12, draft-fetch-validation-vmc-wchuang-11).
 *
 * One domain:
 *
 *     bimi_record_of()    4.3: the assertion record at `default._bimi.D`
 *     GET l=              svg.h: the document, gzipped or not, by the rules of SVG Tiny P/S
 *     GET a=              mark.h: the chain of the mark certificate, its names, dates and logotype
 *
 * Every problem is told, with its place: none hides another.
 */
#ifndef BIMI_BIMI_H
#define BIMI_BIMI_H

#include "base/limits.h"
#include "fact/fact.h"

/** What there is at one name. */
enum bimi_found {
    BIMI_RECORD_NONE,   /**< no TXT begins with tag v of value BIMI1 in any case */
    BIMI_RECORD_ONE,    /**< one; `fault` tells whether it holds */
    BIMI_RECORD_SEVERAL /**< more than one: no logo is shown (7.2) */
};

/** What is wrong with a record. Bits: none hides another. */
enum bimi_fault {
    BIMI_FAULT_LIST = 1,    /**< it is no tag list, or a tag stands twice */
    BIMI_FAULT_VERSION = 2, /**< v is not exactly BIMI1 */
    BIMI_FAULT_NO_L = 4,    /**< l is absent */
    BIMI_FAULT_EMPTY_L = 8, /**< l is empty and a is not */
    BIMI_FAULT_L = 16,      /**< l is no https URI with a domain name, or has a raw comma */
    BIMI_FAULT_A = 32,      /**< a, the same */
    BIMI_FAULT_SUFFIX = 64, /**< l ends in the suffix of an image that is no SVG */
    BIMI_FAULT_AVP = 128,   /**< avp is neither brand nor personal: it is ignored */
    BIMI_FAULT_LPS = 256    /**< a prefix of lps is not 1 to 63 letters, digits and hyphens */
};

/** A record. Spans lie in the fact. */
struct bimi_record {
    enum bimi_found found;
    unsigned faults;  /**< of enum bimi_fault */
    assay_span text;  /**< the record, or the first of several */
    assay_span where; /**< the piece that the first fault is about */
    bool has_l, has_a;
    assay_span l, a, avp, lps; /**< values as written; empty: absent or empty */
    bool declined;             /**< l and a both empty (4.3.1) */
};

/**
 * The record of a TXT answer.
 *
 * \param fact  ASSAY_OK, TXT
 * \param ret   lives as long as the fact
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status bimi_record_of(const struct assay_fact *fact,
                                            const struct bimi_record **ret);

/** Read one record: any text. `text` must outlive it. */
void bimi_record_read(assay_span text, struct bimi_record *ret);

#endif
