/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/arena.c"

#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "mail/author.h"

/* ---- tables ---- */

/**
 * A header, and who its authors are: the domains, the address for people, the From fields and the
 * addresses in them; then `!` for a fault, `+` when there are more than the limit.
 */
struct row {
    assay_span header;
    const char *domains;
    const char *address;
    size_t fields, mailboxes;
    const char *flags;
};

/** A header of some lines. header_done() it. */
static struct header read_header(assay_span lines)
{
    struct header h;

    header_init(&h);
    while (lines.n) {
        size_t n = span_find(lines, '\n');

        n += n < lines.n;
        assert_int_equal(header_line(&h, span_first(lines, n)), ASSAY_DONE);
        lines = span_from(lines, n);
    }
    return h;
}

/** Find the authors of a header of some lines. */
static struct authors find(struct arena *a, assay_span lines)
{
    struct header h = read_header(lines);
    struct authors authors;

    assert_int_equal(authors_find(a, &h, &authors), ASSAY_DONE);
    header_done(&h);
    return authors;
}

/** The domains with blanks between, and the flags. */
static void describe(const struct authors *authors, char *domains, size_t domains_size, char *flags,
                     size_t flags_size)
{
    size_t n = 0;

    domains[0] = '\0';
    for (size_t i = 0; i < authors->n; i++)
        n += (size_t)snprintf(domains + n, domains_size - n, "%s%.*s", i ? " " : "",
                              SPAN_ARG(authors->domains[i]));
    snprintf(flags, flags_size, "%s%s", authors->fault ? "!" : "", authors->over ? "+" : "");
}

/** Find the authors of one row and compare. \return whether they are as wanted */
static bool check_row(const struct row *row)
{
    struct arena a = {0};
    struct authors got = find(&a, row->header);
    char domains[8192], flags[64];
    bool same;

    describe(&got, domains, sizeof domains, flags, sizeof flags);
    same = strcmp(domains, row->domains) == 0 && span_is(got.address, row->address) &&
           got.fields == row->fields && got.mailboxes == row->mailboxes &&
           strcmp(flags, row->flags) == 0;
    if (!same)
        printf("%.*s  wanted [%s] [%s] %zu/%zu %s\n  got    [%s] [%.*s] %zu/%zu %s\n",
               SPAN_ARG(row->header), row->domains, row->address, row->fields, row->mailboxes,
               row->flags, domains, SPAN_ARG(got.address), got.fields, got.mailboxes, flags);
    arena_done(&a);
    return same;
}

static void check_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++)
        wrong += !check_row(&rows[i]);
    assert_int_equal(wrong, 0);
}

#define CHECK(rows) check_table((rows), sizeof(rows) / sizeof *(rows))

#define L63  "a23456789012345678901234567890123456789012345678901234567890123"
#define L64  L63 "x"
#define UE   "\xC3\xBC" /* u with diaeresis */
#define SNOW "\xE2\x98\x83"
#define LRM  "\xE2\x80\x8E"
#define RLO  "\xE2\x80\xAE"
#define NBSP "\xC2\xA0"
#define BANK "\xD0\xB1\xD0\xB0\xD0\xBD\xD0\xBA.\xD1\x80\xD1\x84"

static void every_address_of_every_from_field_has_an_author_domain(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("From: Ann <a@b.example>\r\n"), "b.example", "a@b.example", 1, 1, ""},
        {SPAN("fRoM : a@B.Example\r\n"), "b.example", "a@B.Example", 1, 1, ""},
        {SPAN("To: x@y\r\nFrom:a@b\r\n"), "b", "a@b", 1, 1, ""},
        {SPAN("From: a@b, c@d\r\n"), "b d", "a@b", 1, 2, ""},
        {SPAN("From: a@b, c@B, d@b\r\n"), "b", "a@b", 1, 3, ""},
        {SPAN("From: <a@b>, c@d\r\n"), "b d", "a@b", 1, 2, ""},
        {SPAN("From: a@b\r\nFrom: c@d\r\n"), "b d", "a@b", 2, 2, ""},
        {SPAN("From: a@b\r\nX: y\r\nFROM: c@b\r\n"), "b", "a@b", 2, 2, ""},
        {SPAN("From: g: a@b, c@d;\r\n"), "b d", "a@b", 1, 2, ""},
        {SPAN("From: Ann\r\n <a@\r\n b.example>\r\n"), "b.example", "a@b.example", 1, 1, ""},
        {SPAN("From: a@1.example, a@2.example, a@3.example, a@4.example, a@5.example\r\n"),
         "1.example 2.example 3.example 4.example 5.example", "a@1.example", 1, 5, ""},
        {SPAN("From: a@1.x, a@2.x, a@3.x, a@4.x, a@5.x, a@1.x, a@6.x, a@7.x\r\n"),
         "1.x 2.x 3.x 4.x 5.x", "a@1.x", 1, 8, "+"},
        {SPAN("From: a@1.x, a@2.x, a@3.x\r\nFrom: a@4.x, a@5.x, a@6.x\r\n"), "1.x 2.x 3.x 4.x 5.x",
         "a@1.x", 2, 6, "+"},
        {SPAN("From: <@route.example:a@b>\r\n"), "b", "a@b", 1, 1, ""},
        {SPAN("From: \"a b\"@c\r\n"), "c", "\"a b\"@c", 1, 1, ""},
        {SPAN("From: \"a\\\"b\\\\\"@c\r\n"), "c", "\"a\\\"b\\\\\"@c", 1, 1, ""},
        {SPAN("From: \"a\x1B[1m\"@c\r\n"), "c", "\"a?[1m\"@c", 1, 1, ""},
        {SPAN("From: \"ab\"@c\r\n"), "c", "ab@c", 1, 1, ""},
    };

    (void)state;
    CHECK(ROWS);
}

