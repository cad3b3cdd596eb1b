/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/zone.h"

#include "dns/rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/** A zone with everything that a zone file may have. */
static const char ZONE[] = "$ORIGIN example.org.\n"
                           "$TTL 1h\n"
                           "@\tIN SOA ns1 hostmaster ( 2026112301 ; serial\n"
                           "      1h 15m 2w\n"
                           "      3600 )\n"
                           "      NS ns1\n"
                           "      NS ns2.example.net.\n"
                           "@ 300 IN MX 10 mail\n"
                           "      IN 300 MX 20 mail2.example.org.\n"
                           "      TXT \"v=spf1 mx \" \"include:a.example -all\" ; a comment\n"
                           "mail  A 192.0.2.1\n"
                           "      AAAA 2001:db8::1\n"
                           "mail2 CNAME mail\n"
                           "away  CNAME mail.example.net.\n"
                           "hop   CNAME away\n"
                           "loop  CNAME loop2\n"
                           "loop2 CNAME loop\n"
                           "_dmarc TXT ( \"v=DMARC1;\"\n"
                           "   \" p=reject; rua=mailto:a\\064example.org\" )\n"
                           "s1._domainkey.sub TXT v=DKIM1\n"
                           "*.wild TXT \"wild\"\n"
                           "*.alias CNAME mail\n"
                           "child NS ns.child\n"
                           "ns.child A 192.0.2.9\n"
                           "child DS 1 8 2 "
                           "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF\n"
                           "srv   SRV 0 0 5060 sip\n"
                           "raw   TXT \\# 4 03616263\n"
                           "$ORIGIN deep.example.org.\n"
                           "host  A 192.0.2.3\n"
                           "      TYPE65400 \\# 1 00\n";

/** Read a zone that has to be good. */
static struct zone *read_good(const char *text)
{
    struct zone *z = NULL;
    struct zone_error error = {0};
    assay_status s = zone_read(span_of(text), SPAN_EMPTY, &z, &error);

    if (s != ASSAY_DONE)
        fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
    return z;
}

/** What an answer is, in a line. */
static void put_answer(const assay_fact *fact, uint16_t rrtype, struct buf *out)
{
    static const char *const HOW[] = {"?",        "OK",      "NODATA", "NXDOMAIN",
                                      "SERVFAIL", "TIMEOUT", "BOGUS",  "TOOBIG"};
    struct assay_answer a;

    assay_fact_read(fact, &a);
    buf_puts(out, HOW[a.how]);
    for (size_t i = 0; i < a.nchain; i++)
        buf_printf(out, " >%.*s", SPAN_ARG(a.chain[i].target));
    for (size_t i = 0; i < a.n; i++) {
        buf_putc(out, ' ');
        dns_rdata_text(rrtype, a.data[i], out);
    }
}

/** Ask a zone, and put what it answers into a line. */
static void ask(const struct zone *z, const char *type, const char *name, struct buf *out)
{
    struct assay_question q = {.kind = ASSAY_DNS,
                               .rrtype = dns_type_read(span_of(type)),
                               .name = span_of(name)};
    struct zone_steps steps;
    assay_fact *fact = NULL;

    assert_int_equal(zone_look(z, &q, &fact, &steps), ASSAY_DONE);
    if (fact)
        put_answer(fact, q.rrtype, out);
    else
        buf_printf(out, "ask %.*s", SPAN_ARG(steps.n ? steps.target : q.name));
    assay_fact_free(fact);
}

