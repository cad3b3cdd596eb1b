/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/receive.h"

#include "receive/verdict.h"

#include <stdlib.h>

/** When a branch can begin. */
enum stage { AT_MAIL, AT_EOH };

/** One row of the table: a branch, and what it works on. */
struct row {
    enum receive_branch branch;
    enum stage stage;
    branch_fn *run;
    size_t slot;
};

#define ROW(branch, stage, run, member)                      \
    {                                                        \
        branch, stage, run, offsetof(struct receive, member) \
    }

/** The flow. DMARC and what follows it come behind it, in dispose.c. */
static const struct row ROWS[] = {
    ROW(RECEIVE_SPF_MFROM, AT_MAIL, spf_check_host, spf_mfrom),
    ROW(RECEIVE_SPF_HELO, AT_MAIL, spf_check_host, spf_helo),
    ROW(RECEIVE_IPREV, AT_MAIL, iprev_check, iprev),
    ROW(RECEIVE_DKIM, AT_EOH, dkim_check_all, dkim),
    ROW(RECEIVE_ARC, AT_EOH, arc_check_chain, arc),
    ROW(RECEIVE_DMARC, AT_EOH, dmarc_evaluate, dmarc),
    ROW(RECEIVE_DMARC_OTHER, AT_EOH, dmarc_evaluate, dmarc_other),
};

/* ---- between the branches ---- */

/** An identifier's state as DMARC wants it. */
static enum dmarc_truth truth(bool pass, bool temperror)
{
    return pass ? DMARC_YES : temperror ? DMARC_UNKNOWN : DMARC_NO;
}

/**
 * The SPF domain as an identifier. An error that SPF takes for no match (RFC 7208 5.5) proves
 * nothing, but no policy may come of it either (RFC 9989 5.3.6).
 */
static struct dmarc_identifier spf_identifier(const struct receive *r, bool done)
{
    const struct spf_verdict *v = &r->spf_mfrom.verdict;
    bool unknown = v->result == SPF_TEMPERROR || v->unanswered;

    return (struct dmarc_identifier){.authenticated =
                                         done ? truth(v->result == SPF_PASS, unknown) : DMARC_NO,
                                     .domain = done ? v->domain : SPAN_EMPTY,
                                     .label = SPAN_EMPTY};
}

/** A signature that is verified at all: for no other need DMARC look at anything. */
static bool may_pass(const struct dkim_slot *slot)
{
    return !slot->signature.fault && !slot->over_limit;
}

/**
 * d= of a signature as an identifier.
 *
 * \param hidden_from  there is a From field that no signature can name (mail/author.h)
 */
static struct dmarc_identifier dkim_identifier(const struct dkim_slot *slot, bool done,
                                               bool hidden_from)
{
    enum dkim_result result = done ? slot->verdict.result : DKIM_NONE;

    return (struct dmarc_identifier){.dkim = true,
                                     .authenticated =
                                         truth(result == DKIM_PASS, result == DKIM_TEMPERROR),
                                     .domain = slot->signature.domain,
                                     .from_unsigned =
                                         !(slot->signature.covered & DKIM_FROM) || hidden_from,
                                     .label = slot->signature.selector};
}

/**
 * The identifiers of a message (RFC 9989 4.3), for both views of DMARC. Until SPF and DKIM are done
 * nothing of them is authenticated; when they are, DMARC has to look again.
 */
static void take_identifiers(struct receive *r)
{
    bool spf_done = receive_done(r, RECEIVE_SPF_MFROM), dkim_done = receive_done(r, RECEIVE_DKIM);
    bool changed = r->dmarc.ready != (spf_done && dkim_done) || !r->branches[RECEIVE_DMARC].ran;
    size_t n = 0;

    r->branches[RECEIVE_DMARC].always = r->branches[RECEIVE_DMARC_OTHER].always = changed;
    if (!changed)
        return;
    r->identifiers[n++] = spf_identifier(r, spf_done);
    for (size_t i = 0; i < r->dkim.n && n < LIMIT_IDENTIFIERS; i++)
        if (may_pass(&r->dkim.slots[i]))
            r->identifiers[n++] = dkim_identifier(&r->dkim.slots[i], dkim_done, r->authors.hidden);
    r->dmarc.nidentifiers = r->dmarc_other.nidentifiers = n;
    r->dmarc.ready = r->dmarc_other.ready = spf_done && dkim_done;
}

