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

/* ---- counts ---- */

/** Which count belongs to a result of a method. */
static const struct {
    const char *method, *result;
    enum metric metric;
} RESULTS[] = {
    {"spf", "pass", METRIC_SPF_PASS},
    {"spf", "fail", METRIC_SPF_FAIL},
    {"spf", "temperror", METRIC_SPF_TEMPERROR},
    {"spf", NULL, METRIC_SPF_OTHER},
    {"dkim", "pass", METRIC_DKIM_PASS},
    {"dkim", "fail", METRIC_DKIM_FAIL},
    {"dkim", "temperror", METRIC_DKIM_TEMPERROR},
    {"dkim", NULL, METRIC_DKIM_OTHER},
    {"dmarc", "pass", METRIC_DMARC_PASS},
    {"dmarc", "fail", METRIC_DMARC_FAIL},
    {"dmarc", "temperror", METRIC_DMARC_TEMPERROR},
    {"dmarc", NULL, METRIC_DMARC_OTHER},
    {"arc", "pass", METRIC_ARC_PASS},
    {"arc", "fail", METRIC_ARC_FAIL},
    {"arc", NULL, METRIC_ARC_OTHER},
    {"sign", "signed", METRIC_SIGNED},
    {"sign", "skipped", METRIC_UNSIGNED},
    {"sign", "failed", METRIC_SIGN_FAILED},
};

/** Count one check. */
static void count_check(struct metrics *m, const struct assay_check *c)
{
    for (size_t i = 0; i < sizeof RESULTS / sizeof *RESULTS; i++) {
        if (!span_is(c->method, RESULTS[i].method) ||
            (RESULTS[i].result && !span_is(c->result, RESULTS[i].result)))
            continue;
        metrics_add(m, RESULTS[i].metric, 1);
        return;
    }
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
    metrics_add(m, METRIC_MESSAGE_US, (world_now() - f->began) * 1000);
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

/* ---- all of it ---- */

void outcome_keep(struct worker *w, const struct message_facts *f, assay_eval *eval)
{
    const struct assay_verdict *v = assay_result(eval);
    struct store *store = front_store(w->front);
    struct log *log = front_log(w->front);
    struct daemon_row row;

    count(w->metrics, f, v);
    if (!f->outbound && v->what == ASSAY_DEFER && span_is(v->cause, "temperror") && v->author.n)
        (void)recall_seen(w->recall, v->author, w->now);
    if (!store && !log_wants(log, LOG_IS_INFO))
        return;
    row_of(f, eval, w->now, &row);
    if (store) {
        metrics_add(w->metrics, METRIC_ROWS, 1);
        if (store_append(store, &row.row, NULL) == STORE_LOST)
            metrics_add(w->metrics, METRIC_ROWS_LOST, 1);
    }
    if (log_wants(log, LOG_IS_INFO))
        write_log(log, &row.row, world_now() - f->began);
}

void outcome_remember(struct worker *w, const struct message_facts *f, assay_eval *eval)
{
    if (w->config->why_keep)
        why_keep(w->why, f, row_message_id(eval), eval);
    else
        assay_eval_free(eval);
}
