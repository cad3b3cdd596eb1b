/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file dkim_judge.h
 * The checks of DKIM:
 *
 *     judge_dkim()               dkim_judge.c: which selectors count; their keys; all of them together; the goal
 *       judge_dkim_record()      dkim_record.c: the record of one selector
 */
#ifndef POSTURE_DKIM_JUDGE_H
#define POSTURE_DKIM_JUDGE_H

#include "posture/emit.h"

/** What there is at a selector's name. */
enum key_state {
    KEY_NONE,       /**< no data, or not known */
    KEY_LIVE,       /**< a key to verify with */
    KEY_EMPTY,      /**< withdrawn: p is empty */
    KEY_OTHER_TYPE, /**< a valid list with a k that is not known */
    KEY_EVEN,       /**< an RSA key whose modulus is even */
    KEY_BROKEN      /**< no key */
};

/** The state of the record that mail would use. */
enum key_state dkim_key_state(const struct posture_selector *s);

/** How long ago a selector may have signed, in days, so that it still does. */
enum { DKIM_REVOKED_DAYS = 7 };

/** The record of a selector that mail would use. There are data. */
assay_span dkim_record_text(const struct posture_selector *s);

/** Its key. */
const struct dkim_key *dkim_key_of(const struct posture_selector *s);

/** The value of a tag, or an empty span. Also of a list that is none, as far as it goes. */
assay_span dkim_tag_value(assay_span text, const char *name);

/** A tag is there. */
bool dkim_has_tag(assay_span text, const char *name);

/** The record with one tag left out, or with another value; the other tags as they are. */
assay_span dkim_with_tag(struct posture *p, assay_span text, const char *name, assay_span value);

/** Show the key record, and the value of a tag in it; NULL: all of it. */
void dkim_show_tag(struct posture *p, struct finding *f, const struct posture_selector *s,
                   const char *tag);

/** DKIM-KEY-MISSING, -MULTIPLE, -SYNTAX, -UNUSABLE, -REVOKED of one selector that counts. */
void judge_dkim_record(struct posture *p, const struct posture_selector *s);

#endif
