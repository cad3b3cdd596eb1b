/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a probe is read strictly, and names of certificates match as senders match them. */
#include "probe/probe.h"

#include "base/buf.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define HEX32        "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define LEAF         "cert = leaf names=mx.shop.example from=2026-01-01 to=2026-12-31"
#define CA           "\ncert = ca names=- from=2026-01-01 to=2026-12-31"

static void a_whole_probe_is_read(void **state)
{
    static const char TEXT[] =
        "starttls = yes\n"
        "tls = 1.3\n"
        "tls.min = 1.0\n"
        "tls.weak = rc4 compression\n"
        "cert = leaf names=mx.shop.example,*.shop.example from=2026-01-01 to=2026-12-31 key=rsa:2048 "
        "sig=sha256 spki256=" HEX32 " cert256=" HEX32 " spki512=" HEX32 HEX32 "\n"
        "cert = ca names=- from=1700000000 to=2030-01-01T00:00:00+01:00 key=ec:256 sig=sha384\n"
        "trust = incomplete\n";
    struct arena a = {0};
    struct probe p;
    assay_span where;
    const char *why = "";

    (void)state;
    assert_int_equal(probe_read(&a, SPAN(TEXT), &p, &where, &why), ASSAY_DONE);
    assert_int_equal(p.greeting, 220);
    assert_true(p.starttls && p.offered && !p.starttls_code);
    assert_int_equal(p.best, PROBE_TLS13);
    assert_int_equal(p.least, PROBE_TLS10);
    assert_int_equal(p.weak, PROBE_WEAK_RC4 | PROBE_WEAK_COMPRESSION);
    assert_int_equal(p.trust, PROBE_TRUST_INCOMPLETE);
    assert_int_equal(p.ncerts, 2);
    assert_true(p.certs[0].leaf && !p.certs[1].leaf);
    assert_true(span_is(p.certs[0].names, "mx.shop.example,*.shop.example"));
    assert_true(p.certs[1].names.n == 0);
    assert_int_equal(p.certs[0].from, 1767225600); /* 2026-01-01T00:00:00Z */
    assert_int_equal(p.certs[0].to, 1798761599);   /* 2026-12-31T23:59:59Z */
    assert_int_equal(p.certs[1].from, 1700000000);
    assert_int_equal(p.certs[1].to, 1893456000 - 3600);
    assert_true(span_is(p.certs[0].key, "rsa") && p.certs[0].key_bits == 2048);
    assert_true(span_is(p.certs[1].sig, "sha384"));
    assert_int_equal(p.certs[0].cert256.n, 32);
    assert_int_equal((unsigned char)p.certs[0].cert256.p[31], 0xff);
    assert_int_equal(p.certs[0].spki512.n, 64);
    assert_int_equal(p.certs[0].cert512.n, 0);
    arena_done(&a);
}

/** A text, the piece that is wrong ("" for a good one), and what a good one says. */
struct row {
    const char *name, *text, *where;
    unsigned greeting, code;
    bool offered;
    enum probe_tls best;
};

