/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/verdict.h"

/** The policies of a tree look at paths: some have conditions, or the table of forwarders does. */
static bool wants_paths(const struct receive *r)
{
    return r->top->children || r->top->forwarders.n;
}

/** Take the addresses of the envelope apart. */
static assay_status read_paths(struct receive *r)
{
    struct arena *keep = &r->ev.keep;
    assay_status s = path_read(keep, r->mail_from, &r->sender);

    if (!(r->paths = arena_zero(keep, (r->nrecipients + 1) * sizeof *r->paths)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < r->nrecipients && s == ASSAY_DONE; i++)
        s = path_read(keep, r->recipients[i], &r->paths[i]);
    return s;
}

/** What is known of a message at the end of its header. */
static struct policy_facts facts_of(const struct receive *r)
{
    bool sure = !r->authors.over && !r->authors.hidden;

    return (struct policy_facts){.listener = r->listener,
                                 .user = r->user,
                                 .ip = r->ip,
                                 .sender_unknown = r->sender_unknown,
                                 .sender = r->sender,
                                 .recipients = r->paths,
                                 .nrecipients = r->nrecipients,
                                 .header = &r->in.message.header,
                                 .authors = r->authors.domains,
                                 .nauthors = sure ? r->authors.n : 0,
                                 .client_name = SPAN_EMPTY};
}

assay_status choose_at_header(struct receive *r)
{
    struct policy_facts facts;
    assay_status s = ASSAY_DONE;

    if (wants_paths(r) && (s = read_paths(r)) != ASSAY_DONE)
        return s;
    if (r->top->children) {
        facts = facts_of(r);
        r->policy = r->decided = policy_select(r->top, &facts);
    }
    r->dkim.options = r->arc.options = &r->policy->dkim;
    return ASSAY_DONE;
}

/** What signatures came to. \return NULL when memory is out */
static const struct policy_signer *signers_of(struct receive *r)
{
    struct policy_signer *all = arena_get(&r->ev.pass, (r->dkim.n + 1) * sizeof *all);

    for (size_t i = 0; all && i < r->dkim.n; i++) {
        const struct dkim_slot *slot = &r->dkim.slots[i];

        all[i] =
            (struct policy_signer){.domain = slot->signature.domain,
                                   .passes = slot->verdict.result == DKIM_PASS        ? TRUTH_YES
                                             : slot->verdict.result == DKIM_TEMPERROR ? TRUTH_MAYBE
                                                                                      : TRUTH_NO};
    }
    return all;
}

assay_status choose_at_end(struct receive *r, struct choice *ret)
{
    struct policy_facts facts;

    ret->nearest = r->top;
    ret->n = 0;
    if (!r->top->children)
        return ASSAY_DONE;
    facts = facts_of(r);
    facts.end = true;
    facts.named = r->iprev.result == IPREV_PASS        ? TRUTH_YES
                  : r->iprev.result == IPREV_TEMPERROR ? TRUTH_MAYBE
                                                       : TRUTH_NO;
    facts.client_name = r->iprev.name;
    facts.nsigners = r->dkim.n;
    if (!(facts.signers = signers_of(r)))
        return ASSAY_ENOMEM;
    ret->nearest = policy_select(r->top, &facts);
    ret->n = policy_candidates(r->top, &facts, ret->candidates);
    return ASSAY_DONE;
}
