/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing (RFC 8617 5.1), from hop to hop: each receiver judges the message, its edits are applied as
 * a mail filter applies them, and the next one judges what came of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MUST assert_true
#include "arc/arc.h"
#include "dkim/test_signing.h"
#include "mail/canon.h"

#include <assay/assay.h>

static assay_engine *engine;
static struct signing_key key;

static const char FROM[] = "From: Alice <alice@example.org>\r\n"
                           "Subject: hello\r\n"
                           "\r\n"
                           "body\r\n";

/** A hop: who receives, and how its questions are answered. */
struct hop {
    const char *domain;       /* of the sealer */
    const char *options[8];   /* names and values */
    enum assay_how sign, dns; /* 0: OK */
};

/** What a hop came to. */
struct outcome {
    enum assay_disposition what;
    char arc[200], seal[300], fields[200];
};

/** The policy of a hop. assay_policy_free() it. */
static assay_policy *policy_of(const struct hop *hop)
{
    char seal_key[200];
    assay_policy *p;

    assert_int_equal(assay_policy_new(&p), ASSAY_DONE);
    snprintf(seal_key, sizeof seal_key, "s:%s:ed25519", hop->domain);
    assert_int_equal(assay_policy_set(p, "seal.key", seal_key, NULL), ASSAY_DONE);
    assert_int_equal(assay_policy_set(p, "iprev.check", "no", NULL), ASSAY_DONE);
    for (size_t i = 0; i < 8 && hop->options[i]; i += 2)
        assert_int_equal(assay_policy_set(p, hop->options[i], hop->options[i + 1], NULL),
                         ASSAY_DONE);
    assay_policy_seal(p);
    return p;
}

/** The answer to a question. */
static assay_fact *answer(const struct hop *hop, const struct assay_question *q)
{
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_NXDOMAIN};
    uint8_t digest[SHA256_SIZE], signature[PRIVATE_SIGNATURE];
    char wire[300];
    assay_span item = {wire, 0};
    enum key_type type;
    assay_fact *fact;

    if (q->kind == ASSAY_SIGN) {
        assert_true(private_question(q->data, &type, digest));
        assert_int_equal(private_sign(key.key, digest, signature, &item.n), ASSAY_DONE);
        item.p = (const char *)signature;
        a.how = hop->sign ? hop->sign : ASSAY_OK;
    } else if (span_contains(q->name, SPAN("._domainkey."))) {
        wire[0] = (char)key.record.n;
        memcpy(wire + 1, key.record.p, key.record.n);
        item.n = key.record.n + 1;
        a.how = hop->dns ? hop->dns : ASSAY_OK;
    }
    a.data = &item;
    a.n = a.how == ASSAY_OK;
    assert_int_equal(assay_fact_new(q->kind, q->rrtype, &a, &fact), ASSAY_DONE);
    return fact;
}

static assay_status answer_all(void *arg, assay_eval *eval, const struct assay_question *q,
                               size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assay_fact *fact = answer(arg, &q[i]);

        assay_answer_question(eval, q[i].id, fact);
        assay_fact_free(fact);
    }
    return ASSAY_DONE;
}

/** The result and the reason of a check. */
static void tell(const struct assay_verdict *v, const char *method, char *out, size_t size)
{
    snprintf(out, size, "none");
    for (size_t i = 0; i < v->nchecks; i++)
        if (span_is(v->checks[i]->method, method))
            snprintf(out, size, "%.*s: %.*s", SPAN_ARG(v->checks[i]->result),
                     SPAN_ARG(v->checks[i]->reason));
}

/** Put what a verdict inserts on top of the message. */
static void apply(const struct assay_verdict *v, struct buf *message, struct outcome *ret)
{
    ret->fields[0] = '\0';
    for (size_t i = 0; i < v->nedits; i++) {
        const struct assay_edit *e = &v->edits[i];
        struct buf next = buf_new(1 << 24);
        char before[200];

        if (e->remove)
            continue; /* results of an earlier round; no signature covers them */
        assert_int_equal(e->index, 0);
        buf_put(&next, e->name);
        buf_puts(&next, ": ");
        buf_put(&next, e->value);
        buf_puts(&next, "\r\n");
        buf_put(&next, buf_span(message));
        assert_int_equal(next.status, ASSAY_DONE);
        buf_done(message);
        *message = next;
        snprintf(before, sizeof before, "%s", ret->fields);
        snprintf(ret->fields, sizeof ret->fields, "%.*s %.100s", SPAN_ARG(e->name), before);
    }
}

/** Let a message go through a hop. */
static struct outcome go(const struct hop *hop, struct buf *message)
{
    const struct assay_envelope envelope = {.size = sizeof envelope,
                                            .now = 1795435200,
                                            .hostname = span_of(hop->domain)};
    assay_policy *policy = policy_of(hop);
    struct outcome o;
    assay_eval *eval;

