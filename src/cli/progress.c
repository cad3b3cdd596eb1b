/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/progress.h"

#include <stdio.h>
#include <time.h>

enum { SECOND = 1000, EVERY = 200 };

/** Milliseconds of the monotonic clock. */
static int64_t clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND + t.tv_nsec / 1000000;
}

struct progress progress_begin(const struct cli *cli, size_t total)
{
    return (struct progress){.cli = cli,
                             .what = "messages",
                             .good = "accept",
                             .bad = "quarantine or reject",
                             .total = total,
                             .began = clock_now()};
}

/** Append a duration as people say it. */
static void put_duration(int64_t ms, struct buf *out)
{
    int64_t s = ms / SECOND;

    if (s < 60)
        buf_printf(out, "%lld.%lld s", (long long)s, (long long)(ms % SECOND / 100));
    else if (s < 3600)
        buf_printf(out, "%lld min %lld s", (long long)(s / 60), (long long)(s % 60));
    else
        buf_printf(out, "%lld h %lld min", (long long)(s / 3600), (long long)(s / 60 % 60));
}

/** Write to standard error. */
static void write_error(struct buf *out)
{
    if (out->n)
        fwrite(out->p, 1, out->n, stderr);
    buf_done(out);
}

/** Show how many are done, how fast, and how long the rest takes. */
static void show(struct progress *p, int64_t now)
{
    struct buf out = buf_new(1024);
    int64_t took = now - p->began + 1;

    buf_puts(&out, "\r\033[K  ");
    term_number(&p->cli->err, p->done, &out);
    buf_puts(&out, " of ");
    term_number(&p->cli->err, p->total, &out);
    buf_printf(&out, " %s, %lld/s, ", p->what, (long long)((int64_t)p->done * SECOND / took));
    put_duration(took * (int64_t)(p->total - p->done) / (int64_t)p->done, &out);
    buf_puts(&out, " left");
    write_error(&out);
    p->shown = now;
    p->line = true;
}

void progress_clear(struct progress *p)
{
    if (p->line)
        fputs("\r\033[K", stderr);
    p->line = false;
}

void progress_count(struct progress *p, int status)
{
    int64_t now;

    p->done++;
    p->accept += status == EXIT_ACCEPT;
    p->fails += status == EXIT_FAILS;
    p->defer += status == EXIT_DEFER;
    p->errors += status != EXIT_ACCEPT && status != EXIT_FAILS && status != EXIT_DEFER;
    if (p->total < 2 || !p->cli->err.tty)
        return;
    now = clock_now();
    if (p->cli->out.tty) /* the lines of the messages themselves show how far it is */
        return;
    if (now - p->shown >= EVERY && p->done < p->total)
        show(p, now);
}

void progress_note(struct progress *p, size_t done, size_t total, const char *what)
{
    struct buf out = buf_new(1024);
    int64_t now = clock_now();

    if (!p->cli->err.tty || now - p->began < SECOND || now - p->shown < EVERY)
        return;
    buf_puts(&out, "\r\033[K  ");
    term_number(&p->cli->err, done, &out);
    buf_puts(&out, " of ");
    term_number(&p->cli->err, total, &out);
    buf_printf(&out, " %s, ", what);
    put_duration(now - p->began, &out);
    write_error(&out);
    p->shown = now;
    p->line = true;
}

void progress_end(struct progress *p)
{
    const struct term *t = &p->cli->err;
    struct buf out = buf_new(1024);

    progress_clear(p);
    if (p->total < 2 || cli_has(p->cli, OPT_QUIET))
        return;
    term_number(t, p->done, &out);
    buf_printf(&out, " %s: ", p->what);
    term_number(t, p->accept, &out);
    buf_printf(&out, " %s, ", p->good);
    term_number(t, p->fails, &out);
    buf_printf(&out, " %s, ", p->bad);
    term_number(t, p->defer, &out);
    buf_puts(&out, " could not tell");
    if (p->errors) {
        buf_puts(&out, ", ");
        term_number(t, p->errors, &out);
        buf_puts(&out, " not read");
    }
    if (t->tty) {
        buf_puts(&out, "; ");
        put_duration(clock_now() - p->began, &out);
    }
    buf_putc(&out, '\n');
    write_error(&out);
}
