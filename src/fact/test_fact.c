/* SPDX-License-Identifier: BSD-2-Clause */
#include "fact/fact.h"

#include "base/limits.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** A fact of DNS data; the test fails when there is none. */
static assay_fact *fact_of(uint16_t rrtype, const assay_span *data, size_t n)
{
    struct assay_answer a = {
        .size = sizeof a, .how = ASSAY_OK, .secure = ASSAY_SECURE, .ttl = 60, .data = data, .n = n};
    assay_fact *fact = NULL;

    assert_int_equal(assay_fact_new(ASSAY_DNS, rrtype, &a, &fact), ASSAY_DONE);
    return fact;
}

static void records_stand_in_canonical_order_whatever_order_they_came_in(void **state)
{
    static const assay_span A[] = {SPAN("\300\0\2\7"), SPAN("\12\0\0\1"), SPAN("\300\0\2\1")};
    static const int ORDERS[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(ORDERS); i++) {
        assay_span data[3] = {A[ORDERS[i][0]], A[ORDERS[i][1]], A[ORDERS[i][2]]};
        assay_fact *fact = fact_of(ASSAY_RR_A, data, 3);

        assert_int_equal(fact->n, 3);
        assert_true(span_eq(fact->data[0], A[1]));
        assert_true(span_eq(fact->data[1], A[2]));
        assert_true(span_eq(fact->data[2], A[0]));
        assay_fact_free(fact);
    }
}

static void equal_records_are_kept_once_names_without_case(void **state)
{
    static const assay_span PTR[] = {SPAN("\4Mail\7EXAMPLE\0"), SPAN("\4mail\7example\0"),
                                     SPAN("\1a\7example\0")};
    assay_fact *fact = fact_of(ASSAY_RR_PTR, PTR, COUNT(PTR));

    (void)state;
    assert_int_equal(fact->n, 2);
    assert_true(span_is(fact->records[0].text, "a.example"));
    assert_true(span_is(fact->records[1].text, "mail.example"));
    assay_fact_free(fact);
}

static void records_have_the_text_that_evaluators_want(void **state)
{
    static const assay_span TXT = SPAN("\7v=spf1 \4-all"), MX = SPAN("\1\2\2mx\7example\0"),
                            A = SPAN("\300\0\2\1");
    assay_fact *txt = fact_of(ASSAY_RR_TXT, &TXT, 1), *mx = fact_of(ASSAY_RR_MX, &MX, 1),
               *a = fact_of(ASSAY_RR_A, &A, 1);

    (void)state;
    assert_true(span_is(txt->records[0].text, "v=spf1 -all"));
    assert_true(span_eq(txt->data[0], TXT));
    assert_true(span_is(mx->records[0].text, "mx.example"));
    assert_int_equal(mx->records[0].preference, 258);
    assert_true(span_eq(a->records[0].text, A));
    assay_fact_free(txt);
    assay_fact_free(mx);
    assay_fact_free(a);
}

static void data_that_is_not_of_its_type_is_refused(void **state)
{
    static const struct {
        uint16_t rrtype;
        assay_span data;
    } ROWS[] = {
        {ASSAY_RR_A, SPAN("\1\2\3")},      {ASSAY_RR_AAAA, SPAN("\1\2\3\4")},
        {ASSAY_RR_TXT, SPAN("\5abc")},     {ASSAY_RR_TXT, SPAN("")},
        {ASSAY_RR_MX, SPAN("\0")},         {ASSAY_RR_MX, SPAN("\0\1\1a")},
        {ASSAY_RR_PTR, SPAN("\7example")}, {ASSAY_RR_PTR, SPAN("\300\14")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .data = &ROWS[i].data, .n = 1};
        assay_fact *fact = NULL;
        assay_status s = assay_fact_new(ASSAY_DNS, ROWS[i].rrtype, &a, &fact);

        if (s != ASSAY_EINVAL || fact)
            fail_msg("row %zu: wanted %d, got %d", i, ASSAY_EINVAL, s);
    }
}

