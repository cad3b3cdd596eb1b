/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file dmarc_judge.h
 * The checks of DMARC, by what they look at:
 *
 *     judge_dmarc()             dmarc_judge.c: finding the record; the conclusions
 *       judge_dmarc_text()      dmarc_text.c: each part of the record
 *       judge_dmarc_policy()    dmarc_policy.c: p, sp, np, t: what is asked of receivers
 *       judge_dmarc_reports()   dmarc_reports.c: rua, ruf
 *       judge_dmarc_worlds()    dmarc_worlds.c: where receivers of two standards, or the tree walk, take something else
 */
#ifndef POSTURE_DMARC_JUDGE_H
#define POSTURE_DMARC_JUDGE_H

#include "posture/dmarc_compose.h"

/** The record that the rows on its text are about: one that applies, or would but for its faults. */
struct dmarc_look {
    const struct dmarc_record *r; /**< NULL: there is none */
    const struct asked *at;       /**< the answer it is in */
    assay_span owner;             /**< the name it is at, `_dmarc` included */
    struct dmarc_parts parts;
};

/** The parts of the record. `look->r` is not NULL. */
void judge_dmarc_text(struct posture *p, const struct dmarc_look *look);

/** What is asked of receivers. The record applies, or is known to be broken; the organization publishes it. */
void judge_dmarc_policy(struct posture *p, const struct dmarc_look *look);

/** Where reports go; sets rua_works. */
void judge_dmarc_reports(struct posture *p, const struct dmarc_look *look);

/** Where receivers may differ. */
void judge_dmarc_worlds(struct posture *p, const struct dmarc_look *look);

/** The policy that applies to the domain, before t lowers it. */
enum dmarc_policy dmarc_policy_asked(const struct dmarc_discovery *d);

/** The policy that applies to the domain, after t. */
enum dmarc_policy dmarc_policy_effective(const struct dmarc_discovery *d);

#endif
