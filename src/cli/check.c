/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/check.h"

#include "cli/answers.h"
#include "cli/baseline.h"
#include "cli/domain.h"
#include "cli/expect.h"
#include "cli/files.h"
#include "cli/many.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "dns/alabel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** Jobs unless given; milliseconds of one question, one server, one domain; keys kept. */
enum {
    JOBS = 4,
    QUESTION_MS = 10000,
    WEB_MS = 20000,
    DEADLINE_MS = 60000,
    MAX_KEYS = 64,
    BATCH_DOMAINS = 100000
};

/** A run of the command. */
struct checker {
    const struct cli *cli;
    assay_engine *engine;
    struct domain_asked asked; /* what is the same for all */
    const char **names;        /* of domains */
    size_t n;
    char apex[DNS_NAME_TEXT + 1];
    struct answers answers;
    struct case_set *set;
    struct zone *zone;
    struct baseline *baseline;
    struct expect *expect;
    struct check_output out;
    FILE *file; /* of --out; NULL: standard output */
    struct progress progress;
    int status;
};

/** Memory is out. */
static int no_memory(const struct checker *c)
{
    cli_complain(c->cli, "out of memory");
    return EXIT_SOFTWARE;
}

/* ---- options ---- */

/** The word of an option as a place in a list, from 0; the table of options has checked it. */
static unsigned word_of(const struct checker *c, enum cli_option_id option, unsigned initial)
{
    assay_span words = span_of(CLI_OPTION_TABLE[option].complete), word;
    const char *value = cli_value(c->cli, option);

    for (unsigned i = 0; value && span_cut(&words, ' ', &word); i++)
        if (span_is(word, value))
            return i;
    return initial;
}

/** Options that exclude each other, or that need another one. */
static int check_options(const struct checker *c)
{
    static const struct {
        enum cli_option_id a, b;
    } EXCLUDE[] = {{OPT_WORLD, OPT_RESOLVER},
                   {OPT_WORLD, OPT_ZONE},
                   {OPT_ZONE, OPT_RECORD},
                   {OPT_WORLD, OPT_OFFLINE},
                   {OPT_RESOLVER, OPT_OFFLINE}},
      NEEDS[] = {{OPT_ORIGIN, OPT_ZONE}, {OPT_OFFLINE, OPT_ZONE}, {OPT_NOW, OPT_WORLD}};

    for (size_t i = 0; i < sizeof EXCLUDE / sizeof *EXCLUDE; i++)
        if (cli_has(c->cli, EXCLUDE[i].a) && cli_has(c->cli, EXCLUDE[i].b)) {
            cli_complain(c->cli, "--%s and --%s exclude each other",
                         CLI_OPTION_TABLE[EXCLUDE[i].a].name, CLI_OPTION_TABLE[EXCLUDE[i].b].name);
            return EXIT_USAGE;
        }
    for (size_t i = 0; i < sizeof NEEDS / sizeof *NEEDS; i++)
        if (cli_has(c->cli, NEEDS[i].a) && !cli_has(c->cli, NEEDS[i].b)) {
            cli_complain(c->cli, "--%s goes with --%s", CLI_OPTION_TABLE[NEEDS[i].a].name,
                         CLI_OPTION_TABLE[NEEDS[i].b].name);
            return EXIT_USAGE;
        }
    return 0;
}

/* ---- files ---- */

/** Read a file into a buffer of its own. */
static int read_file(const struct checker *c, enum cli_option_id option, struct buf *ret)
{
    *ret = buf_new(FILES_HELD_MAX);
    return files_read(c->cli, cli_value(c->cli, option), ret);
}

/** Say what is wrong in a file, and where. */
static int complain_at(const struct checker *c, enum cli_option_id option, assay_status s,
                       size_t line, size_t column, const char *text)
{
    if (s == ASSAY_ENOMEM)
        return no_memory(c);
    cli_complain(c->cli, "%s:%zu:%zu: %s", cli_value(c->cli, option), line, column, text);
    return EXIT_USAGE;
}

/** Read --baseline. */
static int read_baseline(struct checker *c)
{
    struct buf text;
    const char *why = NULL;
    assay_status s;
    int status = read_file(c, OPT_BASELINE, &text);

    if (status == 0 && (s = baseline_read(buf_span(&text), &c->baseline, &why)) != ASSAY_DONE) {
        if (s == ASSAY_ENOMEM)
            status = no_memory(c);
        else {
            cli_complain(c->cli, "%s: %s", cli_value(c->cli, OPT_BASELINE), why);
            status = EXIT_USAGE;
        }
    }
    buf_done(&text);
    return status;
}

