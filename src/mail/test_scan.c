/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"
#include "base/test_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * The scan is built in here, so that each way to classify can be called, whatever this machine
 * would choose.
 */
#include "mail/scan.c"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- the reference: octet by octet, by the words of scan.h ---- */

/** The octet at `i`, or a letter outside. */
static char octet(assay_span s, size_t i)
{
    return i < s.n ? s.p[i] : 'x';
}

/** A CR that no LF follows, or a LF that no CR stands before. */
static bool alone(assay_span s, size_t i)
{
    if (octet(s, i) == '\r')
        return octet(s, i + 1) != '\n';
    return octet(s, i) == '\n' && (i == 0 || octet(s, i - 1) != '\r');
}

/** A blank that canonicalization takes out: another one follows, or a CRLF. */
static bool goes(assay_span s, size_t i)
{
    if (!ascii_wsp(octet(s, i)))
        return false;
    return ascii_wsp(octet(s, i + 1)) || (octet(s, i + 1) == '\r' && octet(s, i + 2) == '\n');
}

/** What there is to change in the block at `at`. */
static struct scan_block reference_block(assay_span s, size_t at)
{
    size_t last = at + SCAN_BLOCK - 1;
    struct scan_block block = {0, 0, ascii_wsp(octet(s, last)) && alone(s, last + 1)};

    for (size_t i = 0; i < SCAN_BLOCK; i++) {
        block.drop |= (uint64_t)goes(s, at + i) << i;
        block.tabs |= (uint64_t)(octet(s, at + i) == '\t') << i;
        block.odd |= alone(s, at + i);
    }
    return block;
}

/** scan_relaxed(), octet by octet. */
static size_t reference_scan(assay_span s, size_t at, struct scan_block *ret)
{
    for (; s.n - at >= SCAN_AHEAD; at += SCAN_BLOCK) {
        *ret = reference_block(s, at);
        if (ret->drop || ret->tabs || ret->odd)
            return at;
    }
    return at;
}

/** scan_bare_lf(), octet by octet. */
static size_t reference_bare_lf(assay_span s, bool after_cr)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\n' && !(i == 0 ? after_cr : s.p[i - 1] == '\r'))
            return i;
    return s.n;
}

/* ---- the ways ---- */

/** The scan without wide registers beyond those every machine has. */
static size_t scan_plain(assay_span s, size_t at, struct scan_block *ret)
{
    return scan(s, at, ret, classify);
}

/** A way to scan. */
typedef size_t scan_fn(assay_span s, size_t at, struct scan_block *ret);

/** The ways this machine can go; the last is the one that is chosen. */
static size_t ways(scan_fn *out[3])
{
    size_t n = 0;

    out[n++] = scan_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        out[n++] = scan_avx2;
#endif
    out[n++] = scan_relaxed;
    return n;
}

/** Say where a scan and its reference part. */
static void report(assay_span s, size_t from, size_t want_at, const struct scan_block *want,
                   size_t got_at, const struct scan_block *got)
{
    for (size_t i = 0; i < s.n; i++)
        printf(s.p[i] > ' ' && s.p[i] <= '~' ? "%c" : "\\%03o", (unsigned char)s.p[i]);
    printf("\nfrom %zu of %zu\n", from, s.n);
    printf("  wanted %zu: %016llx %016llx %d\n", want_at, (unsigned long long)want->drop,
           (unsigned long long)want->tabs, want->odd);
    printf("  got    %zu: %016llx %016llx %d\n", got_at, (unsigned long long)got->drop,
           (unsigned long long)got->tabs, got->odd);
    fail();
}

/** Both say the same; what an odd block drops is of no use. */
static bool same_block(const struct scan_block *a, const struct scan_block *b)
{
    return a->odd == b->odd && a->tabs == b->tabs && (a->odd || a->drop == b->drop);
}

/** Scan from `at` on, block after block, and compare each with the reference. */
static void compare(scan_fn *way, assay_span s, size_t at)
{
    for (;;) {
        struct scan_block want = {0, 0, false}, got = {0, 0, false};
        size_t want_at = reference_scan(s, at, &want), got_at = way(s, at, &got);
        bool found = s.n - want_at >= SCAN_AHEAD;

        if (got_at != want_at || (found && !same_block(&want, &got)))
            report(s, at, want_at, &want, got_at, &got);
        if (!found)
            return;
        at = want_at + SCAN_BLOCK;
    }
}

/** Compare every way, over octets that end where their block of memory ends. */
static void compare_ways(assay_span octets)
{
    char *copy = malloc(octets.n ? octets.n : 1);
    assay_span s = {copy, octets.n};
    scan_fn *fns[3];
    size_t n = ways(fns);

    assert_non_null(copy);
    if (octets.n)
        memcpy(copy, octets.p, octets.n);
    for (size_t i = 0; i < n; i++)
        compare(fns[i], s, 0);
    free(copy);
}

