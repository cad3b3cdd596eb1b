/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The edits of a verdict, applied to a header as a mail filter applies them: what is left of the
 * Authentication-Results that came, and where ours stand.
 */
#include "base/buf.h"

#include <assay/assay.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- a header that is edited ---- */

enum { FIELDS_MAX = 40 };

/** Fields as `NAME:VALUE`, the topmost first. */
struct fields {
    char *texts[FIELDS_MAX];
    size_t n;
};

/** Insert a field. */
static void insert(struct fields *f, size_t at, assay_span name, assay_span value)
{
    size_t n = name.n + value.n + 2;

    assert_true(f->n < FIELDS_MAX && at <= f->n);
    memmove(&f->texts[at + 1], &f->texts[at], (f->n - at) * sizeof *f->texts);
    f->n++;
    f->texts[at] = malloc(n);
    assert_non_null(f->texts[at]);
    snprintf(f->texts[at], n, "%.*s:%.*s", SPAN_ARG(name), SPAN_ARG(value));
}

/** The name of a field, blanks before its colon left out. */
static assay_span name_of(const char *text)
{
    assay_span s = span_of(text);

    return span_trim(span_first(s, span_find(s, ':')));
}

/** Take out the nth field of a name, from 1. */
static void take_out(struct fields *f, unsigned nth, assay_span name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (!span_ieq(name_of(f->texts[i]), name) || --nth)
            continue;
        free(f->texts[i]);
        f->n--;
        memmove(&f->texts[i], &f->texts[i + 1], (f->n - i) * sizeof *f->texts);
        return;
    }
    fail_msg("there is no such field to take out: %.*s", SPAN_ARG(name));
}

/** Apply all edits in order. */
static void apply(struct fields *f, const struct assay_verdict *v)
{
    for (size_t i = 0; i < v->nedits; i++) {
        const struct assay_edit *e = &v->edits[i];

        if (e->remove)
            take_out(f, e->index, e->name);
        else
            insert(f, e->index, e->name, e->value);
    }
}

/** Give the fields back. */
static void done(struct fields *f)
{
    while (f->n)
        free(f->texts[--f->n]);
}

/* ---- judging ---- */

/** Who we are. */
struct receiver {
    const char *hostname, *authserv_id, *layout;
};

/** Every question is answered by "there is nothing". */
static assay_status answer(void *arg, assay_eval *eval, const struct assay_question *q, size_t n)
{
    const struct assay_answer a = {.size = sizeof a,
                                   .how = ASSAY_NXDOMAIN,
                                   .secure = ASSAY_INSECURE};

    (void)arg;
    for (size_t i = 0; i < n; i++) {
        assay_fact *fact;

        assert_int_equal(assay_fact_new(q[i].kind, q[i].rrtype, &a, &fact), ASSAY_DONE);
        (void)assay_answer_question(eval, q[i].id, fact);
        assay_fact_free(fact);
    }
    return ASSAY_DONE;
}

/** A policy for a receiver. */
static assay_policy *make_policy(const struct receiver *who)
{
    assay_policy *policy;

    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    assert_int_equal(assay_policy_set(policy, "authserv_id", who->authserv_id, NULL), ASSAY_DONE);
    assert_int_equal(assay_policy_set(policy, "authres.layout", who->layout, NULL), ASSAY_DONE);
    assay_policy_seal(policy);
    return policy;
}

/** Judge a message with these fields, and apply the edits to them. */
static void judge(const struct receiver *who, struct fields *f)
{
    const struct assay_envelope envelope = {.size = sizeof envelope,
                                            .now = 1795435200,
                                            .mail_from = SPAN("x@silent.example"),
                                            .helo = SPAN("mail.silent.example"),
                                            .hostname = span_of(who->hostname)};
    assay_policy *policy = make_policy(who);
    struct buf text = buf_new(1 << 20);
    assay_engine *engine;
    assay_eval *eval;

    for (size_t i = 0; i < f->n; i++)
        buf_printf(&text, "%s\r\n", f->texts[i]);
    buf_puts(&text, "\r\ntext\r\n");
    assert_int_equal(assay_engine_new(0, &engine), ASSAY_DONE);
    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_DONE);
    assert_int_equal(assay_run(eval, buf_span(&text), answer, NULL), ASSAY_DONE);
    apply(f, assay_result(eval));
    assay_eval_free(eval);
    assay_policy_free(policy);
    assay_engine_free(engine);
    buf_done(&text);
}

