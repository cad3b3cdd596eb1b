/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file select.h Which of the policies a message is judged by. Pure: conditions and what is known
 * of the message go in, a policy comes out.
 *
 *     policy_select()      from the topmost policy down: the first child that holds, of its children the first that
 *                          holds, and so on; the last one that holds is the nearest
 *     policy_candidates()  the same where a condition could not be told: all that may be the nearest
 *
 * A message is looked at twice. At the end of its header the envelope and the fields are known;
 * which signatures pass, and which name the client has, only at the end. So a policy with such a
 * condition is taken at the end alone, and may differ from its parent only in options that are read
 * then.
 */
#ifndef POLICY_SELECT_H
#define POLICY_SELECT_H

#include "mail/header.h"
#include "policy/match.h"

struct assay_policy;

/** When an option is read, and so from which policy. */
enum policy_stage {
    POLICY_AT_ONCE,   /**< before the header is there: of the topmost policy */
    POLICY_AT_HEADER, /**< when checks begin: of the nearest policy by envelope and header */
    POLICY_AT_END     /**< when all is known: of the nearest policy */
};

/** When the option of this name is read. */
enum policy_stage policy_stage_of(const char *option);

/** What a condition is about. */
enum condition_type {
    CONDITION_LISTENER,
    CONDITION_CLIENT,
    CONDITION_AUTHENTICATED,
    CONDITION_SENDER,
    CONDITION_RECIPIENT,
    CONDITION_AUTHOR,
    CONDITION_DKIM,
    CONDITION_HEADER,
    CONDITION_TYPES
};

/** A condition of a policy. Spans live as long as the policy. */
struct condition {
    struct condition *next;
    enum condition_type type;
    bool late; /**< it may be known at the end only */
    struct matches matches;
    assay_span text;  /**< listener, authenticated: the value; header: what the field contains */
    assay_span field; /**< header: its name */
};

/**
 * Read a condition.
 *
 * \param name     such as "client"
 * \param ret      set on ASSAY_DONE
 * \param ret_why  set on ASSAY_EINVAL: what is expected; NULL: there is no such condition
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status condition_read(struct arena *a, const char *name, assay_span value,
                                            struct condition *ret, const char **ret_why);

/** The name of a condition, or NULL behind the last. Static text. */
const char *condition_name(size_t type);

/** A signature, as far as conditions ask. */
struct policy_signer {
    assay_span domain; /**< canonical */
    enum truth passes;
};

/** What is known of a message. */
struct policy_facts {
    assay_span listener, user;
    struct ip ip;
    bool sender_unknown;
    struct path sender;
    const struct path *recipients;
    size_t nrecipients;
    const struct header *header;
    const assay_span *authors; /**< canonical; none where From cannot be relied on */
    size_t nauthors;
    /** the next ones are known; else no condition that asks for them holds */
    bool end;
    enum truth named;       /**< the client has a name that iprev proves */
    assay_span client_name; /**< canonical */
    const struct policy_signer *signers;
    size_t nsigners;
};

/** The nearest policy; what cannot be told does not hold. */
const struct assay_policy *policy_select(const struct assay_policy *top,
                                         const struct policy_facts *facts) ASSAY_PURE;

/**
 * The policies that may be the nearest: what cannot be told may hold, or not.
 *
 * \param ret  room for LIMIT_CANDIDATES
 * \return how many there are; where it is over LIMIT_CANDIDATES, only the first are in `ret`
 */
size_t policy_candidates(const struct assay_policy *top, const struct policy_facts *facts,
                         const struct assay_policy **ret);

#endif
