/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authres_grammar.h"

/** A set of ASCII octets, one bit each. */
struct octets {
    uint64_t low, high; /* 0 to 63, 64 to 127 */
};

#define BIT(c) (1ull << ((c)&63))

/** tspecials (RFC 2045 5.1): ()<>@,;:\"/[]?= */
static const struct octets TSPECIALS = {BIT('(') | BIT(')') | BIT('<') | BIT('>') | BIT(',') |
                                            BIT(';') | BIT(':') | BIT('"') | BIT('/') | BIT('?') |
                                            BIT('='),
                                        BIT('@') | BIT('[') | BIT(']') | BIT('\\')};

/** specials (RFC 5322 3.2.3): ()<>[]:;@\,." */
static const struct octets SPECIALS = {BIT('(') | BIT(')') | BIT('<') | BIT('>') | BIT(',') |
                                           BIT(';') | BIT(':') | BIT('"') | BIT('.'),
                                       BIT('@') | BIT('[') | BIT(']') | BIT('\\')};

static inline bool is_in(const struct octets *set, unsigned char c)
{
    return ((c < 64 ? set->low : set->high) >> (c & 63)) & 1;
}

/**
 * Every octet is printable ASCII without the space, and none of `never`; or is above 127, if that
 * is allowed.
 */
static bool is_made_without(assay_span s, const struct octets *never, bool eight_bit)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= ' ' || c == 0x7F || (c > 0x7F ? !eight_bit : is_in(never, c)))
            return false;
    }
    return s.n > 0;
}

bool authres_is_keyword(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    return s.n > 0 && s.p[s.n - 1] != '-';
}

bool authres_is_token(assay_span s)
{
    return is_made_without(s, &TSPECIALS, false);
}

bool authres_is_dot_atom(assay_span s)
{
    assay_span rest = s, atom;

    while (span_cut(&rest, '.', &atom))
        if (!is_made_without(atom, &SPECIALS, true))
            return false;
    return s.n > 0;
}

/** sub-domain (RFC 5321 4.1.2, RFC 6531 3.3). */
static bool is_label(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_alnum(s.p[i]) && (unsigned char)s.p[i] <= 0x7F && s.p[i] != '-')
            return false;
    return s.n > 0 && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

bool authres_is_domain_name(assay_span s)
{
    assay_span rest = s, label;

    while (span_cut(&rest, '.', &label))
        if (!is_label(label))
            return false;
    return span_find(s, '.') < s.n;
}

bool authres_is_quoted(assay_span s)
{
    if (s.n < 2 || s.p[0] != '"')
        return false;
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '"')
            return i + 1 == s.n;
        i += s.p[i] == '\\';
    }
    return false;
}
