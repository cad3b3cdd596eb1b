/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/alabel.h"
#include "dns/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/** What a reader of names makes of a text; `want` NULL: it is refused. */
struct row {
    assay_span text;
    const char *want;
};

/**
 * Compare one name with what is wanted and say both when they differ. \return whether they agree
 */
static bool same(assay_span text, bool read, const struct dns_name *got, const char *want)
{
    bool agree = read == (want != NULL) && (!want || span_is(dns_name_span(got), want));

    if (!agree)
        printf("%.*s: wanted %s, got %.*s\n", SPAN_ARG(text), want ? want : "(refused)",
               read ? (int)got->n : 9, read ? got->p : "(refused)");
    return agree;
}

/** Run a table through a reader. */
static void read_table(const struct row *rows, size_t n,
                       bool (*reader)(assay_span, struct dns_name *))
{
    struct dns_name name;
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        bool read = reader(rows[i].text, &name);

        wrong += !same(rows[i].text, read, &name, rows[i].want);
    }
    assert_int_equal(wrong, 0);
}

#define L63 "a23456789012345678901234567890123456789012345678901234567890123"
#define L61 "a234567890123456789012345678901234567890123456789012345678901"

static void zone_file_names_become_canonical(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("example.com"), "example.com"},
        {SPAN("Example.COM."), "example.com"},
        {SPAN("."), ""},
        {SPAN("_dmarc.example"), "_dmarc.example"},
        {SPAN("a\\.b.example"), "a\\.b.example"},
        {SPAN("a\\046b.example"), "a\\.b.example"},
        {SPAN("a\\\\b"), "a\\\\b"},
        {SPAN("\\065"), "a"},
        {SPAN("\\000\\255"), "\\000\\255"},
        {SPAN("a b"), "a\\032b"},
        {SPAN("a\\;b\\\"\\(\\)"), "a\\059b\\034\\040\\041"},
        {SPAN("*.example"), "*.example"},
        {SPAN("\xC3\xBC.example"), "\\195\\188.example"},
        {SPAN(L63 ".example"), L63 ".example"},
        {SPAN(L63 "." L63 "." L63 "." L61), L63 "." L63 "." L63 "." L61},
        {SPAN(L63 "." L63 "." L63 "." L61 "b"),
         NULL}, /* 256 octets with the lengths and the root */
        {SPAN(L63 "x.example"), NULL},
        {SPAN(""), NULL},
        {SPAN(".."), NULL},
        {SPAN(".a"), NULL},
        {SPAN("a..b"), NULL},
        {SPAN("a.."), NULL},
        {SPAN("a\\"), NULL},
        {SPAN("a\\1"), NULL},
        {SPAN("a\\12"), NULL},
        {SPAN("a\\12x"), NULL},
        {SPAN("a\\256"), NULL},
        {SPAN("a\\999"), NULL},
    };

    (void)state;
    read_table(ROWS, sizeof ROWS / sizeof *ROWS, dns_name_read);
}

static void raw_octets_know_no_escapes(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("Example.COM."), "example.com"},
        {SPAN("a\\.b"), "a\\\\.b"},
        {SPAN("a\\065"), "a\\\\065"},
        {SPAN("a@b.c"), "a@b.c"},
        {SPAN("a\0b"), "a\\000b"},
        {SPAN("a..b"), NULL},
        {SPAN(""), NULL},
    };

    (void)state;
    read_table(ROWS, sizeof ROWS / sizeof *ROWS, dns_name_raw);
}

