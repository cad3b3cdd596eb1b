/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/row.h"

#include "base/utf8.h"

enum { VERSION = 1, TAG_ID = 16, TAG_SIGNATURE = 17, FIELD_HEAD = 4 };

/* ---- writing ---- */

/** Write a number of `n` octets, the least significant first. \return behind it */
static char *put_number(char *out, uint64_t number, size_t n)
{
    for (size_t i = 0; i < n; i++, number >>= 8)
        out[i] = (char)(number & 0xFF);
    return out + n;
}

/** Write tag and length of a field. \return behind them */
static char *put_head(char *out, unsigned tag, size_t n)
{
    return put_number(put_number(out, tag, 2), n, 2);
}

/** Write a text, unless it is empty. \return behind it */
static char *put_text(char *out, unsigned tag, assay_span text, size_t most)
{
    if (text.n > most)
        text = utf8_first(text, most);
    if (text.n == 0)
        return out;
    out = put_head(out, tag, text.n);
    memcpy(out, text.p, text.n);
    return out + text.n;
}

/** Write a number, unless it is 0. \return behind it */
static char *put_count(char *out, unsigned tag, int64_t number)
{
    if (number == 0)
        return out;
    return put_number(put_head(out, tag, 8), (uint64_t)number, 8);
}

/** Write a signature. \return behind it */
static char *put_signature(char *out, const struct store_signature *s)
{
    char *at = out + FIELD_HEAD;

#define PUT(tag, name, most, about) at = put_text(at, tag, s->name, most);
    STORE_SIGNATURE(PUT)
#undef PUT
    put_head(out, TAG_SIGNATURE, (size_t)(at - out) - FIELD_HEAD);
    return at;
}

size_t row_encode(const struct store_row *row, char out[STORE_ROW_MOST])
{
    char *at = out;

    *at++ = VERSION;
    at = put_text(at, TAG_ID, (assay_span){(const char *)row->id.octet, STORE_ID}, STORE_ID);
#define PUT(tag, name, about) at = put_count(at, tag, row->name);
    STORE_NUMBERS(PUT)
#undef PUT
#define PUT(tag, name, most, about) at = put_text(at, tag, row->name, most);
    STORE_TEXTS(PUT)
#undef PUT
    for (size_t i = 0; i < row->nsignatures && i < LIMIT_SIGNATURES; i++)
        at = put_signature(at, &row->signatures[i]);
    return (size_t)(at - out);
}

/* ---- reading ---- */

/** One field. */
struct field {
    unsigned tag;
    assay_span value;
};

/** Read a number of at most 8 octets. */
static uint64_t get_number(assay_span s)
{
    uint64_t number = 0;

    for (size_t i = s.n; i-- > 0;)
        number = number << 8 | (unsigned char)s.p[i];
    return number;
}

/** Take the next field off. \return false at the end, or where there is none: `rest` is not empty */
static bool next_field(assay_span *rest, struct field *ret)
{
    size_t n;

    if (rest->n < FIELD_HEAD)
        return false;
    n = (size_t)get_number((assay_span){rest->p + 2, 2});
    if (n > rest->n - FIELD_HEAD)
        return false;
    ret->tag = (unsigned)get_number(span_first(*rest, 2));
    ret->value = (assay_span){rest->p + FIELD_HEAD, n};
    *rest = span_from(*rest, FIELD_HEAD + n);
    return true;
}

/** Read a signature. \return false when it is none */
static bool get_signature(assay_span octets, struct store_signature *ret)
{
    struct field f;

#define EMPTY(tag, name, most, about) ret->name = SPAN_EMPTY;
    STORE_SIGNATURE(EMPTY)
#undef EMPTY
    while (next_field(&octets, &f)) {
        switch (f.tag) {
#define GET(tag, name, most, about) \
    case tag: ret->name = span_first(f.value, most); break;
            STORE_SIGNATURE(GET)
#undef GET
        default: break; /* of a newer program */
        }
    }
    return octets.n == 0;
}

/** A row being read. */
struct reader {
    struct store_signature *signatures;
    struct store_row row;
    bool has_id;
};

/** Read one field of a row. \return false when it is not what its tag says */
static bool get_field(struct reader *r, const struct field *f)
{
    switch (f->tag) {
    case TAG_ID:
        if (f->value.n != STORE_ID)
            return false;
        memcpy(r->row.id.octet, f->value.p, STORE_ID);
        r->has_id = true;
        return true;
    case TAG_SIGNATURE:
        if (r->row.nsignatures == LIMIT_SIGNATURES)
            return true;
        return get_signature(f->value, &r->signatures[r->row.nsignatures++]);
#define GET(tag, name, about) \
    case tag: r->row.name = (int64_t)get_number(f->value); return f->value.n == 8;
        STORE_NUMBERS(GET)
#undef GET
#define GET(tag, name, most, about) \
    case tag: r->row.name = span_first(f->value, most); return true;
        STORE_TEXTS(GET)
#undef GET
    default: return true; /* of a newer program */
    }
}

bool row_decode(assay_span octets, struct store_signature signatures[LIMIT_SIGNATURES],
                struct store_row *ret)
{
    struct reader r = {.signatures = signatures, .row = {.signatures = signatures}};
    struct field f;

#define EMPTY(tag, name, most, about) r.row.name = SPAN_EMPTY;
    STORE_TEXTS(EMPTY)
#undef EMPTY
    if (octets.n == 0 || octets.p[0] != VERSION)
        return false;
    octets = span_from(octets, 1);
    while (next_field(&octets, &f))
        if (!get_field(&r, &f))
            return false;
    if (octets.n || !r.has_id)
        return false;
    *ret = r.row;
    return true;
}

assay_span row_id_text(const struct store_id *id, char text[2 * STORE_ID])
{
    static const char DIGITS[] = "0123456789abcdef";

    for (size_t i = 0; i < STORE_ID; i++) {
        text[2 * i] = DIGITS[id->octet[i] >> 4];
        text[2 * i + 1] = DIGITS[id->octet[i] & 15];
    }
    return (assay_span){text, 2 * STORE_ID};
}
