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
 * Octets of a block, and octets that must be there from its beginning on for it to be looked at.
 */
enum { SCAN_BLOCK = 64, SCAN_AHEAD = 2 * SCAN_BLOCK };

/**
 * What the relaxed body canonicalization (RFC 6376 3.4.4) does to a block; one bit for each octet,
 * the first lowest.
 */
struct scan_block {
    uint64_t drop; /**< blanks before a blank or before CRLF: they go */
    uint64_t tabs; /**< tabs; those that do not go become spaces */
    bool odd;      /**< a CR or LF stands alone: look octet by octet */
};

/**
 * The first block, counted from `at` in steps of SCAN_BLOCK, that has to be changed.
 *
 * \param at   the octet before it, if any, is none that is held
 * \param ret  what to change, when fewer than SCAN_AHEAD octets lie behind the result it is not set
 * \return where that block begins, or where fewer than SCAN_AHEAD octets are left
 */
size_t scan_relaxed(assay_span s, size_t at, struct scan_block *ret);

#endif
