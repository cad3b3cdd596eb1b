/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file secret.h
 * Secrets of SRS, for those who have them at hand: a case, a command, a holder of keys.
 */
#ifndef SRS_SECRET_H
#define SRS_SECRET_H

#include "base/limits.h"
#include "crypto/engine.h"

/** Secrets in order: the first makes hashes, all verify. They are borrowed. */
struct srs_secrets {
    assay_span at[LIMIT_SRS_SECRETS];
    size_t n;
};

/**
 * Read a file of secrets, one a line, as postsrsd has it: a secret is all that stands in its line,
 * blanks too; empty lines are skipped.
 *
 * \param text  lives as long as the secrets
 * \return NULL, or what is wrong. Static text
 */
const char *srs_secrets_read(assay_span text, struct srs_secrets *ret);

/**
 * Answer a question of kind ASSAY_MAC.
 *
 * \param ret  set on ASSAY_DONE; the caller's count. Without secrets it is ASSAY_REFUSED
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status srs_secrets_answer(const struct assay_engine *engine,
                                                const struct srs_secrets *secrets, assay_span data,
                                                assay_fact **ret);

#endif
