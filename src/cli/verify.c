/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/answers.h"
#include "cli/pipe.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "cli/report.h"

#include <stdlib.h>

enum { OUTPUT_MAX = 64 << 20, MAX_KEYS = 256 };

/** What is made once for all messages of a run. */
struct verifier {
    const struct cli *cli;
    assay_engine *engine;
    struct answers answers;
    struct case_set *world; /* of --world */
    const struct case_one *world_one;
    struct buf out;
    char *room; /* FILES_ROOM octets */
    bool many;
};

/** One message on its way. */
struct job {
    struct verifier *v;
    const char *name;
    struct case_set *set;         /* when the file itself is a case */
    const struct case_one *own;   /* its case */
    const struct case_one *world; /* the case that answers: of --world, or its own; NULL: the DNS */
    const struct case_one *context; /* the case whose envelope and options count, or NULL */
    struct message_file message;
    struct envelope envelope;
    assay_policy *policy;
    assay_eval *eval;
    struct record record;
    struct pipe_copy copy; /* of --pipe */
};

/** Memory is out, or a call was refused that should not be. */
static int failed(const struct job *j, assay_status s)
{
    cli_complain(j->v->cli, "%s: %s", j->name, assay_strstatus(s));
    return EXIT_SOFTWARE;
}

/* ---- the options of the receiver ---- */

/** Set what the [policy] of a case says. */
static int set_case_options(const struct job *j)
{
    struct case_error error = {0};
    assay_status s = case_set_policy(j->context, j->policy, &error);

    if (s == ASSAY_DONE)
        return 0;
    if (s != ASSAY_EINVAL)
        return failed(j, s);
    cli_complain(j->v->cli, "%s:%zu:%zu: %s",
                 j->context == j->own ? j->name : cli_value(j->v->cli, OPT_WORLD), error.line,
                 error.column, error.text);
    return EXIT_USAGE;
}

/** Make the policy: defaults, the case, --policy, -o. */
static int make_policy(struct job *j)
{
    const struct cli *cli = j->v->cli;
    const char *file = cli_value(cli, OPT_POLICY), *option;
    size_t cursor = 0;
    assay_status s = assay_policy_new(&j->policy);
    int status = 0;

    if (s == ASSAY_DONE && !cli_has(cli, OPT_PIPE))
        s = assay_policy_set(j->policy, "dmarc.second_view", "yes", NULL);
    if (s != ASSAY_DONE)
        return failed(j, s);
    if (j->context)
        status = set_case_options(j);
    if (status == 0 && file)
        status = files_set_options(cli, file, j->policy);
    while (status == 0 && (option = cli_next_value(cli, OPT_SET, &cursor)))
        status = files_set_option(cli, option, j->policy);
    assay_policy_seal(j->policy);
    return status;
}

/* ---- judging ---- */

/** Open the message, or the case that holds it. */
static int open_message(struct job *j)
{
    const struct cli *cli = j->v->cli;
    int status;

    j->world = j->context = j->v->world_one;
    if (!files_is_case(j->name))
        return message_open(cli, j->name, &j->message);
    if ((status = files_read_one_case(cli, j->name, &j->set, &j->own)) != 0)
        return status;
    if (!case_message(j->own).n) {
        cli_complain(cli, "%s has no [message] to judge; assay case %s runs it", j->name, j->name);
        return EXIT_USAGE;
    }
    j->world = j->world ? j->world : j->own;
    j->context = case_envelope(j->own) ? j->own : j->world;
    return message_open_memory(cli, j->name, case_message(j->own), &j->message);
}

/** Make the evaluation. */
static int make_eval(struct job *j)
{
    const struct cli *cli = j->v->cli;
    assay_status s;
    int status = make_policy(j);

    if (status == 0)
        status = envelope_make(cli, &j->message, j->context, &j->envelope);
    if (status != 0)
        return status;
    s = assay_receive_new(j->v->engine, j->policy, &j->envelope.e, &j->eval);
    if (s == ASSAY_DONE)
        s = envelope_recipients(cli, j->context, j->eval);
    return s == ASSAY_DONE ? 0 : failed(j, s);
}

