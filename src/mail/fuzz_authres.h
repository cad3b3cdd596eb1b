/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_authres.h What both fuzzers of Authentication-Results know: what writing does to names
 * and values, said once more, another way.
 */
#ifndef MAIL_FUZZ_AUTHRES_H
#define MAIL_FUZZ_AUTHRES_H

#include "base/fuzz_must.h"
#include "mail/authres.h"

#include <stdlib.h>

/**
 * How many octets the character at the front has (RFC 3629 4, its table line by line); 0: there is
 * none.
 */
static inline size_t model_utf8(assay_span s)
{
    uint8_t o[4] = {0, 0, 0, 0};
    size_t n;

    for (size_t i = 0; i < 4 && i < s.n; i++)
        o[i] = (uint8_t)s.p[i];
    n = o[0] < 0x80 ? 1 : o[0] < 0xE0 ? 2 : o[0] < 0xF0 ? 3 : 4;
    if (n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((o[i] & 0xC0) != 0x80)
            return 0;
    if (n == 1)
        return 1;
    if (n == 2)
        return o[0] >= 0xC2 ? 2 : 0;
    if (n == 3)
        return (o[0] == 0xE0 && o[1] < 0xA0) || (o[0] == 0xED && o[1] > 0x9F) ? 0 : 3;
    return o[0] > 0xF4 || (o[0] == 0xF0 && o[1] < 0x90) || (o[0] == 0xF4 && o[1] > 0x8F) ? 0 : 4;
}

/**
 * A character of n octets that nobody should see: a control, a mark that turns the direction of
 * text, or an invisible one. Its octets are compared, not its code point.
 */
static inline bool model_harmful(assay_span s, size_t n)
{
    static const struct {
        const char *first, *last;
    } RANGES[] = {{"\x01", "\x1F"},
                  {"\x7F", "\x7F"},
                  {"\xC2\x80", "\xC2\x9F"},
                  {"\xC2\xAD", "\xC2\xAD"},
                  {"\xD8\x9C", "\xD8\x9C"},
                  {"\xE2\x80\x8B", "\xE2\x80\x8F"},
                  {"\xE2\x80\xA8", "\xE2\x80\xAE"},
                  {"\xE2\x81\xA0", "\xE2\x81\xAF"},
                  {"\xEF\xBB\xBF", "\xEF\xBB\xBF"},
                  {"\xEF\xBF\xB9", "\xEF\xBF\xBB"},
                  {"\xF3\xA0\x80\x80", "\xF3\xA0\xBF\xBF"}};

    for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++)
        if (strlen(RANGES[i].first) == n && memcmp(s.p, RANGES[i].first, n) >= 0 &&
            memcmp(s.p, RANGES[i].last, n) <= 0)
            return true;
    if (n >= 3 && ((unsigned char)s.p[n - 1] & 0xFE) == 0xBE && s.p[n - 2] == '\xBF' &&
        (n == 3 ? s.p[0] == '\xEF' : (s.p[1] & 0x0F) == 0x0F))
        return true; /* U+FFFE, U+FFFF, and those of each plane */
    return s.p[0] == '\0';
}

/** A value as it is read back. \param out  room for LIMIT_AUTHRES_VALUE octets */
static inline assay_span model_value(assay_span s, char *out)
{
    size_t n = 0, left = LIMIT_AUTHRES_VALUE;

    for (size_t i = 0, step; i < s.n; i += step) {
        size_t size = model_utf8(span_from(s, i)), put, cost;
        bool good = size && !model_harmful(span_from(s, i), size);

        step = size ? size : 1;
        put = good ? size : 1;
        cost = put + (s.p[i] == '"' || s.p[i] == '\\');
        if (cost > left)
            break;
        left -= cost;
        for (size_t k = 0; k < put; k++)
            out[n++] = good ? s.p[i + k] : '?';
    }
    return (assay_span){out, n};
}

/** A name as it is read back. \param out  room for LIMIT_AUTHRES_NAME octets */
static inline assay_span model_name(assay_span s, char *out)
{
    size_t n = s.n < LIMIT_AUTHRES_NAME ? s.n : LIMIT_AUTHRES_NAME;

    for (size_t i = 0; i < n; i++)
        out[i] = (char)(ascii_alnum(s.p[i]) ? ascii_lower(s.p[i]) : '-');
    if (n && out[n - 1] == '-')
        out[n - 1] = 'x';
    return (assay_span){out, n};
}

/** What was read back is what `given` becomes. */
static inline void must_be_value(assay_span got, assay_span given)
{
    char out[LIMIT_AUTHRES_VALUE];

    must(span_eq(got, model_value(given, out)));
}

/** The same for a name. */
static inline void must_be_name(assay_span got, assay_span given)
{
    char out[LIMIT_AUTHRES_NAME];

    must(span_eq(got, model_name(given, out)));
}

/** The same for a result and those of its properties that can be written. */
static inline void must_be_result(const struct authres_result *got,
                                  const struct authres_result *given)
{
    size_t n = 0;

    must_be_name(got->method, given->method);
    must_be_name(got->result, given->result);
    must_be_value(got->reason, given->reason);
    must(got->version == given->version);
    for (size_t i = 0; i < given->nproperties; i++) {
        const struct authres_property *p = &given->properties[i];

        if (!p->ptype.n || !p->name.n || !p->value.n)
            continue;
        must(n < got->nproperties);
        must_be_name(got->properties[n].ptype, p->ptype);
        must_be_name(got->properties[n].name, p->name);
        must_be_value(got->properties[n++].value, p->value);
    }
    must(n == got->nproperties);
}

/** The same for all results that can be written. */
static inline void must_be_results(const struct authres *got, assay_span id,
                                   const struct authres_result *given, size_t ngiven)
{
    size_t n = 0;

    must_be_value(got->authserv_id, id);
    must(got->version == 1);
    for (size_t i = 0; i < ngiven; i++) {
        if (!given[i].method.n || !given[i].result.n)
            continue;
        must(n < got->n);
        must_be_result(&got->results[n++], &given[i]);
    }
    must(n == got->n && got->none == (n == 0));
}

#endif
