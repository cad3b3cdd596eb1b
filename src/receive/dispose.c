/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/dispose.h"

const char *verdict_word(enum assay_disposition what)
{
    static const char *const WORDS[] = {
        [ASSAY_ACCEPT] = "accept", [ASSAY_QUARANTINE] = "quarantine",
        [ASSAY_REJECT] = "reject", [ASSAY_DEFER] = "defer",
        [ASSAY_TAG] = "tag",       [ASSAY_DISCARD] = "discard"};

    return WORDS[what];
}

assay_status dispose_decide(struct disposer *d, enum assay_disposition what, const char *cause,
                            const char *ref, assay_span reason)
{
    d->ret->what = what;
    d->ret->cause = cause;
    d->ret->ref = ref;
    d->ret->reason = reason;
    return ASSAY_DONE;
}

/** What the client is told should it come to a rejection. */
static void refusal(struct disposer *d, const char *enhanced, assay_span text)
{
    d->ret->code = 550;
    d->ret->enhanced = enhanced;
    d->ret->text = text;
}

/** Accept on someone's word. */
static assay_status accept_trusted(struct disposer *d, const struct trusted *t)
{
    d->ret->override = t->override;
    d->ret->note = t->note;
    return dispose_decide(d, ASSAY_ACCEPT, "forwarded", t->ref, t->reason);
}

/* ---- messages that cannot be judged ---- */

/** What message.* stands for. */
static const enum assay_disposition MESSAGE_ACTIONS[] = {[POLICY_ACCEPT] = ASSAY_ACCEPT,
                                                         [POLICY_REJECT] = ASSAY_REJECT,
                                                         [POLICY_MESSAGE_TAG] = ASSAY_TAG,
                                                         [POLICY_MESSAGE_QUARANTINE] =
                                                             ASSAY_QUARANTINE};

/** How bad an action is, for the one to be taken of several. */
static unsigned weight(unsigned choice)
{
    static const unsigned WEIGHTS[] = {[POLICY_ACCEPT] = 0,
                                       [POLICY_REJECT] = 3,
                                       [POLICY_MESSAGE_TAG] = 1,
                                       [POLICY_MESSAGE_QUARANTINE] = 2};

    return WEIGHTS[choice];
}

/** The fault for which the policy does not take the message as it is: the worst; 0: none. */
static unsigned unwanted_fault(const struct disposer *d, unsigned *ret_choice)
{
    const struct assay_policy *p = d->policy;
    const struct {
        unsigned fault, choice;
    } FAULTS[] = {
        {MESSAGE_LIMIT, POLICY_REJECT},          {MESSAGE_BARE_LF, p->message_bare_lf},
        {MESSAGE_BARE_CR, p->message_bare_cr},   {MESSAGE_NUL, p->message_nul},
        {MESSAGE_NO_COLON, p->message_no_colon}, {MESSAGE_LONG_LINE, p->message_long_line},
    };
    unsigned fault = 0;

    *ret_choice = POLICY_ACCEPT;
    for (size_t i = 0; i < sizeof FAULTS / sizeof *FAULTS; i++)
        if (d->r->in.message.faults & FAULTS[i].fault &&
            weight(FAULTS[i].choice) > weight(*ret_choice)) {
            fault = FAULTS[i].fault;
            *ret_choice = FAULTS[i].choice;
        }
    return fault;
}

/** Do with a malformed message what the options say. */
static assay_status dispose_malformed(struct disposer *d, unsigned fault, unsigned choice)
{
    assay_span text = pass_printf(d->ev, "the message is malformed: %s", message_fault_text(fault));

    d->r->verdict.malformed = true;
    refusal(d, "5.6.0", text);
    return dispose_decide(d, MESSAGE_ACTIONS[choice], "malformed", "RFC 5322 2.1", text);
}

/* ---- DMARC failed ---- */

