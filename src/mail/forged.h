/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file forged.h
 * Authentication-Results that must not stay (RFC 8601 5): what claims to be ours, on mail that comes
 * in as on mail that is sent.
 */
#ifndef MAIL_FORGED_H
#define MAIL_FORGED_H

#include "mail/authres.h"

#include <assay/assay.h>

/** Our names in the field. */
struct forged_ids {
    assay_span id;          /**< the authserv-id */
    assay_span host;        /**< the name of this host; may be empty */
    const assay_span *also; /**< more names */
    size_t nalso;
};

/**
 * A field is by this name, or by its other form: A-labels and U-labels are the same (RFC 8601 5).
 */
bool forged_is_by(assay_span value, assay_span id);

/**
 * Take out the fields that must not stay: those by one of our names, and those of a version that is
 * not known. From the last to the first, so that indexes stay right.
 *
 * \param scratch  for reading
 * \param edits    room for as many as there are fields; appended to
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status forged_remove(struct arena *scratch, const struct header *h,
                                           const struct forged_ids *ids, struct assay_edit *edits,
                                           size_t *n);

#endif
