/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file metrics.h What is counted: the tables that feed the code, /metrics, its help, and by tools/lint
 * the board (packaging/grafana-assay.json).
 *
 * METRICS are counted by the workers, each for itself; who shows them adds them up: METRIC(ID, name,
 * type, help). The others are looked up when they are shown: FIGURE(name, type, help, value), where
 * the value is an expression about `s`. Types are those of Prometheus, and `seconds`: a counter that
 * is kept in microseconds and shown in seconds. Names that share a stem stand together; what
 * distinguishes them is in braces, and the help of the first is that of all.
 */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include "base/buf.h"

#include <stdatomic.h>

/* clang-format off */
/** Results that checks can have (RFC 8601 2.7): CHECK(METHOD, method, RESULT, result). */
#define CHECKS(CHECK)                                                                                                  \
    CHECK(SPF, "spf", NONE, "none")                                                                                    \
    CHECK(SPF, "spf", NEUTRAL, "neutral")                                                                              \
    CHECK(SPF, "spf", PASS, "pass")                                                                                    \
    CHECK(SPF, "spf", FAIL, "fail")                                                                                    \
    CHECK(SPF, "spf", SOFTFAIL, "softfail")                                                                            \
    CHECK(SPF, "spf", TEMPERROR, "temperror")                                                                          \
    CHECK(SPF, "spf", PERMERROR, "permerror")                                                                          \
    CHECK(DKIM, "dkim", NONE, "none")                                                                                  \
    CHECK(DKIM, "dkim", PASS, "pass")                                                                                  \
    CHECK(DKIM, "dkim", FAIL, "fail")                                                                                  \
    CHECK(DKIM, "dkim", POLICY, "policy")                                                                              \
    CHECK(DKIM, "dkim", NEUTRAL, "neutral")                                                                            \
    CHECK(DKIM, "dkim", TEMPERROR, "temperror")                                                                        \
    CHECK(DKIM, "dkim", PERMERROR, "permerror")                                                                        \
    CHECK(DMARC, "dmarc", NONE, "none")                                                                                \
    CHECK(DMARC, "dmarc", PASS, "pass")                                                                                \
    CHECK(DMARC, "dmarc", FAIL, "fail")                                                                                \
    CHECK(DMARC, "dmarc", TEMPERROR, "temperror")                                                                      \
    CHECK(DMARC, "dmarc", PERMERROR, "permerror")                                                                      \
    CHECK(ARC, "arc", NONE, "none")                                                                                    \
    CHECK(ARC, "arc", PASS, "pass")                                                                                    \
    CHECK(ARC, "arc", FAIL, "fail")                                                                                    \
    CHECK(IPREV, "iprev", PASS, "pass")                                                                                \
    CHECK(IPREV, "iprev", FAIL, "fail")                                                                                \
    CHECK(IPREV, "iprev", TEMPERROR, "temperror")                                                                      \
    CHECK(IPREV, "iprev", PERMERROR, "permerror")

