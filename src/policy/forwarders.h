/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file forwarders.h The table of those who are trusted to send mail on, the option `forwarders`:
 *
 *     client=192.0.2.0/24 recipients=example.net until=2027-06-30 note="alumni of the university";
 *     name=.mail.forwarder.example; sealer=lists.example authors=bank.example,.bank.example
 *
 * Entries are parted by `;`, their words by blanks; quotes hold blanks and semicolons. Each entry
 * begins with whom it trusts: a network, a name that iprev proves, the domain of an ARC seal. Behind
 * it may stand for whom (every author domain, every recipient has to be one of them), until when
 * (the last day, UTC), and a note for people.
 */
#ifndef POLICY_FORWARDERS_H
#define POLICY_FORWARDERS_H

#include "policy/match.h"

/** How a forwarder is known. */
enum forwarder_by { FORWARDER_CLIENT, FORWARDER_NAME, FORWARDER_SEALER };

/** One entry. Spans live as long as the arena it was read into. */
struct forwarder {
    enum forwarder_by by;
    assay_span who;            /**< `client=...` as written */
    struct matches whom;       /**< networks, or one domain */
    struct matches authors;    /**< none: every author */
    struct matches recipients; /**< none: every recipient */
    assay_span until;          /**< the date as written; empty: for ever */
    int64_t end;               /**< the first second it no longer holds */
    assay_span note;           /**< may be empty */
};

/** All entries. */
struct forwarders {
    struct forwarder *all;
    size_t n;
    bool names; /**< some entry has to know the client's name: iprev is needed */
};

/**
 * Read the table.
 *
 * \param ret      set on ASSAY_DONE
 * \param ret_why  set on ASSAY_EINVAL to what is wrong; static text
 * \param ret_bad  and to the octets that are
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status forwarders_read(struct arena *a, assay_span text,
                                             struct forwarders *ret, const char **ret_why,
                                             assay_span *ret_bad);

/** The entry holds at this time. */
static inline bool forwarder_holds(const struct forwarder *f, int64_t now)
{
    return !f->until.n || now < f->end;
}

/** What a message is, as far as an entry asks. */
struct forwarded {
    const assay_span *authors; /**< canonical */
    size_t nauthors;
    const struct path *recipients;
    size_t nrecipients;
};

/** The entry is for such a message. */
bool forwarder_is_for(const struct forwarder *f, const struct forwarded *message) ASSAY_PURE;

#endif
