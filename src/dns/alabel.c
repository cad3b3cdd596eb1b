/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/alabel.h"

#include <idn2.h>
#include <stdio.h>

/** The longest domain that is looked at, in octets of UTF-8. */
enum { DOMAIN_MAX = 1024 };

/** Convert a text that has octets above 127. Underscores would be lost with STD3 rules, so those are not asked for. */
static assay_status convert(assay_span domain, struct dns_name *ret)
{
    char text[DOMAIN_MAX];
    char *ace = NULL;
    int error;
    bool read;

    if (domain.n >= sizeof text || memchr(domain.p, '\0', domain.n))
        return ASSAY_EINVAL;
    memcpy(text, domain.p, domain.n);
    text[domain.n] = '\0';
    error = idn2_to_ascii_8z(text, &ace, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (error == IDN2_MALLOC)
        return ASSAY_ENOMEM;
    if (error != IDN2_OK)
        return ASSAY_EINVAL;
    read = dns_name_raw(span_of(ace), ret);
    idn2_free(ace);
    return read ? ASSAY_DONE : ASSAY_EINVAL;
}

assay_status dns_to_alabels(assay_span domain, struct dns_name *ret)
{
    if (!span_ascii(domain))
        return convert(domain, ret);
    return dns_name_raw(domain, ret) ? ASSAY_DONE : ASSAY_EINVAL;
}

assay_span dns_to_ulabels(assay_span name, char *out, size_t size)
{
    char text[DNS_NAME_TEXT + 1];
    char *utf8 = NULL;
    int n;

    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    if (!span_contains(name, SPAN("xn--")) || idn2_to_unicode_8z8z(text, &utf8, 0) != IDN2_OK)
        utf8 = NULL;
    n = snprintf(out, size, "%s", utf8 ? utf8 : text);
    idn2_free(utf8);
    return (assay_span){out, n > 0 && (size_t)n < size ? (size_t)n : (size ? size - 1 : 0)};
}
