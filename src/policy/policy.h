/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file policy.h The policy object behind assay_policy_new() and its friends: the values of
 * options.h, where flows read them.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/arena.h"
#include "policy/sign.h"

#include <assay/assay.h>

/** What a CHOICE of "accept reject" holds. */
enum policy_accept { POLICY_ACCEPT, POLICY_REJECT };

/** dmarc.reject. */
enum policy_dmarc_reject { POLICY_REJECT_AUTO, POLICY_REJECT_QUARANTINE, POLICY_REJECT_REJECT };

/** temperror.action. */
enum policy_temperror { POLICY_TEMPERROR_DEFER, POLICY_TEMPERROR_ACCEPT };

/** authres.layout. */
enum policy_layout { POLICY_LAYOUT_ONE, POLICY_LAYOUT_EACH };

/** seal.results. */
enum policy_seal_results { POLICY_SEAL_OURS, POLICY_SEAL_FOUND };

/** sign.failure. */
enum policy_sign_failure { POLICY_SIGN_DEFER, POLICY_SIGN_SEND };

/** sign.mismatch. */
enum policy_sign_mismatch { POLICY_MISMATCH_SKIP, POLICY_MISMATCH_SIGN };

/** Domain names. */
struct policy_names {
    assay_span *names; /**< canonical */
    size_t n;
};

/** The policy. Each option of options.h has the member that its row names. */
struct assay_policy {
    struct arena arena;
    bool sealed;
    const char *why;     /**< of the last refusal */
    const char **values; /**< as text, one for each option */
    struct policy_names arc_trusted;
    unsigned authres_layout;
    assay_span authserv_id;
    struct dkim_options dkim;
    unsigned dkim_partial_body;
    unsigned dmarc_mode; /**< enum dmarc_mode */
    unsigned dmarc_reject;
    unsigned dmarc_second_view;
    unsigned iprev_check;
    unsigned message_bare_cr, message_bare_lf, message_long_line, message_no_colon, message_no_from,
        message_nul;
    struct sign_fields seal_fields;
    struct sign_key seal_key; /**< without selector: nothing is sealed */
    unsigned seal_results, seal_tags;
    unsigned sign_check, sign_failure, sign_mismatch;
    struct sign_table sign_table;
    unsigned temperror_action;
};

#endif
