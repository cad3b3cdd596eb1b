/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file words.h
 * Encoded words (RFC 2047) as people read them, for Subject and display names.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "base/buf.h"

/**
 * Append the value of a field: unfolded, encoded words of UTF-8, US-ASCII, ISO-8859-1,
 * ISO-8859-15 and Windows-1252 decoded, others as they stand.
 *
 * What comes out is meant to be UTF-8, but the message may hold anything: clean it before a
 * terminal sees it (term.h).
 */
void words_decode(assay_span value, struct buf *out);

#endif
