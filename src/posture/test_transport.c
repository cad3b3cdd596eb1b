/* SPDX-License-Identifier: BSD-2-Clause */
/* The truth table of the way in: what each kind of sender does at an MX host (RFC 7435, 7672 2.2, 8461 2 and 5). */
#include "case/test_laws.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static assay_engine *engine;

#define K32 "1111111111111111111111111111111111111111111111111111111111111111"
#define N32 "2222222222222222222222222222222222222222222222222222222222222222"
#define C32 "3333333333333333333333333333333333333333333333333333333333333333"
#define T32 "4444444444444444444444444444444444444444444444444444444444444444"

#define HEAD                                                                            \
    "[case]\nname = transport\n[envelope]\nnow = 2026-11-23T12:00:00Z\n"                \
    "domain = shop.example\nprofile = mail\n[dns]\nshop.example. MX 10 mx.h.example.\n" \
    "mx.h.example. A 192.0.2.1\nmta-sts.shop.example. A 192.0.2.2\n"

#define SIGNED   "@secure h.example\n@secure shop.example\n"
#define HOST_DNS "@secure h.example\n"
#define KEY      "_25._tcp.mx.h.example. TLSA 3 1 1 " K32 "\n"
#define NEXT     "_25._tcp.mx.h.example. TLSA 3 1 1 " N32 "\n"
#define CA       "_25._tcp.mx.h.example. TLSA 2 0 1 " T32 "\n"
#define UNUSABLE "_25._tcp.mx.h.example. TLSA 1 1 1 " K32 "\n"
#define NO_TLSA  "_25._tcp.mx.h.example. TLSA SERVFAIL\n"

#define RECORD "_mta-sts.shop.example. TXT \"v=STSv1; id=1;\"\n"
#define POLICY(mode, mx)                                                                \
    "[web]\nGET https://mta-sts.shop.example/.well-known/mta-sts.txt\n200 text/plain\n" \
    "| version: STSv1\n| mode: " mode "\n| mx: " mx "\n| max_age: 604800\n"
#define ENFORCE POLICY("enforce", "mx.h.example")

#define LEAF(names)                                                                                \
    "cert = leaf names=" names " from=2026-01-01 to=2027-01-01 key=ec:256 sig=sha256 spki256=" K32 \
    " cert256=" C32 "\n"
#define PROBE "[smtp]\nPROBE mx.h.example:25\n"
#define GOOD  PROBE "starttls = yes\ntls = 1.3\n" LEAF("mx.h.example") "trust = yes\n"
#define SELF  PROBE "starttls = yes\ntls = 1.3\n" LEAF("localhost") "trust = self-signed\n"
#define CHAIN                                                                          \
    PROBE "starttls = yes\ntls = 1.3\n" LEAF(                                          \
        "mx.h.example") "cert = ca names=- from=2020-01-01 to=2036-01-01 cert256=" T32 \
                        " spki256=" T32 "\n"                                           \
                        "trust = unknown\n"
#define CLEAR  PROBE "starttls = no\n"
#define FAILED PROBE "starttls = yes\ntls = FAILED handshake failure\n"
#define DEAF   PROBE "554 go away\n"

/**
 * Worlds, and what senders do: opportunistic, MTA-STS, DANE, both. A: authenticated, E: encrypted, C: clear, N: not
 * delivered, ?: not known. r: ready for the next key.
 */
