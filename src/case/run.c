/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/model.h"
#include "dns/alabel.h"

/* ---- what is judged by ---- */

/** The policy of a case: what is shared, then its own. */
static assay_status make_policy(const struct case_one *one, struct case_outcome *o,
                                struct case_error *error)
{
    assay_status s = assay_policy_new(&o->policy);

    if (s == ASSAY_DONE)
        s = case_set_policy(one, o->policy, error);
    if (s == ASSAY_DONE)
        assay_policy_seal(o->policy);
    return s;
}

/** Refuse a case that no flow of this version takes. */
static assay_status refuse_kind(const struct case_one *one, struct case_error *error)
{
    if (one->kind == CASE_NOTHING)
        return case_refuse(one->set, one->at.p ? one->at : one->set->text, error,
                           "nothing to judge: there is neither [envelope] nor [message]");
    return case_refuse(one->set, one->kind_at, error,
                       "a %s case: this version runs message, SPF, domain, sending and SRS cases",
                       case_kind_text(one->kind));
}

/* ---- what is judged ---- */

/** Tell the recipients. */
static assay_status give_recipients(const struct case_one *one, assay_eval *eval)
{
    assay_status s = ASSAY_DONE;

    for (const struct case_line *line = one->envelope.first; line && s == ASSAY_DONE;
         line = line->next)
        if (span_is(line->key, "to"))
            s = assay_rcpt(eval, line->value);
    return s;
}

/** Give the message. */
static assay_status give_message(const struct case_one *one, assay_eval *eval)
{
    assay_status s = give_recipients(one, eval);

    if (s == ASSAY_DONE)
        s = assay_feed(eval, one->message);
    if (s == ASSAY_DONE)
        s = case_give_digests(one, eval);
    return s == ASSAY_DONE ? assay_eom(eval) : s;
}

enum { BATCH = 64 };

/** Step until the verdict is there. Every question is answered at once, so this ends. */
static assay_status drive(const struct case_one *one, assay_eval *eval)
{
    struct assay_question batch[BATCH];
    assay_status s;

    while ((s = assay_step(eval)) == ASSAY_NEED) {
        size_t n;

        do {
            for (n = 0; n < BATCH && assay_next_question(eval, &batch[n]); n++)
                ;
            if ((s = case_answer((void *)one, eval, batch, n)) < 0)
                return s;
        } while (n == BATCH);
    }
    return s;
}

assay_status case_begin(assay_engine *engine, const struct case_one *one,
                        const assay_policy *policy, assay_eval **ret)
{
    switch (one->kind) {
    case CASE_MESSAGE: return assay_receive_new(engine, policy, &one->values, ret);
    case CASE_SENDING: return assay_send_new(engine, policy, &one->values, ret);
    case CASE_DOMAIN: return assay_domain_new(engine, &one->domain, ret);
    default: return assay_envelope_new(engine, policy, &one->values, ret);
    }
}

/** Begin to rewrite the address of an SRS case. */
static assay_status begin_srs(assay_engine *engine, const struct case_one *one,
                              struct case_outcome *o, struct case_error *error)
{
    struct assay_srs asked = one->srs;
    assay_span *local = arena_get(&o->arena, (one->envelope.n + 1) * sizeof *local);

    if (!local)
        return ASSAY_ENOMEM;
    if (!asked.forwarder.n)
        return case_refuse(one->set, one->kind_at, error,
                           "an SRS case has forwarder = DOMAIN in [envelope]");
    asked.local = local;
    for (const struct case_line *line = one->envelope.first; line; line = line->next)
        if (span_is(line->key, "local"))
            local[asked.nlocal++] = line->value;
    return assay_srs_new(engine, &asked, &o->eval);
}

/** The line of [envelope] with a value that assay_domain_new() does not take, as far as it can be told. */
static assay_span domain_fault(const struct case_one *one, const char **ret_why)
{
    *ret_why = "no domain name";
    for (const struct case_line *line = one->envelope.first; line; line = line->next) {
        struct dns_name name;

        if ((span_is(line->key, "domain") || span_is(line->key, "selector") ||
             span_is(line->key, "known_subdomain")) &&
            (dns_to_alabels(line->value, &name) != ASSAY_DONE ||
             span_find(dns_name_span(&name), '\\') < name.n))
            return line->value;
    }
    *ret_why = one->evidence.n ? "the evidence is not what assay-plan(1) says, or too much is asked"
                               : "more selectors or known subdomains than are looked at";
    return one->kind_at;
}

