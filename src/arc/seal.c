/* SPDX-License-Identifier: BSD-2-Clause */
#include "arc/arc.h"

#include "base/base64.h"
#include "base/number.h"
#include "dkim/key.h"
#include "dns/alabel.h"
#include "mail/canon.h"
#include "mail/taglist.h"

/** A seal being read. */
struct reader {
    struct arena *arena;
    const struct taglist *tags;
    struct arc_seal *seal;
    bool no_memory;
};

/** Note what is wrong; the first fault stays. */
static void fault(struct arc_seal *s, const char *what)
{
    if (s->fault)
        return;
    s->fault = what;
    s->fault_ref = "RFC 8617 4.1.3";
}

/** The value of a required tag; empty when it is missing. */
static assay_span required(struct reader *r, const char *name, const char *missing)
{
    const assay_span *value = taglist_find(r->tags, name);

    if (value && value->n)
        return *value;
    fault(r->seal, missing);
    return SPAN_EMPTY;
}

/** d= or s= as a canonical name. */
static assay_span read_name(struct reader *r, const char *tag, const char *missing)
{
    assay_span text = required(r, tag, missing), kept = SPAN_EMPTY;
    struct dns_name name;
    assay_status s = text.n ? dns_to_alabels(text, &name) : ASSAY_EINVAL;

    if (s == ASSAY_ENOMEM ||
        (s == ASSAY_DONE && !arena_copy(r->arena, dns_name_span(&name), &kept)))
        r->no_memory = true;
    else if (s != ASSAY_DONE)
        fault(r->seal, missing);
    return kept;
}

/** i= and cv=; the words of the latter have no case (RFC 8617 3.9, RFC 5234 2.3). */
static void read_place(struct reader *r)
{
    static const char *const CV[] = {"none", "pass", "fail"};
    assay_span cv = required(r, "cv", "ARC-Seal: cv= is missing");
    bool known = false;

    if (!number_read(required(r, "i", "ARC-Seal: i= is missing"), LIMIT_ARC_SETS,
                     &r->seal->instance) ||
        r->seal->instance == 0)
        fault(r->seal, "ARC-Seal: i= is not an instance");
    for (unsigned i = 0; i < 3; i++) {
        if (!span_iis(cv, CV[i]))
            continue;
        r->seal->cv = (enum arc_result)i;
        known = true;
    }
    if (!known)
        fault(r->seal, "ARC-Seal: cv= is none of none, pass, fail");
}

/** a= and b=. */
static void read_signature(struct reader *r)
{
    struct arc_seal *s = r->seal;
    uint8_t *out;

    s->algorithm_text = required(r, "a", "ARC-Seal: a= is missing");
    s->algorithm = span_is(s->algorithm_text, "rsa-sha256")       ? DKIM_RSA_SHA256
                   : span_is(s->algorithm_text, "ed25519-sha256") ? DKIM_ED25519_SHA256
                                                                  : DKIM_ALGORITHM_OTHER;
    if (s->algorithm == DKIM_ALGORITHM_OTHER)
        fault(s, "ARC-Seal: a= is an algorithm that does not count");
    s->b = required(r, "b", "ARC-Seal: b= is missing");
    if (!(out = arena_get(r->arena, base64_decoded_max(s->b.n)))) {
        r->no_memory = true;
        return;
    }
    s->signature = out;
    if (!base64_decode(s->b, out, &s->signature_n) || s->signature_n > LIMIT_SIGNATURE)
        fault(s, "ARC-Seal: b= is not base64");
}

/** t=, when it is there, is a number. */
static void read_timestamp(struct reader *r)
{
    const assay_span *t = taglist_find(r->tags, "t");
    uint64_t value;

    if (t && !number_read(*t, UINT64_MAX, &value))
        fault(r->seal, "ARC-Seal: t= is not a number");
}

assay_status arc_seal_read(struct arena *a, const struct header *h, size_t field,
                           struct arc_seal *ret)
{
    struct taglist tags;
    struct arc_seal seal = {.field = field};
    struct reader r = {a, &tags, &seal, false};
    assay_span where;

    if (taglist_read(field_value(h, field), &tags, &where) != TAGLIST_OK)
        fault(&seal, "ARC-Seal: not a list of tags, each once");
    if (taglist_find(&tags, "h"))
        fault(&seal, "ARC-Seal: h= is not allowed");
    read_place(&r);
    read_signature(&r);
    seal.domain = read_name(&r, "d", "ARC-Seal: d= is no domain");
    seal.selector = read_name(&r, "s", "ARC-Seal: s= is no selector");
    read_timestamp(&r);
    if (r.no_memory)
        return ASSAY_ENOMEM;
    *ret = seal;
    return ASSAY_DONE;
}

/* ---- verifying ---- */

/** Add one field of a set to what a seal signs. */
static assay_status add_field(struct digest *d, const struct header *h, size_t i)
{
    return canon_field(d, CANON_RELAXED, field_name(h, i), field_raw(h, i));
}

assay_status arc_hash_set(struct digest *d, const struct header *h, const struct arc_set *set)
{
    if (add_field(d, h, set->aar) != ASSAY_DONE ||
        add_field(d, h, set->signature.field) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return add_field(d, h, set->seal.field);
}

/** Add what the seal of a set signs: the sets before it, its own fields, the seal with b= empty. */
static assay_status add_all(struct digest *d, const struct header *h, const struct arc_set *set)
{
    for (const struct arc_set *s = set->check->sets; s != set; s++)
        if (arc_hash_set(d, h, s) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    if (add_field(d, h, set->aar) != ASSAY_DONE ||
        add_field(d, h, set->signature.field) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return canon_signature(d, CANON_RELAXED, field_name(h, set->seal.field),
                           field_raw(h, set->seal.field), set->seal.b);
}

/** The digest a seal signs (RFC 8617 5.1.1). */
static assay_status hash_sets(const struct assay_eval *ev, const struct arc_set *set,
                              uint8_t out[SHA256_SIZE])
{
    struct digest d;
    assay_status status = digest_begin(&d, ev->engine);

    if (status != ASSAY_DONE)
        return status;
    if ((status = add_all(&d, &set->check->message->header, set)) == ASSAY_DONE)
        status = digest_end(&d, out);
    digest_done(&d);
    return status;
}

assay_status arc_seal_verify(struct assay_eval *ev, void *arg)
{
    struct arc_set *set = arg;
    const struct arc_seal *seal = &set->seal;
    struct dkim_sealed sealed = {.algorithm = seal->algorithm,
                                 .algorithm_text = seal->algorithm_text,
                                 .domain = seal->domain,
                                 .selector = seal->selector,
                                 .signature = {(const char *)seal->signature, seal->signature_n}};

    trace(ev, NULL, SPAN("ARC-Seal %1, %2"), pass_number(ev, seal->instance), seal->domain);
    trace_in(ev);
    if (hash_sets(ev, set, sealed.digest) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return dkim_verify_sealed(ev, set->check->options, &sealed, &set->as);
}
