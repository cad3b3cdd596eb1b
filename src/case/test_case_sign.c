/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/base64.h"
#include "case/model.h"
#include "case/test_case.h"
#include "case/write.h"
#include "fact/fact.h"

/** A digest, as octets and in base64. */
static const uint8_t DIGEST[SHA256_SIZE] = "thirty-two octets to be signed..";
#define BASE64 "dGhpcnR5LXR3byBvY3RldHMgdG8gYmUgc2lnbmVkLi4="

/** The Ed25519 key of RFC 8463 A.2. */
#define ED25519                                          \
    "t._domainkey.a.example ed25519\n"                   \
    "| -----BEGIN PRIVATE KEY-----\n"                    \
    "| MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMRESc\n" \
    "| VpezJpGXA7rAMcrn9g\n"                             \
    "| -----END PRIVATE KEY-----\n"

static const char WORLD[] =
    "[sign]\n"
    "S._domainkey.A.example. rsa file = ../../dkim/cases/keys/rsa1024.pem\n" ED25519
    "u._domainkey.a.example ed25519 signature " BASE64 " = c2lnbmF0dXJl\n"
    "u._domainkey.a.example rsa signature " BASE64 " = TIMEOUT\n"
    "v._domainkey.a.example rsa signature " BASE64 " = REFUSED the key is being changed\n"
    "t._domainkey.a.example ed25519 signature "
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= = cmVjb3JkZWQ=\n";

/** Ask a case. */
static struct assay_answer ask_sign(const struct case_one *one, const char *name, const char *data,
                                    assay_fact **ret, bool *ret_absent)
{
    const struct case_worlds worlds = case_worlds_of(one);
    const struct assay_question q = {.kind = ASSAY_SIGN,
                                     .name = span_of(name),
                                     .data = span_of(data)};
    struct assay_answer a;

    assert_int_equal(case_world_ask(&worlds, &q, ret, ret_absent), ASSAY_DONE);
    assay_fact_read(*ret, &a);
    return a;
}

static void keys_and_answers_answer_what_they_are_about(void **state)
{
    static const struct {
        const char *claim, *name, *data;
        enum assay_how how;
        size_t n; /* octets of the signature */
        const char *signature, *reason;
        bool absent;
    } CASES[] = {
        {"an RSA key of a file", "s._domainkey.a.example", "rsa-sha256 " BASE64, ASSAY_OK, 128,
         NULL, "", false},
        {"an Ed25519 key of lines", "t._domainkey.a.example", "ed25519-sha256 " BASE64, ASSAY_OK,
         64, NULL, "", false},
        {"a recorded signature", "u._domainkey.a.example", "ed25519-sha256 " BASE64, ASSAY_OK, 9,
         "signature", "", false},
        {"a recorded silence", "u._domainkey.a.example", "rsa-sha256 " BASE64, ASSAY_TIMEOUT, 0,
         NULL, "", false},
        {"a recorded refusal", "v._domainkey.a.example", "rsa-sha256 " BASE64, ASSAY_REFUSED, 0,
         NULL, "the key is being changed", false},
        {"a recorded signature counts before the key", "t._domainkey.a.example",
         "ed25519-sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", ASSAY_OK, 8, "recorded", "",
         false},
        {"another digest than the recorded one", "u._domainkey.a.example",
         "ed25519-sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", ASSAY_REFUSED, 0, NULL,
         "no such key", true},
        {"another name", "w._domainkey.a.example", "rsa-sha256 " BASE64, ASSAY_REFUSED, 0, NULL,
         "no such key", true},
        {"another algorithm", "t._domainkey.a.example", "rsa-sha256 " BASE64, ASSAY_REFUSED, 0,
         NULL, "no such key", true},
        {"no question", "t._domainkey.a.example", "", ASSAY_REFUSED, 0, NULL, "no such key", true},
    };
    struct case_set *set = test_read(span_of(WORLD));

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assay_fact *fact;
        bool absent;
        const struct assay_answer a =
            ask_sign(case_at(set, 0), CASES[i].name, CASES[i].data, &fact, &absent);

        if (a.how != CASES[i].how || a.n != (a.how == ASSAY_OK) || absent != CASES[i].absent ||
            !span_is(a.reason, CASES[i].reason) || (a.n && a.data[0].n != CASES[i].n) ||
            (CASES[i].signature && !span_is(a.data[0], CASES[i].signature)))
            fail_msg("%s: got %s, %.*s", CASES[i].claim, fact_how_text(a.how), SPAN_ARG(a.reason));
        assay_fact_free(fact);
    }
    case_set_free(set);
}

