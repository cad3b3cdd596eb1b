/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/plan.h"

#include "cli/answers.h"
#include "cli/domain.h"
#include "cli/files.h"
#include "cli/many.h"
#include "cli/record.h"
#include "dns/alabel.h"
#include "posture/evidence.h"

#include <stdlib.h>

enum { QUESTION_MS = 10000, DEADLINE_MS = 60000, MAX_KEYS = 64, OUTPUT_MAX = 16 << 20 };

/** A run of the command. */
struct planner_run {
    const struct cli *cli;
    assay_engine *engine;
    struct domain_asked asked;
    struct answers answers;
    struct case_set *set;
    int status;
};

/** Memory is out. */
static int no_memory(const struct planner_run *r)
{
    cli_complain(r->cli, "out of memory");
    return EXIT_SOFTWARE;
}

/* ---- options ---- */

/** Say what is wrong with --evidence. */
static int check_evidence(struct planner_run *r)
{
    const char *file = cli_value(r->cli, OPT_EVIDENCE), *why = NULL;
    const struct assay_domain *d = &r->asked.domain;
    struct arena a = {0};
    struct evidence e;
    struct dns_name domain;
    assay_status s;

    if (!file || dns_to_alabels(d->domain, &domain) != ASSAY_DONE)
        return 0; /* whoever looks at the domain says so */
    s = evidence_read(&a, d->evidence, dns_name_span(&domain), &e, &why);
    arena_done(&a);
    if (s == ASSAY_DONE)
        return 0;
    if (s == ASSAY_ENOMEM)
        return no_memory(r);
    cli_complain(r->cli, "%s: %s; assay-plan(1) says how it looks", file, why);
    return EXIT_USAGE;
}

/** Read all that is given. */
static int read_options(struct planner_run *r)
{
    const struct cli_args *args = &r->cli->args;
    int status = 0;

    if (args->noperands > 1 || (cli_has(r->cli, OPT_NOW) && !cli_has(r->cli, OPT_WORLD))) {
        cli_complain(r->cli,
                     args->noperands > 1 ? "one domain at a time" : "--now goes with --world");
        return EXIT_USAGE;
    }
    if (cli_has(r->cli, OPT_WORLD))
        status =
            files_read_one_case(r->cli, cli_value(r->cli, OPT_WORLD), &r->set, &r->answers.from);
    if (status == 0)
        status = domain_asked_read(r->cli, r->answers.from, &r->asked);
    if (status != 0)
        return status;
    if (args->noperands)
        r->asked.domain.domain = span_of(args->operands[0]);
    if (!r->asked.domain.domain.n) {
        cli_complain(r->cli, "which domain? assay plan example.org");
        return EXIT_USAGE;
    }
    return check_evidence(r);
}

/* ---- the plan ---- */

/** The form that is asked for. */
static plan_form *form_of(const struct cli *cli)
{
    return cli_has(cli, OPT_JSON)       ? plan_json
           : cli_has(cli, OPT_MARKDOWN) ? plan_markdown
           : cli_has(cli, OPT_ICS)      ? plan_ics
                                        : plan_show;
}

/** Some answer that the plan needs did not come. */
static bool is_unclear(const struct assay_plan *plan)
{
    for (size_t i = 0; i < plan->nsteps; i++)
        if (span_is(span_of(plan->steps[i].row->id), "U"))
            return true;
    return false;
}

/** Write the plan. \return the exit status */
static int write_plan(const struct planner_run *r, assay_eval *eval)
{
    struct buf out = buf_new(OUTPUT_MAX);
    const struct assay_plan *plan;
    struct record record;
    int status = 0;

    if (assay_domain_plan(eval, &plan) != ASSAY_DONE)
        return no_memory(r);
    form_of(r->cli)(&r->cli->out, assay_domain_result(eval), plan, &out);
    status = cli_print(r->cli, &out);
    buf_done(&out);
    if (status == 0 && cli_has(r->cli, OPT_RECORD)) {
        record_init(&record, r->cli);
        status = record_write(&record, eval);
        record_done(&record);
    }
    return status ? status : is_unclear(plan) ? EXIT_DEFER : 0;
}

/** Begin to look. */
static assay_status begin_one(void *arg, size_t i, assay_eval **ret)
{
    struct planner_run *r = arg;

    (void)i;
    return assay_domain_new(r->engine, &r->asked.domain, ret);
}

/** It is over. */
static void end_one(void *arg, size_t i, assay_eval *eval, assay_status s, int64_t ms)
{
    struct planner_run *r = arg;

    (void)i;
    (void)ms;
    if (s == ASSAY_DONE) {
        r->status = write_plan(r, eval);
        return;
    }
    r->status = s == ASSAY_EINVAL ? EXIT_USAGE : EXIT_SOFTWARE;
    cli_complain(r->cli, "%.*s: %s", SPAN_ARG(span_first(r->asked.domain.domain, 200)),
                 s == ASSAY_EINVAL ? "it is no domain name, or the evidence is about another one"
                                   : assay_strstatus(s));
}

/** Look, answered by a case. */
static int run_case(struct planner_run *r)
{
    assay_eval *eval = NULL;
    assay_status s = begin_one(r, 0, &eval);
    int status = s == ASSAY_DONE ? answers_drive(&r->answers, eval, "plan") : 0;

    if (status == 0)
        end_one(r, 0, eval, s, 0);
    assay_eval_free(eval);
    return status ? status : r->status;
}

/** Look, answered by the world. */
static int run_world(struct planner_run *r)
{
    struct many m = {.jobs = 1,
                     .question_ms = QUESTION_MS,
                     .deadline_ms = DEADLINE_MS,
                     .total = 1,
                     .begin = begin_one,
                     .done = end_one,
                     .arg = r};
    int status = answers_world(&r->answers, &m.world);

    if (status != 0)
        return status;
    return many_run(&m) == ASSAY_DONE ? r->status : no_memory(r);
}

int cli_plan(const struct cli *cli)
{
    struct planner_run *r = calloc(1, sizeof *r);
    int status;

    if (!r) {
        cli_complain(cli, "out of memory");
        return EXIT_SOFTWARE;
    }
    r->cli = cli;
    status = answers_init(cli, &r->answers);
    if (status == 0)
        status = read_options(r);
    if (status == 0 && assay_engine_new(MAX_KEYS, &r->engine) != ASSAY_DONE)
        status = no_memory(r);
    if (status == 0)
        status = r->answers.from ? run_case(r) : run_world(r);
    answers_done(&r->answers);
    case_set_free(r->set);
    assay_engine_free(r->engine);
    domain_asked_done(&r->asked);
    free(r);
    return status;
}
