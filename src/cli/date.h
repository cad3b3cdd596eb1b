/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file date.h
 * Dates of mail (RFC 5322 3.3), as Received fields end with.
 */
#ifndef CLI_DATE_H
#define CLI_DATE_H

#include "base/span.h"

/**
 * Read `Fri, 20 Nov 2026 10:00:00 +0100`, with its obsolete forms: no day of the week, no seconds,
 * two digits of a year, a zone in letters. A comment or anything else behind the zone is not looked
 * at.
 *
 * \param ret  seconds since 1970-01-01T00:00:00Z; set when true is returned
 */
bool date_read(assay_span text, int64_t *ret);

#endif