static void signatures_verify(void **state)
{
    static const struct {
        const char *name, *data;
        enum key_type type;
    } CASES[] = {{"s._domainkey.a.example", "rsa-sha256 " BASE64, KEY_RSA},
                 {"t._domainkey.a.example", "ed25519-sha256 " BASE64, KEY_ED25519}};
    struct case_set *set = test_read(span_of(WORLD));
    const struct case_signer *signer = case_at(set, 0)->world.signers;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++, signer = signer->next) {
        enum verified verified = VERIFIED_NO;
        assay_fact *fact;
        bool absent;
        struct assay_answer a =
            ask_sign(case_at(set, 0), CASES[i].name, CASES[i].data, &fact, &absent);

        assert_int_equal(key_verify(test_engine, CASES[i].type, private_public(signer->key), DIGEST,
                                    a.data[0], &verified),
                         ASSAY_DONE);
        assert_int_equal(verified, VERIFIED_YES);
        assay_fact_free(fact);
    }
    case_set_free(set);
}

/* ---- writing ---- */

static const char MESSAGE[] = "From: a@a.example\r\nSubject: x\r\n\r\nbody\r\n";

/** Sign the message; a case answers. */
static assay_eval *sign_message(const assay_policy *policy, const struct case_one *one)
{
    const struct assay_envelope envelope = {.size = sizeof envelope, .now = 1764000000};
    assay_eval *eval;

    assert_int_equal(assay_send_new(test_engine, policy, &envelope, &eval), ASSAY_DONE);
    assert_int_equal(assay_run(eval, span_of(MESSAGE), case_answer, (void *)(uintptr_t)one),
                     ASSAY_DONE);
    return eval;
}

/** Write [sign] of an evaluation. */
static struct buf written(const assay_eval *eval)
{
    struct case_writer w = {.put = test_put, .out = buf_new(1 << 16)};

    case_write_sign(&w, eval);
    assert_int_equal(w.status, ASSAY_DONE);
    assert_int_equal(w.out.status, ASSAY_DONE);
    return w.out;
}

static void what_was_signed_is_written_and_gives_the_same_signatures_without_keys(void **state)
{
    struct case_set *keys = test_read(span_of(WORLD)), *record;
    assay_policy *policy;
    assay_eval *first, *second;
    struct buf text;

    (void)state;
    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assert_int_equal(assay_policy_set(policy, "sign.check", "no", NULL), ASSAY_DONE);
    assert_int_equal(assay_policy_set(policy, "sign.table",
                                      "a.example key=s:a.example,t:a.example:ed25519,"
                                      "none:a.example",
                                      NULL),
                     ASSAY_DONE);
    assay_policy_seal(policy);
    first = sign_message(policy, case_at(keys, 0));
    assert_int_equal(assay_result(first)->nedits, 2);
    text = written(first);
    assert_false(span_contains(buf_span(&text), SPAN("PRIVATE")));
    assert_true(span_contains(buf_span(&text), SPAN(" = REFUSED no such key\n")));
    record = test_read(buf_span(&text));
    second = sign_message(policy, case_at(record, 0));
    assert_false(test_verdicts_differ(assay_result(first), assay_result(second)));
    assert_false(test_traces_differ(first, second));
    assay_eval_free(first);
    assay_eval_free(second);
    assay_policy_free(policy);
    case_set_free(keys);
    case_set_free(record);
    buf_done(&text);
}

