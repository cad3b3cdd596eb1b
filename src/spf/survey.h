/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file survey.h
 * An evaluation that walks the SPF tree of one domain, and nothing else (walk.h).
 *
 *     spf_survey_new(engine, domain, now, &eval);
 *     ... step and answer until ASSAY_DONE ...
 *     spf_survey_walk(eval)
 */
#ifndef SPF_SURVEY_H
#define SPF_SURVEY_H

#include "spf/walk.h"

/**
 * Begin.
 *
 * \param domain  in UTF-8; U-labels are converted
 * \return ASSAY_DONE, ASSAY_EINVAL (not a domain name), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status spf_survey_new(assay_engine *engine, assay_span domain, int64_t now,
                                            assay_eval **ret);

/** The walk; NULL before a step returned ASSAY_DONE, or of another evaluation. */
const struct spf_walk *spf_survey_walk(const assay_eval *eval);

#endif
