/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file row.h From a verdict to the row that the store and the log have of it.
 */
#ifndef DAEMON_ROW_H
#define DAEMON_ROW_H

#include "daemon/outcome.h"
#include "store/row.h"

/** A row with what its spans point to. */
struct daemon_row {
    struct store_row row;
    struct store_signature signatures[LIMIT_SIGNATURES];
    char keys[4096]; /**< of store_row.keys */
    char reply[512]; /**< of store_row.reply */
};

/**
 * Make the row of a message.
 *
 * \param eval  finished; it and `facts` outlive the row
 * \param now   when it was decided
 */
void row_of(const struct message_facts *facts, const assay_eval *eval, int64_t now,
            struct daemon_row *ret);

/** The value of the topmost Message-ID, without brackets; empty when there is none. */
assay_span row_message_id(const assay_eval *eval);

/** Octets that the header of a message takes. */
size_t row_header_octets(const assay_eval *eval);

/** A disposition in one word. */
const char *row_disposition(enum assay_disposition what);

#endif
