/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/arena.c"

#include "base/test_arena.h"
#include "dkim/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** SHA-256 of nothing. */
#define EMPTY_SHA256 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

/* ---- making signatures ---- */

/** The tags of a good signature, in order; ARC-Message-Signature has i=1 in place of v=1. */
static const char *const TAGS[][2] = {{"v", "1"},           {"a", "rsa-sha256"},
                                      {"d", "example.com"}, {"s", "sel"},
                                      {"h", "from:to"},     {"bh", EMPTY_SHA256},
                                      {"b", "c2lnbmF0dXJl"}};

/** Write a good signature with one tag changed, left out (NULL) or added. */
static void put_signature(struct buf *out, enum dkim_field which, const char *tag,
                          const char *value)
{
    bool done = false;

    for (size_t i = 0; i < COUNT(TAGS); i++) {
        const char *name = TAGS[i][0], *content = TAGS[i][1];

        if (i == 0 && which == ARC_MESSAGE_SIGNATURE)
            name = "i";
        if (tag && strcmp(name, tag) == 0) {
            content = value;
            done = true;
        }
        if (content)
            buf_printf(out, "%s%s=%s", out->n ? "; " : " ", name, content);
    }
    if (tag && !done)
        buf_printf(out, "; %s=%s", tag, value);
}

/** A message with a signature on top, and what was read of it. */
struct reading {
    struct header h;
    struct arena arena;
    struct dkim_signature s;
};

/** Read a signature of this value above some fields. end_reading() it. */
static void read_value(struct reading *r, enum dkim_field which, assay_span value,
                       const char *const *fields)
{
    memset(r, 0, sizeof *r);
    header_init(&r->h);
    assert_int_equal(header_field(&r->h, SPAN("Signature"), value), ASSAY_DONE);
    for (; fields && *fields; fields++)
        assert_int_equal(header_line(&r->h, span_of(*fields)), ASSAY_DONE);
    assert_int_equal(dkim_signature_read(&r->arena, &r->h, which, 0, &r->s), ASSAY_DONE);
    assert_int_equal(r->s.field, 0);
}

/** Read a good signature with one tag changed. */
static void read_changed(struct reading *r, enum dkim_field which, const char *tag,
                         const char *value)
{
    struct buf text = buf_new(1 << 20);

    put_signature(&text, which, tag, value);
    read_value(r, which, buf_span(&text), NULL);
    buf_done(&text);
}

static void end_reading(struct reading *r)
{
    header_done(&r->h);
    arena_done(&r->arena);
}

/** A change to a good signature, and the fault it makes; NULL: none. */
struct row {
    const char *tag, *value, *fault, *ref;
};

/** Make each change of a table. */
static void read_table(enum dkim_field which, const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct reading r;
        const char *want = rows[i].fault ? rows[i].fault : "none";

        read_changed(&r, which, rows[i].tag, rows[i].value);
        if (strcmp(want, r.s.fault ? r.s.fault : "none") != 0 ||
            (rows[i].fault && strcmp(rows[i].ref, r.s.fault_ref) != 0)) {
            printf("%s=%s\n  wanted %s, %s\n  got    %s, %s\n", rows[i].tag,
                   rows[i].value ? rows[i].value : "-", want, rows[i].ref ? rows[i].ref : "-",
                   r.s.fault ? r.s.fault : "none", r.s.fault_ref ? r.s.fault_ref : "-");
            wrong++;
        }
        end_reading(&r);
    }
    assert_int_equal(wrong, 0);
}

#define READ_TABLE(rows) read_table(DKIM_SIGNATURE, rows, COUNT(rows))

/* ---- each tag ---- */

#define TAG(what)  what, "RFC 6376 3.5"
#define LIST(what) what, "RFC 6376 3.2"
#define FINE       NULL, NULL

