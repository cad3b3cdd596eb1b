/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file metrics.h What is counted: one table that feeds the code, /metrics, its help and the board.
 *
 * Each worker counts for itself; who shows them adds them up. METRIC(ID, name, type, help), in the
 * words of Prometheus; names that share a stem stand together, and what distinguishes them is in
 * braces.
 */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include "base/buf.h"

#include <stdatomic.h>

/* clang-format off */
/** The table. */
#define METRICS(METRIC)                                                                                            \
    METRIC(CONNECTIONS, "assay_connections_total", counter, "connections accepted")                                \
    METRIC(CONNECTIONS_OPEN, "assay_connections_open", gauge, "connections that are open")                         \
    METRIC(CONNECTIONS_IDLE, "assay_connections_idle_closed_total", counter, "connections closed for silence")     \
    METRIC(CONNECTIONS_REFUSED, "assay_connections_refused_total", counter, "connections over a limit")            \
    METRIC(CONNECTIONS_BROKEN, "assay_connections_broken_total", counter, "connections that broke the protocol")   \
    METRIC(MESSAGES_IN, "assay_messages_total{direction=\"in\"}", counter, "messages with a verdict")              \
    METRIC(MESSAGES_OUT, "assay_messages_total{direction=\"out\"}", counter, "messages with a verdict")            \
    METRIC(MESSAGES_TEMPFAILED, "assay_messages_tempfailed_total", counter,                                        \
           "messages deferred for want of memory, time or a lawful order of commands")                             \
    METRIC(WHAT_ACCEPT, "assay_dispositions_total{disposition=\"accept\"}", counter, "what was done")              \
    METRIC(WHAT_QUARANTINE, "assay_dispositions_total{disposition=\"quarantine\"}", counter, "what was done")      \
    METRIC(WHAT_REJECT, "assay_dispositions_total{disposition=\"reject\"}", counter, "what was done")              \
    METRIC(WHAT_DEFER, "assay_dispositions_total{disposition=\"defer\"}", counter, "what was done")                \
    METRIC(WHAT_TAG, "assay_dispositions_total{disposition=\"tag\"}", counter, "what was done")                    \
    METRIC(WHAT_DISCARD, "assay_dispositions_total{disposition=\"discard\"}", counter, "what was done")            \
    METRIC(SPF_PASS, "assay_results_total{method=\"spf\",result=\"pass\"}", counter, "results of checks")          \
    METRIC(SPF_FAIL, "assay_results_total{method=\"spf\",result=\"fail\"}", counter, "results of checks")          \
    METRIC(SPF_OTHER, "assay_results_total{method=\"spf\",result=\"other\"}", counter, "results of checks")        \
    METRIC(SPF_TEMPERROR, "assay_results_total{method=\"spf\",result=\"temperror\"}", counter, "results of checks") \
    METRIC(DKIM_PASS, "assay_results_total{method=\"dkim\",result=\"pass\"}", counter, "results of checks")        \
    METRIC(DKIM_FAIL, "assay_results_total{method=\"dkim\",result=\"fail\"}", counter, "results of checks")        \
    METRIC(DKIM_OTHER, "assay_results_total{method=\"dkim\",result=\"other\"}", counter, "results of checks")      \
    METRIC(DKIM_TEMPERROR, "assay_results_total{method=\"dkim\",result=\"temperror\"}", counter, "results of checks") \
    METRIC(DMARC_PASS, "assay_results_total{method=\"dmarc\",result=\"pass\"}", counter, "results of checks")      \
    METRIC(DMARC_FAIL, "assay_results_total{method=\"dmarc\",result=\"fail\"}", counter, "results of checks")      \
    METRIC(DMARC_OTHER, "assay_results_total{method=\"dmarc\",result=\"other\"}", counter, "results of checks")    \
    METRIC(DMARC_TEMPERROR, "assay_results_total{method=\"dmarc\",result=\"temperror\"}", counter, "results of checks") \
    METRIC(ARC_PASS, "assay_results_total{method=\"arc\",result=\"pass\"}", counter, "results of checks")          \
    METRIC(ARC_FAIL, "assay_results_total{method=\"arc\",result=\"fail\"}", counter, "results of checks")          \
    METRIC(ARC_OTHER, "assay_results_total{method=\"arc\",result=\"other\"}", counter, "results of checks")        \
    METRIC(SIGNED, "assay_signatures_total{result=\"signed\"}", counter, "signatures wanted")                      \
    METRIC(UNSIGNED, "assay_signatures_total{result=\"skipped\"}", counter, "signatures wanted")                   \
    METRIC(SIGN_FAILED, "assay_signatures_total{result=\"failed\"}", counter, "signatures wanted")                 \
    METRIC(SRS_REWRITTEN, "assay_srs_total{result=\"rewritten\"}", counter, "addresses asked for")                 \
    METRIC(SRS_REFUSED, "assay_srs_total{result=\"refused\"}", counter, "addresses asked for")                     \
    METRIC(OVERRIDES, "assay_overrides_total", counter, "failing messages accepted on somebody's word")            \
    METRIC(MESSAGE_US, "assay_message_microseconds_total", counter, "from MAIL to the verdict, the client's time included") \
    METRIC(ROWS, "assay_store_rows_total", counter, "rows given to the store")                                     \
    METRIC(ROWS_LOST, "assay_store_rows_lost_total", counter, "rows that found neither disk nor memory")           \
    METRIC(RELOADS, "assay_reloads_total", counter, "configurations taken into use")
/* clang-format on */

/** What is counted. */
enum metric {
#define METRIC(id, ...) METRIC_##id,
    METRICS(METRIC)
#undef METRIC
        METRIC_N
};

/** The counts of one worker. */
struct metrics {
    atomic_llong values[METRIC_N];
};

/** Count. Any thread may read, one writes. */
static inline void metrics_add(struct metrics *m, enum metric which, long long n)
{
    atomic_fetch_add_explicit(&m->values[which], n, memory_order_relaxed);
}

/** Write the sums of several workers as Prometheus reads them (text format 0.0.4). */
void metrics_write(const struct metrics *all, size_t n, struct buf *out);

#endif
