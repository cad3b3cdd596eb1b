/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file score.h
 * How far a domain is from the point where nobody can forge it and nobody can read its mail on the way
 * (docs/findings.md 5): the value of each goal, which the score, the phases and the plan take from here.
 *
 * A value is in thousandths. What could not be told is neither well nor bad: it is in no sum, lowers the
 * confidence, and widens the range.
 */
#ifndef POSTURE_SCORE_H
#define POSTURE_SCORE_H

#include "posture/posture.h"

/** Values of a goal that are none. */
enum { GOAL_UNKNOWN = -1, GOAL_NOT = -2 /**< it does not apply */ };

/** A value of 0 to 1000, or one of the above. */
typedef int goal_fn(const struct posture *p);

goal_fn goal_policy; /**< G1 */
goal_fn goal_path;   /**< G9, authenticated MX */

/** Goal G9 of one host: 1000, 400, 0 or GOAL_UNKNOWN. */
int goal_path_of(const struct posture *p, const struct posture_host *host);

/** The policy of MTA-STS is valid and has this mode. */
enum truth sts_mode(const struct posture *p, enum mtasts_mode mode);

/** What a check came to for any subject: the worst; 0: nothing was said. */
enum assay_outcome outcome_of(const struct posture *p, enum finding_id id);

/**
 * Sum up: score, low, high, confidence, grade, from goals and what holds them down.
 *
 * \param most  what the score can be at most, 100: nothing holds it down
 * \param s     has goals and ngoals; the rest is set, but for `cap`
 */
void score_sum(unsigned most, struct assay_score *s);

#endif
