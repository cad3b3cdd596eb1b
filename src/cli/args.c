/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli.h"

#include "base/near.h"

#include <stdlib.h>
#include <unistd.h>

const struct cli_command CLI_COMMAND_TABLE[CLI_N_COMMANDS] = {
#define COMMAND(id, name, operands, purpose, status, e1, w1, e2, w2, e3, w3) \
    {name, operands, purpose, status, {{e1, w1}, {e2, w2}, {e3, w3}}},
    CLI_COMMANDS(COMMAND)
#undef COMMAND
};

#define IN(command) (1u << CLI_##command)

const struct cli_option CLI_OPTION_TABLE[OPT_N] = {
#define OPTION(id, letter, name, value, complete, commands, brief, text) \
    {letter, name, value, complete, commands, brief, text},
    CLI_OPTIONS(OPTION)
#undef OPTION
};

/** A command line being read. */
struct reader {
    struct cli_args *args;
    struct buf *error;
    char **argv; /* what is left, ended by NULL */
};

/** Refuse; the buffer has said why. */
static int refuse(struct reader *r)
{
    const struct cli_args *a = r->args;

    if (a->command < CLI_N_COMMANDS)
        buf_printf(r->error, "; assay %s --help shows what it takes",
                   CLI_COMMAND_TABLE[a->command].name);
    return EXIT_USAGE;
}

/** The command takes the option. */
static bool takes(enum cli_command_id command, size_t option)
{
    return command < CLI_N_COMMANDS && CLI_OPTION_TABLE[option].commands >> command & 1;
}

/* ---- options ---- */

/** One of the words of a list, or all words are allowed. */
static bool is_allowed(const char *complete, assay_span value)
{
    assay_span words = span_of(complete), word;

    if (!words.n || words.p[0] == '@')
        return true;
    while (span_cut(&words, ' ', &word))
        if (span_eq(word, value))
            return true;
    return false;
}

/** Note an option; its value is in the word itself (`inside`), or the next one. */
static int note(struct reader *r, enum cli_option_id id, const char *inside)
{
    const struct cli_option *o = &CLI_OPTION_TABLE[id];
    const char *value = NULL;

    if (!o->value && inside) {
        buf_printf(r->error, "--%s takes no value", o->name);
        return refuse(r);
    }
    if (o->value && !(value = inside ? inside : *r->argv)) {
        buf_printf(r->error, "--%s needs a value: --%s %s", o->name, o->name, o->value);
        return refuse(r);
    }
    if (value && !inside)
        r->argv++;
    if (value && !is_allowed(o->complete, span_of(value))) {
        buf_printf(r->error, "--%s takes one of: %s; not \"%.100s\"", o->name, o->complete, value);
        return EXIT_USAGE;
    }
    r->args->given[r->args->ngiven++] = (struct cli_given){id, value};
    return 0;
}

/** Refuse an option that the command does not take, naming the nearest that it does. */
static int refuse_option(struct reader *r, const char *text, assay_span name)
{
    char word[64];
    struct near near;

    if (name.n >= sizeof word)
        name.n = sizeof word - 1;
    memcpy(word, name.p, name.n);
    word[name.n] = '\0';
    near = near_new(word);
    for (size_t i = 0; i < OPT_N; i++)
        if (takes(r->args->command, i))
            near_try(&near, CLI_OPTION_TABLE[i].name);
    buf_printf(r->error, "unknown option %.100s", text);
    if (near.best)
        buf_printf(r->error, "; did you mean --%s?", near.best);
    return near.best ? EXIT_USAGE : refuse(r);
}

/** `--NAME`, `--NAME=VALUE`. */
static int read_long(struct reader *r, const char *text)
{
    assay_span name = span_of(text + 2);
    size_t equals = span_find(name, '=');
    const char *inside = equals < name.n ? name.p + equals + 1 : NULL;

    name = span_first(name, equals);
    for (size_t i = 0; i < OPT_N; i++)
        if (takes(r->args->command, i) && span_is(name, CLI_OPTION_TABLE[i].name))
            return note(r, (enum cli_option_id)i, inside);
    return refuse_option(r, text, name);
}

