/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file number.h
 * Decimal numbers, read strictly and written.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/span.h"

/** Room for the digits of any uint64_t. */
enum { NUMBER_DIGITS = 20 };

/**
 * Read a number: digits only, at least one, leading zeros allowed.
 *
 * \param max  the largest that is taken
 * \param ret  set when true is returned
 */
bool number_read(assay_span s, uint64_t max, uint64_t *ret);

/** Write a number into `digits`, without NUL. \return the part that was written */
assay_span number_text(uint64_t number, char digits[NUMBER_DIGITS]);

#endif
