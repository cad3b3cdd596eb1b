/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include "world.h"

#include <stdio.h>

/** The time one RSA-2048 verification takes on the machine that the figures in us are of. */
static const double VERIFY_US = 23;

/** A whole message, or an envelope alone. */
struct judged {
    assay_engine *engine;
    assay_policy *policy;
    struct assay_envelope envelope;
    assay_span message; /**< empty: the envelope alone */
    struct bench_world *world;
    enum bench_arrival arrival;
    unsigned rounds;
    const char *wanted; /**< the SPF result */
};

/** Judge once. */
static bool judge(void *arg)
{
    struct judged *j = arg;
    assay_eval *eval;
    bool ok;

    if (j->message.n) {
        ok = assay_receive_new(j->engine, j->policy, &j->envelope, &eval) == ASSAY_DONE &&
             assay_feed(eval, j->message) == ASSAY_DONE && assay_eom(eval) == ASSAY_DONE;
    } else {
        ok = assay_envelope_new(j->engine, j->policy, &j->envelope, &eval) == ASSAY_DONE;
    }
    ok = ok && (j->rounds = bench_world_drive(j->world, eval, j->arrival)) > 0 &&
         span_is(assay_result(eval)->checks[0]->result, j->wanted) &&
         assay_result(eval)->what == ASSAY_ACCEPT;
    assay_eval_free(eval);
    return ok;
}

/**
 * A record of eight lookups: six includes, a and mx, the match on the last; 61 networks on the way.
 */
static void add_eight_lookups(struct bench_world *w)
{
    struct buf text = buf_new(8192);

    bench_world_add(
        w, "example.com", ASSAY_RR_TXT,
        "\"v=spf1 include:i1.example.net include:i2.example.net include:i3.example.net "
        "include:i4.example.net include:i5.example.net include:i6.example.net a:out.example.com mx -all\"");
    for (int i = 1; i <= 6; i++) {
        char name[32];

        buf_clear(&text);
        buf_puts(&text, "\"v=spf1");
        for (int k = 0; k < (i == 6 ? 11 : 10); k++)
            buf_printf(&text, " ip4:198.%d.%d.0/24", 50 + i, k * 7);
        buf_puts(&text, " ~all\"");
        buf_putc(&text, '\0');
        snprintf(name, sizeof name, "i%d.example.net", i);
        bench_world_add(w, name, ASSAY_RR_TXT, text.p);
    }
    bench_world_add(w, "out.example.com", ASSAY_RR_A, "203.0.113.1");
    bench_world_add(w, "example.com", ASSAY_RR_MX, "10 mx1.example.com.");
    bench_world_add(w, "example.com", ASSAY_RR_MX, "20 mx2.example.com.");
    bench_world_add(w, "mx1.example.com", ASSAY_RR_A, "203.0.113.2");
    bench_world_add(w, "mx2.example.com", ASSAY_RR_A, "192.0.2.55");
    buf_done(&text);
}

/** Ten mx of ten hosts each; the last address matches. */
static void add_ten_mx(struct bench_world *w)
{
    struct buf text = buf_new(8192);
    char name[32], data[64];

    buf_puts(&text, "\"v=spf1");
    for (int i = 0; i < 10; i++) {
        buf_printf(&text, " mx:d%d.example.org", i);
        for (int k = 0; k < 10; k++) {
            snprintf(name, sizeof name, "d%d.example.org", i);
            snprintf(data, sizeof data, "10 h%d-%d.example.org.", i, k);
            bench_world_add(w, name, ASSAY_RR_MX, data);
            snprintf(name, sizeof name, "h%d-%d.example.org", i, k);
            bench_world_add(w, name, ASSAY_RR_A, i == 9 && k == 9 ? "192.0.2.55" : "203.0.113.9");
        }
    }
    buf_puts(&text, " -all\"");
    buf_putc(&text, '\0');
    bench_world_add(w, "mx.example.org", ASSAY_RR_TXT, text.p);
    buf_done(&text);
}

/**
 * Eleven records, each of 61 includes of which the first leads on: the worst chain that RFC 7208
 * allows.
 */
static void add_chain(struct bench_world *w)
{
    struct buf text = buf_new(8192);
    char name[32];

    for (int i = 0; i < 11; i++) {
        buf_clear(&text);
        buf_puts(&text, "\"v=spf1");
        for (int k = 0; k < 61; k++) {
            if (k && k % 9 == 0)
                buf_puts(&text, "\" \"");
            buf_printf(&text, " include:c%d.example.org", k ? 100 * i + k : i + 1);
        }
        buf_puts(&text, i == 10 ? "\"" : " -all\"");
        buf_putc(&text, '\0');
        snprintf(name, sizeof name, "c%d.example.org", i);
        bench_world_add(w, name, ASSAY_RR_TXT, text.p);
    }
    buf_done(&text);
}

