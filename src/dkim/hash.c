/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim/signature.h"

#include "mail/canon.h"

/** Which fields were taken already: one bit each. */
struct taken {
    uint64_t bits[(LIMIT_FIELDS + 63) / 64];
};

/** The lowest field of a name that was not taken yet, or `h->n`; takes it (RFC 6376 5.4.2). */
static size_t take_field(const struct header *h, struct taken *taken, assay_span name)
{
    uint32_t hash = span_hash(name);
    size_t i = h->n;

    while ((i = header_rfind(h, name, hash, i)) < h->n) {
        if (taken->bits[i / 64] >> i % 64 & 1)
            continue;
        taken->bits[i / 64] |= 1ull << i % 64;
        return i;
    }
    return h->n;
}

/**
 * Add the fields that h= names, in its order; a name without a field adds nothing (RFC 6376 3.5
 * h=).
 */
static assay_status hash_fields(struct digest *d, const struct header *h,
                                const struct dkim_signature *s)
{
    struct taken taken = {0};
    assay_span rest = s->names, name;

    taken.bits[s->field / 64] |= 1ull << s->field % 64; /* itself comes last */
    while (dkim_next_name(&rest, &name)) {
        size_t i = name.n ? take_field(h, &taken, name) : h->n;

        if (i < h->n &&
            canon_field(d, s->header_canon, field_name(h, i), field_raw(h, i)) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    }
    return ASSAY_DONE;
}

assay_status dkim_hash(const struct assay_engine *engine, const struct header *h,
                       const struct dkim_signature *s, uint8_t out[SHA256_SIZE])
{
    struct digest d;
    assay_status status = digest_begin(&d, engine);

    if (status != ASSAY_DONE)
        return status;
    if ((status = hash_fields(&d, h, s)) == ASSAY_DONE)
        status = canon_signature(&d, s->header_canon, field_name(h, s->field),
                                 field_raw(h, s->field), s->b);
    if (status == ASSAY_DONE)
        status = digest_end(&d, out);
    digest_done(&d);
    return status;
}
