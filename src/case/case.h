/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file case.h
 * The .case file (assay-case(5)): a question, the whole world it may ask, and the answer expected.
 *
 *     case_read()         read.c: sections into cases; what stands above the first [case] is shared by all
 *                         fields.c, records.c, body.c, later.c: the lines of each section; kind.c: what is asked
 *     case_run()          run.c: an evaluation is made, fed, stepped; case_answer() is its world
 *       case_answer()     facts.c: an answer is made once; world.c: [dns], @secure, @suffix; CNAMEs are followed,
 *                         nobody is asked
 *       case_expect()     keys.c: the keys of [expect] as a table; expect.c: each line against the verdict
 *     assay_case_write()  write.c: the other way, from a verdict to a file; write_world.c, write_message.c, redact.c
 *
 * Times: without `now` the clock stands at 1970-01-01T00:00:00Z, and no signature expires.
 *
 * Nothing here opens a file: the door passes a function that does.
 */
#ifndef CASE_CASE_H
#define CASE_CASE_H

#include "base/arena.h"
#include "base/buf.h"

#include <assay/posture.h>

/**
 * Read a file named in a case, relative to that case's file, into `out`. \return ASSAY_DONE, or
 * below zero
 */
typedef assay_status case_open_fn(void *arg, assay_span path, struct buf *out);

/** Where and why a file could not be read. */
struct case_error {
    size_t line, column; /**< from 1 */
    char text[256];      /**< what is wrong and which rule */
};

/** The cases of one file. */
struct case_set;

/** One case. */
struct case_one;

/**
 * Read the text of a file.
 *
 * \param open       for `file = PATH`; NULL: none may be named
 * \param ret_error  filled on ASSAY_EINVAL
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_read(assay_span text, case_open_fn *open, void *arg,
                                       struct case_set **ret, struct case_error *ret_error);

/** Free a set and its cases. NULL is harmless. */
void case_set_free(struct case_set *set);

/** How many cases there are. A file that has a world but no [case] has one without a name. */
size_t case_count(const struct case_set *set);

/** The case at `i`; lives as long as the set. */
const struct case_one *case_at(const struct case_set *set, size_t i);

/** The name of a case; empty when it has none. */
assay_span case_name(const struct case_one *one);

/** The `ref` of a case; empty when it has none. */
assay_span case_ref(const struct case_one *one);

/** Answer from a case: an assay_answer_fn whose `arg` is a const struct case_one. */
assay_status case_answer(void *one, assay_eval *eval, const struct assay_question *question,
                         size_t n);

/** What a line of [expect] wanted, and what there was. */
struct case_miss {
    assay_span key, wanted, got;
};

/** What running a case came to. */
struct case_outcome {
    assay_policy *policy;     /**< of the case */
    assay_eval *eval;         /**< finished; its verdict can be looked at */
    struct case_miss *misses; /**< empty: the case passed */
    size_t nmisses;
    /** questions the case had no answer for, "TYPE NAME", hints excepted */
    assay_span *unanswered;
    size_t nunanswered;
    struct arena arena; /**< what the above lies in; `key` and `wanted` lie in the case */
};

/**
 * Run a case.
 *
 * \param ret        set on ASSAY_DONE; free with case_outcome_done()
 * \param ret_error  filled on ASSAY_EINVAL: an option is wrong, or this kind of case cannot be run
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_run(assay_engine *engine, const struct case_one *one,
                                      struct case_outcome *ret, struct case_error *ret_error);

/** Give the memory of an outcome back. */
void case_outcome_done(struct case_outcome *outcome);

/* ---- for a door that judges the message of a case by itself (assay verify) ---- */

/** The envelope; NULL when the case has none. Spans live as long as the set. */
const struct assay_envelope *case_envelope(const struct case_one *one);

/** What a domain case asks; NULL: it is none. Spans live as long as the set. */
const struct assay_domain *case_domain(const struct case_one *one);

/** The recipient at `i` of the envelope; empty behind the last. */
assay_span case_recipient(const struct case_one *one, size_t i);

/**
 * The message as it is fed to an evaluation, header alone where [digests] stand for the body;
 * empty: there is none.
 */
assay_span case_message(const struct case_one *one);

/** [digests] stand for the body. */
bool case_has_digests(const struct case_one *one);

/**
 * Give an evaluation that has been fed case_message() the digests of [digests]. \return as
 * assay_body_digest()
 */
ASSAY_NODISCARD assay_status case_give_digests(const struct case_one *one, assay_eval *eval);

/**
 * Set what [policy] says.
 *
 * \param ret_error  filled on ASSAY_EINVAL
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_set_policy(const struct case_one *one, assay_policy *policy,
                                             struct case_error *ret_error);

/**
 * assay_case_write() for one of many domains in a file: its name is `recorded/DOMAIN/NUMBER`.
 *
 * \param number  from 1
 */
ASSAY_NODISCARD assay_status case_write_one_of_many(assay_eval *eval, uint64_t number,
                                                    assay_status (*put)(void *arg, assay_span text),
                                                    void *arg);

#endif
