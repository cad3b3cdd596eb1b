/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_mark.c Any octets as the file of a mark certificate, as PEM or as the DER of its first certificate: nothing is
 * proved by what no authority made, and the limits hold.
 */
#include "base/base64.h"
#include "base/buf.h"
#include "bimi/mark.h"
#include "crypto/fuzz_engine.h"

/** A key that nobody has the other half of: Gorgon's. */
#define LOGS                                                                                                  \
    "Gorgon MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbEiWluJDIqWi8JbeCSfR3V2k/a5s9XtZv+HU5u/gU9NSYnWGwEoEW6IK7n6L" \
    "ehfrJL3znCUAC0ayEaeiFQuibA==\n"

/** The DER as a block of PEM. */
static void put_block(struct buf *out, assay_span der)
{
    char *room;

    buf_puts(out, "-----BEGIN CERTIFICATE-----\n");
    must((room = buf_room(out, base64_encoded(der.n))) != NULL);
    base64_encode((const uint8_t *)der.p, der.n, room);
    out->n += base64_encoded(der.n);
    buf_puts(out, "\n-----END CERTIFICATE-----\n");
}

/** The promises of a report. */
static void check(const struct mark_report *r)
{
    must(r->is_chain || r->problem);
    must(r->chain != MARK_YES && r->sct != MARK_YES);
    must(r->nlints <= LIMIT_MARK_LINTS);
    must(r->logo != MARK_YES || (r->svg.n && r->drawing.is_svg));
    must(r->svg.n <= LIMIT_SVG);
    must(r->domain != MARK_YES || span_contains(r->names, SPAN("example.com")));
    for (size_t i = 0; i < r->nlints; i++)
        must(r->lints[i].text.n && r->lints[i].ref);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct mark_request REQUEST = {.logs = {LOGS, sizeof LOGS - 1},
                                                .selector = {"default", 7},
                                                .record_domain = {"example.com", 11},
                                                .author = {"example.com", 11},
                                                .now = 1795435200};
    struct mark_request request = REQUEST;
    struct buf pem = buf_new(1 << 21);
    struct arena a = {0};
    struct mark_report report;
    enum mark_truth revoked;
    assay_span octets;

    if (n < 1 || n > 1 << 19)
        return 0;
    octets = (assay_span){(const char *)data + 1, n - 1};
    if (data[0] & 1)
        put_block(&pem, octets);
    else
        buf_put(&pem, octets);
    request.pem = buf_span(&pem);
    request.roots = data[0] & 2 ? request.pem : SPAN("# none\n");
    if (data[0] & 4)
        request.logs = octets;
    must(mark_check(the_engine(), &a, &request, &report) == ASSAY_DONE);
    if (!(data[0] & 6))
        check(&report);
    must(mark_revoked(the_engine(), request.pem, octets, request.now, &revoked) == ASSAY_DONE);
    arena_done(&a);
    buf_done(&pem);
    return 0;
}
