/* SPDX-License-Identifier: BSD-2-Clause */
#include "spf/survey.h"

#include "base/limits.h"
#include "dns/alabel.h"

#include <stdlib.h>

/** A domain being walked. */
struct survey {
    struct assay_eval ev; /**< first: an assay_eval is one of these */
    struct dns_name domain;
    struct spf_walk walk;
};

/** The step. */
static assay_status step(struct assay_eval *ev)
{
    struct survey *s = (struct survey *)ev;
    struct spf_walk_request request = {.domain = dns_name_span(&s->domain), .keep = &ev->keep};

    return spf_walk(ev, &request, &s->walk);
}

static void survey_free(struct assay_eval *ev)
{
    eval_done(ev);
    free(ev);
}

static const struct eval_ops SURVEY_OPS = {.step = step, .free = survey_free};

assay_status spf_survey_new(assay_engine *engine, assay_span domain, int64_t now, assay_eval **ret)
{
    struct survey *s = calloc(1, sizeof *s);
    assay_status status = s ? dns_to_alabels(domain, &s->domain) : ASSAY_ENOMEM;

    if (status == ASSAY_DONE && !s->domain.n)
        status = ASSAY_EINVAL;
    if (status != ASSAY_DONE) {
        free(s);
        return status;
    }
    eval_init(&s->ev, &SURVEY_OPS, engine, now);
    s->ev.most_questions = s->ev.most_asks = LIMIT_DOMAIN_QUESTIONS;
    s->ev.most_bytes = LIMIT_DOMAIN_BYTES;
    *ret = &s->ev;
    return ASSAY_DONE;
}

const struct spf_walk *spf_survey_walk(const assay_eval *ev)
{
    return ev->ops == &SURVEY_OPS && ev->done ? &((const struct survey *)ev)->walk : NULL;
}
