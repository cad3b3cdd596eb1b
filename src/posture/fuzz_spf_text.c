/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_spf_text.c Any octets as TXT records of a domain, parted by line ends: what is repaired or merged is one valid
 * record, what was valid is left as it is, and a near miss is no record.
 */
#include "base/buf.h"
#include "base/fuzz_must.h"
#include "posture/spf_text.h"

#include <stdlib.h>

enum { MOST = 1 << 13, RECORDS = 8, TYPOS = 16 };

/** What came out is a record that parses, or nothing. */
static void must_be_valid(struct posture *p, assay_span record)
{
    must(!record.n || (spf_is_record(record) && spf_is_valid(p, record)));
}

/** One text. */
static void check_text(struct posture *p, assay_span text)
{
    assay_span left_out, repaired, typos[TYPOS];
    size_t n = spf_modifier_typos(text, typos, TYPOS);
    struct spf_edit edits[TYPOS];

    if (spf_is_record(text)) {
        repaired = spf_repaired(p, text, &left_out);
        must_be_valid(p, repaired);
        if (spf_is_valid(p, text))
            must(span_eq(repaired, text) && !left_out.n);
        must(!spf_is_near_miss(text));
    }
    if (spf_is_near_miss(text))
        must_be_valid(p, spf_near_repaired(p, text));
    for (size_t i = 0; i < n; i++) {
        must(typos[i].p >= text.p && typos[i].p + typos[i].n <= text.p + text.n);
        must(span_find(typos[i], '=') < typos[i].n);
        edits[i] = (struct spf_edit){typos[i], SPAN_EMPTY};
    }
    must(spf_edited(p, text, edits, n).n <= text.n);
}

/** All texts as one answer. */
static void check_answer(struct posture *p, const assay_span *texts, size_t n)
{
    struct fact_record records[RECORDS] = {{.text = SPAN_EMPTY}};
    struct assay_fact fact = {.how = ASSAY_OK, .records = records, .n = n};
    assay_span merged;

    for (size_t i = 0; i < n; i++)
        records[i].text = texts[i];
    merged = spf_merged(p, &fact);
    must_be_valid(p, merged);
    for (size_t i = 0; i < n && merged.n;
         i++) /* what was valid alone is in it, unless it stood behind all */
        must(!spf_is_record(texts[i]) || merged.n >= 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct posture *p = calloc(1, sizeof *p);
    assay_span rest = {(const char *)data, size}, texts[RECORDS], line;
    size_t n = 0;

    must(p != NULL);
    while (size <= MOST && n < RECORDS && span_cut(&rest, '\n', &line)) {
        check_text(p, line);
        texts[n++] = line;
    }
    check_answer(p, texts, n);
    must(!p->no_memory);
    arena_done(&p->ev.keep);
    free(p);
    return 0;
}
