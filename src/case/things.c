/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/things.h"

#include "base/span.h"

#include <stdlib.h>

assay_status case_things_add(struct arena *a, struct case_things *things, struct case_thing *thing)
{
    size_t cap = things->cap ? things->cap * 2 : 16;
    struct case_thing **wider;

    if (things->n == things->cap) {
        if (!(wider = arena_get(a, cap * sizeof(*wider))))
            return ASSAY_ENOMEM;
        if (things->n)
            memcpy(wider, things->rows, things->n * sizeof(*wider));
        things->rows = wider;
        things->cap = cap;
    }
    things->rows[things->n++] = thing;
    return ASSAY_DONE;
}

/** The order they are found by. */
static int compare_names(const struct case_thing *x, enum assay_kind kind, assay_span name)
{
    if (x->kind != kind)
        return x->kind < kind ? -1 : 1;
    return span_compare(x->name, name);
}

static int compare_things(const void *a, const void *b)
{
    const struct case_thing *x = *(const struct case_thing *const *)a;
    const struct case_thing *y = *(const struct case_thing *const *)b;
    int order = compare_names(x, y->kind, y->name);

    return order ? order : (x->at.p > y->at.p) - (x->at.p < y->at.p);
}

const struct case_thing *case_things_sort(struct case_things *things)
{
    const struct case_thing *clash = NULL;

    if (things->n)
        qsort(things->rows, things->n, sizeof(*things->rows), compare_things);
    for (size_t i = 1; i < things->n; i++) {
        const struct case_thing *row = things->rows[i];

        if (compare_names(things->rows[i - 1], row->kind, row->name) == 0 &&
            (!clash || row->at.p < clash->at.p))
            clash = row;
    }
    return clash;
}

const struct case_thing *case_things_find(const struct case_things *things, enum assay_kind kind,
                                          assay_span name)
{
    size_t low = 0, high = things->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_names(things->rows[middle], kind, name);

        if (order == 0)
            return things->rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

assay_status case_thing_fact(const struct case_thing *thing, assay_fact **ret)
{
    struct assay_answer a = {.size = sizeof a,
                             .how = thing->how,
                             .secure = ASSAY_INSECURE,
                             .data = &thing->data,
                             .n = thing->how == ASSAY_OK,
                             .http = thing->http,
                             .media_type = thing->media_type,
                             .reason = thing->reason,
                             .until = thing->until};

    return assay_fact_new(thing->kind, 0, &a, ret);
}