    assert_int_equal(assay_receive_new(engine, policy, &envelope, &eval), ASSAY_DONE);
    assert_int_equal(assay_run(eval, buf_span(message), answer_all, (void *)(uintptr_t)hop),
                     ASSAY_DONE);
    o.what = assay_result(eval)->what;
    tell(assay_result(eval), "arc", o.arc, sizeof o.arc);
    tell(assay_result(eval), "seal", o.seal, sizeof o.seal);
    apply(assay_result(eval), message, &o);
    assay_eval_free(eval);
    assay_policy_free(policy);
    return o;
}

/** A message in a buffer. buf_done() it. */
static struct buf new_message(void)
{
    struct buf b = buf_new(1 << 24);

    buf_puts(&b, FROM);
    return b;
}

/** The text of a message is changed: `from` at its first place becomes `to`, as long. */
static void change(struct buf *message, const char *from, const char *to)
{
    for (size_t i = 0; i + strlen(from) <= message->n; i++)
        if (memcmp(message->p + i, from, strlen(from)) == 0) {
            memcpy(message->p + i, to, strlen(to));
            return;
        }
    fail_msg("%s is not in the message", from);
}

#define assert_text(got, want)                             \
    do {                                                   \
        if (strcmp((got), (want)) != 0)                    \
            fail_msg("wanted %s\n  got    %s", want, got); \
    } while (0)

static const struct hop HOPS[] = {{.domain = "one.example"}, {.domain = "two.example"}};

static void the_seal_stands_on_top_of_what_it_covers(void **state)
{
    struct buf m = new_message();
    struct outcome o = go(&HOPS[0], &m);

    (void)state;
    assert_text(o.arc, "none: ");
    assert_text(o.seal, "sealed: ");
    assert_text(o.fields, "ARC-Seal ARC-Message-Signature ARC-Authentication-Results "
                          "Authentication-Results ");
    assert_true(span_starts(buf_span(&m), SPAN("ARC-Seal: i=1; a=ed25519-sha256; t=1795435200; "
                                               "cv=none; d=one.example; s=s;\r\n\tb=")));
    assert_true(span_contains(buf_span(&m), SPAN("\r\nARC-Authentication-Results: i=1; "
                                                 "one.example;")));
    buf_done(&m);
}

static void a_chain_grows_to_fifty_sets_and_no_further(void **state)
{
    struct buf m = new_message();
    struct outcome o;
    char want[100];

    (void)state;
    for (unsigned i = 1; i <= 50; i++) {
        o = go(&HOPS[i % 2], &m);
        assert_text(o.seal, "sealed: ");
        snprintf(want, sizeof want, "pass: %u set%s, the newest by %s", i - 1, i == 2 ? "" : "s",
                 HOPS[(i - 1) % 2].domain);
        assert_text(o.arc, i == 1 ? "none: " : want);
    }
    o = go(&HOPS[0], &m);
    assert_text(o.arc, "pass: 50 sets, the newest by one.example");
    assert_text(o.seal, "skipped: the chain has 50 sets");
    assert_text(o.fields, "Authentication-Results ");
    buf_done(&m);
}

static void who_changes_the_message_before_sealing_keeps_the_chain(void **state)
{
    struct buf m = new_message();
    struct hop list = {.domain = "list.example"};
    struct outcome o;

    (void)state;
    go(&HOPS[0], &m);
    o = go(&list, &m); /* what the list sends on is sealed after it was changed */
    assert_text(o.arc, "pass: 1 set, the newest by one.example");
    change(&m, "body", "BODY"); /* here it is changed after sealing */
    o = go(&HOPS[1], &m);
    assert_text(o.arc, "fail: ARC-Message-Signature of set 2: the body was changed after it was "
                       "signed");
    buf_done(&m);
}

static void a_broken_chain_is_sealed_once_as_broken_and_never_again(void **state)
{
    struct buf m = new_message();
    struct outcome o;

    (void)state;
    go(&HOPS[0], &m);
    change(&m, "hello", "HELLO");
    o = go(&HOPS[1], &m);
    assert_text(o.seal, "sealed: ");
    assert_true(span_starts(buf_span(&m), SPAN("ARC-Seal: i=2; a=ed25519-sha256; t=1795435200; "
                                               "cv=fail;")));
    o = go(&HOPS[0], &m);
    assert_text(o.arc, "fail: set 2: the newest sealer found the chain broken (cv=fail)");
    assert_text(o.seal, "skipped: the newest seal says that the chain is broken (cv=fail)");
    buf_done(&m);
}

