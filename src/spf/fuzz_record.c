/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_record.c Any octets as an SPF record: what is parsed is by the grammar and lies in the
 * record; what is refused is refused for a term that is in it; the terms alone are parsed as they
 * are in the whole.
 */
#include "base/buf.h"
#include "base/fuzz_must.h"
#include "base/limits.h"
#include "dns/name.h"
#include "spf/macro.h"
#include "spf/record.h"

#include <stdlib.h>

enum { MOST = 1 << 13 };

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.p >= text.p && s.p + s.n <= text.p + text.n;
}

/** A domain-spec is none, or one by the grammar; its name is what it stands for, or it is none. */
static void check_domain(const struct spf_domain *domain, assay_span text)
{
    struct dns_name name;
    bool macro;

    if (!domain->spec.n) {
        must(!domain->name.n && !domain->macro);
        return;
    }
    must(lies_in(domain->spec, text));
    must(spf_macro_check(domain->spec, SPF_MACRO_DOMAIN, &macro) == NULL);
    must(macro == (span_find(domain->spec, '%') < domain->spec.n));
    must(domain->macro ==
         (macro || domain->spec.n > SPF_NAME_OCTETS)); /* what is too long is cut as macros are */
    if (domain->macro || !dns_name_raw(domain->spec, &name))
        must(domain->name.n == 0);
    else
        must(span_eq(domain->name, dns_name_span(&name)));
}

/** Some mechanisms must have a domain, some may, some have none. */
static void check_term(const struct spf_term *t, assay_span text)
{
    enum spf_mechanism m = t->mechanism;
    bool may = m == SPF_INCLUDE || m == SPF_A || m == SPF_MX || m == SPF_PTR || m == SPF_EXISTS;

    must(lies_in(t->text, text) && span_find(t->text, ' ') == t->text.n);
    must(memchr("+-~?", t->qualifier, 4) != NULL);
    must(t->qualifier == '+' || t->text.p[0] == t->qualifier);
    check_domain(&t->domain, t->text);
    must(may || t->domain.spec.n == 0);
    must(t->domain.spec.n > 0 || (m != SPF_INCLUDE && m != SPF_EXISTS));
    must(t->bits4 <= 32 && t->bits6 <= 128);
    must(m != SPF_IP4 || t->net.version == 4);
    must(m != SPF_IP6 || t->net.version == 6);
}

/** Two terms say the same. */
static void must_be_same(const struct spf_term *a, const struct spf_term *b)
{
    must(a->mechanism == b->mechanism && a->qualifier == b->qualifier);
    must(a->bits4 == b->bits4 && a->bits6 == b->bits6);
    must(span_eq(a->domain.spec, b->domain.spec) && span_eq(a->domain.name, b->domain.name));
    must(memcmp(&a->net, &b->net, sizeof a->net) == 0);
}

/** A term alone in a record. */
static struct spf_record *parse_alone(assay_span term, struct buf *text)
{
    struct spf_record *r;

    buf_clear(text);
    buf_puts(text, "v=spf1 ");
    buf_put(text, term);
    must((r = spf_record_parse(buf_span(text))) != NULL);
    return r;
}

/** Each term alone is the same term; a wrong one is wrong alone, unless it only stands twice. */
static void check_alone(const struct spf_record *r)
{
    struct buf text = buf_new(2 * MOST);

    for (size_t i = 0; i < r->n && i < 50 && r->found == SPF_RECORD_OK; i++) {
        struct spf_record *one = parse_alone(r->terms[i].text, &text);

        must(one->found == SPF_RECORD_OK && one->n == 1);
        must_be_same(&one->terms[0], &r->terms[i]);
        spf_record_free(one);
    }
    if (r->found == SPF_RECORD_SYNTAX && strcmp(r->problem, "the modifier stands twice") != 0) {
        struct spf_record *one = parse_alone(r->where, &text);

        must(one->found == SPF_RECORD_SYNTAX && strcmp(one->problem, r->problem) == 0);
        spf_record_free(one);
    }
    buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buf text = buf_new(MOST + 16);
    struct spf_record *r;

    if (n > MOST)
        return 0;
    if (n == 0 || data[0] != 'v') /* so that not everything is no record */
        buf_puts(&text, "v=spf1 ");
    buf_put(&text, (assay_span){(const char *)data, n});
    must((r = spf_record_parse(buf_span(&text))) != NULL);
    must(span_eq(r->text, buf_span(&text)));
    must(r->found != SPF_RECORD_SEVERAL && (r->found == SPF_RECORD_SYNTAX) == (r->problem != NULL));
    must((r->found == SPF_RECORD_NONE) ==
         !(span_istarts(r->text, SPAN("v=spf1")) && (r->text.n == 6 || r->text.p[6] == ' ')));
    if (r->found == SPF_RECORD_OK) {
        for (size_t i = 0; i < r->n; i++)
            check_term(&r->terms[i], r->text);
        check_domain(&r->redirect, r->text);
        check_domain(&r->exp, r->text);
    }
    must(r->found != SPF_RECORD_SYNTAX || (r->where.n && lies_in(r->where, r->text)));
    check_alone(r);
    spf_record_free(r);
    buf_done(&text);
    return 0;
}