static void where_no_address_has_a_domain_there_is_no_author(void **state)
{
    static const struct row ROWS[] = {
        {SPAN(""), "", "", 0, 0, ""},
        {SPAN("To: a@b\r\nSender: a@b\r\nReply-To: a@b\r\nResent-From: a@b\r\n"), "", "", 0, 0, ""},
        {SPAN("From:\r\n"), "", "", 1, 0, "!"},
        {SPAN("From: Ann Bee\r\n"), "", "", 1, 0, "!"},
        {SPAN("From: (a@b)\r\n"), "", "", 1, 0, "!"},
        {SPAN("From: nobody:;\r\n"), "", "", 1, 0, ""},
        {SPAN("From: user\r\n"), "", "user", 1, 1, "!"},
        {SPAN("From: a@[192.0.2.1]\r\n"), "", "a@[192.0.2.1]", 1, 1, "!"},
        {SPAN("From: a@[bank.example]\r\n"), "", "a@[bank.example]", 1, 1, "!"},
        {SPAN("From: a@b..c\r\n"), "", "a@b..c", 1, 1, "!"},
        {SPAN("From: a@..\r\n"), "", "a@..", 1, 1, "!"},
        {SPAN("From: a@" L64 "\r\n"), "", "a@" L64, 1, 1, "!"},
        {SPAN("From: a@" SNOW "\r\n"), "", "a@" SNOW, 1, 1, "!"},
        {SPAN("From: a@" SNOW ".example\r\n"), "", "a@" SNOW ".example", 1, 1, "!"},
        {SPAN("From: a@\xFF\r\n"), "", "a@\xFF", 1, 1, "!"},
    };

    (void)state;
    CHECK(ROWS);
}

static void author_domains_are_a_labels_however_they_are_written(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("From: a@b" UE "cher.example\r\n"), "xn--bcher-kva.example", "a@b" UE "cher.example",
         1, 1, ""},
        {SPAN("From: a@B\xC3\x9C"
              "CHER.Example, b@xn--BCHER-kva.example, c@bu\xCC\x88"
              "cher.example\r\n"),
         "xn--bcher-kva.example",
         "a@B\xC3\x9C"
         "CHER.Example",
         1, 3, ""},
        {SPAN("From: a@b" UE "cher\xE3\x80\x82"
              "example\r\n"),
         "xn--bcher-kva.example",
         "a@b" UE "cher\xE3\x80\x82"
         "example",
         1, 1, ""},
        {SPAN("From: a@b\xEF\xBC\x8E"
              "example\r\n"),
         "b.example",
         "a@b\xEF\xBC\x8E"
         "example",
         1, 1, ""},
        {SPAN("From: a@\xEF\xBD\x82.example\r\n"), "b.example", "a@\xEF\xBD\x82.example", 1, 1, ""},
        {SPAN("From: a@\xD0\xB0"
              "b.example, a@ab.example\r\n"),
         "xn--b-7sb.example ab.example",
         "a@\xD0\xB0"
         "b.example",
         1, 2, ""},
        {SPAN("From: " UE "@_x." UE ".example\r\n"), "_x.xn--tda.example", UE "@_x." UE ".example",
         1, 1, ""},
        {SPAN("From: a@" BANK "\r\n"), "xn--80ab2al.xn--p1ai", "a@" BANK, 1, 1, ""},
    };

    (void)state;
    CHECK(ROWS);
}

