/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file send.h
 * The sending flow: whose message is it, by which keys is it signed, and can the signatures be
 * verified? (RFC 6376 5)
 *
 * One message, as a mail filter sees it:
 *
 *     assay_send_new()        at MAIL FROM
 *     assay_header() ...      fields gather in the message
 *     assay_eoh()             the policy is chosen; match.c: the author is found, and the first entry of sign.table that matches; the
 *                             body digests its keys need are fixed; a step asks for the public keys, all at once
 *     assay_body(), eom       the body streams through its digests
 *     assay_step()            sign_one(), a branch for each key:
 *       dkim_look_up_key()    is the public key published? If it is not, nothing is signed
 *       dkim_sign()           the key holder signs
 *       dkim_check_made()     does the published key verify it? If it does not, the signature is left out
 *                             verdict.c: the checks (method `sign`), the edits
 *
 * Whose message it is (RFC 6376 5.1 leaves that open): the one address in From decides; Sender, the
 * envelope and the authenticated user only narrow it down. Not signed are messages without a From
 * field or with more than one, those whose From has no domain or several, and those that hide a From
 * behind a bare CR: receivers disagree about their author. Several addresses of one domain are that
 * domain's; then only entries match that are about domains.
 */
#ifndef SEND_SEND_H
#define SEND_SEND_H

#include "fact/eval.h"
#include "mail/author.h"
#include "mail/intake.h"
#include "policy/policy.h"

/** What came of a key. */
enum send_result {
    SEND_SIGNED,
    SEND_SKIPPED, /**< nothing is wrong with the key holder, but it is not signed */
    SEND_FAILED   /**< the key holder did not sign */
};

struct send;

/** One key with its branch. */
struct send_slot {
    struct send *send;
    struct dkim_signer signer;
    struct branch branch;
    /* set when the branch is done */
    enum send_result result;
    assay_span reason; /**< empty if there is nothing to say */
    const char *ref;
    struct dkim_made made;
};

/** A sending evaluation. */
struct send {
    struct assay_eval ev;              /**< first: an assay_eval is one of these */
    const struct assay_policy *top;    /**< as given */
    const struct assay_policy *policy; /**< the nearest, once the header is there */

    /* the envelope, copied */
    assay_span hostname, user, listener, mail_from;
    bool sender_unknown;
    struct ip ip;
    struct path *recipients;
    size_t nrecipients, recipients_cap;

    struct intake in;
    struct authors authors;
    const struct sign_rule *rule; /**< NULL: none matches */
    size_t entry;                 /**< its place in the table, from 1 */
    assay_span why_not;           /**< why nothing is to be signed; empty: `rule` says by what */
    const char *why_ref;
    struct branch match; /**< the lines of reasoning about the entries */
    struct send_slot *slots;
    size_t n;
    struct assay_verdict verdict;
};

/** The sending evaluation that an evaluation is, or NULL. */
struct send *send_of(assay_eval *ev);

/**
 * Find the entry of the table for a message whose header is complete: `rule`, or `why_not`.
 *
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status send_match(struct send *s);

/** Say which entries were tried: a branch_fn over a struct send. */
assay_status send_tell_match(struct assay_eval *ev, void *send);

/** Make the verdict once the branches are done; ev.verdict is set. \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status send_verdict(struct send *s);

#endif
