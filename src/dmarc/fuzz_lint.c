/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_lint.c Any octets as the owner's view of a DMARC record: the parts lie in it, in order, and are all of
 * it; where they are well, the receivers' reader finds the same; what was meant for a record is none, and made
 * into one it is.
 */
#include "base/buf.h"
#include "base/fuzz_must.h"
#include "dmarc/lint.h"

#include <stdlib.h>

/** The span lies in the text, not before `from`. */
static bool lies_in(assay_span s, assay_span text, const char *from)
{
    return s.p >= from && s.p + s.n <= text.p + text.n;
}

/** The parts, and what stands between them, are the text. */
static void check_parts(assay_span text, const struct dmarc_parts *parts)
{
    const char *at = text.p;

    must(parts->n <= LIMIT_TAGS);
    for (size_t i = 0; i < parts->n; i++) {
        const struct dmarc_part *part = &parts->parts[i];

        must(lies_in(part->text, text, at));
        for (; at < part->text.p; at++)
            must(*at == ';' || *at == ' ' || *at == '\t');
        must(span_find(part->text, ';') == part->text.n);
        must(!part->name.n || lies_in(part->name, part->text, part->text.p));
        must(!part->value.n || lies_in(part->value, part->text, part->text.p));
        must((part->fault == DMARC_FAULT_EMPTY) == (part->text.n == 0));
        must(part->fault != DMARC_WELL || (part->name.n && part->value.n));
        must(part->tag == DMARC_TAG_OTHER || span_iis(part->name, dmarc_tag_text(part->tag)));
        must(!part->again || i > 0);
        at += part->text.n;
    }
    if (parts->rest.n) {
        must(parts->n == LIMIT_TAGS && parts->rest.p + parts->rest.n == text.p + text.n);
        must(parts->rest.p[0] == ';');
        text.n = (size_t)(parts->rest.p - text.p);
    }
    for (; at < text.p + text.n; at++)
        must(*at == ';' || *at == ' ' || *at == '\t');
}

/** What a policy tag says is what its part says. */
static void check_policy(const struct dmarc_parts *parts, enum dmarc_tag tag,
                         const struct dmarc_policy_tag *policy)
{
    const struct dmarc_part *part = dmarc_part_of(parts, tag);

    must(policy->present == (part != NULL));
    must(!policy->valid || span_iis(part->value, dmarc_policy_text(policy->policy)));
}

/** Both readers agree. */
static void check_both(assay_span text, const struct dmarc_parts *parts)
{
    struct dmarc_record r;

    if (!dmarc_is_record(text) || parts->rest.n)
        return;
    dmarc_record_read(text, &r);
    must(parts->n > 0 && parts->parts[0].tag == DMARC_TAG_V);
    if (r.found != DMARC_RECORD_ONE)
        return;
    check_policy(parts, DMARC_TAG_P, &r.p);
    check_policy(parts, DMARC_TAG_SP, &r.sp);
    check_policy(parts, DMARC_TAG_NP, &r.np);
    must(!r.rua.n || span_eq(dmarc_part_of(parts, DMARC_TAG_RUA)->value, r.rua));
}

/** A near miss is no record; with its rest behind the version it is one. */
static void check_miss(assay_span text)
{
    assay_span rest = SPAN_EMPTY;
    enum dmarc_near_miss miss = dmarc_near_miss(text, &rest);
    struct buf whole = buf_new(text.n + 64);

    must(miss == DMARC_NOT_MEANT || !dmarc_is_record(text));
    if (miss != DMARC_NOT_MEANT) {
        must(!rest.n || lies_in(rest, text, text.p));
        buf_puts(&whole, "v=DMARC1; ");
        buf_put(&whole, rest);
        must(dmarc_is_record(buf_span(&whole)));
    }
    buf_done(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data, n};
    struct dmarc_parts parts;

    if (n > LIMIT_TXT || !n)
        return 0;
    dmarc_parts_read(text, &parts);
    check_parts(text, &parts);
    check_both(text, &parts);
    check_miss(text);
    return 0;
}
