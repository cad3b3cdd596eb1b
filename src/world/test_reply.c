/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/reply.h"

#include "base/buf.h"
#include "fact/fact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEAD(flags, an, ns) "\x12\x34" flags "\0\1\0" an "\0" ns "\0\0"
#define QUESTION            "\1a\7example\0\0\x10\0\1"
#define TXT(owner, data)    owner "\0\x10\0\1\0\0\1\x2c" data
#define CNAME(owner, data)  owner "\0\5\0\1\0\0\0\x3c" data
#define SOA                 "\xC0\x0E\0\6\0\1\0\0\0\x3c\0\x16\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\x1e"

static const struct assay_question Q = {.kind = ASSAY_DNS,
                                        .rrtype = ASSAY_RR_TXT,
                                        .name = {"a.example", 9}};

static void each_reply_becomes_the_fact_it_is(void **state)
{
    static const struct {
        const char *what;
        assay_span packet;
        enum assay_how how;
        uint32_t ttl;
        const char *reason;
    } ROWS[] = {
        {"data", SPAN(HEAD("\x81\x80", "\1", "\0") QUESTION TXT("\xC0\x0C", "\0\3\2hi")), ASSAY_OK,
         300, ""},
        {"denial", SPAN(HEAD("\x81\x80", "\0", "\1") QUESTION SOA), ASSAY_NODATA, 30, ""},
        {"no such name", SPAN(HEAD("\x81\x83", "\0", "\1") QUESTION SOA), ASSAY_NXDOMAIN, 30, ""},
        {"alias",
         SPAN(HEAD("\x81\x80", "\2", "\0") QUESTION CNAME("\xC0\x0C", "\0\4\1b\xC0\x0E")
                  TXT("\1b\xC0\x0E", "\0\3\2hi")),
         ASSAY_OK, 60, ""},
        {"alias of nothing",
         SPAN(HEAD("\x81\x83", "\1", "\1") QUESTION CNAME("\xC0\x0C", "\0\4\1b\xC0\x0E") SOA),
         ASSAY_NXDOMAIN, 30, ""},
        {"circle", SPAN(HEAD("\x81\x80", "\1", "\0") QUESTION CNAME("\xC0\x0C", "\0\2\xC0\x0C")),
         ASSAY_SERVFAIL, 0, "the CNAMEs run in a circle, or are more than 16"},
        {"SERVFAIL", SPAN(HEAD("\x81\x82", "\0", "\0") QUESTION), ASSAY_SERVFAIL, 0,
         "the server failed"},
        {"REFUSED", SPAN(HEAD("\x81\x85", "\0", "\0") QUESTION), ASSAY_REFUSED, 0,
         "the server refuses to answer"},
        {"NOTIMP", SPAN(HEAD("\x81\x84", "\0", "\0") QUESTION), ASSAY_SERVFAIL, 0,
         "the server answered with RCODE 4"},
        {"truncated", SPAN(HEAD("\x83\x80", "\0", "\0") QUESTION), ASSAY_SERVFAIL, 0,
         "the reply is truncated"},
        {"garbage", SPAN("garbage"), ASSAY_SERVFAIL, 0, "the reply cannot be read"},
        {"empty", SPAN(""), ASSAY_SERVFAIL, 0, "the reply cannot be read"},
        {"another question", SPAN(HEAD("\x81\x80", "\0", "\0") "\1b\7example\0\0\x10\0\1"),
         ASSAY_SERVFAIL, 0, "the reply cannot be read"},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assay_fact *f = reply_fact(ROWS[i].packet, &Q, ASSAY_SECURE);

        assert_non_null(f);
        if (f->how != ROWS[i].how || f->ttl != ROWS[i].ttl || !span_is(f->reason, ROWS[i].reason)) {
            printf("%s: wanted %s %u \"%s\", got %s %u \"%.*s\"\n", ROWS[i].what,
                   fact_how_text(ROWS[i].how), ROWS[i].ttl, ROWS[i].reason, fact_how_text(f->how),
                   f->ttl, SPAN_ARG(f->reason));
            wrong++;
        }
        assert_int_equal(f->kind, ASSAY_DNS);
        assert_int_equal(f->rrtype, ASSAY_RR_TXT);
        assay_fact_free(f);
    }
    assert_int_equal(wrong, 0);
}

