/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim/sign.h"

#include "base/base64.h"
#include "base/number.h"

enum {
    COLUMNS = 76,      /* of a line, its tab counted as one (RFC 5322 2.1.1 has 78) */
    B_LINE = 72,       /* characters of b= */
    B_WHOLE = 900,     /* characters of b= that may stand in one line (RFC 5322 2.1.1 has 998) */
    VALUE_MAX = 65536, /* octets of a field */
    ED25519_SIGNATURE = 64
};

assay_span dkim_field_name(enum dkim_field field)
{
    return field == DKIM_SIGNATURE ? SPAN("DKIM-Signature") : SPAN("ARC-Message-Signature");
}

assay_span dkim_algorithm_text(enum dkim_algorithm algorithm)
{
    return algorithm == DKIM_ED25519_SHA256 ? SPAN("ed25519-sha256") : SPAN("rsa-sha256");
}

assay_status dkim_sign_want(struct message *message, const struct dkim_signer *s)
{
    return body_want(&message->body, s->body_canon, BODY_WHOLE);
}

/* ---- writing a field (RFC 6376 3.2, 3.5) ---- */

/** Begin a line. */
static void fold(struct dkim_writer *w)
{
    buf_puts(w->out, "\r\n\t");
    w->column = 1;
    w->fold = false;
}

/** Part a tag of `n` octets from the one before it. */
static void part(struct dkim_writer *w, size_t n)
{
    if (w->begun)
        buf_putc(w->out, ';');
    if (w->begun && (w->fold || w->column + 2 + n + 1 > COLUMNS)) {
        fold(w);
    } else if (w->begun) {
        buf_putc(w->out, ' ');
        w->column += 2;
    }
    w->begun = true;
}

void dkim_put_tag(struct dkim_writer *w, const char *name, assay_span value)
{
    size_t n = strlen(name) + 1 + value.n;

    part(w, n);
    buf_puts(w->out, name);
    buf_putc(w->out, '=');
    buf_put(w->out, value);
    w->column += n;
}

/** Write h=, folded behind its colons when it is longer than a line. */
static void put_names(struct dkim_writer *w, assay_span names)
{
    assay_span name;

    part(w, 2 + names.n);
    buf_puts(w->out, "h=");
    w->column += 2;
    for (bool first = true; span_cut(&names, ':', &name); first = false) {
        if (!first) {
            buf_putc(w->out, ':');
            w->column++;
        }
        if (!first && w->column + name.n + 1 > COLUMNS)
            fold(w);
        buf_put(w->out, name);
        w->column += name.n;
    }
}

size_t dkim_put_b(struct dkim_writer *w, assay_span b)
{
    bool whole = w->whole && b.n <= B_WHOLE;
    size_t at, n = whole ? b.n : B_LINE - 2; /* b= stands before it */

    w->fold = true;
    part(w, 2);
    buf_puts(w->out, "b=");
    at = w->out->n;
    while (b.n) {
        buf_put(w->out, span_first(b, n));
        b = span_from(b, n);
        if (b.n)
            fold(w);
        n = B_LINE;
    }
    w->fold = true;
    return at;
}

/** i= in dkim-quoted-printable (RFC 6376 2.11). */
static void put_identity(struct dkim_writer *w, assay_span identity)
{
    struct buf text = buf_new(VALUE_MAX);

    for (size_t i = 0; i < identity.n; i++) {
        unsigned char c = (unsigned char)identity.p[i];

        if (c > ' ' && c < 0x7F && c != ';' && c != '=')
            buf_putc(&text, (char)c);
        else
            buf_printf(&text, "=%02X", c);
    }
    if (text.status == ASSAY_DONE)
        dkim_put_tag(w, "i", buf_span(&text));
    else if (w->out->status == ASSAY_DONE)
        w->out->status = text.status;
    buf_done(&text);
}

/** Write a number, unless it is 0. */
static void put_number(struct dkim_writer *w, const char *name, uint64_t number)
{
    char digits[NUMBER_DIGITS];

    if (number)
        dkim_put_tag(w, name, number_text(number, digits));
}

