/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_tables.c
 * Any octets as what a receiver writes into its options: a condition, a table of forwarders, a template. What is taken
 * obeys its grammar; what is refused says why; what is filled in is text that SMTP can carry.
 *
 * The first octet tells which.
 */
#include "base/fuzz_must.h"
#include "policy/forwarders.h"
#include "policy/policy.h"
#include "policy/template.h"

#include "base/limits.h"

enum { MOST = 1 << 14 };

/** Patterns are of the kinds that were asked for, and their names canonical. */
static void check_matches(const struct matches *m, unsigned kinds)
{
    must(m->n <= LIMIT_MATCHES);
    for (size_t i = 0; i < m->n; i++) {
        const struct match *one = &m->all[i];
        struct dns_name name;

        must(kinds & 1u << one->type);
        if (one->type == MATCH_NETWORK) {
            must(one->bits <= ip_size(&one->net) * 8 && matches_ip(m, &one->net));
        } else if (one->type != MATCH_NULL) {
            must(one->domain.n > 0 && dns_name_read(one->domain, &name));
            must(span_eq(dns_name_span(&name), one->domain));
            must(one->type != MATCH_DOMAIN || matches_domain(m, one->domain));
        }
    }
}

/** A table of forwarders. */
static void check_table(assay_span text)
{
    struct arena a = {0};
    struct forwarders t = {0};
    const char *why = NULL;
    assay_span bad = SPAN_EMPTY;
    assay_status s = forwarders_read(&a, text, &t, &why, &bad);

    must((s == ASSAY_EINVAL) == (why && *why));
    for (size_t i = 0; s == ASSAY_DONE && i < t.n; i++) {
        const struct forwarder *f = &t.all[i];

        must(f->whom.n > 0 && f->who.n > 0);
        check_matches(&f->whom, f->by == FORWARDER_CLIENT ? MATCH_NETWORKS : MATCH_DOMAINS);
        check_matches(&f->authors, MATCH_DOMAINS);
        check_matches(&f->recipients, MATCH_ADDRESSES);
        must(f->until.n == 0 || f->until.n == 10);
        must(f->by != FORWARDER_NAME || t.names);
    }
    must(t.n <= LIMIT_FORWARDERS + 1);
    arena_done(&a);
}

/** A condition, its name first, up to a LF. */
static void check_condition(assay_span text)
{
    struct arena a = {0};
    struct condition c = {0};
    const char *why = NULL;
    assay_span name;

    span_cut(&text, '\n', &name);
    if (arena_copy(&a, name, &name) && text.p &&
        condition_read(&a, name.p, text, &c, &why) == ASSAY_DONE) {
        check_matches(&c.matches, MATCH_PATHS | (c.type == CONDITION_CLIENT ? MATCH_NETWORKS : 0u));
        must(c.matches.n || c.text.n || c.field.n);
        must((c.type == CONDITION_HEADER) == (c.field.n > 0));
        must(!c.late || c.type == CONDITION_DKIM || c.type == CONDITION_CLIENT);
    }
    arena_done(&a);
}

/** A template, its values behind a NUL. */
static void check_template(assay_span text, bool url)
{
    struct buf out = buf_new(1 << 20);
    assay_span values[TEMPLATE_PLACES], head;

    span_cut(&text, '\0', &head);
    for (size_t i = 0; i < TEMPLATE_PLACES; i++)
        values[i] = text.p ? text : SPAN("x");
    if (template_fault(head, url) == NULL) {
        template_fill(head, values, url, &out);
        for (size_t i = 0; i < out.n; i++)
            must((out.p[i] >= ' ' && out.p[i] <= '~') || (!url && out.p[i] == '\n'));
        must(!url || !out.n || span_find(buf_span(&out), ' ') == out.n);
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data + 1, n ? n - 1 : 0};

    if (n < 2 || n > MOST)
        return 0;
    switch (data[0]) {
    case 't': check_table(text); break;
    case 'c': check_condition(text); break;
    case 'u': check_template(text, true); break;
    default: check_template(text, false); break;
    }
    return 0;
}
