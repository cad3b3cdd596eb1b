/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/report.h"

#include "cli/words.h"
#include "dns/rdata.h"
#include "fact/fact.h"
#include "receive/receive.h"

/** Questions without answer that are named. */
enum { UNANSWERED_SHOWN = 3, LIST_MAX = 200 };

/* ---- could not tell ---- */

/** The next question that was not answered, and what there was instead. */
static bool next_unanswered(assay_eval *eval, size_t *cursor, struct assay_question *q,
                            struct assay_answer *ret)
{
    assay_fact *fact;

    while (assay_evidence(eval, cursor, q, &fact)) {
        if (!fact || fact_state(fact) != FACT_UNKNOWN || q->kind == ASSAY_RECALL)
            continue; /* that nothing is remembered is no reason to ask others */
        assay_fact_read(fact, ret);
        return true;
    }
    return false;
}

/** Append a question. */
static void put_question(const struct assay_question *q, struct buf *out)
{
    const char *type = q->kind == ASSAY_DNS ? dns_type_text(q->rrtype) : "the public suffix of";

    buf_printf(out, "%s %.*s", type ? type : "?", SPAN_ARG(span_first(q->name, 300)));
}

/** Append why there was no answer. */
static void put_why(const struct assay_answer *a, struct buf *out)
{
    buf_printf(out, " (%s%s%.*s)", fact_how_text(a->how), a->reason.n ? ": " : "",
               SPAN_ARG(span_first(a->reason, 300)));
}

/** Two questions were not answered for the same reason. */
static bool same_why(const struct assay_answer *a, const struct assay_answer *b)
{
    return a->how == b->how && span_eq(a->reason, b->reason);
}

/** Append the questions that were not answered; those of one reason together. \return how many */
static size_t put_unanswered(assay_eval *eval, struct assay_answer *last, struct buf *out)
{
    struct assay_question q;
    struct assay_answer a;
    size_t cursor = 0, n = 0;

    while (next_unanswered(eval, &cursor, &q, &a)) {
        bool same = n && same_why(last, &a);

        if (n++ >= UNANSWERED_SHOWN)
            continue;
        if (n > 1 && !same)
            put_why(last, out);
        buf_puts(out, n == 1 ? "Not answered: " : same ? ", " : "; ");
        put_question(&q, out);
        *last = a;
    }
    return n;
}

void report_unanswered(assay_eval *eval, bool replay, struct buf *out)
{
    struct assay_answer last = {.how = 0};
    size_t n = put_unanswered(eval, &last, out);
    bool says_how = n && span_contains(last.reason, SPAN("--resolver"));

    if (n)
        put_why(&last, out);
    if (n > UNANSWERED_SHOWN)
        buf_printf(out, ", and %zu more; --explain shows them", n - UNANSWERED_SHOWN);
    if (n)
        buf_puts(out, ".\n");
    if (n && replay)
        buf_puts(out,
                 "So it was when the case was made; mail like this is asked to come again later"
                 " (assay help temperror).\n");
    else if (n)
        buf_printf(out, "Try again later%s (assay help temperror).\n",
                   says_how ? "" : ", or ask another resolver: --resolver ADDR");
}

/* ---- not proved ---- */

/** The name of the mailing list that the message came through, or an empty span. */
static assay_span list_of(const struct header *h)
{
    assay_span id = message_field(h, "List-Id");
    size_t open = span_rfind(id, '<');

    if (open < id.n)
        id = span_first(span_from(id, open + 1), span_find(span_from(id, open + 1), '>'));
    return span_first(span_trim(id), LIST_MAX);
}

/** What forwarders and resenders leave on a message. */
static bool is_forwarded(const struct report *r)
{
    static const char *const FIELDS[] = {"X-Forwarded-To", "X-Forwarded-For", "Resent-From",
                                         "Resent-Sender", "Resent-To"};
    const struct receive *receive = receive_of(r->eval);
    assay_span path = r->envelope->e.mail_from;

    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        if (header_find(r->header, span_of(FIELDS[i]), 0) < r->header->n)
            return true;
    if (span_istarts(path, SPAN("SRS0")) || span_istarts(path, SPAN("SRS1")))
        return true;
    /* a single seal of the receiver itself tells of no one before it */
    return receive && receive->arc.n &&
           !(receive->arc.n == 1 &&
             dns_is_under(r->envelope->e.hostname, receive->arc.sets[0].seal.domain));
}

/** Append how the message came, when that explains a broken signature. \return whether it does */
static bool put_way(const struct report *r, struct buf *out)
{
    assay_span list = list_of(r->header);
    bool forwarded = is_forwarded(r);

    if (list.n)
        buf_printf(
            out,
            "The message came through a mailing list (%.*s), which breaks signatures of honest mail too. ",
            SPAN_ARG(list));
    else if (forwarded)
        buf_puts(
            out,
            "The message was forwarded, which breaks SPF, and often signatures, of honest mail too. ");
    return list.n || forwarded;
}

/**
 * The newest sealer whose word, once trusted, would have the message accepted; an empty span: there
 * is none.
 */
