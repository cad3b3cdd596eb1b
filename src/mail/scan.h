/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file scan.h
 * Find the next octet of a body that canonicalization would change, looking at 64 octets at a time.
 */
#ifndef MAIL_SCAN_H
#define MAIL_SCAN_H

#include "base/span.h"

/**
 * The first LF that no CR stands before, or `s.n`.
 *
 * \param after_cr  the octet before `s` was a CR
 */
size_t scan_bare_lf(assay_span s, bool after_cr) ASSAY_PURE;

/**
 * The first octet where the relaxed body canonicalization (RFC 6376 3.4.4) may differ from its input, or `s.n`: a
 * tab; a blank or CR behind a blank; a LF not behind a CR; the octet behind a CR that is not LF. The octet before
 * `s` is taken to be none of these.
 */
size_t scan_relaxed(assay_span s) ASSAY_PURE;

#endif