/** Feed the message; it streams by. */
static int feed(struct job *j)
{
    assay_span piece;
    assay_status s = ASSAY_DONE;
    int status;

    for (;;) {
        if ((status = message_next(j->v->cli, &j->message, j->v->room, &piece)) != 0)
            return status;
        if (!piece.n)
            break;
        if ((s = assay_feed(j->eval, piece)) < 0)
            return failed(j, s);
        record_keep(&j->record, piece);
        if ((status = pipe_keep(j->v->cli, &j->copy, piece)) != 0)
            return status;
    }
    if (j->own)
        s = case_give_digests(j->own, j->eval);
    return s < 0 ? failed(j, s) : 0;
}

/** Ask and step until the verdict is there. */
static int judge(struct job *j)
{
    assay_status s;
    int status = feed(j);

    if (status != 0)
        return status;
    if ((s = assay_eom(j->eval)) != ASSAY_DONE)
        return failed(j, s);
    j->v->answers.from = j->world;
    return answers_drive(&j->v->answers, j->eval, j->name);
}

/* ---- showing ---- */

/**
 * Append the Authentication-Results field, with the line ends of this system; a terminal gets it
 * cleaned.
 */
static void put_authres(const struct term *t, const struct assay_verdict *v, struct buf *out)
{
    assay_span rest = v->authres, line;

    buf_puts(out, "Authentication-Results: ");
    while (span_line(&rest, &line)) {
        if (t->tty)
            term_clean(t, line, out);
        else
            buf_put(out, line);
        buf_putc(out, '\n');
    }
}

/** Append what is to be printed. */
static assay_status show(const struct job *j, const struct report *r, struct buf *out)
{
    const struct cli *cli = j->v->cli;

    if (cli_has(cli, OPT_QUIET) || cli_has(cli, OPT_PIPE))
        return ASSAY_DONE;
    if (cli_has(cli, OPT_JSON))
        return report_json(r, cli_has(cli, OPT_EXPLAIN), out);
    if (cli_has(cli, OPT_AR)) {
        put_authres(&cli->out, r->verdict, out);
        return ASSAY_DONE;
    }
    if (j->v->many && !cli_has(cli, OPT_EXPLAIN)) {
        report_show_line(r, out);
        return ASSAY_DONE;
    }
    report_show(r, out);
    if (!cli_has(cli, OPT_EXPLAIN))
        return ASSAY_DONE;
    report_explain_envelope(r, out);
    return report_explain(cli, j->eval, NULL, out);
}

/** Print the verdict, record it, and tell its exit status. */
static int conclude(struct job *j)
{
    const struct cli *cli = j->v->cli;
    struct report r = {.cli = cli,
                       .file = j->name,
                       .header = &j->message.header,
                       .envelope = &j->envelope,
                       .context = j->context,
                       .replay = j->world != NULL,
                       .when = SPAN_EMPTY,
                       .eval = j->eval,
                       .verdict = assay_result(j->eval)};
    assay_status s = show(j, &r, &j->v->out);
    int status = report_status(r.verdict);

    if (s != ASSAY_DONE)
        return failed(j, s);
    if (cli_has(cli, OPT_PIPE))
        status = pipe_write(cli, &j->copy, &j->message, r.verdict);
    return cli_worse(status, record_write(&j->record, j->eval));
}

/** Say that a message could not be judged, where programs listen. */
static void tell_error(const struct job *j, int status)
{
    if (cli_has(j->v->cli, OPT_JSON))
        report_json_error(j->v->cli, j->name, status, &j->v->out);
}

