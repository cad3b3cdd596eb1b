/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_wrap.h"
#include "case/test_laws.h"

#include <openssl/crypto.h>

/*
 * Every allocation fails in turn, ours (linked with --wrap) and OpenSSL's: no verdict changes,
 * nothing is lost. A call that says ASSAY_ENOMEM is made again with memory to spare; a message half
 * read is begun anew.
 */

static void *openssl_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : __real_malloc(n);
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : __real_realloc(p, n);
}

static void openssl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

static assay_engine *engine;

/** Arm: the n-th allocation from now on fails. */
static void arm(unsigned long n, bool all_behind)
{
    made = 0;
    fail_at = n;
    fail_on = all_behind;
}

/** Memory was short: now there is enough. */
static bool again(assay_status s)
{
    if (s == ASSAY_ENOMEM)
        arm(0, false);
    return s == ASSAY_ENOMEM;
}

/** Make an evaluation and feed it. */
static assay_eval *begin(const struct case_one *one, const assay_policy *policy)
{
    assay_eval *eval;
    assay_status s;

    for (;;) {
        while (again(s = case_begin(engine, one, policy, &eval)))
            ;
        assert_int_equal(s, ASSAY_DONE);
        if (!case_has_message(one) || !again(s = law_feed(one, eval, 100)))
            break;
        assay_eval_free(eval);
    }
    assert_int_equal(s, ASSAY_DONE);
    return eval;
}

/** Answer what is asked; the facts are made with memory to spare. */
static void answer(const struct case_one *one, assay_eval *eval)
{
    struct case_worlds worlds = case_worlds_of(one);
    struct assay_question q;
    unsigned long at = fail_at, so_far = made;

    while (assay_next_question(eval, &q)) {
        assay_fact *fact;

        fail_at = 0;
        assert_int_equal(case_world_ask(&worlds, &q, &fact, NULL), ASSAY_DONE);
        fail_at = at;
        made = so_far;
        assay_answer_question(eval, q.id, fact);
        assay_fact_free(fact);
    }
}

/** Judge with short memory. */
static assay_eval *judge(const struct case_one *one, const assay_policy *policy)
{
    assay_eval *eval = begin(one, policy);
    assay_status s;

    while ((s = assay_step(eval)) != ASSAY_DONE) {
        assert_true(s == ASSAY_NEED || s == ASSAY_ENOMEM);
        if (!again(s))
            answer(one, eval);
    }
    return eval;
}

/** Judge with one allocation failing, and compare. \return whether there was such an allocation */
static bool compare(const struct case_one *one, const assay_policy *policy,
                    const struct buf *wanted, unsigned long n, bool all_behind)
{
    assay_eval *eval;
    struct buf got;
    bool reached;

    arm(n, all_behind);
    eval = judge(one, policy);
    reached = fail_at == 0;
    arm(0, false);
    got = law_octets(eval);
    law_assert_same(one, all_behind ? "memory short from some point on" : "one allocation failed",
                    wanted, &got);
    buf_done(&got);
    assay_eval_free(eval);
    return reached;
}

/**
 * The options of a case, and below them a policy that may hold when the DNS is silent, and one that
 * always does.
 */
static assay_policy *tree_of(const struct case_one *one)
{
    assay_policy *top = NULL, *child = NULL;
    struct case_error error;

    assert_int_equal(assay_policy_new(&top), ASSAY_DONE);
    if (case_set_policy(one, top, &error) != ASSAY_DONE) {
        assay_policy_free(top); /* a case that shows an error of its options */
        return NULL;
    }
    assert_int_equal(assay_policy_child(top, "perhaps", &child), ASSAY_DONE);
    assert_int_equal(assay_policy_when(child, "client", ".no.such.example", NULL), ASSAY_DONE);
    assert_int_equal(assay_policy_set(child, "dmarc.reject", "accept", NULL), ASSAY_DONE);
    assert_int_equal(assay_policy_child(top, "always", &child), ASSAY_DONE);
    assay_policy_seal(top);
    return top;
}

/** Fail every allocation of a case in turn, under a policy, which is freed. */
static void torture(const struct case_one *one, assay_policy *policy)
{
    unsigned long allocations;
    struct buf wanted;
    assay_eval *eval;

    if (!policy)
        return;
    arm(0, false);
    eval = judge(one, policy);
    allocations = made;
    wanted = law_octets(eval);
    assay_eval_free(eval);
    for (unsigned long n = 1; n <= allocations; n++) {
        compare(one, policy, &wanted, n, false);
        compare(one, policy, &wanted, n, true);
    }
    buf_done(&wanted);
    assay_policy_free(policy);
}

static void by_its_policy(const struct case_one *one, uint32_t *random)
{
    (void)random;
    torture(one, law_policy(one));
}

static void by_one_of_several(const struct case_one *one, uint32_t *random)
{
    (void)random;
    torture(one, tree_of(one));
}

/** One of how many cases is tried. */
static unsigned one_of(void)
{
    return getenv("ASSAY_LAW_ALL") ? 1 : 24;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, by_its_policy, one_of());
}

static void every_allocation_may_fail_where_there_are_several_policies(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, by_one_of_several, one_of());
}

/** A posture takes more allocations than a verdict. */
static void every_allocation_may_fail_when_a_domain_is_looked_at(void **state)
{
    (void)state;
    law_each(CASE_DOMAIN, by_its_policy, 4 * one_of());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_allocation_may_fail_when_a_domain_is_looked_at),
        cmocka_unit_test(every_allocation_may_fail_where_there_are_several_policies)};
    int failed;

    if (!CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) ||
        assay_engine_new(0, &engine) != ASSAY_DONE)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    assay_engine_free(engine);
    return failed;
}
