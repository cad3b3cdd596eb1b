/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf_text.h SPF records as text: edited, repaired, merged. What comes out lives in keep. */
#ifndef POSTURE_SPF_TEXT_H
#define POSTURE_SPF_TEXT_H

#include "posture/posture.h"

/** A change: a piece of the record, and what stands there instead. */
struct spf_edit {
    assay_span at;
    assay_span with; /**< empty: the blanks before the piece go, too */
};

/** The text begins with the version and a blank, or is the version alone (RFC 7208 4.5). */
bool spf_is_record(assay_span text);

/** The record with edits, which are in order. Empty when memory is out. */
assay_span spf_edited(struct posture *p, assay_span text, const struct spf_edit *edits, size_t n);

/** The record parses. */
bool spf_is_valid(struct posture *p, assay_span record);

/**
 * The record with every term that breaks the grammar mended, or left out where nothing can be made of it.
 *
 * \param left_out  set to the first term that was left out, or empty
 * \return empty: nothing could be done
 */
assay_span spf_repaired(struct posture *p, assay_span record, assay_span *left_out);

/** The text is no record, but was meant as one (SPF-NEAR-MISS). */
bool spf_is_near_miss(assay_span text);

/** A near miss, repaired. \return empty: nothing could be done */
assay_span spf_near_repaired(struct posture *p, assay_span text);

/** All SPF records of an answer in one. \return empty: nothing could be done */
assay_span spf_merged(struct posture *p, const struct assay_fact *fact);

/** A mechanism's name that a modifier of the record has (SPF-MODIFIER-TYPO): the modifiers, up to `max`. */
size_t spf_modifier_typos(assay_span record, assay_span *ret, size_t max);

#endif
