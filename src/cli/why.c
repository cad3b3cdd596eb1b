/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/why.h"

#include "cli/control.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>

static const char USUAL_STORE[] = "/var/lib/assay/assay.db";

enum { PATH_MAX_N = 4096 };

/* ---- what both ways end with ---- */

/** Print, and join the status. */
static int finish(const struct cli *cli, int status, struct buf *out)
{
    int printed = cli_print(cli, out);

    buf_done(out);
    return printed == 0 ? status : printed;
}

/** Complain of a failed call. */
static int failed(const struct cli *cli, const char *name, assay_status s)
{
    cli_complain(cli, "%s: %s", name, assay_strstatus(s));
    return EXIT_SOFTWARE;
}

/** Begin a line for the daemon. \return 0, or EXIT_USAGE, complained of */
static int add_word(const struct cli *cli, struct buf *line, const char *word)
{
    assay_span text = span_of(word);

    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ') {
            cli_complain(cli, "a control character is in \"%.100s\"", word);
            return EXIT_USAGE;
        }
    if (line->n)
        buf_putc(line, ' ');
    buf_put(line, text);
    if (line->status == ASSAY_DONE)
        return 0;
    cli_complain(cli, "\"%.100s...\" is too long", word);
    return EXIT_USAGE;
}

/* ---- from the daemon ---- */

/** Write the case as it came. */
static int write_case(const struct cli *cli, assay_span text)
{
    const char *path = cli_value(cli, OPT_RECORD);
    FILE *file = path ? fopen(path, "we") : NULL;
    bool fine;

    if (!path)
        return 0;
    fine = file && fwrite(text.p, 1, text.n, file) == text.n;
    if (file && fclose(file) != 0)
        fine = false;
    if (fine)
        return 0;
    cli_complain(cli, "--record %s: %s", path, strerror(errno));
    return EXIT_CANTWRITE;
}

/** Append a message for people. */
static assay_status show_message(const struct why_message *m, struct buf *out)
{
    report_show(&m->report, out);
    if (!cli_has(m->report.cli, OPT_EXPLAIN))
        return ASSAY_DONE;
    return report_explain(m->report.cli, m->report.eval, NULL, out);
}

/** Run and show the case of a message. */
static int show_case(const struct cli *cli, const char *id, assay_span text)
{
    struct buf out = buf_new(WHY_OUTPUT);
    struct why_message m;
    int status = why_message_run(cli, id, text, &m);
    assay_status s = ASSAY_DONE;

    if (status == 0) {
        s = cli_has(cli, OPT_JSON) ? report_json(&m.report, cli_has(cli, OPT_EXPLAIN), &out)
                                   : show_message(&m, &out);
        status = s == ASSAY_DONE ? why_status(m.report.verdict) : failed(cli, id, s);
    }
    why_message_done(&m);
    status = cli_worse(status, write_case(cli, text));
    return finish(cli, status, &out);
}

/* ---- from the store ---- */

/** Looking for one row. */
struct look {
    const struct cli *cli;
    const char *id;
    struct buf out;
    int status; /* EXIT_UNREADABLE: no row was there */
};

/** Show a row: a store_row_fn. */
static bool take_row(void *arg, const struct store_row *row)
{
    struct look *l = arg;

    if (cli_has(l->cli, OPT_JSON))
        store_json(&l->out, row);
    else
        why_show_row(l->cli, l->id, row, &l->out);
    l->status = span_is(row->disposition, "accept")  ? EXIT_ACCEPT
                : span_is(row->disposition, "defer") ? EXIT_DEFER
                                                     : EXIT_FAILS;
    if (span_is(row->direction, "out") && !row->keys.n && l->status == EXIT_ACCEPT)
        l->status = EXIT_FAILS;
    return false;
}

