/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_row.c Any octets as a row, and as what stands in a file of the spill: a row that is read
 * is written and read the same; frames are found whatever is around them, in one piece or in two,
 * and nothing that is no frame is one.
 */
#include "base/fuzz_must.h"
#include "store/segment.h"

enum { MOST = 1 << 14 };

static const struct segment_id ID = {{9, 8, 7, 6, 5, 4, 3, 2}};
static struct store_signature room[LIMIT_SIGNATURES], room_again[LIMIT_SIGNATURES];
static char written[STORE_ROW_MOST], octets[2 * MOST + FRAME_MOST];

/** Two rows hold the same. */
static void must_be_same(const struct store_row *a, const struct store_row *b)
{
    must(memcmp(a->id.octet, b->id.octet, STORE_ID) == 0);
#define SAME(tag, name, about) must(a->name == b->name);
    STORE_NUMBERS(SAME)
#undef SAME
#define SAME(tag, name, most, about) must(span_eq(a->name, b->name));
    STORE_TEXTS(SAME)
#undef SAME
    must(a->nsignatures == b->nsignatures);
    for (size_t i = 0; i < a->nsignatures; i++) {
#define SAME(tag, name, most, about) must(span_eq(a->signatures[i].name, b->signatures[i].name));
        STORE_SIGNATURE(SAME)
#undef SAME
    }
}

/** As a row. */
static void try_row(assay_span input)
{
    struct store_row row, again;
    size_t n;

    if (!row_decode(input, room, &row))
        return;
    n = row_encode(&row, written);
    must(n > 0 && n <= STORE_ROW_MOST);
    must(row_decode((assay_span){written, n}, room_again, &again));
    must_be_same(&row, &again);
}

/** What was found in a run of octets. */
struct found {
    size_t frames, skipped, ours;
};

/** Find all frames. `ours`: the octets that one of them has to be */
static struct found find(assay_span all, size_t cut, assay_span ours)
{
    struct found found = {0};
    size_t at = 0;

    while (at < all.n) {
        bool last = at >= cut;
        assay_span part = last ? span_from(all, at) : span_between(all.p + at, all.p + cut);
        struct frame f;
        size_t done = frame_next(&ID, part, last, &f);

        must(done <= part.n && f.skipped <= done);
        must(f.row.p ? f.skipped + FRAME_HEAD + f.row.n == done : f.skipped == done);
        must(!last || done > 0);
        found.skipped += f.skipped;
        found.frames += f.row.p != NULL;
        found.ours += f.row.p && span_eq(f.row, ours);
        at += done;
        if (!last && !f.row.p)
            cut = at; /* the rest has come */
    }
    must(at == all.n);
    return found;
}

/** As a file: the input, a frame of ours, the input again. */
static void try_file(assay_span input)
{
    size_t n = input.n, frame;
    struct found whole, parts;
    assay_span row;

    memcpy(octets, input.p, n);
    memcpy(octets + n + FRAME_HEAD, input.p, n);
    frame = frame_seal(&ID, octets + n, n);
    row = (assay_span){octets + n + FRAME_HEAD, n};
    memcpy(octets + n + frame, input.p, n);
    whole = find((assay_span){octets, 2 * n + frame}, 0, row);
    parts = find((assay_span){octets, 2 * n + frame},
                 (size_t)(unsigned char)input.p[0] * (2 * n + frame) / 256, row);
    must(whole.ours >= 1);
    must(parts.frames == whole.frames && parts.skipped == whole.skipped);
    must(parts.ours == whole.ours);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    assay_span input = {(const char *)data, size};
    struct segment_id id;

    if (size == 0 || size > MOST)
        return 0;
    (void)segment_read(input, &id);
    try_row(input);
    try_file(input);
    return 0;
}
