/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fact.h
 * An answer once given: constant, counted, shared by threads, with what was parsed of it.
 *
 * The public side is assay_fact_new(), assay_fact_ref(), assay_fact_free(), assay_fact_read() of
 * assay.h.
 */
#ifndef FACT_FACT_H
#define FACT_FACT_H

#include "base/span.h"

#include <assay/assay.h>

#include <stdatomic.h>

/** One record of an answer, in the form that evaluators want. */
struct fact_record {
    assay_span text;     /**< TXT, SPF: the strings joined; MX PTR CNAME NS: the name; else RDATA */
    uint16_t preference; /**< MX */
};

/**
 * How to make something of a fact, and how to free it. One static object for each kind of thing.
 */
struct memo_type {
    /** A pure function of the fact's octets. \return ASSAY_DONE or ASSAY_ENOMEM */
    assay_status (*make)(const struct assay_fact *fact, void **ret);
    void (*drop)(void *made); /**< free what make() made */
};

/** One thing made of a fact. */
struct fact_memo {
    struct fact_memo *next;
    const struct memo_type *type;
    void *made;
};

struct assay_fact {
    atomic_uint refs;
    enum assay_kind kind;
    enum assay_how how;
    enum assay_secure secure;
    uint16_t rrtype;
    int http;
    uint32_t ttl;
    int64_t until; /**< as in struct assay_answer */
    size_t bytes;  /**< octets of data, for the budget of a branch */
    assay_span media_type, reason;
    const struct assay_link *chain;
    size_t nchain;
    const assay_span *data; /**< RDATA in canonical order */
    const struct fact_record *records;
    size_t n; /**< of data and of records */
    _Atomic(struct fact_memo *) memos;
};

/** What an answer is worth: there are data, there are none, or it is not known. */
enum fact_state { FACT_DATA, FACT_NONE, FACT_UNKNOWN };

/** The three-valued view of a fact: OK; NODATA or NXDOMAIN; everything else. */
enum fact_state fact_state(const struct assay_fact *fact) ASSAY_PURE;

/** `how` as .case files and traces spell it, such as "NXDOMAIN". */
const char *fact_how_text(enum assay_how how);

/** The parts of an answer that say why it is none: "SERVFAIL", "TIMEOUT"; "" for data. */
const char *fact_trouble(const struct assay_fact *fact);

/**
 * What `type` makes of the fact; made once, then shared by all threads.
 *
 * \param ret  lives as long as the fact
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
assay_status fact_memo(const struct assay_fact *fact, const struct memo_type *type,
                       const void **ret);

#endif
