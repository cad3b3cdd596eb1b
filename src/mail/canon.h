/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file canon.h
 * Header fields as a signature sees them (RFC 6376 3.4.1, 3.4.2, 3.7).
 */
#ifndef MAIL_CANON_H
#define MAIL_CANON_H

#include "mail/body.h"

/**
 * Add a header field in canonical form to a digest, with its CRLF. Line ends of the field may be LF
 * alone.
 *
 * \param name  without blanks before the colon
 * \param raw   the whole field as received; its final line end may be missing
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status canon_field(struct digest *d, enum canon canon, assay_span name,
                                         assay_span raw);

/**
 * Add a signature's own field: the value of b= taken out with the white space around it, and
 * without the final CRLF (RFC 6376 3.7).
 *
 * \param b  the value of its b= tag, inside `raw`
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status canon_signature(struct digest *d, enum canon canon, assay_span name,
                                             assay_span raw, assay_span b);

#endif
