/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_record.c Any octets as a record of MTA-STS: one that is right has an id of letters and digits and
 * stays right with a field more; a fault has its words, and its place in the text.
 */
#include "base/fields.h"
#include "base/fuzz_must.h"
#include "mtasts/mtasts.h"

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.n == 0 || (s.p >= text.p && s.p + s.n <= text.p + text.n);
}

/** With a field more behind it, a right record says the same; with a broken one it is wrong. */
static void check_more(const struct mtasts_record *r)
{
    struct buf more = buf_new(2 * LIMIT_TXT);
    struct mtasts_record other;

    buf_put(&more, r->text);
    buf_puts(&more, r->text.p[r->text.n - 1] == ';' ? " x=1" : "; x=1");
    if (!ascii_wsp(r->text.p[r->text.n - 1])) {
        mtasts_record_read(buf_span(&more), &other);
        must(other.found == MTASTS_RECORD_ONE && span_eq(other.id, r->id));
        buf_puts(&more, "; =2");
        mtasts_record_read(buf_span(&more), &other);
        must(other.found == MTASTS_RECORD_SYNTAX && span_is(span_of(other.reason), "field"));
        must(span_is(other.where, "=2"));
    }
    buf_done(&more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data, n};
    struct mtasts_record r;

    if (n > LIMIT_TXT)
        return 0;
    mtasts_record_read(text, &r);
    must(span_eq(r.text, text) && lies_in(r.id, text) && lies_in(r.where, text));
    must((r.found == MTASTS_RECORD_NONE) == (fields_start(text, "v=STSv1") == FIELDS_OTHER));
    must((r.found == MTASTS_RECORD_SYNTAX) == (r.problem != NULL) && !r.problem == !r.reason);
    must(r.found != MTASTS_RECORD_SYNTAX || r.where.n > 0);
    must(r.id.n <= 32);
    for (size_t i = 0; i < r.id.n; i++)
        must(ascii_alnum(r.id.p[i]));
    if (r.found != MTASTS_RECORD_ONE)
        return 0;
    must(r.id.n >= 1);
    check_more(&r);
    return 0;
}
