/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file plan.h
 * `assay plan`: what to do next for a domain, as a dated plan that can be put into a ticket.
 *
 *     cli_plan()         plan.c: options, the evaluation
 *       plan_show()      plan_show.c: for people
 *       plan_markdown()  plan_show.c
 *       plan_json()      plan_json.c
 *       plan_ics()       plan_ics.c: the dates for a calendar (RFC 5545)
 */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli/term.h"

#include <assay/posture.h>

/** A form of output. */
typedef void plan_form(const struct term *t, const struct assay_posture *p,
                       const struct assay_plan *plan, struct buf *out);

plan_form plan_show;     /**< for people */
plan_form plan_markdown; /**< for a ticket */
plan_form plan_json;     /**< docs/json/plan.schema.json */
plan_form plan_ics;      /**< RFC 5545 */

/** When a step can be taken: "now", "not before 2026-12-04", "when what is missing is there". */
assay_span plan_when(const struct assay_plan_step *s, char text[64]);

/** Append a date of a time: 2026-12-04. */
void plan_put_date(int64_t t, struct buf *out);

#endif
