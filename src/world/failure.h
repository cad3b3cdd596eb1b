/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file failure.h
 * Answers that are none, with a few words on why.
 */
#ifndef WORLD_FAILURE_H
#define WORLD_FAILURE_H

#include <assay/assay.h>

/**
 * Make the fact that a question was not answered.
 *
 * \param how     neither OK, NODATA nor NXDOMAIN
 * \param format  as printf; 255 octets at most, octets that are not printable ASCII become `?`
 * \return NULL when memory is out
 */
assay_fact *failure_new(enum assay_kind kind, uint16_t rrtype, enum assay_how how,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