static const struct row ROWS[] = {
    {"no STARTTLS", "starttls = no", "", 220, 0, false, PROBE_TLS_NONE},
    {"STARTTLS refused", "starttls=454\r\n", "", 220, 454, true, PROBE_TLS_NONE},
    {"failed handshake", "starttls = yes\ntls = FAILED no shared cipher", "", 220, 0, true,
     PROBE_TLS_NONE},
    {"old", "starttls = yes\ntls = ssl3\ntls.min = ssl3\ntls.weak =\n", "", 220, 0, true,
     PROBE_SSL3},
    {"any order", "trust = yes\n\n  tls = 1.2\nstarttls = yes", "", 220, 0, true, PROBE_TLS12},
    {"greeting", "554 go away", "", 554, 0, false, PROBE_TLS_NONE},
    {"greeting alone", "421", "", 421, 0, false, PROBE_TLS_NONE},
    {"several certificates", "starttls = yes\ntls = 1.2\n" LEAF CA CA, "", 220, 0, true,
     PROBE_TLS12},
    {"nothing", "", "", 0, 0, false, 0},
    {"only blanks", "\n \n", "\n \n", 0, 0, false, 0},
    {"220", "220 welcome", "220 welcome", 0, 0, false, 0},
    {"a long code", "5544 x", "5544 x", 0, 0, false, 0},
    {"more behind a greeting", "554 x\nstarttls = no", "starttls = no", 0, 0, false, 0},
    {"a greeting behind", "starttls = no\n554 x", "554 x", 0, 0, false, 0},
    {"no word", "starttls = maybe", "maybe", 0, 0, false, 0},
    {"answered 220", "starttls = 220", "220", 0, 0, false, 0},
    {"no key", "starttls = no\nbanner = x", "banner = x", 0, 0, false, 0},
    {"no equals", "starttls", "starttls", 0, 0, false, 0},
    {"twice", "starttls = no\nstarttls = no", "starttls = no", 0, 0, false, 0},
    {"tls without STARTTLS", "starttls = no\ntls = 1.2", "starttls = no\ntls = 1.2", 0, 0, false,
     0},
    {"no tls", "starttls = yes", "starttls = yes", 0, 0, false, 0},
    {"tls alone", "tls = 1.2", "tls = 1.2", 0, 0, false, 0},
    {"no version", "starttls = yes\ntls = 1.4", "1.4", 0, 0, false, 0},
    {"FAILED without a reason", "starttls = yes\ntls = FAILED", "FAILED", 0, 0, false, 0},
    {"no weakness", "starttls = yes\ntls = 1.2\ntls.weak = rc4 des", "des", 0, 0, false, 0},
    {"no trust", "starttls = yes\ntls = 1.2\ntrust = no", "no", 0, 0, false, 0},
    {"trust without a handshake", "starttls = no\ntrust = yes", "starttls = no\ntrust = yes", 0, 0,
     false, 0},
    {"least above best", "starttls = yes\ntls = 1.2\ntls.min = 1.3",
     "starttls = yes\ntls = 1.2\ntls.min = 1.3", 0, 0, false, 0},
    {"a ca first", "starttls = yes\ntls = 1.2" CA, "ca", 0, 0, false, 0},
    {"two leaves", "starttls = yes\ntls = 1.2\n" LEAF "\n" LEAF, "leaf", 0, 0, false, 0},
    {"neither leaf nor ca", "starttls = yes\ntls = 1.2\ncert = root x", "root", 0, 0, false, 0},
    {"no dates", "starttls = yes\ntls = 1.2\ncert = leaf names=a", " names=a", 0, 0, false, 0},
    {"no date", "starttls = yes\ntls = 1.2\ncert = leaf names=a from=2026-02-30 to=1", "2026-02-30",
     0, 0, false, 0},
    {"a part twice", "starttls = yes\ntls = 1.2\n" LEAF " to=1", "to=1", 0, 0, false, 0},
    {"an unknown part", "starttls = yes\ntls = 1.2\n" LEAF " cn=x", "cn=x", 0, 0, false, 0},
    {"an empty part", "starttls = yes\ntls = 1.2\n" LEAF " sig=", "sig=", 0, 0, false, 0},
    {"a short digest", "starttls = yes\ntls = 1.2\n" LEAF " cert256=0011", "0011", 0, 0, false, 0},
    {"no digest",
     "starttls = yes\ntls = 1.2\n" LEAF " cert256="
     "g0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF",
     "g0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF", 0, 0, false, 0},
    {"no bits", "starttls = yes\ntls = 1.2\n" LEAF " key=rsa:x", "rsa:x", 0, 0, false, 0},
};

