/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/near.h"

#include "base/span.h"

enum { WORD_MAX = 64 };

/** The smaller of two. */
static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/** The same letter, without case. */
static bool same(char a, char b)
{
    return ascii_lower(a) == ascii_lower(b);
}

/**
 * Single letters to insert, delete, change or swap with their neighbour to make `b` of `a`; without
 * case.
 */
static unsigned distance(assay_span a, assay_span b)
{
    unsigned rows[3][WORD_MAX + 1]; /* two rows back, the last, the present */

    for (size_t k = 0; k <= b.n; k++)
        rows[1][k] = (unsigned)k;
    for (size_t i = 1; i <= a.n; i++) {
        unsigned *back = rows[(i + 2) % 3], *last = rows[i % 3], *now = rows[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t k = 1; k <= b.n; k++) {
            unsigned change = !same(a.p[i - 1], b.p[k - 1]);

            now[k] = least(least(last[k] + 1, now[k - 1] + 1), last[k - 1] + change);
            if (i > 1 && k > 1 && same(a.p[i - 1], b.p[k - 2]) && same(a.p[i - 2], b.p[k - 1]))
                now[k] = least(now[k], back[k - 2] + 1);
        }
    }
    return rows[(a.n + 1) % 3][b.n];
}

struct near near_new(const char *word)
{
    unsigned n = (unsigned)span_of(word).n;

    return (struct near){word, NULL, n / 3 + 2};
}

void near_try(struct near *near, const char *candidate)
{
    assay_span a = span_of(near->word), b = span_of(candidate);
    unsigned d;

    if (a.n > WORD_MAX || b.n > WORD_MAX)
        return;
    d = distance(a, b);
    if (d >= near->distance)
        return;
    near->distance = d;
    near->best = candidate;
}
