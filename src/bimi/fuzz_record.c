/* SPDX-License-Identifier: BSD-2-Clause */
/** \file fuzz_record.c Any octets as an assertion record: spans lie in it, and what has no fault can be used. */
#include "base/fuzz_must.h"
#include "bimi/bimi.h"
#include "mail/taglist.h"

/** The span is empty or lies in the text. */
static void inside(assay_span part, assay_span text)
{
    must(!part.n || (part.p >= text.p && part.p + part.n <= text.p + text.n));
}

/** A URI without fault: https, no blank, no comma. */
static void usable(assay_span uri)
{
    must(!uri.n || span_istarts(uri, SPAN("https://")));
    must(span_printable(uri) && span_find(uri, ',') == uri.n && span_find(uri, ' ') == uri.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data, n};
    struct bimi_record r;
    struct taglist tags;
    assay_span where;

    if (n > LIMIT_TXT)
        return 0;
    bimi_record_read(text, &r);
    inside(r.l, text);
    inside(r.a, text);
    inside(r.avp, text);
    inside(r.lps, text);
    inside(r.where, text);
    must(!(r.faults & BIMI_FAULT_LIST) == (taglist_read(text, &tags, &where) == TAGLIST_OK));
    must(!r.declined || (r.has_l && !r.l.n && !r.a.n));
    must(!(r.declined && (r.faults & (BIMI_FAULT_L | BIMI_FAULT_A | BIMI_FAULT_NO_L))));
    if (!r.faults) {
        usable(r.l);
        usable(r.a);
        must(r.has_l && (r.declined || r.l.n));
    }
    return 0;
}
