/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file address.h Addresses of header fields: RFC 5322 3.4 with its obsolete syntax (4.4), groups,
 * comments, and UTF-8 (RFC 6532).
 *
 * Reading is tolerant, because a mail program that shows the message is: what breaks the grammar is
 * noted as a fault, and an address is still looked for in what is there. Nobody may hide an author
 * by writing badly: where programs would take different addresses from what is broken, each of them
 * is a mailbox.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "base/arena.h"
#include "base/limits.h"

/**
 * One mailbox. Comments and folding are taken out; quotes and escapes of the local part are undone.
 */
struct mailbox {
    assay_span display; /**< the display name as written, trimmed; encoded words are not decoded */
    assay_span local;   /**< the local part */
    assay_span domain;  /**< the domain, not yet A-labels; a domain literal keeps its brackets */
};

/** The addresses of one field. */
struct address_list {
    struct mailbox *boxes;
    size_t n;
    bool fault; /**< something in the field breaks the grammar */
    bool group; /**< a group stands in it; its members are among the boxes */
    bool over;  /**< there are more than LIMIT_ADDRESSES; the rest was left out */
};

/**
 * Read the value of From, Sender, To, Reply-To and the like.
 *
 * \param a      where boxes and their spans are put
 * \param value  as received, folded
 * \param ret    set on ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status address_list_read(struct arena *a, assay_span value,
                                               struct address_list *ret);

#endif