/** Look at the domain of a domain case. */
static assay_status look(assay_engine *engine, const struct case_one *one, struct case_outcome *o,
                         struct case_error *error)
{
    assay_status s = case_begin(engine, one, o->policy, &o->eval);
    const char *why;
    assay_span at;

    if (s == ASSAY_EINVAL) {
        at = domain_fault(one, &why);
        return case_refuse(one->set, at, error, "%s: %s", case_shown(at).text, why);
    }
    return s == ASSAY_DONE ? drive(one, o->eval) : s;
}

/** Rewrite the address of an SRS case. */
static assay_status rewrite(assay_engine *engine, const struct case_one *one,
                            struct case_outcome *o, struct case_error *error)
{
    assay_status s = begin_srs(engine, one, o, error);

    return s == ASSAY_DONE ? drive(one, o->eval) : s;
}

/** Judge. */
static assay_status judge(assay_engine *engine, const struct case_one *one, struct case_outcome *o)
{
    assay_status s = case_begin(engine, one, o->policy, &o->eval);

    if (s == ASSAY_DONE && case_has_message(one))
        s = give_message(one, o->eval);
    return s == ASSAY_DONE ? drive(one, o->eval) : s;
}

/* ---- what was not in the case ---- */

/** Note a question as unanswered. */
static assay_status note(struct case_outcome *o, const struct assay_question *q)
{
    struct buf text = buf_new(DNS_NAME_TEXT + 32);
    bool kept;

    buf_puts(&text, case_question_text(q->kind, q->rrtype));
    buf_putc(&text, ' ');
    buf_put(&text, q->name);
    kept = text.status != ASSAY_ENOMEM &&
           arena_copy(&o->arena, buf_span(&text), &o->unanswered[o->nunanswered]);
    buf_done(&text);
    o->nunanswered += kept;
    return kept ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Find the questions that the case says nothing about. */
static assay_status find_unanswered(const struct case_one *one, struct case_outcome *o)
{
    struct case_worlds worlds = case_worlds_of(one);
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0, n = 0;
    assay_status s = ASSAY_DONE;

    while (assay_evidence(o->eval, &cursor, &q, &fact))
        n++;
    if (!(o->unanswered = arena_get(&o->arena, (n + 1) * sizeof *o->unanswered)))
        return ASSAY_ENOMEM;
    for (cursor = 0; s == ASSAY_DONE && assay_evidence(o->eval, &cursor, &q, &fact);) {
        bool absent = false;

        if ((s = case_world_ask(&worlds, &q, &fact, &absent)) != ASSAY_DONE)
            return s;
        assay_fact_free(fact);
        if (q.kind == ASSAY_MAC)
            absent = !case_secret_knows(one, &q);
        s = absent ? note(o, &q) : ASSAY_DONE;
    }
    return s;
}

assay_status case_run(assay_engine *engine, const struct case_one *one, struct case_outcome *ret,
                      struct case_error *ret_error)
{
    struct case_outcome o = {0};
    assay_status s;

    if (!case_can_run(one))
        return refuse_kind(one, ret_error);
    s = make_policy(one, &o, ret_error);
    if (s == ASSAY_DONE)
        s = one->kind == CASE_SRS      ? rewrite(engine, one, &o, ret_error)
            : one->kind == CASE_DOMAIN ? look(engine, one, &o, ret_error)
                                       : judge(engine, one, &o);
    if (s == ASSAY_DONE)
        s = find_unanswered(one, &o);
    if (s == ASSAY_DONE)
        s = case_expect(one, &o);
    if (s != ASSAY_DONE) {
        case_outcome_done(&o);
        return s;
    }
    *ret = o;
    return ASSAY_DONE;
}

void case_outcome_done(struct case_outcome *outcome)
{
    assay_eval_free(outcome->eval);
    assay_policy_free(outcome->policy);
    arena_done(&outcome->arena);
    *outcome = (struct case_outcome){0};
}
