/* SPDX-License-Identifier: BSD-2-Clause */
#include "send/send.h"

#include <stdlib.h>

/* ---- one key ---- */

/** Decide. The reason lives as long as the evaluation. */
static assay_status decide(struct send_slot *slot, enum send_result result, const char *ref,
                           assay_span reason)
{
    slot->result = result;
    slot->ref = ref;
    slot->reason = reason;
    trace(&slot->send->ev, ref, SPAN("result\t%1\t%2"),
          result == SEND_SIGNED    ? SPAN("signed")
          : result == SEND_SKIPPED ? SPAN("skipped")
                                   : SPAN("failed"),
          reason);
    return ASSAY_DONE;
}

/** A key that is not fit is not used, unless the policy says otherwise. */
static bool is_in_the_way(const struct send_slot *slot, const struct dkim_published *p)
{
    return p->state == DKIM_KEY_UNFIT && slot->send->policy->sign_mismatch == POLICY_MISMATCH_SKIP;
}

/** A signature was made: does the published key verify it? */
static assay_status check_made(struct send_slot *slot, const struct dkim_published *before)
{
    struct dkim_published p = *before;

    if (before->state == DKIM_KEY_FIT) {
        assay_status s = dkim_check_made(&slot->send->ev, &slot->signer, &slot->made, &p);

        if (s != ASSAY_DONE)
            return s;
    }
    return decide(slot, is_in_the_way(slot, &p) ? SEND_SKIPPED : SEND_SIGNED, p.ref, p.reason);
}

/** Sign by one key: a branch_fn over a struct send_slot. */
static assay_status sign_one(struct assay_eval *ev, void *arg)
{
    struct send_slot *slot = arg;
    const struct send *send = slot->send;
    const struct dkim_signer *signer = &slot->signer;
    struct dkim_published published = {.state = DKIM_KEY_UNKNOWN, .reason = SPAN_EMPTY};
    assay_status s;

    trace(ev, NULL, SPAN("DKIM signature, %1, selector %2"), signer->domain, signer->selector);
    trace_in(ev);
    if (signer->identity.n && !dns_is_under(signer->identity_domain, signer->domain))
        return decide(slot, SEND_SKIPPED, "RFC 6376 3.5",
                      SPAN("identity= is neither of the author's domain nor below it"));
    if (send->policy->sign_check && (s = dkim_look_up_key(ev, signer, &published)) != ASSAY_DONE)
        return s;
    if (is_in_the_way(slot, &published))
        return decide(slot, SEND_SKIPPED, published.ref, published.reason);
    if ((s = dkim_sign(ev, &send->in.message, signer, &slot->made)) != ASSAY_DONE)
        return s;
    if (slot->made.result == DKIM_SIGNED)
        return check_made(slot, &published);
    return decide(slot, slot->made.result == DKIM_UNFIT ? SEND_SKIPPED : SEND_FAILED,
                  slot->made.ref, slot->made.reason);
}

/* ---- the flow ---- */

/** The step of this flow. */
static assay_status step(struct assay_eval *ev)
{
    struct send *s = (struct send *)ev;
    assay_status all;

    if (s->in.broken)
        return ASSAY_ENOMEM;
    if (!s->in.prepared)
        return ASSAY_MORE;
    all = branch_run(ev, &s->match, send_tell_match, s);
    for (size_t i = 0; i < s->n; i++)
        all = join(all, branch_run(ev, &s->slots[i].branch, sign_one, &s->slots[i]));
    if (all == ASSAY_DONE && !intake_complete(&s->in))
        return ASSAY_MORE;
    return all == ASSAY_DONE ? send_verdict(s) : all;
}

/** Set up the signer of a key. */
static void set_signer(const struct send *s, const struct sign_key *key, struct dkim_signer *ret)
{
    const struct sign_rule *rule = s->rule;
    uint64_t now = s->ev.now > 0 ? (uint64_t)s->ev.now : 0;

    *ret = (struct dkim_signer){.field = DKIM_SIGNATURE,
                                .algorithm = key->algorithm,
                                .header_canon = rule->header_canon,
                                .body_canon = rule->body_canon,
                                .domain = key->domain.n ? key->domain : s->authors.domains[0],
                                .selector = key->selector,
                                .identity = rule->identity,
                                .identity_domain = rule->identity_domain,
                                .profile = rule->fields.profile,
                                .names = rule->fields.names,
                                .timestamp = rule->no_timestamp ? 0 : now,
                                .expiration = rule->expire && now ? now + rule->expire : 0};
}

/** Set up the slots. */
static assay_status set_slots(struct send *s)
{
    struct send_slot *slots = arena_zero(&s->ev.keep, s->rule->nkeys * sizeof *slots);

    if (!slots)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < s->rule->nkeys; i++) {
        slots[i].send = s;
        set_signer(s, &s->rule->keys[i], &slots[i].signer);
        if (dkim_sign_want(&s->in.message, &slots[i].signer) != ASSAY_DONE)
            return ASSAY_ENOMEM; /* one digest of the whole body always fits */
    }
    s->slots = slots;
    s->n = s->rule->nkeys;
    return ASSAY_DONE;
}

