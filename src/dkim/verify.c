/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim/dkim.h"

#include "dkim/key.h"

const char *dkim_result_text(enum dkim_result result)
{
    static const char *const TEXTS[] = {"none",    "pass",      "fail",     "policy",
                                        "neutral", "temperror", "permerror"};

    return TEXTS[result];
}

/** A signature being verified; lives for one pass. */
struct verifier {
    struct assay_eval *ev;
    const struct dkim_options *options;
    const struct message *message;
    const struct dkim_signature *s; /* NULL for a digest that came from outside */
    struct dkim_sealed sealed;      /* what the key has to verify */
    bool digest_known;
    bool body_matches;
    bool verified; /* the key at hand verifies the signature over the header */
    struct dkim_verdict v;
};

/** Decide. The reason lives for the pass; dkim_verify_signature() keeps it. */
static assay_status decide(struct verifier *r, enum dkim_result result, const char *ref,
                           assay_span reason)
{
    r->v.result = result;
    r->v.ref = ref;
    r->v.reason = reason;
    return ASSAY_DONE;
}

/* ---- what can be said without the key ---- */

/** Past x= (RFC 6376 3.5). */
static bool expired(const struct verifier *r)
{
    return r->ev->now > 0 && (uint64_t)r->ev->now > r->s->expiration;
}

/** The signature's own tags decide. \return whether they did */
static bool decided_by_tags(struct verifier *r)
{
    const struct dkim_signature *s = r->s;

    if (s->fault)
        decide(r, s->unsigned_from ? DKIM_PERMERROR : DKIM_NEUTRAL, s->fault_ref,
               span_of(s->fault));
    else if (s->algorithm == DKIM_RSA_SHA1)
        decide(r, DKIM_POLICY, "RFC 8301 3.1",
               SPAN("rsa-sha1 is not secure any more and does not count"));
    else if (expired(r))
        decide(r, DKIM_FAIL, "RFC 6376 3.5", SPAN("the signature has expired (x=)"));
    else
        return false;
    return true;
}

/* ---- the body (RFC 6376 6.1.3) ---- */

/** Compare the body's digest; the body has streamed by. \return whether that decided already */
static bool decided_by_body(struct verifier *r)
{
    const struct dkim_signature *s = r->s;
    const struct body *body = &r->message->body;
    const struct body_digest *d = body_find(body, s->body_canon, s->length);

    r->v.body_octets = body_length(body, s->body_canon);
    r->v.signed_octets = s->length == BODY_WHOLE ? r->v.body_octets : s->length;
    r->v.body_known = true;
    if (s->length != BODY_WHOLE && s->length > r->v.body_octets) {
        decide(r, DKIM_PERMERROR, "RFC 6376 3.5",
               SPAN("l= is more than the body has: some of it is missing"));
        return true;
    }
    if (!d) {
        decide(r, DKIM_NEUTRAL, "RFC 6376 6.1.3", SPAN("the digest of the body is not known"));
        return true;
    }
    r->body_matches = memcmp(d->sha256, s->body_sha256, SHA256_SIZE) == 0;
    trace(r->ev, "RFC 6376 3.7", SPAN("body, %1, %2 octets\t%3"),
          s->body_canon == CANON_RELAXED ? SPAN("relaxed") : SPAN("simple"),
          pass_number(r->ev, r->v.signed_octets),
          r->body_matches ? SPAN("its digest is bh=") : SPAN("its digest is not bh="));
    return false;
}

/* ---- one key (RFC 6376 6.1.2) ---- */

/** The key may not verify this signature. \return whether that decided */
static bool decided_by_key(struct verifier *r, const struct dkim_key *key)
{
    enum key_type wanted = r->sealed.algorithm == DKIM_ED25519_SHA256 ? KEY_ED25519 : KEY_RSA;

    if (key->fault)
        decide(r, DKIM_PERMERROR, key->fault_ref, span_of(key->fault));
    else if (key->type != wanted)
        decide(r, DKIM_PERMERROR, "RFC 6376 6.1.2",
               SPAN("the key is of another type than a= says"));
    else if (!key->sha256)
        decide(r, DKIM_PERMERROR, "RFC 6376 6.1.2", SPAN("the key does not allow sha256 (h=)"));
    else if (!key->email)
        decide(r, DKIM_PERMERROR, "RFC 6376 3.6.1", SPAN("the key is not for mail (s=)"));
    else if (key->strict && r->sealed.identity_domain.n &&
             !span_eq(r->sealed.identity_domain, r->sealed.domain))
        decide(r, DKIM_PERMERROR, "RFC 6376 3.6.1",
               SPAN("the key allows no sub-domain in i= (t=s)"));
    else if (key->type == KEY_RSA && key->bits < r->options->min_rsa_bits)
        decide(r, DKIM_POLICY, "RFC 8301 3.2",
               pass_printf(r->ev, "the key has %u bits; under %u it does not count", key->bits,
                           r->options->min_rsa_bits));
    else if (key->type == KEY_RSA && key->bits > r->options->max_rsa_bits)
        decide(r, DKIM_POLICY, "RFC 8301 3.2",
               pass_printf(r->ev, "the key has %u bits; over %u it is not tried", key->bits,
                           r->options->max_rsa_bits));
    else
        return false;
    return true;
}

