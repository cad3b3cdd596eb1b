/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/milter_answer.h"

#include "daemon/front.h"
#include "daemon/log.h"
#include "fact/eval.h"

/**
 * The MTA lets us do this. Where it does not, the message is not taken: a forged field that stays, or
 * one that should be held and is not, is worse than a message that comes later.
 */
static assay_status need(const struct milter_answer *a, enum milter_action action, const char *what)
{
    if (a->agreed->actions & action)
        return ASSAY_DONE;
    log_words(front_log(a->worker->front), LOG_IS_ERROR, "milter",
              "the mail server does not let a filter %s; the message is deferred", what);
    return ASSAY_EINVAL;
}

/** Write one edit. */
static assay_status put_edit(const struct milter_answer *a, const struct assay_edit *e)
{
    uint32_t steps = a->agreed->steps;

    if (e->remove)
        return join(need(a, MILTER_F_CHGHDRS, "remove header fields"),
                    milter_put_chgheader(a->out, steps, e->index, e->name, SPAN_EMPTY));
    return join(need(a, MILTER_F_ADDHDRS, "insert header fields"),
                milter_put_insheader(a->out, steps, e->index, e->name, e->value));
}

/** Have the message held. */
static assay_status put_hold(const struct milter_answer *a)
{
    assay_span reason = a->verdict->reason;

    return join(need(a, MILTER_F_QUARANTINE, "hold messages"),
                milter_put_quarantine(a->out, reason.n ? reason : SPAN("DMARC")));
}

/** Write the edits, and what holds the message where that is wanted. */
static assay_status put_edits(const struct milter_answer *a)
{
    const struct assay_verdict *v = a->verdict;
    assay_status s = ASSAY_DONE;

    for (size_t i = 0; i < v->nedits && s == ASSAY_DONE; i++)
        s = put_edit(a, &v->edits[i]);
    return s == ASSAY_DONE && v->what == ASSAY_QUARANTINE && v->hold ? put_hold(a) : s;
}

/** Write the sender that SRS made. */
static assay_status put_sender(const struct milter_answer *a)
{
    if (!a->sender || a->sender->outcome != ASSAY_SRS_REWRITTEN)
        return ASSAY_DONE;
    metrics_add(a->worker->metrics, METRIC_SRS_REWRITTEN, 1);
    return join(need(a, MILTER_F_CHGFROM, "change senders"),
                milter_put_chgfrom(a->out, a->sender->address, SPAN_EMPTY));
}

/** SRS refuses the sender, or could not tell. */
static bool is_unsendable(const struct assay_srs_rewrite *r)
{
    return r && (r->outcome == ASSAY_SRS_REFUSED || r->outcome == ASSAY_SRS_UNKNOWN);
}

/** Write why SRS keeps the message from going on. */
static assay_status put_unsendable(const struct milter_answer *a)
{
    const struct assay_srs_rewrite *r = a->sender;

    metrics_add(a->worker->metrics,
                r->outcome == ASSAY_SRS_REFUSED ? METRIC_SRS_REFUSED : METRIC_SRS_UNKNOWN, 1);
    /* the row and the event of the message tell of its verdict, which was another */
    log_event(front_log(a->worker->front), LOG_IS_WARNING, "srs",
              (struct log_field[]){{"queue_id", a->facts->queue_id},
                                   {"from", a->facts->mail_from},
                                   {"text", SPAN("not sent on, whatever its verdict")},
                                   {"reason", r->error}},
              4);
    return milter_put_reply(a->out, (unsigned)r->code, r->enhanced, r->error);
}

/** Write what is to be done with the message. */
static assay_status put(const struct milter_answer *a)
{
    const struct assay_verdict *v = a->verdict;
    assay_status s;

    switch (v->what) {
    case ASSAY_REJECT:
    case ASSAY_DEFER: return milter_put_reply(a->out, (unsigned)v->code, v->enhanced, v->text);
    case ASSAY_DISCARD: return milter_put(a->out, MILTER_R_DISCARD);
    case ASSAY_ACCEPT:
    case ASSAY_TAG:
    case ASSAY_QUARANTINE: break;
    }
    if (is_unsendable(a->sender))
        return put_unsendable(a);
    if ((s = put_edits(a)) == ASSAY_DONE)
        s = put_sender(a);
    return s == ASSAY_DONE ? milter_put(a->out, MILTER_R_CONTINUE) : s;
}

assay_status milter_answer(const struct milter_answer *a)
{
    size_t before = a->out->n;
    assay_status s = put(a);

    if (s != ASSAY_DONE)
        a->out->n = before; /* nothing half done */
    return s;
}