/** Find the policy for the message: by envelope and header, for there is nothing else to know. */
static assay_status choose_policy(struct send *s)
{
    bool sure = !s->authors.over && !s->authors.hidden;
    struct policy_facts facts = {.listener = s->listener,
                                 .user = s->user,
                                 .ip = s->ip,
                                 .sender_unknown = s->sender_unknown,
                                 .recipients = s->recipients,
                                 .nrecipients = s->nrecipients,
                                 .header = &s->in.message.header,
                                 .authors = s->authors.domains,
                                 .nauthors = sure ? s->authors.n : 0,
                                 .client_name = SPAN_EMPTY};

    if (!s->top->children)
        return ASSAY_DONE;
    if (path_read(&s->ev.keep, s->mail_from, &facts.sender) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    s->policy = policy_select(s->top, &facts);
    return ASSAY_DONE;
}

/** Read what the header has. */
static assay_status prepare(void *send)
{
    struct send *s = send;
    assay_status status = authors_find(&s->ev.keep, &s->in.message.header, &s->authors);

    if (status == ASSAY_DONE)
        status = choose_policy(s);
    if (status == ASSAY_DONE)
        status = send_match(s);
    if (status == ASSAY_DONE && s->rule)
        status = set_slots(s);
    if (status == ASSAY_DONE)
        s->ev.epoch++;
    return status;
}

/* ---- the public calls ---- */

/** Room for one more recipient. */
static assay_status make_room(struct send *s)
{
    size_t cap = s->recipients_cap ? s->recipients_cap * 2 : 4;
    struct path *wider;

    if (s->nrecipients < s->recipients_cap)
        return ASSAY_DONE;
    if (!(wider = arena_get(&s->ev.keep, cap * sizeof *wider)))
        return ASSAY_ENOMEM;
    if (s->nrecipients)
        memcpy(wider, s->recipients, s->nrecipients * sizeof *wider);
    s->recipients = wider;
    s->recipients_cap = cap;
    return ASSAY_DONE;
}

static assay_status rcpt(struct assay_eval *ev, assay_span address)
{
    struct send *s = (struct send *)ev;
    struct path *path;
    assay_span kept;

    if (!intake_begins(&s->in))
        return ASSAY_EORDER;
    if (!s->top->children)
        return ASSAY_DONE; /* nothing depends on whom it is for */
    if (make_room(s) != ASSAY_DONE || !arena_copy(&ev->keep, address, &kept))
        return ASSAY_ENOMEM;
    path = &s->recipients[s->nrecipients];
    if (path_read(&ev->keep, kept, path) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    s->nrecipients++;
    return ASSAY_DONE;
}

static assay_status header(struct assay_eval *ev, assay_span name, assay_span value)
{
    return intake_header(&((struct send *)ev)->in, name, value);
}

static assay_status eoh(struct assay_eval *ev)
{
    return intake_eoh(&((struct send *)ev)->in);
}

static assay_status body(struct assay_eval *ev, assay_span chunk)
{
    return intake_body(&((struct send *)ev)->in, chunk);
}

static assay_status body_digest(struct assay_eval *ev, assay_span canonicalization, uint64_t length,
                                assay_span sha256)
{
    return intake_body_digest(&((struct send *)ev)->in, canonicalization, length, sha256);
}

static assay_status eom(struct assay_eval *ev)
{
    assay_status s = intake_eom(&((struct send *)ev)->in);

    if (s == ASSAY_DONE)
        ev->epoch++;
    return s;
}

static assay_status feed(struct assay_eval *ev, assay_span raw)
{
    return intake_feed(&((struct send *)ev)->in, raw);
}

/** A key that is not published needs no body. */
static bool wants_body(const struct assay_eval *ev)
{
    const struct send *s = (const struct send *)ev;

    for (size_t i = 0; i < s->n; i++)
        if (!s->slots[i].branch.frozen)
            return true;
    return false;
}

static void send_free(struct assay_eval *ev)
{
    struct send *s = (struct send *)ev;

    intake_done(&s->in);
    eval_done(ev);
    free(s);
}

/** The message was read to its end. */
static void settle(struct assay_eval *ev)
{
    intake_settle(&((struct send *)ev)->in);
}

static const struct eval_ops SEND_OPS = {.step = step,
                                         .free = send_free,
                                         .rcpt = rcpt,
                                         .header = header,
                                         .eoh = eoh,
                                         .body = body,
                                         .body_digest = body_digest,
                                         .eom = eom,
                                         .feed = feed,
                                         .settle = settle,
                                         .wants_body = wants_body};

struct send *send_of(assay_eval *ev)
{
    return ev->ops == &SEND_OPS ? (struct send *)ev : NULL;
}

/** Copy the envelope. */
static assay_status copy_envelope(struct send *s, const struct assay_envelope *e)
{
    struct arena *keep = &s->ev.keep;

    s->sender_unknown = e->mail_from_unknown;
    return arena_copy(keep, e->hostname, &s->hostname) && arena_copy(keep, e->user, &s->user) &&
                   arena_copy(keep, e->listener, &s->listener) &&
                   arena_copy(keep, e->mail_from, &s->mail_from)
               ? ASSAY_DONE
               : ASSAY_ENOMEM;
}

assay_status assay_send_new(assay_engine *engine, const assay_policy *policy,
                            const struct assay_envelope *envelope, assay_eval **ret)
{
    struct assay_envelope e = {0};
    struct ip ip = {0};
    struct send *s;

    if (!policy->sealed || envelope->size < sizeof(size_t) || envelope->size > sizeof e)
        return ASSAY_EINVAL;
    memcpy(&e, envelope, envelope->size);
    if (e.sample > 99 || (e.ip.n && !ip_read(e.ip, &ip)) || (e.mail_from_unknown && e.mail_from.n))
        return ASSAY_EINVAL;
    if (!(s = calloc(1, sizeof *s)))
        return ASSAY_ENOMEM;
    eval_init(&s->ev, &SEND_OPS, engine, e.now);
    s->top = s->policy = policy;
    s->ip = ip;
    s->why_not = SPAN_EMPTY;
    intake_init(&s->in, engine, 0, prepare, s);
    if (copy_envelope(s, &e) != ASSAY_DONE) {
        send_free(&s->ev);
        return ASSAY_ENOMEM;
    }
    *ret = &s->ev;
    return ASSAY_DONE;
}
