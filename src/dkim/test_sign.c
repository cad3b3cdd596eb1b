/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One signature: what h= names, how the field is written, what the key holder may answer, and that
 * what was made verifies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MUST assert_true
#include "dkim/test_signing.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static assay_engine *engine;
static struct signing_key rsa, ed;

/** A key of the cases. */
static struct signing_key load(const char *path)
{
    char text[8192];
    FILE *file = fopen(path, "rb");
    struct signing_key key;

    assert_non_null(file);
    key = signing_key_of(engine, (assay_span){text, fread(text, 1, sizeof text, file)});
    fclose(file);
    return key;
}

static const char MESSAGE[] = "Received: by somewhere\r\n"
                              "From: Alice <alice@example.org>\r\n"
                              "To: bob@example.net\r\n"
                              "Subject: hello\r\n"
                              "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
                              "\r\n"
                              "body\r\n";

/** A signer like those of most entries. */
static struct dkim_signer plain(void)
{
    return (struct dkim_signer){.algorithm = DKIM_RSA_SHA256,
                                .header_canon = CANON_RELAXED,
                                .body_canon = CANON_RELAXED,
                                .domain = SPAN("example.org"),
                                .selector = SPAN("s1"),
                                .profile = DKIM_LIST_FRIENDLY,
                                .identity = SPAN_EMPTY,
                                .timestamp = 1795435200};
}

/* ---- what is signed (RFC 6376 5.4) ---- */

/** The names chosen for a header. */
static void assert_names(const char *fields, const struct dkim_signer *signer, const char *want)
{
    struct header h;
    struct arena a = {0};
    assay_span rest = span_of(fields), line, names = SPAN("none");

    header_init(&h);
    while (rest.n && span_cut(&rest, '\n', &line) && line.n)
        assert_int_equal(header_field(&h, line, SPAN(" x")), ASSAY_DONE);
    assert_int_equal(dkim_choose_names(&a, &h, signer, &names), ASSAY_DONE);
    if (!span_is(names, want))
        fail_msg("%s\n  wanted %s\n  got    %.*s", fields, want, SPAN_ARG(names));
    header_done(&h);
    arena_done(&a);
}

static void a_field_is_named_as_often_as_it_is_there(void **state)
{
    struct dkim_signer s = plain();

    (void)state;
    assert_names("To\nFrom\nSubject\n", &s, "From:From:To:Subject:Subject");
    assert_names("to\nTO\nfrom\n", &s, "From:From:To:To");
    assert_names("", &s, "From");
    assert_names("Message-ID\nDate\nFrom\nReferences\nReply-To\n", &s,
                 "From:From:Date:Date:Message-ID:Message-ID:Reply-To:References");
}

static void list_friendly_leaves_alone_what_lists_add(void **state)
{
    struct dkim_signer s = plain();

    (void)state;
    assert_names("From\nSender\nList-Id\nList-Post\nList-Unsubscribe\nResent-From\nReply-To\n", &s,
                 "From:From:Reply-To");
}

static void strict_lets_nobody_add_what_people_see(void **state)
{
    struct dkim_signer s = plain();

    (void)state;
    s.profile = DKIM_STRICT;
    assert_names("From\nTo\nList-Id\nSender\n", &s,
                 "From:From:To:To:Cc:Subject:Date:Message-ID:Reply-To:Sender:MIME-Version:"
                 "Content-Type:Content-Transfer-Encoding:List-Id:List-Id:List-Help:"
                 "List-Unsubscribe:List-Unsubscribe-Post:List-Subscribe:List-Post:List-Owner:"
                 "List-Archive");
}

static void a_list_of_ones_own_is_taken_as_it_is_written(void **state)
{
    struct dkim_signer s = plain();

    (void)state;
    s.profile = DKIM_OWN;
    s.names = SPAN("mime-version:date:from:to:subject");
    assert_names("Subject\nTo\nFrom\nDate\nMIME-Version\n", &s,
                 "mime-version:date:from:to:subject");
    s.names = SPAN("Date:From:From:X-A:to:From");
    assert_names("From\nX-A\nx-a\nTo\n", &s, "From:From:X-A:X-A:to");
    assert_names("Subject\n", &s, "From");
    s.names = SPAN("from");
    assert_names("Subject\n", &s, "from");
}