static const struct {
    const char *name, *dns, *web, *smtp, *want;
} ROWS[] = {
    {"nothing is published", "", "", GOOD, "EEEE"},
    {"no TLS", "", "", CLEAR, "CCCC"},
    {"TLS that fails", "", "", FAILED, "CCCC"},
    {"a host that refuses", "", "", DEAF, "NNNN"},
    {"a host that does not answer", "", "", "", "????"},
    {"a self-signed certificate is encrypted", "", "", SELF, "EEEE"},
    {"enforce, and all is right", RECORD, ENFORCE, GOOD, "EAEA"},
    {"enforce, and no probe", RECORD, ENFORCE, "", "????"},
    {"enforce, and a self-signed certificate", RECORD, ENFORCE, SELF, "ENEN"},
    {"enforce, and no TLS", RECORD, ENFORCE, CLEAR, "CNCN"},
    {"enforce, and another host is named", RECORD, POLICY("enforce", "mx.other.example"), GOOD,
     "ENEN"},
    {"another host is named, and no probe", RECORD, POLICY("enforce", "mx.other.example"), "",
     "?N?N"},
    {"testing changes nothing", RECORD, POLICY("testing", "mx.other.example"), CLEAR, "CCCC"},
    {"none changes nothing", RECORD, POLICY("none", "mx.other.example"), GOOD, "EEEE"},
    {"a policy that is no policy", RECORD, POLICY("strict", "mx.h.example"), CLEAR, "CCCC"},
    {"a policy without a record", "", ENFORCE, CLEAR, "CCCC"},
    {"a record without an answer", RECORD, "", GOOD, "E?E?"},
    {"TLSA holds", SIGNED KEY, "", SELF, "EEAA"},
    {"TLSA holds, and the next key is there", SIGNED KEY NEXT, "", SELF, "EEAAr"},
    {"TLSA of an authority holds", SIGNED CA, "", CHAIN, "EEAAr"},
    {"TLSA holds, but the MX record is not signed", HOST_DNS KEY, "", SELF, "EEEE"},
    {"TLSA that does not match", SIGNED NEXT, "", GOOD, "EENN"},
    {"TLSA, and no TLS", SIGNED KEY, "", CLEAR, "CCNN"},
    {"TLSA that cannot be used demands TLS and proves nothing", SIGNED UNUSABLE, "", GOOD, "EEEE"},
    {"TLSA that cannot be used, and no TLS", SIGNED UNUSABLE, "", CLEAR, "CCNN"},
    {"TLSA that is not signed", KEY, "", CLEAR, "CCCC"},
    {"TLSA that is not answered", SIGNED NO_TLSA, "", GOOD, "EE??"},
    {"both hold", SIGNED KEY RECORD, ENFORCE, GOOD, "EAAA"},
    {"DANE holds where the policy does not", SIGNED KEY RECORD, ENFORCE, SELF, "ENAA"},
    {"a policy heals no TLSA that does not match", SIGNED NEXT RECORD, ENFORCE, GOOD, "EANN"},
    {"a policy proves where no TLSA can be used", SIGNED UNUSABLE RECORD, ENFORCE, GOOD, "EAEA"},
    {"neither delivers", SIGNED NEXT RECORD, ENFORCE, SELF, "ENNN"},
};

/** A case of one row. */
static struct case_set *world_of(size_t i)
{
    struct buf text = buf_new(1 << 16);
    struct case_set *set = NULL;
    struct case_error error = {0};

    buf_puts(&text, HEAD);
    buf_puts(&text, ROWS[i].dns);
    buf_puts(&text, ROWS[i].web);
    buf_puts(&text, ROWS[i].smtp);
    buf_puts(&text, "[expect]\nnot_finding = DNS-TCP\n");
    if (case_read(buf_span(&text), law_open, NULL, &set, &error) != ASSAY_DONE)
        fail_msg("%s: %s", ROWS[i].name, error.text);
    buf_done(&text);
    return set;
}

/** What the table says of one row. */
static bool row_holds(size_t i)
{
    struct case_set *set = world_of(i);
    uint32_t random = 1;
    assay_eval *eval = law_judge(engine, NULL, case_at(set, 0), &(struct law_way){0}, &random);
    const struct assay_posture *p = assay_domain_result(eval);
    const struct assay_transport *t = p->transports;
    char got[8];
    bool ok;

    assert_int_equal(p->ntransports, 1);
    snprintf(got, sizeof got, "%c%c%c%c%s", "?AECN"[t->opportunistic], "?AECN"[t->sts],
             "?AECN"[t->dane], "?AECN"[t->both], t -> rollover_ready ? "r" : "");
    ok = strcmp(got, ROWS[i].want) == 0 && t->sts_why.n && t->dane_why.n &&
         span_is(t->host, "mx.h.example");
    if (!ok)
        printf("  %s: wanted %s, got %s (%.*s; %.*s)\n", ROWS[i].name, ROWS[i].want, got,
               SPAN_ARG(t->sts_why), SPAN_ARG(t->dane_why));
    assay_eval_free(eval);
    case_set_free(set);
    return ok;
}

static void senders_do_what_the_standards_say(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++)
        wrong += !row_holds(i);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(senders_do_what_the_standards_say)};
    int failed;

    if (assay_engine_new(0, &engine) != ASSAY_DONE)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    assay_engine_free(engine);
    return failed;
}
