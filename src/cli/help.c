/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli.h"

#include "base/near.h"
#include "cli/help.h"
#include "cli/topics.h"

#include <assay/assay.h>

enum { HELP_MAX = 1 << 16, TEXT_WIDTH = 100 };

/** A word that is explained. */
static const struct topic {
    const char *name, *title, *text;
} TOPICS[] = {
#define TOPIC(name, title, text) {name, title, text},
    CLI_TOPICS(TOPIC)
#undef TOPIC
};

enum { N_TOPICS = sizeof TOPICS / sizeof *TOPICS };

/** Text is read best in lines that are not too long. */
static struct term page_of(const struct cli *cli)
{
    struct term t = cli->out;

    if (t.width > TEXT_WIDTH)
        t.width = TEXT_WIDTH;
    return t;
}

/** Print a page and free it. */
static int print_page(const struct cli *cli, struct buf *out)
{
    int status = cli_print(cli, out);

    buf_done(out);
    return status;
}

/* ---- commands ---- */

int cli_overview(const struct cli *cli)
{
    static const char *const PAIRS[][2] = {
#define WANT(what, example) {what, example},
        CLI_WANTS(WANT)
#undef WANT
    };
    struct term t = page_of(cli);
    struct buf out = buf_new(HELP_MAX), commands = buf_new(HELP_MAX);

    buf_puts(&out, "assay tells whether mail is what it claims to be.\n\n");
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        term_paragraph(&t, 2, span_of(PAIRS[i][0]), &out);
        buf_printf(&out, "      %s\n", PAIRS[i][1]);
    }
    buf_puts(&commands, "Commands: ");
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        buf_printf(&commands, "%s%s", i ? ", " : "", CLI_COMMAND_TABLE[i].name);
    buf_putc(&commands, '.');
    buf_putc(&out, '\n');
    term_paragraph(&t, 0, buf_span(&commands), &out);
    buf_done(&commands);
    buf_puts(&out,
             "assay COMMAND --help shows examples and options, assay help what it explains.\n");
    return print_page(cli, &out);
}

