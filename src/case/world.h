/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file world.h
 * The world of a case: what [dns] says, sorted so that a name is found at once, the keys of [sign],
 * and what the other sections know (things.h).
 *
 *     case_world_add()    a record or a mark, as the reader meets it
 *     case_world_sort()   once all are there; finds what contradicts itself
 *     case_world_ask()    the answer to a question
 *
 * Names are kept as keys: canonical text (dns/name.h) in which the dots between labels are \x01, an
 * octet that stands in no canonical name, compared from their end. So all names below a name lie in
 * one run behind it.
 */
#ifndef CASE_WORLD_H
#define CASE_WORLD_H

#include "base/arena.h"
#include "base/ip.h"
#include "case/sign.h"
#include "case/things.h"
#include "dns/name.h"

#include <assay/assay.h>

/** A line of [dns]. */
struct case_record {
    assay_span key;           /**< of its owner */
    uint16_t rrtype;          /**< ASSAY_RR_ANY: what is said of every type; 0: a mark */
    enum assay_how how;       /**< ASSAY_OK: `rdata` */
    enum assay_secure secure; /**< of a mark @secure, @insecure, @unknown */
    uint32_t ttl;
    int64_t until; /**< of a mark: when signatures end; of [recall]: when it was seen; else 0 */
    assay_span rdata;
    assay_span at; /**< the line, for errors; also its order */
};

/** Records sorted by key, type and order. */
struct case_table {
    struct case_record **rows;
    size_t n, cap;
};

/** What one name server says: a block of [dns]. */
struct case_server;

/** All of one [dns] and [sign], and of the sections of things.h. */
struct case_world {
    struct case_table records;
    struct case_table existing;  /**< of them, those that say more than NXDOMAIN */
    struct case_table marks;     /**< @secure and its like */
    struct case_table suffixes;  /**< @suffix */
    struct case_table ends;      /**< @until: when the signatures of an RRset end */
    struct case_signer *signers; /**< [sign]: keys and answers; never shared */
    struct case_table recalls;   /**< of [recall]: records that were seen before */
    struct case_things things;   /**< what is no RRset */
    struct case_server *servers; /**< by address */
    bool authoritative;          /**< of a server: it answers with authority */
    bool no_tcp; /**< of a server: what it owes was to come over TCP, which it refuses */
};

struct case_server {
    struct case_server *next;
    char address[IP_TEXT]; /**< as text, as it is asked for */
    struct case_world world;
};

/** A world, and the one it adds to; its own lines win. */
struct case_worlds {
    const struct case_world *own;
    const struct case_world *shared; /**< may be NULL */
};

/** The table a line belongs to. */
enum case_table_of { CASE_RECORDS, CASE_MARKS, CASE_SUFFIXES, CASE_RECALLS, CASE_ENDS };

/** The key of a canonical name. \param key  room for name.n octets */
assay_span case_key(assay_span name, char *key);

/** Compare keys as they are sorted. */
int case_key_compare(assay_span a, assay_span b);

/**
 * Add a line. `record` and what it points to live as long as `arena`. \return ASSAY_DONE,
 * ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_world_add(struct arena *a, struct case_world *w,
                                            enum case_table_of which, struct case_record *record);

/**
 * Sort; nothing may be added afterwards.
 *
 * \param ret_clash  set to the first line that contradicts one above it, or NULL
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_world_sort(struct arena *a, struct case_world *w,
                                             const struct case_record **ret_clash);

/**
 * Answer a question.
 *
 * \param ret          set on ASSAY_DONE; the caller's count
 * \param ret_absent   if not NULL, set to whether the world says nothing about it: NXDOMAIN for
 *                     want of a line, or a kind of question that nothing here answers
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_world_ask(const struct case_worlds *w,
                                            const struct assay_question *q, assay_fact **ret,
                                            bool *ret_absent);

/** Answers that were made once: any number of threads may look and add. */
struct case_facts;

/** An empty one. \return NULL when memory is out */
struct case_facts *case_facts_new(void);

/** Give its memory back. NULL is harmless. */
void case_facts_free(struct case_facts *facts);

/**
 * case_world_ask() that remembers, up to LIMIT_CASE_FACTS answers; not those to questions with
 * data, which come once.
 *
 * \param ret  set on ASSAY_DONE; the caller's count
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_facts_ask(struct case_facts *facts, const struct case_worlds *w,
                                            const struct assay_question *q, assay_fact **ret);

/** Whether DNSSEC vouches for a name, by the most specific mark. */
enum assay_secure case_world_secure(const struct case_worlds *w, assay_span key);

/** The world of a server by its address as text, or NULL. */
struct case_world *case_world_server(const struct case_world *w, assay_span address);

#endif
