/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim/dkim.h"

/** The signature's domain is equal to, above or below an author domain: DMARC may want it. */
static bool is_near(const struct dkim_signature *s, const assay_span *authors, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s->domain.n &&
            (dns_is_under(s->domain, authors[i]) || dns_is_under(authors[i], s->domain)))
            return true;
    return false;
}

/** Choose which signatures are verified: first those near an author, then from the top. */
static void choose(struct dkim_check *c, const assay_span *authors, size_t nauthors)
{
    unsigned left = c->options->max_signatures;

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < c->n; i++) {
            struct dkim_slot *slot = &c->slots[i];
            bool near = is_near(&slot->signature, authors, nauthors);

            if (near == (round == 1))
                continue;
            slot->over_limit = left == 0;
            left -= left > 0;
        }
}

/** Want the digest of the body that a signature needs. */
static void want(struct message *message, struct dkim_slot *slot)
{
    const struct dkim_signature *s = &slot->signature;

    if (s->fault || slot->over_limit || s->algorithm == DKIM_RSA_SHA1)
        return;
    if (body_want(&message->body, s->body_canon, s->length) != ASSAY_DONE) {
        slot->signature.fault = "too many different l= in one message";
        slot->signature.fault_ref = "RFC 6376 3.5";
    }
}

assay_status dkim_prepare(struct assay_eval *ev, struct message *message, const assay_span *authors,
                          size_t nauthors, struct dkim_check *c)
{
    const struct header *h = &message->header;
    const assay_span name = SPAN("DKIM-Signature");
    size_t total = header_count(h, name), n = total < LIMIT_SIGNATURES ? total : LIMIT_SIGNATURES;
    struct dkim_slot *slots = arena_zero(&ev->keep, (n + 1) * sizeof *slots);
    size_t at = 0;

    if (!slots)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < n; i++, at++) {
        at = header_find(h, name, at);
        if (dkim_signature_read(&ev->keep, h, DKIM_SIGNATURE, at, &slots[i].signature) !=
            ASSAY_DONE)
            return ASSAY_ENOMEM;
        slots[i].check = c;
    }
    c->slots = slots;
    c->n = n;
    c->more = total > n;
    choose(c, authors, nauthors);
    for (size_t i = 0; i < n; i++)
        want(message, &slots[i]);
    return ASSAY_DONE;
}

/** The domain of a signature for people, whatever state it is in. */
static assay_span shown(assay_span name, assay_span as_written)
{
    return name.n ? name : as_written.p ? as_written : SPAN("?");
}

/** Verify one signature: a branch_fn over a struct dkim_slot. */
static assay_status check_one(struct assay_eval *ev, void *arg)
{
    struct dkim_slot *slot = arg;
    const struct dkim_signature *s = &slot->signature;

    trace(ev, NULL, SPAN("DKIM %1, selector %2"), shown(s->domain, s->domain_as),
          shown(s->selector, s->selector_as));
    trace_in(ev);
    if (slot->over_limit) {
        trace(ev, "RFC 6376 4.2", SPAN("not verified\t\tneutral"));
        slot->verdict =
            (struct dkim_verdict){.result = DKIM_NEUTRAL,
                                  .ref = "RFC 6376 4.2",
                                  .reason = SPAN("over the limit of signatures that are verified")};
        return ASSAY_DONE;
    }
    return dkim_verify_signature(ev, slot->check->options, slot->check->message, s, &slot->verdict);
}

assay_status dkim_check_all(struct assay_eval *ev, void *check)
{
    struct dkim_check *c = check;
    assay_status all = ASSAY_DONE;

    if (c->n == 0)
        trace(ev, "RFC 6376 6.1", SPAN("DKIM\tno DKIM-Signature\tnone"));
    if (c->more)
        trace(ev, "RFC 6376 4.2",
              SPAN("DKIM\tmore than 100 signatures\tthe lowest are not looked at"));
    for (size_t i = 0; i < c->n; i++)
        all = join(all, branch_run(ev, &c->slots[i].branch, check_one, &c->slots[i]));
    return all;
}
