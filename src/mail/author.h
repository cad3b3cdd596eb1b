/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file author.h The author domain of a message (RFC 9989 3.2.2, 5.3.1): taken from From in one
 * way, here, for everyone.
 */
#ifndef MAIL_AUTHOR_H
#define MAIL_AUTHOR_H

#include "dns/name.h"
#include "mail/address.h"
#include "mail/header.h"

/** The author domains of a message. */
struct authors {
    size_t fields;    /**< From fields there are; one is right */
    size_t mailboxes; /**< addresses in them */
    /** different author domains: canonical names of A-labels, in order */
    assay_span domains[LIMIT_AUTHORS];
    size_t n;           /**< of `domains` */
    bool over;          /**< there are more than LIMIT_AUTHORS, or addresses were left out */
    bool fault;         /**< a From field breaks the grammar, or a domain is none */
    bool hidden;        /**< one of `fields` stands behind a CR alone: not all see it as a field */
    assay_span address; /**< the first address as people read it, quoted if need be; may be empty */
};

/**
 * Find the author domains: of every address of every From field, each domain once. Of a domain that
 * is no name, the labels behind its last bad one count if there are two or more, so that a bad
 * label frees nobody from a policy.
 *
 * \param a    where names are put
 * \param ret  set on ASSAY_DONE; `n` is 0 when no address has a domain (a literal is none)
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status authors_find(struct arena *a, const struct header *h,
                                          struct authors *ret);

#endif
