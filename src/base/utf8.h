/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file utf8.h
 * UTF-8 read strictly (RFC 3629): no over-long form, no surrogate, nothing above U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/span.h"

/** What stands in the place of octets that are no character. */
enum { UTF8_REPLACEMENT = 0xFFFD };

/**
 * Read the character at the front.
 *
 * \param s         not empty
 * \param ret_code  its code point; UTF8_REPLACEMENT when the octets are ill-formed
 * \return octets it takes, from 1 to 4. Ill-formed octets are taken up to where no character could
 *         go on (Unicode 3.9, "maximal subpart"), so that what follows is read afresh
 */
size_t utf8_next(assay_span s, uint32_t *ret_code);

/** Write a code point. \param out  4 octets \return octets written */
size_t utf8_put(uint32_t code, char *out);

/** Every octet belongs to a character. */
bool utf8_ok(assay_span s) ASSAY_PURE;

/** The text up to `most` octets, not cut inside a character. */
assay_span utf8_first(assay_span s, size_t most) ASSAY_PURE;

/**
 * A character would lead a reader or a terminal astray: a control, an invisible one, a mark that
 * turns the direction of text, or a number that is no character (U+FFFE, U+FFFF, and those of each plane).
 */
bool utf8_harmful(uint32_t code) ASSAY_PURE;

#endif
