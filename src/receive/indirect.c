/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/dispose.h"

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

assay_status indirect_sign(struct disposer *d, assay_span *ret)
{
    const char *field = indirect_field(d->r);
    const struct spf_verdict *author;
    assay_status s;

    *ret = SPAN_EMPTY;
    if (field)
        *ret = pass_printf(d->ev, "it came an indirect way (%s)", field);
    else if (is_srs(d->r->mail_from))
        *ret = SPAN("it was forwarded (SRS)");
    else if (has_own_signature(d->r))
        *ret = SPAN("it has a signature of that organization");
    if (ret->n)
        return ASSAY_DONE;
    if ((s = ask_author_spf(d)) != ASSAY_DONE)
        return s;
    author = &d->r->spf_author.verdict;
    if (author->result == SPF_PASS)
        *ret = SPAN("the client may send for that domain");
    else if (author->result == SPF_TEMPERROR || author->unanswered)
        *ret = SPAN("it could not be told whether the client may send for that domain");
    return ASSAY_DONE;
}