static void fields_that_others_touch_are_never_signed(void **state)
{
    static const char ALL[] = "Return-Path\nReceived\nBcc\nAuthentication-Results\nDKIM-Signature\n"
                              "ARC-Seal\nARC-Message-Signature\nARC-Authentication-Results\nFrom\n";
    struct dkim_signer s = plain();

    (void)state;
    assert_names(ALL, &s, "From:From");
    s.field = ARC_MESSAGE_SIGNATURE; /* RFC 8617 4.1.2 */
    assert_names(ALL, &s, "From:From:DKIM-Signature");
}

static void a_list_of_ones_own_has_to_make_sense(void **state)
{
    static const struct {
        const char *names, *want;
    } ROWS[] = {
        {"From", NULL},
        {"x:FROM", NULL},
        {"From : To", NULL},
        {"To", "From is not among"},
        {"", "no name of a field"},
        {"From:", "no name of a field"},
        {"From::To", "no name of a field"},
        {"From:a b", "no name of a field"},
        {"From:a;b", "no name of a field"},
        {"From:\303\244", "no name of a field"},
        {"From:Return-Path", "that others change"},
        {"From:received", "that others change"},
        {"From:BCC", "that others change"},
        {"From:authentication-results", "that others change"},
        {"From:DKIM-Signature", "that others change"},
        {"From:ARC-Seal", "that others change"},
        {"From:x123456789012345678901234567890123456789012345678901234567890123", NULL},
        {"From:x1234567890123456789012345678901234567890123456789012345678901234",
         "no name of a field"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const char *got = dkim_names_fault(span_of(ROWS[i].names));

        if (ROWS[i].want ? !got || !strstr(got, ROWS[i].want) : got != NULL)
            fail_msg("%s\n  wanted %s\n  got    %s", ROWS[i].names, ROWS[i].want, got);
    }
}

/* ---- the field ---- */

/** Sign MESSAGE; the value of the field, without its b=. */
static void assert_value(const struct dkim_signer *signer, const char *want)
{
    struct signing *s = signing_sign(engine, SPAN(MESSAGE), signer,
                                     signer->algorithm == DKIM_RSA_SHA256 ? &rsa : &ed);
    assay_span got = s->made.value;
    size_t b = 0;

    assert_int_equal(s->made.result, DKIM_SIGNED);
    while (b + 2 < got.n && memcmp(got.p + b, "\tb=", 3) != 0)
        b++;
    if (!span_is(span_first(got, b + 3), want))
        fail_msg("wanted\n%s\ngot\n%.*s", want, SPAN_ARG(got));
    signing_free(s);
}

static void the_field_is_written_in_one_way(void **state)
{
    struct dkim_signer s = plain();

    (void)state;
    assert_value(&s, "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;\r\n"
                     "\tt=1795435200; h=From:From:To:Subject:Subject:Date:Date;\r\n"
                     "\tbh=Ck5SoRNWUpSR4X0COv7R5ub2pUTtl6xz4dTFz++ji4M=;\r\n"
                     "\tb=");
    s.algorithm = DKIM_ED25519_SHA256;
    s.header_canon = CANON_SIMPLE;
    s.identity = SPAN("a;b=c@example.org");
    s.expiration = 1795435300;
    s.profile = DKIM_STRICT;
    assert_value(&s,
                 "v=1; a=ed25519-sha256; c=simple/relaxed; d=example.org;\r\n"
                 "\ts=s1; i=a=3Bb=3Dc@example.org; t=1795435200; x=1795435300;\r\n"
                 "\th=From:From:To:To:Cc:Subject:Subject:Date:Date:Message-ID:Reply-To:\r\n"
                 "\tMIME-Version:Content-Type:Content-Transfer-Encoding:List-Id:List-Help:\r\n"
                 "\tList-Unsubscribe:List-Unsubscribe-Post:List-Subscribe:List-Post:List-Owner:\r\n"
                 "\tList-Archive; bh=Ck5SoRNWUpSR4X0COv7R5ub2pUTtl6xz4dTFz++ji4M=;\r\n"
                 "\tb=");
}

static void an_arc_message_signature_begins_with_its_instance(void **state)
{
    struct dkim_signer s = plain();

    (void)state;
    s.field = ARC_MESSAGE_SIGNATURE;
    s.instance = 7;
    assert_value(&s, "i=7; a=rsa-sha256; c=relaxed/relaxed; d=example.org;\r\n"
                     "\ts=s1; t=1795435200; h=From:From:To:Subject:Subject:Date:Date;\r\n"
                     "\tbh=Ck5SoRNWUpSR4X0COv7R5ub2pUTtl6xz4dTFz++ji4M=;\r\n"
                     "\tb=");
    s.sorted = true;
    assert_value(&s, "a=rsa-sha256;\r\n\tb=");
}

static void the_same_is_signed_in_the_same_way(void **state)
{
    struct dkim_signer signer = plain();
    struct signing *a = signing_sign(engine, SPAN(MESSAGE), &signer, &rsa);
    struct signing *b = signing_sign(engine, SPAN(MESSAGE), &signer, &rsa);

    (void)state;
    assert_true(span_eq(a->made.value, b->made.value));
    assert_int_equal(a->questions, 1);
    signing_free(a);
    signing_free(b);
}

/* ---- it verifies ---- */

/** Sign a message in each way; each signature has to verify. */
static void assert_verifies(assay_span message)
{
    for (unsigned way = 0; way < 64; way++) {
        struct dkim_signer signer = plain();
        struct signing_key *key = way & 1 ? &rsa : &ed;
        struct signing *made, *read;
        struct buf all;

        signer.algorithm = way & 1 ? DKIM_RSA_SHA256 : DKIM_ED25519_SHA256;
        signer.header_canon = way & 2 ? CANON_SIMPLE : CANON_RELAXED;
        signer.body_canon = way & 4 ? CANON_SIMPLE : CANON_RELAXED;
        signer.profile = way & 8 ? DKIM_STRICT : DKIM_LIST_FRIENDLY;
        signer.field = way & 16 ? ARC_MESSAGE_SIGNATURE : DKIM_SIGNATURE;
        signer.instance = way & 16 ? 1 : 0;
        signer.sorted = way & 32;
        made = signing_sign(engine, message, &signer, key);
        assert_int_equal(made->made.result, DKIM_SIGNED);
        all = signing_signed(made, message);
        read = signing_read(engine, buf_span(&all), signer.field, key);
        if (read->signature.fault || read->verdict.result != DKIM_PASS)
            fail_msg("way %u: %s, %s\n%.*s", way,
                     read->signature.fault ? read->signature.fault : "",
                     dkim_result_text(read->verdict.result), SPAN_ARG(buf_span(&all)));
        signing_free(read);
        buf_done(&all);
        signing_free(made);
    }
}

static void whatever_is_signed_verifies(void **state)
{
    static const assay_span MESSAGES[] = {
        SPAN(MESSAGE),
        SPAN("From:a@b\r\n\r\n"),
        SPAN("From:a@b\r\n"),
        SPAN("From:a@b"),
        SPAN("\r\nbody alone"),
        SPAN(""),
        SPAN(
            "From:   a@b\r\nSubject: a\r\n \r\n\t b  \r\nTO : c@d\r\n\r\n.\r\n..\r\n . \r\n\r\n\r\n"),
        SPAN("From: \303\244@b\nSubject:\xFF\xFE\n\nbare\nline\r\nends \r in\r\n\r body\n\n\n"),
        SPAN("no field at all\r\nFrom: a@b\r\nFrom: c@d\r\nfrom: e@f\r\n\r\nx \t\r\n\t\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(MESSAGES); i++)
        assert_verifies(MESSAGES[i]);
}

/* ---- what cannot be signed, and who does not sign ---- */

static void more_fields_than_a_signature_may_name_are_not_signed(void **state)
{
    struct dkim_signer signer = plain();
    struct buf text = buf_new(1 << 16);

    (void)state;
    buf_puts(&text, "From: a@b\r\n");
    for (int i = 0; i < LIMIT_SIGNED_FIELDS - 1; i++) {
        struct signing *s = NULL;

        buf_puts(&text, "To: c@d\r\n");
        if (i < LIMIT_SIGNED_FIELDS - 3)
            continue;
        s = signing_sign(engine, buf_span(&text), &signer, &rsa); /* From twice, and i + 1 To */
        assert_int_equal(s->made.result, i + 3 <= LIMIT_SIGNED_FIELDS ? DKIM_SIGNED : DKIM_UNFIT);
        assert_true(s->made.reason.n == 0 ||
                    span_is(s->made.reason, "more than 512 fields would have to be signed"));
        signing_free(s);
    }
    buf_done(&text);
}

static void what_the_key_holder_says_is_told(void **state)
{
    static const struct {
        enum assay_how how;
        enum dkim_signed want;
        const char *reason;
    } ROWS[] = {
        {ASSAY_REFUSED, DKIM_REFUSED, "the key s1._domainkey.example.org cannot be used: refused"},
        {ASSAY_TIMEOUT, DKIM_SILENT,
         "the holder of the key s1._domainkey.example.org does not answer: TIMEOUT"},
        {ASSAY_SERVFAIL, DKIM_SILENT,
         "the holder of the key s1._domainkey.example.org does not answer: SERVFAIL"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assay_span body;
        struct signing *s = signing_new(engine, SPAN(MESSAGE), &body);

        s->run = signing_run;
        s->signer = plain();
        s->key = &rsa;
        s->how = ROWS[i].how;
        assert_int_equal(dkim_sign_want(&s->m, &s->signer), ASSAY_DONE);
        signing_finish(s, body);
        assert_int_equal(s->made.result, ROWS[i].want);
        if (!span_is(s->made.reason, ROWS[i].reason))
            fail_msg("wanted %s\ngot %.*s", ROWS[i].reason, SPAN_ARG(s->made.reason));
        assert_int_equal(s->made.value.n, 0);
        signing_free(s);
    }
}

static void nothing_is_asked_before_the_body_is_there(void **state)
{
    assay_span body;
    struct signing *s = signing_new(engine, SPAN(MESSAGE), &body);
    struct assay_question q;

    (void)state;
    s->run = signing_run;
    s->signer = plain();
    s->key = &rsa;
    assert_int_equal(dkim_sign_want(&s->m, &s->signer), ASSAY_DONE);
    assert_int_equal(assay_step(&s->ev), ASSAY_MORE);
    assert_false(assay_next_question(&s->ev, &q));
    signing_finish(s, body);
    assert_int_equal(s->made.result, DKIM_SIGNED);
    signing_free(s);
}

static void the_question_is_the_key_and_the_digest(void **state)
{
    struct dkim_signer signer = plain();
    struct signing *s = signing_sign(engine, SPAN(MESSAGE), &signer, &rsa);
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;
    char want[80] = "rsa-sha256 ";

    (void)state;
    base64_encode(s->made.digest, SHA256_SIZE, want + strlen(want));
    assert_true(assay_evidence(&s->ev, &cursor, &q, &fact));
    assert_int_equal(q.kind, ASSAY_SIGN);
    assert_true(span_is(q.name, "s1._domainkey.example.org"));
    assert_true(span_is(q.data, want));
    signing_free(s);
}

static int set_up(void **state)
{
    (void)state;
    if (assay_engine_new(4, &engine) != ASSAY_DONE)
        return 1;
    rsa = load("src/dkim/cases/keys/rsa2048.pem");
    ed = load("src/dkim/cases/keys/ed.pem");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    signing_key_done(&rsa);
    signing_key_done(&ed);
    assay_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_named_as_often_as_it_is_there),
        cmocka_unit_test(list_friendly_leaves_alone_what_lists_add),
        cmocka_unit_test(strict_lets_nobody_add_what_people_see),
        cmocka_unit_test(a_list_of_ones_own_is_taken_as_it_is_written),
        cmocka_unit_test(fields_that_others_touch_are_never_signed),
        cmocka_unit_test(a_list_of_ones_own_has_to_make_sense),
        cmocka_unit_test(the_field_is_written_in_one_way),
        cmocka_unit_test(an_arc_message_signature_begins_with_its_instance),
        cmocka_unit_test(the_same_is_signed_in_the_same_way),
        cmocka_unit_test(whatever_is_signed_verifies),
        cmocka_unit_test(more_fields_than_a_signature_may_name_are_not_signed),
        cmocka_unit_test(what_the_key_holder_says_is_told),
        cmocka_unit_test(nothing_is_asked_before_the_body_is_there),
        cmocka_unit_test(the_question_is_the_key_and_the_digest),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
