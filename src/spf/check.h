/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file check.h
 * A check in progress: what check.c, mechanism.c and expand.c share.
 */
#ifndef SPF_CHECK_H
#define SPF_CHECK_H

#include "dns/name.h"
#include "spf/macro.h"
#include "spf/record.h"
#include "spf/spf.h"

/** A check in progress; lives for one pass. */
struct spf_check {
    struct assay_eval *ev;
    const struct spf_request *request;
    assay_span sender; /**< the domain of the sender, A-labels; does not change on the way */
    unsigned lookups, voids, hints;
    bool unanswered;        /**< ptr or %{p} met an error, which is no match (RFC 7208 5.5, 7.3) */
    enum spf_result result; /**< what decided, once something did */
    const char *ref;
    const char *problem; /**< of temperror and permerror: what is wrong */
    assay_span where;    /**< ... and the name or term it is about */
    assay_span at;       /**< the domain whose record decided */
    const struct spf_term *matched;
    struct spf_domain exp; /**< of the record that decided; `spec` empty: none */
    assay_span exp_domain; /**< %{d} for it */
};

/**
 * Evaluate the record of a domain (RFC 7208 4.3 to 4.7, 6.1): what the top, include and redirect
 * do.
 *
 * \param ret  set on ASSAY_DONE; c->problem and c->where say more of an error
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
assay_status spf_check_domain(struct spf_check *c, assay_span domain, enum spf_result *ret);

/**
 * Pass over the terms ip4 and ip6 that the client is not among (RFC 7208 5.6).
 *
 * \return the first term from `first` on that is another, or that matches; r->n if there is none
 */
size_t spf_pass_networks(const struct spf_check *c, const struct spf_record *r, size_t first);

/**
 * Match one term (RFC 7208 5).
 *
 * \param domain   the current domain, for terms without a domain-spec and %{d}
 * \param ret      set on ASSAY_DONE: whether it matched
 * \param ret_err  set on ASSAY_DONE: SPF_TEMPERROR or SPF_PERMERROR when the term ends the check,
 *                 else SPF_NONE
 */
assay_status spf_match(struct spf_check *c, const struct spf_term *term, assay_span domain,
                       bool *ret, enum spf_result *ret_err);

/**
 * Hint what a term will ask (DESIGN: a record hints no more than its budget). \return false: stop
 * hinting
 */
bool spf_hint(struct spf_check *c, const struct spf_term *term, assay_span domain,
              unsigned *budget);

/**
 * Charge one term that asks (RFC 7208 4.6.4). \return false when it is one too many; the problem is
 * set
 */
bool spf_spend_lookup(struct spf_check *c, assay_span term);

/**
 * Charge a term's first answer if it is void (RFC 7208 4.6.4). \return false when it is one too
 * many
 */
bool spf_spend_void(struct spf_check *c, const struct assay_fact *fact, assay_span term);

/** Note why the check ends. \return the result */
enum spf_result spf_error(struct spf_check *c, enum spf_result result, const char *ref,
                          const char *problem, assay_span where);

/** What a domain-spec came to. */
enum spf_target {
    SPF_TARGET_OK,
    SPF_TARGET_NO_NAME, /**< it is no domain name: nothing can match it */
    SPF_TARGET_NO_ASCII /**< it holds a local part beyond ASCII: the term does not match (RFC 8616 4) */
};

/**
 * The name a domain-spec stands for: macros expanded, over-long names cut from the left (RFC 7208
 * 7.3).
 *
 * \param domain  %{d}, and the name when there is no spec
 * \param ret     set on SPF_TARGET_OK to the canonical name; lives for the pass
 * \param what    set on ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_NEED (of %{p}), ASSAY_ENOMEM
 */
assay_status spf_target_of(struct spf_check *c, const struct spf_domain *spec, assay_span domain,
                           assay_span *ret, enum spf_target *what);

/**
 * Expand a macro string.
 *
 * \param ret_ascii  set to false when a local part beyond ASCII went in (RFC 8616 4)
 * \return as spf_target_of()
 */
assay_status spf_expand(struct spf_check *c, assay_span s, assay_span domain, struct spf_text *out,
                        bool *ret_ascii);

/**
 * The validated names of the client (RFC 7208 5.5): does one lie at or below a domain?
 *
 * \param target  the domain
 * \param ret     the validated name that fits best: the domain itself, one below it, with `any` any
 *                other; empty: none
 * \param any     names elsewhere count too (%{p})
 * \param ptr     the answer to the PTR question; may be no answer
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
assay_status spf_validated(struct spf_check *c, assay_span target, bool any, assay_span *ret,
                           const struct assay_fact **ptr);

/**
 * The explanation for a fail (RFC 7208 6.2). \param ret  set on ASSAY_DONE, in keep; empty when
 * there is none
 */
assay_status spf_explain(struct spf_check *c, assay_span *ret);

#endif