static void a_good_signature_is_read_whole(void **state)
{
    static const assay_span VALUE =
        SPAN(" v=1; a=ed25519-sha256; c=relaxed/simple;\r\n"
             "\td=Football.Example.com; s=Brisbane; t=1528637909; x=1528637999;\r\n"
             "\tl=12; i=joe@eng.football.example.com; q=dns/txt;\r\n"
             "\th=from : to :\r\n\t subject; z=From:x|To:y;\r\n"
             "\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5\r\n\tNMpJWZG3hSuFU=;\r\n"
             "\tb=c2ln\r\n\tbmF0 dXJl");
    struct reading r;

    (void)state;
    read_value(&r, DKIM_SIGNATURE, VALUE, NULL);
    assert_null(r.s.fault);
    assert_int_equal(r.s.algorithm, DKIM_ED25519_SHA256);
    assert_true(span_is(r.s.algorithm_text, "ed25519-sha256"));
    assert_int_equal(r.s.header_canon, CANON_RELAXED);
    assert_int_equal(r.s.body_canon, CANON_SIMPLE);
    assert_true(span_is(r.s.domain, "football.example.com"));
    assert_true(span_is(r.s.domain_as, "Football.Example.com"));
    assert_true(span_is(r.s.selector, "brisbane"));
    assert_true(span_is(r.s.selector_as, "Brisbane"));
    assert_true(span_is(r.s.identity, "joe@eng.football.example.com"));
    assert_true(span_is(r.s.identity_domain, "eng.football.example.com"));
    assert_true(span_is(r.s.names, "from : to :\r\n\t subject"));
    assert_true(span_is(r.s.b, "c2ln\r\n\tbmF0 dXJl"));
    assert_true(span_is(r.s.b_head, "c2lnbmF0"));
    assert_true(span_is((assay_span){(const char *)r.s.signature, r.s.signature_n}, "signature"));
    assert_int_equal(r.s.body_sha256[0], 0xe3);
    assert_int_equal(r.s.body_sha256[31], 0x55);
    assert_int_equal(r.s.length, 12);
    assert_int_equal(r.s.timestamp, 1528637909);
    assert_int_equal(r.s.expiration, 1528637999);
    assert_int_equal(r.s.instance, 0);
    assert_true(r.s.b.p > r.h.text.p &&
                r.s.b.p < r.h.text.p + r.h.text.n); /* it is taken out of the raw field */
    end_reading(&r);
}

static void what_is_not_said_has_its_default(void **state)
{
    struct reading r;

    (void)state;
    read_changed(&r, DKIM_SIGNATURE, NULL, NULL);
    assert_null(r.s.fault);
    assert_int_equal(r.s.header_canon, CANON_SIMPLE);
    assert_int_equal(r.s.body_canon, CANON_SIMPLE);
    assert_null(r.s.identity.p);
    assert_true(span_is(r.s.identity_domain, "example.com"));
    assert_true(r.s.length == BODY_WHOLE);
    assert_int_equal(r.s.timestamp, 0);
    assert_true(r.s.expiration == DKIM_NEVER);
    end_reading(&r);
}

