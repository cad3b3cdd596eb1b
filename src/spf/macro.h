/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file macro.h
 * Macro strings (RFC 7208 7): checked when a record is parsed, expanded when a term is evaluated.
 */
#ifndef SPF_MACRO_H
#define SPF_MACRO_H

#include "base/limits.h"
#include "base/span.h"

/**
 * Octets of the longest name that a domain-spec may stand for; what is longer is cut (RFC 7208
 * 7.3).
 */
enum { SPF_NAME_OCTETS = 253 };

/** What a macro string is for. */
enum spf_macro_use {
    SPF_MACRO_DOMAIN, /**< domain-spec: ends in a top label or a macro; letters c r t are not allowed */
    SPF_MACRO_STRING, /**< the value of a modifier nobody knows */
    SPF_MACRO_EXPLAIN /**< explain-string: spaces and all letters are allowed */
};

/** One macro-expand, taken apart. */
struct spf_macro {
    char letter;           /**< lower case; `%` `_` `-` for the three short ones */
    bool escape;           /**< it was upper case: the value is URL-escaped */
    bool reverse;          /**< transformer r */
    unsigned keep;         /**< right-hand parts to keep; 0: all */
    assay_span delimiters; /**< empty: "." */
};

/**
 * Check a macro string against its grammar (RFC 7208 7.1).
 *
 * \param ret_macro  set to whether there is anything to expand
 * \return NULL, or what is wrong in a few words
 */
const char *spf_macro_check(assay_span s, enum spf_macro_use use, bool *ret_macro);

/**
 * Take one macro off the front of `s`, which begins with `%`.
 *
 * \return NULL, or what is wrong
 */
const char *spf_macro_take(assay_span *s, struct spf_macro *ret);

/** Octets being gathered, with their bound. */
struct spf_text {
    size_t n;
    bool over; /**< more came than there is room for, or a value of too many parts */
    char p[LIMIT_SPF_EXPANSION];
};

/** Add octets to a text. */
void spf_text_add(struct spf_text *t, assay_span s);

/**
 * Add a macro's value: split, reversed, cut to its right-hand parts, escaped as the macro says (RFC
 * 7208 7.3).
 */
void spf_macro_apply(const struct spf_macro *m, assay_span value, struct spf_text *out);

#endif
