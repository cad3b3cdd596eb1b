/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SECOND = 1000, MIB = 1 << 20 };

static const struct table_seed SEED = {{1, 2}};

/** A question for TXT. */
static struct assay_question txt(const char *name)
{
    return (
        struct assay_question){.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .name = span_of(name)};
}

/** An answer to a question for TXT, with one record of `octets`. */
static assay_fact *answer(enum assay_how how, uint32_t ttl, size_t octets)
{
    static char rdata[8000];
    assay_span data = {rdata, octets};
    struct assay_answer a = {
        .size = sizeof a, .how = how, .ttl = ttl, .data = &data, .n = how == ASSAY_OK};
    assay_fact *fact;

    for (size_t at = 0; at < octets; at += 256)
        rdata[at] = (char)(octets - at > 256 ? 255 : octets - at - 1);
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &a, &fact), ASSAY_DONE);
    return fact;
}

/** Remember an answer that nobody else holds. */
static void put(struct cache *c, const char *name, enum assay_how how, uint32_t ttl, int64_t now)
{
    struct assay_question q = txt(name);
    assay_fact *fact = answer(how, ttl, 10);

    cache_put(c, &q, fact, now);
    assay_fact_free(fact);
}

/** The cache has an answer. */
static bool has(struct cache *c, const char *name, int64_t now)
{
    struct assay_question q = txt(name);
    assay_fact *fact = cache_get(c, &q, now);

    assay_fact_free(fact);
    return fact != NULL;
}

/** Check that an answer is there just as long as it should be. */
static void lives(enum assay_how how, uint32_t ttl, int64_t ms)
{
    struct cache *c = cache_new(MIB, &SEED);
    bool before, behind;

    put(c, "a.example", how, ttl, 5000);
    before = has(c, "a.example", 5000 + ms - 1);
    behind = has(c, "a.example", 5000 + ms);
    if (before != (ms > 0) || behind)
        printf("how %d, TTL %u: wanted %lld ms; there just before: %d, just then: %d\n", (int)how,
               ttl, (long long)ms, before, behind);
    assert_true(before == (ms > 0) && !behind);
    cache_free(c);
}

static void what_one_server_said_is_not_what_the_resolvers_say(void **state)
{
    struct cache *c = cache_new(MIB, &SEED);
    struct assay_question q = txt("a.example"), first = q, second = q;
    assay_fact *fact = answer(ASSAY_OK, 60, 10), *got;

    (void)state;
    first.data = SPAN("192.0.2.1");
    second.data = SPAN("192.0.2.2");
    cache_put(c, &first, fact, 0);
    assert_null(cache_get(c, &q, 1));
    assert_null(cache_get(c, &second, 1));
    assert_ptr_equal(got = cache_get(c, &first, 1), fact);
    assay_fact_free(got);
    assay_fact_free(fact);
    cache_free(c);
}

static void answers_live_as_long_as_they_may(void **state)
{
    (void)state;
    lives(ASSAY_OK, 0, 0);
    lives(ASSAY_OK, 1, SECOND);
    lives(ASSAY_OK, 300, 300 * SECOND);
    lives(ASSAY_OK, 86400, 86400LL * SECOND);
    lives(ASSAY_OK, 86401, 86400LL * SECOND);
    lives(ASSAY_OK, INT32_MAX, 86400LL * SECOND);
    lives(ASSAY_NODATA, 0, 0);
    lives(ASSAY_NODATA, 60, 60 * SECOND);
    lives(ASSAY_NXDOMAIN, 60, 60 * SECOND);
    lives(ASSAY_NXDOMAIN, 86400, 10800LL * SECOND);
    lives(ASSAY_SERVFAIL, 0, SECOND);
    lives(ASSAY_TIMEOUT, 3600, SECOND);
    lives(ASSAY_BOGUS, 0, SECOND);
    lives(ASSAY_REFUSED, 0, SECOND);
    lives(ASSAY_TOOBIG, 300, SECOND);
}

