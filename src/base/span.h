/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file span.h
 * Borrowed octets: compare, cut, trim, search. Nothing here allocates; letters are ASCII letters.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <assay/types.h>

#include <string.h>

/** A span over a string literal. */
#define SPAN(literal) ((assay_span){(literal), sizeof(literal) - 1})

/** A span with no octets. */
#define SPAN_EMPTY ((assay_span){"", 0})

/** How printf takes a span: printf("%.*s", SPAN_ARG(s)). */
#define SPAN_ARG(s) (int)(s).n, (s).p

/** The octets of a text ended by NUL; NULL gives an empty span. */
static inline assay_span span_of(const char *text)
{
    return text ? (assay_span){text, strlen(text)} : SPAN_EMPTY;
}

/** The octets from `begin` up to `end`. */
static inline assay_span span_between(const char *begin, const char *end)
{
    return (assay_span){begin, (size_t)(end - begin)};
}

/** The span without its first `n` octets; empty when there are fewer. */
static inline assay_span span_from(assay_span s, size_t n)
{
    if (n < s.n)
        return (assay_span){s.p + n, s.n - n};
    return (assay_span){s.n ? s.p + s.n : s.p, 0}; /* nothing may be added to NULL */
}

/** The first `n` octets of a span, or all of it. */
static inline assay_span span_first(assay_span s, size_t n)
{
    return (assay_span){s.p, n < s.n ? n : s.n};
}

/** The same octets. */
static inline bool span_eq(assay_span a, assay_span b)
{
    return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}

/** The same octets as a text ended by NUL. */
static inline bool span_is(assay_span s, const char *text)
{
    return span_eq(s, span_of(text));
}

/** An ASCII letter in lower case; any other octet as it is. */
static inline char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/** 0-9. */
static inline bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

/** A-Z, a-z. */
static inline bool ascii_alpha(char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

/** A letter or a digit. */
static inline bool ascii_alnum(char c)
{
    return ascii_digit(c) || ascii_alpha(c);
}

/** WSP of RFC 5234: space or tab. */
static inline bool ascii_wsp(char c)
{
    return c == ' ' || c == '\t';
}

/** What folding white space is made of: space, tab, CR, LF. */
static inline bool ascii_fws(char c)
{
    return ascii_wsp(c) || c == '\r' || c == '\n';
}

/** The value of a hexadecimal digit, or -1. */
int ascii_hex(char c) ASSAY_PURE;

/** The same octets, letters without case. */
bool span_ieq(assay_span a, assay_span b) ASSAY_PURE;

/** As span_ieq() with a text ended by NUL. */
bool span_iis(assay_span s, const char *text) ASSAY_PURE;

/** Octet by octet: below, at or above zero; a shorter one sorts before a longer one it begins. */
int span_compare(assay_span a, assay_span b) ASSAY_PURE;

/** `s` begins with `head`. */
bool span_starts(assay_span s, assay_span head) ASSAY_PURE;

/** `s` begins with `head`, letters without case. */
bool span_istarts(assay_span s, assay_span head) ASSAY_PURE;

/** `s` ends with `tail`, letters without case. */
bool span_iends(assay_span s, assay_span tail) ASSAY_PURE;

/** Where `c` first stands, or `s.n`. */
size_t span_find(assay_span s, char c) ASSAY_PURE;

/** Where `c` last stands, or `s.n`. */
size_t span_rfind(assay_span s, char c) ASSAY_PURE;

/** `needle` stands somewhere in `s`. */
bool span_contains(assay_span s, assay_span needle) ASSAY_PURE;

/** Without space, tab, CR and LF at both ends. */
assay_span span_trim(assay_span s) ASSAY_PURE;

/**
 * Cut the next piece off.
 *
 * \param rest   what is left; advanced behind the separator. Its `p` becomes NULL when the last
 *               piece was taken
 * \param sep    the separator
 * \param piece  set to the octets before the separator, or to all that is left
 * \return false when nothing is left
 */
bool span_cut(assay_span *rest, char sep, assay_span *piece);

/** Take the next line off, without its CRLF or LF; as span_cut(). */
bool span_line(assay_span *rest, assay_span *line);

/** Every octet is printable ASCII, space included. */
bool span_printable(assay_span s) ASSAY_PURE;

/** No octet is above 127. */
bool span_ascii(assay_span s) ASSAY_PURE;

/**
 * A hash for tables in memory, letters without case. It keeps no one from making collisions: bound
 * the table.
 */
uint32_t span_hash(assay_span s) ASSAY_PURE;

#endif
