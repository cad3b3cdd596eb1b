/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WORDS = 10 };

/** A command line, and what is made of it. */
struct row {
    const char *words[WORDS];
    const char *want; /* "command -option=value operand", or the complaint */
    int status;
};

/** What was read, written out. */
static void describe(const struct cli_args *a, struct buf *out)
{
    buf_puts(out, a->command < CLI_N_COMMANDS ? CLI_COMMAND_TABLE[a->command].name : "(none)");
    for (size_t i = 0; i < a->ngiven; i++) {
        const struct cli_given *g = &a->given[i];

        buf_printf(out, " -%s", CLI_OPTION_TABLE[g->option].name);
        if (g->value)
            buf_printf(out, "=%s", g->value);
    }
    for (size_t i = 0; i < a->noperands; i++)
        buf_printf(out, " %s", a->operands[i]);
}

/** Read one line and compare. \return whether it differs */
static bool differs(const struct row *row)
{
    char *argv[WORDS + 2] = {(char[]){"assay"}};
    struct buf got = buf_new(1024);
    struct cli_args args;
    int argc = 1, status;
    bool wrong;

    for (size_t i = 0; i < WORDS && row->words[i]; i++)
        argv[argc++] = (char *)(uintptr_t)row->words[i];
    status = cli_args_read(argc, argv, &args, &got);
    if (status == 0)
        describe(&args, &got);
    wrong = status != row->status || !span_is(buf_span(&got), row->want);
    if (wrong)
        printf("%s %s: wanted %d \"%s\", got %d \"%.*s\"\n", row->words[0],
               row->words[1] ? row->words[1] : "", row->status, row->want, status,
               SPAN_ARG(buf_span(&got)));
    cli_args_done(&args);
    buf_done(&got);
    return wrong;
}

/** Compare a table. */
static void compare_all(const struct row *rows, size_t n)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < n; i++)
        wrong += differs(&rows[i]);
    assert_int_equal(wrong, 0);
}

#define ROWS(rows) rows, sizeof(rows) / sizeof *(rows)

