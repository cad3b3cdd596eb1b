/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/** A block of addresses. */
struct net {
    struct ip ip;
    unsigned bits;
};

/** IPv4 that is not public, besides ip_private(). */
static const struct net RESERVED4[] = {
    {{4, {192, 0, 0}}, 24},    /* RFC 6890 2.1 */
    {{4, {192, 0, 2}}, 24},    /* RFC 5737 */
    {{4, {192, 88, 99}}, 24},  /* RFC 7526 */
    {{4, {198, 18}}, 15},      /* RFC 2544 */
    {{4, {198, 51, 100}}, 24}, /* RFC 5737 */
    {{4, {203, 0, 113}}, 24},  /* RFC 5737 */
    {{4, {224}}, 3},           /* multicast, reserved, broadcast */
};

/** IPv6 that is not public within 2000::/3; nothing outside is. */
static const struct net RESERVED6[] = {
    {{6, {0x20, 0x01, 0x00}}, 23},       /* RFC 2928: Teredo and others */
    {{6, {0x20, 0x01, 0x0D, 0xB8}}, 32}, /* RFC 3849 */
    {{6, {0x20, 0x02}}, 16},             /* RFC 3056: an IPv4 address inside, of any kind */
    {{6, {0x3F, 0xFF, 0x00}}, 20},       /* RFC 9637 */
};

/** The address lies in one of these. */
static bool in_some(const struct ip *ip, const struct net *nets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ip_in(ip, &nets[i].ip, nets[i].bits))
            return true;
    return false;
}

bool address_public(const struct ip *ip)
{
    static const struct ip GLOBAL = {6, {0x20}};

    if (ip->version == 4)
        return !ip_private(ip) && !in_some(ip, RESERVED4, sizeof RESERVED4 / sizeof *RESERVED4);
    return ip_in(ip, &GLOBAL, 3) && !in_some(ip, RESERVED6, sizeof RESERVED6 / sizeof *RESERVED6);
}

struct address address_of(const struct ip *ip, unsigned port)
{
    struct address a = {.n = 0};

    if (ip->version == 4) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

        memcpy(&in.sin_addr, ip->b, 4);
        memcpy(&a.at, &in, a.n = sizeof in);
    } else {
        struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

        memcpy(&in.sin6_addr, ip->b, 16);
        memcpy(&a.at, &in, a.n = sizeof in);
    }
    return a;
}

int address_socket(const struct ip *ip, int type)
{
    return socket(ip->version == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

bool address_reachable(const struct ip *ip)
{
    struct address to = address_of(ip, 53);
    int fd = address_socket(ip, SOCK_DGRAM);
    bool way = fd >= 0 && connect(fd, (const struct sockaddr *)&to.at, to.n) == 0;

    if (fd >= 0)
        close(fd);
    return way;
}
