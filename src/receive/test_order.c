/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of assay.h in every order: what is out of order is refused, and changes nothing.
 */
#include <assay/assay.h>

#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- one call ---- */

static const char DIGEST[32];

/** Make one call, named by a letter. */
static assay_status call(assay_eval *eval, char which)
{
    switch (which) {
    case 'r': return assay_rcpt(eval, SPAN("bob@example.net"));
    case 'h': return assay_header(eval, SPAN("From"), SPAN(" a@silent.example"));
    case 'e': return assay_eoh(eval);
    case 'b': return assay_body(eval, SPAN("text\r\n"));
    case 'd':
        return assay_body_digest(eval, SPAN("relaxed"), 6, (assay_span){DIGEST, sizeof DIGEST});
    case 'x':
        return assay_body_digest(eval, SPAN("strange"), 6, (assay_span){DIGEST, sizeof DIGEST});
    case 'y': return assay_body_digest(eval, SPAN("simple"), 6, (assay_span){DIGEST, 31});
    case 'f': return assay_feed(eval, SPAN("From: a@silent.example\r\n"));
    case 'F': return assay_feed(eval, SPAN("\r\ntext\r\n"));
    case 'm': return assay_eom(eval);
    default: return assay_step(eval);
    }
}

/** A status as one character. */
static char letter(assay_status s)
{
    switch (s) {
    case ASSAY_DONE: return '.';
    case ASSAY_NEED: return '?';
    case ASSAY_MORE: return '+';
    case ASSAY_EORDER: return 'o';
    case ASSAY_EINVAL: return '!';
    default: return '#';
    }
}

/** An evaluation of a message, or of an envelope alone. */
static assay_eval *begin(assay_engine *engine, const assay_policy *policy, bool envelope_only)
{
    const struct assay_envelope envelope = {.size = sizeof envelope, .now = 1795435200};
    assay_eval *eval;
    assay_status s = envelope_only ? assay_envelope_new(engine, policy, &envelope, &eval)
                                   : assay_receive_new(engine, policy, &envelope, &eval);

    assert_int_equal(s, ASSAY_DONE);
    return eval;
}

/** Calls, and the status of each. */
struct row {
    const char *calls, *want;
};

/** Make the calls of each row. */
static void call_rows(const struct row *rows, size_t n, bool envelope_only)
{
    assay_engine *engine;
    assay_policy *policy;
    size_t wrong = 0;

    assert_int_equal(assay_engine_new(0, &engine), ASSAY_DONE);
    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assay_policy_seal(policy);
    for (size_t i = 0; i < n; i++) {
        assay_eval *eval = begin(engine, policy, envelope_only);
        char got[32] = "";

        for (size_t k = 0; rows[i].calls[k]; k++)
            got[k] = letter(call(eval, rows[i].calls[k]));
        if (strcmp(got, rows[i].want) != 0) {
            printf("  %s: wanted %s, got %s\n", rows[i].calls, rows[i].want, got);
            wrong++;
        }
        assay_eval_free(eval);
    }
    assay_policy_free(policy);
    assay_engine_free(engine);
    assert_int_equal(wrong, 0);
}

/* ---- the orders ---- */

static void a_message_comes_in_its_order(void **state)
{
    static const struct row ROWS[] = {
        {"rrhhebbm", "........"},
        {"hem", "..."},
        {"hedem", "....."},
        {"hedm", "...."},
        {"heddm", "....."},
        {"ffFm", "...."},
        {"fFFm", "...."},
        {"fm", ".."},
        {"m", "."},
        {"em", ".."},
        {"rfFm", "...."},
        {"heebm", "....."},
        {"rrrrrrrhem", ".........."},
    };

    (void)state;
    call_rows(ROWS, COUNT(ROWS), false);
}

static void what_is_out_of_order_is_refused(void **state)
{
    static const struct row ROWS[] = {
        {"hr", ".o"},     {"er", ".o"},     {"fr", ".o"},     {"eh", ".o"},       {"hebh", "...o"},
        {"b", "o"},       {"hb", ".o"},     {"d", "o"},       {"hd", ".o"},       {"hebd", "...o"},
        {"hedb", "...o"}, {"hm", ".o"},     {"hemm", "...o"}, {"hembm", "...oo"}, {"hemh", "...o"},
        {"heme", "...o"}, {"hemd", "...o"}, {"fh", ".o"},     {"fe", ".o"},       {"fb", ".o"},
        {"fFb", "..o"},   {"fFd", "..o"},   {"hf", ".o"},     {"hef", "..o"},     {"hemf", "...o"},
        {"fFmF", "...o"}, {"fFmm", "...o"}, {"ef", ".o"},
    };

    (void)state;
    call_rows(ROWS, COUNT(ROWS), false);
}

static void a_digest_must_be_one(void **state)
{
    static const struct row ROWS[] = {{"hex", "..!"}, {"hey", "..!"}, {"hexd", "..!."}};

    (void)state;
    call_rows(ROWS, COUNT(ROWS), false);
}

static void a_refused_call_changes_nothing(void **state)
{
    static const struct row ROWS[] = {
        {"hbebm", ".o..."}, {"hfebm", ".o..."}, {"fhFm", ".o.."}, {"hdehbm", ".o.o.."}};

    (void)state;
    call_rows(ROWS, COUNT(ROWS), false);
}

static void a_step_is_legal_at_any_point(void **state)
{
    static const struct row ROWS[] = {
        {"s", "+"}, {"shsesm", "+.+.?."}, {"fsFs", ".+.?"}, {"hebsms", "...?.?"}};

    (void)state;
    call_rows(ROWS, COUNT(ROWS), false);
}

static void an_envelope_takes_no_message(void **state)
{
    static const struct row ROWS[] = {{"s", "."}, {"rhebdfms", "ooooooo."}};

    (void)state;
    call_rows(ROWS, COUNT(ROWS), true);
}

static void a_policy_must_be_sealed_and_an_address_be_one(void **state)
{
    struct assay_envelope envelope = {.size = sizeof envelope, .now = 1};
    assay_engine *engine;
    assay_policy *policy;
    assay_eval *eval = NULL;

    (void)state;
    assert_int_equal(assay_engine_new(0, &engine), ASSAY_DONE);
    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_EINVAL);
    assay_policy_seal(policy);
    envelope.ip = SPAN("192.0.2");
    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_EINVAL);
    envelope.ip = SPAN_EMPTY;
    envelope.sample = 100;
    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_EINVAL);
    envelope.sample = 99;
    envelope.size = sizeof envelope + 1;
    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_EINVAL);
    envelope.size = 1;
    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_EINVAL);
    assert_null(eval);
    envelope.size = offsetof(struct assay_envelope, ip); /* a caller of long ago */
    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_DONE);
    assay_eval_free(eval);
    assay_policy_free(policy);
    assay_engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_in_its_order),
        cmocka_unit_test(what_is_out_of_order_is_refused),
        cmocka_unit_test(a_digest_must_be_one),
        cmocka_unit_test(a_refused_call_changes_nothing),
        cmocka_unit_test(a_step_is_legal_at_any_point),
        cmocka_unit_test(an_envelope_takes_no_message),
        cmocka_unit_test(a_policy_must_be_sealed_and_an_address_be_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