/** A row of METRICS for each of them. */
#define METRIC_OF_CHECK(METHOD, method, RESULT, result)                                                              \
    METRIC(METHOD##_##RESULT, "assay_results_total{method=\"" method "\",result=\"" result "\"}", counter, "results of checks")

/** What the workers count. */
#define METRICS(METRIC)                                                                                                \
    METRIC(CONNECTIONS, "assay_connections_total", counter, "connections accepted")                                    \
    METRIC(CONNECTIONS_OPEN, "assay_connections_open", gauge, "connections that are open")                             \
    METRIC(CLOSED_IDLE, "assay_connections_closed_total{reason=\"idle\"}", counter,                                    \
           "connections we ended: nothing came (idle), a message took too long (late), over a limit, "                 \
           "the protocol broken")                                                                                      \
    METRIC(CLOSED_LATE, "assay_connections_closed_total{reason=\"late\"}", counter, "")                                \
    METRIC(CLOSED_LIMIT, "assay_connections_closed_total{reason=\"limit\"}", counter, "")                              \
    METRIC(CLOSED_PROTOCOL, "assay_connections_closed_total{reason=\"protocol\"}", counter, "")                        \
    METRIC(MESSAGES_IN, "assay_messages_total{direction=\"in\"}", counter, "messages with a verdict")                  \
    METRIC(MESSAGES_OUT, "assay_messages_total{direction=\"out\"}", counter, "")                                       \
    METRIC(NO_VERDICT_FAILURE, "assay_messages_without_verdict_total{reason=\"failure\"}", counter,                    \
           "messages deferred for want of memory or answers (failure), or refused for a header over a limit")          \
    METRIC(NO_VERDICT_LIMIT, "assay_messages_without_verdict_total{reason=\"limit\"}", counter, "")                    \
    METRIC(WHAT_ACCEPT, "assay_dispositions_total{disposition=\"accept\"}", counter, "what was done")                  \
    METRIC(WHAT_TAG, "assay_dispositions_total{disposition=\"tag\"}", counter, "")                                     \
    METRIC(WHAT_QUARANTINE, "assay_dispositions_total{disposition=\"quarantine\"}", counter, "")                       \
    METRIC(WHAT_REJECT, "assay_dispositions_total{disposition=\"reject\"}", counter, "")                               \
    METRIC(WHAT_DEFER, "assay_dispositions_total{disposition=\"defer\"}", counter, "")                                 \
    METRIC(WHAT_DISCARD, "assay_dispositions_total{disposition=\"discard\"}", counter, "")                             \
    METRIC(CAUSE_NONE, "assay_causes_total{cause=\"none\"}", counter, "why it was done")                               \
    METRIC(CAUSE_POLICY, "assay_causes_total{cause=\"policy\"}", counter, "")                                          \
    METRIC(CAUSE_LOCAL, "assay_causes_total{cause=\"local\"}", counter, "")                                            \
    METRIC(CAUSE_FORWARDED, "assay_causes_total{cause=\"forwarded\"}", counter, "")                                    \
    METRIC(CAUSE_TEMPERROR, "assay_causes_total{cause=\"temperror\"}", counter, "")                                    \
    METRIC(CAUSE_MALFORMED, "assay_causes_total{cause=\"malformed\"}", counter, "")                                    \
    CHECKS(METRIC_OF_CHECK)                                                                                            \
    METRIC(SIGNED, "assay_signatures_total{result=\"signed\"}", counter, "signatures wanted")                          \
    METRIC(UNSIGNED, "assay_signatures_total{result=\"skipped\"}", counter, "")                                        \
    METRIC(SIGN_FAILED, "assay_signatures_total{result=\"failed\"}", counter, "")                                      \
    METRIC(SRS_REWRITTEN, "assay_srs_total{result=\"rewritten\"}", counter,                                            \
           "addresses that were to be rewritten, or back")                                                             \
    METRIC(SRS_KEPT, "assay_srs_total{result=\"kept\"}", counter, "")                                                  \
    METRIC(SRS_REFUSED, "assay_srs_total{result=\"refused\"}", counter, "")                                            \
    METRIC(SRS_UNKNOWN, "assay_srs_total{result=\"unknown\"}", counter, "")                                            \
    METRIC(OVERRIDES, "assay_overrides_total", counter, "failing messages accepted on somebody's word")                \
    METRIC(STAGE_CLIENT, "assay_stage_seconds_total{stage=\"client\"}", seconds,                                       \
           "time of messages: MAIL to the end as the client sends (client), to the verdict (answers), "                \
           "our own work in both")                                                                                     \
    METRIC(STAGE_ANSWERS, "assay_stage_seconds_total{stage=\"answers\"}", seconds, "")                                 \
    METRIC(STAGE_WORK, "assay_stage_seconds_total{stage=\"work\"}", seconds, "")                                       \
    METRIC(ROWS, "assay_store_rows_total", counter, "rows given to the store")                                         \
    METRIC(ROWS_LOST, "assay_store_rows_lost_total", counter, "rows that found neither disk nor memory")               \
    METRIC(RELOADS, "assay_reloads_total", counter, "configurations taken into use")

/** Of struct world_stats. */
#define WORLD_FIGURES(FIGURE)                                                                                          \
    FIGURE("assay_dns_hits_total", counter, "questions answered from memory", s->hits)                                 \
    FIGURE("assay_dns_negative_hits_total", counter, "of these: that there is no such name or record", s->negative)    \
    FIGURE("assay_dns_remembered_failures_total", counter,                                                             \
           "of these: that there was no answer a moment ago", s->remembered)                                           \
    FIGURE("assay_dns_misses_total", counter, "questions not answered from memory", s->misses)                         \
    FIGURE("assay_dns_joined_total", counter, "of these: under way already for somebody else", s->joined)              \
    FIGURE("assay_dns_flights_total", counter, "questions sent to the resolver", s->flights)                           \
    FIGURE("assay_dns_open", gauge, "questions on their way", s->open)                                                 \
    FIGURE("assay_dns_in_line", gauge, "of these: not given to the resolver yet", s->in_line)                          \
    FIGURE("assay_dns_answers_total{outcome=\"ok\"}", counter, "answers of the resolver", s->landed[ASSAY_OK])         \
    FIGURE("assay_dns_answers_total{outcome=\"nodata\"}", counter, "", s->landed[ASSAY_NODATA])                        \
    FIGURE("assay_dns_answers_total{outcome=\"nxdomain\"}", counter, "", s->landed[ASSAY_NXDOMAIN])                    \
    FIGURE("assay_dns_answers_total{outcome=\"servfail\"}", counter, "", s->landed[ASSAY_SERVFAIL])                    \
    FIGURE("assay_dns_answers_total{outcome=\"timeout\"}", counter, "", s->landed[ASSAY_TIMEOUT])                      \
    FIGURE("assay_dns_answers_total{outcome=\"bogus\"}", counter, "", s->landed[ASSAY_BOGUS])                          \
    FIGURE("assay_dns_answers_total{outcome=\"toobig\"}", counter, "", s->landed[ASSAY_TOOBIG])                        \
    FIGURE("assay_dns_answers_total{outcome=\"refused\"}", counter, "", s->landed[ASSAY_REFUSED])                      \
    FIGURE("assay_dns_timeouts_total", counter, "who waited in vain", s->timeouts)                                     \
    FIGURE("assay_dns_crowded_total", counter, "questions turned away: too many were open", s->crowded)                \
    FIGURE("assay_dns_cache_bytes", gauge, "octets of the answer cache", s->cache_bytes)

/** How long answers of the DNS took: a histogram of struct world_stats. */
#define WORLD_LATENCY "assay_dns_latency_seconds"

/** Of struct store_stats. */
#define STORE_FIGURES(FIGURE)                                                                                          \
    FIGURE("assay_store_moved_total", counter, "rows in the database", s->moved)                                       \
    FIGURE("assay_store_waited_total", counter, "rows that had to wait in memory: the disk took nothing", s->waited)   \
    FIGURE("assay_store_waiting", gauge, "rows that wait in memory now", s->waiting)                                   \
    FIGURE("assay_store_spill_bytes", gauge, "octets not in the database yet", s->spilled)                             \
    FIGURE("assay_store_spill_failures_total", counter, "writes to the spill that failed", s->failures)                \
    FIGURE("assay_store_delays_total", counter, "times the database could not be written", s->delays)                  \
    FIGURE("assay_store_refused_total", counter, "rows that the database does not take", s->refused)                   \
    FIGURE("assay_store_damaged_bytes_total", counter, "octets of the spill that are no row", s->damaged)              \
    FIGURE("assay_store_pruned_total", counter, "rows removed for their age", s->pruned)                               \
    FIGURE("assay_store_writable{place=\"spill\"}", gauge, "1: rows can be written there", s->waiting == 0)            \
    FIGURE("assay_store_writable{place=\"database\"}", gauge, "", s->database_why[0] == '\0')

/** Of struct front_state. */
#define FRONT_FIGURES(FIGURE)                                                                                          \
    FIGURE("assay_keys_up", gauge, "1: every worker has a keys process to ask", s->keys)                               \
    FIGURE("assay_workers", gauge, "workers", s->workers)                                                              \
    FIGURE("assay_ready", gauge, "1: /readyz says so", s->ready)
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

/** Write one figure as Prometheus reads it (text format 0.0.4), with its help where `last`, the stem of
 * the one before, is another. */
void metrics_figure(struct buf *out, assay_span *last, const char *name, const char *type,
                    const char *help, long long value);

/** Write the sums of several workers. */
void metrics_write(const struct metrics *all, size_t n, struct buf *out);

#endif
