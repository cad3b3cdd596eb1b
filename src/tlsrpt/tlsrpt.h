/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file tlsrpt.h
 * TLS reporting: where a domain wants reports on TLS to it (RFC 8460 3).
 */
#ifndef TLSRPT_TLSRPT_H
#define TLSRPT_TLSRPT_H

#include "base/limits.h"
#include "fact/fact.h"

/** What there is at `_smtp._tls.D`. */
enum tlsrpt_found {
    TLSRPT_RECORD_NONE,    /**< no TXT begins with the version, and none nearly does */
    TLSRPT_RECORD_ONE,     /**< one, and it is right; its URIs are looked at one by one */
    TLSRPT_RECORD_SEVERAL, /**< more than one begins with it: none counts */
    TLSRPT_RECORD_SYNTAX   /**< one, and it is wrong; or none, and one nearly begins with it */
};

/** One item of rua. */
struct tlsrpt_uri {
    assay_span text;     /**< as written, white space at both ends left out */
    const char *problem; /**< NULL: it is good; else what is wrong, a few words */
    bool mailto;         /**< else https; where it is good */
    assay_span host;     /**< mailto: behind the @; https: the host; where it is good */
};

/** A record. Spans lie in the fact. */
struct tlsrpt_record {
    enum tlsrpt_found found;
    assay_span text;     /**< the record, or the first of several */
    const char *problem; /**< SYNTAX: what is wrong, a few words */
    assay_span where;    /**< ... and the piece that is */
    bool space;          /**< white space stands before the first `;` */
    struct tlsrpt_uri uris[LIMIT_TLSRPT_URIS];
    size_t nuris;
    bool more_uris; /**< there are more, not looked at */
};

/**
 * The record of a TXT answer.
 *
 * \param fact  ASSAY_OK, TXT
 * \param ret   lives as long as the fact
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status tlsrpt_record_of(const struct assay_fact *fact,
                                              const struct tlsrpt_record **ret);

/** Read one record: any text. `text` must outlive it. */
void tlsrpt_record_read(assay_span text, struct tlsrpt_record *ret);

#endif
