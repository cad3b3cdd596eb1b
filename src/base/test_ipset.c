/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/arena.c"
#include "base/ipset.c"
#include "base/number.h"
#include "base/test_arena.h"
#include "base/test_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- sets as text ---- */

/** Read "10.0.0.0-10.0.0.255 10.1.0.0/16 ..." into ranges. */
static size_t read_ranges(const char *text, struct ip_range *out)
{
    assay_span rest = span_of(text), word;
    size_t n = 0;

    while (span_cut(&rest, ' ', &word)) {
        size_t dash = span_find(word, '-'), slash = span_find(word, '/');
        struct ip ip, last;

        if (!word.n)
            continue;
        assert_true(ip_read(span_first(word, dash < word.n ? dash : slash), &ip));
        out[n] = ip_range_of(&ip, ip.version == 4 ? 32 : 128);
        if (dash < word.n) {
            assert_true(ip_read(span_from(word, dash + 1), &last));
            out[n].last = ip_to_number(&last);
        } else if (slash < word.n) {
            uint64_t bits;

            assert_true(number_read(span_from(word, slash + 1), 128, &bits));
            out[n] = ip_range_of(&ip, (unsigned)bits);
        }
        n++;
    }
    return n;
}

static struct ipset set_of(struct arena *a, uint8_t version, const char *text)
{
    struct ip_range *ranges = arena_get(a, 64 * sizeof *ranges);
    struct ipset ret;

    assert_true(ipset_make(a, version, ranges, read_ranges(text, ranges), &ret));
    return ret;
}

/** A set as text: ranges. */
static const char *set_text(const struct ipset *s, char *out, size_t n)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < s->n; i++) {
        char a[IP_TEXT], b[IP_TEXT];
        struct ip first = ip_of_number(s->version, s->ranges[i].first),
                  last = ip_of_number(s->version, s->ranges[i].last);

        at += (size_t)snprintf(out + at, n - at, "%s%.*s-%.*s", i ? " " : "",
                               SPAN_ARG(ip_text(&first, a)), SPAN_ARG(ip_text(&last, b)));
    }
    return out;
}

