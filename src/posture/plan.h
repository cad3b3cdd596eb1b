/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file plan.h
 * What to do next, ladder by ladder.
 *
 *     assay_domain_plan()      plan.c: once for an evaluation; errors first
 *       plan_auth()            plan_auth.c: from nothing to p=reject, by the gates of reports
 *       plan_transport()       plan_transport.c: TLS-RPT, MTA-STS, DANE
 *       plan_brand()           plan_transport.c: BIMI
 *
 * Each asks for what its row wants: plan_want() notes what is missing, plan_not_before() a date. A step that lacks
 * evidence has no record, so that nobody publishes one too early. Without reports nothing beyond p=none with rua is
 * asked for (and repairs, and what parks a domain): a scan cannot see who else sends.
 *
 * Hysteresis: no two steps within PLAN_PAUSE; back only when own mail fails two days on end.
 */
#ifndef POSTURE_PLAN_H
#define POSTURE_PLAN_H

#include "posture/dmarc_compose.h"
#include "posture/evidence.h"
#include "posture/plan_rows.h"

enum {
    PLAN_DAY = 86400,
    PLAN_PAUSE = 14 * PLAN_DAY,
    PLAN_STEPS = 16,   /* of one plan */
    PLAN_MISSING = 16, /* of one step */
    PLAN_FIXES = 24
};

/** A plan being made. */
struct planner {
    struct posture *p;
    const struct evidence *e; /**< NULL: no reports */
    struct assay_plan_step *steps;
    size_t n;
};

/** Begin a step: now, unless something speaks against it. NULL when memory is out. */
struct assay_plan_step *plan_step(struct planner *pl, enum plan_row_id row);

/** Unless it is so, the step is not yet to be taken, and this is what is missing. */
void plan_want(struct planner *pl, struct assay_plan_step *s, bool is_so, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** The step is not to be taken before a time. */
void plan_not_before(struct planner *pl, struct assay_plan_step *s, int64_t t);

/** The step is not to be taken within 14 days of the one before; when that was has to be known. */
void plan_pause(struct planner *pl, struct assay_plan_step *s);

/** Say what is so here. */
void plan_say(struct planner *pl, struct assay_plan_step *s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** A record to publish. `before` empty: there is none yet; `type` "file": a document of the web. */
void plan_publish(struct planner *pl, struct assay_plan_step *s, const char *type, assay_span name,
                  assay_span before, assay_span after);

/** Something to do that is no record. */
void plan_advise(struct planner *pl, struct assay_plan_step *s, const char *text);

/** Take over what findings of a check ask for. */
void plan_take(struct planner *pl, struct assay_plan_step *s, enum finding_id id);

/** What reports have to show of `m` for a step, over `days`: so many of a thousand pass. Notes what is missing. */
void plan_gate(struct planner *pl, struct assay_plan_step *s, const struct evidence_mail *m,
               unsigned days, unsigned pass);

/** The ladder of who may send. */
void plan_auth(struct planner *pl);

/** The ladder of the way in. */
void plan_transport(struct planner *pl);

/** The ladder of the logo. */
void plan_brand(struct planner *pl);

#endif
