/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_check.c
 * A client of the check service that sends anything, cut anywhere: what is read is the same however it was cut, stays in its
 * limits, and has all that a request must have. Whatever a header is made of, the reply is one line that reads
 * back to the fields that are to be put in.
 */
#include "base/fuzz_must.h"
#include "daemon/check_reply.h"
#include "daemon/check_request.h"

enum { HEADER_MAX = 4096, MOST = 1 << 20 };

/** What a reading came to. */
struct reading {
    struct check_request request;
    struct buf body;
    enum check_event end; /* CHECK_MORE: the octets were not enough */
    bool header;
    size_t left; /* octets behind the end */
};

/** Read all of it in pieces of this size. */
static void read_all(struct reading *r, assay_span octets, size_t cut)
{
    *r = (struct reading){.end = CHECK_MORE, .body = buf_new(MOST)};
    check_request_init(&r->request, HEADER_MAX);
    while (octets.n && r->end == CHECK_MORE) {
        assay_span in = span_first(octets, cut), piece = SPAN_EMPTY;
        size_t n = in.n;

        while (in.n && r->end == CHECK_MORE) {
            enum check_event event = check_request_read(&r->request, &in, &piece);

            must(event != CHECK_NO_MEMORY && (!r->header || event != CHECK_HAS_HEADER));
            r->header |= event == CHECK_HAS_HEADER;
            if (event == CHECK_HAS_BODY)
                buf_put(&r->body, piece);
            if (event == CHECK_IS_COMPLETE || event == CHECK_IS_BAD)
                r->end = event;
        }
        octets = span_from(octets, n - in.n);
        must(in.n == 0 || r->end != CHECK_MORE);
    }
    r->left = octets.n;
}

/** What was read keeps its promises. */
static void check_reading(const struct reading *r)
{
    const struct check_request *q = &r->request;

    must(q->values[CHECK_HEADER].n <= HEADER_MAX);
    must((r->end == CHECK_IS_BAD) == (q->why[0] != '\0'));
    if (r->end != CHECK_IS_COMPLETE)
        return;
    must(check_given(q, CHECK_IP) && check_given(q, CHECK_FROM) && check_given(q, CHECK_HEADER));
    must(check_given(q, CHECK_SPOOL) != check_given(q, CHECK_BODY));
    must(r->header != q->too_long && q->left == 0);
}

/** Both came to the same. */
static void check_same(const struct reading *a, const struct reading *b)
{
    must(a->end == b->end && a->header == b->header && a->left == b->left);
    must(a->request.given == b->request.given && strcmp(a->request.why, b->request.why) == 0);
    must(span_eq(buf_span(&a->body), buf_span(&b->body)));
    for (size_t i = 0; i < CHECK_N_NAMES; i++)
        must(span_eq(check_value(&a->request, (enum check_name)i),
                     check_value(&b->request, (enum check_name)i)));
}

/** Addresses of a list are parts of it that are not empty. */
static void check_addresses(assay_span rest)
{
    assay_span all = rest, one;

    while (check_next_address(&rest, &one))
        must(one.n && one.p >= all.p && one.p + one.n <= all.p + all.n);
}

/** Every other field of a header is taken out, and one put in: the reply is one line. */
static void check_replies(assay_span text)
{
    struct assay_edit edits[65] = {{.remove = false}};
    struct assay_verdict v = {.what = ASSAY_ACCEPT,
                              .reason = text,
                              .authres = text,
                              .text = text,
                              .enhanced = SPAN_EMPTY,
                              .edits = edits};
    struct buf out = buf_new(64 << 20);
    struct header header;

    header_init(&header);
    must(check_header_read(text, &header) != ASSAY_ENOMEM);
    for (size_t i = header.n; i > 0 && v.nedits < 64; i--)
        if (i % 2 && header.fields[i - 1].name_n) {
            unsigned nth = 0;

            for (size_t k = 0; k < i; k++)
                nth += field_is(&header, k, field_name(&header, i - 1));
            edits[v.nedits++] = (struct assay_edit){.remove = true,
                                                    .index = nth,
                                                    .name = field_name(&header, i - 1),
                                                    .value = SPAN_EMPTY};
        }
    edits[v.nedits++] = (struct assay_edit){.name = SPAN("X"), .value = SPAN("a \"b\\\";\r\n\tc")};
    check_reply(&v, &header, &out);
    must(out.status == ASSAY_DONE && out.n && span_find(buf_span(&out), '\n') == out.n - 1);
    must(span_find(buf_span(&out), '\0') == out.n && span_find(buf_span(&out), '\r') == out.n);
    must(span_contains(buf_span(&out),
                       SPAN(":at_start:X: a \\\"b\\\\\\\";\\n\tc\\n\" hold=\"no\"\n")));
    buf_done(&out);
    header_done(&header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span octets = {(const char *)data + 1, n - 1};
    struct reading whole, cut;

    if (n < 1 || n > 1 << 14)
        return 0;
    read_all(&whole, octets, SIZE_MAX);
    read_all(&cut, octets, 1 + data[0] % 16);
    check_reading(&whole);
    check_same(&whole, &cut);
    check_addresses(check_value(&whole.request, CHECK_TO));
    check_addresses(octets);
    check_replies(check_value(&whole.request, CHECK_HEADER));
    check_replies(octets);
    check_request_done(&whole.request);
    check_request_done(&cut.request);
    buf_done(&whole.body);
    buf_done(&cut.body);
    return 0;
}
