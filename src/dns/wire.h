/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file wire.h
 * DNS messages as they travel (RFC 1035 4): write a query, read a reply.
 */
#ifndef DNS_WIRE_H
#define DNS_WIRE_H

#include "base/arena.h"
#include "dns/name.h"

#include <assay/assay.h>

/** RCODEs (RFC 1035 4.1.1). */
enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5
};

/** Octets of the longest query that dns_query_write() makes. */
enum { DNS_QUERY_MAX = 12 + DNS_NAME_WIRE + 4 + 11 };

/**
 * A reply to one question, its names uncompressed. `rcode` may be an extended one, up to 4,095 (RFC
 * 6891 6.1.3). Of a truncated reply only `id`, `rcode` and the flags of its header are set.
 */
struct dns_reply {
    uint16_t id;
    enum dns_rcode rcode;
    bool truncated;     /**< TC: ask again over TCP */
    bool authoritative; /**< AA: the server has the zone (RFC 1035 4.1.1) */
    bool authentic;     /**< AD (RFC 4035 3.2.3) */
    bool signatures;    /**< RRSIGs came with the answer: the server speaks DNSSEC (RFC 4035 3.1) */
    bool loop;          /**< the CNAME steps run in a circle, or are over LIMIT_CNAMES: no data */
    struct assay_link *chain; /**< CNAME steps from the question on; `secure` is not set */
    size_t nchain;
    assay_span *rdata; /**< of the type that was asked, at the end of the chain; NOERROR only */
    size_t n;
    /** seconds since 1970: when the first signature ends of those that came with the answer; 0: none came */
    int64_t until;
    uint32_t ttl; /**< smallest of chain and records; of a denial by RFC 2308 5, 0 without SOA */
};

/**
 * Write a query with EDNS (RFC 6891), recursion desired.
 *
 * \param dnssec  set DO and AD: RRSIGs come, and AD is told
 * \return octets written to `out`
 */
size_t dns_query_write(uint16_t id, assay_span name, uint16_t rrtype, bool dnssec,
                       uint8_t out[DNS_QUERY_MAX]);

/**
 * Read a reply.
 *
 * \param a       where arrays and spans are put
 * \param packet  not trusted in anything
 * \param name    canonical name that was asked; the reply must ask the same
 * \param ret     set on ASSAY_DONE
 * \return ASSAY_DONE; ASSAY_EINVAL: not a reply to this question, or malformed; ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dns_reply_read(struct arena *a, assay_span packet, assay_span name,
                                            uint16_t rrtype, struct dns_reply *ret);

#endif
