/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file seal.c Sealing what is delivered (RFC 8617 5.1), by the options seal.*: a message that cannot
 * be sealed goes out without, and a check says why.
 */
#include "mail/forged.h"
#include "receive/verdict.h"

static const char AAR[] = "ARC-Authentication-Results";

/* ---- results found in the message (seal.results = found) ---- */

/** A text with comments and quoted strings, one octet at a time. */
struct scan {
    unsigned depth; /* of comments */
    bool quoted, escaped;
};

/** The octet stands outside comments and quotes. */
static bool is_plain(struct scan *s, char c)
{
    bool plain = !s->depth && !s->quoted && !s->escaped && c != '"' && c != '(';

    if (s->escaped)
        s->escaped = false;
    else if (c == '\\' && (s->depth || s->quoted))
        s->escaped = true;
    else if (c == '"' && !s->depth)
        s->quoted = !s->quoted;
    else if (c == '(' && !s->quoted)
        s->depth++;
    else if (c == ')' && s->depth)
        s->depth--;
    return plain;
}

/** What stands behind the authserv-id, without the semicolons at both ends. */
static assay_span results_of(assay_span value)
{
    struct scan scan = {0};
    size_t i = 0;

    while (i < value.n && !(is_plain(&scan, value.p[i]) && value.p[i] == ';'))
        i++;
    value = span_trim(span_from(value, i + 1));
    while (value.n && value.p[value.n - 1] == ';')
        value = span_trim(span_first(value, value.n - 1));
    return value;
}

/** Add text of a field: its lines folded as ours, controls as `?`. */
static void put_folded(struct buf *out, assay_span text)
{
    assay_span line;

    for (bool first = true; span_line(&text, &line); first = false) {
        line = span_trim(line);
        if (!line.n)
            continue;
        buf_puts(out, first ? "" : "\r\n\t");
        for (size_t i = 0; i < line.n; i++) {
            unsigned char c = (unsigned char)line.p[i];

            buf_putc(out, (c < ' ' && c != '\t') || c == 0x7F ? '?' : line.p[i]);
        }
    }
}

/** Put the results of all fields by our name into one payload (RFC 8617 4.1.1). */
static assay_status found_payload(struct receive *r, assay_span *ret)
{
    const struct header *h = &r->in.message.header;
    struct buf out = buf_new(1 << 16);
    assay_status s = ASSAY_DONE;
    size_t n = 0;

    buf_put(&out, verdict_our_id(r));
    for (size_t i = 0; i < h->n; i++) {
        assay_span results;

        if (!field_is(h, i, SPAN("Authentication-Results")) ||
            !forged_is_by(field_value(h, i), verdict_our_id(r)))
            continue;
        results = results_of(field_value(h, i));
        if (!results.n || span_iis(results, "none"))
            continue;
        buf_puts(&out, n++ ? ";\r\n\t" : "; ");
        put_folded(&out, results);
    }
    *ret = SPAN_EMPTY;
    if (out.status == ASSAY_ENOMEM ||
        (n && out.status == ASSAY_DONE && !arena_copy(&r->ev.pass, buf_span(&out), ret)))
        s = ASSAY_ENOMEM;
    buf_done(&out);
    return s;
}

/* ---- the seal ---- */

/** No seal, for a reason that is static. */
static assay_status skip(struct receive *r, const char *why)
{
    r->added = (struct arc_added){.result = DKIM_UNFIT, .ref = "RFC 8617 5.1"};
    r->added.reason = span_of(why);
    r->added.aar = r->added.ams = r->added.as = SPAN_EMPTY;
    trace(&r->ev, r->added.ref, SPAN("seal\tnot made\t%1"), r->added.reason);
    return ASSAY_DONE;
}

/** The message reaches somebody, who may send it on. */
static bool is_delivered(const struct assay_verdict *v)
{
    return v->what == ASSAY_ACCEPT || v->what == ASSAY_QUARANTINE || v->what == ASSAY_TAG;
}

/** The results that the seal vouches for. */
static assay_status payload_of(struct receive *r, assay_span *ret)
{
    if (r->policy->seal_results == POLICY_SEAL_FOUND)
        return found_payload(r, ret);
    return verdict_payload(r, sizeof AAR + sizeof " i=50;" - 1, ret);
}

/** Seal: a branch_fn over a struct receive. */
static assay_status seal(struct assay_eval *ev, void *receive)
{
    struct receive *r = receive;
    const struct assay_policy *p = r->policy;
    struct arc_sealer sealer = {.message = &r->in.message,
                                .chain = &r->arc,
                                .algorithm = p->seal_key.algorithm,
                                .domain = p->seal_key.domain,
                                .selector = p->seal_key.selector,
                                .profile = p->seal_fields.profile,
                                .names = p->seal_fields.names,
                                .timestamp = ev->now > 0 ? (uint64_t)ev->now : 0,
                                .sorted = p->seal_tags};
    assay_span payload;

    trace(ev, NULL, SPAN("Sealing by %1, selector %2"), sealer.domain, sealer.selector);
    trace_in(ev);
    if (!is_delivered(&r->verdict))
        return skip(r, "the message is not delivered");
    if (r->in.message.faults & MESSAGE_LIMIT)
        return skip(r, "the header is over a limit");
    if (payload_of(r, &payload) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if (!payload.n)
        return skip(r, "the message has no Authentication-Results of ours to vouch for");
    return arc_add_set(ev, &sealer, payload, &r->added);
}

/** Insert a field on top. */
static void insert(struct receive *r, const char *name, assay_span value)
{
    struct assay_edit *edits = (struct assay_edit *)(uintptr_t)r->verdict.edits;

    edits[r->verdict.nedits++] =
        (struct assay_edit){.index = 0, .name = span_of(name), .value = value};
}

assay_status verdict_seal(struct receive *r)
{
    assay_status s;

    if (r->envelope_only || !r->policy->seal_key.selector.n || r->sealed)
        return ASSAY_DONE;
    if ((s = branch_run(&r->ev, &r->branches[RECEIVE_SEAL], seal, r)) != ASSAY_DONE ||
        (s = verdict_seal_check(r, &r->added)) != ASSAY_DONE)
        return s;
    if (r->added.result == DKIM_SIGNED) {
        insert(r, AAR, r->added.aar);
        insert(r, "ARC-Message-Signature", r->added.ams);
        insert(r, "ARC-Seal", r->added.as);
    }
    r->sealed = true;
    return ASSAY_DONE;
}
