/* SPDX-License-Identifier: BSD-2-Clause */
#include "arc/add.h"

#include "base/base64.h"
#include "base/number.h"
#include "mail/canon.h"

enum { FIELD_MAX = 1 << 17 };

static const assay_span AAR = SPAN("ARC-Authentication-Results");
static const assay_span AMS = SPAN("ARC-Message-Signature");
static const assay_span AS = SPAN("ARC-Seal");

assay_status arc_sealer_want(struct message *message)
{
    return body_want(&message->body, CANON_RELAXED, BODY_WHOLE);
}

uint64_t arc_next_instance(const struct arc_check *c, const char **ret_why)
{
    if (c->n && c->sets[c->n - 1].seal.cv == ARC_FAIL)
        *ret_why = "the newest seal says that the chain is broken (cv=fail)";
    else if (c->verdict.unanswered)
        *ret_why = "the chain could not be validated: the DNS did not answer";
    else if (c->n >= LIMIT_ARC_SETS)
        *ret_why = "the chain has 50 sets";
    else
        return c->n + 1;
    return 0;
}

/* ---- the seal (RFC 8617 4.1.3) ---- */

/** Write a number as a tag. */
static void put_number(struct dkim_writer *w, const char *name, uint64_t number)
{
    char digits[NUMBER_DIGITS];

    dkim_put_tag(w, name, number_text(number, digits));
}

/** Write the value of ARC-Seal. \return where that of b= begins */
static size_t write_seal(const struct arc_sealer *s, const struct arc_added *set, assay_span b,
                         struct buf *out)
{
    struct dkim_writer w = {.out = out, .column = AS.n + 2, .whole = s->sorted};
    size_t at = 0;

    for (const char *order = s->sorted ? "abcdist" : "iatcdsb"; *order; order++)
        switch (*order) {
        case 'i': put_number(&w, "i", set->instance); break;
        case 'a': dkim_put_tag(&w, "a", dkim_algorithm_text(s->algorithm)); break;
        case 't':
            if (s->timestamp)
                put_number(&w, "t", s->timestamp);
            break;
        case 'c': dkim_put_tag(&w, "cv", span_of(arc_result_text(set->cv))); break;
        case 'd': dkim_put_tag(&w, "d", s->domain); break;
        case 's': dkim_put_tag(&w, "s", s->selector); break;
        default: at = dkim_put_b(&w, b); break;
        }
    return at;
}

/** Add a field of the new set to what is signed: `NAME: VALUE`. */
static assay_status add_field(struct digest *d, assay_span name, assay_span value)
{
    struct buf raw = buf_new(FIELD_MAX);
    assay_status status = ASSAY_ENOMEM;

    buf_put(&raw, name);
    buf_puts(&raw, ": ");
    buf_put(&raw, value);
    buf_puts(&raw, "\r\n");
    if (raw.status == ASSAY_DONE)
        status = canon_field(d, CANON_RELAXED, name, buf_span(&raw));
    buf_done(&raw);
    return status;
}

/** Add the seal itself, its b= empty. */
static assay_status add_seal(struct digest *d, const struct arc_sealer *s,
                             const struct arc_added *set)
{
    struct buf raw = buf_new(FIELD_MAX);
    assay_status status = ASSAY_ENOMEM;
    size_t b;

    buf_put(&raw, AS);
    buf_puts(&raw, ": ");
    b = write_seal(s, set, SPAN_EMPTY, &raw);
    if (raw.status == ASSAY_DONE)
        status = canon_signature(d, CANON_RELAXED, AS, buf_span(&raw), (assay_span){raw.p + b, 0});
    buf_done(&raw);
    return status;
}