/** Judge one message. \return the exit status it stands for */
static int verify_one(struct verifier *v, const char *name)
{
    struct job j = {.v = v, .name = name};
    int status, printed;

    record_init(&j.record, v->cli);
    status = open_message(&j);
    j.message.whole = cli_has(v->cli, OPT_PIPE);
    if (status == 0 && j.message.whole)
        status = pipe_begin(v->cli, &j.copy);
    j.record.digests = j.own && case_has_digests(j.own);
    if (status == 0)
        status = make_eval(&j);
    if (status == 0)
        status = judge(&j);
    if (status == 0)
        status = conclude(&j);
    else
        tell_error(&j, status);
    printed = cli_print(v->cli, &v->out);
    assay_eval_free(j.eval);
    assay_policy_free(j.policy);
    record_done(&j.record);
    pipe_done(&j.copy);
    message_close(&j.message);
    case_set_free(j.set);
    return printed == 0 ? status : cli_worse(status, printed);
}

/* ---- the command ---- */

/** Refuse options that exclude each other. */
static int check_options(const struct cli *cli)
{
    static const struct {
        enum cli_option_id a, b;
    } EXCLUDE[] = {{OPT_JSON, OPT_AR},     {OPT_JSON, OPT_QUIET},    {OPT_AR, OPT_QUIET},
                   {OPT_AR, OPT_EXPLAIN},  {OPT_EXPLAIN, OPT_QUIET}, {OPT_WORLD, OPT_RESOLVER},
                   {OPT_PIPE, OPT_JSON},   {OPT_PIPE, OPT_AR},       {OPT_PIPE, OPT_QUIET},
                   {OPT_PIPE, OPT_EXPLAIN}};

    for (size_t i = 0; i < sizeof EXCLUDE / sizeof *EXCLUDE; i++)
        if (cli_has(cli, EXCLUDE[i].a) && cli_has(cli, EXCLUDE[i].b)) {
            cli_complain(cli, "--%s and --%s exclude each other",
                         CLI_OPTION_TABLE[EXCLUDE[i].a].name, CLI_OPTION_TABLE[EXCLUDE[i].b].name);
            return EXIT_USAGE;
        }
    if (cli_has(cli, OPT_REDACT) && !cli_has(cli, OPT_RECORD))
        cli_complain(cli,
                     "--redact says how to --record; name a file: --record FILE.case --redact");
    else if (cli_has(cli, OPT_RECORD) && cli->args.noperands > 1)
        cli_complain(cli, "--record keeps one message in a file; name one");
    else if (cli_has(cli, OPT_PIPE) && cli->args.noperands)
        cli_complain(cli, "--pipe reads standard input; name no file");
    else
        return 0;
    return EXIT_USAGE;
}

/** Make what all messages share. */
static int begin(struct verifier *v)
{
    const char *world = cli_value(v->cli, OPT_WORLD);
    int status = answers_init(v->cli, &v->answers);

    v->out = buf_new(OUTPUT_MAX);
    v->many = v->cli->args.noperands > 1;
    if (status == 0 && world)
        status = files_read_one_case(v->cli, world, &v->world, &v->world_one);
    if (status != 0)
        return status;
    if (!(v->room = malloc(FILES_ROOM)) || assay_engine_new(MAX_KEYS, &v->engine) != ASSAY_DONE) {
        cli_complain(v->cli, "out of memory");
        return EXIT_SOFTWARE;
    }
    return 0;
}

/** Judge all. */
static int verify_all(struct verifier *v)
{
    const struct cli_args *args = &v->cli->args;
    struct progress progress = progress_begin(v->cli, args->noperands);
    int status = EXIT_ACCEPT;

    if (args->noperands == 0)
        return verify_one(v, "-");
    for (size_t i = 0; i < args->noperands; i++) {
        int one = verify_one(v, args->operands[i]);

        status = i ? cli_worse(status, one) : one;
        progress_count(&progress, one);
    }
    progress_end(&progress);
    return status;
}

int cli_verify(const struct cli *cli)
{
    struct verifier v = {.cli = cli};
    int status = check_options(cli);

    if (status != 0)
        return status;
    if ((status = begin(&v)) == 0)
        status = verify_all(&v);
    if (cli_has(cli, OPT_PIPE) && status != 0)
        status = EXIT_DEFER; /* no reason of ours to return a message to its sender */
    answers_done(&v.answers);
    case_set_free(v.world);
    assay_engine_free(v.engine);
    buf_done(&v.out);
    free(v.room);
    return status;
}
