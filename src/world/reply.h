/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file reply.h
 * A DNS reply becomes a fact. Pure: octets in, fact out.
 */
#ifndef WORLD_REPLY_H
#define WORLD_REPLY_H

#include "dns/wire.h"

/**
 * Make a fact of what dns_reply_read() gave, as reply_fact() does.
 *
 * \param s  its status
 * \param r  the reply, if it is ASSAY_DONE; the steps of its chain get `secure`
 */
assay_fact *reply_fact_of(assay_status s, const struct dns_reply *r, const struct assay_question *q,
                          enum assay_secure secure);

/**
 * As reply_fact_of(), with a few words that go with data and denials. Of a secure answer `until` is set,
 * with all of these functions.
 */
assay_fact *reply_fact_said(assay_status s, const struct dns_reply *r,
                            const struct assay_question *q, enum assay_secure secure,
                            assay_span reason);

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