/** The body of the message. */
static assay_span body_of_message(void)
{
    return span_from(span_of(MESSAGE), sizeof MESSAGE - 1 - strlen("body\r\n"));
}

/** Write a verdict, read it, run it: it comes to the same. */
static void assert_replays(assay_eval *eval, unsigned flags)
{
    struct buf text = buf_new(1 << 20);
    struct case_outcome outcome;
    struct case_error error;
    struct case_set *set;

    assert_int_equal(assay_case_write(eval, body_of_message(), flags, test_put, &text), ASSAY_DONE);
    set = test_read(buf_span(&text));
    if (case_run(test_engine, case_at(set, 0), &outcome, &error) != ASSAY_DONE)
        fail_msg("%zu:%zu: %s in\n%.*s", error.line, error.column, error.text,
                 SPAN_ARG(buf_span(&text)));
    if (outcome.nmisses || outcome.nunanswered)
        fail_msg("%zu misses, %zu questions unanswered in\n%.*s", outcome.nmisses,
                 outcome.nunanswered, SPAN_ARG(buf_span(&text)));
    assert_false(test_verdicts_differ(assay_result(eval), assay_result(outcome.eval)));
    assert_false(test_traces_differ(eval, outcome.eval));
    assert_false(span_contains(buf_span(&text), SPAN("PRIVATE")));
    assert_int_equal(span_contains(buf_span(&text), SPAN("| body")), flags == ASSAY_CASE_BODY);
    case_outcome_done(&outcome);
    case_set_free(set);
    buf_done(&text);
}

static void a_sending_verdict_is_written_and_replays_without_keys(void **state)
{
    static const char *const TABLES[] = {
        "a.example key=s:a.example,t:a.example:ed25519 user=* client=192.0.2.0/24",
        "a.example key=s:a.example", "a.example key=none:a.example", "b.example key=s:b.example"};
    struct case_set *keys = test_read(span_of(WORLD));
    const struct assay_envelope envelope = {.size = sizeof envelope,
                                            .now = 1764000000,
                                            .ip = SPAN("192.0.2.1"),
                                            .hostname = SPAN("mx.a.example"),
                                            .user = SPAN("alice")};

    (void)state;
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES * 3; i++) {
        assay_policy *policy;
        assay_eval *eval;

        assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
        assert_int_equal(assay_policy_set(policy, "sign.table", TABLES[i / 3], NULL), ASSAY_DONE);
        assert_int_equal(assay_policy_set(policy, "sign.mismatch", "sign", NULL), ASSAY_DONE);
        assay_policy_seal(policy);
        assert_int_equal(assay_send_new(test_engine, policy, &envelope, &eval), ASSAY_DONE);
        assert_int_equal(assay_run(eval, span_of(MESSAGE), case_answer,
                                   (void *)(uintptr_t)case_at(keys, 0)),
                         ASSAY_DONE);
        assert_replays(eval, (unsigned)(i % 3));
        assay_eval_free(eval);
        assay_policy_free(policy);
    }
    case_set_free(keys);
}

static void who_did_not_sign_writes_nothing(void **state)
{
    struct case_set *keys = test_read(span_of(WORLD));
    assay_policy *policy;
    assay_eval *eval;
    struct buf text;

    (void)state;
    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assay_policy_seal(policy);
    eval = sign_message(policy, case_at(keys, 0));
    text = written(eval);
    assert_int_equal(text.n, 0);
    assay_eval_free(eval);
    assay_policy_free(policy);
    case_set_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_answers_answer_what_they_are_about),
        cmocka_unit_test(signatures_verify),
        cmocka_unit_test(what_was_signed_is_written_and_gives_the_same_signatures_without_keys),
        cmocka_unit_test(a_sending_verdict_is_written_and_replays_without_keys),
        cmocka_unit_test(who_did_not_sign_writes_nothing),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