/** What the policy would be but for t or pct, for people; empty when neither lowered it. */
static const char *lowered(const struct dmarc_verdict *v)
{
    static const char *const TEXTS[][2] = {
        {" (quarantine, but in test mode)", " (reject, but in test mode)"},
        {" (quarantine, but not for all mail)", " (reject, but not for all mail)"}};

    if (v->policy == v->asked)
        return "";
    return TEXTS[v->sampled_out][v->asked == DMARC_POLICY_REJECT];
}

/** What dmarc.quarantine and dmarc.permerror stand for. */
static const enum assay_disposition QUARANTINE_ACTIONS[] = {
    [POLICY_QUARANTINE_QUARANTINE] = ASSAY_QUARANTINE,
    [POLICY_QUARANTINE_TAG] = ASSAY_TAG,
    [POLICY_QUARANTINE_ACCEPT] = ASSAY_ACCEPT,
    [POLICY_QUARANTINE_REJECT] = ASSAY_REJECT};

/** What dmarc.reject stands for; of `auto`, the milder of its two. */
static const enum assay_disposition REJECT_ACTIONS[] = {
    [POLICY_REJECT_AUTO] = ASSAY_QUARANTINE, [POLICY_REJECT_QUARANTINE] = ASSAY_QUARANTINE,
    [POLICY_REJECT_REJECT] = ASSAY_REJECT,   [POLICY_REJECT_TAG] = ASSAY_TAG,
    [POLICY_REJECT_ACCEPT] = ASSAY_ACCEPT,   [POLICY_REJECT_DISCARD] = ASSAY_DISCARD};

/** Reject by policy. */
static assay_status reject(struct disposer *d, const char *why)
{
    return dispose_decide(d, ASSAY_REJECT, "policy", "RFC 9989 5.3.6",
                          pass_printf(d->ev, "nothing proves %.*s, whose policy is reject%s",
                                      SPAN_ARG(d->dmarc->author), why));
}

/** Do less than the policy of reject asks for, and say why. */
static assay_status spare(struct disposer *d, enum assay_disposition what, assay_span why)
{
    return dispose_decide(
        d, what, "policy", "RFC 9989 7.4",
        pass_printf(d->ev,
                    "nothing proves %.*s, whose policy is reject; not rejected, because %.*s",
                    SPAN_ARG(d->dmarc->author), SPAN_ARG(why)));
}

/** dmarc.reject = auto: reject only when other knowledge says too that the message is forged. */
static assay_status reject_if_forged(struct disposer *d)
{
    assay_span sign;
    assay_status s = indirect_sign(d, &sign);

    if (s != ASSAY_DONE)
        return s;
    return sign.n ? spare(d, ASSAY_QUARANTINE, sign)
                  : reject(d, ", and there is no sign of a list or a forwarder");
}

/** Apply a policy of reject as dmarc.reject says. */
static assay_status apply_reject(struct disposer *d)
{
    enum assay_disposition what = REJECT_ACTIONS[d->policy->dmarc_reject];

    if (d->policy->dmarc_reject == POLICY_REJECT_AUTO)
        return reject_if_forged(d);
    if (what == ASSAY_REJECT)
        return reject(d, "");
    return spare(d, what, pass_printf(d->ev, "dmarc.reject = %s", verdict_word(what)));
}

/** Apply a policy of quarantine as dmarc.quarantine says. */
static assay_status apply_quarantine(struct disposer *d)
{
    enum assay_disposition what = QUARANTINE_ACTIONS[d->policy->dmarc_quarantine];
    const char *option = what == ASSAY_REJECT ? "; rejected, because dmarc.quarantine = "
                                              : "; not quarantined, because dmarc.quarantine = ";
    bool plain = what == ASSAY_QUARANTINE;

    return dispose_decide(d, what, "policy", "RFC 9989 5.3.6",
                          pass_printf(d->ev,
                                      "nothing proves %.*s, whose policy is quarantine%s%s%s",
                                      SPAN_ARG(d->dmarc->author), lowered(d->dmarc),
                                      plain ? "" : option, plain ? "" : verdict_word(what)));
}

