/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_signing.h
 * One signature made, by real keys, and read back: what the tests and the fuzzer of signing share.
 * What must hold is asserted by the MUST of the program that includes this.
 */
#ifndef DKIM_TEST_SIGNING_H
#define DKIM_TEST_SIGNING_H

#include "base/base64.h"
#include "crypto/private.h"
#include "dkim/sign.h"

#include <stdlib.h>

/** A key of a key holder. */
struct signing_key {
    struct private_key *key;
    struct buf record; /**< its key record */
};

/** Read a key and write its record. */
static inline struct signing_key signing_key_of(assay_engine *engine, assay_span pem)
{
    struct signing_key k = {.record = buf_new(8192)};
    const char *why;
    assay_span public;

    MUST(private_read(engine, pem, &k.key, &why) == ASSAY_DONE);
    public = private_public(k.key);
    buf_printf(&k.record, "v=DKIM1; k=%s; p=", private_type(k.key) == KEY_RSA ? "rsa" : "ed25519");
    base64_encode((const uint8_t *)public.p, public.n,
                  buf_room(&k.record, base64_encoded(public.n)));
    k.record.n += base64_encoded(public.n);
    return k;
}

/** Give a key back. */
static inline void signing_key_done(struct signing_key *k)
{
    private_free(k->key);
    buf_done(&k->record);
}

/** One message, and what is done with it: `run` is the evaluator. */
struct signing {
    struct assay_eval ev; /* first */
    struct message m;
    assay_status (*run)(struct signing *s);
    struct dkim_signer signer;
    struct dkim_made made;
    struct dkim_signature signature;
    struct dkim_verdict verdict;
    struct signing_key *key;
    enum assay_how how; /* how the key holder answers */
    unsigned questions;
};

static inline assay_status signing_step(struct assay_eval *ev)
{
    struct signing *s = (struct signing *)ev;

    return s->run(s);
}

static inline assay_status signing_run(struct signing *s)
{
    return dkim_sign(&s->ev, &s->m, &s->signer, &s->made);
}

static inline assay_status signing_verify(struct signing *s)
{
    static const struct dkim_options OPTIONS = {.max_signatures = 10,
                                                .min_rsa_bits = 1024,
                                                .max_rsa_bits = 4096};

    return dkim_verify_signature(&s->ev, &OPTIONS, &s->m, &s->signature, &s->verdict);
}

static const struct eval_ops SIGNING_OPS = {.step = signing_step};

/** Begin with the header of a message. \param rest  what of `raw` is the body */
static inline struct signing *signing_new(assay_engine *engine, assay_span raw, assay_span *rest)
{
    struct signing *s = calloc(1, sizeof *s);

    MUST(s != NULL);
    eval_init(&s->ev, &SIGNING_OPS, engine, 1795435200);
    message_init(&s->m, engine, 0);
    MUST(message_feed(&s->m, &raw) >= 0);
    MUST(message_eoh(&s->m) == ASSAY_DONE);
    s->how = ASSAY_OK;
    *rest = raw;
    return s;
}

static inline void signing_free(struct signing *s)
{
    message_done(&s->m);
    eval_done(&s->ev);
    free(s);
}

/** Answer one question: SIGN by the key, TXT by its record. */
static inline void signing_answer(struct signing *s, const struct assay_question *q)
{
    uint8_t digest[SHA256_SIZE], octets[PRIVATE_SIGNATURE];
    char wire[4096];
    assay_span item = {wire, 0}, record = buf_span(&s->key->record);
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .data = &item, .n = 1};
    enum key_type type;
    assay_fact *fact;

    s->questions++;
    if (q->kind == ASSAY_SIGN) {
        MUST(private_question(q->data, &type, digest) && type == private_type(s->key->key));
        MUST(private_sign(s->key->key, digest, octets, &item.n) == ASSAY_DONE);
        item.p = (const char *)octets;
        a.how = s->how;
        a.n = s->how == ASSAY_OK;
    } else {
        while (record.n) {
            assay_span string = span_first(record, 255);

            wire[item.n++] = (char)string.n;
            memcpy(wire + item.n, string.p, string.n);
            item.n += string.n;
            record = span_from(record, string.n);
        }
    }
    MUST(assay_fact_new(q->kind, q->rrtype, &a, &fact) == ASSAY_DONE);
    assay_answer_question(&s->ev, q->id, fact);
    assay_fact_free(fact);
}

/** Give the body and step to the end. */
static inline void signing_finish(struct signing *s, assay_span body)
{
    struct assay_question q;
    assay_status status;

    if (body.n)
        MUST(message_body(&s->m, body) == ASSAY_DONE);
    MUST(message_eom(&s->m) == ASSAY_DONE);
    s->ev.epoch++;
    while ((status = assay_step(&s->ev)) == ASSAY_NEED)
        while (assay_next_question(&s->ev, &q))
            signing_answer(s, &q);
    MUST(status == ASSAY_DONE);
}

/** Sign a message. signing_free() it. */
static inline struct signing *signing_sign(assay_engine *engine, assay_span raw,
                                           const struct dkim_signer *signer,
                                           struct signing_key *key)
{
    assay_span body;
    struct signing *s = signing_new(engine, raw, &body);

    s->run = signing_run;
    s->signer = *signer;
    s->key = key;
    MUST(dkim_sign_want(&s->m, signer) == ASSAY_DONE);
    signing_finish(s, body);
    return s;
}

/** The message with its field on top. buf_done() it. */
static inline struct buf signing_signed(const struct signing *s, assay_span raw)
{
    struct buf out = buf_new(SIZE_MAX / 2);

    buf_put(&out, dkim_field_name(s->signer.field));
    buf_puts(&out, ": ");
    buf_put(&out, s->made.value);
    buf_puts(&out, "\r\n");
    buf_put(&out, raw);
    MUST(out.status == ASSAY_DONE);
    return out;
}

/** Verify the signature that stands first in a message. signing_free() it. */
static inline struct signing *signing_read(assay_engine *engine, assay_span raw,
                                           enum dkim_field field, struct signing_key *key)
{
    assay_span body;
    struct signing *s = signing_new(engine, raw, &body);

    s->run = signing_verify;
    s->key = key;
    MUST(dkim_signature_read(&s->ev.keep, &s->m.header, field, 0, &s->signature) == ASSAY_DONE);
    if (!s->signature.fault)
        MUST(body_want(&s->m.body, s->signature.body_canon, s->signature.length) == ASSAY_DONE);
    signing_finish(s, body);
    return s;
}

#endif