static void wire_form_is_read_within_its_bounds(void **state)
{
    static const struct {
        assay_span wire;
        const char *want;
        size_t left;
    } ROWS[] = {
        {SPAN("\0"), "", 0},
        {SPAN("\1a\0"), "a", 0},
        {SPAN("\3WwW\7example\0rest"), "www.example", 4},
        {SPAN("\3a.b\0"), "a\\.b", 0},
        {SPAN(""), NULL, 0},
        {SPAN("\1"), NULL, 0},
        {SPAN("\1a"), NULL, 0},
        {SPAN("\2a\0"), NULL, 0},
        {SPAN("\300\014"), NULL, 0}, /* a pointer */
        {SPAN("\1a\300\014"), NULL, 0},
        {SPAN("\100a\0"), NULL, 0}, /* a label of another kind */
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        char *exact = malloc(ROWS[i].wire.n + 1); /* one more, so that it may be none */
        assay_span s = {exact + 1, ROWS[i].wire.n};
        struct dns_name name;
        bool read;

        memcpy(exact + 1, ROWS[i].wire.p, s.n);
        read = dns_name_unwire(&s, &name);
        free(exact);

        wrong += !same(ROWS[i].wire, read, &name, ROWS[i].want);
        if (read && s.n != ROWS[i].left) {
            printf("row %zu: wanted %zu octets left, got %zu\n", i, ROWS[i].left, s.n);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void any_wire_name_comes_back_from_its_text(void **state)
{
    uint8_t wire[DNS_NAME_WIRE], again[DNS_NAME_WIRE];
    unsigned seed = 1;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct dns_name name, reread;
        size_t n = 0;
        assay_span s;

        while (n < (size_t)rand_r(&seed) % 254) {
            size_t label = 1 + (size_t)rand_r(&seed) % DNS_LABEL;

            if (n + 1 + label > DNS_NAME_WIRE - 1)
                break;
            wire[n++] = (uint8_t)label;
            for (; label; label--) {
                uint8_t octet = (uint8_t)rand_r(&seed);

                wire[n++] = (uint8_t)ascii_lower((char)octet);
            }
        }
        wire[n++] = 0;
        s = (assay_span){(const char *)wire, n};
        assert_true(dns_name_unwire(&s, &name));
        assert_int_equal(s.n, 0);
        assert_int_equal(dns_name_wire(dns_name_span(&name), again), n);
        assert_memory_equal(again, wire, n);
        assert_true(dns_name_read(name.n ? dns_name_span(&name) : SPAN("."), &reread));
        assert_true(span_eq(dns_name_span(&reread), dns_name_span(&name)));
    }
}

static void writing_wire_form_stays_inside_its_room(void **state)
{
    static const char *const TEXTS[] = {".", "..", "a..b", "a.", "\\", "\\1", "a\\"};
    char many[600];
    uint8_t *wire = malloc(DNS_NAME_WIRE);

    (void)state;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        assert_true(dns_name_wire(span_of(TEXTS[i]), wire) <= DNS_NAME_WIRE);
    for (size_t n = 200; n <= sizeof many; n++) {
        memset(many, '.', sizeof many);
        assert_true(dns_name_wire((assay_span){many, n}, wire) <= DNS_NAME_WIRE);
        memset(many, 'a', sizeof many);
        assert_true(dns_name_wire((assay_span){many, n}, wire) <= DNS_NAME_WIRE);
        for (size_t i = 1; i < sizeof many; i += 2)
            many[i] = '.';
        assert_true(dns_name_wire((assay_span){many, n}, wire) <= DNS_NAME_WIRE);
    }
    free(wire);
}

static void labels_are_cut_at_dots_that_part_them(void **state)
{
    static const struct {
        const char *name, *parent, *last_two;
        size_t labels;
    } ROWS[] = {
        {"", "", "", 0},
        {"com", "", "com", 1},
        {"example.com", "com", "example.com", 2},
        {"a\\.b.example.com", "example.com", "example.com", 3},
        {"a\\\\.example.com", "example.com", "example.com", 3},
        {"a\\046b.c", "c", "a\\046b.c", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assay_span name = span_of(ROWS[i].name);

        assert_int_equal(dns_labels(name), ROWS[i].labels);
        assert_true(span_is(dns_parent(name), ROWS[i].parent));
        assert_true(span_is(dns_last_labels(name, 2), ROWS[i].last_two));
        assert_true(span_is(dns_last_labels(name, 0), ""));
        assert_true(span_eq(dns_last_labels(name, 99), name));
    }
}

static void only_whole_labels_make_an_ancestor(void **state)
{
    static const struct {
        const char *name, *ancestor;
        bool want;
    } ROWS[] = {
        {"a.example", "example", true},
        {"example", "example", true},
        {"aexample", "example", false},
        {"example", "a.example", false},
        {"a.example", "", true},
        {"", "", true},
        {"", "example", false},
        {"a\\.example", "example", false},
        {"b.a.example", "a.example", true},
        {"ab.example", "b.example", false},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (dns_is_under(span_of(ROWS[i].name), span_of(ROWS[i].ancestor)) != ROWS[i].want) {
            printf("%s under %s: wanted %d\n", ROWS[i].name, ROWS[i].ancestor, ROWS[i].want);
            wrong++;
        }
    assert_int_equal(wrong, 0);
}

static void a_label_in_front_fits_or_is_refused(void **state)
{
    struct dns_name name;
    const char *longest = L63 "." L63 "." L63 "." L61;
    assay_span s = span_of(longest);

    (void)state;
    assert_true(dns_prepend("_dmarc", SPAN("example.com"), &name));
    assert_true(span_is(dns_name_span(&name), "_dmarc.example.com"));
    assert_true(dns_prepend("_dmarc", SPAN_EMPTY, &name));
    assert_true(span_is(dns_name_span(&name), "_dmarc"));
    assert_true(dns_prepend("a.b", SPAN("c"), &name)); /* one label, whatever it holds */
    assert_true(span_is(dns_name_span(&name), "a\\.b.c"));
    assert_false(dns_prepend("", SPAN("c"), &name));
    assert_false(dns_prepend(L63 "x", SPAN("c"), &name));
    assert_false(dns_prepend("a", s, &name));
    assert_true(dns_prepend("ab", span_from(s, 3), &name)); /* 255 octets again */
    assert_false(dns_prepend("abc", span_from(s, 3), &name));
    assert_false(dns_prepend("a",
                             SPAN(L63 "." L63 "." L63 "."
                                      "\\255" L61),
                             &name));
}

static void names_are_joined_while_they_fit(void **state)
{
    struct dns_name name;
    assay_span longest = SPAN(L63 "." L63 "." L63 "." L61);

    (void)state;
    assert_true(dns_join(SPAN("s1"), "_domainkey", SPAN("example.com"), &name));
    assert_true(span_is(dns_name_span(&name), "s1._domainkey.example.com"));
    assert_true(dns_join(SPAN("a\\.b"), "_x", SPAN_EMPTY, &name));
    assert_true(span_is(dns_name_span(&name), "a\\.b._x"));
    assert_true(dns_join(SPAN_EMPTY, "_x", SPAN("c"), &name));
    assert_true(span_is(dns_name_span(&name), "_x.c"));
    assert_true(dns_join(SPAN("a"), "b", span_from(longest, 4), &name)); /* 255 octets */
    assert_true(dns_name_read(dns_name_span(&name), &name));
    assert_false(dns_join(SPAN("a"), "b", span_from(longest, 3), &name));
}

static void domains_of_people_become_a_labels(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("Example.COM"), "example.com"},
        {SPAN("b\xC3\xBC"
              "cher.example"),
         "xn--bcher-kva.example"},
        {SPAN("B\xC3\x9C"
              "CHER.Example."),
         "xn--bcher-kva.example"},
        {SPAN("bu\xCC\x88"
              "cher.example"),
         "xn--bcher-kva.example"}, /* decomposed */
        {SPAN("stra\xC3\x9F"
              "e.example"),
         "xn--strae-oqa.example"},                   /* nontransitional */
        {SPAN("\xEF\xBD\x81.example"), "a.example"}, /* full width */
        {SPAN("_dmarc.b\xC3\xBC"
              "cher.example"),
         "_dmarc.xn--bcher-kva.example"},
        {SPAN("a\xE3\x80\x82"
              "example"),
         "a.example"}, /* ideographic full stop */
        {SPAN("xn--bcher-kva.example"), "xn--bcher-kva.example"},
        {SPAN("a..example"), NULL},
        {SPAN(""), NULL},
        {SPAN("\xC3.example"), NULL},         /* no UTF-8 */
        {SPAN("a\0\xC3\xBC.example"), NULL},  /* NUL */
        {SPAN("\xE2\x80\xAE.example"), NULL}, /* right-to-left override */
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct dns_name name;
        assay_status s = dns_to_alabels(ROWS[i].text, &name);

        wrong += !same(ROWS[i].text, s == ASSAY_DONE, &name, ROWS[i].want);
        assert_true(s == ASSAY_DONE || s == ASSAY_EINVAL);
    }
    assert_int_equal(wrong, 0);
}

static void a_labels_are_shown_only_as_what_leads_back_to_them(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("xn--bcher-kva.example"), "b\xC3\xBC"
                                        "cher.example"},
        {SPAN("example.com"), "example.com"},
        {SPAN("_x.xn--strae-oqa.example"), "_x.stra\xC3\x9F"
                                           "e.example"},
        {SPAN("xn--a.example"), "xn--a.example"},               /* decodes to nothing valid */
        {SPAN("xn--abc-7q0a.example"), "xn--abc-7q0a.example"}, /* right-to-left override */
        {SPAN("xn--ab-g1t.example"), "xn--ab-g1t.example"},     /* a blank of no width */
        {SPAN("xn--ab-l13a.example"), "xn--ab-l13a.example"},   /* a wide blank */
        {SPAN("xn--com-t16s.example"), "xn--com-t16s.example"}, /* a wide full stop */
        {SPAN("xn--x-ka.example"), "xn--x-ka.example"},         /* a control character: NEL */
        {SPAN("xn--ber-ska.example"), "xn--ber-ska.example"},   /* an upper-case letter */
        {SPAN("a\\010b.xn--bcher-kva.example"), "a\\010b.xn--bcher-kva.example"}, /* escapes */
        {SPAN("xn--0ca24w.xn--99zzzzzzzz"), "xn--0ca24w.xn--99zzzzzzzz"},
        {SPAN(""), ""},
    };
    char out[200];
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assay_span got = dns_to_ulabels(ROWS[i].text, out, sizeof out);

        if (!span_is(got, ROWS[i].want)) {
            printf("%.*s: wanted %s, got %.*s\n", SPAN_ARG(ROWS[i].text), ROWS[i].want,
                   SPAN_ARG(got));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void u_labels_are_cut_between_characters(void **state)
{
    char out[32];

    (void)state;
    for (size_t size = 0; size < sizeof out; size++) {
        assay_span got =
            dns_to_ulabels(SPAN("xn--4caaa.example"), out, size); /* a-umlaut three times */
        struct dns_name name;

        assert_true(size == 0 ? got.n == 0 : got.n < size);
        assert_true(got.n == 0 || dns_to_alabels(got, &name) == ASSAY_DONE ||
                    got.p[got.n - 1] == '.');
    }
}

static void what_is_shown_holds_no_control_character(void **state)
{
    static const char DIGITS[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    unsigned seed = 7;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char name[32] = "xn--", out[200];
        size_t n = 4, most = 5 + (size_t)rand_r(&seed) % 12;
        assay_span got;

        while (n < most)
            name[n++] = DIGITS[(size_t)rand_r(&seed) % (sizeof DIGITS - 1)];
        got = dns_to_ulabels((assay_span){name, n}, out, sizeof out);
        for (size_t i = 0; i < got.n; i++)
            assert_true((unsigned char)got.p[i] >= ' ' && got.p[i] != 0x7F);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zone_file_names_become_canonical),
        cmocka_unit_test(raw_octets_know_no_escapes),
        cmocka_unit_test(wire_form_is_read_within_its_bounds),
        cmocka_unit_test(any_wire_name_comes_back_from_its_text),
        cmocka_unit_test(writing_wire_form_stays_inside_its_room),
        cmocka_unit_test(labels_are_cut_at_dots_that_part_them),
        cmocka_unit_test(only_whole_labels_make_an_ancestor),
        cmocka_unit_test(a_label_in_front_fits_or_is_refused),
        cmocka_unit_test(names_are_joined_while_they_fit),
        cmocka_unit_test(domains_of_people_become_a_labels),
        cmocka_unit_test(a_labels_are_shown_only_as_what_leads_back_to_them),
        cmocka_unit_test(u_labels_are_cut_between_characters),
        cmocka_unit_test(what_is_shown_holds_no_control_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
