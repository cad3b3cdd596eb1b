/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file reply.h
 * A DNS reply becomes a fact. Pure: octets in, fact out.
 */
#ifndef WORLD_REPLY_H
#define WORLD_REPLY_H

#include <assay/assay.h>

/**
 * Make a fact of a reply that a resolver vouches for.
 *
 * NOERROR gives OK or NODATA, NXDOMAIN and REFUSED themselves, any other RCODE, a circle of CNAMEs
 * and a reply that cannot be read SERVFAIL, with the reason.
 *
 * \param packet  the reply; not trusted in anything
 * \param q       what was asked
 * \param secure  of the answer; each CNAME step gets it too
 * \return NULL when memory is out
 */
assay_fact *reply_fact(assay_span packet, const struct assay_question *q, enum assay_secure secure);

#endif
