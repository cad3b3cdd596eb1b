/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_recall.c Any octets as the file of deferrals: whatever is read stays within the bounds,
 * answers, and is the same when it was written and read again.
 */
#include "base/fuzz_must.h"
#include "fact/fact.h"
#include "world/recall.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 20, FORGET = 1000000, NOW = 1764000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Read a text into a new table. */
static struct recall *table_of(const char *text, size_t n)
{
    struct recall *r = recall_new(MOST, FORGET);
    FILE *file = fmemopen((void *)(uintptr_t)text, n, "r");

    must(r && (file || n == 0));
    if (file) {
        must(recall_read(r, file, NOW) == 0);
        fclose(file);
    }
    return r;
}

/** The domain of each line of a text that was written is remembered. */
static void check_answers(struct recall *r, assay_span text)
{
    assay_span line, first, last;
    char name[RECALL_NAME + 20];
    struct assay_question q = {.kind = ASSAY_RECALL, .data = SPAN_EMPTY};

    while (span_line(&text, &line)) {
        assay_fact *fact;

        must(span_cut(&line, ' ', &first) && span_cut(&line, ' ', &last));
        q.name = (assay_span){name,
                              (size_t)snprintf(name, sizeof name, "deferred %.*s", SPAN_ARG(line))};
        must((fact = recall_answer(r, &q, NOW)) != NULL);
        must(fact->how == ASSAY_OK && fact->n == 1 && span_eq(fact->data[0], first));
        assay_fact_free(fact);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n, again_n;
    struct recall *r = table_of((const char *)data, size), *again;
    char *text = recall_text(r, &n), *again_text;

    must(recall_count(r) <= MOST);
    again = table_of(text, n);
    must(recall_count(again) == recall_count(r));
    again_text = recall_text(again, &again_n);
    must(n == again_n && memcmp(text, again_text, n) == 0);
    check_answers(r, (assay_span){text, n});
    free(text);
    free(again_text);
    recall_free(r);
    recall_free(again);
    return 0;
}
