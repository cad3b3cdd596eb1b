/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file things.h
 * What a case knows that is no RRset: [web], [smtp], [lists], [recall].
 *
 * Each is one answer to one question, found by the question's kind and name. What [recall] has of the DNS is kept
 * as records, and put together when it is asked for.
 */
#ifndef CASE_THINGS_H
#define CASE_THINGS_H

#include "base/arena.h"

#include <assay/assay.h>

/** One answer. Spans lie in the set. */
struct case_thing {
    enum assay_kind kind; /**< GET, PROBE, LIST, RECALL */
    assay_span name;      /**< of the question */
    enum assay_how how;
    int http;
    assay_span media_type, reason, data;
    int64_t until;
    assay_span at; /**< the line, for errors */
};

/** Answers, sorted by kind and name. */
struct case_things {
    struct case_thing **rows;
    size_t n, cap;
};

/** Add one. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status case_things_add(struct arena *a, struct case_things *things,
                                             struct case_thing *thing);

/** Sort. \return the first line of the text that answers what one above it answers; or NULL */
const struct case_thing *case_things_sort(struct case_things *things);

/** The answer to a question, or NULL. */
const struct case_thing *case_things_find(const struct case_things *things, enum assay_kind kind,
                                          assay_span name);

/** Make a fact of it. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status case_thing_fact(const struct case_thing *thing, assay_fact **ret);

#endif
