/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/buf.c"
#include "world/keyring.c"

#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/** A digest, as octets and in base64. */
static const uint8_t DIGEST[SHA256_SIZE] = "thirty-two octets to be signed..";
#define BASE64 "dGhpcnR5LXR3byBvY3RldHMgdG8gYmUgc2lnbmVkLi4="

/** The Ed25519 key of RFC 8463 A.2. */
static const char ED25519[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                              "-----END PRIVATE KEY-----\n";

static assay_engine *engine;
static struct buf rsa;

/** A keyring with two keys and two secrets. */
static struct keyring *new_ring(void)
{
    struct keyring *ring;
    const char *why = "";

    assert_int_equal(keyring_new(engine, &ring), ASSAY_DONE);
    if (keyring_add_key(ring, SPAN("S1._domainkey.Example.ORG."), buf_span(&rsa), &why) !=
            ASSAY_DONE ||
        keyring_add_key(ring, SPAN("e1._domainkey.example.org"), SPAN(ED25519), &why) !=
            ASSAY_DONE ||
        keyring_add_secret(ring, SPAN("srs"), SPAN("tops3cr3t\r\n\n older one \n"), &why) !=
            ASSAY_DONE)
        fail_msg("%s", why);
    return ring;
}

/** Ask. */
static struct assay_answer ask_ring(struct keyring *ring, enum assay_kind kind, const char *name,
                                    const char *data, assay_fact **ret)
{
    const struct assay_question q = {.kind = kind, .name = span_of(name), .data = span_of(data)};
    struct assay_answer a;

    assert_int_equal(keyring_answer(ring, &q, ret), ASSAY_DONE);
    assay_fact_read(*ret, &a);
    return a;
}

static void its_signatures_verify_by_the_public_halves(void **state)
{
    static const struct {
        const char *name, *data;
        enum key_type type;
        unsigned bits;
    } CASES[] = {
        {"s1._domainkey.example.org", "rsa-sha256 " BASE64, KEY_RSA, 1024},
        {"e1._domainkey.example.org", "ed25519-sha256 " BASE64, KEY_ED25519, 256},
    };
    struct keyring *ring = new_ring();

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct keyring_public public;
        enum verified verified = VERIFIED_NO;
        assay_fact *fact;
        struct assay_answer a = ask_ring(ring, ASSAY_SIGN, CASES[i].name, CASES[i].data, &fact);

        assert_int_equal(a.how, ASSAY_OK);
        assert_int_equal(a.n, 1);
        assert_true(keyring_public(ring, span_of(CASES[i].name), &public));
        assert_true(span_is(public.name, CASES[i].name));
        assert_int_equal(public.type, CASES[i].type);
        assert_int_equal(public.bits, CASES[i].bits);
        assert_int_equal(key_verify(engine, public.type, public.octets, DIGEST, a.data[0],
                                    &verified),
                         ASSAY_DONE);
        assert_int_equal(verified, VERIFIED_YES);
        assay_fact_free(fact);
    }
    keyring_free(ring);
}

static void hashes_are_made_under_each_secret_in_order(void **state)
{
    /* printf 'octets' | openssl dgst -sha1 -mac HMAC -macopt key:tops3cr3t; then key:" older one " */
    static const uint8_t WANTED[] = {0xbd, 0x14, 0xf5, 0xcd, 0x62, 0xc3, 0xec, 0xc0, 0x96, 0xcf,
                                     0x97, 0x4c, 0x1a, 0xe5, 0xe0, 0xdd, 0xca, 0x13, 0x40, 0xda,
                                     0x80, 0xfb, 0xc1, 0xdd, 0x20, 0x21, 0x1e, 0x27, 0xa4, 0xf3,
                                     0x8b, 0x29, 0x18, 0x4f, 0xd6, 0xb2, 0x8e, 0x8b, 0xde, 0x44};
    struct keyring *ring = new_ring();
    assay_fact *fact;
    struct assay_answer a = ask_ring(ring, ASSAY_MAC, "srs", "octets", &fact);

    (void)state;
    assert_int_equal(a.how, ASSAY_OK);
    assert_int_equal(a.data[0].n, sizeof WANTED);
    assert_memory_equal(a.data[0].p, WANTED, sizeof WANTED);
    assay_fact_free(fact);
    keyring_free(ring);
}

