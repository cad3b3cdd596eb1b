/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file cli.h
 * `assay`, the command line: one door to the library.
 *
 * One run of it:
 *
 *     main()             main.c: one call
 *       args_read()      args.c: the command and its options, by the tables of options.h
 *       command->run()   verify.c spf.c check.c srs.c case.c key.c sign.c why.c status.c help.c completion.c: one file
 *                        for each command
 *         files.c        messages and .case files; a message is never held, it streams by
 *         guess.c        the envelope, where nobody gave it
 *         control.c      asks assayd
 *         answers.c      the world: made when the first question needs the network
 *         show.c         the verdict for people; explain.c its reasoning; json_out.c both for programs
 *
 * What is printed goes through a buffer, and for people through term.h.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/options.h"
#include "cli/term.h"

#include <sysexits.h>

/** What the exit status says (sysexits.h where it has a word). */
enum cli_exit {
    EXIT_ACCEPT = 0,               /**< accept; pass; done */
    EXIT_FAILS = 1,                /**< quarantine or reject; not pass; a case failed */
    EXIT_USAGE = EX_USAGE,         /**< 64: the command line, or a file of options, is wrong */
    EXIT_UNREADABLE = EX_NOINPUT,  /**< 66: a file could not be read */
    EXIT_SOFTWARE = EX_SOFTWARE,   /**< 70: out of memory */
    EXIT_CANTWRITE = EX_CANTCREAT, /**< 73: output could not be written */
    EXIT_DEFER = EX_TEMPFAIL       /**< 75: could not tell; ask again later */
};

/** The commands. */
enum cli_command_id {
#define COMMAND(id, ...) CLI_##id,
    CLI_COMMANDS(COMMAND)
#undef COMMAND
        CLI_N_COMMANDS
};

/** The options. */
enum cli_option_id {
#define OPTION(id, ...) OPT_##id,
    CLI_OPTIONS(OPTION)
#undef OPTION
        OPT_N
};

/** An example of a help text. */
struct cli_example {
    const char *line, *what;
};

/** One row of CLI_COMMANDS. */
struct cli_command {
    const char *name, *operands, *purpose, *status;
    struct cli_example examples[3];
};

/** One row of CLI_OPTIONS. */
struct cli_option {
    char letter;
    const char *name, *value, *complete;
    unsigned commands; /**< one bit for each command */
    const char *brief, *text;
};

/** The tables. */
extern const struct cli_command CLI_COMMAND_TABLE[CLI_N_COMMANDS];
extern const struct cli_option CLI_OPTION_TABLE[OPT_N]; /**< see CLI_COMMAND_TABLE */

/** An option as it was given. */
struct cli_given {
    enum cli_option_id option;
    const char *value; /**< NULL when it takes none */
};

/** The command line, taken apart. */
struct cli_args {
    enum cli_command_id command; /**< CLI_N_COMMANDS: none */
    struct cli_given *given;
    size_t ngiven;
    char **operands;
    size_t noperands;
};

/** Octets of the longest complaint, with its NUL. */
enum { CLI_COMPLAINT = 1024 };

/** One run of the program. */
struct cli {
    struct cli_args args;
    struct term out, err; /**< standard output and standard error */
    char *complaint;      /**< the last complaint: CLI_COMPLAINT octets, ended by NUL */
};

/**
 * Take the command line apart.
 *
 * \param ret    free with cli_args_done(), whatever is returned
 * \param error  gets what is wrong, and what to try
 * \return 0, EXIT_USAGE or EXIT_SOFTWARE
 */
int cli_args_read(int argc, char **argv, struct cli_args *ret, struct buf *error);

/** Give the memory back. */
void cli_args_done(struct cli_args *args);

/** An option was given. */
bool cli_has(const struct cli *cli, enum cli_option_id option);

/** The value of an option, the last one when there are several; NULL when it was not given. */
const char *cli_value(const struct cli *cli, enum cli_option_id option);

/**
 * The values of an option that may be given several times, in order.
 *
 * \param cursor  0 at first; moved on by the call
 * \return NULL behind the last
 */
const char *cli_next_value(const struct cli *cli, enum cli_option_id option, size_t *cursor);

/**
 * A number of an option.
 *
 * \param ret  untouched when the option was not given
 * \return 0, or EXIT_USAGE, complained of: it is no number from `least` to `most`
 */
int cli_number(const struct cli *cli, enum cli_option_id option, unsigned least, unsigned most,
               unsigned *ret);

/**
 * Say on standard error what went wrong: "assay verify: ...", cleaned, cut at CLI_COMPLAINT octets.
 */
void cli_complain(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * Write to standard output what a buffer holds, and empty it. \return 0, EXIT_CANTWRITE or
 * EXIT_SOFTWARE, complained of
 */
int cli_print(const struct cli *cli, struct buf *out);

/**
 * The status that stands for several: the first of 64, 66, 70, 73, 1, 75, 0 that is one of them.
 */
int cli_worse(int a, int b);

/** All of the program. \return its exit status */
int cli_main(int argc, char **argv);

/* The commands. Each returns the exit status. */

/** `assay verify`. */
int cli_verify(const struct cli *cli);
/** `assay spf`. */
int cli_spf(const struct cli *cli);
/** `assay check`. */
int cli_check(const struct cli *cli);
/** `assay plan`. */
int cli_plan(const struct cli *cli);
/** `assay srs`. */
int cli_srs(const struct cli *cli);
/** `assay store`. */
int cli_store(const struct cli *cli);
/** `assay why`. */
int cli_why(const struct cli *cli);
/** `assay status`. */
int cli_status(const struct cli *cli);
/** `assay reload`. */
int cli_reload(const struct cli *cli);
/** `assay case`. */
int cli_case(const struct cli *cli);
/** `assay key`. */
int cli_key(const struct cli *cli);
/** `assay bimi`. */
int cli_bimi(const struct cli *cli);
/** `assay sign`. */
int cli_sign(const struct cli *cli);
/** `assay import`. */
int cli_import(const struct cli *cli);
/** `assay scan`. */
int cli_scan(const struct cli *cli);
/** `assay help`. */
int cli_help(const struct cli *cli);
/** `assay completion`. */
int cli_completion(const struct cli *cli);

/** Show what `assay` can do, for who calls it alone. */
int cli_overview(const struct cli *cli);

/** Show the help of a command. */
int cli_command_help(const struct cli *cli, enum cli_command_id command);

#endif
