/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/limits.h"

#include "dkim/key.c"
#include "fact/fact.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** The key of RFC 6376 C: RSA, 1,024 bits, as SubjectPublicKeyInfo. */
#define RSA_KEY                                                                                            \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4j" \
    "YfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQ" \
    "PNUYckcQ2QIDAQAB"

/** The same as RSAPublicKey. */
#define BARE_KEY                                                                                           \
    "MIGJAoGBAPAhE/9QLdIGwSYapn1klbf8OQygZ4udCDV9afv/Ni0jE3ZKcUKPE4Iob2/dviNh9xM2HmKNKyrrfW4Ei0truh36/9G1" \
    "0LZTMnWVZP3jupH5FxpzaBu2j80yonR/N9WMfg64qGK11j21/qZzAaNo0FxZOggyY9I8N1A81RhyRxDZAgMBAAE="

/** The key of RFC 8463 A.2. */
#define ED25519_KEY_RECORD "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

/* ---- reading records ---- */

/** A record being read: the octets of its key lie here, in a block that ends where they may end. */
struct reading {
    uint8_t *octets;
    struct dkim_key key;
};

/** Read a record. end_reading() it. */
static void read_record(struct reading *r, assay_span text)
{
    r->octets = malloc(base64_decoded_max(text.n));
    assert_non_null(r->octets);
    memset(&r->key, 0xEE, sizeof r->key);
    dkim_key_read(text, r->octets, &r->key);
    assert_true(!r->key.octets.n || r->key.octets.p == (char *)r->octets);
}

static void end_reading(struct reading *r)
{
    free(r->octets);
}

/** A record, and what is wrong with it; NULL: nothing. */
struct row {
    const char *text, *fault, *ref;
};

/** Read each record of a table. */
static void read_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct reading r;
        const char *want = rows[i].fault ? rows[i].fault : "none", *got;

        read_record(&r, span_of(rows[i].text));
        got = r.key.fault ? r.key.fault : "none";
        if (strcmp(want, got) != 0 || (r.key.fault && strcmp(rows[i].ref, r.key.fault_ref) != 0)) {
            printf("%s\n  wanted %s, %s\n  got    %s, %s\n", rows[i].text, want,
                   rows[i].ref ? rows[i].ref : "-", got, r.key.fault ? r.key.fault_ref : "-");
            wrong++;
        }
        end_reading(&r);
    }
    assert_int_equal(wrong, 0);
}

#define READ_TABLE(rows) read_table(rows, COUNT(rows))
#define RECORD(what)     what, "RFC 6376 3.6.1"
#define LIST(what)       what, "RFC 6376 3.2"
#define FINE             NULL, NULL

static void a_record_of_each_type_of_key_is_read(void **state)
{
    static const struct {
        const char *text;
        enum key_type type;
        unsigned bits;
        size_t octets;
    } ROWS[] = {
        {"v=DKIM1; k=rsa; p=" RSA_KEY, KEY_RSA, 1024, 162},
        {"p=" RSA_KEY, KEY_RSA, 1024, 162},
        {"k=rsa; p=" BARE_KEY, KEY_RSA, 1024, 140},
        {"v=DKIM1; k=ed25519; p=" ED25519_KEY_RECORD, KEY_ED25519, 256, 32},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct reading r;

        read_record(&r, span_of(ROWS[i].text));
        assert_null(r.key.fault);
        assert_null(r.key.fault_ref);
        assert_false(r.key.revoked);
        assert_int_equal(r.key.type, ROWS[i].type);
        assert_int_equal(r.key.bits, ROWS[i].bits);
        assert_int_equal(r.key.octets.n, ROWS[i].octets);
        end_reading(&r);
    }
}

