/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file expect.h
 * --expect: the state that the owner wants, in a small file, so that drift shows in a pipeline.
 *
 *     # for every domain
 *     score >= 80
 *     dmarc.policy = reject
 *     finding SPF-REACH = accepted until 2027-01-01
 *     [shop.example]                                     # from here on for this one only
 *     spf.lookups <= 8
 *     finding MX-PTR mx2.shop.example = accepted
 *
 * Conditions are three-valued: what cannot be told is no drift, but it is not well either.
 */
#ifndef CLI_EXPECT_H
#define CLI_EXPECT_H

#include "cli/check.h"

/** Lines of a file. */
enum { EXPECT_LINES_MAX = 10000 };

/** A file of expectations. */
struct expect;

/** Where and why a file is wrong. */
struct expect_error {
    size_t line, column; /**< from 1 */
    char text[256];
};

/**
 * Read a file.
 *
 * \param ret        free with expect_free()
 * \param ret_error  filled on ASSAY_EINVAL
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status expect_read(assay_span text, struct expect **ret,
                                         struct expect_error *ret_error);

/** Free it. NULL is harmless. */
void expect_free(struct expect *e);

/**
 * Hold a domain against it: marks findings that are accepted, lists lines that do not hold.
 *
 * \param r      its posture and marks are there; its `missed` is set
 * \param arena  where the list is put; its lines live as long as the file
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status expect_compare(const struct expect *e, struct check_report *r,
                                            struct arena *arena);

#endif
