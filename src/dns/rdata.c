/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"

#include "base/ip.h"
#include "base/number.h"

/**
 * The fields of each type's data. 4 6: an address; n: a name; b s l: a number of 1, 2, 4 octets; t:
 * character-strings to the end; c: one character-string; q: octets to the end, quoted; h: octets to
 * the end, hexadecimal.
 */
static const struct {
    uint16_t rrtype;
    const char *text;
    const char *fields;
} TYPES[] = {
    {ASSAY_RR_A, "A", "4"},           {ASSAY_RR_NS, "NS", "n"},     {ASSAY_RR_CNAME, "CNAME", "n"},
    {ASSAY_RR_SOA, "SOA", "nnlllll"}, {ASSAY_RR_PTR, "PTR", "n"},   {ASSAY_RR_MX, "MX", "sn"},
    {ASSAY_RR_TXT, "TXT", "t"},       {ASSAY_RR_AAAA, "AAAA", "6"}, {ASSAY_RR_DS, "DS", "sbbh"},
    {ASSAY_RR_TLSA, "TLSA", "bbbh"},  {ASSAY_RR_SPF, "SPF", "t"},   {ASSAY_RR_ANY, "ANY", ""},
    {ASSAY_RR_CAA, "CAA", "bcq"},
};

enum { N_TYPES = sizeof TYPES / sizeof *TYPES, NUMBER_SIZE = 4 };

const char *dns_type_text(uint16_t rrtype)
{
    for (size_t i = 0; i < N_TYPES; i++)
        if (TYPES[i].rrtype == rrtype)
            return TYPES[i].text;
    return NULL;
}

uint16_t dns_type_read(assay_span text)
{
    for (size_t i = 0; i < N_TYPES; i++)
        if (span_iis(text, TYPES[i].text))
            return TYPES[i].rrtype;
    return 0;
}

/** The fields of a type, or NULL. */
static const char *fields_of(uint16_t rrtype)
{
    for (size_t i = 0; i < N_TYPES; i++)
        if (TYPES[i].rrtype == rrtype)
            return TYPES[i].fields;
    return NULL;
}

/** Octets of a number field, or 0. */
static size_t number_size(char field)
{
    return field == 'b' ? 1 : field == 's' ? 2 : field == 'l' ? 4 : 0;
}

/** Read a number in network order. */
static uint64_t get_number(assay_span s, size_t size)
{
    uint64_t n = 0;

    for (size_t i = 0; i < size; i++)
        n = n << 8 | (unsigned char)s.p[i];
    return n;
}

/** Write a number in network order. */
static void put_number(struct buf *out, uint64_t n, size_t size)
{
    for (size_t i = size; i > 0; i--)
        buf_putc(out, (char)(n >> (8 * (i - 1))));
}

/* ---- from text ---- */

/**
 * The next word; blanks part words, quotes and backslashes do not count inside numbers and names.
 */
static assay_span word(assay_span *text)
{
    assay_span s = span_trim(*text), w = {s.p, 0};

    while (w.n < s.n && !ascii_fws(s.p[w.n]))
        w.n += s.p[w.n] == '\\' && w.n + 1 < s.n ? 2 : 1;
    *text = span_from(s, w.n);
    return w;
}

/** The octet that a character of a character-string stands for; takes it off. */
static bool string_octet(assay_span *s, char *ret)
{
    char c = s->p[0];

    *s = span_from(*s, 1);
    *ret = c;
    if (c != '\\')
        return true;
    if (s->n == 0)
        return false;
    *ret = s->p[0];
    if (!ascii_digit(s->p[0])) {
        *s = span_from(*s, 1);
        return true;
    }
    if (s->n < 3 || !ascii_digit(s->p[1]) || !ascii_digit(s->p[2]))
        return false;
    int value = (s->p[0] - '0') * 100 + (s->p[1] - '0') * 10 + (s->p[2] - '0');
    *ret = (char)value;
    *s = span_from(*s, 3);
    return value < 256;
}

/** Read one string, quoted or a word, into `out`. \return its octets, or -1 */
static int read_string(assay_span *text, struct buf *out)
{
    assay_span s = span_trim(*text);
    bool quoted = s.n && s.p[0] == '"';
    size_t before = out->n;

    if (quoted)
        s = span_from(s, 1);
    while (s.n && (quoted ? s.p[0] != '"' : !ascii_fws(s.p[0]) && s.p[0] != '"')) {
        char c;

        if (!string_octet(&s, &c))
            return -1;
        buf_putc(out, c);
    }
    if (quoted && !s.n)
        return -1;
    *text = quoted ? span_from(s, 1) : s;
    return (int)(out->n - before);
}