static void options_stand_anywhere_in_either_form(void **state)
{
    static const struct row TABLE[] = {
        {{"verify"}, "verify", 0},
        {{"verify", "a.eml", "b.eml"}, "verify a.eml b.eml", 0},
        {{"verify", "--ip", "192.0.2.1", "a.eml"}, "verify -ip=192.0.2.1 a.eml", 0},
        {{"verify", "a.eml", "--ip=192.0.2.1"}, "verify -ip=192.0.2.1 a.eml", 0},
        {{"verify", "--mail-from=", "-"}, "verify -mail-from= -", 0},
        {{"verify", "--mail-from", "--json"}, "verify -mail-from=--json", 0},
        {{"verify", "-o", "a=b", "-oc=d"}, "verify -option=a=b -option=c=d", 0},
        {{"verify", "-q", "x"}, "verify -quiet x", 0},
        {{"verify", "--color=never"}, "verify -color=never", 0},
        {{"case", "-k", "spf", "x.case"}, "case -match=spf x.case", 0},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void two_dashes_end_options(void **state)
{
    static const struct row TABLE[] = {
        {{"verify", "--", "--json", "-q"}, "verify --json -q", 0},
        {{"verify", "--json", "--", "--", "-"}, "verify -json -- -", 0},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void help_and_version_have_their_usual_names(void **state)
{
    static const struct row TABLE[] = {
        {{"--version"}, "version", 0},
        {{"-V"}, "version", 0},
        {{"--help", "verify"}, "help verify", 0},
        {{"-h", "arc"}, "help arc", 0},
        {{"verify", "-h"}, "verify -help", 0},
        {{"help", "--record"}, "help --record", 0},
        {{"help", "--help"}, "help -help", 0},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void what_is_wrong_is_said_with_the_nearest_that_is_right(void **state)
{
    static const struct row TABLE[] = {
        {{"verfy"}, "unknown command \"verfy\"; did you mean \"verify\"?", EXIT_USAGE},
        {{"xyzzyplugh"},
         "unknown command \"xyzzyplugh\"; assay alone shows the commands",
         EXIT_USAGE},
        {{"--json", "verify"},
         "an option before the command: --json; assay alone shows the commands",
         EXIT_USAGE},
        {{"verify", "--explian"}, "unknown option --explian; did you mean --explain?", EXIT_USAGE},
        {{"verify", "--explian=x"},
         "unknown option --explian=x; did you mean --explain?",
         EXIT_USAGE},
        {{"verify", "--xyzzyplugh"},
         "unknown option --xyzzyplugh; assay verify --help shows what it takes",
         EXIT_USAGE},
        {{"spf", "--record", "x"},
         "unknown option --record; assay spf --help shows what it takes",
         EXIT_USAGE},
        {{"verify", "--ip"},
         "--ip needs a value: --ip IP; assay verify --help shows what it takes",
         EXIT_USAGE},
        {{"verify", "--json=1"},
         "--json takes no value; assay verify --help shows what it takes",
         EXIT_USAGE},
        {{"verify", "-qx"},
         "--quiet takes no value; assay verify --help shows what it takes",
         EXIT_USAGE},
        {{"verify", "--color", "red"},
         "--color takes one of: auto always never; not \"red\"",
         EXIT_USAGE},
        {{"verify", "-Z"},
         "unknown option -Z; assay verify --help shows what it takes",
         EXIT_USAGE},
    };

    (void)state;
    compare_all(ROWS(TABLE));
}

static void the_last_of_several_values_counts_and_all_can_be_had(void **state)
{
    char *argv[] = {"assay",  "verify",     "--ip", "a", "--resolver=x",
                    "--ip=b", "--resolver", "y",    NULL};
    struct cli cli = {0};
    struct buf error = buf_new(256);
    size_t cursor = 0;

    (void)state;
    assert_int_equal(cli_args_read(8, argv, &cli.args, &error), 0);
    assert_string_equal(cli_value(&cli, OPT_IP), "b");
    assert_string_equal(cli_next_value(&cli, OPT_RESOLVER, &cursor), "x");
    assert_string_equal(cli_next_value(&cli, OPT_RESOLVER, &cursor), "y");
    assert_null(cli_next_value(&cli, OPT_RESOLVER, &cursor));
    assert_true(cli_has(&cli, OPT_IP));
    assert_false(cli_has(&cli, OPT_JSON));
    assert_null(cli_value(&cli, OPT_HELO));
    cli_args_done(&cli.args);
    buf_done(&error);
}

static void no_words_and_help_alone_are_no_command(void **state)
{
    char *argv[] = {"assay", NULL}, *none[] = {NULL}, *help[] = {"assay", "--help", NULL};
    struct cli_args args;
    struct buf error = buf_new(256);

    (void)state;
    assert_int_equal(cli_args_read(1, argv, &args, &error), 0);
    assert_int_equal(args.command, CLI_N_COMMANDS);
    cli_args_done(&args);
    assert_int_equal(cli_args_read(2, help, &args, &error), 0);
    assert_int_equal(args.command, CLI_N_COMMANDS);
    cli_args_done(&args);
    assert_int_equal(cli_args_read(0, none, &args, &error), 0);
    assert_int_equal(args.command, CLI_N_COMMANDS);
    cli_args_done(&args);
    buf_done(&error);
}

static void a_long_line_of_words_is_read_whole(void **state)
{
    enum { MANY = 20000 };
    char **argv = calloc(MANY + 1, sizeof *argv);
    struct cli_args args;
    struct buf error = buf_new(256);

    (void)state;
    assert_non_null(argv);
    argv[0] = "assay";
    argv[1] = "verify";
    for (size_t i = 2; i < MANY; i++)
        argv[i] = i % 2 ? "--json" : "file";
    assert_int_equal(cli_args_read(MANY, argv, &args, &error), 0);
    assert_int_equal(args.noperands + args.ngiven, MANY - 2);
    cli_args_done(&args);
    buf_done(&error);
    free(argv);
}

static void the_tables_hold_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPT_N; i++) {
        const struct cli_option *o = &CLI_OPTION_TABLE[i];

        assert_true(o->commands != 0 && o->commands < 1u << CLI_N_COMMANDS);
        assert_true(*o->name && *o->text); /* without a brief it is in the manual alone */
        assert_true(o->value || !*o->complete);
        for (size_t k = 0; k < i; k++) {
            bool same_name = strcmp(o->name, CLI_OPTION_TABLE[k].name) == 0;

            if (same_name || (o->letter && o->letter == CLI_OPTION_TABLE[k].letter))
                assert_int_equal(o->commands & CLI_OPTION_TABLE[k].commands, 0);
        }
    }
    for (size_t i = 0; i < CLI_N_COMMANDS; i++)
        for (size_t k = 0; k < 3; k++)
            assert_non_null(strstr(CLI_COMMAND_TABLE[i].examples[k].line, "assay"));
}

static void of_several_statuses_the_documented_one_counts(void **state)
{
    static const int ORDER[] = {64, 66, 70, 73, 1, 75, 0};

    (void)state;
    for (size_t i = 0; i < 7; i++)
        for (size_t k = i; k < 7; k++) {
            assert_int_equal(cli_worse(ORDER[i], ORDER[k]), ORDER[i]);
            assert_int_equal(cli_worse(ORDER[k], ORDER[i]), ORDER[i]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere_in_either_form),
        cmocka_unit_test(two_dashes_end_options),
        cmocka_unit_test(help_and_version_have_their_usual_names),
        cmocka_unit_test(what_is_wrong_is_said_with_the_nearest_that_is_right),
        cmocka_unit_test(the_last_of_several_values_counts_and_all_can_be_had),
        cmocka_unit_test(no_words_and_help_alone_are_no_command),
        cmocka_unit_test(a_long_line_of_words_is_read_whole),
        cmocka_unit_test(the_tables_hold_together),
        cmocka_unit_test(of_several_statuses_the_documented_one_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
