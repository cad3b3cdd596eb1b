/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_sign.c Any header and body, signed in any way: the field reads back without fault, says
 * what the signer said, no line of it is long, and it verifies. With one more field of a name that
 * allows no more it does not; with one more of another it does. Octet 0 chooses the way, octet 1 the
 * rest of it.
 */
#include "base/fuzz_must.h"
#define MUST must
#include "crypto/fuzz_engine.h"
#include "dkim/test_signing.h"

enum { MOST = 1 << 14 };

static const char PEM[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                          "-----END PRIVATE KEY-----\n";

/** A signer for the first two octets. */
static struct dkim_signer signer_of(unsigned how, unsigned more)
{
    static const char LONG[] = "a-selector-that-is-as-long-as-a-label-can-be-which-is-63-octets";
    struct dkim_signer s = {.field = how & 1 ? ARC_MESSAGE_SIGNATURE : DKIM_SIGNATURE,
                            .algorithm = DKIM_ED25519_SHA256,
                            .header_canon = how & 2 ? CANON_SIMPLE : CANON_RELAXED,
                            .body_canon = how & 4 ? CANON_SIMPLE : CANON_RELAXED,
                            .profile = (enum dkim_profile)((how >> 3) % 3),
                            .sorted = how & 64,
                            .domain = SPAN("example.org"),
                            .selector = how & 32 ? span_of(LONG) : SPAN("s"),
                            .identity = SPAN_EMPTY,
                            .identity_domain = SPAN_EMPTY,
                            .names = SPAN("X-Long: x-a :From:To:to:Subject:DATE:x-a:Comments"),
                            .timestamp = more & 1 ? 1795435200 : 0,
                            .expiration = more & 2 ? 1795435201 : 0,
                            .instance = how & 1 ? 1 + more % 50 : 0};

    if (more & 4 && s.field == DKIM_SIGNATURE) {
        s.identity = SPAN("a;b= \"c\"\377@sub.example.org");
        s.identity_domain = SPAN("sub.example.org");
    }
    return s;
}

/** No line is over 76 columns but one that holds a word that is longer; none is empty. */
static void check_lines(assay_span name, assay_span value, bool whole)
{
    assay_span line;

    for (size_t column = name.n + 2; span_cut(&value, '\n', &line); column = 0) {
        must(line.n > 1 && (column || line.p[0] == '\t'));
        if (value.p)
            must(line.p[line.n - 1] == '\r');
        must(column + line.n - (value.p != NULL) <= 78 ||
             (whole && span_starts(line, SPAN("\tb="))));
    }
}

/** What is read is what was meant. */
static void check_read(const struct dkim_signature *r, const struct dkim_signer *s)
{
    must(r->fault == NULL);
    must(r->algorithm == s->algorithm && r->header_canon == s->header_canon &&
         r->body_canon == s->body_canon);
    must(span_eq(r->domain, s->domain) && span_eq(r->selector, s->selector));
    must(r->length == BODY_WHOLE && r->timestamp == s->timestamp && r->instance == s->instance);
    must(r->expiration == (s->expiration ? s->expiration : DKIM_NEVER));
    must(span_eq(r->identity_domain, s->identity.n ? s->identity_domain : s->domain));
}

/** The result of verifying a message with one more field on top of its own. */
static enum dkim_result with_field(assay_span message, const char *field,
                                   const struct dkim_signer *s, struct signing_key *key)
{
    struct buf more = buf_new(4 * MOST + 65536);
    struct signing *v;
    enum dkim_result result;
    size_t end = 0;

    while (message.p[end] != '\n' || (end + 1 < message.n && ascii_wsp(message.p[end + 1])))
        end++; /* behind the signature */
    buf_put(&more, span_first(message, end + 1));
    buf_puts(&more, field);
    buf_put(&more, span_from(message, end + 1));
    must(more.status == ASSAY_DONE);
    v = signing_read(the_engine(), buf_span(&more), s->field, key);
    result = v->verdict.result;
    signing_free(v);
    buf_done(&more);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct signing_key key;
    struct dkim_signer signer;
    struct signing *made, *read;
    struct buf all;
    assay_span raw;

    if (n < 2 || n > MOST)
        return 0;
    if (!key.key)
        key = signing_key_of(the_engine(), SPAN(PEM));
    raw = (assay_span){(const char *)data + 2, n - 2};
    if (span_starts(raw, SPAN("From ")) || (raw.n && ascii_wsp(raw.p[0])))
        return 0; /* mbox; what would continue our field */
    signer = signer_of(data[0], data[1]);
    made = signing_sign(the_engine(), raw, &signer, &key);
    must(made->made.result == DKIM_SIGNED || made->made.result == DKIM_UNFIT);
    if (made->made.result == DKIM_SIGNED && !(made->m.faults & MESSAGE_LIMIT)) {
        all = signing_signed(made, raw);
        check_lines(dkim_field_name(signer.field), made->made.value, signer.sorted);
        read = signing_read(the_engine(), buf_span(&all), signer.field, &key);
        check_read(&read->signature, &signer);
        must(read->verdict.result == DKIM_PASS);
        must(with_field(buf_span(&all), "From: x@y\r\n", &signer, &key) ==
             (signer.profile == DKIM_OWN && header_count(&made->m.header, SPAN("From"))
                  ? DKIM_PASS
                  : DKIM_FAIL));
        must(with_field(buf_span(&all), "X-A: added\r\n", &signer, &key) ==
             (signer.profile == DKIM_OWN ? DKIM_FAIL : DKIM_PASS));
        must(with_field(buf_span(&all), "Received: by x\r\n", &signer, &key) == DKIM_PASS);
        signing_free(read);
        buf_done(&all);
    }
    signing_free(made);
    return 0;
}
