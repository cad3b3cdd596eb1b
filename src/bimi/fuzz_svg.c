/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_svg.c Any octets as a logo: the limits hold, the problems are in order, and it is the same whatever
 * the cut. The first octet chooses the cut.
 */
#include "bimi/svg.h"
#include "crypto/fuzz_engine.h"

/** What was found keeps its promises. */
static void check(const struct svg_report *r)
{
    size_t total = r->nmore;

    must(r->document.n <= LIMIT_SVG && r->octets == r->document.n);
    must(r->nproblems <= LIMIT_SVG_PROBLEMS);
    must(!r->has_view_box || (r->width > 0 && r->height > 0));
    must(r->title.n <= 256);
    for (size_t i = 0; i < r->nproblems; i++) {
        const struct svg_problem *p = &r->problems[i];

        must(p->times >= 1 && p->line >= 1 && p->column >= 1 && p->text.n && p->ref);
        must(!i || p[-1].line < p->line || (p[-1].line == p->line && p[-1].column <= p->column));
    }
    must(r->is_svg || r->counts[SVG_INVALID] + r->counts[SVG_ACTIVE] + r->over > 0);
    for (size_t i = 0; i < r->nproblems; i++)
        total += r->problems[i].times;
    must(total == r->counts[0] + r->counts[1] + r->counts[2] + r->counts[3]);
}

/** The same came out. */
static void same(const struct svg_report *a, const struct svg_report *b)
{
    must(a->is_svg == b->is_svg && a->gzip == b->gzip && a->over == b->over);
    must(span_eq(a->document, b->document) && span_eq(a->title, b->title));
    must(memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0);
    must(a->nproblems == b->nproblems && a->nmore == b->nmore);
    for (size_t i = 0; i < a->nproblems; i++)
        must(span_eq(a->problems[i].text, b->problems[i].text) &&
             a->problems[i].times == b->problems[i].times);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct svg_reader *r;
    struct svg_report whole, cut;
    assay_span octets;
    size_t piece;

    if (n < 1)
        return 0;
    piece = (size_t)data[0] + 1;
    octets = (assay_span){(const char *)data + 1, n - 1};
    must(svg_check(the_engine(), &a, octets, &whole) == ASSAY_DONE);
    check(&whole);
    must((r = svg_reader_new(the_engine())) != NULL);
    for (; octets.n; octets = span_from(octets, piece))
        must(svg_reader_feed(r, span_first(octets, piece)) == ASSAY_DONE);
    must(svg_reader_end(r, &a, &cut) == ASSAY_DONE);
    svg_reader_free(r);
    same(&whole, &cut);
    arena_done(&a);
    return 0;
}
