/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/pipe.h"

#include <errno.h>

enum { TOP_MAX = 16 << 20 };

/** The file without a name failed. */
static int cannot_keep(const struct cli *cli)
{
    cli_complain(cli, "keeping a copy of the message in a temporary file: %s", strerror(errno));
    return EXIT_CANTWRITE;
}

int pipe_begin(const struct cli *cli, struct pipe_copy *ret)
{
    return (ret->spool = tmpfile()) ? 0 : cannot_keep(cli);
}

int pipe_keep(const struct cli *cli, struct pipe_copy *p, assay_span piece)
{
    if (!p->spool)
        return 0;
    p->n += piece.n;
    return fwrite(piece.p, 1, piece.n, p->spool) == piece.n ? 0 : cannot_keep(cli);
}

/** The verdict takes out the nth field of this name. */
static bool is_removed(const struct assay_verdict *v, assay_span name, unsigned nth)
{
    for (size_t i = 0; i < v->nedits; i++)
        if (v->edits[i].remove && v->edits[i].index == nth && span_ieq(v->edits[i].name, name))
            return true;
    return false;
}

/** Append a field of ours. */
static void put_field(const struct assay_edit *edit, const char *end, struct buf *out)
{
    assay_span rest = edit->value, line;

    buf_put(out, edit->name);
    buf_puts(out, ": ");
    while (span_line(&rest, &line)) {
        buf_put(out, line);
        buf_puts(out, end);
    }
}

/** Append the fields that are left of the message's. */
static void put_header(const struct header *h, const struct assay_verdict *v, struct buf *out)
{
    for (size_t i = 0; i < h->n; i++) {
        unsigned nth = 0;

        for (size_t k = 0; k <= i; k++)
            nth += h->fields[k].hash == h->fields[i].hash && field_is(h, k, field_name(h, i));
        if (!h->fields[i].name_n || !is_removed(v, field_name(h, i), nth))
            buf_put(out, field_raw(h, i));
    }
}

/** Octets of the line "From ..." that a mail server may put before a message; it stays on top. */
static size_t from_line(const struct message_file *m)
{
    return m->line > 1 ? span_find(buf_span(&m->ahead), '\n') + 1 : 0;
}

/** Append all up to the end of the header; the edits stand in the order in which they are put on top. */
static void put_top(const struct message_file *m, const struct assay_verdict *v, struct buf *out)
{
    assay_span ahead = buf_span(&m->ahead);
    size_t first = span_find(ahead, '\n');
    const char *end = first && first < ahead.n && ahead.p[first - 1] == '\r' ? "\r\n" : "\n";

    buf_put(out, span_first(ahead, from_line(m)));
    for (size_t i = v->nedits; i > 0; i--)
        if (!v->edits[i - 1].remove)
            put_field(&v->edits[i - 1], end, out);
    put_header(&m->header, v, out);
}

/** Write what was kept, from this octet on. */
static int write_rest(const struct cli *cli, struct pipe_copy *p, size_t at)
{
    char room[FILES_CHUNK];
    size_t n;

    if (fseek(p->spool, (long)at, SEEK_SET) != 0)
        return cannot_keep(cli);
    while ((n = fread(room, 1, sizeof room, p->spool)) > 0) {
        if (fwrite(room, 1, n, stdout) != n) {
            cli_complain(cli, "writing to standard output: %s", strerror(errno));
            return EXIT_CANTWRITE;
        }
        at += n;
    }
    if (ferror(p->spool) || at != p->n)
        return cannot_keep(cli);
    if (fflush(stdout) == 0)
        return 0;
    cli_complain(cli, "writing to standard output: %s", strerror(errno));
    return EXIT_CANTWRITE;
}

int pipe_write(const struct cli *cli, struct pipe_copy *p, const struct message_file *m,
               const struct assay_verdict *v)
{
    struct buf top = buf_new(TOP_MAX);
    int status;

    put_top(m, v, &top);
    status = cli_print(cli, &top);
    buf_done(&top);
    return status == 0 ? write_rest(cli, p, from_line(m) + m->header.text.n) : status;
}

void pipe_done(struct pipe_copy *p)
{
    if (p->spool)
        fclose(p->spool);
    p->spool = NULL;
}
