/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/import.h"

#include "cli/files.h"
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 << 20 };

/** The programs, how their files are called, and what reads them. */
static const struct {
    const char *name;
    void (*run)(struct import *imp, const struct import_params *p);
} PROGRAMS[IMPORT_N_PROGRAMS] = {
    [IMPORT_OPENDKIM_CONF] = {"opendkim", import_opendkim},
    [IMPORT_OPENDMARC_CONF] = {"opendmarc", import_opendmarc},
    [IMPORT_OPENARC_CONF] = {"openarc", import_openarc},
    [IMPORT_POSTSRSD_CONF] = {"postsrsd", import_postsrsd},
};

/** The program that a file is of: --as, or its name has the program's. */
static int find_program(const struct cli *cli, const char *file, enum import_program *ret)
{
    const char *as = cli_value(cli, OPT_AS), *slash = strrchr(file, '/');
    assay_span name = span_of(as ? as : slash ? slash + 1 : file);

    for (size_t i = 0; i < IMPORT_N_PROGRAMS; i++)
        if (as ? span_is(name, PROGRAMS[i].name) : span_contains(name, span_of(PROGRAMS[i].name))) {
            *ret = (enum import_program)i;
            return 0;
        }
    cli_complain(cli,
                 as ? "--as takes opendkim, opendmarc, openarc or postsrsd, not \"%.100s\""
                    : "%.300s: of which program? --as opendkim|opendmarc|openarc|postsrsd says",
                 as ? as : file);
    return EXIT_USAGE;
}

/** Read a file of the disk. */
static bool read_file(struct import *imp, const char *file, assay_span *ret)
{
    struct buf text = buf_new(FILES_HELD_MAX);
    int status = files_read(imp->cli, file, &text);

    if (status == 0 && !arena_copy(&imp->arena, buf_span(&text), ret))
        imp->failed = true;
    imp->status = cli_worse(imp->status, status);
    buf_done(&text);
    return status == 0 && !imp->failed;
}

void import_one(struct import *imp, const char *file)
{
    struct import_params params = {.all = NULL};

    imp->seen[imp->program] = true;
    import_params_read(imp, file, &params);
    if (!imp->failed)
        PROGRAMS[imp->program].run(imp, &params);
}

/** Take over one file. */
static int import_file(struct import *imp, const char *file)
{
    int status = find_program(imp->cli, file, &imp->program);

    if (status != 0)
        return status;
    import_one(imp, file);
    if (imp->failed) {
        cli_complain(imp->cli, "out of memory");
        return EXIT_SOFTWARE;
    }
    return imp->status;
}

/** Complain of what has no equivalent. */
static bool tell_notes(const struct import *imp)
{
    bool any = false;

    for (size_t i = 0; i < imp->n_notes; i++) {
        const struct import_note *n = &imp->notes[i];
        char line[24] = "";

        if (n->dropped)
            continue;
        any = true;
        if (n->at.line)
            snprintf(line, sizeof line, ":%zu", n->at.line);
        cli_complain(imp->cli, "%.300s%s: %.*s", n->at.file, line, SPAN_ARG(n->text));
    }
    return any;
}

/** Check the text as assayd does. \return 0, or EXIT_FAILS, complained of */
static int check(const struct import *imp, assay_span text, const char *name)
{
    struct conf_complaints complaints = {.n = 0};
    struct conf *conf = NULL;
    assay_status s =
        conf_check(text, span_of(name), NULL, NULL, (int64_t)time(NULL), &complaints, &conf);

    for (size_t i = 0; i < complaints.n; i++) {
        const struct conf_complaint *one = &complaints.all[i];

        cli_complain(imp->cli, "%.300s:%u:%u: %s%.*s", name, (unsigned)one->at.line,
                     (unsigned)one->at.column, one->warning ? "warning: " : "",
                     SPAN_ARG(one->text));
    }
    conf_complaints_done(&complaints);
    conf_free(conf);
    if (s == ASSAY_ENOMEM)
        cli_complain(imp->cli, "out of memory");
    return s == ASSAY_DONE ? 0 : s == ASSAY_ENOMEM ? EXIT_SOFTWARE : EXIT_FAILS;
}

/** Write the text to a new file; one that is there stays. */
static int write_file(const struct cli *cli, const char *name, const struct buf *out)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), error;
    size_t at = 0;

    while (fd >= 0 && at < out->n) {
        ssize_t n = write(fd, out->p + at, out->n - at);

        if (n < 0 && errno != EINTR)
            break;
        at += n > 0 ? (size_t)n : 0;
    }
    error = errno;
    if (fd >= 0 && close(fd) == 0 && at == out->n)
        return 0;
    cli_complain(cli, "%.300s: %s%s", name, strerror(error),
                 fd < 0 && error == EEXIST ? "; it is left as it is" : "");
    if (fd >= 0)
        unlink(name);
    return EXIT_CANTWRITE;
}

/** Write and check what came out. */
static int conclude(const struct import *imp)
{
    const char *file = cli_value(imp->cli, OPT_OUT);
    struct buf out = buf_new(OUTPUT_MAX);
    bool notes = tell_notes(imp);
    int status, written;

    import_write(imp, &out);
    if (out.status != ASSAY_DONE) {
        cli_complain(imp->cli, "%s", assay_strstatus(out.status));
        buf_done(&out);
        return EXIT_SOFTWARE;
    }
    status = check(imp, buf_span(&out), file ? file : "assayd.conf");
    written = file ? write_file(imp->cli, file, &out) : cli_print(imp->cli, &out);
    buf_done(&out);
    return cli_worse(cli_worse(status, written), notes ? EXIT_FAILS : EXIT_ACCEPT);
}

int cli_import(const struct cli *cli)
{
    struct import_param none = {
        .name = SPAN("no opendmarc.conf was given: nothing was rejected by DMARC")};
    struct import imp = {.cli = cli, .read = read_file, .top = {.kind = ""}};
    int status = 0;

    if (cli->args.noperands == 0) {
        cli_complain(cli, "of what? assay import opendkim.conf opendmarc.conf");
        return EXIT_USAGE;
    }
    none.at.file = cli->args.operands[0];
    for (size_t i = 0; i < cli->args.noperands && status == 0; i++)
        status = import_file(&imp, cli->args.operands[i]);
    if (status == 0 && !imp.seen[IMPORT_OPENDMARC_CONF] && imp.seen[IMPORT_OPENDKIM_CONF])
        import_set(&imp, &imp.top, "enforce", SPAN("no"), &none);
    if (status == 0)
        status = conclude(&imp);
    arena_done(&imp.arena);
    return status;
}