/** What the policy might ask for matters not, because all of it is to be accepted. */
static bool accepts_all(const struct disposer *d)
{
    bool reject = REJECT_ACTIONS[d->policy->dmarc_reject] == ASSAY_ACCEPT,
         quarantine = QUARANTINE_ACTIONS[d->policy->dmarc_quarantine] == ASSAY_ACCEPT;

    if (d->dmarc->result != DMARC_FAIL)
        return reject && quarantine;
    return d->dmarc->policy == DMARC_POLICY_REJECT ? reject : quarantine;
}

/** DMARC, or whoever might vouch, could not be told. */
static assay_status defer_dmarc(struct disposer *d, const char *ref, assay_span reason)
{
    const struct untold why = {
        ref, reason, "4.4.3",
        pass_printf(d->ev,
                    "DMARC for %.*s could not be checked, the DNS did not answer; try again later",
                    SPAN_ARG(d->dmarc->author))};

    return dispose_defer(d, &why);
}

/** DMARC failed, or could not be told, and the policy is more than none. */
static assay_status dispose_failing(struct disposer *d)
{
    struct trusted t;
    assay_status s = trust_ask(d, true, &t);

    if (s != ASSAY_DONE)
        return s;
    refusal(d, "5.7.1",
            pass_printf(d->ev, "Email rejected per DMARC policy for %.*s",
                        SPAN_ARG(d->dmarc->author)));
    if (t.vouches == TRUTH_YES)
        return accept_trusted(d, &t);
    if (accepts_all(d) && d->dmarc->result == DMARC_TEMPERROR)
        return dispose_decide(d, ASSAY_ACCEPT, "local", d->dmarc->ref,
                              pass_printf(d->ev, "%.*s; accepted whatever its policy is",
                                          SPAN_ARG(d->dmarc->reason)));
    if (t.vouches == TRUTH_MAYBE && !accepts_all(d))
        return defer_dmarc(d, t.ref, t.reason);
    if (d->dmarc->result == DMARC_TEMPERROR)
        return defer_dmarc(d, d->dmarc->ref, d->dmarc->reason);
    return d->dmarc->policy == DMARC_POLICY_REJECT ? apply_reject(d) : apply_quarantine(d);
}

/** More authors than are looked at: nobody knows what they ask for. */
static assay_status dispose_permerror(struct disposer *d)
{
    refusal(d, "5.7.1", SPAN("Message names too many authors in From"));
    return dispose_decide(d, QUARANTINE_ACTIONS[d->policy->dmarc_permerror], "local", d->dmarc->ref,
                          d->dmarc->reason);
}

/* ---- nothing against it in DMARC ---- */

/** Words for an accepted message. */
static assay_span accept_reason(const struct disposer *d)
{
    const struct dmarc_verdict *v = d->dmarc;

    if (v->result == DMARC_PASS)
        return v->spf == DMARC_YES && v->dkim == DMARC_YES
                   ? SPAN("the author's domain is proved twice")
                   : SPAN("the author's domain is proved");
    if (v->result == DMARC_NONE)
        return v->author.n ? pass_printf(d->ev, "%.*s asks for nothing: %.*s", SPAN_ARG(v->author),
                                         SPAN_ARG(v->reason))
                           : v->reason;
    if (v->result == DMARC_TEMPERROR && !v->has_record)
        return SPAN("the author's domain is proved, whatever its policy is");
    if (v->result == DMARC_TEMPERROR)
        return pass_printf(d->ev, "%.*s; its policy is none%s", SPAN_ARG(v->reason), lowered(v));
    return pass_printf(d->ev, "nothing proves %.*s, but its policy is none%s", SPAN_ARG(v->author),
                       lowered(v));
}

