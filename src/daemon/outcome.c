/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/outcome.h"

#include "daemon/front.h"
#include "daemon/log.h"
#include "daemon/row.h"
#include "daemon/why.h"
#include "store/store.h"
#include "world/clock.h"
#include "world/recall.h"

#include <stdio.h>

/** Seconds between two words about the same trouble. */
enum { SAID_S = 60 };

/* ---- counts ---- */

/** Which count belongs to a result of a method. */
static const struct {
    const char *method, *result;
    enum metric metric;
} RESULTS[] = {
#define CHECK(METHOD, method, RESULT, result) {method, result, METRIC_##METHOD##_##RESULT},
    CHECKS(CHECK)
#undef CHECK
        {"sign", "signed", METRIC_SIGNED},
    {"sign", "skipped", METRIC_UNSIGNED},
    {"sign", "failed", METRIC_SIGN_FAILED},
};

/** Count one check. */
static void count_check(struct metrics *m, const struct assay_check *c)
{
    for (size_t i = 0; i < sizeof RESULTS / sizeof *RESULTS; i++) {
        if (!span_is(c->method, RESULTS[i].method) || !span_is(c->result, RESULTS[i].result))
            continue;
        metrics_add(m, RESULTS[i].metric, 1);
        return;
    }
}

/** Count why it was done. */
static void count_cause(struct metrics *m, assay_span cause)
{
    static const struct {
        const char *cause;
        enum metric metric;
    } CAUSES[] = {{"none", METRIC_CAUSE_NONE},           {"policy", METRIC_CAUSE_POLICY},
                  {"local", METRIC_CAUSE_LOCAL},         {"forwarded", METRIC_CAUSE_FORWARDED},
                  {"temperror", METRIC_CAUSE_TEMPERROR}, {"malformed", METRIC_CAUSE_MALFORMED}};

    for (size_t i = 0; i < sizeof CAUSES / sizeof *CAUSES; i++)
        if (span_is(cause, CAUSES[i].cause))
            metrics_add(m, CAUSES[i].metric, 1);
}

/** Count where its time went. */
static void count_time(struct metrics *m, const struct message_facts *f)
{
    int64_t client = f->came - f->began * 1000, answers = world_now_us() - f->came;

    metrics_add(m, METRIC_STAGE_CLIENT, client > 0 ? client : 0);
    metrics_add(m, METRIC_STAGE_ANSWERS, answers > 0 ? answers : 0);
}

/** Count a message. */
static void count(struct metrics *m, const struct message_facts *f, const struct assay_verdict *v)
{
    static const enum metric WHAT[] = {
        [ASSAY_ACCEPT] = METRIC_WHAT_ACCEPT, [ASSAY_QUARANTINE] = METRIC_WHAT_QUARANTINE,
        [ASSAY_REJECT] = METRIC_WHAT_REJECT, [ASSAY_DEFER] = METRIC_WHAT_DEFER,
        [ASSAY_TAG] = METRIC_WHAT_TAG,       [ASSAY_DISCARD] = METRIC_WHAT_DISCARD};

    metrics_add(m, f->outbound ? METRIC_MESSAGES_OUT : METRIC_MESSAGES_IN, 1);
    metrics_add(m, WHAT[v->what], 1);
    count_cause(m, v->cause);
    count_time(m, f);
    if (v->override.n)
        metrics_add(m, METRIC_OVERRIDES, 1);
    for (size_t i = 0; i < v->nchecks; i++)
        count_check(m, v->checks[i]);
}

/* ---- the log ---- */

/** The event of a message, written from its row: both are about the same things. */
static void write_log(struct log *log, const struct store_row *r, int64_t ms)
{
    char recipients[24], took[24], dkim[512];
    size_t n = 0;
    int len;

    dkim[0] = '\0';
    for (size_t i = 0; i < r->nsignatures && n < sizeof dkim; i++) {
        len = snprintf(dkim + n, sizeof dkim - n, "%s%.*s:%.*s", i ? " " : "",
                       SPAN_ARG(span_first(r->signatures[i].domain, 200)),
                       SPAN_ARG(r->signatures[i].result));
        n += len > 0 ? (size_t)len : 0;
    }
    snprintf(recipients, sizeof recipients, "%lld", (long long)r->recipients);
    snprintf(took, sizeof took, "%lld", (long long)ms);
    log_event(log, LOG_IS_INFO, "message",
              (struct log_field[]){{"queue_id", r->queue_id},
                                   {"direction", r->direction},
                                   {"disposition", r->disposition},
                                   {"would",
                                    span_eq(r->would, r->disposition) ? SPAN_EMPTY : r->would},
                                   {"cause", r->cause},
                                   {"reason", r->reason},
                                   {"override", r->override},
                                   {"override_note", r->override_note},
                                   {"policy", r->policy},
                                   {"author", r->author},
                                   {"dmarc", r->dmarc},
                                   {"spf", r->spf},
                                   {"spf_helo", r->spf_helo},
                                   {"dkim", span_of(dkim)},
                                   {"arc", r->arc},
                                   {"iprev", r->iprev},
                                   {"keys", r->keys},
                                   {"client", r->client},
                                   {"helo", r->helo},
                                   {"from", r->null_sender ? SPAN("<>") : r->mail_from},
                                   {"recipients", span_of(recipients)},
                                   {"user", r->user},
                                   {"listener", r->listener},
                                   {"message_id", r->message_id},
                                   {"ms", span_of(took)}},
              25);
}

/* ---- what is recalled ---- */

/** Remember that a message was deferred, under the name by which the evaluation asked for that. */
static void note_deferral(struct worker *w, const assay_eval *eval)
{
    static const assay_span HEAD = {"deferred ", 9};
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;

    while (assay_evidence(eval, &cursor, &q, &fact))
        if (q.kind == ASSAY_RECALL && span_starts(q.name, HEAD))
            (void)recall_seen(w->recall, span_from(q.name, HEAD.n), w->now);
}

/* ---- the store ---- */

/** A row has found room neither on disk nor in memory: that is counted, and said once a minute. */
static void note_lost(struct worker *w)
{
    metrics_add(w->metrics, METRIC_ROWS_LOST, 1);
    if (w->lost_said && w->now - w->lost_said < SAID_S)
        return;
    w->lost_said = w->now;
    log_words(
        front_log(w->front), LOG_IS_ERROR, "store",
        "rows are lost: the disk takes none, and those that wait fill the memory there is for "
        "them; see assay_store_rows_lost_total");
}

/* ---- all of it ---- */

void outcome_keep(struct worker *w, const struct message_facts *f, assay_eval *eval)
{
    const struct assay_verdict *v = assay_result(eval);
    struct store *store = front_store(w->front);
    struct log *log = front_log(w->front);
    struct daemon_row row;

    count(w->metrics, f, v);
    if (!f->outbound && v->what == ASSAY_DEFER)
        note_deferral(w, eval);
    if (!store && !log_wants(log, LOG_IS_INFO))
        return;
    row_of(f, eval, w->now, &row);
    if (store) {
        metrics_add(w->metrics, METRIC_ROWS, 1);
        if (store_append(store, &row.row, NULL) == STORE_LOST)
            note_lost(w);
    }
    if (log_wants(log, LOG_IS_INFO))
        write_log(log, &row.row, world_now() - f->began);
}

void outcome_remember(struct worker *w, const struct message_facts *f, assay_eval *eval)
{
    if (w->config->why_keep)
        why_keep(w->why, f, row_message_id(eval), w->now, eval);
    else
        assay_eval_free(eval);
}
