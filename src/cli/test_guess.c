/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/date.h"
#include "cli/guess.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- one field ---- */

/** A Received field, and what it tells; NULL stands for what is not told. */
struct row {
    const char *value;
    const char *ip, *helo, *name;
    bool looked_up;
    const char *by, *sender;
};

/** Tell what differs. \return whether it does */
static bool differs(const char *value, const char *what, const char *want, assay_span got)
{
    if (span_is(got, want ? want : ""))
        return false;
    printf("%s\n  %s: wanted \"%s\", got \"%.*s\"\n", value, what, want ? want : "", SPAN_ARG(got));
    return true;
}

/** Compare one field. \return how many of its parts differ */
static unsigned compare(const struct row *row)
{
    struct received r;
    char ip[IP_TEXT];
    unsigned wrong = 0;

    received_read(span_of(row->value), &r);
    wrong += differs(row->value, "ip", row->ip, ip_text(&r.ip, ip));
    wrong += differs(row->value, "helo", row->helo, r.ip.version ? r.helo : SPAN_EMPTY);
    wrong += differs(row->value, "name", row->name, r.name);
    wrong += differs(row->value, "looked up", row->looked_up ? "yes" : "no",
                     r.looked_up ? SPAN("yes") : SPAN("no"));
    wrong += differs(row->value, "by", row->by, r.by);
    wrong += differs(row->value, "sender", row->sender ? row->sender : "-",
                     r.has_sender ? r.sender : SPAN("-"));
    return wrong;
}

/** Compare a table. */
static void compare_all(const struct row *rows, size_t n)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < n; i++)
        wrong += compare(&rows[i]);
    assert_int_equal(wrong, 0);
}

#define ROWS(rows) rows, sizeof(rows) / sizeof *(rows)

