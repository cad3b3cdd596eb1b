/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/milter_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/** Fail with both when two texts differ. */
static void assert_span(assay_span got, assay_span wanted)
{
    if (!span_eq(got, wanted))
        fail_msg("wanted \"%.*s\" (%zu), got \"%.*s\" (%zu)", SPAN_ARG(wanted), wanted.n,
                 SPAN_ARG(got), got.n);
}

/* ---- packets out of a stream ---- */

/** Three packets: a macro list, a chunk, the end. */
static const char STREAM[] = "\0\0\0\6DMi\0"
                             "1\0"
                             "\0\0\0\5Bab\r\n"
                             "\0\0\0\1E";

/** Feed the stream in pieces of `n` octets and check what comes. */
static void feed(size_t n)
{
    static const struct milter_packet WANTED[] = {{'D',
                                                   {"Mi\0"
                                                    "1",
                                                    5}},
                                                  {'B', {"ab\r\n", 4}},
                                                  {'E', {"", 0}}};
    struct milter_reader r = {.max = MILTER_MAX};
    assay_span all = {STREAM, sizeof STREAM - 1}, in;
    struct milter_packet packet;
    size_t got = 0;
    assay_status s;

    for (; all.n; all = span_from(all, n)) {
        in = span_first(all, n);
        while ((s = milter_read(&r, &in, &packet)) == ASSAY_DONE) {
            assert_true(got < 3);
            assert_int_equal(packet.command, WANTED[got].command);
            assert_span(packet.data, WANTED[got++].data);
        }
        assert_int_equal(s, ASSAY_MORE);
        assert_int_equal(in.n, 0);
    }
    assert_int_equal(got, 3);
    assert_false(milter_read_begun(&r));
    milter_reader_done(&r);
}

static void packets_come_out_however_the_stream_is_cut(void **state)
{
    (void)state;
    for (size_t n = 1; n <= sizeof STREAM; n++)
        feed(n);
}

static void a_packet_that_lies_whole_in_the_input_is_not_copied(void **state)
{
    struct milter_reader r = {.max = MILTER_MAX};
    assay_span in = {STREAM, sizeof STREAM - 1};
    struct milter_packet packet;

    (void)state;
    while (milter_read(&r, &in, &packet) == ASSAY_DONE)
        assert_true(packet.data.p > STREAM && packet.data.p <= STREAM + sizeof STREAM);
    assert_null(r.kept.p);
    milter_reader_done(&r);
}

static void a_reader_between_packets_holds_no_memory(void **state)
{
    struct milter_reader r = {.max = MILTER_MAX};
    assay_span begin = SPAN("\0\0\0\4Bx"), rest = SPAN("yz");
    struct milter_packet packet;

    (void)state;
    assert_int_equal(milter_read(&r, &begin, &packet), ASSAY_MORE);
    assert_true(milter_read_begun(&r));
    assert_int_equal(milter_read(&r, &rest, &packet), ASSAY_DONE);
    assert_span(packet.data, SPAN("xyz"));
    assert_int_equal(milter_read(&r, &rest, &packet), ASSAY_MORE);
    assert_null(r.kept.p);
    milter_reader_done(&r);
}