/** How an option is written: "--ip IP", "-o KEY=VALUE", "-q, --quiet". */
static void option_text(const struct cli_option *o, struct buf *out)
{
    buf_clear(out);
    if (o->letter && o->value)
        buf_printf(out, "-%c %s", o->letter, o->value);
    else if (o->letter)
        buf_printf(out, "-%c, --%s", o->letter, o->name);
    else
        buf_printf(out, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
}

/** Columns of an option and of its brief, when two stand in a line of TERM_DEFAULT. */
enum { OPTION_COLUMNS = 16, BRIEF_COLUMNS = 20 };

/** Append one option, or two, in a line. */
static void put_options_line(const struct term *t, const struct cli_option *const *options,
                             size_t n, struct buf *out)
{
    struct buf names[2] = {buf_new(64), buf_new(64)};
    struct term_cell cells[4];
    unsigned used = 2 + OPTION_COLUMNS + TERM_GAP;

    for (size_t i = 0; i < n; i++) {
        option_text(options[i], &names[i]);
        cells[2 * i] = (struct term_cell){.text = buf_span(&names[i]), .columns = OPTION_COLUMNS};
        cells[2 * i + 1] = (struct term_cell){.text = span_of(options[i]->brief),
                                              .columns = n == 2 ? BRIEF_COLUMNS : t->width - used,
                                              .style = TERM_DIM};
    }
    term_row(t, 2, cells, 2 * n, out);
    buf_done(&names[0]);
    buf_done(&names[1]);
}

/** Append the options of a command: two to a line where both are short and there is room. */
static void put_options(const struct term *t, enum cli_command_id command, struct buf *out)
{
    const struct cli_option *line[2];
    size_t n = 0;

    for (size_t i = 0; i < OPT_N; i++) {
        const struct cli_option *o = &CLI_OPTION_TABLE[i];
        bool fits = t->width >= TERM_DEFAULT && strlen(o->brief) <= BRIEF_COLUMNS;

        if (!(o->commands >> command & 1) || !*o->brief)
            continue;
        if (n && (n == 2 || !fits)) {
            put_options_line(t, line, n, out);
            n = 0;
        }
        line[n++] = o;
        if (!fits) {
            put_options_line(t, line, n, out);
            n = 0;
        }
    }
    if (n)
        put_options_line(t, line, n, out);
}

/**
 * Append the examples of a command; what they do stands beside them where there is room for all.
 */
static void put_examples(const struct term *t, const struct cli_command *c, struct buf *out)
{
    unsigned columns = 0, most = 0;

    for (size_t i = 0; i < 3; i++) {
        unsigned line = (unsigned)strlen(c->examples[i].line),
                 what = (unsigned)strlen(c->examples[i].what);

        columns = line > columns ? line : columns;
        most = what > most ? what : most;
    }
    for (size_t i = 0; i < 3; i++) {
        buf_printf(out, "  %s", c->examples[i].line);
        if (2 + columns + TERM_GAP + most <= t->width) {
            buf_printf(out, "%*s", (int)(columns + TERM_GAP - strlen(c->examples[i].line)), "");
            term_styled(t, TERM_DIM, span_of(c->examples[i].what), out);
        }
        buf_putc(out, '\n');
    }
}

int cli_command_help(const struct cli *cli, enum cli_command_id command)
{
    const struct cli_command *c = &CLI_COMMAND_TABLE[command];
    struct term t = page_of(cli);
    struct buf out = buf_new(HELP_MAX), text = buf_new(HELP_MAX);

    buf_printf(&text, "assay %s [OPTION...] %s", c->name, c->operands);
    term_paragraph(&t, 0, buf_span(&text), &out);
    term_paragraph(&t, 0, span_of(c->purpose), &out);
    buf_putc(&out, '\n');
    put_examples(&t, c, &out);
    buf_putc(&out, '\n');
    put_options(&t, command, &out);
    buf_clear(&text);
    buf_printf(&text, "Exit status: %s.", c->status);
    buf_putc(&out, '\n');
    term_paragraph(&t, 0, buf_span(&text), &out);
    buf_done(&text);
    return print_page(cli, &out);
}

/* ---- options of the receiver ---- */

/** Append one option of the receiver, whole. */
static void put_receiver_option(const struct term *t, const struct assay_option *o, struct buf *out)
{
    struct buf text = buf_new(HELP_MAX);

    buf_printf(&text, "%s = %s", o->name, *o->initial ? o->initial : "(empty)");
    term_styled(t, TERM_BOLD, buf_span(&text), out);
    buf_putc(out, '\n');
    buf_clear(&text);
    buf_printf(&text, "%s%s%s.", o->help, *o->range ? "; " : "", o->range);
    term_paragraph(t, 4, buf_span(&text), out);
    buf_done(&text);
}

/** Append the options whose names begin so. \return how many there are */
static size_t put_receiver_options(const struct term *t, assay_span head, struct buf *out)
{
    const struct assay_option *o;
    size_t n = 0;

    for (size_t i = 0; (o = assay_policy_option(i)); i++) {
        if (!span_istarts(span_of(o->name), head))
            continue;
        if (n++ == 0)
            buf_putc(out, '\n');
        put_receiver_option(t, o, out);
    }
    return n;
}

/** How options of the receiver are set. */
static void put_how_to_set(const struct term *t, const char *example, struct buf *out)
{
    struct buf text = buf_new(HELP_MAX);

    buf_printf(&text, "Set with -o %s, or by a line of --policy FILE (assay help policy).",
               example);
    buf_putc(out, '\n');
    term_paragraph(t, 0, buf_span(&text), out);
    buf_done(&text);
}

/* ---- words ---- */

/** Explain a word of topics.h. */
static bool explain_topic(const struct term *t, const char *word, struct buf *out)
{
    for (size_t i = 0; i < N_TOPICS; i++) {
        struct buf head = buf_new(64);

        if (!span_iis(span_of(word), TOPICS[i].name))
            continue;
        term_styled(t, TERM_BOLD, span_of(TOPICS[i].title), out);
        buf_puts(out, "\n\n");
        term_paragraph(t, 0, span_of(TOPICS[i].text), out);
        buf_printf(&head, "%s.", TOPICS[i].name);
        if (put_receiver_options(t, buf_span(&head), out))
            put_how_to_set(t, "KEY=VALUE", out);
        buf_done(&head);
        return true;
    }
    return false;
}

/** Explain an option of the receiver, or all of them. */
static bool explain_receiver_option(const struct term *t, const char *word, struct buf *out)
{
    const struct assay_option *o;

    if (strcmp(word, "options") == 0) {
        buf_puts(out, "Options of the receiver, with the values they have unless set:\n");
        put_receiver_options(t, SPAN_EMPTY, out);
        put_how_to_set(t, "KEY=VALUE", out);
        return true;
    }
    for (size_t i = 0; (o = assay_policy_option(i)); i++) {
        struct buf example = buf_new(256);

        if (strcmp(word, o->name) != 0)
            continue;
        put_receiver_option(t, o, out);
        buf_printf(&example, "%s=%s", o->name, *o->initial ? o->initial : "VALUE");
        buf_putc(&example, '\0');
        put_how_to_set(t, example.p ? example.p : "", out);
        buf_done(&example);
        return true;
    }
    return false;
}

/** Explain an option of the command line, with or without its dashes. */
static bool explain_option(const struct term *t, const char *word, struct buf *out)
{
    assay_span name = span_of(word + strspn(word, "-"));

    for (size_t i = 0; i < OPT_N; i++) {
        const struct cli_option *o = &CLI_OPTION_TABLE[i];
        struct buf text = buf_new(256);

        if (!span_is(name, o->name) && !(name.n == 1 && name.p[0] == o->letter))
            continue;
        option_text(o, &text);
        buf_puts(&text, "   (assay");
        for (unsigned c = 0, n = 0; c < CLI_N_COMMANDS; c++)
            if (o->commands >> c & 1)
                buf_printf(&text, "%s %s", n++ ? "," : "", CLI_COMMAND_TABLE[c].name);
        buf_putc(&text, ')');
        term_styled(t, TERM_BOLD, buf_span(&text), out);
        buf_putc(out, '\n');
        term_paragraph(t, 4, span_of(o->text), out);
        buf_done(&text);
        return true;
    }
    return false;
}

/** Nothing is known of a word: name the nearest that is. */
static int refuse_word(const struct cli *cli, const char *word)
{
    struct near near = near_new(word);
    const struct assay_option *o;

    for (size_t i = 0; i < N_TOPICS; i++)
        near_try(&near, TOPICS[i].name);
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        near_try(&near, CLI_COMMAND_TABLE[i].name);
    for (size_t i = 0; (o = assay_policy_option(i)); i++)
        near_try(&near, o->name);
    for (size_t i = 0; i < OPT_N; i++)
        near_try(&near, CLI_OPTION_TABLE[i].name);
    help_finding_near(&near);
    if (near.best)
        cli_complain(cli, "nothing is known of \"%.100s\"; did you mean \"%s\"?", word, near.best);
    else
        cli_complain(cli, "nothing is known of \"%.100s\"; assay help lists what is", word);
    return EXIT_USAGE;
}

/** List what can be asked for. */
static void list_words(const struct term *t, struct buf *out)
{
    buf_puts(out,
             "assay help WORD explains commands, options, those of the receiver (assay help\n"
             "options) and the daemon (assayd.conf), checks (SPF-LOOKUPS), and these words:\n\n");
    for (size_t i = 0; i < N_TOPICS; i++) {
        const struct term_cell cells[] = {
            {.text = span_of(TOPICS[i].name), .columns = 12},
            {.text = span_of(TOPICS[i].title),
             .columns = t->width > 32 ? t->width - 16 : 16,
             .style = TERM_DIM},
        };

        term_row(t, 2, cells, 2, out);
    }
}

/** The command of a name, or CLI_N_COMMANDS. */
static enum cli_command_id command_of(const char *word)
{
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        if (strcmp(word, CLI_COMMAND_TABLE[i].name) == 0)
            return (enum cli_command_id)i;
    return CLI_N_COMMANDS;
}

/** Append what a topic is in assayd.conf, where it stands there too: "resolver", "policy". */
static void put_conf(const struct term *t, const char *word, struct buf *out)
{
    struct buf more = buf_new(HELP_MAX);

    if (help_conf(t, word, &more)) {
        buf_putc(out, '\n');
        buf_put(out, buf_span(&more));
    }
    if (more.status != ASSAY_DONE)
        out->status = more.status;
    buf_done(&more);
}

int cli_help(const struct cli *cli)
{
    const char *word = cli->args.noperands ? cli->args.operands[0] : NULL;
    enum cli_command_id command = word ? command_of(word) : CLI_N_COMMANDS;
    struct term t = page_of(cli);
    struct buf out = buf_new(HELP_MAX);

    if (!word) {
        list_words(&t, &out);
        return print_page(cli, &out);
    }
    if (explain_topic(&t, word, &out)) { /* "spf" and "case" are both a word and a command */
        if (command < CLI_N_COMMANDS)
            buf_printf(&out, "\nassay %s --help shows the command.\n", word);
        put_conf(&t, word, &out);
        return print_page(cli, &out);
    }
    if (command < CLI_N_COMMANDS && help_conf(&t, word, &out)) /* so is "store", for the daemon */
        buf_printf(&out, "\nassay %s --help shows the command.\n", word);
    else if (command < CLI_N_COMMANDS)
        return cli_command_help(cli, command);
    if (out.n || help_finding(&t, word, &out) || explain_receiver_option(&t, word, &out) ||
        help_conf(&t, word, &out) || explain_option(&t, word, &out))
        return print_page(cli, &out);
    buf_done(&out);
    return refuse_word(cli, word);
}
