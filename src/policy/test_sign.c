/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sign.table, seal.key and seal.fields: what is taken, what is refused and with which words, and that
 * nothing is lost when memory runs out.
 */
#include "base/test_memory.h"

#include "base/arena.c"
#include "policy/sign.c"

#include "base/buf.h"
#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** An entry as text, all of it. */
static void put_rule(struct buf *out, const struct sign_rule *r)
{
    static const char *const PATTERNS[] = {"any", "address", "domain", "below"};
    static const char *const PROFILES[] = {"strict", "list-friendly", "own"};

    buf_printf(out, "%s %.*s/%.*s", PATTERNS[r->pattern], SPAN_ARG(r->local), SPAN_ARG(r->domain));
    for (size_t i = 0; i < r->nkeys; i++)
        buf_printf(out, " key %.*s:%.*s:%s", SPAN_ARG(r->keys[i].selector),
                   SPAN_ARG(r->keys[i].domain),
                   r->keys[i].algorithm == DKIM_ED25519_SHA256 ? "ed" : "rsa");
    for (size_t i = 0; i < r->nusers; i++)
        buf_printf(out, " user %.*s", SPAN_ARG(r->users[i]));
    for (size_t i = 0; i < r->nets.n; i++) {
        char text[IP_TEXT];

        buf_printf(out, " net %.*s/%u", SPAN_ARG(ip_text(&r->nets.all[i].net, text)),
                   r->nets.all[i].bits);
    }
    buf_printf(out, " %s%s%.*s c%d%d", PROFILES[r->fields.profile], r->fields.names.n ? " " : "",
               SPAN_ARG(r->fields.names), r->header_canon, r->body_canon);
    if (r->expire)
        buf_printf(out, " x%u", (unsigned)r->expire);
    buf_puts(out, r->no_timestamp ? " no t" : "");
    if (r->identity.n)
        buf_printf(out, " i=%.*s (%.*s)", SPAN_ARG(r->identity), SPAN_ARG(r->identity_domain));
}

/** Read a table; what came of it as text. */
static struct buf read_table(const char *text)
{
    struct buf out = buf_new(1 << 16);
    struct arena a = {0};
    struct sign_table table = {(struct sign_rule *)&out, 4711};
    struct sign_error error = {""};
    assay_status s = sign_table_read(&a, span_of(text), &table, &error);

    if (s != ASSAY_DONE) {
        assert_int_equal(s, ASSAY_EINVAL);
        assert_int_equal(table.n, 4711);
        buf_puts(&out, error.text);
    }
    for (size_t i = 0; s == ASSAY_DONE && i < table.n; i++) {
        buf_puts(&out, i ? "; " : "");
        put_rule(&out, &table.rules[i]);
    }
    arena_done(&a);
    return out;
}

/** A text, and what comes of it. */
struct row {
    const char *text, *want;
};

/** Read each text of a list. */
static void read_all(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct buf got = read_table(rows[i].text);

        if (!span_is(buf_span(&got), rows[i].want)) {
            printf("%s\n  wanted %s\n  got    %.*s\n", rows[i].text, rows[i].want,
                   SPAN_ARG(buf_span(&got)));
            wrong++;
        }
        buf_done(&got);
    }
    assert_int_equal(wrong, 0);
}

static void entries_are_read_whole(void **state)
{
    static const struct row ROWS[] = {
        {"", ""},
        {" ;; ; ", ""},
        {"* key=s:d.example", "any / key s:d.example:rsa list-friendly c11"},
        {"D.Example key=S.x:D.Example:rsa",
         "domain /d.example key s.x:d.example:rsa list-friendly c11"},
        {".example key=s:*:ed25519", "below /example key s::ed list-friendly c11"},
        {"A.b@d.example key=s:d.example,e_1:x.d.example:ed25519",
         "address A.b/d.example key s:d.example:rsa key e_1:x.d.example:ed list-friendly c11"},
        {"b\303\274cher.example key=s:B\303\234CHER.example",
         "domain /xn--bcher-kva.example key s:xn--bcher-kva.example:rsa list-friendly c11"},
        {"* key=s:d.example user=a,b@c,*", "any / key s:d.example:rsa user a user b@c user * "
                                           "list-friendly c11"},
        {"* key=s:d.example client=10.1.2.3,10.0.0.0/8,2001:db8::/32,::1",
         "any / key s:d.example:rsa net 10.1.2.3/32 net 10.0.0.0/8 net 2001:db8::/32 net ::1/128 "
         "list-friendly c11"},
        {"* profile=strict key=s:d.example", "any / key s:d.example:rsa strict c11"},
        {"* key=s:d.example fields=From:To:From", "any / key s:d.example:rsa own From:To:From c11"},
        {"* key=s:d.example canonicalization=simple/relaxed",
         "any / key s:d.example:rsa list-friendly c01"},
        {"* key=s:d.example canonicalization=relaxed/simple",
         "any / key s:d.example:rsa list-friendly c10"},
        {"* key=s:d.example expire=86400 timestamp=no",
         "any / key s:d.example:rsa list-friendly c11 x86400 no t"},
        {"* key=s:d.example timestamp=yes identity=a@x.d.example",
         "any / key s:d.example:rsa list-friendly c11 i=a@x.d.example (x.d.example)"},
        {"* key=s:* identity=@x.example",
         "any / key s::rsa list-friendly c11 i=@x.example (x.example)"},
        {"a.example\tkey=s:*;\r\n b.example key=s:*",
         "domain /a.example key s::rsa list-friendly c11; domain /b.example key s::rsa "
         "list-friendly c11"},
    };

    (void)state;
    read_all(ROWS, COUNT(ROWS));
}

