/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli.h"

#include "base/json.h"
#include "base/number.h"

#include <assay/assay.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { TEXT_MAX = 4096 };

/* ---- output ---- */

void cli_complain(const struct cli *cli, const char *format, ...)
{
    struct buf out = buf_new(TEXT_MAX);
    va_list args;

    va_start(args, format);
    vsnprintf(cli->complaint, CLI_COMPLAINT, format, args);
    va_end(args);
    if (cli->err.tty && cli->args.noperands > 1) /* over the line that shows how far it is */
        buf_puts(&out, "\r\033[K");
    buf_puts(&out, "assay");
    if (cli->args.command < CLI_N_COMMANDS)
        buf_printf(&out, " %s", CLI_COMMAND_TABLE[cli->args.command].name);
    buf_puts(&out, ": ");
    term_clean(&cli->err, span_of(cli->complaint), &out);
    buf_putc(&out, '\n');
    fwrite(out.p, 1, out.n, stderr);
    buf_done(&out);
}

int cli_number(const struct cli *cli, enum cli_option_id option, unsigned least, unsigned most,
               unsigned *ret)
{
    const char *text = cli_value(cli, option);
    uint64_t number;

    if (!text)
        return 0;
    if (!number_read(span_of(text), most, &number) || number < least) {
        cli_complain(cli, "--%s %.100s: a number from %u to %u is expected",
                     CLI_OPTION_TABLE[option].name, text, least, most);
        return EXIT_USAGE;
    }
    *ret = (unsigned)number;
    return 0;
}

int cli_print(const struct cli *cli, struct buf *out)
{
    assay_status failure = out->status;
    size_t n = out->n;

    if (n && fwrite(out->p, 1, n, stdout) != n) {
        cli_complain(cli, "writing to standard output: %s", strerror(errno));
        failure = ASSAY_EORDER;
    } else if (failure != ASSAY_DONE) {
        cli_complain(cli, "%s",
                     failure == ASSAY_ENOMEM ? "out of memory"
                                             : "the output is too long and was cut");
    }
    buf_clear(out);
    return failure == ASSAY_DONE ? 0 : failure == ASSAY_ENOMEM ? EXIT_SOFTWARE : EXIT_CANTWRITE;
}

int cli_worse(int a, int b)
{
    static const int ORDER[] = {EXIT_USAGE, EXIT_UNREADABLE, EXIT_SOFTWARE, EXIT_CANTWRITE,
                                EXIT_FAILS, EXIT_DEFER,      EXIT_ACCEPT};

    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
        if (a == ORDER[i] || b == ORDER[i])
            return ORDER[i];
    return a;
}

/* ---- the program ---- */

/** `assay version`. */
static int version(const struct cli *cli)
{
    struct buf out = buf_new(TEXT_MAX);
    struct json j = json_new(&out);
    int status;

    if (cli_has(cli, OPT_JSON)) {
        json_object(&j, NULL);
        json_number(&j, "version", 1);
        json_text(&j, "assay", span_of(assay_version()));
        json_end(&j);
        buf_putc(&out, '\n');
    } else {
        buf_printf(&out, "assay %s\n", assay_version());
    }
    status = cli_print(cli, &out);
    buf_done(&out);
    return status;
}

/** Run the command. */
static int run(const struct cli *cli)
{
    if (cli_has(cli, OPT_HELP))
        return cli_command_help(cli, cli->args.command);
    switch (cli->args.command) {
    case CLI_VERIFY: return cli_verify(cli);
    case CLI_SPF: return cli_spf(cli);
    case CLI_CHECK: return cli_check(cli);
    case CLI_PLAN: return cli_plan(cli);
    case CLI_SRS: return cli_srs(cli);
    case CLI_CASE: return cli_case(cli);
    case CLI_STORE: return cli_store(cli);
    case CLI_WHY: return cli_why(cli);
    case CLI_STATUS: return cli_status(cli);
    case CLI_RELOAD: return cli_reload(cli);
    case CLI_KEY: return cli_key(cli);
    case CLI_BIMI: return cli_bimi(cli);
    case CLI_SIGN: return cli_sign(cli);
    case CLI_IMPORT: return cli_import(cli);
    case CLI_SCAN: return cli_scan(cli);
    case CLI_HELP: return cli_help(cli);
    case CLI_VERSION: return version(cli);
    case CLI_COMPLETION: return cli_completion(cli);
    case CLI_N_COMMANDS: break;
    }
    return cli_overview(cli);
}

/** Take the command line apart, and run. */
static int read_and_run(int argc, char **argv, struct cli *cli)
{
    struct term_env env = term_environment();
    struct buf error = buf_new(TEXT_MAX);
    const char *color;
    int status;

    cli->err = term_of(2, "auto", &env);
    status = cli_args_read(argc, argv, &cli->args, &error);
    if (status != 0)
        cli_complain(cli, "%.*s", SPAN_ARG(error.n ? buf_span(&error) : SPAN("out of memory")));
    buf_done(&error);
    if (status != 0)
        return status;
    color = cli_value(cli, OPT_COLOR);
    cli->out = term_of(1, color ? color : "auto", &env);
    return run(cli);
}

int cli_main(int argc, char **argv)
{
    char complaint[CLI_COMPLAINT] = "";
    struct cli cli = {.args = {.command = CLI_N_COMMANDS}, .complaint = complaint};
    int status = read_and_run(argc, argv, &cli);

    if (fflush(stdout) != 0) {
        cli_complain(&cli, "writing to standard output: %s", strerror(errno));
        status = cli_worse(status, EXIT_CANTWRITE);
    }
    cli_args_done(&cli.args);
    return status;
}
