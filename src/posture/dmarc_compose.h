/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file dmarc_compose.h
 * A DMARC record with some tags changed, added or removed, and everything else as its owner wrote it.
 *
 *     struct dmarc_draft d = dmarc_draft_of(&parts, record);
 *
 *     dmarc_draft_set(&d, DMARC_TAG_P, SPAN("p=reject"));
 *     dmarc_draft_remove(&d, DMARC_TAG_PCT);
 *     publish(p, f, "TXT", name, record, dmarc_draft_text(p, &d));
 */
#ifndef POSTURE_DMARC_COMPOSE_H
#define POSTURE_DMARC_COMPOSE_H

#include "dmarc/lint.h"
#include "posture/emit.h"

/** A record being changed. */
struct dmarc_draft {
    assay_span parts[LIMIT_TAGS + DMARC_TAG_OTHER]; /**< spans of the record or of the caller */
    uint8_t tags[LIMIT_TAGS + DMARC_TAG_OTHER];
    size_t n;
    assay_span separator; /**< as the record has it: `; ` or `;` */
    assay_span rest;      /**< kept as it is */
    bool closed;          /**< the record ends with a separator */
};

/** Begin with a record as it is; empty parts are left out. Spans of both must outlive the draft. */
struct dmarc_draft dmarc_draft_of(const struct dmarc_parts *parts, assay_span record);

/** Put a tag in place of the first of its kind; without one behind v where it is p, else at the end. */
void dmarc_draft_set(struct dmarc_draft *d, enum dmarc_tag tag, assay_span text);

/** Put a tag right behind v. */
void dmarc_draft_insert(struct dmarc_draft *d, enum dmarc_tag tag, assay_span text);

/** Take all parts of a tag out. */
void dmarc_draft_remove(struct dmarc_draft *d, enum dmarc_tag tag);

/** Put another text in place of the part that begins where `part` does; empty: take it out. */
void dmarc_draft_replace(struct dmarc_draft *d, assay_span part, assay_span text);

/** DMARC records at the domain's own `_dmarc` name, whatever is wrong with them: with one more there would be several. */
size_t dmarc_own_records(const struct posture *p);

/**
 * A record of the domain's own that asks for what applies to it now, by the record of another name: without what is
 * only that name's (psd, sp, np), and with reports to the domain where they went to a registry.
 *
 * \param d  a discovery that found a record
 */
assay_span dmarc_own_copy(struct posture *p, const struct dmarc_discovery *d);

/**
 * Make the fixes of one record one: what the findings of DMARC so far say to publish in place of `record` at `name`
 * changes all of sp, np, rua, ruf, fo, adkim and aspf that any of them changes, or each would undo the others. Where
 * two change the same tag, each keeps its own. What p, t and pct are is a decision by itself, and psd of where the
 * organization ends: those stay with the finding that asks for them.
 */
void dmarc_join_fixes(struct posture *p, assay_span name, assay_span record);

/** The record; lives as long as the evaluation, empty when memory is out. */
assay_span dmarc_draft_text(struct posture *p, const struct dmarc_draft *d);

#endif
