/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/metrics.h"

#include "base/span.h"

#include <string.h>

/** One row of the table. */
static const struct row {
    const char *name, *type, *help;
} ROWS[METRIC_N] = {
#define METRIC(id, name, type, help) {name, #type, help},
    METRICS(METRIC)
#undef METRIC
};

void metrics_figure(struct buf *out, assay_span *last, const char *name, const char *type,
                    const char *help, long long value)
{
    assay_span all = span_of(name), stem = span_first(all, span_find(all, '{'));
    bool seconds = strcmp(type, "seconds") == 0;

    if (!span_eq(stem, *last))
        buf_printf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", SPAN_ARG(stem), help, SPAN_ARG(stem),
                   seconds ? "counter" : type);
    if (seconds)
        buf_printf(out, "%s %.6f\n", name, (double)value / 1e6);
    else
        buf_printf(out, "%s %lld\n", name, value);
    *last = stem;
}

void metrics_write(const struct metrics *all, size_t n, struct buf *out)
{
    assay_span last = SPAN_EMPTY;

    for (size_t i = 0; i < METRIC_N; i++) {
        const struct row *row = &ROWS[i];
        long long sum = 0;

        for (size_t k = 0; k < n; k++)
            sum += atomic_load_explicit(&all[k].values[i], memory_order_relaxed);
        metrics_figure(out, &last, row->name, row->type, row->help, sum);
    }
}
