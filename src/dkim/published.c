/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file published.c The public key of a signer: a signature that nobody can verify is not worth
 * making, and who looks before sending finds out what is wrong before receivers do.
 */
#include "dkim/key.h"
#include "dkim/sign.h"

/** What every receiver takes (RFC 8301 3.2). */
static const struct dkim_options RECEIVER = {.max_signatures = 1,
                                             .min_rsa_bits = 1024,
                                             .max_rsa_bits = 16384};

/** Decide. The reason lives for the pass. */
static assay_status decide(struct assay_eval *ev, enum dkim_publication state, const char *ref,
                           assay_span reason, struct dkim_published *ret)
{
    struct dkim_published p = {.state = state, .ref = ref};

    if (!arena_copy(&ev->keep, reason, &p.reason))
        return ASSAY_ENOMEM;
    *ret = p;
    return ASSAY_DONE;
}

/** The type of key that a signer signs by. */
static enum key_type type_of(const struct dkim_signer *s)
{
    return s->algorithm == DKIM_ED25519_SHA256 ? KEY_ED25519 : KEY_RSA;
}

/** Why no key at the name is of use; NULL: one is. */
static const char *unfit(const struct dkim_signer *s, const struct dkim_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        if (!keys->keys[i].fault && keys->keys[i].type == type_of(s))
            return NULL;
    if (keys->n && keys->keys[0].fault)
        return keys->keys[0].fault;
    return type_of(s) == KEY_RSA ? "the published key is no RSA key"
                                 : "the published key is no Ed25519 key";
}

/** Look at the records that are published. */
static assay_status look_at(struct assay_eval *ev, const struct dkim_signer *s, assay_span name,
                            const struct assay_fact *fact, struct dkim_published *ret)
{
    const struct dkim_keys *keys;
    const char *why;

    if (dkim_keys_of(fact, &keys) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if (!(why = unfit(s, keys)))
        return decide(ev, DKIM_KEY_FIT, NULL, SPAN_EMPTY, ret);
    trace_asked(ev, "RFC 6376 3.6.1", ASSAY_RR_TXT, name, fact, span_of(why));
    return decide(ev, DKIM_KEY_UNFIT, "RFC 6376 3.6.1",
                  pass_printf(ev, "%.*s: %s", SPAN_ARG(name), why), ret);
}

assay_status dkim_look_up_key(struct assay_eval *ev, const struct dkim_signer *s,
                              struct dkim_published *ret)
{
    const struct assay_fact *fact;
    struct dns_name joined;
    assay_span name;
    assay_status status;

    if (!dns_join(s->selector, "_domainkey", s->domain, &joined))
        return decide(ev, DKIM_KEY_UNFIT, "RFC 6376 3.6.2.1",
                      SPAN("selector and domain are too long for a name"), ret);
    if ((status = ask_dns(ev, ASSAY_RR_TXT, dns_name_span(&joined), &fact)) != ASSAY_DONE)
        return status;
    if (!arena_copy(&ev->pass, dns_name_span(&joined), &name))
        return ASSAY_ENOMEM;
    switch (fact_state(fact)) {
    case FACT_DATA: return look_at(ev, s, name, fact, ret);
    case FACT_NONE:
        trace_asked(ev, "RFC 6376 5.1", ASSAY_RR_TXT, name, fact, SPAN("no key is published"));
        return decide(ev, DKIM_KEY_UNFIT, "RFC 6376 5.1",
                      pass_printf(ev, "%.*s: no key is published (%s)", SPAN_ARG(name),
                                  fact_trouble(fact)),
                      ret);
    default:
        trace_asked(ev, "RFC 6376 5.1", ASSAY_RR_TXT, name, fact, SPAN("the key is not checked"));
        return decide(ev, DKIM_KEY_UNKNOWN, "RFC 6376 5.1",
                      pass_printf(ev, "%.*s: not checked (%s)", SPAN_ARG(name), fact_trouble(fact)),
                      ret);
    }
}

/** Why a receiver would not take the signature. */
static assay_span why_not(struct assay_eval *ev, const struct dkim_signer *s,
                          const struct dkim_verdict *v)
{
    const char *type = type_of(s) == KEY_RSA ? "RSA" : "Ed25519";

    if (v->result == DKIM_FAIL)
        return pass_printf(ev,
                           "%.*s._domainkey.%.*s: another key is published (%s, %u bits) than the "
                           "one that signs",
                           SPAN_ARG(s->selector), SPAN_ARG(s->domain), type, v->bits);
    return pass_printf(ev, "%.*s._domainkey.%.*s: %.*s", SPAN_ARG(s->selector), SPAN_ARG(s->domain),
                       SPAN_ARG(v->reason));
}

assay_status dkim_check_made(struct assay_eval *ev, const struct dkim_signer *s,
                             const struct dkim_made *made, struct dkim_published *ret)
{
    struct dkim_sealed sealed = {.algorithm = s->algorithm,
                                 .algorithm_text = dkim_algorithm_text(s->algorithm),
                                 .domain = s->domain,
                                 .selector = s->selector,
                                 .identity_domain = s->identity.n ? s->identity_domain : SPAN_EMPTY,
                                 .signature = made->signature};
    struct dkim_verdict v = {.result = DKIM_NONE};
    assay_status status;

    memcpy(sealed.digest, made->digest, SHA256_SIZE);
    if ((status = dkim_verify_sealed(ev, &RECEIVER, &sealed, &v)) != ASSAY_DONE)
        return status;
    if (v.result == DKIM_PASS)
        return decide(ev, DKIM_KEY_FIT, v.ref, SPAN_EMPTY, ret);
    return decide(ev, v.result == DKIM_TEMPERROR ? DKIM_KEY_UNKNOWN : DKIM_KEY_UNFIT, v.ref,
                  why_not(ev, s, &v), ret);
}