static void each_alias_gets_the_answers_security(void **state)
{
    assay_span packet =
        SPAN(HEAD("\x81\x80", "\2", "\0") QUESTION CNAME("\xC0\x0C", "\0\4\1b\xC0\x0E")
                 TXT("\1b\xC0\x0E", "\0\3\2hi"));

    (void)state;
    for (enum assay_secure secure = ASSAY_UNKNOWN; secure <= ASSAY_SECURE; secure++) {
        assay_fact *f = reply_fact(packet, &Q, secure);

        assert_int_equal(f->secure, secure);
        assert_int_equal(f->nchain, 1);
        assert_int_equal(f->chain[0].secure, secure);
        assert_true(span_is(f->chain[0].owner, "a.example"));
        assert_true(span_is(f->chain[0].target, "b.example"));
        assay_fact_free(f);
    }
}

static void a_text_over_the_limit_is_too_big(void **state)
{
    static char packet[10000] = HEAD("\x81\x80", "\1", "\0") QUESTION TXT("\xC0\x0C", "");
    size_t head = sizeof HEAD("\x81\x80", "\1", "\0") QUESTION TXT("\xC0\x0C", "") - 1,
           rdata = 9000;
    assay_fact *f;

    (void)state;
    packet[head] = (char)(rdata >> 8);
    packet[head + 1] = (char)rdata;
    for (size_t at = 0; at < rdata; at += 256)
        packet[head + 2 + at] = (char)(rdata - at > 256 ? 255 : rdata - at - 1);
    f = reply_fact((assay_span){packet, head + 2 + rdata}, &Q, ASSAY_UNKNOWN);
    assert_int_equal(f->how, ASSAY_TOOBIG);
    assert_int_equal(f->n, 0);
    assay_fact_free(f);
}

static void names_that_grow_when_written_are_no_lack_of_memory(void **state)
{
    enum { RECORDS = 240, LABEL = 62 };
    static const struct assay_question PTR = {.kind = ASSAY_DNS,
                                              .rrtype = ASSAY_RR_PTR,
                                              .name = {"a.example", 9}};
    struct buf packet = buf_new(65535);
    assay_fact *f;

    (void)state;
    buf_put(&packet, SPAN("\x12\x34\x81\x80\0\1\0\xf0\0\0\0\0\1a\7example\0\0\x0c\0\1"));
    for (int i = 0; i < RECORDS; i++) { /* four labels of octets that stand as \DDD */
        buf_put(&packet, SPAN("\xC0\x0C\0\x0c\0\1\0\0\1\x2c\0\xfd"));
        for (int label = 0; label < 4; label++) {
            buf_putc(&packet, LABEL);
            for (int n = 0; n < LABEL; n++)
                buf_putc(&packet, (char)(n == 0 ? 0x80 | i % 128 : n == 1 ? 0x80 | i / 128 : 0xFF));
        }
        buf_putc(&packet, 0);
    }
    assert_int_equal(packet.status, ASSAY_DONE);
    f = reply_fact(buf_span(&packet), &PTR, ASSAY_UNKNOWN);
    assert_non_null(f);
    assert_int_equal(f->how, ASSAY_OK);
    assert_int_equal(f->n, RECORDS);
    assert_true(f->records[0].text.n > 4 * 3 * LABEL);
    assay_fact_free(f);
    buf_done(&packet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reply_becomes_the_fact_it_is),
        cmocka_unit_test(each_alias_gets_the_answers_security),
        cmocka_unit_test(a_text_over_the_limit_is_too_big),
        cmocka_unit_test(names_that_grow_when_written_are_no_lack_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
