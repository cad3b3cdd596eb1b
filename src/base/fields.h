/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fields.h
 * The little records of TXT that MTA-STS and TLS-RPT share a grammar for: a version, then `name=value`
 * fields parted by semicolons (RFC 8461 3.1, RFC 8460 3).
 *
 *     record  = version 1*(delim field) [delim]       delim = *WSP ";" *WSP
 */
#ifndef BASE_FIELDS_H
#define BASE_FIELDS_H

#include "base/span.h"

/** How a text begins. */
enum fields_start {
    FIELDS_OTHER,  /**< with something else */
    FIELDS_NEARLY, /**< with the version in other case, or with white space around its `=` */
    FIELDS_VERSION /**< with the version, then WSP, `;` or the end */
};

/** How a text begins. \param version  such as "v=STSv1" */
enum fields_start fields_start(assay_span text, const char *version) ASSAY_PURE;

/** White space stands between the version, `n` octets, and the first `;`. */
bool fields_space(assay_span text, size_t n) ASSAY_PURE;

/** One field, or what stands in its place. */
struct field {
    assay_span whole;       /**< never empty */
    assay_span name, value; /**< empty where there is no `=` */
};

/**
 * Take the next field.
 *
 * \param rest  what follows the version; advanced
 * \return false at the end of the record. What breaks the grammar is a field without a name
 */
bool fields_next(assay_span *rest, struct field *ret);

/** The field has the syntax of an extension: the name 1 to 32 octets, the value without blanks, `=` and `;`. */
bool field_is_extension(const struct field *field) ASSAY_PURE;

/** A name of an extension: a letter or digit, then at most 31 of letters, digits, `_`, `-` and `.`. */
bool field_is_name(assay_span name) ASSAY_PURE;

#endif
