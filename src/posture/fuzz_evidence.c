/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_evidence.c Any text as metrics of reports: what is taken can be, every name in it is one, and what is
 * refused says why.
 */
#include "base/fuzz_must.h"
#include "posture/evidence.h"

/** Counts of a domain that can be. */
static void check_mail(const struct evidence_mail *m)
{
    must(m->days_with_reports <= m->days && m->legit <= m->messages && m->legit_pass <= m->legit &&
         m->legit_dkim_pass <= m->legit_pass && m->nsources <= LIMIT_EVIDENCE_SOURCES &&
         m->nselectors <= LIMIT_SELECTORS);
    for (size_t i = 0; i < m->nsources; i++)
        must(m->sources[i].pass <= m->sources[i].messages && m->sources[i].name.n <= 1024);
    for (size_t i = 0; i < m->nselectors; i++)
        must(m->selectors[i].selector.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const assay_span domain = SPAN("shop.example");
    struct arena a = {0};
    struct evidence e;
    const char *why = NULL;
    assay_status s = evidence_read(&a, (assay_span){(const char *)data, n}, domain, &e, &why);

    must(s == ASSAY_DONE || (s == ASSAY_EINVAL && why && *why));
    if (s == ASSAY_DONE) {
        must(span_eq(e.text, (assay_span){(const char *)data, n}));
        check_mail(&e.mail);
        must(e.nsubdomains <= LIMIT_SUBDOMAINS && e.tls.failed <= e.tls.sessions);
        for (size_t i = 0; i < e.nsubdomains; i++) {
            check_mail(&e.subdomains[i]);
            must(dns_is_under(e.subdomains[i].domain, domain));
        }
    }
    arena_done(&a);
    return 0;
}
