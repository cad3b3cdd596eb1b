/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_body.c Any body in any cut: every digest is that of the naive canonical form, at every
 * length that was wanted.
 *
 * The input begins with octets that say which lengths are wanted and how the body is cut; the rest
 * is the body.
 */
#include "crypto/fuzz_engine.h"
#include "mail/test_naive.h"

#include <stdlib.h>

enum { LENGTHS = 4, CUTS = 4, HEAD = 2 * LENGTHS + CUTS, MOST = 1 << 14 };

/** Want everything, in both canonicalizations. */
static void want(struct body *b, const uint64_t lengths[LENGTHS])
{
    body_init(b);
    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
        for (size_t i = 0; i < LENGTHS; i++)
            must(body_want(b, (enum canon)canon, lengths[i]) == ASSAY_DONE);
        must(body_want(b, (enum canon)canon, BODY_WHOLE) == ASSAY_DONE);
    }
    must(body_begin(b, the_engine()) == ASSAY_DONE);
}

/** Add the body in pieces, their sizes taken in turn; 0 is all that is left. */
static void add(struct body *b, assay_span body, const uint8_t cuts[CUTS])
{
    for (size_t i = 0; body.n; i++) {
        size_t n = cuts[i % CUTS] ? cuts[i % CUTS] : body.n;

        must(body_add(b, span_first(body, n)) == ASSAY_DONE);
        body = span_from(body, n);
    }
    must(body_end(b) == ASSAY_DONE);
}

/** One digest is that of a prefix, and there is none of what is longer than the body. */
static void check(const struct body *b, enum canon canon, uint64_t length, assay_span canonical)
{
    const struct body_digest *d = body_find(b, canon, length);
    uint8_t sha256[SHA256_SIZE];

    must((d != NULL) == (length == BODY_WHOLE || length <= canonical.n));
    if (!d)
        return;
    naive_sha256(span_first(canonical, length < canonical.n ? (size_t)length : canonical.n),
                 sha256);
    must(memcmp(d->sha256, sha256, SHA256_SIZE) == 0);
}

/** All digests of one canonicalization. */
static void check_all(const struct body *b, enum canon canon, assay_span body,
                      const uint64_t lengths[LENGTHS])
{
    struct buf canonical = buf_new(2 * body.n + 4);

    naive_body(canon, body, &canonical);
    must(canonical.status == ASSAY_DONE);
    must(body_length(b, canon) == canonical.n);
    check(b, canon, BODY_WHOLE, buf_span(&canonical));
    for (size_t i = 0; i < LENGTHS; i++)
        check(b, canon, lengths[i], buf_span(&canonical));
    buf_done(&canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span body;
    uint64_t lengths[LENGTHS];
    struct body b;

    if (n < HEAD || n > MOST)
        return 0;
    body = (assay_span){(const char *)data + HEAD, n - HEAD};
    for (size_t i = 0; i < LENGTHS; i++)
        lengths[i] = (uint64_t)(data[2 * i] << 8 | data[2 * i + 1]) % (body.n + 8);
    want(&b, lengths);
    add(&b, body, data + 2 * LENGTHS);
    check_all(&b, CANON_SIMPLE, body, lengths);
    check_all(&b, CANON_RELAXED, body, lengths);
    body_done(&b);
    return 0;
}
