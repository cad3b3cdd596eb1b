/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file address.h
 * The mailbox of an envelope taken apart, and put together again (RFC 5321 4.1.2).
 *
 * What counts of a local part is its text: quotes around it and backslashes in it are not part of
 * it. A text that came without quotes needs none to go on, be it a dot-string or not: `a..b` is
 * seen in real mail. Text that SRS puts around another text inherits its quotes: "john doe" at
 * a.example becomes "SRS0=HHHH=TT=a.example=john doe".
 */
#ifndef SRS_ADDRESS_H
#define SRS_ADDRESS_H

#include "base/arena.h"
#include "base/buf.h"

/** A mailbox. */
struct srs_address {
    assay_span local;  /**< the text of its local part */
    assay_span domain; /**< as it stands: a domain name, or an address literal in brackets */
    bool quoted;       /**< the local part came in quotes */
};

/**
 * A domain name or an address literal, as far as SRS minds: UTF-8 is allowed (RFC 6531 3.3), a `=`
 * is not, for it would end the domain too early.
 */
bool srs_domain_ok(assay_span domain) ASSAY_PURE;

/**
 * Take an address apart.
 *
 * \param a       gets a copy of the local part where backslashes have to go
 * \param ret     set when there is no fault; borrows from `address`
 * \param ret_why set to NULL, or to what is wrong. Static text
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status srs_address_read(struct arena *a, assay_span address,
                                              struct srs_address *ret, const char **ret_why);

/** Append a local part, in quotes where it needs them. */
void srs_local_write(assay_span local, bool quoted, struct buf *out);

#endif
