/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ip.h"

#include "base/number.h"

#include <arpa/inet.h>

bool ip4_read(assay_span text, struct ip *ret)
{
    struct ip ip = {4, {0}};
    assay_span part;
    int n = 0;

    while (span_cut(&text, '.', &part)) {
        uint64_t octet;

        if (n == 4 || part.n > 3 || (part.n > 1 && part.p[0] == '0') ||
            !number_read(part, 255, &octet))
            return false;
        ip.b[n++] = (uint8_t)octet;
    }
    if (n != 4)
        return false;
    *ret = ip;
    return true;
}

bool ip6_read(assay_span text, struct ip *ret)
{
    struct ip ip = {6, {0}};
    char z[IP_TEXT];

    if (text.n == 0 || text.n >= sizeof z || memchr(text.p, '\0', text.n))
        return false;
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    if (inet_pton(AF_INET6, z, ip.b) != 1)
        return false;
    *ret = ip;
    return true;
}

bool ip_read(assay_span text, struct ip *ret)
{
    struct ip ip;

    if (ip4_read(text, ret))
        return true;
    if (!ip6_read(text, &ip))
        return false;
    *ret = ip_of((const char *)ip.b, 16);
    return true;
}

struct ip ip_of(const char *octets, size_t n)
{
    static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    struct ip ip = {n == 4 ? 4 : 6, {0}};

    if (n == 16 && memcmp(octets, MAPPED, 12) == 0)
        return ip_of(octets + 12, 4);
    memcpy(ip.b, octets, n <= 16 ? n : 16);
    return ip;
}

assay_span ip_text(const struct ip *ip, char text[IP_TEXT])
{
    text[0] = '\0';
    if (ip->version)
        inet_ntop(ip->version == 4 ? AF_INET : AF_INET6, ip->b, text, IP_TEXT);
    return span_of(text);
}

bool ip_private(const struct ip *ip)
{
    static const struct {
        struct ip net;
        unsigned bits;
    } NETS[] = {
        {{4, {10}}, 8},        {{4, {127}}, 8},         {{4, {169, 254}}, 16}, {{4, {172, 16}}, 12},
        {{4, {192, 168}}, 16}, {{4, {100, 64}}, 10},    {{4, {0}}, 8},         {{6, {0}}, 127},
        {{6, {0xFC}}, 7},      {{6, {0xFE, 0x80}}, 10},
    };

    for (size_t i = 0; i < sizeof NETS / sizeof *NETS; i++)
        if (ip_in(ip, &NETS[i].net, NETS[i].bits))
            return true;
    return false;
}

assay_span ip_reverse(const struct ip *ip, char out[80])
{
    static const char HEX[] = "0123456789abcdef";
    size_t n = 0;

    for (size_t i = ip_size(ip); i > 0; i--) {
        if (ip->version == 4) {
            char digits[NUMBER_DIGITS];
            assay_span octet = number_text(ip->b[i - 1], digits);

            memcpy(out + n, octet.p, octet.n);
            n += octet.n;
        } else {
            out[n++] = HEX[ip->b[i - 1] & 15];
            out[n++] = '.';
            out[n++] = HEX[ip->b[i - 1] >> 4];
        }
        out[n++] = '.';
    }
    memcpy(out + n, ip->version == 4 ? "in-addr.arpa" : "ip6.arpa", ip->version == 4 ? 12 : 8);
    return (assay_span){out, n + (ip->version == 4 ? 12 : 8)};
}
