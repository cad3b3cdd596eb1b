/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_rdata.c Record data there and back: text -> wire form -> text, and wire form -> text
 * -> wire form. The first octet chooses the type.
 */
#include "base/fuzz_must.h"
#include "dns/rdata.h"

#include <stdlib.h>

enum { MOST = 1 << 20 };

/** Data that is of its type is written as one line of text, and the text reads as the same data. */
static void check_data(uint16_t rrtype, assay_span rdata)
{
    struct buf text = buf_new(MOST), again = buf_new(MOST), canonical = buf_new(MOST),
               want = buf_new(MOST);
    const char *why = NULL;

    dns_rdata_text(rrtype, rdata, &text);
    must(span_printable(buf_span(&text)));
    must(dns_rdata_read(rrtype, buf_span(&text), &again, &why));
    dns_rdata_canonical(rrtype, rdata, &want);
    dns_rdata_canonical(rrtype, buf_span(&again), &canonical);
    must(span_eq(buf_span(&canonical), buf_span(&want)));
    must(dns_rdata_ok(rrtype, buf_span(&want)));
    buf_done(&text);
    buf_done(&again);
    buf_done(&canonical);
    buf_done(&want);
}

/** The forms that evaluators take from data. */
static void check_forms(uint16_t rrtype, assay_span rdata)
{
    struct buf joined = buf_new(MOST);
    struct dns_name name;
    bool named = rrtype == ASSAY_RR_MX || rrtype == ASSAY_RR_PTR || rrtype == ASSAY_RR_NS ||
                 rrtype == ASSAY_RR_CNAME;

    dns_txt_join(rdata, &joined);
    must(joined.n <= rdata.n);
    if (named)
        must(dns_rdata_name(rrtype, rdata, &name) == dns_rdata_ok(rrtype, rdata));
    buf_done(&joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint16_t TYPES[] = {ASSAY_RR_A,   ASSAY_RR_NS,   ASSAY_RR_CNAME, ASSAY_RR_SOA,
                                     ASSAY_RR_PTR, ASSAY_RR_MX,   ASSAY_RR_TXT,   ASSAY_RR_AAAA,
                                     ASSAY_RR_DS,  ASSAY_RR_TLSA, ASSAY_RR_CAA,   999};
    struct buf wire = buf_new(MOST);
    const char *why = NULL;
    uint16_t rrtype;
    assay_span s;

    if (n < 1 || n > 65536)
        return 0;
    rrtype = TYPES[data[0] % (sizeof TYPES / sizeof *TYPES)];
    s = (assay_span){(const char *)data + 1, n - 1};
    check_forms(rrtype, s);
    if (dns_rdata_ok(rrtype, s))
        check_data(rrtype, s);
    if (dns_rdata_read(rrtype, s, &wire, &why)) {
        must(wire.status == ASSAY_DONE && dns_rdata_ok(rrtype, buf_span(&wire)));
        check_data(rrtype, buf_span(&wire));
    } else {
        must(why != NULL);
    }
    buf_done(&wire);
    return 0;
}
