/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_policy.c Any octets as the body of a policy: a valid one has mode, max_age and patterns, and
 * written anew it is the same policy; a fault has its line and its word; patterns match what they say.
 */
#include "base/fuzz_must.h"
#include "mtasts/mtasts.h"

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.n == 0 || (s.p >= text.p && s.p + s.n <= text.p + text.n);
}

/** A pattern matches one label more, or itself; never itself below another name. */
static void check_pattern(const struct mtasts_policy *p, assay_span pattern)
{
    struct buf host = buf_new(1024);
    const bool star = span_starts(pattern, SPAN("*."));

    buf_puts(&host, star ? "x." : "");
    buf_put(&host, star ? span_from(pattern, 2) : pattern);
    must(mtasts_mx_matches(pattern, buf_span(&host)) && mtasts_policy_names(p, buf_span(&host)));
    buf_clear(&host);
    buf_puts(&host, star ? "x.y." : "y.");
    buf_put(&host, star ? span_from(pattern, 2) : pattern);
    must(!mtasts_mx_matches(pattern, buf_span(&host)));
    buf_done(&host);
}

/** A valid policy, written anew, is the same. */
static void check_again(const struct mtasts_policy *p)
{
    static struct mtasts_policy other;
    struct buf text = buf_new(1 << 18);

    buf_printf(&text, "version: STSv1\r\nmode: %s\r\nmax_age: %llu\r\n", mtasts_mode_text(p->mode),
               (unsigned long long)p->max_age);
    for (size_t i = 0; i < p->nmx; i++) {
        buf_puts(&text, "mx: ");
        buf_put(&text, p->mx[i]);
        buf_puts(&text, "\r\n");
    }
    mtasts_policy_read(buf_span(&text), &other);
    must(other.valid && other.mode == p->mode && other.max_age == p->max_age &&
         other.nmx == p->nmx);
    must(other.over == p->over && !other.duplicate.n);
    buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct mtasts_policy p;
    assay_span text = {(const char *)data, n};

    if (n > LIMIT_MTASTS_POLICY)
        return 0;
    mtasts_policy_read(text, &p);
    must(p.valid == (p.nfaults == 0) && p.nfaults <= LIMIT_MTASTS_FAULTS &&
         p.nmx <= LIMIT_MTASTS_MX);
    for (size_t i = 0; i < p.nfaults; i++) {
        const struct mtasts_fault *f = &p.faults[i];

        must(f->problem && f->reason);
        must(f->line == 0 || lies_in(f->text, text));
    }
    for (size_t i = 0; i < p.nmx; i++) {
        must(lies_in(p.mx[i], text) && p.mx[i].n);
        check_pattern(&p, p.mx[i]);
    }
    must(lies_in(p.duplicate, text));
    if (p.valid) {
        must(p.has_max_age && p.mode != MTASTS_NO_MODE &&
             (p.nmx || p.more_mx || p.mode == MTASTS_NONE));
        check_again(&p);
    }
    return 0;
}
