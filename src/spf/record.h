/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file record.h
 * The SPF record of a TXT answer: selected (RFC 7208 4.5) and parsed (4.6, 12), once for each fact.
 */
#ifndef SPF_RECORD_H
#define SPF_RECORD_H

#include "base/ip.h"
#include "fact/fact.h"

/** Mechanisms (RFC 7208 5). */
enum spf_mechanism { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS };

/** A domain-spec (RFC 7208 7.1). */
struct spf_domain {
    assay_span spec; /**< as written; empty: none, the current domain is meant */
    assay_span name; /**< its canonical name, when it has no macro and is a name; else empty */
    bool macro;      /**< it has macros to expand, or must be cut */
};

/** One directive. */
struct spf_term {
    enum spf_mechanism mechanism;
    char qualifier;       /**< + - ~ ? */
    uint8_t bits4, bits6; /**< prefix lengths of a and mx; of ip4 and ip6 the one that applies */
    struct spf_domain domain;
    struct ip net;   /**< ip4, ip6 */
    assay_span text; /**< the whole term */
};

/** What there is. */
enum spf_found {
    SPF_RECORD_OK,
    SPF_RECORD_NONE,    /**< no record begins with the version (RFC 7208 4.5) */
    SPF_RECORD_SEVERAL, /**< more than one does (RFC 7208 4.5) */
    SPF_RECORD_SYNTAX   /**< it breaks the grammar anywhere (RFC 7208 4.6) */
};

/** A parsed record. Spans lie in the fact or in the record itself. */
struct spf_record {
    enum spf_found found;
    assay_span text;     /**< the record */
    const char *problem; /**< SPF_RECORD_SYNTAX: what is wrong, a few words */
    assay_span where;    /**< ... and the term it is in */
    struct spf_term *terms;
    size_t n;
    struct spf_domain redirect, exp; /**< `spec` empty: none */
};

/**
 * The record of a TXT answer.
 *
 * \param fact  ASSAY_OK, TXT
 * \param ret   lives as long as the fact
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status spf_record_of(const struct assay_fact *fact,
                                           const struct spf_record **ret);

/**
 * Parse one record; what spf_record_of() does for the one it selects.
 *
 * \param text  must outlive the record
 * \return NULL when memory is out; free with spf_record_free()
 */
struct spf_record *spf_record_parse(assay_span text);

/** Free a record that spf_record_parse() made. */
void spf_record_free(void *record);

#endif
