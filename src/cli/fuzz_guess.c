/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_guess.c Any octets as a header, and as the value of one Received field: what is read
 * lies in the input, and the client that is taken is one that mail can come from.
 */
#include "base/fuzz_must.h"
#include "cli/guess.h"

#include <stdlib.h>

/** A span lies in the text, or is empty. */
static void must_lie_in(assay_span s, assay_span text)
{
    must(s.n == 0 || (s.p >= text.p && s.p + s.n <= text.p + text.n));
}

/** A name has nothing in it that no host name has. */
static void must_be_host(assay_span name)
{
    for (size_t i = 0; i < name.n; i++)
        must((unsigned char)name.p[i] > ' ' && !strchr("()[]<>\"", name.p[i]));
}

/** What one field tells keeps the promises of received.h. */
static void check_field(const struct received *r, assay_span text)
{
    must_lie_in(r->helo, text);
    must_lie_in(r->name, text);
    must_lie_in(r->by, text);
    must_lie_in(r->with, text);
    must_lie_in(r->sender, text);
    must_be_host(r->name);
    must_be_host(r->by);
    must(r->ip.version == 0 || r->ip.version == 4 || r->ip.version == 6);
    must(r->looked_up || r->name.n == 0);
    must(r->has_sender || r->sender.n == 0);
    must(r->dated || r->date == 0);
    for (size_t i = 0; i < r->sender.n; i++)
        must((unsigned char)r->sender.p[i] > ' ' && r->sender.p[i] != '<' && r->sender.p[i] != '>');
}

/** Lines of the input as a header. */
static void read_header(assay_span in, struct header *h)
{
    while (in.n) {
        size_t n = span_find(in, '\n');
        assay_span line = span_first(in, n < in.n ? n + 1 : n);

        if (header_line(h, line) != ASSAY_DONE)
            break;
        in = span_from(in, line.n);
    }
}

/** What is found in a header keeps the promises of guess.h. */
static void check_guess(const struct header *h, const struct ip *known)
{
    assay_span text = buf_span(&h->text);
    struct guess g;

    guess_envelope(h, 1, known, &g);
    must(g.nfields <= GUESS_FIELDS);
    for (size_t i = 0; i < g.nfields; i++) {
        check_field(&g.fields[i].received, text);
        must((g.fields[i].step == GUESS_TAKEN) == (g.client == &g.fields[i]));
    }
    if (g.client) {
        const struct ip *ip = &g.client->received.ip;

        must(ip->version != 0);
        must(known->version ? memcmp(ip, known, sizeof *ip) == 0 : !ip_private(ip));
    }
    must_lie_in(g.sender, text);
    must(!g.has_sender || g.sender_line > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span in = {(const char *)data, n};
    struct ip known = {0};
    struct received r;
    struct header h;

    received_read(in, &r);
    check_field(&r, in);
    header_init(&h);
    read_header(in, &h);
    check_guess(&h, &known);
    known = ip_of("\xCB\x00\x71\x07", 4);
    check_guess(&h, &known);
    header_done(&h);
    return 0;
}
