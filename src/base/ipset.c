/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ipset.h"

#include <stdlib.h>

/* ---- numbers ---- */

ip_number ip_to_number(const struct ip *ip)
{
    ip_number n = 0;

    for (size_t i = 0; i < ip_size(ip); i++)
        n = n << 8 | ip->b[i];
    return n;
}

struct ip ip_of_number(uint8_t version, ip_number number)
{
    struct ip ip = {version, {0}};

    for (size_t i = ip_size(&ip); i > 0; i--, number >>= 8)
        ip.b[i - 1] = (uint8_t)number;
    return ip;
}

struct ip_range ip_range_all(uint8_t version)
{
    return (struct ip_range){0, version == 4 ? UINT32_MAX : ~(ip_number)0};
}

struct ip_range ip_range_of(const struct ip *net, unsigned bits)
{
    struct ip_range all = ip_range_all(net->version);
    unsigned width = net->version == 4 ? 32 : 128;
    ip_number host = bits == 0       ? all.last
                     : bits >= width ? 0
                                     : ((ip_number)1 << (width - bits)) - 1;
    ip_number first = ip_to_number(net) & ~host;

    return (struct ip_range){first, first | host};
}

/* ---- making ---- */

static int compare_ranges(const void *a, const void *b)
{
    const struct ip_range *x = a, *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

/** Ascending by their first address. */
static bool is_sorted(const struct ip_range *ranges, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (ranges[i].first < ranges[i - 1].first)
            return false;
    return true;
}

/** Add a range that begins no earlier than the last one; what overlaps or touches becomes one. */
static void append(struct ip_range *to, size_t *n, struct ip_range r)
{
    struct ip_range *last = *n ? &to[*n - 1] : NULL;

    /* behind the comparison r.first is above an address, so that one less is no wrap */
    if (!last || (r.first > last->last && r.first - 1 > last->last))
        to[(*n)++] = r;
    else if (r.last > last->last)
        last->last = r.last;
}

/** Room for `n` ranges; something even when there are none. */
static struct ip_range *room(struct arena *a, size_t n)
{
    return n < SIZE_MAX / sizeof(struct ip_range) ? arena_get(a, (n + 1) * sizeof(struct ip_range))
                                                  : NULL;
}

bool ipset_make(struct arena *a, uint8_t version, struct ip_range *ranges, size_t n,
                struct ipset *ret)
{
    struct ip_range *out = room(a, n);
    size_t kept = 0;

    if (!out)
        return false;
    if (!is_sorted(ranges, n))
        qsort(ranges, n, sizeof *ranges, compare_ranges);
    for (size_t i = 0; i < n; i++)
        append(out, &kept, ranges[i]);
    *ret = (struct ipset){version, out, kept};
    return true;
}

/* ---- two sets, walked side by side ---- */

bool ipset_union(struct arena *a, const struct ipset *x, const struct ipset *y, struct ipset *ret)
{
    struct ip_range *out = room(a, x->n + y->n);
    size_t i = 0, k = 0, n = 0;

    if (!out)
        return false;
    while (i < x->n || k < y->n) {
        bool from_x = k == y->n || (i < x->n && x->ranges[i].first <= y->ranges[k].first);

        append(out, &n, from_x ? x->ranges[i++] : y->ranges[k++]);
    }
    *ret = (struct ipset){x->version, out, n};
    return true;
}

bool ipset_minus(struct arena *a, const struct ipset *x, const struct ipset *y, struct ipset *ret)
{
    struct ip_range *out = room(a, x->n + y->n);
    size_t k = 0, n = 0;

    if (!out)
        return false;
    for (size_t i = 0; i < x->n; i++) {
        struct ip_range left = x->ranges[i];
        bool any = true;

        while (k < y->n && y->ranges[k].last < left.first)
            k++;
        for (size_t at = k; at < y->n && y->ranges[at].first <= left.last && any; at++) {
            if (y->ranges[at].first > left.first)
                out[n++] = (struct ip_range){left.first, y->ranges[at].first - 1};
            any = y->ranges[at].last < left.last;
            if (any) /* it ends below another address */
                left.first = y->ranges[at].last + 1;
        }
        if (any)
            out[n++] = left;
    }
    *ret = (struct ipset){x->version, out, n};
    return true;
}

bool ipset_common(struct arena *a, const struct ipset *x, const struct ipset *y, struct ipset *ret)
{
    struct ip_range *out = room(a, x->n + y->n);
    size_t i = 0, k = 0, n = 0;

    if (!out)
        return false;
    while (i < x->n && k < y->n) {
        struct ip_range p = x->ranges[i], q = y->ranges[k];

        if (p.first <= q.last && q.first <= p.last)
            out[n++] = (struct ip_range){p.first > q.first ? p.first : q.first,
                                         p.last < q.last ? p.last : q.last};
        if (p.last <= q.last)
            i++;
        if (q.last <= p.last)
            k++;
    }
    *ret = (struct ipset){x->version, out, n};
    return true;
}

/* ---- asking ---- */

/** The first range that ends at or behind an address, or `n`. */
static size_t find(const struct ipset *s, ip_number at)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->ranges[middle].last < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool ipset_has(const struct ipset *s, const struct ip *ip)
{
    ip_number at = ip_to_number(ip);
    size_t i;

    if (ip->version != s->version || ip->version == 0)
        return false;
    i = find(s, at);
    return i < s->n && s->ranges[i].first <= at;
}

bool ipset_covers(const struct ipset *x, const struct ipset *y)
{
    size_t k = 0;

    for (size_t i = 0; i < y->n; i++) {
        while (k < x->n && x->ranges[k].last < y->ranges[i].first)
            k++;
        if (k == x->n || x->ranges[k].first > y->ranges[i].first ||
            x->ranges[k].last < y->ranges[i].last)
            return false;
    }
    return true;
}

bool ipset_eq(const struct ipset *x, const struct ipset *y)
{
    if (x->n != y->n || (x->n && x->version != y->version))
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (x->ranges[i].first != y->ranges[i].first || x->ranges[i].last != y->ranges[i].last)
            return false;
    return true;
}

bool ipset_is_all(const struct ipset *s)
{
    return s->n == 1 && s->ranges[0].first == 0 &&
           s->ranges[0].last == ip_range_all(s->version).last;
}

ip_number ipset_size(const struct ipset *s)
{
    ip_number n = 0;

    if (s->version != 4 && ipset_is_all(s))
        return ~(ip_number)0;
    for (size_t i = 0; i < s->n; i++)
        n += s->ranges[i].last - s->ranges[i].first + 1;
    return n;
}

/* ---- prefixes ---- */

/** The free bits of the largest prefix that begins at `r.first` and lies in `r`. */
static unsigned free_bits(struct ip_range r, unsigned width)
{
    unsigned bits = 0;

    while (bits < width) {
        /* one bit more is free: the first address has a 0 there, and the last one of it is inside */
        ip_number more = bits + 1 == 128 ? ~(ip_number)0 : ((ip_number)1 << (bits + 1)) - 1;

        if ((r.first & more) || r.last - r.first < more)
            break;
        bits++;
    }
    return bits;
}

/** Cut a range into prefixes. \param out  NULL: count only \return how many */
static size_t cut(uint8_t version, struct ip_range r, struct ip_prefix *out)
{
    unsigned width = version == 4 ? 32 : 128;

    for (size_t n = 0;; n++) {
        unsigned bits = free_bits(r, width);
        ip_number host = bits == 128 ? ~(ip_number)0 : ((ip_number)1 << bits) - 1;

        if (out)
            out[n] = (struct ip_prefix){ip_of_number(version, r.first), (uint8_t)(width - bits)};
        if (r.last - r.first == host)
            return n + 1;
        r.first += host + 1;
    }
}

bool ipset_prefixes(struct arena *a, const struct ipset *s, const struct ip_prefix **ret,
                    size_t *ret_n)
{
    struct ip_prefix *out;
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += cut(s->version, s->ranges[i], NULL);
    if (!(out = arena_get(a, (n + 1) * sizeof *out)))
        return false;
    *ret = out;
    *ret_n = n;
    for (size_t i = 0; i < s->n; i++)
        out += cut(s->version, s->ranges[i], out);
    return true;
}
