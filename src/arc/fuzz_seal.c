/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_seal.c Any octets as the value of ARC-Seal and of ARC-Authentication-Results: a seal
 * without fault has all that verifying takes, and written anew it is the same seal; an instance is
 * from 1 to 50 and what follows it is the payload.
 */
#include "arc/arc.h"
#include "base/base64.h"
#include "base/fuzz_must.h"

#include <stdlib.h>

enum { MOST = 1 << 14 };

/** Read a seal; the header is to be given back. */
static struct header read_seal(struct arena *a, assay_span value, struct arc_seal *seal)
{
    struct header h;

    header_init(&h);
    must(header_line(&h, SPAN("To: a@b\r\n")) == ASSAY_DONE);
    must(header_field(&h, SPAN("ARC-Seal"), value) == ASSAY_DONE);
    must(arc_seal_read(a, &h, 1, seal) == ASSAY_DONE);
    return h;
}

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.p >= text.p && s.p + s.n <= text.p + text.n;
}

/** A name is canonical: read again it is itself. */
static void check_name(const struct arena *a, assay_span name)
{
    struct dns_name read;

    must(name.n > 0 && arena_owns(a, name.p));
    must(dns_name_read(name, &read) && span_eq(dns_name_span(&read), name));
}

/** A seal without fault. */
static void check_good(const struct arena *a, const struct arc_seal *s, assay_span raw)
{
    must(s->instance >= 1 && s->instance <= LIMIT_ARC_SETS);
    must(s->cv == ARC_NONE || s->cv == ARC_PASS || s->cv == ARC_FAIL);
    must(s->algorithm == DKIM_RSA_SHA256 || s->algorithm == DKIM_ED25519_SHA256);
    must(span_is(s->algorithm_text,
                 s->algorithm == DKIM_RSA_SHA256 ? "rsa-sha256" : "ed25519-sha256"));
    check_name(a, s->domain);
    check_name(a, s->selector);
    must(s->b.n > 0 && lies_in(s->b, raw) && s->signature_n <= LIMIT_SIGNATURE);
}

/**
 * Append a canonical name as a tag holds it: what is escaped cannot be said there. \return whether
 * it could
 */
static bool put_name(struct buf *out, const char *tag, assay_span name)
{
    buf_printf(out, "; %s=", tag);
    buf_put(out, name);
    return span_find(name, '\\') == name.n;
}

/** Written anew, a seal is the same one. */
static void check_again(const struct arc_seal *s)
{
    struct buf text = buf_new(2 * MOST);
    struct arena a = {0};
    struct arc_seal again;
    bool plain;
    char *room;

    buf_printf(&text, "i=%u; cv=%s; a=%.*s", (unsigned)s->instance, arc_result_text(s->cv),
               SPAN_ARG(s->algorithm_text));
    plain = put_name(&text, "d", s->domain);
    plain &= put_name(&text, "s", s->selector);
    buf_puts(&text, "; b=");
    must((room = buf_room(&text, base64_encoded(s->signature_n) + 1)) != NULL);
    base64_encode(s->signature, s->signature_n, room);
    text.n += base64_encoded(s->signature_n);
    if (plain && s->signature_n) {
        struct header h = read_seal(&a, buf_span(&text), &again);

        must(!again.fault && again.instance == s->instance && again.cv == s->cv);
        must(again.algorithm == s->algorithm && again.signature_n == s->signature_n);
        must(memcmp(again.signature, s->signature, s->signature_n) == 0);
        must(span_eq(again.domain, s->domain) && span_eq(again.selector, s->selector));
        header_done(&h);
    }
    arena_done(&a);
    buf_done(&text);
}

/** The value as ARC-Authentication-Results. */
static void check_aar(assay_span value)
{
    assay_span payload = SPAN_EMPTY;
    uint64_t instance = arc_aar_instance(value, &payload);

    must(instance <= LIMIT_ARC_SETS);
    if (!instance)
        return;
    must(lies_in(payload, value) && payload.p + payload.n == value.p + value.n);
    must(payload.p[-1] == ';' && span_find(value, ';') == value.n - payload.n - 1);
    for (const char *p = value.p; p < payload.p; p++)
        must(ascii_fws(*p) || ascii_digit(*p) || strchr("i=;", *p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span value = {(const char *)data, n};
    struct arena a = {0};
    struct arc_seal seal;
    struct header h;

    if (n > MOST)
        return 0;
    h = read_seal(&a, value, &seal);
    must(!seal.fault == !seal.fault_ref && seal.instance <= LIMIT_ARC_SETS);
    if (!seal.fault) {
        check_good(&a, &seal, field_raw(&h, 1));
        check_again(&seal);
    }
    check_aar(value);
    header_done(&h);
    arena_done(&a);
    return 0;
}