static void sets_are_made_joined_and_taken_apart_as_written(void **state)
{
    static const struct {
        uint8_t version;
        char what; /* = | - & */
        const char *x, *y, *want;
    } ROWS[] = {
        {4, '=', "", "", ""},
        {4, '=', "10.0.0.0/8", "", "10.0.0.0-10.255.255.255"},
        {4, '=', "10.1.2.3/8", "", "10.0.0.0-10.255.255.255"},
        {4, '=', "1.0.0.1 1.0.0.0 1.0.0.2", "", "1.0.0.0-1.0.0.2"},
        {4, '=', "1.0.0.0-1.0.0.9 1.0.0.3", "", "1.0.0.0-1.0.0.9"},
        {4, '=', "0.0.0.0/1 128.0.0.0/1", "", "0.0.0.0-255.255.255.255"},
        {4, '=', "255.255.255.255 0.0.0.0", "", "0.0.0.0-0.0.0.0 255.255.255.255-255.255.255.255"},
        {4, '=', "255.255.255.255 255.255.255.254", "", "255.255.255.254-255.255.255.255"},
        {6, '=', "::/0", "", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {6, '=', "::/1 8000::/1", "", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {6, '=', "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128 ::/127", "",
         "::-::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {4, '|', "1.0.0.0-1.0.0.4", "1.0.0.5-1.0.0.9", "1.0.0.0-1.0.0.9"},
        {4, '|', "1.0.0.0-1.0.0.4", "1.0.0.6-1.0.0.9", "1.0.0.0-1.0.0.4 1.0.0.6-1.0.0.9"},
        {4, '|', "", "1.0.0.6", "1.0.0.6-1.0.0.6"},
        {4, '-', "1.0.0.0/24", "1.0.0.0", "1.0.0.1-1.0.0.255"},
        {4, '-', "1.0.0.0/24", "1.0.0.255", "1.0.0.0-1.0.0.254"},
        {4, '-', "1.0.0.0/24", "1.0.0.7", "1.0.0.0-1.0.0.6 1.0.0.8-1.0.0.255"},
        {4, '-', "0.0.0.0/0", "255.255.255.255", "0.0.0.0-255.255.255.254"},
        {4, '-', "0.0.0.0/0", "0.0.0.0", "0.0.0.1-255.255.255.255"},
        {4, '-', "1.0.0.0/24 2.0.0.0/24", "0.0.0.0/0", ""},
        {4, '-', "1.0.0.0/24 2.0.0.0/24", "1.0.0.128-2.0.0.127",
         "1.0.0.0-1.0.0.127 2.0.0.128-2.0.0.255"},
        {6, '-', "::/0", "ffff::/16", "::-fffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {6, '-', "::/0", "::/0", ""},
        {4, '&', "1.0.0.0/24 2.0.0.0/24", "1.0.0.128-2.0.0.127",
         "1.0.0.128-1.0.0.255 2.0.0.0-2.0.0.127"},
        {4, '&', "1.0.0.0/24", "1.0.1.0/24", ""},
        {6, '&', "::/0", "ffff::/16", "ffff::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct arena a = {0};
        struct ipset x = set_of(&a, ROWS[i].version, ROWS[i].x),
                     y = set_of(&a, ROWS[i].version, ROWS[i].y), got = x;
        char text[512];

        if (ROWS[i].what == '|')
            assert_true(ipset_union(&a, &x, &y, &got));
        else if (ROWS[i].what == '-')
            assert_true(ipset_minus(&a, &x, &y, &got));
        else if (ROWS[i].what == '&')
            assert_true(ipset_common(&a, &x, &y, &got));
        if (!span_is(span_of(set_text(&got, text, sizeof text)), ROWS[i].want))
            fail_msg("\"%s\" %c \"%s\": wanted \"%s\", got \"%s\"", ROWS[i].x, ROWS[i].what,
                     ROWS[i].y, ROWS[i].want, text);
        arena_done(&a);
    }
}

static void sizes_reach_to_the_ends_of_the_space(void **state)
{
    struct arena a = {0};
    struct ipset none = {.version = 4}, all4 = set_of(&a, 4, "0.0.0.0/0"),
                 all6 = set_of(&a, 6, "::/0"), one = set_of(&a, 4, "255.255.255.255"),
                 half = set_of(&a, 6, "8000::/1");

    (void)state;
    assert_true(ipset_size(&none) == 0 && !ipset_is_all(&none));
    assert_true(ipset_size(&all4) == (ip_number)1 << 32 && ipset_is_all(&all4));
    assert_true(ipset_size(&all6) == ~(ip_number)0 && ipset_is_all(&all6));
    assert_true(ipset_size(&one) == 1 && !ipset_is_all(&one));
    assert_true(ipset_size(&half) == (ip_number)1 << 127);
    assert_true(ipset_covers(&all6, &half) && !ipset_covers(&half, &all6));
    assert_true(ipset_covers(&none, &none) && ipset_covers(&one, &none) &&
                !ipset_covers(&none, &one));
    arena_done(&a);
}

static void an_address_of_the_other_version_is_in_no_set(void **state)
{
    struct arena a = {0};
    struct ipset all4 = set_of(&a, 4, "0.0.0.0/0"), all6 = set_of(&a, 6, "::/0");
    struct ip four = {4, {255, 255, 255, 255}}, six = {6, {0}}, none = {0};

    (void)state;
    assert_true(ipset_has(&all4, &four) && ipset_has(&all6, &six));
    assert_false(ipset_has(&all6, &four) || ipset_has(&all4, &six) || ipset_has(&all4, &none));
    arena_done(&a);
}

static void the_fewest_prefixes_are_found(void **state)
{
    static const struct {
        uint8_t version;
        const char *set, *want;
    } ROWS[] = {
        {4, "", ""},
        {4, "10.0.0.0/8", "10.0.0.0/8"},
        {4, "10.0.0.0/9 10.128.0.0/9", "10.0.0.0/8"},
        {4, "0.0.0.0/0", "0.0.0.0/0"},
        {6, "::/0", "::/0"},
        {4, "1.0.0.1-1.0.0.6", "1.0.0.1/32 1.0.0.2/31 1.0.0.4/31 1.0.0.6/32"},
        {4, "255.255.255.253-255.255.255.255", "255.255.255.253/32 255.255.255.254/31"},
        {6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"},
        {4, "0.0.0.0-127.255.255.255 192.0.0.0/2", "0.0.0.0/1 192.0.0.0/2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct arena a = {0};
        struct ipset s = set_of(&a, ROWS[i].version, ROWS[i].set);
        const struct ip_prefix *p;
        char text[512] = "", ip[IP_TEXT];
        size_t n, at = 0;

        assert_true(ipset_prefixes(&a, &s, &p, &n));
        for (size_t k = 0; k < n; k++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s/%u", k ? " " : "",
                                   SPAN_ARG(ip_text(&p[k].net, ip)), p[k].bits);
        if (!span_is(span_of(text), ROWS[i].want))
            fail_msg("\"%s\": wanted \"%s\", got \"%s\"", ROWS[i].set, ROWS[i].want, text);
        arena_done(&a);
    }
}

/* ---- against a map of bits ---- */

/** A space of 256 addresses: the first ones, or the last ones, of a version. */
enum { SPACE = 256 };

struct window {
    uint8_t version;
    ip_number base;
};

static struct ipset random_set(struct arena *a, const struct window *w, bool map[SPACE])
{
    size_t n = random_below(9);
    struct ip_range *ranges = arena_get(a, (n + 1) * sizeof *ranges);
    struct ipset ret;

    memset(map, 0, SPACE);
    for (size_t i = 0; i < n; i++) {
        size_t first = random_below(SPACE), longest = random_below(3) ? 40 : SPACE,
               last = first + random_below(longest);

        last = last < SPACE ? last : SPACE - 1;
        ranges[i] = (struct ip_range){w->base + first, w->base + last};
        memset(map + first, 1, last - first + 1);
    }
    assert_true(ipset_make(a, w->version, ranges, n, &ret));
    return ret;
}

/** A set is exactly what a map says, its ranges are apart, and its prefixes are it and no more than needed. */
static void check_set(struct arena *a, const struct window *w, const struct ipset *s,
                      const bool map[SPACE])
{
    const struct ip_prefix *p;
    size_t n, ones = 0;
    struct ip_range *back;
    struct ipset again;

    for (size_t i = 0; i < SPACE; i++) {
        struct ip ip = ip_of_number(w->version, w->base + i);

        assert_true(ip_to_number(&ip) == w->base + i);
        assert_int_equal(ipset_has(s, &ip), map[i]);
        ones += map[i];
    }
    assert_true(ipset_size(s) == ones);
    for (size_t i = 1; i < s->n; i++)
        assert_true(s->ranges[i - 1].last + 1 < s->ranges[i].first);
    assert_true(ipset_prefixes(a, s, &p, &n));
    back = arena_get(a, (n + 1) * sizeof *back);
    for (size_t i = 0; i < n; i++) {
        back[i] = ip_range_of(&p[i].net, p[i].bits);
        /* two halves of one prefix never stand side by side: then one would do */
        if (i && p[i].bits == p[i - 1].bits && p[i].bits)
            assert_false(ip_in(&p[i].net, &p[i - 1].net, p[i].bits - 1u));
        assert_true(ip_to_number(&p[i].net) == back[i].first);
    }
    assert_true(ipset_make(a, w->version, back, n, &again) && ipset_eq(&again, s));
}

static void random_sets_are_what_a_map_of_bits_says(void **state)
{
    const struct window WINDOWS[] = {{4, 0},
                                     {4, ((ip_number)1 << 32) - SPACE},
                                     {6, 0},
                                     {6, ~(ip_number)0 - (SPACE - 1)},
                                     {6, (ip_number)1 << 64}};

    (void)state;
    for (unsigned round = 0; round < 4000; round++) {
        const struct window *w = &WINDOWS[round % COUNT(WINDOWS)];
        struct arena a = {0};
        bool x[SPACE], y[SPACE], both[SPACE], either[SPACE], only[SPACE];
        struct ipset sx = random_set(&a, w, x), sy = random_set(&a, w, y), got;
        bool covers = true, equal = true;

        for (size_t i = 0; i < SPACE; i++) {
            both[i] = x[i] && y[i];
            either[i] = x[i] || y[i];
            only[i] = x[i] && !y[i];
            covers &= x[i] || !y[i];
            equal &= x[i] == y[i];
        }
        check_set(&a, w, &sx, x);
        assert_true(ipset_union(&a, &sx, &sy, &got));
        check_set(&a, w, &got, either);
        assert_true(ipset_minus(&a, &sx, &sy, &got));
        check_set(&a, w, &got, only);
        assert_true(ipset_common(&a, &sx, &sy, &got));
        check_set(&a, w, &got, both);
        assert_int_equal(ipset_covers(&sx, &sy), covers);
        assert_int_equal(ipset_eq(&sx, &sy), equal);
        arena_done(&a);
    }
}

/* ---- much, and too little ---- */

static void two_hundred_thousand_ranges_are_no_trouble(void **state)
{
    enum { N = 200000 };
    struct arena a = {0};
    struct ip_range *ranges = arena_get(&a, N * sizeof *ranges);
    struct ipset s, all = set_of(&a, 6, "::/0"), gaps, back;
    const struct ip_prefix *p;
    size_t n;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        ip_number at = (ip_number)(i * 7919 % N) << 100;

        ranges[i] = (struct ip_range){at, at + 5};
    }
    assert_true(ipset_make(&a, 6, ranges, N, &s));
    assert_int_equal(s.n, N);
    assert_true(ipset_minus(&a, &all, &s, &gaps) && ipset_union(&a, &gaps, &s, &back));
    assert_true(ipset_is_all(&back));
    assert_true(ipset_prefixes(&a, &s, &p, &n) && n == 2 * (size_t)N);
    arena_done(&a);
}

static void without_memory_nothing_is_made_and_nothing_is_touched(void **state)
{
    struct ip_range ranges[] = {{1, 2}, {5, 6}};
    const struct ipset was = {9, NULL, 7};
    struct ipset got = was, x = {4, ranges, 2}, y = {4, ranges, 1};
    const struct ip_prefix *p = NULL;
    struct arena a = {0};
    size_t n = 7;

    (void)state;
    arena_leave(&a, 16);
    memory_left = 0;
    assert_false(ipset_make(&a, 4, ranges, 2, &got));
    assert_false(ipset_union(&a, &x, &y, &got));
    assert_false(ipset_minus(&a, &x, &y, &got));
    assert_false(ipset_common(&a, &x, &y, &got));
    assert_false(ipset_prefixes(&a, &x, &p, &n));
    memory_left = SIZE_MAX;
    assert_true(got.version == 9 && got.n == 7 && !p && n == 7);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_made_joined_and_taken_apart_as_written),
        cmocka_unit_test(sizes_reach_to_the_ends_of_the_space),
        cmocka_unit_test(an_address_of_the_other_version_is_in_no_set),
        cmocka_unit_test(the_fewest_prefixes_are_found),
        cmocka_unit_test(random_sets_are_what_a_map_of_bits_says),
        cmocka_unit_test(two_hundred_thousand_ranges_are_no_trouble),
        cmocka_unit_test(without_memory_nothing_is_made_and_nothing_is_touched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
