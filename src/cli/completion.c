/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/help.h"

#include <assay/assay.h>

enum { SCRIPT_MAX = 1 << 16 };

/** Append the names of all commands, parted by blanks. */
static void put_commands(struct buf *out)
{
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        buf_printf(out, "%s%s", i ? " " : "", CLI_COMMAND_TABLE[i].name);
}

/** Append the options of the receiver, each with `behind`, parted by blanks. */
static void put_receiver_options(const char *behind, struct buf *out)
{
    const struct assay_option *o;

    for (size_t i = 0; (o = assay_policy_option(i)); i++)
        buf_printf(out, "%s%s%s", i ? " " : "", o->name, behind);
}

/** The command takes files. */
static bool takes_files(size_t command)
{
    return strstr(CLI_COMMAND_TABLE[command].operands, "FILE") != NULL;
}

/* ---- bash ---- */

/** Append how the value of an option is completed in bash. */
static void put_bash_value(const struct cli_option *o, struct buf *out)
{
    buf_printf(out, "        --%s", o->name);
    if (o->letter)
        buf_printf(out, "|-%c", o->letter);
    buf_puts(out, ")\n            ");
    if (strcmp(o->complete, "@file") == 0) {
        buf_puts(out, "COMPREPLY=($(compgen -f -- \"$word\"))");
    } else if (strcmp(o->complete, "@option") == 0) {
        buf_puts(out, "COMPREPLY=($(compgen -W '");
        put_receiver_options("=", out);
        buf_puts(out, "' -- \"$word\")); compopt -o nospace 2>/dev/null");
    } else {
        buf_printf(out, "COMPREPLY=($(compgen -W '%s' -- \"$word\"))", o->complete);
    }
    buf_puts(out, "; return;;\n");
}

/** Append what a command takes, for bash. */
static void put_bash_command(size_t command, struct buf *out)
{
    buf_printf(out, "        %s) options='", CLI_COMMAND_TABLE[command].name);
    for (size_t i = 0, n = 0; i < OPT_N; i++)
        if (CLI_OPTION_TABLE[i].commands >> command & 1)
            buf_printf(out, "%s--%s", n++ ? " " : "", CLI_OPTION_TABLE[i].name);
    buf_puts(out, "'");
    if (command == CLI_KEY) {
        buf_puts(out, "; words='new show rsa ed25519'");
        buf_puts(out, "; if [ \"$last\" = show ]; then words=$(compgen -f -- \"$word\"); fi");
    } else if (takes_files(command)) {
        buf_puts(out, "; words=$(compgen -f -- \"$word\")");
    } else if (command == CLI_COMPLETION) {
        buf_puts(out, "; words='bash zsh'");
    } else if (command == CLI_SRS) {
        buf_puts(out, "; words='forward reverse'");
    } else if (command == CLI_HELP) {
        buf_puts(out, "; words='options ");
        put_commands(out);
        buf_putc(out, ' ');
        put_receiver_options("", out);
        help_conf_names(out);
        buf_putc(out, '\'');
    }
    buf_puts(out, ";;\n");
}

