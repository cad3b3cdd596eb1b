/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/** For each octet of a block one bit: the first octet is the lowest. */
struct masks {
    uint64_t space, tab, cr, lf;
};

/** Classify a block: one function for each kind of machine. */
typedef struct masks classify_fn(const char *p);

#if defined(__x86_64__)

#define WITH_AVX2 __attribute__((target("avx2")))

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

/** The octets of 32 that equal `c`, as bits. */
WITH_AVX2 static inline uint64_t equal32(__m256i octets, char c)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(octets, _mm256_set1_epi8(c)));
}

WITH_AVX2 static inline struct masks classify_avx2(const char *p)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));

    return (struct masks){.space = equal32(low, ' ') | equal32(high, ' ') << 32,
                          .tab = equal32(low, '\t') | equal32(high, '\t') << 32,
                          .cr = equal32(low, '\r') | equal32(high, '\r') << 32,
                          .lf = equal32(low, '\n') | equal32(high, '\n') << 32};
}

#else

static inline struct masks classify(const char *p)
{
    struct masks m = {0, 0, 0, 0};

    for (int i = 0; i < SCAN_BLOCK; i++) {
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
    char tail[SCAN_BLOCK];

    if (s.n - at >= SCAN_BLOCK)
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

    for (size_t at = 0; at < s.n; at += SCAN_BLOCK) {
        struct masks m = classify_at(s, at);
        uint64_t bare = m.lf & ~(m.cr << 1 | cr);

        if (bare)
            return index_of(bare, at, s.n);
        cr = m.cr >> 63;
    }
    return s.n;
}

/** The scan, for whichever way to classify. */
__attribute__((always_inline)) static inline size_t scan(assay_span s, size_t at,
                                                         struct scan_block *ret,
                                                         classify_fn *classify_block)
{
    uint64_t after_cr = at > 0 && s.p[at - 1] == '\r';

    for (; s.n - at >= SCAN_AHEAD; at += SCAN_BLOCK) {
        const char *next =
            s.p + at + SCAN_BLOCK; /* the octets behind the block tell what its last ones are */
        struct masks m = classify_block(s.p + at);
        uint64_t blanks = m.space | m.tab;
        uint64_t before_lf = m.lf >> 1 | (uint64_t)(next[0] == '\n') << 63;
        uint64_t before_blank = blanks >> 1 | (uint64_t)ascii_wsp(next[0]) << 63;
        uint64_t before_cr = m.cr >> 1 | (uint64_t)(next[0] == '\r') << 63;
        uint64_t alone = (m.lf & ~(m.cr << 1 | after_cr)) | (m.cr & ~before_lf);

        ret->drop = blanks & (before_blank | before_cr);
        ret->tabs = m.tab;
        ret->odd =
            alone || (blanks >> 63 && (next[0] == '\n' || (next[0] == '\r' && next[1] != '\n')));
        if (ret->drop | ret->tabs | (uint64_t)ret->odd)
            return at;
        after_cr = m.cr >> 63;
    }
    return at;
}

#if defined(__x86_64__)

WITH_AVX2 static size_t scan_avx2(assay_span s, size_t at, struct scan_block *ret)
{
    return scan(s, at, ret, classify_avx2);
}

size_t scan_relaxed(assay_span s, size_t at, struct scan_block *ret)
{
    return __builtin_cpu_supports("avx2") ? scan_avx2(s, at, ret) : scan(s, at, ret, classify);
}

#else

size_t scan_relaxed(assay_span s, size_t at, struct scan_block *ret)
{
    return scan(s, at, ret, classify);
}

#endif
