/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_tlsrpt.c Any octets as a record of TLS reporting: what is kept lies in the text, one record has
 * items, a good item has a host and no octet that may not stand raw, a fault has its words and its place.
 */
#include "base/fields.h"
#include "base/fuzz_must.h"
#include "tlsrpt/tlsrpt.h"

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.n == 0 || (s.p >= text.p && s.p + s.n <= text.p + text.n);
}

/** One item. */
static void check_uri(const struct tlsrpt_uri *u, assay_span text)
{
    must(lies_in(u->text, text) && lies_in(u->host, u->text));
    must(span_find(u->text, ',') == u->text.n && span_find(u->text, ';') == u->text.n);
    if (u->problem)
        return;
    must(u->host.n && span_find(u->text, '!') == u->text.n && span_printable(u->text));
    must(u->mailto ? span_istarts(u->text, SPAN("mailto:")) && u->host.p[-1] == '@'
                   : span_istarts(u->text, SPAN("https://")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data, n};
    struct tlsrpt_record r;

    if (n > LIMIT_TXT)
        return 0;
    tlsrpt_record_read(text, &r);
    must(span_eq(r.text, text) && lies_in(r.where, text));
    must((r.found == TLSRPT_RECORD_NONE) == (fields_start(text, "v=TLSRPTv1") == FIELDS_OTHER));
    must((r.found == TLSRPT_RECORD_SYNTAX) == (r.problem != NULL) &&
         r.found != TLSRPT_RECORD_SEVERAL);
    must(r.found != TLSRPT_RECORD_SYNTAX || r.where.n > 0);
    must(r.found != TLSRPT_RECORD_ONE || r.nuris > 0);
    must(r.nuris <= LIMIT_TLSRPT_URIS && (!r.more_uris || r.nuris == LIMIT_TLSRPT_URIS));
    for (size_t i = 0; i < r.nuris; i++) {
        check_uri(&r.uris[i], text);
    }
    must(!r.space || (text.n > 11 && ascii_wsp(text.p[10])));
    return 0;
}
