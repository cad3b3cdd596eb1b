/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file authres.h
 * Authentication-Results (RFC 8601): read what others wrote, tolerantly; write our own, exactly.
 *
 * Also the payload of ARC-Authentication-Results (RFC 8617 4.1.1), once its `i=` is taken off.
 */
#ifndef MAIL_AUTHRES_H
#define MAIL_AUTHRES_H

#include "base/arena.h"
#include "base/buf.h"
#include "mail/header.h"

/** One ptype.property=value; all unquoted. */
struct authres_property {
    assay_span ptype, name, value;
};

/** One method with its result. Names in lower case; unquoted. */
struct authres_result {
    assay_span method; /**< "spf", "dkim", ... private ones too */
    uint64_t version;  /**< of the method; 1 when none is given, UINT64_MAX when it is no number */
    assay_span result; /**< "pass", ... */
    assay_span reason; /**< of reason=; empty when there is none */
    const struct authres_property *properties;
    size_t nproperties; /**< LIMIT_AUTHRES_PROPERTIES at most when read */
};

/** One field taken apart. */
struct authres {
    assay_span authserv_id; /**< empty for the ADMD-less form that some write */
    uint64_t version;       /**< 1 when none is given, UINT64_MAX when it is no number */
    bool none;              /**< it says that nothing was checked */
    bool fault;             /**< something breaks the grammar; what could be read is there */
    const struct authres_result *results;
    size_t n; /**< LIMIT_AUTHRES_RESULTS at most */
};

/**
 * Read the value of a field.
 *
 * Comments (nested to LIMIT_COMMENT_DEPTH), versions, quoted strings, missing authserv-id, stray
 * semicolons and methods nobody registered are understood; from what is not, the next semicolon is
 * looked for. A quote or comment that does not end takes the rest of the field with it.
 *
 * \param a  where the arrays and unquoted spans are put
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status authres_read(struct arena *a, assay_span value, struct authres *ret);

/**
 * The authserv-id of a field names us: equal without case, comments, version, quotes, odd spacing
 * and a final dot aside. U-labels and A-labels are different texts here: ask for each form that is
 * ours (RFC 8601 5).
 *
 * Never fails for want of memory: whoever forges results must not get through for it.
 */
bool authres_is_from(assay_span value, assay_span authserv_id);

/**
 * Write the value of a field: `authserv_id; method=result reason="..." ptype.property=value ...`
 * (RFC 8601 2.2), folded before 78 columns with CRLF and a tab, `none` when there are no results.
 *
 * Whatever the values hold - they come from DNS and from the message - the output obeys the
 * grammar: what is no token (RFC 2045 5.1) is quoted, control octets become `?`, UTF-8 that is well
 * formed stays (RFC 8616 5), an empty value leaves its property out. So it is with names: what is
 * no Keyword (RFC 5321 4.1.2) gets a hyphen for each octet that does not belong there; an empty one
 * leaves its property or result out. Values are cut at LIMIT_AUTHRES_VALUE octets, at a character,
 * and names at LIMIT_AUTHRES_NAME, so that no line passes 998.
 *
 * Values are not yet quoted: a local part in quotes would be quoted once more.
 *
 * \param field_n  octets of the field's name and colon, which stand before the value on its first
 *                 line
 * \param out      gets the value, without final line end. Its status tells whether all of it
 *                 fitted; if not, it holds the results that did, or nothing was added
 */
void authres_write(assay_span authserv_id, const struct authres_result *results, size_t n,
                   size_t field_n, struct buf *out);

#endif