static void a_zone_answers_as_its_server_would(void **state)
{
    static const struct {
        const char *type, *name, *want;
    } TABLE[] = {
        {"TXT", "example.org", "OK \"v=spf1 mx \" \"include:a.example -all\""},
        {"MX", "example.org", "OK 10 mail.example.org. 20 mail2.example.org."},
        {"NS", "example.org", "OK ns1.example.org. ns2.example.net."},
        {"SOA", "example.org",
         "OK ns1.example.org. hostmaster.example.org. 2026112301 3600 900 1209600 3600"},
        {"A", "example.org", "NODATA"},
        {"DS", "example.org", "ask example.org"}, /* the parent has it */
        {"A", "mail.example.org", "OK 192.0.2.1"},
        {"AAAA", "mail.example.org", "OK 2001:db8::1"},
        {"A", "mail2.example.org", "OK >mail.example.org 192.0.2.1"},
        {"CNAME", "mail2.example.org", "OK mail.example.org."},
        {"A", "away.example.org", "ask mail.example.net"},
        {"A", "hop.example.org", "ask mail.example.net"},
        {"A", "loop.example.org", "SERVFAIL"},
        {"TXT", "_dmarc.example.org", "OK \"v=DMARC1;\" \" p=reject; rua=mailto:a@example.org\""},
        {"TXT", "_domainkey.sub.example.org", "NODATA"}, /* an empty non-terminal */
        {"TXT", "sub.example.org", "NODATA"},
        {"TXT", "other.sub.example.org", "NXDOMAIN"},
        {"TXT", "nothing.example.org", "NXDOMAIN"},
        {"TXT", "a.wild.example.org", "OK \"wild\""},
        {"TXT", "a.b.wild.example.org", "OK \"wild\""},
        {"A", "a.wild.example.org", "NODATA"},
        {"TXT", "wild.example.org", "NODATA"},
        {"A", "x.alias.example.org", "OK >mail.example.org 192.0.2.1"},
        {"TXT", "child.example.org", "ask child.example.org"},
        {"A", "ns.child.example.org", "ask ns.child.example.org"},
        {"DS", "child.example.org",
         "OK 1 8 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
        {"TXT", "srv.example.org", "NODATA"},
        {"TXT", "raw.example.org", "OK \"abc\""},
        {"A", "host.deep.example.org", "OK 192.0.2.3"},
        {"TXT", "example.net", "ask example.net"},
        {"TXT", "badexample.org", "ask badexample.org"},
    };
    struct zone *z = read_good(ZONE);
    unsigned wrong = 0;

    (void)state;
    assert_true(span_is(zone_apex(z), "example.org"));
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        struct buf out = buf_new(4096);

        ask(z, TABLE[i].type, TABLE[i].name, &out);
        if (!span_iis(buf_span(&out), TABLE[i].want)) {
            printf("%s %s: wanted \"%s\", got \"%.*s\"\n", TABLE[i].type, TABLE[i].name,
                   TABLE[i].want, SPAN_ARG(buf_span(&out)));
            wrong++;
        }
        buf_done(&out);
    }
    zone_free(z);
    assert_int_equal(wrong, 0);
}

static void an_alias_that_leaves_the_zone_is_joined_with_its_answer(void **state)
{
    struct zone *z = read_good(ZONE);
    struct assay_question q = {.kind = ASSAY_DNS,
                               .rrtype = ASSAY_RR_A,
                               .name = SPAN("hop.example.org")};
    const assay_span data = SPAN("\xC0\0\2\1");
    const struct assay_link link = {SPAN("mail.example.net"), SPAN("x.example.net"),
                                    ASSAY_INSECURE};
    struct assay_answer a = {.size = sizeof a,
                             .how = ASSAY_OK,
                             .secure = ASSAY_INSECURE,
                             .data = &data,
                             .n = 1,
                             .chain = &link,
                             .nchain = 1};
    struct zone_steps steps;
    assay_fact *fact = NULL, *last, *joined;
    struct buf out = buf_new(1024);

    (void)state;
    assert_int_equal(zone_look(z, &q, &fact, &steps), ASSAY_DONE);
    assert_null(fact);
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &last), ASSAY_DONE);
    assert_int_equal(zone_join(&steps, ASSAY_RR_A, last, &joined), ASSAY_DONE);
    put_answer(joined, ASSAY_RR_A, &out);
    if (!span_is(buf_span(&out), "OK >away.example.org >mail.example.net >x.example.net 192.0.2.1"))
        fail_msg("got \"%.*s\"", SPAN_ARG(buf_span(&out)));
    buf_done(&out);
    assay_fact_free(last);
    assay_fact_free(joined);
    zone_free(z);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *want;
    } TABLE[] = {
        {"", "1:1: there is no record"},
        {"; nothing\n\n", "1:1: there is no record"},
        {"www A 192.0.2.1\n",
         "1:1: \"www\" is relative and there is no $ORIGIN before it; --origin NAME gives one"},
        {"a.example. A 192.0.2.1\n",
         "1:1: no SOA record says which zone this is; --origin NAME does"},
        {"$ORIGIN a.example.\n@ SOA a b 1 2 3 4 5\n@ MX mail\n", "3:6: "},
        {"$ORIGIN a.example.\n@ SOA a b 1 2 3 4 5\n  TXT \"open\n",
         "3:7: the string is not closed in its line"},
        {"$ORIGIN a.example.\n@ SOA a b ( 1 2 3 4 5\n", "2:11: the bracket is not closed"},
        {"$ORIGIN a.example.\n@ SOA a b 1 2 3 4 5 )\n", "2:21: no bracket is open here"},
        {"$ORIGIN a.example.\n@ SOA a b ( ( 1 2 3 4 5 ) )\n", "2:13: a bracket in a bracket"},
        {"$ORIGIN a.example.\n@ SOA a b 1 2 3 4 5\nx TEXT \"a\"\n",
         "3:3: \"TEXT\" is no type of record"},
        {"$ORIGIN a.example.\n@ SOA a b 1 2 3 4 5\nx 300 IN\n",
         "3:7: the type of the record is missing"},
        {"$ORIGIN a.example.\n@ CH SOA a b 1 2 3 4 5\n", "2:3: only class IN has mail"},
        {"$ORIGIN a.example.\n@ SOA a b 1 2 3 4 5\nb.example. A 192.0.2.1\n",
         "3:1: \"b.example\" is outside of the zone \"a.example\""},
        {"$INCLUDE other.zone\n", "1:1: $INCLUDE is not followed"},
        {"$GENERATE 1-9 a$ A 192.0.2.$\n", "1:1: $GENERATE is not followed"},
        {"$NONSENSE 1\n", "1:1: \"$NONSENSE\" is none of $ORIGIN and $TTL"},
        {"$TTL soon\n", "1:6: here stands a time, such as 3600 or 1h"},
        {"$ORIGIN a.example.\n  A 192.0.2.1\n", "2:3: the first record has no owner"},
        {"$ORIGIN a.example.\n@ SOA a b 1 2 3 4 5\na..b A 192.0.2.1\n",
         "3:1: \"a..b\" is no domain name"},
    };
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        struct zone *z = NULL;
        struct zone_error error = {0};
        char got[320];
        assay_status s = zone_read(span_of(TABLE[i].text), SPAN_EMPTY, &z, &error);

        snprintf(got, sizeof got, "%zu:%zu: %s", error.line, error.column, error.text);
        if (s != ASSAY_EINVAL || strncmp(got, TABLE[i].want, strlen(TABLE[i].want)) != 0) {
            printf("%s\n  wanted \"%s\", got \"%s\"\n", TABLE[i].text, TABLE[i].want, got);
            wrong++;
        }
        if (s == ASSAY_DONE)
            zone_free(z);
    }
    assert_int_equal(wrong, 0);
}

