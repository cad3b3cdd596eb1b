/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void addresses_are_read_and_written_as_rfc_5952_does(void **state)
{
    static const struct {
        const char *text, *want;
        uint8_t version;
    } ROWS[] = {
        {"192.0.2.1", "192.0.2.1", 4},
        {"0.0.0.0", "0.0.0.0", 4},
        {"255.255.255.255", "255.255.255.255", 4},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", 6},
        {"::", "::", 6},
        {"2001:db8::0:1", "2001:db8::1", 6},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 6},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221", 6},
        {"::ffff:192.0.2.1", "192.0.2.1", 4}, /* mapped: RFC 7208 5 */
        {"::FFFF:c000:0201", "192.0.2.1", 4},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct ip ip = {0};
        char text[IP_TEXT];

        if (!ip_read(span_of(ROWS[i].text), &ip) || ip.version != ROWS[i].version ||
            !span_is(ip_text(&ip, text), ROWS[i].want))
            fail_msg("%s: wanted %s, got %s of version %u", ROWS[i].text, ROWS[i].want, text,
                     ip.version);
    }
}

static void what_is_no_address_is_refused_and_changes_nothing(void **state)
{
    static const assay_span ROWS[] = {
        SPAN(""),
        SPAN("1.2.3"),
        SPAN("1.2.3.4.5"),
        SPAN("1.2.3.4."),
        SPAN(".1.2.3.4"),
        SPAN("01.2.3.4"),
        SPAN("1.2.3.256"),
        SPAN("1.2.3.0004"),
        SPAN("1.2.3.+4"),
        SPAN("1.2.3.4 "),
        SPAN("1.2..4"),
        SPAN("1.2.3.4\0"),
        SPAN("0x1.2.3.4"),
        SPAN("16909060"),
        SPAN(":"),
        SPAN(":::"),
        SPAN("1::2::3"),
        SPAN("fe80::1%eth0"),
        SPAN("12345::"),
        SPAN("1:2:3:4:5:6:7"),
        SPAN("::1\0"),
        SPAN("[::1]"),
        SPAN("::1/64"),
        SPAN("1:2:3:4:5:6:7:8:9"),
        SPAN("::g"),
        SPAN("2001:db8:1234:5678:9abc:def0:1234:5678:0000000000000000000000000000000000000000"),
    };
    struct ip ip = {9, {9}};

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (ip_read(ROWS[i], &ip) || ip.version != 9)
            fail_msg("\"%.*s\" was read as an address", SPAN_ARG(ROWS[i]));
    assert_false(ip_read((assay_span){NULL, 0}, &ip));
    assert_false(ip6_read((assay_span){NULL, 0}, &ip));
    assert_false(ip4_read(SPAN("::1"), &ip));
    assert_false(ip6_read(SPAN("192.0.2.1"), &ip));
    assert_true(ip6_read(SPAN("::ffff:192.0.2.1"), &ip));
    assert_int_equal(ip.version, 6);
}

static void octets_become_an_address_and_mapped_ones_ipv4(void **state)
{
    char text[IP_TEXT];
    struct ip four = ip_of("\300\0\2\1", 4);
    struct ip six = ip_of("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    struct ip mapped = ip_of("\0\0\0\0\0\0\0\0\0\0\xff\xff\300\0\2\1", 16);

    (void)state;
    assert_true(span_is(ip_text(&four, text), "192.0.2.1"));
    assert_true(span_is(ip_text(&six, text), "2001:db8::1"));
    assert_true(span_is(ip_text(&mapped, text), "192.0.2.1"));
    assert_true(span_is(ip_text(&(struct ip){0}, text), ""));
}

/** Bit `i` of an address, by arithmetic of its own. */
static int bit_of(const struct ip *ip, unsigned i)
{
    return ip->b[i / 8] >> (7 - i % 8) & 1;
}

static void prefixes_match_exactly_the_bits_they_have(void **state)
{
    static const char *const PAIRS[][2] = {{"203.0.113.7", "203.0.113.7"},
                                           {"2001:db8::1234:5678", "2001:db8::1234:5678"}};

    (void)state;
    for (size_t row = 0; row < 2; row++) {
        struct ip ip, net;
        unsigned bits;

        assert_true(ip_read(span_of(PAIRS[row][0]), &ip) && ip_read(span_of(PAIRS[row][1]), &net));
        bits = (unsigned)ip_size(&ip) * 8;
        for (unsigned flip = 0; flip < bits; flip++) {
            net = ip;
            net.b[flip / 8] ^= (uint8_t)(0x80 >> flip % 8);
            assert_int_not_equal(bit_of(&ip, flip), bit_of(&net, flip));
            for (unsigned n = 0; n <= bits; n++)
                assert_int_equal(ip_in(&ip, &net, n), n <= flip);
        }
        assert_true(ip_in(&ip, &ip, bits));
        assert_false(ip_in(&ip, &ip, bits + 1));
    }
}

static void versions_never_match_each_other(void **state)
{
    struct ip four, six;

    (void)state;
    assert_true(ip_read(SPAN("0.0.0.0"), &four) && ip_read(SPAN("::"), &six));
    assert_false(ip_in(&four, &six, 0));
    assert_false(ip_in(&six, &four, 0));
}

static void addresses_of_no_public_client_are_known(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } ROWS[] = {
        {"10.0.0.0", true},
        {"10.255.255.255", true},
        {"11.0.0.0", false},
        {"127.0.0.1", true},
        {"172.15.255.255", false},
        {"172.16.0.0", true},
        {"172.31.255.255", true},
        {"172.32.0.0", false},
        {"192.168.0.1", true},
        {"192.169.0.1", false},
        {"169.254.1.1", true},
        {"100.64.0.0", true},
        {"100.127.255.255", true},
        {"100.128.0.0", false},
        {"0.1.2.3", true},
        {"198.51.100.1", false},
        {"::1", true},
        {"::", true},
        {"::2", false},
        {"fc00::1", true},
        {"fdff::1", true},
        {"fe00::1", false},
        {"fe80::1", true},
        {"febf::1", true},
        {"fec0::1", false},
        {"2001:db8::1", false},
        {"::ffff:10.0.0.1", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct ip ip;

        assert_true(ip_read(span_of(ROWS[i].text), &ip));
        if (ip_private(&ip) != ROWS[i].want)
            fail_msg("%s: wanted %d", ROWS[i].text, ROWS[i].want);
    }
}

static void the_reverse_name_has_the_parts_backwards(void **state)
{
    static const struct {
        const char *text, *want;
    } ROWS[] = {
        {"192.0.2.65", "65.2.0.192.in-addr.arpa"},
        {"255.255.255.255", "255.255.255.255.in-addr.arpa"},
        {"2001:db8::cb01",
         "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct ip ip;
        char out[80];
        assay_span got;

        assert_true(ip_read(span_of(ROWS[i].text), &ip));
        got = ip_reverse(&ip, out);
        if (!span_is(got, ROWS[i].want))
            fail_msg("%s: wanted %s, got %.*s", ROWS[i].text, ROWS[i].want, SPAN_ARG(got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written_as_rfc_5952_does),
        cmocka_unit_test(what_is_no_address_is_refused_and_changes_nothing),
        cmocka_unit_test(octets_become_an_address_and_mapped_ones_ipv4),
        cmocka_unit_test(prefixes_match_exactly_the_bits_they_have),
        cmocka_unit_test(versions_never_match_each_other),
        cmocka_unit_test(addresses_of_no_public_client_are_known),
        cmocka_unit_test(the_reverse_name_has_the_parts_backwards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
