/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file iprev.h
 * iprev: does the client's address have a name, and does the name have the address? (RFC 8601 3)
 *
 *     iprev_check()   a branch: asks PTR of the address, then the address of each name, 10 at most, all at once
 */
#ifndef IPREV_IPREV_H
#define IPREV_IPREV_H

#include "base/ip.h"
#include "fact/eval.h"

/** Results (RFC 8601 2.7.3). */
enum iprev_result {
    IPREV_NONE, /**< there is no client address; not a result of RFC 8601, and not reported */
    IPREV_PASS,
    IPREV_FAIL,
    IPREV_TEMPERROR,
    IPREV_PERMERROR
};

/** A check and what came out. Spans live as long as the evaluation. */
struct iprev_slot {
    struct ip ip;       /**< version 0: none */
    assay_span ip_text; /**< the same, as RFC 5952 writes it */
    enum iprev_result result;
    assay_span name;   /**< the name that resolves back; on fail the first PTR name; else empty */
    assay_span reason; /**< one sentence */
};

/** Check: a branch_fn over a struct iprev_slot. */
assay_status iprev_check(struct assay_eval *ev, void *slot);

/** A result as RFC 8601 spells it. */
const char *iprev_result_text(enum iprev_result result);

#endif
