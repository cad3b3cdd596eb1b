/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file discover.h
 * Policy discovery (RFC 9989 4.10.1; RFC 7489 6.6.3), for dmarc.c.
 */
#ifndef DMARC_DISCOVER_H
#define DMARC_DISCOVER_H

#include "dmarc/dmarc.h"

/** The record that applies to an author domain. */
struct dmarc_discovery {
    bool unknown;                      /**< a question was not answered: the record is not known */
    const struct dmarc_record *record; /**< NULL: none applies */
    /** the record that was taken, though it may be too broken to apply: then `record` is NULL */
    const struct dmarc_record *found;
    assay_span
        policy_domain; /**< where it was found; where none was, the last name that mattered */
    const char *none;  /**< why none applies */
    const char *none_ref;
    assay_span org;         /**< the organizational domain of the author; empty: not known */
    struct dmarc_walk walk; /**< RFC 9989: from the author domain up */
    /** 4.10.1: the record is broken, and read as p=none for the sake of its rua */
    bool assumed_none;
    enum dmarc_policy asked; /**< of p, sp or np */
    const char *asked_tag;
    /** np and sp ask for different things, and it is not known whether the domain exists */
    bool existence_unknown;
};

/**
 * Find the record for an author domain.
 *
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dmarc_discover(struct assay_eval *ev, enum dmarc_mode mode,
                                            assay_span author, struct dmarc_discovery *ret);

#endif
