/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/arena.c"
#include "policy/forwarders.c"

#include "base/test_arena.h"
#include "policy/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- reading ---- */

static void a_table_is_taken_apart(void **state)
{
    static const char TABLE[] =
        " client=192.0.2.0/24,198.51.100.7 authors=Bank.Example recipients=bob@example.net\t"
        "until=2027-06-30 note=\"alumni; of the university\";; name=.mail.example.org;\n"
        "sealer=\"lists.example\" note=plain ;";
    struct arena a = {0};
    struct forwarders t = {0};
    const char *why = NULL;
    assay_span bad;

    (void)state;
    assert_int_equal(forwarders_read(&a, SPAN(TABLE), &t, &why, &bad), ASSAY_DONE);
    assert_int_equal(t.n, 3);
    assert_true(t.names);
    assert_int_equal(t.all[0].by, FORWARDER_CLIENT);
    assert_int_equal(t.all[0].whom.n, 2);
    assert_true(span_is(t.all[0].who, "client=192.0.2.0/24,198.51.100.7"));
    assert_true(span_is(t.all[0].authors.all[0].domain, "bank.example"));
    assert_int_equal(t.all[0].recipients.all[0].type, MATCH_ADDRESS);
    assert_true(span_is(t.all[0].until, "2027-06-30"));
    assert_int_equal(t.all[0].end, 1814400000); /* 2027-07-01T00:00:00Z */
    assert_true(span_is(t.all[0].note, "alumni; of the university"));
    assert_int_equal(t.all[1].by, FORWARDER_NAME);
    assert_int_equal(t.all[1].whom.all[0].type, MATCH_BELOW);
    assert_true(forwarder_holds(&t.all[1], INT64_MAX));
    assert_int_equal(t.all[2].by, FORWARDER_SEALER);
    assert_true(span_is(t.all[2].whom.all[0].domain, "lists.example"));
    assert_true(span_is(t.all[2].note, "plain"));
    assert_true(forwarder_holds(&t.all[0], 1814400000 - 1));
    assert_false(forwarder_holds(&t.all[0], 1814400000));
    arena_done(&a);
}

static void a_bad_table_is_refused_with_the_word_that_is_wrong(void **state)
{
    static const struct {
        const char *table, *why, *bad;
    } TRIES[] = {
        {"192.0.2.1", "client= name= sealer= authors= recipients= until= or note= is expected",
         "192.0.2.1"},
        {"client=192.0.2.1; ip=1",
         "client= name= sealer= authors= recipients= until= or note= is expected", "ip=1"},
        {"client=192.0.2.1/24", "client takes networks", "192.0.2.1/24"},
        {"client=", "client takes networks", ""},
        {"client=mail.example.org", "client takes networks", "mail.example.org"},
        {"name=192.0.2.0/24", "name and sealer take a domain", "192.0.2.0/24"},
        {"name=a.example,b.example", "name and sealer take one domain", "a.example,b.example"},
        {"sealer=.a.example", "sealer takes a domain, without the dot", ".a.example"},
        {"client=192.0.2.1 name=a.example",
         "one of client, name and sealer begins an entry, and only one", "name=a.example"},
        {"authors=a.example client=192.0.2.1",
         "an entry begins with client=, name= or sealer=", "authors=a.example"},
        {"client=192.0.2.1 authors=a@a.example", "authors takes domains", "a@a.example"},
        {"client=192.0.2.1 recipients=<>", "recipients takes domains and addresses", "<>"},
        {"client=192.0.2.1 until=2027", "until takes a date such as 2027-06-30", "2027"},
        {"client=192.0.2.1 until=2027-02-30", "until takes a date such as 2027-06-30",
         "2027-02-30"},
        {"client=192.0.2.1 until=1234567890", "until takes a date such as 2027-06-30",
         "1234567890"},
        {"client=192.0.2.1 note=a note=b", "a key stands twice in an entry", "note=b"},
        {"client=192.0.2.1 note=\"a", "a quote does not end", "client=192.0.2.1 note=\"a"},
        {"client=192.0.2.1 note=\"a\001b\"", "a note takes no control characters", "a\001b"},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        struct arena a = {0};
        struct forwarders t = {.n = 77};
        const char *why = NULL;
        assay_span bad = SPAN_EMPTY;
        assay_status s = forwarders_read(&a, span_of(TRIES[i].table), &t, &why, &bad);

        if (s != ASSAY_EINVAL || strcmp(why, TRIES[i].why) != 0 || !span_is(bad, TRIES[i].bad)) {
            printf("  %s: wanted %s, %s; got %d, %s, %.*s\n", TRIES[i].table, TRIES[i].why,
                   TRIES[i].bad, s, why ? why : "", SPAN_ARG(bad));
            wrong++;
        }
        assert_int_equal(t.n, 77);
        arena_done(&a);
    }
    assert_int_equal(wrong, 0);
}