static void what_is_wrong_is_said_with_the_entry(void **state)
{
#define KEY_FORM "a key is SELECTOR:DOMAIN, or SELECTOR:DOMAIN:ed25519"
    static const struct row ROWS[] = {
        {"a.example", "entry 1: \"a.example\": it has no key="},
        {"* key=s:a.example; b.example", "entry 2: \"b.example\": it has no key="},
        {"example key=s:*", "entry 1: \"example\": a domain is expected"},
        {"a..b key=s:*", "entry 1: \"a..b\": a domain is expected"},
        {"*.a.example key=s:*", "entry 1: \"*.a.example\": a domain is expected"},
        {". key=s:*", "entry 1: \"\": a domain is expected behind the dot"},
        {"@a.example key=s:*", "entry 1: \"@a.example\": a pattern is NAME@DOMAIN, DOMAIN, .DOMAIN "
                               "or *"},
        {"a@ key=s:*", "entry 1: \"\": a domain is expected"},
        {"* key=", "entry 1: \"\": " KEY_FORM},
        {"* key=s", "entry 1: \"s\": " KEY_FORM},
        {"* key=s:", "entry 1: \"s:\": " KEY_FORM},
        {"* key=:a.example", "entry 1: \"\": a selector is expected"},
        {"* key=s:a.example:rsa:x", "entry 1: \"s:a.example:rsa:x\": " KEY_FORM},
        {"* key=s:a.example:dsa", "entry 1: \"dsa\": an algorithm is rsa or ed25519"},
        {"* key=s:a.example:", "entry 1: \"\": an algorithm is rsa or ed25519"},
        {"* key=s:example", "entry 1: \"example\": a domain is expected"},
        {"* key=s!:a.example", "entry 1: \"s!\": a selector is expected"},
        {"* key=s:*,,", "entry 1: \"\": " KEY_FORM},
        {"* key=a:*,b:*,c:*,d:*,e:*,f:*,g:*,h:*,i:*",
         "entry 1: \"a:*,b:*,c:*,d:*,e:*,f:*,g:*,h:*,i:*\": more than 8 keys"},
        {"* key=s:* key=t:*", "entry 1: \"key=t:*\": it stands twice"},
        {"* key=s:* user=", "entry 1: \"\": the name of a user is expected"},
        {"* key=s:* user=a,", "entry 1: \"\": the name of a user is expected"},
        {"* key=s:* client=10.0.0.0/33",
         "entry 1: \"10.0.0.0/33\": an address or a network is expected, such as 10.0.0.0/8"},
        {"* key=s:* client=",
         "entry 1: \"\": an address or a network is expected, such as 10.0.0.0/8"},
        {"* key=s:* client=10.0.0.1/8",
         "entry 1: \"10.0.0.1/8\": an address or a network is expected, such as 10.0.0.0/8"},
        {"* key=s:* client=a.example",
         "entry 1: \"a.example\": an address or a network is expected, such as 10.0.0.0/8"},
        {"* key=s:* profile=loose", "entry 1: \"loose\": a profile is strict or list-friendly"},
        {"* key=s:* fields=To",
         "entry 1: \"To\": From is not among its fields, and has to be signed"},
        {"* key=s:* fields=From profile=strict",
         "entry 1: \"*\": it has both profile= and fields="},
        {"* key=s:* canonicalization=relaxed",
         "entry 1: \"relaxed\": relaxed/relaxed, relaxed/simple, simple/relaxed or simple/simple is "
         "expected"},
        {"* key=s:* expire=0", "entry 1: \"0\": a number of seconds is expected"},
        {"* key=s:* expire=1d", "entry 1: \"1d\": a number of seconds is expected"},
        {"* key=s:* timestamp=maybe", "entry 1: \"maybe\": yes or no is expected"},
        {"* key=s:* identity=a.example",
         "entry 1: \"a.example\": an identity is NAME@DOMAIN or @DOMAIN"},
        {"* key=s:a.example identity=@b.example",
         "entry 1: \"@b.example\": an identity is of the key's domain or below it"},
        {"* key=s:* l=100",
         "entry 1: \"l=100\": key=, user=, client=, profile=, fields=, canonicalization=, expire=, "
         "timestamp= or identity= is expected"},
        {"* key=s:* strict",
         "entry 1: \"strict\": key=, user=, client=, profile=, fields=, canonicalization=, expire=, "
         "timestamp= or identity= is expected"},
        {"* key=s:\001\377", "entry 1: \"??\": a domain is expected"},
    };

    (void)state;
    read_all(ROWS, COUNT(ROWS));
}