/** Read --expect. */
static int read_expect(struct checker *c)
{
    struct buf text;
    struct expect_error error;
    assay_status s;
    int status = read_file(c, OPT_EXPECT, &text);

    if (status == 0 && (s = expect_read(buf_span(&text), &c->expect, &error)) != ASSAY_DONE)
        status = complain_at(c, OPT_EXPECT, s, error.line, error.column, error.text);
    buf_done(&text);
    return status;
}

/** The origin that the command line gives a zone file: --origin, or the one domain that is asked about. */
static int zone_origin(const struct checker *c, struct dns_name *ret)
{
    const char *origin = cli_value(c->cli, OPT_ORIGIN);

    if (!origin && c->cli->args.noperands == 1)
        origin = c->cli->args.operands[0];
    ret->n = 0;
    if (!origin || dns_to_alabels(span_of(origin), ret) == ASSAY_DONE)
        return 0;
    cli_complain(c->cli, "\"%.200s\" is no domain name", origin);
    return EXIT_USAGE;
}

/** Read --zone. */
static int read_zone(struct checker *c)
{
    struct buf text;
    struct zone_error error;
    struct dns_name origin;
    assay_status s;
    int status = zone_origin(c, &origin);

    if (status != 0)
        return status;
    status = read_file(c, OPT_ZONE, &text);
    if (status == 0 &&
        (s = zone_read(buf_span(&text), dns_name_span(&origin), &c->zone, &error)) != ASSAY_DONE)
        status = complain_at(c, OPT_ZONE, s, error.line, error.column, error.text);
    buf_done(&text);
    return status;
}

/** Read --world. */
static int read_world(struct checker *c)
{
    return files_read_one_case(c->cli, cli_value(c->cli, OPT_WORLD), &c->set, &c->answers.from);
}

/** Read the files that the command line names. */
static int read_files(struct checker *c)
{
    static const struct {
        enum cli_option_id option;
        int (*read)(struct checker *c);
    } FILES[] = {{OPT_WORLD, read_world},
                 {OPT_BASELINE, read_baseline},
                 {OPT_EXPECT, read_expect},
                 {OPT_ZONE, read_zone}};
    int status = 0;

    for (size_t i = 0; i < sizeof FILES / sizeof *FILES && status == 0; i++)
        if (cli_has(c->cli, FILES[i].option))
            status = FILES[i].read(c);
    return status;
}

/* ---- output ---- */

/** The form that is asked for. \return 0 or EXIT_USAGE, complained of */
static int choose_writer(struct checker *c)
{
    static const struct {
        enum cli_option_id option;
        const struct check_writer *writer;
    } FORMS[] = {{OPT_JSON, &CHECK_JSON},      {OPT_JSONL, &CHECK_JSONL},
                 {OPT_CSV_REPORT, &CHECK_CSV}, {OPT_MARKDOWN, &CHECK_MARKDOWN},
                 {OPT_HTML, &CHECK_HTML},      {OPT_SARIF, &CHECK_SARIF},
                 {OPT_JUNIT, &CHECK_JUNIT}};
    const char *first = NULL;

    c->out.writer = &CHECK_SHOW;
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
        if (!cli_has(c->cli, FORMS[i].option))
            continue;
        if (first) {
            cli_complain(c->cli, "--%s and --%s exclude each other", first,
                         CLI_OPTION_TABLE[FORMS[i].option].name);
            return EXIT_USAGE;
        }
        first = CLI_OPTION_TABLE[FORMS[i].option].name;
        c->out.writer = FORMS[i].writer;
    }
    return 0;
}

/** Prepare the output. */
static int begin_output(struct checker *c)
{
    static const enum assay_outcome FAIL_ON[] = {ASSAY_ERROR, ASSAY_WARNING, ASSAY_NOTICE, 0};
    const char *path = cli_value(c->cli, OPT_OUT);
    int status = choose_writer(c);

    if (status != 0)
        return status;
    c->out.verbose = cli_has(c->cli, OPT_VERBOSE);
    c->out.fail_on = FAIL_ON[word_of(c, OPT_FAIL_ON, 0)];
    c->out.term = c->cli->out;
    c->out.out = buf_new(CHECK_OUTPUT_MAX);
    c->out.total = c->n;
    if (!path)
        return 0;
    c->out.term.tty = c->out.term.color = false;
    if ((c->file = fopen(path, "we")))
        return 0;
    cli_complain(c->cli, "--out %s: %s", path, strerror(errno));
    return EXIT_CANTWRITE;
}

