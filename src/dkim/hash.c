/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim/signature.h"

#include "mail/canon.h"

#include <stdlib.h>

enum { FEW_FIELDS = 256 }; /* so many are looked through one by one */

/** The fields that h= may still name, and a way to find them. */
struct finder {
    const struct header *h;
    uint64_t taken[(LIMIT_FIELDS + 63) / 64]; /* one bit each */
    bool sorted;
    uint16_t order[LIMIT_FIELDS]; /* by name, of one name from the top; set when there are many */
};

/** Order two names without case, the shorter first. */
static int compare_names(assay_span a, assay_span b)
{
    int order = (a.n > b.n) - (a.n < b.n);

    for (size_t i = 0; order == 0 && i < a.n; i++)
        order = ascii_lower(a.p[i]) - ascii_lower(b.p[i]);
    return order;
}

/** For qsort_r(): two fields, by name and then by place. */
static int compare_fields(const void *a, const void *b, void *header)
{
    const uint16_t i = *(const uint16_t *)a, k = *(const uint16_t *)b;
    int order = compare_names(field_name(header, i), field_name(header, k));

    return order ? order : i - k;
}

/**
 * Set up a finder. Among many fields a name is looked for by halves: whoever writes them can give
 * them one hash, and let each of 512 names be compared with each of 4,096.
 */
static void find_begin(struct finder *f, const struct header *h)
{
    f->h = h;
    memset(f->taken, 0, sizeof f->taken);
    f->sorted = h->n > FEW_FIELDS;
    for (size_t i = 0; f->sorted && i < h->n; i++)
        f->order[i] = (uint16_t)i;
    if (f->sorted)
        qsort_r(f->order, h->n, sizeof *f->order, compare_fields, (void *)(uintptr_t)h);
}

/** Take a field, unless it was taken already. */
static bool take(struct finder *f, size_t i)
{
    bool was_taken = f->taken[i / 64] >> i % 64 & 1;

    f->taken[i / 64] |= 1ull << i % 64;
    return !was_taken;
}

/** Places in `order` up to and with the last field of this name. */
static size_t end_of_name(const struct finder *f, assay_span name)
{
    size_t low = 0, high = f->h->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (compare_names(field_name(f->h, f->order[middle]), name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** The lowest field of a name that was not taken yet, or `h->n`; takes it (RFC 6376 5.4.2). */
static size_t take_field(struct finder *f, assay_span name)
{
    const struct header *h = f->h;
    uint32_t hash = span_hash(name);
    size_t at = f->sorted ? end_of_name(f, name) : 0, i = h->n;

    while (at > 0 && field_is(h, f->order[--at], name))
        if (take(f, f->order[at]))
            return f->order[at];
    while (!f->sorted && (i = header_rfind(h, name, hash, i)) < h->n)
        if (take(f, i))
            return i;
    return h->n;
}

/**
 * Add the fields that h= names, in its order; a name without a field adds nothing (RFC 6376 3.5
 * h=).
 */
static assay_status hash_fields(struct digest *d, const struct header *h,
                                const struct dkim_hashed *what)
{
    struct finder f;
    assay_span rest = what->names, name;

    find_begin(&f, h);
    if (what->field < h->n)
        (void)take(&f, what->field); /* itself comes last */
    while (dkim_next_name(&rest, &name)) {
        size_t i = name.n ? take_field(&f, name) : h->n;

        if (i < h->n &&
            canon_field(d, what->canon, field_name(h, i), field_raw(h, i)) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    }
    return ASSAY_DONE;
}

assay_status dkim_hash_field(const struct assay_engine *engine, const struct header *h,
                             const struct dkim_hashed *what, uint8_t out[SHA256_SIZE])
{
    struct digest d;
    assay_status status = digest_begin(&d, engine);

    if (status != ASSAY_DONE)
        return status;
    if ((status = hash_fields(&d, h, what)) == ASSAY_DONE)
        status = canon_signature(&d, what->canon, what->name, what->raw, what->b);
    if (status == ASSAY_DONE)
        status = digest_end(&d, out);
    digest_done(&d);
    return status;
}

assay_status dkim_hash(const struct assay_engine *engine, const struct header *h,
                       const struct dkim_signature *s, uint8_t out[SHA256_SIZE])
{
    const struct dkim_hashed what = {.canon = s->header_canon,
                                     .names = s->names,
                                     .field = s->field,
                                     .name = field_name(h, s->field),
                                     .raw = field_raw(h, s->field),
                                     .b = s->b};

    return dkim_hash_field(engine, h, &what, out);
}