/** Compare the search for a bare LF. */
static void compare_bare_lf(assay_span octets)
{
    char *copy = malloc(octets.n ? octets.n : 1);

    assert_non_null(copy);
    if (octets.n)
        memcpy(copy, octets.p, octets.n);
    for (int after_cr = 0; after_cr < 2; after_cr++) {
        size_t want = reference_bare_lf(octets, after_cr);
        size_t got = scan_bare_lf((assay_span){copy, octets.n}, after_cr);

        if (got != want)
            fail_msg("%zu octets, %s CR: wanted %zu, got %zu", octets.n, after_cr ? "after" : "no",
                     want, got);
    }
    free(copy);
}

/* ---- tests ---- */

static void plain_text_is_passed_over_up_to_its_last_blocks(void **state)
{
    static char text[1000];
    scan_fn *fns[3];
    size_t n = ways(fns);

    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < n; i++)
        for (size_t size = 0; size < sizeof text; size++) {
            struct scan_block block;
            size_t want =
                size < SCAN_AHEAD ? 0 : (size - SCAN_AHEAD) / SCAN_BLOCK * SCAN_BLOCK + SCAN_BLOCK;

            assert_int_equal(fns[i]((assay_span){text, size}, 0, &block), want);
        }
}

static void words_lines_and_single_blanks_are_not_changed(void **state)
{
    static const assay_span UNITS[] = {SPAN("word and word\r\n"), SPAN("\r\n"), SPAN("a b c "),
                                       SPAN("\302\240x\r\n\0"), SPAN("x y\r\n z\r\n")};
    struct buf text = buf_new(4000);

    (void)state;
    for (size_t i = 0; i < COUNT(UNITS); i++) {
        struct scan_block block;

        buf_clear(&text);
        while (text.n < 1000)
            buf_put(&text, UNITS[i]);
        assert_true(text.n - scan_relaxed(buf_span(&text), 0, &block) < SCAN_AHEAD);
        compare_ways(buf_span(&text));
    }
    buf_done(&text);
}

static void every_three_octets_at_every_place_are_seen(void **state)
{
    static const char OCTETS[] = " \t\r\nz";
    char text[200];

    (void)state;
    for (size_t which = 0; which < 125; which++)
        for (size_t at = 0; at + 3 <= sizeof text; at++) {
            memset(text, 'a', sizeof text);
            text[at] = OCTETS[which / 25];
            text[at + 1] = OCTETS[which / 5 % 5];
            text[at + 2] = OCTETS[which % 5];
            compare_ways((assay_span){text, sizeof text});
            compare_bare_lf((assay_span){text, sizeof text});
        }
}

static void random_octets_are_seen_as_the_reference_sees_them(void **state)
{
    static const assay_span CHOICES[] = {SPAN(" \t\r\nx"),
                                         SPAN("abcdefghijklmno \n"),
                                         SPAN("abcdefghijklmnopqrstuvwxyz\r"),
                                         SPAN("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP\t"),
                                         SPAN("\r\n"),
                                         SPAN(" \377\0\t\x8A\x8D")};
    char text[700];

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        const assay_span *choice = &CHOICES[round % COUNT(CHOICES)];
        size_t n = random_below(sizeof text + 1);

        random_fill(text, n, choice->p, choice->n, 1 + round % 3);
        for (size_t i = 0; i + 1 < n && round % 2; i++)
            if (text[i] == '\r')
                text[++i] = '\n';
        compare_ways((assay_span){text, n});
        compare_bare_lf((assay_span){text, n});
    }
}

static void a_scan_begins_wherever_it_is_told_to(void **state)
{
    char text[600];
    scan_fn *fns[3];
    size_t n = ways(fns);

    (void)state;
    for (size_t round = 0; round < 2000; round++) {
        size_t at = random_below(sizeof text);

        random_fill(text, sizeof text, "abcdefghi \r\n", 12, 20);
        for (size_t i = 0; i < n; i++)
            compare(fns[i], (assay_span){text, sizeof text}, at);
    }
}

static void nothing_is_a_bare_lf_in_no_octets(void **state)
{
    (void)state;
    assert_int_equal(scan_bare_lf(SPAN_EMPTY, false), 0);
    assert_int_equal(scan_bare_lf((assay_span){NULL, 0}, true), 0);
    assert_int_equal(scan_bare_lf(SPAN("\n"), true), 1);
    assert_int_equal(scan_bare_lf(SPAN("\n"), false), 0);
    assert_int_equal(scan_bare_lf(SPAN("\r\n\r\n\n"), false), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_passed_over_up_to_its_last_blocks),
        cmocka_unit_test(words_lines_and_single_blanks_are_not_changed),
        cmocka_unit_test(every_three_octets_at_every_place_are_seen),
        cmocka_unit_test(random_octets_are_seen_as_the_reference_sees_them),
        cmocka_unit_test(a_scan_begins_wherever_it_is_told_to),
        cmocka_unit_test(nothing_is_a_bare_lf_in_no_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