static void a_thousand_entries_are_taken_and_not_many_more(void **state)
{
    for (size_t n = LIMIT_FORWARDERS; n <= LIMIT_FORWARDERS + 2; n += 2) {
        struct buf text = buf_new(1 << 20);
        struct arena a = {0};
        struct forwarders t = {0};
        const char *why = NULL;
        assay_span bad;

        (void)state;
        for (size_t i = 0; i < n; i++)
            buf_puts(&text, i ? ";client=192.0.2.1" : "client=192.0.2.1");
        assert_int_equal(forwarders_read(&a, buf_span(&text), &t, &why, &bad),
                         n == LIMIT_FORWARDERS ? ASSAY_DONE : ASSAY_EINVAL);
        assert_int_equal(t.n, n == LIMIT_FORWARDERS ? n : 0);
        buf_done(&text);
        arena_done(&a);
    }
}

static void when_memory_is_short_a_table_is_not_there(void **state)
{
    assay_status s = ASSAY_ENOMEM;
    size_t failures = 0;

    (void)state;
    for (size_t room = 0; s == ASSAY_ENOMEM; room += 16, failures++) {
        struct arena a = {0};
        struct forwarders t = {.n = 77};
        const char *why = NULL;
        assay_span bad;

        arena_leave(&a, room);
        memory_left = 0;
        s = forwarders_read(&a, SPAN("client=192.0.2.1 authors=a.example; name=b.example"), &t,
                            &why, &bad);
        memory_left = SIZE_MAX;
        assert_int_equal(t.n, s == ASSAY_DONE ? 2 : 77);
        assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM);
        arena_done(&a);
    }
    assert_in_range(failures, 5, 100);
}

/* ---- templates ---- */

static void a_template_has_places_and_nothing_that_cannot_be_sent(void **state)
{
    static const struct {
        const char *text;
        bool url;
        const char *fault;
    } TRIES[] = {
        {"", false, NULL},
        {"", true, NULL},
        {"{author}{domain}{ip}{reason}{cause}", false, NULL},
        {"a {reason}, b", false, NULL},
        {"https://example.org/{ip}?d={domain}", true, NULL},
        {"HTTP://example.org", true, NULL},
        {"{", false, "the places are {author} {domain} {ip} {reason} {cause}"},
        {"}", false, "the places are {author} {domain} {ip} {reason} {cause}"},
        {"{author", false, "the places are {author} {domain} {ip} {reason} {cause}"},
        {"{Author}", false, "the places are {author} {domain} {ip} {reason} {cause}"},
        {"{{author}}", false, "the places are {author} {domain} {ip} {reason} {cause}"},
        {"{}", false, "the places are {author} {domain} {ip} {reason} {cause}"},
        {"a\nb", false, "only printable ASCII can be sent"},
        {"b\303\274cher", false, "only printable ASCII can be sent"},
        {"ftp://example.org", true, "a URL begins with https:// or http://"},
        {"{domain}", true, "a URL begins with https:// or http://"},
        {"https://example.org/a b", true, "a URL has no blanks and no backslashes"},
        {"https://example.org/a\\nb", true, "a URL has no blanks and no backslashes"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        const char *fault = template_fault(span_of(TRIES[i].text), TRIES[i].url);

        if ((fault == NULL) != (TRIES[i].fault == NULL) ||
            (fault && strcmp(fault, TRIES[i].fault) != 0))
            fail_msg("%s: wanted %s, got %s", TRIES[i].text, TRIES[i].fault, fault);
    }
}

static void places_are_filled_in_so_that_nothing_escapes(void **state)
{
    static const assay_span VALUES[TEMPLATE_PLACES] = {{"example.org", 11},
                                                       {"", 0},
                                                       {"2001:db8::1", 11},
                                                       {"a\r\nb {ip} \303\274\0%&", 15},
                                                       {"policy", 6}};
    static const struct {
        const char *text;
        bool url;
        const char *want;
    } TRIES[] = {
        {"{author}", false, "example.org"},
        {"<{domain}>", false, "<>"},
        {"{cause}: {reason}.\\n{ip}\\x\\", false, "policy: a??b {ip} ???%&.\n2001:db8::1\\x\\"},
        {"https://e/?{reason}#{ip}", true,
         "https://e/?a%0D%0Ab%20%7Bip%7D%20%C3%BC%00%25%26#2001%3Adb8%3A%3A1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        struct buf out = buf_new(1000);

        template_fill(span_of(TRIES[i].text), VALUES, TRIES[i].url, &out);
        if (!span_is(buf_span(&out), TRIES[i].want))
            fail_msg("%s: wanted %s, got %.*s", TRIES[i].text, TRIES[i].want,
                     SPAN_ARG(buf_span(&out)));
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_taken_apart),
        cmocka_unit_test(a_bad_table_is_refused_with_the_word_that_is_wrong),
        cmocka_unit_test(a_thousand_entries_are_taken_and_not_many_more),
        cmocka_unit_test(when_memory_is_short_a_table_is_not_there),
        cmocka_unit_test(a_template_has_places_and_nothing_that_cannot_be_sent),
        cmocka_unit_test(places_are_filled_in_so_that_nothing_escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