static void an_answer_that_is_none_has_no_data(void **state)
{
    static const assay_span A = SPAN("\300\0\2\1");

    (void)state;
    for (enum assay_how how = ASSAY_NODATA; how <= ASSAY_REFUSED; how++) {
        struct assay_answer a = {.size = sizeof a,
                                 .how = how,
                                 .data = &A,
                                 .n = 1,
                                 .reason = SPAN("why")},
                            seen;
        assay_fact *fact;

        assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &fact), ASSAY_DONE);
        assay_fact_read(fact, &seen);
        assert_int_equal(seen.how, how);
        assert_int_equal(seen.n, 0);
        assert_int_equal(seen.secure, ASSAY_UNKNOWN);
        assert_true(span_is(seen.reason, "why"));
        assert_int_equal(fact_state(fact), how <= ASSAY_NXDOMAIN ? FACT_NONE : FACT_UNKNOWN);
        assert_string_equal(fact_trouble(fact), fact_how_text(how));
        assay_fact_free(fact);
    }
}

static void an_answer_without_records_is_nodata(void **state)
{
    assay_fact *fact = fact_of(ASSAY_RR_TXT, NULL, 0);

    (void)state;
    assert_int_equal(fact->how, ASSAY_NODATA);
    assert_int_equal(fact_state(fact), FACT_NONE);
    assay_fact_free(fact);
}

static void an_answer_that_says_nothing_of_itself_is_refused(void **state)
{
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK};
    assay_fact *fact = NULL;

    (void)state;
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, NULL, &fact), ASSAY_EINVAL);
    a.how = (enum assay_how)0;
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &fact), ASSAY_EINVAL);
    a.how = (enum assay_how)(ASSAY_TLSERROR + 1);
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &fact), ASSAY_EINVAL);
    a.how = ASSAY_OK;
    a.secure = (enum assay_secure)9;
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &fact), ASSAY_EINVAL);
    a.secure = ASSAY_SECURE;
    a.size = 8; /* `how` is not in it */
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &fact), ASSAY_EINVAL);
    a.size = sizeof a + 8;
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &fact), ASSAY_EINVAL);
    assert_null(fact);
}

/** A TXT record of `n` octets of text. \return octets of RDATA in `out` */
static size_t long_txt(size_t n, char *out)
{
    size_t at = 0;

    while (n) {
        size_t piece = n < 255 ? n : 255;

        out[at++] = (char)piece;
        memset(out + at, 't', piece);
        at += piece;
        n -= piece;
    }
    return at;
}

static void a_txt_record_may_have_8192_octets_and_no_more(void **state)
{
    char *rdata = malloc(9000);
    assay_span data;
    assay_fact *fact;

    (void)state;
    assert_non_null(rdata);
    data = (assay_span){rdata, long_txt(LIMIT_TXT, rdata)};
    fact = fact_of(ASSAY_RR_TXT, &data, 1);
    assert_int_equal(fact->how, ASSAY_OK);
    assert_int_equal(fact->records[0].text.n, LIMIT_TXT);
    assay_fact_free(fact);
    data = (assay_span){rdata, long_txt(LIMIT_TXT + 1, rdata)};
    fact = fact_of(ASSAY_RR_TXT, &data, 1);
    assert_int_equal(fact->how, ASSAY_TOOBIG);
    assert_int_equal(fact->n, 0);
    assay_fact_free(fact);
    free(rdata);
}

static void a_txt_record_in_many_short_strings_is_measured_by_its_text(void **state)
{
    char *rdata = malloc(2 * LIMIT_TXT);
    assay_span data = {rdata, 2 * LIMIT_TXT};
    assay_fact *fact;

    (void)state;
    assert_non_null(rdata);
    for (size_t i = 0; i < LIMIT_TXT; i++)
        memcpy(rdata + 2 * i, "\1t", 2);
    fact = fact_of(ASSAY_RR_TXT, &data, 1);
    assert_int_equal(fact->how, ASSAY_OK);
    assert_int_equal(fact->records[0].text.n, LIMIT_TXT);
    assay_fact_free(fact);
    free(rdata);
}

static void an_answer_may_have_65536_octets_and_no_more(void **state)
{
    enum { ALL = LIMIT_FACT / 4 };
    uint32_t *octets = calloc(ALL + 1, sizeof *octets);
    assay_span *data = calloc(ALL + 1, sizeof *data);

    (void)state;
    assert_non_null(octets);
    assert_non_null(data);
    for (uint32_t i = 0; i <= ALL; i++) {
        octets[i] = i * 2654435761u;
        data[i] = (assay_span){(char *)&octets[i], 4};
    }
    for (size_t over = 0; over < 2; over++) {
        assay_fact *fact = fact_of(ASSAY_RR_A, data, ALL + over);

        assert_int_equal(fact->how, over ? ASSAY_TOOBIG : ASSAY_OK);
        assert_int_equal(fact->n, over ? 0 : ALL);
        assay_fact_free(fact);
    }
    free(octets);
    free(data);
}

