/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/der.h"

/** Take a length off the front (X.690 8.1.3), minimal as DER wants it (10.1). */
static bool take_length(assay_span *in, size_t *ret)
{
    size_t octets, length = 0;

    if (in->n == 0)
        return false;
    octets = (unsigned char)in->p[0];
    *in = span_from(*in, 1);
    if (octets < 0x80) {
        *ret = octets;
        return true;
    }
    octets &= 0x7F;
    if (octets == 0 || octets > 3 || in->n < octets || in->p[0] == 0)
        return false;
    for (size_t i = 0; i < octets; i++)
        length = length << 8 | (unsigned char)in->p[i];
    *in = span_from(*in, octets);
    *ret = length;
    return length >= 0x80;
}

bool der_take(assay_span *in, enum der_tag tag, assay_span *ret)
{
    assay_span rest = *in;
    size_t length;

    if (rest.n == 0 || (unsigned char)rest.p[0] != tag)
        return false;
    rest = span_from(rest, 1);
    if (!take_length(&rest, &length) || length > rest.n)
        return false;
    *ret = span_first(rest, length);
    *in = span_from(rest, length);
    return true;
}

bool der_take_positive(assay_span *in, assay_span *ret)
{
    assay_span rest = *in, number;

    if (!der_take(&rest, DER_INTEGER, &number) || number.n == 0 ||
        (unsigned char)number.p[0] >= 0x80)
        return false;
    if (number.p[0] == 0) {
        number = span_from(number, 1);
        if (number.n == 0 || (unsigned char)number.p[0] < 0x80)
            return false; /* zero, or a zero octet too many */
    }
    *ret = number;
    *in = rest;
    return true;
}

/** Append tag and length. */
static void put_head(struct buf *out, enum der_tag tag, size_t n)
{
    buf_putc(out, (char)tag);
    if (n >= 0x100) {
        buf_putc(out, (char)0x82);
        buf_putc(out, (char)(n >> 8));
    } else if (n >= 0x80) {
        buf_putc(out, (char)0x81);
    }
    buf_putc(out, (char)n);
}

void der_put(struct buf *out, enum der_tag tag, assay_span content)
{
    put_head(out, tag, content.n);
    buf_put(out, content);
}

void der_put_positive(struct buf *out, assay_span number)
{
    bool high = (unsigned char)number.p[0] >= 0x80; /* it would be negative (X.690 8.3.3) */

    put_head(out, DER_INTEGER, number.n + high);
    if (high)
        buf_putc(out, '\0');
    buf_put(out, number);
}
