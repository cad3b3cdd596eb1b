/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store.h"

#include "base/time.h"
#include "cli/cli.h"

enum { OUTPUT_MAX = 16 << 20, PIECE = 1 << 16 };

/** One run of `assay store`. */
struct look {
    const struct cli *cli;
    struct store_reader *reader;
    struct buf out;
    int status; /**< of what was printed */
};

/** Read the time of an option. \return 0, or EXIT_USAGE, complained of */
static int read_time(const struct cli *cli, enum cli_option_id option, int64_t *ret)
{
    const char *text = cli_value(cli, option);

    if (!text || time_read(span_of(text), ret))
        return 0;
    cli_complain(cli, "--%s: \"%.100s\" is no time; such as 2026-11-23 or 2026-11-23T12:00:00Z",
                 CLI_OPTION_TABLE[option].name, text);
    return EXIT_USAGE;
}

/** Print one row. */
static bool print_row(void *arg, const struct store_row *row)
{
    struct look *l = arg;

    store_json(&l->out, row);
    if (l->out.n >= PIECE || l->out.status != ASSAY_DONE)
        l->status = cli_print(l->cli, &l->out);
    return l->status == 0;
}

/** `assay store export`: every row, a line of JSON each. */
static int export(struct look *l)
{
    struct store_query query = {0};
    char why[STORE_WHY];

    if (read_time(l->cli, OPT_SINCE, &query.since) != 0 ||
        read_time(l->cli, OPT_UNTIL, &query.until) != 0)
        return EXIT_USAGE;
    if (!store_select(l->reader, &query, print_row, l, why)) {
        cli_complain(l->cli, "%s", why);
        l->status = EXIT_UNREADABLE;
    }
    return cli_worse(l->status, cli_print(l->cli, &l->out));
}

/** `assay store check`: is the database whole, and what is in it? */
static int check(struct look *l)
{
    struct store_health health;
    char why[STORE_WHY], oldest[TIME_TEXT], newest[TIME_TEXT];

    if (!store_check(l->reader, &health, why)) {
        cli_complain(l->cli, "%s", why);
        return EXIT_UNREADABLE;
    }
    buf_printf(&l->out, "%lld row%s", (long long)health.rows, health.rows == 1 ? "" : "s");
    if (health.rows)
        buf_printf(&l->out, ", from %.*s to %.*s", SPAN_ARG(time_text(health.oldest, oldest)),
                   SPAN_ARG(time_text(health.newest, newest)));
    buf_putc(&l->out, '\n');
    if (!health.whole)
        cli_complain(l->cli, "the database is damaged: %s", why);
    return cli_worse(health.whole ? EXIT_ACCEPT : EXIT_FAILS, cli_print(l->cli, &l->out));
}

int cli_store(const struct cli *cli)
{
    struct look l = {.cli = cli, .out = buf_new(OUTPUT_MAX)};
    char **words = cli->args.operands, why[STORE_WHY];
    bool exports;
    int status;

    if (cli->args.noperands != 2 ||
        !(strcmp(words[0], "export") == 0 || strcmp(words[0], "check") == 0)) {
        cli_complain(cli, "what of which store? assay store export FILE, assay store check FILE");
        return EXIT_USAGE;
    }
    exports = strcmp(words[0], "export") == 0;
    if (!store_reader_open(words[1], &l.reader, why)) {
        cli_complain(cli, "%s", why);
        return EXIT_UNREADABLE;
    }
    status = exports ? export(&l) : check(&l);
    store_reader_close(l.reader);
    buf_done(&l.out);
    return status;
}