/** SPF says fail, or might. */
static assay_status dispose_spf(struct disposer *d)
{
    static const enum assay_disposition ACTIONS[] = {[POLICY_SPF_ACCEPT] = ASSAY_ACCEPT,
                                                     [POLICY_SPF_TAG] = ASSAY_TAG,
                                                     [POLICY_SPF_QUARANTINE] = ASSAY_QUARANTINE,
                                                     [POLICY_SPF_REJECT] = ASSAY_REJECT};
    const struct spf_verdict *v = &d->r->spf_mfrom.verdict;
    assay_span text = pass_printf(d->ev, "SPF of %.*s could not be checked; try again later",
                                  SPAN_ARG(span_first(v->domain, 300)));
    const struct untold why = {v->ref, v->reason, "4.7.24", text};
    struct trusted t;
    assay_status s = trust_ask(d, false, &t);

    if (s != ASSAY_DONE)
        return s;
    if (t.vouches == TRUTH_YES)
        return accept_trusted(d, &t);
    if (v->result == SPF_TEMPERROR || v->unanswered)
        return dispose_defer(d, &why);
    if (t.vouches == TRUTH_MAYBE)
        return dispose_defer(d, &(struct untold){t.ref, t.reason, "4.4.3", text});
    refusal(d, "5.7.23",
            pass_printf(d->ev, "SPF validation failed for %.*s",
                        SPAN_ARG(span_first(v->domain, 300))));
    return dispose_decide(d, ACTIONS[d->policy->spf_fail], "local", v->ref,
                          pass_printf(d->ev, "%.*s asks for no DMARC, and SPF says fail: %.*s",
                                      SPAN_ARG(d->dmarc->author.n ? d->dmarc->author : v->domain),
                                      SPAN_ARG(v->reason)));
}

/** No DMARC policy was found, and SPF fails or might: what spf.fail is about. */
static bool spf_matters(const struct disposer *d)
{
    const struct spf_verdict *v = &d->r->spf_mfrom.verdict;

    return d->policy->spf_fail != POLICY_SPF_ACCEPT && d->dmarc->result == DMARC_NONE &&
           (v->result == SPF_FAIL || v->result == SPF_TEMPERROR);
}

/** Nothing is against the message, but perhaps SPF. */
static assay_status dispose_rest(struct disposer *d, assay_span reason, const char *ref)
{
    if (!spf_matters(d))
        return dispose_decide(d, ASSAY_ACCEPT, "none", ref, reason);
    d->ret->domain = d->r->spf_mfrom.verdict.domain;
    return dispose_spf(d);
}

/** There is no author to ask for a policy. */
static assay_status dispose_no_from(struct disposer *d)
{
    enum assay_disposition what = MESSAGE_ACTIONS[d->policy->message_no_from];

    if (what == ASSAY_ACCEPT)
        return dispose_rest(d, d->dmarc->reason, "RFC 9989 5.3.1");
    refusal(d, "5.7.1", SPAN("Message has no author domain in From"));
    return dispose_decide(d, what, "local", "RFC 5322 3.6", d->dmarc->reason);
}

/* ---- under a policy ---- */

/** Decide under the policy at hand. */
static assay_status dispose(struct disposer *d)
{
    unsigned choice, fault = unwanted_fault(d, &choice);

    *d->ret = (struct decision){
        .reason = SPAN_EMPTY, .domain = d->dmarc->author, .text = SPAN_EMPTY, .note = SPAN_EMPTY};
    if (fault)
        return dispose_malformed(d, fault, choice);
    if (d->dmarc->result == DMARC_PERMERROR)
        return dispose_permerror(d);
    if (!d->dmarc->author.n)
        return dispose_no_from(d);
    if (dmarc_may_ask(d->dmarc))
        return dispose_failing(d);
    return dispose_rest(d, accept_reason(d), "RFC 9989 5.4");
}

/** Decide under another policy: only what comes out counts, its reasoning is not told. */
static assay_status dispose_other(const struct disposer *d, const struct assay_policy *policy,
                                  bool *ret_differs)
{
    struct branch *b = d->ev->branch;
    struct trace before = b->trace;
    struct decision decision;
    struct disposer other = *d;
    assay_status s;

    other.policy = policy;
    other.ret = &decision;
    s = dispose(&other);
    b->trace = before;
    if (before.last)
        before.last->next = NULL;
    *ret_differs =
        s == ASSAY_DONE && (decision.what != d->ret->what || policy->enforce != d->policy->enforce);
    return s;
}

/** How people call a policy. */
static assay_span called(assay_span name)
{
    return name.n ? name : SPAN("the topmost");
}