/** A branch belongs to this evaluation and can run now. */
static bool wanted(const struct receive *r, const struct row *row)
{
    if (row->branch == RECEIVE_DMARC_OTHER && !r->policy->dmarc_second_view)
        return false;
    if (row->branch == RECEIVE_IPREV && !policy_wants_iprev(r->top))
        return false;
    return row->stage == AT_MAIL || r->in.prepared;
}

/** MAIL FROM is not known: nothing is judged. A branch_fn over a struct spf_slot. */
static assay_status unknown_sender(struct assay_eval *ev, void *slot)
{
    struct spf_verdict *v = &((struct spf_slot *)slot)->verdict;

    v->result = SPF_NONE;
    v->reason = SPAN("the reverse-path is not known");
    v->ref = "RFC 7208 2.6.1";
    v->domain = v->term = v->explanation = SPAN_EMPTY;
    trace(ev, v->ref, SPAN("SPF of MAIL FROM\t%1\t%2"), v->reason, SPAN("none"));
    return ASSAY_DONE;
}

/** What runs a branch. */
static branch_fn *run_of(const struct receive *r, const struct row *row)
{
    return row->branch == RECEIVE_SPF_MFROM && r->sender_unknown ? unknown_sender : row->run;
}

/** Run every branch that can run; one round collects all their questions. */
static assay_status run_branches(struct receive *r)
{
    assay_status all = ASSAY_DONE;

    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const struct row *row = &ROWS[i];

        if (!wanted(r, row))
            continue;
        if (row->branch == RECEIVE_DMARC)
            take_identifiers(r);
        all = join(all, branch_run(&r->ev, &r->branches[row->branch], run_of(r, row),
                                   (char *)r + row->slot));
    }
    return all;
}

/** The step of this flow. */
static assay_status step(struct assay_eval *ev)
{
    struct receive *r = (struct receive *)ev;
    assay_status s = r->in.broken ? ASSAY_ENOMEM : run_branches(r);

    if (s == ASSAY_DONE && !r->envelope_only && !intake_complete(&r->in))
        return ASSAY_MORE;
    return s == ASSAY_DONE ? verdict_make(r) : s;
}

/* ---- the header is complete ---- */

/** Why there is no author domain. */
static const char *no_author(const struct authors *a)
{
    if (a->fields == 0)
        return "there is no From field";
    return a->mailboxes == 0 ? "From holds no address" : "From holds no address with a domain";
}

/** Set up an evaluation of DMARC. */
static void set_dmarc(struct receive *r, struct dmarc_check *c, enum dmarc_mode mode,
                      struct dmarc_verdict *ret)
{
    *c = (struct dmarc_check){.mode = mode,
                              .sample = r->sample,
                              .authors = r->authors.domains,
                              .nauthors = r->authors.n,
                              .incomplete = r->authors.over,
                              .no_author = no_author(&r->authors),
                              .identifiers = r->identifiers,
                              .ret = ret};
}

/**
 * Where a part of the body is wanted (l=), want all of it: [digests] of a .case must tell how long
 * the body was.
 */
static assay_status want_whole_body(struct body *b)
{
    assay_status s = ASSAY_DONE;

    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED && s == ASSAY_DONE; canon++)
        if (b->streams[canon].wanted)
            s = body_want(b, (enum canon)canon, BODY_WHOLE);
    return s;
}