static void nobody_hides_an_author(void **state)
{
    static const struct row ROWS[] = {
        /* display names, comments and routes are no addresses */
        {SPAN("From: \"a@bank.example\" <b@evil.example>\r\n"), "evil.example", "b@evil.example", 1,
         1, ""},
        {SPAN("From: =?utf-8?q?=22a=40bank.example=22?= <b@evil.example>\r\n"), "evil.example",
         "b@evil.example", 1, 1, ""},
        {SPAN("From: b@evil.example (a@bank.example)\r\n"), "evil.example", "b@evil.example", 1, 1,
         ""},
        /* what is broken is read in each way that a program may read it */
        {SPAN("From: a@bank.example <b@evil.example>\r\n"), "bank.example evil.example",
         "a@bank.example", 1, 2, "!"},
        {SPAN("From: <b@evil.example> a@bank.example\r\n"), "evil.example bank.example",
         "b@evil.example", 1, 2, "!"},
        {SPAN("From: <b@evil.example>\\,<a@bank.example>\r\n"), "evil.example bank.example",
         "b@evil.example", 1, 2, "!"},
        {SPAN("From: a@bank.example@evil.example\r\n"), "evil.example bank.example",
         "\"a@bank.example\"@evil.example", 1, 2, "!"},
        {SPAN("From: a@bank.example\0.evil.example\r\n"), "bank.example.evil.example bank.example",
         "a@bank.example.evil.example", 1, 2, "!"},
        {SPAN("From: \"<a@bank.example> <b@evil.example>\r\n"), "bank.example evil.example",
         "a@bank.example", 1, 2, "!"},
        {SPAN("From: b@evil.example, (<a@bank.example>\r\n"), "evil.example bank.example",
         "b@evil.example", 1, 2, "!"},
        {SPAN("From: a@bank.example: b@evil.example;\r\n"), "bank.example evil.example",
         "a@bank.example", 1, 2, "!"},
        {SPAN("From: a@bank.example; b@evil.example\r\n"), "bank.example evil.example",
         "a@bank.example", 1, 2, "!"},
        {SPAN("From: user, a@[192.0.2.1], b@bank.example\r\n"), "bank.example", "user", 1, 3, "!"},
        {SPAN("From: a@bank.example.\r\n"), "bank.example", "a@bank.example.", 1, 1, "!"},
        {SPAN("From: a@bank.example\r\nFrom : b@evil.example\r\n"), "bank.example evil.example",
         "a@bank.example", 2, 2, ""},
        /* a bad label, or what cannot be seen, does not free from the policy above it */
        {SPAN("From: a@" SNOW ".bank.example\r\n"), "bank.example", "a@" SNOW ".bank.example", 1, 1,
         "!"},
        {SPAN("From: a@" SNOW "\xE3\x80\x82"
              "bank\xEF\xBC\x8E"
              "example.\r\n"),
         "bank.example",
         "a@" SNOW "\xE3\x80\x82"
         "bank\xEF\xBC\x8E"
         "example.",
         1, 1, "!"},
        {SPAN("From: a@x." SNOW ".y.bank.example\r\n"), "y.bank.example",
         "a@x." SNOW ".y.bank.example", 1, 1, "!"},
        {SPAN("From: a@" L64 ".bank.example\r\n"), "bank.example", "a@" L64 ".bank.example", 1, 1,
         "!"},
        {SPAN("From: a@" L63 "." L63 "." L63 "." L63 ".bank.example\r\n"),
         L63 "." L63 "." L63 ".bank.example", "a@" L63 "." L63 "." L63 "." L63 ".bank.example", 1,
         1, "!"},
        {SPAN("From: a@x..bank.example\r\n"), "bank.example", "a@x..bank.example", 1, 1, "!"},
        {SPAN("From: a@" UE ".r3---x.bank.example\r\n"), "xn--tda.r3---x.bank.example",
         "a@" UE ".r3---x.bank.example", 1, 1, "!"},
        {SPAN("From: a@\xFF.bank.example\r\n"), "bank.example", "a@\xFF.bank.example", 1, 1, "!"},
        {SPAN("From: a@bank.example" RLO "\r\n"), "bank.example", "a@bank.example" RLO, 1, 1, "!"},
        {SPAN("From: a@ba" LRM "nk.example\r\n"), "bank.example", "a@ba" LRM "nk.example", 1, 1,
         "!"},
        {SPAN("From: a@bank.example" NBSP "\r\n"), "bank.example", "a@bank.example" NBSP, 1, 1,
         "!"},
        {SPAN("From: a@\"bank.example \"\r\n"), "bank.example", "a@bank.example ", 1, 1, "!"},
        {SPAN("From: a@" LRM BANK "\r\n"), "xn--80ab2al.xn--p1ai", "a@" LRM BANK, 1, 1, "!"},
        {SPAN("From: a@" SNOW "." BANK "\r\n"), "xn--80ab2al.xn--p1ai", "a@" SNOW "." BANK, 1, 1,
         "!"},
    };

    (void)state;
    CHECK(ROWS);
}

