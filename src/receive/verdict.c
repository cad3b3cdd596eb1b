/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/verdict.h"

assay_status verdict_make(struct receive *r)
{
    assay_status s = branch_run(&r->ev, &r->disposition, verdict_dispose, r);

    if (s != ASSAY_DONE)
        return s;
    r->verdict.author = r->authors.n == 1 ? r->authors.domains[0] : SPAN_EMPTY;
    if (!r->reported &&
        ((s = verdict_checks(r)) != ASSAY_DONE || (s = verdict_results(r)) != ASSAY_DONE ||
         (!r->envelope_only && (s = verdict_edits(r)) != ASSAY_DONE)))
        return s;
    r->reported = true; /* sealing may have to wait for an answer */
    if ((s = verdict_seal(r)) != ASSAY_DONE)
        return s;
    r->ev.verdict = &r->verdict;
    return ASSAY_DONE;
}