/** Write the tag of a letter; `b` for bh=, `B` for b=. \return where b= begins, or 0 */
static size_t put_tag(struct dkim_writer *w, const struct dkim_pieces *p, char letter)
{
    static const char *const CANONS[2][2] = {{"simple/simple", "simple/relaxed"},
                                             {"relaxed/simple", "relaxed/relaxed"}};
    const struct dkim_signer *s = p->signer;
    char bh[44];

    switch (letter) {
    case 'v': dkim_put_tag(w, "v", SPAN("1")); break;
    case 'a': dkim_put_tag(w, "a", dkim_algorithm_text(s->algorithm)); break;
    case 'c': dkim_put_tag(w, "c", span_of(CANONS[s->header_canon][s->body_canon])); break;
    case 'd': dkim_put_tag(w, "d", s->domain); break;
    case 's': dkim_put_tag(w, "s", s->selector); break;
    case 'n': put_number(w, "i", s->instance); break;
    case 'i':
        if (s->identity.n)
            put_identity(w, s->identity);
        break;
    case 't': put_number(w, "t", s->timestamp); break;
    case 'x': put_number(w, "x", s->expiration); break;
    case 'h': put_names(w, p->names); break;
    case 'b':
        base64_encode(p->body_sha256, SHA256_SIZE, bh);
        dkim_put_tag(w, "bh", (assay_span){bh, sizeof bh});
        break;
    default: return dkim_put_b(w, p->b);
    }
    return 0;
}

void dkim_compose(const struct dkim_pieces *p, struct buf *out, size_t *ret_b)
{
    /* i= of ARC stands first (RFC 8617 4.1.2) */
    static const char *const ORDERS[2][2] = {{"vacdsitxhbB", "aBbcdhistvx"},
                                             {"nacdstxhbB", "aBbcdhnstx"}};
    const char *order = ORDERS[p->signer->field == ARC_MESSAGE_SIGNATURE][p->signer->sorted];
    struct dkim_writer w = {.out = out,
                            .column = dkim_field_name(p->signer->field).n + 2,
                            .whole = p->signer->sorted};

    for (; *order; order++) {
        size_t at = put_tag(&w, p, *order);

        if (at)
            *ret_b = at;
    }
}

/* ---- having a digest signed ---- */

/** No signature. The reason lives for the pass. */
static assay_status decline(struct assay_eval *ev, enum dkim_signed result, const char *ref,
                            assay_span reason, struct dkim_made *ret)
{
    struct dkim_made made = {.result = result, .ref = ref, .value = ret->value};

    made.signature = SPAN_EMPTY;
    if (!arena_copy(&ev->keep, reason, &made.reason))
        return ASSAY_ENOMEM;
    *ret = made;
    return ASSAY_DONE;
}

/** The octets may be a signature by this algorithm. */
static bool is_signature(assay_span octets, enum dkim_algorithm algorithm)
{
    return algorithm == DKIM_ED25519_SHA256 ? octets.n == ED25519_SIGNATURE
                                            : octets.n >= 64 && octets.n <= LIMIT_SIGNATURE;
}

/** What the key holder answered. */
static assay_status take_answer(struct assay_eval *ev, const struct dkim_signer *s, assay_span name,
                                const struct assay_fact *fact, struct dkim_made *ret)
{
    const char *why = fact_trouble(fact);

    if (fact->how == ASSAY_OK && fact->n == 1 && is_signature(fact->data[0], s->algorithm)) {
        ret->result = DKIM_SIGNED;
        ret->reason = SPAN_EMPTY;
        ret->ref = NULL;
        ret->signature = fact->data[0];
        return ASSAY_DONE;
    }
    if (fact->how == ASSAY_OK)
        return decline(ev, DKIM_REFUSED, "RFC 6376 5.5",
                       SPAN("what the key holder answered is no signature"), ret);
    if (fact->how == ASSAY_REFUSED)
        return decline(ev, DKIM_REFUSED, "RFC 6376 5.2",
                       pass_printf(ev, "the key %.*s cannot be used: %.*s", SPAN_ARG(name),
                                   SPAN_ARG(fact->reason.n ? fact->reason : SPAN("refused"))),
                       ret);
    return decline(ev, DKIM_SILENT, "RFC 6376 5.2",
                   pass_printf(ev, "the holder of the key %.*s does not answer: %s", SPAN_ARG(name),
                               why),
                   ret);
}

/** Note what came. */
static void trace_answer(struct assay_eval *ev, const struct dkim_signer *s, assay_span name,
                         const struct dkim_made *made)
{
    trace(ev, "RFC 6376 5.5", SPAN("SIGN %1, %2\t%3\t%4"), name, dkim_algorithm_text(s->algorithm),
          made->result == DKIM_SIGNED ? SPAN("signed") : SPAN("not signed"), made->reason);
}

