/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf_judge.h The checks of SPF in progress: what spf.c, spf_rows.c, spf_record.c and spf_reach.c share. */
#ifndef POSTURE_SPF_JUDGE_H
#define POSTURE_SPF_JUDGE_H

#include "posture/emit.h"
#include "posture/spf_text.h"

/** Conclusions that other topics and the profile need (at the end of gathering). */
void spf_conclude(struct posture *p);

/** The answer that a node's record is in. */
struct asked spf_node_asked(const struct spf_node *node);

/** A term's own first answer: of its child for include and redirect. */
struct asked spf_use_asked(const struct spf_use *use);

/** The record is at a name of the owner, and stands here for the first time. */
bool spf_is_own(const struct posture *p, const struct spf_node *node);

/** Terms of one record that a condition holds of. */
struct spf_picked {
    const struct spf_node *node;
    const struct spf_use **uses;
    size_t n;
};

/** A condition on a term. */
typedef bool spf_pick_fn(const struct posture *p, const struct spf_node *node,
                         const struct spf_use *use);

/** The terms of a record that a condition holds of. */
struct spf_picked spf_pick(struct posture *p, const struct spf_node *node, spf_pick_fn *fn);

/** Show the record with each of the terms. */
void spf_show(struct posture *p, struct finding *f, const struct spf_picked *picked);

/** Publish the record without the terms. */
void spf_publish_without(struct posture *p, struct finding *f, const struct spf_picked *picked);

/** "include:a.example, mx and 3 more" */
assay_span spf_names(struct posture *p, const struct spf_picked *picked);

/** The first answer of the tree that is missing, or the top's. */
struct asked spf_missing(const struct posture *p);

/** judged() over the whole tree: what is not known is not for an answer that is missing, or for a limit. */
void spf_judged(struct posture *p, enum finding_id id, enum truth holds);

/** A TXT answer is missing, or the tree is over a limit, so that there may be more terms than are known. */
bool spf_may_be_more(const struct posture *p);

/** A number with commas between thousands. */
assay_span spf_count(struct posture *p, uint64_t n);

/** SPF-MISSING, -MULTIPLE, -NEAR-MISS, -OBSOLETE, -SYNTAX, -MODIFIER-TYPO, -SIZE. */
void spf_judge_record(struct posture *p);

/** SPF-TARGET-NONE, -TARGET-BROKEN, -LOOP, -LOOKUPS, -LOOKUPS-NEAR, -VOID, -VOID-FAMILY, -MX-LIMIT. */
void spf_judge_limits(struct posture *p);

/** SPF-DEAD-TERM, -DANGLING, -PTR, -IGNORED-TERM, -SHADOWED, -DUPLICATE, -MACRO-USER, -EXP. */
void spf_judge_terms(struct posture *p);

/** SPF-PASS-ALL, -NEUTRAL, -REACH. */
void spf_judge_reach(struct posture *p);

#endif