/* ---- limits ---- */

/**
 * A header of From fields, `per_field` times `unit` in each, up to `octets` and LIMIT_FIELDS.
 * header_done() it.
 */
static struct header many(assay_span unit, size_t per_field, size_t octets)
{
    struct header h;
    struct buf value = buf_new(LIMIT_HEADER);

    header_init(&h);
    for (size_t i = 0; i < per_field; i++)
        buf_put(&value, unit);
    assert_int_equal(value.status, ASSAY_DONE);
    while (h.n < LIMIT_FIELDS && h.text.n + value.n + 16 < octets)
        assert_int_equal(header_field(&h, SPAN("From"), buf_span(&value)), ASSAY_DONE);
    buf_done(&value);
    return h;
}

static void addresses_that_are_left_out_are_said_to_be(void **state)
{
    static const struct {
        size_t per_field, fields;
        bool over;
    } ROWS[] = {
        {LIMIT_ADDRESSES, 1, false},
        {LIMIT_ADDRESSES + 1, 1, true},
        {LIMIT_ADDRESSES / 4, 4, false},
        {LIMIT_ADDRESSES / 4, 5, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct header h = many(SPAN("a@b,"), ROWS[i].per_field,
                               ROWS[i].fields * (ROWS[i].per_field * 4 + 7) + 16);
        struct arena a = {0};
        struct authors authors;

        assert_int_equal(authors_find(&a, &h, &authors), ASSAY_DONE);
        assert_int_equal(authors.fields, ROWS[i].fields);
        assert_int_equal(authors.n, 1);
        assert_int_equal(authors.over, ROWS[i].over);
        arena_done(&a);
        header_done(&h);
    }
}

/** See the test of the same kind in test_address.c. */
static void a_megabyte_of_from_fields_takes_little_work_and_memory(void **state)
{
    static const struct {
        assay_span unit;
        size_t per_field;
    } ROWS[] = {
        {SPAN("a@b,"), 60},
        {SPAN("a@" UE ".x,"), 30},
        {SPAN("a@" SNOW ".x.y,"), 20},
        {SPAN(SNOW "."), 100000},
        {SPAN("@" SNOW), 100000},
        {SPAN("a@" SNOW "." UE "." UE "." UE "." UE "." UE "." UE "." UE "." UE "." UE ",b,"), 5},
        {SPAN("@x." UE), 1000},
    };

    (void)state;
    alarm(120);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct header h = many(ROWS[i].unit, ROWS[i].per_field, LIMIT_HEADER);
        struct arena a = {0};
        struct authors authors;

        assert_int_equal(authors_find(&a, &h, &authors), ASSAY_DONE);
        assert_int_equal(authors.fields, h.n);
        assert_true(arena_used(&a) < 4096 + LIMIT_HEADER);
        arena_done(&a);
        header_done(&h);
    }
    alarm(0);
}

static void a_failed_allocation_is_said_and_loses_nothing(void **state)
{
    struct header h =
        read_header(SPAN("From: Ann <a@b>, c@d, c@" SNOW ".e.f\r\nFrom: \"g h\"@i\r\n"));
    size_t failures[2] = {0, 0};

    (void)state;
    for (size_t blocks = 0; blocks < 2;
         blocks++) { /* one is for what lives as long as a field is read */
        for (size_t room = 0; room < 64; room++) {
            struct arena a = {0};
            struct authors authors = {.n = 4711};
            assay_status s;

            arena_leave(&a, room * 16);
            memory_left = blocks;
            s = authors_find(&a, &h, &authors);
            memory_left = SIZE_MAX;
            if (s == ASSAY_ENOMEM) {
                failures[blocks]++;
                assert_int_equal(authors.n, 4711);
                assert_int_equal(authors_find(&a, &h, &authors), ASSAY_DONE);
            } else {
                assert_int_equal(s, ASSAY_DONE);
            }
            assert_int_equal(authors.n, 4);
            arena_done(&a);
        }
    }
    assert_int_equal(failures[0], 64);
    assert_in_range(failures[1], 5, 15); /* an address and four domains */
    header_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_address_of_every_from_field_has_an_author_domain),
        cmocka_unit_test(where_no_address_has_a_domain_there_is_no_author),
        cmocka_unit_test(author_domains_are_a_labels_however_they_are_written),
        cmocka_unit_test(nobody_hides_an_author),
        cmocka_unit_test(addresses_that_are_left_out_are_said_to_be),
        cmocka_unit_test(a_megabyte_of_from_fields_takes_little_work_and_memory),
        cmocka_unit_test(a_failed_allocation_is_said_and_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