/** Which policy applies could not be told, and it matters. */
static assay_status defer_unsure(struct disposer *d, assay_span other)
{
    assay_span text = SPAN("The policy for this message could not be told, the DNS did not answer; "
                           "try again later");
    const struct untold why = {NULL,
                               pass_printf(d->ev,
                                           "which policy applies could not be told: %.*s or %.*s",
                                           SPAN_ARG(span_first(called(d->policy->name), 200)),
                                           SPAN_ARG(span_first(called(other), 200))),
                               "4.4.3", text};

    d->r->unsure = true;
    d->r->unsure_of = other;
    return dispose_defer(d, &why);
}

/** Decide under each policy that may be the nearest. */
static assay_status dispose_all(struct disposer *d, const struct choice *c)
{
    bool unsure = d->policy->unsure || c->n > LIMIT_CANDIDATES;
    assay_span other = d->policy->unsure_of;
    assay_status all = dispose(d);

    for (size_t i = 0; i < c->n && i < LIMIT_CANDIDATES && all == ASSAY_DONE && !unsure; i++) {
        if (c->candidates[i] == c->nearest)
            continue;
        all = join(all, dispose_other(d, c->candidates[i], &unsure));
        other = c->candidates[i]->name;
    }
    return all == ASSAY_DONE && unsure ? defer_unsure(d, other) : all;
}

/* ---- the verdict ---- */

/** What is done: nothing where the options only want to know. */
static assay_status take_action(struct disposer *d, struct assay_verdict *v)
{
    const struct decision *c = d->ret;
    assay_span reason = c->reason;

    v->would = c->what;
    v->what = d->policy->enforce ? c->what : ASSAY_ACCEPT;
    v->hold = v->what == ASSAY_QUARANTINE && d->policy->quarantine_by == POLICY_BY_HOLD;
    if (v->what != v->would)
        reason = pass_printf(d->ev, "%.*s; not done (%s), because enforce = no", SPAN_ARG(reason),
                             verdict_word(c->what));
    trace(d->ev, c->ref, SPAN("disposition\t%1\t%2"), span_of(verdict_word(v->what)), reason);
    return arena_copy(&d->ev->keep, reason, &v->reason) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Put the decision into the verdict. */
static assay_status conclude(struct disposer *d)
{
    const struct decision *c = d->ret;
    struct assay_verdict *v = &d->r->verdict;
    assay_status s = take_action(d, v);
    bool replies = v->what == ASSAY_REJECT || v->what == ASSAY_DEFER;

    v->cause = span_of(c->cause);
    v->code = replies ? c->code : 0;
    v->enhanced = replies ? span_of(c->enhanced) : SPAN_EMPTY;
    v->text = SPAN_EMPTY;
    v->override = span_of(c->override);
    v->policy = d->policy->name;
    if (s == ASSAY_DONE && replies)
        s = reply_make(d, c, &v->text);
    return s == ASSAY_DONE && !arena_copy(&d->ev->keep, c->note, &v->override_note) ? ASSAY_ENOMEM
                                                                                    : s;
}

assay_status verdict_dispose(struct assay_eval *ev, void *receive)
{
    struct receive *r = receive;
    struct decision decision = {.reason = SPAN_EMPTY, .text = SPAN_EMPTY, .note = SPAN_EMPTY};
    struct disposer d = {ev, r, r->policy, &r->dmarc_verdict, &decision};
    struct choice choice;
    assay_status s;

    trace(ev, NULL, SPAN("Disposition"));
    trace_in(ev);
    r->unsure = false;
    if (r->envelope_only) {
        dispose_decide(&d, ASSAY_ACCEPT, "none", NULL, SPAN("the envelope alone decides nothing"));
        return conclude(&d);
    }
    if ((s = choose_at_end(r, &choice)) != ASSAY_DONE)
        return s;
    d.policy = r->decided = choice.nearest;
    if (d.policy->name.n)
        trace(ev, NULL, SPAN("policy\t%1"), d.policy->name);
    s = dispose_all(&d, &choice);
    return s == ASSAY_DONE ? conclude(&d) : s;
}
