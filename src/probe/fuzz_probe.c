/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_probe.c Any octets as the text of a probe: what is taken fits together, its spans lie in the
 * text or in the arena, and what is refused names a piece of the text and a reason.
 */
#include "base/fuzz_must.h"
#include "base/limits.h"
#include "probe/probe.h"

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.n == 0 || (s.p >= text.p && s.p + s.n <= text.p + text.n);
}

/** A digest is not told, or has its length and memory of its own. */
static void check_digest(const struct arena *a, assay_span digest, size_t n)
{
    must(digest.n == 0 || (digest.n == n && arena_owns(a, digest.p)));
}

/** Certificates: the first is the leaf. */
static void check_certs(const struct arena *a, const struct probe *p, assay_span text)
{
    must(p->ncerts <= LIMIT_PROBE_CERTS);
    for (size_t i = 0; i < p->ncerts; i++) {
        const struct probe_cert *c = &p->certs[i];

        must(c->leaf == (i == 0));
        must(lies_in(c->names, text) && lies_in(c->key, text) && lies_in(c->sig, text));
        must(!probe_name_matches(c->names, SPAN_EMPTY));
        check_digest(a, c->spki256, 32);
        check_digest(a, c->cert256, 32);
        check_digest(a, c->spki512, 64);
        check_digest(a, c->cert512, 64);
    }
}

/** A probe that was taken. */
static void check_probe(const struct arena *a, const struct probe *p, assay_span text)
{
    must(p->greeting >= 200 && p->greeting <= 599);
    must((p->greeting == 220) == (p->greeting_text.n == 0) && lies_in(p->greeting_text, text));
    must(p->offered == (p->starttls || p->starttls_code));
    must(!(p->starttls && p->starttls_code));
    must(p->starttls == (p->best != PROBE_TLS_NONE || p->failure.n > 0));
    must(!(p->best && p->failure.n) && lies_in(p->failure, text));
    must(p->least <= p->best && p->weak <= 15);
    must(p->best || (!p->ncerts && !p->weak && !p->trust));
    check_certs(a, p, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data, n}, where = SPAN_EMPTY;
    struct arena a = {0};
    const char *why = NULL;
    struct probe p;
    assay_status s;

    if (n > LIMIT_FACT)
        return 0;
    s = probe_read(&a, text, &p, &where, &why);
    must(s == ASSAY_DONE || s == ASSAY_EINVAL);
    if (s == ASSAY_DONE)
        check_probe(&a, &p, text);
    else
        must(why && lies_in(where, text));
    arena_done(&a);
    return 0;
}