/** Read what the header has: authors, signatures, the ARC chain. */
static assay_status prepare(void *receive)
{
    struct receive *r = receive;
    enum dmarc_mode mode;
    assay_status s;

    if ((s = authors_find(&r->ev.keep, &r->in.message.header, &r->authors)) != ASSAY_DONE ||
        (s = choose_at_header(r)) != ASSAY_DONE ||
        (s = dkim_prepare(&r->ev, &r->in.message, r->authors.domains, r->authors.n, &r->dkim)) !=
            ASSAY_DONE ||
        (s = arc_prepare(&r->ev, &r->in.message, &r->arc)) != ASSAY_DONE ||
        (s = want_whole_body(&r->in.message.body)) != ASSAY_DONE)
        return s;
    if (r->policy->seal_key.selector.n && (s = arc_sealer_want(&r->in.message)) != ASSAY_DONE)
        return s;
    if (!(r->identifiers = arena_zero(&r->ev.keep, (r->dkim.n + 1) * sizeof *r->identifiers)))
        return ASSAY_ENOMEM;
    mode = (enum dmarc_mode)r->policy->dmarc_mode;
    set_dmarc(r, &r->dmarc, mode, &r->dmarc_verdict);
    set_dmarc(r, &r->dmarc_other, mode == DMARC_9989 ? DMARC_7489 : DMARC_9989,
              &r->dmarc_other_verdict);
    r->ev.epoch++;
    return ASSAY_DONE;
}

/* ---- the public calls ---- */

static assay_status rcpt(struct assay_eval *ev, assay_span address)
{
    struct receive *r = (struct receive *)ev;
    size_t cap = r->recipients_cap ? r->recipients_cap * 2 : 4;
    assay_span *wider;

    if (!intake_begins(&r->in))
        return ASSAY_EORDER;
    if (r->nrecipients == r->recipients_cap) {
        if (!(wider = arena_get(&ev->keep, cap * sizeof *wider)))
            return ASSAY_ENOMEM;
        if (r->nrecipients)
            memcpy(wider, r->recipients, r->nrecipients * sizeof *wider);
        r->recipients = wider;
        r->recipients_cap = cap;
    }
    if (!arena_copy(&ev->keep, address, &r->recipients[r->nrecipients]))
        return ASSAY_ENOMEM;
    r->nrecipients++;
    return ASSAY_DONE;
}

static assay_status header(struct assay_eval *ev, assay_span name, assay_span value)
{
    return intake_header(&((struct receive *)ev)->in, name, value);
}

static assay_status eoh(struct assay_eval *ev)
{
    return intake_eoh(&((struct receive *)ev)->in);
}

static assay_status body(struct assay_eval *ev, assay_span chunk)
{
    return intake_body(&((struct receive *)ev)->in, chunk);
}

static assay_status body_digest(struct assay_eval *ev, assay_span canonicalization, uint64_t length,
                                assay_span sha256)
{
    return intake_body_digest(&((struct receive *)ev)->in, canonicalization, length, sha256);
}

static assay_status eom(struct assay_eval *ev)
{
    assay_status s = intake_eom(&((struct receive *)ev)->in);

    if (s == ASSAY_DONE)
        ev->epoch++;
    return s;
}

static assay_status feed(struct assay_eval *ev, assay_span raw)
{
    return intake_feed(&((struct receive *)ev)->in, raw);
}

static bool wants_body(const struct assay_eval *ev)
{
    return intake_wants_body(&((const struct receive *)ev)->in);
}

static void receive_free(struct assay_eval *ev)
{
    struct receive *r = (struct receive *)ev;

    intake_done(&r->in);
    eval_done(ev);
    free(r);
}

/** The message was read to its end. */
static void settle(struct assay_eval *ev)
{
    intake_settle(&((struct receive *)ev)->in);
}

static const struct eval_ops MESSAGE_OPS = {.step = step,
                                            .free = receive_free,
                                            .rcpt = rcpt,
                                            .header = header,
                                            .eoh = eoh,
                                            .body = body,
                                            .body_digest = body_digest,
                                            .eom = eom,
                                            .feed = feed,
                                            .settle = settle,
                                            .wants_body = wants_body};

static const struct eval_ops ENVELOPE_OPS = {.step = step, .free = receive_free};

struct receive *receive_of(assay_eval *ev)
{
    return ev->ops == &MESSAGE_OPS || ev->ops == &ENVELOPE_OPS ? (struct receive *)ev : NULL;
}

/* ---- beginning ---- */

