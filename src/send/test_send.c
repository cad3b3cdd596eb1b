/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sending flow by its calls: what may come when, what is asked and when, whether the body is
 * wanted, and which policy counts. What it decides is told by cases/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MUST assert_true
#include "dkim/test_signing.h"

#include <assay/assay.h>

static assay_engine *engine;
static struct signing_key key;

static const char TABLE[] = "example.org key=s:example.org:ed25519";

/** A policy with a table. */
static assay_policy *new_policy(const char *table)
{
    assay_policy *p;

    assert_int_equal(assay_policy_new(&p), ASSAY_DONE);
    assert_int_equal(assay_policy_set(p, "sign.table", table, NULL), ASSAY_DONE);
    return p;
}

/** Begin to send. */
static assay_eval *begin(const assay_policy *policy)
{
    const struct assay_envelope envelope = {
        .size = sizeof envelope, .now = 1795435200, .user = SPAN("alice"), .ip = SPAN("192.0.2.1")};
    assay_eval *eval;

    assert_int_equal(assay_send_new(engine, policy, &envelope, &eval), ASSAY_DONE);
    return eval;
}

/** Answer all that is asked: SIGN by the key, TXT by `how`. \return how many questions there were */
static unsigned answer(assay_eval *eval, enum assay_how how)
{
    struct assay_question q;
    unsigned n = 0;

    for (; assay_next_question(eval, &q); n++) {
        struct assay_answer a = {.size = sizeof a, .how = how};
        uint8_t digest[SHA256_SIZE], signature[PRIVATE_SIGNATURE];
        char wire[300];
        assay_span item = {wire, key.record.n + 1};
        enum key_type type;
        assay_fact *fact;

        wire[0] = (char)key.record.n;
        memcpy(wire + 1, key.record.p, key.record.n);
        if (q.kind == ASSAY_SIGN) {
            a.how = ASSAY_OK;
            assert_true(private_question(q.data, &type, digest));
            assert_int_equal(private_sign(key.key, digest, signature, &item.n), ASSAY_DONE);
            item.p = (const char *)signature;
        }
        a.data = &item;
        a.n = a.how == ASSAY_OK;
        assert_int_equal(assay_fact_new(q.kind, q.rrtype, &a, &fact), ASSAY_DONE);
        assay_answer_question(eval, q.id, fact);
        assay_fact_free(fact);
    }
    return n;
}

/** Give the header of a message by fields. */
static void give_header(assay_eval *eval)
{
    assert_int_equal(assay_header(eval, SPAN("From"), SPAN(" a@example.org")), ASSAY_DONE);
    assert_int_equal(assay_header(eval, SPAN("Subject"), SPAN(" hello\n\tthere")), ASSAY_DONE);
    assert_int_equal(assay_eoh(eval), ASSAY_DONE);
}

/** Give the body and end. */
static void finish(assay_eval *eval, enum assay_how how)
{
    assay_status s;

    assert_int_equal(assay_body(eval, SPAN("body\r\n")), ASSAY_DONE);
    assert_int_equal(assay_eom(eval), ASSAY_DONE);
    while ((s = assay_step(eval)) == ASSAY_NEED)
        assert_true(answer(eval, how) > 0);
    assert_int_equal(s, ASSAY_DONE);
}

/** The first check of the verdict. */
static void assert_check(assay_eval *eval, const char *result, const char *reason)
{
    const struct assay_verdict *v = assay_result(eval);

    assert_non_null(v);
    assert_true(v->nchecks >= 1);
    if (!span_is(v->checks[0]->result, result) ||
        !span_contains(v->checks[0]->reason, span_of(reason)))
        fail_msg("wanted %s, %s\ngot %.*s, %.*s", result, reason, SPAN_ARG(v->checks[0]->result),
                 SPAN_ARG(v->checks[0]->reason));
}

static void the_public_key_is_asked_for_at_the_end_of_the_header(void **state)
{
    assay_policy *p = new_policy(TABLE);
    struct assay_question q;
    assay_eval *eval;

    (void)state;
    assay_policy_seal(p);
    eval = begin(p);
    assert_int_equal(assay_step(eval), ASSAY_MORE);
    assert_false(assay_next_question(eval, &q));
    give_header(eval);
    assert_int_equal(assay_step(eval), ASSAY_NEED);
    assert_true(assay_wants_body(eval));
    assert_int_equal(answer(eval, ASSAY_OK), 1);
    assert_int_equal(assay_step(eval), ASSAY_MORE);
    assert_true(assay_wants_body(eval));
    finish(eval, ASSAY_OK);
    assert_check(eval, "signed", "");
    assert_false(assay_wants_body(eval));
    assert_int_equal(assay_result(eval)->nedits, 1);
    assay_eval_free(eval);
    assay_policy_free(p);
}