/** Read character-strings to the end; each gets its length in front (RFC 1035 3.3). */
static const char *read_strings(assay_span *text, struct buf *out, bool one)
{
    do {
        size_t at = out->n;
        int n;

        buf_putc(out, 0);
        if ((n = read_string(text, out)) < 0)
            return "a string is not ended";
        if (n > 255)
            return "a string is over 255 octets";
        if (out->status == ASSAY_DONE)
            out->p[at] = (char)n;
        *text = span_trim(*text);
    } while (text->n && !one);
    return NULL;
}

/** Read hexadecimal digits to the end, blanks between them allowed. */
static const char *read_hex(assay_span *text, struct buf *out)
{
    int high = -1;

    for (size_t i = 0; i < text->n; i++) {
        int digit = ascii_hex(text->p[i]);

        if (ascii_fws(text->p[i]))
            continue;
        if (digit < 0)
            return "not hexadecimal";
        if (high < 0) {
            high = digit;
        } else {
            buf_putc(out, (char)(high << 4 | digit));
            high = -1;
        }
    }
    *text = span_from(*text, text->n);
    return high < 0 ? NULL : "an odd number of hexadecimal digits";
}

/** Read an address. */
static const char *read_address(char field, assay_span text, struct buf *out)
{
    struct ip ip;

    if (!(field == '4' ? ip4_read(text, &ip) : ip6_read(text, &ip)))
        return field == '4' ? "not an IPv4 address" : "not an IPv6 address";
    buf_put(out, (assay_span){(const char *)ip.b, ip_size(&ip)});
    return NULL;
}

/** Read a name. */
static const char *read_name(assay_span text, struct buf *out)
{
    uint8_t wire[DNS_NAME_WIRE];
    struct dns_name name;

    if (!dns_name_read(text, &name))
        return "not a domain name";
    buf_put(out, (assay_span){(const char *)wire, dns_name_wire(dns_name_span(&name), wire)});
    return NULL;
}

/** Read a number field. */
static const char *read_number(char field, assay_span text, struct buf *out)
{
    size_t size = number_size(field);
    uint64_t n;

    if (!number_read(text, (1ull << 8 * size) - 1, &n))
        return "not a number, or too large";
    put_number(out, n, size);
    return NULL;
}

/** Read one field. \return NULL, or what is wrong */
static const char *read_field(char field, assay_span *text, struct buf *out)
{
    switch (field) {
    case '4':
    case '6': return read_address(field, word(text), out);
    case 'n': return read_name(word(text), out);
    case 't': return read_strings(text, out, false);
    case 'c': return read_strings(text, out, true);
    case 'q': return read_string(text, out) < 0 ? "a string is not ended" : NULL;
    case 'h': return read_hex(text, out);
    default: return read_number(field, word(text), out);
    }
}

/**
 * Read data of any type: `\# length hexadecimal` (RFC 3597 5). What is known of the type must still
 * hold.
 */
static const char *read_generic(uint16_t rrtype, assay_span text, struct buf *out)
{
    size_t before = out->n;
    const char *why;
    uint64_t n;

    word(&text); /* \# */
    if (!number_read(word(&text), UINT16_MAX, &n))
        return "\\# needs a length";
    if ((why = read_hex(&text, out)))
        return why;
    if (out->status != ASSAY_DONE)
        return NULL; /* the writer of `out` sees why */
    if (out->n - before != n)
        return "the length behind \\# is not that of the data";
    if (!dns_rdata_ok(rrtype, (assay_span){out->p ? out->p + before : "", (size_t)n}))
        return "the data behind \\# is not of its type";
    return NULL;
}

/** Read data field by field. */
static const char *read_fields(const char *field, assay_span text, struct buf *out)
{
    const char *why = NULL;

    for (; !why && *field; field++)
        why = span_trim(text).n ? read_field(*field, &text, out) : "something is missing";
    if (!why && span_trim(text).n)
        why = "something is left over";
    return why;
}

bool dns_rdata_read(uint16_t rrtype, assay_span text, struct buf *out, const char **ret_why)
{
    const char *fields = fields_of(rrtype), *why;
    assay_span rest = text;

    if (span_is(word(&rest), "\\#"))
        why = read_generic(rrtype, text, out);
    else
        why = fields ? read_fields(fields, text, out) : "the type is not known";
    if (why)
        *ret_why = why;
    return !why;
}

/* ---- from wire form ---- */