/** Write what is there. */
static void flush(struct checker *c)
{
    int status;

    if (!c->file) {
        status = cli_print(c->cli, &c->out.out);
        c->status = status ? cli_worse(c->status, status) : c->status;
        return;
    }
    if (c->out.out.status != ASSAY_DONE ||
        fwrite(c->out.out.p, 1, c->out.out.n, c->file) != c->out.out.n) {
        cli_complain(c->cli, "--out %s: %s", cli_value(c->cli, OPT_OUT),
                     c->out.out.status == ASSAY_ENOMEM ? "out of memory"
                                                       : strerror(errno ? errno : EIO));
        c->status = cli_worse(c->status, EXIT_CANTWRITE);
    }
    buf_clear(&c->out.out);
}

/** Close the file. */
static void end_output(struct checker *c)
{
    if (c->out.writer && c->out.writer->end && c->out.out.max) {
        c->out.writer->end(&c->out);
        flush(c);
    }
    if (c->file && fclose(c->file) != 0) {
        cli_complain(c->cli, "--out %s: %s", cli_value(c->cli, OPT_OUT), strerror(errno));
        c->status = cli_worse(c->status, EXIT_CANTWRITE);
    }
    c->file = NULL;
}

/* ---- domains ---- */

/** Begin to look at one. */
static assay_status begin_one(void *arg, size_t i, assay_eval **ret)
{
    struct checker *c = arg;
    struct assay_domain d = c->asked.domain;

    d.domain = span_of(c->names[i]);
    return assay_domain_new(c->engine, &d, ret);
}

/** Why a domain could not be looked at. */
static assay_span why_not(const struct checker *c, const char *name, assay_status s)
{
    struct dns_name domain;

    if (s != ASSAY_EINVAL)
        return span_of(assay_strstatus(s));
    if (c->asked.domain.evidence.n && dns_to_alabels(span_of(name), &domain) == ASSAY_DONE &&
        domain.n)
        return SPAN("the evidence is not what assay-plan(1) describes");
    return SPAN("it is no domain name");
}

/** Keep a .case of it. */
static int record_one(const struct checker *c, assay_eval *eval)
{
    struct record record;
    int status;

    record_init(&record, c->cli);
    status = record_write(&record, eval);
    record_done(&record);
    return status;
}

/** One is over: write its report. */
static void end_one(void *arg, size_t i, assay_eval *eval, assay_status s, int64_t ms)
{
    struct checker *c = arg;
    struct arena arena = {0};
    struct check_report r = {.asked = c->names[i],
                             .posture = s == ASSAY_DONE ? assay_domain_result(eval) : NULL,
                             .took = c->answers.from ? -1 : ms,
                             .replay = c->answers.from != NULL,
                             .expect_file = cli_value(c->cli, OPT_EXPECT),
                             .too_little = SPAN_EMPTY,
                             .error = SPAN_EMPTY};

    progress_clear(&c->progress);
    if (r.posture)
        s = check_judge(&r, eval, c->out.fail_on, c->baseline, c->expect, &arena);
    if (!r.posture || s != ASSAY_DONE) {
        r.posture = NULL;
        r.error = why_not(c, c->names[i], s);
        r.status = s == ASSAY_EINVAL ? EXIT_USAGE : EXIT_SOFTWARE;
        cli_complain(c->cli, "%s: %.*s", c->names[i], SPAN_ARG(r.error));
    }
    c->out.writer->one(&c->out, &r);
    c->out.done++;
    c->status = c->out.done > 1 ? cli_worse(c->status, r.status) : r.status;
    flush(c);
    if (r.posture && cli_has(c->cli, OPT_RECORD)) {
        int status = record_one(c, eval);

        c->status = status ? cli_worse(c->status, status) : c->status;
    }
    progress_count(&c->progress, r.status);
    arena_done(&arena);
}

/** How far it is with one domain, on a terminal: of several, each report shows it. */
static void tell_progress(void *arg, size_t asked, size_t answered)
{
    struct checker *c = arg;

    progress_note(&c->progress, answered, asked, "questions answered");
}