assay_status dkim_ask_signature(struct assay_eval *ev, const struct dkim_signer *s,
                                const uint8_t digest[SHA256_SIZE], struct dkim_made *ret)
{
    char base64[44];
    const struct assay_fact *fact;
    struct dns_name name;
    struct dkim_made made = *ret;
    assay_span data, kept;
    assay_status status;

    base64_encode(digest, SHA256_SIZE, base64);
    data = pass_printf(ev, "%.*s %.44s", SPAN_ARG(dkim_algorithm_text(s->algorithm)), base64);
    if (!dns_join(s->selector, "_domainkey", s->domain, &name))
        return decline(ev, DKIM_UNFIT, "RFC 6376 3.6.2.1",
                       SPAN("selector and domain are too long for a name"), ret);
    status = ask_about(ev, ASSAY_SIGN, 0, dns_name_span(&name), data, &fact);
    if (status != ASSAY_DONE)
        return status;
    if (!arena_copy(&ev->pass, dns_name_span(&name), &kept))
        return ASSAY_ENOMEM;
    if ((status = take_answer(ev, s, kept, fact, &made)) != ASSAY_DONE)
        return status;
    trace_answer(ev, s, kept, &made);
    memcpy(made.digest, digest, SHA256_SIZE);
    *ret = made;
    return ASSAY_DONE;
}

/* ---- signing ---- */

/** The digest over the header and the field, its b= still empty. */
static assay_status make_digest(struct assay_eval *ev, const struct message *m,
                                const struct dkim_pieces *p, uint8_t out[SHA256_SIZE])
{
    const struct dkim_signer *s = p->signer;
    struct dkim_hashed what = {.canon = s->header_canon,
                               .names = p->names,
                               .field = SIZE_MAX,
                               .name = dkim_field_name(s->field)};
    struct buf raw = buf_new(2 * VALUE_MAX);
    assay_status status;
    size_t b = 0;

    buf_put(&raw, what.name);
    buf_puts(&raw, ": ");
    dkim_compose(p, &raw, &b);
    what.raw = buf_span(&raw);
    status = raw.status == ASSAY_DONE ? ASSAY_DONE : ASSAY_ENOMEM;
    if (status == ASSAY_DONE) {
        what.b = (assay_span){raw.p + b, 0};
        status = dkim_hash_field(ev->engine, &m->header, &what, out);
    }
    buf_done(&raw);
    return status;
}

/** Write the field with its signature, and keep it. */
static assay_status write_value(struct assay_eval *ev, struct dkim_pieces *p,
                                struct dkim_made *made)
{
    char base64[(LIMIT_SIGNATURE + 2) / 3 * 4];
    struct buf value = buf_new(VALUE_MAX);
    size_t b;
    bool kept;

    base64_encode((const uint8_t *)made->signature.p, made->signature.n, base64);
    p->b = (assay_span){base64, base64_encoded(made->signature.n)};
    dkim_compose(p, &value, &b);
    kept = value.status == ASSAY_DONE && arena_copy(&ev->keep, buf_span(&value), &made->value);
    buf_done(&value);
    return kept ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status dkim_sign(struct assay_eval *ev, const struct message *m, const struct dkim_signer *s,
                       struct dkim_made *ret)
{
    struct dkim_pieces p = {.signer = s, .b = SPAN_EMPTY};
    struct dkim_made made = {.value = SPAN_EMPTY};
    const struct body_digest *body;
    uint8_t digest[SHA256_SIZE];
    assay_status status;

    if (m->stage != MESSAGE_END)
        return ASSAY_MORE;
    if ((status = dkim_choose_names(&ev->pass, &m->header, s, &p.names)) == ASSAY_EINVAL)
        return decline(ev, DKIM_UNFIT, "RFC 6376 5.4",
                       SPAN("more than 512 fields would have to be signed"), ret);
    if (status != ASSAY_DONE)
        return status;
    if (!(body = body_find(&m->body, s->body_canon, BODY_WHOLE)))
        return decline(ev, DKIM_UNFIT, "RFC 6376 3.7", SPAN("the digest of the body is not known"),
                       ret);
    p.body_sha256 = body->sha256;
    if ((status = make_digest(ev, m, &p, digest)) != ASSAY_DONE ||
        (status = dkim_ask_signature(ev, s, digest, &made)) != ASSAY_DONE)
        return status;
    if (made.result == DKIM_SIGNED && (status = write_value(ev, &p, &made)) != ASSAY_DONE)
        return status;
    *ret = made;
    return ASSAY_DONE;
}
