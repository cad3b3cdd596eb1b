/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_name.c Any octets as a name, in each of the ways a name comes: what is read is
 * canonical and survives its wire form.
 */
#include "base/fuzz_must.h"
#include "dns/alabel.h"
#include "dns/name.h"

#include <stdlib.h>

/** The walk up a name, label by label, keeps every promise of name.h. */
static void check_labels(assay_span name)
{
    size_t labels = dns_labels(name);

    must(labels <= 127);
    for (assay_span up = name; up.n; up = dns_parent(up)) {
        must(dns_is_under(name, up));
        must(dns_labels(up) == labels--);
        must(span_eq(dns_last_labels(name, dns_labels(up)), up));
    }
    must(labels == 0 && dns_is_under(name, SPAN_EMPTY));
}

/** A name is canonical: text, wire form and text again are the same. */
static void check_name(const struct dns_name *name)
{
    uint8_t wire[DNS_NAME_WIRE];
    assay_span text = dns_name_span(name), s;
    struct dns_name again;

    must(name->n <= DNS_NAME_TEXT && span_printable(text) && span_find(text, ' ') == text.n);
    must(span_find(text, ';') == text.n && span_find(text, '"') == text.n);
    s = (assay_span){(const char *)wire, dns_name_wire(text, wire)};
    must(s.n <= DNS_NAME_WIRE);
    must(dns_name_unwire(&s, &again) && s.n == 0);
    must(span_eq(dns_name_span(&again), text));
    must(dns_name_read(text.n ? text : SPAN("."), &again));
    must(span_eq(dns_name_span(&again), text));
    check_labels(text);
    if (dns_prepend("_dmarc", text, &again)) {
        must(span_eq(dns_parent(dns_name_span(&again)), text));
        must(dns_name_wire(dns_name_span(&again), wire) <= DNS_NAME_WIRE);
    }
}

/** What people are shown holds no control character and leads back to the name. */
static void check_shown(const struct dns_name *name)
{
    char out[4 * DNS_NAME_TEXT];
    assay_span shown = dns_to_ulabels(dns_name_span(name), out, sizeof out);
    struct dns_name again;

    for (size_t i = 0; i < shown.n; i++)
        must((unsigned char)shown.p[i] > ' ' && shown.p[i] != 0x7F);
    if (!span_eq(shown, dns_name_span(name)))
        must(dns_to_alabels(shown, &again) == ASSAY_DONE || span_find(shown, '\\') < shown.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span s = {(const char *)data, n}, wire = s;
    uint8_t out[DNS_NAME_WIRE];
    struct dns_name name;

    if (n > 4096)
        return 0;
    must(dns_name_wire(s, out) <= DNS_NAME_WIRE); /* no name at all, but no harm */
    if (dns_name_read(s, &name))
        check_name(&name);
    if (dns_name_raw(s, &name))
        check_name(&name);
    if (dns_name_unwire(&wire, &name))
        check_name(&name);
    if (dns_to_alabels(s, &name) == ASSAY_DONE) {
        check_name(&name);
        check_shown(&name);
    }
    return 0;
}
