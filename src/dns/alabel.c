/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/alabel.h"

#include <idn2.h>

/** The longest domain that is looked at, in octets of UTF-8. */
enum { DOMAIN_MAX = 1024 };

/**
 * Only what names are made of: the mapping of RFC 5895 makes an @, a blank or a dot of characters
 * like them.
 */
static bool is_name(assay_span ace)
{
    for (size_t i = 0; i < ace.n; i++)
        if (!ascii_alnum(ace.p[i]) && ace.p[i] != '-' && ace.p[i] != '_' && ace.p[i] != '.')
            return false;
    return true;
}

/**
 * Convert a text that has octets above 127. Underscores would be lost with STD3 rules, so those are
 * not asked for.
 */
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
    read = is_name(span_of(ace)) && dns_name_raw(span_of(ace), ret);
    idn2_free(ace);
    return read ? ASSAY_DONE : ASSAY_EINVAL;
}

assay_status dns_to_alabels(assay_span domain, struct dns_name *ret)
{
    if (!span_ascii(domain))
        return convert(domain, ret);
    return dns_name_raw(domain, ret) ? ASSAY_DONE : ASSAY_EINVAL;
}

/**
 * U-labels that lead back to the same A-labels, or NULL. Punycode can spell anything, line ends and
 * marks that turn the direction of text too; what is not a valid U-label (RFC 5890 2.3.2.1) does
 * not come back.
 */
static char *valid_ulabels(const char *alabels)
{
    char *utf8 = NULL, *back = NULL;
    bool same;

    if (idn2_to_unicode_8z8z(alabels, &utf8, 0) != IDN2_OK)
        return NULL;
    same = idn2_to_ascii_8z(utf8, &back, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
           span_is(span_of(back), alabels);
    idn2_free(back);
    if (same)
        return utf8;
    idn2_free(utf8);
    return NULL;
}

/** The octets of `text` that fit into `size` with a NUL behind them, no character cut. */
static size_t whole_characters(assay_span text, size_t size)
{
    size_t n = text.n < size ? text.n : size - 1;

    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    return n;
}

assay_span dns_to_ulabels(assay_span name, char *out, size_t size)
{
    char text[DNS_NAME_TEXT + 1];
    char *utf8 = NULL;
    assay_span from = name;

    if (size == 0)
        return SPAN_EMPTY;
    if (name.n < sizeof text && span_contains(name, SPAN("xn--")) && is_name(name)) {
        memcpy(text, name.p, name.n);
        text[name.n] = '\0';
        if ((utf8 = valid_ulabels(text)))
            from = span_of(utf8);
    }
    from.n = whole_characters(from, size);
    if (from.n)
        memcpy(out, from.p, from.n);
    out[from.n] = '\0';
    idn2_free(utf8);
    return (assay_span){out, from.n};
}