static void a_document_may_have_a_mebibyte_and_no_more(void **state)
{
    static const enum assay_kind KINDS[] = {ASSAY_GET, ASSAY_LIST};
    char *octets = calloc(1, LIMIT_FETCH + 1);

    (void)state;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        for (size_t n = LIMIT_FETCH; n <= LIMIT_FETCH + 1; n++) {
            assay_span item = {octets, n};
            struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .data = &item, .n = 1};
            assay_fact *fact;

            assert_int_equal(assay_fact_new(KINDS[i], 0, &a, &fact), ASSAY_DONE);
            assert_int_equal(fact->how, n > LIMIT_FETCH ? ASSAY_TOOBIG : ASSAY_OK);
            assert_int_equal(fact->n ? fact->data[0].n : 0, n > LIMIT_FETCH ? 0 : LIMIT_FETCH);
            assay_fact_free(fact);
        }
    free(octets);
}

static void cname_steps_are_copied_and_at_most_16(void **state)
{
    struct assay_link chain[LIMIT_CNAMES + 1];
    static const assay_span A = SPAN("\300\0\2\1");
    char owner[] = "www.example";
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .data = &A, .n = 1, .chain = chain},
                        seen;

    (void)state;
    for (size_t i = 0; i < COUNT(chain); i++)
        chain[i] = (struct assay_link){span_of(owner), SPAN("web.example"), ASSAY_INSECURE};
    for (a.nchain = LIMIT_CNAMES; a.nchain <= LIMIT_CNAMES + 1; a.nchain++) {
        assay_fact *fact;

        memcpy(owner, "www", 3);
        assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &fact), ASSAY_DONE);
        memcpy(owner, "xxx", 3);
        assay_fact_read(fact, &seen);
        assert_int_equal(seen.how, a.nchain > LIMIT_CNAMES ? ASSAY_TOOBIG : ASSAY_OK);
        assert_int_equal(seen.nchain, a.nchain > LIMIT_CNAMES ? 0 : LIMIT_CNAMES);
        for (size_t i = 0; i < seen.nchain; i++) {
            assert_true(span_is(seen.chain[i].owner, "www.example"));
            assert_true(span_is(seen.chain[i].target, "web.example"));
            assert_int_equal(seen.chain[i].secure, ASSAY_INSECURE);
        }
        assay_fact_free(fact);
    }
}

static void what_is_no_dns_answer_is_kept_as_it_is(void **state)
{
    static const assay_span BODY[] = {SPAN("version: STSv1\0\n"), SPAN("second")};
    struct assay_answer a = {.size = sizeof a,
                             .how = ASSAY_OK,
                             .data = BODY,
                             .n = 1,
                             .http = 200,
                             .media_type = SPAN("text/plain")},
                        seen;
    assay_fact *fact = NULL;

    (void)state;
    assert_int_equal(assay_fact_new(ASSAY_GET, 0, &a, &fact), ASSAY_DONE);
    assay_fact_read(fact, &seen);
    assert_true(span_eq(seen.data[0], BODY[0]));
    assert_int_equal(seen.http, 200);
    assert_true(span_is(seen.media_type, "text/plain"));
    assay_fact_free(fact);
    a.n = 2;
    assert_int_equal(assay_fact_new(ASSAY_GET, 0, &a, &fact), ASSAY_EINVAL);
}

/* ---- what is made of a fact ---- */

static atomic_int made, dropped;

/** A thing that shows that it is whole. */
struct thing {
    uint64_t octets, twice;
};

static assay_status make_thing(const struct assay_fact *fact, void **ret)
{
    struct thing *t = malloc(sizeof *t);

    if (!t)
        return ASSAY_ENOMEM;
    t->octets = fact->records[0].text.n;
    t->twice = t->octets * 2;
    atomic_fetch_add(&made, 1);
    *ret = t;
    return ASSAY_DONE;
}

static void drop_thing(void *thing)
{
    atomic_fetch_add(&dropped, 1);
    free(thing);
}

static assay_status make_nothing(const struct assay_fact *fact, void **ret)
{
    (void)fact;
    (void)ret;
    return ASSAY_ENOMEM;
}

static const struct memo_type THINGS = {make_thing, drop_thing}, OTHERS = {make_thing, drop_thing},
                              NOTHING = {make_nothing, drop_thing};

