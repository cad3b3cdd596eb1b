/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file policy.h The policy object behind assay_policy_new() and its friends: the values of
 * options.h, where flows read them.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/arena.h"
#include "policy/forwarders.h"
#include "policy/select.h"
#include "policy/sign.h"

#include <assay/assay.h>

/** What message.* holds. */
enum policy_accept {
    POLICY_ACCEPT,
    POLICY_REJECT,
    POLICY_MESSAGE_TAG,
    POLICY_MESSAGE_QUARANTINE,
};

/** dmarc.reject. */
enum policy_dmarc_reject {
    POLICY_REJECT_AUTO,
    POLICY_REJECT_QUARANTINE,
    POLICY_REJECT_REJECT,
    POLICY_REJECT_TAG,
    POLICY_REJECT_ACCEPT,
    POLICY_REJECT_DISCARD
};

/** dmarc.quarantine, dmarc.permerror. */
enum policy_dmarc_quarantine {
    POLICY_QUARANTINE_QUARANTINE,
    POLICY_QUARANTINE_TAG,
    POLICY_QUARANTINE_ACCEPT,
    POLICY_QUARANTINE_REJECT
};

/** spf.fail. */
enum policy_spf_fail {
    POLICY_SPF_ACCEPT,
    POLICY_SPF_TAG,
    POLICY_SPF_QUARANTINE,
    POLICY_SPF_REJECT
};

/** temperror.action. */
enum policy_temperror { POLICY_TEMPERROR_DEFER, POLICY_TEMPERROR_ACCEPT, POLICY_TEMPERROR_TAG };

/** temperror.late. */
enum policy_late { POLICY_LATE_TAG, POLICY_LATE_ACCEPT, POLICY_LATE_QUARANTINE };

/** quarantine.by. */
enum policy_quarantine { POLICY_BY_HEADER, POLICY_BY_HOLD };

/** authres.layout. */
enum policy_layout { POLICY_LAYOUT_ONE, POLICY_LAYOUT_EACH };

/** seal.results. */
enum policy_seal_results { POLICY_SEAL_OURS, POLICY_SEAL_FOUND };

/** sign.failure. */
enum policy_sign_failure { POLICY_SIGN_DEFER, POLICY_SIGN_SEND };

/** sign.mismatch. */
enum policy_sign_mismatch { POLICY_MISMATCH_SKIP, POLICY_MISMATCH_SIGN };

/** Domain names, or words. */
struct policy_names {
    assay_span *names; /**< canonical; words as they are */
    size_t n;
};

/** The policy. Each option of options.h has the member that its row names. */
struct assay_policy {
    struct arena arena;
    bool sealed;
    const char *why;     /**< of the last refusal */
    const char **values; /**< as text, one for each option */

    /* where it stands among others (select.h) */
    assay_span name;                          /**< empty: the topmost, unless a case names it */
    struct assay_policy *parent;              /**< NULL: it is the topmost */
    struct assay_policy *children, *youngest; /**< the first made, the last made */
    struct assay_policy *next;                /**< child of the same parent */
    struct condition *conditions;
    bool late;  /**< a condition of it or above it is known at the end only */
    bool names; /**< the client's name matters to some policy of the tree; set when sealed */
    /** of a replay: another policy might have applied as well, with another outcome */
    bool unsure;
    assay_span unsure_of; /**< its name */

    /* what flows read */
    struct policy_names arc_trusted;
    unsigned authres_layout;
    assay_span authserv_id;
    struct policy_names authserv_id_also;
    struct dkim_options dkim;
    unsigned dkim_partial_body;
    unsigned dmarc_mode; /**< enum dmarc_mode */
    unsigned dmarc_permerror, dmarc_quarantine, dmarc_reject;
    unsigned dmarc_second_view;
    unsigned enforce;
    struct forwarders forwarders;
    unsigned iprev_check;
    unsigned message_bare_cr, message_bare_lf, message_long_line, message_no_colon, message_no_from,
        message_nul;
    unsigned quarantine_by;
    assay_span quarantine_field;
    unsigned received_spf;
    assay_span reply_text, reply_url; /**< templates (template.h) */
    struct sign_fields seal_fields;
    struct sign_key seal_key; /**< without selector: nothing is sealed */
    unsigned seal_results, seal_tags;
    unsigned sign_check, sign_failure, sign_mismatch;
    struct sign_table sign_table;
    unsigned spf_fail;
    unsigned temperror_action, temperror_late, temperror_patience;
};

/** iprev is looked at: for itself, or because some policy or forwarder goes by a name. */
static inline bool policy_wants_iprev(const struct assay_policy *top)
{
    return top->iprev_check || top->names;
}

/**
 * Give a policy the name that verdicts tell, as a case does that was written of one.
 *
 * \return ASSAY_DONE, ASSAY_EORDER (sealed), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status policy_rename(struct assay_policy *p, assay_span name);

/** Make it one that could not be told from another. \return as policy_rename() */
ASSAY_NODISCARD assay_status policy_unsure(struct assay_policy *p, assay_span other);

#endif
