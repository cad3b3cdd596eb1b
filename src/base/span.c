/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/span.h"

int ascii_hex(char c)
{
    if (ascii_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool span_ieq(assay_span a, assay_span b)
{
    return a.n == b.n && span_istarts(a, b);
}

bool span_iis(assay_span s, const char *text)
{
    return span_ieq(s, span_of(text));
}

int span_compare(assay_span a, assay_span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;

    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool span_starts(assay_span s, assay_span head)
{
    return s.n >= head.n && (head.n == 0 || memcmp(s.p, head.p, head.n) == 0);
}

/** Eight octets are the same, letters without case. */
static bool same_eight(uint64_t a, uint64_t b)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones * 0x80;
    uint64_t differ = a ^ b, lower = a | ones * 0x20, seven = lower & ~tops, letters;

    if (differ & ~(ones * 0x20))
        return false;
    letters = (seven + ones * (0x80 - 'a')) & ~(seven + ones * (0x7F - 'z')) & ~lower & tops;
    return ((differ << 2) & ~letters) == 0;
}

/** The `n` octets at `p`, from 4 to 8 of them, in one number. */
static inline uint64_t load_few(const char *p, size_t n)
{
    uint32_t first, last;

    memcpy(&first, p, sizeof first);
    memcpy(&last, p + n - sizeof last, sizeof last);
    return (uint64_t)first << 32 | last;
}

bool span_istarts(assay_span s, assay_span head)
{
    size_t i = 0;

    if (s.n < head.n)
        return false;
    for (size_t n; head.n - i >= 4; i += n) {
        n = head.n - i < 8 ? head.n - i : 8;
        if (!same_eight(load_few(s.p + i, n), load_few(head.p + i, n)))
            return false;
    }
    for (; i < head.n; i++)
        if (ascii_lower(s.p[i]) != ascii_lower(head.p[i]))
            return false;
    return true;
}

bool span_iends(assay_span s, assay_span tail)
{
    return s.n >= tail.n && span_istarts(span_from(s, s.n - tail.n), tail);
}

size_t span_find(assay_span s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

    return at ? (size_t)(at - s.p) : s.n;
}

size_t span_rfind(assay_span s, char c)
{
    const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;

    return at ? (size_t)(at - s.p) : s.n;
}

bool span_contains(assay_span s, assay_span needle)
{
    for (size_t i = 0; i + needle.n <= s.n; i++)
        if (span_starts(span_from(s, i), needle))
            return true;
    return false;
}

assay_span span_trim(assay_span s)
{
    while (s.n && ascii_fws(s.p[0]))
        s = span_from(s, 1);
    while (s.n && ascii_fws(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool span_cut(assay_span *rest, char sep, assay_span *piece)
{
    size_t at;

    if (!rest->p)
        return false;
    at = span_find(*rest, sep);
    *piece = span_first(*rest, at);
    *rest = at < rest->n ? span_from(*rest, at + 1) : (assay_span){NULL, 0};
    return true;
}

bool span_line(assay_span *rest, assay_span *line)
{
    if (!rest->n)
        return false;
    span_cut(rest, '\n', line);
    if (rest->p && line->n &&
        line->p[line->n - 1] == '\r') /* the CR of a CRLF, not one at the very end */
        line->n--;
    return true;
}

bool span_printable(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return true;
}

bool span_ascii(assay_span s)
{
    uint64_t all = 0, eight;
    size_t i = 0;

    for (; i + sizeof eight <= s.n; i += sizeof eight) {
        memcpy(&eight, s.p + i, sizeof eight);
        all |= eight;
    }
    for (; i < s.n; i++)
        all |= (unsigned char)s.p[i];
    return (all & 0x8080808080808080u) == 0;
}

uint32_t span_hash(assay_span s)
{
    const uint64_t lower =
        0x2020202020202020u; /* letters become lower; what else it changes does not matter here */
    uint64_t h = s.n * 0x9E3779B97F4A7C15u, eight;
    size_t i = 0;

    for (; i + sizeof eight <= s.n; i += sizeof eight) {
        memcpy(&eight, s.p + i, sizeof eight);
        h = (h ^ (eight | lower)) * 0x9E3779B97F4A7C15u;
        h ^= h >> 32;
    }
    for (eight = 0; i < s.n; i++)
        eight = eight << 8 | (unsigned char)s.p[i];
    h = (h ^ (eight | lower)) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(h >> 32);
}