static void white_space_folds_a_record_anywhere(void **state)
{
    static const struct row ROWS[] = {
        {" v = DKIM1 ; k = rsa ; p = " RSA_KEY " ; ", FINE},
        {"v=DKIM1;\r\n\tp=" RSA_KEY, FINE},
        {"v=DKIM1;k=ed25519;p=11qYAYKxCrfV S/7TyWQHOg7h\r\n cvPapiMlrwIaaPcHURo=", FINE},
        {"v=DKIM1;k=ed25519;p=" ED25519_KEY_RECORD ";", FINE},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void the_version_is_dkim1_and_comes_first(void **state)
{
    static const struct row ROWS[] = {
        {"v=DKIM1; p=" RSA_KEY, FINE},
        {"v=DKIM2; p=" RSA_KEY, RECORD("the key record is of another version")},
        {"v=dkim1; p=" RSA_KEY, RECORD("the key record is of another version")},
        {"v=; p=" RSA_KEY, RECORD("the key record is of another version")},
        {"v=DKIM1.0; p=" RSA_KEY, RECORD("the key record is of another version")},
        {"p=" RSA_KEY "; v=DKIM1", RECORD("the key record is of another version")},
        {"k=rsa; v=DKIM1; p=" RSA_KEY, RECORD("the key record is of another version")},
        {"v=spf1; p=" RSA_KEY, RECORD("the key record is of another version")},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void a_key_is_of_a_type_that_is_known(void **state)
{
    static const struct row ROWS[] = {
        {"k=rsa; p=" RSA_KEY, FINE},
        {"k=RSA; p=" RSA_KEY, RECORD("the key is of a type that is not known")},
        {"k=; p=" RSA_KEY, RECORD("the key is of a type that is not known")},
        {"k=ec; p=" RSA_KEY, RECORD("the key is of a type that is not known")},
        {"k=rsa:ed25519; p=" RSA_KEY, RECORD("the key is of a type that is not known")},
        {"k=ed25519; p=" RSA_KEY, "p= is not an Ed25519 key", "RFC 8463 4"},
        {"k=rsa; p=" ED25519_KEY_RECORD, RECORD("p= is not an RSA key")},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void the_octets_of_a_key_are_looked_at(void **state)
{
    static const struct row ROWS[] = {
        {"v=DKIM1", RECORD("the key record has no p=")},
        {"", RECORD("the key record has no p=")},
        {"v=DKIM1; P=" RSA_KEY, RECORD("the key record has no p=")},
        {"v=DKIM1; p=", RECORD("the key is revoked")},
        {"p=  \r\n ;", RECORD("the key is revoked")},
        {"p=MIGf*", RECORD("p= is not base64")},
        {"p=MIG", RECORD("p= is not base64")},
        {"p==", RECORD("p= is not base64")},
        {"p=-----BEGIN PUBLIC KEY-----", RECORD("p= is not base64")},
        {"p=MIGfMA0GCSqGSIb3DQEB", RECORD("p= is not an RSA key")}, /* cut short */
        {"p=" RSA_KEY RSA_KEY, RECORD("p= is not an RSA key")},     /* with an octet behind */
        {"p=AAAA", RECORD("p= is not an RSA key")},
        {"p=MAYCAWECAQI=", "p= is an RSA key with impossible numbers",
         "RFC 8017 3.1"}, /* an even exponent */
        {"p=MAYCAWECAQE=", "p= is an RSA key with impossible numbers", "RFC 8017 3.1"}, /* one */
        {"p=MAYCAWECAQM=", FINE}, /* n = 97, e = 3 */
        {"k=ed25519; p=YQ==", "p= is not an Ed25519 key", "RFC 8463 4"},
        {"k=ed25519; p=" ED25519_KEY_RECORD "=", RECORD("p= is not base64")},
        {"k=ed25519; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
         "p= is not an Ed25519 key",
         "RFC 8463 4"}, /* SubjectPublicKeyInfo: RFC 8463 has the bare key */
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void a_revoked_key_is_said_to_be(void **state)
{
    struct reading r;

    (void)state;
    read_record(&r, SPAN("v=DKIM1; k=ed25519; p="));
    assert_true(r.key.revoked);
    assert_int_equal(r.key.octets.n, 0);
    end_reading(&r);
    read_record(&r, SPAN("v=DKIM1; n=none"));
    assert_false(r.key.revoked); /* nothing was said */
    end_reading(&r);
}

static void the_list_itself_must_be_one(void **state)
{
    static const struct row ROWS[] = {
        {"v=DKIM1; n=a note; x=; p=" RSA_KEY, FINE},
        {"v=DKIM1; p=" RSA_KEY "; p=" RSA_KEY, LIST("a tag of the key record stands twice")},
        {"v=DKIM1; h=sha1; h=sha256; p=" RSA_KEY, LIST("a tag of the key record stands twice")},
        {"v=DKIM1 p=" RSA_KEY,
         RECORD("the key record is of another version")}, /* the semicolon is missing */
        {"v=DKIM1; hello; p=" RSA_KEY, LIST("the key record is not a list of tags")},
        {"v=DKIM1;; p=" RSA_KEY, LIST("the key record is not a list of tags")},
        {"google-site-verification", LIST("the key record is not a list of tags")},
    };
    struct buf text = buf_new(4000);
    struct reading r;

    (void)state;
    READ_TABLE(ROWS);
    buf_puts(&text, "p=" RSA_KEY);
    for (char c = 'A'; c <= 'Z'; c++)
        buf_printf(&text, ";%c=;%cx=;%cy=", c, c, c);
    read_record(&r, buf_span(&text));
    assert_string_equal(r.key.fault, "the key record has more than 64 tags");
    end_reading(&r);
    buf_done(&text);
}

static void what_a_key_may_be_used_for_is_read_from_its_lists(void **state)
{
    static const struct {
        const char *text;
        bool sha256, email, tlsrpt, testing, strict;
    } ROWS[] = {
        {"p=" RSA_KEY, true, true, true, false, false},
        {"h=sha256; p=" RSA_KEY, true, true, true, false, false},
        {"h=sha1 : sha256; p=" RSA_KEY, true, true, true, false, false},
        {"h=sha1; p=" RSA_KEY, false, true, true, false, false},
        {"h=; p=" RSA_KEY, false, true, true, false, false},
        {"h=SHA256; p=" RSA_KEY, false, true, true, false, false},
        {"s=*; p=" RSA_KEY, true, true, true, false, false},
        {"s=email; p=" RSA_KEY, true, true, false, false, false},
        {"s=tlsrpt; p=" RSA_KEY, true, false, true, false, false},
        {"s=other:email : tlsrpt; p=" RSA_KEY, true, true, true, false, false},
        {"s=other; p=" RSA_KEY, true, false, false, false, false},
        {"s=; p=" RSA_KEY, true, false, false, false, false},
        {"t=y; p=" RSA_KEY, true, true, true, true, false},
        {"t=s; p=" RSA_KEY, true, true, true, false, true},
        {"t=y:s; p=" RSA_KEY, true, true, true, true, true},
        {"t= s : other : y ; p=" RSA_KEY, true, true, true, true, true},
        {"t=; p=" RSA_KEY, true, true, true, false, false},
        {"t=ys; p=" RSA_KEY, true, true, true, false, false},
        {"t=y", true, true, true, true, false}, /* read whatever else is wrong */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct reading r;

        read_record(&r, span_of(ROWS[i].text));
        if (r.key.sha256 != ROWS[i].sha256 || r.key.email != ROWS[i].email ||
            r.key.tlsrpt != ROWS[i].tlsrpt || r.key.testing != ROWS[i].testing ||
            r.key.strict != ROWS[i].strict)
            fail_msg("%.20s: wanted %d %d %d %d %d, got %d %d %d %d %d", ROWS[i].text,
                     ROWS[i].sha256, ROWS[i].email, ROWS[i].tlsrpt, ROWS[i].testing, ROWS[i].strict,
                     r.key.sha256, r.key.email, r.key.tlsrpt, r.key.testing, r.key.strict);
        end_reading(&r);
    }
}

static void a_key_over_4096_octets_is_refused(void **state)
{
    (void)state;
    for (size_t octets = LIMIT_KEY - 1; octets <= LIMIT_KEY + 2; octets += 3) {
        struct buf text = buf_new(8000);
        struct reading r;

        buf_puts(&text, "p=");
        for (size_t i = 0; i < octets / 3; i++)
            buf_puts(&text, "AAAA");
        read_record(&r, buf_span(&text));
        assert_string_equal(r.key.fault, octets > LIMIT_KEY ? "p= is longer than a key may be"
                                                            : "p= is not an RSA key");
        end_reading(&r);
        buf_done(&text);
    }
}

/* ---- the records of an answer ---- */

/** A fact of TXT records, each a text of up to 255 octets or cut into strings of that many. */
static assay_fact *txt_fact(const char *const *texts, size_t n)
{
    struct buf octets = buf_new(1 << 16);
    assay_span data[8];
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .data = data, .n = n};
    assay_fact *fact = NULL;
    size_t at[9] = {0};

    for (size_t i = 0; i < n; i++) {
        for (assay_span rest = span_of(texts[i]); rest.n; rest = span_from(rest, 255)) {
            assay_span piece = span_first(rest, 255);

            buf_putc(&octets, (char)piece.n);
            buf_put(&octets, piece);
        }
        at[i + 1] = octets.n;
    }
    for (size_t i = 0; i < n; i++)
        data[i] = (assay_span){octets.p + at[i], at[i + 1] - at[i]};
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &a, &fact), ASSAY_DONE);
    buf_done(&octets);
    return fact;
}

static void the_records_of_an_answer_stand_in_canonical_order(void **state)
{
    static const char *const TEXTS[][2] = {
        {"k=ed25519; p=" ED25519_KEY_RECORD, "v=DKIM1; p=" RSA_KEY},
        {"v=DKIM1; p=" RSA_KEY, "k=ed25519; p=" ED25519_KEY_RECORD}};

    (void)state;
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        assay_fact *fact = txt_fact(TEXTS[i], 2);
        const struct dkim_keys *keys, *again;

        assert_int_equal(dkim_keys_of(fact, &keys), ASSAY_DONE);
        assert_int_equal(keys->n, 2);
        assert_false(keys->more);
        assert_int_equal(keys->keys[0].type, KEY_ED25519); /* its first string is the shorter one */
        assert_int_equal(keys->keys[1].type, KEY_RSA);
        assert_null(keys->keys[0].fault);
        assert_null(keys->keys[1].fault);
        assert_int_equal(keys->keys[1].octets.n, 162); /* both lie beside the records, apart */
        assert_int_equal(keys->keys[0].octets.n, 32);
        assert_int_equal((uint8_t)keys->keys[0].octets.p[0], 0xd7);
        assert_int_equal((uint8_t)keys->keys[1].octets.p[0], 0x30);
        assert_int_equal(dkim_keys_of(fact, &again), ASSAY_DONE);
        assert_ptr_equal(keys, again); /* parsed once */
        assay_fact_free(fact);
    }
}

static void three_records_are_looked_at_and_more_are_said_to_be_there(void **state)
{
    static const char *const TEXTS[] = {"n=1", "n=2", "n=3", "n=4", "p=" RSA_KEY};

    (void)state;
    for (size_t n = 1; n <= COUNT(TEXTS); n++) {
        assay_fact *fact = txt_fact(TEXTS, n);
        const struct dkim_keys *keys;

        assert_int_equal(dkim_keys_of(fact, &keys), ASSAY_DONE);
        assert_int_equal(keys->n, n < LIMIT_KEY_RECORDS ? n : LIMIT_KEY_RECORDS);
        assert_int_equal(keys->more, n > LIMIT_KEY_RECORDS);
        assay_fact_free(fact);
    }
}

static void when_memory_is_short_the_keys_can_be_asked_for_again(void **state)
{
    static const char *const TEXT[] = {"p=" RSA_KEY};
    assay_fact *fact = txt_fact(TEXT, 1);
    const struct dkim_keys *keys = NULL;
    size_t failures = 0;
    assay_status s;

    (void)state;
    do {
        memory_left = failures;
        s = dkim_keys_of(fact, &keys);
        memory_left = SIZE_MAX;
        failures += s != ASSAY_DONE;
        assert_true(s == ASSAY_DONE || (s == ASSAY_ENOMEM && !keys));
    } while (s != ASSAY_DONE);
    assert_int_equal(failures, 2); /* the memo, the keys */
    assert_int_equal(keys->keys[0].bits, 1024);
    assay_fact_free(fact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_of_each_type_of_key_is_read),
        cmocka_unit_test(white_space_folds_a_record_anywhere),
        cmocka_unit_test(the_version_is_dkim1_and_comes_first),
        cmocka_unit_test(a_key_is_of_a_type_that_is_known),
        cmocka_unit_test(the_octets_of_a_key_are_looked_at),
        cmocka_unit_test(a_revoked_key_is_said_to_be),
        cmocka_unit_test(the_list_itself_must_be_one),
        cmocka_unit_test(what_a_key_may_be_used_for_is_read_from_its_lists),
        cmocka_unit_test(a_key_over_4096_octets_is_refused),
        cmocka_unit_test(the_records_of_an_answer_stand_in_canonical_order),
        cmocka_unit_test(three_records_are_looked_at_and_more_are_said_to_be_there),
        cmocka_unit_test(when_memory_is_short_the_keys_can_be_asked_for_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