static void what_it_does_not_have_is_refused_with_a_reason(void **state)
{
    static const struct {
        enum assay_kind kind;
        const char *name, *data, *reason;
    } CASES[] = {
        {ASSAY_SIGN, "s2._domainkey.example.org", "rsa-sha256 " BASE64, "no such key"},
        {ASSAY_SIGN, "", "rsa-sha256 " BASE64, "no such key"},
        {ASSAY_SIGN, "srs", "rsa-sha256 " BASE64, "no such key"},
        {ASSAY_SIGN, "s1._domainkey.example.org", "ed25519-sha256 " BASE64, "the key is RSA"},
        {ASSAY_SIGN, "e1._domainkey.example.org", "rsa-sha256 " BASE64, "the key is Ed25519"},
        {ASSAY_SIGN, "s1._domainkey.example.org", "rsa-sha256", "no digest"},
        {ASSAY_SIGN, "s1._domainkey.example.org", "", "no digest"},
        {ASSAY_MAC, "s1._domainkey.example.org", "x", "no such secret"},
        {ASSAY_MAC, "srs ", "x", "no such secret"},
        {ASSAY_RECALL, "srs", "", "does not know"},
    };
    struct keyring *ring = new_ring();

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assay_fact *fact;
        struct assay_answer a = ask_ring(ring, CASES[i].kind, CASES[i].name, CASES[i].data, &fact);

        if (a.how != ASSAY_REFUSED || a.n || !span_contains(a.reason, span_of(CASES[i].reason)))
            fail_msg("%s %s: wanted %s, got %.*s", CASES[i].name, CASES[i].data, CASES[i].reason,
                     SPAN_ARG(a.reason));
        assay_fact_free(fact);
    }
    keyring_free(ring);
}

static void what_cannot_be_added_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *name, *text, *reason;
        bool key;
    } CASES[] = {
        {"s1.example.org", ED25519, "SELECTOR._domainkey.DOMAIN", true},
        {"_domainkey.example.org", ED25519, "SELECTOR._domainkey.DOMAIN", true},
        {"s1._domainkey", ED25519, "SELECTOR._domainkey.DOMAIN", true},
        {"s1.._domainkey.example.org", ED25519, "SELECTOR._domainkey.DOMAIN", true},
        {"S1._domainkey.example.org", ED25519, "already", true},
        {"s2._domainkey.example.org", "", "no key in PEM", true},
        {"srs", "x", "already", false},
        {"other", "", "no secret", false},
        {"other", "\r\n\n", "no secret", false},
    };
    struct keyring *ring = new_ring();
    struct keyring_public public;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assay_span name = span_of(CASES[i].name), text = span_of(CASES[i].text);
        const char *why = "";
        assay_status s = CASES[i].key ? keyring_add_key(ring, name, text, &why)
                                      : keyring_add_secret(ring, name, text, &why);

        if (s != ASSAY_EINVAL || !span_contains(span_of(why), span_of(CASES[i].reason)))
            fail_msg("%s: wanted %s, got %d %s", CASES[i].name, CASES[i].reason, s, why);
    }
    assert_true(keyring_public_at(ring, 1, &public));
    assert_false(keyring_public_at(ring, 2, &public));
    keyring_free(ring);
}