/** The signature is good; it counts unless it leaves some of the body out. */
static assay_status decide_good(struct verifier *r)
{
    uint64_t left_out = r->v.body_octets - r->v.signed_octets;

    if (left_out && !r->options->partial_body)
        return decide(r, DKIM_POLICY, "RFC 6376 8.2",
                      pass_printf(r->ev, "good, but l= leaves %llu octets of the body unsigned",
                                  (unsigned long long)left_out));
    return decide(r, DKIM_PASS, "RFC 6376 6.1.3", SPAN_EMPTY);
}

/** What body and header together say. */
static assay_status decide_by_digests(struct verifier *r)
{
    if (r->verified && r->body_matches)
        return decide_good(r);
    if (r->verified)
        return decide(r, DKIM_FAIL, "RFC 6376 6.1.3",
                      SPAN("the body was changed after it was signed"));
    if (r->body_matches)
        return decide(r, DKIM_FAIL, "RFC 6376 6.1.3",
                      SPAN("a signed header field was changed, or the key is another one"));
    return decide(r, DKIM_FAIL, "RFC 6376 6.1.3", SPAN("neither the body nor the signature match"));
}

/** The digest of the header, made once. */
static assay_status make_digest(struct verifier *r)
{
    assay_status s = ASSAY_DONE;

    if (!r->digest_known)
        s = dkim_hash(r->ev->engine, &r->message->header, r->s, r->sealed.digest);
    r->digest_known |= s == ASSAY_DONE;
    return s;
}

/** Verify with one key. */
static assay_status try_key(struct verifier *r, const struct dkim_key *key)
{
    enum verified verified;
    assay_status s;

    r->v.bits = key->bits;
    r->v.testing = key->testing;
    if (decided_by_key(r, key))
        return ASSAY_DONE;
    if ((s = make_digest(r)) != ASSAY_DONE)
        return s;
    s = key_verify(r->ev->engine, key->type, key->octets, r->sealed.digest, r->sealed.signature,
                   &verified);
    if (s == ASSAY_ENOMEM)
        return s;
    if (s != ASSAY_DONE)
        return decide(r, DKIM_PERMERROR, "RFC 6376 6.1.2", SPAN("the key cannot be used"));
    trace(r->ev, "RFC 6376 6.1.3", SPAN("header, %1 by the key of %2 bits\t%3"),
          r->sealed.algorithm_text, pass_number(r->ev, key->bits),
          verified == VERIFIED_YES ? SPAN("verifies") : SPAN("does not verify"));
    r->verified = verified == VERIFIED_YES;
    return decide_by_digests(r);
}

/**
 * What a key of a domain that is testing says, says so; it is as good or bad as any (RFC 6376 3.6.1
 * t=y).
 */
static assay_span with_testing(struct verifier *r)
{
    if (!r->v.testing)
        return r->v.reason;
    return r->v.reason.n ? pass_printf(r->ev, "%.*s (testing)", SPAN_ARG(r->v.reason))
                         : SPAN("testing");
}

/**
 * Verify with each key at the name until one verifies (RFC 6376 6.1.2 leaves the choice among
 * several to us).
 */
static assay_status try_keys(struct verifier *r, const struct dkim_keys *keys)
{
    struct dkim_verdict first = r->v;

    for (size_t i = 0; i < keys->n; i++) {
        assay_status s = try_key(r, &keys->keys[i]);

        r->v.reason = with_testing(r);
        if (s != ASSAY_DONE || r->verified)
            return s;
        if (keys->n > 1)
            trace(r->ev, "RFC 6376 3.6.2.2", SPAN("key record %1 of %2\t%3"),
                  pass_number(r->ev, i + 1), pass_number(r->ev, keys->n), r->v.reason);
        if (i == 0 || first.result == DKIM_PERMERROR) /* what comes closest to a pass is told */
            first = r->v;
    }
    if (keys->more)
        trace(r->ev, "RFC 6376 3.6.2.2", SPAN("more than 3 key records\tthe others are not tried"));
    r->v = first;
    return ASSAY_DONE;
}

