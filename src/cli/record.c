/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void record_init(struct record *r, const struct cli *cli)
{
    *r = (struct record){.cli = cli, .path = cli_value(cli, OPT_RECORD)};
    r->octets = buf_new(LIMIT_HEADER + FILES_BODY_MAX + FILES_CHUNK);
}

void record_keep(struct record *r, assay_span piece)
{
    if (!r->path || r->digests)
        return;
    buf_put(&r->octets, piece);
    r->digests = r->octets.status != ASSAY_DONE;
    if (r->digests)
        buf_done(&r->octets);
}

/** The body in a raw message: behind the first empty line. */
static assay_span body_of(assay_span message)
{
    assay_span rest = message, line;

    while (span_line(&rest, &line))
        if (!line.n)
            return rest.p ? rest : SPAN_EMPTY;
    return SPAN_EMPTY;
}

/** Where a case is written to. */
static assay_status put(void *arg, assay_span text)
{
    FILE *file = arg;

    return fwrite(text.p, 1, text.n, file) == text.n ? ASSAY_DONE : ASSAY_EORDER;
}

/** Write the case into an open file. */
static assay_status write_case(const struct record *r, assay_eval *eval, FILE *file)
{
    assay_span body = body_of(buf_span(&r->octets));
    bool digests = r->digests || body.n > FILES_BODY_MAX;
    unsigned flags = digests ? ASSAY_CASE_DIGESTS : ASSAY_CASE_BODY;

    if (cli_has(r->cli, OPT_REDACT))
        flags |= ASSAY_CASE_REDACT;
    return assay_case_write(eval, digests ? SPAN_EMPTY : body, flags, put, file);
}

/** Say that the file could not be written. */
static int cannot_write(const struct record *r, assay_status s, int error)
{
    if (s == ASSAY_ENOMEM) {
        cli_complain(r->cli, "%s: out of memory", r->path);
        return EXIT_SOFTWARE;
    }
    cli_complain(r->cli, "--record %s: %s", r->path, strerror(error ? error : EIO));
    return EXIT_CANTWRITE;
}

/** Write beside the name, then take the name. */
static int write_beside(const struct record *r, assay_eval *eval, const char *beside)
{
    FILE *file = fopen(beside, "we");
    assay_status s;
    int error;

    if (!file)
        return cannot_write(r, ASSAY_EORDER, errno);
    errno = 0;
    s = write_case(r, eval, file);
    error = errno;
    if (fclose(file) != 0 && s == ASSAY_DONE) {
        s = ASSAY_EORDER;
        error = errno;
    }
    if (s == ASSAY_DONE && rename(beside, r->path) == 0)
        return 0;
    error = s == ASSAY_DONE ? errno : error;
    unlink(beside);
    return cannot_write(r, s == ASSAY_DONE ? ASSAY_EORDER : s, error);
}

/** Say what --redact had to leave as it is: the case's own words for it. */
static void tell_left(const struct record *r)
{
    struct buf text = buf_new(FILES_HELD_MAX);
    assay_span rest, line, left = SPAN("; not redacted, ");

    if (files_read(r->cli, r->path, &text) == 0) {
        rest = buf_span(&text);
        while (span_line(&rest, &line))
            if (span_starts(line, left))
                cli_complain(r->cli, "%s: not redacted, %.*s", r->path,
                             SPAN_ARG(span_from(line, left.n)));
    }
    buf_done(&text);
}

int record_write(struct record *r, assay_eval *eval)
{
    struct buf beside = buf_new(4096);
    int status;

    if (!r->path)
        return 0;
    buf_puts(&beside, r->path);
    buf_printf(&beside, ".%ld", (long)getpid());
    buf_putc(&beside, '\0');
    status = beside.status == ASSAY_DONE ? write_beside(r, eval, beside.p)
                                         : cannot_write(r, ASSAY_EORDER, ENAMETOOLONG);
    if (status == 0 && cli_has(r->cli, OPT_REDACT))
        tell_left(r);
    buf_done(&beside);
    return status;
}

void record_done(struct record *r)
{
    buf_done(&r->octets);
}
