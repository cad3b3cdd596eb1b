/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include "receive/receive.h"

#include <stdio.h>
#include <stdlib.h>

/**
 * A DKIM verification alone: the message from its bytes, the key's fact at hand, the parsed key in
 * the memo.
 */
struct verification {
    assay_engine *engine;
    struct dkim_options options;
    struct assay_eval ev;
    assay_span message;
    assay_fact *key;
};

static assay_status no_step(struct assay_eval *ev)
{
    (void)ev;
    return ASSAY_DONE;
}

static const struct eval_ops OPS = {.step = no_step};

/** Run the branch, answering the one question there is. */
static assay_status run(struct verification *v, struct dkim_check *check, struct branch *branch)
{
    struct assay_question q;
    assay_status s = branch_run(&v->ev, branch, dkim_check_all, check);

    while (s == ASSAY_NEED && assay_next_question(&v->ev, &q)) {
        assay_answer_question(&v->ev, q.id, v->key);
        s = branch_run(&v->ev, branch, dkim_check_all, check);
    }
    return s;
}

/** Verify once. */
static bool verify(void *arg)
{
    struct verification *v = arg;
    struct dkim_check check = {.options = &v->options};
    struct branch branch = {0};
    struct message message;
    assay_span rest = v->message, author = SPAN("example.com");
    bool ok;

    memset(&v->ev, 0, sizeof v->ev);
    eval_init(&v->ev, &OPS, v->engine, 1764000000);
    message_init(&message, v->engine, 0);
    check.message = &message;
    ok = message_feed(&message, &rest) == ASSAY_MORE &&
         dkim_prepare(&v->ev, &message, &author, 1, &check) == ASSAY_DONE &&
         message_body(&message, rest) == ASSAY_DONE && message_eom(&message) == ASSAY_DONE &&
         run(v, &check, &branch) == ASSAY_DONE && check.n == 1 &&
         check.slots[0].verdict.result == DKIM_PASS;
    eval_done(&v->ev);
    message_done(&message);
    return ok;
}

/** Make the fact of a key record. */
static assay_fact *key_fact(const struct bench_key *key)
{
    struct buf rdata = buf_new(8192);
    assay_span text = buf_span(&key->record), data;
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .data = &data, .n = 1};
    assay_fact *fact;

    while (text.n) {
        assay_span part = span_first(text, 255);

        buf_putc(&rdata, (char)part.n);
        buf_put(&rdata, part);
        text = span_from(text, part.n);
    }
    data = buf_span(&rdata);
    if (assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &a, &fact) != ASSAY_DONE)
        bench_fail("no fact");
    buf_done(&rdata);
    return fact;
}

/** One line. */
static void bench_one(const char *name, bool ed25519, size_t size, unsigned times, double reach)
{
    struct bench_key key;
    struct bench_least least;
    struct buf message;
    struct verification v = {.options = {10, 1024, 4096, false}};

    if (bench_skipped(name))
        return;
    bench_key_make(ed25519, &key);
    bench_message_make(&key, ed25519, size, 1, &message);
    bench_least_make(&key, ed25519, buf_span(&message), 1, &least);
    if (assay_engine_new(16, &v.engine) != ASSAY_DONE)
        bench_fail("no engine");
    v.message = buf_span(&message);
    v.key = key_fact(&key);
    bench_pair(name, verify, &v, bench_least_run, &least, times, BENCH_AT_LEAST, reach);
    assay_fact_free(v.key);
    assay_engine_free(v.engine);
    buf_done(&message);
}

void bench_dkim(void)
{
    bench_one("dkim.verify.rsa2048.2k", false, 2048, 4000, 0.75);
    bench_one("dkim.verify.rsa2048.20k", false, 20480, 2000, 0.70);
    bench_one("dkim.verify.rsa2048.1m", false, 1 << 20, 100, 0.80);
    bench_one("dkim.verify.ed25519.2k", true, 2048, 1000, 0.90);
}