/** Write the script for bash. */
static void put_bash(struct buf *out)
{
    buf_puts(out, "# bash completion for assay; source it.\n"
                  "_assay() {\n"
                  "    local IFS=$' \\t\\n' word=${COMP_WORDS[COMP_CWORD]} last= options= words=\n"
                  "    COMPREPLY=()\n"
                  "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                  "        COMPREPLY=($(compgen -W '");
    put_commands(out);
    buf_puts(out, " --help --version' -- \"$word\"))\n"
                  "        return\n"
                  "    fi\n"
                  "    last=${COMP_WORDS[COMP_CWORD - 1]}\n"
                  "    if [ \"$last\" = = ]; then last=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
                  "    if [ \"$word\" = = ]; then word=; fi\n"
                  "    case $last in\n");
    for (size_t i = 0; i < OPT_N; i++)
        if (CLI_OPTION_TABLE[i].value)
            put_bash_value(&CLI_OPTION_TABLE[i], out);
    buf_puts(out, "    esac\n"
                  "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        put_bash_command(i, out);
    buf_puts(
        out,
        "    esac\n"
        "    case $word in\n"
        "        -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\"));;\n"
        "        *) IFS=$'\\n'; COMPREPLY=($(compgen -W \"${words// /$'\\n'}\" -- \"$word\"));;\n"
        "    esac\n"
        "}\n"
        "complete -o filenames -F _assay assay\n");
}

/* ---- zsh ---- */

/**
 * Append text inside single quotes of a zsh specification: brackets and colons are special there.
 */
static void put_zsh_text(const char *text, struct buf *out)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_puts(out, "'\\'");
        else if (strchr("[]:\\", *text))
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
}

/** Append one option for _arguments. */
static void put_zsh_option(const struct cli_option *o, const char *dashes, const char *name,
                           struct buf *out)
{
    buf_printf(out, " \\\n            '*%s%s%s[", dashes, name,
               !o->value   ? ""
               : dashes[1] ? "="
                           : "+");
    put_zsh_text(o->brief, out);
    buf_putc(out, ']');
    if (o->value) {
        buf_puts(out, ":");
        put_zsh_text(o->value, out);
        buf_puts(out, ":");
        if (strcmp(o->complete, "@file") == 0) {
            buf_puts(out, "_files");
        } else if (strcmp(o->complete, "@option") == 0) {
            buf_putc(out, '(');
            put_receiver_options("=", out);
            buf_putc(out, ')');
        } else if (*o->complete) {
            buf_printf(out, "(%s)", o->complete);
        }
    }
    buf_putc(out, '\'');
}

/** Append what a command takes, for zsh. */
static void put_zsh_command(size_t command, struct buf *out)
{
    buf_printf(out, "        %s) _arguments -S", CLI_COMMAND_TABLE[command].name);
    for (size_t i = 0; i < OPT_N; i++) {
        const struct cli_option *o = &CLI_OPTION_TABLE[i];
        char letter[2] = {o->letter, '\0'};

        if (!(o->commands >> command & 1))
            continue;
        put_zsh_option(o, "--", o->name, out);
        if (o->letter)
            put_zsh_option(o, "-", letter, out);
    }
    if (command == CLI_KEY)
        buf_puts(out, " \\\n            '1:what:(new show)' '2:type or file:_files'");
    else if (takes_files(command))
        buf_puts(out, " \\\n            '*:file:_files'");
    if (command == CLI_COMPLETION)
        buf_puts(out, " \\\n            ':shell:(bash zsh)'");
    if (command == CLI_SRS)
        buf_puts(out, " \\\n            ':way:(forward reverse)' ':address:'");
    if (command == CLI_HELP) {
        buf_puts(out, " \\\n            ':word:(options ");
        put_commands(out);
        buf_putc(out, ' ');
        put_receiver_options("", out);
        help_conf_names(out);
        buf_puts(out, ")'");
    }
    buf_puts(out, ";;\n");
}

/** Write the script for zsh. */
static void put_zsh(struct buf *out)
{
    buf_puts(out, "#compdef assay\n"
                  "_assay() {\n"
                  "    local -a commands=(\n");
    for (size_t i = 0; i < CLI_N_COMMANDS; i++) {
        buf_printf(out, "        '%s:", CLI_COMMAND_TABLE[i].name);
        put_zsh_text(CLI_COMMAND_TABLE[i].purpose, out);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "    )\n"
                  "    if (( CURRENT == 2 )); then\n"
                  "        _describe command commands\n"
                  "        return\n"
                  "    fi\n"
                  "    shift words; (( CURRENT-- ))\n"
                  "    case $words[1] in\n");
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        put_zsh_command(i, out);
    buf_puts(out, "    esac\n"
                  "}\n"
                  "compdef _assay assay 2>/dev/null || true\n");
}

int cli_completion(const struct cli *cli)
{
    const char *shell = cli->args.noperands == 1 ? cli->args.operands[0] : "";
    struct buf out = buf_new(SCRIPT_MAX);
    int status;

    if (strcmp(shell, "bash") == 0) {
        put_bash(&out);
    } else if (strcmp(shell, "zsh") == 0) {
        put_zsh(&out);
    } else {
        cli_complain(cli, "for which shell? assay completion bash, or assay completion zsh");
        return EXIT_USAGE;
    }
    status = cli_print(cli, &out);
    buf_done(&out);
    return status;
}
