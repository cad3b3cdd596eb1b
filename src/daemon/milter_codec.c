/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/milter_codec.h"

#include "base/ip.h"

enum { LENGTH = 4 }; /* octets of a packet's length */

/* ---- packets out of a stream ---- */

/** Four octets in network order. */
static uint32_t word_at(const char *p)
{
    return ip_word((const uint8_t *)p);
}

/** A packet, given all of it behind its length. */
static assay_status packet_of(assay_span octets, struct milter_packet *ret)
{
    *ret = (struct milter_packet){octets.p[0], span_from(octets, 1)};
    return ASSAY_DONE;
}

/** Whether a packet may be that long. */
static bool length_allowed(const struct milter_reader *r, uint32_t length)
{
    return length > 0 && length <= (r->max ? r->max : MILTER_MAX_FIRST);
}

/** Keep octets of the input until `n` are kept. */
static assay_status keep(struct milter_reader *r, assay_span *in, size_t n)
{
    assay_span part;

    if (n <= r->kept.n)
        return ASSAY_DONE;
    r->kept.max = LENGTH + MILTER_MAX;
    if (in->n && !buf_room(&r->kept, n - r->kept.n)) { /* at once: it grows no further */
        r->kept.status = ASSAY_DONE;
        return ASSAY_ENOMEM;
    }
    part = span_first(*in, n - r->kept.n);
    buf_put(&r->kept, part);
    *in = span_from(*in, part.n);
    return r->kept.n == n ? ASSAY_DONE : ASSAY_MORE;
}

/** Go on with a packet that has begun, or begin to keep one. */
static assay_status read_kept(struct milter_reader *r, assay_span *in, struct milter_packet *ret)
{
    assay_status s = keep(r, in, LENGTH);
    uint32_t length;

    if (s != ASSAY_DONE)
        return s;
    if (!length_allowed(r, length = word_at(r->kept.p)))
        return ASSAY_EINVAL;
    if ((s = keep(r, in, LENGTH + length)) != ASSAY_DONE)
        return s;
    r->whole = true;
    return packet_of(span_from(buf_span(&r->kept), LENGTH), ret);
}

assay_status milter_read(struct milter_reader *r, assay_span *in, struct milter_packet *ret)
{
    uint32_t length;

    if (r->whole) {
        buf_done(&r->kept); /* a connection that waits holds nothing */
        r->whole = false;
    }
    if (r->kept.n || in->n < LENGTH)
        return read_kept(r, in, ret);
    if (!length_allowed(r, length = word_at(in->p)))
        return ASSAY_EINVAL;
    if (in->n - LENGTH < length)
        return read_kept(r, in, ret);
    packet_of(span_first(span_from(*in, LENGTH), length), ret);
    *in = span_from(*in, LENGTH + (size_t)length);
    return ASSAY_DONE;
}

void milter_reader_done(struct milter_reader *r)
{
    buf_done(&r->kept);
    r->whole = false;
}

/* ---- the data of packets ---- */

bool milter_offer_read(assay_span data, struct milter_offer *ret)
{
    if (data.n < 12)
        return false;
    *ret = (struct milter_offer){word_at(data.p), word_at(data.p + 4), word_at(data.p + 8)};
    return true;
}

bool milter_agree(const struct milter_offer *offered, const struct milter_offer *wanted,
                  struct milter_offer *ret)
{
    if (offered->version < MILTER_VERSION_MIN)
        return false;
    *ret =
        (struct milter_offer){offered->version < MILTER_VERSION ? offered->version : MILTER_VERSION,
                              offered->actions & wanted->actions & MILTER_F_ALL,
                              offered->steps & wanted->steps & MILTER_P_ALL};
    return true;
}

bool milter_text_cut(assay_span *rest, assay_span *ret)
{
    size_t n = span_find(*rest, '\0');

    if (!rest->n)
        return false;
    *ret = span_first(*rest, n);
    *rest = span_from(*rest, n + 1);
    return true;
}

assay_span milter_text(assay_span data)
{
    return span_first(data, span_find(data, '\0'));
}

/** An address of CONNECT as ip_read() takes it: without the word before it and the zone behind. */
static bool read_client(char family, assay_span text, assay_span *ret)
{
    struct ip ip;

    if (family == '4')
        return *ret = text, ip4_read(text, &ip);
    if (span_istarts(text, SPAN("IPv6:")))
        text = span_from(text, 5);
    text = span_first(text, span_find(text, '%'));
    return *ret = text, ip6_read(text, &ip);
}

bool milter_connect_read(assay_span data, struct milter_connect *ret)
{
    struct milter_connect c = {.address = SPAN_EMPTY};

    if (!milter_text_cut(&data, &c.hostname) || !data.n)
        return false;
    c.family = data.p[0];
    data = span_from(data, 1);
    if (c.family == 'U') {
        *ret = c;
        return true;
    }
    if (!strchr("46L", c.family) || c.family == '\0' || data.n < 2)
        return false;
    c.port = (uint16_t)((uint8_t)data.p[0] << 8 | (uint8_t)data.p[1]);
    c.address = milter_text(span_from(data, 2));
    if (c.family == 'L')
        c.port = 0;
    else if (!read_client(c.family, c.address, &c.address))
        return false;
    *ret = c;
    return true;
}

bool milter_path_read(assay_span data, struct milter_path *ret)
{
    assay_span text;

    if (!milter_text_cut(&data, &text))
        return false;
    if (span_starts(text, SPAN("<")) && span_iends(text, SPAN(">")))
        text = span_first(span_from(text, 1), text.n - 2);
    *ret = (struct milter_path){text, data};
    return true;
}

bool milter_macros_read(assay_span data, struct milter_macros *ret)
{
    if (!data.n)
        return false;
    *ret = (struct milter_macros){data.p[0], span_from(data, 1)};
    return true;
}

bool milter_macro_cut(assay_span *pairs, assay_span *name, assay_span *value)
{
    if (!milter_text_cut(pairs, name))
        return false;
    if (span_starts(*name, SPAN("{")) && span_iends(*name, SPAN("}")))
        *name = span_first(span_from(*name, 1), name->n - 2);
    if (!milter_text_cut(pairs, value))
        *value = SPAN_EMPTY;
    return true;
}

bool milter_header_read(assay_span data, struct milter_header *ret)
{
    assay_span name;

    if (!milter_text_cut(&data, &name) || !name.n)
        return false;
    if (data.n && data.p[data.n - 1] == '\0')
        data.n--;
    *ret = (struct milter_header){name, data};
    return true;
}