/** Read one row. \return whether it came out as wanted */
static bool row_holds(const struct row *row)
{
    const bool good = row->greeting != 0;
    struct arena a = {0};
    struct probe p = {0};
    assay_span where = SPAN_EMPTY;
    const char *why = NULL;
    assay_status s = probe_read(&a, span_of(row->text), &p, &where, &why);
    bool ok;

    if (good)
        ok = s == ASSAY_DONE && p.greeting == row->greeting && p.starttls_code == row->code &&
             p.offered == row->offered && p.best == row->best &&
             p.starttls == (row->offered && !row->code);
    else
        ok = s == ASSAY_EINVAL && why && span_is(where, row->where);
    if (!ok)
        printf("  %s: got %d, \"%.*s\": %s\n", row->name, s, SPAN_ARG(where), why ? why : "");
    arena_done(&a);
    return ok;
}

static void lines_are_read_strictly(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++)
        wrong += !row_holds(&ROWS[i]);
    assert_int_equal(wrong, 0);
}

static void certificates_have_a_limit(void **state)
{
    for (int n = LIMIT_PROBE_CERTS; n <= LIMIT_PROBE_CERTS + 1; n++) {
        struct buf text = buf_new(1 << 14);
        struct arena a = {0};
        struct probe p = {0};
        assay_span where;
        const char *why;

        buf_puts(&text, "starttls = yes\ntls = 1.2\n" LEAF);
        for (int i = 1; i < n; i++)
            buf_puts(&text, CA);
        assert_int_equal(probe_read(&a, buf_span(&text), &p, &where, &why),
                         n == LIMIT_PROBE_CERTS ? ASSAY_DONE : ASSAY_EINVAL);
        buf_done(&text);
        arena_done(&a);
    }
    (void)state;
}

static void a_fact_is_read_once_and_a_broken_one_is_told(void **state)
{
    static const char *const TEXTS[] = {"starttls = no", "starttls = perhaps"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        assay_span text = span_of(TEXTS[i]);
        struct assay_answer answer = {
            .size = sizeof answer, .how = ASSAY_OK, .data = &text, .n = 1};
        const struct probe *first = NULL, *second = NULL;
        assay_fact *fact = NULL;

        assert_int_equal(assay_fact_new(ASSAY_PROBE, 0, &answer, &fact), ASSAY_DONE);
        assert_int_equal(probe_of(fact, &first), i ? ASSAY_EINVAL : ASSAY_DONE);
        assert_int_equal(probe_of(fact, &second), i ? ASSAY_EINVAL : ASSAY_DONE);
        assert_ptr_equal(first, second);
        assert_int_equal(first == NULL, i);
        assay_fact_free(fact);
    }
}

static void a_wildcard_is_one_whole_label(void **state)
{
    static const struct {
        const char *names, *host;
        bool want;
    } NAMES[] = {
        {"mx.shop.example", "mx.shop.example", true},
        {"MX.Shop.Example", "mx.shop.example", true},
        {"a.example,mx.shop.example", "mx.shop.example", true},
        {"*.shop.example", "mx.shop.example", true},
        {"*.shop.example", "a.mx.shop.example", false},
        {"*.shop.example", "shop.example", false},
        {"*.shop.example", ".shop.example", false},
        {"m*.shop.example", "mx.shop.example", false},
        {"mx.*.example", "mx.shop.example", false},
        {"*", "example", false},
        {"*.", "mx.", false},
        {"", "", false},
        {",", "", false},
        {"", "mx.shop.example", false},
        {"mx.shop.example.evil", "mx.shop.example", false},
        {"x.shop.example", "mx.shop.example", false},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(NAMES); i++)
        if (probe_name_matches(span_of(NAMES[i].names), span_of(NAMES[i].host)) != NAMES[i].want) {
            printf("  %s / %s: wanted %d\n", NAMES[i].names, NAMES[i].host, NAMES[i].want);
            wrong++;
        }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_probe_is_read),
        cmocka_unit_test(lines_are_read_strictly),
        cmocka_unit_test(certificates_have_a_limit),
        cmocka_unit_test(a_fact_is_read_once_and_a_broken_one_is_told),
        cmocka_unit_test(a_wildcard_is_one_whole_label),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
