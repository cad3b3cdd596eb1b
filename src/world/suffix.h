/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file suffix.h
 * The public suffix of a name (RFC 7489 3.2), by libpsl.
 *
 * The list changes, so which one answered stands in the fact's reason.
 */
#ifndef WORLD_SUFFIX_H
#define WORLD_SUFFIX_H

#include <assay/assay.h>

/** A public suffix list. */
struct suffixes;

/**
 * Open a list.
 *
 * \param path  a file; NULL: the newer of the one built into libpsl and the one of the system
 * \param ret_why  set to what is wrong on ASSAY_EINVAL; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status suffixes_new(const char *path, struct suffixes **ret,
                                          const char **ret_why);

/** Close a list; NULL is taken. */
void suffixes_free(struct suffixes *s);

/**
 * The public suffix of the question's name, one item. A name that no rule matches has its last
 * label as suffix (the list's rule `*`); the root has none: ASSAY_NODATA.
 *
 * \return NULL when memory is out
 */
assay_fact *suffixes_fact(const struct suffixes *s, const struct assay_question *q);

#endif
