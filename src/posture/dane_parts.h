/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dane_parts.h What the two halves of DANE share: dane.c (records, hosts) and dane_chain.c (what hosts show). */
#ifndef POSTURE_DANE_PARTS_H
#define POSTURE_DANE_PARTS_H

#include "posture/hosts.h"

/** One host being judged. */
struct dane {
    struct posture *p;
    struct posture_host *host;
    const struct dane_rrset *set;
    struct dane_comparison c;
    enum truth named; /**< the leaf is called as usage 2 demands */
};

/** A record of the RRset as it is published, whole. */
assay_span tlsa_whole(struct posture *p, const struct dane_tlsa *t);

/** A record in short, for sentences. */
assay_span tlsa_short(struct posture *p, const struct dane_tlsa *t);

/** Show the record at `i`, all of it. */
void show_tlsa(struct dane *d, struct finding *f, size_t i);

/** Add the record for the live key, in place of `before` where that is not empty; else say what to do. */
void publish_live(struct posture *p, struct finding *f, const struct posture_host *host,
                  assay_span before);

/** TLSA records promise TLS (RFC 7672 2.2). \return whether a handshake succeeds */
enum truth judge_dane_starttls(struct dane *d);

/** Compare the usable records with the chain, and judge what comes out. */
void judge_dane_chain(struct dane *d);

/** The same where the chain was not seen. */
void judge_dane_unseen(struct dane *d);

#endif
