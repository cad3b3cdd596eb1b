/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file ip.h
 * IP addresses and prefixes.
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/span.h"

/** Room for ip_text(), NUL included. */
enum { IP_TEXT = 46 };

/** An address. */
struct ip {
    uint8_t version; /**< 4 or 6; 0: none */
    uint8_t b[16];   /**< network order; the first 4 for IPv4 */
};

/** Octets of the address: 4 or 16. */
static inline size_t ip_size(const struct ip *ip)
{
    return ip->version == 4 ? 4 : 16;
}

/** Read dotted IPv4 or RFC 4291 IPv6, without zone. An IPv4-mapped IPv6 address becomes IPv4 (RFC 7208 5). */
bool ip_read(assay_span text, struct ip *ret);

/** Read IPv4 only, four numbers without leading zeros. */
bool ip4_read(assay_span text, struct ip *ret);

/** Read IPv6 only; a mapped address stays IPv6. */
bool ip6_read(assay_span text, struct ip *ret);

/** An address of 4 or 16 octets. */
struct ip ip_of(const char *octets, size_t n);

/** Write the address as RFC 5952 does. \return `text` */
assay_span ip_text(const struct ip *ip, char text[IP_TEXT]);

/** Both are of one version and agree in the first `bits` bits. */
bool ip_in(const struct ip *ip, const struct ip *net, unsigned bits) ASSAY_PURE;

/** Loopback, private, link-local, unique local, shared (RFC 6890): no client of the public Internet. */
bool ip_private(const struct ip *ip) ASSAY_PURE;

/** The name of the address under in-addr.arpa or ip6.arpa. \param out  room for 80 octets, no NUL */
assay_span ip_reverse(const struct ip *ip, char out[80]);

#endif