static void a_body_that_nobody_signs_is_not_wanted(void **state)
{
    assay_policy *p = new_policy(TABLE);
    assay_eval *eval;

    (void)state;
    assay_policy_seal(p);
    eval = begin(p);
    give_header(eval);
    assert_int_equal(assay_step(eval), ASSAY_NEED);
    assert_int_equal(answer(eval, ASSAY_NXDOMAIN), 1);
    assert_int_equal(assay_step(eval), ASSAY_MORE);
    assert_false(assay_wants_body(eval));
    assert_int_equal(assay_eom(eval), ASSAY_DONE); /* the filter gives none */
    assert_int_equal(assay_step(eval), ASSAY_DONE);
    assert_check(eval, "skipped", "no key is published");
    assay_eval_free(eval);

    eval = begin(p);
    assert_int_equal(assay_header(eval, SPAN("From"), SPAN(" a@elsewhere.example")), ASSAY_DONE);
    assert_int_equal(assay_eoh(eval), ASSAY_DONE);
    assert_false(assay_wants_body(eval));
    assay_eval_free(eval);
    assay_policy_free(p);
}

static void calls_out_of_order_change_nothing(void **state)
{
    assay_policy *p = new_policy(TABLE);
    assay_eval *eval;

    (void)state;
    assay_policy_seal(p);
    eval = begin(p);
    assert_int_equal(assay_body(eval, SPAN("x")), ASSAY_EORDER);
    assert_int_equal(assay_body_digest(eval, SPAN("relaxed"), 1, SPAN("x")), ASSAY_EORDER);
    assert_int_equal(assay_rcpt(eval, SPAN("b@example.net")), ASSAY_DONE);
    give_header(eval);
    assert_int_equal(assay_rcpt(eval, SPAN("c@example.net")), ASSAY_EORDER);
    assert_int_equal(assay_header(eval, SPAN("To"), SPAN(" x")), ASSAY_EORDER);
    assert_int_equal(assay_feed(eval, SPAN("x")), ASSAY_EORDER);
    assert_int_equal(assay_body_digest(eval, SPAN("loose"), 1, SPAN("x")), ASSAY_EINVAL);
    finish(eval, ASSAY_OK);
    assert_int_equal(assay_eom(eval), ASSAY_EORDER);
    assert_int_equal(assay_body(eval, SPAN("x")), ASSAY_EORDER);
    assert_check(eval, "signed", "");
    assay_eval_free(eval);
    assay_policy_free(p);
}

static void an_envelope_that_is_none_is_refused(void **state)
{
    assay_policy *p = new_policy(TABLE);
    struct assay_envelope e = {.size = sizeof e};
    assay_eval *eval;

    (void)state;
    assert_int_equal(assay_send_new(engine, p, &e, &eval), ASSAY_EINVAL); /* not sealed */
    assay_policy_seal(p);
    e.ip = SPAN("somewhere");
    assert_int_equal(assay_send_new(engine, p, &e, &eval), ASSAY_EINVAL);
    e.ip = SPAN_EMPTY;
    e.sample = 100;
    assert_int_equal(assay_send_new(engine, p, &e, &eval), ASSAY_EINVAL);
    e.sample = 0;
    e.size = sizeof e + 1;
    assert_int_equal(assay_send_new(engine, p, &e, &eval), ASSAY_EINVAL);
    e.size = sizeof e;
    e.mail_from_unknown = true;
    e.mail_from = SPAN("a@b");
    assert_int_equal(assay_send_new(engine, p, &e, &eval), ASSAY_EINVAL);
    assay_policy_free(p);
}

