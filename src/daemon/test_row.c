/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_row.c From a verdict to its row: nothing is made up, nothing that a report needs is lost.
 */
#include "daemon/row.h"
#include "daemon/test_message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static assay_engine *engine;
static assay_policy *policy;

static int set_up(void **state)
{
    (void)state;
    if (assay_engine_new(0, &engine) != ASSAY_DONE || assay_policy_new(&policy) != ASSAY_DONE)
        return -1;
    assay_policy_seal(policy);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assay_policy_free(policy);
    assay_engine_free(engine);
    return 0;
}

/** A field of a row is that. */
#define assert_field(row, field, wanted)                                                          \
    do {                                                                                          \
        assay_span got_ = (row).field;                                                            \
        if (!span_is(got_, wanted))                                                               \
            fail_msg(#field ": wanted %s, got %.*s", wanted, SPAN_ARG(got_.n ? got_ : SPAN(""))); \
    } while (0)

static void a_message_that_passes_has_its_proofs_in_the_row(void **state)
{
    struct message_facts f = message_facts(NULL);
    static struct daemon_row r;
    assay_eval *eval;

    (void)state;
    f.ip = SPAN("192.0.2.7");
    f.mail_from = SPAN("ann@good.example");
    f.queue_id = SPAN("4XyZ");
    f.recipient_domain = SPAN("example.org");
    f.nrecipients = 3;
    eval = message_judge(
        engine, policy, &f,
        SPAN("From: Ann <ann@good.example>\r\nMessage-ID:  <1@good.example> \r\n\r\nx\r\n"));
    assert_non_null(eval);
    row_of(&f, eval, 1762000001, &r);
    assert_field(r.row, direction, "in");
    assert_field(r.row, listener, "in");
    assert_field(r.row, queue_id, "4XyZ");
    assert_field(r.row, message_id, "1@good.example");
    assert_field(r.row, client, "192.0.2.7");
    assert_field(r.row, helo, "mail.good.example");
    assert_field(r.row, mail_from, "ann@good.example");
    assert_field(r.row, mail_from_domain, "good.example");
    assert_field(r.row, recipient_domain, "example.org");
    assert_field(r.row, author, "good.example");
    assert_field(r.row, disposition, "accept");
    assert_field(r.row, would, "accept");
    assert_field(r.row, dmarc, "pass");
    assert_field(r.row, spf, "pass");
    assert_field(r.row, spf_domain, "good.example");
    assert_field(r.row, spf_scope, "mfrom");
    assert_field(r.row, aligned_spf, "good.example");
    assert_field(r.row, policy_domain, "good.example");
    assert_field(r.row, discovery, "treewalk");
    assert_field(r.row, record, "v=DMARC1; p=reject");
    assert_field(r.row, reply, "");
    assert_int_equal(r.row.time, 1762000001);
    assert_int_equal(r.row.recipients, 3);
    assert_int_equal(r.row.null_sender, 0);
    assert_int_equal(r.row.nsignatures, 0);
    assay_eval_free(eval);
}

static void a_forged_one_has_its_reply_and_its_cause(void **state)
{
    struct message_facts f = message_facts(NULL);
    static struct daemon_row r;
    assay_eval *eval;

    (void)state;
    f.ip = SPAN("203.0.113.9");
    f.mail_from = SPAN("a@b@other.example");
    eval = message_judge(engine, policy, &f, SPAN("From: <ceo@good.example>\r\n\r\nx\r\n"));
    assert_non_null(eval);
    row_of(&f, eval, 1, &r);
    assert_field(r.row, disposition, "reject");
    assert_field(r.row, dmarc, "fail");
    assert_field(r.row, dmarc_policy, "reject");
    assert_field(r.row, dmarc_tag, "p");
    assert_field(r.row, mail_from_domain, "other.example");
    assert_field(r.row, message_id, "");
    assert_true(span_starts(r.row.reply, SPAN("550 5.7.")));
    assert_true(r.row.cause.n > 0 && r.row.reason.n > 0);
    assay_eval_free(eval);
}

static void a_null_sender_is_one_and_its_spf_is_of_helo(void **state)
{
    struct message_facts f = message_facts(NULL);
    static struct daemon_row r;
    assay_eval *eval;

    (void)state;
    f.ip = SPAN("192.0.2.7");
    f.helo = SPAN("good.example");
    eval = message_judge(engine, policy, &f, SPAN("From: <postmaster@good.example>\r\n\r\nx\r\n"));
    assert_non_null(eval);
    row_of(&f, eval, 1, &r);
    assert_int_equal(r.row.null_sender, 1);
    assert_field(r.row, mail_from, "");
    assert_field(r.row, mail_from_domain, "");
    assert_field(r.row, spf_helo, "pass");
    assert_true(!r.row.spf_scope.n || span_is(r.row.spf_scope, "helo"));
    assay_eval_free(eval);
}

static void sent_mail_is_told_apart(void **state)
{
    struct message_facts f = message_facts(NULL);
    static struct daemon_row r;
    assay_eval *eval;

    (void)state;
    f.outbound = true;
    f.user = SPAN("ann");
    f.mail_from = SPAN("ann@own.example");
    eval = message_judge(engine, policy, &f, SPAN("From: <ann@own.example>\r\n\r\nx\r\n"));
    assert_non_null(eval);
    row_of(&f, eval, 1, &r);
    assert_field(r.row, direction, "out");
    assert_field(r.row, user, "ann");
    assert_field(r.row, disposition, "accept");
    assert_field(r.row, dmarc, "");
    assert_field(r.row, keys, "");
    assay_eval_free(eval);
}

static void what_is_long_or_strange_stays_inside_its_bounds(void **state)
{
    static const char *const IDS[][2] = {
        {"<>", ""}, {"<", "<"}, {"a b", "a b"}, {"  ", ""}, {"<x@y>\r\nMessage-ID: <z@y>", "x@y"},
    };
    static struct daemon_row r;
    struct buf message = buf_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++) {
        struct message_facts f = message_facts(NULL);
        assay_eval *eval;

        buf_clear(&message);
        buf_printf(&message, "From: <a@good.example>\r\nMessage-ID: %s\r\n\r\nx\r\n", IDS[i][0]);
        eval = message_judge(engine, policy, &f, buf_span(&message));
        assert_non_null(eval);
        row_of(&f, eval, 1, &r);
        assert_field(r.row, message_id, IDS[i][1]);
        assay_eval_free(eval);
    }
    buf_done(&message);
}

static void every_disposition_has_its_word(void **state)
{
    static const struct {
        enum assay_disposition what;
        const char *wanted;
    } ROWS[] = {
        {ASSAY_ACCEPT, "accept"}, {ASSAY_QUARANTINE, "quarantine"},
        {ASSAY_REJECT, "reject"}, {ASSAY_DEFER, "defer"},
        {ASSAY_TAG, "tag"},       {ASSAY_DISCARD, "discard"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        assert_string_equal(row_disposition(ROWS[i].what), ROWS[i].wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_that_passes_has_its_proofs_in_the_row),
        cmocka_unit_test(a_forged_one_has_its_reply_and_its_cause),
        cmocka_unit_test(a_null_sender_is_one_and_its_spf_is_of_helo),
        cmocka_unit_test(sent_mail_is_told_apart),
        cmocka_unit_test(what_is_long_or_strange_stays_inside_its_bounds),
        cmocka_unit_test(every_disposition_has_its_word),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
