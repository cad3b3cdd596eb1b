/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_milter_codec.c Any octets from an MTA, however they are cut: the packets are the same,
 * every span lies inside its packet; any texts given to the writers: what they append is one packet
 * that the reader takes, and a field stays one field.
 *
 * The first octet chooses how the rest is cut, the second which limit holds.
 */
#include "base/fuzz_must.h"
#include "base/ip.h"
#include "daemon/milter_codec.h"

/** A span lies inside another. */
static void inside(assay_span s, assay_span all)
{
    must(s.n == 0 || (s.p >= all.p && s.p + s.n <= all.p + all.n));
}

/** Read the data as every command's. */
static void read_all(assay_span data)
{
    struct milter_offer offer, agreed, wanted = {0, MILTER_F_ALL, MILTER_P_ALL};
    struct milter_connect c;
    struct milter_path path;
    struct milter_macros macros;
    struct milter_header h;
    struct ip ip;
    assay_span a, b, rest;

    if (milter_offer_read(data, &offer) && milter_agree(&offer, &wanted, &agreed))
        must(agreed.version >= MILTER_VERSION_MIN && agreed.version <= MILTER_VERSION &&
             !(agreed.actions & ~offer.actions) && !(agreed.steps & ~offer.steps));
    if (milter_connect_read(data, &c)) {
        inside(c.hostname, data);
        inside(c.address, data);
        must(strchr("46LU", c.family) != NULL);
        must((c.family != '4' && c.family != '6') || ip_read(c.address, &ip));
    }
    if (milter_path_read(data, &path))
        for (rest = path.parameters, inside(path.address, data); milter_text_cut(&rest, &a);)
            inside(a, data);
    if (milter_macros_read(data, &macros))
        while (milter_macro_cut(&macros.pairs, &a, &b)) {
            inside(a, data);
            inside(b, data);
        }
    if (milter_header_read(data, &h)) {
        inside(h.name, data);
        inside(h.value, data);
        must(h.name.n > 0);
    }
    inside(milter_text(data), data);
}

/** What a writer appended is one packet with this letter, or nothing. */
static assay_span wrote(struct buf *out, assay_status s, char letter)
{
    struct milter_reader r = {.max = MILTER_MAX};
    struct milter_packet packet;
    assay_span in = buf_span(out);

    must(s == ASSAY_DONE || s == ASSAY_EINVAL);
    must(out->status == ASSAY_DONE);
    if (s == ASSAY_EINVAL) {
        must(out->n == 0);
        return SPAN_EMPTY;
    }
    must(milter_read(&r, &in, &packet) == ASSAY_DONE && in.n == 0 && packet.command == letter);
    buf_clear(out);
    return packet.data;
}

/** A field that was written is one field. */
static void one_field(assay_span data)
{
    struct milter_header h;

    if (!data.n)
        return;
    must(milter_header_read(data, &h));
    must(span_find(h.value, '\0') == h.value.n && span_find(h.value, '\r') == h.value.n);
    must(span_find(h.name, ':') == h.name.n && span_printable(h.name));
    for (size_t i = 0; i < h.value.n; i++)
        must(h.value.p[i] != '\n' || (i + 1 < h.value.n && ascii_wsp(h.value.p[i + 1])));
}

/** A reply as Postfix wants it: lines "DDD-" and a last one "DDD ". */
static void one_reply(assay_span data)
{
    assay_span line;

    if (!data.n)
        return;
    must(data.p[data.n - 1] == '\0');
    data.n--;
    while (span_line(&data, &line)) {
        must(line.n >= 4 && (line.p[0] == '4' || line.p[0] == '5') && span_printable(line));
        must(line.p[3] == (data.p ? '-' : ' '));
    }
}

/** Give the writers two texts. */
static void write_all(assay_span a, assay_span b, uint32_t number)
{
    struct buf out = buf_new(MILTER_MAX + 4);

    one_field(wrote(&out, milter_put_addheader(&out, number, a, b), 'h'));
    one_field(span_from(wrote(&out, milter_put_insheader(&out, number, number, a, b), 'i'), 4));
    one_field(span_from(wrote(&out, milter_put_chgheader(&out, number, number, a, b), 'm'), 4));
    one_reply(wrote(&out, milter_put_reply(&out, 400 + number % 200, a, b), 'y'));
    one_reply(wrote(&out, milter_put_reply(&out, 550, SPAN("5.7.1"), b), 'y'));
    wrote(&out, milter_put_chgfrom(&out, a, b), 'e');
    wrote(&out, milter_put_addrcpt(&out, a), '+');
    wrote(&out, milter_put_delrcpt(&out, b), '-');
    wrote(&out, milter_put_quarantine(&out, b), 'q');
    buf_done(&out);
}

/** Read a stream in pieces of `cut` octets. \return a sum over all packets, and how it ended */
static uint64_t read_stream(assay_span all, size_t cut, uint32_t max, bool look)
{
    struct milter_reader r = {.max = max};
    struct milter_packet packet;
    assay_status s = ASSAY_MORE;
    uint64_t sum = 0;

    for (; all.n && s == ASSAY_MORE; all = span_from(all, cut)) {
        assay_span in = span_first(all, cut);

        while ((s = milter_read(&r, &in, &packet)) == ASSAY_DONE) {
            must(packet.data.n < (max ? max : MILTER_MAX_FIRST));
            sum = sum * 31 + span_hash(packet.data) + (uint8_t)packet.command + packet.data.n;
            if (look)
                read_all(packet.data);
        }
        must(s == ASSAY_EINVAL || in.n == 0);
    }
    milter_reader_done(&r);
    return sum * 2 + (s == ASSAY_EINVAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span all = {(const char *)data, n}, a;
    uint32_t max;
    uint64_t sum;

    if (n < 6)
        return 0;
    max = data[1] & 1 ? MILTER_MAX : 0;
    sum = read_stream(span_from(all, 2), n, max, true);
    must(sum == read_stream(span_from(all, 2), 1 + data[0], max, false));
    must(sum == read_stream(span_from(all, 2), 1, max, true));
    read_all(span_from(all, 2));
    all = span_from(all, 6);
    a = span_first(all, data[0]);
    write_all(a, span_from(all, a.n), ip_word(data + 2));
    return 0;
}
