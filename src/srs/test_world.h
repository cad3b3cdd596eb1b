/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_world.h
 * Rewriting in tests and fuzzers: an evaluation with secrets at hand.
 */
#ifndef SRS_TEST_WORLD_H
#define SRS_TEST_WORLD_H

#include "srs/secret.h"
#include "srs/srs.h"

/** Noon of 2026-01-15, a day whose time stamp is 7U. */
enum { TEST_NOW = 1768478400, TEST_DAY = 86400 };

/** Secrets given as a file. */
static inline struct srs_secrets test_secrets(const char *file)
{
    struct srs_secrets secrets = {.n = 0};

    (void)srs_secrets_read(span_of(file), &secrets);
    return secrets;
}

/** Answer what is asked. \return ASSAY_DONE, ASSAY_ENOMEM */
static inline assay_status test_answer(const assay_engine *engine, assay_eval *eval,
                                       const struct srs_secrets *secrets)
{
    struct assay_question q;
    assay_fact *fact;
    assay_status s;

    while (assay_next_question(eval, &q)) {
        if ((s = srs_secrets_answer(engine, secrets, q.data, &fact)) != ASSAY_DONE)
            return s;
        (void)assay_answer_question(eval, q.id, fact);
        assay_fact_free(fact);
    }
    return ASSAY_DONE;
}

/** Rewrite. \return the evaluation, to be freed; NULL: the request is not allowed, or no memory */
static inline assay_eval *test_rewrite(assay_engine *engine, const struct assay_srs *request,
                                       const struct srs_secrets *secrets)
{
    assay_eval *eval;
    assay_status s;

    if (assay_srs_new(engine, request, &eval) != ASSAY_DONE)
        return NULL;
    while ((s = assay_step(eval)) == ASSAY_NEED)
        if (test_answer(engine, eval, secrets) != ASSAY_DONE)
            break;
    if (s == ASSAY_DONE)
        return eval;
    assay_eval_free(eval);
    return NULL;
}

#endif
