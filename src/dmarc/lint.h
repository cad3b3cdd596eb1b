/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file lint.h
 * The owner's reader of a DMARC Policy Record (RFC 9989 4.8): every part by its place, with what is wrong with it.
 *
 * record.h reads what receivers act on and passes over the rest in silence; this one keeps the parts in order, so
 * that a person can be shown the octets that are wrong and be given the record with just those changed.
 */
#ifndef DMARC_LINT_H
#define DMARC_LINT_H

#include "base/limits.h"
#include "dmarc/record.h"

/** Tags, by the registry of RFC 9989 9.5, and the three that RFC 7489 had. */
enum dmarc_tag {
    DMARC_TAG_V,
    DMARC_TAG_P,
    DMARC_TAG_SP,
    DMARC_TAG_NP,
    DMARC_TAG_PSD,
    DMARC_TAG_T,
    DMARC_TAG_ADKIM,
    DMARC_TAG_ASPF,
    DMARC_TAG_RUA,
    DMARC_TAG_RUF,
    DMARC_TAG_FO,
    DMARC_TAG_PCT, /**< of RFC 7489, as the next two */
    DMARC_TAG_RF,
    DMARC_TAG_RI,
    DMARC_TAG_OTHER /**< in no registry, or no tag at all */
};

/** What is wrong with a part. */
enum dmarc_fault {
    DMARC_WELL,
    DMARC_FAULT_EMPTY,     /**< two separators without a tag between them */
    DMARC_FAULT_NO_EQUALS, /**< no `=` */
    DMARC_FAULT_NAME,      /**< the name is not letters */
    DMARC_FAULT_NO_VALUE,  /**< nothing behind the `=` */
    DMARC_FAULT_OCTET,     /**< an octet of the value does not print */
    DMARC_FAULT_VALUE      /**< adkim aspf fo t psd: a value that is not in the table of 4.8 */
};

/** A part between semicolons. Spans lie in the record. */
struct dmarc_part {
    assay_span text;        /**< all of it, without white space around it */
    assay_span name, value; /**< without white space around them; a value may be empty */
    enum dmarc_tag tag;
    enum dmarc_fault fault;
    bool again; /**< a part before has the same name */
};

/** A record in its parts. */
struct dmarc_parts {
    struct dmarc_part parts[LIMIT_TAGS];
    size_t n;
    assay_span
        rest; /**< what stands behind the last of LIMIT_TAGS parts, separator included; not looked at */
};

/** Take a record apart. The empty part behind a last separator is none. */
void dmarc_parts_read(assay_span record, struct dmarc_parts *ret);

/** The first part of a tag that has a name and `=`, or NULL. */
const struct dmarc_part *dmarc_part_of(const struct dmarc_parts *parts, enum dmarc_tag tag);

/** A few words for a fault. */
const char *dmarc_fault_text(enum dmarc_fault fault);

/** The name of a tag; NULL for DMARC_TAG_OTHER. */
const char *dmarc_tag_text(enum dmarc_tag tag);

/** How a TXT record that is none (dmarc_is_record()) was meant to be one. */
enum dmarc_near_miss {
    DMARC_NOT_MEANT,      /**< it is something else */
    DMARC_MISS_VERSION,   /**< `v=` of value DMARC1 but for case, or blanks inside */
    DMARC_MISS_NOT_FIRST, /**< a tag `v` of value DMARC1 stands later */
    DMARC_MISS_LEAD,      /**< quote, blank, byte order mark or backslash before it */
    DMARC_MISS_SPELLING   /**< `DMARC1` without `v=`, or not followed by a semicolon or the end */
};

/**
 * What a TXT record may have been meant to be.
 *
 * \param ret_rest  unless DMARC_NOT_MEANT, what stands behind the version or around it: tags to put behind
 *                  "v=DMARC1; ". For DMARC_MISS_NOT_FIRST the text as a whole
 */
enum dmarc_near_miss dmarc_near_miss(assay_span text, assay_span *ret_rest);

#endif
