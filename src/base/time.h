/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file time.h Points in time as text (RFC 3339). Seconds since 1970-01-01T00:00:00Z; no clock, no
 * zone database.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/span.h"

/** Room for time_text(), NUL included. */
enum { TIME_TEXT = 24 };

/**
 * Read `2026-11-23T12:00:00Z`, with `+01:00` in place of Z, a date alone, or seconds as a number,
 * `-` before it for a time before 1970. Whatever time_text() writes is read.
 *
 * \return false when it is none of these
 */
bool time_read(assay_span s, int64_t *ret);

/** Write as `2026-11-23T12:00:00Z`; years outside 0-9999 as a number. \return `text` */
assay_span time_text(int64_t t, char text[TIME_TEXT]);

#endif