/** Cut the octets of one field off. \return false when the data is not of that form */
static bool cut_field(char field, assay_span *rdata, assay_span *ret)
{
    struct dns_name name;
    assay_span rest = *rdata;
    size_t n = number_size(field);

    if (field == 'n') {
        if (!dns_name_unwire(&rest, &name))
            return false;
        n = rdata->n - rest.n;
    } else if (field == '4' || field == '6') {
        n = field == '4' ? 4 : 16;
    } else if (field == 'c' || field == 't') {
        if (!rdata->n)
            return false;
        n = (size_t)(unsigned char)rdata->p[0] + 1;
    } else if (n == 0) {
        n = rdata->n;
    }
    if (n > rdata->n)
        return false;
    *ret = span_first(*rdata, n);
    *rdata = span_from(*rdata, n);
    return true;
}

/**
 * The data has these fields and no more; for `text`, none of them is so empty that nothing would
 * stand for it.
 */
static bool fits(const char *field, assay_span rdata, bool text)
{
    assay_span part;

    for (; *field; field++) {
        if (!cut_field(*field, &rdata, &part) || (text && *field == 'h' && !part.n))
            return false;
        while (*field == 't' && rdata.n)
            if (!cut_field('t', &rdata, &part))
                return false;
    }
    return rdata.n == 0;
}

bool dns_rdata_ok(uint16_t rrtype, assay_span rdata)
{
    const char *fields = fields_of(rrtype);

    return !fields || fits(fields, rdata, false);
}

void dns_rdata_canonical(uint16_t rrtype, assay_span rdata, struct buf *out)
{
    const char *field = fields_of(rrtype);
    assay_span part;

    for (; field && *field && cut_field(*field, &rdata, &part); field++) {
        size_t at = out->n;

        buf_put(out, part);
        for (; *field == 'n' && at < out->n; at++) /* a length is below the letters */
            out->p[at] = ascii_lower(out->p[at]);
    }
    buf_put(out, rdata);
}

bool dns_rdata_name(uint16_t rrtype, assay_span rdata, struct dns_name *ret)
{
    if (rrtype == ASSAY_RR_MX)
        rdata = span_from(rdata, 2);
    return rdata.n && dns_name_unwire(&rdata, ret) && rdata.n == 0;
}

void dns_txt_join(assay_span rdata, struct buf *out)
{
    assay_span part;

    while (cut_field('c', &rdata, &part))
        buf_put(out, span_from(part, 1));
}

/* ---- to text ---- */

/** Write octets between quotes. */
static void put_quoted(assay_span s, struct buf *out)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c == '"' || c == '\\')
            buf_putc(out, '\\');
        if (c < ' ' || c > '~')
            buf_printf(out, "\\%03u", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

/** Write a string without quotes where that can be read back. */
static void put_word(assay_span s, struct buf *out)
{
    bool plain = s.n > 0;

    for (size_t i = 0; i < s.n; i++)
        plain = plain && ascii_alnum(s.p[i]);
    if (plain)
        buf_put(out, s);
    else
        put_quoted(s, out);
}

/** Write octets in hexadecimal. */
static void put_hex(assay_span s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++)
        buf_printf(out, "%02x", (unsigned char)s.p[i]);
}

/** Write one field. */
static void put_field(char field, assay_span part, struct buf *out)
{
    struct dns_name name;
    char text[IP_TEXT];

    switch (field) {
    case '4':
    case '6': {
        struct ip ip = {field == '4' ? 4 : 6, {0}};

        memcpy(ip.b, part.p, part.n);
        buf_put(out, ip_text(&ip, text));
        break;
    }
    case 'n':
        if (dns_name_unwire(&part, &name))
            buf_put(out, dns_name_span(&name));
        buf_putc(out, '.');
        break;
    case 't': put_quoted(span_from(part, 1), out); break;
    case 'c': put_word(span_from(part, 1), out); break;
    case 'q': put_quoted(part, out); break;
    case 'h': put_hex(part, out); break;
    default: buf_putu(out, get_number(part, part.n));
    }
}

void dns_rdata_text(uint16_t rrtype, assay_span rdata, struct buf *out)
{
    const char *field = fields_of(rrtype);
    assay_span part;

    if (!field || !fits(field, rdata, true)) {
        buf_printf(out, "\\# %zu ", rdata.n);
        put_hex(rdata, out);
        return;
    }
    for (bool first = true; *field; field++, first = false) {
        do {
            if (!cut_field(*field, &rdata, &part))
                return;
            if (!first)
                buf_putc(out, ' ');
            put_field(*field, part, out);
            first = false;
        } while (*field == 't' && rdata.n);
    }
}