static void a_digest_may_stand_for_the_body(void **state)
{
    assay_policy *p = new_policy(TABLE);
    uint8_t digest[SHA256_SIZE];
    assay_eval *by_body, *by_digest;
    assay_status s;

    (void)state;
    assay_policy_seal(p);
    by_body = begin(p);
    give_header(by_body);
    finish(by_body, ASSAY_OK);
    by_digest = begin(p);
    give_header(by_digest);
    assert_int_equal(digest_of(engine, SPAN("body\r\n"), digest), ASSAY_DONE);
    assert_int_equal(assay_body_digest(by_digest, SPAN("relaxed"), 6,
                                       (assay_span){(const char *)digest, sizeof digest}),
                     ASSAY_DONE);
    assert_int_equal(assay_eom(by_digest), ASSAY_DONE);
    while ((s = assay_step(by_digest)) == ASSAY_NEED)
        answer(by_digest, ASSAY_OK);
    assert_int_equal(s, ASSAY_DONE);
    assert_check(by_digest, "signed", "");
    assert_true(
        span_eq(assay_result(by_body)->edits[0].value, assay_result(by_digest)->edits[0].value));
    assay_eval_free(by_digest);

    by_digest = begin(p); /* of another canonicalization */
    give_header(by_digest);
    assert_int_equal(assay_body_digest(by_digest, SPAN("simple"), 6,
                                       (assay_span){(const char *)digest, sizeof digest}),
                     ASSAY_DONE);
    assert_int_equal(assay_eom(by_digest), ASSAY_DONE);
    while ((s = assay_step(by_digest)) == ASSAY_NEED)
        answer(by_digest, ASSAY_OK);
    assert_check(by_digest, "skipped", "the digest of the body is not known");
    assay_eval_free(by_digest);
    assay_eval_free(by_body);
    assay_policy_free(p);
}

static void giving_up_defers_what_is_not_signed(void **state)
{
    assay_policy *p = new_policy(TABLE);
    assay_eval *eval;

    (void)state;
    assay_policy_seal(p);
    eval = begin(p);
    give_header(eval);
    assert_int_equal(assay_step(eval), ASSAY_NEED);
    assert_int_equal(assay_body(eval, SPAN("body\r\n")), ASSAY_DONE);
    assert_int_equal(assay_eom(eval), ASSAY_DONE);
    assay_give_up(eval);
    assert_int_equal(assay_step(eval), ASSAY_DONE);
    assert_check(eval, "failed", "does not answer: TIMEOUT");
    assert_int_equal(assay_result(eval)->what, ASSAY_DEFER);
    assert_int_equal(assay_result(eval)->code, 451);
    assert_true(span_is(assay_result(eval)->enhanced, "4.7.5"));
    assert_int_equal(assay_result(eval)->nedits, 0);
    assay_eval_free(eval);
    assay_policy_free(p);
}

/** Add a child that signs otherwise. */
static void add_child(assay_policy *p, const char *condition, const char *value, const char *table)
{
    assay_policy *child;

    assert_int_equal(assay_policy_child(p, condition, &child), ASSAY_DONE);
    assert_int_equal(assay_policy_when(child, condition, value, NULL), ASSAY_DONE);
    assert_int_equal(assay_policy_set(child, "sign.table", table, NULL), ASSAY_DONE);
}

static void the_nearest_policy_has_the_table(void **state)
{
    static const struct {
        const char *condition, *value;
        bool holds;
    } ROWS[] = {
        {"authenticated", "alice", true},
        {"authenticated", "bob", false},
        {"client", "192.0.2.0/24", true},
        {"client", "10.0.0.0/8", false},
        {"recipient", "example.net", true},
        {"recipient", "example.com", false},
        {"author", "example.org", true},
        {"author", ".example.org", false},
        {"header", "Subject: there", true},
        {"header", "Subject: elsewhere", false},
        {"sender", "<>", true},
        {"sender", "example.org", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assay_policy *p = new_policy("");
        assay_eval *eval;

        add_child(p, ROWS[i].condition, ROWS[i].value, TABLE);
        assay_policy_seal(p);
        eval = begin(p);
        assert_int_equal(assay_rcpt(eval, SPAN("b@example.net")), ASSAY_DONE);
        give_header(eval);
        finish(eval, ASSAY_OK);
        assert_check(eval, ROWS[i].holds ? "signed" : "skipped",
                     ROWS[i].holds ? "" : "sign.table has no entry");
        assert_true(span_is(assay_result(eval)->policy, ROWS[i].holds ? ROWS[i].condition : ""));
        assay_eval_free(eval);
        assay_policy_free(p);
    }
}

static int set_up(void **state)
{
    char text[2048];
    FILE *file = fopen("src/dkim/cases/keys/ed.pem", "rb");

    (void)state;
    if (!file || assay_engine_new(4, &engine) != ASSAY_DONE)
        return 1;
    key = signing_key_of(engine, (assay_span){text, fread(text, 1, sizeof text, file)});
    fclose(file);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    signing_key_done(&key);
    assay_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_public_key_is_asked_for_at_the_end_of_the_header),
        cmocka_unit_test(a_body_that_nobody_signs_is_not_wanted),
        cmocka_unit_test(calls_out_of_order_change_nothing),
        cmocka_unit_test(an_envelope_that_is_none_is_refused),
        cmocka_unit_test(a_digest_may_stand_for_the_body),
        cmocka_unit_test(giving_up_defers_what_is_not_signed),
        cmocka_unit_test(the_nearest_policy_has_the_table),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
