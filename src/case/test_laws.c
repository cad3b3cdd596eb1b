/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/test_laws.h"

#include "receive/verdict.h"

/* The laws of an evaluation, each over all cases of the tree. */

static assay_engine *engine, *no_memo;

/** Judge in another way, and the same must come out. */
static void same(const struct case_one *one, assay_engine *with, const struct law_way *way,
                 const char *law, uint32_t *random)
{
    static const struct law_way PLAIN = {0};
    assay_policy *policy = law_policy(one);
    assay_eval *a, *b;
    struct buf x, y;

    if (!policy)
        return;
    a = law_judge(engine, policy, one, &PLAIN, random);
    b = law_judge(with, policy, one, way, random);
    x = law_octets(a);
    y = law_octets(b);
    law_assert_same(one, law, &x, &y);
    buf_done(&x);
    buf_done(&y);
    assay_eval_free(a);
    assay_eval_free(b);
    assay_policy_free(policy);
}

static void twice(const struct case_one *one, uint32_t *random)
{
    same(one, engine, &(struct law_way){0}, "judged twice", random);
}

static void the_same_inputs_give_the_same_octets(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, twice, 1);
}

static void in_any_order(const struct case_one *one, uint32_t *random)
{
    same(one, engine, &(struct law_way){.one_by_one = true}, "one by one", random);
    for (int i = 0; i < 3; i++)
        same(one, engine, &(struct law_way){.one_by_one = true, .shuffled = true},
             "one by one, in random order", random);
    same(one, engine, &(struct law_way){.shuffled = true}, "in random order", random);
    same(one, engine, &(struct law_way){.one_by_one = true, .shuffled = true, .every_step = true},
         "a step after every answer", random);
}

static void the_order_of_facts_changes_nothing(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, in_any_order, 1);
}

static void without_hints(const struct case_one *one, uint32_t *random)
{
    same(one, engine, &(struct law_way){.no_hints = true}, "no hint is answered", random);
    same(one, engine, &(struct law_way){.no_hints = true, .one_by_one = true, .shuffled = true},
         "no hint is answered, one by one", random);
}

static void hints_never_answered_change_nothing(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, without_hints, 1);
}

static void without_memo(const struct case_one *one, uint32_t *random)
{
    same(one, no_memo, &(struct law_way){0}, "without the memo of keys", random);
}

static void the_memo_of_keys_changes_nothing(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, without_memo, 1);
}

static void in_pieces(const struct case_one *one, uint32_t *random)
{
    static const size_t CHUNKS[] = {1, 2, 3, 7, 64, 65, 128, 1000};

    if (!case_has_message(one))
        return;
    for (size_t i = 0; i < sizeof CHUNKS / sizeof *CHUNKS; i++)
        same(one, engine, &(struct law_way){.chunk = CHUNKS[i]}, "fed in pieces", random);
}

static void every_cut_of_a_message_gives_the_same_octets(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, in_pieces, 1);
}

/* ---- lost facts ---- */

/** The reasoning says that an error was no match (RFC 7208 5.5, 7.3): such a pass may differ. */
static bool marked(assay_eval *eval)
{
    const struct assay_trace_line *lines;
    size_t n;

    assert_int_equal(assay_trace(eval, &lines, &n), ASSAY_DONE);
    for (size_t i = 0; i < n; i++)
        if (span_contains(lines[i].then, SPAN("an error is no match")))
            return true;
    return false;
}

/** The message is delivered to whom it is for, marked or not. */
static bool delivers(const struct assay_verdict *v)
{
    return v->would == ASSAY_ACCEPT || v->would == ASSAY_TAG;
}

/** It is what the options say of a message that could not be judged. */
static bool says_so(const struct assay_verdict *v)
{
    return span_is(v->cause, "temperror");
}

/** What is done is not worse founded. */
static void not_bolder(const struct case_one *one, const struct assay_verdict *a,
                       const struct assay_verdict *b, bool uncertain)
{
    if (delivers(b) && !delivers(a) && a->would != ASSAY_DEFER && !says_so(b) && !uncertain)
        fail_msg("%.*s: accepted when facts are lost: %.*s", SPAN_ARG(one->name),
                 SPAN_ARG(b->reason));
    if (a->would == ASSAY_ACCEPT && b->would != ASSAY_ACCEPT && !says_so(b))
        fail_msg("%.*s: a lost fact became a policy failure: %.*s", SPAN_ARG(one->name),
                 SPAN_ARG(b->reason));
    if (a->would != b->would && (b->would == ASSAY_REJECT || b->would == ASSAY_DISCARD))
        fail_msg("%.*s: rejected because a fact was lost: %.*s", SPAN_ARG(one->name),
                 SPAN_ARG(b->reason));
}