static void a_tag_that_is_required_is_missed(void **state)
{
    static const struct row ROWS[] = {
        {"v", NULL, TAG("v= is missing")}, {"a", NULL, TAG("a= is missing")},
        {"d", NULL, TAG("d= is missing")}, {"s", NULL, TAG("s= is missing")},
        {"h", NULL, TAG("h= is missing")}, {"bh", NULL, TAG("bh= is missing")},
        {"b", NULL, TAG("b= is missing")},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void the_version_is_1(void **state)
{
    static const struct row ROWS[] = {
        {"v", "1", FINE},
        {"v", "", "v= is a version that is not known", "RFC 6376 6.1.1"},
        {"v", "2", "v= is a version that is not known", "RFC 6376 6.1.1"},
        {"v", "01", "v= is a version that is not known", "RFC 6376 6.1.1"},
        {"v", "1.0", "v= is a version that is not known", "RFC 6376 6.1.1"},
        {"v", "DKIM1", "v= is a version that is not known", "RFC 6376 6.1.1"},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void algorithms_are_known_by_their_exact_names(void **state)
{
    static const struct {
        const char *value;
        enum dkim_algorithm want;
    } ROWS[] = {{"rsa-sha256", DKIM_RSA_SHA256},
                {"rsa-sha1", DKIM_RSA_SHA1},
                {"ed25519-sha256", DKIM_ED25519_SHA256},
                {"RSA-SHA256", DKIM_ALGORITHM_OTHER},
                {"rsa-sha512", DKIM_ALGORITHM_OTHER},
                {"rsa", DKIM_ALGORITHM_OTHER},
                {"", DKIM_ALGORITHM_OTHER},
                {"rsa - sha256", DKIM_ALGORITHM_OTHER}};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct reading r;

        read_changed(&r, DKIM_SIGNATURE, "a", ROWS[i].value);
        if (r.s.algorithm != ROWS[i].want)
            fail_msg("%s: wanted %d, got %d", ROWS[i].value, ROWS[i].want, r.s.algorithm);
        assert_true(span_is(r.s.algorithm_text, ROWS[i].value));
        assert_true((r.s.fault != NULL) == (ROWS[i].want == DKIM_ALGORITHM_OTHER));
        end_reading(&r);
    }
}

static void canonicalizations_are_read_for_header_and_body(void **state)
{
    static const struct {
        const char *value;
        bool good;
        enum canon header, body;
    } ROWS[] = {
        {"simple", true, CANON_SIMPLE, CANON_SIMPLE},
        {"relaxed", true, CANON_RELAXED,
         CANON_SIMPLE}, /* RFC 6376 3.5: the body's default is simple */
        {"simple/simple", true, CANON_SIMPLE, CANON_SIMPLE},
        {"simple/relaxed", true, CANON_SIMPLE, CANON_RELAXED},
        {"relaxed/simple", true, CANON_RELAXED, CANON_SIMPLE},
        {"relaxed/relaxed", true, CANON_RELAXED, CANON_RELAXED},
        {"", false, CANON_SIMPLE, CANON_SIMPLE},
        {"nofws", false, CANON_SIMPLE, CANON_SIMPLE},
        {"Relaxed/relaxed", false, CANON_SIMPLE, CANON_SIMPLE},
        {"relaxed/", false, CANON_RELAXED, CANON_SIMPLE},
        {"/relaxed", false, CANON_SIMPLE, CANON_SIMPLE},
        {"relaxed/relaxed/relaxed", false, CANON_RELAXED, CANON_SIMPLE},
        {"relaxed / relaxed", false, CANON_SIMPLE, CANON_SIMPLE},
    };

    (void)state;
    for (int which = DKIM_SIGNATURE; which <= ARC_MESSAGE_SIGNATURE; which++)
        for (size_t i = 0; i < COUNT(ROWS); i++) {
            struct reading r;

            read_changed(&r, (enum dkim_field)which, "c", ROWS[i].value);
            if (!r.s.fault != ROWS[i].good ||
                (ROWS[i].good && r.s.header_canon != ROWS[i].header) ||
                (ROWS[i].good && r.s.body_canon != ROWS[i].body))
                fail_msg("%s: wanted %d %d %d, got %s %d %d", ROWS[i].value, ROWS[i].good,
                         ROWS[i].header, ROWS[i].body, r.s.fault ? r.s.fault : "ok",
                         r.s.header_canon, r.s.body_canon);
            end_reading(&r);
        }
}

static void domains_and_selectors_are_names(void **state)
{
    static const struct row ROWS[] = {
        {"d", "a.b.c.example.com", FINE},
        {"d", "EXAMPLE.com", FINE},
        {"d", "b\303\274cher.example", FINE}, /* RFC 8616 4 */
        {"d", "xn--bcher-kva.example", FINE},
        {"d", "_x.example.com", FINE},
        {"d", "", TAG("d= is not a domain name")},
        {"d", "com", TAG("d= is not a domain name")},
        {"d", "example.com.", TAG("d= is not a domain name")},
        {"d", ".example.com", TAG("d= is not a domain name")},
        {"d", "example..com", TAG("d= is not a domain name")},
        {"d", "exa mple.com", TAG("d= is not a domain name")},
        {"d", "ex*mple.com", TAG("d= is not a domain name")},
        {"d", "-example.com", TAG("d= is not a domain name")},
        {"d", "example-.com", TAG("d= is not a domain name")},
        {"d", "exa\\.mple.com", TAG("d= is not a domain name")},
        {"d", "\377.example", TAG("d= is not a domain name")},
        {"d", "0123456789012345678901234567890123456789012345678901234567890123.example",
         TAG("d= is not a domain name")},
        {"s", "a.b", FINE},
        {"s", "_sel-1", FINE},
        {"s", "2024", FINE},
        {"s", "", TAG("s= is not a selector")},
        {"s", "sel.", TAG("s= is not a selector")},
        {"s", "a b", TAG("s= is not a selector")},
        {"s", "a@b", TAG("s= is not a selector")},
        {"s", "-a", TAG("s= is not a selector")},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void names_beyond_ascii_become_a_labels_and_are_kept_as_written(void **state)
{
    struct reading r;

    (void)state;
    read_changed(&r, DKIM_SIGNATURE, "d", "B\303\234CHER.example");
    assert_true(span_is(r.s.domain, "xn--bcher-kva.example"));
    assert_true(span_is(r.s.domain_as, "B\303\234CHER.example"));
    end_reading(&r);
    read_changed(&r, DKIM_SIGNATURE, "s", "s\303\251lecteur");
    assert_true(span_is(r.s.selector, "xn--slecteur-b1a"));
    end_reading(&r);
    read_changed(&r, DKIM_SIGNATURE, "i", "j\303\266@a.b.example.com");
    assert_true(span_is(r.s.identity_domain, "a.b.example.com"));
    end_reading(&r);
}

static void an_identity_is_of_the_domain_or_below_it(void **state)
{
    static const struct row ROWS[] = {
        {"i", "@example.com", FINE},
        {"i", "joe@example.com", FINE},
        {"i", "joe@EXAMPLE.COM", FINE},
        {"i", "joe@eng.example.com", FINE},
        {"i", "\"a@b\"@eng.example.com", FINE},
        {"i", "joe=40x@exam\r\n ple.com", FINE}, /* folded quoted-printable (RFC 6376 2.11) */
        {"i", "joe@notexample.com", "i= is neither d= nor below it", "RFC 6376 6.1.1"},
        {"i", "joe@com", "i= is neither d= nor below it", "RFC 6376 6.1.1"},
        {"i", "joe@example.com.evil.example", "i= is neither d= nor below it", "RFC 6376 6.1.1"},
        {"i", "", TAG("i= is not an identity")},
        {"i", "joe", TAG("i= is not an identity")},
        {"i", "joe@", TAG("i= is not an identity")},
        {"i", "example.com", TAG("i= is not an identity")},
        {"i", "joe@example..com", TAG("i= is not an identity")},
        {"i", "joe@example.com.", TAG("i= is not an identity")},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void dns_txt_must_be_among_the_query_methods(void **state)
{
    static const struct row ROWS[] = {
        {"q", "dns/txt", FINE},
        {"q", "other : dns/txt", FINE},
        {"q", "dns/txt:dns/future", FINE},
        {"q", "", TAG("q= names no way to get the key that is known")},
        {"q", "dns", TAG("q= names no way to get the key that is known")},
        {"q", "dns/txtx", TAG("q= names no way to get the key that is known")},
        {"q", "other", TAG("q= names no way to get the key that is known")},
    };

    (void)state;
    READ_TABLE(ROWS);
}

/** A number of 76 digits, the longest there is. */
#define LONGEST "1111111111222222222233333333334444444444555555555566666666667777777777888888"

static void numbers_are_digits_of_any_size_up_to_76(void **state)
{
    static const struct row ROWS[] = {
        {"l", "0", FINE},
        {"l", "007", FINE},
        {"l", LONGEST, FINE},
        {"l", LONGEST "9", TAG("l= is not a number")},
        {"l", "", TAG("l= is not a number")},
        {"l", "-1", TAG("l= is not a number")},
        {"l", "+1", TAG("l= is not a number")},
        {"l", "1 2", TAG("l= is not a number")},
        {"l", "0x10", TAG("l= is not a number")},
        {"t", "0", FINE},
        {"t", LONGEST, FINE},
        {"t", "", TAG("t= is not a number")},
        {"t", "soon", TAG("t= is not a number")},
        {"x", "0", FINE},
        {"x", LONGEST, FINE},
        {"x", LONGEST "9", TAG("x= is not a number")},
        {"x", "1.5", TAG("x= is not a number")},
    };
    static const struct {
        const char *value;
        uint64_t want;
    } VALUES[] = {{"0", 0},
                  {"42", 42},
                  {"18446744073709551614", UINT64_MAX - 1},
                  {"18446744073709551615",
                   UINT64_MAX - 1}, /* never the number that means the whole body */
                  {"18446744073709551616", UINT64_MAX - 1},
                  {LONGEST, UINT64_MAX - 1}};

    (void)state;
    READ_TABLE(ROWS);
    for (size_t i = 0; i < COUNT(VALUES); i++) {
        struct reading r;

        read_changed(&r, DKIM_SIGNATURE, "l", VALUES[i].value);
        assert_true(r.s.length == VALUES[i].want);
        end_reading(&r);
        read_changed(&r, DKIM_SIGNATURE, "x", VALUES[i].value);
        assert_true(r.s.expiration == VALUES[i].want);
        end_reading(&r);
    }
}

static void a_signature_expires_after_it_was_made(void **state)
{
    static const struct {
        const char *times;
        bool good;
    } ROWS[] = {
        {"t=100; x=101", true},
        {"t=100; x=100", false},
        {"t=100; x=99", false},
        {"x=99; t=100", false},
        {"t=0; x=0", false},
        {"t=0; x=1", true},
        {"t=" LONGEST "; x=" LONGEST, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf text = buf_new(4000);
        struct reading r;

        put_signature(&text, DKIM_SIGNATURE, NULL, NULL);
        buf_printf(&text, "; %s", ROWS[i].times);
        read_value(&r, DKIM_SIGNATURE, buf_span(&text), NULL);
        if (!r.s.fault != ROWS[i].good)
            fail_msg("%s: wanted %d, got %s", ROWS[i].times, ROWS[i].good,
                     r.s.fault ? r.s.fault : "none");
        end_reading(&r);
        buf_done(&text);
    }
}

static void from_must_be_signed(void **state)
{
    static const struct row ROWS[] = {
        {"h", "from", FINE},
        {"h", "FROM", FINE},
        {"h", "to:cc:From", FINE},
        {"h", " to :\r\n from : x-y", FINE},
        {"h", "to:subject", "From is not signed", "RFC 6376 6.1.1"},
        {"h", "x-from:fromx:resent-from", "From is not signed", "RFC 6376 6.1.1"},
        {"h", "", TAG("h= is not a list of field names")},
        {"h", "from:", TAG("h= is not a list of field names")},
        {"h", "from::to", TAG("h= is not a list of field names")},
        {"h", "from to", TAG("h= is not a list of field names")},
        {"h", "from:t\303\266", TAG("h= is not a list of field names")},
    };

    (void)state;
    READ_TABLE(ROWS);
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct reading r;

        read_changed(&r, DKIM_SIGNATURE, "h", ROWS[i].value);
        assert_int_equal(r.s.unsigned_from,
                         r.s.fault && strcmp(r.s.fault, "From is not signed") == 0);
        end_reading(&r);
    }
}

static void five_hundred_and_twelve_names_are_read_and_not_one_more(void **state)
{
    (void)state;
    for (size_t n = LIMIT_SIGNED_FIELDS; n <= LIMIT_SIGNED_FIELDS + 1; n++) {
        struct buf value = buf_new(8000);
        struct reading r;

        put_signature(&value, DKIM_SIGNATURE, "h", NULL);
        buf_puts(&value, "; h=from");
        for (size_t i = 1; i < n; i++)
            buf_puts(&value, ":a");
        read_value(&r, DKIM_SIGNATURE, buf_span(&value), NULL);
        assert_true(n > LIMIT_SIGNED_FIELDS
                        ? span_is(span_of(r.s.fault), "h= names more than 512 fields")
                        : !r.s.fault);
        end_reading(&r);
        buf_done(&value);
    }
}

static void digests_and_signatures_are_base64_of_the_right_length(void **state)
{
    static const struct row ROWS[] = {
        {"bh", "47DEQpj8HBSa+/TI\r\n mW+5JCeuQeRkm5NMpJWZG3hSuFU=", FINE},
        {"bh", "", TAG("bh= is not base64")},
        {"bh", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
         TAG("bh= is not base64")}, /* no padding */
        {"bh", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSu*U=", TAG("bh= is not base64")},
        {"bh", "c2hvcnQ=", TAG("bh= is not a SHA-256 digest")},
        {"bh", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=", TAG("bh= is not a SHA-256 digest")}, /* SHA-1 */
        {"bh", EMPTY_SHA256 EMPTY_SHA256, TAG("bh= is not base64")},
        {"b", "YQ==", FINE},
        {"b", "Y Q = =", FINE},
        {"b", "", TAG("b= is not base64")},
        {"b", "YQ", TAG("b= is not base64")},
        {"b", "YQ=", TAG("b= is not base64")},
        {"b", "YQ==YQ==", TAG("b= is not base64")},
        {"b", "a_-a", TAG("b= is not base64")},
    };

    (void)state;
    READ_TABLE(ROWS);
}

static void a_sha1_signature_may_have_a_digest_of_its_own_length(void **state)
{
    struct reading r;

    (void)state;
    read_value(
        &r, DKIM_SIGNATURE,
        SPAN("v=1; a=rsa-sha1; d=a.example; s=s; h=from; bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk=; b=YQ=="),
        NULL);
    assert_null(r.s.fault);
    assert_int_equal(r.s.algorithm, DKIM_RSA_SHA1);
    end_reading(&r);
}

static void a_signature_longer_than_any_key_makes_is_refused(void **state)
{
    (void)state;
    for (size_t octets = LIMIT_SIGNATURE - 2; octets <= LIMIT_SIGNATURE + 1; octets += 3) {
        struct buf value = buf_new(8000);
        struct reading r;

        buf_puts(&value, "v=1; a=rsa-sha256; d=a.example; s=s; h=from; bh=" EMPTY_SHA256 "; b=");
        for (size_t i = 0; i < octets / 3; i++)
            buf_puts(&value, "AAAA");
        read_value(&r, DKIM_SIGNATURE, buf_span(&value), NULL);
        assert_true(octets > LIMIT_SIGNATURE
                        ? span_is(span_of(r.s.fault), "b= is longer than a signature can be")
                        : !r.s.fault);
        assert_true(span_is(r.s.b_head, "AAAAAAAA"));
        end_reading(&r);
        buf_done(&value);
    }
}

static void the_list_itself_must_be_one(void **state)
{
    static const struct row ROWS[] = {
        {"unknown", "anything at all", FINE},        {"z", "From:a@b|To:c", FINE},
        {"a b", "c", LIST("not a list of tags")},    {"x;", "", LIST("not a list of tags")},
        {"n", "a\001b", LIST("not a list of tags")}, {"z=; z", "", LIST("a tag stands twice")},
    };
    struct buf value = buf_new(4000);
    struct reading r;

    (void)state;
    READ_TABLE(ROWS);
    put_signature(&value, DKIM_SIGNATURE, NULL, NULL);
    for (char c = 'A'; c <= 'Z'; c++)
        buf_printf(&value, ";%c=;%cx=;%cy=", c, c, c);
    read_value(&r, DKIM_SIGNATURE, buf_span(&value), NULL);
    assert_string_equal(r.s.fault, "more than 64 tags");
    end_reading(&r);
    buf_done(&value);
}

static void with_a_fault_what_could_be_read_is_there(void **state)
{
    struct reading r;

    (void)state;
    read_changed(&r, DKIM_SIGNATURE, "v", "9");
    assert_true(span_is(r.s.domain, "example.com") && span_is(r.s.selector, "sel"));
    assert_int_equal(r.s.algorithm, DKIM_RSA_SHA256);
    assert_true(span_is(r.s.b_head, "c2lnbmF0"));
    end_reading(&r);
    read_value(&r, DKIM_SIGNATURE, SPAN(""), NULL);
    assert_string_equal(r.s.fault, "v= is missing");
    assert_int_equal(r.s.domain.n + r.s.selector.n + r.s.b_head.n + r.s.signature_n, 0);
    end_reading(&r);
}

/* ---- ARC-Message-Signature ---- */

static void an_arc_message_signature_has_an_instance_and_no_version(void **state)
{
    static const struct row ROWS[] = {
        {"i", "1", FINE},
        {"i", "50", FINE},
        {"i", "0", "i= is not an instance", "RFC 8617 4.2.1"},
        {"i", "51", "i= is not an instance", "RFC 8617 4.2.1"},
        {"i", "", "i= is not an instance", "RFC 8617 4.2.1"},
        {"i", "@example.com", "i= is not an instance", "RFC 8617 4.2.1"},
        {"i", NULL, TAG("i= is missing")},
        {"v", "7", FINE},
        {"h", "to:subject", FINE},
        {"h", "from::to", FINE},
        {"h", "from:arc-seal", "h= names ARC-Seal", "RFC 8617 4.1.2"},
        {"h", "from:ARC-Seal:to", "h= names ARC-Seal", "RFC 8617 4.1.2"},
        {"h", "from:arc-authentication-results", FINE},
        {"d", NULL, TAG("d= is missing")},
        {"b", "", TAG("b= is not base64")},
    };
    struct reading r;

    (void)state;
    read_table(ARC_MESSAGE_SIGNATURE, ROWS, COUNT(ROWS));
    read_changed(&r, ARC_MESSAGE_SIGNATURE, "i", "17");
    assert_int_equal(r.s.instance, 17);
    assert_int_equal(r.s.identity.n, 0);
    assert_int_equal(r.s.header_canon, CANON_RELAXED); /* without c= */
    assert_int_equal(r.s.body_canon, CANON_RELAXED);
    end_reading(&r);
}

/* ---- what is covered ---- */

static void a_field_is_covered_when_all_of_its_name_are_signed(void **state)
{
    static const struct {
        const char *names;
        const char *fields[5];
        unsigned present, covered;
    } ROWS[] = {
        {"from", {"From: a\r\n"}, DKIM_FROM, DKIM_FROM},
        {"from", {NULL}, 0, 0},
        {"from:to",
         {"FROM: a\r\n", "to : b\r\n", "Subject: c\r\n"},
         DKIM_FROM | DKIM_TO | DKIM_SUBJECT,
         DKIM_FROM | DKIM_TO},
        {"from:to", {"From: a\r\n", "To: b\r\n", "To: c\r\n"}, DKIM_FROM | DKIM_TO, DKIM_FROM},
        {"from:to:to",
         {"From: a\r\n", "To: b\r\n", "To: c\r\n"},
         DKIM_FROM | DKIM_TO,
         DKIM_FROM | DKIM_TO},
        {"from:from:from", {"From: a\r\n"}, DKIM_FROM, DKIM_FROM},
        {"from:cc:date:reply-to:message-id:content-type",
         {"Cc: a\r\n", "Date: b\r\n", "Reply-To: c\r\n", "Message-Id: d\r\n",
          "Content-Type: e\r\n"},
         DKIM_CC | DKIM_DATE | DKIM_REPLY_TO | DKIM_MESSAGE_ID | DKIM_CONTENT_TYPE,
         DKIM_CC | DKIM_DATE | DKIM_REPLY_TO | DKIM_MESSAGE_ID | DKIM_CONTENT_TYPE},
        {"from:subject", {"Subject no colon\r\n"}, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf value = buf_new(1000);
        const char *fields[6] = {NULL};
        struct reading r;

        for (size_t k = 0; k < 5; k++)
            fields[k] = ROWS[i].fields[k];
        put_signature(&value, DKIM_SIGNATURE, "h", ROWS[i].names);
        read_value(&r, DKIM_SIGNATURE, buf_span(&value), fields);
        if (r.s.present != ROWS[i].present || r.s.covered != ROWS[i].covered)
            fail_msg("row %zu: wanted %u %u, got %u %u", i, ROWS[i].present, ROWS[i].covered,
                     r.s.present, r.s.covered);
        end_reading(&r);
        buf_done(&value);
    }
}

static void notable_fields_have_their_names(void **state)
{
    (void)state;
    assert_true(span_is(dkim_notable_text(DKIM_FROM), "From"));
    assert_true(span_is(dkim_notable_text(DKIM_TO), "To"));
    assert_true(span_is(dkim_notable_text(DKIM_CC), "Cc"));
    assert_true(span_is(dkim_notable_text(DKIM_SUBJECT), "Subject"));
    assert_true(span_is(dkim_notable_text(DKIM_DATE), "Date"));
    assert_true(span_is(dkim_notable_text(DKIM_REPLY_TO), "Reply-To"));
    assert_true(span_is(dkim_notable_text(DKIM_MESSAGE_ID), "Message-ID"));
    assert_true(span_is(dkim_notable_text(DKIM_CONTENT_TYPE), "Content-Type"));
    assert_int_equal(dkim_notable_text(256).n, 0);
    assert_int_equal(dkim_notable_text(0).n, 0);
}

/* ---- memory ---- */

static void when_memory_is_short_the_signature_can_be_read_again(void **state)
{
    size_t failures = 0;
    assay_status s = ASSAY_ENOMEM;

    (void)state;
    for (size_t room = 0; s == ASSAY_ENOMEM; room += 8) {
        struct buf value = buf_new(1000);
        struct reading r = {.s = {.field = 4711}};

        put_signature(&value, DKIM_SIGNATURE, "i", "a@b.example.com");
        header_init(&r.h);
        assert_int_equal(header_field(&r.h, SPAN("DKIM-Signature"), buf_span(&value)), ASSAY_DONE);
        arena_leave(&r.arena, room);
        memory_left = 0;
        s = dkim_signature_read(&r.arena, &r.h, DKIM_SIGNATURE, 0, &r.s);
        memory_left = SIZE_MAX;
        if (s != ASSAY_DONE) {
            failures++;
            assert_int_equal(s, ASSAY_ENOMEM);
            assert_int_equal(r.s.field, 4711);
            assert_int_equal(dkim_signature_read(&r.arena, &r.h, DKIM_SIGNATURE, 0, &r.s),
                             ASSAY_DONE);
        }
        assert_null(r.s.fault);
        assert_true(span_is(r.s.identity_domain, "b.example.com"));
        end_reading(&r);
        buf_done(&value);
    }
    assert_in_range(failures, 5, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_signature_is_read_whole),
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(a_tag_that_is_required_is_missed),
        cmocka_unit_test(the_version_is_1),
        cmocka_unit_test(algorithms_are_known_by_their_exact_names),
        cmocka_unit_test(canonicalizations_are_read_for_header_and_body),
        cmocka_unit_test(domains_and_selectors_are_names),
        cmocka_unit_test(names_beyond_ascii_become_a_labels_and_are_kept_as_written),
        cmocka_unit_test(an_identity_is_of_the_domain_or_below_it),
        cmocka_unit_test(dns_txt_must_be_among_the_query_methods),
        cmocka_unit_test(numbers_are_digits_of_any_size_up_to_76),
        cmocka_unit_test(a_signature_expires_after_it_was_made),
        cmocka_unit_test(from_must_be_signed),
        cmocka_unit_test(five_hundred_and_twelve_names_are_read_and_not_one_more),
        cmocka_unit_test(digests_and_signatures_are_base64_of_the_right_length),
        cmocka_unit_test(a_sha1_signature_may_have_a_digest_of_its_own_length),
        cmocka_unit_test(a_signature_longer_than_any_key_makes_is_refused),
        cmocka_unit_test(the_list_itself_must_be_one),
        cmocka_unit_test(with_a_fault_what_could_be_read_is_there),
        cmocka_unit_test(an_arc_message_signature_has_an_instance_and_no_version),
        cmocka_unit_test(a_field_is_covered_when_all_of_its_name_are_signed),
        cmocka_unit_test(notable_fields_have_their_names),
        cmocka_unit_test(when_memory_is_short_the_signature_can_be_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
