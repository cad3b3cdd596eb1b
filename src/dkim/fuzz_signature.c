/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_signature.c Any octets as the value of DKIM-Signature or ARC-Message-Signature:
 * without a fault everything that verifying needs is there and by the rules; and whatever stands in
 * b=, the signature signs the same digest.
 */
#include "base/base64.h"
#include "crypto/fuzz_engine.h"
#include "dkim/signature.h"

#include <stdlib.h>

enum { MOST = 1 << 14 };

/** A message whose field 2 has this value. header_done() it. */
static struct header make_header(assay_span value)
{
    struct header h;

    header_init(&h);
    must(header_line(&h, SPAN("To: a@b\r\n")) == ASSAY_DONE);
    must(header_line(&h, SPAN("From: c@d\r\n")) == ASSAY_DONE);
    must(header_field(&h, SPAN("Signature"), value) == ASSAY_DONE);
    must(header_line(&h, SPAN("Subject: some  words\r\n \there\r\n")) == ASSAY_DONE);
    must(header_line(&h, SPAN("subject : more\n")) == ASSAY_DONE);
    return h;
}

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.n == 0 || (s.p >= text.p && s.p + s.n <= text.p + text.n);
}

/** Octets encoded are these characters, white space aside. */
static void must_encode(const uint8_t *octets, size_t n, assay_span text)
{
    char *encoded = malloc(base64_encoded(n) + 1);
    size_t at = 0;

    must(encoded != NULL);
    base64_encode(octets, n, encoded);
    for (size_t i = 0; i < text.n; i++) {
        if (ascii_fws(text.p[i]))
            continue;
        must(at < base64_encoded(n));
        if (text.p[i] != encoded[at]) /* the unused bits of the last character may be anything */
            must(at + 4 > base64_encoded(n) && encoded[base64_encoded(n) - 1] == '=');
        at++;
    }
    must(at == base64_encoded(n));
    free(encoded);
}

/** A name is canonical: read again it is itself. */
static void check_name(assay_span name)
{
    struct dns_name read;

    must(name.n > 0 && dns_name_read(name, &read) && span_eq(dns_name_span(&read), name));
    for (size_t i = 0; i < name.n; i++)
        must(ascii_alnum(name.p[i]) || name.p[i] == '-' || name.p[i] == '_' || name.p[i] == '.');
}

/** Names of h=, how often one is among them. */
static size_t named(assay_span names, assay_span wanted)
{
    size_t n = 0;
    assay_span name;

    while (dkim_next_name(&names, &name))
        n += span_ieq(name, wanted);
    return n;
}

/** A signature without fault. */
static void check_good(const struct dkim_signature *s, enum dkim_field which, assay_span raw)
{
    must(s->algorithm != DKIM_ALGORITHM_OTHER && s->algorithm_text.n);
    check_name(s->domain);
    check_name(s->selector);
    must(dns_labels(s->domain) >= 2);
    must(dns_is_under(s->identity_domain, s->domain));
    must(lies_in(s->b, raw) && lies_in(s->names, raw) && s->signature_n > 0 &&
         s->signature_n <= LIMIT_SIGNATURE);
    must_encode(s->signature, s->signature_n, s->b);
    must((which == ARC_MESSAGE_SIGNATURE) == (s->instance > 0) && s->instance <= LIMIT_ARC_SETS);
    must(s->expiration > s->timestamp || s->timestamp == 0);
    must(which == ARC_MESSAGE_SIGNATURE || named(s->names, SPAN("From")) > 0);
    must(which == DKIM_SIGNATURE || named(s->names, SPAN("ARC-Seal")) == 0);
}

/** What is noted of the header. */
static void check_covered(const struct dkim_signature *s)
{
    must(s->present == (DKIM_TO | DKIM_FROM | DKIM_SUBJECT));
    must((s->covered & ~s->present) == 0);
    if (!s->names.p)
        return;
    must(!(s->covered & DKIM_TO) == (named(s->names, SPAN("To")) == 0));
    must(!(s->covered & DKIM_SUBJECT) == (named(s->names, SPAN("subject")) < 2));
}

/** With something else in b=, the digest is the same. */
static void check_hash(const struct header *h, enum dkim_field which,
                       const struct dkim_signature *s)
{
    static const char *const OTHERS[] = {"", "YQ==", "\r\n\tYWFh ", " "};
    assay_span value = field_value(h, 2);
    uint8_t want[SHA256_SIZE], got[SHA256_SIZE];

    must(dkim_hash(the_engine(), h, s, want) == ASSAY_DONE);
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        struct buf changed = buf_new(2 * MOST);
        struct arena a = {0};
        struct dkim_signature other;
        struct header again;

        buf_put(&changed, span_between(value.p, s->b.p));
        buf_puts(&changed, OTHERS[i]);
        buf_put(&changed, span_between(s->b.p + s->b.n, value.p + value.n));
        again = make_header(buf_span(&changed));
        must(dkim_signature_read(&a, &again, which, 2, &other) == ASSAY_DONE);
        must(other.b.p != NULL);
        must(dkim_hash(the_engine(), &again, &other, got) == ASSAY_DONE);
        must(memcmp(want, got, SHA256_SIZE) == 0);
        header_done(&again);
        arena_done(&a);
        buf_done(&changed);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct header h;

    if (n > MOST)
        return 0;
    h = make_header((assay_span){(const char *)data, n});
    for (int which = DKIM_SIGNATURE; which <= ARC_MESSAGE_SIGNATURE; which++) {
        struct arena a = {0};
        struct dkim_signature s;

        must(dkim_signature_read(&a, &h, (enum dkim_field)which, 2, &s) == ASSAY_DONE);
        must(!s.fault == !s.fault_ref && s.b_head.n <= 8);
        must(lies_in(s.domain_as, field_raw(&h, 2)) && lies_in(s.selector_as, field_raw(&h, 2)));
        check_covered(&s);
        if (!s.fault) {
            check_good(&s, (enum dkim_field)which, field_raw(&h, 2));
            check_hash(&h, (enum dkim_field)which, &s);
        }
        arena_done(&a);
    }
    header_done(&h);
    return 0;
}
