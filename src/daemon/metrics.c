/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/metrics.h"

#include "base/span.h"

/** One row of the table. */
static const struct row {
    const char *name, *type, *help;
} ROWS[METRIC_N] = {
#define METRIC(id, name, type, help) {name, #type, help},
    METRICS(METRIC)
#undef METRIC
};

/** The name without what stands in braces. */
static assay_span stem(const char *name)
{
    assay_span all = span_of(name);

    return span_first(all, span_find(all, '{'));
}

void metrics_write(const struct metrics *all, size_t n, struct buf *out)
{
    assay_span last = SPAN_EMPTY;

    for (size_t i = 0; i < METRIC_N; i++) {
        const struct row *row = &ROWS[i];
        assay_span now = stem(row->name);
        long long sum = 0;

        for (size_t k = 0; k < n; k++)
            sum += atomic_load_explicit(&all[k].values[i], memory_order_relaxed);
        if (!span_eq(now, last))
            buf_printf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", SPAN_ARG(now), row->help,
                       SPAN_ARG(now), row->type);
        buf_printf(out, "%s %lld\n", row->name, sum);
        last = now;
    }
}
