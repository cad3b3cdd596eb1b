/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file model.h
 * What a .case file is once it is read: shared by all of src/case, seen by nobody else.
 *
 * Every span lies in the set's own copy of the text, or in its arena. So an error anywhere, even
 * one found when a case is run, can name line and column: case_refuse() finds them from the span.
 */
#ifndef CASE_MODEL_H
#define CASE_MODEL_H

#include "base/arena.h"
#include "base/limits.h"
#include "case/case.h"
#include "case/world.h"
#include "crypto/engine.h"
#include "srs/secret.h"

#include <assay/posture.h>

/** What is asked. Flags, so that a table can say where a key belongs. */
enum case_kind {
    CASE_NOTHING = 0,     /**< a world, and nobody who asks */
    CASE_MESSAGE = 1,     /**< [message] or [digests] */
    CASE_SPF = 2,         /**< [envelope] alone */
    CASE_DOMAIN = 4,      /**< `domain = NAME` */
    CASE_DESTINATION = 8, /**< `nexthop = NAME` */
    CASE_SENDING = 16,    /**< `direction = out` */
    CASE_SRS = 32,        /**< `srs = forward` or `reverse` */
    CASE_ANY = 63
};

/** `key = value` as it stands in the text. */
struct case_line {
    struct case_line *next;
    assay_span key, value;
};

/** Lines in order. */
struct case_lines {
    struct case_line *first, *last;
    size_t n;
};

/** A line of [digests]. */
struct case_digest {
    struct case_digest *next;
    assay_span canonicalization;
    uint64_t length; /**< canonical octets covered */
    uint8_t sha256[SHA256_SIZE];
};

/** A recorded answer of [secret]. */
struct case_mac {
    struct case_mac *next;
    assay_span name, data, macs;
    enum assay_how how; /**< ASSAY_OK: `macs` */
};

/** [secret]: the secrets named `srs`, and answers that were recorded in their place. */
struct case_secrets {
    struct srs_secrets secrets;
    struct case_mac *macs;
};

struct case_one {
    const struct case_set *set;
    const struct case_one *shared; /**< what stands above the first [case]; NULL: this is it */
    assay_span at;                 /**< its [case], for errors */
    assay_span name, ref;
    enum case_kind kind;
    assay_span kind_at;         /**< what made it of that kind */
    struct case_lines envelope; /**< all lines of [envelope]; `values` has what they say */
    struct assay_envelope values;
    struct case_lines policy, expect;
    assay_span envelope_at, message_at, digests_at, sign_at, secret_at,
        evidence_at; /**< the sections; empty: not there */
    /** as it is fed; with [digests], the header and the empty line behind it */
    assay_span message;
    struct case_digest *digests;
    struct assay_srs srs; /**< an SRS case: what is asked, but for local domains */
    /** a domain case: what is asked */
    struct assay_domain domain;
    assay_span evidence; /**< metrics of reports; empty: none */
    struct case_secrets secret;
    struct case_world world;
    struct case_facts *facts; /**< answers made once */
};

/** The world of a case, with what is shared. */
static inline struct case_worlds case_worlds_of(const struct case_one *one)
{
    return (struct case_worlds){&one->world, one->shared ? &one->shared->world : NULL};
}

struct case_set {
    struct arena arena;
    assay_engine *engine; /**< of the keys of [sign]; NULL while there are none */
    assay_span text;
    struct case_one *shared; /**< what stands above the first [case] */
    struct case_one **cases;
    size_t n, cap;
};

/**
 * Fill an error and refuse.
 *
 * \param at      the octets that are wrong: a span of set->text
 * \return ASSAY_EINVAL
 */
assay_status case_refuse(const struct case_set *set, assay_span at, struct case_error *error,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Text that fits a message for people. */
struct case_shown {
    char text[96];
};

/** Octets of a file in quotes, cut short, with nothing that disturbs a terminal. */
struct case_shown case_shown(assay_span s);

/** The name at `i` of some table, or NULL behind the last. */
typedef const char *case_names_fn(size_t i);

/** `; did you mean "NAME"?` for the nearest name, or an empty text. */
struct case_shown case_hint(assay_span word, case_names_fn *names);

/** This version has a flow for it. */
static inline bool case_can_run(const struct case_one *one)
{
    return one->kind == CASE_MESSAGE || one->kind == CASE_SPF || one->kind == CASE_SENDING ||
           one->kind == CASE_SRS || one->kind == CASE_DOMAIN;
}

/** A message is fed to its flow. */
static inline bool case_has_message(const struct case_one *one)
{
    return one->kind == CASE_MESSAGE || one->kind == CASE_SENDING;
}

/** Make the evaluation of a case that can run, nothing fed to it. \return as assay_receive_new() */
ASSAY_NODISCARD assay_status case_begin(assay_engine *engine, const struct case_one *one,
                                        const assay_policy *policy, assay_eval **ret);

/** The word of a kind, such as "message". */
const char *case_kind_text(enum case_kind kind);

/** [secret] has an answer to a question of kind ASSAY_MAC (secret.c). */
bool case_secret_knows(const struct case_one *one, const struct assay_question *q);

/**
 * Answer a question of kind ASSAY_MAC from [secret]: ASSAY_REFUSED where it has no answer
 * (secret.c).
 *
 * \param ret  set on ASSAY_DONE; the caller's count
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_secret_answer(const struct case_one *one,
                                                const struct assay_engine *engine,
                                                const struct assay_question *q, assay_fact **ret);

/** The name of a key of [expect] at `i`, or NULL behind the last. */
case_names_fn case_expect_name;

/** Where a key of [expect] belongs: flags of enum case_kind; 0: there is no such key. */
unsigned case_expect_kinds(assay_span key);

/** What is wrong with a value of [expect] as such, or NULL. Static text. */
const char *case_expect_fault(assay_span key, assay_span value);

/** Take the id off the next alternative of a finding. \return false behind the last */
bool case_next_finding(assay_span *rest, assay_span *ret_id);

/**
 * Compare a finished evaluation with [expect].
 *
 * \param ret  its misses are added
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
assay_status case_expect(const struct case_one *one, struct case_outcome *ret);

/** How a question is called: "TXT", or the kind for what is no RRset. Static text. */
const char *case_question_text(enum assay_kind kind, uint16_t rrtype);

/** Find a question's type by its name. \return false when there is none */
bool case_question_read(assay_span text, enum assay_kind *ret_kind, uint16_t *ret_rrtype);

#endif