/** Print how many rounds the last judgement took. */
static void print_rounds(const char *name, const struct judged *j)
{
    if (!bench_skipped(name))
        printf("%s.rounds\t%u\t-\t-\tsteps\n", name, j->rounds);
}

/** Whole messages. */
static void bench_messages(struct judged *j, const struct bench_key *key)
{
    struct bench_least one, five;
    struct buf message, message5;

    bench_message_make(key, false, 2048, 1, &message);
    bench_message_make(key, false, 2048, 5, &message5);
    bench_least_make(key, false, SPAN_EMPTY, 1, &one);
    bench_least_make(key, false, SPAN_EMPTY, 5, &five);
    j->wanted = "pass";
    j->message = buf_span(&message);
    j->arrival = BENCH_READY;
    bench_pair("verify.all.2k.ready", judge, j, bench_least_run, &one, 2000, BENCH_AT_MOST,
               60 / VERIFY_US);
    print_rounds("verify.all.2k.ready", j);
    j->arrival = BENCH_ONE_BY_ONE;
    bench_pair("verify.all.2k.one-by-one", judge, j, bench_least_run, &one, 2000, BENCH_AT_MOST,
               90 / VERIFY_US);
    print_rounds("verify.all.2k.one-by-one", j);
    j->message = buf_span(&message5);
    bench_pair("verify.all.2k.5signatures.one-by-one", judge, j, bench_least_run, &five, 1000,
               BENCH_AT_MOST, 1.5);
    buf_done(&message);
    buf_done(&message5);
}

/** SPF alone. */
static void bench_spf(struct judged *j, const struct bench_key *key)
{
    struct bench_least one;

    bench_least_make(key, false, SPAN_EMPTY, 1, &one);
    j->message = SPAN_EMPTY;
    j->envelope.helo = SPAN_EMPTY;
    j->arrival = BENCH_READY;
    bench_pair("spf.8lookups.ready", judge, j, bench_least_run, &one, 5000, BENCH_AT_MOST,
               15 / VERIFY_US);
    j->arrival = BENCH_ONE_BY_ONE;
    bench_pair("spf.8lookups.one-by-one", judge, j, bench_least_run, &one, 5000, BENCH_AT_MOST,
               20 / VERIFY_US);
    j->arrival = BENCH_READY;
    j->envelope.mail_from = SPAN("bob@mx.example.org");
    bench_pair("spf.10mx-of-10hosts", judge, j, bench_least_run, &one, 2000, BENCH_AT_MOST,
               50 / VERIFY_US);
    j->envelope.mail_from = SPAN("bob@c0.example.org");
    j->wanted = "permerror";
    bench_pair("spf.11chained-of-61includes", judge, j, bench_least_run, &one, 2000, BENCH_AT_MOST,
               60 / VERIFY_US);
}

void bench_flow(void)
{
    struct bench_world world = {0};
    struct bench_key key;
    struct buf record = buf_new(8192);
    struct judged j = {.world = &world};
    const char *why;

    bench_key_make(false, &key);
    buf_printf(&record, "\"%.*s\" \"%.*s\"", 200, key.record.p, (int)key.record.n - 200,
               key.record.p + 200);
    buf_putc(&record, '\0');
    for (int i = 1; i <= 5; i++) {
        char name[64];

        snprintf(name, sizeof name, "s%d._domainkey.example.com", i);
        bench_world_add(&world, name, ASSAY_RR_TXT, record.p);
    }
    bench_world_add(&world, "_dmarc.example.com", ASSAY_RR_TXT,
                    "\"v=DMARC1; p=reject; rua=mailto:d@example.com\"");
    bench_world_add(&world, "mail.example.com", ASSAY_RR_TXT, "\"v=spf1 a -all\"");
    bench_world_add(&world, "mail.example.com", ASSAY_RR_A, "192.0.2.55");
    bench_world_add(&world, "55.2.0.192.in-addr.arpa", ASSAY_RR_PTR, "mail.example.com.");
    add_eight_lookups(&world);
    add_ten_mx(&world);
    add_chain(&world);
    if (assay_engine_new(64, &j.engine) || assay_policy_new(&j.policy) ||
        assay_policy_set(j.policy, "iprev.check", "no", &why))
        bench_fail("no engine");
    assay_policy_seal(j.policy);
    j.envelope = (struct assay_envelope){.size = sizeof j.envelope,
                                         .now = 1764000000,
                                         .ip = SPAN("192.0.2.55"),
                                         .helo = SPAN("mail.example.com"),
                                         .mail_from = SPAN("billing@example.com"),
                                         .hostname = SPAN("mx.example.net")};
    bench_messages(&j, &key);
    bench_spf(&j, &key);
    assay_policy_free(j.policy);
    assay_engine_free(j.engine);
    buf_done(&record);
}
