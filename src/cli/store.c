/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store.h"

#include "base/time.h"
#include "cli/cli.h"

enum { OUTPUT_MAX = 16 << 20, PIECE = 1 << 16, PATIENCE = 3600000 };

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

/** Remove rows of an open store. */
static int remove_rows(struct look *l, struct store *store, int64_t until)
{
    struct store_stats stats;
    bool done;

    store_prune(store, until);
    done = store_flush(store, PATIENCE);
    store_stats(store, &stats);
    buf_printf(&l->out, "%llu row%s removed\n", (unsigned long long)stats.pruned,
               stats.pruned == 1 ? "" : "s");
    if (!done)
        cli_complain(l->cli, "not all of them: %s",
                     stats.database_why[0] ? stats.database_why : "it takes too long");
    return cli_worse(done ? EXIT_ACCEPT : EXIT_DEFER, cli_print(l->cli, &l->out));
}

/** `assay store prune`: remove rows that are older. Nobody else may have the store open. */
static int prune(struct look *l, const char *path)
{
    struct store *store;
    char why[STORE_WHY];
    int64_t until = 0;
    int status = read_time(l->cli, OPT_UNTIL, &until);

    if (status == 0 && !cli_has(l->cli, OPT_UNTIL)) {
        cli_complain(l->cli, "which rows? --until TIME: those that were decided before then");
        status = EXIT_USAGE;
    }
    if (status != 0)
        return status;
    if (!store_open(path, NULL, &store, why)) {
        cli_complain(l->cli, "%s", why);
        return EXIT_DEFER;
    }
    status = remove_rows(l, store, until);
    store_close(store);
    return status;
}

/** What can be done. */
enum act { EXPORT, CHECK, PRUNE, ACTS };

/** Read what is to be done. \return ACTS: none of it */
static enum act read_act(const struct cli *cli)
{
    static const char *const NAMES[ACTS] = {"export", "check", "prune"};
    int act = 0;

    while (act < ACTS &&
           (cli->args.noperands != 2 || strcmp(cli->args.operands[0], NAMES[act]) != 0))
        act++;
    return (enum act)act;
}

int cli_store(const struct cli *cli)
{
    struct look l = {.cli = cli, .out = buf_new(OUTPUT_MAX)};
    const enum act act = read_act(cli);
    char why[STORE_WHY];
    int status;

    if (act == ACTS) {
        cli_complain(cli, "what of which store? assay store export FILE, or check, or prune");
        return EXIT_USAGE;
    }
    if (!store_reader_open(cli->args.operands[1], &l.reader, why)) {
        cli_complain(cli, "%s", why);
        return EXIT_UNREADABLE;
    }
    switch (act) {
    case EXPORT: status = export(&l); break;
    case CHECK: status = check(&l); break;
    default: status = prune(&l, cli->args.operands[1]); break;
    }
    store_reader_close(l.reader);
    buf_done(&l.out);
    return status;
}