/* ---- the key's name ---- */

/** Ask for the keys. `*ret` stays NULL when the answer decided. */
static assay_status ask_keys(struct verifier *r, const struct dkim_keys **ret)
{
    const struct assay_fact *fact;
    struct dns_name name;
    assay_span kept;
    assay_status s;

    if (!dns_join(r->sealed.selector, "_domainkey", r->sealed.domain, &name))
        return decide(r, DKIM_PERMERROR, "RFC 6376 3.6.2.1",
                      SPAN("selector and domain are too long for a name"));
    if ((s = ask_dns(r->ev, ASSAY_RR_TXT, dns_name_span(&name), &fact)) != ASSAY_DONE)
        return s;
    if (!arena_copy(&r->ev->pass, dns_name_span(&name), &kept))
        return ASSAY_ENOMEM;
    trace_asked(r->ev, "RFC 6376 6.1.2", ASSAY_RR_TXT, kept, fact, SPAN_EMPTY);
    switch (fact_state(fact)) {
    case FACT_DATA: return dkim_keys_of(fact, ret);
    case FACT_NONE:
        return decide(r, DKIM_PERMERROR, "RFC 6376 6.1.2", SPAN("there is no key at the selector"));
    default:
        return decide(r, DKIM_TEMPERROR, "RFC 6376 6.1.2",
                      pass_printf(r->ev, "the key could not be asked: %s", fact_trouble(fact)));
    }
}

/**
 * Verify a signature, with everything but keeping the reason.
 *
 * A key that could not be asked is no excuse for a body that was changed: no key makes that pass,
 * and mail must not be deferred for an answer that changes nothing.
 */
static assay_status verify(struct verifier *r)
{
    const struct dkim_keys *keys = NULL;
    assay_status s;

    if (r->s && decided_by_tags(r))
        return ASSAY_DONE;
    if ((s = ask_keys(r, &keys)) != ASSAY_DONE || (!keys && r->v.result != DKIM_TEMPERROR))
        return s;
    if (r->s && r->message->stage != MESSAGE_END)
        return ASSAY_MORE;
    if (r->s && decided_by_body(r))
        return ASSAY_DONE;
    if (keys)
        return try_keys(r, keys);
    return r->body_matches ? ASSAY_DONE
                           : decide(r, DKIM_FAIL, "RFC 6376 6.1.3",
                                    SPAN("the body was changed after it was signed"));
}

/** Verify and keep what came out. */
static assay_status verify_and_keep(struct verifier *r, struct dkim_verdict *ret)
{
    assay_status s;

    r->v.reason = SPAN_EMPTY;
    if ((s = verify(r)) != ASSAY_DONE)
        return s;
    if (!arena_copy(&r->ev->keep, r->v.reason, &r->v.reason))
        return ASSAY_ENOMEM;
    trace(r->ev, r->v.ref, SPAN("result\t%1\t%2"), span_of(dkim_result_text(r->v.result)),
          r->v.reason);
    *ret = r->v;
    return ASSAY_DONE;
}

assay_status dkim_verify_signature(struct assay_eval *ev, const struct dkim_options *options,
                                   const struct message *message, const struct dkim_signature *s,
                                   struct dkim_verdict *v)
{
    struct verifier r = {.ev = ev, .options = options, .message = message, .s = s};

    r.sealed = (struct dkim_sealed){.algorithm = s->algorithm,
                                    .algorithm_text = s->algorithm_text,
                                    .domain = s->domain,
                                    .selector = s->selector,
                                    .identity_domain = s->identity_domain,
                                    .signature = {(const char *)s->signature, s->signature_n}};
    return verify_and_keep(&r, v);
}

assay_status dkim_verify_sealed(struct assay_eval *ev, const struct dkim_options *options,
                                const struct dkim_sealed *sealed, struct dkim_verdict *v)
{
    struct verifier r = {.ev = ev,
                         .options = options,
                         .sealed = *sealed,
                         .digest_known = true,
                         .body_matches = true};

    return verify_and_keep(&r, v);
}
