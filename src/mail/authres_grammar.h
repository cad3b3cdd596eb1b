/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file authres_grammar.h What the words of Authentication-Results may look like, exactly: reading
 * notes what does not, writing quotes it.
 */
#ifndef MAIL_AUTHRES_GRAMMAR_H
#define MAIL_AUTHRES_GRAMMAR_H

#include "base/span.h"

/** Keyword (RFC 5321 4.1.2): letters, digits and hyphens, no hyphen at the end. */
bool authres_is_keyword(assay_span s) ASSAY_PURE;

/** token (RFC 2045 5.1): ASCII without blanks, control octets and tspecials. */
bool authres_is_token(assay_span s) ASSAY_PURE;

/** dot-atom-text (RFC 5322 3.2.3). Octets above 127 are taken (RFC 6532 3.2). */
bool authres_is_dot_atom(assay_span s) ASSAY_PURE;

/**
 * domain-name (RFC 6376 3.5): two labels or more. Octets above 127 are taken for those of U-labels
 * (RFC 8616 5).
 */
bool authres_is_domain_name(assay_span s) ASSAY_PURE;

/** quoted-string (RFC 5322 3.2.4): quotes at both ends, none inside but behind a backslash. */
bool authres_is_quoted(assay_span s) ASSAY_PURE;

#endif
