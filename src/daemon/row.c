/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/row.h"

#include "receive/receive.h"
#include "send/send.h"

#include <stdio.h>

const char *row_disposition(enum assay_disposition what)
{
    static const char *const TEXTS[] = {
        [ASSAY_ACCEPT] = "accept", [ASSAY_QUARANTINE] = "quarantine",
        [ASSAY_REJECT] = "reject", [ASSAY_DEFER] = "defer",
        [ASSAY_TAG] = "tag",       [ASSAY_DISCARD] = "discard"};

    return TEXTS[what];
}

/* ---- what a message holds ---- */

/** The header of either kind of evaluation. */
static const struct header *header_of(const assay_eval *eval)
{
    const struct receive *r = receive_of((assay_eval *)(uintptr_t)eval);

    return r ? &r->in.message.header
             : &((const struct send *)(const void *)eval)->in.message.header;
}

assay_span row_message_id(const assay_eval *eval)
{
    const struct header *h = header_of(eval);
    size_t i = header_find(h, SPAN("Message-ID"), 0);
    assay_span id = i < h->n ? span_trim(field_value(h, i)) : SPAN_EMPTY;

    if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
        id = (assay_span){id.p + 1, id.n - 2};
    return id;
}

size_t row_header_octets(const assay_eval *eval)
{
    return header_of(eval)->text.cap;
}

/** What stands behind the last @. */
static assay_span domain_of(assay_span address)
{
    size_t at = span_rfind(address, '@');

    return at < address.n ? span_from(address, at + 1) : SPAN_EMPTY;
}

/* ---- what a check holds ---- */

/** The first check of a method and scope, or NULL. */
static const struct assay_check *find(const struct assay_verdict *v, const char *method,
                                      const char *scope)
{
    for (size_t i = 0; i < v->nchecks; i++)
        if (span_is(v->checks[i]->method, method) &&
            (!scope || span_is(v->checks[i]->scope, scope)))
            return v->checks[i];
    return NULL;
}

/** A property of a check, or an empty text. */
static assay_span property(const struct assay_check *c, const char *name)
{
    for (size_t i = 0; c && i < c->nproperties; i++)
        if (span_is(c->properties[i].name, name))
            return c->properties[i].value;
    return SPAN_EMPTY;
}

/** A detail of a check, or an empty text. */
static assay_span detail(const struct assay_check *c, const char *name)
{
    for (size_t i = 0; c && i < c->ndetails; i++)
        if (span_is(c->details[i].name, name))
            return c->details[i].value;
    return SPAN_EMPTY;
}

/** The result of a check, or an empty text. */
static assay_span result(const struct assay_check *c)
{
    return c ? c->result : SPAN_EMPTY;
}

/** The reason of a check, or an empty text. */
static assay_span reason(const struct assay_check *c)
{
    return c ? c->reason : SPAN_EMPTY;
}

/* ---- the parts of a row ---- */

/** What the door knows. */
static void take_facts(const struct message_facts *f, const assay_eval *eval, struct store_row *r)
{
    r->direction = f->outbound ? SPAN("out") : SPAN("in");
    r->listener = f->listener;
    r->queue_id = f->queue_id;
    r->message_id = row_message_id(eval);
    r->client = f->ip;
    r->helo = f->helo;
    r->mail_from = f->mail_from;
    r->null_sender = f->mail_from.n == 0;
    r->mail_from_domain = domain_of(f->mail_from);
    r->user = f->user;
    r->recipients = (int64_t)f->nrecipients;
    r->recipient_domain = f->recipient_domain;
}

/** What was decided. */
static void take_decision(const struct assay_verdict *v, struct daemon_row *ret)
{
    struct store_row *r = &ret->row;
    int n;

    r->author = v->author;
    r->disposition = span_of(row_disposition(v->what));
    r->would = span_of(row_disposition(v->would));
    r->cause = v->cause;
    r->reason = v->reason;
    r->override = v->override;
    r->override_note = v->override_note;
    r->policy = v->policy;
    if (!v->code)
        return;
    n = snprintf(ret->reply, sizeof ret->reply, "%d %.*s %.*s", v->code, SPAN_ARG(v->enhanced),
                 SPAN_ARG(span_first(v->text, sizeof ret->reply - 32)));
    if (n > 0)
        r->reply = (assay_span){ret->reply,
                                (size_t)n < sizeof ret->reply ? (size_t)n : sizeof ret->reply - 1};
}

