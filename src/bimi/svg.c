/* SPDX-License-Identifier: BSD-2-Clause */
/** \file svg.c Reading a logo in pieces, compressed or not; what it came to. */
#include "bimi/svg_own.h"

#include "base/buf.h"
#include "crypto/digest.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, CHUNK = 16384 };

/** What the document is so far. */
enum state { STATE_MAGIC, STATE_PLAIN, STATE_GZIP, STATE_ENDED, STATE_BROKEN };

struct svg_reader {
    const struct assay_engine *engine;
    enum state state;
    bool gzip, inflating, over;
    struct buf document;
    char magic[2];
    size_t nmagic;
    z_stream z;
    const char *broken; /**< what is wrong with the compression */
};

struct svg_reader *svg_reader_new(const struct assay_engine *engine)
{
    struct svg_reader *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->engine = engine;
    r->document = buf_new(LIMIT_SVG);
    return r;
}

void svg_reader_free(struct svg_reader *r)
{
    if (!r)
        return;
    if (r->inflating)
        inflateEnd(&r->z);
    buf_done(&r->document);
    free(r);
}

/** Add to the document, up to its limit. */
static assay_status add(struct svg_reader *r, assay_span octets)
{
    size_t room = LIMIT_SVG - r->document.n;

    r->over |= octets.n > room;
    if (octets.n)
        buf_put(&r->document, span_first(octets, room));
    return r->document.status == ASSAY_ENOMEM ? ASSAY_ENOMEM : ASSAY_DONE;
}

/** Memory for zlib: ours, so that a test can let it fail. */
static void *zlib_get(void *unused, unsigned n, unsigned size)
{
    (void)unused;
    return calloc(n, size);
}

static void zlib_free(void *unused, void *p)
{
    (void)unused;
    free(p);
}

/** The rest cannot be read. */
static assay_status broken(struct svg_reader *r, const char *why)
{
    r->state = STATE_BROKEN;
    r->broken = why;
    return ASSAY_DONE;
}

/** Inflate a piece. A bomb stops at LIMIT_SVG, wherever it is. */
static assay_status inflate_piece(struct svg_reader *r, assay_span piece)
{
    char out[CHUNK];

    r->z.next_in = (unsigned char *)(uintptr_t)piece.p;
    r->z.avail_in = (unsigned)piece.n;
    do {
        int result;
        assay_status s;

        r->z.next_out = (unsigned char *)out;
        r->z.avail_out = sizeof out;
        result = inflate(&r->z, Z_NO_FLUSH);
        if (result == Z_MEM_ERROR)
            return ASSAY_ENOMEM;
        if ((s = add(r, (assay_span){out, sizeof out - r->z.avail_out})) != ASSAY_DONE)
            return s;
        if (result == Z_STREAM_END) {
            r->state = STATE_ENDED;
            return r->z.avail_in ? broken(r, "more octets follow the compressed document")
                                 : ASSAY_DONE;
        }
        if (result != Z_OK && result != Z_BUF_ERROR)
            return broken(r, "the compressed document is damaged");
    } while (!r->over && (r->z.avail_in || r->z.avail_out == 0));
    return ASSAY_DONE;
}

/** The first two octets tell whether it is compressed (RFC 1952 2.3.1). */
static assay_status begin(struct svg_reader *r)
{
    static const char GZIP[] = {'\x1F', '\x8B'};

    r->gzip = r->nmagic == 2 && memcmp(r->magic, GZIP, 2) == 0;
    if (!r->gzip) {
        r->state = STATE_PLAIN;
        return add(r, (assay_span){r->magic, r->nmagic});
    }
    r->z.zalloc = zlib_get;
    r->z.zfree = zlib_free;
    if (inflateInit2(&r->z, GZIP_WINDOW) != Z_OK)
        return ASSAY_ENOMEM;
    r->inflating = true;
    r->state = STATE_GZIP;
    return inflate_piece(r, (assay_span){r->magic, r->nmagic});
}

assay_status svg_reader_feed(struct svg_reader *r, assay_span piece)
{
    assay_status s;

    while (r->state == STATE_MAGIC && r->nmagic < 2 && piece.n) {
        r->magic[r->nmagic++] = piece.p[0];
        piece = span_from(piece, 1);
    }
    if (r->state == STATE_MAGIC && r->nmagic == 2 && (s = begin(r)) != ASSAY_DONE)
        return s;
    while (piece.n && !r->over) {
        assay_span part = span_first(piece, 1 << 30);

        switch (r->state) {
        case STATE_PLAIN: s = add(r, part); break;
        case STATE_GZIP: s = inflate_piece(r, part); break;
        case STATE_ENDED: s = broken(r, "more octets follow the compressed document"); break;
        default: return ASSAY_DONE;
        }
        if (s != ASSAY_DONE)
            return s;
        piece = span_from(piece, part.n);
    }
    return ASSAY_DONE;
}

/** Both digests of the document. */
static assay_status digest(const struct assay_engine *engine, struct svg_report *report)
{
    bool ok;

    ERR_set_mark();
    ok = EVP_Digest(report->document.p, report->document.n, report->sha1, NULL, engine->sha1,
                    NULL) == 1;
    ERR_pop_to_mark();
    return ok ? digest_of(engine, report->document, report->sha256) : ASSAY_ENOMEM;
}

assay_status svg_reader_end(struct svg_reader *r, struct arena *a, struct svg_report *ret)
{
    struct svg_report report = {.title = SPAN_EMPTY, .document = SPAN_EMPTY};
    const char *damage = NULL;
    assay_status s;

    if (r->state == STATE_MAGIC && (s = begin(r)) != ASSAY_DONE)
        return s;
    if (r->state == STATE_GZIP && !r->over)
        damage = "the compressed document is cut short";
    if (r->state == STATE_BROKEN)
        damage = r->broken;
    report.gzip = r->gzip;
    report.over = r->over;
    report.octets = r->document.n;
    if (!arena_copy(a, buf_span(&r->document), &report.document))
        return ASSAY_ENOMEM;
    if ((s = digest(r->engine, &report)) == ASSAY_DONE &&
        (s = svg_parse(a, damage, &report)) == ASSAY_DONE)
        *ret = report;
    return s;
}

assay_status svg_check(const struct assay_engine *engine, struct arena *a, assay_span octets,
                       struct svg_report *ret)
{
    struct svg_reader *r = svg_reader_new(engine);
    assay_status s = r ? svg_reader_feed(r, octets) : ASSAY_ENOMEM;

    if (s == ASSAY_DONE)
        s = svg_reader_end(r, a, ret);
    svg_reader_free(r);
    return s;
}

const struct svg_problem *svg_first(const struct svg_report *report, enum svg_class class)
{
    for (size_t i = 0; i < report->nproblems; i++)
        if (report->problems[i].class == class)
            return &report->problems[i];
    return NULL;
}