static void failures_are_remembered_longer_each_time_up_to_30_s(void **state)
{
    static const int WANT[] = {1, 2, 4, 8, 16, 30, 30};
    struct cache *c = cache_new(MIB, &SEED);
    int64_t now = 0;

    (void)state;
    for (size_t i = 0; i < sizeof WANT / sizeof *WANT; i++) {
        put(c, "a.example", ASSAY_SERVFAIL, 0, now);
        assert_true(has(c, "a.example", now + WANT[i] * SECOND - 1));
        now += WANT[i] * SECOND;
        assert_false(has(c, "a.example", now));
    }
    now += 301 * SECOND; /* long ago: begin anew */
    put(c, "a.example", ASSAY_TIMEOUT, 0, now);
    assert_false(has(c, "a.example", now + SECOND));
    put(c, "a.example", ASSAY_OK, 10, now); /* an answer forgives too */
    put(c, "a.example", ASSAY_TIMEOUT, 0, now);
    assert_false(has(c, "a.example", now + SECOND));
    cache_free(c);
}

static void questions_differ_by_kind_type_and_name(void **state)
{
    struct cache *c = cache_new(MIB, &SEED);
    struct assay_question q = txt("a.example");

    (void)state;
    put(c, "a.example", ASSAY_OK, 300, 0);
    assert_true(has(c, "a.example", 1));
    assert_false(has(c, "b.example", 1));
    assert_false(has(c, "a.exampl", 1));
    assert_false(has(c, "", 1));
    q.rrtype = ASSAY_RR_A;
    assert_null(cache_get(c, &q, 1));
    q = txt("a.example");
    q.kind = ASSAY_GET;
    assert_null(cache_get(c, &q, 1));
    cache_free(c);
}

static void a_fact_outlives_the_cache_while_it_is_counted(void **state)
{
    struct cache *c = cache_new(MIB, &SEED);
    struct assay_question q = txt("a.example");
    struct assay_answer a;
    assay_fact *fact;

    (void)state;
    put(c, "a.example", ASSAY_OK, 300, 0);
    fact = cache_get(c, &q, 1);
    put(c, "a.example", ASSAY_NXDOMAIN, 300, 2); /* takes its place */
    cache_free(c);
    assay_fact_read(fact, &a);
    assert_int_equal(a.how, ASSAY_OK);
    assert_int_equal(a.n, 1);
    assay_fact_free(fact);
}

static void the_longest_unused_goes_first(void **state)
{
    struct cache *c = cache_new(12 * 1024, &SEED);
    char name[20];
    unsigned n = 0;

    (void)state;
    put(c, "kept.example", ASSAY_OK, 300, 0);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        put(c, name, ASSAY_OK, 300, 0);
        assert_true(has(c, "kept.example", 1)); /* used all the time */
        assert_true(cache_bytes(c) <= 12 * 1024);
    }
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        n += has(c, name, 1);
        assert_true(n == 0 ||
                    has(c, name, 1)); /* the oldest went, the rest is there without a gap */
    }
    assert_in_range(n, 5, 100);
    cache_free(c);
}

static void octets_stay_within_the_bound(void **state)
{
    struct cache *c = cache_new(256 * 1024, &SEED);
    unsigned seed = 3;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        char name[20];
        assay_fact *fact = answer(ASSAY_OK, 300, 2 + (size_t)rand_r(&seed) % 4000);
        struct assay_question q;

        snprintf(name, sizeof name, "n%d.example", rand_r(&seed) % 500);
        q = txt(name);
        cache_put(c, &q, fact, i);
        assert_true(cache_bytes(c) <= 256 * 1024);
        assay_fact_free(fact);
    }
    assert_true(cache_bytes(c) > 128 * 1024); /* and it is used */
    cache_free(c);
}

static void an_answer_too_large_for_the_cache_is_not_kept(void **state)
{
    struct cache *c = cache_new(16 * 1024, &SEED);
    struct assay_question q = txt("large.example");
    assay_fact *fact = answer(ASSAY_OK, 300, 7000);

    (void)state;
    put(c, "small.example", ASSAY_OK, 300, 0);
    cache_put(c, &q, fact, 0);
    assay_fact_free(fact);
    assert_true(has(c, "small.example", 1));
    assert_false(has(c, "large.example", 1));
    cache_free(c);
}

