/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK = 64 };

/** For each octet of a block one bit: the first octet is the lowest. */
struct masks {
    uint64_t space, tab, cr, lf;
};

#if defined(__SSE2__)

/** The octets of 16 that equal `c`, as bits. */
static inline uint64_t equal16(__m128i octets, char c)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(octets, _mm_set1_epi8(c)));
}

static inline struct masks classify(const char *p)
{
    struct masks m = {0, 0, 0, 0};

    for (int i = 0; i < 4; i++) {
        __m128i octets = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));

        m.space |= equal16(octets, ' ') << 16 * i;
        m.tab |= equal16(octets, '\t') << 16 * i;
        m.cr |= equal16(octets, '\r') << 16 * i;
        m.lf |= equal16(octets, '\n') << 16 * i;
    }
    return m;
}

#else

static inline struct masks classify(const char *p)
{
    struct masks m = {0, 0, 0, 0};

    for (int i = 0; i < BLOCK; i++) {
        m.space |= (uint64_t)(p[i] == ' ') << i;
        m.tab |= (uint64_t)(p[i] == '\t') << i;
        m.cr |= (uint64_t)(p[i] == '\r') << i;
        m.lf |= (uint64_t)(p[i] == '\n') << i;
    }
    return m;
}

#endif

/** The block at `at`; what lies behind the end of `s` is filled with letters. */
static inline struct masks classify_at(assay_span s, size_t at)
{
    char tail[BLOCK];

    if (s.n - at >= BLOCK)
        return classify(s.p + at);
    memset(tail, 'x', sizeof tail);
    memcpy(tail, s.p + at, s.n - at);
    return classify(tail);
}

/** The index that the lowest bit of a block stands for, not behind the end. */
static inline size_t index_of(uint64_t bits, size_t at, size_t n)
{
    size_t i = at + (size_t)__builtin_ctzll(bits);

    return i < n ? i : n;
}

size_t scan_bare_lf(assay_span s, bool after_cr)
{
    uint64_t cr = after_cr;

    for (size_t at = 0; at < s.n; at += BLOCK) {
        struct masks m = classify_at(s, at);
        uint64_t bare = m.lf & ~(m.cr << 1 | cr);

        if (bare)
            return index_of(bare, at, s.n);
        cr = m.cr >> 63;
    }
    return s.n;
}

size_t scan_relaxed(assay_span s)
{
    uint64_t blank = 0, cr = 0; /* of the last octet of the block before */

    for (size_t at = 0; at < s.n; at += BLOCK) {
        struct masks m = classify_at(s, at);
        uint64_t blanks = m.space | m.tab;
        uint64_t behind_blank = blanks << 1 | blank, behind_cr = m.cr << 1 | cr;
        uint64_t care = m.tab | ((blanks | m.cr) & behind_blank) | (m.lf ^ behind_cr);

        if (care)
            return index_of(care, at, s.n);
        blank = blanks >> 63;
        cr = m.cr >> 63;
    }
    return s.n;
}