/** Where the store is: as given, as the daemon says, or where it usually is. */
static void find_store(const struct cli *cli, bool daemon, struct buf *path)
{
    struct buf answer = buf_new(CONTROL_ANSWER), text;
    struct json_value all, store;

    if (cli_has(cli, OPT_STORE)) {
        buf_puts(path, cli_value(cli, OPT_STORE));
    } else if (daemon && control_ask(cli, SPAN("status"), &answer) == CONTROL_OK &&
               json_read(buf_span(&answer), &all) && json_member(&all, "store", &store)) {
        text = why_text(&store, "path");
        buf_put(path, buf_span(&text));
        buf_done(&text);
    } else if (!daemon) {
        buf_puts(path, USUAL_STORE);
    }
    buf_done(&answer);
    if (path->n)
        buf_putc(path, '\0');
}

/**
 * Show what the store has.
 *
 * \param why  why the daemon did not answer, for a complaint
 */
static int show_row(const struct cli *cli, const char *id, bool daemon, assay_span why)
{
    struct look l = {.cli = cli, .id = id, .out = buf_new(WHY_OUTPUT), .status = EXIT_UNREADABLE};
    struct store_query query = {.name = id, .most = 1};
    struct buf path = buf_new(PATH_MAX_N);
    struct store_reader *reader = NULL;
    char wrong[STORE_WHY] = "assayd keeps no store";
    bool read;

    find_store(cli, daemon, &path);
    read = path.n && store_reader_open(path.p, &reader, wrong) &&
           store_select(reader, &query, take_row, &l, wrong);
    store_reader_close(reader);
    if (l.status == EXIT_UNREADABLE) {
        cli_complain(cli, "%.*s", SPAN_ARG(span_first(why, CLI_COMPLAINT / 2)));
        if (read)
            cli_complain(cli, "%s has no message of that id either: %.300s", path.p, id);
        else
            cli_complain(cli, "nor in the store: %s", wrong);
    } else if (cli_has(cli, OPT_RECORD)) {
        cli_complain(cli, "--record: its case is not kept any more");
        l.status = EXIT_UNREADABLE;
    }
    buf_done(&path);
    return finish(cli, l.status, &l.out);
}

/** `assay why ID` */
static int why_one(const struct cli *cli, const char *id)
{
    struct buf line = buf_new(CONTROL_LINE), answer = buf_new(CONTROL_ANSWER);
    int status = add_word(cli, &line, "why");
    enum control_outcome outcome;

    if (status == 0)
        status = add_word(cli, &line, id);
    if (status == 0) {
        outcome = control_ask(cli, buf_span(&line), &answer);
        status = outcome == CONTROL_OK
                     ? show_case(cli, id, buf_span(&answer))
                     : show_row(cli, id, outcome == CONTROL_NO, buf_span(&answer));
    }
    buf_done(&line);
    buf_done(&answer);
    return status;
}

/* ---- the last ones ---- */

/** `assay why` */
static int why_list(const struct cli *cli)
{
    const char *last = cli_value(cli, OPT_LAST);
    struct buf line = buf_new(CONTROL_LINE), answer = buf_new(CONTROL_ANSWER),
               out = buf_new(WHY_OUTPUT);
    int status = add_word(cli, &line, "list");

    if (status == 0 && last)
        status = add_word(cli, &line, last);
    if (status == 0)
        status = control_need(cli, buf_span(&line), &answer);
    if (status == 0 && cli_has(cli, OPT_JSON))
        buf_put(&out, buf_span(&answer));
    else if (status == 0 && answer.n)
        why_show_list(cli, buf_span(&answer), &out);
    else if (status == 0)
        buf_puts(&out, "no message yet\n");
    buf_done(&line);
    buf_done(&answer);
    return finish(cli, status, &out);
}

/* ---- --not-signed ---- */

/** Write for programs. */
static assay_status json_signing(const struct why_message *m, const struct json_value *said,
                                 struct buf *out)
{
    assay_span members = span_first(said->text, said->text.n - 1); /* without its } */
    struct buf rest = buf_new(WHY_OUTPUT);
    struct json j = json_new(&rest);
    assay_status s = ASSAY_DONE;