/** The seal on top of a message verifies over the AAR and the AMS below it, and nothing else. */
static bool covers_its_set_alone(const struct buf *message)
{
    assay_span raw = buf_span(message), body;
    struct signing *s = signing_new(engine, raw, &body);
    const struct header *h = &s->m.header;
    struct arc_seal seal;
    struct digest d;
    uint8_t digest[SHA256_SIZE];
    enum verified verified;

    assert_int_equal(arc_seal_read(&s->ev.keep, h, 0, &seal), ASSAY_DONE);
    assert_int_equal(digest_begin(&d, engine), ASSAY_DONE);
    assert_true(field_is(h, 2, SPAN("ARC-Authentication-Results")));
    assert_true(field_is(h, 1, SPAN("ARC-Message-Signature")));
    for (size_t i = 2; i > 0; i--)
        assert_int_equal(canon_field(&d, CANON_RELAXED, field_name(h, i), field_raw(h, i)),
                         ASSAY_DONE);
    assert_int_equal(canon_signature(&d, CANON_RELAXED, field_name(h, 0), field_raw(h, 0), seal.b),
                     ASSAY_DONE);
    assert_int_equal(digest_end(&d, digest), ASSAY_DONE);
    digest_done(&d);
    assert_int_equal(key_verify(engine, KEY_ED25519, private_public(key.key), digest,
                                (assay_span){(const char *)seal.signature, seal.signature_n},
                                &verified),
                     ASSAY_DONE);
    signing_free(s);
    return verified == VERIFIED_YES;
}

static void the_seal_of_a_broken_chain_covers_its_own_set_alone(void **state)
{
    struct buf m = new_message();

    (void)state;
    go(&HOPS[0], &m);
    assert_true(covers_its_set_alone(&m)); /* the first has no other */
    go(&HOPS[1], &m);
    assert_false(covers_its_set_alone(&m));
    change(&m, "hello", "HELLO");
    go(&HOPS[0], &m);
    assert_true(covers_its_set_alone(&m));
    buf_done(&m);
}

static void a_chain_that_could_not_be_validated_is_left_as_it_is(void **state)
{
    struct hop silent = {.domain = "two.example", .dns = ASSAY_SERVFAIL};
    struct buf m = new_message();
    struct outcome o;

    (void)state;
    go(&HOPS[0], &m);
    o = go(&silent, &m);
    assert_text(o.seal, "skipped: the chain could not be validated: the DNS did not answer");
    o = go(&HOPS[1], &m);
    assert_text(o.arc, "pass: 1 set, the newest by one.example");
    buf_done(&m);
}

static void without_a_key_the_message_goes_unsealed(void **state)
{
    struct hop hop = {.domain = "one.example", .sign = ASSAY_REFUSED};
    struct buf m = new_message();
    struct outcome o = go(&hop, &m);

    (void)state;
    assert_text(o.seal, "failed: the key s._domainkey.one.example cannot be used: refused");
    assert_text(o.fields, "Authentication-Results ");
    assert_int_equal(o.what, ASSAY_ACCEPT);
    hop.sign = ASSAY_TIMEOUT;
    o = go(&hop, &m);
    assert_text(o.seal, "failed: the holder of the key s._domainkey.one.example does not answer: "
                        "TIMEOUT");
    assert_int_equal(o.what, ASSAY_ACCEPT);
    buf_done(&m);
}

static void each_way_to_write_a_seal_verifies(void **state)
{
    static const struct hop WAYS[] = {
        {.domain = "one.example", .options = {"seal.tags", "sorted"}},
        {.domain = "two.example", .options = {"seal.fields", "strict"}},
        {.domain = "three.example", .options = {"seal.fields", "from:subject:to"}},
        {.domain = "four.example", .options = {"authres.layout", "each"}},
        {.domain = "b\303\274cher.example"},
        {.domain = "five.example", .options = {"authserv_id", "m\303\274ller.example"}},
    };
    enum { N = sizeof WAYS / sizeof *WAYS };
    struct buf m = new_message();
    struct outcome o;

    (void)state;
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < N; i++) {
            o = go(&WAYS[i], &m);
            assert_text(o.seal, "sealed: ");
            if (round || i)
                assert_true(strncmp(o.arc, "pass: ", 6) == 0);
        }
    buf_done(&m);
}

static int set_up(void **state)
{
    char text[2048];
    FILE *file = fopen("src/arc/cases/keys/ed.pem", "rb");

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
        cmocka_unit_test(the_seal_stands_on_top_of_what_it_covers),
        cmocka_unit_test(a_chain_grows_to_fifty_sets_and_no_further),
        cmocka_unit_test(who_changes_the_message_before_sealing_keeps_the_chain),
        cmocka_unit_test(a_broken_chain_is_sealed_once_as_broken_and_never_again),
        cmocka_unit_test(the_seal_of_a_broken_chain_covers_its_own_set_alone),
        cmocka_unit_test(a_chain_that_could_not_be_validated_is_left_as_it_is),
        cmocka_unit_test(without_a_key_the_message_goes_unsealed),
        cmocka_unit_test(each_way_to_write_a_seal_verifies),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
