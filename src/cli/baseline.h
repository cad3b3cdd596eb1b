/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file baseline.h
 * --baseline: what a former `assay check --json` or `--jsonl` found, and what has changed since.
 *
 * A finding is the same when id, subject and outcome are. What cannot be told now is never called
 * removed.
 */
#ifndef CLI_BASELINE_H
#define CLI_BASELINE_H

#include "cli/check.h"

/** A former report. */
struct baseline;

/** Findings and domains of one that are looked at. */
enum { BASELINE_FINDINGS_MAX = 1 << 20 };

/**
 * Read a former report.
 *
 * \param ret      free with baseline_free()
 * \param ret_why  set on ASSAY_EINVAL; static text
 * \return ASSAY_DONE, ASSAY_EINVAL: not such a report, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status baseline_read(assay_span text, struct baseline **ret,
                                           const char **ret_why);

/** Free it. NULL is harmless. */
void baseline_free(struct baseline *b);

/**
 * Compare: marks findings that were added, and lists those that are gone.
 *
 * \param r      its posture and marks are there; its members about the baseline are set
 * \param arena  where the list is put; its texts live as long as the baseline
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status baseline_compare(const struct baseline *b, struct check_report *r,
                                              struct arena *arena);

#endif