    json_object(&j, NULL);
    json_bool(&j, "signed", why_is_outgoing(said) && m->report.verdict->nedits > 0);
    json_checks(&j, m->report.verdict);
    json_disposition(&j, m->report.verdict);
    if (cli_has(m->report.cli, OPT_EXPLAIN))
        s = json_trace(&j, m->report.eval);
    json_end(&j);
    buf_put(out, members);
    buf_putc(out, ',');
    buf_put(out, span_from(buf_span(&rest), 1));
    buf_putc(out, '\n');
    if (rest.status != ASSAY_DONE)
        s = rest.status;
    buf_done(&rest);
    return s;
}

/** Show whether it would be signed. \param answer  the daemon's: a line of JSON, then a case */
static int show_signing(const struct cli *cli, const char *address, assay_span answer)
{
    struct buf out = buf_new(WHY_OUTPUT);
    struct why_message m;
    struct json_value said;
    assay_span line = SPAN_EMPTY;
    assay_status s;
    int status;

    if (!span_line(&answer, &line) || !json_read(line, &said) || said.type != JSON_OBJECT ||
        said.text.n < 3) {
        cli_complain(cli, "what assayd answers cannot be read");
        return EXIT_UNREADABLE;
    }
    if ((status = why_message_run(cli, address, answer, &m)) == 0) {
        s = cli_has(cli, OPT_JSON) ? json_signing(&m, &said, &out)
                                   : why_show_signing(&m, &said, &out);
        status = s != ASSAY_DONE          ? failed(cli, address, s)
                 : why_is_outgoing(&said) ? why_status(m.report.verdict)
                                          : EXIT_FAILS;
    }
    why_message_done(&m);
    status = cli_worse(status, write_case(cli, answer));
    return finish(cli, status, &out);
}

/** `assay why --not-signed ADDRESS` */
static int why_not_signed(const struct cli *cli)
{
    const char *address = cli_value(cli, OPT_NOT_SIGNED), *user = cli_value(cli, OPT_USER),
               *client = cli_value(cli, OPT_CLIENT);
    struct buf line = buf_new(CONTROL_LINE), answer = buf_new(CONTROL_ANSWER);
    int status = add_word(cli, &line, "not-signed");

    if (status == 0)
        status = add_word(cli, &line, address);
    if (status == 0)
        status = add_word(cli, &line, client ? client : "127.0.0.1");
    if (status == 0 && user)
        status = add_word(cli, &line, user);
    if (status == 0)
        status = control_need(cli, buf_span(&line), &answer);
    if (status == 0)
        status = show_signing(cli, address, buf_span(&answer));
    buf_done(&line);
    buf_done(&answer);
    return status;
}

/* ---- the command ---- */

int cli_why(const struct cli *cli)
{
    bool signing = cli_has(cli, OPT_NOT_SIGNED);

    if (!signing && (cli_has(cli, OPT_CLIENT) || cli_has(cli, OPT_USER)))
        cli_complain(cli, "--client and --user go with --not-signed ADDRESS");
    else if (cli->args.noperands > 1 || (signing && cli->args.noperands))
        cli_complain(cli,
                     "one message at a time: a queue id, a Message-ID, or --not-signed ADDRESS");
    else if (cli_has(cli, OPT_LAST) && (signing || cli->args.noperands))
        cli_complain(cli, "--last goes with no message: it says how many are listed");
    else if (cli_has(cli, OPT_RECORD) && !signing && !cli->args.noperands)
        cli_complain(cli, "--record keeps one message in a file; name one");
    else
        return signing               ? why_not_signed(cli)
               : cli->args.noperands ? why_one(cli, cli->args.operands[0])
                                     : why_list(cli);
    return EXIT_USAGE;
}