/** No check passes that did not pass with all facts, and what is done is not worse founded. */
static void not_better(const struct case_one *one, assay_eval *full, assay_eval *lost)
{
    const struct assay_verdict *a = assay_result(full), *b = assay_result(lost);

    assert_int_equal(a->nchecks, b->nchecks);
    for (size_t i = 0; i < a->nchecks; i++)
        if (span_is(b->checks[i]->result, "pass") && !span_is(a->checks[i]->result, "pass") &&
            !marked(lost))
            fail_msg("%.*s: %.*s passes when facts are lost (%.*s with all)", SPAN_ARG(one->name),
                     SPAN_ARG(b->checks[i]->method), SPAN_ARG(a->checks[i]->result));
    not_bolder(one, a, b, marked(lost));
}

static void with_losses(const struct case_one *one, uint32_t *random)
{
    static const enum assay_how HOWS[] = {ASSAY_TIMEOUT, ASSAY_SERVFAIL, ASSAY_BOGUS, ASSAY_TOOBIG,
                                          ASSAY_REFUSED};
    static const unsigned OF[] = {1, 2, 4, 8};
    assay_policy *policy = law_policy(one);
    assay_eval *full;

    if (!policy)
        return;
    full = law_judge(engine, policy, one, &(struct law_way){0}, random);
    for (size_t i = 0; i < sizeof HOWS / sizeof *HOWS; i++)
        for (size_t k = 0; k < sizeof OF / sizeof *OF; k++) {
            struct law_way way = {.lost = HOWS[i], .lost_of = OF[k], .one_by_one = i % 2};
            assay_eval *lost = law_judge(engine, policy, one, &way, random);

            not_better(one, full, lost);
            assay_eval_free(lost);
        }
    assay_eval_free(full);
    assay_policy_free(policy);
}

static void lost_facts_never_make_a_pass_or_a_policy_failure(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, with_losses, 1);
}

/** Without its memory a receiver defers what it would have accepted in the end, and that is all. */
static void without_memory(const struct case_one *one, uint32_t *random)
{
    static const enum assay_how HOWS[] = {ASSAY_TIMEOUT, ASSAY_SERVFAIL, ASSAY_BOGUS,
                                          ASSAY_TOOBIG,  ASSAY_REFUSED,  ASSAY_NODATA,
                                          ASSAY_NXDOMAIN};
    assay_policy *policy = law_policy(one);
    assay_eval *full;

    if (!policy)
        return;
    full = law_judge(engine, policy, one, &(struct law_way){0}, random);
    for (size_t i = 0; i < sizeof HOWS / sizeof *HOWS; i++) {
        struct law_way way = {.lost = HOWS[i], .lost_of = 1, .lost_kind = ASSAY_RECALL};
        assay_eval *lost = law_judge(engine, policy, one, &way, random);
        const struct assay_verdict *a = assay_result(full), *b = assay_result(lost);

        if (a->would != b->would && b->would != ASSAY_DEFER)
            fail_msg("%.*s: %s when nothing is remembered", SPAN_ARG(one->name),
                     verdict_word(b->would));
        assay_eval_free(lost);
    }
    assay_eval_free(full);
    assay_policy_free(policy);
}

static void a_lost_memory_only_ever_defers(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, without_memory, 1);
}

static void giving_up(const struct case_one *one, uint32_t *random)
{
    assay_policy *policy = law_policy(one);
    assay_eval *full;

    if (!policy)
        return;
    full = law_judge(engine, policy, one, &(struct law_way){0}, random);
    for (unsigned after = 1; after < 6; after++) {
        struct law_way way = {.one_by_one = true, .give_up = after};
        assay_eval *lost = law_judge(engine, policy, one, &way, random);

        not_better(one, full, lost);
        assay_eval_free(lost);
    }
    assay_eval_free(full);
    assay_policy_free(policy);
}

static void giving_up_always_ends(void **state)
{
    (void)state;
    law_each(LAW_VERDICTS, giving_up, 1);
}

static int set_up(void **state)
{
    (void)state;
    return assay_engine_new(16, &engine) != ASSAY_DONE ||
           assay_engine_new(0, &no_memo) != ASSAY_DONE;
}

static int tear_down(void **state)
{
    (void)state;
    assay_engine_free(engine);
    assay_engine_free(no_memo);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_inputs_give_the_same_octets),
        cmocka_unit_test(the_order_of_facts_changes_nothing),
        cmocka_unit_test(hints_never_answered_change_nothing),
        cmocka_unit_test(the_memo_of_keys_changes_nothing),
        cmocka_unit_test(every_cut_of_a_message_gives_the_same_octets),
        cmocka_unit_test(lost_facts_never_make_a_pass_or_a_policy_failure),
        cmocka_unit_test(a_lost_memory_only_ever_defers),
        cmocka_unit_test(giving_up_always_ends),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
