/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authres_grammar.h"

/**
 * Every octet is printable ASCII without the space, and none of `never`; or is above 127, if that
 * is allowed.
 */
static bool is_made_without(assay_span s, const char *never, bool eight_bit)
{
    assay_span specials = span_of(never);

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= ' ' || c == 0x7F || (c > 0x7F && !eight_bit) ||
            span_find(specials, s.p[i]) < specials.n)
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
    return is_made_without(s, "()<>@,;:\\\"/[]?=", false);
}

bool authres_is_dot_atom(assay_span s)
{
    assay_span rest = s, atom;

    while (span_cut(&rest, '.', &atom))
        if (!is_made_without(atom, "()<>[]:;@\\,.\"", true))
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