/** Faults of the body that the policy wants to know of. */
static unsigned faults_wanted(const struct assay_policy *p)
{
    return (p->message_bare_lf ? MESSAGE_BARE_LF : 0u) |
           (p->message_bare_cr ? MESSAGE_BARE_CR : 0u) | (p->message_nul ? MESSAGE_NUL : 0u) |
           (p->message_long_line ? MESSAGE_LONG_LINE : 0u);
}

/** Divide an address at its last @. */
static void divide(assay_span address, assay_span *local, assay_span *domain)
{
    size_t at = span_rfind(address, '@');

    *local = at < address.n ? span_first(address, at) : SPAN_EMPTY;
    *domain = at < address.n ? span_from(address, at + 1) : address;
}

/**
 * Set up the checks of the envelope: MAIL FROM, with the null path postmaster@HELO (RFC 7208 2.4),
 * and HELO (2.3).
 */
static void set_spf(struct receive *r)
{
    struct spf_request base = {
        .ip = r->ip, .ip_text = r->ip_text, .helo = r->helo, .hostname = r->hostname};

    base.local = SPAN_EMPTY;
    base.domain = r->helo;
    r->spf_helo.request = r->spf_mfrom.request = base;
    r->spf_helo.request.scope = SPF_HELO;
    r->spf_mfrom.request.scope = SPF_MFROM;
    if (r->mail_from.n)
        divide(r->mail_from, &r->spf_mfrom.request.local, &r->spf_mfrom.request.domain);
}

/** Copy the envelope. \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM */
static assay_status copy_envelope(struct receive *r, const struct assay_envelope *e)
{
    struct arena *keep = &r->ev.keep;
    char ip[IP_TEXT];

    r->sample = e->sample;
    r->sender_unknown = e->mail_from_unknown;
    if (e->ip.n && !ip_read(e->ip, &r->ip))
        return ASSAY_EINVAL;
    if (!arena_copy(keep, ip_text(&r->ip, ip), &r->ip_text) ||
        !arena_copy(keep, e->helo, &r->helo) || !arena_copy(keep, e->mail_from, &r->mail_from) ||
        !arena_copy(keep, e->hostname, &r->hostname) ||
        !arena_copy(keep, e->listener, &r->listener) || !arena_copy(keep, e->user, &r->user))
        return ASSAY_ENOMEM;
    return ASSAY_DONE;
}

/** Make an evaluation of either kind. */
static assay_status make(assay_engine *engine, const assay_policy *policy,
                         const struct assay_envelope *envelope, bool envelope_only,
                         assay_eval **ret)
{
    struct assay_envelope e = {0};
    struct receive *r;
    assay_status s;

    if (!policy->sealed || envelope->size < sizeof(size_t) || envelope->size > sizeof e ||
        envelope->sample > 99)
        return ASSAY_EINVAL;
    memcpy(&e, envelope, envelope->size);
    if (e.mail_from_unknown && e.mail_from.n)
        return ASSAY_EINVAL;
    if (!(r = calloc(1, sizeof *r)))
        return ASSAY_ENOMEM;
    eval_init(&r->ev, envelope_only ? &ENVELOPE_OPS : &MESSAGE_OPS, engine, e.now);
    r->top = r->policy = r->decided = policy;
    r->envelope_only = envelope_only;
    intake_init(&r->in, engine, faults_wanted(policy), prepare, r);
    if ((s = copy_envelope(r, &e)) != ASSAY_DONE) {
        receive_free(&r->ev);
        return s;
    }
    set_spf(r);
    r->iprev.ip = r->ip;
    r->iprev.ip_text = r->ip_text;
    r->dkim.message = r->arc.message = &r->in.message;
    *ret = &r->ev;
    return ASSAY_DONE;
}

assay_status assay_receive_new(assay_engine *engine, const assay_policy *policy,
                               const struct assay_envelope *envelope, assay_eval **ret)
{
    return make(engine, policy, envelope, false, ret);
}

assay_status assay_envelope_new(assay_engine *engine, const assay_policy *policy,
                                const struct assay_envelope *envelope, assay_eval **ret)
{
    return make(engine, policy, envelope, true, ret);
}