static void a_memo_is_made_once_for_each_type_and_dropped_with_the_fact(void **state)
{
    static const assay_span TXT = SPAN("\4text");
    assay_fact *fact = fact_of(ASSAY_RR_TXT, &TXT, 1);
    const void *first, *again, *other;

    (void)state;
    atomic_store(&made, 0);
    atomic_store(&dropped, 0);
    assert_int_equal(fact_memo(fact, &NOTHING, &first), ASSAY_ENOMEM);
    assert_int_equal(fact_memo(fact, &THINGS, &first), ASSAY_DONE);
    assert_int_equal(fact_memo(fact, &THINGS, &again), ASSAY_DONE);
    assert_int_equal(fact_memo(fact, &OTHERS, &other), ASSAY_DONE);
    assert_ptr_equal(first, again);
    assert_ptr_not_equal(first, other);
    assert_int_equal(((const struct thing *)first)->octets, 4);
    assert_int_equal(atomic_load(&made), 2);
    assert_ptr_equal(assay_fact_ref(fact), fact);
    assay_fact_free(fact);
    assert_int_equal(atomic_load(&dropped), 0); /* one holder is left */
    assay_fact_free(fact);
    assert_int_equal(atomic_load(&dropped), 2);
}

enum { THREADS = 8, ROUNDS = 300 };

/** What the threads share: a new fact each round, and what each of them saw. */
static struct {
    pthread_barrier_t barrier;
    assay_fact *fact;
    const void *seen[THREADS][2];
} shared;

static void *use_memos(void *arg)
{
    const void **seen = arg;

    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&shared.barrier); /* the fact of this round is there */
        if (fact_memo(shared.fact, &THINGS, &seen[0]) != ASSAY_DONE ||
            fact_memo(shared.fact, &OTHERS, &seen[1]) != ASSAY_DONE)
            seen[0] = seen[1] = NULL;
        pthread_barrier_wait(&shared.barrier); /* all have looked */
        assay_fact_free(shared.fact);
        pthread_barrier_wait(&shared.barrier); /* all have let go */
    }
    return NULL;
}

static void threads_that_meet_share_one_memo_and_the_last_frees_the_fact(void **state)
{
    static const assay_span TXT = SPAN("\4text");
    pthread_t threads[THREADS];

    (void)state;
    atomic_store(&made, 0);
    atomic_store(&dropped, 0);
    assert_int_equal(pthread_barrier_init(&shared.barrier, NULL, THREADS + 1), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_memos, shared.seen[i]), 0);
    for (int i = 0; i < ROUNDS; i++) {
        shared.fact = fact_of(ASSAY_RR_TXT, &TXT, 1);
        for (int k = 1; k < THREADS; k++)
            assay_fact_ref(shared.fact);
        pthread_barrier_wait(&shared.barrier);
        pthread_barrier_wait(&shared.barrier);
        for (int k = 0; k < THREADS; k++) {
            assert_non_null(shared.seen[k][0]);
            assert_ptr_equal(shared.seen[k][0], shared.seen[0][0]);
            assert_ptr_equal(shared.seen[k][1], shared.seen[0][1]);
            assert_ptr_not_equal(shared.seen[k][0], shared.seen[k][1]);
        }
        pthread_barrier_wait(&shared.barrier);
        assert_int_equal(atomic_load(&made), atomic_load(&dropped));
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&shared.barrier);
    assert_true(atomic_load(&made) >= 2 * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_stand_in_canonical_order_whatever_order_they_came_in),
        cmocka_unit_test(equal_records_are_kept_once_names_without_case),
        cmocka_unit_test(records_have_the_text_that_evaluators_want),
        cmocka_unit_test(data_that_is_not_of_its_type_is_refused),
        cmocka_unit_test(an_answer_that_is_none_has_no_data),
        cmocka_unit_test(an_answer_without_records_is_nodata),
        cmocka_unit_test(an_answer_that_says_nothing_of_itself_is_refused),
        cmocka_unit_test(a_txt_record_may_have_8192_octets_and_no_more),
        cmocka_unit_test(a_txt_record_in_many_short_strings_is_measured_by_its_text),
        cmocka_unit_test(an_answer_may_have_65536_octets_and_no_more),
        cmocka_unit_test(a_document_may_have_a_mebibyte_and_no_more),
        cmocka_unit_test(cname_steps_are_copied_and_at_most_16),
        cmocka_unit_test(what_is_no_dns_answer_is_kept_as_it_is),
        cmocka_unit_test(a_memo_is_made_once_for_each_type_and_dropped_with_the_fact),
        cmocka_unit_test(threads_that_meet_share_one_memo_and_the_last_frees_the_fact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
