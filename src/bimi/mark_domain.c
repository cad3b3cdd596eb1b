/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mark_domain.c The names of a mark certificate, and the record that they are for (VMC 4.3, 5.2). */
#include "bimi/mark_own.h"

#include "base/buf.h"
#include "dns/name.h"

enum { NAMES_MOST = 256, TEXT_MOST = 1 << 16 };

/** The name is one of the domain-set: the record's, the author's or the organizational domain. */
static bool is_domain(const struct mark_request *q, assay_span name)
{
    return (q->record_domain.n && span_eq(name, q->record_domain)) ||
           (q->author.n && span_eq(name, q->author)) || (q->org.n && span_eq(name, q->org));
}

/** The name is that of the record itself, of the selector-set. */
static bool is_record(const struct mark_request *q, assay_span name)
{
    struct dns_name record;

    return q->record_domain.n && dns_join(q->selector, "_bimi", q->record_domain, &record) &&
           span_eq(name, dns_name_span(&record));
}

void mark_domains(struct mark_run *run)
{
    const struct mark_cert *leaf = &run->chain.certs[run->chain.leaf];
    struct mark_report *r = run->report;
    struct buf text = buf_new(TEXT_MOST);
    assay_span value, names = SPAN_EMPTY, content;
    unsigned char tag;
    bool matches = false;

    if (mark_extension(leaf, SPAN(OID_ALT_NAME), &value, NULL))
        (void)der_take(&value, DER_SEQUENCE, &names);
    for (size_t i = 0; i < NAMES_MOST && mark_take_any(&names, &tag, NULL, &content); i++) {
        struct dns_name name;

        if (tag != DER_DNS_NAME || !dns_name_raw(content, &name))
            continue;
        matches |= is_domain(run->request, dns_name_span(&name)) ||
                   is_record(run->request, dns_name_span(&name));
        if (text.n)
            buf_puts(&text, ", ");
        buf_put(&text, dns_name_span(&name));
    }
    run->no_memory |=
        text.status == ASSAY_ENOMEM || !arena_copy(run->arena, buf_span(&text), &r->names);
    buf_done(&text);
    r->domain = matches ? MARK_YES : run->request->record_domain.n ? MARK_NO : MARK_UNKNOWN;
}