static void a_zone_without_soa_has_the_origin_as_its_name(void **state)
{
    struct zone *z = NULL;
    struct zone_error error;

    (void)state;
    assert_int_equal(zone_read(SPAN("_dmarc TXT \"v=DMARC1; p=none\"\n"), SPAN("example.org"), &z,
                               &error),
                     ASSAY_DONE);
    assert_true(span_is(zone_apex(z), "example.org"));
    {
        struct buf out = buf_new(256);

        ask(z, "TXT", "example.org", &out);
        assert_true(span_is(buf_span(&out), "NODATA"));
        buf_done(&out);
    }
    zone_free(z);
}

/** Collect names. */
static assay_status collect(void *arg, assay_span name)
{
    struct buf *out = arg;

    buf_printf(out, "%.*s ", SPAN_ARG(name));
    return ASSAY_DONE;
}

static void a_registrys_file_gives_the_names_it_delegates(void **state)
{
    static const char TEXT[] =
        "test. 86400 in soa a.nic.test. b.nic.test. 1 2 3 4 5\n"
        "test. 86400 in ns a.nic.test.\n"
        "one.test. 3600 in ns ns1.one.test.\none.test. 3600 in ns ns2.one.test.\n"
        "ns1.one.test. 3600 in a 192.0.2.1\n"
        "two.test. 3600 in ns ns.example.\ntwo.test. 3600 in ds 1 8 1 00112233445566778899aabbccddeeff00112233\n"
        "mail.test. 3600 in mx 0 .\n";
    struct zone_error error;
    struct buf out = buf_new(1024);

    (void)state;
    assert_int_equal(zone_names(SPAN(TEXT), SPAN_EMPTY, collect, &out, &error), ASSAY_DONE);
    if (!span_is(buf_span(&out), "one.test two.test mail.test "))
        fail_msg("got %.*s", SPAN_ARG(buf_span(&out)));
    buf_done(&out);
}

static void one_name_with_many_records_is_too_big_and_no_more(void **state)
{
    struct buf text = buf_new(1 << 22), out = buf_new(256);
    struct zone *z;

    (void)state;
    buf_puts(&text, "$ORIGIN a.example.\n@ SOA a b 1 2 3 4 5\n");
    for (unsigned i = 0; i < 6000; i++)
        buf_printf(&text, "  TXT \"%u\"\n", i);
    buf_putc(&text, '\0');
    z = read_good(text.p);
    ask(z, "TXT", "a.example", &out);
    assert_true(span_is(buf_span(&out), "TOOBIG"));
    zone_free(z);
    buf_done(&text);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_answers_as_its_server_would),
        cmocka_unit_test(an_alias_that_leaves_the_zone_is_joined_with_its_answer),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_zone_without_soa_has_the_origin_as_its_name),
        cmocka_unit_test(a_registrys_file_gives_the_names_it_delegates),
        cmocka_unit_test(one_name_with_many_records_is_too_big_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