static void a_selector_may_have_dots_and_many_keys_are_found(void **state)
{
    struct keyring *ring;
    struct keyring_public public;
    const char *why;
    char name[64];

    (void)state;
    assert_int_equal(keyring_new(engine, &ring), ASSAY_DONE);
    for (unsigned i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "a%u.b._domainkey.d%u.example", i * 7919 % 500, i % 3);
        assert_int_equal(keyring_add_key(ring, span_of(name), SPAN(ED25519), &why), ASSAY_DONE);
    }
    for (unsigned i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "a%u.b._domainkey.d%u.example", i * 7919 % 500, i % 3);
        assert_true(keyring_public(ring, span_of(name), &public));
        assert_true(span_is(public.name, name));
    }
    assert_false(keyring_public(ring, SPAN("a1.b._domainkey.d9.example"), &public));
    keyring_free(ring);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 100 };

/** A thread's work, and how many of its answers were right. */
struct work {
    struct keyring *ring;
    size_t right;
};

static void *ask_many(void *arg)
{
    struct work *work = arg;

    for (int i = 0; i < ROUNDS; i++) {
        const struct assay_question q = {.kind = i % 3 ? ASSAY_SIGN : ASSAY_MAC,
                                         .name = i % 3 == 0   ? SPAN("srs")
                                                 : i % 3 == 1 ? SPAN("s1._domainkey.example.org")
                                                              : SPAN("e1._domainkey.example.org"),
                                         .data = i % 3 == 1 ? SPAN("rsa-sha256 " BASE64)
                                                            : SPAN("ed25519-sha256 " BASE64)};
        assay_fact *fact = NULL;
        struct assay_answer a;

        if (keyring_answer(work->ring, &q, &fact) != ASSAY_DONE)
            continue;
        assay_fact_read(fact, &a);
        work->right += a.how == ASSAY_OK && a.n == 1;
        assay_fact_free(fact);
    }
    return NULL;
}

static void threads_ask_at_once(void **state)
{
    struct keyring *ring = new_ring();
    pthread_t threads[THREADS];
    struct work works[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        works[i] = (struct work){ring, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_many, &works[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(works[i].right, ROUNDS);
    }
    keyring_free(ring);
}

/* ---- memory ---- */

/** Make a keyring and ask it. \return whether memory lasted */
static bool make_and_ask(void)
{
    const struct assay_question q = {.kind = ASSAY_SIGN,
                                     .name = SPAN("e1._domainkey.example.org"),
                                     .data = SPAN("ed25519-sha256 " BASE64)};
    struct keyring *ring = NULL;
    const char *why;
    assay_fact *fact = NULL;
    assay_status s = keyring_new(engine, &ring);

    if (s == ASSAY_DONE)
        s = keyring_add_key(ring, q.name, SPAN(ED25519), &why);
    if (s == ASSAY_DONE)
        s = keyring_add_secret(ring, SPAN("srs"), SPAN("a\nb"), &why);
    if (s == ASSAY_DONE)
        s = keyring_answer(ring, &q, &fact);
    assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM);
    assay_fact_free(fact);
    keyring_free(ring);
    return s == ASSAY_DONE;
}

static void every_allocation_may_fail(void **state)
{
    size_t n = 0;

    (void)state;
    for (bool lasted = false; !lasted; n++) {
        memory_left = n;
        lasted = make_and_ask();
        memory_left = SIZE_MAX;
    }
    assert_in_range(n, 8, 100);
}

static int make_parts(void **state)
{
    (void)state;
    rsa = buf_new(1 << 16);
    return assay_engine_new(0, &engine) == ASSAY_DONE &&
                   private_make(KEY_RSA, 1024, &rsa) == ASSAY_DONE
               ? 0
               : -1;
}

static int drop_parts(void **state)
{
    (void)state;
    private_wipe(&rsa);
    assay_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_signatures_verify_by_the_public_halves),
        cmocka_unit_test(hashes_are_made_under_each_secret_in_order),
        cmocka_unit_test(what_it_does_not_have_is_refused_with_a_reason),
        cmocka_unit_test(what_cannot_be_added_is_refused_with_a_reason),
        cmocka_unit_test(a_selector_may_have_dots_and_many_keys_are_found),
        cmocka_unit_test(threads_ask_at_once),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, make_parts, drop_parts);
}
