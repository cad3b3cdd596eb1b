/* SPDX-License-Identifier: BSD-2-Clause */
#include "srs/address.h"

#include "base/limits.h"
#include "base/utf8.h"

/** Stands in no local part without quotes (`specials` of RFC 5322 3.2.3 but the dot, and blanks). */
static bool is_special(char c)
{
    return strchr("()<>[]:;@\\,\" ", c) != NULL; /* NUL too */
}

/** A control of ASCII. */
static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == '\x7F';
}

/** Some octet is special. */
static bool has_special(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_special(s.p[i]))
            return true;
    return false;
}

/** Dots stand between other octets only. */
static bool dots_part(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '.' && (i == 0 || i + 1 == s.n || s.p[i + 1] == '.'))
            return false;
    return s.n > 0;
}

/* ---- reading ---- */

/** `[...]`: whatever an address of some kind is made of (RFC 5321 4.1.3). */
static bool literal_ok(assay_span s)
{
    for (size_t i = 1; i + 1 < s.n; i++)
        if (!ascii_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != ':' && s.p[i] != '-')
            return false;
    return s.n > 2 && s.p[s.n - 1] == ']';
}

bool srs_domain_ok(assay_span domain)
{
    if (domain.n && domain.p[0] == '[')
        return literal_ok(domain);
    for (size_t i = 0; i < domain.n; i++) {
        char c = domain.p[i];

        if (!ascii_alnum(c) && c != '-' && c != '.' && c != '_' && (unsigned char)c < 0x80)
            return false;
    }
    return domain.n <= 255 && dots_part(domain) && utf8_ok(domain);
}

/** Take the quotes off. \return what is wrong, or NULL */
static const char *unquote(assay_span quoted, char *octets, assay_span *ret)
{
    size_t n = 0;

    for (size_t i = 1; i + 1 < quoted.n; i++) {
        if (quoted.p[i] == '"')
            return "a quote stands inside the local part";
        if (quoted.p[i] == '\\' && ++i + 1 >= quoted.n)
            return "the quotes of the local part are not closed";
        octets[n++] = quoted.p[i];
    }
    *ret = (assay_span){octets, n};
    return n ? NULL : "there is nothing before the @";
}

/** What is wrong with an address as a whole, or NULL. */
static const char *fault_of(assay_span address, size_t at)
{
    if (address.n > LIMIT_SRS_ADDRESS)
        return "the address is over 320 octets";
    if (at == address.n)
        return "the address has no @";
    for (size_t i = 0; i < address.n; i++)
        if (is_control(address.p[i]))
            return "the address has a control character";
    if (!utf8_ok(address))
        return "the address is not UTF-8";
    if (!srs_domain_ok(span_from(address, at + 1)))
        return "what stands behind the @ is no domain name";
    return at ? NULL : "there is nothing before the @";
}

assay_status srs_address_read(struct arena *a, assay_span address, struct srs_address *ret,
                              const char **ret_why)
{
    size_t at = span_rfind(address, '@');
    struct srs_address read = {.local = span_first(address, at)};
    char *octets;

    if ((*ret_why = fault_of(address, at)))
        return ASSAY_DONE;
    read.domain = span_from(address, at + 1);
    read.quoted = read.local.p[0] == '"';
    if (!read.quoted && has_special(read.local))
        *ret_why = "the local part needs quotes";
    if (read.quoted && (read.local.n < 2 || read.local.p[read.local.n - 1] != '"'))
        *ret_why = "the quotes of the local part are not closed";
    if (read.quoted && !*ret_why) {
        if (!(octets = arena_get(a, read.local.n)))
            return ASSAY_ENOMEM;
        *ret_why = unquote(read.local, octets, &read.local);
    }
    if (!*ret_why)
        *ret = read;
    return ASSAY_DONE;
}

/* ---- writing ---- */

void srs_local_write(assay_span local, bool quoted, struct buf *out)
{
    if (!has_special(local) && (!quoted || dots_part(local))) {
        buf_put(out, local);
        return;
    }
    buf_putc(out, '"');
    for (size_t i = 0; i < local.n; i++) {
        if (local.p[i] == '"' || local.p[i] == '\\')
            buf_putc(out, '\\');
        buf_putc(out, local.p[i]);
    }
    buf_putc(out, '"');
}