static assay_span useful_sealer(const struct receive *receive, assay_span author)
{
    const struct arc_check *arc = &receive->arc;

    for (size_t i = arc->n; i > 0 && author.n; i--) {
        const assay_span *sealer = &arc->sets[i - 1].seal.domain;
        const struct arc_asked asked = {sealer, 1, receive->authors.domains, receive->authors.n};
        size_t set;

        if (sealer->n && arc_trust(arc, &asked, &set) == ARC_VOUCHED)
            return *sealer;
    }
    return SPAN_EMPTY;
}

/** Some signature of the author's organization is there, and does not verify. */
static bool has_broken_signature(const struct report *r, assay_span org)
{
    for (size_t i = 0; i < r->verdict->nchecks; i++) {
        const struct assay_check *c = r->verdict->checks[i];

        if (span_is(c->method, "dkim") && span_is(c->result, "fail") && org.n &&
            dns_is_under(report_property(c, "header", "d"), org))
            return true;
    }
    return false;
}

/** What can be done about a message whose author is not proved. */
static void advise_unproved(const struct report *r, struct buf *out)
{
    const struct receive *receive = receive_of(r->eval);
    const struct assay_check *dmarc = report_dmarc(r->verdict);
    assay_span author = report_property(dmarc, "header", "from"), sealer;
    bool indirect = put_way(r, out);

    sealer = receive ? useful_sealer(receive, author) : SPAN_EMPTY;
    if (sealer.n) {
        buf_printf(
            out,
            "%.*s saw dmarc=pass before and sealed that. To trust its word: arc.trusted = %.*s (assay help arc).\n",
            SPAN_ARG(sealer), SPAN_ARG(sealer));
        return;
    }
    if (indirect) {
        buf_puts(out, "No ARC seal vouches for what it was before (assay help lists).\n");
        return;
    }
    if (has_broken_signature(r, report_detail(dmarc, "org")))
        buf_printf(
            out,
            "A signature of the author's organization is there and does not verify: someone changed the"
            " message on its way, or took the signature from another.\n");
    else
        buf_printf(
            out,
            "Honest mail of %.*s is signed with DKIM for it, or comes from an address that its SPF record"
            " lists (assay help dmarc).\n",
            SPAN_ARG(author));
}

/* ---- other cases ---- */

/** A signature has expired, but had not when the message came. */
static void advise_expired(const struct report *r, struct buf *out)
{
    const struct receive *receive = receive_of(r->eval);
    int64_t when;

    if (!receive || !envelope_received(r->header, &when) || when < 0)
        return;
    for (size_t i = 0; i < receive->dkim.n; i++) {
        uint64_t expiration = receive->dkim.slots[i].signature.expiration;

        if (!expiration || expiration < (uint64_t)when || expiration > (uint64_t)r->envelope->e.now)
            continue;
        buf_puts(
            out,
            "A signature has expired since the message came; --now received judges as of then.\n");
        return;
    }
}

/** Which option takes a message with a fault. */
static void advise_malformed(const struct report *r, struct buf *out)
{
    static const struct {
        unsigned fault;
        const char *option;
    } OPTIONS[] = {{MESSAGE_BARE_LF, "message.bare_lf"},
                   {MESSAGE_BARE_CR, "message.bare_cr"},
                   {MESSAGE_NUL, "message.nul"},
                   {MESSAGE_NO_COLON, "message.no_colon"},
                   {MESSAGE_LONG_LINE, "message.long_line"}};
    const struct receive *receive = receive_of(r->eval);

    for (size_t i = 0; receive && i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        if (receive->in.message.faults & OPTIONS[i].fault &&
            span_contains(r->verdict->reason, span_of(message_fault_text(OPTIONS[i].fault))))
            buf_printf(out, "To take such messages: %s = accept (assay help message).\n",
                       OPTIONS[i].option);
}

/** What an accepted message leaves to be said. */
static void advise_accepted(const struct report *r, struct buf *out)
{
    const struct assay_check *dmarc = report_dmarc(r->verdict);
    assay_span author = dmarc ? report_property(dmarc, "header", "from") : SPAN_EMPTY;

    if (!author.n)
        return;
    if (span_is(dmarc->result, "fail") && span_is(report_detail(dmarc, "policy"), "none"))
        buf_printf(out,
                   "Anyone may have written it; who owns %.*s can ask for more with p=quarantine"
                   " (assay help dmarc).\n",
                   SPAN_ARG(author));
    else if (span_is(dmarc->result, "none") && span_contains(dmarc->reason, SPAN("valid")))
        buf_puts(out, "Such a record counts as none (assay help dmarc).\n");
    else if (span_is(dmarc->result, "none"))
        buf_printf(
            out,
            "Without a DMARC record of %.*s nothing tells forged mail from honest (assay help dmarc).\n",
            SPAN_ARG(author));
}

void report_advise(const struct report *r, struct buf *out)
{
    const struct assay_verdict *v = r->verdict;

    if (v->what == ASSAY_DEFER)
        report_unanswered(r->eval, r->replay, out);
    else if (v->malformed)
        advise_malformed(r, out);
    else if (v->what != ASSAY_ACCEPT && span_is(v->cause, "policy") && report_dmarc(v))
        advise_unproved(r, out);
    else if (v->what == ASSAY_ACCEPT)
        advise_accepted(r, out);
    advise_expired(r, out);
}
