/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much a message may have asked: whoever writes one does not choose how many questions it
 * costs.
 */
#include <assay/assay.h>

#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/** What a step handed out. */
struct asked {
    size_t blocking, hints;
};

/** Feed the signatures, each of a domain of its own far below the author's. */
static void feed_signatures(assay_eval *eval, int n)
{
    static const char FORMAT[] =
        "DKIM-Signature: v=1; a=rsa-sha256; d=a%1$d.b%1$d.c%1$d.d%1$d.e%1$d.f%1$d.bank.example;\r\n"
        " s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n";

    for (int i = 0; i < n; i++) {
        char text[512];
        int size = snprintf(text, sizeof text, FORMAT, i);

        assert_int_equal(assay_feed(eval, (assay_span){text, (size_t)size}), ASSAY_DONE);
    }
}

/** What the first step of a message with so many signatures asks. */
static struct asked ask_of(int signatures)
{
    const struct assay_envelope envelope = {.size = sizeof envelope, .now = 1795435200};
    struct asked asked = {0, 0};
    struct assay_question q;
    assay_engine *engine;
    assay_policy *policy;
    assay_eval *eval;

    assert_int_equal(assay_engine_new(0, &engine), ASSAY_DONE);
    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assay_policy_seal(policy);
    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_DONE);
    feed_signatures(eval, signatures);
    assert_int_equal(assay_feed(eval, SPAN("From: someone@bank.example\r\n\r\n")), ASSAY_DONE);
    assert_int_equal(assay_eom(eval), ASSAY_DONE);
    assert_int_equal(assay_step(eval), ASSAY_NEED);
    while (assay_next_question(eval, &q))
        *(q.hint ? &asked.hints : &asked.blocking) += 1;
    assay_eval_free(eval);
    assay_policy_free(policy);
    assay_engine_free(engine);
    return asked;
}

static void signatures_over_the_limit_ask_nothing(void **state)
{
    struct asked ten = ask_of(10), hundred = ask_of(100);

    (void)state;
    assert_int_equal(ten.blocking, 11); /* ten keys and the record of the author domain */
    assert_int_equal(hundred.blocking, ten.blocking);
    assert_int_equal(hundred.hints, ten.hints);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_over_the_limit_ask_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
