/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_request.c A client of the control socket that sends anything, cut anywhere: the lines
 * are the same however they were cut, a line over the limit ends the reading, and what is read of a
 * line lies in it and is what request.h says.
 */
#include "base/fuzz_must.h"
#include "base/ip.h"
#include "daemon/lines.h"
#include "daemon/request.h"

/** A span of a line. */
static void must_lie_in(assay_span part, assay_span line)
{
    must(!part.n || (part.p >= line.p && part.p + part.n <= line.p + line.n));
    for (size_t i = 0; i < part.n; i++)
        must((uint8_t)part.p[i] >= ' ' && part.p[i] != 0x7F);
}

/** One line. */
static void check_line(assay_span line)
{
    struct request r;
    struct ip ip;

    must(line.n <= REQUEST_LINE && span_find(line, '\n') == line.n);
    if (request_read(line, &r))
        return;
    must_lie_in(r.id, line);
    must_lie_in(r.address, line);
    must_lie_in(r.client, line);
    must_lie_in(r.user, line);
    must((r.what == REQUEST_WHY) == (r.id.n > 0));
    must((r.what == REQUEST_NOT_SIGNED) == (r.address.n > 0));
    must(!r.client.n || ip_read(r.client, &ip));
    must(r.what != REQUEST_LAST || (r.most >= 1 && r.most <= REQUEST_LIST));
}

/** Read all of it in pieces of this size. \return a hash of the lines */
static uint32_t read_lines(assay_span octets, size_t cut)
{
    struct lines lines = {buf_new(REQUEST_LINE)};
    uint32_t sum = 0;
    assay_status s = ASSAY_MORE;

    while (octets.n && s == ASSAY_MORE) {
        assay_span piece = span_first(octets, cut), line;

        octets = span_from(octets, cut);
        while ((s = lines_next(&lines, &piece, &line)) == ASSAY_DONE) {
            check_line(line);
            sum = sum * 31 + span_hash(line) + 1;
        }
        must(s != ASSAY_MORE || !piece.n);
    }
    buf_done(&lines.held);
    return sum * 2 + (s == ASSAY_MORE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span octets = {(const char *)data + 1, n - 1};

    if (n < 1 || n > 1 << 14)
        return 0;
    must(read_lines(octets, SIZE_MAX) == read_lines(octets, 1 + data[0] % 16));
    return 0;
}
