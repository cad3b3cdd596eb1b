/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/verdict.h"

/** What dispose decides by; lives for one pass. */
struct disposer {
    struct assay_eval *ev;
    struct receive *r;
    const struct assay_policy *policy;
    const struct dmarc_verdict *dmarc;
};

/** Decide; the reason lives for the pass and is kept here. */
static assay_status decide(struct disposer *d, enum assay_disposition what, const char *cause,
                           const char *ref, assay_span reason)
{
    static const char *const WORDS[] = {"accept", "quarantine", "reject", "defer"};
    struct assay_verdict *v = &d->r->verdict;

    v->what = what;
    v->cause = span_of(cause);
    trace(d->ev, ref, SPAN("disposition\t%1\t%2"), span_of(WORDS[what]), reason);
    return arena_copy(&d->ev->keep, reason, &v->reason) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** What the SMTP client is told. Names are A-labels, so the text is printable ASCII. */
static assay_status reply(struct disposer *d, assay_status s, int code, const char *enhanced,
                          assay_span text)
{
    struct assay_verdict *v = &d->r->verdict;

    if (s != ASSAY_DONE)
        return s;
    v->code = code;
    v->enhanced = span_of(enhanced);
    return arena_copy(&d->ev->keep, text, &v->text) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/* ---- messages that cannot be judged ---- */

/** The fault for which the policy wants no message; 0: none. */
static unsigned unwanted_fault(const struct disposer *d)
{
    const struct assay_policy *p = d->policy;
    const struct {
        unsigned fault, choice;
    } FAULTS[] = {
        {MESSAGE_LIMIT, POLICY_REJECT},          {MESSAGE_BARE_LF, p->message_bare_lf},
        {MESSAGE_BARE_CR, p->message_bare_cr},   {MESSAGE_NUL, p->message_nul},
        {MESSAGE_NO_COLON, p->message_no_colon}, {MESSAGE_LONG_LINE, p->message_long_line},
    };

    for (size_t i = 0; i < sizeof FAULTS / sizeof *FAULTS; i++)
        if (d->r->in.message.faults & FAULTS[i].fault && FAULTS[i].choice == POLICY_REJECT)
            return FAULTS[i].fault;
    return 0;
}

/** Reject a message that is malformed. */
static assay_status reject_malformed(struct disposer *d, unsigned fault)
{
    assay_span text = pass_printf(d->ev, "the message is malformed: %s", message_fault_text(fault));

    d->r->verdict.malformed = true;
    return reply(d, decide(d, ASSAY_REJECT, "malformed", "RFC 5322 2.1", text), 550, "5.6.0", text);
}

/* ---- DMARC failed: other knowledge (RFC 9989 7.4) ---- */

/** Fields that tell of a list, a forwarder or a resender: they change mail honestly. */
static const char *const TRACES[] = {
    "List-Id",        "List-Post",       "List-Help",     "List-Archive",
    "List-Owner",     "List-Subscribe",  "Mailing-List",  "X-Mailing-List",
    "X-BeenThere",    "Resent-From",     "Resent-Sender", "Resent-To",
    "X-Forwarded-To", "X-Forwarded-For", "ARC-Seal",      "ARC-Message-Signature",
};

/**
 * Somebody delivered the message and sent it on: the way back into the mail wrote a Received above
 * his Delivered-To. One without is of the last delivery, which a saved message has.
 */
static bool was_delivered_before(const struct header *h)
{
    return header_find(h, SPAN("Delivered-To"), header_find(h, SPAN("Received"), 0)) < h->n;
}

/** The first field of the message that tells of an indirect way; NULL: there is none. */
static const char *indirect_field(const struct receive *r)
{
    const struct header *h = &r->in.message.header;

    for (size_t i = 0; i < sizeof TRACES / sizeof *TRACES; i++)
        if (header_find(h, span_of(TRACES[i]), 0) < h->n)
            return TRACES[i];
    return was_delivered_before(h) ? "Delivered-To" : NULL;
}

/** The reverse-path was rewritten by a forwarder (SRS). */
static bool is_srs(assay_span mail_from)
{
    return span_istarts(mail_from, SPAN("SRS0")) || span_istarts(mail_from, SPAN("SRS1"));
}

/**
 * Some signature is of the author's organization, be it good or bad: the message may be theirs, and
 * changed.
 */
static bool has_own_signature(const struct receive *r)
{
    assay_span org = r->dmarc_verdict.org;

    if (!org.n) /* a name above the author domain did not answer: it may be as short as this */
        org = dns_last_labels(r->dmarc_verdict.author, 2);
    for (size_t i = 0; i < r->dkim.n; i++)
        if (dns_is_under(r->dkim.slots[i].signature.domain, org))
            return true;
    return false;
}

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

/** Quarantine instead of rejecting, and say why. */
static assay_status spare(struct disposer *d, assay_span why)
{
    return decide(
        d, ASSAY_QUARANTINE, "policy", "RFC 9989 7.4",
        pass_printf(d->ev,
                    "nothing proves %.*s, whose policy is reject; not rejected, because %.*s",
                    SPAN_ARG(d->dmarc->author), SPAN_ARG(why)));
}

/** Reject by policy. */
static assay_status reject(struct disposer *d, const char *why)
{
    assay_span reason = pass_printf(d->ev, "nothing proves %.*s, whose policy is reject%s",
                                    SPAN_ARG(d->dmarc->author), why);

    return reply(d, decide(d, ASSAY_REJECT, "policy", "RFC 9989 5.3.6", reason), 550, "5.7.1",
                 pass_printf(d->ev, "Email rejected per DMARC policy for %.*s",
                             SPAN_ARG(d->dmarc->author)));
}

/** Ask whether the client may send for the author domain itself, as if that stood in MAIL FROM. */
static assay_status ask_author_spf(struct disposer *d)
{
    struct receive *r = d->r;

    r->spf_author.request = r->spf_mfrom.request;
    r->spf_author.request.scope = SPF_AUTHOR;
    r->spf_author.request.local = SPAN_EMPTY;
    r->spf_author.request.domain = d->dmarc->author;
    return branch_run(d->ev, &r->branches[RECEIVE_SPF_AUTHOR], spf_check_host, &r->spf_author);
}

/** dmarc.reject = auto: reject only when other knowledge says too that the message is forged. */
static assay_status reject_if_forged(struct disposer *d)
{
    const char *field = indirect_field(d->r);
    const struct spf_verdict *author;
    assay_status s;

    if (field)
        return spare(d, pass_printf(d->ev, "it came an indirect way (%s)", field));
    if (is_srs(d->r->mail_from))
        return spare(d, SPAN("it was forwarded (SRS)"));
    if (has_own_signature(d->r))
        return spare(d, SPAN("it has a signature of that organization"));
    if ((s = ask_author_spf(d)) != ASSAY_DONE)
        return s;
    author = &d->r->spf_author.verdict;
    if (author->result == SPF_PASS)
        return spare(d, SPAN("the client may send for that domain"));
    if (author->result == SPF_TEMPERROR || author->unanswered)
        return spare(d, SPAN("it could not be told whether the client may send for that domain"));
    return reject(d, ", and there is no sign of a list or a forwarder");
}

/** Apply a policy of reject as dmarc.reject says. */
static assay_status apply_reject(struct disposer *d)
{
    switch (d->policy->dmarc_reject) {
    case POLICY_REJECT_REJECT: return reject(d, "");
    case POLICY_REJECT_QUARANTINE: return spare(d, SPAN("dmarc.reject = quarantine"));
    default: return reject_if_forged(d);
    }
}

/* ---- DMARC's result ---- */

/** Defer, or accept where the options say so. */
static assay_status defer(struct disposer *d, const char *ref, assay_span reason)
{
    if (d->policy->temperror_action == POLICY_TEMPERROR_ACCEPT)
        return decide(d, ASSAY_ACCEPT, "temperror", ref,
                      pass_printf(d->ev, "%.*s; temperror.action = accept", SPAN_ARG(reason)));
    return reply(
        d, decide(d, ASSAY_DEFER, "temperror", ref, reason), 451, "4.4.3",
        pass_printf(d->ev,
                    "DMARC for %.*s could not be checked, the DNS did not answer; try again later",
                    SPAN_ARG(d->dmarc->author)));
}

/**
 * Does a sealer that arc.trusted names vouch for all authors? More authors than are known of,
 * nobody vouches for.
 */
static enum arc_trust ask_sealers(const struct disposer *d, size_t *ret_set)
{
    const struct policy_names *trusted = &d->policy->arc_trusted;
    const struct authors *authors = &d->r->authors;
    const struct arc_asked asked = {trusted->names, trusted->n, authors->domains, authors->n};

    return authors->over || authors->hidden ? ARC_NOT_VOUCHED
                                            : arc_trust(&d->r->arc, &asked, ret_set);
}

/** Accept on the word of a trusted sealer. */
static assay_status accept_sealed(struct disposer *d, size_t set)
{
    return decide(d, ASSAY_ACCEPT, "forwarded", "RFC 8617 7.2.1",
                  pass_printf(d->ev,
                              "the trusted sealer %.*s saw dmarc=pass for %.*s (ARC set %zu)",
                              SPAN_ARG(d->r->arc.sets[set].seal.domain), SPAN_ARG(d->dmarc->author),
                              set + 1));
}

/** DMARC failed, or could not be told, and the policy is more than none. */
static assay_status dispose_failing(struct disposer *d)
{
    size_t set;
    enum arc_trust trust = ask_sealers(d, &set);

    if (trust == ARC_VOUCHED)
        return accept_sealed(d, set);
    if (trust == ARC_MAYBE_VOUCHED)
        return defer(d, "RFC 8617 7.2.1",
                     pass_printf(d->ev, "the ARC chain with the word of %.*s could not be checked",
                                 SPAN_ARG(d->r->arc.sets[set].seal.domain)));
    if (d->dmarc->result == DMARC_TEMPERROR)
        return defer(d, d->dmarc->ref, d->dmarc->reason);
    if (d->dmarc->policy == DMARC_POLICY_REJECT)
        return apply_reject(d);
    return decide(d, ASSAY_QUARANTINE, "policy", "RFC 9989 5.3.6",
                  pass_printf(d->ev, "nothing proves %.*s, whose policy is quarantine%s",
                              SPAN_ARG(d->dmarc->author), lowered(d->dmarc)));
}

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

/** There is no author to ask for a policy. */
static assay_status dispose_no_from(struct disposer *d)
{
    if (d->policy->message_no_from == POLICY_ACCEPT)
        return decide(d, ASSAY_ACCEPT, "none", "RFC 9989 5.3.1", d->dmarc->reason);
    return reply(d, decide(d, ASSAY_REJECT, "local", "RFC 5322 3.6", d->dmarc->reason), 550,
                 "5.7.1", SPAN("Message has no author domain in From"));
}

assay_status verdict_dispose(struct assay_eval *ev, void *receive)
{
    struct receive *r = receive;
    struct disposer d = {ev, r, r->policy, &r->dmarc_verdict};
    unsigned fault = r->envelope_only ? 0 : unwanted_fault(&d);

    trace(ev, NULL, SPAN("Disposition"));
    trace_in(ev);
    r->verdict.code = 0;
    r->verdict.enhanced = r->verdict.text = SPAN_EMPTY;
    if (r->envelope_only)
        return decide(&d, ASSAY_ACCEPT, "none", NULL, SPAN("the envelope alone decides nothing"));
    if (fault)
        return reject_malformed(&d, fault);
    if (d.dmarc->result == DMARC_PERMERROR)
        return decide(&d, ASSAY_QUARANTINE, "local", d.dmarc->ref, d.dmarc->reason);
    if (!d.dmarc->author.n)
        return dispose_no_from(&d);
    if (dmarc_may_ask(d.dmarc))
        return dispose_failing(&d);
    return decide(&d, ASSAY_ACCEPT, "none", "RFC 9989 5.4", accept_reason(&d));
}