/** Look at all, answered by a case. */
static int run_case(struct checker *c)
{
    for (size_t i = 0; i < c->n; i++) {
        assay_eval *eval = NULL;
        assay_status s = begin_one(c, i, &eval);
        int status = s == ASSAY_DONE ? answers_drive(&c->answers, eval, c->names[i]) : 0;

        if (status == 0)
            end_one(c, i, eval, s, 0);
        assay_eval_free(eval);
        if (status != 0)
            return status;
    }
    return 0;
}

/** Look at all, over one world. */
static int run_world(struct checker *c)
{
    struct many m = {.zone = c->zone,
                     .jobs = JOBS,
                     .question_ms = QUESTION_MS,
                     .web_ms = WEB_MS,
                     .deadline_ms = DEADLINE_MS,
                     .total = c->n,
                     .begin = begin_one,
                     .done = end_one,
                     .tell = c->n == 1 ? tell_progress : NULL,
                     .arg = c};
    unsigned jobs = JOBS;
    int status = cli_number(c->cli, OPT_JOBS, 1, MANY_JOBS_MAX, &jobs);

    if (status != 0)
        return status;
    m.jobs = jobs;
    m.offline = cli_has(c->cli, OPT_OFFLINE);
    if ((status = answers_world(&c->answers, &m.world)) != 0)
        return status;
    return many_run(&m) == ASSAY_DONE ? 0 : no_memory(c);
}

/** The domains: of the command line, else the zone's or the case's own. */
static int choose_domains(struct checker *c)
{
    const struct cli_args *args = &c->cli->args;
    const struct assay_domain *from = c->answers.from ? case_domain(c->answers.from) : NULL;
    assay_span apex = c->zone ? zone_apex(c->zone) : from ? from->domain : SPAN_EMPTY;

    c->n = args->noperands ? args->noperands : 1;
    if (c->n > BATCH_DOMAINS) {
        cli_complain(c->cli, "%zu domains are too many at once; assay scan takes any number", c->n);
        return EXIT_USAGE;
    }
    if (c->n > 1 && cli_has(c->cli, OPT_RECORD)) {
        cli_complain(c->cli, "--record keeps one domain; %zu are given", c->n);
        return EXIT_USAGE;
    }
    if (!args->noperands && !apex.n) {
        cli_complain(c->cli, "which domain? assay check example.org");
        return EXIT_USAGE;
    }
    if (!(c->names = calloc(c->n, sizeof *c->names)))
        return no_memory(c);
    apex = span_first(apex, sizeof c->apex - 1);
    memcpy(c->apex, apex.p, apex.n);
    for (size_t i = 0; i < c->n; i++)
        c->names[i] = args->noperands ? args->operands[i] : c->apex;
    return 0;
}

/** Look at all domains. */
static int check_all(struct checker *c)
{
    int status;

    c->progress = progress_begin(c->cli, c->n);
    c->progress.what = "domains";
    c->progress.good = "well";
    c->progress.bad = "with findings";
    if (c->out.writer->begin)
        c->out.writer->begin(&c->out);
    status = c->answers.from ? run_case(c) : run_world(c);
    progress_end(&c->progress);
    return status;
}

/** Read all that is given, and look. */
static int run(struct checker *c)
{
    int status = check_options(c);

    if (status == 0)
        status = answers_init(c->cli, &c->answers);
    if (status == 0)
        status = read_files(c);
    if (status == 0)
        status = choose_domains(c);
    if (status == 0)
        status = domain_asked_read(c->cli, c->answers.from, &c->asked);
    if (status == 0 && assay_engine_new(MAX_KEYS, &c->engine) != ASSAY_DONE)
        status = no_memory(c);
    if (status == 0)
        status = begin_output(c);
    if (status != 0)
        return status;
    status = check_all(c);
    end_output(c);
    return status == 0 ? c->status : cli_worse(status, c->status);
}

int cli_check(const struct cli *cli)
{
    struct checker *c = calloc(1, sizeof *c);
    int status;

    if (!c) {
        cli_complain(cli, "out of memory");
        return EXIT_SOFTWARE;
    }
    c->cli = cli;
    status = run(c);
    if (c->file)
        fclose(c->file);
    assay_engine_free(c->engine);
    answers_done(&c->answers);
    case_set_free(c->set);
    zone_free(c->zone);
    baseline_free(c->baseline);
    expect_free(c->expect);
    domain_asked_done(&c->asked);
    buf_done(&c->out.out);
    arena_done(&c->out.arena);
    free(c->names);
    free(c);
    return status;
}
