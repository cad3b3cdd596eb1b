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

/**
 * Read dotted IPv4 or RFC 4291 IPv6, without zone. An IPv4-mapped IPv6 address becomes IPv4 (RFC
 * 7208 5).
 */
bool ip_read(assay_span text, struct ip *ret);

/** Read IPv4 only, four numbers without leading zeros. */
bool ip4_read(assay_span text, struct ip *ret);

/** Read IPv6 only; a mapped address stays IPv6. */
bool ip6_read(assay_span text, struct ip *ret);

/** An address of 4 or 16 octets. */
struct ip ip_of(const char *octets, size_t n);

/** Write the address as RFC 5952 does. \return `text` */
assay_span ip_text(const struct ip *ip, char text[IP_TEXT]);

/** Four octets as a number, the first one the highest. */
static inline uint32_t ip_word(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | (uint32_t)b[3];
}

/** Two addresses of `n` octets, 4 or 16, agree in the first `bits` bits. */
static inline bool ip_octets_in(const uint8_t *a, const uint8_t *b, size_t n, unsigned bits)
{
    uint32_t differ = 0;

    for (size_t i = 0; i < n && bits; i += 4) {
        unsigned of_these = bits < 32 ? bits : 32;

        differ |= (ip_word(a + i) ^ ip_word(b + i)) >> (32 - of_these);
        bits -= of_these;
    }
    return differ == 0;
}

/** Both are of one version and agree in the first `bits` bits. */
static inline bool ip_in(const struct ip *ip, const struct ip *net, unsigned bits)
{
    return ip->version == net->version && bits <= ip_size(ip) * 8 &&
           ip_octets_in(ip->b, net->b, ip_size(ip), bits);
}

/**
 * Loopback, private, link-local, unique local, shared (RFC 6890): no client of the public Internet.
 */
bool ip_private(const struct ip *ip) ASSAY_PURE;

/**
 * The name of the address under in-addr.arpa or ip6.arpa. \param out  room for 80 octets, no NUL
 */
assay_span ip_reverse(const struct ip *ip, char out[80]);

#endif