/** Add what a seal signs: the sets of a chain that passes, the new one, itself (5.1.1, 5.1.2). */
static assay_status add_all(struct digest *d, const struct arc_sealer *s,
                            const struct arc_added *set)
{
    const struct header *h = &s->message->header;
    assay_status status = ASSAY_DONE;

    for (size_t i = 0; set->cv == ARC_PASS && i < s->chain->n && status == ASSAY_DONE; i++)
        status = arc_hash_set(d, h, &s->chain->sets[i]);
    if (status != ASSAY_DONE || add_field(d, AAR, set->aar) != ASSAY_DONE ||
        add_field(d, AMS, set->ams) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return add_seal(d, s, set);
}

/** The digest a seal signs. */
static assay_status hash_seal(const struct assay_eval *ev, const struct arc_sealer *s,
                              const struct arc_added *set, uint8_t out[SHA256_SIZE])
{
    struct digest d;
    assay_status status = digest_begin(&d, ev->engine);

    if (status != ASSAY_DONE)
        return status;
    if ((status = add_all(&d, s, set)) == ASSAY_DONE)
        status = digest_end(&d, out);
    digest_done(&d);
    return status;
}

/** Write the seal with its signature, and keep it. */
static assay_status keep_seal(struct assay_eval *ev, const struct arc_sealer *s,
                              const struct dkim_made *made, struct arc_added *set)
{
    char base64[(LIMIT_SIGNATURE + 2) / 3 * 4];
    struct buf value = buf_new(FIELD_MAX);
    bool kept;

    base64_encode((const uint8_t *)made->signature.p, made->signature.n, base64);
    write_seal(s, set, (assay_span){base64, base64_encoded(made->signature.n)}, &value);
    kept = value.status == ASSAY_DONE && arena_copy(&ev->keep, buf_span(&value), &set->as);
    buf_done(&value);
    return kept ? ASSAY_DONE : ASSAY_ENOMEM;
}

/* ---- the set ---- */

/** The signer of the AMS; for its key also the seal's. */
static struct dkim_signer signer_of(const struct arc_sealer *s, uint64_t instance)
{
    return (struct dkim_signer){.field = ARC_MESSAGE_SIGNATURE,
                                .algorithm = s->algorithm,
                                .header_canon = CANON_RELAXED,
                                .body_canon = CANON_RELAXED,
                                .domain = s->domain,
                                .selector = s->selector,
                                .identity = SPAN_EMPTY,
                                .identity_domain = SPAN_EMPTY,
                                .profile = s->profile,
                                .names = s->names,
                                .timestamp = s->timestamp,
                                .instance = instance,
                                .sorted = s->sorted};
}

/** A signature was not made: there is no set. */
static assay_status give_up(const struct dkim_made *made, struct arc_added *set,
                            struct arc_added *ret)
{
    set->result = made->result;
    set->reason = made->reason;
    set->ref = made->ref;
    set->aar = set->ams = set->as = SPAN_EMPTY;
    *ret = *set;
    return ASSAY_DONE;
}

/** Put the instance before the results. */
static assay_status write_aar(struct assay_eval *ev, assay_span payload, struct arc_added *set)
{
    struct buf value = buf_new(FIELD_MAX);
    bool kept;

    buf_puts(&value, "i=");
    buf_putu(&value, set->instance);
    buf_puts(&value, "; ");
    buf_put(&value, payload);
    kept = value.status == ASSAY_DONE && arena_copy(&ev->keep, buf_span(&value), &set->aar);
    buf_done(&value);
    return kept ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Sign the message, then the set. */
static assay_status sign_both(struct assay_eval *ev, const struct arc_sealer *s,
                              struct arc_added *set, struct arc_added *ret)
{
    struct dkim_signer signer = signer_of(s, set->instance);
    struct dkim_made ams, as = {.value = SPAN_EMPTY};
    uint8_t digest[SHA256_SIZE];
    assay_status status = dkim_sign(ev, s->message, &signer, &ams);

    if (status != ASSAY_DONE)
        return status;
    if (ams.result != DKIM_SIGNED)
        return give_up(&ams, set, ret);
    set->ams = ams.value;
    if ((status = hash_seal(ev, s, set, digest)) != ASSAY_DONE ||
        (status = dkim_ask_signature(ev, &signer, digest, &as)) != ASSAY_DONE)
        return status;
    if (as.result != DKIM_SIGNED)
        return give_up(&as, set, ret);
    if ((status = keep_seal(ev, s, &as, set)) == ASSAY_DONE)
        *ret = *set;
    return status;
}

assay_status arc_add_set(struct assay_eval *ev, const struct arc_sealer *s, assay_span payload,
                         struct arc_added *ret)
{
    struct arc_added set = {.result = DKIM_SIGNED, .ref = "RFC 8617 5.1", .reason = SPAN_EMPTY};
    const char *why = "";

    set.aar = set.ams = set.as = SPAN_EMPTY;
    set.instance = arc_next_instance(s->chain, &why);
    set.cv = s->chain->verdict.result;
    if (!set.instance) {
        set.result = DKIM_UNFIT;
        set.reason = span_of(why);
        trace(ev, set.ref, SPAN("seal\tnot made\t%1"), set.reason);
        *ret = set;
        return ASSAY_DONE;
    }
    if (write_aar(ev, payload, &set) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return sign_both(ev, s, &set, ret);
}