static void a_cache_for_many_threads_keeps_the_same_promises(void **state)
{
    struct cache *c = cache_new_shared(16 * MIB, &SEED);
    unsigned there = 0;
    char name[20];

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        put(c, name, ASSAY_OK, 300, 0);
        assert_true(has(c, name, 1)); /* what came last is there */
        if (i % 1000 == 0)
            assert_true(cache_bytes(c) <= 16 * MIB);
    }
    assert_in_range(cache_bytes(c), 15 * MIB, 16 * MIB); /* every part is used */
    for (unsigned i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        there += has(c, name, 1);
        assert_false(has(c, name, 300 * SECOND));
    }
    assert_true(there > 20000);
    cache_free(c);
    c = cache_new_shared(16 * 1024, &SEED); /* too small for parts */
    put(c, "a.example", ASSAY_OK, 300, 0);
    assert_true(has(c, "a.example", 1));
    cache_free(c);
}

static void what_was_overtaken_is_not_remembered(void **state)
{
    struct cache *c = cache_new(MIB, &SEED);
    struct assay_question q = txt("a.example");
    assay_fact *silence = answer(ASSAY_TIMEOUT, 0, 0), *fact;

    (void)state;
    put(c, "a.example", ASSAY_OK, 10, 0);
    cache_add(c, &q, silence, 5 * SECOND);
    fact = cache_get(c, &q, 9 * SECOND);
    assert_non_null(fact);
    assert_ptr_not_equal(fact, silence);
    assay_fact_free(fact);
    cache_add(c, &q, silence, 10 * SECOND); /* no longer good */
    cache_add(c, &q, silence, 10 * SECOND); /* the same failure lasts no longer */
    assert_true(has(c, "a.example", 11 * SECOND - 1));
    assert_false(has(c, "a.example", 11 * SECOND));
    assay_fact_free(silence);
    cache_free(c);
}

static void names_do_not_fall_together_in_the_table(void **state)
{
    enum { N = 20000 };
    struct table t;
    struct table_node *nodes = calloc(N, sizeof *nodes);
    char(*names)[16] = calloc(N, sizeof *names);
    size_t longest = 0;

    (void)state;
    assert_true(table_init(&t, &SEED));
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "%zu.example", i);
        nodes[i] =
            (struct table_node){.kind = ASSAY_DNS, .rrtype = ASSAY_RR_A, .name = span_of(names[i])};
        table_add(&t, &nodes[i]);
    }
    for (size_t i = 0; i < N; i++) {
        struct assay_question q = table_question(&nodes[i]);

        assert_ptr_equal(table_find(&t, &q), &nodes[i]);
    }
    for (size_t i = 0; i < t.nbuckets; i++) {
        size_t length = 0;

        for (struct table_node *node = t.buckets[i]; node; node = node->next)
            length++;
        longest = length > longest ? length : longest;
    }
    assert_true(longest < 12);
    for (size_t i = 0; i < N; i++)
        table_remove(&t, &nodes[i]);
    assert_null(table_any(&t));
    assert_null(table_find(&t, &(struct assay_question){.kind = ASSAY_DNS,
                                                        .rrtype = ASSAY_RR_A,
                                                        .name = nodes[0].name}));
    table_done(&t);
    free(nodes);
    free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_server_said_is_not_what_the_resolvers_say),
        cmocka_unit_test(answers_live_as_long_as_they_may),
        cmocka_unit_test(failures_are_remembered_longer_each_time_up_to_30_s),
        cmocka_unit_test(questions_differ_by_kind_type_and_name),
        cmocka_unit_test(a_fact_outlives_the_cache_while_it_is_counted),
        cmocka_unit_test(the_longest_unused_goes_first),
        cmocka_unit_test(octets_stay_within_the_bound),
        cmocka_unit_test(an_answer_too_large_for_the_cache_is_not_kept),
        cmocka_unit_test(a_cache_for_many_threads_keeps_the_same_promises),
        cmocka_unit_test(what_was_overtaken_is_not_remembered),
        cmocka_unit_test(names_do_not_fall_together_in_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