static void a_length_of_nothing_or_over_the_limit_ends_the_stream_at_once(void **state)
{
    static const struct {
        uint32_t max;
        const char *octets;
        assay_status wanted;
    } ROWS[] = {
        {MILTER_MAX, "\0\0\0\0", ASSAY_EINVAL},
        {MILTER_MAX, "\xFF\xFF\xFF\xFF", ASSAY_EINVAL},
        {MILTER_MAX, "\x80\0\0\1", ASSAY_EINVAL},
        {MILTER_MAX, "\x40\0\0\0", ASSAY_EINVAL},
        {MILTER_MAX, "\0\1\0\1", ASSAY_EINVAL},
        {MILTER_MAX, "\0\1\0\0", ASSAY_MORE},
        {MILTER_MAX, "\0\0\0\1", ASSAY_MORE},
        {MILTER_MAX_FIRST, "\0\0\1\2", ASSAY_EINVAL},
        {MILTER_MAX_FIRST, "\0\0\1\1", ASSAY_MORE},
        {0, "\0\0\1\2", ASSAY_EINVAL},
        {0, "\0\0\0\x0D", ASSAY_MORE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        for (size_t cut = 0; cut < 4; cut++) {
            struct milter_reader r = {.max = ROWS[i].max};
            assay_span head = {ROWS[i].octets, cut}, tail = {ROWS[i].octets + cut, 4 - cut};
            struct milter_packet packet;
            assay_status s;

            assert_int_equal(milter_read(&r, &head, &packet), ASSAY_MORE);
            if ((s = milter_read(&r, &tail, &packet)) != ROWS[i].wanted)
                fail_msg("row %zu cut at %zu: wanted %d, got %d", i, cut, ROWS[i].wanted, s);
            milter_reader_done(&r);
        }
}

static void the_longest_packet_arrives_byte_by_byte(void **state)
{
    struct milter_reader r = {.max = MILTER_MAX};
    char *octets = malloc(4 + MILTER_MAX);
    struct milter_packet packet;

    (void)state;
    memset(octets, 'x', 4 + MILTER_MAX);
    memcpy(octets, "\0\1\0\0B", 5);
    for (size_t i = 0; i < 4 + MILTER_MAX; i++) {
        assay_span in = {octets + i, 1};

        assert_int_equal(milter_read(&r, &in, &packet),
                         i + 1 < 4 + MILTER_MAX ? ASSAY_MORE : ASSAY_DONE);
    }
    assert_int_equal(packet.data.n, MILTER_CHUNK);
    assert_int_equal(span_find(packet.data, 'B'), packet.data.n);
    milter_reader_done(&r);
    free(octets);
}

/* ---- the negotiation ---- */

static void an_offer_is_three_numbers_and_what_follows_is_passed_over(void **state)
{
    struct milter_offer offer = {.version = 99};

    (void)state;
    assert_false(milter_offer_read(SPAN("\0\0\0\6\0\0\1\xFF\0\x1F\xFF"), &offer));
    assert_false(milter_offer_read(SPAN_EMPTY, &offer));
    assert_int_equal(offer.version, 99);
    assert_true(milter_offer_read(SPAN("\0\0\0\6\0\0\1\xFF\x80\x1F\xFF\xFFmore"), &offer));
    assert_int_equal(offer.version, 6);
    assert_int_equal(offer.actions, 0x1FF);
    assert_int_equal(offer.steps, 0x801FFFFF);
}

static void what_is_agreed_is_what_both_can_do(void **state)
{
    static const struct {
        struct milter_offer offered, wanted, agreed;
    } ROWS[] = {
        {{6, 0x1FF, 0x1FFFFF}, {0, 0x11, 0xFF180}, {6, 0x11, 0xFF180}},
        {{2, 0x3F, 0x7F}, {0, 0x151, 0x100180}, {2, 0x11, 0}},
        {{7, 0xFFFFFFFF, 0xFFFFFFFF}, {6, 0xFFFFFFFF, 0xFFFFFFFF}, {6, 0x1FF, 0x1FFFFF}},
        {{4, 0, 0}, {0, 0x1FF, 0x1FFFFF}, {4, 0, 0}},
        {{1, 0x1FF, 0x1FFFFF}, {0, 0x11, 0xFF180}, {0, 0, 0}},
        {{0, 0x1FF, 0x1FFFFF}, {0, 0x11, 0xFF180}, {0, 0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct milter_offer got = {0};

        assert_int_equal(milter_agree(&ROWS[i].offered, &ROWS[i].wanted, &got),
                         ROWS[i].offered.version >= 2);
        assert_int_equal(got.version, ROWS[i].agreed.version);
        assert_int_equal(got.actions, ROWS[i].agreed.actions);
        assert_int_equal(got.steps, ROWS[i].agreed.steps);
    }
}

/* ---- the data of commands ---- */

static void a_client_is_read_in_every_form(void **state)
{
    static const struct {
        assay_span data;
        bool ok;
        char family;
        uint16_t port;
        const char *hostname, *address;
    } ROWS[] = {
        {{"mx.example\0"
          "4\x04\xD2"
          "192.0.2.55\0",
          25},
         true,
         '4',
         1234,
         "mx.example",
         "192.0.2.55"},
        {{"mx.example\0"
          "4\x04\xD2"
          "192.0.2.55",
          24},
         true,
         '4',
         1234,
         "mx.example",
         "192.0.2.55"},
        {{"[192.0.2.5]\0"
          "4\xFF\xFF"
          "192.0.2.5\0x",
          26},
         true,
         '4',
         65535,
         "[192.0.2.5]",
         "192.0.2.5"},
        {{"h\0"
          "6\0\0IPv6:2001:db8::1\0",
          22},
         true,
         '6',
         0,
         "h",
         "2001:db8::1"},
        {{"h\0"
          "6\0\0ipV6:2001:db8::1\0",
          22},
         true,
         '6',
         0,
         "h",
         "2001:db8::1"},
        {{"h\0"
          "6\0\0fe80::1%eth0\0",
          18},
         true,
         '6',
         0,
         "h",
         "fe80::1"},
        {{"h\0"
          "6\0\0::ffff:192.0.2.1\0",
          22},
         true,
         '6',
         0,
         "h",
         "::ffff:192.0.2.1"},
        {{"localhost\0L\0\0/run/x\0", 20}, true, 'L', 0, "localhost", "/run/x"},
        {{"localhost\0L\1\1", 13}, true, 'L', 0, "localhost", ""},
        {{"unknown\0U", 9}, true, 'U', 0, "unknown", ""},
        {{"unknown\0U\0\0junk", 15}, true, 'U', 0, "unknown", ""},
        {{"\0U", 2}, true, 'U', 0, "", ""},
        {{"", 0}, false, 0, 0, "", ""},
        {{"h", 1}, false, 0, 0, "", ""},
        {{"h\0", 2}, false, 0, 0, "", ""},
        {{"h\0"
          "4",
          3},
         false,
         0,
         0,
         "",
         ""},
        {{"h\0"
          "4\0",
          4},
         false,
         0,
         0,
         "",
         ""},
        {{"h\0"
          "4\0\0",
          5},
         false,
         0,
         0,
         "",
         ""},
        {{"h\0"
          "4\0\0"
          "2001:db8::1\0",
          17},
         false,
         0,
         0,
         "",
         ""},
        {{"h\0"
          "6\0\0"
          "192.0.2.1\0",
          15},
         false,
         0,
         0,
         "",
         ""},
        {{"h\0"
          "6\0\0IPv6:\0",
          11},
         false,
         0,
         0,
         "",
         ""},
        {{"h\0X\0\0"
          "192.0.2.1\0",
          15},
         false,
         0,
         0,
         "",
         ""},
        {{"h\0\0\0\0"
          "192.0.2.1\0",
          15},
         false,
         0,
         0,
         "",
         ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct milter_connect c = {.family = 'x'};

        if (milter_connect_read(ROWS[i].data, &c) != ROWS[i].ok)
            fail_msg("row %zu", i);
        assert_int_equal(c.family, ROWS[i].ok ? ROWS[i].family : 'x');
        if (!ROWS[i].ok)
            continue;
        assert_int_equal(c.port, ROWS[i].port);
        assert_span(c.hostname, span_of(ROWS[i].hostname));
        assert_span(c.address, span_of(ROWS[i].address));
    }
}

static void brackets_of_a_path_go_and_its_parameters_stay(void **state)
{
    static const struct {
        assay_span data;
        bool ok;
        const char *address, *first, *second;
    } ROWS[] = {
        {{"<a@b.example>\0SIZE=1\0BODY=8BITMIME\0", 35},
         true,
         "a@b.example",
         "SIZE=1",
         "BODY=8BITMIME"},
        {{"<a@b.example>\0SIZE=1\0BODY=8BITMIME", 34},
         true,
         "a@b.example",
         "SIZE=1",
         "BODY=8BITMIME"},
        {{"<>\0", 3}, true, "", NULL, NULL},
        {{"\0", 1}, true, "", NULL, NULL},
        {{"a@b", 3}, true, "a@b", NULL, NULL},
        {{"<a@b\0", 5}, true, "<a@b", NULL, NULL},
        {{"<\0", 2}, true, "<", NULL, NULL},
        {{">\0", 2}, true, ">", NULL, NULL},
        {{"<\">\"@b>\0", 8}, true, "\">\"@b", NULL, NULL},
        {{"", 0}, false, NULL, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct milter_path path;
        assay_span text;

        assert_int_equal(milter_path_read(ROWS[i].data, &path), ROWS[i].ok);
        if (!ROWS[i].ok)
            continue;
        assert_span(path.address, span_of(ROWS[i].address));
        assert_int_equal(milter_text_cut(&path.parameters, &text), ROWS[i].first != NULL);
        if (!ROWS[i].first)
            continue;
        assert_span(text, span_of(ROWS[i].first));
        assert_true(milter_text_cut(&path.parameters, &text));
        assert_span(text, span_of(ROWS[i].second));
        assert_false(milter_text_cut(&path.parameters, &text));
    }
}

static void macros_lose_their_braces_and_a_list_may_end_anywhere(void **state)
{
    static const struct {
        assay_span data;
        const char *wanted; /* NAME=VALUE; each */
    } ROWS[] = {
        {{"Mi\0"
          "4Xy\0{auth_authen}\0bob\0",
          24},
         "i=4Xy;auth_authen=bob;"},
        {{"Mi\0"
          "4Xy",
          6},
         "i=4Xy;"},
        {{"Mi\0", 3}, "i=;"},
        {{"M{i}", 4}, "i=;"},
        {{"M{\0x\0", 5}, "{=x;"},
        {{"M\0\0", 3}, "=;"},
        {{"M", 1}, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct milter_macros m;
        struct buf got = buf_new(1000);
        assay_span name, value;

        assert_true(milter_macros_read(ROWS[i].data, &m));
        assert_int_equal(m.command, 'M');
        while (milter_macro_cut(&m.pairs, &name, &value))
            buf_printf(&got, "%.*s=%.*s;", SPAN_ARG(name), SPAN_ARG(value));
        assert_span(buf_span(&got), span_of(ROWS[i].wanted));
        buf_done(&got);
    }
    assert_false(milter_macros_read(SPAN_EMPTY, &(struct milter_macros){0}));
}

static void a_header_field_is_a_name_and_a_value(void **state)
{
    static const struct {
        assay_span data;
        bool ok;
        const char *name;
        assay_span value;
    } ROWS[] = {
        {{"To\0 a,\n b\0", 10}, true, "To", {" a,\n b", 6}},
        {{"To\0 a,\n b", 9}, true, "To", {" a,\n b", 6}},
        {{"To\0\0", 4}, true, "To", {"", 0}},
        {{"To\0", 3}, true, "To", {"", 0}},
        {{"To", 2}, true, "To", {"", 0}},
        {{"To\0a\0b\0", 7}, true, "To", {"a\0b", 3}},
        {{"\0a\0", 3}, false, NULL, {"", 0}},
        {{"", 0}, false, NULL, {"", 0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct milter_header h;

        assert_int_equal(milter_header_read(ROWS[i].data, &h), ROWS[i].ok);
        if (!ROWS[i].ok)
            continue;
        assert_span(h.name, span_of(ROWS[i].name));
        assert_span(h.value, ROWS[i].value);
    }
}

static void a_text_ends_at_its_nul_or_with_the_data(void **state)
{
    (void)state;
    assert_span(milter_text(SPAN("mx.example\0")), SPAN("mx.example"));
    assert_span(milter_text(SPAN("mx.example")), SPAN("mx.example"));
    assert_span(milter_text(SPAN("a\0b")), SPAN("a"));
    assert_span(milter_text(SPAN_EMPTY), SPAN_EMPTY);
}

/* ---- replies ---- */

/** Check what one writer left, and empty the buffer. */
static void assert_wrote(struct buf *out, assay_status s, assay_span wanted)
{
    assert_int_equal(s, ASSAY_DONE);
    assert_span(buf_span(out), wanted);
    buf_clear(out);
}

static void simple_replies_are_one_letter(void **state)
{
    static const char LETTERS[] = "acdrstp4";
    struct buf out = buf_new(100);

    (void)state;
    for (const char *c = LETTERS; *c; c++)
        assert_wrote(&out, milter_put(&out, (enum milter_reply) * c),
                     (assay_span){(char[]){0, 0, 0, 1, *c}, 5});
    assert_int_equal(milter_put(&out, MILTER_R_ADDHEADER), ASSAY_EINVAL);
    assert_int_equal(out.n, 0);
    buf_done(&out);
}

static void lists_of_macros_are_written_when_both_know_them(void **state)
{
    assay_span lists[MILTER_STAGES] = {
        [MILTER_M_MAIL] = SPAN("i {auth_authen}"), [MILTER_M_EOB] = SPAN("i")};
    struct milter_offer agreed = {6, MILTER_F_ADDHDRS, 0x100080};
    struct buf out = buf_new(200);

    (void)state;
    assert_wrote(&out, milter_put_agreed(&out, &agreed, lists),
                 SPAN("\0\0\0\x0DO\0\0\0\6\0\0\0\1\0\x10\0\x80"));
    agreed.actions |= MILTER_F_SETSYMLIST;
    assert_wrote(&out, milter_put_agreed(&out, &agreed, NULL),
                 SPAN("\0\0\0\x0DO\0\0\0\6\0\0\1\1\0\x10\0\x80"));
    assert_wrote(
        &out, milter_put_agreed(&out, &agreed, lists),
        SPAN("\0\0\0\x27O\0\0\0\6\0\0\1\1\0\x10\0\x80\0\0\0\2i {auth_authen}\0\0\0\0\5i\0"));
    lists[0] = SPAN("a\nb");
    assert_int_equal(milter_put_agreed(&out, &agreed, lists), ASSAY_EINVAL);
    buf_done(&out);
}

static void a_reply_text_is_one_that_both_mtas_take(void **state)
{
    static const struct {
        unsigned code;
        const char *enhanced, *text, *wanted; /* NULL: refused */
    } ROWS[] = {
        {550, "5.7.1", "no", "550 5.7.1 no"},
        {550, "", "no", "550 no"},
        {550, "5.7.1", "", "550 5.7.1"},
        {550, "", "", "550 "},
        {451, "4.7.24", "100% later", "451 4.7.24 100%% later"},
        {550, "5.7.1", "one\ntwo\r\nthree\n", "550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three"},
        {550, "5.7.1", "one\n\nthree", "550-5.7.1 one\r\n550-5.7.1\r\n550 5.7.1 three"},
        {550, "", "a\tb\x01\x7F\xC3\xA9\r.", "550 a b?????."},
        {421, "4.3.2", "full", "421 4.3.2 full"},
        {550, "4.7.1", "no", NULL},
        {550, "5.7", "no", NULL},
        {550, "5.7.1.1", "no", NULL},
        {550, "5.7.1000", "no", NULL},
        {550, "5.x.1", "no", NULL},
        {550, "5..1", "no", NULL},
        {550, "55.7.1", "no", NULL},
        {399, "", "no", NULL},
        {250, "2.0.0", "yes", NULL},
        {600, "", "no", NULL},
    };
    struct buf out = buf_new(1000);

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assay_status s =
            milter_put_reply(&out, ROWS[i].code, span_of(ROWS[i].enhanced), span_of(ROWS[i].text));

        assert_int_equal(s, ROWS[i].wanted ? ASSAY_DONE : ASSAY_EINVAL);
        if (ROWS[i].wanted) {
            assert_int_equal(out.p[4], 'y');
            assert_int_equal(out.p[out.n - 1], '\0');
            assert_span(span_first(span_from(buf_span(&out), 5), out.n - 6),
                        span_of(ROWS[i].wanted));
        }
        buf_clear(&out);
    }
    buf_done(&out);
}

static void a_long_reply_text_is_cut_into_lines_that_smtp_can_take(void **state)
{
    static const char *const WORDS[] = {"word ", "wordwordword", "% ", "x\n"};
    struct buf out = buf_new(MILTER_MAX + 4), text = buf_new(100000);
    assay_span rest, line;
    unsigned lines;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        buf_clear(&text);
        while (text.n < 90000)
            buf_puts(&text, WORDS[i]);
        buf_clear(&out);
        assert_int_equal(milter_put_reply(&out, 550, SPAN("5.7.26"), buf_span(&text)), ASSAY_DONE);
        rest = span_first(span_from(buf_span(&out), 5), out.n - 6);
        for (lines = 0; span_line(&rest, &line); lines++) {
            assert_true(line.n <= 4 + 7 + 2 * MILTER_REPLY_LINE);
            assert_true(span_starts(line, rest.p ? SPAN("550-5.7.26 ") : SPAN("550 5.7.26 ")));
        }
        assert_int_equal(lines, MILTER_REPLY_LINES);
    }
    buf_done(&out);
    buf_done(&text);
}

static void fields_are_written_with_the_space_that_was_agreed(void **state)
{
    struct buf out = buf_new(200);

    (void)state;
    assert_wrote(&out, milter_put_addheader(&out, 0, SPAN("X-A"), SPAN("b;\r\n\tc")),
                 SPAN("\0\0\0\x0BhX-A\0b;\n\tc\0"));
    assert_wrote(&out,
                 milter_put_addheader(&out, MILTER_P_HDR_LEADSPC, SPAN("X-A"), SPAN("b;\n c")),
                 SPAN("\0\0\0\x0ChX-A\0 b;\n c\0"));
    assert_wrote(&out, milter_put_insheader(&out, MILTER_P_ALL, 1, SPAN("A"), SPAN("b")),
                 SPAN("\0\0\0\x0Ai\0\0\0\1A\0 b\0"));
    assert_wrote(&out, milter_put_chgheader(&out, 0, 258, SPAN("A"), SPAN("b")),
                 SPAN("\0\0\0\x09m\0\0\1\2A\0b\0"));
    assert_wrote(&out, milter_put_chgheader(&out, MILTER_P_ALL, 1, SPAN("A"), SPAN_EMPTY),
                 SPAN("\0\0\0\x08m\0\0\0\1A\0\0"));
    buf_done(&out);
}

static void a_field_that_would_become_two_is_refused(void **state)
{
    static const struct {
        assay_span name, value;
    } ROWS[] = {
        {SPAN("A"), SPAN("b\nEvil: c")}, {SPAN("A"), SPAN("b\r\nEvil: c")},
        {SPAN("A"), SPAN("b\n")},        {SPAN("A"), SPAN("b\r\n\r\nbody")},
        {SPAN("A"), SPAN("b\n\n c")},    {SPAN("A"), SPAN("b\rc")},
        {SPAN("A"), SPAN("b\r")},        {SPAN("A"), SPAN("b\0c")},
        {SPAN("A"), SPAN("\n")},         {SPAN(""), SPAN("b")},
        {SPAN("A:"), SPAN("b")},         {SPAN("A b"), SPAN("b")},
        {SPAN("A\0"), SPAN("b")},        {SPAN("A\n"), SPAN("b")},
        {SPAN("\xC3\xA9"), SPAN("b")},
    };
    struct buf out = buf_new(200);

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        if (milter_put_addheader(&out, 0, ROWS[i].name, ROWS[i].value) != ASSAY_EINVAL)
            fail_msg("row %zu was written", i);
        assert_int_equal(milter_put_insheader(&out, 0, 0, ROWS[i].name, ROWS[i].value),
                         ASSAY_EINVAL);
        assert_int_equal(out.n, 0);
    }
    assert_int_equal(milter_put_chgheader(&out, 0, 0, SPAN("A"), SPAN("b")), ASSAY_EINVAL);
    assert_int_equal(milter_put_chgheader(&out, 0, 0x80000000, SPAN("A"), SPAN("b")), ASSAY_EINVAL);
    assert_int_equal(milter_put_insheader(&out, 0, INT32_MAX, SPAN("A"), SPAN("b")), ASSAY_EINVAL);
    buf_done(&out);
}

static void envelope_edits_write_brackets(void **state)
{
    struct buf out = buf_new(200);

    (void)state;
    assert_wrote(&out, milter_put_chgfrom(&out, SPAN("a@b"), SPAN_EMPTY), SPAN("\0\0\0\7e<a@b>\0"));
    assert_wrote(&out, milter_put_chgfrom(&out, SPAN_EMPTY, SPAN("SMTPUTF8")),
                 SPAN("\0\0\0\x0D"
                      "e<>\0SMTPUTF8\0"));
    assert_wrote(&out, milter_put_addrcpt(&out, SPAN("a@b")), SPAN("\0\0\0\7+<a@b>\0"));
    assert_wrote(&out, milter_put_delrcpt(&out, SPAN("a@b")), SPAN("\0\0\0\7-<a@b>\0"));
    assert_wrote(&out, milter_put_quarantine(&out, SPAN("why not")), SPAN("\0\0\0\x09qwhy not\0"));
    assert_int_equal(milter_put_chgfrom(&out, SPAN("a\n@b"), SPAN_EMPTY), ASSAY_EINVAL);
    assert_int_equal(milter_put_chgfrom(&out, SPAN("<a@b>"), SPAN_EMPTY), ASSAY_EINVAL);
    assert_int_equal(milter_put_chgfrom(&out, SPAN("a@b"), SPAN("x\0y")), ASSAY_EINVAL);
    assert_int_equal(milter_put_addrcpt(&out, SPAN_EMPTY), ASSAY_EINVAL);
    assert_int_equal(milter_put_delrcpt(&out, SPAN("a@b\r")), ASSAY_EINVAL);
    assert_int_equal(milter_put_quarantine(&out, SPAN_EMPTY), ASSAY_EINVAL);
    assert_int_equal(milter_put_quarantine(&out, SPAN("a\nb")), ASSAY_EINVAL);
    assert_int_equal(out.n, 0);
    buf_done(&out);
}

static void what_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    struct buf out = buf_new(1 << 20), small = buf_new(8);
    char *text = malloc(70000);

    (void)state;
    memset(text, 'x', 70000);
    assert_int_equal(milter_put_addheader(&out, 0, SPAN("A"), (assay_span){text, 70000}),
                     ASSAY_EINVAL);
    assert_int_equal(milter_put_addheader(&out, 0, SPAN("A"), (assay_span){text, 65533}),
                     ASSAY_EINVAL);
    assert_int_equal(milter_put_addheader(&out, MILTER_P_ALL, SPAN("A"), (assay_span){text, 65532}),
                     ASSAY_EINVAL);
    assert_int_equal(milter_put_quarantine(&out, (assay_span){text, 65535}), ASSAY_EINVAL);
    assert_int_equal(out.n, 0);
    assert_int_equal(milter_put_addheader(&out, 0, SPAN("A"), (assay_span){text, 65532}),
                     ASSAY_DONE);
    assert_int_equal(out.n, 4 + MILTER_MAX);
    assert_int_equal(milter_put(&small, MILTER_R_PROGRESS), ASSAY_DONE);
    assert_int_equal(milter_put(&small, MILTER_R_PROGRESS), ASSAY_EINVAL);
    assert_span(buf_span(&small), SPAN("\0\0\0\1p"));
    assert_int_equal(small.status, ASSAY_DONE);
    buf_done(&out);
    buf_done(&small);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_come_out_however_the_stream_is_cut),
        cmocka_unit_test(a_packet_that_lies_whole_in_the_input_is_not_copied),
        cmocka_unit_test(a_reader_between_packets_holds_no_memory),
        cmocka_unit_test(a_length_of_nothing_or_over_the_limit_ends_the_stream_at_once),
        cmocka_unit_test(the_longest_packet_arrives_byte_by_byte),
        cmocka_unit_test(an_offer_is_three_numbers_and_what_follows_is_passed_over),
        cmocka_unit_test(what_is_agreed_is_what_both_can_do),
        cmocka_unit_test(a_client_is_read_in_every_form),
        cmocka_unit_test(brackets_of_a_path_go_and_its_parameters_stay),
        cmocka_unit_test(macros_lose_their_braces_and_a_list_may_end_anywhere),
        cmocka_unit_test(a_header_field_is_a_name_and_a_value),
        cmocka_unit_test(a_text_ends_at_its_nul_or_with_the_data),
        cmocka_unit_test(simple_replies_are_one_letter),
        cmocka_unit_test(lists_of_macros_are_written_when_both_know_them),
        cmocka_unit_test(a_reply_text_is_one_that_both_mtas_take),
        cmocka_unit_test(a_long_reply_text_is_cut_into_lines_that_smtp_can_take),
        cmocka_unit_test(fields_are_written_with_the_space_that_was_agreed),
        cmocka_unit_test(a_field_that_would_become_two_is_refused),
        cmocka_unit_test(envelope_edits_write_brackets),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
