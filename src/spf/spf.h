/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file spf.h
 * SPF: may this client send for this domain? (RFC 7208, with RFC 8616 for addresses beyond ASCII)
 *
 * One check, from its call to its result:
 *
 *     spf_check_host()       RFC 7208 4.3: the domain is a name of several labels, or the result is none
 *       check_domain()       4.4, 4.5: asks TXT; spf_record_of() selects and parses once for each fact (4.6)
 *         evaluate()         4.6.2: terms from left to right until one matches; hints what the next ones will ask
 *           match_include()  5.2: check_domain() again, with the same budget of lookups
 *           match_a() ...    5.3 to 5.7; macros are expanded by spf_expand() (7), which may ask for itself (%{p})
 *         redirect           6.1: check_domain() in place of this one
 *       explain()            6.2: after fail, the text that the domain has for the sender
 *
 * The budget (4.6.4) is ten terms that ask, two that find nothing. It is counted where terms are
 * evaluated, in a struct that lives for one pass, so that a restart counts the same.
 */
#ifndef SPF_SPF_H
#define SPF_SPF_H

#include "base/ip.h"
#include "fact/eval.h"

/** Results (RFC 7208 2.6). */
enum spf_result {
    SPF_NONE,
    SPF_NEUTRAL,
    SPF_PASS,
    SPF_FAIL,
    SPF_SOFTFAIL,
    SPF_TEMPERROR,
    SPF_PERMERROR
};

/** Which identity is checked. */
enum spf_scope {
    SPF_MFROM, /**< MAIL FROM (RFC 7208 2.4) */
    SPF_HELO,  /**< HELO (RFC 7208 2.3) */
    SPF_AUTHOR /**< the author domain of DMARC, as if it stood in MAIL FROM; no result of its own is reported */
};

/** What is checked. Spans outlive the evaluation. */
struct spf_request {
    enum spf_scope scope;
    struct ip ip;        /**< version 0: none, the result is none */
    assay_span ip_text;  /**< the same, as RFC 5952 writes it */
    assay_span local;    /**< of the sender; empty: postmaster (RFC 7208 4.3) */
    assay_span domain;   /**< of the sender, as SMTP gave it */
    assay_span helo;     /**< as SMTP gave it */
    assay_span hostname; /**< of the receiver, for %{r}; empty: unknown */
    /** count lookups and voids, but never stop for them: what a record would mean if it were within its limits */
    bool past_limits;
};

/** What came out. Spans live as long as the evaluation. */
struct spf_verdict {
    enum spf_result result;
    assay_span domain; /**< checked, A-labels; as given when it is no name */
    assay_span reason; /**< one sentence */
    const char *ref;   /**< the paragraph that decided */
    assay_span term;   /**< the mechanism that matched; empty: none did */
    /** of exp (RFC 7208 6.2): printable ASCII, not to be trusted; may be empty */
    assay_span explanation;
    unsigned lookups; /**< terms that asked (RFC 7208 4.6.4) */
    unsigned voids;   /**< of them, those that found nothing */
    /** no pass, but ptr or %{p} met an error: an answer might have made it one (RFC 7208 5.5) */
    bool unanswered;
};

/** A check and its result: what the branch function takes. */
struct spf_slot {
    struct spf_request request;
    struct spf_verdict verdict; /**< set when the branch is done */
};

/** check_host() of RFC 7208 4: a branch_fn over a struct spf_slot. */
assay_status spf_check_host(struct assay_eval *ev, void *slot);

/** A result as RFC 7208 2.6 spells it. */
const char *spf_result_text(enum spf_result result);

#endif