static void postfix_is_understood(void **state)
{
    static const struct row TABLE[] = {
        {" from mail7.shop.example (mail7.shop.example [203.0.113.7])\r\n\t(using TLSv1.3 with cipher"
         " TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n\t key-exchange X25519 server-signature ECDSA (P-256))\r\n"
         "\t(No client certificate requested)\r\n\tby mx.example.net (Postfix) with ESMTPS id 4Xw\r\n"
         "\tfor <bob@example.net>; Fri, 20 Nov 2026 10:00:00 +0100 (CET)",
         "203.0.113.7", "mail7.shop.example", "mail7.shop.example", true, "mx.example.net", NULL},
        {" from [192.168.7.2] (unknown [203.0.113.7]) by mx.example.net (Postfix) with ESMTP id 4Xw",
         "203.0.113.7", "[192.168.7.2]", NULL, true, "mx.example.net", NULL},
        {" from mail.example (host.isp.example [IPv6:2001:db8::7]) by mx.example.net (Postfix)",
         "2001:db8::7", "mail.example", "host.isp.example", true, "mx.example.net", NULL},
        {" by mx.example.net (Postfix, from userid 1000) id 4Xw; Fri, 20 Nov 2026 10:00:00 +0100 (CET)",
         NULL, NULL, NULL, false, "mx.example.net", NULL},
        {" from a.example (b.example [203.0.113.7])\r\n (Authenticated sender: mallory@198.51.100.9)\r\n"
         " by mx.example.net (Postfix) with ESMTPSA id 4Xw",
         "203.0.113.7", "a.example", "b.example", true, "mx.example.net", NULL},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void exim_is_understood(void **state)
{
    static const struct row TABLE[] = {
        {" from mail7.shop.example ([203.0.113.7])\n\tby mx.example.net with esmtps  (TLS1.3) tls"
         " TLS_AES_256_GCM_SHA384\n\t(Exim 4.96)\n\t(envelope-from <bounce+7@shop.example>)\n\tid 1r4-00\n"
         "\tfor bob@example.net;\n\tFri, 20 Nov 2026 10:00:00 +0100",
         "203.0.113.7", "mail7.shop.example", "mail7.shop.example", true, "mx.example.net",
         "bounce+7@shop.example"},
        {" from rdns.isp.example ([203.0.113.7] helo=other.example) by mx.example.net with esmtp (Exim 4.96)"
         " (envelope-from <>) id 1r4",
         "203.0.113.7", "other.example", "rdns.isp.example", true, "mx.example.net", ""},
        {" from [203.0.113.7] (helo=[198.51.100.1]) by mx.example.net with smtp (Exim 4.96) id 1r4",
         "203.0.113.7", "[198.51.100.1]", NULL, true, "mx.example.net", NULL},
        {" from [203.0.113.7] (port=51234 helo=a.example) by mx.example.net with esmtpa (Exim 4.96)",
         "203.0.113.7", "a.example", NULL, true, "mx.example.net", NULL},
        {" from rdns.isp.example ([2001:db8::7]:51234 helo=a.example ident=root) by mx.example.net",
         "2001:db8::7", "a.example", "rdns.isp.example", true, "mx.example.net", NULL},
        {" from bob by host.example.net with local (Exim 4.96) (envelope-from <bob@host.example.net>) id 1r4",
         NULL, NULL, NULL, false, "host.example.net", "bob@host.example.net"},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void sendmail_is_understood(void **state)
{
    static const struct row TABLE[] = {
        {" from mail7.shop.example (mail7.shop.example [203.0.113.7] (may be forged))\n"
         "\tby mx.example.net (8.17.1/8.17.1) with ESMTPS id 3AK; Fri, 20 Nov 2026 10:00:00 +0100",
         "203.0.113.7", "mail7.shop.example", "mail7.shop.example", true, "mx.example.net", NULL},
        {" from a.example ([203.0.113.7]) by mx.example.net (8.17.1/8.17.1) with ESMTP id 3AK",
         "203.0.113.7", "a.example", NULL, false, "mx.example.net", NULL},
        {" from a.example (IDENT:root@b.example [203.0.113.7]) by mx.example.net (8.9.3/8.9.3) with SMTP",
         "203.0.113.7", "a.example", "b.example", true, "mx.example.net", NULL},
        {" from a.example (root@b.example [IPv6:2001:db8:0:0:0:0:0:7]) by mx.example.net (8.17.1/8.17.1)",
         "2001:db8::7", "a.example", "b.example", true, "mx.example.net", NULL},
        {" (from bob@localhost) by host.example.net (8.17.1/8.17.1/Submit) id 3AK", NULL, NULL,
         NULL, false, "host.example.net", NULL},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void qmail_and_its_kin_are_understood(void **state)
{
    static const struct row TABLE[] = {
        {" from unknown (HELO mail7.shop.example) (203.0.113.7)\n  by 0 with SMTP; 20 Nov 2026 09:00:00 -0000",
         "203.0.113.7", "mail7.shop.example", NULL, true, "0", NULL},
        {" from rdns.isp.example (HELO [198.51.100.1]) (203.0.113.7) by mx.example.net with SMTP",
         "203.0.113.7", "[198.51.100.1]", "rdns.isp.example", true, "mx.example.net", NULL},
        {" from rdns.isp.example (203.0.113.7) by mx.example.net with SMTP", "203.0.113.7",
         "rdns.isp.example", NULL, false, "mx.example.net", NULL},
        {" from rdns.isp.example (HELO a.example) (root@203.0.113.7) by mx.example.net with SMTP",
         "203.0.113.7", "a.example", "rdns.isp.example", true, "mx.example.net", NULL},
        {" from 203.0.113.7  (EHLO mail7.shop.example) (203.0.113.7)\r\n by 10.197.36.83 with SMTPs;",
         "203.0.113.7", "mail7.shop.example", NULL, false, "10.197.36.83", NULL},
        {" (qmail 12345 invoked by uid 89); 20 Nov 2026 09:00:00 -0000", NULL, NULL, NULL, false,
         NULL, NULL},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void large_providers_are_understood(void **state)
{
    static const struct row TABLE[] = {
        {" from mail7.shop.example (203.0.113.7) by\r\n AM6EUR05FT047.mail.protection.outlook.com (10.233.241.167)"
         " with Microsoft SMTP\r\n Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.7002.21 via"
         " Frontend\r\n Transport; Fri, 20 Nov 2026 09:00:00 +0000",
         "203.0.113.7", "mail7.shop.example", NULL, false,
         "AM6EUR05FT047.mail.protection.outlook.com", NULL},
        {" from AS9PR06CA0532.eurprd06.prod.outlook.com (2603:10a6:20b:49d::21)\r\n by"
         " AM9PR02MB6868.eurprd02.prod.outlook.com (2603:10a6:20b:2d1::12) with\r\n Microsoft SMTP Server",
         "2603:10a6:20b:49d::21", "AS9PR06CA0532.eurprd06.prod.outlook.com", NULL, false,
         "AM9PR02MB6868.eurprd02.prod.outlook.com", NULL},
        {" from mail7.shop.example (mail7.shop.example. [203.0.113.7])\r\n        by mx.google.com with ESMTPS id"
         " a640\r\n        for <bob@gmail.com>\r\n        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384"
         " bits=256/256);\r\n        Fri, 20 Nov 2026 01:00:00 -0800 (PST)",
         "203.0.113.7", "mail7.shop.example", "mail7.shop.example", true, "mx.google.com", NULL},
        {" from mail7.shop.example ([2001:db8::7]) by mx.google.com with ESMTPS id a640",
         "2001:db8::7", "mail7.shop.example", NULL, false, "mx.google.com", NULL},
        {" by 2002:a05:6402:1057:b0:543:72d2:6c64 with SMTP id y23csp81;", NULL, NULL, NULL, false,
         NULL, NULL},
        {" from 123456 named unknown by gmailapi.google.com with HTTPREST;", NULL, NULL, NULL,
         false, "gmailapi.google.com", NULL},
        {" from mail7.shop.example ([203.0.113.7]) by mx-ha.gmx.net (mxgmx016 [212.227.15.9]) with ESMTPS"
         " (Nemesis) id 1Mq",
         "203.0.113.7", "mail7.shop.example", NULL, false, "mx-ha.gmx.net", NULL},
        {" from [203.0.113.7] (account bob@example.net HELO laptop.example) by mx.example.net (CommuniGate Pro)",
         "203.0.113.7", "laptop.example", NULL, true, "mx.example.net", NULL},
        {" from a.example (b.example [::ffff:203.0.113.7]) (TLS: TLSv1.3) by mx.example.net with ESMTPS id 9",
         "203.0.113.7", "a.example", "b.example", true, "mx.example.net", NULL},
        {" from a.example (b.example [203.0.113.7])\r\n by mx.example.net (Haraka) with ESMTPS id 7.1\r\n"
         " envelope-from <bounce@shop.example>\r\n tls TLS_AES",
         "203.0.113.7", "a.example", "b.example", true, "mx.example.net", "bounce@shop.example"},
        {" from mx.example.net\n\tby imap.example.net with LMTP\n\tid aB; Fri, 20 Nov 2026 09:00:00 +0000",
         NULL, NULL, NULL, false, "imap.example.net", NULL},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void what_the_client_says_is_not_its_address(void **state)
{
    static const struct row TABLE[] = {
        /* a HELO that looks like the comment of a receiver */
        {" from x([198.51.100.9]) (rdns.example [203.0.113.7]) by mx.example.net (Postfix)",
         "203.0.113.7", "x", "rdns.example", true, "mx.example.net", NULL},
        {" from [198.51.100.9] (rdns.example [203.0.113.7]) by mx.example.net (Postfix)",
         "203.0.113.7", "[198.51.100.9]", "rdns.example", true, "mx.example.net", NULL},
        {" from rdns.example ([203.0.113.7] helo=[198.51.100.9]) by mx.example.net", "203.0.113.7",
         "[198.51.100.9]", "rdns.example", true, "mx.example.net", NULL},
        {" from unknown (HELO 198.51.100.9) (203.0.113.7) by mx.example.net", "203.0.113.7",
         "198.51.100.9", NULL, true, "mx.example.net", NULL},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void what_cannot_be_read_tells_nothing(void **state)
{
    static const struct row TABLE[] = {
        {"", NULL, NULL, NULL, false, NULL, NULL},
        {" from", NULL, NULL, NULL, false, NULL, NULL},
        {" from by from by", NULL, NULL, NULL, false, "from", NULL},
        {" (((((", NULL, NULL, NULL, false, NULL, NULL},
        {" from a (b [203.0.113.700]) by c", NULL, NULL, NULL, false, "c", NULL},
        {" from a (b [203.0.113.7", NULL, NULL, NULL, false, NULL, NULL},
        {" ;;;; from", NULL, NULL, NULL, false, NULL, NULL},
        {" from a ([IPv6:]) by <script>", NULL, NULL, NULL, false, NULL, NULL},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

/* ---- dates ---- */

static void dates_of_mail_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t want; /* 0: it is none */
    } TABLE[] = {
        {" Fri, 20 Nov 2026 10:00:00 +0100 (CET)", 1795165200},
        {"20 Nov 2026 09:00:00 -0000", 1795165200},
        {"Fri, 20 Nov 2026 01:00:00 -0800", 1795165200},
        {"Fri,\r\n 20 Nov 26 09:00 GMT", 1795165200},
        {"20 nov 2026 04:00:00 EST", 1795165200},
        {"20 Nov 126 09:00:00 Z", 1795165200},
        {"20 November 2026 09:00:00", 1795165200},
        {"Fri, 32 Nov 2026 09:00:00 +0000", 0},
        {"Fri, 20 Foo 2026 09:00:00 +0000", 0},
        {"Fri, 20 Nov 2026 24:00:00 +0000", 0},
        {"Fri, 20 Nov 2026", 0},
        {"", 0},
        {"Fri", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        int64_t got = 0;

        date_read(span_of(TABLE[i].text), &got);
        if (got != TABLE[i].want)
            fail_msg("%s: wanted %lld, got %lld", TABLE[i].text, (long long)TABLE[i].want,
                     (long long)got);
    }
}

/* ---- whole headers ---- */

/** Read a header from text with LF line ends. */
static void read_header(const char *text, struct header *h)
{
    assay_span rest = span_of(text);

    header_init(h);
    while (rest.n) {
        size_t n = span_find(rest, '\n') + 1;

        assert_int_equal(header_line(h, span_first(rest, n)), ASSAY_DONE);
        rest = span_from(rest, n);
    }
}

/** A header, and what is taken from it. */
struct message {
    const char *about, *header;
    const char *known;  /* the client, when it is known; or NULL */
    const char *ip;     /* NULL: no client */
    size_t line;        /* of the field that was taken */
    const char *sender; /* NULL: not known */
    size_t sender_line;
};

/** Compare one header. */
static unsigned compare_message(const struct message *m)
{
    struct ip known = {0};
    struct header h;
    struct guess g;
    char ip[IP_TEXT] = "";
    unsigned wrong = 0;

    read_header(m->header, &h);
    if (m->known)
        assert_true(ip_read(span_of(m->known), &known));
    guess_envelope(&h, 1, &known, &g);
    wrong +=
        differs(m->about, "ip", m->ip, g.client ? ip_text(&g.client->received.ip, ip) : SPAN_EMPTY);
    wrong += differs(m->about, "sender", m->sender ? m->sender : "-",
                     g.has_sender ? g.sender : SPAN("-"));
    if (g.client && g.client->line != m->line) {
        printf("%s\n  line: wanted %zu, got %zu\n", m->about, m->line, g.client->line);
        wrong++;
    }
    if (g.has_sender && g.sender_line != m->sender_line) {
        printf("%s\n  sender's line: wanted %zu, got %zu\n", m->about, m->sender_line,
               g.sender_line);
        wrong++;
    }
    header_done(&h);
    return wrong;
}

#define FORGED \
    "Received: from evil (x [198.51.100.66]) by mx.example.net (Postfix) with ESMTP id 0\n"

static const struct message MESSAGES[] = {
    {"the first client from outside is taken, what lies below is not looked at",
     "Return-Path: <bounce@shop.example>\n"
     "Received: from mx.example.net ([10.1.2.3])\n\tby imap.example.net with LMTP id x\n"
     "Received: from mail7.shop.example (mail7.shop.example [203.0.113.7])\n\tby mx.example.net (Postfix)\n" FORGED,
     NULL, "203.0.113.7", 4, "bounce@shop.example", 1},
    {"steps on this machine are passed over",
     "Received: from localhost (localhost [127.0.0.1]) by mx.example.net (Postfix) with ESMTP id 2\n"
     "Received: from mx.example.net ([127.0.0.1]) by localhost (mx.example.net [127.0.0.1]) (amavisd-new)\n"
     "Received: from a.example (b.example [203.0.113.7]) by mx.example.net (Postfix) with ESMTP id 1\n",
     NULL, "203.0.113.7", 3, NULL, 0},
    {"a relay of the organization with a public address is passed over",
     "Received: from mx1.example.co.uk (mx1.example.co.uk [203.0.113.25]) by store.example.co.uk (Postfix)\n"
     "Received: from a.example (b.example [198.51.100.7]) by mx1.example.co.uk (Postfix)\n",
     NULL, "198.51.100.7", 2, NULL, 0},
    {"two names under one public suffix are two organizations",
     "Received: from mail.other.co.uk (mail.other.co.uk [203.0.113.25]) by mx.example.co.uk (Postfix)\n" FORGED,
     NULL, "203.0.113.25", 1, NULL, 0},
    {"a client that calls itself a host of the receiver is not believed",
     "Received: from mx2.example.net (host.isp.example [203.0.113.9]) by mx.example.net (Postfix)\n" FORGED,
     NULL, "203.0.113.9", 1, NULL, 0},
    {"nor when its address has no name",
     "Received: from mx2.example.net (unknown [203.0.113.9]) by mx.example.net (Postfix)\n" FORGED,
     NULL, "203.0.113.9", 1, NULL, 0},
    {"nor when the field has no place for the name",
     "Received: from x.prod.outlook.com (203.0.113.9) by y.mail.protection.outlook.com (10.1.1.1) with Microsoft"
     " SMTP Server\n" FORGED,
     NULL, "203.0.113.9", 1, NULL, 0},
    {"steps inside Microsoft are passed over",
     "Received: from AS9PR06CA0532.eurprd06.prod.outlook.com (2603:10a6:20b:49d::21)\n"
     " by AM9PR02MB6868.eurprd02.prod.outlook.com (2603:10a6:20b:2d1::12) with Microsoft SMTP Server\n"
     "Received: from mail7.shop.example (203.0.113.7)\n by AM6EUR05FT047.mail.protection.outlook.com (10.2.2.1)\n",
     NULL, "203.0.113.7", 3, NULL, 0},
    {"steps inside Microsoft, under several names and without SMTP",
     "Received: from AM0PR01MB1234.eurprd01.prod.exchangelabs.com (2603:10a6:208:aa::22)\n"
     " by VI1PR01MB9999.eurprd01.prod.outlook.com with HTTPS; Mon, 23 Nov 2026 11:58:30 +0000\n"
     "Received: from DB8EUR05FT012.eop-eur05.prod.protection.outlook.com (2603:10a6:10:bb::3)\n"
     " by AM0PR01CA0001.outlook.office365.com (2603:10a6:208:69::11) with Microsoft SMTP Server\n"
     "Received: from mail7.shop.example (203.0.113.7)\n"
     " by DB8EUR05FT012.mail.protection.outlook.com (10.233.1.2) with Microsoft SMTP Server\n",
     NULL, "203.0.113.7", 5, NULL, 0},
    {"a name in HELO does not make a step one inside",
     "Received: from AM0PR01MB1234.eurprd01.prod.outlook.com (198.51.100.66)\n"
     " by DB8EUR05FT012.mail.protection.outlook.com (10.233.1.2) with Microsoft SMTP Server\n"
     "Received: from mail7.shop.example (203.0.113.7)\n"
     " by DB8EUR05FT012.mail.protection.outlook.com (10.233.1.2) with Microsoft SMTP Server\n",
     NULL, "198.51.100.66", 1, NULL, 0},
    {"Exim's name without brackets is one it verified",
     "Received: from relay.example.net ([203.0.113.25]) by store.example.net with esmtp (Exim 4.96) id 1\n"
     "Received: from a.example ([198.51.100.7]) by relay.example.net with esmtp (Exim 4.96) id 2\n",
     NULL, "198.51.100.7", 2, NULL, 0},
    {"from user to user of one provider, its outermost host is the client",
     "Received: by 2002:a05:6402:1057:b0:543:72d2:6c64 with SMTP id y23csp81\n"
     "Return-Path: <alice@gmail.com>\n"
     "Received: from mail-sor-f41.google.com (mail-sor-f41.google.com. [209.85.220.41]) by mx.google.com with SMTPS\n",
     NULL, "209.85.220.41", 3, "alice@gmail.com", 2},
    {"a user who logged in is not the client",
     "Received: from mail-sor-f41.google.com (mail-sor-f41.google.com. [209.85.220.41]) by mx.google.com with SMTPS\n"
     "Received: from [192.168.1.2] (cable.isp.example. [198.51.100.7]) by smtp.gmail.com with ESMTPSA id 1\n",
     NULL, "209.85.220.41", 1, NULL, 0},
    {"the address that is known finds its field",
     "Received: from relay.other.example (relay.other.example [203.0.113.9]) by mx.example.net (Postfix)\n"
     "Received: from a.example (b.example [203.0.113.7]) by relay.other.example (Postfix)\n",
     "203.0.113.7", "203.0.113.7", 2, NULL, 0},
    {"an address that is known and stands nowhere finds none",
     "Received: from a.example (b.example [203.0.113.9]) by mx.example.net (Postfix)\n",
     "203.0.113.7", NULL, 0, NULL, 0},
    {"the null reverse-path is known", "Return-Path: <>\n", NULL, NULL, 0, "", 1},
    {"a source route is cut off", "Return-Path: <@relay.example,@b.example:alice@example.com>\n",
     NULL, NULL, 0, "alice@example.com", 1},
    {"what is no path is not taken", "Return-Path: <a b@example.com>\n", NULL, NULL, 0, NULL, 0},
    {"Exim's note stands in for Return-Path",
     "Received: from a.example ([203.0.113.7]) by mx.example.net with esmtp (Exim 4.96)\n"
     " (envelope-from <bounce@shop.example>) id 1\n",
     NULL, "203.0.113.7", 1, "bounce@shop.example", 1},
    {"a Return-Path below the field that is taken came with the message",
     "Received: from a.example (b.example [203.0.113.7]) by mx.example.net (Postfix) with SMTP id 1\n"
     "Return-Path: <forged@shop.example>\n",
     NULL, "203.0.113.7", 1, NULL, 0},
    {"Microsoft's servers write Return-Path at the end",
     "Received: from mail7.shop.example (203.0.113.7) by x.mail.protection.outlook.com (10.2.2.1)\n"
     " with Microsoft SMTP Server id 15.20\n"
     "From: a@shop.example\nReturn-Path: bounce@shop.example\n",
     NULL, "203.0.113.7", 1, "bounce@shop.example", 4},
    {"nothing is known of a message without trace fields", "From: a@example.com\n", NULL, NULL, 0,
     NULL, 0},
};

static void the_envelope_is_found(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof MESSAGES / sizeof *MESSAGES; i++)
        wrong += compare_message(&MESSAGES[i]);
    assert_int_equal(wrong, 0);
}

static void a_thousand_received_fields_cost_no_more_than_the_limit(void **state)
{
    const struct ip unknown = {0};
    struct header h;
    struct guess g;

    (void)state;
    header_init(&h);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(header_line(&h, SPAN("Received: from a ([10.0.0.1]) by b\r\n")),
                         ASSAY_DONE);
    guess_envelope(&h, 1, &unknown, &g);
    assert_int_equal(g.nfields, GUESS_FIELDS);
    assert_null(g.client);
    header_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postfix_is_understood),
        cmocka_unit_test(exim_is_understood),
        cmocka_unit_test(sendmail_is_understood),
        cmocka_unit_test(qmail_and_its_kin_are_understood),
        cmocka_unit_test(large_providers_are_understood),
        cmocka_unit_test(what_the_client_says_is_not_its_address),
        cmocka_unit_test(what_cannot_be_read_tells_nothing),
        cmocka_unit_test(dates_of_mail_are_read),
        cmocka_unit_test(the_envelope_is_found),
        cmocka_unit_test(a_thousand_received_fields_cost_no_more_than_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