/** `-k VALUE`, `-kVALUE`. */
static int read_short(struct reader *r, const char *text)
{
    for (size_t i = 0; i < OPT_N; i++)
        if (takes(r->args->command, i) && CLI_OPTION_TABLE[i].letter == text[1])
            return note(r, (enum cli_option_id)i, text[2] ? text + 2 : NULL);
    return refuse_option(r, text, span_of(text + 1));
}

/* ---- the line ---- */

/** Find the command. */
static int read_command(struct reader *r, const char *word)
{
    struct near near = near_new(word);

    for (size_t i = 0; i < CLI_N_COMMANDS; i++) {
        near_try(&near, CLI_COMMAND_TABLE[i].name);
        if (strcmp(word, CLI_COMMAND_TABLE[i].name) == 0) {
            r->args->command = (enum cli_command_id)i;
            return 0;
        }
    }
    if (word[0] == '-')
        buf_printf(r->error, "an option before the command: %.100s; assay alone shows the commands",
                   word);
    else if (access(word, F_OK) == 0)
        buf_printf(r->error, "\"%.200s\" is a file, no command; to judge it: assay verify %.200s",
                   word, word);
    else if (near.best)
        buf_printf(r->error, "unknown command \"%.100s\"; did you mean \"%s\"?", word, near.best);
    else
        buf_printf(r->error, "unknown command \"%.100s\"; assay alone shows the commands", word);
    return EXIT_USAGE;
}

/** A word is --help or its short form. */
static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/** `assay --version`, `assay --help WORD` and their short forms name commands too. */
static const char *command_word(const char *word)
{
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return "version";
    return is_help(word) ? "help" : word;
}

/** `assay help --record` asks about an option, it gives none. */
static bool is_asked_about(const struct reader *r, const char *word)
{
    return r->args->command == CLI_HELP && !is_help(word);
}

/** Read what follows the command. */
static int read_words(struct reader *r)
{
    bool options = true;
    int status = 0;

    while (*r->argv && status == 0) {
        char *word = *r->argv++;

        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (is_asked_about(r, word))
            r->args->operands[r->args->noperands++] = word;
        else if (options && strncmp(word, "--", 2) == 0)
            status = read_long(r, word);
        else if (options && word[0] == '-' && word[1])
            status = read_short(r, word);
        else
            r->args->operands[r->args->noperands++] = word;
    }
    return status;
}

int cli_args_read(int argc, char **argv, struct cli_args *ret, struct buf *error)
{
    struct reader r = {.args = ret, .error = error, .argv = argv + (argc > 0)};
    size_t most = (size_t)argc + 1;
    int status;

    *ret = (struct cli_args){.command = CLI_N_COMMANDS};
    ret->given = calloc(most, sizeof *ret->given);
    ret->operands = calloc(most, sizeof *ret->operands);
    if (!ret->given || !ret->operands)
        return EXIT_SOFTWARE;
    if (!*r.argv || (is_help(*r.argv) && !r.argv[1])) /* the overview */
        return 0;
    if ((status = read_command(&r, command_word(*r.argv))) != 0)
        return status;
    r.argv++;
    return read_words(&r);
}

void cli_args_done(struct cli_args *args)
{
    free(args->given);
    free(args->operands);
    *args = (struct cli_args){.command = CLI_N_COMMANDS};
}

/* ---- looking things up ---- */

const char *cli_next_value(const struct cli *cli, enum cli_option_id option, size_t *cursor)
{
    while (*cursor < cli->args.ngiven) {
        const struct cli_given *g = &cli->args.given[(*cursor)++];

        if (g->option == option)
            return g->value;
    }
    return NULL;
}

bool cli_has(const struct cli *cli, enum cli_option_id option)
{
    for (size_t i = 0; i < cli->args.ngiven; i++)
        if (cli->args.given[i].option == option)
            return true;
    return false;
}

const char *cli_value(const struct cli *cli, enum cli_option_id option)
{
    const char *value = NULL, *next;
    size_t cursor = 0;

    while ((next = cli_next_value(cli, option, &cursor)))
        value = next;
    return value;
}
