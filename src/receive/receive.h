/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file receive.h The receiving flow: SPF, DKIM, ARC and iprev side by side, then DMARC, then what
 * to do with the message.
 *
 * One message, as a mail filter sees it:
 *
 *     assay_receive_new()     at MAIL FROM; a step runs the branches of that stage: spf, iprev
 *     assay_header() ...      fields gather in the message
 *     assay_eoh()             the header is complete: authors, signatures and chains are read, the body digests they
 *                             need are fixed; a step runs dkim, arc and dmarc too, and every question is out at once
 *     assay_body(), eom       the body streams through its digests
 *     assay_step()            receive.c: a table of branches {name, stage, function, slot} and one loop that joins
 *                             dispose.c: what follows, from tables over yes, no and could not tell
 *                             checks.c, results.c, edits.c: the verdict, Authentication-Results and edits, written
 *                             from the slots
 *                             seal.c: what is delivered is sealed, if the policy says so
 *
 * Policies with conditions are taken at the end of the header and once more at the end: choose.c.
 */
#ifndef RECEIVE_RECEIVE_H
#define RECEIVE_RECEIVE_H

#include "arc/add.h"
#include "dmarc/dmarc.h"
#include "iprev/iprev.h"
#include "mail/author.h"
#include "mail/intake.h"
#include "policy/policy.h"
#include "spf/spf.h"

/** The branches of the flow, in the order of their lines of reasoning. */
enum receive_branch {
    RECEIVE_SPF_MFROM,
    RECEIVE_SPF_HELO,
    RECEIVE_IPREV,
    RECEIVE_DKIM,
    RECEIVE_ARC,
    RECEIVE_DMARC,
    RECEIVE_DMARC_OTHER, /**< by the other standard */
    RECEIVE_SPF_AUTHOR,  /**< only where dmarc.reject = auto wants to know */
    RECEIVE_SEAL,        /**< only where seal.key says so, at the very end */
    RECEIVE_BRANCHES
};

/** A receiving evaluation. */
struct receive {
    struct assay_eval ev;               /**< first: an assay_eval is one of these */
    const struct assay_policy *top;     /**< what it was made with */
    const struct assay_policy *policy;  /**< for the checks: the nearest, by envelope and header */
    const struct assay_policy *decided; /**< for what follows them: the nearest */
    bool unsure;          /**< which policy is the nearest could not be told, and it mattered */
    assay_span unsure_of; /**< the name of another that may be it */
    bool envelope_only;   /**< no message is taken */

    /* the envelope, copied */
    struct ip ip;
    assay_span ip_text, helo, mail_from, hostname;
    uint8_t sample;
    assay_span *recipients;
    size_t nrecipients, recipients_cap;
    bool sender_unknown; /**< `mail_from` is empty because it is not known */
    assay_span listener, user;
    struct path sender, *paths; /**< taken apart at the end of the header, for policies */

    struct intake in; /**< the message; when it is prepared, signatures and authors are read */

    /* what the branches work on */
    struct branch branches[RECEIVE_BRANCHES];
    struct authors authors;
    struct spf_slot spf_mfrom, spf_helo, spf_author;
    struct iprev_slot iprev;
    struct dkim_check dkim;
    struct arc_check arc;
    struct dmarc_identifier *identifiers; /**< of both views of DMARC */
    struct dmarc_check dmarc, dmarc_other;
    struct dmarc_verdict dmarc_verdict, dmarc_other_verdict;
    struct branch disposition; /**< the lines of reasoning of dispose.c */
    struct arc_added added;    /**< by RECEIVE_SEAL */
    bool reported;             /**< the verdict is written but for the seal */
    bool sealed;               /**< and that, too */

    struct assay_verdict verdict;
};

/** The receiving evaluation behind a public handle, or NULL when it is another kind. */
struct receive *receive_of(assay_eval *ev);

/** A branch has its result. */
static inline bool receive_done(const struct receive *r, enum receive_branch which)
{
    return r->branches[which].frozen;
}

#endif
