/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/plan.h"

#include "base/limits.h"
#include "base/time.h"
#include "cli/answers.h"
#include "cli/files.h"
#include "cli/many.h"
#include "cli/record.h"
#include "dns/alabel.h"
#include "posture/evidence.h"

#include <time.h>

enum { QUESTION_MS = 10000, DEADLINE_MS = 60000, MAX_KEYS = 64, OUTPUT_MAX = 16 << 20 };

/** A run of the command. */
struct planner_run {
    const struct cli *cli;
    assay_engine *engine;
    struct assay_domain domain;
    assay_span selectors[LIMIT_SELECTORS], subdomains[LIMIT_SUBDOMAINS];
    struct buf evidence;
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

/** Collect the names of an option that may be given several times. */
static int read_names(const struct planner_run *r, enum cli_option_id option, assay_span *ret,
                      size_t most, size_t *ret_n)
{
    const char *value;
    size_t cursor = 0;

    while ((value = cli_next_value(r->cli, option, &cursor))) {
        struct dns_name name;

        if (*ret_n == most || dns_to_alabels(span_of(value), &name) != ASSAY_DONE) {
            cli_complain(r->cli, "--%s: \"%.100s\" is no name, or one too many",
                         CLI_OPTION_TABLE[option].name, value);
            return EXIT_USAGE;
        }
        ret[(*ret_n)++] = span_of(value);
    }
    return 0;
}

/** The profile of the command line. */
static enum assay_profile profile_of(const struct planner_run *r)
{
    const char *value = cli_value(r->cli, OPT_PROFILE);

    for (int i = ASSAY_PROFILE_MAIL; value && i <= ASSAY_PROFILE_PARKED; i++)
        if (span_is(span_of(value), assay_profile_text((enum assay_profile)i)))
            return (enum assay_profile)i;
    return ASSAY_PROFILE_INFER;
}

/** What a case asks, where the command line does not. */
static void take_case(struct planner_run *r)
{
    const struct assay_domain *from = r->answers.from ? case_domain(r->answers.from) : NULL;
    struct assay_domain *d = &r->domain;

    if (!from)
        return;
    d->domain = d->domain.n ? d->domain : from->domain;
    d->profile = d->profile ? d->profile : from->profile;
    d->depth = from->depth;
    d->no_probe |= from->no_probe;
    d->no_web |= from->no_web;
    d->signs_nothing = from->signs_nothing;
    if (!d->nselectors) {
        d->selectors = from->selectors;
        d->nselectors = from->nselectors;
    }
    if (!d->nsubdomains) {
        d->subdomains = from->subdomains;
        d->nsubdomains = from->nsubdomains;
    }
    if (!d->evidence.n)
        d->evidence = from->evidence;
}

/** Read --evidence, and say what is wrong with it. */
static int read_evidence(struct planner_run *r)
{
    const char *file = cli_value(r->cli, OPT_EVIDENCE), *why = NULL;
    struct arena a = {0};
    struct evidence e;
    struct dns_name domain;
    assay_status s;
    int status;

    if (!file)
        return 0;
    if ((status = files_read(r->cli, file, &r->evidence)) != 0)
        return status;
    r->domain.evidence = buf_span(&r->evidence);
    if (dns_to_alabels(r->domain.domain, &domain) != ASSAY_DONE)
        return 0; /* whoever looks at the domain says so */
    s = evidence_read(&a, r->domain.evidence, dns_name_span(&domain), &e, &why);
    arena_done(&a);
    if (s == ASSAY_DONE)
        return 0;
    if (s == ASSAY_ENOMEM)
        return no_memory(r);
    cli_complain(r->cli, "%s: %s; assay-plan(1) says how it looks", file, why);
    return EXIT_USAGE;
}

/** The time to judge by. */
static int read_now(struct planner_run *r)
{
    const char *now = cli_value(r->cli, OPT_NOW);
    const struct assay_envelope *envelope = r->answers.from ? case_envelope(r->answers.from) : NULL;

    r->domain.now = envelope ? envelope->now : (int64_t)time(NULL);
    if (!now || time_read(span_of(now), &r->domain.now))
        return 0;
    cli_complain(r->cli, "--now: \"%.100s\" is no time, such as 2026-11-23T12:00:00Z", now);
    return EXIT_USAGE;
}

/** Read all that is given. */
static int read_options(struct planner_run *r)
{
    struct assay_domain *d = &r->domain;
    const struct cli_args *args = &r->cli->args;
    int status = 0;

    if (args->noperands > 1 || (cli_has(r->cli, OPT_NOW) && !cli_has(r->cli, OPT_WORLD))) {
        cli_complain(r->cli,
                     args->noperands > 1 ? "one domain at a time" : "--now goes with --world");
        return EXIT_USAGE;
    }
    *d = (struct assay_domain){.size = sizeof *d,
                               .domain = args->noperands ? span_of(args->operands[0]) : SPAN_EMPTY,
                               .profile = profile_of(r),
                               .no_probe = cli_has(r->cli, OPT_NO_PROBE),
                               .no_web = cli_has(r->cli, OPT_NO_WEB),
                               .selectors = r->selectors,
                               .subdomains = r->subdomains,
                               .evidence = SPAN_EMPTY};
    if (cli_has(r->cli, OPT_WORLD))
        status =
            files_read_one_case(r->cli, cli_value(r->cli, OPT_WORLD), &r->set, &r->answers.from);
    if (status == 0)
        status = read_names(r, OPT_SELECTOR, r->selectors, LIMIT_SELECTORS, &d->nselectors);
    if (status == 0)
        status = read_names(r, OPT_SUBDOMAIN, r->subdomains, LIMIT_SUBDOMAINS, &d->nsubdomains);
    if (status != 0)
        return status;
    take_case(r);
    if (!d->domain.n) {
        cli_complain(r->cli, "which domain? assay plan example.org");
        return EXIT_USAGE;
    }
    if ((status = read_now(r)) != 0)
        return status;
    return read_evidence(r);
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
    return assay_domain_new(r->engine, &r->domain, ret);
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
    cli_complain(r->cli, "%.*s: %s", SPAN_ARG(span_first(r->domain.domain, 200)),
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
    struct planner_run r = {.cli = cli, .evidence = buf_new(LIMIT_EVIDENCE + 1)};
    int status = answers_init(cli, &r.answers);

    if (status == 0)
        status = read_options(&r);
    if (status == 0 && assay_engine_new(MAX_KEYS, &r.engine) != ASSAY_DONE)
        status = no_memory(&r);
    if (status == 0)
        status = r.answers.from ? run_case(&r) : run_world(&r);
    answers_done(&r.answers);
    case_set_free(r.set);
    assay_engine_free(r.engine);
    buf_done(&r.evidence);
    return status;
}