static void a_table_has_a_limit(void **state)
{
    struct buf text = buf_new(1 << 20), got;

    (void)state;
    for (int i = 0; i < LIMIT_SIGN_RULES; i++)
        buf_puts(&text, "* key=s:*;");
    buf_putc(&text, '\0');
    got = read_table(text.p); /* the last semicolon begins one that is empty */
    assert_true(span_contains(buf_span(&got), SPAN("more than 10,000 entries")));
    buf_done(&got);
    text.p[text.n - 2] = ' ';
    got = read_table(text.p);
    assert_true(span_starts(buf_span(&got), SPAN("any / key s::rsa")));
    buf_done(&got);
    buf_done(&text);
}

static void the_key_and_the_fields_of_seals_are_read_alike(void **state)
{
    struct arena a = {0};
    struct sign_error error = {""};
    struct sign_fields fields;
    struct sign_key key;

    (void)state;
    assert_int_equal(sign_key_read(&a, SPAN("S:A.example:ed25519"), &key, &error), ASSAY_DONE);
    assert_true(span_is(key.selector, "s") && span_is(key.domain, "a.example"));
    assert_int_equal(key.algorithm, DKIM_ED25519_SHA256);
    assert_int_equal(sign_key_read(&a, SPAN(""), &key, &error), ASSAY_DONE);
    assert_int_equal(key.selector.n, 0);
    assert_int_equal(sign_key_read(&a, SPAN("s:*"), &key, &error), ASSAY_EINVAL);
    assert_string_equal(error.text, "\"*\": a domain is expected");
    assert_int_equal(sign_fields_read(&a, SPAN("strict"), &fields, &error), ASSAY_DONE);
    assert_int_equal(fields.profile, DKIM_STRICT);
    assert_int_equal(sign_fields_read(&a, SPAN("to:from"), &fields, &error), ASSAY_DONE);
    assert_true(fields.profile == DKIM_OWN && span_is(fields.names, "to:from"));
    assert_int_equal(sign_fields_read(&a, SPAN(""), &fields, &error), ASSAY_EINVAL);
    assert_string_equal(error.text, "\"\": what stands between two colons is no name of a field");
    arena_done(&a);
}

static void when_memory_is_short_the_table_can_be_read_again(void **state)
{
    static const assay_span TEXT =
        SPAN("a@d.example key=s:d.example user=u client=::1 fields=From identity=@d.example");
    assay_status s = ASSAY_ENOMEM;
    size_t failures = 0;

    (void)state;
    for (size_t room = 0; s == ASSAY_ENOMEM; room += 8) {
        struct sign_table table = {NULL, 4711};
        struct sign_error error;
        struct arena a = {0};

        arena_leave(&a, room);
        memory_left = 0;
        s = sign_table_read(&a, TEXT, &table, &error);
        memory_left = SIZE_MAX;
        if (s != ASSAY_DONE) {
            failures++;
            assert_int_equal(s, ASSAY_ENOMEM);
            assert_int_equal(table.n, 4711);
            assert_int_equal(sign_table_read(&a, TEXT, &table, &error), ASSAY_DONE);
        }
        assert_int_equal(table.n, 1);
        arena_done(&a);
    }
    assert_in_range(failures, 10, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_read_whole),
        cmocka_unit_test(what_is_wrong_is_said_with_the_entry),
        cmocka_unit_test(a_table_has_a_limit),
        cmocka_unit_test(the_key_and_the_fields_of_seals_are_read_alike),
        cmocka_unit_test(when_memory_is_short_the_table_can_be_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