/* ---- which stay ---- */

static const assay_span NAME = SPAN("Authentication-Results");

/** One field that came, and whether it stays. */
struct row {
    struct receiver who;
    const char *value;
    bool stays;
};

/** The field is there after judging. */
static bool is_left(const struct row *row)
{
    struct fields f = {.n = 0};
    bool left = false;

    insert(&f, 0, SPAN("From"), SPAN(" a@silent.example"));
    insert(&f, 0, NAME, span_of(row->value));
    judge(&row->who, &f);
    for (size_t i = 0; i < f.n; i++)
        left |=
            span_ieq(name_of(f.texts[i]), NAME) && strcmp(f.texts[i] + NAME.n + 1, row->value) == 0;
    done(&f);
    return left;
}

/** Judge every row. */
static void judge_rows(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        bool left = is_left(&rows[i]);

        if (left == rows[i].stays)
            continue;
        printf("  \"%s\" at %s/%s: wanted %s, got %s\n", rows[i].value, rows[i].who.hostname,
               rows[i].who.authserv_id, rows[i].stays ? "stays" : "goes", left ? "stays" : "goes");
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void fields_of_others_stay(void **state)
{
    const struct receiver mx = {"mx.example.net", "", "one"},
                          named = {"mx.example.net", "example.net", "one"};
    const struct row ROWS[] = {
        {mx, " relay.example; spf=pass smtp.mailfrom=silent.example", true},
        {mx, " relay.example 1; spf=pass", true},
        {mx, " relay.example; none", true},
        {mx, " mx.example.net.evil.example; none", true},
        {mx, " example.net; none", true},
        {mx, " xmx.example.net; none", true},
        {mx, " relay.example; spf=pass smtp.mailfrom=mx.example.net", true},
        {mx, " relay.example (mx.example.net); none", true},
        {mx, " \"relay.example; mx.example.net\"; none", true},
        {mx, " spf=pass smtp.mailfrom=silent.example", true},
        {named, " mail.example.net; none", true},
        {named, " net; none", true},
    };

    (void)state;
    judge_rows(ROWS, COUNT(ROWS));
}

static void fields_by_our_names_go(void **state)
{
    const struct receiver mx = {"mx.example.net", "", "one"},
                          named = {"mx.example.net", "example.net", "one"},
                          nobody = {"", "", "one"}, idn = {"mx.xn--bcher-kva.example", "", "one"};
    const struct row ROWS[] = {
        {mx, " mx.example.net; none", false},
        {mx, "mx.example.net;dmarc=pass", false},
        {mx, " MX.EXAMPLE.NET; none", false},
        {mx, "\r\n\tmx.example.net\r\n\t; none", false},
        {mx, " (a (b) c) mx.example.net (d); none", false},
        {mx, " \"mx.example.net\"; none", false},
        {mx, " mx.example.net.; none", false},
        {mx, " mx.example.net 1; none", false},
        {mx, " mx.example.net", false},
        {named, " example.net; none", false},
        {named, " mx.example.net; none", false},
        {nobody, " localhost; none", false},
        {idn,
         " mx.b\xC3\xBC"
         "cher.example; none",
         false},
        {idn, " mx.xn--bcher-kva.example; none", false},
    };

    (void)state;
    judge_rows(ROWS, COUNT(ROWS));
}

static void fields_of_versions_that_are_not_known_go(void **state)
{
    const struct receiver mx = {"mx.example.net", "", "one"};
    const struct row ROWS[] = {
        {mx, " relay.example 1; none", true},
        {mx, " relay.example (2) 1; none", true},
        {mx, " relay.example 2; none", false},
        {mx, " relay.example 0; none", false},
        {mx, " relay.example (1) 2; none", false},
        {mx, " relay.example 18446744073709551617; none", false},
        {mx, "\r\n relay.example\r\n 2;\r\n none", false},
    };

    (void)state;
    judge_rows(ROWS, COUNT(ROWS));
}

/* ---- where ours stand ---- */

/** A header that came, and its names and first words afterwards, from the top. */
static void compare_order(const struct receiver *who, const char *const *came, size_t ncame,
                          const char *const *want, size_t nwant)
{
    struct fields f = {.n = 0};
    size_t wrong;

    for (size_t i = 0; i < ncame; i++) {
        assay_span text = span_of(came[i]);
        size_t colon = span_find(text, ':');

        insert(&f, i, span_first(text, colon), span_from(text, colon + 1));
    }
    judge(who, &f);
    wrong = f.n != nwant;
    for (size_t i = 0; i < f.n && i < nwant; i++)
        wrong += !span_istarts(span_of(f.texts[i]), span_of(want[i]));
    for (size_t i = 0; wrong && i < f.n; i++)
        printf("  %zu: wanted %s, got %s\n", i, i < nwant ? want[i] : "nothing", f.texts[i]);
    done(&f);
    assert_int_equal(wrong, 0);
}

static void ours_stands_above_all_and_the_right_ones_are_gone(void **state)
{
    static const char *const CAME[] = {"Received: one",
                                       "Authentication-Results: a.example; none",
                                       "authentication-results: mx.example.net; spf=pass",
                                       "From: a@silent.example",
                                       "Authentication-Results : mx.example.net; dkim=pass",
                                       "AUTHENTICATION-RESULTS: b.example; none",
                                       "Authentication-Results: c.example 3; none"};
    static const char *const WANT[] = {"Authentication-Results:mx.example.net; spf=none",
                                       "Received: one", "Authentication-Results: a.example",
                                       "From:", "AUTHENTICATION-RESULTS: b.example"};
    const struct receiver mx = {"mx.example.net", "", "one"};

    (void)state;
    compare_order(&mx, CAME, COUNT(CAME), WANT, COUNT(WANT));
}

static void every_forgery_goes_by_its_own_index(void **state)
{
    static const struct receiver WHO = {"mx.example.net", "", "one"};
    static const char *const CAME[] = {"BIMI-Location: forged one",
                                       "Received: one",
                                       "Received-SPF: pass receiver=mx.example.net",
                                       "Assay-Disposition: accept",
                                       "BIMI-Selector: v=BIMI1; s=stays",
                                       "Authentication-Results: mx.example.net; dmarc=pass",
                                       "bimi-location: forged two",
                                       "Received-SPF: pass receiver=other.example",
                                       "BIMI-Indicator: forged",
                                       "X-BIMI-Location: stays",
                                       "Received-SPF: pass receiver=mx.example.net",
                                       "From: a@silent.example",
                                       "BIMI-LOCATION: forged three",
                                       "Authentication-Results: other.example; none",
                                       "assay-disposition: accept"};
    static const char *const WANT[] = {"Authentication-Results:mx.example.net; spf=none",
                                       "Received: one",
                                       "BIMI-Selector: v=BIMI1; s=stays",
                                       "Received-SPF: pass receiver=other.example",
                                       "X-BIMI-Location: stays",
                                       "From: a@silent.example",
                                       "Authentication-Results: other.example; none"};

    (void)state;
    compare_order(&WHO, CAME, COUNT(CAME), WANT, COUNT(WANT));
}

static void each_result_has_its_field_in_the_order_of_the_checks(void **state)
{
    static const char *const CAME[] = {"Authentication-Results: mx.example.net; none",
                                       "From: a@silent.example"};
    static const char *const WANT[] = {
        "Authentication-Results:mx.example.net; spf=none\r\n\tsmtp.mailfrom=",
        "Authentication-Results:mx.example.net; spf=none\r\n\tsmtp.helo=",
        "Authentication-Results:mx.example.net; dkim=none",
        "Authentication-Results:mx.example.net; arc=none",
        "Authentication-Results:mx.example.net; dmarc=none\r\n\theader.from=silent.example",
        "From:"};
    const struct receiver mx = {"mx.example.net", "", "each"};

    (void)state;
    compare_order(&mx, CAME, COUNT(CAME), WANT, COUNT(WANT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_others_stay),
        cmocka_unit_test(fields_by_our_names_go),
        cmocka_unit_test(fields_of_versions_that_are_not_known_go),
        cmocka_unit_test(ours_stands_above_all_and_the_right_ones_are_gone),
        cmocka_unit_test(every_forgery_goes_by_its_own_index),
        cmocka_unit_test(each_result_has_its_field_in_the_order_of_the_checks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