/** What DMARC found: that by the standard that decides stands first. */
static void take_dmarc(const struct assay_verdict *v, struct store_row *r)
{
    const struct assay_check *c = find(v, "dmarc", NULL);

    r->dmarc = result(c);
    r->dmarc_reason = reason(c);
    r->dmarc_policy = detail(c, "policy");
    r->dmarc_tag = detail(c, "tag");
    r->aligned_spf = detail(c, "aligned_spf");
    r->aligned_dkim = detail(c, "aligned_dkim");
    r->org_domain = detail(c, "org");
    r->policy_domain = detail(c, "policy_domain");
    r->record = detail(c, "record");
    r->testing = detail(c, "testing").n > 0;
    r->sampled_out = detail(c, "sampled_out").n > 0;
    if (c)
        r->discovery = span_is(c->scope, "9989") ? SPAN("treewalk") : SPAN("psl");
}

/** What SPF, ARC and iprev found. */
static void take_others(const struct assay_verdict *v, struct store_row *r)
{
    const struct assay_check *mfrom = find(v, "spf", "mfrom"), *helo = find(v, "spf", "helo"),
                             *arc = find(v, "arc", NULL), *iprev = find(v, "iprev", NULL);

    r->spf_domain = detail(mfrom, "domain");
    r->spf_scope = mfrom ? (r->null_sender ? SPAN("helo") : SPAN("mfrom")) : SPAN_EMPTY;
    r->spf = result(mfrom);
    r->spf_reason = reason(mfrom);
    r->spf_helo = result(helo);
    r->spf_helo_reason = reason(helo);
    r->arc = result(arc);
    r->arc_reason = reason(arc);
    r->sealers = detail(arc, "sealers");
    r->iprev = result(iprev);
    r->iprev_name = detail(iprev, "name");
}

/** The signatures that were verified. */
static void take_signatures(const struct assay_verdict *v, struct daemon_row *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < v->nchecks && n < LIMIT_SIGNATURES; i++) {
        const struct assay_check *c = v->checks[i];

        if (span_is(c->method, "dkim") && c->nproperties)
            ret->signatures[n++] = (struct store_signature){.domain = property(c, "d"),
                                                            .selector = property(c, "s"),
                                                            .algorithm = property(c, "a"),
                                                            .result = c->result,
                                                            .reason = c->reason};
    }
    ret->row.signatures = ret->signatures;
    ret->row.nsignatures = n;
}

/** The keys that signed. */
static void take_keys(const struct assay_verdict *v, struct daemon_row *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < v->nchecks; i++) {
        const struct assay_check *c = v->checks[i];
        assay_span selector = property(c, "s"), domain = property(c, "d");
        int k;

        if (!span_is(c->method, "sign") || !span_is(c->result, "signed") ||
            n + selector.n + domain.n + 16 > sizeof ret->keys)
            continue;
        k = snprintf(ret->keys + n, sizeof ret->keys - n, "%s%.*s._domainkey.%.*s", n ? " " : "",
                     SPAN_ARG(selector), SPAN_ARG(domain));
        n += k > 0 ? (size_t)k : 0;
    }
    ret->row.keys = (assay_span){ret->keys, n};
}

void row_of(const struct message_facts *facts, const assay_eval *eval, int64_t now,
            struct daemon_row *ret)
{
    const struct assay_verdict *v = assay_result(eval);

    ret->row = (struct store_row){.time = now};
    take_facts(facts, eval, &ret->row);
    take_decision(v, ret);
    take_dmarc(v, &ret->row);
    take_others(v, &ret->row);
    take_signatures(v, ret);
    take_keys(v, ret);
}
