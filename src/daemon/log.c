/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/log.h"

#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/** Octets of a line, and of one value, whoever made it up: all fields of an event, escaped, fit into a line. */
enum { LINE_MAX_OCTETS = 256 * 1024, VALUE_MAX = 1024 };

struct log {
    enum log_target target;
    enum log_format format;
    unsigned level;
    int journal; /* a datagram socket, or -1 */
};

/** A socket to the journal, or -1. */
static int open_journal(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

struct log *log_new(const struct config *config)
{
    struct log *log = calloc(1, sizeof *log);

    if (!log)
        return NULL;
    *log = (struct log){.target = config->log_target,
                        .format = config->log_format,
                        .level = config->log_level,
                        .journal = -1};
    if (log->target == LOG_TO_SYSLOG)
        openlog("assayd", LOG_PID, config->log_facility);
    if (log->target == LOG_TO_JOURNAL && (log->journal = open_journal()) < 0)
        log->target = LOG_TO_STDOUT; /* systemd takes that into the journal as well */
    return log;
}

void log_free(struct log *log)
{
    if (!log)
        return;
    if (log->target == LOG_TO_SYSLOG)
        closelog();
    if (log->journal >= 0)
        close(log->journal);
    free(log);
}

bool log_wants(const struct log *log, enum log_level level)
{
    return (unsigned)level <= log->level;
}

/* ---- lines ---- */

/** A value as it can stand in a text line: in quotes unless it is one plain word. */
static void put_value(struct buf *out, assay_span value)
{
    bool plain = value.n > 0;

    for (size_t i = 0; i < value.n && plain; i++)
        plain = (unsigned char)value.p[i] > ' ' && value.p[i] != '"' && value.p[i] != '\\' &&
                value.p[i] != '=' && (unsigned char)value.p[i] < 0x7f;
    if (plain) {
        buf_put(out, value);
        return;
    }
    buf_putc(out, '"');
    while (value.n) {
        uint32_t code;
        size_t n = utf8_next(value, &code);
        char octets[4];

        if (code == '"' || code == '\\')
            buf_putc(out, '\\');
        if (utf8_harmful(code)) /* a terminal would act on it */
            code = ' ';
        buf_put(out, (assay_span){octets, utf8_put(code, octets)});
        value = span_from(value, n);
    }
    buf_putc(out, '"');
}

/** The time, where nobody else writes it. */
static void put_time(const struct log *log, struct buf *out)
{
    char text[TIME_TEXT];

    if (log->target == LOG_TO_STDOUT) {
        buf_put(out, time_text(time(NULL), text));
        buf_putc(out, ' ');
    }
}

/** `event key=value ...` */
static void put_text(const struct log *log, const char *event, const struct log_field *fields,
                     size_t n, struct buf *out)
{
    put_time(log, out);
    buf_puts(out, event);
    for (size_t i = 0; i < n; i++) {
        if (!fields[i].value.n)
            continue;
        buf_printf(out, " %s=", fields[i].key);
        put_value(out, utf8_first(fields[i].value, VALUE_MAX));
    }
}

/** `{"time":...,"event":...,...}` */
static void put_json(enum log_level level, const char *event, const struct log_field *fields,
                     size_t n, struct buf *out)
{
    struct json j = json_new(out);
    char text[TIME_TEXT];

    json_object(&j, NULL);
    json_text(&j, "time", time_text(time(NULL), text));
    json_number(&j, "level", level);
    json_text(&j, "event", span_of(event));
    for (size_t i = 0; i < n; i++)
        if (fields[i].value.n)
            json_text(&j, fields[i].key, utf8_first(fields[i].value, VALUE_MAX));
    json_end(&j);
}

/** Send a line to the journal, which takes fields of its own (systemd's native protocol). */
static void to_journal(const struct log *log, enum log_level level, struct buf *line)
{
    struct buf out = buf_new(LINE_MAX_OCTETS + 128);

    buf_printf(&out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=assayd\nMESSAGE=", level);
    buf_put(&out, buf_span(line));
    buf_putc(&out, '\n');
    if (out.status == ASSAY_DONE)
        (void)send(log->journal, out.p, out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    buf_done(&out);
}

/** Write a line where it belongs. A log that cannot be written holds nobody up. */
static void write_line(const struct log *log, enum log_level level, struct buf *line)
{
    if (log->target == LOG_TO_SYSLOG) {
        syslog((int)level, "%.*s", SPAN_ARG(buf_span(line)));
    } else if (log->target == LOG_TO_JOURNAL) {
        to_journal(log, level, line);
    } else {
        buf_putc(line, '\n');
        if (line->n && write(STDOUT_FILENO, line->p, line->n) < 0)
            return;
    }
}

void log_event(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t n)
{
    struct buf line = buf_new(LINE_MAX_OCTETS);

    if (!log_wants(log, level))
        return;
    if (log->format == LOG_JSON)
        put_json(level, event, fields, n, &line);
    else
        put_text(log, event, fields, n, &line);
    write_line(log, level, &line);
    buf_done(&line);
}

void log_words(struct log *log, enum log_level level, const char *event, const char *format, ...)
{
    struct buf words = buf_new(VALUE_MAX + 1);
    char text[VALUE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_puts(&words, text);
    while (words.n && words.p[words.n - 1] == '\n')
        words.n--;
    log_event(log, level, event, (struct log_field[]){{"text", buf_span(&words)}}, 1);
    buf_done(&words);
}
